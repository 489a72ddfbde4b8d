"""What a route from printed figures to an effect may rest on, and what it is refused for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import TypeVar

from evidence_review.estimates.reasons import ONLY_BOUNDS, OTHER_UNITS, OTHER_WEEKS
from evidence_review.records import Reported
from evidence_review.records.row_id import RowId
from evidence_review.records.tables import NOT_EXTRACTED
from evidence_review.review.review import Review
from evidence_review.stats.figures import Recovered, rounding_interval


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


_Found = TypeVar("_Found")


def first_found(tries: Iterable[_Found | Refused]) -> _Found | Refused:
    """The first that serves; where none does, the first refusal that has a reason."""
    refused = Refused()
    for tried in tries:
        if not isinstance(tried, Refused):
            return tried
        refused = refused if refused.reason else tried
    return refused


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
