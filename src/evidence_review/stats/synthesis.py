"""Random-effects pooling, and intervals for what varies between studies.

Peers: `random_effects`: metafor `rma` (every tau2 estimator of `heterogeneity`; test z, t, knha,
adhoc), meta `metagen` (method.random.ci = "KR"), PyMARE, statsmodels `combine_effects`;
`tau2_interval`: metafor `confint`; `prediction_interval`: metafor `predict`, meta `metagen`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.heterogeneity import (
    TAU2_ESTIMATORS,
    generalised_q,
    log_likelihood,
    root_between,
    tau2_and_se,
    where_it_falls_to_zero,
)
from evidence_review.stats.meta_regression import MetaRegression, meta_regression
from evidence_review.stats.studies import Interval, checked_studies

__all__ = [
    "INTERVALS",
    "Interval",
    "MetaRegression",
    "RandomEffects",
    "meta_regression",
    "prediction_interval",
    "random_effects",
    "tau2_interval",
]

INTERVALS = ("knha", "knha-adhoc", "kr", "t", "z")

# Numbers that are worked on at a time (studies times sets): the arrays fit a core's second-level cache.
_CHUNK = 24_576


@dataclass(frozen=True)
class RandomEffects:
    """A pooled effect, in the units of the effects; arrays of the batch's shape, or floats.

    k studies; estimate with se, interval at `level`, statistic and p; df of their t, infinite for
    normal; tau2 the variance between studies, tau2_se its standard error; i2 in per cent, h2, and Cochran's q with its p. pi_low,
    pi_high: prediction interval for the true effect of a new study, estimate -/+ quantile
    sqrt(tau2 + se^2) (Higgins 2009, eq. 12) with the quantile of the confidence interval, as
    metafor and, for 'kr', meta have it. With k = 1 the study itself: tau2, its se,
    i2, h2 and the prediction interval are nan.
    """

    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    statistic: float
    p: float
    df: float
    tau2: float
    tau2_se: float
    i2: float
    h2: float
    q: float
    q_p: float
    pi_low: float
    pi_high: float
    level: float

    @property
    def tau(self) -> float:
        return np.sqrt(self.tau2)


def random_effects(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "knha",
    level: float = 0.95,
) -> RandomEffects:
    """Pool the effects of independent studies; many sets of studies at once.

    effects, variances: (..., k), studies along the last axis; a study that is nan in both is
    absent, so that sets may differ in size. tau2: one of heterogeneity.TAU2_ESTIMATORS (EE: a
    common effect). ci: 'z'; 't', k - 1 degrees of freedom; 'knha', Hartung & Knapp 2001;
    'knha-adhoc', the same but never narrower than 't' (Knapp & Hartung 2003, their q at least 1);
    'kr', Kenward & Roger 1997, with tau2 = 'REML' only (in meta-analysis: Partlett & Riley 2017).

    Kenward-Roger adds to the variance 1/S1 what estimating tau2 costs; Sj = sum(w^j), w =
    1/(v + tau2). Their adjusted covariance matrix with one variance parameter, in which the model
    is linear (R = 0), and P = -S2, Q = S3 is V = 1/S1 + 2 W (S3 - S2^2/S1) / S1^2. W = var(tau2)
    is the inverse of the expected information, tau2_se^2. The degrees of freedom of one contrast
    reduce to 2 / (W (S2/S1)^2), their scale factor to 1; with V in the place of 1/S1, as Partlett
    & Riley's formula is in meta and here, they are a little fewer. Where variances are equal and
    tau2 > 0 it is Hartung & Knapp's interval. At tau2 = 0 the same formulas hold: wider than
    normal, where Hartung-Knapp can be narrower. With few, very unequal studies the degrees of
    freedom fall below 1 and the interval says nothing.

    Raises ValueError for bad input, saying which argument, where and what is allowed.
    """
    y, v = checked_studies(effects, variances, level)
    if tau2 not in TAU2_ESTIMATORS:
        raise ValueError(f"tau2 must be one of {', '.join(TAU2_ESTIMATORS)}; got {tau2!r}")
    if ci not in INTERVALS:
        raise ValueError(f"ci must be one of {', '.join(INTERVALS)}; got {ci!r}")
    if ci == "kr" and tau2 != "REML":
        raise ValueError(f"ci 'kr' needs tau2 'REML', whose information it uses; got {tau2!r}")
    shape, k = y.shape[:-1], y.shape[-1]
    y, v = (x.reshape(-1, k).T for x in (y, v))
    width = max(1, _CHUNK // k)
    parts = [
        _pool(y[:, start : start + width], v[:, start : start + width], tau2, ci, level)
        for start in range(0, y.shape[1], width)
    ]
    pooled = {
        name: np.concatenate([part[name] for part in parts]).reshape(shape) for name in parts[0]
    }
    if not shape:
        pooled = {name: value.item() for name, value in pooled.items()}
    return RandomEffects(**pooled, level=level)


def _pool(y: np.ndarray, v: np.ndarray, method: str, ci: str, level: float) -> dict:
    """The fields of RandomEffects for sets in columns."""
    here = ~np.isnan(y)
    present = here.astype(float)
    y, v = np.where(here, y, 0.0), np.where(here, v, 1.0)
    k = present.sum(0)
    t2, t2_se = tau2_and_se(y, v, present, method)
    w = present / (v + t2)
    total = w.sum(0)
    mean = (w * y).sum(0) / total
    se = np.sqrt(1 / total)
    alone = k == 1
    df = k - 1
    with np.errstate(divide="ignore", invalid="ignore"):  # one study, or effects all equal
        if ci == "kr":
            w2, w3 = (w**2).sum(0), (w**3).sum(0)
            adjusted = np.sqrt(1 / total + 2 * t2_se**2 * (w3 - w2**2 / total) / total**2)
            se = np.where(alone, se, adjusted)
            df = 2 / (t2_se * se**2 * w2) ** 2
        if ci.startswith("knha"):
            # Hartung & Knapp 2001, eq. 5; the floor is Knapp & Hartung 2003, section 2.
            factor = (w * (y - mean) ** 2).sum(0) / (k - 1)
            factor = np.maximum(factor, 1.0) if ci == "knha-adhoc" else factor
            se = np.where(alone, se, se * np.sqrt(factor))
        df = np.where(alone | (ci == "z"), np.inf, df)
        quantile = _t_quantile(df, (1 + level) / 2)
        statistic = mean / se
        w0 = present / v
        fixed = (w0 * y).sum(0) / w0.sum(0)
        q = (w0 * (y - fixed) ** 2).sum(0)
        # Higgins & Thompson 2002, eq. 9: the typical within-study variance.
        typical = (k - 1) * w0.sum(0) / (w0.sum(0) ** 2 - (w0**2).sum(0))
        if method == "EE":  # no tau2: Higgins & Thompson 2002, eq. 10
            h2 = q / (k - 1)
            i2 = 100 * np.maximum(0.0, 1 - 1 / h2)
        else:
            h2 = 1 + t2 / typical
            i2 = 100 * t2 / (t2 + typical)
    spread = quantile * np.sqrt(t2 + se**2)
    single = lambda values: np.where(alone, np.nan, values)
    return {
        "k": k.astype(int),
        "estimate": mean,
        "se": se,
        "ci_low": mean - quantile * se,
        "ci_high": mean + quantile * se,
        "statistic": statistic,
        "p": 2 * _t_tail(df, np.abs(statistic)),
        "df": df,
        "tau2": single(t2),
        "tau2_se": single(t2_se),
        "i2": single(i2),
        "h2": single(h2),
        "q": q,
        "q_p": single(special.gammaincc(np.maximum(k - 1, 0.5) / 2, q / 2)),
        "pi_low": single(mean - spread),
        "pi_high": single(mean + spread),
    }


def _t_quantile(df: np.ndarray, probability: float) -> np.ndarray:
    """Quantile of t; normal where df is infinite. Sets share few degrees of freedom."""
    unique, where = np.unique(df, return_inverse=True)
    finite = np.isfinite(unique)
    found = np.where(
        finite,
        special.stdtrit(np.where(finite, unique, 1.0), probability),
        special.ndtri(probability),
    )
    return found[where]


def _t_tail(df: np.ndarray, value: np.ndarray) -> np.ndarray:
    finite = np.isfinite(df)
    return np.where(finite, special.stdtr(np.where(finite, df, 1.0), -value), special.ndtr(-value))


def tau2_interval(
    effects: ArrayLike, variances: ArrayLike, *, method: str = "Q-profile", level: float = 0.95
) -> Interval:
    """An interval for the variance between k >= 2 studies.

    method: 'Q-profile' (Viechtbauer 2007: the t at which generalised Q equals a chi-square quantile;
    exact under the model), 'profile-REML' or 'profile-ML' (Hardy & Thompson 1996: the t whose
    log-likelihood is within half a chi-square quantile of the maximum). Both ends are 0 where even
    tau2 = 0 leaves too little scatter. Raises ValueError for bad input.
    """
    y, v = checked_studies(effects, variances, level)
    if y.ndim != 1 or np.isnan(y).any() or len(y) < 2:
        raise ValueError("effects must be one set of at least 2 studies, all present")
    if method == "Q-profile":
        targets = [special.chdtri(len(y) - 1, tail) for tail in ((1 - level) / 2, (1 + level) / 2)]
        low, high = (
            where_it_falls_to_zero(lambda t, q=q: generalised_q(y, v, t) - q, v) for q in targets
        )
        return Interval(low, high, level)
    if method not in ("profile-REML", "profile-ML"):
        raise ValueError(
            f"method must be 'Q-profile', 'profile-REML' or 'profile-ML'; got {method!r}"
        )
    kind = method.removeprefix("profile-")
    best = random_effects(y, v, tau2=kind).tau2
    allowed = log_likelihood(y, v, best, kind) - special.chdtri(1, 1 - level) / 2
    excess = lambda t: log_likelihood(y, v, t, kind) - allowed
    low = 0.0 if excess(0.0) >= 0 else root_between(excess, 0.0, best)
    return Interval(low, where_it_falls_to_zero(excess, v, start=best), level)


def prediction_interval(fit: RandomEffects, *, df: str = "k-2") -> Interval:
    """Where the true effect of a new study lies, with t(k - 2) (Higgins 2009), t(k - 1) or normal.

    df: 'k-2', 'k-1' or 'normal'. The estimate, its se and tau2 are the fit's, so that a fit with a
    Hartung-Knapp interval gives the prediction interval of Partlett & Riley 2017. With k - 2
    there is none below k = 3: nan.
    """
    degrees = {"k-2": fit.k - 2, "k-1": fit.k - 1, "normal": np.inf}
    if df not in degrees:
        raise ValueError(f"df must be 'k-2', 'k-1' or 'normal'; got {df!r}")
    if not np.isfinite(fit.tau2) or degrees[df] < 1:
        return Interval(np.nan, np.nan, fit.level)
    quantile = _t_quantile(np.array([float(degrees[df])]), (1 + fit.level) / 2)[0]
    half = float(quantile * np.sqrt(fit.tau2 + fit.se**2))
    return Interval(fit.estimate - half, fit.estimate + half, fit.level)
