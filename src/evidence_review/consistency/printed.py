"""What a printed figure stands for, and what every check answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

CONSISTENT, INCONSISTENT, NOT_CHECKABLE = "consistent", "inconsistent", "not checkable"

# How figures may have been shortened: to the nearest (halves either way), or also cut off. Checks
# take `ROUNDED` unless told otherwise: cutting off is rare, and allowing it hides most misprints.
ROUNDED = ("rounded",)
PRINTS = ("rounded", "truncated")
SIDES = ("two-sided", "one-sided")


@dataclass(frozen=True)
class Printed:
    """A figure as printed.

    Parameters
    ----------
    value : float
    decimals : int
        11 has 0, 11.00 has 2.
    comparator : str
        '=', or '<', '<=', '>', '>=' for a printed bound.

    Raises
    ------
    ValueError
        For an unknown comparator.

    Examples
    --------
    >>> print(Printed(11, 2))
    11.00
    >>> [float(end) for end in Printed(11, 2).range()]
    [10.995, 11.005]
    >>> Printed(0.05, 2, "<").agrees(0.049, 0.2)
    True
    """

    value: float
    decimals: int
    comparator: str = "="

    def __post_init__(self):
        if self.comparator not in ("=", "<", "<=", ">", ">="):
            raise ValueError(f"comparator must be one of = < <= > >=; got {self.comparator!r}")

    def __str__(self) -> str:
        bound = "" if self.comparator == "=" else f"{self.comparator} "
        return f"{bound}{self.value:.{self.decimals}f}"

    def range(self, how: str = "rounded") -> tuple[Fraction, Fraction]:
        """Lowest and highest number that prints so, both included, as exact fractions.

        how: one of `PRINTS`. Both ends belong to it because halves are rounded up by some and
        down by others. Raises ValueError for a bound: it has no two ends.
        """
        if self.comparator != "=":
            raise ValueError(f"'{self}' is a bound: it has no range; use `agrees` with it")
        return _range(f"{self.value:.{self.decimals}f}", self.decimals, how)

    def agrees(self, low: float, high: float, how: str = "rounded") -> bool:
        """Whether some number from `low` to `high` prints so."""
        # Binary fractions miss a decimal half by some units in the last place.
        slack = 1e-12 * max(1.0, abs(self.value))
        if self.comparator == "=":
            mine = self.range(how)
            return low <= mine[1] + slack and mine[0] - slack <= high
        return low <= self.value + slack if "<" in self.comparator else high >= self.value - slack


@lru_cache(maxsize=1024)  # asked for again and again, for every reading of one print
def _range(text: str, decimals: int, how: str) -> tuple[Fraction, Fraction]:
    unit, value = Fraction(1, 10**decimals), Fraction(text)
    if how == "rounded":
        return value - unit / 2, value + unit / 2
    return (
        value if value > 0 else value - unit,
        value if value < 0 else value + unit,
    )


@dataclass(frozen=True)
class Check:
    """The answer of a check, and its arithmetic in one line of words and numbers."""

    answer: str
    arithmetic: str


def answer(fits: bool) -> str:
    """'consistent' if some reading fits, else 'inconsistent'."""
    return CONSISTENT if fits else INCONSISTENT


def listed(items: Iterable, most: int = 4) -> str:
    """The first few of several, 'a, b, …'."""
    items = [str(item) for item in items]
    return ", ".join(items[:most]) + (", …" if len(items) > most else "")


def of_side(low: float, high: float, side: str) -> tuple[float, float]:
    """A range of two-sided p as that of a test of `side`, in the direction of the estimate."""
    return (low, high) if side == "two-sided" else (low / 2, high / 2)


def p_text(*ends: float) -> str:
    """A p or its range in four decimals, 'below 0.0001' where they would all be zeros."""
    texts = ["below 0.0001" if p < 0.00005 else f"{p:.4f}" for p in ends]
    return " to ".join(dict.fromkeys(texts))


def shortened(how: str) -> str:
    """How the reading that fits was shortened, as a phrase to append; '' when rounded."""
    return "" if how == "rounded" else ", cut off and not rounded"


def require_whole(name: str, value: int, least: int) -> int:
    """`value` as an int. Raises ValueError unless it is whole and at least `least`."""
    if value != int(value) or value < least:
        raise ValueError(f"{name} must be a whole number, {least} or more; got {value}")
    return int(value)
