"""Does any set of whole numbers have the printed mean and SD? If so, return one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, sqrt

from evidence_review.consistency.granularity import sums_of_squares, whole_sums
from evidence_review.consistency.printed import (
    ROUNDED,
    Check,
    Printed,
    answer,
    listed,
    require_whole,
    shortened,
)


@dataclass(frozen=True)
class Sample(Check):
    """example: one set of scores, rising, with the printed mean and SD; () if there is none."""

    example: tuple[float, ...]


def attainable(
    mean: Printed,
    sd: Printed,
    n: int,
    *,
    minimum: int,
    maximum: int,
    items: int = 1,
    prints: Sequence[str] = ROUNDED,
) -> Sample:
    """Do any n scores from `minimum` to `maximum` have this mean and SD, as printed?

    The verdict is exact, not from random trials: for every possible sum and sum of squares, a complete
    search over multisets, cut by the smallest and largest sum of squares that the remaining scores can
    have.

    Parameters
    ----------
    mean, sd : Printed
        The SD is that of a sample (n - 1).
    n : int
        People, 2 or more.
    minimum, maximum : int
        Ends of the scale.
    items : int
        How many whole numbers each score is the mean of; 1 for whole scores.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    Sample

    Raises
    ------
    ValueError
        For n below 2, or ends that are not whole numbers in order.

    Notes
    -----
    A true report is never flagged, by construction, if scores are whole and none is missing or
    adjusted.

    References
    ----------
    SPRITE (Heathers, Anaya, van der Zee and Brown 2018, PeerJ Preprints 6:e26968) looks for such sets
    at random.

    Examples
    --------
    Two scores from 0 to 4 with mean 2: their SDs are 0, 1.41 and 2.83.

    >>> attainable(Printed(2.0, 1), Printed(2.83, 2), 2, minimum=0, maximum=4).example
    (0.0, 4.0)
    >>> attainable(Printed(2.0, 1), Printed(2.00, 2), 2, minimum=0, maximum=4).answer
    'inconsistent'
    """
    require_whole("n", n, 2)
    require_whole("items", items, 1)
    if minimum != int(minimum) or maximum != int(maximum) or minimum >= maximum:
        raise ValueError(
            f"minimum and maximum must be whole numbers in order; got {minimum} and {maximum}"
        )
    low, width = int(minimum) * items, int(maximum - minimum) * items
    for rounding in prints:
        for total in whole_sums(mean, n * items, rounding):
            for squares in sums_of_squares(sd, n, total, rounding, items=items):
                # Shifted so that the lowest score is 0.
                shifted = total - n * low, squares - 2 * low * total + n * low**2
                if (found := multiset(n, *shifted, width)) is not None:
                    example = tuple(sorted((x + low) / items for x in found))
                    return Sample(
                        answer(True),
                        f"for example {_runs(example)} print as {mean} and {sd}{shortened(rounding)}",
                        example,
                    )
    return Sample(answer(False), _why_not(mean, sd, n, low, width, items), ())


def multiset(n: int, total: int, squares: int, highest: int) -> tuple[int, ...] | None:
    """n whole numbers from 0 to `highest` with this sum and sum of squares, falling; else None.

    A complete depth-first search, largest number first. It drops a branch when the sum of squares of
    the rest is below its smallest (numbers as equal as possible) or above its largest value (all but
    one at an end), and visits no dead end twice.

    Examples
    --------
    >>> multiset(3, 6, 14, 4)
    (3, 2, 1)
    >>> multiset(3, 6, 16, 3) is None
    True
    """
    # The numbers still to choose after each step: how many, their sum, sum of squares and largest.
    path = [(n, total, squares, highest)]
    branches = [_largest_first(*path[0])]
    dead = set()
    while path:
        left, total, squares, _ = path[-1]
        if left == 0:
            return tuple(x for *_, x in path[1:])
        for x in branches[-1]:
            rest = (left - 1, total - x, squares - x * x, x)
            if rest not in dead and _within(*rest):
                path.append(rest)
                branches.append(_largest_first(*rest))
                break
        else:
            dead.add(path.pop())
            branches.pop()
    return None


def _largest_first(n: int, total: int, squares: int, highest: int):
    """Candidates for the largest of n numbers: from what the squares allow down to the mean."""
    if n == 0:
        return iter(())
    return iter(range(min(highest, floor(sqrt(squares)), total), -(-total // n) - 1, -1))


def _within(n: int, total: int, squares: int, highest: int) -> bool:
    """Whether this sum of squares is in the range for n numbers from 0 to `highest` with this sum."""
    if not 0 <= total <= n * highest:
        return False
    least, largest = squares_range(n, total, highest)
    return least <= squares <= largest


def squares_range(n: int, total: int, highest: int) -> tuple[int, int]:
    """Smallest and largest sum of squares of n whole numbers from 0 to `highest` with this sum.

    Smallest: the numbers are as equal as possible. Largest: as many at `highest` as fit, one between,
    the rest at 0 (in any other set, moving two numbers apart by a point adds to the squares).

    Examples
    --------
    Three numbers up to 4 with sum 6: from 2, 2, 2 to 4, 2, 0.

    >>> squares_range(3, 6, 4)
    (12, 20)
    """
    if n == 0 or highest == 0:
        return 0, 0
    each, more = divmod(total, n)
    full, rest = divmod(total, highest)
    return n * each**2 + more * (2 * each + 1), full * highest**2 + rest**2


def _why_not(mean, sd, n, low, width, items) -> str:
    """Why no scores fit: the SDs that go with the mean, or that no sum gives the mean."""
    sums = whole_sums(mean, n * items, "rounded")
    inside = [t - n * low for t in sums if 0 <= t - n * low <= n * width]
    if not inside:
        return f"no {n} scores from {low / items:g} to {(low + width) / items:g} have mean {mean}"
    ends = [squares_range(n, total, width) for total in inside]
    sds = [
        sqrt(float(squares - Fraction(total**2, n)) / (n - 1)) / items
        for total, pair in zip(inside, ends, strict=True)
        for squares in pair
    ]
    return (
        f"sum {listed(sums)} prints as mean {mean}; {n} scores from {low / items:g} to "
        f"{(low + width) / items:g} then have SDs from {min(sds):.3f} to {max(sds):.3f} in steps, "
        f"none of which prints as {sd}"
    )


def _runs(scores: Sequence[float]) -> str:
    """'3 × 0, 5 × 12' for a rising list."""
    return ", ".join(f"{scores.count(x)} × {x:g}" for x in sorted(set(scores)))
