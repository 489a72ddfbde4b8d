"""Sets of studies as every pooling function takes them, and an interval as it gives one back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Interval:
    """An interval at `level`."""

    low: float
    high: float
    level: float


def checked_studies(
    effects: ArrayLike, variances: ArrayLike, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Effects and variances as arrays (..., k); nan in both marks a study that is absent.

    Parameters
    ----------
    effects, variances : (..., k)
        Studies along the last axis; masked arrays are refused, as what is masked would be pooled.
    level : float
        Of an interval, between 0 and 1.

    Raises
    ------
    ValueError
        For shapes that differ, values that are not finite, variances not above 0, a set without
        studies, and a level outside (0, 1): which, where, what is allowed.

    Examples
    --------
    >>> checked_studies([1.0, 2.0], [0.5, -1.0], 0.95)
    Traceback (most recent call last):
        ...
    ValueError: variances must be finite and above 0 (or nan in both for a study that is absent); not so at position 1
    """
    for name, given in (("effects", effects), ("variances", variances)):
        if isinstance(given, np.ma.MaskedArray):
            raise ValueError(f"{name} is a masked array: fill what is masked with nan")
    y, v = np.asarray(effects, float), np.asarray(variances, float)
    if y.ndim == 0 or y.shape != v.shape or y.size == 0:
        raise ValueError(
            f"effects and variances must be of one shape, with at least 1 study; got {y.shape} and {v.shape}"
        )
    absent = np.isnan(y) & np.isnan(v)
    for name, bad, allowed in (
        ("effects", ~np.isfinite(y) & ~absent, "finite"),
        ("variances", (~np.isfinite(v) | (v <= 0)) & ~absent, "finite and above 0"),
    ):
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(
                f"{name} must be {allowed} (or nan in both for a study that is absent); "
                f"not so at position {where[0] if len(where) == 1 else where}"
            )
    if absent.all(-1).any():
        raise ValueError("every set needs at least 1 study; one has none")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level}")
    return y, v
