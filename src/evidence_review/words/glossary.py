"""Terms that a page uses, each explained in a sentence or two."""

from __future__ import annotations

from dataclasses import dataclass

from evidence_review.numbers import capital
from evidence_review.review.review import Review


@dataclass(frozen=True)
class Term:
    """A term, its forms on a page, and its meaning."""

    name: str
    forms: tuple[str, ...]
    meaning: str


_GENERAL = (
    Term(
        "arm",
        ("arm", "arms"),
        "One group of a trial: all in it get the same, the treatment or placebo.",
    ),
    Term(
        "SD",
        ("SD", "SDs", "standard deviation", "standard deviations"),
        "Standard deviation: how far single people lie from their average. Two in three lie within one SD of it.",
    ),
    Term(
        "interval",
        ("interval", "intervals"),
        "The range in which the true value plausibly lies. Of a hundred 95% intervals, about 95 hold it.",
    ),
    Term(
        "tau",
        ("tau",),
        "How much the true effects of studies differ from one to the next, apart from chance: their standard deviation.",
    ),
    Term(
        "odds ratio",
        ("odds ratio", "odds ratios"),
        "The odds of the outcome with the treatment, divided by those without. 1 is no difference; below 1 it is less common.",
    ),
)


def glossary(review: Review) -> list[Term]:
    """The terms of a review's pages: its scale, and those of statistics."""
    if not review.about.instrument_id:  # not filled in yet
        return list(_GENERAL)
    scale = review.records.instrument(review.about.instrument_id)
    if not scale.name or scale.minimum != scale.minimum:
        return list(_GENERAL)
    worse = "" if scale.worse == "not stated" else f"; {scale.worse} is worse"
    meaning = f"{capital(scale.name)}: {scale.minimum:g} to {scale.maximum:g} {scale.unit}{worse}."
    return [Term(scale.instrument_id, (scale.instrument_id,), meaning), *_GENERAL]
