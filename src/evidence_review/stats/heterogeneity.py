"""The variance between studies, for many sets of studies at once.

Arrays have studies along the first axis and sets along the second (k, m); `present` is 0 for a
study that a set does not have. Each set is standardised (centred on its weighted mean, divided
by the square root of its mean variance) before anything iterates, and the answer is scaled back:
the same data in other units give the same answer, which absolute tolerances do not.

Peer: metafor `rma`, method HE, DL, HS, SJ, PM, EB, ML, REML. The likelihoods are scanned over a
grid before a root is polished: ML can have two modes in small sets with one dominant study, and
a negative score at zero does not make zero the maximum.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

TAU2_ESTIMATORS = ("EE", "DL", "HE", "HS", "SJ", "PM", "EB", "ML", "REML")

# The scan of a likelihood: from a hundredth of the smallest variance, below which the weights
# hardly change, by this factor. Two modes come from studies whose variances differ many-fold;
# in 240,000 random sets a factor of 2.5 lost one mode of ML, a factor of 4 none of REML.
_GRID_START = 0.01
_GRID_RATIO = {"ML": 1.6, "REML": 4.0}
# A root is found when a step is this small beside it; the last Newton step squares the error.
_RELATIVE = 1e-11
_TINY = 1e-10
_STEPS = 200


def tau2_and_se(
    y: np.ndarray, v: np.ndarray, present: np.ndarray, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """tau2 and its standard error for each set, in the squared units of y.

    y, v, present: (k, m); y and v are finite everywhere (0 and 1 where absent). Sets of one
    study give 0 and nan. Raises RuntimeError if a root is not found, which does not happen for
    finite input.
    """
    n = present.sum(0)
    scale = (v * present).sum(0) / n
    w = present / v
    centre = (w * y).sum(0) / w.sum(0)
    sets = _Sets((y - centre) / np.sqrt(scale) * present, v / scale, present)
    with np.errstate(divide="ignore", invalid="ignore"):
        tau2 = np.where(n > 1, _ESTIMATE[method](sets), 0.0)
        se = np.where(n > 1, _STANDARD_ERROR[method](sets, tau2), np.nan)
    return tau2 * scale, se * scale


def generalised_q(y: np.ndarray, v: np.ndarray, t: float) -> float:
    """Generalised Q of one set at tau2 = t, with length-k arrays; chi-square k - 1 at the true t."""
    w = 1 / (v + t)
    return float(w @ (y - w @ y / w.sum()) ** 2)


def log_likelihood(y: np.ndarray, v: np.ndarray, t: float, kind: str) -> float:
    """Profile log-likelihood of one set at tau2 = t, up to a constant; kind 'ML' or 'REML'."""
    sets = _Sets(y[:, None], v[:, None], np.ones((len(y), 1)))
    function = {"ML": _log_likelihood, "REML": _restricted_log_likelihood}[kind]
    return float(function(sets, np.array([t]))[0])


class _Sets:
    """Standardised sets, and the weighted sums that every estimator is made of."""

    def __init__(self, y: np.ndarray, v: np.ndarray, present: np.ndarray):
        self.y, self.v, self.present = y, v, present
        self.n = present.sum(0)

    def only(self, columns: np.ndarray) -> _Sets:
        return _Sets(self.y[:, columns], self.v[:, columns], self.present[:, columns])

    def weights(self, t: np.ndarray | float) -> np.ndarray:
        w = self.v + t
        return np.divide(self.present, w, out=w)

    def residuals(self, w: np.ndarray) -> np.ndarray:
        return self.y - _dot(w, self.y) / w.sum(0)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Column-wise dot product, without the product array."""
    return np.einsum("ij,ij->j", a, b)


def _trace_p(w: np.ndarray) -> np.ndarray:
    """Trace of P = W - w w' / sum(w)."""
    total = w.sum(0)
    return total - _dot(w, w) / total


def _sum_p_squared(w: np.ndarray) -> np.ndarray:
    """Sum of the squared elements of P, which is the trace of P P."""
    total, w2 = w.sum(0), w * w
    second = w2.sum(0)
    return second - 2 * _dot(w2, w) / total + (second / total) ** 2


# --- scores: positive where the estimate lies at a larger t ------------------------------------


def _reml(sets: _Sets, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Twice the score of the restricted likelihood, y'PPy - tr(P), and minus its slope.

    Viechtbauer 2005, eq. 13; d/dt of y'PPy is -2 y'PPPy, of tr(P) is -tr(PP).
    """
    w = sets.weights(t)
    quadratic, slope = _quadratic(sets, w)
    return quadratic - _trace_p(w), slope - _sum_p_squared(w)


def _ml(sets: _Sets, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same for the likelihood, y'PPy - tr(W)."""
    w = sets.weights(t)
    quadratic, slope = _quadratic(sets, w)
    return quadratic - w.sum(0), slope - _dot(w, w)


def _quadratic(sets: _Sets, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """y'PPy, and 2 y'PPPy, which is minus its derivative."""
    u = sets.residuals(w)
    u *= w
    wu = w * u
    return _dot(u, u), 2 * (_dot(wu, u) - wu.sum(0) ** 2 / w.sum(0))


def _reml_value(sets: _Sets, t: np.ndarray) -> np.ndarray:
    """The score alone, for the scan."""
    w = sets.weights(t)
    total = w.sum(0)
    u = sets.y - _dot(w, sets.y) / total
    u *= w
    return _dot(u, u) - total + _dot(w, w) / total


def _ml_value(sets: _Sets, t: np.ndarray) -> np.ndarray:
    w = sets.weights(t)
    total = w.sum(0)
    u = sets.y - _dot(w, sets.y) / total
    u *= w
    return _dot(u, u) - total


def _generalised_q(sets: _Sets, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Generalised Q minus its expectation (Paule & Mandel 1982), falling in t, and its slope."""
    w = sets.weights(t)
    r = sets.residuals(w)
    return (w * r**2).sum(0) - (sets.n - 1), ((w * r) ** 2).sum(0)


def _restricted_log_likelihood(sets: _Sets, t: np.ndarray) -> np.ndarray:
    w = sets.weights(t)
    return _log_likelihood(sets, t) - 0.5 * np.log(w.sum(0))


def _log_likelihood(sets: _Sets, t: np.ndarray) -> np.ndarray:
    w = sets.weights(t)
    logs = (np.log(sets.v + t) * sets.present).sum(0)
    return -0.5 * (logs + (w * sets.residuals(w) ** 2).sum(0))


Score = Callable[[_Sets, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _polish(
    sets: _Sets, score: Score, low: np.ndarray, high: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """The root in [low, high] of a score that is positive at low and not at high.

    Newton steps from `start`, kept inside the bracket; where they leave it, bisection. Sets that have
    converged drop out when they are many enough to be worth the copying.
    """
    root = np.full(sets.y.shape[1], np.nan)
    active = np.arange(len(root))
    t = start
    for _ in range(_STEPS):
        value, slope = score(sets, t)
        up = value > 0
        low, high = np.where(up, t, low), np.where(up, high, t)
        step = value / slope
        small = _RELATIVE * np.maximum(t, _TINY)
        done = ((np.abs(step) <= small) & (slope > 0)) | (high - low <= small) | (value == 0)
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


def _upper_bound(sets: _Sets, value: Callable[[_Sets, np.ndarray], np.ndarray]) -> np.ndarray:
    """A t at which the score is negative: the squared range of the effects, or more."""
    there = sets.present > 0
    top = np.where(there, sets.y, -np.inf).max(0) - np.where(there, sets.y, np.inf).min(0)
    top = top**2 + 1e-6
    while (short := value(sets, top) > 0).any():
        top = np.where(short, top * 10, top)
    return top


def _by_generalised_q(sets: _Sets) -> np.ndarray:
    at_zero, _ = _generalised_q(sets, np.zeros(sets.y.shape[1]))
    out = np.zeros(len(at_zero))
    positive = np.flatnonzero(at_zero > 0)
    if len(positive):
        part = sets.only(positive)
        top = _upper_bound(part, lambda some, t: _generalised_q(some, t)[0])
        zero = np.zeros(len(positive))
        out[positive] = _polish(part, _generalised_q, zero, top, zero)
    return out


def _by_likelihood(
    score: Score, value: Callable, likelihood: Callable, ratio: float
) -> Callable[[_Sets], np.ndarray]:
    def estimate(sets: _Sets) -> np.ndarray:
        """The highest of zero and all local maxima that the scan brackets."""
        best = np.zeros(sets.y.shape[1])
        top = _upper_bound(sets, value)
        bottom = _GRID_START * np.where(sets.present > 0, sets.v, np.inf).min(0)
        steps = max(1, int(np.ceil(np.log((top / bottom).max()) / np.log(ratio))))
        factor = np.maximum(top / bottom, 1.0) ** (1 / steps)
        low, high = best.copy(), bottom.copy()
        before = value(sets, low)
        brackets = []
        for _ in range(steps + 1):
            now = value(sets, high)
            crossing = np.flatnonzero((before > 0) & (now <= 0))
            if len(crossing):
                a, b, fa, fb = (x[crossing] for x in (low, high, before, now))
                brackets.append((crossing, a, b, a + (b - a) * fa / (fa - fb)))
            low, before = high, now
            high = high * factor
        if not brackets:
            return best
        columns, *bounds = (np.concatenate(part) for part in zip(*brackets, strict=True))
        part = sets.only(columns)
        root = _polish(part, score, *bounds)
        # Where the score rises from zero and falls once, its root is the maximum; elsewhere
        # (a second mode, or a rise after a fall) the candidates are compared.
        single = (np.bincount(columns, minlength=len(best)) == 1)[columns]
        single &= value(part, np.zeros(len(columns))) > 0
        best[columns[single]] = root[single]
        rivals = np.flatnonzero(~single)
        if len(rivals):
            best_likelihood = likelihood(sets, best)
            heights = likelihood(part.only(rivals), root[rivals])
            for j, height in zip(rivals, heights, strict=True):
                if height > best_likelihood[columns[j]]:
                    best[columns[j]], best_likelihood[columns[j]] = root[j], height
        return best

    return estimate


def _dersimonian_laird(sets: _Sets) -> np.ndarray:
    """DerSimonian & Laird 1986, eq. 8, not below 0."""
    w = sets.weights(0.0)
    q = (w * sets.residuals(w) ** 2).sum(0)
    return np.maximum((q - (sets.n - 1)) / _trace_p(w), 0.0)


def _hedges(sets: _Sets) -> np.ndarray:
    """Hedges 1983; Hedges & Olkin 1985, p. 194, not below 0."""
    w = sets.present
    variance = (w * sets.residuals(w) ** 2).sum(0) / (sets.n - 1)
    return np.maximum(variance - (w * sets.v).sum(0) / sets.n, 0.0)


def _hunter_schmidt(sets: _Sets) -> np.ndarray:
    """Hunter & Schmidt 1990, as metafor has it: (Q - k) / sum(w), not below 0."""
    w = sets.weights(0.0)
    return np.maximum(((w * sets.residuals(w) ** 2).sum(0) - sets.n) / w.sum(0), 0.0)


def _first_guess(sets: _Sets) -> np.ndarray:
    """Sidik & Jonkman's tau2_0: the uncorrected variance of the effects."""
    w = sets.present
    return (w * sets.residuals(w) ** 2).sum(0) / sets.n


def _sidik_jonkman(sets: _Sets) -> np.ndarray:
    """Sidik & Jonkman 2005, eq. 5; 0 where all effects are equal."""
    guess = _first_guess(sets)
    w = sets.weights(guess)
    found = guess * (w * sets.residuals(w) ** 2).sum(0) / (sets.n - 1)
    return np.where(guess > 0, found, 0.0)


_ESTIMATE: dict[str, Callable[[_Sets], np.ndarray]] = {
    "EE": lambda sets: np.zeros(sets.y.shape[1]),
    "DL": _dersimonian_laird,
    "HE": _hedges,
    "HS": _hunter_schmidt,
    "SJ": _sidik_jonkman,
    "PM": _by_generalised_q,
    "EB": _by_generalised_q,  # the same estimating equation (Viechtbauer et al. 2015, section 2)
    "ML": _by_likelihood(_ml, _ml_value, _log_likelihood, _GRID_RATIO["ML"]),
    "REML": _by_likelihood(_reml, _reml_value, _restricted_log_likelihood, _GRID_RATIO["REML"]),
}


def _se_of_moments(sets: _Sets, t: np.ndarray, w: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """SE of (Q - a) / divisor with Q = y'Py: var Q = 2 tr(P S P S), S = diag(v + t)."""
    total, s = w.sum(0), sets.v + t
    ws = w * s
    first, second = (ws**2).sum(0), (ws * ws * w).sum(0)
    trace = first - 2 * second / total + ((w * ws).sum(0) / total) ** 2
    return np.sqrt(2 * trace) / divisor


def _se_of_generalised_q(sets: _Sets, t: np.ndarray) -> np.ndarray:
    """As metafor has it for PM and EB: sqrt(2 k^2 / (k - 1)) / sum(w)."""
    return np.sqrt(2 * sets.n**2 / (sets.n - 1)) / sets.weights(t).sum(0)


_STANDARD_ERROR: dict[str, Callable[[_Sets, np.ndarray], np.ndarray]] = {
    "EE": lambda sets, t: np.full(len(t), np.nan),
    "DL": lambda sets, t: _se_of_moments(sets, t, (w := sets.weights(0.0)), _trace_p(w)),
    "HE": lambda sets, t: _se_of_moments(sets, t, sets.present, sets.n - 1),
    "HS": lambda sets, t: _se_of_moments(sets, t, (w := sets.weights(0.0)), w.sum(0)),
    "SJ": lambda sets, t: (
        _first_guess(sets) * _se_of_moments(sets, t, sets.weights(_first_guess(sets)), sets.n - 1)
    ),
    "PM": lambda sets, t: _se_of_generalised_q(sets, t),
    "EB": lambda sets, t: _se_of_generalised_q(sets, t),
    "ML": lambda sets, t: np.sqrt(2 / (sets.weights(t) ** 2).sum(0)),
    "REML": lambda sets, t: np.sqrt(2 / _sum_p_squared(sets.weights(t))),
}


def where_it_falls_to_zero(excess, v: np.ndarray, start: float = 0.0) -> float:
    """Where a function that is positive at start falls to 0; 0 where it is not positive there."""
    if excess(start) <= 0:
        return 0.0
    high = max(start, float(np.median(v)))
    while excess(high) > 0:
        high *= 4
    return root_between(excess, start, high)


def root_between(function, low: float, high: float) -> float:
    """Where a function that changes sign between low and high is 0 (Brent's method)."""
    from scipy import optimize

    return float(optimize.brentq(function, low, high, xtol=1e-15 * high, rtol=1e-14))
