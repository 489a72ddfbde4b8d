"""The visual language: colours, type, and the two widths in which every figure is drawn.

Colours are told apart by lightness as well as hue, so that they hold in greyscale and for
colour-blind readers (after Okabe & Ito 2008); shape or a label carries the meaning too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evidence_review.estimates.measure import Measure
from evidence_review.numbers import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#1b1f24"
MUTED = "#5b6570"
RULE = "#c9d0d8"
PLACEBO = "#6f8faf"  # placebo arms: mid blue-grey
PLACEBO_FILL = "#d5e0eb"
TREATMENT = "#c2410c"  # the treatment under review: strong orange, darker in greyscale
ESTABLISHED = "#0b4a6f"  # treatments with evidence: dark blue


@dataclass(frozen=True)
class Width:
    """A rendering: inches wide, whether space is scarce, base font size in points."""

    name: str
    inches: float
    compact: bool
    font: float


WIDE = Width("wide", 7.4, False, 10.0)
PHONE = Width("phone", 3.9, True, 9.5)


@contextmanager
def style(width: Width):
    """Matplotlib settings of the project, for figures drawn inside the block."""
    import matplotlib as mpl
    import seaborn as sns

    settings: dict[Any, Any] = {
        **sns.axes_style("ticks"),
        "font.family": "DejaVu Sans",
        "text.parse_math": False,  # a name with dollars is a name
        "font.size": width.font,
        "axes.titlesize": width.font + 1,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": width.font,
        "axes.labelcolor": INK,
        "axes.edgecolor": MUTED,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": MUTED,
        "ytick.color": INK,
        "xtick.labelcolor": INK,
        "text.color": INK,
        "figure.facecolor": "white",
        "figure.constrained_layout.use": True,
        # Equal inputs give equal bytes: no random ids, glyphs as paths.
        "svg.hashsalt": "evidence-review",
        "svg.fonttype": "path",
    }
    with mpl.rc_context(settings):
        yield


def is_reversed(measure: Measure) -> bool:
    """Whether an axis runs from high to low, so that better is on its left."""
    return measure.better == "higher"


def axis_name(measure: Measure, what: str) -> str:
    """What an axis shows, with its unit."""
    return f"{what} ({measure.unit})" if measure.unit else what


def better_left(
    axes: Axes, measure: Measure, what: str = "Change", compact: bool = False, share: float = 1.0
) -> None:
    """Label a horizontal effect axis: what, unit, and that better is to the left.

    Where more is better the axis runs from high to low; where no source says which way is better,
    it runs as usual and does not say so. share: of the width that the axis takes, the rest being numbers.
    """
    axes.set_xlabel(axis_name(measure, what), x=share / 2)
    if measure.better is None:
        return
    if is_reversed(measure) and not axes.xaxis_inverted():
        axes.invert_xaxis()
    below = -43 if compact else -30  # on a phone the words need a line of their own
    for words, x, side in (("← better", 0, "left"), ("worse →", share, "right")):
        axes.annotate(
            words,
            (x, 0),
            xytext=(0, below),
            xycoords="axes fraction",
            textcoords="offset points",
            ha=side,
            va="top",
            color=MUTED,
            annotation_clip=False,
        )


def name_rows(
    axes: Axes,
    names: Sequence[str],
    ends: tuple[float, float] | None = None,
    places: Sequence[float] | None = None,
    links: Sequence[str] = (),
    letters: float = 10.5,
    **look,
) -> None:
    """Rows from the top down, each with its name on the left and no axis.

    ends: y at the top and at the bottom; half a row beyond the first and the last where none are
    given. places: y of each row; 0, 1, 2 where none are given. links: where a page leads to from each
    row. letters: of a line of a name, for each inch of the figure; where there are more it is cut, so that
    there is room for what is drawn (the tables have it whole). look: of the names, such as fontsize.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    most = int(letters * figure.get_figwidth())
    fitting = ["\n".join(cut(line, most) for line in name.split("\n")) for name in names]
    axes.set_yticks(range(len(names)) if places is None else places, fitting, **look)
    top, bottom = ends or (-0.6, len(names) - 0.4)
    axes.set_ylim(bottom, top)
    axes.tick_params(axis="y", length=0)
    for label, link in zip(axes.get_yticklabels(), links, strict=False):
        label.set_url(link)
    axes.spines["left"].set_visible(False)
