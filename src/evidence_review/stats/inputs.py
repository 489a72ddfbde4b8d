"""Arguments as arrays, or an error that names the argument and the place."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def refuse(bad: np.ndarray, name: str, allowed: str) -> None:
    """Raise ValueError naming the first place where `bad` holds."""
    if np.any(bad):
        where = [int(i) for i in np.argwhere(np.atleast_1d(bad))[0]]
        raise ValueError(
            f"{name} must be {allowed}; not so at position {where[0] if len(where) == 1 else where}"
        )


def as_number(name: str, value: ArrayLike, allowed: str = "finite") -> np.ndarray:
    """One argument as an array of finite numbers.

    Parameters
    ----------
    name : str
        As the caller calls it.
    value : array_like
    allowed : {'finite', 'above 0', 'not negative', 'between -1 and 1', 'between 0 and 1'}
        The last leaves both ends out; 'between -1 and 1' includes them.

    Raises
    ------
    ValueError
        For text, masked values, nan, infinities, and what is not allowed.

    Examples
    --------
    >>> as_number("sd1", [1.0, -2.0], "above 0")
    Traceback (most recent call last):
    ValueError: sd1 must be above 0; not so at position 1
    """
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked values; leave these rows out")
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers; got {value!r}") from None
    refuse(~np.isfinite(array), name, "finite")
    holds = {
        "finite": lambda: np.isfinite(array),
        "above 0": lambda: array > 0,
        "not negative": lambda: array >= 0,
        "between -1 and 1": lambda: np.abs(array) <= 1,
        "between 0 and 1": lambda: (array > 0) & (array < 1),
    }[allowed]()
    refuse(~holds, name, allowed)
    return array


def as_numbers(**named: ArrayLike) -> list[np.ndarray]:
    """Several arguments by `as_number`: those called sd, se, t or n and a number must be above 0.

    Examples
    --------
    >>> as_numbers(mean1=-3.0, sd1=2.0, n1=0)
    Traceback (most recent call last):
    ValueError: n1 must be above 0; not so at position 0
    """
    positive = ("sd", "se", "n", "time")
    return [
        as_number(name, value, "above 0" if name.startswith(positive) else "finite")
        for name, value in named.items()
    ]
