"""Effect sizes with their sampling variance, from means, standard deviations and sizes.

Every function takes arrays (or numbers) of one shape and returns `(estimate, variance)`
of that shape. Group 1 minus group 2; changes are end minus baseline.

Peers: metafor `escalc` measures MD, SMD and MC.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln


def mean_difference(
    mean1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, mean2: ArrayLike, sd2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of two independent means (metafor MD), in the units of the scale.

    Variance sd1^2/n1 + sd2^2/n2, not assuming equal variances.
    Raises ValueError for a standard deviation or size that is not above 0.
    """
    mean1, sd1, n1, mean2, sd2, n2 = _arrays(
        mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2
    )
    return mean1 - mean2, sd1**2 / n1 + sd2**2 / n2


def standardized_mean_difference(
    mean1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, mean2: ArrayLike, sd2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Hedges' g (metafor SMD): difference of means in pooled standard deviations.

    Exact small-sample factor J(m) = G(m/2) / (sqrt(m/2) G((m-1)/2)), m = n1 + n2 - 2
    (Hedges 1981, eq. 6e); variance 1/n1 + 1/n2 + g^2 / (2 (n1 + n2)) (Hedges & Olkin 1985,
    metafor's vtype LS). Raises ValueError for a standard deviation or size not above 0.
    """
    mean1, sd1, n1, mean2, sd2, n2 = _arrays(
        mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2
    )
    df = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / df)
    g = small_sample_factor(df) * (mean1 - mean2) / pooled
    return g, smd_variance(g, n1, n2)


def smd_variance(g: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> np.ndarray:
    """Large-sample variance of a standardised mean difference (Hedges & Olkin 1985, ch. 5)."""
    g, n1, n2 = np.asarray(g, float), np.asarray(n1, float), np.asarray(n2, float)
    return 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def small_sample_factor(df: ArrayLike) -> np.ndarray:
    """Hedges' exact J for `df` degrees of freedom (Hedges 1981, eq. 6e)."""
    df = np.asarray(df, float)
    return np.exp(gammaln(df / 2) - gammaln((df - 1) / 2) - 0.5 * np.log(df / 2))


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
    scores (-1 to 1). Raises ValueError for a standard deviation or size not above 0.
    """
    n, mean_pre, sd_pre, mean_post, sd_post = _arrays(
        n=n, mean_pre=mean_pre, sd_pre=sd_pre, mean_post=mean_post, sd_post=sd_post
    )
    from evidence_review.stats.recover import sd_of_change

    return mean_post - mean_pre, sd_of_change(sd_pre, sd_post, r) ** 2 / n


def _arrays(**named: ArrayLike) -> list[np.ndarray]:
    arrays = {name: np.asarray(value, float) for name, value in named.items()}
    for name, value in arrays.items():
        if name.startswith(("sd", "n")) and np.any(value <= 0):
            raise ValueError(f"{name} must be above 0 everywhere; got {value.min():g}")
    return list(arrays.values())
