"""Which choices a result depends on: its variance over a grid of choices, shared out among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

# Shares below are what rounding makes of none.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class VarianceShares:
    """Shares (0 to 1) of the variance of a result, one a choice.

    alone: what a choice explains by itself (first-order index). total: alone and in every
    combination with others (total index). interactions: what no choice explains by itself. The
    last two are nan unless the grid is full: then alone and interactions add up to 1.
    """

    alone: np.ndarray
    total: np.ndarray
    interactions: float


def variance_shares(choices: ArrayLike, result: ArrayLike) -> VarianceShares:
    """Sobol' indices of choices that are all equally likely.

    On a full grid (every combination once) they are exact, and equal the sums of squares of an
    analysis of variance over their total. With holes in the grid `alone` is what each choice
    explains by itself (the correlation ratio), and shares of choices that go together overlap. All
    nan where the result does not vary beyond rounding.

    Parameters
    ----------
    choices : (n, p)
        The value of each of p choices at n points, as codes.
    result : (n,)
        What came out at each point; finite.

    Raises
    ------
    ValueError
        For shapes that do not fit or a result that is not finite.

    References
    ----------
    Sobol' 2001, Math Comput Simul 55:271.

    Examples
    --------
    The first choice moves the result by 2, the second by 1, and they do not depend on each other.

    >>> shares = variance_shares([[0, 0], [0, 1], [1, 0], [1, 1]], [0.0, 1.0, 2.0, 3.0])
    >>> shares.alone.tolist(), shares.interactions
    ([0.8, 0.2], 0.0)
    """
    choices, result = np.asarray(choices), np.asarray(result, dtype=float)
    if choices.ndim != 2 or result.shape != choices.shape[:1] or not choices.size:
        raise ValueError(
            f"choices must be (n, p) and result (n,), none empty; got {choices.shape} and {result.shape}"
        )
    if not np.isfinite(result).all():
        raise ValueError("result must be finite: leave out the points that have none")
    nothing = np.full(choices.shape[1], np.nan)
    if np.ptp(result) <= 1e-12 * np.abs(result).max():
        return VarianceShares(nothing, nothing, float("nan"))
    codes = [np.unique(column, return_inverse=True)[1] for column in choices.T]
    levels = [int(code.max()) + 1 for code in codes]
    alone = np.array([_between(code, result) for code in codes])
    cell = np.ravel_multi_index(codes, levels)
    if len(result) != np.prod(levels) or np.bincount(cell).max() > 1:
        return VarianceShares(alone, nothing, float("nan"))
    strides = np.cumprod([1, *levels[:0:-1]])[::-1]
    others = [cell - code * stride for code, stride in zip(codes, strides, strict=True)]
    total = np.array([_cleared(1 - _between(group, result)) for group in others])
    return VarianceShares(alone, total, _cleared(float(1 - alone.sum())))


def _between(group: np.ndarray, result: np.ndarray) -> float:
    """Share of the variance of a result that lies between groups."""
    counts = np.bincount(group)
    means = np.bincount(group, result)[counts > 0] / counts[counts > 0]
    between = counts[counts > 0] @ (means - result.mean()) ** 2
    return _cleared(float(between / len(result) / result.var()))


def _cleared(share: float) -> float:
    """A share without what rounding makes of 0."""
    return 0.0 if share < _ROUNDING else share
