"""The results of the checks of printed figures, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.checks.study_check import StudyCheck
from evidence_review.consistency.printed import INCONSISTENT, NOT_CHECKABLE
from evidence_review.numbers import counted, listing
from evidence_review.review.finding import slug
from evidence_review.review.review import Review
from evidence_review.words.linked import Sentence, linked

P_BESIDE_INTERVAL = (
    "An estimate and its interval imply a P. The bar shows every P that is possible for figures that are printed like this; "
    "the printed P should lie on it."
)


def result(review: Review, checks: Sequence[StudyCheck]) -> str:
    """How many checks found figures that do not agree, and in which studies, in Markdown."""
    possible = [check for check in checks if check.answer != NOT_CHECKABLE]
    if not possible:
        return "No check could be done: the studies do not print the figures that the checks need."
    odd = [check for check in possible if check.answer == INCONSISTENT]
    done = linked(counted(len(possible), "check"), "checks.done")
    if not odd:
        return Sentence(f"**{done} could be done, and none found figures that do not agree.**")
    own = {study.study_id for study in review.records.rows("studies")}
    concerned = sum(check.study_id in own for check in odd)
    names = listing(dict.fromkeys(check.label for check in odd))
    misfits = linked(str(len(odd)), f"checks.{slug(INCONSISTENT)}")
    return Sentence(
        f"**{done} could be done; {misfits} found figures that do not agree: {names}.** "
        f"Of these, {concerned or 'none'} {'is' if concerned == 1 else 'are'} in this review's own studies."
    )
