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
    (quartiles); Shi et al. 2020, eq. 10 (both). On skewed data they mislead: look at whether the
    median lies in the middle first. Raises ValueError unless a pair (or both) is given, in order.

    Examples
    --------
    >>> [round(float(x), 2) for x in mean_sd_from_quantiles(50, 20.0, q1=16.0, q3=24.0)]
    [20.0, 6.11]
    """
    given = [x is not None for x in (q1, q3, minimum, maximum)]
    quartiles, extremes = given[0] and given[1], given[2] and given[3]
    if given[0] != given[1] or given[2] != given[3] or not (quartiles or extremes):
        raise ValueError("give q1 and q3, or minimum and maximum, or all four")
    n, m = as_number("n", n, "above 0"), as_number("median", median)
    named = {"minimum": minimum, "q1": q1, "q3": q3, "maximum": maximum}
    a, b, c, d = (
        np.array(np.nan) if x is None else as_number(name, x) for name, x in named.items()
    )
    ordered = [x for x in (a, b, m, c, d) if not np.isnan(x).all()]
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
