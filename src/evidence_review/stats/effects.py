"""Effect sizes with their sampling variance, from means, standard deviations, counts and sizes.

Every function takes arrays (or numbers) that broadcast and returns `(estimate, variance)` of
their shape. Group 1 minus group 2; changes are end minus baseline. A size, standard deviation or
count that cannot be is a ValueError that names the argument and the place.

Peers: metafor `escalc`, measures MD, SMD, SMD1, ROM, OR, RR, RD, MC, SMCR, SMCC.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from evidence_review.stats.recover import sd_of_change


def mean_difference(
    mean1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, mean2: ArrayLike, sd2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of two independent means (metafor MD), in the units of the scale.

    Variance sd1^2/n1 + sd2^2/n2, not assuming equal variances.
    """
    mean1, sd1, n1, mean2, sd2, n2 = _checked(
        mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2
    )
    return mean1 - mean2, sd1**2 / n1 + sd2**2 / n2


def standardized_mean_difference(
    mean1: ArrayLike,
    sd1: ArrayLike,
    n1: ArrayLike,
    mean2: ArrayLike,
    sd2: ArrayLike,
    n2: ArrayLike,
    *,
    variance: str = "approximate",
) -> tuple[np.ndarray, np.ndarray]:
    """Hedges' g (metafor SMD): difference of means in pooled standard deviations.

    Exact small-sample factor (Hedges 1981, eq. 6e). variance: 'approximate',
    1/n1 + 1/n2 + g^2 / (2 (n1 + n2)) (Hedges & Olkin 1985, ch. 5; metafor vtype LS), or 'exact',
    the unbiased 1/n1 + 1/n2 + (1 - (m - 2) / (m J^2)) g^2 with m = n1 + n2 - 2 (Hedges 1983,
    eq. 9; metafor vtype UB).
    """
    mean1, sd1, n1, mean2, sd2, n2 = _checked(
        mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2
    )
    df = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / df)
    j = small_sample_factor(df)
    g = j * (mean1 - mean2) / pooled
    if variance == "approximate":
        return g, smd_variance(g, n1, n2)
    if variance == "exact":
        return g, 1 / n1 + 1 / n2 + (1 - (df - 2) / (df * j**2)) * g**2
    raise ValueError(f"variance must be 'approximate' or 'exact'; got {variance!r}")


def smd_variance(g: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> np.ndarray:
    """Large-sample variance of a standardised mean difference (Hedges & Olkin 1985, ch. 5)."""
    g, n1, n2 = np.asarray(g, float), np.asarray(n1, float), np.asarray(n2, float)
    return 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def small_sample_factor(df: ArrayLike) -> np.ndarray:
    """Hedges' exact J for `df` degrees of freedom: G(df/2) / (sqrt(df/2) G((df-1)/2)).

    Hedges 1981, eq. 6e; 0 at one degree of freedom, where g has no expectation.
    """
    df = np.asarray(df, float)
    return np.exp(gammaln(df / 2) - gammaln((df - 1) / 2) - 0.5 * np.log(df / 2))


def glass_delta(
    mean1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, mean2: ArrayLike, sd2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Glass' delta (metafor SMD1): difference of means in standard deviations of group 2.

    Small-sample factor with n2 - 1 degrees of freedom; variance 1/n1 + 1/n2 + d^2 / (2 n2)
    (Hedges 1981; equal variances assumed there).
    """
    mean1, sd1, n1, mean2, sd2, n2 = _checked(
        mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2
    )
    delta = small_sample_factor(n2 - 1) * (mean1 - mean2) / sd2
    return delta, 1 / n1 + 1 / n2 + delta**2 / (2 * n2)


def log_ratio_of_means(
    mean1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, mean2: ArrayLike, sd2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Log of the ratio of two means of one sign (metafor 3.8 ROM; Hedges et al. 1999, eq. 1).

    Variance sd1^2 / (n1 mean1^2) + sd2^2 / (n2 mean2^2) by the delta method. metafor from
    version 5 adds a second-order correction; this is the first-order formula of the paper.
    Raises ValueError where the means differ in sign or one is 0.
    """
    mean1, sd1, n1, mean2, sd2, n2 = _checked(
        mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2
    )
    _refuse(mean1 * mean2 <= 0, "mean1 and mean2", "both above or both below 0")
    return np.log(mean1 / mean2), sd1**2 / (n1 * mean1**2) + sd2**2 / (n2 * mean2**2)


def log_odds_ratio(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Log odds ratio (metafor OR); 1/2 is added to all four cells of a table with an empty one."""
    a, b, c, d = _cells(events1, n1, events2, n2)
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def log_risk_ratio(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Log risk ratio (metafor RR); 1/2 is added to all four cells of a table with an empty one."""
    a, b, c, d = _cells(events1, n1, events2, n2)
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def risk_difference(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of risks (metafor RD); 1/2 is added to all four cells of a table with an empty one."""
    a, b, c, d = _cells(events1, n1, events2, n2)
    variance = a * b / (a + b) ** 3 + c * d / (c + d) ** 3
    return a / (a + b) - c / (c + d), variance


def mean_change(
    n: ArrayLike,
    mean_pre: ArrayLike,
    sd_pre: ArrayLike,
    mean_post: ArrayLike,
    sd_post: ArrayLike,
    r: ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean change within one group, end minus baseline (metafor MC).

    Variance (sd_pre^2 + sd_post^2 - 2 r sd_pre sd_post) / n, r the correlation of the two
    scores (-1 to 1).
    """
    n, mean_pre, sd_pre, mean_post, sd_post = _checked(
        n=n, mean_pre=mean_pre, sd_pre=sd_pre, mean_post=mean_post, sd_post=sd_post
    )
    return mean_post - mean_pre, sd_of_change(sd_pre, sd_post, r) ** 2 / n


def standardized_mean_change_raw(
    n: ArrayLike,
    mean_pre: ArrayLike,
    sd_pre: ArrayLike,
    mean_post: ArrayLike,
    sd_post: ArrayLike,
    r: ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean change in standard deviations of the baseline scores (metafor SMCR).

    Small-sample factor with n - 1 degrees of freedom; variance 2 (1 - r) / n + d^2 / (2 n)
    (Becker 1988, eq. 13). sd_post is checked and not used.
    """
    n, mean_pre, sd_pre, mean_post, sd_post = _checked(
        n=n, mean_pre=mean_pre, sd_pre=sd_pre, mean_post=mean_post, sd_post=sd_post
    )
    r = _correlation(r)
    d = small_sample_factor(n - 1) * (mean_post - mean_pre) / sd_pre
    return d, 2 * (1 - r) / n + d**2 / (2 * n)


def standardized_mean_change_change(
    n: ArrayLike,
    mean_pre: ArrayLike,
    sd_pre: ArrayLike,
    mean_post: ArrayLike,
    sd_post: ArrayLike,
    r: ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean change in standard deviations of the change (metafor SMCC).

    Small-sample factor with n - 1 degrees of freedom; variance 1/n + d^2 / (2 n) (Gibbons et al.
    1993).
    """
    n, mean_pre, sd_pre, mean_post, sd_post = _checked(
        n=n, mean_pre=mean_pre, sd_pre=sd_pre, mean_post=mean_post, sd_post=sd_post
    )
    spread = sd_of_change(sd_pre, sd_post, r)
    _refuse(spread <= 0, "the SD of the change", "above 0 (r = 1 with equal SDs leaves none)")
    d = small_sample_factor(n - 1) * (mean_post - mean_pre) / spread
    return d, 1 / n + d**2 / (2 * n)


def _correlation(r: ArrayLike) -> np.ndarray:
    r = np.asarray(r, float)
    _refuse(~(np.abs(r) <= 1), "r", "between -1 and 1")
    return r


def _counts(events1, n1, events2, n2) -> list[np.ndarray]:
    events1, n1, events2, n2 = np.broadcast_arrays(
        *(np.asarray(x, float) for x in (events1, n1, events2, n2))
    )
    for number, events, n in ((1, events1, n1), (2, events2, n2)):
        _refuse(~(n > 0), f"n{number}", "above 0")
        _refuse(~((events >= 0) & (events <= n)), f"events{number}", f"between 0 and n{number}")
    return [events1, n1, events2, n2]


def _cells(events1, n1, events2, n2) -> tuple[np.ndarray, ...]:
    """Events and non-events of both groups, with 1/2 in every cell of a table that has an empty one."""
    events1, n1, events2, n2 = _counts(events1, n1, events2, n2)
    cells = np.stack([events1, n1 - events1, events2, n2 - events2])
    return tuple(cells + 0.5 * (cells == 0).any(0))


def _checked(**named: ArrayLike) -> list[np.ndarray]:
    arrays = {name: np.asarray(value, float) for name, value in named.items()}
    for name, value in arrays.items():
        _refuse(~np.isfinite(value), name, "finite")
        if name.startswith(("sd", "n")):
            _refuse(value <= 0, name, "above 0")
    return list(arrays.values())


def _refuse(bad: np.ndarray, name: str, allowed: str) -> None:
    if np.any(bad):
        where = [int(i) for i in np.argwhere(np.atleast_1d(bad))[0]]
        raise ValueError(
            f"{name} must be {allowed}; not so at position {where[0] if len(where) == 1 else where}"
        )
