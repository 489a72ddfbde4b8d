"""Two groups or more: the p of a comparison against the summaries it was made from."""

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


@dataclass(frozen=True)
class PReading:
    """A test that the p may come from: its p over everything that prints so, and if that fits."""

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

    Source: the F test from summaries; Carlisle 2017, Anaesthesia 72:944, checks baselines so. A
    true report of an unadjusted F test is never flagged, by construction: the smallest and largest
    F over everything that prints so are exact (the between-group sum of squares is convex in the
    means: largest at a corner, smallest by a convex search).
    Raises ValueError unless means, sds and ns are as many, two or more, with ns of at least 2.
    """
    if not len(means) == len(sds) == len(ns) >= 2:
        raise ValueError(
            f"give a mean, an SD and an n for each of two or more groups; got {len(means)}, "
            f"{len(sds)} and {len(ns)}"
        )
    n = np.array([require_whole("ns", size, 2) for size in ns], float)
    df = len(n) - 1, n.sum() - len(n)
    readings = []
    for how in prints:
        boxes = np.array([floats(mean, how) for mean in means])
        spreads = np.array([sd_range(sd, 1, "SD", how) for sd in sds])
        within = (n - 1) @ spreads**2 / df[1]
        between = np.array(_between_range(boxes, n)) / df[0]
        with np.errstate(divide="ignore"):
            low, high = special.fdtrc(*df, [between[1] / within[0], between[0] / within[1]])
        readings.append(_reading(f"one-way F({df[0]}, {df[1]:g})", low, high, p, how))
    return _against(p, readings)


def _between_range(boxes: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """Least and largest sum n_i (m_i - weighted mean)^2 with each m_i in its box."""
    from scipy.optimize import minimize_scalar

    spread = lambda means: float(n @ (means - n @ means / n.sum()) ** 2)
    largest = max(spread(np.array(corner)) for corner in product(*boxes))
    # About any centre the best means are the nearest in their boxes; convex in the centre.
    nearest = lambda centre: np.clip(centre, boxes[:, 0], boxes[:, 1])
    centre = minimize_scalar(
        lambda c: n @ (nearest(c) - c) ** 2,
        bounds=(boxes.min(), boxes.max()),
        method="bounded",
        options={"xatol": 1e-10},
    ).x
    return spread(nearest(centre)), largest


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

    Each group: mean, spread, n. spread_is: what the printed spreads are, 'SD' or 'SE'. Readings:
    Welch's and the pooled t test, two-sided and then one-sided in the direction of the difference.
    For baselines, where nothing is
    adjusted; after treatment an adjusted model may give another p.

    Source: the t tests from summaries, as Carlisle 2017, Anaesthesia 72:944, applies them to
    baselines. A true report of one of these tests is never flagged: every t that prints so is
    allowed, with the degrees of freedom at every corner (no false alarm in simulated reports;
    between the corners Welch's degrees of freedom matter for a p below 1e-6 only).
    Raises ValueError for n below 2.
    """
    ns = [require_whole("n", group[2], 2) for group in (group1, group2)]
    readings = []
    for how, side, test in product(prints, sides, ("Welch", "pooled")):
        means = [floats(group[0], how) for group in (group1, group2)]
        sds = [sd_range(*group[1:], spread_is, how) for group in (group1, group2)]
        low, high = _t_test_range(means, sds, ns, equal=test == "pooled")
        readings.append(_reading(f"{side} {test} t", *of_side(low, high, side), p, how))
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

    spread_is: 'SD' (of one person's change) or 'SE'.

    Source: the t test of a mean against 0. A true report of it is never flagged, by construction.
    Raises ValueError for n below 2.
    """
    require_whole("n", n, 2)
    readings = []
    for how, side in product(prints, sides):
        low, high = p_range(
            gaps=floats(mean, how),
            errors=[sd / sqrt(n) for sd in sd_range(spread, n, spread_is, how)],
            dfs=[n - 1],
        )
        readings.append(_reading(f"{side} paired t", *of_side(low, high, side), p, how))
    return _against(p, readings)


@dataclass(frozen=True)
class Paired(PAgainstGroups):
    """correlation: of the two scores, by the printed p and figures as they stand."""

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

    before, after: mean and SD. The SD of the change lies between the difference of the SDs
    (correlation 1) and their sum (-1), whatever the correlation; the p is two-sided, of a paired t.

    Source: Cochrane Handbook 6.5.2.8 (SD of a change and correlation). A true report of
    a paired t test is never flagged, by construction. Raises ValueError for n below 2.
    """
    require_whole("n", n, 2)
    readings = []
    for how in prints:
        means = [floats(group[0], how) for group in (before, after)]
        sds = [sd_range(group[1], n, "SD", how) for group in (before, after)]
        closest = max(sds[0][0] - sds[1][1], sds[1][0] - sds[0][1], 0.0)
        low, high = p_range(
            gaps=[means[0][0] - means[1][1], means[0][1] - means[1][0]],
            errors=[sd / sqrt(n) for sd in (closest, sds[0][1] + sds[1][1])],
            dfs=[n - 1],
        )
        readings.append(_reading("paired t at any correlation", low, high, p, how))
    gap, (sd1, sd2) = abs(before[0].value - after[0].value), (before[1].value, after[1].value)
    change = gap * sqrt(n) / -special.stdtrit(n - 1, p.value / 2) if 0 < p.value < 1 else np.inf
    correlation = float((sd1**2 + sd2**2 - change**2) / (2 * sd1 * sd2)) if sd1 * sd2 else np.nan
    found = _against(p, readings)
    side = {"<": "above ", ">": "below "}.get(p.comparator[0], "")
    text = f"{found.arithmetic}, which takes a correlation {side or 'of '}{correlation:.2f}"
    return Paired(found.answer, text, found.readings, correlation)


def _t_test_range(means, sds, ns, *, equal: bool) -> tuple[float, float]:
    """Smallest and largest two-sided p of a t test over these ranges of means and SDs."""
    (n1, n2), most = ns, sum(ns) - 2
    errors, dfs = [], []
    for sd1, sd2 in product(*sds):
        v1, v2 = sd1**2 / n1, sd2**2 / n2
        pooled = ((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / most
        errors.append(sqrt(pooled * (1 / n1 + 1 / n2)) if equal else sqrt(v1 + v2))
        flat = equal or v1 + v2 == 0
        dfs.append(most if flat else (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1)))
    gaps = [means[0][0] - means[1][1], means[0][1] - means[1][0]]
    return p_range(gaps=gaps, errors=errors, dfs=dfs)


def p_range(
    *, gaps: Sequence[float], errors: Sequence[float], dfs: Sequence[float]
) -> tuple[float, float]:
    """Smallest and largest two-sided p of a gap between two ends over these errors and dfs."""
    sizes = [abs(gap) for gap in gaps]
    smallest = 0.0 if min(gaps) <= 0 <= max(gaps) else min(sizes)
    p_of = lambda size, error, df: 2 * float(special.stdtr(df, -size / error if error else -np.inf))
    return (
        min(p_of(max(sizes), min(errors), df) for df in dfs),
        max(p_of(smallest, max(errors), df) for df in dfs),
    )


def floats(figure: Printed, how: str) -> list[float]:
    """Both ends of what prints so."""
    return [float(end) for end in figure.range(how)]


def sd_range(spread: Printed, n: int, spread_is: str, how: str) -> list[float]:
    """Least and largest SD that a printed 'SD' or 'SE' stands for. Raises ValueError for others."""
    if spread_is not in ("SD", "SE"):
        raise ValueError(f"a spread is 'SD' or 'SE'; got {spread_is!r}")
    return [max(end, 0.0) * (sqrt(n) if spread_is == "SE" else 1.0) for end in floats(spread, how)]


def difference_of_counts(
    p: Printed, events1: int, n1: int, events2: int, n2: int, *, prints: Sequence[str] = ROUNDED
) -> PAgainstGroups:
    """Do two groups' counts give this two-sided p?

    Readings: chi-square without and with continuity correction, Fisher's exact test.

    Source: the tests are `scipy.stats.chi2_contingency` and `fisher_exact`. A true report of one
    of them is never flagged, by construction. Raises ValueError for counts that are not whole
    numbers from 0 to n, or if nobody or everybody has the event (no test exists).
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
        "chi-square": stats.chi2_contingency(table, correction=False).pvalue,
        "chi-square with continuity correction": stats.chi2_contingency(table).pvalue,
        "Fisher exact": stats.fisher_exact(table).pvalue,
    }
    return _against(
        p, [_reading(name, v, v, p, how) for how in prints for name, v in found.items()]
    )


def _reading(name: str, low: float, high: float, p: Printed, how: str) -> PReading:
    return PReading(name + shortened(how), float(low), float(high), p.agrees(low, high, how))


def _against(p: Printed, readings: Sequence[PReading]) -> PAgainstGroups:
    """Consistent if a reading fits; the arithmetic shows that one, or the rounded ones."""
    fitting = [reading for reading in readings if reading.fits]
    plain = [reading for reading in readings if not reading.name.endswith(shortened("truncated"))]
    text = f"p {'; '.join(map(str, fitting[:1] or plain))}; printed {p}"
    return PAgainstGroups(answer(bool(fitting)), text, tuple(readings))
