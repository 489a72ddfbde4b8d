"""HTML from templates: the one Jinja environment, and the one table.

A template is named by its path in the package, such as 'runs/templates/index.html.j2'. Text in it is
escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache


def render(template: str, **context) -> str:
    """The text of a template with these values; one that is missing is an error."""
    return _environment().get_template(template).render(**context)


@cache
def _environment():
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("evidence_review", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


NUMERIC, PROSE = "num", "long"  # classes of cells
_A_SCREEN = 18  # rows of a table that a screen shows at once


@dataclass(frozen=True)
class Cell:
    """One cell.

    Parameters
    ----------
    content
        Text, which is escaped; or HTML, where `is_html`.
    kind
        Class: NUMERIC, PROSE or ''.
    label
        Name of its column, which a card on a phone shows; '' for none. A card leaves out what is only a
        dash.
    scope
        'col', 'row' or 'rowgroup', of which it is the heading; '' for a cell that is none.
    span
        Columns that it covers.
    address
        Where the content leads to; '' for no link. A dash leads nowhere.
    """

    content: str
    kind: str = ""
    label: str = ""
    scope: str = ""
    span: int = 1
    is_html: bool = False
    address: str = ""


@dataclass(frozen=True)
class Row:
    """The cells of a row, and the id that links lead to ('' for none)."""

    cells: Sequence[Cell]
    anchor: str = ""


@dataclass(frozen=True)
class Body:
    """Rows that belong together, and the id that links lead to ('' for none)."""

    rows: Sequence[Row]
    anchor: str = ""


@dataclass(frozen=True)
class Table:
    """A table that scrolls sideways on small screens.

    Parameters
    ----------
    name
        What a screen reader calls the region that scrolls.
    kind
        Classes (report.css).
    roles
        Say with ARIA that it is a table, also where cards on a phone have cells displayed as blocks.
    """

    name: str
    bodies: Sequence[Body]
    head: Row | None = None
    caption: str = ""
    kind: str = field(default="data", kw_only=True)
    roles: bool = field(default=False, kw_only=True)

    @classmethod
    def of_data(cls, kinds: Mapping[str, str], rows: Sequence[Row], caption: str) -> Table:
        """A table under its headings; with prose in it, a row is a card on a phone.

        kinds: the class of each column by its name.
        """
        head = Row([Cell(name, kind, scope="col") for name, kind in kinds.items()])
        kind = "data cards" if PROSE in kinds.values() else "data"
        return cls(caption or "Table", [Body(rows)], head, caption, kind=kind)

    @property
    def is_tall(self) -> bool:
        """Whether it is longer than a screen."""
        return sum(len(body.rows) for body in self.bodies) > _A_SCREEN

    def html(self) -> str:
        """The table as HTML."""
        return render("display/templates/table.html.j2", table=self)
