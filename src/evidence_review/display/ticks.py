"""Where an axis has its numbers: round ones, and for ratios those of a decade.

Without matplotlib, whose import would take longer than a light drawing.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor, log10


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """The multiples of 1, 2 or 5 times a power of ten on an axis, at most `most` steps apart, at least two.

    As matplotlib's MaxNLocator places them.

    >>> round_ticks(-17.2, 3.9, 7)
    [-15.0, -10.0, -5.0, 0.0]
    """
    power = floor(log10((high - low) / most))
    steps = [step * 10.0**each for each in (power - 1, power, power + 1) for step in (1, 2, 5)]
    first = next(place for place, step in enumerate(steps) if step * most >= high - low)
    for step in reversed(steps[: first + 1]):
        ticks = [
            step * each for each in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)
        ]
        if len(ticks) >= 2:
            break
    return ticks


def ratio_ticks(low: float, high: float) -> list[float]:
    """Ticks of an axis of ratios: the coarsest of which at least three are on it.

    >>> ratio_ticks(0.4, 6.0)
    [0.5, 1.0, 2.0, 5.0]
    """
    found = in_decades(low, high, range(1, 2) if high / low >= 200 else (1, 2, 5))
    if len(found) < 3:
        found = in_decades(low, high, (1, 1.5, 2, 3, 4, 5, 7))
    if len(found) < 3:
        found = round_ticks(low, high, 5)
    return found


def in_decades(low: float, high: float, steps: Iterable[float]) -> list[float]:
    """The multiples of each power of ten between two ratios."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    every = [step * 10.0**power for power in powers for step in steps]
    return [ratio for ratio in every if low <= ratio <= high]
