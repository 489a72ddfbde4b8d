"""Means, SDs and correlations from other summaries of the same people.

Peers: metafor `conv.fivenum`; Cochrane Handbook 6.5.2.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.inputs import as_number, as_numbers


def combine_groups(
    n1: ArrayLike, mean1: ArrayLike, sd1: ArrayLike, n2: ArrayLike, mean2: ArrayLike, sd2: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two groups taken as one: n, mean and SD (Cochrane Handbook 6.5.2.10, exact).

    Examples
    --------
    >>> [round(float(x), 3) for x in combine_groups(10, 5.0, 2.0, 10, 7.0, 2.0)]
    [20.0, 6.0, 2.2]
    """
    n1, mean1, sd1, n2, mean2, sd2 = as_numbers(
        n1=n1, mean1=mean1, sd1=sd1, n2=n2, mean2=mean2, sd2=sd2
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

    Examples
    --------
    >>> float(correlation_from_change(5.0, 5.0, 5.0))
    0.5
    """
    sd_pre, sd_post = as_numbers(sd_pre=sd_pre, sd_post=sd_post)
    sd_change = as_number("sd_change", sd_change, "not negative")
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
    (quartiles); Shi et al. 2020, eq. 10 (both). On skewed data they mislead: see
    `skewness_of_quantiles`. Raises ValueError unless a pair (or both) is given, in order.

    Examples
    --------
    >>> [round(float(x), 2) for x in mean_sd_from_quantiles(50, 20.0, q1=16.0, q3=24.0)]
    [20.0, 6.11]
    """
    n, m, (a, b, c, d) = _quantiles(n, median, q1, q3, minimum, maximum)
    weights = _of_mean(n, q1 is not None, minimum is not None)
    spreads = _of_sd(n, q1 is not None, minimum is not None)
    pairs = [(a, d), (b, c)]
    known = [place for place, (low, _) in enumerate(pairs) if not np.isnan(low).all()]
    middle = sum(weights[place] * (pairs[place][0] + pairs[place][1]) / 2 for place in known)
    rest = 1 - sum(weights[place] for place in known)
    sd = sum(spreads[place] * (pairs[place][1] - pairs[place][0]) for place in known)
    return middle + rest * m, np.asarray(sd)


def precision_from_quantiles(
    n: ArrayLike, *, quartiles: bool, extremes: bool
) -> tuple[np.ndarray, np.ndarray]:
    """How precise the mean and SD of `mean_sd_from_quantiles` are, if the data are normal.

    Both are weighted sums of order statistics, whose covariances are taken to first order, at
    Blom's (1958) expected places: p (1 - q) / (n f(p) f(q)), f the normal density there. Simulated,
    the variance is right or up to 8% too large, from 10 people to 200.

    Parameters
    ----------
    n : array_like
        People, above 3.
    quartiles, extremes : bool
        Which pairs were used beside the median; at least one.

    Returns
    -------
    variance : numpy.ndarray
        Of the mean, in units of the SD squared: 1 / n if all data were at hand.
    df : numpy.ndarray
        Degrees of freedom that the SD is worth: its relative variance is 1 / (2 df).

    Examples
    --------
    Quartiles and median of 100 people say as much of the mean as 86 people would.

    >>> variance, df = precision_from_quantiles(100, quartiles=True, extremes=False)
    >>> round(float(1 / variance)), round(float(df))
    (86, 36)
    """
    n = as_number("n", n, "above 0")
    end = 0.625 / (n + 0.25)
    places = np.stack(np.broadcast_arrays(end, 0.25, 0.5, 0.75, 1 - end))
    heights = np.exp(-(special.ndtri(places) ** 2) / 2) / np.sqrt(2 * np.pi)
    low = np.minimum(places[:, None], places[None])
    high = np.maximum(places[:, None], places[None])
    covariance = low * (1 - high) / (n * heights[:, None] * heights[None])
    outer, inner = _of_mean(n, quartiles, extremes)
    zero = np.zeros_like(n)
    of_mean = np.stack([outer / 2, inner / 2, 1 - outer - inner, inner / 2, outer / 2])
    outer, inner = _of_sd(n, quartiles, extremes)
    of_sd = np.stack([-outer, -inner, zero, inner, outer])
    variance, relative = (
        np.einsum("i...,ij...,j...->...", weights, covariance, weights)
        for weights in (of_mean, of_sd)
    )
    return variance, 1 / (2 * relative)


def skewness_of_quantiles(
    n: ArrayLike,
    median: ArrayLike,
    *,
    q1: ArrayLike | None = None,
    q3: ArrayLike | None = None,
    minimum: ArrayLike | None = None,
    maximum: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """How far the median lies from the middle, and how far it would in 1 of 20 normal samples.

    Shi et al. 2023 (Detecting the skewness of data from the five-number summary, Stat Methods Med
    Res 32:1338); metafor's `conv.fivenum` refuses data where the first exceeds the second.

    Parameters
    ----------
    n, median, q1, q3, minimum, maximum
        As for `mean_sd_from_quantiles`.

    Returns
    -------
    statistic, critical : numpy.ndarray

    Examples
    --------
    >>> statistic, critical = skewness_of_quantiles(33, 3.2, q1=2.0, q3=7.5)
    >>> round(float(statistic), 3), round(float(critical), 3)
    (0.564, 0.456)
    """
    n, m, (a, b, c, d) = _quantiles(n, median, q1, q3, minimum, maximum)
    off = lambda low, high: np.abs(low + high - 2 * m) / (high - low)
    if q1 is None:
        return off(a, d), 1 / np.log(n + 9) + 2.5 / (n + 1)
    if minimum is None:
        return off(b, c), 2.65 / np.sqrt(n) - 6 / n**2
    outer = 2.65 * np.log(0.6 * n) / np.sqrt(n) * off(a, d)
    return np.maximum(outer, off(b, c)), 3 / np.sqrt(n) - 40 / n**3


def _quantiles(n, median, q1, q3, minimum, maximum):
    """n, median, and minimum, q1, q3, maximum as arrays, nan where not given; all checked."""
    given = [x is not None for x in (q1, q3, minimum, maximum)]
    if given[0] != given[1] or given[2] != given[3] or not (given[0] or given[2]):
        raise ValueError("give q1 and q3, or minimum and maximum, or all four")
    n, m = as_number("n", n, "above 0"), as_number("median", median)
    named = {"minimum": minimum, "q1": q1, "q3": q3, "maximum": maximum}
    a, b, c, d = (
        np.array(np.nan) if x is None else as_number(name, x) for name, x in named.items()
    )
    ordered = [x for x in (a, b, m, c, d) if not np.isnan(x).all()]
    if any(np.any(low > high) for low, high in pairwise(ordered)):
        raise ValueError("minimum, q1, median, q3 and maximum must be in this order")
    return n, m, (a, b, c, d)


def _of_mean(n: np.ndarray, quartiles: bool, extremes: bool) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the middle of the extremes and of the quartiles in the mean; the median has the rest."""
    none = np.zeros_like(n)
    if quartiles and extremes:
        return 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
    return (4 / (4 + n**0.75), none) if extremes else (none, 0.7 + 0.39 / n)


def _of_sd(n: np.ndarray, quartiles: bool, extremes: bool) -> tuple[np.ndarray, np.ndarray]:
    """What the distances between the extremes and between the quartiles count for in the SD."""
    none = np.zeros_like(n)
    extreme = special.ndtri((n - 0.375) / (n + 0.25))
    quarter = special.ndtri((0.75 * n - 0.125) / (n + 0.25))
    if quartiles and extremes:
        return 1 / ((2 + 0.14 * n**0.6) * extreme), 1 / ((2 + 2 / (0.07 * n**0.6)) * quarter)
    return (1 / (2 * extreme), none) if extremes else (none, 1 / (2 * quarter))
