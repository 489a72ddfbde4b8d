"""Effect sizes from means and standard deviations, with their sampling variance.

Every function takes arrays (or numbers) that broadcast and returns `(estimate, variance)` of
their shape. Group 1 minus group 2; changes are end minus baseline. A mean, standard deviation,
size or correlation that cannot be is a ValueError that names the argument and the place. Both
are nan where the data are too few for the small-sample factor (metafor: NA).

Peers: metafor `escalc`, measures MD, SMD, SMDH, SMD1, ROM, MN, MC, SMCR, SMCC.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from evidence_review.stats.inputs import as_number, as_numbers, refuse
from evidence_review.stats.recover import sd_of_change


def mean_difference(
    mean1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, mean2: ArrayLike, sd2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of two independent means (metafor MD), in the units of the scale.

    Variance sd1^2/n1 + sd2^2/n2, not assuming equal variances.

    Examples
    --------
    >>> [round(float(x), 4) for x in mean_difference(11.2, 6.3, 42, 15.8, 7.1, 40)]
    [-4.6, 2.2052]
    """
    mean1, sd1, n1, mean2, sd2, n2 = as_numbers(
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

    Exact small-sample factor (Hedges 1981, eq. 6e).

    Parameters
    ----------
    mean1, sd1, n1, mean2, sd2, n2 : array_like
        sd and n above 0.
    variance : {'approximate', 'exact'}
        1/n1 + 1/n2 + g^2 / (2 (n1 + n2)) (Hedges & Olkin 1985, ch. 5; metafor vtype LS), or the
        unbiased 1/n1 + 1/n2 + (1 - (m - 2) / (m J^2)) g^2 with m = n1 + n2 - 2 (Hedges 1983, eq. 9;
        metafor vtype UB).

    Examples
    --------
    >>> [round(float(x), 4) for x in standardized_mean_difference(11.2, 6.3, 42, 15.8, 7.1, 40)]
    [-0.6799, 0.0516]
    """
    mean1, sd1, n1, mean2, sd2, n2 = as_numbers(
        mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2
    )
    df = n1 + n2 - 2
    with np.errstate(invalid="ignore"):  # one person an arm: 0 / 0
        pooled = np.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / df)
    j = small_sample_factor(df)
    g = j * (mean1 - mean2) / pooled
    if variance == "approximate":
        return g, smd_variance(g, n1, n2)
    if variance == "exact":
        return g, 1 / n1 + 1 / n2 + (1 - (df - 2) / (df * j**2)) * g**2
    raise ValueError(f"variance must be 'approximate' or 'exact'; got {variance!r}")


def smd_variance(g: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> np.ndarray:
    """Large-sample variance of a standardised mean difference (Hedges & Olkin 1985, ch. 5).

    Examples
    --------
    >>> float(smd_variance(0.0, 20, 20))
    0.1
    """
    g, (n1, n2) = np.asarray(g, float), as_numbers(n1=n1, n2=n2)
    return 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def small_sample_factor(df: ArrayLike) -> np.ndarray:
    """Hedges' exact J for `df` degrees of freedom: G(df/2) / (sqrt(df/2) G((df-1)/2)).

    Hedges 1981, eq. 6e. nan up to one degree of freedom, where an estimate has no expectation.

    Examples
    --------
    >>> small_sample_factor([1, 2, 40]).round(4).tolist()
    [nan, 0.5642, 0.9811]
    """
    df = as_number("df", df)
    enough = np.where(df > 1, df, np.nan)
    return np.exp(gammaln(enough / 2) - gammaln((enough - 1) / 2) - 0.5 * np.log(enough / 2))


def glass_delta(
    mean1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, mean2: ArrayLike, sd2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Glass' delta (metafor SMD1): difference of means in standard deviations of group 2.

    Small-sample factor with n2 - 1 degrees of freedom; variance 1/n1 + 1/n2 + d^2 / (2 n2)
    (Hedges 1981; equal variances assumed there).

    Examples
    --------
    >>> [round(float(x), 4) for x in glass_delta(11.2, 6.3, 42, 15.8, 7.1, 40)]
    [-0.6353, 0.0539]
    """
    mean1, sd1, n1, mean2, sd2, n2 = as_numbers(
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

    Examples
    --------
    >>> [round(float(x), 4) for x in log_ratio_of_means(11.2, 6.3, 42, 15.8, 7.1, 40)]
    [-0.3441, 0.0126]
    """
    mean1, sd1, n1, mean2, sd2, n2 = as_numbers(
        mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2
    )
    refuse(mean1 * mean2 <= 0, "mean1 and mean2", "both above or both below 0")
    return np.log(mean1 / mean2), sd1**2 / (n1 * mean1**2) + sd2**2 / (n2 * mean2**2)


def standardized_mean_difference_heteroscedastic(
    mean1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, mean2: ArrayLike, sd2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of means in root mean squares of both SDs (metafor 3.8 SMDH; Bonett 2008).

    Small-sample factor J with n1 + n2 - 2 degrees of freedom. With v = (sd1^2 + sd2^2) / 2, variance
    J^2 (d^2 (sd1^4/(n1 - 1) + sd2^4/(n2 - 1)) / (8 v^2) + (sd1^2/(n1 - 1) + sd2^2/(n2 - 1)) / v), d
    after the factor. metafor from version 5 has other degrees of freedom.

    Examples
    --------
    >>> found = standardized_mean_difference_heteroscedastic(11.2, 6.3, 42, 15.8, 7.1, 40)
    >>> [round(float(x), 4) for x in found]
    [-0.6789, 0.0521]
    """
    mean1, sd1, n1, mean2, sd2, n2 = as_numbers(
        mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2
    )
    v = (sd1**2 + sd2**2) / 2
    j = small_sample_factor(n1 + n2 - 2)
    d = j * (mean1 - mean2) / np.sqrt(v)
    m1, m2 = (np.where(n > 1, n - 1, np.nan) for n in (n1, n2))
    variance = d**2 * (sd1**4 / m1 + sd2**4 / m2) / (8 * v**2) + (sd1**2 / m1 + sd2**2 / m2) / v
    return d, j**2 * variance


def standardized_adjusted_difference(
    difference: ArrayLike, se: ArrayLike, sd: ArrayLike, df: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """A difference with its own standard error, in SDs of people: for adjusted differences.

    J d with d = difference / sd; variance J^2 se^2 / sd^2 + g^2 / (2 df), by the delta method with
    the difference and the SD independent and Var(sd) = sd^2 / (2 df).

    Parameters
    ----------
    difference, se : array_like
        As the model gives them; se above 0.
    sd : array_like
        Of people within groups, above 0. Never the residual SD of the model, which
        `recover.sd_from_se_of_difference` would give: covariates make that smaller.
    df : array_like
        Degrees of freedom of `sd`.

    Examples
    --------
    >>> [round(float(x), 4) for x in standardized_adjusted_difference(-3.0, 1.0, 8.0, 98)]
    [-0.3721, 0.0161]
    """
    difference, se, sd = as_numbers(difference=difference, se=se, sd=sd)
    j = small_sample_factor(df)
    g = j * difference / sd
    return g, (j * se / sd) ** 2 + g**2 / (2 * np.asarray(df, float))


def mean_of_one_group(
    mean: ArrayLike, sd: ArrayLike, n: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """The mean of one group (metafor MN), with variance sd^2 / n.

    Examples
    --------
    >>> [float(x) for x in mean_of_one_group(-6.0, 8.0, 64)]
    [-6.0, 1.0]
    """
    mean, sd, n = as_numbers(mean=mean, sd=sd, n=n)
    return mean, sd**2 / n


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

    Examples
    --------
    >>> [float(x) for x in mean_change(25, 24.0, 5.0, 18.0, 5.0, 0.5)]
    [-6.0, 1.0]
    """
    n, mean_pre, sd_pre, mean_post, sd_post = as_numbers(
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

    Examples
    --------
    >>> found = standardized_mean_change_raw(25, 24.0, 5.0, 18.0, 5.0, 0.5)
    >>> [round(float(x), 4) for x in found]
    [-1.162, 0.067]
    """
    n, mean_pre, sd_pre, mean_post, sd_post = as_numbers(
        n=n, mean_pre=mean_pre, sd_pre=sd_pre, mean_post=mean_post, sd_post=sd_post
    )
    r = as_number("r", r, "between -1 and 1")
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
    1993). Another estimand than `standardized_mean_change_raw`: with r above 1/2 it is larger.

    Examples
    --------
    >>> found = standardized_mean_change_change(25, 24.0, 5.0, 18.0, 5.0, 0.5)
    >>> [round(float(x), 4) for x in found]
    [-1.162, 0.067]
    """
    n, mean_pre, sd_pre, mean_post, sd_post = as_numbers(
        n=n, mean_pre=mean_pre, sd_pre=sd_pre, mean_post=mean_post, sd_post=sd_post
    )
    spread = sd_of_change(sd_pre, sd_post, r)
    refuse(spread <= 0, "the SD of the change", "above 0 (r = 1 with equal SDs leaves none)")
    d = small_sample_factor(n - 1) * (mean_post - mean_pre) / spread
    return d, 1 / n + d**2 / (2 * n)
