"""The contrasts of several studies on one outcome, pooled by random effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import nan
from statistics import median

import numpy as np

from evidence_review.effect_measures import MEASURES, OF_EVENTS
from evidence_review.estimates.contrast import Contrast, contrasts_on, people
from evidence_review.estimates.counts import baseline_risk
from evidence_review.estimates.effect import Effect, weakest
from evidence_review.estimates.measure import (
    OF_BOTH,
    OF_CHANGES,
    OF_SCORES,
    Better,
    Measure,
    better_of,
    is_on_the_scale,
)
from evidence_review.estimates.routes.found import Route
from evidence_review.estimates.trial import PAIRED
from evidence_review.records import shared_comparator
from evidence_review.records.rows import PooledResultsRow
from evidence_review.review.finding import POOLED, Interval
from evidence_review.review.review import Review, on_outcome, once
from evidence_review.review.settings import ALIKE, ANY, OBSERVATIONAL, RANDOMISED, Settings
from evidence_review.stats.bayes import HalfNormal, NormalNormal, normal_normal
from evidence_review.stats.synthesis import RandomEffects, random_effects, tau2_interval


@dataclass(frozen=True)
class PooledContrast:
    """The contrasts of two or more studies on one outcome, pooled by random effects.

    Parameters
    ----------
    contrasts : tuple of Contrast
        Those pooled.
    effects : tuple of Effect
        Theirs, on the measure that they share: that of events, the unit of one scale, else
        standardised.
    fit : RandomEffects
        Of these effects.
    tau_prior_scale : float
        Of the half-normal prior of tau in `bayes`, in the same unit (of logarithms for a ratio).
    summary : Contrast
        The pool as one contrast: on the shared measure, and on others that the same trials give.
    others : tuple of Contrast
        The pools on measures that only some of the trials give, each of these trials alone.

    `common`, `tau2` (interval of the variance between trials), `bayes`, `mean_bayes` and `new_trial` are
    computed when first asked for.
    """

    contrasts: tuple[Contrast, ...]
    effects: tuple[Effect, ...]
    fit: RandomEffects
    tau_prior_scale: float
    summary: Contrast
    others: tuple[Contrast, ...] = ()

    @property
    def measure(self) -> Measure:
        """What the pool is measured in."""
        return _measure_of(self.effects)

    @property
    def level(self) -> float:
        """Of all intervals."""
        return self.effects[0].interval.level

    @property
    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """Effects and their variances, as the pooling functions take them."""
        return values_of(self.effects)

    @cached_property
    def common(self) -> RandomEffects:
        """The same effects as if one true effect were common to all trials, each by its precision.

        Its interval is normal: it takes chance within trials for all the chance there is.
        """
        return random_effects(*self.values, tau2="EE", ci="z", level=self.level)

    @cached_property
    def tau2(self) -> Interval:
        found = tau2_interval(*self.values, level=self.level)
        return Interval(found.low, found.high, found.level)

    @cached_property
    def bayes(self) -> NormalNormal:
        """Flat mean, tau half-normal with `tau_prior_scale`."""
        effects, variances = self.values
        return normal_normal(
            effects, np.sqrt(variances), tau_prior=HalfNormal(self.tau_prior_scale)
        )

    @cached_property
    def mean_bayes(self) -> Interval:
        """Where the mean of all trials lies, by `bayes`: what `new_trial` is compared with."""
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        low, high = self.bayes.mu.quantile(tails)
        return Interval(float(low), float(high), self.level)

    @cached_property
    def new_trial(self) -> Interval:
        """Where the true difference in a new trial lies: by `bayes`, over all that tau may be.

        An interval that takes one estimate of tau for tau holds as little as 84% where tau is about as
        large as a trial's standard error; this one keeps its promise (docs/methods.md, section 3).
        """
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        low, high = self.bayes.theta_new.quantile(tails)
        return Interval(float(low), float(high), self.level)


def values_of(effects: Sequence[Effect]) -> tuple[np.ndarray, np.ndarray]:
    """Values and variances of known effects, as the pooling functions take them."""
    return (
        np.array([effect.value for effect in effects], float),
        np.array([effect.variance for effect in effects], float),
    )


def shared_measure(contrasts: Sequence[Contrast]) -> str:
    """The measure in which contrasts can be pooled: that of events, the unit of one shared scale, or 'SMD'."""
    measures = {item.best.measure.name for item in contrasts}
    if len(measures) == 1 and not measures <= {"MD", "SMD"}:
        return measures.pop()
    scales = {item.instrument_id for item in contrasts}
    if len(scales) == 1 and "" not in scales and all(item.on("MD") for item in contrasts):
        return "MD"
    return "SMD"


def effects_on(
    contrasts: Sequence[Contrast], measure: str, sds: str = ANY, better: Better | None = None
) -> dict[str, Effect]:
    """The effects of contrasts on one measure, by study, all in one direction.

    A trial whose scale runs the other way has its sign turned (Cochrane Handbook 10.5).

    Parameters
    ----------
    contrasts : sequence of Contrast
    measure : str
    sds : {'any', 'alike', 'scores', 'changes', ''}
        Of standardised differences: 'alike' takes only those in SDs of one kind, of scores or of
        changes, whichever more trials give. They are two estimands (Cochrane Handbook 10.5.2). The
        name of a kind takes that one.
    better : {'lower', 'higher'}, optional
        The direction; that of the first effect if not given.
    """
    found = {item.study_id: item.on(measure) for item in contrasts}
    if measure == "SMD" and sds != ANY:
        by_kind = {
            kind: {item.study_id: item.on("SMD", kind) for item in contrasts}
            for kind in ((OF_SCORES, OF_CHANGES, "") if sds == ALIKE else (sds,))
        }
        found = max(by_kind.values(), key=lambda part: sum(x is not None for x in part.values()))
    effects = {study: effect for study, effect in found.items() if effect is not None}
    if better is None:
        better = next((effect.measure.better for effect in effects.values()), None)
    return {study: effect.towards(better) for study, effect in effects.items()}


def pool(
    review: Review, contrasts: Sequence[Contrast], like: PooledContrast | None = None
) -> PooledContrast | None:
    """The known ones of several contrasts on one outcome, pooled; None below two.

    Estimator and interval are those of the settings: with few trials the interval is that of
    Hartung and Knapp with its floor, never the normal one unless it is asked for. Standardised
    differences in SDs of people and in SDs of changes are pooled together only if `smd_sds` says so.
    The direction is that of the outcome's own scale, if the data name one, so that it does not change
    with the order of the trials.

    like: a pool to compare with, such as the whole of which these are a part. They are pooled on its
    measure and in its direction, so that the two differ in nothing else: trials that share a scale
    among themselves are still pooled in SDs if the whole is.
    """
    settings = review.settings
    every = tuple(item for item in contrasts if item.is_known)
    sds: str = settings.smd_sds
    if like is None:
        shared = shared_measure(every)
        better = better_of(review, every[0].outcome, "") if every else None
    else:
        shared, better = like.measure.name, like.measure.better
        if like.measure.is_standardised and like.measure.sd_of != OF_BOTH:
            sds = like.measure.sd_of
    others = ("SMD",) if shared in ("MD", "SMD") else OF_EVENTS
    first = (*others, shared) if shared == "MD" else (shared, *others)
    on = {name: effects_on(every, name, sds, better) for name in dict.fromkeys(first)}
    fits = {
        name: random_effects(
            *values_of(tuple(found.values())),
            tau2=settings.tau2,
            ci=settings.interval,
            level=settings.level,
        )
        for name, found in on.items()
        if len(found) > 1
    }
    if shared not in fits:
        return None
    known = tuple(item for item in every if item.study_id in on[shared])
    # Not every trial gives every measure: a printed odds ratio gives no risk ratio.
    alike: dict[tuple[str, ...], list[str]] = {tuple(on[shared]): []}
    for name in fits:
        alike.setdefault(tuple(on[name]), []).append(name)
    summary, *others = (
        _summary(
            settings,
            tuple(item for item in every if item.study_id in studies),
            {name: tuple(on[name].values()) for name in names},
            fits,
            in_scale=shared != "SMD",
        )
        for studies, names in alike.items()
    )
    return PooledContrast(
        known,
        tuple(on[shared].values()),
        fits[shared],
        _prior_scale(review, shared, known),
        summary,
        tuple(others),
    )


def _summary(
    settings: Settings,
    known: tuple[Contrast, ...],
    on: Mapping[str, tuple[Effect, ...]],
    fits: Mapping[str, RandomEffects],
    *,
    in_scale: bool,
) -> Contrast:
    """Pools of the same trials as one contrast, with an effect for each measure.

    on: the effects of the trials, by measure. in_scale: whether the trials share a scale.
    """
    own = next((effects for name, effects in on.items() if name != "SMD"), None) or on["SMD"]
    assumed = tuple(
        item.label for item, effect in zip(known, own, strict=True) if effect.basis == "assumed"
    )
    evidence = RANDOMISED if all(item.evidence == RANDOMISED for item in known) else OBSERVATIONAL
    return Contrast(
        study_id=POOLED,
        label=f"{len(known)} {'trials' if evidence == RANDOMISED else 'studies'} pooled",
        outcome=known[0].outcome,
        week=nan,
        instrument_id=known[0].instrument_id if in_scale else "",
        effects=tuple(
            Effect(
                _measure_of(parts),
                float(fits[name].estimate),
                float(fits[name].se) ** 2,
                Interval(float(fits[name].ci_low), float(fits[name].ci_high), settings.level),
                basis=weakest(["derived", *(part.basis for part in parts)]),
            )
            for name, parts in on.items()
        ),
        route=Route(
            "pool",
            trials=tuple(item.label for item in known),
            assumed_trials=assumed,
            pooling=(settings.tau2, settings.interval),
        ),
        rows=tuple(row for item in known for row in item.rows),
        comparator=shared_comparator(item.comparator for item in known),
        evidence=evidence,
    )


def _prior_scale(review: Review, measure: str, contrasts: Sequence[Contrast]) -> float:
    """Scale of the prior of tau, which is given in the unit of the scale, or on logarithms of ratios."""
    settings = review.settings
    scale = settings.tau_prior_scale
    if scale is None and measure in ("MD", "SMD"):
        return _USUAL_SCALE * (sd_of_people(review, contrasts) if measure == "MD" else 1.0)
    if measure == "SMD":
        return scale / settings.change_sd if settings.change_sd else _USUAL_SCALE
    scale = _USUAL_SCALE if scale is None else scale
    risks = MEASURES[measure].risks
    if risks and risks.slope:  # the scale is one of log odds
        try:
            risk = baseline_risk(review, contrasts).risk
        except ValueError:  # not known: where a difference of odds moves the risk most
            risk = 0.5
        return scale * risks.slope(risk)
    return scale


# Of the half-normal prior of tau where nobody states one: on logarithms of ratios, and in SDs of people
# (Roever et al. 2021, section 3.2: from 0.5 to 1 for log odds ratios).
_USUAL_SCALE = 0.5


def sd_of_people(review: Review, contrasts: Sequence[Contrast]) -> float:
    """About how much people differ, in the unit of the trials' scale: the median of what each implies.

    Mean difference and standardised one have standard errors in the ratio of that SD; exactly so but for
    the correction for small samples, and where the difference is small. Where trials print mean differences
    alone, it follows from their standard errors and numbers of people: of two equal groups of n people in
    all the standard error is 2 SD / sqrt(n), of n people who were in both groups about SD / sqrt(n). Where
    people are not known either, it is four standard errors: half of it is a prior of tau whose intervals
    keep what they promise (docs/methods.md, section 3).
    """
    implied, raw_only = [], []
    for item in contrasts:
        raw, standardised = item.on("MD"), item.on("SMD")
        if raw is not None and standardised is not None:
            implied.append((raw.variance / standardised.variance) ** 0.5)
        elif raw is not None:
            n, _ = people(review, [item.study_id], item.outcome)
            is_paired = review.records.study(item.study_id).design == PAIRED
            per_se = (n**0.5 if is_paired else n**0.5 / 2) if n == n else 4.0
            raw_only.append(per_se * raw.variance**0.5)
    return median(implied or raw_only)


def _measure_of(effects: Sequence[Effect]) -> Measure:
    """What effects are measured in together."""
    kinds = {effect.measure.sd_of for effect in effects}
    return replace(effects[0].measure, sd_of=kinds.pop() if len(kinds) == 1 else OF_BOTH)


def fits_by_rule(
    values: tuple[np.ndarray, np.ndarray], settings: Settings, rules: Sequence[str]
) -> dict[str, RandomEffects]:
    """The same effects pooled with the interval of each rule.

    Kenward and Roger's rule ('kr') uses the information of the REML estimator, and is left out with
    another.
    """
    return {
        rule: random_effects(*values, ci=rule, tau2=settings.tau2, level=settings.level)
        for rule in rules
        if rule != "kr" or settings.tau2 == "REML"
    }


@once
def pooled_contrast(review: Review, outcome: str) -> PooledContrast | None:
    """The pool of the studies compared on one outcome; None with fewer than two known contrasts."""
    return pool(on_outcome(review, outcome), contrasts_on(review, outcome))


def other_pools(review: Review) -> list[PooledContrast]:
    """The pools of the outcomes that are not asked about: that of review.csv and those of outcomes.csv."""
    records = review.records
    names = [records.review.outcome, *(row.outcome for row in records.further_outcomes)]
    pools = [pooled_contrast(review, name) for name in names if name != review.about.outcome]
    return [pooled for pooled in pools if pooled is not None]


def summary_contrast(review: Review, outcome: str) -> Contrast | None:
    """What the studies compared say on one outcome: their pool, or the one study that is known.

    A reconstruction is used only where no trial is known. Of several, none is chosen. On the review's
    own outcome a mean difference in another unit than that of its scale is left out: what matters, and
    what other treatments do, is known in that unit or in SDs.
    """
    pooled = pooled_contrast(review, outcome)
    if pooled is not None:
        best = [pooled.summary, *pooled.others]
    else:
        found = contrasts_on(review, outcome)
        best = [item for item in found if item.is_known] or found
        if len(best) != 1:
            return None
    for one in best:
        effects = tuple(
            effect
            for effect in one.effects
            if effect.measure.name != "MD"
            or outcome != review.about.outcome
            or is_on_the_scale(review, outcome, one.instrument_id, effect.measure.unit)
        )
        if effects:
            return replace(one, effects=effects)
    return None


def other_outcomes(review: Review) -> list[PooledResultsRow]:
    """Published pooled results of the review's treatment on outcomes that it does not pool itself."""
    rows = review.records.rows("pooled_results")
    return [row for row in rows if row.use == "other outcome"]


@once
def published_result(review: Review) -> PooledResultsRow | None:
    """The row of the published pooled result that review.csv names; None if it names none."""
    records = review.records
    rows = (*records.rows("pooled_results"), *records.reference_class.rows("pooled_results"))
    return next((row for row in rows if row.result_id == review.about.published_result), None)
