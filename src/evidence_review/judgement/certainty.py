"""Certainty of each body of evidence: a person's judgements, each with a computed suggestion.

The judgements are rows of certainty.csv, one for each domain; `grade` has the rules that add them up
and compute suggestions. A body of evidence is an outcome of the review's randomised trials, of its
observational studies, or of its uncontrolled study compared with placebo groups of other trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isnan, nan

import numpy as np
from scipy import special

from evidence_review.estimates import contrast as contrasts
from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.counts import Absolute, baseline_risk, important_benefit
from evidence_review.estimates.doses import doses
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import SD, Measure, scale
from evidence_review.estimates.pool import PooledContrast, pooled_contrast, summary_contrast
from evidence_review.judgement import grade
from evidence_review.judgement.grade import UNCONTROLLED, Suggestion
from evidence_review.judgement.risk_of_bias import Assessment, assessments
from evidence_review.placebo.against import against_chosen
from evidence_review.placebo.bias import Appraised, appraised_change
from evidence_review.placebo.response import Benchmark, benchmark, has_placebo_arms, pool
from evidence_review.placebo.trial_design import TrialPlan
from evidence_review.records import Records, RowId
from evidence_review.review.finding import Interval, Range
from evidence_review.review.review import Review, on_outcome, on_own_outcome, once
from evidence_review.review.settings import OBSERVATIONAL, RANDOMISED
from evidence_review.stats.power import events_trial_size

# Rules for the level at which evidence starts.
RANDOMISED_START = "randomised"
ROBINS_START = "assessed by ROBINS-I"
OBSERVATIONAL_START = "observational"
ONE_GROUP_START = "a change in one group"

# Power of the trial whose size is the optimal information size.
_POWER = 0.8


@dataclass(frozen=True)
class BodyEffect:
    """The effect of treatment against placebo in one body of evidence.

    Parameters
    ----------
    standardised : Effect or None
        In standard deviations; for events, on the measure of the review. None where the trials give only
        the unit of their scale, or SDs of scores and of changes that are not pooled together.
    in_unit : Effect or None
        In the unit of the scale; None for events, and where the trials share none.
    source : Contrast or Appraised
        The comparison it was computed from; a change in one group is compared with `benchmark`.
    benchmark : Benchmark or None
        The placebo groups of other trials; None for a comparison within trials.
    per_sd : float or None
        The assumed SD of one person's change that converts `standardised` to `in_unit` or back.
    span : Range or None
        Range of `in_unit` and its interval over all allowed values of this SD.
    basis : str
        'derived', or 'assumed' if it rests on an assumption.
    absolute : Absolute or None
        For events: how many more or fewer people have one.
    """

    standardised: Effect | None
    in_unit: Effect | None
    source: Contrast | Appraised
    benchmark: Benchmark | None
    per_sd: float | None
    span: Range | None
    basis: str
    rows: tuple[RowId, ...]
    absolute: Absolute | None = None

    @property
    def main(self) -> Effect:
        """In the unit of the scale, else in SDs; for events, on the measure of the review."""
        found = self.in_unit or self.standardised
        assert found is not None
        return found


@dataclass(frozen=True)
class Domain:
    """One domain: a person's judgement with its reason and row, and the computed suggestion."""

    name: str
    judged: str
    reason: str
    row: RowId
    computed: Suggestion

    @property
    def differs(self) -> bool:
        """Whether there is a computed suggestion that differs from the judgement."""
        return self.computed.judgement not in ("", self.judged)

    @property
    def levels(self) -> int:
        """By how many levels the judgement rates certainty down (negative) or up."""
        if self.judged in grade.DOWN:
            return -grade.DOWN.index(self.judged)
        return grade.UP.index(self.judged)


@dataclass(frozen=True)
class Body:
    """A body of evidence on one outcome, and how certain it is.

    Parameters
    ----------
    evidence : str
        'randomised', 'observational' or 'uncontrolled'.
    studies, study : int, str
        The number of studies, and the name of the study or studies.
    people, counted : float, bool
        The number of people compared, and whether the sources print it.
    start, start_rule : str
        The level before any judgement, and the rule for it (`RANDOMISED_START` and others).
    level : str
        The level after all judgements; '' if nobody judged.
    effect : BodyEffect or None
        None if it cannot be computed.
    important : float or None
        The smallest benefit that matters, in the unit of the effect. For another outcome than the
        review's own, the same number of SDs as on the review's scale. None if no such size is known.
    on_placebo : Effect or None
        Mean change on placebo: for randomised evidence in its own trials, with its interval; for an
        uncontrolled study in the reference class, with the prediction interval of a new trial. None if
        it is not known, or for another outcome.
    own_placebo : int
        The number of the body's own trials that print this change; 0 for the reference class.
    """

    outcome: str
    evidence: str
    study: str
    studies: int
    people: float
    counted: bool
    start: str
    start_rule: str
    level: str
    domains: tuple[Domain, ...]
    effect: BodyEffect | None
    important: float | None
    on_placebo: Effect | None
    own_placebo: int

    @property
    def difference(self) -> Effect | None:
        """The effect in the unit of the review's scale, else in SDs."""
        return self.effect and self.effect.main


@once
def bodies(review: Review) -> tuple[Body, ...]:
    """Every body of evidence that certainty.csv judges, in its order; empty without judgements.

    Raises
    ------
    ValueError
        For a domain that is not judged, evidence rated both down and up, or a kind of study that the
        review does not have; the message names outcome and evidence.
    """
    judged: dict[tuple[str, str], list] = {}
    for row in review.records.rows("certainty"):
        judged.setdefault((row.outcome, row.evidence), []).append(row)
    return tuple(
        _body(on_outcome(review, outcome), outcome, evidence, rows)
        for (outcome, evidence), rows in judged.items()
    )


def every_body(review: Review) -> tuple[Body, ...]:
    """Every body of evidence, judged or not: first of the review's own outcome, then as in outcomes.csv.

    Judged bodies of other outcomes come last. A body that nobody judged has no level and no domains.
    """
    judged: dict[str, list[Body]] = {}
    for body in bodies(review):
        judged.setdefault(body.outcome, []).append(body)
    found: list[Body] = []
    records, own = review.records, review.records.review
    kind = contrasts.evidence_pooled(review)
    for outcome in (own.outcome, *(row.outcome for row in records.further_outcomes)):
        here = judged.pop(outcome, [])
        kinds = [body.evidence for body in here]
        if contrasts.compared_trials(review) and kind not in kinds:
            here = [_body(on_outcome(review, outcome), outcome, kind, []), *here]
        is_asked = outcome == own.outcome or not here
        if own.single_arm_study and UNCONTROLLED not in kinds and is_asked:
            here = [*here, _body(on_outcome(review, outcome), outcome, UNCONTROLLED, [])]
        found += here
    return (*found, *(body for rest in judged.values() for body in rest))


def unfinished(records: Records) -> list[str]:
    """A line for each body of evidence whose judgements give no level, with the reason."""
    problems = []
    bodies: dict[tuple[str, str], dict[str, str]] = {}
    for row in records.rows("certainty"):
        bodies.setdefault((row.outcome, row.evidence), {})[row.domain] = row.judgement
    for (outcome, evidence), judged in bodies.items():
        where = f"{outcome}, {evidence}"
        if absent := _no_studies(records, evidence):
            problems.append(f"{where}: {absent}")
        try:
            grade.rate(grade.LEVELS[-1], judged)
        except ValueError as error:
            problems.append(f"{where}: {error}")
    return problems


def _no_studies(records: Records, evidence: str) -> str:
    """What is wrong if the review has no study of this kind; '' if it has."""
    if evidence in _AT_RANDOM:
        compared = [records.study(row.study_id).randomised for row in records.rows("contrasts")]
        missing = _AT_RANDOM[evidence] not in compared and (
            f"contrasts.csv names no {evidence} study; add one there"
        )
    else:
        missing = not records.review.single_arm_study and (
            "review.csv names no such study; fill 'single_arm_study' there"
        )
    return f"{missing}, or delete these rows" if missing else ""


# Kinds of studies that compare groups, with their value in the column `randomised` of studies.csv.
_AT_RANDOM = {RANDOMISED: "yes", OBSERVATIONAL: "no"}


def _body(review: Review, outcome: str, evidence: str, rows: Sequence) -> Body:
    compares = evidence in _AT_RANDOM
    where = f"certainty.csv, {outcome}, {evidence}"
    if absent := _no_studies(review.records, evidence):
        raise ValueError(f"{where}: {absent}")
    if compares and review.settings.evidence != evidence:
        review = review.under(evidence=evidence)
    about, settings = review.about, review.settings
    pooled, studies = None, [about.single_arm_study]
    if compares:
        pooled = pooled_contrast(review, outcome)
        studies = _studies(review, outcome, pooled)
    results = [a for a in assessments(review) if a.study_id in studies and a.outcome == outcome]
    start, start_rule = _start(evidence, results, len(studies))
    try:
        level = grade.rate(start, {row.domain: row.judgement for row in rows}) if rows else ""
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    effect = (_compared if compares else _uncontrolled)(review, outcome)
    people, counted = (
        contrasts.people(review, studies, outcome) if compares else _people_in_arm(review, outcome)
    )
    on_own_scale = outcome == about.outcome
    results_of_studies = _effects_and_variances(effect, pooled)
    computed = {
        "risk of bias": grade.suggest_risk_of_bias(
            results, len(set(studies) - {one.study_id for one in results})
        ),
        "indirectness": _indirectness(review, outcome, studies, compares),
        "imprecision": _imprecision(review, outcome, effect, people),
        "inconsistency": grade.suggest_inconsistency(
            *results_of_studies,
            tau2=settings.tau2,
            new_study=None if pooled is None else pooled.measure.as_printed(pooled.new_trial),
        ),
        "publication bias": grade.suggest_publication_bias(*results_of_studies),
    }
    nothing = Suggestion("", grade.NO_ARITHMETIC)
    comparator, own = None, 0
    if on_own_scale:
        comparator, own = _in_own_trials(review) if compares else (_on_placebo(review), 0)
    in_unit = effect is None or effect.in_unit is not None
    return Body(
        outcome,
        evidence,
        review.records.study(studies[0]).label
        if len(studies) == 1
        else f"{len(studies)} {'trials' if evidence == RANDOMISED else 'studies'}",
        len(studies),
        people,
        counted,
        start,
        start_rule,
        level,
        tuple(
            Domain(
                row.domain, row.judgement, row.reason, row.row, computed.get(row.domain, nothing)
            )
            for row in rows
        ),
        effect,
        _important(review, outcome, effect, in_unit),
        comparator,
        own,
    )


def _important(
    review: Review, outcome: str, effect: BodyEffect | None, in_unit: bool
) -> float | None:
    """The smallest benefit that matters, on the scale of `Body.difference`.

    For another outcome of means without a stated size, the same number of SDs as on the review's scale.
    """
    settings = review.settings
    if effect is not None and effect.main.measure.is_stated:
        found = contrasts.contrasts_on(review, outcome)
        return important_benefit(review, effect.main.measure, found)
    if in_unit:
        return settings.important_difference
    if settings.change_sd is None:
        settings = on_own_outcome(review).settings
    if settings.important_difference is None or settings.change_sd is None:
        return None
    return settings.important_difference / settings.change_sd


def _start(evidence: str, results: Sequence[Assessment], studies: int) -> tuple[str, str]:
    """The level at which evidence starts, and the rule; ROBINS_START needs every study assessed."""
    if evidence == RANDOMISED:
        return "high", RANDOMISED_START
    by_robins = {one.study_id for one in results if one.tool.startswith("ROBINS-I")}
    if studies == len(by_robins) == len(results):
        return "high", ROBINS_START
    if evidence == OBSERVATIONAL:
        return "low", OBSERVATIONAL_START
    return "very low", ONE_GROUP_START


def _studies(review: Review, outcome: str, pooled: PooledContrast | None) -> list[str]:
    """The studies behind an outcome: those pooled, else the one summarised, else all compared."""
    if pooled is not None:
        return [item.study_id for item in pooled.contrasts]
    one = summary_contrast(review, outcome)
    if one is not None:
        return [one.study_id]
    return [trial.study_id for trial in contrasts.compared_trials(review)]


def _people_in_arm(review: Review, outcome: str) -> tuple[float, bool]:
    """People of the uncontrolled study on an outcome, and whether their number is printed."""
    found = review.records.people(review.about.single_arm_study, review.about.single_arm, outcome)
    return (found.value if found.found else review.settings.arm_size or nan), found.found


def _compared(review: Review, outcome: str) -> BodyEffect | None:
    contrast = summary_contrast(review, outcome)
    if contrast is None:
        return None
    if contrast.best.measure.is_stated:
        return _on_stated_measure(review, contrast)
    settings, standardised = review.settings, contrast.on("SMD")
    in_unit, basis, per_sd, span = None, contrast.basis, None, None
    if outcome == review.about.outcome:
        in_unit = contrast.on("MD")
        if in_unit is None and standardised is not None and settings.change_sd is not None:
            per_sd, basis = settings.change_sd, "assumed"
            own = scale(review.records, review.about.instrument_id, "MD")
            standardised = standardised.towards(own.better)
            in_unit = _scaled(standardised, per_sd, own)
            interval = standardised.interval
            ends = [
                x * sd for x in (interval.low, interval.high) for sd in review.bounds("change_sd")
            ]
            span = Range(min(ends), max(ends))
    if standardised is None and in_unit is None:
        return None
    return BodyEffect(standardised, in_unit, contrast, None, per_sd, span, basis, contrast.rows)


def _on_stated_measure(review: Review, contrast: Contrast) -> BodyEffect:
    effect, absolute, base = contrast.best, None, None
    if effect.measure.is_of_risk:
        with suppress(ValueError):  # no control group prints counts that give a risk
            base = baseline_risk(review, contrasts.contrasts_on(review, contrast.outcome))
    if base is not None and effect.value is not None:
        ends = effect.value, effect.interval.low, effect.interval.high
        absolute = Absolute.of(base, effect.measure, ends, effect.interval.level)
    return BodyEffect(
        effect, None, contrast, None, None, None, contrast.basis, contrast.rows, absolute
    )


def _uncontrolled(review: Review, outcome: str) -> BodyEffect | None:
    appraised, found = appraised_change(review), against_chosen(review)
    if outcome != review.about.outcome or appraised is None or found is None:
        return None
    chosen, per_sd = benchmark(review), review.settings.change_sd
    interval = Interval(found.low, found.high, found.level)
    measure = appraised.change.measure
    in_unit = Effect(measure, found.beyond, np.nan, interval)
    return BodyEffect(
        _scaled(in_unit, 1 / per_sd, Measure("SMC", SD, measure.better)),
        in_unit,
        appraised,
        chosen,
        per_sd,
        None,
        "assumed",
        (*appraised.change.rows, *chosen.rows),
    )


def _scaled(effect: Effect, factor: float, measure: Measure) -> Effect:
    """An effect times a factor, on another measure of the same direction."""
    times = lambda found: type(found)(
        **vars(found) | {"low": factor * found.low, "high": factor * found.high}
    )
    return Effect(
        measure,
        None if effect.value is None else factor * effect.value,
        factor**2 * effect.variance,
        times(effect.interval),
        None if effect.bounds is None else times(effect.bounds),
    )


def _on_placebo(review: Review) -> Effect | None:
    if not has_placebo_arms(review):
        return None
    chosen = benchmark(review)
    level = review.settings.level
    half = chosen.quantile((1 + level) / 2) * chosen.predictive_scale()
    interval = Interval(chosen.mean - half, chosen.mean + half, level)
    return Effect(chosen.measure, chosen.mean, np.nan, interval)


def _in_own_trials(review: Review) -> tuple[Effect | None, int]:
    """Mean change on placebo in the randomised trials that print it, and their number; None below two."""
    controls = [control for _, control in contrasts.changes_by_arm(review).usable]
    if len(controls) < 2:
        return None, 0
    fit = pool(controls, review.settings)
    interval = Interval(float(fit.ci_low), float(fit.ci_high), fit.level)
    effect = Effect(controls[0].measure, float(fit.estimate), float(fit.se) ** 2, interval)
    return effect, len(controls)


def _imprecision(
    review: Review, outcome: str, effect: BodyEffect | None, people: float
) -> Suggestion:
    important = _important(review, outcome, effect, in_unit=False)
    if isnan(people) and effect is not None and important is not None:
        return Suggestion("", grade.NO_PEOPLE, effect.rows)
    if effect is not None and effect.absolute is not None and important is not None:
        risk, size = effect.absolute.base.risk, review.settings.important_difference / 1000
        better = 1 if effect.main.measure.better == "higher" else -1
        found = grade.suggest_imprecision(
            effect.main,
            important=important,
            people=people,
            needed=2 * events_trial_size(risk, risk + better * size, _POWER),
        )
        return replace(found, rows=effect.rows)
    if effect is None or effect.in_unit is None or effect.in_unit.measure.better is None:
        return Suggestion("", grade.NO_IMPORTANT_DIFFERENCE)
    important, sd = review.settings.important_difference, review.settings.change_sd
    if important is None:
        return Suggestion("", grade.NO_IMPORTANT_DIFFERENCE)
    if sd is None:
        return Suggestion("", grade.NO_SD, effect.rows)
    needed = 2 * TrialPlan(sd).analysed_for(important, _POWER)
    found = grade.suggest_imprecision(
        effect.in_unit, important=important, people=people, needed=needed
    )
    return replace(found, rows=effect.rows)


def _indirectness(review: Review, outcome: str, studies: list[str], compares: bool) -> Suggestion:
    """Serious for a comparison across trials; else no judgement, but scales, people and doses to judge by."""
    if not compares:
        rows = benchmark(review).rows if has_placebo_arms(review) else ()
        return Suggestion("serious", grade.IndirectComparison(), rows)
    records = review.records
    rows = [row for row in records.rows("studies") if row.study_id in studies]
    measured = [
        row.instrument_id
        for row in records.rows("statistics")
        if row.study_id in studies and row.outcome == outcome
    ]
    scales = [name for name in dict.fromkeys(measured) if name]
    labels = {row.label for row in rows}
    treated = {row.treated_arm for row in records.rows("contrasts")}
    mine = [
        dose
        for dose in doses(review)
        if dose.study in labels and dose.arm in treated and dose.mg == dose.mg
    ]
    found = grade.DirectComparison(
        tuple(scales),
        tuple(dict.fromkeys(row.population_group for row in rows)),
        mine[0].element if mine else "",
        min((dose.mg for dose in mine), default=nan),
        max((dose.mg for dose in mine), default=nan),
    )
    return Suggestion("", found, tuple(one.row for one in (*rows, *mine)))


def _effects_and_variances(
    effect: BodyEffect | None, pooled: PooledContrast | None
) -> tuple[np.ndarray, np.ndarray]:
    """The studies' results: the pooled ones in their unit, else the single one, or none."""
    if pooled is not None:
        return pooled.values
    if effect is None:
        return np.empty(0), np.empty(0)
    found = effect.standardised or effect.main
    half = (found.interval.high - found.interval.low) / 2
    se = half / float(special.ndtri((1 + found.interval.level) / 2))
    return np.array([(found.range.low + found.range.high) / 2]), np.array([se**2])
