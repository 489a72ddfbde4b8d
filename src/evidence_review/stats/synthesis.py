"""Random-effects pooling and meta-regression of one set of studies.

Peers: metafor `rma` (method DL, PM, REML; test z, t, knha, adhoc); the weighted least
squares are statsmodels'. Estimates of tau2 are scale-free: the data are standardised by the
median variance and the answer is scaled back, so that points and millipoints agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

TAU2_ESTIMATORS = ("REML", "PM", "DL")
INTERVALS = ("knha", "knha-adhoc", "t", "z")


@dataclass(frozen=True)
class RandomEffects:
    """A pooled effect, in the units of the effects.

    k studies; estimate with se and interval at `level`; tau2 the variance between studies;
    i2 in per cent, h2, and Cochran's q with its p. pi_low, pi_high: prediction interval for
    the true effect of a new study, estimate -/+ quantile sqrt(tau2 + se^2) (Higgins 2009,
    eq. 12) with the quantile of the confidence interval, as metafor has it: t(k - 1), or
    normal for ci = 'z'. With k = 1 the study itself: tau2, i2, h2 and the prediction
    interval are nan.
    """

    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    statistic: float
    p: float
    tau2: float
    i2: float
    h2: float
    q: float
    q_p: float
    pi_low: float
    pi_high: float
    level: float

    @property
    def tau(self) -> float:
        return float(np.sqrt(self.tau2))


@dataclass(frozen=True)
class MetaRegression:
    """Coefficients of a mixed-effects meta-regression, intercept first.

    Arrays of length p; Knapp-Hartung standard errors and t(k - p) intervals at `level`.
    tau2: residual variance between studies (REML).
    """

    coefficients: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p: np.ndarray
    tau2: float
    k: int
    level: float


def random_effects(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "knha",
    level: float = 0.95,
) -> RandomEffects:
    """Pool the effects of k independent studies.

    effects, variances: length k. tau2: REML, PM (Paule-Mandel) or DL (DerSimonian-Laird). ci: 'z'; 't', k - 1 degrees of freedom; 'knha', Hartung & Knapp 2001;
    'knha-adhoc', the same but never narrower than 't' (Knapp & Hartung 2003, their q at least 1).
    Raises ValueError for bad input, saying which argument, where and what is allowed.
    """
    y, v = _checked(effects, variances, level)
    if tau2 not in TAU2_ESTIMATORS:
        raise ValueError(f"tau2 must be one of {', '.join(TAU2_ESTIMATORS)}; got {tau2!r}")
    if ci not in INTERVALS:
        raise ValueError(f"ci must be one of {', '.join(INTERVALS)}; got {ci!r}")
    k = len(y)
    t2 = 0.0 if k == 1 else _tau2(y, v, np.ones((k, 1)), tau2)
    w = 1 / (v + t2)
    mean = float(w @ y / w.sum())
    se = float(np.sqrt(1 / w.sum()))
    if k > 1 and ci.startswith("knha"):
        # Hartung & Knapp 2001, eq. 5; the floor is Knapp & Hartung 2003, section 2.
        q = float(w @ (y - mean) ** 2 / (k - 1))
        se *= np.sqrt(max(q, 1.0) if ci == "knha-adhoc" else q)
    reference = stats.norm if ci == "z" or k == 1 else stats.t(k - 1)
    half = reference.ppf((1 + level) / 2) * se
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # equal effects: se 0, statistic inf or nan
        statistic = np.float64(mean) / se
    cochran = float((1 / v) @ (y - (1 / v) @ y / (1 / v).sum()) ** 2)
    # Higgins & Thompson 2002: typical within-study variance, eq. 9.
    w0 = 1 / v
    typical = (k - 1) * w0.sum() / (w0.sum() ** 2 - (w0**2).sum()) if k > 1 else np.nan
    spread = np.sqrt(t2 + se**2) * reference.ppf((1 + level) / 2) if k > 1 else np.nan
    return RandomEffects(
        k=k,
        estimate=mean,
        se=float(se),
        ci_low=mean - float(half),
        ci_high=mean + float(half),
        statistic=float(statistic),
        p=float(2 * reference.sf(abs(statistic))),
        tau2=float(t2) if k > 1 else np.nan,
        i2=float(100 * t2 / (t2 + typical)),
        h2=float((t2 + typical) / typical),
        q=cochran,
        q_p=float(stats.chi2.sf(cochran, k - 1)) if k > 1 else np.nan,
        pi_low=float(mean - spread),
        pi_high=float(mean + spread),
        level=level,
    )


def meta_regression(
    effects: ArrayLike, variances: ArrayLike, moderators: ArrayLike, *, level: float = 0.95
) -> MetaRegression:
    """Mixed-effects meta-regression by REML with Knapp-Hartung intervals.

    effects, variances: length k. moderators: (k, m), without the intercept, which is added.
    With tau2 known, statsmodels' WLS scales its covariance by the weighted residual variance,
    which is Knapp & Hartung 2003, eq. 6. Raises ValueError if the design matrix has not full
    rank or leaves no residual degree of freedom.
    """
    from statsmodels.regression.linear_model import WLS

    y, v = _checked(effects, variances, level)
    x = np.asarray(moderators, float).reshape(len(y), -1)
    design = np.column_stack([np.ones(len(y)), x])
    if len(y) <= design.shape[1]:
        raise ValueError(f"{design.shape[1]} coefficients need more than {len(y)} studies")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError("moderators are collinear (or constant): drop one")
    t2 = _tau2(y, v, design, "REML")
    fit = WLS(y, design, weights=1 / (v + t2)).fit()
    interval = fit.conf_int(1 - level)
    return MetaRegression(
        fit.params, fit.bse, interval[:, 0], interval[:, 1], fit.pvalues, float(t2), len(y), level
    )


def _checked(
    effects: ArrayLike, variances: ArrayLike, level: float
) -> tuple[np.ndarray, np.ndarray]:
    y, v = np.asarray(effects, float), np.asarray(variances, float)
    if y.ndim != 1 or y.shape != v.shape or len(y) == 0:
        raise ValueError(
            f"effects and variances must be of one length, at least 1; got {y.shape} and {v.shape}"
        )
    for name, bad, allowed in (
        ("effects", ~np.isfinite(y), "finite"),
        ("variances", ~np.isfinite(v) | (v <= 0), "finite and above 0"),
    ):
        if bad.any():
            raise ValueError(
                f"{name} must be {allowed}; not so at position {np.flatnonzero(bad)[0]}"
            )
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level}")
    return y, v


def _tau2(y: np.ndarray, v: np.ndarray, x: np.ndarray, method: str) -> float:
    scale = np.median(v)
    y, v = y / np.sqrt(scale), v / scale
    if method == "DL":
        return scale * max(0.0, _dersimonian_laird(y, v))
    equation = {"REML": _reml_score, "PM": _paule_mandel_score}[method]
    # tau2 cannot exceed what the spread of the effects alone, and twice over, would give.
    top = 10 * (np.ptp(y) ** 2 + v.max())
    grid = np.concatenate([[0.0], np.geomspace(1e-8, top, 400)])
    score = np.array([equation(t, y, v, x) for t in grid])
    falls = np.flatnonzero((score[:-1] > 0) & (score[1:] <= 0))
    roots = [
        optimize.brentq(equation, grid[i], grid[i + 1], args=(y, v, x), xtol=1e-14, rtol=1e-14)
        for i in falls
    ]
    if method == "REML":
        # A likelihood can rise again beyond zero: compare every local maximum and zero itself.
        return scale * max([0.0, *roots], key=lambda t: _restricted_log_likelihood(t, y, v, x))
    return scale * (roots[0] if roots else 0.0)


def _dersimonian_laird(y: np.ndarray, v: np.ndarray) -> float:
    """DerSimonian & Laird 1986, eq. 8; negative where Q falls short of its expectation."""
    w = 1 / v
    q = w @ (y - w @ y / w.sum()) ** 2
    return (q - (len(y) - 1)) / (w.sum() - (w**2).sum() / w.sum())


def _residual_maker(t: float, v: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    w = 1 / (v + t)
    xw = x.T * w
    cross = xw @ x
    return np.diag(w) - xw.T @ np.linalg.solve(cross, xw), cross


def _reml_score(t: float, y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    """Twice the derivative of the restricted log-likelihood (Viechtbauer 2005, eq. 13)."""
    p, _ = _residual_maker(t, v, x)
    return float(y @ p @ p @ y - np.trace(p))


def _restricted_log_likelihood(t: float, y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    p, cross = _residual_maker(t, v, x)
    return float(-0.5 * (np.log(v + t).sum() + np.linalg.slogdet(cross)[1] + y @ p @ y))


def _paule_mandel_score(t: float, y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    """Generalised Q minus its expectation (Paule & Mandel 1982); falls in t, so one root."""
    p, _ = _residual_maker(t, v, x)
    return float(y @ p @ y - (len(y) - x.shape[1]))
