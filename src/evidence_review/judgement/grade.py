"""GRADE: how judgements add up to a level of certainty, and suggestions computed for each domain.

Levels and domains: GRADE guidelines 18 (Schünemann et al. 2019), Table 1. Randomised evidence starts
at high. Non-randomised evidence starts at high too if ROBINS-I assesses the bias from the lack of
randomisation (the same guidelines), otherwise at low (Core GRADE 4, Guyatt et al. 2025); a case
series without a comparison starts at very low (Cochrane Handbook 5, Table 12.2.a). Only
non-randomised evidence that nothing rates down can be rated up.

A suggestion is arithmetic; a judgement is a person's, and GRADE asks for a judgement. Where guidance
gives no number, the number here is ours and the docstring says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evidence_review.estimates.effect import Effect
from evidence_review.judgement.bias_tools import HIGH, TOOLS
from evidence_review.judgement.risk_of_bias import Assessment
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Range
from evidence_review.stats.small_study import egger_test
from evidence_review.stats.synthesis import random_effects

LEVELS = ("very low", "low", "moderate", "high")
LEVEL = "level"  # unit of a finding whose value is a place in LEVELS, counted from 0
UNCONTROLLED = "uncontrolled"  # a kind of evidence, in addition to those of `settings`
LOWERING = ("risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias")

# Judgements; the place of each is the number of levels by which it moves certainty.
DOWN = ("not serious", "serious", "very serious", "extremely serious")
UP = ("none", "one level", "two levels")

# Guidance 34 rates down twice if people are 'far less' than the optimal information size; half is ours.
_FAR_LESS = 0.5
# Egger et al. 1997 call a funnel plot asymmetric below this p.
_ASYMMETRIC = 0.1


# Why there is no computed suggestion for a domain.
NOT_ASSESSED = "not assessed by a tool"
NO_EFFECT = "no effect"
NO_IMPORTANT_DIFFERENCE = "no important difference"
NO_SD = "SD of people not known"
NO_PEOPLE = "number of people not known"
NO_ARITHMETIC = "no arithmetic"

# Thresholds that an interval may include.
BENEFIT, NOTHING, HARM = "important benefit", "no difference", "important harm"


@dataclass(frozen=True)
class BiasFound:
    """The assessments of one or more results by a tool. unassessed: how many studies have none."""

    results: tuple[Assessment, ...]
    unassessed: int = 0


@dataclass(frozen=True)
class InconsistencyFound:
    """How much k studies differ.

    i2: in per cent. opposed: whether effects lie on both sides of no difference. new_study: prediction
    interval of a new study's effect. A single study has no I2 (nan) and no new study (None).
    """

    k: int
    i2: float
    opposed: bool
    new_study: Range | None


@dataclass(frozen=True)
class ImprecisionFound:
    """An interval as printed, the thresholds inside it, and the numbers of people studied and needed."""

    low: float
    high: float
    unit: str
    inside: tuple[str, ...]
    important: float
    people: float
    needed: float


@dataclass(frozen=True)
class AsymmetryFound:
    """Egger's test over k studies: its p, or why it is refused."""

    k: int
    p: float
    refused: str


@dataclass(frozen=True)
class IndirectComparison:
    """A change in one group, compared with placebo arms of other trials."""


@dataclass(frozen=True)
class DirectComparison:
    """A comparison within trials: names of scales, groups of people, and doses of an element in mg."""

    scales: tuple[str, ...]
    people: tuple[str, ...]
    element: str
    least_mg: float
    most_mg: float


Found = (
    BiasFound
    | InconsistencyFound
    | ImprecisionFound
    | AsymmetryFound
    | IndirectComparison
    | DirectComparison
)


@dataclass(frozen=True)
class Suggestion:
    """The judgement on a domain that arithmetic suggests.

    Parameters
    ----------
    judgement : str
        '' if arithmetic cannot decide.
    found : Found or str
        What it rests on, or why there is none: one of the constants above.
    rows : tuple of RowId
        The rows behind it.
    """

    judgement: str
    found: Found | str
    rows: tuple[RowId, ...] = ()


def rate(start: str, judgements: Mapping[str, str]) -> str:
    """The level of certainty of a body of evidence after all judgements, never outside LEVELS.

    start: one of LEVELS. judgements: by domain, one of DOWN for each of LOWERING, one of UP for
    the others. Raises ValueError for a domain without a judgement and for evidence rated both down
    and up.
    """
    missing = [domain for domain in LOWERING if domain not in judgements]
    if missing:
        raise ValueError(f"no judgement on {', '.join(missing)}; add a row for each")
    down = sum(DOWN.index(judgements[domain]) for domain in LOWERING)
    up = sum(UP.index(word) for domain, word in judgements.items() if domain not in LOWERING)
    if down and up:
        raise ValueError(
            "rated down and up: only evidence that nothing rates down can be rated up; "
            "change the judgements that rate it up to 'none'"
        )
    return LEVELS[min(max(LEVELS.index(start) - down + up, 0), len(LEVELS) - 1)]


def suggest_risk_of_bias(results: Sequence[Assessment], unassessed: int = 0) -> Suggestion:
    """The judgement that at least half of the results reach or exceed, by their overall risk of bias.

    unassessed: studies that nobody assessed; there is no suggestion where what they are would change it.

    RoB 2: high in one domain is serious, in several very serious; some concerns are serious
    (Cochrane Handbook 5, Table 12.2.d, which asks for crucial limitations and whether they are several).
    ROBINS-I: its four judgements are GRADE's four, from a study like a randomised trial (low) to
    one of no use as evidence (critical), on the scale that guidelines 18 use for all designs.
    """
    if not results:
        return Suggestion("", NOT_ASSESSED)
    levels = [_levels_of_bias(result) for result in results]
    half = (len(levels) + unassessed - 1) // 2
    best, worst = (
        sorted([*levels, *[other] * unassessed], reverse=True)[half] for other in (0, len(DOWN) - 1)
    )
    return Suggestion(
        DOWN[best] if best == worst else "",
        BiasFound(tuple(results), unassessed),
        tuple(row for result in results for row in result.overall.rows),
    )


def _levels_of_bias(result: Assessment) -> int:
    level = TOOLS[result.tool].levels.index(result.overall.final)
    if result.overall.final == HIGH:
        return 1 + (domains_at_overall(result) > 1)
    return level


def domains_at_overall(result: Assessment) -> int:
    """How many domains have the overall level of the result."""
    return sum(domain.final == result.overall.final for domain in result.domains)


def suggest_inconsistency(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    tau2: str = "REML",
    new_study: Range | None = None,
) -> Suggestion:
    """The suggestion from I2 and from the signs of two or more studies' effects.

    Down one level for an I2 of 75% or more, and one for an I2 of 40% or more with effects on
    both sides of no difference (the table of Cochrane review CD009172). tau2: the estimator, as in
    `random_effects`. new_study: prediction interval of a new study's effect, passed on as it is.
    """
    y = np.asarray(effects, float)
    if len(y) < 2:
        return Suggestion("", InconsistencyFound(len(y), np.nan, False, None))
    fit = random_effects(y, variances, tau2=tau2)
    opposed = bool(y.min() < 0 < y.max())
    return Suggestion(
        DOWN[(fit.i2 >= 75) + (fit.i2 >= 40 and opposed)],
        InconsistencyFound(fit.k, fit.i2, opposed, new_study),
    )


def suggest_imprecision(
    effect: Effect, *, important: float, people: float, needed: float
) -> Suggestion:
    """The suggestion from the interval of a difference and the numbers of people studied and needed.

    Down one level for each of an important benefit, no difference and an important harm strictly
    inside the interval (thresholds of guidance 34 and 35; one level for each is ours); or one for
    fewer people than a trial of the important difference needs (the optimal information size of
    guidelines 6), two for far fewer; whichever is more. important: above 0, in the effect's unit.
    """
    low, high = effect.interval.low, effect.interval.high
    thresholds = {
        BENEFIT: effect.measure.worth(important),
        NOTHING: 0.0,
        HARM: effect.measure.worth(-important),
    }
    inside = tuple(name for name, limit in thresholds.items() if low < limit < high)
    short = (people < needed) + (people < _FAR_LESS * needed)
    measure = effect.measure
    matters = measure.printed(measure.worth(important)) if measure.is_log else important
    ends = measure.printed(low), measure.printed(high)
    return Suggestion(
        DOWN[max(len(inside), short)],
        ImprecisionFound(*ends, measure.unit, inside, matters, people, needed),
    )


def suggest_publication_bias(effects: ArrayLike, variances: ArrayLike) -> Suggestion:
    """The suggestion from Egger's test, refused below ten studies: serious if p is below .1."""
    if not np.isfinite(np.asarray(effects, float)).any():  # no effect, or only unbounded ranges
        return Suggestion("", NO_EFFECT)
    test = egger_test(effects, variances)
    found = AsymmetryFound(test.k, test.p, test.refused)
    return Suggestion("" if test.refused else DOWN[test.p < _ASYMMETRIC], found)
