"""Prior distributions for tau, the SD of true effects between studies, and for their mean mu.

A prior for tau has a density, a lower and an upper end of the range of log tau where its shape
changes (`features`), the power of 1 / tau with which its density falls (`tail`), and the highest
tau that it allows (`upper`).

Peer: bayesmeta's `dhalfnormal`, `dhalft`, `dhalfcauchy`, `dunif` and `dlnorm`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


@dataclass(frozen=True)
class HalfNormal:
    """Half-normal prior for tau.

    Parameters
    ----------
    scale : float
        Above 0, in the units of the effects.

    Examples
    --------
    >>> round(float(np.exp(HalfNormal(2.0).log_density(0.0))), 4)  # sqrt(2 / pi) / 2
    0.3989
    """

    scale: float

    def log_density(self, tau: ArrayLike) -> np.ndarray:
        """Log density at tau (any shape), tau not negative."""
        z = np.asarray(tau, float) / self.scale
        return 0.5 * np.log(2 / np.pi) - np.log(self.scale) - 0.5 * z**2

    def log_ratio(self, log_tau: float, step: np.ndarray) -> np.ndarray:
        """Log of the density of log tau at log_tau + step over the one at log_tau.

        Written for small steps: no two large numbers are subtracted.
        """
        return step - 0.5 * np.exp(2 * (log_tau - np.log(self.scale))) * np.expm1(2 * step)

    @property
    def features(self) -> tuple[float, float]:
        return float(np.log(self.scale)), float(np.log(self.scale))

    tail = np.inf
    upper = np.inf


@dataclass(frozen=True)
class HalfT:
    """Half-t prior for tau.

    Parameters
    ----------
    df : float
        Degrees of freedom, above 0.
    scale : float
        Above 0, in the units of the effects.

    Examples
    --------
    >>> round(float(np.exp(HalfT(1.0, 2.0).log_density(0.0))), 4)  # 2 / (2 pi)
    0.3183
    """

    df: float
    scale: float

    def log_density(self, tau: ArrayLike) -> np.ndarray:
        """Log density at tau (any shape), tau not negative."""
        constant = special.gammaln((self.df + 1) / 2) - special.gammaln(self.df / 2)
        constant += np.log(2) - 0.5 * np.log(np.pi * self.df) - np.log(self.scale)
        z = np.asarray(tau, float) / self.scale
        return constant - (self.df + 1) / 2 * np.log1p(z**2 / self.df)

    def log_ratio(self, log_tau: float, step: np.ndarray) -> np.ndarray:
        """As `HalfNormal.log_ratio`."""
        squared = np.exp(2 * (log_tau - np.log(self.scale))) / self.df
        growth = squared / (1 + squared) * np.expm1(2 * step)
        plain = np.log1p(squared * np.exp(2 * step)) - np.log1p(squared)
        # Near -1 the logarithm of 1 + growth would lose what the plain difference keeps.
        small = np.abs(step) < 1
        grown = np.where(small, np.log1p(np.where(small, growth, 0.0)), plain)
        return step - (self.df + 1) / 2 * grown

    @property
    def features(self) -> tuple[float, float]:
        centre = float(np.log(self.scale))
        bend = centre + 0.5 * float(np.log(self.df))  # where the tail begins
        return min(centre, bend), max(centre, bend)

    @property
    def tail(self) -> float:
        return self.df + 1

    upper = np.inf


@dataclass(frozen=True)
class HalfCauchy:
    """Half-Cauchy prior for tau: half-t with one degree of freedom.

    Parameters
    ----------
    scale : float
        Above 0, in the units of the effects.

    Examples
    --------
    >>> bool(HalfCauchy(2.0).log_density(3.0) == HalfT(1.0, 2.0).log_density(3.0))
    True
    """

    scale: float

    def log_density(self, tau: ArrayLike) -> np.ndarray:
        """Log density at tau (any shape), tau not negative."""
        return HalfT(1.0, self.scale).log_density(tau)

    def log_ratio(self, log_tau: float, step: np.ndarray) -> np.ndarray:
        """As `HalfNormal.log_ratio`."""
        return HalfT(1.0, self.scale).log_ratio(log_tau, step)

    @property
    def features(self) -> tuple[float, float]:
        return HalfT(1.0, self.scale).features

    tail = 2.0
    upper = np.inf


@dataclass(frozen=True)
class Uniform:
    """Uniform prior for tau on [0, upper].

    Parameters
    ----------
    upper : float
        Above 0, in the units of the effects.

    Examples
    --------
    >>> np.exp(Uniform(4.0).log_density([1.0, 5.0])).tolist()
    [0.25, 0.0]
    """

    upper: float

    def log_density(self, tau: ArrayLike) -> np.ndarray:
        """Log density at tau (any shape), tau not negative."""
        return np.where(np.asarray(tau) <= self.upper, -np.log(self.upper), -np.inf)

    def log_ratio(self, log_tau: float, step: np.ndarray) -> np.ndarray:
        """As `HalfNormal.log_ratio`; -inf above the upper end."""
        # An end that was rounded belongs to the range.
        beyond = log_tau + step > np.log(self.upper) + 1e-12 * (1 + abs(log_tau))
        return np.where(beyond, -np.inf, step)

    @property
    def features(self) -> tuple[float, float]:
        return float(np.log(self.upper)), float(np.log(self.upper))

    tail = np.inf


@dataclass(frozen=True)
class LogNormal:
    """Log-normal prior for tau: log tau ~ N(mu, sigma^2).

    Parameters
    ----------
    mu, sigma : float
        Mean and SD of log tau; sigma above 0.

    Examples
    --------
    >>> round(float(np.exp(LogNormal(0.0, 1.0).log_density(1.0))), 4)  # 1 / sqrt(2 pi)
    0.3989
    """

    mu: float
    sigma: float

    def log_density(self, tau: ArrayLike) -> np.ndarray:
        """Log density at tau (any shape), tau above 0."""
        log_tau = np.log(tau)
        z = (log_tau - self.mu) / self.sigma
        return -0.5 * z**2 - log_tau - np.log(self.sigma) - 0.5 * np.log(2 * np.pi)

    def log_ratio(self, log_tau: float, step: np.ndarray) -> np.ndarray:
        """As `HalfNormal.log_ratio`."""
        return -0.5 * step * (step + 2 * (log_tau - self.mu)) / self.sigma**2

    @property
    def features(self) -> tuple[float, float]:
        return self.mu, self.mu

    tail = np.inf
    upper = np.inf


@dataclass(frozen=True)
class Normal:
    """Normal prior for mu.

    Parameters
    ----------
    mean, sd : float
        In the units of the effects; sd above 0.

    Examples
    --------
    >>> Normal(0.0, 4.0).sd
    4.0
    """

    mean: float
    sd: float


TauPrior = HalfNormal | HalfT | HalfCauchy | Uniform | LogNormal


def check_priors(tau_prior: TauPrior, mu_prior: Normal | None) -> None:
    """Refuse priors that are no distributions.

    Raises
    ------
    ValueError
        For a scale, df, upper, sigma or sd that is not above 0 and finite, and a mu or mean that is
        not finite.

    Examples
    --------
    >>> check_priors(HalfNormal(-1.0), None)
    Traceback (most recent call last):
    ValueError: HalfNormal: scale must be above 0; got -1.0
    """
    for prior in (tau_prior, mu_prior):
        for name, value in vars(prior).items() if prior is not None else ():
            allowed = "finite" if name in ("mu", "mean") or value > 0 else "above 0"
            if not np.isfinite(value) or (allowed == "above 0"):
                raise ValueError(f"{type(prior).__name__}: {name} must be {allowed}; got {value}")
