"""The placebo response, and a single-arm change compared with it.

The predictive distribution of a placebo arm's mean change has three parts: the spread of true
changes between trials (tau), the uncertainty of their mean, and the sampling error of the arm
itself. A single-arm change may be compared with it; it may never be pooled with a contrast.

Peers: a comparison after metafor `rma` with se = sqrt(tau2 + se_mu^2 + se_trial^2); RBesT `gMAP`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from evidence_review.estimates.change import SingleArmChange, placebo_arms
from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.measure import Measure, scale
from evidence_review.placebo.published import PublishedPool, points_per_sd, published_pools
from evidence_review.records.row_id import RowId
from evidence_review.review.benchmarks import NEEDED
from evidence_review.review.review import Review, once
from evidence_review.review.settings import OWN_ARMS, SettingsError
from evidence_review.stats import mixtures
from evidence_review.stats.bayes import HalfNormal, NormalNormal, normal_normal, predicted_by_others
from evidence_review.stats.meta_regression import MetaRegression, meta_regression
from evidence_review.stats.mixtures import NormalMixture
from evidence_review.stats.pooling import Floats
from evidence_review.stats.power import student_t, t_test_power
from evidence_review.stats.synthesis import RandomEffects, random_effects

if TYPE_CHECKING:
    from evidence_review.review.settings import Resolved


@once
def has_placebo_arms(review: Review) -> bool:
    """Whether there are placebo arms to compare with: two or more usable ones under the review's own settings.

    Arms on the scale of an outcome of which nothing is assumed (outcomes.csv) are not compared with.
    """
    own = review.by_default()
    settings = own.settings
    needed = settings.change_sd, settings.tau_prior_scale, settings.important_difference
    return None not in needed and len(placebo_arms(own).usable) > 1


@dataclass(frozen=True)
class Benchmark:
    """How placebo arms change, in the direction of their scale.

    Parameters
    ----------
    benchmark_id : str
        'own-arms', or that of a published pool.
    mean, se, tau : float
        Mean change, its standard error, and the SD of true changes between trials.
    df : float or None
        Degrees of freedom of the predictive t; None is normal.
    k : float
        Arms or trials; nan unknown.
    measure : Measure
        Of the mean change.
    derived, assumed : int
        Own arms that rest on a derived figure, and those whose standard error rests on an assumed
        SD or correlation.
    published : PublishedPool or None
        The published pool, as printed. Without its own tau, `tau` is that of the review's own arms.
    per_sd : float or None
        What one SD stands for in the unit, where that pool is in SDs.
    low, high : float
        Confidence interval of the mean, at the level of the settings.
    """

    benchmark_id: str
    mean: float
    se: float
    tau: float
    df: float | None
    k: float
    measure: Measure
    rows: tuple[RowId, ...]
    derived: int = 0
    assumed: int = 0
    published: PublishedPool | None = None
    per_sd: float | None = None
    low: float = nan
    high: float = nan

    @property
    def unit(self) -> str:
        return self.measure.unit

    @property
    def is_assumed(self) -> bool:
        """Whether it rests on an assumption or a derived figure."""
        return bool(self.derived or self.assumed) or self.published is not None

    def predictive_scale(self, se_new: float = 0.0) -> float:
        """Scale of the distribution of a new placebo arm's mean change, with sampling error `se_new`.

        It is normal or t, around `mean`. With se_new = 0, that of the arm's true mean change.
        """
        return sqrt(self.tau**2 + self.se**2 + se_new**2)

    def predicted(self, p: float, se_new: float = 0.0) -> float:
        """Quantile of that distribution."""
        return self.mean + self.quantile(p) * self.predictive_scale(se_new)

    def height(self, values: Floats, se_new: float = 0.0) -> Floats:
        """Its density at each value, as a share of that at the mean."""
        z = (values - self.mean) / self.predictive_scale(se_new)
        if self.df is None:
            return np.exp(-(z**2) / 2)
        return (1 + z**2 / self.df) ** (-(self.df + 1) / 2)

    def quantile(self, p: float) -> float:
        """Quantile of its standardised form, normal or t."""
        return float(special.ndtri(p) if self.df is None else special.stdtrit(self.df, p))

    def probability_above(self, z: float) -> float:
        """Probability that its standardised form is `z` or more."""
        return float(special.ndtr(-z) if self.df is None else special.stdtr(self.df, -z))


@dataclass(frozen=True)
class AgainstPlacebo:
    """A single-arm change compared with a benchmark.

    as_good: probability that a placebo arm of that size does as well or better. beyond: change
    minus the benchmark's mean, with interval low to high at `level` over the whole predictive
    distribution.
    """

    as_good: float
    beyond: float
    low: float
    high: float
    level: float


def pool(arms: Sequence[SingleArmChange], settings: Resolved) -> RandomEffects:
    """Random-effects pool of placebo arms' changes (k >= 2).

    Raises TypeError if a contrast is among them: it already has its placebo arm
    taken off, a change has not. Raises SettingsError below two arms.
    """
    for arm in arms:
        if isinstance(arm, Contrast):
            raise TypeError(
                f"{arm.label} is a contrast (treatment minus control) and cannot be pooled "
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


def bayesian_pool(arms: Sequence[SingleArmChange], settings: Resolved) -> NormalNormal:
    """The same pool by the Bayesian normal-normal model: flat mu, tau half-normal(tau_prior_scale)."""
    return normal_normal(
        [arm.mean for arm in arms],
        [arm.se for arm in arms],
        tau_prior=HalfNormal(settings.tau_prior_scale),
    )


def map_prior(arms: Sequence[SingleArmChange], settings: Resolved) -> NormalMixture:
    """The meta-analytic-predictive prior of a new trial's true placebo response, exact.

    Neuenschwander et al. 2010, Clin Trials 7:5: the predictive distribution of the Bayesian pool.
    """
    return bayesian_pool(arms, settings).theta_new.mixture


def robust_map_prior(prior: NormalMixture, settings: Resolved) -> NormalMixture:
    """The prior mixed with a vague one (Schmidli et al. 2014), whose SD is that of one person's change."""
    return mixtures.robustify(
        prior, weight=settings.vague_weight, mean=prior.mean, sd=settings.change_sd
    )


def prior_predictive_p(arms: Sequence[SingleArmChange], settings: Resolved) -> list[float]:
    """Two-sided prior predictive p of each arm, with the prior from all other arms."""
    priors = predicted_by_others(
        [arm.mean for arm in arms],
        [arm.se for arm in arms],
        tau_prior=HalfNormal(settings.tau_prior_scale),
    )
    return [
        mixtures.conflict(prior, arm.mean, arm.se) for prior, arm in zip(priors, arms, strict=True)
    ]


def beyond_placebo(change: SingleArmChange, prior: NormalMixture) -> NormalMixture:
    """Posterior of what a single-arm change adds to the placebo response, in the scale's direction.

    The change has a flat prior, the placebo response of its own trial was not seen and has
    `prior`: change minus prior. Raises TypeError for a contrast.
    """
    _single_arm_only(change)
    own = NormalMixture(np.ones(1), np.array([change.mean]), np.array([change.se]))
    return mixtures.difference(own, prior)


@once
def conflicts(review: Review) -> tuple[float, ...]:
    """Prior predictive p of each of the review's placebo arms (`prior_predictive_p`)."""
    return tuple(prior_predictive_p(placebo_arms(review).usable, review.settings))


@once
def main_prior(review: Review) -> NormalMixture:
    """The MAP prior from the review's placebo arms."""
    return map_prior(placebo_arms(review).usable, review.settings)


@once
def change_by_weeks(review: Review) -> MetaRegression | None:
    """Meta-regression of the arms' changes on weeks of treatment; None if too few or all alike."""
    weeks = lambda arm: float(review.records.reference_class.study(arm.study_id).weeks)
    arms = [arm for arm in placebo_arms(review).usable if weeks(arm) == weeks(arm)]
    duration = list(map(weeks, arms))
    if len(arms) < 4 or len(set(duration)) == 1:
        return None
    return meta_regression(
        [arm.mean for arm in arms],
        [arm.se**2 for arm in arms],
        duration,
        tau2=review.settings.tau2,
        ci=review.settings.interval,
        level=review.settings.level,
    )


def benchmark(review: Review, benchmark_id: str | None = None) -> Benchmark:
    """A benchmark in the unit of the review's instrument: the chosen one, or the one named."""
    benchmark_id = benchmark_id or review.settings.benchmark
    if benchmark_id == OWN_ARMS:
        return own_benchmark(review)
    return _published_benchmark(review, benchmark_id)


def benchmarks(review: Review) -> list[Benchmark]:
    """Every benchmark that can be chosen, the review's own arms first."""
    return [benchmark(review, name) for name in (OWN_ARMS, *published_pools(review))]


@once
def own_pool(review: Review) -> RandomEffects:
    """The random-effects pool of the review's placebo arms."""
    return pool(placebo_arms(review).usable, review.settings)


def pooled_values(arms: Sequence[SingleArmChange]) -> tuple[np.ndarray, np.ndarray]:
    """Mean changes and their variances, as the pooling functions take them."""
    return np.array([arm.mean for arm in arms]), np.array([arm.se**2 for arm in arms])


@dataclass(frozen=True)
class PeerPool:
    """The pool of the placebo arms by this package and by statsmodels.

    Parameters
    ----------
    mean, tau : float
        By this package: Paule and Mandel's estimator.
    peer_mean, peer_tau : float
        By statsmodels' `combine_effects`, which has the same estimator.
    """

    mean: float
    tau: float
    peer_mean: float
    peer_tau: float


def peer_pool(review: Review) -> PeerPool:
    """The placebo arms pooled twice by the same estimator, here and by another package."""
    from statsmodels.stats.meta_analysis import combine_effects

    y, v = pooled_values(placebo_arms(review).usable)
    own = random_effects(y, v, tau2="PM", ci="z")
    with np.errstate(divide="ignore"):  # in its I2, of arms that changed all alike
        peer: Any = combine_effects(y, v, method_re="iterated")
    return PeerPool(
        float(own.estimate), float(own.tau), float(peer.mean_effect_re), sqrt(peer.tau2)
    )


@once
def own_benchmark(review: Review) -> Benchmark:
    """The benchmark from the review's placebo arms."""
    arms, fit = placebo_arms(review).usable, own_pool(review)
    return Benchmark(
        benchmark_id=OWN_ARMS,
        mean=float(fit.estimate),
        se=float(fit.se),
        tau=float(fit.tau),
        df=fit.k - 1,
        k=fit.k,
        measure=arms[0].measure,
        rows=tuple(row for arm in arms for row in arm.rows),
        derived=sum(arm.basis == "derived" for arm in arms),
        assumed=sum(arm.basis == "assumed" for arm in arms),
        low=float(fit.ci_low),
        high=float(fit.ci_high),
    )


@once
def _published_benchmark(review: Review, benchmark_id: str) -> Benchmark:
    published = published_pools(review).get(benchmark_id)
    if published is None:
        raise SettingsError(f"benchmark = {benchmark_id!r}: {NEEDED}")
    per_sd = points_per_sd(review) if published.in_sds else None
    factor, factor_rows = per_sd or (1.0, ())
    half = published.se * float(special.ndtri((1 + review.settings.level) / 2))
    tau = published.tau * factor
    return Benchmark(
        benchmark_id=benchmark_id,
        mean=published.mean * factor,
        se=published.se * factor,
        tau=tau if tau == tau else own_benchmark(review).tau,
        df=published.k - 1 if published.k == published.k else None,
        k=published.k,
        measure=scale(review.records, review.about.instrument_id, "MC"),
        rows=(*published.rows, *factor_rows),
        published=published,
        per_sd=factor if published.in_sds else None,
        low=(published.mean - half) * factor,
        high=(published.mean + half) * factor,
    )


def against_placebo(
    change: SingleArmChange, placebo: Benchmark, *, level: float = 0.95
) -> AgainstPlacebo:
    """Compare a single-arm change with the predictive distribution of a placebo arm of that size.

    Raises TypeError for a contrast, which has its placebo arm already taken off, and
    ValueError if the units differ.
    """
    _single_arm_only(change)
    if change.measure != placebo.measure:
        raise ValueError(f"the change is in {change.measure}, the benchmark in {placebo.measure}")
    beyond = change.mean - placebo.mean
    scale = placebo.predictive_scale(change.se)
    half = placebo.quantile((1 + level) / 2) * scale
    as_good = placebo.probability_above(placebo.measure.benefit(beyond) / scale)
    return AgainstPlacebo(
        as_good,
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
    changes that placebo arms show. n: at least 2. sd: of one person's change.
    """
    scale = sqrt(placebo.tau**2 + placebo.se**2)
    true = student_t(np.inf if placebo.df is None else placebo.df, placebo.mean, scale)
    error = sd / sqrt(n)
    shift = placebo.measure.benefit(1.0) * true.means / error
    power = t_test_power(shift, n - 1, alpha / 2, spread=true.sds / error)
    return float(true.weights @ power)


def _single_arm_only(change: SingleArmChange) -> None:
    if isinstance(change, Contrast):
        raise TypeError(f"{change.label} is a contrast: its control group is already taken off")
