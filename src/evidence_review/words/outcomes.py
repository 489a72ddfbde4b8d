"""Further outcomes, benefits and harms, in words: results of the trials, and trials without a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evidence_review.estimates.contrast import (
    compared_trials,
    compared_with,
    contrast_results,
    contrasts_on,
    evidence_pooled,
    reporting,
)
from evidence_review.estimates.counts import counts
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.reasons import NOTHING_MORE, OTHER_EVIDENCE
from evidence_review.judgement.certainty import Body, BodyEffect
from evidence_review.numbers import capital, listing
from evidence_review.review.finding import POOLED, Finding, finding_id
from evidence_review.review.review import Review
from evidence_review.review.settings import OBSERVATIONAL, RANDOMISED
from evidence_review.words.association import associated
from evidence_review.words.benefit import people_on
from evidence_review.words.effects import (
    does_to,
    fewer_or_more,
    in_1000,
    with_interval,
    with_sides,
)
from evidence_review.words.linked import linked
from evidence_review.words.studies import how_many

NOT_JUDGED = "not judged"


def people_with(outcome: str) -> str:
    """The people with an event: 'people with adverse events', 'people who left the trial'."""
    return outcome if outcome.startswith("people ") else f"people with {outcome}"


def _trials(review: Review, count: int) -> str:
    """'8 trials', or '8 studies' if nobody was allocated at random."""
    return how_many(evidence_pooled(review), count)


def trials_read(review: Review) -> int:
    """The studies behind the answer: those compared, and the uncontrolled one."""
    return len(compared_trials(review)) + bool(review.about.single_arm_study)


def no_trial(review: Review, outcome: str) -> str:
    """The words for no effect: 'none of 8 trials', or how many report the outcome without an effect."""
    trials, silent = trials_read(review), not reporting(review, outcome)
    some = f"none of {_trials(review, trials)}" if trials > 1 else "none"
    return some if silent else f"{some} with figures of both groups"


def not_reported(review: Review, outcome: str) -> str:
    """Why there is no effect on an outcome: no trial reports it, or none prints enough."""
    rows, trials = reporting(review, outcome), trials_read(review)
    if not rows:
        none = (
            "by the one that there is"
            if trials == 1
            else f"by {'either' if trials == 2 else 'any'} of the {_trials(review, trials)}"
        )
        return f"Not reported {none}, in what was read."
    said = listing(review.records.study(study).label for study in rows)
    why = dict.fromkeys(
        item.reason
        for item in contrast_results(review, outcome)
        if isinstance(item, NotUsable) and item.study_id in rows and item.reason not in NOTHING_MORE
    )
    because = f" ({listing(why)})" if why else ""
    who = f"by {said}" if trials == 1 else f"by {len(rows)} of {_trials(review, trials)} ({said})"
    if list(why) == [OTHER_EVIDENCE]:
        return f"Reported {who}, {OTHER_EVIDENCE}."
    single = len(rows) == 1 and review.about.single_arm_study in rows
    whose = "its" if len(rows) == 1 else "their"
    without = (
        "which has no control group" if single else f"without figures that compare {whose} groups"
    )
    return f"Reported {who}, {without}{because}."


def statement(review: Review, body: Body) -> str:
    """The result on an outcome whose certainty nobody judged."""
    effect = body.difference
    if effect is None:
        return not_reported(review, body.outcome)
    if body.evidence == OBSERVATIONAL:
        return associated(review.about.treatment, body.outcome, effect)
    where = "In one trial" if body.studies == 1 else f"In {body.studies} trials"
    is_open = effect.interval.low <= 0 <= effect.interval.high
    chance = "; the difference could be chance." if is_open else "."
    treatment, comparator = review.about.treatment, compared_with(review)
    outcome = body.outcome
    middle = (effect.range.low + effect.range.high) / 2
    if effect.measure.prints_as_none(middle):
        return f"{where}, {outcome} did not differ between {treatment} and {comparator}{chance}"
    if body.evidence != RANDOMISED:
        return f"A change in one group, compared with placebo groups of other trials{chance}"
    if effect.measure.is_stated and not effect.measure.is_of_risk:
        _, do = does_to(effect.measure, outcome, middle)
        return f"{where}, {treatment} seemed to {do}, compared with {comparator}{chance}"
    if effect.measure.is_of_risk:
        if people := fewer_or_more(outcome, middle):
            return f"{where}, there were {people} on {treatment} than on {comparator}{chance}"
        said = f"the risk of {outcome} was {'lower' if middle < 0 else 'higher'}"
        return f"{where}, {said} with {treatment} than with {comparator}{chance}"
    if effect.measure.better is None:
        return f"{where}, {outcome} differed between {treatment} and {comparator}{chance}"
    side = "better" if effect.measure.benefit(middle) > 0 else "worse"
    return f"{where}, people on {treatment} did {side} in {outcome} than {people_on(comparator)}{chance}"


def ratio(effect: BodyEffect) -> str:
    """'risk ratio 2.30 (0.39 to 13.62)': an effect of events."""
    measure, ends = effect.main.measure, effect.main.interval
    value = with_interval(measure, effect.main.range.low, ends.low, ends.high)
    return f"{measure.words} {value}"


def result(body: Body) -> str:
    """The effect on an outcome with its interval: a ratio and people in 1000, or a difference; '' without one."""
    if body.effect is None or body.difference is None:
        return ""
    if not body.difference.measure.is_stated:
        return with_sides(body.difference)
    absolute = body.effect.absolute
    more = f"; {in_1000(absolute.difference, absolute.interval)}" if absolute else ""
    return f"{ratio(body.effect)}{more}"


def silence(review: Review, names: Sequence[str]) -> str:
    """The sentence that no trial reports these outcomes."""
    trials = trials_read(review)
    who = "Nothing says" if trials == 1 else f"None of the {_trials(review, trials)} says"
    common = "this was" if len(names) == 1 else "these were"
    return f"{who}, in what was read, how common {common}: {listing(names)}"


def harm(review: Review, outcome: str, findings: Mapping[str, Finding]) -> str:
    """The result of a review's trials on a harm: in 1000 people from a pool, or counts of one trial, or ''."""
    treatment, comparator = review.about.treatment, compared_with(review)
    get = lambda quantity: findings.get(finding_id(POOLED, outcome, quantity))
    more, base, trials = get("per_1000"), get("baseline_risk"), get("trials")
    if more is not None and base is not None and trials is not None:
        ends = more.sampling
        chance = ", which could be chance" if ends.low <= 0 <= ends.high else ""
        side = "more" if more.known > 0 else "fewer"
        size = linked(f"{abs(more.known):.0f} {side}" if round(more.known) else "as many", more)
        without = linked(f"{base.known:.0f}", base)
        return (
            f"{capital(people_with(outcome))}: {without} in 1000 on {comparator}, {size} on {treatment} "
            f"({_trials(review, int(trials.known))}){chance}"
        )
    counted = counts(review, contrasts_on(review, outcome))
    if len(counted) != 1:
        return ""
    (one,) = counted
    return (
        f"{capital(people_with(outcome))}: {one.events2:.0f} of {one.n2:.0f} on {comparator}, "
        f"{one.events1:.0f} of {one.n1:.0f} on {treatment} ({one.label})"
    )
