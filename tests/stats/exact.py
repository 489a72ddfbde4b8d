"""A slow, exact pool to hold the fast one against: textbook formulas with 80 digits.

    python -m tests.stats.exact 10000    # how many of so many random sets are missed

Roots are bracketed on a fine grid in double precision, by pairwise sums that have terms of one sign;
each is then found with 80 digits, and so is the height of its likelihood. Nothing here is shared
with the package.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import mpmath
import numpy as np
from mpmath import mp, mpf

from evidence_review.stats.synthesis import random_effects

mp.dps = 80
# Steps of the grid, as a ratio of tau2 plus the smallest variance.
RATIO = 1.02


class Exact:
    """One set of studies, and what each estimator makes of it."""

    def __init__(self, y, v):
        self.floats = np.asarray(y, float), np.asarray(v, float)
        self.y, self.v = [mpf(float(x)) for x in y], [mpf(float(x)) for x in v]
        self.k = len(self.y)

    def weights(self, t):
        return [1 / (v + t) for v in self.v]

    def mean(self, w):
        return mpmath.fdot(w, self.y) / mpmath.fsum(w)

    def q(self, w):
        mean = self.mean(w)
        return mpmath.fsum(a * (y - mean) ** 2 for a, y in zip(w, self.y, strict=True))

    def projection(self, w):
        total = mpmath.fsum(w)
        return [
            [(a if i == j else 0) - a * b / total for j, b in enumerate(w)] for i, a in enumerate(w)
        ]

    def trace(self, w, s=None):
        p = self.projection(w)
        return mpmath.fsum(p[i][i] * (1 if s is None else s[i]) for i in range(self.k))

    def trace_of_squares(self, w, s=None):
        p, s = self.projection(w), s or [1] * self.k
        rows = range(self.k)
        return mpmath.fsum(p[i][j] ** 2 * s[i] * s[j] for i in rows for j in rows)

    def score(self, t, kind):
        """Falls through 0 at the estimate."""
        w = self.weights(t)
        if kind == "PM":
            return self.q(w) - (self.k - 1)
        mean = self.mean(w)
        shown = mpmath.fsum((a * (y - mean)) ** 2 for a, y in zip(w, self.y, strict=True))
        return shown - (self.trace(w) if kind == "REML" else mpmath.fsum(w))

    def height(self, t, kind):
        w = self.weights(t)
        restriction = mpmath.log(mpmath.fsum(w)) if kind == "REML" else 0
        return -(mpmath.fsum(mpmath.log(v + t) for v in self.v) + restriction + self.q(w)) / 2

    def roots(self, kind) -> Iterator[mpf]:
        y, v = self.floats
        gaps, others = y[:, None] - y, 1 - np.eye(self.k)
        low, high = v.min(), 10 * (v.max() + self.k * (gaps**2).max())
        steps = int(np.log(high / low) / np.log(RATIO)) + 2
        grid = np.concatenate([[0.0], low * np.geomspace(RATIO - 1, high / low, steps)])
        w = 1 / (v[:, None] + grid)
        total = w.sum(0)
        u = w * np.einsum("ij,jt->it", gaps, w) / total
        if kind == "PM":
            values = (u**2 / w).sum(0) - (self.k - 1)
        else:
            expected = (w * (others @ w)).sum(0) / total if kind == "REML" else total
            values = (u**2).sum(0) - expected
        for i in np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0)):
            ends = mpf(float(grid[i])), mpf(float(grid[i + 1]))
            yield mpmath.findroot(
                lambda t: self.score(t, kind), ends, solver="anderson", tol=1e-60, verify=False
            )

    def tau2(self, method):
        if method in ("ML", "REML"):
            return max([mpf(0), *self.roots(method)], key=lambda t: self.height(t, method))
        return max(mpf(0), CLOSED[method](self))

    def tau2_se(self, method, t):
        w0, w, k = self.weights(mpf(0)), self.weights(t), self.k
        s = [v + t for v in self.v]
        moments = lambda weights, divisor: (
            mpmath.sqrt(2 * self.trace_of_squares(weights, s)) / divisor
        )
        guess = self.guess()
        return {
            "DL": lambda: moments(w0, self.trace(w0)),
            "HE": lambda: moments([mpf(1)] * k, k - 1),
            "HS": lambda: moments(w0, mpmath.fsum(w0)),
            "SJ": lambda: guess * moments(self.weights(guess), k - 1),
            "PM": lambda: mpmath.sqrt(mpf(2) * k**2 / (k - 1)) / mpmath.fsum(w),
            "EB": lambda: mpmath.sqrt(mpf(2) * k**2 / (k - 1)) / mpmath.fsum(w),
            "ML": lambda: mpmath.sqrt(2 / mpmath.fsum(a**2 for a in w)),
            "REML": lambda: mpmath.sqrt(2 / self.trace_of_squares(w)),
        }[method]()

    def guess(self):
        return self.q([mpf(1)] * self.k) / self.k

    def kenward_roger(self, t, tau2_se):
        """Squared standard error of the mean, and degrees of freedom."""
        s1, s2, s3 = (mpmath.fsum(a**j for a in self.weights(t)) for j in (1, 2, 3))
        variance = 1 / s1 + 2 * tau2_se**2 * (s3 - s2**2 / s1) / s1**2
        return variance, 2 / (tau2_se * variance * s2) ** 2


def _sidik_jonkman(one: Exact):
    guess = one.guess()
    return guess * one.q(one.weights(guess)) / (one.k - 1) if guess else mpf(0)


def _by_moments(one: Exact, w):
    return (one.q(w) - one.trace(w, one.v)) / one.trace(w)


CLOSED: dict[str, Callable[[Exact], mpf]] = {
    "DL": lambda one: _by_moments(one, one.weights(mpf(0))),
    "HE": lambda one: _by_moments(one, [mpf(1)] * one.k),
    "HS": lambda one: (one.q(w := one.weights(mpf(0))) - one.k) / mpmath.fsum(w),
    "SJ": _sidik_jonkman,
    "PM": lambda one: max(one.roots("PM"), default=mpf(0)),
    "EB": lambda one: max(one.roots("PM"), default=mpf(0)),
}
METHODS = (*CLOSED, "ML", "REML")


def random_sets(number: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Sets of 2 to 8 studies whose effects and standard errors are of scales from 1e-6 to 1e6.

    A quarter of the sets mixes all of these scales, the others 1e-3 to 1e3, 0.03 to 30, 0.3 to 3,
    where likelihoods with several maxima are most frequent.
    """
    rng = np.random.default_rng(seed)
    for place in range(number):
        k, decades = int(rng.integers(2, 9)), (6.0, 3.0, 1.5, 0.5)[place % 4]
        scales = 10 ** rng.uniform(-decades, decades, (2, k))
        yield scales[0] * rng.normal(size=k), scales[1] ** 2


def misses(number: int, seed: int) -> list[str]:
    """What differs from the exact answer, in words; empty if nothing does.

    tau2 to 1e-8 of itself, or of a thousandth of the median variance; where it is a difference of
    larger terms (the closed forms), to 1e-13 of these. Estimates, at that tau2, to 1e-8 of their
    standard error and the rounding of the number itself; standard errors to 1e-7.
    """
    found = []
    for place, (y, v) in enumerate(random_sets(number, seed)):
        one = Exact(y, v)
        for method in METHODS:
            t = one.tau2(method)
            fit = random_effects(y, v, tau2=method, ci="z")
            w = one.weights(mpf(fit.tau2))
            mean, se = one.mean(w), 1 / mpmath.sqrt(mpmath.fsum(w))
            terms = 0.0
            if method in ("DL", "HE", "HS"):
                unit = [mpf(1)] * one.k if method == "HE" else one.weights(mpf(0))
                terms = float(one.q(unit) / one.trace(unit)) + float(max(v))
            compared = {
                "tau2": (fit.tau2, t, 1e-8 * max(float(t), 1e-3 * np.median(v)) + 1e-13 * terms),
                "tau2_se": (fit.tau2_se, (exact := one.tau2_se(method, t)), 1e-7 * float(exact)),
                "estimate": (fit.estimate, mean, 1e-8 * float(se) + 1e-15 * abs(float(mean))),
                "se": (fit.se, se, 1e-7 * float(se)),
            }
            if method == "REML":
                kr = random_effects(y, v, ci="kr")
                variance, df = one.kenward_roger(t, exact)
                root = mpmath.sqrt(variance)
                compared["kr se"] = kr.se, root, 1e-7 * float(root)
                compared["kr df"] = kr.df, df, 1e-6 * float(df)
                factor = mpmath.sqrt(one.q(w) / (one.k - 1))
                knha = random_effects(y, v, ci="knha")
                compared["knha se"] = knha.se, se * factor, 1e-7 * float(se * factor + se / 100)
            found += [
                f"set {place} ({method}): {name} {own!r}, right {mpmath.nstr(right, 12)}"
                for name, (own, right, allowed) in compared.items()
                if not abs(own - float(right)) <= allowed
            ]
    return found


if __name__ == "__main__":
    total = int(sys.argv[1])
    missed = misses(total, seed=20261128)
    print("\n".join(missed[:40]))
    print(f"{len(missed)} misses in {total:,} sets, {len(METHODS)} estimators")
