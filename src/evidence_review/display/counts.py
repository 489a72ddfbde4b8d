"""Counts by row and kind as stacked bars, the number inside each part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.display.style import Width, name_rows
from evidence_review.records import RowId

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Look:
    """How a kind is drawn: fill, ink of its number, hatch (in that ink) or none."""

    fill: str
    ink: str
    hatch: str = ""


def rows_by_part(
    counted: Iterable[tuple[str, str, Sequence[RowId]]],
) -> dict[tuple[str, str], str]:
    """Where each number leads to: the rows behind all that it counts. counted: row, kind, and its data rows."""
    behind: dict[tuple[str, str], list[RowId]] = {}
    for name, kind, rows in counted:
        behind.setdefault((name, kind), []).extend(rows)
    return {
        part: page.rows_address(list(dict.fromkeys(rows))) for part, rows in behind.items() if rows
    }


def stacked_counts(
    counts: pd.DataFrame,
    looks: Mapping[str, Look],
    what: str,
    links: Mapping[tuple[str, str], str],
) -> Callable[[Width], Figure]:
    """How to draw a table of counts, rows as bars, columns as kinds in the order of `looks`.

    what: the label of the axis of counts. links: where a page leads to from a number, by row and kind.
    """
    names = [text.capital(str(name)) for name in counts.index]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        row = 0.62 if width.compact else 0.4
        figure, axes = plt.subplots(figsize=(width.inches, row * len(counts) + 1.3))
        start = pd.Series(0, index=counts.index)
        for kind, look in looks.items():
            axes.barh(
                range(len(counts)),
                counts[kind].where(counts[kind] > 0),  # nothing is drawn for none, not even an edge
                left=start,
                color=look.fill,
                edgecolor=look.ink if look.hatch else "white",
                hatch=look.hatch,
                lw=0.6,
                height=0.44 if width.compact else 0.74,
                label=kind,
            )
            parts = zip(counts.index, counts[kind], start, strict=True)
            for y, (name, value, left) in enumerate(parts):
                if value:
                    axes.text(
                        left + value / 2,
                        y,
                        str(value),
                        ha="center",
                        va="center",
                        color=look.ink,
                        fontweight="bold",
                        fontsize=width.font - 1,
                        url=links.get((name, kind)),
                        gid=f"{text.capital(str(name))}, {kind}: {value}",
                        bbox={"facecolor": look.fill, "edgecolor": "none", "pad": 1.5}
                        if look.hatch
                        else None,
                    )
            start = start + counts[kind]
        if width.compact:  # names above the bars: beside them they would take half the screen
            name_rows(axes, (), (-0.75, len(counts) - 0.4))
            for y, name in enumerate(names):
                axes.text(0, y - 0.25, name, va="bottom", fontsize=width.font - 0.5)
        else:
            name_rows(axes, names, (-0.5, len(counts) - 0.4))
        axes.set_xlabel(what)
        figure.legend(
            loc="outside upper left",
            ncols=min(len(looks), 3) if width.compact else len(looks),
            frameon=False,
            fontsize=width.font - 1,
            handlelength=1.2,
            columnspacing=1.0,
        )
        return figure

    return draw
