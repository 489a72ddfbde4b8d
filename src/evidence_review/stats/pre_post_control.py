"""Two arms, each measured before and after: what one changed more than the other.

Treated minus control, changes end minus baseline. `Scores` holds an arm; everything broadcasts,
and results are `(estimate, variance)` as in `effects`. From change means with their own SDs, and
from final means alone, the answer is `effects.mean_difference` of these, without a correlation.

Peers: metafor `escalc`, MC of both arms subtracted (`change_difference` by 'change') and SMCR of
both arms subtracted (`standardized_change_difference` by 'own'). No peer is known for Morris'
d_ppc2 ('pooled') and for the covariance adjustment from summary figures ('ancova').
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evidence_review.stats.effects import (
    mean_change,
    small_sample_factor,
    standardized_mean_change_raw,
    standardized_mean_difference,
)
from evidence_review.stats.recover import sd_of_change


@dataclass(frozen=True)
class Scores:
    """People in an arm, and means and SDs of their scores at baseline and at the end.

    Parameters
    ----------
    n, mean_pre, sd_pre, mean_post, sd_post : array_like
        n and SDs above 0.

    Examples
    --------
    >>> Scores(30, 25.0, 5.0, 18.0, 6.0).mean_post
    18.0
    """

    n: ArrayLike
    mean_pre: ArrayLike
    sd_pre: ArrayLike
    mean_post: ArrayLike
    sd_post: ArrayLike


def change_difference(
    treated: Scores, control: Scores, r: ArrayLike, *, by: str = "change"
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of mean changes between two arms, in the units of the scale.

    Parameters
    ----------
    treated, control : Scores
    r : array_like
        Correlation of baseline and final scores in both arms, -1 to 1.
    by : {'change', 'ancova'}
        The mean changes, their variances from both SDs and r; or the final means adjusted for the
        baseline means, with slope r SD_post / SD_pre and variance (1 - r^2) SD_post^2 (1/n1 + 1/n2),
        SDs pooled (Borm, Fransen & Lemmens 2007; a large-sample variance, without the loss by chance
        imbalance at baseline).

    Returns
    -------
    estimate, variance : numpy.ndarray

    Raises
    ------
    ValueError
        For another `by`, and for figures that cannot be.

    Examples
    --------
    >>> treated, control = Scores(25, 24.0, 5.0, 16.0, 5.0), Scores(25, 24.0, 5.0, 20.0, 5.0)
    >>> [float(x) for x in change_difference(treated, control, 0.5)]
    [-4.0, 2.0]
    """
    changes = [
        mean_change(arm.n, arm.mean_pre, arm.sd_pre, arm.mean_post, arm.sd_post, r)
        for arm in (treated, control)
    ]
    if by == "change":
        return _difference(*changes)
    if by != "ancova":
        raise ValueError(f"by must be 'change' or 'ancova'; got {by!r}")
    pre, post = (
        np.asarray(getattr(treated, name), float) - np.asarray(getattr(control, name), float)
        for name in ("mean_pre", "mean_post")
    )
    n1, n2, r = (np.asarray(x, float) for x in (treated.n, control.n, r))
    spread = _pooled(treated, control, "sd_post")
    slope = r * spread / _pooled(treated, control, "sd_pre")
    return post - slope * pre, (1 - r**2) * spread**2 * (1 / n1 + 1 / n2)


def standardized_change_difference(
    treated: Scores, control: Scores, r: ArrayLike, *, by: str = "pooled"
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of mean changes in standard deviations: of the baseline scores, or of the changes.

    The two are different estimands: with r above 1/2 changes scatter less than scores, so that the
    same trial has a larger effect in SDs of the change. They are not for one pool.

    Parameters
    ----------
    treated, control : Scores
    r : array_like
        Correlation of baseline and final scores in both arms, -1 to 1.
    by : {'pooled', 'own', 'change'}
        'pooled', baseline SD of both arms (Morris 2008, d_ppc2, with the exact small-sample factor;
        variance eq. 25 with the estimate in the place of the true effect); 'own', each arm's change
        in its own baseline SD (Becker 1988; d_ppc1); 'change', Hedges' g of the changes, in their
        pooled SD.

    Returns
    -------
    estimate, variance : numpy.ndarray
        nan where there are too few people.

    Raises
    ------
    ValueError
        For another `by`, and for figures that cannot be.

    Examples
    --------
    >>> treated, control = Scores(25, 24.0, 5.0, 16.0, 5.0), Scores(25, 24.0, 5.0, 20.0, 5.0)
    >>> for by in ("pooled", "change"):
    ...     print(by, round(float(standardized_change_difference(treated, control, 0.8, by=by)[0]), 3))
    pooled -0.787
    change -1.245
    """
    if by == "change":
        figures = [
            x
            for arm in (treated, control)
            for x in (
                np.asarray(arm.mean_post, float) - np.asarray(arm.mean_pre, float),
                sd_of_change(arm.sd_pre, arm.sd_post, r),
                arm.n,
            )
        ]
        return standardized_mean_difference(*figures)
    own = [
        standardized_mean_change_raw(arm.n, arm.mean_pre, arm.sd_pre, arm.mean_post, arm.sd_post, r)
        for arm in (treated, control)
    ]
    if by == "own":
        return _difference(*own)
    if by != "pooled":
        raise ValueError(f"by must be 'pooled', 'own' or 'change'; got {by!r}")
    n1, n2, r = (np.asarray(x, float) for x in (treated.n, control.n, r))
    df, share = n1 + n2 - 2, (n1 + n2) / (n1 * n2)
    factor = small_sample_factor(df)
    raw, _ = change_difference(treated, control, r)
    d = factor * raw / _pooled(treated, control, "sd_pre")
    unit = 2 * (1 - r) * share
    # (1 + d^2 / unit) times unit, written so that r = 1 is not a division by zero.
    return d, factor**2 * df / np.where(df > 2, df - 2, np.nan) * (unit + d**2) - d**2


def _difference(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    return one[0] - other[0], one[1] + other[1]


def _pooled(treated: Scores, control: Scores, name: str) -> np.ndarray:
    """The SD within arms, weighted by degrees of freedom."""
    n1, n2, sd1, sd2 = (
        np.asarray(x, float)
        for x in (treated.n, control.n, getattr(treated, name), getattr(control, name))
    )
    return np.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / (n1 + n2 - 2))
