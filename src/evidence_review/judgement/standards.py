"""How well a review meets the standards for systematic reviews: its answers, and the overall rating.

The items are in standards.csv of the reference class, the review's answers in its reporting.csv. An
item without an answer is 'not answered', never left out.

Sources. PRISMA 2020: Page et al. 2021, BMJ 372:n71. AMSTAR 2: Shea et al. 2017, BMJ 358:j4008,
for the critical items and the overall rating. We read published transcriptions of both.
"""

from __future__ import annotations

from dataclasses import dataclass

from evidence_review.records import Records, RowId
from evidence_review.records.rows import ReportingRow, StandardsRow

AMSTAR_2 = "AMSTAR 2"
NOT_ANSWERED = "not answered"
# Answers of an item that is not met at all.
UNMET = ("not done", "no", NOT_ANSWERED)


@dataclass(frozen=True)
class Item:
    """One item of a tool with the review's answer to it, or NOT_ANSWERED.

    pages: those of the report that fulfil it. row: the answer's data row, None without an answer.
    """

    number: str
    section: str
    wording: str
    critical: bool
    answer: str = NOT_ANSWERED
    pages: tuple[str, ...] = ()
    reason: str = ""
    row: RowId | None = None


@dataclass(frozen=True)
class Checklist:
    """A tool's items, in its order. answers: those that it allows, NOT_ANSWERED last."""

    tool: str
    items: tuple[Item, ...]
    answers: tuple[str, ...]

    def answered(self, *answers: str) -> tuple[Item, ...]:
        """The items with one of these answers."""
        return tuple(item for item in self.items if item.answer in answers)


@dataclass(frozen=True)
class Confidence:
    """AMSTAR 2's overall confidence in the results of a review, and the items that decide it.

    rating: 'high', 'moderate', 'low' or 'critically low'; '' if an item is not answered.
    """

    rating: str
    critical_flaws: tuple[Item, ...]
    weaknesses: tuple[Item, ...]


def checklists(records: Records) -> list[Checklist]:
    """Every tool of standards.csv with the review's answers, in the table's order."""
    answers = {(row.tool, row.item): row for row in records.rows("reporting")}
    standards = records.reference_class.rows("standards")
    found = []
    for tool in dict.fromkeys(row.tool for row in standards):
        rows = [row for row in standards if row.tool == tool]
        items = tuple(_item(row, answers.get((tool, row.item))) for row in rows)
        allowed = dict.fromkeys(word for row in rows for word in row.allowed.split(" / "))
        found.append(Checklist(tool, items, (*allowed, NOT_ANSWERED)))
    return found


def _item(asked: StandardsRow, given: ReportingRow | None) -> Item:
    item = asked.item, asked.section, asked.wording, asked.critical == "yes"
    if given is None:
        return Item(*item)
    pages = tuple(given.pages.split("; ")) if given.pages else ()
    return Item(*item, given.answer, pages, given.reason, given.row)


def confidence(checklist: Checklist) -> Confidence:
    """AMSTAR 2's overall rating of a review.

    A 'no' is a flaw if the item is critical and a weakness if not; 'partial yes' and 'no meta-analysis'
    are neither. Shea et al. let a person rate down from moderate to low for many weaknesses; this code
    does not.
    """
    flaws = tuple(item for item in checklist.answered("no") if item.critical)
    weaknesses = tuple(item for item in checklist.answered("no") if not item.critical)
    if checklist.answered(NOT_ANSWERED):
        return Confidence("", flaws, weaknesses)
    return Confidence(overall_rating(len(flaws), len(weaknesses)), flaws, weaknesses)


def overall_rating(critical_flaws: int, weaknesses: int) -> str:
    """The rating by number of critical flaws and of non-critical weaknesses (Shea et al. 2017)."""
    if critical_flaws:
        return "low" if critical_flaws == 1 else "critically low"
    return "high" if weaknesses <= 1 else "moderate"
