"""What a route from printed figures to an effect may rest on, and why one does not serve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import nan

from evidence_review.records import Reported
from evidence_review.records.row_id import RowId
from evidence_review.records.tables import NOT_EXTRACTED
from evidence_review.review.review import Review
from evidence_review.stats.figures import Recovered, rounding_interval

# Why an arm or a trial gives no effect.
NO_CHANGE = "no change printed"
MEDIANS = "medians, not means"
NO_N = "number of people not printed"
NO_SPREAD = "no SE or SD printed"
NO_SPREAD_NO_N = "no SE, SD or number of people printed"
ONLY_BOUNDS = "what it needs is printed as a bound only"
TOO_FEW = "fewer than two people"
TOO_FEW_FOR_SDS = "too few people for a difference in SDs"
NO_WIDTH = "its spread is printed as 0, or both limits of its interval are alike"
SKEWED = "the median lies too far from the middle of its quartiles or range: the values are skewed"
OTHER_WEEKS = "the arms' changes are of different weeks or scales"
OTHER_UNITS = "its figures are printed in different units"
NOT_PRINTED = "what it needs is not printed"
NOT_AT_ENDS = "the ranking does not put the two arms at its ends"
NO_RANKING = "the P is over all arms, and nothing printed ranks them"
NOT_A_P = "the omnibus P is no P"
CROSSOVER = (
    "a crossover trial: the same people are in both arms, and what ties their values is not printed "
    "(the setting crossover_r can assume it)"
)
CROSSOVER_RATIO = (
    "a crossover trial: the same people are in both arms, so that the ratio of their means needs its own "
    "standard error, as the trial prints it"
)
NO_RATIO = "a mean is 0, or the two means lie on both sides of 0: they have no ratio"
CROSSOVER_ARMS = (
    "a crossover trial with several treated arms: the same people are in all of them; contrasts.csv can "
    "name one of them only"
)
ARMS_APART = "its treated arms give no difference on one scale at one week"
CROSSOVER_P = "a crossover trial: its t or P says nothing of the SD of people"
CROSSOVER_EVENTS = (
    "a crossover trial: the same people are in both arms, and counts do not show who had the event in "
    "both; an estimate that allows for it would serve"
)
CLUSTER_P = "people were randomised in groups: its t or P says nothing of the SD of people"
OBSERVED_P = (
    "people were not allocated at random: its t or P may be adjusted for what made them differ"
)
IMPOSSIBLE_ICC = (
    "people were randomised in groups, and people of groups of that size cannot be as unlike as its "
    "intracluster correlation says"
)
CLUSTERS = (
    "people were randomised in groups, and the number of groups (n_clusters) or how alike people of "
    "one group are (icc) is not printed (the setting icc can assume the latter); an estimate that allows "
    "for it would serve, too"
)
RANK_TEST = "medians are printed: the P may be that of a test of ranks"
NO_EVENTS = "nobody in either group had it, or everybody: that says nothing of a ratio"
NO_DIRECTION = "nothing printed says which arm did better"
OTHER_MEASURE = "its result is not on the measure of this review, and cannot be turned into it"
ONLY_ODDS = (
    "a case-control study: its authors chose how many people have the outcome, so that it gives an odds "
    "ratio and no risk"
)
MORE_EVENTS = (
    "more events than people: what happens to one person several times is compared by its rate, with the "
    "time that people were followed"
)
EVENTS_NOT_PEOPLE = (
    "events are counted, not people: what happens to one person several times is compared by its rate, with the "
    "time that people were followed"
)
NO_TIME = "the time that people were followed is not printed"
OTHER_EVIDENCE = (
    "not pooled with the others: people were allocated at random in one kind of study only "
    "(the setting evidence chooses)"
)

# Reasons that say no more than that something is not printed: any other says more, and is told first.
NOTHING_MORE = (
    *(NO_CHANGE, NOT_PRINTED, MEDIANS, NO_SPREAD, NO_SPREAD_NO_N),
    EVENTS_NOT_PEOPLE,  # of a rate it matters whether the time is printed
)


@dataclass(frozen=True)
class Refused:
    """Why a route does not serve: '' where what it needs is not printed at all."""

    reason: str = ""
    rows: tuple[RowId, ...] = ()


@dataclass(frozen=True)
class PrintedResult:
    """A change or a difference as its source prints it, before any sign is turned.

    Parameters
    ----------
    estimate, low, high, p : Reported
        With its interval and its P. Not found where they are not printed; nor are an estimate and a
        limit that are printed as a bound.
    """

    estimate: Reported
    low: Reported
    high: Reported
    p: Reported

    @classmethod
    def of(cls, kind: str, get: Callable[[str], Reported]) -> PrintedResult:
        """What is printed of a 'change' or a 'difference'. get: the figure of a statistic's name."""
        point = "change_mean" if kind == "change" else kind
        names = (point, f"{kind}_ci_low", f"{kind}_ci_high")
        estimate, low, high = (
            part if part.comparator == "=" else replace(part, value=nan) for part in map(get, names)
        )
        return cls(estimate, low, high, get(f"p_{kind}"))

    @property
    def parts(self) -> tuple[Reported, Reported, Reported]:
        """The estimate and its limits."""
        return self.estimate, self.low, self.high


NOTHING_PRINTED = PrintedResult(*(NOT_EXTRACTED,) * 4)


def exact(entries: Sequence[Reported]) -> Refused | None:
    """Refused where one is not printed, or as a bound only: a bound is not a value. Else None."""
    rows = tuple(entry.row for entry in entries if entry.found)
    if not all(entry.found for entry in entries):
        return Refused()
    if any(entry.comparator != "=" for entry in entries):
        return Refused(ONLY_BOUNDS, rows)
    return None


def of_one_scale(entries: Sequence[Reported]) -> Reported | Refused:
    """The first of several figures; refused where they are not all on its scale and in its unit.

    Where a scale is named, the rules of the tables hold its figures to its unit.
    """
    rows = tuple(entry.row for entry in entries)
    if len({entry.instrument_id for entry in entries}) > 1:
        return Refused(OTHER_WEEKS, rows)
    return of_one_unit(entries) or entries[0]


def of_one_unit(entries: Sequence[Reported]) -> Refused | None:
    """Refused where figures are printed in several units. Else None."""
    several = len({entry.unit for entry in entries}) > 1
    return Refused(OTHER_UNITS, tuple(entry.row for entry in entries)) if several else None


def rounded(entry: Reported, *, whole: bool = False) -> Recovered:
    """What a printed figure stands for: half a unit of its last decimal either way.

    Examples
    --------
    >>> from evidence_review.records.tables import NOT_EXTRACTED
    >>> from dataclasses import replace
    >>> found = rounded(replace(NOT_EXTRACTED, value=6.5, decimals=1))
    >>> found.low, found.high
    (6.45, 6.55)
    """
    if whole:
        return Recovered(entry.value, entry.value, entry.value)
    return Recovered(entry.value, *rounding_interval(entry.value, entry.decimals))


def level_of(entry: Reported) -> float:
    """The confidence level of an interval, printed in per cent: 95 where none is printed."""
    return entry.value / 100 if entry.found else 0.95


def reach(name: str, value: float, review: Review) -> tuple[float, float]:
    """The range in which an assumed setting may lie, widened to its value."""
    low, high = review.bounds(name)
    return min(low, value), max(high, value)
