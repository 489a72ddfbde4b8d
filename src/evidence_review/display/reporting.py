"""The standards on a page: each item with its answer, and what the answers come to in a sentence."""

from __future__ import annotations

import html
from itertools import groupby

from evidence_review import numbers as text
from evidence_review.display import page
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
    body = ""
    for section, items in groupby(checklist.items, key=lambda item: item.section):
        heading = f'<tr><th colspan="5" scope="rowgroup">{html.escape(section)}</th></tr>'
        body += f"<tbody>{heading if section else ''}{''.join(map(_row, items))}</tbody>"
    caption = html.escape(f"{checklist.tool}, item by item")
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("item", "asks for", "answer", "where", "why")
    )
    return (
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="{caption}">'
        f'<table class="data"><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"{body}</table></div>"
    )


def _row(item: Item) -> str:
    wording = item.wording + (" (critical)" if item.critical else "")
    answer = html.escape(item.answer)
    if item.answer in UNMET:
        answer = f"<strong>{answer}</strong>"
    pages = ", ".join(f'<a href="{name}.html">{name}</a>' for name in map(html.escape, item.pages))
    why = html.escape(item.reason) + (f" {page.row_links([item.row])}" if item.row else "")
    return (
        f'<tr><th scope="row">{item.number}</th><td>{html.escape(wording)}</td><td>{answer}</td>'
        f'<td>{pages or "–"}</td><td class="long">{why or "–"}</td></tr>'
    )
