"""Trials with several arms against one control: contrasts that share people, and their pool.

The control arm is in every contrast, so contrasts of one trial correlate (Cochrane Handbook
23.3); pooled as if they were independent, its people count several times.

Peers: metafor `escalc` with `vcalc` (`mean_differences`, `standardized_mean_differences`; vcalc's
covariance from sizes alone is an approximation, these are exact and Gleser & Olkin's), metafor
`rma.mv` (`pool_correlated`: method EE, or random = ~ contrast | trial, struct CS, rho = 1/2).
The analysis of variance from summary figures is statsmodels' `anova_generic`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special

from evidence_review.stats.effects import standardized_mean_difference
from evidence_review.stats.inputs import as_number
from evidence_review.stats.pooling import Sets
from evidence_review.stats.studies import checked_studies
from evidence_review.stats.tau2 import tau2_and_se


@dataclass(frozen=True)
class CorrelatedPool:
    """A pool of k correlated contrasts, in their units; normal interval at `level`.

    tau2: variance of true contrasts between trials. q, q_p: heterogeneity against chi-square
    k - 1, contrasts of one trial included. With k = 1 the contrast itself: tau2 and q_p are nan.
    """

    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    statistic: float
    p: float
    tau2: float
    q: float
    q_p: float
    level: float


def mean_differences(
    means: ArrayLike, sds: ArrayLike, sizes: ArrayLike, *, pool_sds: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Each arm's mean minus that of the control arm, and their covariance matrix.

    Parameters
    ----------
    means, sds, sizes : (a,)
        Of the arms, the control arm last.
    pool_sds : bool
        One SD for all arms, as in the analysis of variance; sum(sizes) - a degrees of freedom.

    Returns
    -------
    differences : (a - 1,) array
    covariance : (a - 1, a - 1) array
        The variances of `effects.mean_difference`, and off the diagonal the variance of the
        control mean.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    Examples
    --------
    >>> differences, covariance = mean_differences([8, 9, 12], [4, 4, 4], [16, 16, 16])
    >>> differences.tolist(), covariance.tolist()
    ([-4.0, -3.0], [[2.0, 1.0], [1.0, 2.0]])
    """
    means, sds, sizes = _checked(means, sds, sizes)
    if pool_sds:
        df = sizes - 1
        sds = np.full(len(sds), np.sqrt(df @ sds**2 / df.sum()))
    of_means = sds**2 / sizes
    return means[:-1] - means[-1], np.diag(of_means[:-1]) + of_means[-1]


def standardized_mean_differences(
    means: ArrayLike, sds: ArrayLike, sizes: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Hedges' g of each arm against the control arm, and their covariance matrix.

    Each g has the SD of its own two arms, as in `effects.standardized_mean_difference`. Covariance
    1/n_control + g_i g_j / (2 N), N people in all arms.

    Parameters
    ----------
    means, sds, sizes : (a,)
        Of the arms, the control arm last.

    Returns
    -------
    differences : (a - 1,) array
    covariance : (a - 1, a - 1) array

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    References
    ----------
    Gleser & Olkin 2009, in Cooper, Hedges & Valentine, Handbook of Research Synthesis, ch. 19.

    Examples
    --------
    Where nothing differs, the covariance is that of the control mean, 1 / n in SDs.

    >>> standardized_mean_differences([8, 8, 8], [4, 4, 4], [16, 16, 16])[1].tolist()
    [[0.125, 0.0625], [0.0625, 0.125]]
    """
    means, sds, sizes = _checked(means, sds, sizes)
    g, variances = standardized_mean_difference(
        means[:-1], sds[:-1], sizes[:-1], means[-1], sds[-1], sizes[-1]
    )
    covariance = 1 / sizes[-1] + np.outer(g, g) / (2 * sizes.sum())
    np.fill_diagonal(covariance, variances)
    return g, covariance


def shared_control_covariance(
    variances: ArrayLike, sizes: ArrayLike, control_size: ArrayLike
) -> np.ndarray:
    """Covariance of contrasts of several arms with one control arm, on any measure, from the sizes.

    The correlation of two contrasts is sqrt(n1 / (n1 + nc) * n2 / (n2 + nc)): exact for differences of
    means of one SD, close for other measures and for contrasts that were adjusted or printed with their
    standard error only. metafor's `vcalc` with `grp1`, `grp2`, `w1` and `w2` takes the same.

    Parameters
    ----------
    variances : (a,)
        Of the contrasts, above 0.
    sizes : (a,)
        People in each arm, above 0.
    control_size : float
        People in the control arm, above 0.

    Returns
    -------
    (a, a) array

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    Examples
    --------
    Arms of equal size: half of the variance is that of the control mean.

    >>> shared_control_covariance([2.0, 2.0], [16, 16], 16).tolist()
    [[2.0, 1.0], [1.0, 2.0]]
    """
    v = as_number("variances", variances, "above 0")
    sizes = as_number("sizes", sizes, "above 0")
    control = as_number("control_size", control_size, "above 0")
    share = np.sqrt(v * sizes / (sizes + control))
    covariance = np.outer(share, share)
    np.fill_diagonal(covariance, v)
    return covariance


def pool_correlated(
    effects: ArrayLike,
    covariance: ArrayLike,
    *,
    trials: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> CorrelatedPool:
    """Pool contrasts whose sampling covariance matrix is known, by generalised least squares.

    With trials, true contrasts vary between trials with variance tau2 (REML, the highest maximum)
    and contrasts of one trial correlate by 1/2, as they do when the true mean of every arm varies
    alike. The interval is normal, which with few trials is too narrow: `dependent.pool_dependent`
    has a robust one.

    Parameters
    ----------
    effects : (k,)
    covariance : (k, k)
        0 between trials.
    trials : (k,), optional
        The trial of each contrast; None pools with a common effect.
    level : float
        Of the interval.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    References
    ----------
    Higgins & Whitehead 1996, Statistics in Medicine 15:2733.

    Examples
    --------
    >>> pool = pool_correlated(*mean_differences([8, 9, 12], [4, 4, 4], [16, 16, 16]))
    >>> round(pool.estimate, 6), round(pool.se**2, 6)
    (-3.5, 1.5)
    """
    y, covariance = np.atleast_1d(np.asarray(effects, float)), np.asarray(covariance, float)
    k = len(y)
    if covariance.shape != (k, k) or not np.allclose(covariance, covariance.T, rtol=1e-9, atol=0):
        raise ValueError(f"covariance must be symmetric, {k} by {k}; got {covariance.shape}")
    checked_studies(y, np.diagonal(covariance), level)
    if trials is not None and len(trials) != k:
        raise ValueError(f"trials must name the trial of each of {k} effects; got {len(trials)}")
    between = np.eye(k)
    if trials is not None:
        same = np.array([[one == other for other in trials] for one in trials])
        between = np.where(same, 0.5, 0.0) + 0.5 * np.eye(k)
    # Contrasts of contrasts whose true spread is independent with variance tau2 and whose
    # sampling errors are independent with variances v: then all is as for independent studies.
    v, turn = linalg.eigh(covariance, between)
    if v[0] <= 0:
        raise ValueError("covariance must be positive definite: two contrasts say the same")
    y, x = turn.T @ y, turn.T @ np.ones((k, 1))
    sets = Sets(y[:, None], v[:, None], np.ones((k, 1)), x)
    tau2, _ = tau2_and_se(sets, "REML" if trials is not None else "EE")
    fit, scale = sets.fit(tau2), float(sets.scale[0])
    mean = float((sets.pivots + np.sqrt(scale) * fit.b).item() / sets.basis.item())
    se = float(np.sqrt(scale * fit.inverse.item()) / abs(sets.basis.item()))
    q = float(sets.fit(0.0).q[0])
    half = float(special.ndtri((1 + level) / 2)) * se
    return CorrelatedPool(
        k=k,
        estimate=mean,
        se=se,
        ci_low=mean - half,
        ci_high=mean + half,
        statistic=mean / se,
        p=float(2 * special.ndtr(-abs(mean / se))),
        tau2=float(tau2[0] * scale) if k > 1 else np.nan,
        q=q,
        q_p=float(special.chdtrc(k - 1, q)) if k > 1 else np.nan,
        level=level,
    )


def _checked(*given: ArrayLike) -> list[np.ndarray]:
    arrays = [np.asarray(x, float) for x in given]
    if len({x.shape for x in arrays}) > 1 or arrays[0].ndim != 1 or len(arrays[0]) < 2:
        raise ValueError("means, sds and sizes must be of one length, at least 2, the control last")
    for name, x, low in zip(("means", "sds", "sizes"), arrays, (-np.inf, 0, 1), strict=True):
        bad = ~np.isfinite(x) | (x <= low)
        if bad.any():
            raise ValueError(
                f"{name} must be finite{'' if low < 0 else f' and above {low}'}; "
                f"not so at position {int(np.argmax(bad))}"
            )
    return arrays
