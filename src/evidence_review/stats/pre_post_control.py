"""Two arms, each measured before and after: what one changed more than the other.

Treated minus control, changes end minus baseline. `Scores` holds an arm; everything broadcasts,
and results are `(estimate, variance)` as in `effects`. Where change means with their own SDs are
printed, `effects.mean_difference` of these is the answer and needs no correlation.

Peers: metafor `escalc`: MC of both arms subtracted (`change_difference` by 'change'), MD of the
final scores ('final'), SMCR of both arms subtracted (`standardized_change_difference` by 'own');
no package has Morris' d_ppc2 or the covariance adjustment from summary figures.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import ArrayLike

from evidence_review.stats.effects import (
    mean_change,
    mean_difference,
    small_sample_factor,
    standardized_mean_change_raw,
)


@dataclass(frozen=True)
class Scores:
    """People in an arm, and means and SDs of their scores at baseline and at the end."""

    n: ArrayLike
    mean_pre: ArrayLike
    sd_pre: ArrayLike
    mean_post: ArrayLike
    sd_post: ArrayLike


def change_difference(
    treated: Scores, control: Scores, r: ArrayLike, *, by: str = "change"
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of mean changes between two arms, in the units of the scale.

    r: correlation of baseline and final scores in both arms (-1 to 1). by: 'change', the changes,
    each variance from both SDs and r; 'final', the final means alone (r is checked and not used);
    'ancova', the final means adjusted for the baseline means: slope r SD_post / SD_pre and
    variance (1 - r^2) SD_post^2 (1/n1 + 1/n2), SDs pooled (Borm, Fransen & Lemmens 2007; a
    large-sample variance, without the loss by chance imbalance at baseline). Raises ValueError
    for another `by`, and for figures that cannot be, with their names.
    """
    changes = [mean_change(*astuple(arm), r) for arm in (treated, control)]
    final = mean_difference(
        *(x for arm in (treated, control) for x in (arm.mean_post, arm.sd_post, arm.n))
    )
    if by == "change":
        return _difference(*changes)
    if by == "final":
        return final
    if by == "ancova":
        n1, n2, r = (np.asarray(x, float) for x in (treated.n, control.n, r))
        spread = _pooled(treated, control, "sd_post")
        slope = r * spread / _pooled(treated, control, "sd_pre")
        imbalance = np.asarray(treated.mean_pre, float) - np.asarray(control.mean_pre, float)
        return final[0] - slope * imbalance, (1 - r**2) * spread**2 * (1 / n1 + 1 / n2)
    raise ValueError(f"by must be 'change', 'final' or 'ancova'; got {by!r}")


def standardized_change_difference(
    treated: Scores, control: Scores, r: ArrayLike, *, by: str = "pooled"
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of mean changes in standard deviations of the baseline scores.

    r: correlation of baseline and final scores in both arms. by: 'pooled', the SD of both arms
    (Morris 2008, d_ppc2, eq. 8, exact small-sample factor; variance eq. 25 with the estimate in
    the place of the true effect), or 'own', each arm's change in its own SD (Becker 1988; d_ppc1).
    Raises ValueError for another `by`, and for figures that cannot be, with their names.
    """
    own = [standardized_mean_change_raw(*astuple(arm), r) for arm in (treated, control)]
    if by == "own":
        return _difference(*own)
    if by != "pooled":
        raise ValueError(f"by must be 'pooled' or 'own'; got {by!r}")
    n1, n2, r = (np.asarray(x, float) for x in (treated.n, control.n, r))
    df, share = n1 + n2 - 2, (n1 + n2) / (n1 * n2)
    factor = small_sample_factor(df)
    raw, _ = change_difference(treated, control, r)
    d = factor * raw / _pooled(treated, control, "sd_pre")
    unit = 2 * (1 - r) * share
    # (1 + d^2 / unit) times unit, written so that r = 1 is not a division by zero.
    return d, factor**2 * df / (df - 2) * (unit + d**2) - d**2


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
