"""A slow reference for the normal-normal model: its definition in mpmath with 45 digits.

Nothing of the package is used. Gauss-Legendre panels in log tau, doubling in width away from each
peak, 32 nodes each; peaks by a scan and golden section. Only sums of positive numbers and normal
probabilities, at nodes that are exact, are left to double precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import mpmath as mp
import numpy as np
from scipy.special import ndtr

DIGITS = 45
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)


@dataclass(frozen=True)
class Exact:
    """weights of nodes; tau, mean of mu (less centre), its variance, at each."""

    weights: np.ndarray
    tau: np.ndarray
    offsets: np.ndarray
    variances: np.ndarray
    centre: mp.mpf
    log_marginal: float

    def spread(self, part: str) -> np.ndarray:
        return self.variances + (self.tau**2 if part == "theta_new" else 0.0)

    def mean(self) -> float:
        """Less centre."""
        return float(self.weights @ self.offsets)

    def sd(self, part: str) -> float:
        return float(
            np.sqrt(self.weights @ (self.spread(part) + (self.offsets - self.mean()) ** 2))
        )

    def tau_mean(self) -> float:
        return float(self.weights @ self.tau)

    def tau_sd(self) -> float:
        return float(np.sqrt(self.weights @ (self.tau - self.tau_mean()) ** 2))

    def less_centre(self, x: float) -> float:
        with mp.workdps(DIGITS):
            return float(mp.mpf(float(x)) - self.centre)

    def cdf_pdf(self, part: str, x: float) -> tuple[float, float]:
        """At x less centre."""
        sd = np.sqrt(self.spread(part))
        z = (x - self.offsets) / sd
        density = np.exp(-0.5 * z**2) / sd / np.sqrt(2 * np.pi)
        return float(self.weights @ ndtr(z)), float(self.weights @ density)


def exact(y, s, log_prior, features, moments, mu_prior=None, upper=None) -> Exact:
    """log_prior: log density of log tau in mpmath. features: log tau where the prior changes.

    moments: of tau to resolve. mu_prior: (mean, sd) or None. upper: log of the highest tau, if there is one.
    """
    with mp.workdps(DIGITS):
        return _exact(y, s, log_prior, features, moments, mu_prior, upper)


def _exact(y, s, log_prior, features, moments, mu_prior, upper) -> Exact:
    y, v = [mp.mpf(float(x)) for x in y], [mp.mpf(float(x)) ** 2 for x in s]

    def given(u):
        widening = mp.exp(2 * u)
        total = [x + widening for x in v]
        w = [1 / x for x in total]
        precision, weighted = mp.fsum(w), mp.fdot(w, y)
        if mu_prior is not None:
            tight = 1 / mp.mpf(mu_prior[1]) ** 2
            precision, weighted = precision + tight, weighted + tight * mp.mpf(mu_prior[0])
        mean = weighted / precision
        squares = mp.fsum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
        determinant = precision * mp.fprod(total)
        if mu_prior is not None:
            squares += tight * (mp.mpf(mu_prior[0]) - mean) ** 2
            determinant /= tight
        return mean, 1 / precision, -(squares + mp.log(determinant)) / 2 + log_prior(u)

    height = lambda u: given(u)[2]
    sds = [mp.sqrt(x) for x in v]
    reach = max([*(abs(a - b) for a in y for b in y), *sds])
    if mu_prior is not None:
        reach = max(reach, *(abs(a - mp.mpf(mu_prior[0])) for a in y), mp.mpf(mu_prior[1]))
    low = min(mp.log(min(sds)), mp.log(min(v) / reach), *features) - 3
    high = max(mp.log(reach), *features) + 4
    if upper is not None:
        high = min(high, upper)
    step = mp.mpf("0.4")
    us = [low + step * i for i in range(int((high - low) / step) + 1)] + [high]
    gs = [height(u) for u in us]
    # Outwards until nothing is left, also of the moments.
    top = max(gs)
    while gs[0] > top - 45:
        us.insert(0, us[0] - 3)
        gs.insert(0, height(us[0]))
    lifted = lambda u, g: g + moments * (u - high)
    while (
        upper is None
        and us[-1] < 600
        and (gs[-1] > top - 45 or lifted(us[-1], gs[-1]) > max(map(lifted, us, gs)) - 45)
    ):
        us.append(us[-1] + 3)
        gs.append(height(us[-1]))
    peaks, widths = [], []
    for i in range(len(us)):
        around = [j for j in (i - 1, i + 1) if 0 <= j < len(us)]
        drops = [gs[i] - gs[j] for j in around]
        if min(drops) < 0 or gs[i] + max(drops) < top - 60:
            continue
        at = _golden(height, us[max(i - 1, 0)], us[min(i + 1, len(us) - 1)])
        width = mp.mpf(1)
        while (
            width > mp.mpf("1e-32")
            and 2 * height(at)
            - height(at - width)
            - height(at + width if upper is None or at + width <= upper else at)
            > 2
        ):
            width /= 2
        peaks.append(at)
        widths.append(width)
    edges = {us[0], us[-1], *peaks}
    for at, width in zip(peaks, widths, strict=True):
        for side in (-1, 1):
            u, w = at, width
            while us[0] < u + side * w < us[-1]:
                u += side * w
                edges.add(u)
                w = min(2 * w, mp.mpf(3))
    edges = sorted(edges)
    best = max(height(at) for at in peaks)
    centre = given(max(peaks, key=height))[0]
    rows = []
    for a, b in pairwise(edges):
        middle, half = (a + b) / 2, (b - a) / 2
        if half == 0 or (max(map(height, (a, middle, b))) < best - 80 and b - a < 1):
            continue
        for x, w in zip(NODES, WEIGHTS, strict=True):
            u = middle + half * mp.mpf(float(x))
            mean, variance, g = given(u)
            rows.append(
                (float(mp.log(half) + g - best) + np.log(w), mp.exp(u), mean - centre, variance)
            )
    logs, *values = np.array([[float(x) for x in row] for row in rows]).T
    masses = np.exp(logs)
    constant = -(len(y) - (mu_prior is None)) / 2 * mp.log(2 * mp.pi)
    log_marginal = float(best + mp.log(float(masses.sum())) + constant)
    return Exact(masses / masses.sum(), *values, centre, log_marginal)


def _golden(function, low, high):
    ends = (low, high)
    ratio = (mp.sqrt(5) - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    fa, fb = function(a), function(b)
    for _ in range(140):
        if fa > fb:
            high, b, fb = b, a, fa
            a = high - ratio * (high - low)
            fa = function(a)
        else:
            low, a, fa = a, b, fb
            b = low + ratio * (high - low)
            fb = function(b)
    return max((low, high, (low + high) / 2, *ends), key=function)
