"""The answer on one page: what a reader takes away, assembled from findings and judgements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evidence_review.effects.of_review import contrast_results
from evidence_review.effects.trials import NotUsable
from evidence_review.judgement.certainty import Body
from evidence_review.judgement.grade import RANDOMISED, UNCONTROLLED
from evidence_review.records import Records
from evidence_review.review.finding import POOLED, RARELY, Finding, finding_id
from evidence_review.review.settings import Settings
from evidence_review.words.answer import answer, compared


@dataclass(frozen=True)
class Evidence:
    """A line of the briefing's table: what kind of evidence, from whom, what it shows.

    certainty: its GRADE level in words, '' where nobody judged it.
    """

    kind: str
    study: str
    people: Finding | None
    shows: Finding | None
    beside: Finding | None
    certainty: str


@dataclass(frozen=True)
class Question:
    """What a person may ask their doctor, why, and the data rows behind it."""

    question: str
    because: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Briefing:
    """question, answer and certainty in sentences; would_change: what would change our mind.

    ask: what to ask a doctor.
    """

    question: str
    answer: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    certainty: tuple[str, ...]
    would_change: tuple[str, ...]
    ask: tuple[Question, ...]


def briefing(
    records: Records, settings: Settings, findings: Mapping[str, Finding], bodies: Iterable[Body]
) -> Briefing:
    """The briefing of a review from its findings by id and its bodies of evidence.

    settings: resolved. bodies: `certainty.bodies`.
    """
    review = records.review
    judged = {body.evidence: body for body in bodies if body.outcome == review.outcome}
    return Briefing(
        question=review.question,
        answer=tuple(answer(records, findings)),
        evidence=tuple(_evidence(records, findings, judged)),
        certainty=tuple(dict.fromkeys(body.statement for body in judged.values())),
        would_change=tuple(_would_change(records, settings, findings)),
        ask=tuple(_questions(records)),
    )


def _evidence(records: Records, findings: Mapping[str, Finding], judged: Mapping[str, Body]):
    review, trial = records.review, compared(records, findings)
    get = lambda study, quantity: findings.get(finding_id(study, review.outcome, quantity))
    level = lambda kind: judged[kind].level if kind in judged else ""
    if study := review.single_arm_study:
        yield Evidence(
            UNCONTROLLED,
            records.study(study).label,
            findings.get(f"{study}.people"),
            get(study, "change"),
            get(study, "placebo_mean"),
            level(UNCONTROLLED),
        )
    if trial == POOLED:
        yield Evidence(
            RANDOMISED,
            f"{get(POOLED, 'trials').value:.0f} trials",
            get(POOLED, "people"),
            get(POOLED, "md") or get(POOLED, "smd"),
            get(POOLED, "new_trial"),
            level(RANDOMISED),
        )
    elif trial:
        yield Evidence(
            RANDOMISED,
            records.study(trial).label,
            findings.get(f"{trial}.people"),
            get(trial, "smd"),
            get(trial, "smd_with_error"),
            level(RANDOMISED),
        )


def _would_change(records: Records, settings: Settings, findings: Mapping[str, Finding]):
    review, get = records.review, findings.get
    trial = compared(records, findings)
    contrast = get(finding_id(trial, review.outcome, "smd")) if trial else None
    if contrast is not None and contrast.value is None:
        yield (
            f"The figures of the groups in {records.study(trial).label}: they would take the place "
            "of a reconstruction. They are open cells in the data."
        )
    unused = [
        result.label
        for result in contrast_results(records, settings, review.outcome)
        if isinstance(result, NotUsable)
    ]
    if unused:
        yield (
            f"The figures of {', '.join(unused)}: people were randomised to {review.treatment} or placebo, but what was read "
            "prints no mean change that could be used."
        )
    if (people := get("trial.people_80")) is not None:
        yield (
            f"A trial that randomises about {people.value:.0f} people to {review.treatment} or placebo: it would have an 80% chance to "
            f"show a true benefit of {settings.important_difference:g} points, or to exclude one if there is none ({people.note})."
        )
    if (bar := get("trial.uncontrolled_boundary")) is not None:
        yield (
            f"Hardly another trial without a placebo group: to do better than all but one in {1 / RARELY:.0f} placebo groups, its people would have "
            f"to improve by {abs(bar.value):.1f} points, however many they are."
        )


def _questions(records: Records):
    claims = records["claims"].set_index("claim_id").row
    for row in records["questions"].itertuples():
        yield Question(row.question, row.because, (claims[row.claim_id],))
