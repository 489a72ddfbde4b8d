"""What printed figures say about the numbers that were not printed.

A printed figure stands for an interval: 6.67 for [6.665, 6.675). `over_rounding` gives any
recovery the range over everything that prints the same. Peers: metafor `conv.wald` and
`conv.fivenum`; Cochrane Handbook 6.5.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.inputs import as_number


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


def over_rounding(
    function: Callable[..., ArrayLike], values: Sequence[float], decimals: Sequence[int]
) -> Recovered:
    """A recovery with the range that the rounding of its printed figures allows.

    function: takes the figures in order and rises or falls in each of them, so that its extremes
    lie at corners of the box of figures that print the same. values, decimals: the printed
    figures and how many decimals each has. Corners where the function is not defined (an
    interval of no width, say) are left out.
    """
    box = [rounding_interval(value, d) for value, d in zip(values, decimals, strict=True)]
    found = []
    for corner in product(*box):
        try:
            found.append(float(function(*corner)))
        except ValueError:
            continue
    value = float(function(*values))
    return Recovered(value, min([value, *found]), max([value, *found]))


def se_from_p(estimate: ArrayLike, p: ArrayLike, *, df: ArrayLike | None = None) -> np.ndarray:
    """Standard error from an estimate and its two-sided p (Cochrane Handbook 6.5.2.3).

    |estimate| over the quantile of t with `df` degrees of freedom (None: normal).
    Raises ValueError for a p outside (0, 1).
    """
    p = np.asarray(p, float)
    if np.any(~((p > 0) & (p < 1))):
        raise ValueError(f"p must lie between 0 and 1; got {p}")
    quantile = -(special.ndtri(p / 2) if df is None else special.stdtrit(df, p / 2))
    return np.abs(np.asarray(estimate, float)) / quantile


def se_from_statistic(estimate: ArrayLike, statistic: ArrayLike) -> np.ndarray:
    """Standard error from an estimate and its t or z. Raises ValueError for a statistic of 0."""
    statistic = np.asarray(statistic, float)
    if np.any(statistic == 0):
        raise ValueError(
            "statistic must not be 0: any standard error gives it with an estimate of 0"
        )
    return np.abs(np.asarray(estimate, float) / statistic)


def sd_from_se_of_difference(se: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> np.ndarray:
    """Pooled SD of two groups from the SE of their difference (Cochrane Handbook 6.5.2.3)."""
    return np.asarray(se, float) / np.sqrt(1 / np.asarray(n1, float) + 1 / np.asarray(n2, float))


def combine_groups(
    n1: ArrayLike, mean1: ArrayLike, sd1: ArrayLike, n2: ArrayLike, mean2: ArrayLike, sd2: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two groups taken as one: n, mean and SD (Cochrane Handbook 6.5.2.10, exact)."""
    n1, mean1, sd1, n2, mean2, sd2 = (
        np.asarray(x, float) for x in (n1, mean1, sd1, n2, mean2, sd2)
    )
    n = n1 + n2
    between = n1 * n2 / n * (mean1 - mean2) ** 2
    variance = ((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2 + between) / (n - 1)
    return n, (n1 * mean1 + n2 * mean2) / n, np.sqrt(variance)


def correlation_from_change(
    sd_pre: ArrayLike, sd_post: ArrayLike, sd_change: ArrayLike
) -> np.ndarray:
    """Correlation of two scores from their SDs and that of the change (Handbook 6.5.2.8).

    Raises ValueError where the three cannot belong together (a correlation outside -1 to 1).
    """
    sd_pre, sd_post, sd_change = (np.asarray(x, float) for x in (sd_pre, sd_post, sd_change))
    r = (sd_pre**2 + sd_post**2 - sd_change**2) / (2 * sd_pre * sd_post)
    if np.any(np.abs(r) > 1 + 1e-12):
        raise ValueError(f"these SDs imply a correlation of {r}: one of them is not what it says")
    return r


def mean_sd_from_quantiles(
    n: ArrayLike,
    median: ArrayLike,
    *,
    q1: ArrayLike | None = None,
    q3: ArrayLike | None = None,
    minimum: ArrayLike | None = None,
    maximum: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and SD of about normal data from the median with quartiles, range, or both.

    Mean: Luo et al. 2018, eqs. 7, 11 and 15. SD: Wan et al. 2014, eqs. 9 (range) and 16
    (quartiles); Shi et al. 2020, eq. 10 (both). On skewed data they mislead: look at whether the
    median lies in the middle first. Raises ValueError unless a pair (or both) is given, in order.
    """
    given = [x is not None for x in (q1, q3, minimum, maximum)]
    quartiles, extremes = given[0] and given[1], given[2] and given[3]
    if given[0] != given[1] or given[2] != given[3] or not (quartiles or extremes):
        raise ValueError("give q1 and q3, or minimum and maximum, or all four")
    n, m = np.asarray(n, float), np.asarray(median, float)
    a, b, c, d = (None if x is None else np.asarray(x, float) for x in (minimum, q1, q3, maximum))
    ordered = [x for x in (a, b, m, c, d) if x is not None]
    if any(np.any(low > high) for low, high in pairwise(ordered)):
        raise ValueError("minimum, q1, median, q3 and maximum must be in this order")
    extreme = special.ndtri((n - 0.375) / (n + 0.25))
    quarter = special.ndtri((0.75 * n - 0.125) / (n + 0.25))
    if quartiles and extremes:
        w1, w2 = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
        mean = w1 * (a + d) / 2 + w2 * (b + c) / 2 + (1 - w1 - w2) * m
        sd = (d - a) / ((2 + 0.14 * n**0.6) * extreme) + (c - b) / (
            (2 + 2 / (0.07 * n**0.6)) * quarter
        )
        return mean, sd
    if extremes:
        w = 4 / (4 + n**0.75)
        return w * (a + d) / 2 + (1 - w) * m, (d - a) / (2 * extreme)
    w = 0.7 + 0.39 / n
    return w * (b + c) / 2 + (1 - w) * m, (c - b) / (2 * quarter)


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
    quantile = special.ndtri(tail) if df is None else special.stdtrit(df, tail)
    slack = 0.0 if decimals is None else sum(0.5 * 10.0**-d for d in decimals)
    width = ci_high - ci_low
    return Recovered(
        width / 2 / quantile, max(width - slack, 0.0) / 2 / quantile, (width + slack) / 2 / quantile
    )


def two_sided_p(estimate: ArrayLike, se: ArrayLike, *, df: float | None = None) -> np.ndarray:
    """Two-sided p of estimate / se against 0, by t with `df` degrees of freedom or normal."""
    statistic = np.abs(np.asarray(estimate, float) / np.asarray(se, float))
    return 2 * (special.ndtr(-statistic) if df is None else special.stdtr(df, -statistic))


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
    sd_pre = as_number("sd_pre", sd_pre, "not negative")
    sd_post = as_number("sd_post", sd_post, "not negative")
    r = as_number("r", r, "between -1 and 1")
    return np.sqrt(sd_pre**2 + sd_post**2 - 2 * r * sd_pre * sd_post)


def f_from_p(p: ArrayLike, df_between: float, df_within: float) -> np.ndarray:
    """The F statistic of a one-way analysis of variance whose p-value is `p`."""
    return special.fdtri(df_between, df_within, 1 - np.asarray(p, float))


def standardised_range_from_omnibus(
    f: float, sizes_best_to_worst: ArrayLike, pair: tuple[int, int] = (0, -1)
) -> tuple[float, float]:
    """Smallest and largest |d| between two groups that an omnibus F and a ranking allow.

    f: F statistic of a one-way analysis of variance. sizes_best_to_worst: people a group,
    in the order of the groups' means. pair: places of the two groups in that order (default: the
    best and the worst). d is in within-group standard deviations, without small-sample correction.

    F fixes the weighted sum of squares S = sum n_i (m_i - m)^2 = F (g - 1) of the means m_i
    in within-group SDs. Put the pair's lower group at 0 and its upper at d: S = d^2 V with V
    convex in the others' relative places. V is smallest with the groups above at d, those below
    at 0 and those between at the weighted mean of both: V = N_u N_l / (N_u + N_l), N_u the people
    at d and N_l those at 0, which gives the largest d. For the best and the worst group V is
    largest at a corner, groups 1..j at d and the rest at 0, V = N_j (N - N_j) / N, which gives
    the smallest; for any other pair the groups outside it can carry all of S, and d can be 0.
    Exact for any sizes and any number of groups.

    Raises ValueError for fewer than two groups, a size below 1, a negative F, or a pair that is
    not two places in order.
    """
    n = np.asarray(sizes_best_to_worst, float)
    if n.ndim != 1 or len(n) < 2 or np.any(n < 1):
        raise ValueError(f"sizes_best_to_worst needs two or more groups of at least 1; got {n}")
    if f < 0:
        raise ValueError(f"f must not be negative; got {f}")
    upper, lower = (range(len(n))[place] for place in pair)
    if upper >= lower:
        raise ValueError(f"pair must name a better and a worse group, in that order; got {pair}")
    sum_of_squares = f * (len(n) - 1)
    above, below = n[: upper + 1].sum(), n[lower:].sum()
    largest = float(np.sqrt(sum_of_squares * (above + below) / (above * below)))
    if (upper, lower) != (0, len(n) - 1):
        return 0.0, largest
    heads = np.cumsum(n)[:-1]
    return float(np.sqrt(sum_of_squares / np.max(heads * (n.sum() - heads) / n.sum()))), largest
