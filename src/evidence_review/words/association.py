"""Associations in sentences, for studies without random allocation: never the effect of a treatment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evidence_review.effect_measures import MEASURES
from evidence_review.estimates.contrast import compared_with
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.judgement.grade import LEVELS
from evidence_review.numbers import capital, interval, number
from evidence_review.review.finding import POOLED, Finding, Range, certainty_id, finding_id
from evidence_review.review.review import Review
from evidence_review.review.settings import OBSERVATIONAL
from evidence_review.words.effects import BY_RULE, happens_to, in_1000
from evidence_review.words.linked import linked
from evidence_review.words.pool import of_other_studies

# Words for each level of certainty; GRADE guidelines 26 (Santesso et al. 2020).
_SAYING = {"high": "is", "moderate": "is probably", "low": "may be"}


def _with(measure: str, outcome: str, value: float) -> str:
    """'a higher risk of lung cancer', 'a lower mean blood pressure'."""
    side = "higher" if value > 0 else "lower"
    of = MEASURES[measure].of
    return f"a {side} {f'{of} of' if of else 'mean'} {outcome}"


def associated(exposure: str, outcome: str, effect: Effect, level: str = "") -> str:
    """The sentence that two things go together, by the certainty ('': nobody judged it)."""
    low, high = effect.interval.low, effect.interval.high
    if low <= 0 <= high:
        return f"Not known: it could be chance that {exposure} and {outcome} go together."
    what = _with(effect.measure.name, outcome, effect.range.low)
    if level == LEVELS[0]:
        return f"Whether {exposure} is associated with {what} is very uncertain."
    return f"{capital(exposure)} {_SAYING.get(level, 'is')} associated with {what}."


def verdict(
    review: Review, findings: Mapping[str, Finding], found: Finding | None, among: str
) -> str:
    """The answer in fewer than twenty words, as certain as the evidence. among: 'in 37 observational studies'."""
    exposure, outcome = review.about.treatment, review.about.outcome
    if found is None or found.value is None or found.interval is None:
        return f"Not known: no study that we could check shows whether {exposure} and {outcome} go together."
    judged = findings.get(certainty_id(outcome, OBSERVATIONAL))
    level = "" if judged is None or judged.value is None else LEVELS[int(judged.value)]
    nothing = Measure(found.measure, "", None).null
    low, high = found.interval.low, found.interval.high
    if low <= nothing <= high:
        return f"Not known: {among}, it could be chance that {exposure} and {outcome} go together."
    what = _with(found.measure, outcome, found.value - nothing)
    if level == LEVELS[0]:
        return f"Whether {exposure} is associated with {what} is very uncertain."
    if not level:
        return f"{capital(among)}, {exposure} is associated with {what}."
    return f"{capital(exposure)} {_SAYING[level]} associated with {what}."


NOT_A_CAUSE = (
    "Nobody was allocated at random: the people compared may differ in other things too, and part or all of the "
    "association may come from those."
)


def answer(review: Review, findings: Mapping[str, Finding], found: Finding) -> Iterator[str]:
    """The strength of the association by both models, its robustness, and its limits."""
    outcome, exposure = review.about.outcome, review.about.treatment
    get = lambda quantity: findings.get(finding_id(POOLED, outcome, quantity))
    measure = Measure(found.measure, found.unit, None)
    words = capital(measure.words if measure.is_stated else f"difference in {outcome}")
    of = f" of {outcome}" if measure.is_stated else ""
    common, people = get("inverse_variance"), get("people")
    said = (
        f"{words}{of}, {exposure} against {compared_with(review)}: {_linked(found)} if true effects scatter "
        f"between studies (by {BY_RULE[review.settings.interval]})"
    )
    if common is not None:
        said += f", {_linked(common)} if all studies share one effect"
    counted = f"; {linked(f'{people.known:.0f}', people)} people" if people and people.value else ""
    yield f"{said} ({found.sampling.level:.0%} intervals{counted})."
    base, more = get("baseline_risk"), get("per_1000")
    if base is not None and more is not None:
        ends = Range(more.sampling.low / 1000, more.sampling.high / 1000)
        of_1000 = linked(f"{base.known:.0f}", base)
        yield (
            f"{happens_to(outcome, of_1000, 'people not exposed')} ({base.note}). Among "
            f"those exposed it is {linked(in_1000(more.known / 1000, ends), more)}."
        )
    what = measure.words if measure.is_stated else "difference"
    if robust := of_other_studies(what, "study", measure.digits, get):
        yield robust
    yield NOT_A_CAUSE
    published = get("published")
    if published is not None:
        yield f"A published pool ({published.note}) finds {_linked(published)}."


def of_one_study(review: Review, found: Finding, who: str) -> Iterator[str]:
    """The result of the one study. who: the study and its people."""
    measure = Measure(found.measure, found.unit, None)
    yield (
        f"In the one study ({who}) the {measure.words} of {review.about.outcome}, {review.about.treatment} against "
        f"{compared_with(review)}, is {_linked(found)}, from {found.note}."
    )
    yield NOT_A_CAUSE


def message(review: Review, found: Finding) -> str:
    """The association in one sentence, with its size."""
    nothing = Measure(found.measure, "", None).null
    words = f"{Measure(found.measure, '', None).words} {_linked(found)}"
    low, high = found.sampling.low, found.sampling.high
    exposure, outcome = review.about.treatment, review.about.outcome
    if low <= nothing <= high:
        return f"It could be chance that {exposure} and {outcome} go together: {words}."
    what = _with(found.measure, outcome, found.known - nothing)
    return f"{capital(exposure)} is associated with {what}: {words}. That does not show that it is the cause."


def _linked(found: Finding) -> str:
    """'1.24 (1.13 to 1.38)', marked for `Sentence`."""
    digits = Measure(found.measure, found.unit, None).digits
    ends = interval(found.sampling.low, found.sampling.high, digits)
    unit = f" {found.unit}" if found.unit else ""
    return linked(f"{number(found.known, digits)}{unit} ({ends})", found)
