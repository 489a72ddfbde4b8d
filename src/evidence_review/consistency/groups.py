"""One, two or more groups: does a printed p follow from the printed means, SDs or counts?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import sqrt

import numpy as np
from scipy import special

from evidence_review.consistency.printed import (
    ROUNDED,
    SIDES,
    Check,
    Printed,
    answer,
    of_side,
    p_text,
    require_whole,
    shortened,
)
from evidence_review.consistency.ranges import (
    between_range,
    floats,
    p_range,
    sd_range,
    t_test_range,
)


@dataclass(frozen=True)
class PReading:
    """A test that the p may come from.

    low, high: the smallest and largest p that the printed figures allow. fits: whether the printed p
    is among them.
    """

    name: str
    low: float
    high: float
    fits: bool

    def __str__(self) -> str:
        return f"{p_text(self.low, self.high)} by {self.name}"


@dataclass(frozen=True)
class PAgainstGroups(Check):
    """readings: each test that the p may come from."""

    readings: tuple[PReading, ...]


def one_way_anova(
    p: Printed,
    means: Sequence[Printed],
    sds: Sequence[Printed],
    ns: Sequence[int],
    *,
    prints: Sequence[str] = ROUNDED,
) -> PAgainstGroups:
    """Do the groups' means, SDs and sizes give this omnibus p of a one-way analysis of variance?

    Parameters
    ----------
    p : Printed
    means, sds : sequence of Printed
        One for each group.
    ns : sequence of int
        People in each group, 2 or more.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    PAgainstGroups

    Raises
    ------
    ValueError
        Unless means, sds and ns have the same length, two or more, and every n is at least 2.

    Notes
    -----
    A true report of an unadjusted F test is never flagged, by construction: the smallest and largest
    F that the printed figures allow are exact (the between-group sum of squares is convex in the
    means: largest at a corner, smallest by a convex search).

    References
    ----------
    The F test from summaries, as Carlisle 2017, Anaesthesia 72:944, applies it to baselines.

    Examples
    --------
    Two groups of 32 with means 24 and 20 and SDs of 8: t = 2, F = t^2 = 4 and p = 0.0499.

    >>> means, sds = [Printed(24.0, 1), Printed(20.0, 1)], [Printed(8.0, 1), Printed(8.0, 1)]
    >>> one_way_anova(Printed(0.05, 2), means, sds, [32, 32]).answer
    'consistent'
    >>> one_way_anova(Printed(0.30, 2), means, sds, [32, 32]).answer
    'inconsistent'
    """
    if not len(means) == len(sds) == len(ns) >= 2:
        raise ValueError(
            f"give a mean, an SD and an n for each of two or more groups; got {len(means)}, "
            f"{len(sds)} and {len(ns)}"
        )
    n = np.array([require_whole("ns", size, 2) for size in ns], float)
    df = len(n) - 1, n.sum() - len(n)
    readings = []
    for rounding in prints:
        boxes = np.array([floats(mean, rounding) for mean in means])
        spreads = np.array([sd_range(sd, 1, "SD", rounding) for sd in sds])
        within = (n - 1) @ spreads**2 / df[1]
        between = np.array(between_range(boxes, n)) / df[0]
        with np.errstate(divide="ignore"):
            low, high = special.fdtrc(*df, [between[1] / within[0], between[0] / within[1]])
        readings.append(_reading(f"one-way F({df[0]}, {df[1]:g})", low, high, p, rounding))
    return _against(p, readings)


def difference_of_means(
    p: Printed,
    group1: tuple[Printed, Printed, int],
    group2: tuple[Printed, Printed, int],
    *,
    spread_is: str = "SD",
    sides: Sequence[str] = SIDES,
    prints: Sequence[str] = ROUNDED,
) -> PAgainstGroups:
    """Do two groups' means, spreads and sizes give this p of their difference?

    Readings: Welch's and the pooled t test, two-sided and then one-sided in the direction of the
    difference. The check is meant for baselines, where nothing is adjusted; after treatment an adjusted
    model may give another p.

    Parameters
    ----------
    p : Printed
    group1, group2 : tuple of Printed, Printed and int
        Mean, spread and n (2 or more) of a group.
    spread_is : str
        What the printed spreads are, 'SD' or 'SE'.
    sides : sequence of str
        Of the p, among `SIDES`.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    PAgainstGroups

    Raises
    ------
    ValueError
        For n below 2, or an unknown `spread_is`.

    Notes
    -----
    A true report of one of these tests is never flagged: every t that the printed figures allow counts,
    with the degrees of freedom at every corner (no false alarm in simulated reports; between the
    corners Welch's degrees of freedom matter only for a p below 1e-6).

    References
    ----------
    The t tests from summaries, as Carlisle 2017, Anaesthesia 72:944, applies them to baselines.

    Examples
    --------
    A difference of 4 with SDs of 8 and 32 people in each group: t = 4 / (8 sqrt(2/32)) = 2 with 62
    degrees of freedom, p = 0.0499.

    >>> high, low = (Printed(24.0, 1), Printed(8.0, 1), 32), (Printed(20.0, 1), Printed(8.0, 1), 32)
    >>> difference_of_means(Printed(0.05, 2), high, low).answer
    'consistent'
    >>> difference_of_means(Printed(0.30, 2), high, low).answer
    'inconsistent'
    """
    ns = [require_whole("n", group[2], 2) for group in (group1, group2)]
    readings = []
    for rounding, side, test in product(prints, sides, ("Welch", "pooled")):
        means = [floats(group[0], rounding) for group in (group1, group2)]
        sds = [sd_range(*group[1:], spread_is, rounding) for group in (group1, group2)]
        low, high = t_test_range(means, sds, ns, equal=test == "pooled")
        readings.append(_reading(f"{side} {test} t", *of_side(low, high, side), p, rounding))
    return _against(p, readings)


def change_of_mean(
    p: Printed,
    mean: Printed,
    spread: Printed,
    n: int,
    *,
    spread_is: str = "SD",
    sides: Sequence[str] = SIDES,
    prints: Sequence[str] = ROUNDED,
) -> PAgainstGroups:
    """Do a mean change and its spread in n people give this p of a paired t test?

    Parameters
    ----------
    p, mean, spread : Printed
    n : int
        People, 2 or more.
    spread_is : str
        'SD' (of one person's change) or 'SE'.
    sides : sequence of str
        Of the p, among `SIDES`.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    PAgainstGroups

    Raises
    ------
    ValueError
        For n below 2, or an unknown `spread_is`.

    Notes
    -----
    The test is the t test of a mean against 0. A true report of it is never flagged, by construction.

    Examples
    --------
    A change of -6 with SD 9 in 9 people: t = -2 with 8 degrees of freedom, p = 0.081.

    >>> change_of_mean(Printed(0.08, 2), Printed(-6.0, 1), Printed(9.0, 1), 9).answer
    'consistent'
    >>> change_of_mean(Printed(0.01, 2), Printed(-6.0, 1), Printed(9.0, 1), 9).answer
    'inconsistent'
    """
    require_whole("n", n, 2)
    readings = []
    for rounding, side in product(prints, sides):
        low, high = p_range(
            gaps=floats(mean, rounding),
            errors=[sd / sqrt(n) for sd in sd_range(spread, n, spread_is, rounding)],
            dfs=[n - 1],
        )
        readings.append(_reading(f"{side} paired t", *of_side(low, high, side), p, rounding))
    return _against(p, readings)


@dataclass(frozen=True)
class Paired(PAgainstGroups):
    """correlation: that of the two scores which gives the printed p, taking the figures as exact."""

    correlation: float


def change_between_scores(
    p: Printed,
    before: tuple[Printed, Printed],
    after: tuple[Printed, Printed],
    n: int,
    *,
    prints: Sequence[str] = ROUNDED,
) -> Paired:
    """Is there a correlation at which means and SDs of n people before and after give this p?

    The SD of the change lies between the difference of the SDs (correlation 1) and their sum (-1),
    whatever the correlation. The p is two-sided, of a paired t test.

    Parameters
    ----------
    p : Printed
    before, after : tuple of Printed and Printed
        Mean and SD.
    n : int
        People, 2 or more.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    Paired
        `correlation`: the one that the printed figures need.

    Raises
    ------
    ValueError
        For n below 2.

    Notes
    -----
    A true report of a paired t test is never flagged, by construction.

    References
    ----------
    Cochrane Handbook 6.5.2.8 (SD of a change and correlation).

    Examples
    --------
    SDs of 6 and 6: a change of 3 in 16 people has t = 2 if its SD is 6, which needs a correlation of
    0.5; with 15 degrees of freedom the p is 0.0639.

    >>> scores = (Printed(25.0, 1), Printed(6.0, 1)), (Printed(22.0, 1), Printed(6.0, 1))
    >>> round(change_between_scores(Printed(0.0639, 4), *scores, 16).correlation, 2)
    0.5
    """
    require_whole("n", n, 2)
    readings = []
    for rounding in prints:
        means = [floats(group[0], rounding) for group in (before, after)]
        sds = [sd_range(group[1], n, "SD", rounding) for group in (before, after)]
        closest = max(sds[0][0] - sds[1][1], sds[1][0] - sds[0][1], 0.0)
        low, high = p_range(
            gaps=[means[0][0] - means[1][1], means[0][1] - means[1][0]],
            errors=[sd / sqrt(n) for sd in (closest, sds[0][1] + sds[1][1])],
            dfs=[n - 1],
        )
        readings.append(_reading("paired t at any correlation", low, high, p, rounding))
    gap, (sd1, sd2) = abs(before[0].value - after[0].value), (before[1].value, after[1].value)
    change = gap * sqrt(n) / -special.stdtrit(n - 1, p.value / 2) if 0 < p.value < 1 else np.inf
    correlation = float((sd1**2 + sd2**2 - change**2) / (2 * sd1 * sd2)) if sd1 * sd2 else np.nan
    found = _against(p, readings)
    side = {"<": "above ", ">": "below "}.get(p.comparator[0], "")
    text = f"{found.arithmetic}, which needs a correlation {side or 'of '}{correlation:.2f}"
    return Paired(found.answer, text, found.readings, correlation)


def difference_of_counts(
    p: Printed, events1: int, n1: int, events2: int, n2: int, *, prints: Sequence[str] = ROUNDED
) -> PAgainstGroups:
    """Do two groups' counts give this two-sided p?

    Readings: chi-square without and with continuity correction, Fisher's exact test.

    Parameters
    ----------
    p : Printed
    events1, n1, events2, n2 : int
        People with the event and all people, for each group.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    PAgainstGroups

    Raises
    ------
    ValueError
        For counts that are not whole numbers from 0 to n, or if nobody or everybody has the event
        (there is no test of that).

    Notes
    -----
    The tests are `scipy.stats.chi2_contingency` and `fisher_exact`. A true report of one of them is
    never flagged, by construction.

    Examples
    --------
    Fisher's tea: 3 of 4 cups against 1 of 4 has p = 34/70 = 0.486.

    >>> str(difference_of_counts(Printed(0.486, 3), 3, 4, 1, 4).readings[2])
    '0.4857 by Fisher exact'
    """
    from scipy import stats

    for events, n in ((events1, n1), (events2, n2)):
        require_whole("n", n, 1)
        if require_whole("events", events, 0) > n:
            raise ValueError(f"events must not exceed n; got {events} of {n}")
    table = np.array([[events1, n1 - events1], [events2, n2 - events2]])
    if not table.sum(axis=0).all():
        raise ValueError("nobody, or everybody, has the event: there is no test of that")
    found = {
        "chi-square": np.asarray(stats.chi2_contingency(table, correction=False)[1]).item(),
        "chi-square with continuity correction": np.asarray(
            stats.chi2_contingency(table)[1]
        ).item(),
        "Fisher exact": np.asarray(stats.fisher_exact(table)[1]).item(),
    }
    return _against(
        p, [_reading(name, v, v, p, rounding) for rounding in prints for name, v in found.items()]
    )


def p_of_t(
    p: Printed,
    t: Printed,
    dfs: Sequence[float],
    *,
    sides: Sequence[str] = SIDES,
    prints: Sequence[str] = ROUNDED,
) -> PAgainstGroups:
    """Does a printed t give this p?

    Parameters
    ----------
    p, t : Printed
    dfs : sequence of float
        Degrees of freedom, above 0; infinite for a normal test. With several, the p may lie anywhere between
        the values that they give.
    sides : sequence of str
        Of the p, among `SIDES`.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    PAgainstGroups

    Raises
    ------
    ValueError
        For degrees of freedom that are not above 0.

    Notes
    -----
    A true report of a t test with such degrees of freedom is never flagged, by construction, unless a
    one-sided test asks about the other direction than that of its estimate.

    Examples
    --------
    The two-sided 5% point of t with 10 df is 2.228.

    >>> p_of_t(Printed(0.05, 2), Printed(2.23, 2), [10]).answer
    'consistent'
    >>> print(p_of_t(Printed(0.01, 2), Printed(2.23, 2), [10]).arithmetic)
    p 0.0494 to 0.0502 by two-sided t test; 0.0247 to 0.0251 by one-sided t test; printed 0.01
    """
    if not all(df > 0 for df in dfs):
        raise ValueError("a t test needs degrees of freedom above 0")
    found = []
    for rounding, side in product(prints, sides):
        ends = p_range(gaps=floats(t, rounding), errors=[1.0], dfs=dfs)
        found.append(_reading(f"{side} t test", *of_side(*ends, side), p, rounding))
    return _against(p, found)


def _reading(name: str, low: float, high: float, p: Printed, rounding: str) -> PReading:
    return PReading(
        name + shortened(rounding), float(low), float(high), p.agrees(low, high, rounding)
    )


def _against(p: Printed, readings: Sequence[PReading]) -> PAgainstGroups:
    """Consistent if a reading fits; `arithmetic` shows that reading, or else all with rounded figures."""
    fitting = [reading for reading in readings if reading.fits]
    plain = [reading for reading in readings if not reading.name.endswith(shortened("truncated"))]
    text = f"p {'; '.join(map(str, fitting[:1] or plain))}; printed {p}"
    return PAgainstGroups(answer(bool(fitting)), text, tuple(readings))
