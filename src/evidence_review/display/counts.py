"""Counts by row and kind as stacked bars, the number inside each part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display.style import Width, name_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Look:
    """How a kind is drawn: fill, ink of its number, hatch (in that ink) or none."""

    fill: str
    ink: str
    hatch: str = ""


def stacked_counts(
    counts: pd.DataFrame, looks: Mapping[str, Look], what: str
) -> Callable[[Width], Figure]:
    """How to draw a table of counts, rows as bars, columns as kinds in the order of `looks`.

    what: the label of the axis of counts.
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
            for y, (value, left) in enumerate(zip(counts[kind], start, strict=True)):
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
                        bbox={"facecolor": look.fill, "edgecolor": "none", "pad": 0.8}
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
