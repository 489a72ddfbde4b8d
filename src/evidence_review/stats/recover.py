"""What printed figures say about the numbers that were not printed.

A printed figure stands for an interval: 6.67 for [6.665, 6.675). Where that matters the
result carries it. Peers: metafor `conv.wald`; Cochrane Handbook 6.5.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


@dataclass(frozen=True)
class Recovered:
    """A recovered number, and the range that the rounding of the printed figures allows."""

    value: float
    low: float
    high: float


def rounding_interval(value: float, decimals: int) -> tuple[float, float]:
    """The numbers that print as `value` with that many decimals (half a unit either way)."""
    half = 0.5 * 10.0**-decimals
    return value - half, value + half


def se_from_ci(
    ci_low: float,
    ci_high: float,
    *,
    level: float = 0.95,
    df: float | None = None,
    decimals: tuple[int, int] | None = None,
) -> Recovered:
    """Standard error of an estimate from its interval (Cochrane Handbook 6.5.2.2).

    Half the width over the quantile of t with `df` degrees of freedom (None: normal).
    decimals: printed decimals of the two limits; None takes the limits as exact.
    Raises ValueError if the limits are not in order or `level` is not inside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level}")
    if not ci_low < ci_high:
        raise ValueError(f"ci_low must be below ci_high; got {ci_low} and {ci_high}")
    tail = (1 + level) / 2
    quantile = stats.norm.ppf(tail) if df is None else stats.t.ppf(tail, df)
    slack = 0.0 if decimals is None else sum(0.5 * 10.0**-d for d in decimals)
    width = ci_high - ci_low
    return Recovered(
        width / 2 / quantile, max(width - slack, 0.0) / 2 / quantile, (width + slack) / 2 / quantile
    )


def two_sided_p(estimate: ArrayLike, se: ArrayLike, *, df: float | None = None) -> np.ndarray:
    """Two-sided p of estimate / se against 0, by t with `df` degrees of freedom or normal."""
    statistic = np.abs(np.asarray(estimate, float) / np.asarray(se, float))
    return 2 * (stats.norm.sf(statistic) if df is None else stats.t.sf(statistic, df))


def p_from_ci(
    estimate: float,
    ci_low: float,
    ci_high: float,
    *,
    level: float = 0.95,
    df: float | None = None,
    decimals: tuple[int, int, int] | None = None,
) -> Recovered:
    """The two-sided p that an estimate and its interval imply.

    decimals: printed decimals of estimate and limits; the range of the result is over all
    figures that print so. Errors as `se_from_ci`.
    """
    value = float(
        two_sided_p(estimate, se_from_ci(ci_low, ci_high, level=level, df=df).value, df=df)
    )
    if decimals is None:
        return Recovered(value, value, value)
    se = se_from_ci(ci_low, ci_high, level=level, df=df, decimals=decimals[1:])
    sizes = [abs(e) for e in rounding_interval(estimate, decimals[0])]
    corners = [
        float(two_sided_p(size, error, df=df))
        for size, error in product(sizes, (se.low, se.high))
        if error > 0
    ]
    return Recovered(value, min(corners), max(corners))


def sd_of_change(sd_pre: ArrayLike, sd_post: ArrayLike, r: ArrayLike) -> np.ndarray:
    """SD of the change from the SDs of two scores and their correlation r.

    sqrt(sd_pre^2 + sd_post^2 - 2 r sd_pre sd_post) (Cochrane Handbook 6.5.2.8).
    Raises ValueError for r outside -1 to 1.
    """
    sd_pre, sd_post, r = (np.asarray(x, float) for x in (sd_pre, sd_post, r))
    if np.any(np.abs(r) > 1):
        raise ValueError(f"r must lie between -1 and 1; got {r}")
    return np.sqrt(sd_pre**2 + sd_post**2 - 2 * r * sd_pre * sd_post)


def f_from_p(p: ArrayLike, df_between: float, df_within: float) -> np.ndarray:
    """The F statistic of a one-way analysis of variance whose p-value is `p`."""
    return stats.f.isf(p, df_between, df_within)


def standardised_range_from_omnibus(
    f: float, sizes_best_to_worst: ArrayLike
) -> tuple[float, float]:
    """Smallest and largest |d| between the best and the worst group that an omnibus F allows.

    f: F statistic of a one-way analysis of variance. sizes_best_to_worst: people a group,
    in the order of the groups' means; d is in within-group standard deviations, without
    small-sample correction.

    F fixes the weighted sum of squares S = sum n_i (m_i - m)^2 = F (g - 1) of the means m_i
    in within-group SDs. Put the worst group at 0, the best at d, the others between:
    S = d^2 V(t) with V convex in the others' relative places t. V is smallest with every
    other group at the weighted mean of the outer two, V = n_b n_w / (n_b + n_w), which gives
    the largest d; and largest at a corner, groups 1..j at the best and the rest at the worst,
    V = N_j (N - N_j) / N, which gives the smallest. Exact for any sizes and any number of groups.

    Raises ValueError for fewer than two groups, a size below 1, or a negative F.
    """
    n = np.asarray(sizes_best_to_worst, float)
    if n.ndim != 1 or len(n) < 2 or np.any(n < 1):
        raise ValueError(f"sizes_best_to_worst needs two or more groups of at least 1; got {n}")
    if f < 0:
        raise ValueError(f"f must not be negative; got {f}")
    sum_of_squares = f * (len(n) - 1)
    smallest_v = n[0] * n[-1] / (n[0] + n[-1])
    upper = np.cumsum(n)[:-1]
    largest_v = np.max(upper * (n.sum() - upper) / n.sum())
    return float(np.sqrt(sum_of_squares / largest_v)), float(np.sqrt(sum_of_squares / smallest_v))
