"""The forest: one row a study, diamonds of summaries, the bar of a new trial; any measure, any axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite

from evidence_review import numbers as text
from evidence_review.display.style import MUTED, PLACEBO_FILL, RULE, TREATMENT, Width


@dataclass(frozen=True)
class Study:
    """A row: effect and interval on the pooled scale; hollow where a figure was assumed."""

    label: str
    effect: float
    low: float
    high: float
    weight: float
    hollow: bool = False


@dataclass(frozen=True)
class Summary:
    """A diamond below the studies."""

    label: str
    effect: float
    low: float
    high: float
    colour: str


def forest(
    studies: Sequence[Study],
    summaries: Sequence[Summary],
    new: tuple[float, float] | None,
    width: Width,
    *,
    log: bool = False,
    null: float | None = 0.0,
    line: float | None = None,
):
    """Draw studies and summaries; returns figure and axes, the axis still without a name.

    Parameters
    ----------
    studies, summaries
        From top to bottom, on the scale that is pooled. Squares are as large as weights.
    new : pair of float or None
        Where the true effect of a new trial lies; None leaves bar and band out.
    log : bool
        Whether values are logarithms, drawn as ratios on a logarithmic axis.
    null, line : float or None
        Where a line is drawn: nothing differs, and a dashed one; None for no line.
    """
    import matplotlib.pyplot as plt

    on_axis = exp if log else float
    rows, step = len(studies), 1.2
    places = [rows + 0.5 + step * place for place in range(len(summaries) + (new is not None))]
    last = places[-1] if places else rows - 0.5
    most = max(study.weight for study in studies)
    figure, axes = plt.subplots(figsize=(width.inches, 0.34 * (last + 1) + 1.2))
    if log:
        axes.set_xscale("log")
    if new is not None:
        axes.axvspan(*map(on_axis, new), color=PLACEBO_FILL, alpha=0.5, lw=0)
    if null is not None:
        axes.axvline(on_axis(null), color=RULE, lw=0.8)
    if line is not None:
        axes.axvline(on_axis(line), color=MUTED, lw=0.9, ls=(0, (3, 3)))
    for y, study in enumerate(studies):
        ends = [on_axis(study.low), on_axis(study.high)]
        axes.plot(ends, [y, y], color=MUTED, lw=1.3, ls=(0, (2, 1.4)) if study.hollow else "-")
        axes.plot(
            on_axis(study.effect),
            y,
            "s",
            ms=3 + 7 * (study.weight / most) ** 0.5,
            color=MUTED,
            mfc="white" if study.hollow else MUTED,
            mew=1.2,
        )
    for y, row in zip(places, summaries, strict=False):
        low, middle, high = map(on_axis, (row.low, row.effect, row.high))
        axes.fill([low, middle, high, middle], [y, y - 0.34, y, y + 0.34], color=row.colour, lw=0)
    if new is not None:
        ends = [on_axis(end) for end in new]
        axes.plot(ends, [places[-1]] * 2, color=TREATMENT, lw=3, solid_capstyle="butt")
    axes.set_yticks(
        [*range(rows), *places],
        [
            *(study.label for study in studies),
            *(row.label for row in summaries),
            *(["a new trial"] if new is not None else []),
        ],
    )
    for tick in axes.get_yticklabels()[rows:]:
        tick.set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(last + 0.9, -0.8)
    if log:
        _plain_ratios(axes)
    if not width.compact:
        _in_figures(axes, studies, summaries, new, [*range(rows), *places], width, on_axis, log)
    return figure, axes


def _in_figures(axes, studies, summaries, new, places, width, on_axis, log) -> None:
    """Every row in figures, at the right edge."""
    left, right = axes.get_xlim()
    edge = right * (right / left) ** 0.34 if log else right + 0.34 * (right - left)
    axes.set_xlim(left, edge)
    said = [
        (
            f"{text.number(on_axis(row.effect))} ({text.interval(on_axis(row.low), on_axis(row.high))})",
            MUTED if isinstance(row, Study) else row.colour,
        )
        for row in (*studies, *summaries)
    ]
    if new is not None:
        said.append((text.interval(*map(on_axis, new)), TREATMENT))
    for y, (words, colour) in zip(places, said, strict=True):
        axes.text(
            edge,
            y,
            words,
            ha="right",
            va="center",
            fontsize=width.font - 1,
            color=colour,
            fontweight="normal" if y < len(studies) else "bold",
        )


def _plain_ratios(axes) -> None:
    """Ticks of a logarithmic axis as plain numbers: 0.1, 0.2, 0.5, 1, 2, 5."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_xlim()
    wide = isfinite(high / low) and high / low > 200
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
