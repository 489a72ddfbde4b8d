"""The variance between studies, tau2: every estimator with its standard error, in one registry.

An estimator is one entry of `ESTIMATORS`: a function from standardised sets (`pooling.Sets`, any
design) to tau2, and one from sets and tau2 to its standard error. Nothing else lists them.

Peer: metafor `rma`, method HE, DL, HS, SJ, PM, EB, ML, REML.

A likelihood can have several maxima where studies differ much in size. With the nonzero
eigenvalues m_j + tau2 of the inverse of P, the score is A - B, where A = sum(c_j^2 / (m_j + tau2)^2)
and, for REML, B = sum(1 / (m_j + tau2)) (for ML the sum of the weights). Both are log-convex in
tau2, and their slopes on the log scale are bounded by the smallest and the largest variance. From
that follow a tau2 beyond which A / B only falls, and, for two neighbouring points of a scan, whether
the score can change its sign between them unseen. Where it could, the scan is made finer: so the
highest maximum is found, and not only the nearest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evidence_review.stats.pooling import Fit, Floats, Sets

# The first scan of a likelihood takes points that lie so far apart, as a ratio of tau2 plus the
# smallest variance. Coarser costs more bisections, finer more points; from 6 to 20 is quickest.
_RATIO = 10.0
_MOST = 0.99  # of the sets
# Two points so near are not parted again: between them a hidden maximum gains nothing.
_NEAREST = 1e-5
# A root is found when a step is this small beside it; the last Newton step squares the error.
_RELATIVE = 1e-9
_SMALL = 1e-4
_STEPS = 200


def tau2_and_se(sets: Sets, method: str) -> tuple[Floats, Floats]:
    """tau2 and its standard error for each set, in the units of `sets.scale`: (m,).

    method: one of TAU2_ESTIMATORS. Sets with no more studies than coefficients give 0 and nan.
    """
    estimator = ESTIMATORS[method]
    free = sets.df > 0
    part = sets if free.all() else sets.only(free)
    tau2, se = np.zeros(len(free)), np.full(len(free), np.nan)
    if free.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            tau2[free] = found = estimator.estimate(part)
            se[free] = estimator.standard_error(part, found)
    return tau2, se


# --- what the data show and what is expected ----------------------------------------------------
# Each function gives two quantities of the data at tau2 that are equal at the estimate, the first
# larger below it, and for each minus its slope on the log scale.

Sides = tuple[Floats, Floats, Floats, Floats]
# So that effects on a line, which show no spread at all, have a logarithm.
_NOTHING = 1e-290


def _generalised_q(fit: Fit, df: Floats) -> Sides:
    """Generalised Q and its expectation, the degrees of freedom (Paule & Mandel 1982)."""
    q = fit.q + _NOTHING
    return q, df, fit.second / q, np.zeros_like(q)


def _likelihood(fit: Fit, _df: Floats) -> Sides:
    """y'PPy and the sum of weights: equal where the score of the likelihood is 0."""
    shown, expected = fit.second + _NOTHING, fit.w.sum(0)
    return shown, expected, 2 * fit.third / shown, (fit.w**2).sum(0) / expected


def _restricted(fit: Fit, _df: Floats) -> Sides:
    """y'PPy and tr(P): equal where the restricted score is 0 (Viechtbauer 2005, eq. 13)."""
    shown, expected = fit.second + _NOTHING, fit.trace
    return shown, expected, 2 * fit.third / shown, fit.trace_squared / expected


def _polish(
    sets: Sets, sides: Callable[[Fit, Floats], Sides], low: Floats, high: Floats, start: Floats
) -> Floats:
    """The root between low and high of shown / expected - 1, positive at low and not at high.

    Newton steps for expected / shown, which is a straight line in tau2 where variances are equal;
    where they leave the bracket, bisection. Sets that have converged drop out when they are many
    enough to be worth the copying. scipy's `elementwise.find_root` (Chandrupatla) uses no slopes
    and needs more steps: whole fits by REML took 1.8 times as long with it, by PM 2.2 times.
    """
    root = np.full(len(sets.studies), np.nan)
    active = np.arange(len(root))
    t = start
    for _ in range(_STEPS):
        shown, expected, falls, falls_expected = sides(sets.fit(t), sets.df)
        excess = shown / expected - 1
        up = excess > 0
        low, high = np.where(up, t, low), np.where(up, high, t)
        slope = falls - falls_expected
        step = excess / slope
        small = _RELATIVE * np.maximum(t, _SMALL)
        done = ((np.abs(step) <= small) & (slope > 0)) | (high - low <= small) | (excess == 0)
        inside = (slope > 0) & (t + step > low) & (t + step < high)
        after = np.where(inside | done, t + step, 0.5 * (low + high))
        first = done & np.isnan(root[active])
        root[active[first]] = np.clip(after, low, high)[first]
        waiting = np.isnan(root[active])
        if not waiting.any():
            return root
        t = after
        if waiting.mean() < 0.6:
            sets, active = sets.only(waiting), active[waiting]
            low, high, t = low[waiting], high[waiting], t[waiting]
    raise RuntimeError(f"tau2 did not converge in {_STEPS} steps for {len(active)} sets")


def tau2_where_q_is(sets: Sets, share: float) -> Floats:
    """The tau2 at which generalised Q is this many times its degrees of freedom.

    Q falls in tau2: there is one root, or none above 0. 1 is the estimate of Paule and Mandel; with a
    quantile of chi-square it is an end of the Q-profile interval (Viechtbauer 2007).
    """
    out = np.zeros(len(sets.studies))
    positive = np.flatnonzero(sets.fit(0.0).q > share * sets.df)
    if len(positive):
        part = sets.only(positive)
        zero, most = out[positive], part.most_residual() / (share * part.df)
        sides = lambda fit, df: _generalised_q(fit, share * df)
        out[positive] = _polish(part, sides, zero, most, zero)
    return out


def _by_generalised_q(sets: Sets) -> Floats:
    return tau2_where_q_is(sets, 1.0)


# --- the highest maximum of a likelihood --------------------------------------------------------


@dataclass(frozen=True)
class _Points:
    """Points of a scan: sets by number, tau2, logarithms of both sides, and minus their slopes."""

    columns: np.ndarray
    t: Floats
    shown: Floats
    expected: Floats
    falls: Floats
    falls_expected: Floats

    @property
    def excess(self) -> Floats:
        return self.shown - self.expected

    def only(self, chosen: np.ndarray) -> _Points:
        """Some of the points, by number."""
        return _Points(*(getattr(self, name).take(chosen) for name in self.__dataclass_fields__))


def _joined(parts: list[_Points]) -> _Points:
    names = _Points.__dataclass_fields__
    return _Points(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _settled(low: _Points, high: _Points) -> np.ndarray:
    """Whether the score has no root between neighbouring points but the one that the signs show.

    The slope of a log-convex function between two points lies between its slopes there, so that
    shown / expected may only fall, or only rise. Else, with like signs, the function itself helps:
    it lies below its chord and above its tangents, whose worst place is where these meet.
    """
    settled = (low.falls_expected < high.falls) | (low.falls < high.falls_expected)
    settled |= high.t + 1 <= (low.t + 1) * (1 + _NEAREST)
    if settled.all():
        return settled
    width = high.t - low.t
    chord = (low.shown - high.shown) / width
    chord_expected = (low.expected - high.expected) / width
    # Below at both ends: the chord of what is shown against the tangents of what is expected.
    bend = low.falls_expected - high.falls_expected
    meet = width * np.where(bend > 0, (chord_expected - high.falls_expected) / bend, 0.0)
    below = (low.excess <= 0) & (high.excess <= 0)
    below &= low.excess + (low.falls_expected - chord) * meet < 0
    bend = low.falls - high.falls
    meet = width * np.where(bend > 0, (chord - high.falls) / bend, 0.0)
    above = (low.excess > 0) & (high.excess > 0)
    above &= low.excess - (low.falls - chord_expected) * meet > 0
    return settled | below | above


def _brackets(
    sets: Sets, sides: Callable[[Fit, Floats], Sides]
) -> tuple[_Points, Floats, np.ndarray] | None:
    """Where the score falls through 0: the points below, and a tau2 above for each; and the sets
    whose score is positive at 0. None if it falls through 0 nowhere.

    Above `limit` shown / expected only falls, as its slope on the log scale is at most
    1 / (t + smallest) - 2 / (t + largest); above `top` it is below 1, as y'PPy is at most RSS / t^2
    and tr(P) at least (k - p) / (t + largest).
    """

    def points(columns: np.ndarray, t: Floats) -> _Points:
        part = sets if columns is everywhere else sets.only(columns)
        shown, expected, *slopes = sides(part.fit(t), part.df)
        return _Points(columns, t, np.log(shown), np.log(expected), *slopes)

    limit = np.maximum(sets.largest - 2, 0.0)
    everywhere = np.arange(len(limit))
    top = sets.largest + 2 * sets.most_residual() / sets.df
    # As many as most sets need: what these leave open of the others is parted below.
    steps = max(1, int(np.ceil(np.log(np.quantile(limit, _MOST) + 1) / np.log(_RATIO))))
    found: list[tuple[_Points, Floats]] = []
    open_: list[tuple[_Points, _Points]] = []

    def sort(low: _Points, high: _Points) -> None:
        settled = _settled(low, high)
        falls = np.flatnonzero(settled & (low.excess > 0) & (high.excess <= 0))
        if len(falls):
            found.append((low.only(falls), high.t[falls]))
        rest = np.flatnonzero(~settled)
        if len(rest):
            open_.append((low.only(rest), high.only(rest)))

    before = start = points(everywhere, np.zeros(len(limit)))
    for step in range(1, steps + 1):
        now = points(everywhere, (limit + 1) ** (step / steps) - 1)
        sort(before, now)
        before = now
    last = np.flatnonzero(before.excess > 0)
    if len(last):
        found.append((before.only(last), top[last]))
    while open_:
        low, high = (_joined(list(ends)) for ends in zip(*open_, strict=True))
        open_.clear()
        middle = points(low.columns, np.sqrt((low.t + 1) * (high.t + 1)) - 1)
        sort(low, middle)
        sort(middle, high)
    if not found:
        return None
    below, above = zip(*found, strict=True)
    return _joined(list(below)), np.concatenate(above), start.excess > 0


def _by_likelihood(
    sides: Callable[[Fit, Floats], Sides], restricted: bool
) -> Callable[[Sets], Floats]:
    def estimate(sets: Sets) -> Floats:
        """The highest of 0 and all local maxima."""
        best = np.zeros(len(sets.studies))
        brackets = _brackets(sets, sides)
        if brackets is None:
            return best
        low, high, rises_from_0 = brackets
        part = sets.only(low.columns)
        newton = low.t + np.expm1(low.excess) / (low.falls - low.falls_expected)
        start = np.where((newton > low.t) & (newton < high), newton, 0.5 * (low.t + high))
        root = _polish(part, sides, low.t, high, start)
        # Where the score rises from 0 and falls once, its root is the maximum; elsewhere (a second
        # maximum, or a rise after a fall) the candidates are compared.
        single = (np.bincount(low.columns, minlength=len(best)) == 1) & rises_from_0
        alone = single[low.columns]
        best[low.columns[alone]] = root[alone]
        rivals = np.flatnonzero(~alone)
        if len(rivals):
            highest = sets.log_likelihood(best, restricted)
            heights = part.only(rivals).log_likelihood(root[rivals], restricted)
            for column, t, height in zip(low.columns[rivals], root[rivals], heights, strict=True):
                if height > highest[column]:
                    best[column], highest[column] = t, height
        return best

    return estimate


# --- estimators in closed form ------------------------------------------------------------------


def _by_moments(sets: Sets, w: Floats) -> Floats:
    """(y'Py - tr(PV)) / tr(P), not below 0: its expectation is tau2 for any weights (k, m)."""
    fit = Fit(sets, w)
    return np.maximum((fit.q - fit.trace_with(sets.v)) / fit.trace, 0.0)


def _dersimonian_laird(sets: Sets) -> Floats:
    """DerSimonian & Laird 1986, eq. 8; with moderators Raudenbush 2009."""
    fit = sets.fit(0.0)
    return np.maximum((fit.q - sets.df) / fit.trace, 0.0)


def _hunter_schmidt(sets: Sets) -> Floats:
    """Hunter & Schmidt 1990, as metafor has it: (Q - k) / sum(w), not below 0."""
    fit = sets.fit(0.0)
    return np.maximum((fit.q - sets.studies) / fit.w.sum(0), 0.0)


def _sidik_jonkman(sets: Sets) -> Floats:
    """Sidik & Jonkman 2005, eq. 5; 0 where all effects are equal.

    Their first guess is the variance of the effects, moderators aside.
    """
    guess = sets.spread()
    return np.where(guess > 0, guess * sets.fit(guess).q / sets.df, 0.0)


# --- standard errors ----------------------------------------------------------------------------


def _se_of_moments(sets: Sets, tau2: Floats, w: Floats, divisor: Floats) -> Floats:
    """SE of (Q - a) / divisor with Q = y'Py: var(Q) = 2 tr(PSPS), S = diag(v + tau2)."""
    return np.sqrt(2 * Fit(sets, w).trace_of_squares(sets.v + tau2)) / divisor


def _se_dersimonian_laird(sets: Sets, tau2: Floats) -> Floats:
    return _se_of_moments(sets, tau2, w := sets.weights(0.0), Fit(sets, w).trace)


def _se_hunter_schmidt(sets: Sets, tau2: Floats) -> Floats:
    return _se_of_moments(sets, tau2, w := sets.weights(0.0), w.sum(0))


def _se_sidik_jonkman(sets: Sets, tau2: Floats) -> Floats:
    guess = sets.spread()
    return guess * _se_of_moments(sets, tau2, sets.weights(guess), sets.df)


def _se_of_generalised_q(sets: Sets, tau2: Floats) -> Floats:
    """As metafor has it for PM and EB: sqrt(2 k^2 / (k - p)) / sum(w)."""
    return np.sqrt(2 * sets.studies**2 / sets.df) / sets.weights(tau2).sum(0)


# --- the registry -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimator:
    """A way to estimate tau2, by its name in words, and the standard error of what it gives."""

    name: str
    estimate: Callable[[Sets], Floats]
    standard_error: Callable[[Sets, Floats], Floats]


ESTIMATORS = {
    "EE": Estimator(
        "equal effects",
        lambda sets: np.zeros(len(sets.studies)),
        lambda sets, tau2: np.full(len(tau2), np.nan),
    ),
    "DL": Estimator("DerSimonian-Laird", _dersimonian_laird, _se_dersimonian_laird),
    "HE": Estimator(  # Hedges 1983; Hedges & Olkin 1985, p. 194
        "Hedges",
        lambda sets: _by_moments(sets, sets.present),
        lambda sets, tau2: _se_of_moments(sets, tau2, sets.present, sets.df),
    ),
    "HS": Estimator("Hunter-Schmidt", _hunter_schmidt, _se_hunter_schmidt),
    "SJ": Estimator("Sidik-Jonkman", _sidik_jonkman, _se_sidik_jonkman),
    "PM": Estimator("Paule-Mandel", _by_generalised_q, _se_of_generalised_q),
    # The same estimating equation (Viechtbauer et al. 2015, section 2).
    "EB": Estimator("empirical Bayes", _by_generalised_q, _se_of_generalised_q),
    "ML": Estimator(
        "maximum likelihood",
        _by_likelihood(_likelihood, restricted=False),
        lambda sets, tau2: np.sqrt(2 / (sets.weights(tau2) ** 2).sum(0)),
    ),
    "REML": Estimator(
        "restricted maximum likelihood",
        _by_likelihood(_restricted, restricted=True),
        lambda sets, tau2: np.sqrt(2 / sets.fit(tau2).trace_squared),
    ),
}
TAU2_ESTIMATORS = tuple(ESTIMATORS)
