"""The standards on a page: each item with its answer, and what the answers come to in a sentence."""

from __future__ import annotations

import html

from evidence_review.appraisal.reporting import MET, Checklist, Confidence, Item
from evidence_review.display import page, text


def tally(checklist: Checklist) -> str:
    """'PRISMA 2020: of 42 items 19 done, 17 partly and 6 not done.' in Markdown."""
    counts = {answer: len(checklist.answered(answer)) for answer in checklist.answers}
    shown = text.listing(f"{count} {answer}" for answer, count in counts.items() if count)
    return f"**{checklist.tool}:** of {text.counted(len(checklist.items), 'item')}, {shown}."


def verdict(tool: str, result: Confidence) -> str:
    """The overall confidence and what it follows from, in Markdown."""
    flaws = (
        f"{text.counted(len(result.critical_flaws), 'critical item')} not met "
        f"({_named(result.critical_flaws)})"
        if result.critical_flaws
        else "no critical item is not met"
    )
    weak = f"{text.counted(len(result.weaknesses), 'other item')} not met"
    if not result.rating:
        return f"**{tool}: not rated,** because items are not answered. So far {flaws}, and {weak}."
    return f"**{tool}: {result.rating} confidence,** because of {flaws}; besides, {weak}."


def _named(items: tuple[Item, ...]) -> str:
    return text.listing(f"{item.number} {item.wording}" for item in items)


def checklist_html(checklist: Checklist) -> str:
    """The checklist as an HTML table, a row an item, grouped by section. Text is escaped."""
    body, section = [], ""
    for item in checklist.items:
        if item.section != section:
            section = item.section
            body.append(f'<tr><th colspan="5" scope="colgroup">{html.escape(section)}</th></tr>')
        body.append(_row(item))
    caption = html.escape(f"{checklist.tool}, item by item")
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("item", "asks for", "answer", "where", "why")
    )
    return (
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="{caption}">'
        f'<table class="data"><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _row(item: Item) -> str:
    wording = item.wording + (" (critical)" if item.critical else "")
    answer = html.escape(item.answer)
    if item.answer not in MET:
        answer = f"<strong>{answer}</strong>"
    pages = ", ".join(f'<a href="{name}.html">{name}</a>' for name in map(html.escape, item.pages))
    why = html.escape(item.reason) + (f" {page.row_links([item.row])}" if item.row else "")
    return (
        f'<tr><th scope="row">{item.number}</th><td>{html.escape(wording)}</td><td>{answer}</td>'
        f'<td>{pages or "–"}</td><td class="long">{why or "–"}</td></tr>'
    )
