"""Certainty of each body of evidence: a person's judgements, and beside each what can be computed.

The judgements are rows of certainty.csv, one a domain; how they add up and what arithmetic makes of
a domain is `grade`. A body of evidence is an outcome of the review's randomised trials, or of its
uncontrolled study held against placebo groups of other trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from evidence_review.effects import contrasts
from evidence_review.effects.contrasts import PooledContrast
from evidence_review.effects.doses import doses
from evidence_review.effects.of_review import main_change, pooled_contrast, summary_contrast
from evidence_review.effects.trials import SingleArmChange
from evidence_review.judgement import grade
from evidence_review.judgement.grade import RANDOMISED, Suggestion
from evidence_review.judgement.risk_of_bias import Assessment, assessments
from evidence_review.placebo import response as placebo
from evidence_review.placebo.bias import as_appraised
from evidence_review.placebo.trial_design import TrialPlan
from evidence_review.records import Records
from evidence_review.review.finding import Finding, certainty_id
from evidence_review.review.settings import Settings, bounds
from evidence_review.stats import recover

# Power of the trial whose size is the optimal information size.
_POWER = 0.8


class Range(NamedTuple):
    """A difference: the smallest and largest that the figures allow, and the interval around them."""

    low: float
    high: float
    ci_low: float
    ci_high: float

    def times(self, factor: float) -> Range:
        return Range(*(factor * float(x) for x in self))


@dataclass(frozen=True)
class Effect:
    """Treatment against placebo, benefit negative.

    sds: in standard deviations. points: in the unit of the review's scale, None for another
    outcome. how: where it comes from, and the SD by which one became the other. basis: 'derived', or
    'assumed' if an assumption is in it.
    """

    sds: Range
    points: Range | None
    level: float
    how: str
    basis: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Domain:
    """One domain: what a person judged, for what reason, in which row; what was computed."""

    name: str
    judged: str
    reason: str
    row: str
    computed: Suggestion

    @property
    def differs(self) -> bool:
        """Whether arithmetic says something, and something else."""
        return self.computed.judgement not in ("", self.judged)

    @property
    def levels(self) -> int:
        """Levels down (negative) or up."""
        if self.judged in grade.DOWN:
            return -grade.DOWN.index(self.judged)
        return grade.UP.index(self.judged)


@dataclass(frozen=True)
class Body:
    """A body of evidence on one outcome, and how certain it is.

    evidence: 'randomised' or 'uncontrolled'. studies: how many, and `study` their name. people: those
    compared; counted: whether the sources give their number. start: level before any judgement, and
    why. unit: of the review's scale, '' for another outcome. effect: None where none can be computed.
    on_placebo: mean change on placebo with the range for a new trial, None for another outcome.
    statement: the finding in a sentence.
    """

    outcome: str
    evidence: str
    study: str
    studies: int
    people: float
    counted: bool
    start: str
    start_because: str
    level: str
    domains: tuple[Domain, ...]
    unit: str
    effect: Effect | None
    on_placebo: Range | None
    statement: str


def bodies(records: Records, settings: Settings) -> list[Body]:
    """Every body of evidence that certainty.csv judges, in its order; empty without judgements.

    settings: resolved. Raises ValueError, with outcome and evidence, for a domain that is not
    judged, evidence rated both down and up, or a kind of study that the review does not have.
    """
    groups = records["certainty"].groupby(["outcome", "evidence"], sort=False)
    return [_body(records, settings, *key, rows) for key, rows in groups]


def unfinished(records: Records) -> list[str]:
    """Bodies of evidence whose judgements do not add up to a level, a line each, with the reason."""
    problems = []
    for (outcome, evidence), rows in records["certainty"].groupby(
        ["outcome", "evidence"], sort=False
    ):
        where = f"certainty.csv, {outcome}, {evidence}"
        if absent := _no_studies(records, evidence):
            problems.append(f"{where}: {absent}")
        try:
            grade.rate(grade.LEVELS[-1], dict(zip(rows.domain, rows.judgement, strict=True)))
        except ValueError as error:
            problems.append(f"{where}: {error}")
    return problems


def _no_studies(records: Records, evidence: str) -> str:
    """What is wrong if the review has no study of this kind; '' if it has."""
    if evidence == RANDOMISED:
        missing = records["contrasts"].empty and "contrasts.csv names no trial; add one there"
    else:
        missing = not records.review.single_arm_study and (
            "review.csv names no such study; fill 'single_arm_study' there"
        )
    return f"{missing}, or delete these rows" if missing else ""


def certainty_findings(found: Sequence[Body]) -> list[Finding]:
    """The level of each body as a number: 0 very low, 1 low, 2 moderate, 3 high."""
    return [
        Finding(
            id=certainty_id(body.outcome, body.evidence),
            label=f"Certainty of the {body.evidence} evidence on {body.outcome}",
            value=grade.LEVELS.index(body.level),
            unit="level",
            rows=tuple(domain.row for domain in body.domains),
            note=f"{body.level}, of {', '.join(grade.LEVELS)}; judged",
        )
        for body in found
    ]


def _body(
    records: Records, settings: Settings, outcome: str, evidence: str, rows: pd.DataFrame
) -> Body:
    review = records.review
    is_randomised = evidence == RANDOMISED
    where = f"certainty.csv, {outcome}, {evidence}"
    if absent := _no_studies(records, evidence):
        raise ValueError(f"{where}: {absent}")
    pooled, studies = None, [review.single_arm_study]
    if is_randomised:
        pooled = pooled_contrast(records, settings, outcome)
        studies = _studies(records, settings, outcome, pooled)
    results = [a for a in assessments(records) if a.study_id in studies and a.outcome == outcome]
    start, start_because = _start(is_randomised, results)
    try:
        level = grade.rate(start, dict(zip(rows.domain, rows.judgement, strict=True)))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    effect = (_randomised if is_randomised else _uncontrolled)(records, settings, outcome)
    people, counted = (
        contrasts.people(records, settings, studies)
        if is_randomised
        else _people_in_arm(records, settings)
    )
    on_own_scale = outcome == review.outcome
    unit = records.instrument(review.instrument_id).unit if on_own_scale else ""
    single_results = _effects_and_variances(effect, pooled)
    computed = {
        "risk of bias": grade.suggest_risk_of_bias(results),
        "indirectness": _indirectness(records, settings, outcome, studies, is_randomised),
        "imprecision": _imprecision(settings, effect, unit, people),
        "inconsistency": grade.suggest_inconsistency(
            *single_results, tau2=settings.tau2, ci=settings.interval, level=settings.level
        ),
        "publication bias": grade.suggest_publication_bias(*single_results),
    }
    nothing = Suggestion(
        "", "no arithmetic for this domain: a score has no risk ratio, the study no second dose"
    )
    return Body(
        outcome,
        evidence,
        records.study(studies[0]).label if len(studies) == 1 else f"{len(studies)} trials",
        len(studies),
        people,
        counted,
        start,
        start_because,
        level,
        tuple(
            Domain(
                row.domain, row.judgement, row.reason, row.row, computed.get(row.domain, nothing)
            )
            for row in rows.itertuples()
        ),
        unit,
        effect,
        _on_placebo(records, settings) if on_own_scale else None,
        _statement(level, review.treatment, outcome, effect, settings),
    )


def _start(is_randomised: bool, results: Sequence[Assessment]) -> tuple[str, str]:
    if is_randomised:
        return "high", "randomised evidence starts at high"
    if results and all(result.tool.startswith("ROBINS-I") for result in results):
        return (
            "high",
            "assessed by ROBINS-I, which says what the missing control costs: starts at high",
        )
    return "very low", "a change in one group, not assessed by ROBINS-I, starts at very low"


def _studies(
    records: Records, settings: Settings, outcome: str, pooled: PooledContrast | None
) -> list[str]:
    """The randomised trials behind an outcome: those pooled, the one that counts, else all compared."""
    if pooled is not None:
        return [item.study_id for item in pooled.contrasts]
    one = summary_contrast(records, settings, outcome)
    return [one.study_id] if one is not None else list(records["contrasts"].study_id)


def _people_in_arm(records: Records, settings: Settings) -> tuple[float, bool]:
    found = records.people(records.review.single_arm_study, records.review.single_arm)
    return (found.value if found.found else settings.arm_size), found.found


def _randomised(records: Records, settings: Settings, outcome: str) -> Effect | None:
    contrast = summary_contrast(records, settings, outcome)
    if contrast is None:
        return None
    sds = Range(contrast.d_low, contrast.d_high, contrast.ci_low, contrast.ci_high).times(1)
    points, how, basis = None, contrast.how, contrast.basis
    if outcome == records.review.outcome and contrast.md is not None:
        points = Range(contrast.md, contrast.md, contrast.md_low, contrast.md_high)
    elif outcome == records.review.outcome:
        spreads = bounds("change_sd", records)
        ends = [x * sd for x in (sds.ci_low, sds.ci_high) for sd in spreads]
        wide = grade.interval(min(ends), max(ends))
        points, basis = sds.times(settings.change_sd), "assumed"
        how += (
            f"; {_exchanged(settings)}; with {spreads[0]:g} to {spreads[1]:g}, and chance, the "
            f"difference is {wide}, benefit negative; in points as if it had been measured on the {records.review.instrument_id}"
        )
    return Effect(sds, points, contrast.level, how, basis, contrast.rows)


def _uncontrolled(records: Records, settings: Settings, outcome: str) -> Effect | None:
    change = main_change(records, settings)
    if outcome != records.review.outcome or not isinstance(change, SingleArmChange):
        return None
    change, taken_off = as_appraised(change, records, settings)
    benchmark = placebo.benchmark(records, settings)
    found = placebo.against_placebo(change, benchmark, level=settings.level)
    points = Range(found.beyond, found.beyond, found.low, found.high)
    return Effect(
        points.times(1 / settings.change_sd),
        points,
        found.level,
        "; ".join(
            (
                f"change in one group less that of placebo arms ({benchmark.label})",
                *taken_off,
                _exchanged(settings),
            )
        ),
        "assumed",
        (*change.rows, *benchmark.rows),
    )


def _exchanged(settings: Settings) -> str:
    return f"points and SDs at an assumed SD of one person's change of {settings.change_sd:g}"


def _on_placebo(records: Records, settings: Settings) -> Range:
    benchmark = placebo.benchmark(records, settings)
    low, high = benchmark.predictive().interval(settings.level)
    return Range(benchmark.mean, benchmark.mean, float(low), float(high))


def _imprecision(settings: Settings, effect: Effect | None, unit: str, people: float) -> Suggestion:
    if effect is None or effect.points is None:
        return Suggestion("", "no important difference, or no effect, for this outcome")
    important = settings.important_difference
    needed = 2 * TrialPlan(settings.change_sd).analysed_for(-important, _POWER)
    found = grade.suggest_imprecision(
        effect.points.ci_low,
        effect.points.ci_high,
        important=important,
        people=people,
        needed=needed,
        unit=unit,
    )
    return Suggestion(found.judgement, found.because, effect.rows)


def _indirectness(
    records: Records, settings: Settings, outcome: str, studies: list[str], is_randomised: bool
) -> Suggestion:
    """Serious for a comparison across trials; else what of the question the records leave open."""
    if not is_randomised:
        benchmark = placebo.benchmark(records, settings)
        return Suggestion(
            "serious",
            f"no control group: an indirect comparison, with {benchmark.label}",
            benchmark.rows,
        )
    rows = records["studies"][records["studies"].study_id.isin(studies)]
    measured = records["statistics"]
    measured = measured[measured.study_id.isin(studies) & (measured.outcome == outcome)]
    scales = [name for name in dict.fromkeys(measured.instrument_id) if name]
    table, treated = doses(records), set(records["contrasts"].treated_arm)
    mine = table[table.study.isin(rows.label) & table.arm.isin(treated)].dropna(subset="mg")
    dose = (
        f"; dose {mine.mg.min():.0f} to {mine.mg.max():.0f} mg {mine.element.iloc[0]}, as it is read"
        if len(mine)
        else ""
    )
    return Suggestion(
        "",
        f"compared with placebo in the same trial; scale: {', '.join(scales) or 'not named'}; "
        f"people: {', '.join(dict.fromkeys(rows.population_group))}{dose}. Whether that is close enough is for a person",
        (*rows.row, *mine.row),
    )


def _effects_and_variances(
    effect: Effect | None, pooled: PooledContrast | None
) -> tuple[list[float], list[float]]:
    """The studies' results: those pooled, in their unit; else the one there is, in SDs, or none."""
    if pooled is not None:
        return contrasts.in_unit(pooled.contrasts, pooled.unit != "SD")
    if effect is None:
        return [], []
    sds = effect.sds
    se = recover.se_from_ci(sds.ci_low, sds.ci_high, level=effect.level).value
    return [(sds.low + sds.high) / 2], [float(se) ** 2]


def _statement(
    level: str, treatment: str, outcome: str, effect: Effect | None, settings: Settings
) -> str:
    """By points; for another outcome by SDs, as if as many of them mattered as on the review's scale."""
    if effect is None:
        return f"No difference from placebo in {outcome} could be computed."
    important, difference = settings.important_difference, effect.points
    if difference is None:
        important, difference = important / settings.change_sd, effect.sds
    return grade.statement(level, treatment, outcome, (difference.low, difference.high), important)
