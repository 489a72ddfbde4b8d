"""Standard errors that follow the design: people who are their own control, and groups of people.

Peers: metafor `escalc` MC for paired scores; Cochrane Handbook, chapter 23.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evidence_review.stats.inputs import as_number, as_numbers
from evidence_review.stats.recover import sd_of_change


def paired_difference(
    mean1: ArrayLike, sd1: ArrayLike, mean2: ArrayLike, sd2: ArrayLike, n: ArrayLike, r: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of two treatments in the same people, as in a crossover trial.

    Variance (sd1^2 + sd2^2 - 2 r sd1 sd2) / n (Cochrane Handbook 23.2.7.1; Elbourne et al. 2002, Int J
    Epidemiol 31:140): n people are n, not n in each of two groups.

    Parameters
    ----------
    mean1, sd1, mean2, sd2 : array_like
        Under each treatment; SDs above 0.
    n : array_like
        People with both, above 0.
    r : array_like
        Correlation of a person's two values, -1 to 1. Where it is not printed, carry a range
        through by `figures.over`.

    Returns
    -------
    estimate, variance : numpy.ndarray
        Treatment 1 minus treatment 2.

    Raises
    ------
    ValueError
        For a figure that cannot be: which, and what is allowed.

    Examples
    --------
    >>> _, variance = paired_difference(10.0, 6.5, 13.0, 6.5, 20, 0.5)
    >>> round(float(variance**0.5), 2)
    1.45
    """
    mean1, sd1, mean2, sd2, n = as_numbers(mean1=mean1, sd1=sd1, mean2=mean2, sd2=sd2, n=n)
    return mean1 - mean2, sd_of_change(sd1, sd2, r) ** 2 / n


def period_adjusted_difference(
    means1: tuple[ArrayLike, ArrayLike],
    sds1: tuple[ArrayLike, ArrayLike],
    means2: tuple[ArrayLike, ArrayLike],
    sds2: tuple[ArrayLike, ArrayLike],
    n1: ArrayLike,
    n2: ArrayLike,
    r: ArrayLike,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Difference of two treatments in a two-period crossover trial, free of an effect of the period.

    The mean of the differences in the two sequences: in one the second period counts for treatment 2, in
    the other for treatment 1, so that what the period does cancels, however many people began with which
    (Hills & Armitage 1979, Br J Clin Pharmacol 8:7). Without an effect carried over.

    Parameters
    ----------
    means1, sds1, means2, sds2 : pairs of array_like
        Of treatments 1 and 2 in the first and the second period; SDs above 0.
    n1, n2 : array_like
        People who began with treatment 1, and with treatment 2; above 1.
    r : array_like
        Correlation of a person's two values, -1 to 1.

    Returns
    -------
    estimate, variance, df : numpy.ndarray
        Treatment 1 minus treatment 2, and Welch's degrees of freedom.

    Raises
    ------
    ValueError
        For a figure that cannot be: which, and what is allowed.

    Examples
    --------
    Everybody is 2 lower in the second period, and 3 lower on treatment 1:

    >>> estimate, variance, df = period_adjusted_difference(
    ...     (10, 8), (6, 6), (13, 11), (6, 6), 10, 14, 0.5
    ... )
    >>> float(estimate), round(float(variance), 3)
    (-3.0, 1.543)
    """
    (m11, m12), (s11, s12), (m21, m22), (s21, s22) = means1, sds1, means2, sds2
    one, of_one = paired_difference(m11, s11, m22, s22, n1, r)
    two, of_two = paired_difference(m12, s12, m21, s21, n2, r)
    df = (of_one + of_two) ** 2 / (
        of_one**2 / (np.asarray(n1) - 1) + of_two**2 / (np.asarray(n2) - 1)
    )
    return (one + two) / 2, (of_one + of_two) / 4, df


def correlation_from_paired_se(
    sd1: ArrayLike, sd2: ArrayLike, n: ArrayLike, se: ArrayLike
) -> np.ndarray:
    """Correlation of a person's two values, from the SE of their mean difference.

    Cochrane Handbook 23.2.7.2. Raises ValueError where no correlation gives that SE.

    Examples
    --------
    >>> round(float(correlation_from_paired_se(6.5, 6.5, 20, 1.4534)), 3)
    0.5
    """
    sd1, sd2, n, se = as_numbers(sd1=sd1, sd2=sd2, n=n, se=se)
    r = (sd1**2 + sd2**2 - n * se**2) / (2 * sd1 * sd2)
    if np.any(np.abs(r) > 1 + 1e-12):
        raise ValueError(
            f"an SE of {se} implies a correlation of {r}: one figure is not what it says"
        )
    return r


def design_effect(size: ArrayLike, icc: ArrayLike, *, cv: ArrayLike = 0.0) -> np.ndarray:
    """How much larger a variance is because people come in clusters.

    1 + ((1 + cv^2) size - 1) icc (Eldridge, Ashby & Kerry 2006, Int J Epidemiol 35:1292); with
    clusters of one size, 1 + (size - 1) icc (Cochrane Handbook 23.1.4).

    Parameters
    ----------
    size : array_like
        Mean people in a cluster, at least 1.
    icc : array_like
        Intracluster correlation, -1 to 1.
    cv : array_like
        SD of cluster sizes over their mean, not negative.

    Returns
    -------
    numpy.ndarray
        Multiply a variance by it, or divide a number of people.

    Raises
    ------
    ValueError
        For a figure that cannot be, and where the effect is not above 0.

    Examples
    --------
    >>> round(float(design_effect(21, 0.05)), 3), round(float(design_effect(21, 0.05, cv=0.5)), 4)
    (2.0, 2.2625)
    """
    size, icc = as_number("size", size, "above 0"), as_number("icc", icc, "between -1 and 1")
    cv = as_number("cv", cv, "not negative")
    if np.any(size < 1):
        raise ValueError(f"size must be at least 1; got {size}")
    effect = 1 + ((1 + cv**2) * size - 1) * icc
    if np.any(effect <= 0):
        raise ValueError(f"an icc of {icc} cannot be with clusters of {size}")
    return effect
