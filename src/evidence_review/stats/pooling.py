"""The one engine of pooling: weighted least squares of studies on a design matrix, many sets at once.

The model is y = X b + error with error ~ N(0, diag(v + tau2)); the mean of a pool is the design
with one column of ones. Every estimator of tau2, every standard error and every interval is made
of a few sums over P = W - WX(X'WX)^-1X'W with W = diag(w) (Viechtbauer 2005), which are here.

Arrays have studies along the first axis and sets along the last. Weights of one set can differ by
a factor of 1e24, and then sums such as sum(w) - sum(w^2) / sum(w) lose every digit. So p studies
of great weight, the pivots, are put first, and the others are seen relative to them: with
X_rest = C X_pivots and z = y_rest - C y_pivots every sum that matters has terms of one sign.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class Sets:
    """Sets of studies, standardised: centred on a pivot, the smallest variance of each set is 1.

    `scale` (m,) is that variance in the squared units of y. `studies`, `coefficients`: how many
    studies each set has (m,), and columns the design. v, present: (k, m), pivots first. z:
    (k - p, m). c: (k - p, p, m), or None for a design of ones. smallest, largest: variances of
    each set, the first of them 1.
    """

    def __init__(self, y: Floats, v: Floats, present: Floats, design: Floats | None = None):
        """y, v, present: (k, m), finite everywhere; present is 0 where a set has no such study.

        design: (k, p) of full rank, for one set (m = 1) with all studies present; None: a mean.
        """
        there = present > 0
        if design is None:
            self.coefficients = 1
            place, columns = np.where(there, v, np.inf).argmin(0), np.arange(y.shape[1])
            y, v, present = (_first(x, place, columns) for x in (y, v, present))
            self.scale, self.pivots = v[0].copy(), y[:1].copy()
            self.c, self.basis, z = None, np.ones((1, 1)), y[1:] - y[0]
        else:
            from scipy.linalg import qr

            self.coefficients = p = design.shape[1]
            heaviest = np.asarray(qr((design / np.sqrt(v)).T, mode="r", pivoting=True)[-1])
            order = np.concatenate([heaviest[:p], np.sort(heaviest[p:])])
            y, v, present, design = y[order], v[order], present[order], design[order]
            self.scale, self.pivots, self.basis = v.min(0), y[:p], design[:p]
            c = np.linalg.solve(self.basis.T, design[p:].T).T
            self.c, z = c[:, :, None], y[p:] - c @ y[:p]
        self.present, self.studies = present, present.sum(0)
        self.v = np.where(present > 0, v / self.scale, 1.0)
        self.z = z / np.sqrt(self.scale) * present[self.coefficients :]
        self.largest = self.v.max(0)

    def only(self, columns: NDArray) -> Sets:
        """Some of the sets, by number or by mask."""
        some = object.__new__(Sets)
        some.coefficients, some.basis = self.coefficients, self.basis
        some.c = None if self.c is None else self.c[:, :, columns]
        for name in ("v", "present", "z", "pivots"):
            setattr(some, name, getattr(self, name)[:, columns])
        for name in ("scale", "studies", "largest"):
            setattr(some, name, getattr(self, name)[columns])
        return some

    @property
    def df(self) -> Floats:
        """Degrees of freedom: studies less coefficients, (m,)."""
        return self.studies - self.coefficients

    def weights(self, tau2: Floats | float) -> Floats:
        """1 / (v + tau2), 0 where absent: (k, m)."""
        w = self.v + tau2
        return np.divide(self.present, w, out=w)

    def fit(self, tau2: Floats | float) -> Fit:
        """The weighted fit at tau2, in the units of `scale`."""
        return Fit(self, self.weights(tau2))

    def spread(self) -> Floats:
        """Variance of the effects about their plain mean, divided by their number: (m,)."""
        first, others = np.zeros_like(self.pivots), self.z
        if self.c is not None:
            first = self.pivots / np.sqrt(self.scale)
            others = self.z + np.einsum("rpm,pm->rm", self.c, first)
        mean = (first.sum(0) + others.sum(0)) / self.studies
        rest = self.present[self.coefficients :]
        return (((first - mean) ** 2).sum(0) + dot(rest, (others - mean) ** 2)) / self.studies

    def most_residual(self) -> Floats:
        """At least the residual sum of squares of the fit with equal weights: (m,)."""
        return dot(self.z, self.z)

    def log_likelihood(self, tau2: Floats, restricted: bool) -> Floats:
        """Profile log-likelihood at tau2, up to a constant of the set: (m,)."""
        fit = self.fit(tau2)
        twice = (np.log(self.v + tau2) * self.present).sum(0) + fit.q
        return -0.5 * (twice + fit.log_determinant if restricted else twice)


class Fit:
    """Weighted least squares at weights w (k, m), and the sums over its P; each of shape (m,).

    b: (p, m) fitted values at the pivots less their effects. q: y'Py, the weighted residual sum of
    squares. total: (p, p, m) X'WX with the identity at the pivots; inverse: the covariance of b where
    w are inverse variances.
    """

    total: Floats
    inverse: Floats

    def __init__(self, sets: Sets, w: Floats):
        self.c = sets.c
        self.w, self.top, self.rest = w, w[: sets.coefficients], w[sets.coefficients :]
        self.gram = self._cross(self.rest)
        if sets.c is None:
            self.total = self.gram + self.top
            self.inverse = 1 / self.total
            self.b = dot(self.rest, sets.z) * self.inverse[0]
            self.residual = sets.z - self.b
        else:
            self.total = self.gram + self.top[:, None] * np.eye(len(self.top))[:, :, None]
            self.inverse = np.linalg.inv(self.total.transpose(2, 0, 1)).transpose(1, 2, 0)
            right = np.einsum("rpm,rm->pm", sets.c, self.rest * sets.z)
            self.b = np.einsum("pqm,qm->pm", self.inverse, right)
            self.residual = sets.z - np.einsum("rpm,pm->rm", sets.c, self.b)
        # Py at the other studies, and -Py at the pivots.
        self.u, self.u_top = self.rest * self.residual, self.top * self.b

    def _cross(self, left: Floats, right: Floats | None = None) -> Floats:
        """C' diag(left right) C: (p, p, m)."""
        if self.c is None:
            return (left.sum(0) if right is None else dot(left, right))[None, None]
        rows = left if right is None else left * right
        return np.einsum("rpm,rm,rqm->pqm", self.c, rows, self.c)

    @property
    def q(self) -> Floats:
        return dot(self.u, self.residual) + dot(self.u_top, self.b)

    @property
    def second(self) -> Floats:
        """y'PPy."""
        return dot(self.u, self.u) + dot(self.u_top, self.u_top)

    @property
    def third(self) -> Floats:
        """y'PPPy."""
        weighted, weighted_top = self.rest * self.u, self.top * self.u_top
        whole = dot(weighted, self.u) + dot(weighted_top, self.u_top)
        if self.c is None:
            return whole - (weighted.sum(0) - weighted_top[0]) ** 2 * self.inverse[0, 0]
        shared = np.einsum("rpm,rm->pm", self.c, weighted) - weighted_top
        return whole - np.einsum("pm,pqm,qm->m", shared, self.inverse, shared)

    @cached_property
    def _squares(self) -> Floats:
        return self._cross(self.rest, self.rest)

    @property
    def trace(self) -> Floats:
        """tr(P)."""
        taken = _trace(self.inverse, self.top[:, None] * self.gram - self._squares)
        rest = self.gram[0, 0] if self.c is None else self.rest.sum(0)
        return rest + taken

    @property
    def trace_squared(self) -> Floats:
        """tr(PP), the sum of the squared elements of P."""
        if self.c is not None:
            return self.trace_of_squares(np.ones_like(self.w))
        # The same for a mean, as the scan asks for it often.
        rest, inverse, squares = self.rest, self.inverse[0, 0], self._squares[0, 0]
        share = self.top[0] * inverse
        block = squares - 2 * inverse * dot(rest * rest, rest) + (inverse * squares) ** 2
        return block + 2 * share**2 * squares + (share * self.gram[0, 0]) ** 2

    def trace_with(self, s: Floats) -> Floats:
        """tr(PS) with S = diag(s), s of shape (k, m)."""
        top, rest = s[: len(self.top)], s[len(self.top) :]
        left = dot(self.rest, rest) - _trace(self.inverse, self._cross(self.rest**2, rest))
        of_pivots = product(self.inverse, self.gram)
        return left + np.einsum("pm,pm,ppm->m", self.top, top, of_pivots)

    def trace_of_squares(self, s: Floats) -> Floats:
        """tr(PSPS) with S = diag(s): the blocks of other studies, of both, and of pivots."""
        s_rest, root = s[len(self.top) :], np.sqrt(s[: len(self.top)])
        rest, top = self.rest * s_rest, self.top * root
        squares, cubes = self._cross(self.rest, rest), self._cross(rest * rest, self.rest)
        spread = product(self.inverse, squares)
        both = product(top[:, None] * spread, self.inverse) * top
        pivots = top[:, None] * product(self.inverse, self.gram) * root
        return (
            (dot(rest, rest) - 2 * _trace(self.inverse, cubes))
            + np.einsum("pqm,qpm->m", spread, spread)
            + 2 * np.einsum("ppm->m", both)
            + np.einsum("pqm,pqm->m", pivots, pivots)
        )

    @property
    def log_determinant(self) -> Floats:
        """log|X'WX|, up to a constant of the design."""
        if len(self.total) == 1:
            return np.log(self.total[0, 0])
        return np.linalg.slogdet(self.total.transpose(2, 0, 1))[1]


def dot(a: Floats, b: Floats) -> Floats:
    """Column-wise dot product, without the product array."""
    return np.einsum("ij,ij->j", a, b)


def product(a: Floats, b: Floats) -> Floats:
    """Matrix products of (p, p, m)."""
    return a * b if len(a) == 1 else np.einsum("pqm,qrm->prm", a, b)


def _trace(a: Floats, b: Floats) -> Floats:
    """tr(AB) of (p, p, m)."""
    return a[0, 0] * b[0, 0] if len(a) == 1 else np.einsum("pqm,qpm->m", a, b)


def _first(x: Floats, place: NDArray, columns: NDArray) -> Floats:
    """A copy in which each column's chosen row is the first."""
    x = x.copy()
    chosen = x[place, columns]
    x[place, columns] = x[0]
    x[0] = chosen
    return x
