"""The reporting standards in tables: each item with its answer."""

from __future__ import annotations

import html
from itertools import groupby

import pandas as pd

from evidence_review.display import page
from evidence_review.display.markup import Body, Cell, Row, Table
from evidence_review.judgement.standards import UNMET, Checklist, Item
from evidence_review.records import Records


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


def search_log(records: Records) -> pd.DataFrame:
    """The search log: what was looked for, where, when, how many; what is not known is said to be so."""
    number = lambda count: "not recorded" if count != count else f"{count:.0f}"
    return pd.DataFrame(
        [
            {
                "looked for": row.sought,
                "where": row.place,
                "on": row.searched_on or "not recorded",
                "found": number(row.found),
                "kept": number(row.kept),
                "note": row.note or "–",
                "data rows": (row.row,),
            }
            for row in records.rows("searches")
        ]
    )


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
