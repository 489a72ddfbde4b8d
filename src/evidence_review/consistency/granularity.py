"""Which means, SDs and percentages n people can have if answers are whole numbers.

All arithmetic is with exact fractions, so that no borderline case depends on floating point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, sqrt

from evidence_review.consistency.printed import (
    INCONSISTENT,
    NOT_CHECKABLE,
    ROUNDED,
    Check,
    Printed,
    answer,
    listed,
    require_whole,
    shortened,
)


@dataclass(frozen=True)
class Granularity(Check):
    """counts: the whole totals (of points, or of people) that give the printed figures."""

    counts: tuple[int, ...]


def whole_sums(mean: Printed, total: int, rounding: str) -> range:
    """The sums of `total` whole numbers that give this printed mean."""
    low, high = (end * total for end in mean.range(rounding))
    return range(ceil(low), floor(high) + 1)


def sums_of_squares(sd: Printed, n: int, total: int, rounding: str, *, items: int = 1) -> range:
    """Sums of squares of n whole numbers with sum `total` whose SD (n - 1) over `items` is as printed.

    They go in steps of 2: a whole number is odd exactly when its square is (Allard 2018).
    """
    low, high = (max(end, 0) * items for end in sd.range(rounding))
    start = ceil((n - 1) * low**2 + Fraction(total**2, n))
    stop = floor((n - 1) * high**2 + Fraction(total**2, n))
    return range(start + (start - total) % 2, stop + 1, 2)


def grim(mean: Printed, n: int, *, items: int = 1, prints: Sequence[str] = ROUNDED) -> Granularity:
    """GRIM: can n people with whole-number answers have this mean?

    Not checkable where the steps 1 / (n items) are finer than the last printed decimal: then every
    mean can occur.

    Parameters
    ----------
    mean : Printed
    n : int
        People, 1 or more.
    items : int
        Number of whole-number answers averaged for one person; 1 for a total score.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    Granularity
        `counts`: the totals of points that give the printed mean.

    Raises
    ------
    ValueError
        For n or items below 1.

    Notes
    -----
    A true report is never flagged, by construction, if answers are whole, none is missing and the
    mean is the plain one (not least-squares, not imputed).

    References
    ----------
    Brown and Heathers 2017, Soc Psychol Personal Sci 8:363.

    Examples
    --------
    No total of 28 whole answers has the mean 5.19: 145/28 is 5.18 and 146/28 is 5.21.

    >>> grim(Printed(5.19, 2), 28).answer
    'inconsistent'
    >>> grim(Printed(5.18, 2), 28).counts
    (145,)
    """
    total = require_whole("n", n, 1) * require_whole("items", items, 1)
    if total >= 10**mean.decimals:
        text = (
            f"{total} answers have means in steps of 1/{total}, no coarser than the printed {mean}"
        )
        return Granularity(NOT_CHECKABLE, text, ())
    for rounding in prints:
        if sums := whole_sums(mean, total, rounding):
            text = f"{_ratio(sums[0], total, mean)} prints as {mean}{shortened(rounding)}"
            return Granularity(answer(True), text, tuple(sums))
    return Granularity(answer(False), _neighbours(mean, total), ())


def grimmer(
    mean: Printed, sd: Printed, n: int, *, items: int = 1, prints: Sequence[str] = ROUNDED
) -> Granularity:
    """GRIMMER: can n people with whole-number answers have this mean and SD?

    The sum of squares must be whole, and odd exactly when the sum is. This is necessary but not
    sufficient, and ignores the ends of the scale: `samples.attainable` decides exactly.

    Parameters
    ----------
    mean, sd : Printed
        The SD is that of a sample (n - 1).
    n : int
        People, 2 or more.
    items : int
        As in `grim`.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    Granularity
        `counts`: the first total of points that fits.

    Raises
    ------
    ValueError
        For n below 2 or items below 1.

    Notes
    -----
    A true report is never flagged, by construction, under the assumptions of `grim`.

    References
    ----------
    Anaya 2016, PeerJ Preprints 4:e2400; the analytic form of Allard 2018.

    Examples
    --------
    Scores 1, 2, 3 have mean 2 and SD 1. Three whole scores with mean 2 have sum 6, so an even sum of
    squares: 14 gives SD 1 and 16 gives SD 1.41, and nothing lies between.

    >>> grimmer(Printed(2.0, 1), Printed(1.0, 1), 3).answer
    'consistent'
    >>> grimmer(Printed(2.0, 1), Printed(1.2, 1), 3).answer
    'inconsistent'
    """
    require_whole("n", n, 2)
    require_whole("items", items, 1)
    for rounding in prints:
        for total in whole_sums(mean, n * items, rounding):
            for squares in sums_of_squares(sd, n, total, rounding, items=items):
                implied = sqrt((squares - total**2 / n) / (n - 1)) / items
                text = (
                    f"sum {total} and sum of squares {squares}: mean {total / (n * items):.4g}, "
                    f"SD {implied:.{sd.decimals + 2}f}, print as {mean} and {sd}{shortened(rounding)}"
                )
                return Granularity(answer(True), text, (total,))
    sums = whole_sums(mean, n * items, "rounded")
    text = (
        f"sum {listed(sums)} prints as mean {mean}, but then no whole sum of squares, odd or even "
        f"as the sum, prints as SD {sd}"
        if sums
        else _neighbours(mean, n * items)
    )
    return Granularity(answer(False), text, ())


def debit(mean: Printed, sd: Printed, n: int, *, prints: Sequence[str] = ROUNDED) -> Granularity:
    """DEBIT: can n people who each score 0 or 1 have this mean and SD?

    The SD of a sample (n - 1) is sqrt(n / (n - 1) m (1 - m)).

    Parameters
    ----------
    mean, sd : Printed
    n : int
        People, 2 or more.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    Granularity
        `counts`: possible numbers of people who scored 1.

    Raises
    ------
    ValueError
        For n below 2.

    Notes
    -----
    A true report is never flagged, by construction: every count from 0 to n is tried.

    References
    ----------
    Heathers and Brown 2019, osf.io/5vb3u.

    Examples
    --------
    Half of 10 people: the SD is sqrt(10/9 * 0.25) = 0.527.

    >>> debit(Printed(0.5, 1), Printed(0.53, 2), 10).counts
    (5,)
    >>> debit(Printed(0.5, 1), Printed(0.50, 2), 10).answer
    'inconsistent'
    """
    require_whole("n", n, 2)
    for rounding in prints:
        spreads = {
            k: sqrt(k * (n - k) / (n * (n - 1)))
            for k in whole_sums(mean, n, rounding)
            if 0 <= k <= n
        }
        counts = tuple(k for k, spread in spreads.items() if sd.agrees(spread, spread, rounding))
        if counts:
            k = counts[0]
            text = (
                f"{_ratio(k, n, mean)} has SD {spreads[k]:.{sd.decimals + 2}f}, "
                f"print as {mean} and {sd}{shortened(rounding)}"
            )
            return Granularity(answer(True), text, counts)
    implied = sqrt(max(mean.value * (1 - mean.value), 0) * n / (n - 1))
    text = (
        f"a share of {mean} of {n} has SD about {implied:.{sd.decimals + 1}f}; "
        f"no count of {n} prints as {mean} with SD {sd}"
    )
    return Granularity(INCONSISTENT, text, ())


def percentage(percent: Printed, n: int, *, prints: Sequence[str] = ROUNDED) -> Granularity:
    """Which counts of n people give this printed percentage?

    If none does, `arithmetic` names the nearest numbers of people for which one does: the percentage
    may be of another number than n.

    Parameters
    ----------
    percent : Printed
        From 0 to 100.
    n : int
        People, 1 or more.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    Granularity
        `counts`: the counts that give the printed percentage.

    Raises
    ------
    ValueError
        For n below 1 or a percentage outside 0 to 100.

    Notes
    -----
    A true report is never flagged, by construction, if n is the number the percentage is of.

    References
    ----------
    GRIM for shares: Brown and Heathers 2017, Soc Psychol Personal Sci 8:363.

    Examples
    --------
    >>> percentage(Printed(33.3, 1), 12).counts
    (4,)
    >>> print(percentage(Printed(35, 0), 12).arithmetic)
    4/12 = 33.33% and 5/12 = 41.67%: neither prints as 35%; 6 of 17 does
    """
    require_whole("n", n, 1)
    if not 0 <= percent.value <= 100:
        raise ValueError(f"percent must lie between 0 and 100; got {percent}")
    for rounding in prints:
        if counts := _counts(percent, n, rounding):
            text = f"{_percent(counts[0], n, percent)} prints as {percent}%{shortened(rounding)}"
            return Granularity(answer(True), text, counts)
    below = floor(Fraction(str(percent)) * n / 100)
    text = (
        f"{_percent(below, n, percent)} and {_percent(below + 1, n, percent)}: "
        f"neither prints as {percent}%"
    )
    # A percentage always fits 10^(decimals + 2) people.
    others = (range(n - 1, 0, -1), range(n + 1, 10 ** (percent.decimals + 2) + 1))
    near = [next((m for m in some if _counts(percent, m, "rounded")), None) for some in others]
    fitting = " or ".join(f"{_counts(percent, m, 'rounded')[0]} of {m}" for m in near if m)
    text += f"; {fitting} does" if fitting else ""
    return Granularity(answer(False), text, ())


def _counts(percent: Printed, n: int, rounding: str) -> tuple[int, ...]:
    """The counts of n people that give this printed percentage."""
    low, high = (end * n / 100 for end in percent.range(rounding))
    return tuple(k for k in range(ceil(low), floor(high) + 1) if 0 <= k <= n)


def _percent(count: int, n: int, percent: Printed) -> str:
    return f"{count}/{n} = {100 * count / n:.{percent.decimals + 2}f}%"


def _ratio(total: int, n: int, mean: Printed) -> str:
    return f"{total}/{n} = {total / n:.{mean.decimals + 2}f}"


def _neighbours(mean: Printed, total: int) -> str:
    below = floor(Fraction(str(mean)) * total)
    return (
        f"{_ratio(below, total, mean)} and {_ratio(below + 1, total, mean)}: "
        f"neither prints as {mean}"
    )
