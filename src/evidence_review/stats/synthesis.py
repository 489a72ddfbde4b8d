"""Random-effects pooling, and intervals for what varies between studies.

Peers: `random_effects`: metafor `rma` (every estimator of `tau2`; test z, t, knha,
adhoc), meta `metagen` (method.random.ci = "KR"), PyMARE, statsmodels `combine_effects`;
`tau2_interval`: metafor `confint`; `prediction_interval`: metafor `predict`, meta `metagen`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.intervals import (
    INTERVALS,
    kenward_roger,
    t_quantile,
    t_tail,
    variance_factor,
)
from evidence_review.stats.meta_regression import Design
from evidence_review.stats.pooling import Floats, Sets
from evidence_review.stats.studies import Interval, checked_studies
from evidence_review.stats.tau2 import TAU2_ESTIMATORS, tau2_and_se, tau2_where_q_is

__all__ = [
    "INTERVALS",
    "Interval",
    "RandomEffects",
    "prediction_interval",
    "random_effects",
    "tau2_interval",
]

# Numbers that are worked on at a time (studies times sets). An array of them fits a core's second-level
# cache of 1 MB; with fewer, calling numpy costs as much as computing.
_CHUNK = 98_304


Number = TypeVar("Number")


@dataclass(frozen=True)
class RandomEffects(Generic[Number]):
    """A pooled effect, in the units of the effects: floats, or arrays of the batch's shape.

    With k = 1 the study itself: tau2, its se, i2, h2 and the prediction interval are nan.

    Attributes
    ----------
    k : int, or array of int
        Studies.
    estimate, se, ci_low, ci_high
        The mean, its standard error, and its interval at `level`.
    statistic, p, df
        Two-sided test of 0; degrees of freedom of its t, infinite for normal.
    tau2, tau2_se
        Variance between studies, and the standard error of that.
    i2, h2, q, q_p
        I2 in per cent, H2, and Cochran's Q with its p.
    pi_low, pi_high
        Prediction interval for the true effect of a new study, estimate -/+ quantile
        sqrt(tau2 + se^2) (Higgins 2009, eq. 12) with the quantile of the confidence interval, as
        metafor and, for 'kr', meta have it.
    """

    k: Number
    estimate: Number
    se: Number
    ci_low: Number
    ci_high: Number
    statistic: Number
    p: Number
    df: Number
    tau2: Number
    tau2_se: Number
    i2: Number
    h2: Number
    q: Number
    q_p: Number
    pi_low: Number
    pi_high: Number
    level: float

    @property
    def tau(self) -> Number:
        """Standard deviation between studies."""
        return np.sqrt(self.tau2)  # type: ignore[call-overload]


@overload
def random_effects(
    effects: Sequence[float],
    variances: Sequence[float],
    *,
    tau2: str = "REML",
    ci: str = "knha",
    level: float = 0.95,
) -> RandomEffects[float]: ...


@overload
def random_effects(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "knha",
    level: float = 0.95,
) -> RandomEffects[Any]: ...


def random_effects(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "knha",
    level: float = 0.95,
) -> RandomEffects[Any]:
    """Pool the effects of independent studies; many sets of studies at once.

    Parameters
    ----------
    effects, variances : (..., k)
        Studies along the last axis; a study that is nan in both is absent, so that sets may differ
        in size.
    tau2 : str
        One of `tau2.TAU2_ESTIMATORS` (EE: a common effect).
    ci : str
        'z'; 't', k - 1 degrees of freedom; 'knha', Hartung & Knapp 2001; 'knha-adhoc', the same but
        never narrower than 't' (Knapp & Hartung 2003, their q at least 1); 'kr', Kenward & Roger
        1997, with tau2 = 'REML' only (in meta-analysis: Partlett & Riley 2017).
    level : float
        Of intervals.

    Returns
    -------
    RandomEffects
        Floats for one set, else arrays of shape (...).

    Raises
    ------
    ValueError
        For bad input, saying which argument, where and what is allowed.

    Notes
    -----

    Kenward-Roger adds to the variance 1/S1 what estimating tau2 costs; Sj = sum(w^j), w =
    1/(v + tau2). Their adjusted covariance matrix with one variance parameter, in which the model
    is linear (R = 0), and P = -S2, Q = S3 is V = 1/S1 + 2 W (S3 - S2^2/S1) / S1^2. W = var(tau2)
    is the inverse of the expected information, tau2_se^2. The degrees of freedom of one contrast
    reduce to 2 / (W (S2/S1)^2), their scale factor to 1; with V in the place of 1/S1, as Partlett
    & Riley's formula is in meta and here, they are a little fewer. Where variances are equal and
    tau2 > 0 it is Hartung & Knapp's interval. At tau2 = 0 the same formulas hold: wider than
    normal, where Hartung-Knapp can be narrower. With few, very unequal studies the degrees of
    freedom fall below 1 and the interval says nothing.

    Examples
    --------
    With equal variances the interval is Student's t of the effects, and tau2 their variance, 7, less
    that of one.

    >>> fit = random_effects([1.0, 2.0, 6.0], [1.0, 1.0, 1.0])
    >>> f"{fit.estimate:.2f} ({fit.ci_low:.2f} to {fit.ci_high:.2f}), tau2 {fit.tau2:.2f}"
    '3.00 (-3.57 to 9.57), tau2 6.00'

    Two sets at once, of three studies and of two:

    >>> effects = [[-0.9, -0.3, -1.2], [1.0, 3.0, np.nan]]
    >>> variances = [[0.04, 0.09, 0.05], [0.5, 0.5, np.nan]]
    >>> random_effects(effects, variances).k.tolist()
    [3, 2]
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
    return RandomEffects[Any](**pooled, level=level)


def _pool(y: Floats, v: Floats, method: str, ci: str, level: float) -> dict[str, Floats]:
    """The fields of RandomEffects for sets in columns."""
    here = ~np.isnan(y)
    sets = Sets(np.where(here, y, 0.0), np.where(here, v, 1.0), here.astype(float))
    t2, t2_se = tau2_and_se(sets, method)
    fit, common = sets.fit(t2), sets.fit(0.0)
    alone, df = sets.df == 0, sets.df
    variance = fit.inverse[0, 0]
    with np.errstate(divide="ignore", invalid="ignore"):  # one study, or effects all equal
        if ci == "kr":
            adjusted, df = kenward_roger(fit, t2_se)
            variance = np.where(alone, variance, adjusted)
        else:
            variance = np.where(alone, variance, variance * variance_factor(fit.q, df, ci))
        df = np.where(alone | (ci == "z"), np.inf, df)
        q = common.q
        # Higgins & Thompson 2002, eq. 9: the typical within-study variance.
        typical = sets.df / common.trace
        if method == "EE":  # no tau2: Higgins & Thompson 2002, eq. 10
            h2 = q / sets.df
            i2 = 100 * np.maximum(0.0, 1 - 1 / h2)
        else:
            h2 = 1 + t2 / typical
            i2 = 100 * t2 / (t2 + typical)
        unit = np.sqrt(sets.scale)
        mean, se = sets.pivots[0] + unit * fit.b[0], unit * np.sqrt(variance)
        statistic = mean / se
    t2 *= sets.scale
    quantile = t_quantile(df, (1 + level) / 2)
    spread = quantile * np.sqrt(t2 + se**2)
    single = lambda values: np.where(alone, np.nan, values)
    return {
        "k": sets.studies.astype(int),
        "estimate": mean,
        "se": se,
        "ci_low": mean - quantile * se,
        "ci_high": mean + quantile * se,
        "statistic": statistic,
        "p": 2 * t_tail(df, np.abs(statistic)),
        "df": df,
        "tau2": single(t2),
        "tau2_se": t2_se * sets.scale,
        "i2": single(i2),
        "h2": single(h2),
        "q": q,
        "q_p": single(special.gammaincc(np.maximum(sets.df, 0.5) / 2, q / 2)),
        "pi_low": single(mean - spread),
        "pi_high": single(mean + spread),
    }


def tau2_interval(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    moderators: ArrayLike | None = None,
    method: str = "Q-profile",
    level: float = 0.95,
) -> Interval:
    """An interval for the variance between k >= 2 studies, or for what moderators leave of it.

    Parameters
    ----------
    effects, variances : (k,)
        One set.
    moderators : (k, p - 1), or (k,) for one, optional
        As in `meta_regression`.
    method : str
        'Q-profile' (Viechtbauer 2007: the tau2 at which generalised Q equals a chi-square quantile;
        exact under the model), 'profile-REML' or 'profile-ML' (Hardy & Thompson 1996: the tau2 whose
        log-likelihood is within half a chi-square quantile of the maximum).
    level : float
        Of the interval.

    Returns
    -------
    Interval
        In squared units of the effects. Both ends are 0 where even tau2 = 0 leaves too little
        scatter.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    Examples
    --------
    Here generalised Q is 14 / (1 + tau2), and the quantiles of chi-square are 7.378 and 0.0506.

    >>> found = tau2_interval([1.0, 2.0, 6.0], [1.0, 1.0, 1.0])
    >>> round(found.low, 3), round(found.high, 1)
    (0.898, 275.5)
    """
    y, v = checked_studies(effects, variances, level)
    if y.ndim != 1 or np.isnan(y).any() or len(y) < 2:
        raise ValueError("effects must be one set of at least 2 studies, all present")
    design = None if moderators is None else Design.of(moderators, len(y)).columns(moderators)
    sets = Sets(y[:, None], v[:, None], np.ones((len(y), 1)), design)
    df, at = float(sets.df[0]), lambda t: np.array([t])
    if method == "Q-profile":
        low, high = (
            float(tau2_where_q_is(sets, float(special.chdtri(df, tail)) / df)[0])
            for tail in ((1 - level) / 2, (1 + level) / 2)
        )
    elif method in ("profile-REML", "profile-ML"):
        kind = method.removeprefix("profile-")
        best = tau2_and_se(sets, kind)[0]
        height = lambda t: sets.log_likelihood(at(t), kind == "REML")[0]
        allowed = height(best[0]) - special.chdtri(1, 1 - level) / 2
        excess = lambda t, target: height(t) - target
        low = 0.0
        if excess(0.0, allowed) < 0:
            low = _root(excess, allowed, 0.0, best[0])
        high = _falls_to_zero(excess, allowed, best[0], sets.largest[0])
    else:
        raise ValueError(
            f"method must be 'Q-profile', 'profile-REML' or 'profile-ML'; got {method!r}"
        )
    scale = float(sets.scale[0])
    return Interval(low * scale, high * scale, level)


def _falls_to_zero(
    excess: Callable[[float, float], float], target: float, start: float, step: float
) -> float:
    """Where a function that is positive at start falls to 0; 0 where it is not positive there."""
    if excess(start, target) <= 0:
        return 0.0
    high = max(start, step)
    while excess(high, target) > 0:
        high *= 4
    return _root(excess, target, start, high)


def _root(excess: Callable[[float, float], float], target: float, low: float, high: float) -> float:
    """Where a function that changes sign between low and high is 0 (Brent's method)."""
    from scipy import optimize

    # In units of the smallest variance, below a thousandth of which tau2 matters to nothing.
    found = optimize.root_scalar(excess, (target,), "brentq", (low, high), xtol=1e-15, rtol=1e-14)
    return float(found.root)


def prediction_interval(fit: RandomEffects[float], *, df: str = "k-2") -> Interval:
    """Where the true effect of a new study lies, with t(k - 2) (Higgins 2009), t(k - 1) or normal.

    The estimate, its se and tau2 are the fit's, so that a fit with a Hartung-Knapp interval gives
    the prediction interval of Partlett & Riley 2017.

    Parameters
    ----------
    fit : RandomEffects
        Of one set.
    df : str
        'k-2', 'k-1' or 'normal'.

    Returns
    -------
    Interval
        At the level of the fit; nan where there are no degrees of freedom, as with 'k-2' below
        three studies.

    Raises
    ------
    ValueError
        For another df.

    Examples
    --------
    >>> fit = random_effects([-0.9, -0.3, -1.2], [0.04, 0.09, 0.05])
    >>> prediction_interval(fit, df="k-1").low == fit.pi_low
    True
    """
    degrees = {"k-2": fit.k - 2, "k-1": fit.k - 1, "normal": np.inf}
    if df not in degrees:
        raise ValueError(f"df must be 'k-2', 'k-1' or 'normal'; got {df!r}")
    if not np.isfinite(fit.tau2) or degrees[df] < 1:
        return Interval(np.nan, np.nan, fit.level)
    quantile = t_quantile(np.array([float(degrees[df])]), (1 + fit.level) / 2)[0]
    half = float(quantile * np.sqrt(fit.tau2 + fit.se**2))
    return Interval(fit.estimate - half, fit.estimate + half, fit.level)
