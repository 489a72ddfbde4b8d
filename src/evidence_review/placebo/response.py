"""The placebo response, and a single-arm change held against it.

The predictive distribution of a placebo arm's mean change has three parts: the spread of true
changes between trials (tau), the uncertainty of their mean, and the sampling error of the arm
itself. A single-arm change may be compared with it; it may never be pooled with a contrast.

Peers: a comparison after metafor `rma` with se = sqrt(tau2 + se_mu^2 + se_trial^2); RBesT `gMAP`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from scipy import special

from evidence_review.effects.trials import (
    NotUsable,
    RandomisedContrast,
    SingleArmChange,
    placebo_arms,
)
from evidence_review.records import Records
from evidence_review.review.settings import OWN_ARMS, Settings, SettingsError
from evidence_review.stats import mixtures
from evidence_review.stats.bayes import HalfNormal, NormalNormal, normal_normal
from evidence_review.stats.meta_regression import MetaRegression, meta_regression
from evidence_review.stats.mixtures import NormalMixture
from evidence_review.stats.synthesis import RandomEffects, random_effects


@dataclass(frozen=True)
class Benchmark:
    """How placebo arms change: mean (with se) and spread between trials tau, improvement negative.

    df: degrees of freedom of the predictive t; None is normal. k arms or trials; nan unknown.
    assumptions: what had to be assumed, in words. rows: data rows behind it. low, high: confidence
    interval of the mean at the level of the settings.
    """

    benchmark_id: str
    label: str
    mean: float
    se: float
    tau: float
    df: float | None
    k: float
    unit: str
    assumptions: tuple[str, ...]
    rows: tuple[str, ...]
    low: float = nan
    high: float = nan

    def predictive(self, se_new: float = 0.0):
        """Distribution of a new placebo arm's mean change, with sampling error `se_new`.

        With se_new = 0, of its true mean change. A frozen scipy distribution.
        """
        from scipy import stats

        scale = sqrt(self.tau**2 + self.se**2 + se_new**2)
        if self.df is None:
            return stats.norm(self.mean, scale)
        return stats.t(self.df, self.mean, scale)


@dataclass(frozen=True)
class StandardisedPool:
    """A published pooled standardised change, with the spread that its I2 implies.

    mean, ci_low, ci_high as printed, se, tau in standard deviations; tau is nan where I2 or k
    is not known.
    """

    mean: float
    ci_low: float
    ci_high: float
    se: float
    tau: float
    k: float
    i2: float


@dataclass(frozen=True)
class AgainstPlacebo:
    """A single-arm change beside a benchmark.

    as_good: probability that a placebo arm of that size does as well or better. beyond: change
    minus the benchmark's mean, with interval low to high at `level` over the whole predictive
    distribution. improvement beyond placebo is negative.
    """

    as_good: float
    beyond: float
    low: float
    high: float
    level: float


def pool(arms: Sequence[SingleArmChange], settings: Settings) -> RandomEffects:
    """Random-effects pool of placebo arms' changes (k >= 2).

    Raises TypeError if a randomised contrast is among them: it already has its placebo arm
    taken off, a change has not. Raises SettingsError below two arms.
    """
    for arm in arms:
        if isinstance(arm, RandomisedContrast):
            raise TypeError(
                f"{arm.label} is a randomised contrast (treatment minus placebo) and cannot be pooled "
                "with changes since baseline, which still contain the placebo response. Compare a "
                "change with placebo through against_placebo instead."
            )
    if len(arms) < 2:
        raise SettingsError(
            f"{len(arms)} placebo {'arm' if len(arms) == 1 else 'arms'} left: pooling needs two or more. "
            "Widen 'population' or 'designs', or set missing_se to assume."
        )
    return random_effects(
        [arm.mean for arm in arms],
        [arm.se**2 for arm in arms],
        tau2=settings.tau2,
        ci=settings.interval,
        level=settings.level,
    )


def bayesian_pool(arms: Sequence[SingleArmChange], settings: Settings) -> NormalNormal:
    """The same pool by the Bayesian normal-normal model: flat mu, tau half-normal(tau_prior_scale)."""
    return normal_normal(
        [arm.mean for arm in arms],
        [arm.se for arm in arms],
        tau_prior=HalfNormal(settings.tau_prior_scale),
    )


def map_prior(arms: Sequence[SingleArmChange], settings: Settings) -> NormalMixture:
    """The meta-analytic-predictive prior of a new trial's true placebo response, exact.

    Neuenschwander et al. 2010, Clin Trials 7:5: the predictive distribution of the Bayesian pool.
    """
    return bayesian_pool(arms, settings).theta_new.mixture


def robust_map_prior(prior: NormalMixture, settings: Settings) -> NormalMixture:
    """The prior with a vague part (Schmidli et al. 2014): as wide as one person's change."""
    return mixtures.robustify(
        prior, weight=settings.vague_weight, mean=prior.mean, sd=settings.change_sd
    )


def surprises(arms: Sequence[SingleArmChange], settings: Settings) -> list[float]:
    """How surprising each arm is to the prior made of all others: prior predictive p, two-sided."""
    return [
        mixtures.conflict(
            map_prior([*arms[:place], *arms[place + 1 :]], settings), arm.mean, arm.se
        )
        for place, arm in enumerate(arms)
    ]


def beyond_placebo(change: SingleArmChange, prior: NormalMixture) -> NormalMixture:
    """Posterior of what a single-arm change adds to the placebo response; improvement negative.

    The change has a flat prior, the placebo response of its own trial was not seen and has
    `prior`: change minus prior. Raises TypeError for a randomised contrast.
    """
    _single_arm_only(change)
    own = NormalMixture(np.ones(1), np.array([change.mean]), np.array([change.se]))
    return mixtures.difference(own, prior)


def change_by_weeks(
    records: Records, arms: Sequence[SingleArmChange], settings: Settings
) -> MetaRegression | None:
    """Meta-regression of the arms' changes on weeks of treatment; None if too few or all alike."""
    weeks = records.reference["studies"].set_index("study_id").weeks
    duration = [float(weeks[arm.study_id]) for arm in arms]
    if len(arms) < 4 or len(set(duration)) == 1:
        return None
    return meta_regression(
        [arm.mean for arm in arms], [arm.se**2 for arm in arms], duration, level=settings.level
    )


def arms_for(records: Records, settings: Settings) -> tuple[list[SingleArmChange], list[NotUsable]]:
    """Usable placebo arms of the reference class under `settings`, and the rest with reasons."""
    assume = settings.missing_se == "assume"
    return placebo_arms(
        records,
        outcome=records.review.outcome,
        instrument_id=records.review.instrument_id,
        pre_post_r=settings.pre_post_r if assume else None,
        change_sd=settings.change_sd if assume else None,
        population=settings.population,
        designs=settings.designs,
    )


def benchmark(records: Records, settings: Settings, benchmark_id: str | None = None) -> Benchmark:
    """The chosen benchmark in the instrument's points."""
    benchmark_id = benchmark_id or settings.benchmark
    if benchmark_id == OWN_ARMS:
        return _own_benchmark(records, settings)
    return _published_benchmark(records, settings, benchmark_id)


def benchmarks(records: Records, settings: Settings) -> list[Benchmark]:
    """Every benchmark that can be chosen, this project's own arms first."""
    pooled = records.reference["pooled_results"]
    published = dict.fromkeys(pooled.loc[pooled.use == "placebo benchmark", "benchmark_id"])
    return [benchmark(records, settings, name) for name in (OWN_ARMS, *published)]


def _own_benchmark(records: Records, settings: Settings) -> Benchmark:
    arms, _ = arms_for(records, settings)
    fit = pool(arms, settings)
    assumed = sum(arm.basis == "assumed" for arm in arms)
    derived = sum(arm.basis == "derived" for arm in arms)
    notes = []
    if derived:
        notes.append(f"{derived} of {fit.k} arms rest on a derived figure, such as an inferred n")
    if assumed:
        notes.append(
            f"the standard error of {assumed} of {fit.k} arms rests on an assumed SD or correlation"
        )
    return Benchmark(
        benchmark_id=OWN_ARMS,
        label=f"{fit.k} placebo arms of this review",
        mean=fit.estimate,
        se=fit.se,
        tau=fit.tau,
        df=fit.k - 1,
        k=fit.k,
        unit=arms[0].unit,
        assumptions=tuple(notes),
        rows=tuple(row for arm in arms for row in arm.rows),
        low=fit.ci_low,
        high=fit.ci_high,
    )


def standardised_pool(
    estimate: float, ci_low: float, ci_high: float, k: float, i2: float
) -> StandardisedPool:
    """Spread between trials from a published estimate, its 95% interval, k and I2 (per cent).

    With equally precise trials, k se^2 = tau^2 + s^2 and I2 = tau^2 / (tau^2 + s^2) (Higgins &
    Thompson 2002, eq. 9), so tau = sqrt(I2 k) se. Equal precision is the assumption.
    """
    se = (ci_high - ci_low) / 2 / special.ndtri(0.975)
    tau = sqrt(i2 / 100 * k) * se if k == k and i2 == i2 else float("nan")
    return StandardisedPool(estimate, ci_low, ci_high, se, tau, k, i2)


def published_pool(records: Records, benchmark_id: str) -> tuple[StandardisedPool, tuple[str, ...]]:
    """The standardised change of a published benchmark, and its data rows."""
    rows = records.reference["pooled_results"]
    row = rows[
        (rows.benchmark_id == benchmark_id) & (rows.measure == "standardised mean change")
    ].iloc[0]
    return standardised_pool(row.estimate, row.ci_low, row.ci_high, row.k, row.i2), (row.row,)


def points_per_sd(records: Records) -> tuple[float, tuple[str, ...]]:
    """Points that one standard deviation stands for, by a benchmark that prints both, and its rows."""
    rows = records.reference["pooled_results"]
    rows = rows[rows.use == "placebo benchmark"]
    for _, group in rows.groupby("benchmark_id", sort=False):
        points = group[group.measure == "mean change"]
        sds = group[group.measure == "standardised mean change"]
        if len(points) and len(sds):
            return (
                float(points.estimate.iloc[0] / sds.estimate.iloc[0]),
                (points.row.iloc[0], sds.row.iloc[0]),
            )
    raise ValueError("no published benchmark prints its change both in points and in SDs")


def _published_benchmark(records: Records, settings: Settings, benchmark_id: str) -> Benchmark:
    published, rows = published_pool(records, benchmark_id)
    factor, factor_rows = points_per_sd(records)
    table = records.reference["pooled_results"]
    label = table.loc[table.benchmark_id == benchmark_id, "label"].iloc[0]
    notes = [f"1 SD = {factor:.2f} points, the ratio of the two figures that one benchmark prints"]
    tau = published.tau * factor
    half = published.se * special.ndtri((1 + settings.level) / 2)
    if published.tau == published.tau:
        notes.append(
            f"tau = {published.tau:.3f} SD from I2, k and the interval, as if all trials were equally precise"
        )
    else:
        tau = _own_benchmark(records, settings).tau
        notes.append(
            f"tau = {tau:.2f} points borrowed from this review's own arms: I2 or k not known"
        )
    return Benchmark(
        benchmark_id=benchmark_id,
        label=label,
        mean=published.mean * factor,
        se=published.se * factor,
        tau=tau,
        df=published.k - 1 if published.k == published.k else None,
        k=published.k,
        unit=records.instrument(records.review.instrument_id).unit,
        assumptions=tuple(notes),
        rows=(*rows, *factor_rows),
        low=(published.mean - half) * factor,
        high=(published.mean + half) * factor,
    )


def against_placebo(
    change: SingleArmChange, placebo: Benchmark, *, level: float = 0.95
) -> AgainstPlacebo:
    """A single-arm change beside the predictive distribution of a placebo arm of that size.

    Raises TypeError for a randomised contrast, which has its placebo arm already taken off, and
    ValueError if the units differ.
    """
    _single_arm_only(change)
    if change.unit != placebo.unit:
        raise ValueError(f"the change is in {change.unit}, the benchmark in {placebo.unit}")
    predictive = placebo.predictive(change.se)
    beyond = change.mean - placebo.mean
    half = predictive.ppf((1 + level) / 2) - placebo.mean
    return AgainstPlacebo(
        float(predictive.cdf(change.mean)),
        beyond,
        float(beyond - half),
        float(beyond + half),
        level,
    )


def chance_of_significance(
    placebo: Benchmark, *, n: float, sd: float, alpha: float = 0.05
) -> float:
    """How often an uncontrolled trial of n people reports p < alpha when the treatment does nothing.

    The paired t-test (two-sided, counted where people improve), averaged over the true mean
    changes that placebo arms show. Gauss-Legendre over the predictive distribution, 201 nodes.
    """
    from statsmodels.stats.power import TTestPower

    nodes, weights = np.polynomial.legendre.leggauss(201)
    means = placebo.predictive().ppf((nodes + 1) / 2)
    power = TTestPower().power(-means / sd, n, alpha / 2, alternative="larger")
    return float(weights @ power / 2)


def _single_arm_only(change: SingleArmChange) -> None:
    if isinstance(change, RandomisedContrast):
        raise TypeError(
            f"{change.label} is a randomised contrast: its placebo arm is already taken off"
        )
