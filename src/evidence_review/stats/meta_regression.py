"""Mixed-effects meta-regression: effects of studies on what the studies have in common.

Peers: metafor `rma` with moderators and its `predict` (`meta_regression`, `MetaRegression.predict`),
metafor `confint` (`residual_tau2_interval`), PyMARE. The weighted least squares are statsmodels'.

The variance left between studies needs only quantities of one weighted fit: with weights w, hat
values h and residuals e of the fit scaled by sqrt(w), P = W - WX(X'WX)^-1X'W has y'Py = e'e,
y'PPy = sum(w e^2) and tr(P) = sum(w (1 - h)); the estimators are made of these (Viechtbauer 2005).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.heterogeneity import TAU2_ESTIMATORS, where_it_falls_to_zero
from evidence_review.stats.studies import Interval, checked_studies

INTERVALS = ("knha", "knha-adhoc", "t", "z")

# The scan of a score, before its roots are polished: as in `heterogeneity`.
_GRID_START = 0.01
_GRID_RATIO = 1.5


@dataclass(frozen=True)
class Predictions:
    """Expected effects at given moderators, arrays of length m, in the units of the effects.

    Standard error and interval of the expected effect; pi_low, pi_high: prediction interval for
    the true effect of a new study, with the same quantile.
    """

    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    pi_low: np.ndarray
    pi_high: np.ndarray


@dataclass(frozen=True)
class MetaRegression:
    """A meta-regression of k studies on p coefficients, intercept first; intervals at `level`.

    coefficients, se, ci_low, ci_high, statistic, p: length p; covariance: (p, p); df: of t, or
    infinite for normal tests. tau2: variance between studies that the moderators leave. q, q_p:
    residual heterogeneity against chi-square k - p (metafor QE). qm, qm_df, qm_p: all moderators
    at once, chi-square, or F with two degrees of freedom where intervals are t (metafor QM). r2:
    per cent of tau2 without moderators that they explain, not below 0, nan where there is none
    to explain; with tau2 = 'EE' the adjusted R^2 of the weighted regression. i2: per cent of the
    unexplained variance that lies between studies. log_likelihood: restricted with tau2 = 'REML'.
    """

    coefficients: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    covariance: np.ndarray
    df: float
    tau2: float
    q: float
    q_p: float
    qm: float
    qm_df: tuple[int, float]
    qm_p: float
    r2: float
    i2: float
    log_likelihood: float
    k: int
    level: float

    def predict(self, moderators: ArrayLike) -> Predictions:
        """What to expect at moderators (m, p - 1), or (m,) where there is one; no intercept.

        Raises ValueError for another number of moderators than the fit has.
        """
        x = _design(moderators)
        if x.shape[1] != len(self.coefficients):
            raise ValueError(
                f"moderators must have {len(self.coefficients) - 1} columns, as in the fit; "
                f"got {x.shape[1] - 1}"
            )
        mean = x @ self.coefficients
        se = np.sqrt(np.einsum("ij,jk,ik->i", x, self.covariance, x))
        quantile = special.stdtrit(self.df, (1 + self.level) / 2)
        half, wide = quantile * se, quantile * np.sqrt(self.tau2 + se**2)
        return Predictions(mean, se, mean - half, mean + half, mean - wide, mean + wide)


def meta_regression(
    effects: ArrayLike,
    variances: ArrayLike,
    moderators: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "knha",
    level: float = 0.95,
) -> MetaRegression:
    """Mixed-effects meta-regression with known within-study variances.

    effects, variances: length k. moderators: (k, p - 1), or length k for one, without the
    intercept, which is added. tau2: one of heterogeneity.TAU2_ESTIMATORS. ci: 'z'; 't', k - p
    degrees of freedom; 'knha' (Knapp & Hartung 2003, eq. 6); 'knha-adhoc', the same but never
    narrower than 't'. Raises ValueError for bad input, for collinear or constant moderators, and
    where no degree of freedom is left.
    """
    from statsmodels.regression.linear_model import WLS

    y, v, x = _checked(effects, variances, moderators, level)
    if tau2 not in TAU2_ESTIMATORS:
        raise ValueError(f"tau2 must be one of {', '.join(TAU2_ESTIMATORS)}; got {tau2!r}")
    if ci not in INTERVALS:
        raise ValueError(f"ci must be one of {', '.join(INTERVALS)}; got {ci!r}")
    k, p = x.shape
    t2 = residual_tau2(y, v, x, tau2)
    fit = WLS(y, x, weights=1 / (v + t2)).fit()
    # fit.scale is the weighted residual variance: Knapp & Hartung 2003, eq. 6; 1 in theory.
    factor = {"knha": fit.scale, "knha-adhoc": max(fit.scale, 1.0)}.get(ci, 1.0)
    covariance = factor * fit.normalized_cov_params
    se = np.sqrt(np.diag(covariance))
    df = np.inf if ci == "z" else float(k - p)
    half = special.stdtrit(df, (1 + level) / 2) * se
    slopes, unscaled = fit.params[1:], fit.normalized_cov_params[1:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):  # effects on a line have no error
        statistic = fit.params / se
        qm = slopes @ np.linalg.solve(unscaled, slopes) / factor
    if ci == "z":
        qm_p = special.chdtrc(p - 1, qm)
    else:
        qm /= p - 1
        qm_p = special.fdtrc(p - 1, df, qm)
    q = _q(y, v, x, 0.0)
    return MetaRegression(
        coefficients=fit.params,
        se=se,
        ci_low=fit.params - half,
        ci_high=fit.params + half,
        statistic=statistic,
        p=2 * special.stdtr(df, -np.abs(statistic)),
        covariance=covariance,
        df=df,
        tau2=t2,
        q=q,
        q_p=float(special.chdtrc(k - p, q)),
        qm=float(qm),
        qm_df=(p - 1, df),
        qm_p=float(qm_p),
        r2=_r2(y, v, x, t2, q, tau2),
        i2=_i2(y, v, x, t2, q, tau2),
        log_likelihood=_log_likelihood(y, v, x, t2, restricted=tau2 == "REML"),
        k=k,
        level=level,
    )


def residual_tau2_interval(
    effects: ArrayLike, variances: ArrayLike, moderators: ArrayLike, *, level: float = 0.95
) -> Interval:
    """Q-profile interval for the variance that the moderators leave (Viechtbauer 2007).

    The t at which the generalised Q of the residuals equals a chi-square quantile, k - p degrees
    of freedom; 0 where even tau2 = 0 leaves too little scatter. Arguments and errors as in
    `meta_regression`.
    """
    y, v, x = _checked(effects, variances, moderators, level)
    k, p = x.shape
    low, high = (
        where_it_falls_to_zero(lambda t, bound=bound: _q(y, v, x, t) - bound, v)
        for bound in (special.chdtri(k - p, tail) for tail in ((1 - level) / 2, (1 + level) / 2))
    )
    return Interval(low, high, level)


def residual_tau2(y: np.ndarray, v: np.ndarray, x: np.ndarray, method: str) -> float:
    """tau2 of y ~ N(x b, diag(v + tau2)) with k > p, by a method of TAU2_ESTIMATORS.

    y, v: length k; x: (k, p), of full rank. In standardised units, as in `heterogeneity`. The
    likelihoods are scanned, and the highest of zero and all local maxima is taken.
    """
    scale = v.mean()
    x = np.linalg.qr(x)[0]
    y, v = y / np.sqrt(scale), v / scale
    return float(scale * max(0.0, _STANDARDISED[method](y, v, x)))


# --- one set in standardised units -------------------------------------------------------------


def _weighted(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Residuals of the fit scaled by sqrt(w), one minus its hat values, and log|X'WX|."""
    root = np.sqrt(w)
    basis, triangle = np.linalg.qr(root[:, None] * x)
    e = root * y
    e = e - basis @ (basis.T @ e)
    return e, 1 - (basis**2).sum(1), 2 * np.log(np.abs(np.diag(triangle))).sum()


def _q(y: np.ndarray, v: np.ndarray, x: np.ndarray, t: float) -> float:
    e = _weighted(y, x, 1 / (v + t))[0]
    return float(e @ e)


def _log_likelihood(
    y: np.ndarray, v: np.ndarray, x: np.ndarray, t: float, *, restricted: bool
) -> float:
    """Log-likelihood at tau2 = t; the restricted one with log|X'X|, as metafor has it."""
    e, _, log_cross = _weighted(y, x, 1 / (v + t))
    n = len(y)
    twice = np.log(v + t).sum() + e @ e
    if restricted:
        n -= x.shape[1]
        twice += log_cross - _weighted(y, x, np.ones(len(y)))[2]
    return float(-0.5 * (n * np.log(2 * np.pi) + twice))


def _dersimonian_laird(y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    """Raudenbush 2009, method of moments with the weights of a common effect."""
    e, free, _ = _weighted(y, x, 1 / v)
    return (e @ e - free.sum()) / (free / v).sum()


def _hedges(y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    e, free, _ = _weighted(y, x, np.ones(len(y)))
    return (e @ e - free @ v) / free.sum()


def _hunter_schmidt(y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    """As metafor has it: (Q - k) / sum(w)."""
    return (_q(y, v, x, 0.0) - len(y)) / (1 / v).sum()


def _sidik_jonkman(y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    """Sidik & Jonkman 2005; the first guess is the variance of the effects, moderators aside."""
    guess = np.var(y)
    return guess * _q(y, v, x, guess) / (len(y) - x.shape[1])


def _score_pm(y: np.ndarray, v: np.ndarray, x: np.ndarray, t: float) -> float:
    """Generalised Q minus its expectation (Paule & Mandel 1982)."""
    return _q(y, v, x, t) - (len(y) - x.shape[1])


def _score_ml(y: np.ndarray, v: np.ndarray, x: np.ndarray, t: float) -> float:
    """Twice the score of the likelihood: y'PPy - tr(W)."""
    w = 1 / (v + t)
    e = _weighted(y, x, w)[0]
    return float(w @ e**2 - w.sum())


def _score_reml(y: np.ndarray, v: np.ndarray, x: np.ndarray, t: float) -> float:
    """Twice the score of the restricted likelihood: y'PPy - tr(P) (Viechtbauer 2005, eq. 13)."""
    w = 1 / (v + t)
    e, free, _ = _weighted(y, x, w)
    return float(w @ e**2 - w @ free)


def _roots(score: Callable, y: np.ndarray, v: np.ndarray, x: np.ndarray) -> list[float]:
    """Where a score falls through zero, found on a grid and polished.

    Above max(v) + 2 RSS / (k - p) every score here is negative: y'PPy <= RSS / t^2 with the
    residual sum of squares of the unweighted fit, and tr(P) >= (k - p) / (t + max(v)).
    """
    from scipy import optimize

    e = _weighted(y, x, np.ones(len(y)))[0]
    top = v.max() + 2 * (e @ e) / (len(y) - x.shape[1])
    bottom = _GRID_START * v.min()
    steps = int(np.ceil(np.log(top / bottom) / np.log(_GRID_RATIO)))
    grid = np.concatenate([[0.0], np.geomspace(bottom, top, steps + 1)])
    at = lambda t: score(y, v, x, t)
    values = np.array([at(t) for t in grid])
    return [
        optimize.brentq(at, grid[i], grid[i + 1], xtol=1e-15 * grid[i + 1], rtol=1e-14)
        for i in np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
    ]


def _paule_mandel(y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    return max(_roots(_score_pm, y, v, x), default=0.0)


def _by_likelihood(score: Callable, *, restricted: bool) -> Callable:
    def estimate(y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
        height = lambda t: _log_likelihood(y, v, x, t, restricted=restricted)
        return max([0.0, *_roots(score, y, v, x)], key=height)

    return estimate


_STANDARDISED: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], float]] = {
    "EE": lambda y, v, x: 0.0,
    "DL": _dersimonian_laird,
    "HE": _hedges,
    "HS": _hunter_schmidt,
    "SJ": _sidik_jonkman,
    "PM": _paule_mandel,
    "EB": _paule_mandel,  # the same estimating equation
    "ML": _by_likelihood(_score_ml, restricted=False),
    "REML": _by_likelihood(_score_reml, restricted=True),
}


def _r2(y: np.ndarray, v: np.ndarray, x: np.ndarray, t2: float, q: float, method: str) -> float:
    """Raudenbush 2009, in per cent; for a common effect the adjusted R^2, as metafor has it."""
    k, p = x.shape
    nothing = x[:, :1]
    if method == "EE":
        left, whole = q / (k - p), _q(y, v, nothing, 0.0) / (k - 1)
    else:
        left, whole = t2, residual_tau2(y, v, nothing, method)
    return 100 * max(0.0, 1 - left / whole) if whole > 0 else np.nan


def _i2(y: np.ndarray, v: np.ndarray, x: np.ndarray, t2: float, q: float, method: str) -> float:
    """Higgins & Thompson 2002, with the typical within-study variance (k - p) / tr(P)."""
    _, free, _ = _weighted(y, x, 1 / v)
    df = len(y) - x.shape[1]
    if method == "EE":
        return 100 * max(0.0, 1 - df / q) if q > 0 else 0.0
    typical = df / (free / v).sum()
    return 100 * t2 / (t2 + typical)


def _design(moderators: ArrayLike) -> np.ndarray:
    """The moderators as columns behind an intercept."""
    x = np.atleast_1d(np.asarray(moderators, float))
    x = x[:, None] if x.ndim == 1 else x
    return np.column_stack([np.ones(len(x)), x])


def _checked(
    effects: ArrayLike, variances: ArrayLike, moderators: ArrayLike, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, v = checked_studies(effects, variances, level)
    if y.ndim != 1 or np.isnan(y).any():
        raise ValueError("effects must be one set of studies, all present")
    x = _design(moderators)
    if len(x) != len(y):
        raise ValueError(f"moderators must have one row a study, {len(y)}; got {len(x)}")
    if not np.isfinite(x).all():
        where = int(np.argwhere(~np.isfinite(x))[0][0])
        raise ValueError(f"moderators must be finite; not so at study {where}: leave it out")
    k, p = x.shape
    if k <= p:
        raise ValueError(f"{p} coefficients need more than {k} studies")
    size = np.abs(x).max(0)
    if not size.all() or np.linalg.matrix_rank(x / size) < p:
        raise ValueError("moderators are collinear (or constant): drop one")
    return y, v, x
