"""The Bayesian normal-normal model by deterministic quadrature: no sampling, no seed.

y_i ~ N(theta_i, se_i^2), theta_i ~ N(mu, tau^2). Given tau everything is normal, so that only
tau is integrated, and every marginal but tau's own is a mixture of normals over the nodes.

Peer: bayesmeta (Röver 2020, J Stat Softw 93(6)), whose section 2 derives the formulas used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.mixtures import NormalMixture, find_quantile

# Gauss-Legendre nodes in each of equal panels of x = tau / (tau + s). 288 nodes resolve a
# posterior whose width is 2% of tau (some 1000 studies) and the algebraic tail of a half-Cauchy.
_PANELS, _PER_PANEL = 24, 12
_LEGENDRE = np.polynomial.legendre.leggauss(_PER_PANEL)
NODES = _PANELS * _PER_PANEL


@dataclass(frozen=True)
class HalfNormal:
    """Half-normal prior for tau; scale above 0, in the units of the effects."""

    scale: float

    def log_density(self, tau: np.ndarray) -> np.ndarray:
        return 0.5 * np.log(2 / np.pi) - np.log(self.scale) - 0.5 * (tau / self.scale) ** 2

    tail = np.inf  # the power of 1 / tau with which the density falls
    upper = np.inf


@dataclass(frozen=True)
class HalfT:
    """Half-t prior for tau with df degrees of freedom; scale above 0, in the units of the effects."""

    df: float
    scale: float

    def log_density(self, tau: np.ndarray) -> np.ndarray:
        constant = special.gammaln((self.df + 1) / 2) - special.gammaln(self.df / 2)
        constant += np.log(2) - 0.5 * np.log(np.pi * self.df) - np.log(self.scale)
        return constant - (self.df + 1) / 2 * np.log1p((tau / self.scale) ** 2 / self.df)

    @property
    def tail(self) -> float:
        return self.df + 1

    upper = np.inf


@dataclass(frozen=True)
class HalfCauchy:
    """Half-Cauchy prior for tau; scale above 0, in the units of the effects."""

    scale: float

    def log_density(self, tau: np.ndarray) -> np.ndarray:
        return HalfT(1.0, self.scale).log_density(tau)

    tail = 2.0
    upper = np.inf


@dataclass(frozen=True)
class Uniform:
    """Uniform prior for tau on [0, upper], in the units of the effects."""

    upper: float

    def log_density(self, tau: np.ndarray) -> np.ndarray:
        return np.where(tau <= self.upper, -np.log(self.upper), -np.inf)

    tail = np.inf


@dataclass(frozen=True)
class LogNormal:
    """Log-normal prior for tau: log tau ~ N(mu, sigma^2)."""

    mu: float
    sigma: float

    def log_density(self, tau: np.ndarray) -> np.ndarray:
        z = (np.log(tau) - self.mu) / self.sigma
        return -0.5 * z**2 - np.log(tau * self.sigma) - 0.5 * np.log(2 * np.pi)

    tail = np.inf
    upper = np.inf


@dataclass(frozen=True)
class Normal:
    """Normal prior for mu, in the units of the effects; sd above 0."""

    mean: float
    sd: float


TauPrior = HalfNormal | HalfT | HalfCauchy | Uniform | LogNormal


@dataclass(frozen=True)
class Marginal:
    """A posterior distribution of mu, of a study's effect, or of a new study's (theta_new).

    mean and sd are nan and inf where the tail of tau's posterior leaves them without a value.
    """

    mixture: NormalMixture
    moments: int  # how many moments exist: 0, 1 or 2 (and more)

    @property
    def mean(self) -> float:
        return self.mixture.mean if self.moments >= 1 else np.nan

    @property
    def sd(self) -> float:
        return self.mixture.sd if self.moments >= 2 else np.inf

    def pdf(self, x: ArrayLike) -> np.ndarray:
        return self.mixture.pdf(x)

    def cdf(self, x: ArrayLike) -> np.ndarray:
        return self.mixture.cdf(x)

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        return self.mixture.quantile(probability)


@dataclass(frozen=True)
class TauPosterior:
    """The posterior of tau: mean, sd, density, distribution, quantiles."""

    model: NormalNormal
    moments: int

    @property
    def mean(self) -> float:
        return float(self.model.weights @ self.model.nodes) if self.moments >= 1 else np.inf

    @property
    def sd(self) -> float:
        if self.moments < 2:
            return np.inf
        return float(np.sqrt(self.model.weights @ (self.model.nodes - self.mean) ** 2))

    def pdf(self, tau: ArrayLike) -> np.ndarray:
        """Density at tau (any shape); 0 below 0."""
        tau = np.asarray(tau, float)
        inside = (tau > 0) & (tau <= self.model.tau_prior.upper)
        out = np.zeros(tau.shape)
        out[inside] = np.exp(self.model.log_joint(tau[inside]) - self.model.log_total)
        return out

    def cdf(self, tau: ArrayLike) -> np.ndarray:
        """Probability of at most tau (any shape)."""
        tau = np.clip(np.asarray(tau, float), 0.0, self.model.tau_prior.upper)
        return self.model.below(np.minimum(tau / (tau + self.model.scale), self.model.edges[-1]))

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """The value with that probability below it; probabilities strictly inside (0, 1)."""
        p = np.asarray(probability, float)
        if np.any(~((p > 0) & (p < 1))):
            raise ValueError(f"probability must lie between 0 and 1; got {probability}")
        model, sums = self.model, np.cumsum(self.model.panel_sums)
        panel = np.minimum(np.searchsorted(sums, p, side="right"), _PANELS - 1)
        low, high = model.edges[panel], np.minimum(model.edges[panel + 1], 1 - 1e-15)
        x = find_quantile(p, model.below, model.density_in_x, low, high, (low + high) / 2, 0.0)
        return model.tau_of(x)


@dataclass(frozen=True)
class NormalNormal:
    """A fitted normal-normal model.

    mu: overall mean; tau: spread between studies; theta_new: true effect of a new study;
    shrinkage: each study's own effect, in order. log_marginal_likelihood and the Bayes factors
    are nan under a flat prior for mu, which is not a distribution.
    """

    effects: np.ndarray
    ses: np.ndarray
    tau_prior: TauPrior
    mu_prior: Normal | None
    scale: float
    edges: np.ndarray

    def tau_of(self, x: ArrayLike) -> np.ndarray:
        return self.scale * x / (1 - x)

    def given_tau(self, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean and variance of mu, and log likelihood, at each tau (Röver 2020, eqs. 7 to 10)."""
        total = self.ses**2 + tau[..., None] ** 2
        w = 1 / total
        precision, weighted = w.sum(-1), w @ self.effects
        log_likelihood = -0.5 * (np.log(2 * np.pi * total).sum(-1) + w @ self.effects**2)
        if self.mu_prior is None:
            log_likelihood = log_likelihood + 0.5 * np.log(2 * np.pi / precision)
        else:
            prior = 1 / self.mu_prior.sd**2
            log_likelihood = log_likelihood - 0.5 * (
                self.mu_prior.mean**2 * prior + np.log((precision + prior) / prior)
            )
            precision, weighted = precision + prior, weighted + prior * self.mu_prior.mean
        mean = weighted / precision
        return mean, 1 / precision, log_likelihood + 0.5 * mean * weighted

    def log_joint(self, tau: np.ndarray) -> np.ndarray:
        """Log of prior density times likelihood, unnormalised over tau."""
        return self.given_tau(tau)[2] + self.tau_prior.log_density(tau)

    def density_in_x(self, x: np.ndarray) -> np.ndarray:
        """Posterior density of x = tau / (tau + scale)."""
        log_density = self.log_joint(self.tau_of(x)) - self.log_total
        return np.exp(log_density) * self.scale / (1 - x) ** 2

    def below(self, x: np.ndarray) -> np.ndarray:
        """Posterior probability of at most x: whole panels, and the begun one integrated anew."""
        x = np.asarray(x, float)
        panel = np.clip(np.searchsorted(self.edges, x, side="right") - 1, 0, _PANELS - 1)
        before = np.concatenate([[0.0], np.cumsum(self.panel_sums)])[panel]
        half = (x - self.edges[panel])[..., None] / 2
        nodes = self.edges[panel][..., None] + half * (_LEGENDRE[0] + 1)
        begun = (half * _LEGENDRE[1] * self.density_in_x(nodes)).sum(-1)
        return np.minimum(before + begun, 1.0)

    @cached_property
    def rule(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes of tau, and the log of what each stands for in an integral over tau."""
        half = np.diff(self.edges)[:, None] / 2
        x = (self.edges[:-1, None] + half * (_LEGENDRE[0] + 1)).ravel()
        measure = np.log((half * _LEGENDRE[1]).ravel()) + np.log(self.scale) - 2 * np.log1p(-x)
        return self.tau_of(x), measure

    @cached_property
    def _integrated(self) -> tuple[np.ndarray, float]:
        log_values = self.log_joint(self.nodes) + self.rule[1]
        total = special.logsumexp(log_values)
        return np.exp(log_values - total), float(total)

    @property
    def nodes(self) -> np.ndarray:
        return self.rule[0]

    @property
    def weights(self) -> np.ndarray:
        return self._integrated[0]

    @property
    def log_total(self) -> float:
        return self._integrated[1]

    @cached_property
    def panel_sums(self) -> np.ndarray:
        return self.weights.reshape(_PANELS, _PER_PANEL).sum(1)

    @property
    def moments(self) -> int:
        """Moments of tau that exist: its posterior falls as the prior does, and a power k - 1 (or k)."""
        power = self.tau_prior.tail + len(self.effects) - (1 if self.mu_prior is None else 0)
        return 2 if np.isinf(power) else int(np.clip(np.ceil(power) - 2, 0, 2))

    @cached_property
    def _given_nodes(self) -> tuple[np.ndarray, np.ndarray]:
        mean, variance, _ = self.given_tau(self.nodes)
        return mean, variance

    @property
    def mu(self) -> Marginal:
        mean, variance = self._given_nodes
        moments = 2 if self.mu_prior is not None else self.moments
        return Marginal(NormalMixture(self.weights, mean, np.sqrt(variance)), moments)

    @property
    def tau(self) -> TauPosterior:
        return TauPosterior(self, self.moments)

    @property
    def theta_new(self) -> Marginal:
        mean, variance = self._given_nodes
        spread = np.sqrt(variance + self.nodes**2)
        return Marginal(NormalMixture(self.weights, mean, spread), self.moments)

    @property
    def shrinkage(self) -> tuple[Marginal, ...]:
        mean, variance = self._given_nodes
        tau2 = self.nodes**2
        out = []
        for y, se in zip(self.effects, self.ses, strict=True):
            pull = se**2 / (se**2 + tau2)
            spread = np.sqrt(tau2 * pull + pull**2 * variance)
            out.append(Marginal(NormalMixture(self.weights, y + pull * (mean - y), spread), 2))
        return tuple(out)

    @property
    def log_marginal_likelihood(self) -> float:
        return np.nan if self.mu_prior is None else self.log_total

    def bayes_factor(self, *, tau: float | None = None, mu: float | None = None) -> float:
        """Evidence for exactly this tau, or exactly this mu, over the model; above 1 favours it.

        Raises ValueError unless one of the two is given.
        """
        if (tau is None) == (mu is None):
            raise ValueError("give tau or mu, one of them")
        if self.mu_prior is None:
            return np.nan
        if tau is not None:
            return float(np.exp(self.given_tau(np.array([tau]))[2][0] - self.log_total))
        # Savage-Dickey: the posterior density of mu over its prior density, at that mu.
        z = (mu - self.mu_prior.mean) / self.mu_prior.sd
        prior = np.exp(-0.5 * z**2) / (self.mu_prior.sd * np.sqrt(2 * np.pi))
        return float(self.mu.pdf(mu) / prior)


def normal_normal(
    effects: ArrayLike, ses: ArrayLike, *, tau_prior: TauPrior, mu_prior: Normal | None = None
) -> NormalNormal:
    """Fit the normal-normal model to k independent studies.

    effects, ses: length k, k at least 1. tau_prior: a prior of this module for tau. mu_prior:
    Normal, or None for a flat one. Raises ValueError for bad input, saying which argument, where
    and what is allowed.
    """
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
    check_priors(tau_prior, mu_prior)
    scale = float(np.sqrt(np.median(s) ** 2 + y.var()))
    last = 1.0 if np.isinf(tau_prior.upper) else tau_prior.upper / (tau_prior.upper + scale)
    return NormalNormal(y, s, tau_prior, mu_prior, scale, np.linspace(0.0, last, _PANELS + 1))


def check_priors(tau_prior: TauPrior, mu_prior: Normal | None) -> None:
    """Raises ValueError for a scale, df, upper, sigma or sd of a prior that is not above 0."""
    for prior in (tau_prior, mu_prior):
        for name in ("scale", "df", "upper", "sigma", "sd"):
            value = vars(prior).get(name) if prior is not None else None
            if value is not None and not value > 0:
                raise ValueError(f"{type(prior).__name__}: {name} must be above 0; got {value}")
