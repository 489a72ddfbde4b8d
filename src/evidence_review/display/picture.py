"""A figure before it is drawn: how to draw it at either width, and what it says in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from evidence_review.display import page
from evidence_review.display.chart import Chart, figure, light_svg
from evidence_review.display.style import PHONE, WIDE, Width, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Picture:
    """id names it on the page; draw(width) returns a matplotlib figure; alt says what it shows.

    drawn: the numbers that are drawn, to be saved; None where there are none.
    """

    id: str
    draw: Callable[[Width], Figure]
    alt: str
    caption: str = ""
    drawn: pd.DataFrame | None = None

    def show(self) -> None:
        """Put the figure on the notebook's page."""
        page.show(
            self.draw, figure_id=self.id, alt=self.alt, caption=self.caption, data=self.data()
        )

    def data(self) -> pd.DataFrame | None:
        """The numbers that are drawn; None where there are none."""
        return self.drawn

    def save(self, path: Path | str, *, dpi: float = 200) -> None:
        """Write the figure to a file: PNG, SVG or PDF, by the end of its name.

        Parameters
        ----------
        path : path
            Where to; a file that is there is replaced.
        dpi : float
            Dots an inch, of a PNG.

        Raises
        ------
        ValueError
            For another kind of file, with those that there are.
        """
        import matplotlib.pyplot as plt

        with style(WIDE):
            drawn = self.draw(WIDE)
            try:
                drawn.savefig(path, dpi=dpi, bbox_inches="tight")
            finally:
                plt.close(drawn)  # or a notebook shows it under the cell, too

    def __repr__(self) -> str:
        return f"<Picture {self.id!r}: {self.alt}>"

    def _repr_html_(self) -> str:
        return page.figure_html(self.draw, self.id, self.alt, self.caption, self.data())


@dataclass(frozen=True, repr=False)
class ChartPicture(Picture):
    """A picture that is described as a chart, so that the explorer can draw it, too.

    chart(width): the chart; it is drawn as matplotlib draws it, or as light SVG.
    """

    draw: Callable[[Width], Figure] = field(init=False)
    chart: Callable[[Width], Chart] = field(kw_only=True)

    def __post_init__(self):
        object.__setattr__(self, "draw", lambda width: figure(self.chart(width), width))

    def data(self) -> pd.DataFrame | None:
        """What stands in each row: its name, a value and the ends of its interval; `drawn` where it is given."""
        return data_of(self.chart(WIDE)) if self.drawn is None else self.drawn

    def light(self) -> str:
        """The chart as SVG, in a few milliseconds: as on a phone, where the drawing is narrow, too."""
        return light_svg(self.chart(PHONE), self.alt)


def data_of(chart: Chart) -> pd.DataFrame | None:
    """What stands in each row of a chart, to be saved; None where nothing does."""
    found = chart.data
    return pd.DataFrame(found, columns=["row", "value", "low", "high"]) if found else None
