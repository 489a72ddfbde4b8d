"""The answer on one page: what a reader takes away, assembled from findings and judgements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evidence_review.appraisal.answer import answer, finding_id
from evidence_review.appraisal.findings import Finding
from evidence_review.appraisal.settings import Settings
from evidence_review.records import Records


@dataclass(frozen=True)
class Evidence:
    """A line of the briefing's table: what kind of evidence, from whom, what it shows."""

    kind: str
    study: str
    people: Finding | None
    shows: Finding | None
    beside: Finding | None


@dataclass(frozen=True)
class Question:
    """What a person may ask their doctor, why, and the data rows behind it."""

    question: str
    because: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Briefing:
    """question and answer in sentences; would_change: what would change our mind, in sentences."""

    title: str
    question: str
    answer: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    would_change: tuple[str, ...]
    ask: tuple[Question, ...]


def briefing(records: Records, settings: Settings, findings: Mapping[str, Finding]) -> Briefing:
    """The briefing of a review from its findings by id; settings: resolved."""
    review = records.review
    return Briefing(
        title=review.title,
        question=review.question,
        answer=tuple(answer(records, findings)),
        evidence=tuple(_evidence(records, findings)),
        would_change=tuple(_would_change(records, settings, findings)),
        ask=tuple(_questions(records)),
    )


def _evidence(records: Records, findings: Mapping[str, Finding]):
    review = records.review
    for kind, study_id, shows, beside in (
        ("no control group", review.single_arm_study, "change", "placebo_mean"),
        ("randomised", review.randomised_study, "smd", "smd_with_error"),
    ):
        if study_id:
            get = lambda name, study_id=study_id: findings.get(
                finding_id(study_id, review.outcome, name)
            )
            yield Evidence(
                kind,
                records.study(study_id).label,
                findings.get(f"{study_id}.people"),
                get(shows),
                get(beside),
            )


def _would_change(records: Records, settings: Settings, findings: Mapping[str, Finding]):
    review, get = records.review, findings.get
    contrast = get(finding_id(review.randomised_study, review.outcome, "smd"))
    if contrast is not None and contrast.value is None:
        yield (
            f"The figures of the groups in {records.study(review.randomised_study).label}: they would take the place "
            "of a reconstruction. They are open cells in the data."
        )
    if (people := get("trial.people_80")) is not None:
        yield (
            f"A trial that randomises about {people.value:.0f} people to {review.treatment} or placebo: it would have an 80% chance to "
            f"show a benefit of {settings.important_difference:g} points, or to exclude one."
        )
    if (bar := get("trial.uncontrolled_boundary")) is not None:
        yield (
            "Hardly another trial without a placebo group: to do more than placebo groups usually do, its people would have to "
            f"improve by {abs(bar.value):.1f} points, however many they are."
        )


def _questions(records: Records):
    claims = records["claims"].set_index("claim_id").row
    for row in records["questions"].itertuples():
        yield Question(row.question, row.because, (claims[row.claim_id],))
