"""Certainty of the evidence in sentences."""

from __future__ import annotations

from evidence_review.estimates.contrast import Contrast, compared_with
from evidence_review.estimates.effect import Effect
from evidence_review.judgement.certainty import Body, BodyEffect
from evidence_review.judgement.grade import LEVELS
from evidence_review.numbers import capital, interval
from evidence_review.review.review import Review
from evidence_review.review.settings import OBSERVATIONAL
from evidence_review.words import effects, outcomes, placebo
from evidence_review.words.association import associated
from evidence_review.words.effects import does_to

# Words for each level of certainty; GRADE guidelines 26 (Santesso et al. 2020).
_SAYING = {
    "high": "{treatment} {does}",
    "moderate": "{treatment} probably {does}",
    "low": "{treatment} may {do}",
}


NOT_JUDGED = (
    "Nobody has judged the certainty of this review's evidence yet: certainty.csv is empty."
)


def heading(body: Body) -> str:
    """The heading of a body of evidence, in Markdown."""
    return f"### {capital(body.outcome)}, {body.evidence} evidence ({body.study})"


def statement(review: Review, body: Body) -> str:
    """The result of a body of evidence, worded by its certainty; without a judgement, the bare result."""
    treatment, outcome = review.about.treatment, body.outcome
    if not body.level:
        return outcomes.statement(review, body)
    if body.difference is None:
        return f"No difference from {compared_with(review)} in {outcome} could be computed."
    if body.evidence == OBSERVATIONAL:
        return associated(treatment, outcome, body.difference, body.level)
    return as_sure(
        body.level,
        treatment,
        outcome,
        body.difference,
        body.important,
        comparator=compared_with(review),
        is_harm=(further := review.records.outcome(outcome)) is not None and further.kind == "harm",
    )


def as_sure(
    level: str,
    treatment: str,
    outcome: str,
    effect: Effect,
    important: float | None,
    *,
    comparator: str = "placebo",
    is_harm: bool = False,
) -> str:
    """A sentence that words the certainty and the size of an effect.

    Parameters
    ----------
    level : str
        One of `grade.LEVELS`.
    effect : Effect
        The sentence words the end of its range that is nearer to no effect.
    important : float
        The smallest benefit that matters, above 0, in the effect's unit (for a ratio, as a logarithm).
        None if not known: 'little' is then an effect that prints as no difference, such as a ratio of 1.00.
    is_harm : bool
        Whether the outcome is a harm.
    """
    if level == LEVELS[0]:
        return f"The evidence is very uncertain: what {treatment} does to {outcome} is not known."
    low, high = effect.range.low, effect.range.high
    nearest = 0.0 if low <= 0 <= high else min(low, high, key=abs)
    nobody_said = effect.measure.is_stated and important is None
    if abs(nearest) < (important or 0.0) or (
        nobody_said and effect.measure.prints_as_none(nearest)
    ):
        does, do = (f"{verb} little or no difference to" for verb in ("makes", "make"))
    elif not nearest:
        does, do = (f"{verb} no difference that could be shown to" for verb in ("makes", "make"))
    elif effect.measure.is_stated:
        does, do = does_to(effect.measure, outcome, nearest)
        if is_harm and effect.measure.is_of_risk:
            more = f"{'fewer' if nearest < 0 else 'more'} {outcomes.people_with(outcome)}"
            does, do = f"leads to {more}", f"lead to {more}"
        saying = _SAYING[level].format(treatment=treatment, does=does, do=do)
        return f"{capital(saying)}, compared with {comparator}."
    elif effect.measure.better is None:
        does, do = (f"{verb} a difference to" for verb in ("makes", "make"))
    elif effect.measure.benefit(nearest) > 0:
        does, do = "improves", "improve"
    else:
        does, do = "worsens", "worsen"
    saying = _SAYING[level].format(treatment=treatment, does=does, do=do)
    return f"{capital(saying)} {outcome}, compared with {comparator}."


def how(review: Review, effect: BodyEffect) -> str:
    """The origin of the difference of a body of evidence, and its assumptions."""
    unit = effect.in_unit.measure.unit if effect.in_unit else ""
    exchanged = f"{unit} converted to SDs, or back, with an assumed SD of one person's change of {effect.per_sd or 0:g}"
    if isinstance(effect.source, Contrast):
        words = effects.how(effect.source)
        if effect.span is None:
            return words
        low, high = review.bounds("change_sd")
        return (
            f"{words}; {exchanged}; with an SD of {low:g} to {high:g}, and sampling error, the "
            f"difference is {interval(effect.span.low, effect.span.high)} {unit}, as if it had been measured on the "
            f"{review.about.instrument_id}"
        )
    assert effect.benchmark is not None
    return "; ".join(
        (
            f"change in one group minus that of placebo arms ({placebo.name(effect.benchmark)})",
            *placebo.taken_off(effect.source),
            exchanged,
        )
    )
