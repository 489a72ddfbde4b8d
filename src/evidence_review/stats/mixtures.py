"""A mixture of normal distributions as a value: moments, density, distribution, quantiles.

Peer: RBesT's `mixnorm` with `dmix`, `pmix`, `qmix`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr


@dataclass(frozen=True)
class NormalMixture:
    """Weights (adding to 1), means and standard deviations, each of shape (n,)."""

    weights: np.ndarray
    means: np.ndarray
    sds: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.weights @ self.means)

    @property
    def sd(self) -> float:
        centred = self.means - self.mean
        return float(np.sqrt(self.weights @ (self.sds**2 + centred**2)))

    def pdf(self, x: ArrayLike) -> np.ndarray:
        """Density at x (any shape)."""
        z = (np.asarray(x, float)[..., None] - self.means) / self.sds
        return np.exp(-0.5 * z**2) @ (self.weights / self.sds) / np.sqrt(2 * np.pi)

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """Probability of at most x (any shape)."""
        return ndtr((np.asarray(x, float)[..., None] - self.means) / self.sds) @ self.weights

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """The value with that probability below it; probabilities strictly inside (0, 1).

        Nine standard deviations of every component bracket all that double precision can tell.
        """
        p = np.asarray(probability, float)
        if np.any(~((p > 0) & (p < 1))):
            raise ValueError(f"probability must lie between 0 and 1; got {probability}")
        centre, spread = self.weights @ self.means, self.sds.min()
        low = np.full(p.shape, (self.means - 9 * self.sds).min())
        high = np.full(p.shape, (self.means + 9 * self.sds).max())
        return find_quantile(p, self.cdf, self.pdf, low, high, np.full(p.shape, centre), spread)


def find_quantile(
    p: np.ndarray,
    cdf: Callable[[np.ndarray], np.ndarray],
    pdf: Callable[[np.ndarray], np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    start: np.ndarray,
    unit: float,
) -> np.ndarray:
    """x with cdf(x) = p, for all p at once, by Newton steps inside [low, high].

    Bisection where a step leaves the bracket; done when no step is above 1e-12 of |x| + unit.
    Raises RuntimeError if that is not reached.
    """
    x = start
    for _ in range(200):
        excess = cdf(x) - p
        low, high = np.where(excess < 0, x, low), np.where(excess < 0, high, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = excess / pdf(x)
        small = np.abs(step) <= 1e-12 * (np.abs(x) + unit)
        inside = (x - step > low) & (x - step < high)
        after = np.where(inside | small, x - step, 0.5 * (low + high))
        if np.all(small | (high - low <= 1e-14 * (np.abs(x) + unit))):
            return after
        x = after
    raise RuntimeError("quantile did not converge in 200 steps")
