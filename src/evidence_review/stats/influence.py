"""What a pooled result owes to single studies: leave-one-out, cumulative, influence.

Each is one batch for `random_effects`, with nan for the studies that are left out.

Peers: metafor `leave1out`, `cumul`, `influence`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evidence_review.stats.synthesis import RandomEffects, random_effects


@dataclass(frozen=True)
class Influence:
    """Deletion diagnostics (Viechtbauer & Cheung 2010, section 3), arrays of length k.

    rstudent: the study's distance from the pool of the others, in its standard errors. dffits:
    change of the fitted value in its standard errors. cooks_distance: squared change of the
    pooled effect over its variance. covariance_ratio: variance of the pooled effect without the
    study over that with it. hat: the study's share of the weight. tau2_deleted, q_deleted:
    without the study.
    """

    rstudent: np.ndarray
    dffits: np.ndarray
    cooks_distance: np.ndarray
    covariance_ratio: np.ndarray
    hat: np.ndarray
    tau2_deleted: np.ndarray
    q_deleted: np.ndarray


def leave_one_out(
    effects: ArrayLike, variances: ArrayLike, **options: Any
) -> RandomEffects[NDArray[Any]]:
    """The pool without each study in turn.

    Parameters
    ----------
    effects, variances : (k,)
        At least two studies.
    **options
        Of `random_effects`.

    Returns
    -------
    RandomEffects
        Fields of length k.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    Examples
    --------
    >>> leave_one_out([1.0, 2.0, 6.0], [1.0, 1.0, 1.0], tau2="EE").estimate.tolist()
    [4.0, 3.5, 1.5]
    """
    y, v = _one_set(effects, variances, 2)
    keep = ~np.eye(len(y), dtype=bool)
    return _subsets(y, v, keep, options)


def cumulative(
    effects: ArrayLike, variances: ArrayLike, **options: Any
) -> RandomEffects[NDArray[Any]]:
    """The pool of the first study, of the first two, and so on, in the order given.

    Parameters
    ----------
    effects, variances : (k,)
    **options
        Of `random_effects`.

    Returns
    -------
    RandomEffects
        Fields of length k.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    Examples
    --------
    >>> cumulative([1.0, 2.0, 6.0], [1.0, 1.0, 1.0], tau2="EE").estimate.tolist()
    [1.0, 1.5, 3.0]
    """
    y, v = _one_set(effects, variances, 1)
    return _subsets(y, v, np.tri(len(y), dtype=bool), options)


def influence(effects: ArrayLike, variances: ArrayLike, *, tau2: str = "REML") -> Influence:
    """Deletion diagnostics of a random-effects pool, with normal tests.

    Parameters
    ----------
    effects, variances : (k,)
        At least 3 studies.
    tau2 : str
        One of `tau2.TAU2_ESTIMATORS`.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    References
    ----------
    Viechtbauer & Cheung 2010, Research Synthesis Methods 1:112, section 3.

    Examples
    --------
    >>> found = influence([1.0, 2.0, 6.0], [1.0, 1.0, 1.0], tau2="EE")
    >>> found.hat.round(3).tolist()
    [0.333, 0.333, 0.333]
    >>> int(found.cooks_distance.argmax())
    2
    """
    y, v = _one_set(effects, variances, 3)
    full = random_effects(y, v, tau2=tau2, ci="z")
    rest = leave_one_out(y, v, tau2=tau2, ci="z")
    moved = full.estimate - rest.estimate
    hat = 1 / (v + full.tau2) * full.se**2
    return Influence(
        rstudent=(y - rest.estimate) / np.sqrt(v + rest.tau2 + rest.se**2),
        dffits=moved / np.sqrt(hat * (v + rest.tau2)),
        cooks_distance=moved**2 / full.se**2,
        covariance_ratio=rest.se**2 / full.se**2,
        hat=hat,
        tau2_deleted=rest.tau2,
        q_deleted=rest.q,
    )


def _one_set(effects: ArrayLike, variances: ArrayLike, least: int) -> tuple[np.ndarray, np.ndarray]:
    y, v = np.asarray(effects, float), np.asarray(variances, float)
    if y.ndim != 1 or y.shape != v.shape or len(y) < least:
        raise ValueError(
            f"effects and variances must be one set of at least {least} studies; got {y.shape} and {v.shape}"
        )
    return y, v


def _subsets(
    y: np.ndarray, v: np.ndarray, keep: np.ndarray, options: dict[str, Any]
) -> RandomEffects[NDArray[Any]]:
    return random_effects(np.where(keep, y, np.nan), np.where(keep, v, np.nan), **options)
