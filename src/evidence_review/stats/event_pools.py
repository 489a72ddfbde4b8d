"""Pools of 2 x 2 tables that need no correction of empty cells.

Each takes counts of events and people of two groups, one trial a place, and pools the tables as they
are: where events are few, or groups unequal, adding 1/2 to empty cells moves the answer (Cochrane
Handbook 10.4.4). Group 1 against group 2; ratios are on the log scale.

Peers: metafor `rma.mh`, `rma.peto` and `rma.glmm` (model UM.FS).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evidence_review.stats.event_effects import log_odds_ratio, whole_tables

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class EventPool:
    """A pool of 2 x 2 tables; estimate and interval of a ratio are logarithms.

    Attributes
    ----------
    k : int
        Trials that say something; `uninformative` are left out.
    uninformative : tuple of int
        Places of the trials whose tables say nothing of the measure: for a ratio those without any
        event, or with nothing but events.
    estimate, se, ci_low, ci_high : float
        The pooled effect, its standard error, and its normal interval at `level`.
    tau2 : float
        Variance between trials; 0 where one common effect is assumed.
    level : float
    """

    k: int
    uninformative: tuple[int, ...]
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float
    level: float


def mantel_haenszel(
    events1: ArrayLike,
    n1: ArrayLike,
    events2: ArrayLike,
    n2: ArrayLike,
    *,
    measure: str = "OR",
    level: float = 0.95,
) -> EventPool:
    """One common effect by Mantel and Haenszel, without a correction of empty cells.

    Parameters
    ----------
    events1, n1, events2, n2 : (k,)
        Events and people of both groups.
    measure : {'OR', 'RR', 'RD'}
        Odds ratio, risk ratio or risk difference. A trial without any event counts for the risk
        difference only.
    level : float
        Of the interval.

    Raises
    ------
    ValueError
        For counts that cannot be, another measure, and where no trial has an event in one group and
        a person without in the other, so that the ratio is 0 or infinite.

    References
    ----------
    Variances: Robins, Breslow & Greenland 1986 (OR); Greenland & Robins 1985 (RR); Sato, Greenland &
    Robins 1989 (RD).

    Examples
    --------
    >>> pool = mantel_haenszel([1, 0], [10, 10], [2, 3], [10, 10])
    >>> round(float(np.exp(pool.estimate)), 3)
    0.167
    """
    a, b, c, d, silent = _informative(events1, n1, events2, n2, ratio=measure != "RD")
    n1_, n2_ = a + b, c + d
    n = n1_ + n2_
    if measure == "OR":
        r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
        _refuse_no_ratio(r.sum(), s.sum())
        estimate = np.log(r.sum() / s.sum())
        variance = (
            (p * r).sum() / (2 * r.sum() ** 2)
            + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
            + (q * s).sum() / (2 * s.sum() ** 2)
        )
    elif measure == "RR":
        r, s = a * n2_ / n, c * n1_ / n
        _refuse_no_ratio(r.sum(), s.sum())
        estimate = np.log(r.sum() / s.sum())
        variance = (n1_ * n2_ * (a + c) / n**2 - a * c / n).sum() / (r.sum() * s.sum())
    elif measure == "RD":
        weight = (n1_ * n2_ / n).sum()
        estimate = (a * n2_ / n - c * n1_ / n).sum() / weight
        p = c * (n1_ / n) ** 2 - a * (n2_ / n) ** 2 + n1_ * n2_ / n**2 * (n2_ - n1_) / 2
        q = (a * d + c * b) / n / 2
        variance = (estimate * p.sum() + q.sum()) / weight**2
    else:
        raise ValueError(f"measure must be one of OR, RR, RD; got {measure!r}")
    return _pool(len(a), silent, estimate, variance, level)


def peto(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike, *, level: float = 0.95
) -> EventPool:
    """One common odds ratio by Peto's method: sum(O - E) / sum(V), without a correction.

    Good where events are rare, groups alike in size, and the effect small (Cochrane Handbook 10.4.4.2).

    Parameters
    ----------
    events1, n1, events2, n2 : (k,)
        Events and people of both groups.
    level : float
        Of the interval.

    Raises
    ------
    ValueError
        For counts that cannot be, and where no trial has both a person with and one without an event.

    References
    ----------
    Yusuf et al. 1985, Prog Cardiovasc Dis 27:335.

    Examples
    --------
    >>> pool = peto([10], [50], [20], [50])
    >>> round(pool.estimate, 4), round(pool.se**2, 4)
    (-0.9429, 0.1886)
    """
    a, b, c, d, silent = _informative(events1, n1, events2, n2, ratio=True)
    n1_, n2_, events = a + b, c + d, a + c
    n = n1_ + n2_
    variance = events * (n - events) * n1_ * n2_ / (n**2 * (n - 1))
    total = variance.sum()
    return _pool(len(a), silent, (a - n1_ * events / n).sum() / total, 1 / total, level)


def binomial_normal(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike, *, level: float = 0.95
) -> EventPool:
    """Log odds ratios that scatter normally between trials, with exact binomial counts within.

    logit p = a_i + (m + u_i) / 2 in group 1 and a_i - (m + u_i) / 2 in group 2, u_i ~ N(0, tau2), by
    maximum likelihood, with an a_i for each trial (metafor `rma.glmm`, model UM.FS). The integral over
    u_i is a trapezoid rule about its mode, in steps of a third of its width.

    Parameters
    ----------
    events1, n1, events2, n2 : (k,)
        Events and people of both groups.
    level : float
        Of the interval, which is normal.

    Raises
    ------
    ValueError
        For counts that cannot be, fewer than two trials that say something, and where all odds ratios
        are 0 or all infinite.

    References
    ----------
    Stijnen, Hamza & Özdemir 2010, Stat Med 29:3046; Jackson et al. 2018, Stat Med 37:1059 (model 4).

    Examples
    --------
    >>> pool = binomial_normal([4, 9, 2], [50, 80, 40], [10, 14, 9], [50, 80, 40])
    >>> bool(pool.estimate < 0)
    True
    """
    from scipy import optimize

    a, b, c, d, silent = _informative(events1, n1, events2, n2, ratio=True)
    if len(a) < 2:
        raise ValueError("a variance between trials needs two trials that say something")
    _refuse_no_ratio((a * d).sum(), (b * c).sum())
    model = _BinomialNormal(np.stack([a, b, c, d]))
    # From a common effect, and from scatter: tau is 0 only where no scatter is likelier.
    y, v = log_odds_ratio(a, a + b, c, c + d)
    spread = sqrt(max(0.05, float(np.var(y)) - float(np.mean(v))))
    base = (special.logit((a + 0.5) / (a + b + 1)) + special.logit((c + 0.5) / (c + d + 1))) / 2
    start = np.average(y, weights=1 / v)
    # In units of about one standard error each, since trials may differ in size a thousandfold.
    unit = np.concatenate([np.sqrt(v) / 2, [0.1, 0.1]])

    def in_units(x: Floats) -> tuple[float, Floats]:
        value, gradient = model.minus_log_likelihood(x * unit)
        return value, gradient * unit

    limits = [(None, None)] * (len(a) + 1) + [(0.0, None)]
    fits = [
        optimize.minimize(
            in_units,
            np.concatenate([base, [start, tau]]) / unit,
            jac=True,
            method="L-BFGS-B",
            bounds=limits,
            options={"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-7},
        )
        for tau in (0.0, spread)
    ]
    best = min(fits, key=lambda fit: fit.fun)
    found = best.x * unit
    return _pool(len(a), silent, found[-2], model.variance(found), level, float(found[-1]) ** 2)


class _BinomialNormal:
    """The likelihood of `binomial_normal` for tables (4, k): events and not of both groups."""

    steps = np.arange(-30, 31) / 3.0

    def __init__(self, tables: Floats):
        self.tables = tables

    def minus_log_likelihood(self, x: Floats) -> tuple[float, Floats]:
        """x: an a_i for each trial, then m and tau. Value, up to a constant, and its gradient."""
        base, mean, tau = x[:-2], x[-2], x[-1]
        mode, width = self._mode(base, mean, tau)
        z = mode[:, None] + width[:, None] * self.steps
        value, by_base, by_effect = self._binomial(base[:, None], mean + tau * z)
        log_terms = value - z**2 / 2 + np.log(width / sqrt(2 * np.pi) / 3)[:, None]
        log_sum = np.logaddexp.reduce(log_terms, axis=1)
        weight = np.exp(log_terms - log_sum[:, None])
        gradient = [
            *(weight * by_base).sum(1),
            (weight * by_effect).sum(),
            (weight * by_effect * z).sum(),
        ]
        return -float(log_sum.sum()), -np.array(gradient)

    def variance(self, x: Floats) -> float:
        """Of m: from the observed information; at tau = 0 with tau fixed there."""
        free = len(x) - (x[-1] == 0)
        step = 1e-4
        information = np.empty((free, free))
        for place in range(free):
            move = np.zeros(len(x))
            move[place] = step
            ahead, behind = (self.minus_log_likelihood(x + sign * move)[1] for sign in (1, -1))
            information[place] = ((ahead - behind) / (2 * step))[:free]
        return float(np.linalg.inv((information + information.T) / 2)[len(x) - 2, len(x) - 2])

    def _mode(self, base: Floats, mean: float, tau: float) -> tuple[Floats, Floats]:
        """Mode of the integrand in u / tau, and its width by curvature: it is log-concave."""
        z = np.zeros_like(base)
        curvature = np.ones_like(base)
        for _ in range(100):
            _, _, slope = self._binomial(base[:, None], (mean + tau * z)[:, None])
            curvature = 1 + tau**2 * self._information(base, mean + tau * z)
            move = np.clip((tau * slope[:, 0] - z) / curvature, -1.0, 1.0)
            z = z + move
            if np.abs(move).max() < 1e-6:
                break
        return z, 1 / np.sqrt(curvature)

    def _binomial(self, base: Floats, effect: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-likelihood of the tables, with its slopes by base and by effect; (k, points)."""
        a, b, c, d = self.tables[:, :, None]
        one, two = base + effect / 2, base - effect / 2
        value = -(
            a * np.logaddexp(0, -one)
            + b * np.logaddexp(0, one)
            + c * np.logaddexp(0, -two)
            + d * np.logaddexp(0, two)
        )
        first, second = a - (a + b) * special.expit(one), c - (c + d) * special.expit(two)
        return value, first + second, (first - second) / 2

    def _information(self, base: Floats, effect: Floats) -> Floats:
        """Minus the second derivative by the effect."""
        a, b, c, d = self.tables
        one, two = special.expit(base + effect / 2), special.expit(base - effect / 2)
        return ((a + b) * one * (1 - one) + (c + d) * two * (1 - two)) / 4


def _informative(events1, n1, events2, n2, *, ratio: bool) -> tuple:
    """The cells a, b, c, d of the trials that say something, and the places of those that do not."""
    cells = whole_tables(events1, n1, events2, n2)
    if cells.ndim != 2:
        raise ValueError("events and people must be lists, one trial a place")
    a, b, c, d = cells
    silent = ((a + c == 0) | (b + d == 0)) if ratio else np.zeros(a.shape, bool)
    if silent.all():
        raise ValueError("no trial has both a person with and a person without an event")
    return (*cells[:, ~silent], tuple(int(place) for place in np.flatnonzero(silent)))


def _refuse_no_ratio(above: float, below: float) -> None:
    if not (above > 0 and below > 0):
        raise ValueError(
            "one group has no event in any trial, or nothing but events: the ratio is 0 or infinite"
        )


def _pool(k, silent, estimate, variance, level, tau2=0.0) -> EventPool:
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1; got {level!r}")
    se = sqrt(variance) if variance < inf else inf
    half = float(special.ndtri((1 + level) / 2)) * se
    estimate = float(estimate)
    return EventPool(k, silent, estimate, se, estimate - half, estimate + half, tau2, level)
