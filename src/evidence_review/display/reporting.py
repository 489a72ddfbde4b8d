"""The standards on a page: each item with its answer, and what the answers come to in a sentence."""

from __future__ import annotations

import html
from itertools import groupby

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.display.markup import Body, Cell, Row, Table
from evidence_review.judgement.standards import (
    UNMET,
    Checklist,
    Confidence,
    Item,
)


def tally(checklist: Checklist) -> str:
    """'PRISMA 2020: of 42 items, 39 done, 2 not done (1 and 7) and 1 not answered (8).'"""
    counts = []
    for answer in checklist.answers:
        if items := checklist.answered(answer):
            numbers = text.listing(item.number for item in items)
            counts.append(f"{len(items)} {answer}" + (f" ({numbers})" if answer in UNMET else ""))
    total = text.counted(len(checklist.items), "item")
    return f"**{checklist.tool}:** of {total}, {text.listing(counts)}."


def verdict(tool: str, result: Confidence) -> str:
    """The overall confidence and the items it follows from, in Markdown."""
    if not result.rating:
        return f"**{tool}: not rated,** because items are not answered."
    flaws = "; ".join(f"item {item.number}: {item.wording}" for item in result.critical_flaws)
    return (
        f"**{tool}: {result.rating} confidence,** because of "
        + text.counted(len(result.critical_flaws), "critical flaw")
        + (f" ({flaws})" if flaws else "")
        + f" and {text.counted(len(result.weaknesses), 'other weakness', 'other weaknesses')}."
    )


def checklist_html(checklist: Checklist) -> str:
    """The checklist as an HTML table, a row an item, grouped by section if any. Text is escaped."""
    bodies = []
    for section, items in groupby(checklist.items, key=lambda item: item.section):
        heading = [Row([Cell(section, scope="rowgroup", span=len(_COLUMNS))])] if section else []
        bodies.append(Body([*heading, *map(_row, items)]))
    caption = f"{checklist.tool}, item by item"
    return Table(
        caption, bodies, Row([Cell(name, scope="col") for name in _COLUMNS]), caption
    ).html()


_COLUMNS = ("item", "asks for", "answer", "where", "why")


def _row(item: Item) -> Row:
    answer = html.escape(item.answer)
    if item.answer in UNMET:
        answer = f"<strong>{answer}</strong>"
    pages = ", ".join(f'<a href="{name}.html">{name}</a>' for name in map(html.escape, item.pages))
    why = html.escape(item.reason) + (f" {page.row_links([item.row])}" if item.row else "")
    return Row(
        [
            Cell(item.number, scope="row"),
            Cell(item.wording + (" (critical)" if item.critical else "")),
            Cell(answer, is_html=True),
            Cell(pages or "–", is_html=True),
            Cell(why or "–", "long", is_html=True),
        ]
    )
