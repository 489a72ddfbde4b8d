"""What a printed figure stands for, as a value with bounds, and formulas over such values.

A figure printed as 6.67 stands for everything from 6.665 to 6.675, "P < 0.001" for everything from 0 to
0.001, "more than 30 people" for 31 and up. `printed` turns a figure into a `Recovered`, and `over`
carries such bounds through any formula that rises or falls in each of its figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import ceil, floor, inf, isnan, nan

import numpy as np
from numpy.typing import ArrayLike

COMPARATORS = ("=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Recovered:
    """A number that was printed or recovered, and the range that the printed figures allow.

    Parameters
    ----------
    value : float
        nan where only bounds are known.
    low, high : float
        The range; infinite where there is no bound.
    reason : str
        Why the figure cannot be used; '' where it can.

    Examples
    --------
    >>> Recovered(6.67, 6.665, 6.675).usable
    True
    """

    value: float
    low: float
    high: float
    reason: str = ""

    def __neg__(self) -> Recovered:
        """The same figure with its sign changed."""
        return Recovered(-self.value, -self.high, -self.low, self.reason)

    @property
    def usable(self) -> bool:
        return not self.reason

    @property
    def is_bound(self) -> bool:
        """Whether the range is all that is known."""
        return isnan(self.value)


def decimals_of(figure: str | float) -> int:
    """How many decimals a figure has.

    Parameters
    ----------
    figure : str or float
        Text counts as it stands. A number counts to 12 significant digits: those beyond are the
        machine's, not a printer's.

    Examples
    --------
    >>> decimals_of("6.70"), decimals_of(6.7), decimals_of(18.200000000000003), decimals_of(11.0)
    (2, 1, 1, 0)
    """
    text = (
        figure if isinstance(figure, str) else np.format_float_positional(float(f"{figure:.12g}"))
    )
    return len(text.strip().partition(".")[2])


def rounding_interval(value: float, decimals: int) -> tuple[float, float]:
    """The numbers that print as `value` with that many decimals (half a unit either way).

    Examples
    --------
    >>> rounding_interval(6.5, 0)
    (6.0, 7.0)
    """
    half = 0.5 * 10.0**-decimals
    return value - half, value + half


def printed(
    value: float,
    decimals: int,
    comparator: str = "=",
    *,
    least: float = -inf,
    most: float = inf,
    whole: bool = False,
) -> Recovered:
    """What a printed figure stands for.

    Parameters
    ----------
    value : float
    decimals : int
        Printed decimals, not negative.
    comparator : {'=', '<', '<=', '>', '>='}
        A bound is taken at its word, without rounding.
    least, most : float
        What the quantity can be: 0 for an SD, 0 and 1 for a P.
    whole : bool
        For counts: only whole numbers, which are printed as they are.

    Returns
    -------
    Recovered
        `value` is nan for a bound, and for a figure that is rounded to an end that it cannot
        reach: an SD of 0.0, a P of 0.000. Not usable, with a reason, where nothing is left.

    Raises
    ------
    ValueError
        For an unknown comparator, negative decimals, and a value that is not finite.

    Examples
    --------
    >>> printed(6.1, 1, "<", least=0)
    Recovered(value=nan, low=0, high=6.1, reason='')
    >>> printed(1, 0, "<", least=0, whole=True)  # fewer than one event
    Recovered(value=0.0, low=0, high=0, reason='')
    >>> printed(30, 0, ">", least=1, whole=True)
    Recovered(value=nan, low=31, high=inf, reason='')
    """
    if comparator not in COMPARATORS:
        raise ValueError(f"comparator must be one of {' '.join(COMPARATORS)}; got {comparator!r}")
    if decimals < 0 or decimals != int(decimals):
        raise ValueError(f"decimals must be a whole number, 0 or more; got {decimals}")
    if not np.isfinite(value):
        raise ValueError(f"value must be finite; got {value}")
    ends = {
        "=": (value, value) if whole else rounding_interval(value, decimals),
        "<": (-inf, ceil(value) - 1 if whole else value),
        "<=": (-inf, floor(value) if whole else value),
        ">": (floor(value) + 1 if whole else value, inf),
        ">=": (ceil(value) if whole else value, inf),
    }
    low, high = ends[comparator]
    low, high = max(low, least), min(high, most)
    if low > high:
        return Recovered(nan, low, high, f"no value from {least:g} to {most:g} prints so")
    if low == high:
        return Recovered(float(low), low, high)
    known = comparator == "=" and low < value < high
    return Recovered(float(value) if known else nan, low, high)


def printed_p(
    value: float, decimals: int, comparator: str = "=", *, side: str = "two-sided"
) -> tuple[Recovered, int]:
    """The two-sided P that a printed one stands for, and the direction of the estimate.

    Parameters
    ----------
    value, decimals, comparator
        As for `printed`.
    side : {'two-sided', 'one-sided'}

    Returns
    -------
    p : Recovered
        Two-sided, 0 to 1. "P = 0.000" is a bound: below 0.0005.
    direction : int
        For a one-sided P, 1 where the estimate lies on the side that was tested, -1 where it
        lies on the other (a P above 1/2), 0 where the figure leaves it open; 0 for a two-sided P.

    Raises
    ------
    ValueError
        As `printed`; for a P outside [0, 1], and another `side`.

    Examples
    --------
    >>> printed_p(0.000, 3)[0]
    Recovered(value=nan, low=0, high=0.0005, reason='')
    >>> p, direction = printed_p(0.98, 2, side="one-sided")  # 0.04, on the other side
    >>> round(p.value, 3), round(p.low, 3), round(p.high, 3), direction
    (0.04, 0.03, 0.05, -1)
    """
    if not 0 <= value <= 1:
        raise ValueError(f"p must lie between 0 and 1; got {value}")
    p = printed(value, decimals, comparator, least=0, most=1)
    if side == "two-sided":
        return p, 0
    if side != "one-sided":
        raise ValueError(f"side must be 'two-sided' or 'one-sided'; got {side!r}")
    double = lambda tail: 2 * min(tail, 1 - tail)
    ends = sorted((double(p.low), double(p.high)))
    if p.low < 0.5 < p.high:
        ends[1] = 1.0
    direction = 1 if p.high <= 0.5 else -1 if p.low >= 0.5 else 0
    return Recovered(double(p.value) if not p.is_bound else nan, *ends), direction


def over(function: Callable[..., ArrayLike], *figures: Recovered | float) -> Recovered:
    """A formula with the range that its figures allow.

    Parameters
    ----------
    function : callable
        Takes the figures in order and rises or falls in each of them over their ranges, so that its
        extremes lie at corners of the box of ranges.
    figures : Recovered or float
        A number is exact.

    Returns
    -------
    Recovered
        `value` is nan where a figure is a bound. Corners where the function is not defined (an
        interval of no width, say) are left out. Not usable where a figure is not, with its reason,
        or where the function is defined at no corner.

    Examples
    --------
    >>> found = over(lambda sd, n: sd / n**0.5, printed(6.1, 1, "<", least=0), 25)
    >>> found.low, round(found.high, 2), found.is_bound
    (0.0, 1.22, True)
    """
    exact = lambda x: Recovered(float(x), float(x), float(x))
    given = [figure if isinstance(figure, Recovered) else exact(figure) for figure in figures]
    reasons = [figure.reason for figure in given if not figure.usable]
    if reasons:
        return Recovered(nan, nan, nan, "; ".join(dict.fromkeys(reasons)))
    corners = list(product(*(dict.fromkeys((figure.low, figure.high)) for figure in given)))
    known = not any(figure.is_bound for figure in given)
    values, problem = [], "these figures leave nothing to compute"
    for point in [tuple(figure.value for figure in given), *corners] if known else corners:
        try:
            values.append(float(np.asarray(function(*point))))
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            values.append(nan)
            problem = str(error)
    defined = [value for value in values if not isnan(value)]
    if not defined:
        return Recovered(nan, nan, nan, problem)
    return Recovered(values[0] if known else nan, min(defined), max(defined))


def over_all(
    function: Callable[..., tuple[np.ndarray, ...]], *figures: Recovered
) -> list[Recovered]:
    """The same for a formula that takes arrays and gives several results: each with its range.

    Parameters
    ----------
    function : callable
        As for `over`, each result by itself; called once, with an array a figure: the printed value,
        then the corners.
    figures : Recovered
        At least one, each with a range that is finite.

    Returns
    -------
    list of Recovered
        In the order of the results; `value` is nan where a figure is a bound.

    Raises
    ------
    ValueError
        What the formula raises for a figure that cannot be.

    Examples
    --------
    >>> half, double = over_all(lambda x: (x / 2, 2 * x), printed(6.0, 0))
    >>> half.low, half.high, double.low, double.high
    (2.75, 3.25, 11.0, 13.0)
    """
    corners = list(product(*(dict.fromkeys((figure.low, figure.high)) for figure in figures)))
    known = not any(figure.is_bound for figure in figures)
    points = [*([tuple(figure.value for figure in figures)] if known else []), *corners]
    results = function(*np.array(points, float).T)
    return [
        Recovered(
            float(found[0]) if known else nan,
            float(np.fmin.reduce(found)),  # as nanmin, which warns where there is no number
            float(np.fmax.reduce(found)),
        )
        for found in map(np.asarray, results)
    ]
