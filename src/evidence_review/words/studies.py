"""The words for studies and their groups: randomised trials with a treatment, or others."""

from __future__ import annotations

from evidence_review.estimates.contrast import evidence_pooled
from evidence_review.numbers import counted
from evidence_review.review.review import Review
from evidence_review.review.settings import OBSERVATIONAL, RANDOMISED


def noun(evidence: str) -> str:
    """The short word for one: 'trial', or 'study' if nobody was allocated at random."""
    return "trial" if evidence == RANDOMISED else "study"


def nouns(evidence: str) -> str:
    """The short word for several: 'trials' or 'studies'."""
    return "trials" if evidence == RANDOMISED else "studies"


def in_full(evidence: str, count: int = 2) -> str:
    """'randomised trials' or 'observational studies'; the singular for a count of 1."""
    return f"{evidence} {noun(evidence) if count == 1 else nouns(evidence)}"


def how_many(evidence: str, count: int) -> str:
    """'3 trials', '1 study'."""
    return counted(count, noun(evidence), nouns(evidence))


def is_association(review: Review) -> bool:
    """Whether the answer can only be an association, because nobody was allocated at random."""
    return evidence_pooled(review) == OBSERVATIONAL
