"""Rules for the interval of a pooled effect or a coefficient: which standard error, which t."""

from __future__ import annotations

import numpy as np
from scipy import special

from evidence_review.stats.pooling import Fit, Floats

# knha: Hartung & Knapp 2001; knha-adhoc: never narrower than t; kr: Kenward & Roger 1997, which
# here is for a mean; t and z: tau2 taken as known.
INTERVALS = ("knha", "knha-adhoc", "kr", "t", "z")


def variance_factor(q: Floats, df: Floats, ci: str) -> Floats:
    """What the variance of a coefficient is multiplied by.

    q: generalised Q at tau2; df: its degrees of freedom. Hartung & Knapp 2001, eq. 5; with
    moderators Knapp & Hartung 2003, eq. 6; the floor is their section 2.
    """
    factor = q / df
    return {"knha": factor, "knha-adhoc": np.maximum(factor, 1.0)}.get(ci, np.ones_like(factor))


def kenward_roger(fit: Fit, tau2_se: Floats) -> tuple[Floats, Floats]:
    """Variance of a mean and its degrees of freedom, (m,) each, in the units of the fit.

    With Sj = sum(w^j) the adjusted variance is 1/S1 + 2 W (S3 - S2^2/S1) / S1^2, W = tau2_se^2;
    S3 - S2^2/S1 is the sum of w (w - S2/S1)^2, and so written it loses no digit where one study
    has nearly all the weight.
    """
    top, rest = fit.top[0], fit.rest
    s1, s2 = 1 / fit.inverse[0, 0], (fit.w**2).sum(0)
    # of the heaviest study: top - S2/S1, from the others
    ahead = (top * rest.sum(0) - (rest**2).sum(0)) / s1
    unequal = top * ahead**2 + (rest * (rest - s2 / s1) ** 2).sum(0)
    variance = 1 / s1 + 2 * tau2_se**2 * unequal / s1**2
    return variance, 2 / (tau2_se * variance * s2) ** 2


def t_quantile(df: Floats, probability: float | Floats) -> Floats:
    """Quantile of t; normal where df is infinite. probability: one, or one for each df."""
    if np.ndim(probability) == 0 and len(df) > 20:
        # sets share few degrees of freedom, and a quantile takes long
        unique, where = np.unique(df, return_inverse=True)
        return _t_quantile(unique, probability)[where]
    return _t_quantile(df, probability)


def _t_quantile(df: Floats, probability: float | Floats) -> Floats:
    finite = np.isfinite(df)
    student = special.stdtrit(np.where(finite, df, 1.0), probability)
    return np.where(finite, student, special.ndtri(probability))


def t_tail(df: Floats, value: Floats) -> Floats:
    """Chance of t below -value; normal where df is infinite."""
    finite = np.isfinite(df)
    return np.where(finite, special.stdtr(np.where(finite, df, 1.0), -value), special.ndtr(-value))
