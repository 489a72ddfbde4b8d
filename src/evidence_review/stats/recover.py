"""What printed figures say about the numbers that were not printed.

The functions take exact figures; `figures.printed` says what a printed one stands for, and
`figures.over` carries its bounds through them. So a P has its ends: 0 gives a statistic that is
infinite and a standard error of 0, 1 the other way round. Peers: metafor `conv.wald` and
`conv.fivenum`; Cochrane Handbook 6.5.2.
"""

from __future__ import annotations

from itertools import product
from math import ceil, floor, nan

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.figures import Recovered, printed, rounding_interval
from evidence_review.stats.inputs import as_number, as_numbers, refuse


def statistic_from_p(p: ArrayLike, *, df: ArrayLike | None = None) -> np.ndarray:
    """The size of the t (or, without `df`, z) whose two-sided p is `p`.

    Parameters
    ----------
    p : array_like
        0 to 1, both included: infinite at 0, 0 at 1.
    df : array_like, optional
        Degrees of freedom, above 0; None: normal.

    Examples
    --------
    >>> round(float(statistic_from_p(0.0004, df=20)), 3), float(statistic_from_p(1.0))
    (4.241, 0.0)
    """
    p = as_number("p", p)
    refuse((p < 0) | (p > 1), "p", "between 0 and 1")
    if df is None:
        return -special.ndtri(p / 2) + 0.0
    df = as_number("df", df, "above 0")
    return np.where(p > 0, -special.stdtrit(df, np.where(p > 0, p, 1.0) / 2), np.inf) + 0.0


def se_from_p(estimate: ArrayLike, p: ArrayLike, *, df: ArrayLike | None = None) -> np.ndarray:
    """Standard error from an estimate and its two-sided p (Cochrane Handbook 6.5.2.3).

    |estimate| over the quantile of t with `df` degrees of freedom (None: normal): n - 1 for a change
    in n people, n1 + n2 - 2 for a difference. 0 at p = 0, infinite at p = 1. Raises ValueError for a
    p outside [0, 1], and where an estimate of 0 stands beside a p of 1, which any standard error gives.

    Examples
    --------
    >>> round(float(se_from_p(-7.3, 0.0004, df=20)), 2)
    1.72
    """
    return se_from_statistic(estimate, statistic_from_p(p, df=df))


def se_from_statistic(estimate: ArrayLike, statistic: ArrayLike) -> np.ndarray:
    """Standard error from an estimate and its t or z; infinite for a statistic of 0.

    Raises ValueError where both are 0: any standard error gives that.

    Examples
    --------
    >>> float(se_from_statistic(-7.3, -4.0))
    1.825
    """
    estimate, statistic = as_number("estimate", estimate), np.asarray(statistic, float)
    if np.any((statistic == 0) & (estimate == 0)):
        raise ValueError("estimate and statistic are both 0: any standard error gives that")
    with np.errstate(divide="ignore"):
        return np.abs(estimate / statistic)


def se_from_f(estimate: ArrayLike, f: ArrayLike) -> np.ndarray:
    """Standard error from the difference of two means and its F, which is t squared.

    Only for an F with 1 degree of freedom between; `standardised_range_from_omnibus` has the others.

    Examples
    --------
    >>> float(se_from_f(-7.3, 16.0))
    1.825
    """
    return se_from_statistic(estimate, np.sqrt(as_number("f", f, "not negative")))


def d_from_t(t: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> np.ndarray:
    """Difference of two means in pooled SDs from its t: t sqrt(1/n1 + 1/n2).

    Without the small-sample factor; with the sign of t. From an F with 1 degree of freedom between,
    sqrt(F) is the size of t.

    Examples
    --------
    >>> float(d_from_t(2.0, 8, 8))
    1.0
    """
    n1, n2 = as_numbers(n1=n1, n2=n2)
    return np.asarray(t, float) * np.sqrt(1 / n1 + 1 / n2)


def d_from_p(p: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> np.ndarray:
    """Size of a difference of two means in pooled SDs, from the two-sided p of their t-test.

    Without the small-sample factor; 0 at p = 1, infinite at p = 0.

    Examples
    --------
    >>> from evidence_review.stats.figures import over, printed_p
    >>> p, _ = printed_p(0.05, 2, ">")
    >>> found = over(lambda p: d_from_p(p, 20, 20), p)
    >>> round(found.low, 2), round(found.high, 2)
    (0.0, 0.64)
    """
    df = as_number("n1", n1, "above 0") + as_number("n2", n2, "above 0") - 2
    return d_from_t(statistic_from_p(p, df=df), n1, n2)


def sd_from_se_of_difference(se: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> np.ndarray:
    """Pooled SD of two groups from the SE of their difference (Cochrane Handbook 6.5.2.3).

    Only where the difference is one of plain means: the SE of an adjusted difference gives the
    residual SD of the model, which is smaller than the SD of people.

    Examples
    --------
    >>> float(sd_from_se_of_difference(2.0, 32, 32))
    8.0
    """
    se = as_number("se", se, "not negative")
    n1, n2 = as_numbers(n1=n1, n2=n2)
    return se / np.sqrt(1 / n1 + 1 / n2)


def events_from_percentage(
    percent: float, decimals: int, n: int, comparator: str = "="
) -> Recovered:
    """How many of n people a printed percentage stands for.

    Parameters
    ----------
    percent : float
        0 to 100.
    decimals : int
        Printed decimals.
    n : int
        Above 0.
    comparator : {'=', '<', '<=', '>', '>='}
        As for `figures.printed`.

    Returns
    -------
    Recovered
        `value` is nan where several counts print so. Not usable where none does.

    Examples
    --------
    >>> events_from_percentage(33.3, 1, 21)
    Recovered(value=7.0, low=7, high=7, reason='')
    >>> events_from_percentage(33.0, 1, 21).reason
    'no count of 21 people is 33.0%'
    >>> events_from_percentage(5.0, 0, 39, "<").high
    1
    """
    n = int(as_number("n", n, "above 0"))
    share = printed(percent, decimals, comparator, least=0, most=100)
    # The slack is for halves that binary fractions miss.
    low, high = ceil(share.low * n / 100 - 1e-9), floor(share.high * n / 100 + 1e-9)
    if low > high:
        return Recovered(nan, nan, nan, f"no count of {n} people is {percent:.{decimals}f}%")
    return Recovered(float(low) if low == high else nan, low, high)


def two_sided_quantile(level: float, *, df: float | None = None) -> float:
    """How many standard errors an interval reaches to either side.

    Parameters
    ----------
    level : float
        Inside (0, 1).
    df : float, optional
        Degrees of freedom of t; None: normal.

    Raises
    ------
    ValueError
        For another `level`.

    Examples
    --------
    >>> round(two_sided_quantile(0.95), 2), round(two_sided_quantile(0.9, df=10), 2)
    (1.96, 1.81)
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level}")
    tail = (1 + level) / 2
    return float(special.ndtri(tail) if df is None else special.stdtrit(df, tail))


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

    Parameters
    ----------
    ci_low, ci_high : float
    level : float
        Of the interval, inside (0, 1).
    df : float, optional
        n - 1 for a change in n people: with few people the normal gives an SE that is too large.
    decimals : (int, int), optional
        Printed decimals of the two limits; None takes the limits as exact.

    Returns
    -------
    Recovered
        Not usable where the limits print alike: the reason says so, `high` is what is still possible.

    Raises
    ------
    ValueError
        If the lower limit is above the upper, or a figure or `level` cannot be.

    Examples
    --------
    >>> round(float(se_from_ci(-9.92, -2.08).value), 3)
    2.0
    >>> se_from_ci(0.0, 0.0, decimals=(0, 0)).reason
    'both limits of the interval are 0: its width is not known'
    """
    quantile = two_sided_quantile(level, df=df)
    for name, limit in (("ci_low", ci_low), ("ci_high", ci_high)):
        as_number(name, limit)
    if ci_low > ci_high:
        raise ValueError(f"ci_low must be below ci_high; got {ci_low} and {ci_high}")
    slack = 0.0 if decimals is None else sum(0.5 * 10.0**-d for d in decimals)
    width = ci_high - ci_low
    if width == 0:
        reason = f"both limits of the interval are {ci_low:g}: its width is not known"
        return Recovered(nan, 0.0, slack / 2 / quantile, reason)
    return Recovered(
        width / 2 / quantile, max(width - slack, 0.0) / 2 / quantile, (width + slack) / 2 / quantile
    )


def two_sided_p(estimate: ArrayLike, se: ArrayLike, *, df: float | None = None) -> np.ndarray:
    """Two-sided p of estimate / se against 0, by t with `df` degrees of freedom or normal.

    Examples
    --------
    >>> round(float(two_sided_p(-1.959964, 1.0)), 4)
    0.05
    """
    statistic = np.abs(as_number("estimate", estimate) / as_number("se", se, "above 0"))
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
    figures that print so. Errors, and limits that print alike, as `se_from_ci`.

    Examples
    --------
    >>> round(p_from_ci(-6.0, -9.92, -2.08).value, 4)  # z = 3
    0.0027
    """
    exact = se_from_ci(ci_low, ci_high, level=level, df=df)
    if not exact.usable:
        return Recovered(nan, 0.0, 1.0, exact.reason)
    value = float(two_sided_p(estimate, exact.value, df=df))
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
    Raises ValueError for r outside -1 to 1 and for a negative SD.

    Examples
    --------
    >>> float(sd_of_change(5.0, 5.0, 0.5))
    5.0
    """
    sd_pre = as_number("sd_pre", sd_pre, "not negative")
    sd_post = as_number("sd_post", sd_post, "not negative")
    r = as_number("r", r, "between -1 and 1")
    return np.sqrt(sd_pre**2 + sd_post**2 - 2 * r * sd_pre * sd_post)


def f_from_p(p: ArrayLike, df_between: float, df_within: float) -> np.ndarray:
    """The F statistic of a one-way analysis of variance whose p-value is `p` (0 to 1).

    Infinite at p = 0, and 0 at p = 1.

    Examples
    --------
    >>> round(float(f_from_p(0.05, 1, 38)), 4), round(float(statistic_from_p(0.05, df=38)) ** 2, 4)
    (4.0982, 4.0982)
    """
    p = as_number("p", p)
    refuse((p < 0) | (p > 1), "p", "between 0 and 1")
    # By the upper tail: 1 - p would lose the digits of a small p.
    x = special.betaincinv(df_within / 2, df_between / 2, p)
    with np.errstate(divide="ignore"):
        return df_within * (1 - x) / (df_between * x)


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

    Examples
    --------
    >>> [round(d, 4) for d in standardised_range_from_omnibus(4.0, [8, 8])]  # t = 2
    [1.0, 1.0]
    """
    n = np.asarray(sizes_best_to_worst, float)
    if n.ndim != 1 or len(n) < 2 or np.any(n < 1):
        raise ValueError(f"sizes_best_to_worst needs two or more groups of at least 1; got {n}")
    if not f >= 0:
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
