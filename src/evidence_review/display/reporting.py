"""The reporting standards in tables: each item with its answer."""

from __future__ import annotations

import html
from itertools import groupby

from evidence_review.display import page
from evidence_review.judgement.standards import UNMET, Checklist, Item


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
