"""Order statistics and rank tests: which printed values are possible in n people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy import special

from evidence_review.consistency.printed import (
    INCONSISTENT,
    NOT_CHECKABLE,
    ROUNDED,
    Check,
    Printed,
    answer,
    require_whole,
    shortened,
)

# With more differences every p that matters occurs, and scipy itself uses the normal approximation.
MOST_PEOPLE = 50

_METHODS = (
    "exact",
    "normal approximation",
    "normal approximation with continuity correction",
)


@dataclass(frozen=True)
class SignedRanks:
    """One way to get the printed p: n differences that are not zero, and the smaller rank sum."""

    n: int
    rank_sum: int
    p: float
    method: str


@dataclass(frozen=True)
class SignedRankCheck(Check):
    """readings: every way to get the printed p by the first method that gives it, by rising n."""

    readings: tuple[SignedRanks, ...]


def signed_rank(
    p: Printed,
    people: int,
    *,
    methods: Sequence[str] = _METHODS,
    prints: Sequence[str] = ROUNDED,
) -> SignedRankCheck:
    """Which numbers of non-zero differences and rank sums give this printed two-sided Wilcoxon p?

    Not checkable for more than 50 people, or for a bound.

    Parameters
    ----------
    p : Printed
    people : int
        The largest possible number of differences, 1 or more (the test leaves out zero differences).
    methods : sequence of str
        'exact' and the two normal approximations, tried in the order given.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    SignedRankCheck

    Raises
    ------
    ValueError
        For people below 1 or an unknown method.

    Notes
    -----
    The check assumes that no two differences have the same size. Ties give other p-values, so that
    'inconsistent' may only mean ties or another test. A true report without ties is never flagged, by
    construction.

    References
    ----------
    Wilcoxon 1945, Biometrics Bulletin 1:80.

    Examples
    --------
    Five differences in one direction have the exact p 2 / 2^5 = 0.0625.

    >>> way = signed_rank(Printed(0.0625, 4), 5).readings[0]
    >>> way.n, way.rank_sum
    (5, 0)
    """
    require_whole("people", people, 1)
    if unknown := set(methods) - set(_METHODS):
        raise ValueError(f"methods must be among {list(_METHODS)}; got {sorted(unknown)}")
    if people > MOST_PEOPLE or p.comparator != "=":
        text = f"p {p} with up to {people} people: too many rank sums fit for a check"
        return SignedRankCheck(NOT_CHECKABLE, text, ())
    for rounding in prints:
        for method in methods:
            found = tuple(
                SignedRanks(n, rank_sum, float(value), method)
                for n in range(1, people + 1)
                for rank_sum, value in enumerate(_p_values(n, method))
                if p.agrees(value, value, rounding)
            )
            if found:
                ways = "; or ".join(_in_words(way) for way in found)
                text = f"{ways}: prints as p {p}{shortened(rounding)} ({method}, no ties)"
                return SignedRankCheck(answer(True), text, found)
    text = f"no rank sum of up to {people} differences without ties prints as p {p}"
    return SignedRankCheck(INCONSISTENT, text, ())


@lru_cache(maxsize=256)  # studies of n people share them
def _p_values(n: int, method: str) -> np.ndarray:
    """Two-sided p of every smaller rank sum 0, 1, ... of n differences without ties.

    Exact: each of the 2^n ways to give signs to the ranks 1 to n is equally likely. Approximations:
    mean n (n + 1) / 4 and variance n (n + 1) (2 n + 1) / 24 (Wilcoxon 1945; Lehmann 1975, p. 128).
    """
    total = n * (n + 1) // 2
    sums = np.arange(total // 2 + 1)
    if method == "exact":
        ways = np.ones(1)
        for rank in range(1, n + 1):  # each rank is in the sum or not
            ways = np.concatenate([ways, np.zeros(rank)]) + np.concatenate([np.zeros(rank), ways])
        return np.minimum(2 * np.cumsum(ways)[sums] / 2.0**n, 1.0)
    distance = np.abs(sums - total / 2)
    if method.endswith("continuity correction"):
        distance = np.where(distance > 0, distance - 0.5, 0.0)
    spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    return 2 * special.ndtr(-distance / spread)


def _in_words(way: SignedRanks) -> str:
    if way.rank_sum == 0:
        if way.method == "exact":
            return f"{way.n} non-zero differences all in one direction (2/2^{way.n} = {way.p:.5f})"
        return f"{way.n} non-zero differences all in one direction ({way.p:.5f})"
    return f"{way.n} non-zero differences with rank sum {way.rank_sum} against ({way.p:.5f})"


def quantiles(
    n: int,
    *,
    median: Printed,
    q1: Printed | None = None,
    q3: Printed | None = None,
    minimum: Printed | None = None,
    maximum: Printed | None = None,
    scale: tuple[float, float] = (-np.inf, np.inf),
    whole: bool = False,
    prints: Sequence[str] = ROUNDED,
) -> Check:
    """Are median, quartiles and extremes in order, on the scale, and possible for whole scores?

    Parameters
    ----------
    n : int
        People, 1 or more.
    median, q1, q3, minimum, maximum : Printed or None
        The printed figures; None for one that is not printed.
    scale : tuple of float
        Lowest and highest possible score.
    whole : bool
        Whether scores are whole numbers. Then extremes are whole, the median is a multiple of 1 (n odd)
        or 1/2 (n even), and quartiles are multiples of 1/4: types 1 to 3 and hinges give halves at
        most, and types 4 to 7 interpolate at n/4, (n + 2)/4, (n + 1)/4 and (n + 3)/4, one of which has
        a remainder of a quarter for every n.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    Check

    Raises
    ------
    ValueError
        For n below 1.

    Notes
    -----
    A true report is never flagged, by construction, if its quartiles are of types 1 to 7 and, with
    `whole`, its scores are whole numbers.

    References
    ----------
    Hyndman and Fan 1996, Am Stat 50:361.

    Examples
    --------
    >>> quantiles(20, median=Printed(12.5, 1), q1=Printed(10, 0), q3=Printed(15, 0), whole=True).answer
    'consistent'
    >>> print(quantiles(21, median=Printed(12.5, 1), whole=True).arithmetic)
    median 12.5: median 12.5 of 21 whole scores is no multiple of 1/1
    """
    require_whole("n", n, 1)
    named = {"minimum": minimum, "q1": q1, "median": median, "q3": q3, "maximum": maximum}
    given = {name: figure for name, figure in named.items() if figure is not None}
    text = ", ".join(f"{name} {figure}" for name, figure in given.items())
    problems = [
        f"{first} {given[first]} is above {second} {given[second]}"
        for first, second in pairwise(given)
        if given[first].value > given[second].value
    ]
    problems += [
        f"{name} {figure} is off the scale {scale[0]:g} to {scale[1]:g}"
        for name, figure in given.items()
        if not figure.agrees(*scale)
    ]
    if whole:
        parts = {"minimum": 1, "q1": 4, "median": 2 - n % 2, "q3": 4, "maximum": 1}
        problems += [
            f"{name} {figure} of {n} whole scores is no multiple of 1/{parts[name]}"
            for name, figure in given.items()
            if not any(_has_multiple(figure, parts[name], rounding) for rounding in prints)
        ]
    passed = (
        "in order"
        + (", on the scale" if np.isfinite(scale).any() else "")
        + (", possible for whole scores" if whole else "")
    )
    return Check(answer(not problems), f"{text}: {'; '.join(problems) or passed}")


def _has_multiple(figure: Printed, parts: int, rounding: str) -> bool:
    """Whether a multiple of 1/parts would be printed as this figure."""
    low, high = (end * parts for end in figure.range(rounding))
    return -(-low // 1) <= high
