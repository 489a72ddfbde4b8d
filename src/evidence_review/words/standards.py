"""The results on the reporting standards, in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from evidence_review.judgement.standards import (
    AMSTAR_2,
    NOT_ANSWERED,
    UNMET,
    Checklist,
    Confidence,
    confidence,
)
from evidence_review.numbers import counted, listing
from evidence_review.review.finding import slug
from evidence_review.words.linked import Sentence, linked


def rating(lists: Iterable[Checklist]) -> str:
    """AMSTAR 2's rating of the review, in Markdown; '' without that list."""
    found = [one for one in lists if one.tool == AMSTAR_2]
    return "".join(verdict(one.tool, confidence(one)) for one in found)


def tally(checklist: Checklist) -> str:
    """'PRISMA 2020: of 42 items, 39 done, 2 not done (1 and 7) and 1 not answered (8).'"""
    if len(checklist.answered(NOT_ANSWERED)) == len(checklist.items):
        items = f"none of its {counted(len(checklist.items), 'item')}"
        behind = f"reporting.{slug(checklist.tool)}.{slug(NOT_ANSWERED)}"
        return Sentence(f"**{checklist.tool}:** {linked(items, behind)} is answered.")
    counts = []
    for answer in checklist.answers:
        if items := checklist.answered(answer):
            numbers = listing(item.number for item in items)
            count = linked(str(len(items)), f"reporting.{slug(checklist.tool)}.{slug(answer)}")
            counts.append(f"{count} {answer}" + (f" ({numbers})" if answer in UNMET else ""))
    total = counted(len(checklist.items), "item")
    return Sentence(f"**{checklist.tool}:** of {total}, {listing(counts)}.")


def verdict(tool: str, result: Confidence) -> str:
    """The overall confidence and the items that decide it, in Markdown."""
    if not result.rating:
        return f"**{tool}: not rated,** because not every item is answered."
    flaws = "; ".join(f"item {item.number}: {item.wording}" for item in result.critical_flaws)
    return (
        f"**{tool}: {result.rating} confidence,** because of "
        + counted(len(result.critical_flaws), "critical flaw")
        + (f" ({flaws})" if flaws else "")
        + f" and {counted(len(result.weaknesses), 'other weakness', 'other weaknesses')}."
    )
