"""The answer on one page, assembled from findings and judgements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evidence_review.effect_measures import STATED
from evidence_review.estimates.contrast import compared_with, contrast_results, evidence_pooled
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.pool import other_outcomes
from evidence_review.estimates.reasons import NO_EVENTS, NOTHING_MORE, OTHER_EVIDENCE
from evidence_review.judgement.certainty import Body
from evidence_review.judgement.grade import UNCONTROLLED
from evidence_review.numbers import counted, day, listing, number, units
from evidence_review.placebo.response import benchmark, has_placebo_arms
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import POOLED, RARELY, Finding, finding_id
from evidence_review.review.review import Review
from evidence_review.review.settings import OBSERVATIONAL, RANDOMISED
from evidence_review.words import outcomes, studies
from evidence_review.words.answer import answer, compared
from evidence_review.words.certainty import statement
from evidence_review.words.effects import BY_RULE
from evidence_review.words.effects import compared as compared_words
from evidence_review.words.linked import Part, Sentence, linked
from evidence_review.words.messages import Message, key_messages
from evidence_review.words.placebo import predicted_by
from evidence_review.words.published import how_many, published_effect, published_lines


@dataclass(frozen=True)
class Evidence:
    """A line of the briefing's table.

    Parameters
    ----------
    kind, study, studies : str, str, int
        'randomised', 'observational' or 'uncontrolled'; the study or studies, and their number.
    people, compared, result, comparison : Finding or None
        The number of people in the studies; the number in the compared groups, if these are not all; the
        result; and the figure that it is compared with.
    result_name, compared_by : str
        Result and comparison in words.
    certainty : str
        The GRADE level in words; '' if nobody judged it.
    """

    kind: str
    study: str
    studies: int
    people: Finding | None
    compared: Finding | None
    result: Finding | None
    comparison: Finding | None
    certainty: str
    result_name: str
    compared_by: str


def result_heading(evidence: Sequence[Evidence]) -> str:
    """The heading of the results, with the sign of an improvement."""
    signs = {"lower": "improvement negative", "higher": "improvement positive"}
    results = [line.result for line in evidence if line.result is not None]
    if any(result.measure in STATED for result in results) or any(
        line.kind == OBSERVATIONAL for line in evidence
    ):
        return "result"
    found = {result.better for result in results}
    sign = signs.get(found.pop(), "") if len(found) == 1 else ""
    return f"result ({sign})" if sign else "result"


@dataclass(frozen=True)
class Question:
    """What a person may ask their doctor, why, and the data rows behind it."""

    question: str
    because: str
    rows: tuple[RowId, ...]


@dataclass(frozen=True)
class OtherOutcome:
    """A published result on another outcome: its source, its people and studies, and the result."""

    outcome: str
    source: str
    based_on: str
    result: str
    certainty: str


@dataclass(frozen=True)
class FurtherOutcome:
    """A further benefit or harm: the result of its trials in words, and the certainty."""

    outcome: str
    kind: str
    result: str
    certainty: str


@dataclass(frozen=True)
class Briefing:
    """The first page of a report, in sentences.

    Parameters
    ----------
    comparator : str
        The comparison of the treatment: 'placebo' or 'control'.
    noun, nouns : str
        The word for one and for several of its studies: 'trial', 'trials'.
    level : str
        The level of certainty; '' if nobody judged it.
    trials, people : int, float
        Their numbers behind the answer.
    read_on : str
        The day when the sources were read, in words.
    messages : tuple of Message
        The key messages.
    answer, certainty, would_change : tuple of str
        The verdict and its basis; its certainty; the evidence that would change our mind.
    further : tuple of FurtherOutcome
        Results of the trials on further outcomes.
    other_outcomes : tuple of OtherOutcome
        Results that only a published review pooled.
    ask : tuple of Question
        Questions to a doctor.
    """

    question: str
    comparator: str
    noun: str
    nouns: str
    level: str
    trials: int
    people: float
    read_on: str
    messages: tuple[Message, ...]
    answer: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    further: tuple[FurtherOutcome, ...]
    other_outcomes: tuple[OtherOutcome, ...]
    certainty: tuple[str, ...]
    would_change: tuple[str, ...]
    ask: tuple[Question, ...]

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        return self.answer[0]

    @property
    def based_on(self) -> Sentence:
        """The numbers of trials and people: '2 trials, 87 people'."""
        counts = [line.people for line in self.evidence if line.people is not None]
        rows = tuple(dict.fromkeys(row for count in counts for row in count.rows))
        studies = Part(counted(self.trials, self.noun, self.nouns), rows=rows)
        if not self.people:
            return Sentence([studies])
        return Sentence([studies, Part(", "), Part(f"{number(self.people, 0)} people", rows=rows)])


def briefing(review: Review, findings: Mapping[str, Finding], bodies: Sequence[Body]) -> Briefing:
    """The briefing of a review from its findings by id and its bodies of evidence (`certainty.every_body`)."""
    about = review.about
    judged = {
        body.evidence: body for body in bodies if body.outcome == about.outcome and body.level
    }
    evidence = tuple(_evidence(review, findings, judged))
    kind = evidence_pooled(review)
    main = judged.get(kind) or judged.get(UNCONTROLLED)
    return Briefing(
        question=_question(review),
        comparator=compared_with(review),
        noun=studies.noun(kind),
        nouns=studies.nouns(kind),
        level=main.level if main else "",
        trials=sum(line.studies for line in evidence),
        people=sum(line.people.known for line in evidence if line.people is not None),
        read_on=day(about.search_date),
        messages=tuple(key_messages(review, findings, judged)),
        answer=tuple(answer(review, findings)),
        evidence=evidence,
        further=tuple(_further(review, bodies)),
        other_outcomes=tuple(_other_outcomes(review, findings)),
        certainty=tuple(_how_certain(review, judged)),
        would_change=tuple(_would_change(review, findings)),
        ask=tuple(_questions(review)),
    )


# Kinds of evidence in words, where they say different things.
_FROM = {
    RANDOMISED: "From randomised trials",
    OBSERVATIONAL: "From observational studies",
    UNCONTROLLED: "From the study without a control group",
}


def _how_certain(review: Review, judged: Mapping[str, Body]) -> list[str]:
    """What each body of evidence says, as surely as it is judged; from which it is, where they differ."""
    said = {kind: statement(review, body) for kind, body in judged.items()}
    if len(set(said.values())) < 2:
        return list(dict.fromkeys(said.values()))
    return [f"{_FROM[kind]}: {text}" for kind, text in said.items()]


def _evidence(
    review: Review, findings: Mapping[str, Finding], judged: Mapping[str, Body]
) -> Iterator[Evidence]:
    about, trial = review.about, compared(review, findings)
    get = lambda study, quantity: findings.get(finding_id(study, about.outcome, quantity))
    level = lambda kind: judged[kind].level if kind in judged else ""
    of_events = review.settings.measure in STATED
    measure = review.settings.measure if of_events else "SMD"
    kind = evidence_pooled(review)
    against = compared_words(Measure(measure, "", None), compared_with(review))
    study = about.single_arm_study
    # Of a further outcome it may say nothing.
    if study and (review.is_own_outcome or get(study, "change") is not None):
        yield Evidence(
            UNCONTROLLED,
            review.records.study(study).label,
            1,
            findings.get(f"{study}.people") or get(study, "people"),
            None,
            get(study, "change"),
            get(study, "placebo_mean"),
            level(UNCONTROLLED),
            "change since baseline",
            "mean change in placebo groups, with the range expected of a new trial"
            + (f", by {predicted_by(benchmark(review))}," if has_placebo_arms(review) else ""),
        )
    if trial == POOLED:
        trials = int(findings[finding_id(POOLED, review.about.outcome, "trials")].known)
        yield Evidence(
            kind,
            studies.how_many(kind, trials),
            trials,
            get(POOLED, "people"),
            None,
            get(POOLED, measure.lower()) if of_events else get(POOLED, "md") or get(POOLED, "smd"),
            get(POOLED, "new_trial"),
            level(kind),
            f"{against}, by {BY_RULE[review.settings.interval]},",
            f"true {against} in a new {studies.noun(kind)}, by a Bayesian pool,",
        )
    elif trial:
        everybody, in_two = (
            findings.get(f"{trial}.{quantity}") for quantity in ("people", "people_compared")
        )
        yield Evidence(
            kind,
            review.records.study(trial).label,
            1,
            everybody or in_two,
            in_two if everybody else None,
            get(trial, measure.lower()) if of_events else get(trial, "smd") or get(trial, "md"),
            get(trial, "smd_with_error"),
            level(kind),
            against,
            "the same with sampling error",
        )


def _question(review: Review) -> str:
    """The question, with the outcome if it is not the review's own."""
    about = review.about
    return about.question if review.is_own_outcome else f"{about.question} ({about.outcome})"


def _further(review: Review, bodies: Sequence[Body]) -> Iterator[FurtherOutcome]:
    for body in bodies:
        row = review.records.outcome(body.outcome)
        is_own = body.outcome == review.records.review.outcome
        if (row is not None or is_own) and body.outcome != review.about.outcome:
            result, said = outcomes.result(body), statement(review, body)
            yield FurtherOutcome(
                body.outcome,
                f"{row.kind}, {row.importance}" if row else "the review's own",
                f"{result}. {said}" if result else said,
                body.level or outcomes.NOT_JUDGED,
            )


def _other_outcomes(review: Review, findings: Mapping[str, Finding]) -> Iterator[OtherOutcome]:
    for row in other_outcomes(review):
        get = lambda quantity, row=row: findings.get(finding_id("published", row.outcome, quantity))
        effect = published_effect(row, findings)
        if effect is not None:
            yield OtherOutcome(
                row.outcome,
                row.label,
                how_many(review, row) or "not printed",
                "; ".join(published_lines(effect, get("per_1000"))),
                row.certainty or "not printed",
            )


def _would_change(review: Review, findings: Mapping[str, Finding]) -> Iterator[str]:
    about, get = review.about, findings.get
    trial = compared(review, findings)
    contrast = get(finding_id(trial, about.outcome, "smd")) if trial else None
    if contrast is not None and contrast.value is None:
        yield (
            f"The figures of the groups in {review.records.study(trial).label}: they would take the place "
            "of a reconstruction. They are open cells in the data"
            + (
                ": we read only the summary of that paper."
                if review.records.study(trial).access_level == "abstract"
                else "."
            )
        )
    results = contrast_results(review, about.outcome)
    unread = [
        r
        for r in results
        if isinstance(r, NotUsable) and r.reason not in (OTHER_EVIDENCE, NO_EVENTS)
    ]
    # Of studies whose figures are printed, and something else stands in the way.
    reasons: dict[str, list[str]] = {}
    for result in unread:
        if result.reason not in NOTHING_MORE:
            reasons.setdefault(result.reason, []).append(result.label)
    for reason, labels in reasons.items():
        yield f"The figures of {listing(labels)}. Why they cannot be used as they are: {reason}."
    unused = [result.label for result in unread if result.reason in NOTHING_MORE]
    if unused and studies.is_association(review):
        yield f"The figures of {listing(unused)}. What we read prints no result on {about.outcome} that could be used."
    elif unused:
        yield (
            f"The figures of {listing(unused)}. People were randomised to {about.treatment} or {compared_with(review)}, but what we read "
            f"prints no {'result' if about.measure in STATED else 'mean change'} that could be used."
        )
    if (people := get("trial.people_80")) is not None:
        matters = findings["trial.important_difference"]
        benefit = f"{matters.known:g}"
        yield Sentence(
            f"A trial that randomises about {linked(number(people.known, 0), people)} people to {about.treatment} or {compared_with(review)}. It would have an 80% chance to "
            f"show a true benefit of {linked(benefit, matters)} {units(benefit, matters.unit)}, or to exclude such a benefit if there is none ({linked(people.note, people)})."
        )
    if (bar := get("trial.uncontrolled_boundary")) is not None:
        yield Sentence(
            f"A trial without a placebo group would change little. However many people it has, they would have to improve by {linked(f'{abs(bar.known):.1f}', bar)} {bar.unit} "
            f"on average to do better than all but one in {1 / RARELY:.0f} placebo groups (by a Bayesian pool of these groups)."
        )


def _questions(review: Review) -> Iterator[Question]:
    claims = {row.claim_id: row.row for row in review.records.rows("claims")}
    for row in review.records.rows("questions"):
        rests_on = claims[row.claim_id] if row.claim_id else row.row
        yield Question(row.question, row.because, (rests_on,))
