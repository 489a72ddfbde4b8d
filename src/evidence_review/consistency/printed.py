"""Printed figures with the values that they may stand for, and the result that every check returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

CONSISTENT, INCONSISTENT, NOT_CHECKABLE = "consistent", "inconsistent", "not checkable"

# How figures may have been shortened: rounded to the nearest (halves up or down), or also truncated.
# Checks default to `ROUNDED`: truncation is rare, and allowing it hides most misprints.
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
        Decimals printed: 11 has 0, 11.00 has 2.
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

    def range(self, rounding: str = "rounded") -> tuple[Fraction, Fraction]:
        """Lowest and highest value that this figure may stand for, as exact fractions.

        rounding: one of `PRINTS`. Both ends are included, because some authors round halves up and
        others down. Raises ValueError for a bound, which has only one end.
        """
        if self.comparator != "=":
            raise ValueError(f"'{self}' is a bound: it has no range; use `agrees` with it")
        return _range(f"{self.value:.{self.decimals}f}", self.decimals, rounding)

    def agrees(self, low: float, high: float, rounding: str = "rounded") -> bool:
        """Whether some value from `low` to `high` would be printed as this figure."""
        # Binary fractions miss a decimal half by some units in the last place.
        slack = 1e-12 * max(1.0, abs(self.value))
        if self.comparator == "=":
            mine = self.range(rounding)
            return low <= mine[1] + slack and mine[0] - slack <= high
        return low <= self.value + slack if "<" in self.comparator else high >= self.value - slack


@lru_cache(maxsize=1024)  # every reading of a figure needs it again
def _range(text: str, decimals: int, rounding: str) -> tuple[Fraction, Fraction]:
    unit, value = Fraction(1, 10**decimals), Fraction(text)
    if rounding == "rounded":
        return value - unit / 2, value + unit / 2
    return (
        value if value > 0 else value - unit,
        value if value < 0 else value + unit,
    )


@dataclass(frozen=True)
class Check:
    """The verdict of a check (`answer`), and its arithmetic in one line of words and numbers."""

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
    """The range of p in a test of `side`, given that of the two-sided p.

    A one-sided test is taken in the direction of the estimate.
    """
    return (low, high) if side == "two-sided" else (low / 2, high / 2)


def p_text(*ends: float) -> str:
    """A p or its range with four decimals, 'below 0.0001' instead of 0.0000."""
    texts = ["below 0.0001" if p < 0.00005 else f"{p:.4f}" for p in ends]
    return " to ".join(dict.fromkeys(texts))


def shortened(rounding: str) -> str:
    """A phrase to append to a reading with truncated figures; '' when rounded."""
    return "" if rounding == "rounded" else ", cut off and not rounded"


def require_whole(name: str, value: int, least: int) -> int:
    """`value` as an int. Raises ValueError unless it is whole and at least `least`."""
    if value != int(value) or value < least:
        raise ValueError(f"{name} must be a whole number, {least} or more; got {value}")
    return int(value)
