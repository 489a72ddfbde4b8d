"""The Bayesian normal-normal model by deterministic quadrature: no sampling, no seed.

y_i ~ N(theta_i, se_i^2), theta_i ~ N(mu, tau^2). Given tau everything is normal, so that only
tau is integrated, and every marginal but tau's own is a mixture of normals over the nodes.

Peer: bayesmeta (Röver 2020, J Stat Softw 93(6)), whose section 2 derives the formulas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from evidence_review.stats.mixtures import NormalMixture, find_quantile
from evidence_review.stats.tau_priors import (
    HalfCauchy,
    HalfNormal,
    HalfT,
    LogNormal,
    Normal,
    TauPrior,
    Uniform,
    check_priors,
)
from evidence_review.stats.tau_quadrature import (
    LEGENDRE,
    PER_PANEL,
    CannotIntegrateError,
    Likelihood,
    Rule,
    integrate,
    log_density_of_log,
    without,
)

__all__ = [
    "CannotIntegrateError",
    "HalfCauchy",
    "HalfNormal",
    "HalfT",
    "LogNormal",
    "Marginal",
    "Normal",
    "NormalNormal",
    "TauPosterior",
    "TauPrior",
    "Uniform",
    "normal_normal",
    "predicted_by_others",
]


@dataclass(frozen=True)
class Marginal:
    """A posterior distribution of mu, of a study's effect, or of a new study's (theta_new).

    mean and sd are nan and inf where the tail of tau's posterior leaves them without a value.

    Parameters
    ----------
    centred : NormalMixture
        Less `centre`, so that a spread far smaller than the mean is exact.
    centre : float
        In the units of the effects.
    moments : int
        How many moments exist: 0, 1 or 2 (and more).

    Examples
    --------
    >>> new = normal_normal([-0.6, 0.3], [0.3, 0.25], tau_prior=HalfNormal(0.5)).theta_new
    >>> round(new.mean, 4), new.quantile([0.025, 0.975]).round(3).tolist()
    (-0.1208, [-1.622, 1.344])
    """

    centred: NormalMixture
    centre: float
    moments: int

    @property
    def mixture(self) -> NormalMixture:
        """The distribution as a mixture of normals, one component a node of tau."""
        own = self.centred
        return NormalMixture(own.weights, own.means + self.centre, own.sds)

    @property
    def mean(self) -> float:
        return self.centre + self.centred.mean if self.moments >= 1 else np.nan

    @property
    def sd(self) -> float:
        return self.centred.sd if self.moments >= 2 else np.inf

    def pdf(self, x: ArrayLike) -> np.ndarray:
        """Density at x (any shape)."""
        return self.centred.pdf(np.asarray(x, float) - self.centre)

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """Probability of at most x (any shape)."""
        return self.centred.cdf(np.asarray(x, float) - self.centre)

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """The value with that probability below it; probabilities strictly inside (0, 1)."""
        return self.centre + self.centred.quantile(probability)


@dataclass(frozen=True)
class TauPosterior:
    """The posterior of tau.

    mean and sd are infinite where its tail leaves them without a value.

    Parameters
    ----------
    model : NormalNormal
    moments : int
        How many moments exist: 0, 1 or 2 (and more).

    Examples
    --------
    >>> tau = normal_normal([0.4], [0.2], tau_prior=HalfNormal(0.7)).tau
    >>> round(float(tau.quantile(0.5)) / 0.7, 4)  # one study says nothing of tau
    0.6745
    """

    model: NormalNormal
    moments: int

    @property
    def mean(self) -> float:
        return self._anchor + float(self._weights @ self._beyond) if self.moments >= 1 else np.inf

    @property
    def sd(self) -> float:
        if self.moments < 2:
            return np.inf
        mean = self._weights @ self._beyond
        return float(np.sqrt(self._weights @ (self._beyond - mean) ** 2))

    @property
    def _anchor(self) -> float:
        return float(np.exp(self.model.rule.anchor.log_tau))

    @property
    def _beyond(self) -> np.ndarray:
        """Nodes of tau less the anchor's, exact also where they are close to each other."""
        return self._anchor * np.expm1(self.model.rule.steps)

    @property
    def _weights(self) -> np.ndarray:
        return self.model.rule.weights[0]

    def pdf(self, tau: ArrayLike) -> np.ndarray:
        """Density at tau (any shape); 0 below 0."""
        tau = np.asarray(tau, float)
        inside = (tau > 0) & (tau <= self.model.tau_prior.upper)
        out = np.zeros(tau.shape)
        steps = np.log(tau[inside]) - self.model.rule.anchor.log_tau
        out[inside] = self.model.density_of_step(steps) / tau[inside]
        return out

    def cdf(self, tau: ArrayLike) -> np.ndarray:
        """Probability of at most tau (any shape)."""
        with np.errstate(divide="ignore"):
            log_tau = np.log(np.maximum(np.asarray(tau, float), 0.0))
        return self.model.below(log_tau - self.model.rule.anchor.log_tau)

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """The value with that probability below it; probabilities strictly inside (0, 1)."""
        p = np.asarray(probability, float)
        if np.any(~((p > 0) & (p < 1))):
            raise ValueError(f"probability must lie between 0 and 1; got {probability}")
        model, rule = self.model, self.model.rule
        sums = np.cumsum(model.panel_sums)
        panel = np.minimum(np.searchsorted(sums, p, side="right"), len(sums) - 1)
        low, high = rule.starts[panel], rule.ends[panel]
        unit = float((rule.ends - rule.starts).min())
        step = find_quantile(
            p, model.below, model.density_of_step, low, high, (low + high) / 2, unit
        )
        return np.exp(rule.anchor.log_tau + step)


@dataclass(frozen=True)
class NormalNormal:
    """A fitted normal-normal model, as `normal_normal` returns it.

    mu: overall mean; tau: SD of true effects between studies; theta_new: true effect of a new
    study; shrinkage: each study's own effect, in order. log_marginal_likelihood and the Bayes
    factors are nan under a flat prior for mu, which is not a distribution.

    Parameters
    ----------
    effects, ses : numpy.ndarray
        Shape (k,).
    tau_prior, mu_prior
        As given; mu_prior None is flat.
    rule : Rule
        The quadrature over tau.
    """

    effects: np.ndarray
    ses: np.ndarray
    tau_prior: TauPrior
    mu_prior: Normal | None
    rule: Rule

    @property
    def error(self) -> float:
        """A bound on the error of a probability, and on the relative error of a moment."""
        return float(self.rule.errors[0])

    def density_of_step(self, step: np.ndarray) -> np.ndarray:
        """Posterior density of log tau, at steps from the anchor of the rule."""
        rule = self.rule
        log_density = rule.anchor.at(step)[1] + self.tau_prior.log_ratio(rule.anchor.log_tau, step)
        return np.exp(log_density - rule.log_totals[0])

    def below(self, step: np.ndarray) -> np.ndarray:
        """Posterior probability of at most this step: whole panels, and the begun one anew."""
        rule, step = self.rule, np.asarray(step, float)
        panel = np.maximum(np.searchsorted(rule.starts, step, side="right") - 1, 0)
        before = np.concatenate([[0.0], np.cumsum(self.panel_sums)])[panel]
        start = rule.starts[panel]
        half = (np.clip(step, start, rule.ends[panel]) - start)[..., None] / 2
        nodes = start[..., None] + half * (LEGENDRE[0] + 1)
        begun = (half * LEGENDRE[1] * self.density_of_step(nodes)).sum(-1)
        return np.minimum(before + begun, 1.0)

    @cached_property
    def panel_sums(self) -> np.ndarray:
        """Posterior probability of each panel of the rule."""
        return self.rule.weights[0].reshape(-1, PER_PANEL).sum(1)

    @property
    def moments(self) -> int:
        """How many moments of tau exist, up to 2."""
        return moments_of_tau(self.tau_prior, len(self.effects), self.mu_prior)

    def _marginal(self, means: np.ndarray, variances: np.ndarray, moments: int) -> Marginal:
        own = NormalMixture(self.rule.weights[0], means, np.sqrt(variances))
        return Marginal(own, self.rule.anchor.likelihood.centre, moments)

    @property
    def mu(self) -> Marginal:
        """The overall mean."""
        moments = 2 if self.mu_prior is not None else self.moments
        return self._marginal(self.rule.offsets, self.rule.variances, moments)

    @property
    def tau(self) -> TauPosterior:
        """The SD of true effects between studies."""
        return TauPosterior(self, self.moments)

    @property
    def theta_new(self) -> Marginal:
        """The true effect of a new study."""
        variances = self.rule.variances + self.rule.tau**2
        return self._marginal(self.rule.offsets, variances, self.moments)

    @property
    def shrinkage(self) -> tuple[Marginal, ...]:
        """The true effect of each study, in order."""
        rule, out = self.rule, []
        for y, se in zip(self.effects - rule.anchor.likelihood.centre, self.ses, strict=True):
            pull, rest = se**2 / (se**2 + rule.tau**2), rule.tau**2 / (se**2 + rule.tau**2)
            # An average of both, not one plus a difference: neither is lost beside the other.
            means = y * rest + pull * rule.offsets
            out.append(self._marginal(means, se**2 * rest + pull**2 * rule.variances, 2))
        return tuple(out)

    @property
    def _log_total(self) -> float:
        """Log integral of prior times likelihood over the likelihood at the anchor."""
        at = np.array(self.rule.anchor.log_tau)
        return float(self.rule.log_totals[0] + log_density_of_log(self.tau_prior, at))

    @property
    def log_marginal_likelihood(self) -> float:
        """Log probability density of the data under the model."""
        if self.mu_prior is None:
            return np.nan
        return self._log_total + self.rule.anchor.log_likelihood

    def bayes_factor(self, *, tau: float | None = None, mu: float | None = None) -> float:
        """Evidence for exactly this tau, or exactly this mu, over the model.

        Parameters
        ----------
        tau, mu : float
            One of the two, in the units of the effects; tau not negative.

        Returns
        -------
        float
            Above 1 favours it.

        Raises
        ------
        ValueError
            Unless one of the two is given.

        Examples
        --------
        >>> priors = {"tau_prior": HalfNormal(0.5), "mu_prior": Normal(0.0, 1.0)}
        >>> fit = normal_normal([0.4], [0.3], **priors)
        >>> round(fit.bayes_factor(mu=0.0), 4)
        1.6251
        """
        if (tau is None) == (mu is None):
            raise ValueError("give tau or mu, one of them")
        if self.mu_prior is None:
            return np.nan
        if mu is None:
            with np.errstate(divide="ignore"):
                step = np.log(np.array([tau], float)) - self.rule.anchor.log_tau
            return float(np.exp(self.rule.anchor.at(step)[1][0] - self._log_total))
        # Savage-Dickey: the posterior density of mu over its prior density, at that mu.
        z = (mu - self.mu_prior.mean) / self.mu_prior.sd
        prior = np.exp(-0.5 * z**2) / (self.mu_prior.sd * np.sqrt(2 * np.pi))
        return float(self.mu.pdf(mu) / prior)


def normal_normal(
    effects: ArrayLike, ses: ArrayLike, *, tau_prior: TauPrior, mu_prior: Normal | None = None
) -> NormalNormal:
    """Fit the normal-normal model to independent studies.

    Parameters
    ----------
    effects, ses : array_like
        Estimates and their standard errors, shape (k,), k at least 1.
    tau_prior : HalfNormal, HalfT, HalfCauchy, Uniform or LogNormal
        For tau, in the units of the effects.
    mu_prior : Normal, optional
        For mu; None is flat.

    Returns
    -------
    NormalNormal
        With `error`, a bound on the error of the quadrature.

    Raises
    ------
    ValueError
        For bad input: which argument, where and what is allowed.
    CannotIntegrateError
        Where 1e-7 cannot be reached, with the reason.

    References
    ----------
    Röver 2020, J Stat Softw 93(6), section 2.

    Examples
    --------
    >>> fit = normal_normal([-0.6, 0.3, -1.4], [0.3, 0.25, 0.6], tau_prior=HalfNormal(0.5))
    >>> round(fit.mu.mean, 3), round(fit.mu.sd, 3), round(fit.tau.mean, 3)
    (-0.392, 0.421, 0.548)
    >>> fit.theta_new.quantile([0.025, 0.975]).round(2).tolist()
    [-2.0, 1.08]
    >>> fit.error < 1e-7
    True
    """
    y, s = checked_effects(effects, ses)
    check_priors(tau_prior, mu_prior)
    rule = integrate(
        Likelihood.of(y, s, mu_prior), [tau_prior], [moments_of_tau(tau_prior, len(y), mu_prior)]
    )
    return NormalNormal(y, s, tau_prior, mu_prior, rule)


_AT_ONCE = 2**18  # numbers of a block of studies: as many as fit into the cache of a processor


def predicted_by_others(
    effects: ArrayLike, ses: ArrayLike, *, tau_prior: TauPrior
) -> Iterator[NormalMixture]:
    """What the other studies predict for the true effect of each study, mu flat.

    As `normal_normal(...).theta_new.mixture` of the others, at a cost that grows with the number of
    studies and not with its square: the nodes of all studies serve for nearly every posterior
    without one, and those for which they do not are integrated alone.

    Parameters
    ----------
    effects, ses : array_like
        As for `normal_normal`, shape (k,), k at least 2.
    tau_prior : TauPrior
        As for `normal_normal`.

    Yields
    ------
    NormalMixture
        For each study, in order.

    Raises
    ------
    ValueError, CannotIntegrateError
        As `normal_normal`.

    Examples
    --------
    >>> y, ses = [-0.6, 0.3, -1.4], [0.3, 0.25, 0.6]
    >>> first, *_ = predicted_by_others(y, ses, tau_prior=HalfNormal(0.5))
    >>> round(first.mean, 4)
    -0.2747
    >>> round(normal_normal(y[1:], ses[1:], tau_prior=HalfNormal(0.5)).theta_new.mean, 4)
    -0.2747
    """
    y, s = checked_effects(effects, ses)
    rule = normal_normal(y, s, tau_prior=tau_prior).rule
    moments, centre = moments_of_tau(tau_prior, len(y) - 1, None), rule.anchor.likelihood.centre
    block = max(1, _AT_ONCE // len(rule.steps))
    for start in range(0, len(y), block):
        found = without(rule, slice(start, start + block), moments)
        for place, is_resolved in enumerate(found.are_resolved):
            if is_resolved:
                sds = np.sqrt(found.variances[place] + rule.tau**2)
                yield NormalMixture(found.weights[place], found.offsets[place] + centre, sds)
            else:
                others = np.arange(len(y)) != start + place
                alone = normal_normal(y[others], s[others], tau_prior=tau_prior)
                yield alone.theta_new.mixture


def checked_effects(effects: ArrayLike, ses: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Effects and standard errors as arrays; errors as `normal_normal`."""
    for name, value in (("effects", effects), ("ses", ses)):
        if np.ma.is_masked(value):
            raise ValueError(f"{name} must have no masked values; leave these studies out")
    y, s = np.asarray(effects, float), np.asarray(ses, float)
    if y.ndim != 1 or y.shape != s.shape or len(y) == 0:
        raise ValueError(
            f"effects and ses must be of one length, at least 1; got {y.shape} and {s.shape}"
        )
    for name, bad, allowed in (
        ("effects", ~np.isfinite(y), "finite"),
        ("ses", ~np.isfinite(s) | (s <= 0), "finite and above 0"),
    ):
        if bad.any():
            raise ValueError(
                f"{name} must be {allowed}; not so at position {np.flatnonzero(bad)[0]}"
            )
    return y, s


def moments_of_tau(tau_prior: TauPrior, k: int, mu_prior: Normal | None) -> int:
    """How many moments of tau exist, up to 2.

    Its posterior falls as the prior does, and by a power k - 1 (flat mu) or k more.
    """
    power = tau_prior.tail + k - (1 if mu_prior is None else 0)
    return 2 if np.isinf(power) else int(np.clip(np.ceil(power) - 2, 0, 2))
