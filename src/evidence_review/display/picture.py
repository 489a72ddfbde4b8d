"""A figure before it is drawn: how to draw it at either width, and what it says in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evidence_review.display import page
from evidence_review.display.style import Width


@dataclass(frozen=True)
class Picture:
    """id names it on the page; draw(width) returns a matplotlib figure; alt says what it shows."""

    id: str
    draw: Callable[[Width], object]
    alt: str
    caption: str = ""

    def show(self) -> None:
        """Put the figure on the notebook's page."""
        page.show(self.draw, figure_id=self.id, alt=self.alt, caption=self.caption)

    def __repr__(self) -> str:
        return f"<Picture {self.id!r}: {self.alt}>"

    def _repr_html_(self) -> str:
        return page.figure_html(self.draw, self.id, self.alt, self.caption)
