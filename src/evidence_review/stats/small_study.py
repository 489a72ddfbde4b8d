"""Do small studies show other effects than large ones? Asked only where the answer can mean something.

A test is refused, with the reason in place of numbers, below 10 studies (Cochrane Handbook
13.3.5.4; Sterne et al. 2011) and where studies are of similar size: the largest variance has to be
more than 4 times the smallest (Ioannidis & Trikalinos 2007). Asymmetry has other causes than
missing studies; trim-and-fill, which assumes that one cause, is left out.

Peers: metafor `regtest(model = "lm")` (`egger_test`), metafor `ranktest` (`rank_test`). Kendall's
tau is scipy's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evidence_review.stats.meta_regression import meta_regression
from evidence_review.stats.studies import checked_studies

FEWEST_STUDIES = 10
VARIANCE_RATIO = 4.0


@dataclass(frozen=True)
class SmallStudyTest:
    """A test for funnel plot asymmetry over k studies; all numbers nan where it is refused.

    estimate: slope on the standard error (Egger; positive: small studies show larger values) or
    Kendall's tau. statistic: t with df degrees of freedom; for Kendall's tau, nan. p two-sided.
    refused: why there is no test; empty where there is one.
    """

    k: int
    estimate: float
    se: float
    statistic: float
    df: float
    p: float
    refused: str = ""


def egger_test(effects: ArrayLike, variances: ArrayLike) -> SmallStudyTest:
    """Egger's regression: effects on standard errors, with weights 1 / variances.

    The same test as that of the intercept in the regression of effect / se on 1 / se.

    Parameters
    ----------
    effects, variances : (k,)
        In any one unit, and squared in that.

    Raises
    ------
    ValueError
        For bad input, naming the argument. Too few or too similar studies are no error: the
        result says why there is no test.

    References
    ----------
    Egger et al. 1997, BMJ 315:629.

    Examples
    --------
    >>> egger_test([0.1, 0.4, 0.2], [0.02, 0.3, 0.1]).refused
    'fewer than 10 studies (3) cannot tell asymmetry from chance'
    >>> variances = np.linspace(0.1, 2.0, 10)
    >>> round(egger_test(1 + 2 * np.sqrt(variances), variances).estimate, 6)
    2.0
    """
    y, v, reason = _checked(effects, variances)
    if reason:
        return _refused(len(y), reason)
    # Weighted least squares whose residual variance is estimated is Knapp & Hartung's at tau2 = 0.
    fit = meta_regression(y, v, np.sqrt(v), tau2="EE", ci="knha")
    return SmallStudyTest(
        len(y),
        float(fit.coefficients[1]),
        float(fit.se[1]),
        float(fit.statistic[1]),
        fit.df,
        float(fit.p[1]),
    )


def rank_test(effects: ArrayLike, variances: ArrayLike) -> SmallStudyTest:
    """Kendall's tau of standardised effects with variances; less power than `egger_test`.

    Effects are centred on their common effect and divided by the SD of that distance. p is exact
    without ties, normal with them.

    Parameters
    ----------
    effects, variances : (k,)
        In any one unit, and squared in that.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    References
    ----------
    Begg & Mazumdar 1994, Biometrics 50:1088.

    Examples
    --------
    >>> variances = np.linspace(0.1, 2.0, 10)
    >>> round(rank_test(1 + 2 * variances**2, variances).estimate, 6)
    1.0
    """
    from scipy.stats import kendalltau

    y, v, reason = _checked(effects, variances)
    if reason:
        return _refused(len(y), reason)
    w = 1 / v
    deviate = (y - w @ y / w.sum()) / np.sqrt(v - 1 / w.sum())
    tau, p = np.asarray(kendalltau(deviate, v))
    return SmallStudyTest(len(y), float(tau), np.nan, np.nan, np.nan, float(p))


def _refused(k: int, reason: str) -> SmallStudyTest:
    return SmallStudyTest(k, np.nan, np.nan, np.nan, np.nan, np.nan, reason)


def _checked(effects: ArrayLike, variances: ArrayLike) -> tuple[np.ndarray, np.ndarray, str]:
    y, v = checked_studies(effects, variances, level=0.95)
    if y.ndim != 1 or np.isnan(y).any():
        raise ValueError("effects must be one set of studies, all present")
    reason = ""
    if len(y) < FEWEST_STUDIES:
        reason = f"fewer than {FEWEST_STUDIES} studies ({len(y)}) cannot tell asymmetry from chance"
    elif v.max() <= VARIANCE_RATIO * v.min():
        reason = (
            f"the studies are of similar size (the largest variance is {v.max() / v.min():.2g} times the "
            f"smallest, not more than {VARIANCE_RATIO:g} times)"
        )
    return y, v, reason
