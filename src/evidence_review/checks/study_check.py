"""What every check of a study shares: the result, the look-ups, the two ways to shorten figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import nan
from typing import Any, TypeVar

import numpy as np

from evidence_review.consistency.printed import (
    CONSISTENT,
    INCONSISTENT,
    NOT_CHECKABLE,
    PRINTS,
    Check,
    Printed,
)
from evidence_review.records import Records, Reported
from evidence_review.records.row_id import RowId

Checked = TypeVar("Checked", bound=Check)
NO_PEOPLE = Check(NOT_CHECKABLE, "the number of people is not printed")
SD_AMONG_OTHERS = "SD among those of other studies"


@dataclass(frozen=True)
class StudyCheck:
    """One check of one printed result.

    check: what was held against what. answer: consistent, inconsistent or not checkable.
    arithmetic: the sum in words and numbers. rows: the data rows it rests on.
    """

    study_id: str
    label: str
    arm_id: str
    outcome: str
    week: float
    check: str
    answer: str
    arithmetic: str
    rows: tuple[RowId, ...]


class SdsOfOthers:
    """SDs by instrument, of which those of one study can be left out.

    known: study, instrument and SD of each.
    """

    def __init__(self, known: Iterable[tuple[str, str, float]]):
        self._sds: dict[str, list[float]] = defaultdict(list)
        self._places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for study_id, instrument_id, sd in known:
            self._places[study_id, instrument_id].append(len(self._sds[instrument_id]))
            self._sds[instrument_id].append(sd)
        # Arrays, since each is looked through once for every SD that is checked.
        self._arrays = {instrument: np.array(sds) for instrument, sds in self._sds.items()}

    def but(self, study_id: str, instrument_id: str) -> np.ndarray:
        """SDs on an instrument in all studies but one."""
        every = self._arrays.get(instrument_id, np.array([]))
        return np.delete(every, self._places.get((study_id, instrument_id), []))


def study_check(records: Records, row, name: str, check: Check, *others) -> StudyCheck:
    """The result of a check of the figure in `row`. others: more rows or reported numbers that it rests on."""
    return StudyCheck(
        row.study_id,
        records.study(row.study_id).label,
        row.arm_id,
        row.outcome,
        row.week,
        name,
        check.answer,
        check.arithmetic,
        tuple(dict.fromkeys((row.row, *(other.row for other in others if other.row)))),
    )


def rows_of(records: Records, statistic: str) -> list:
    """Rows of a statistic that a source prints as a number; as a bound only if it is a p."""
    return [
        row
        for row in records.rows("statistics")
        if row.statistic == statistic
        and row.basis == "reported"
        and row.value == row.value
        and (row.comparator == "=" or _is_p(statistic))
    ]


def same_result(records: Records, row, statistic: str, arm_id: str = "") -> Reported:
    """Another statistic of the same outcome, instrument and week, in the row's or another arm.

    Not found if it is printed as a bound, unless it is a p. A p may be entered on no scale: it is then of
    the one on which its study has the outcome.
    """
    where = {"outcome": row.outcome}
    if row.week == row.week:
        where["week"] = row.week
    scales = [row.instrument_id]
    if not row.instrument_id and _is_p(row.statistic):
        rows = records.tables.by("statistics", "study_id", "outcome")
        named = {one.instrument_id for one in rows.get((row.study_id, row.outcome), ())} - {""}
        scales += named if len(named) == 1 else []
    on = [
        records.statistic(
            row.study_id, arm_id or row.arm_id, statistic, instrument_id=scale, **where
        )
        for scale in scales
    ]
    found = next((one for one in on if one.found), on[0])
    return found if found.comparator == "=" or _is_p(statistic) else replace(found, value=nan)


def _is_p(statistic: str) -> bool:
    return statistic.startswith("p_")


def as_printed(figure) -> Printed:
    """A reported number, or a row of statistics.csv, as the figure that is printed."""
    return Printed(float(figure.value), int(figure.decimals), figure.comparator)


def tried(check: Callable[..., Checked], *args: Any, **options: Any) -> Checked | Check:
    """A check, or the reason why it cannot be done with these figures: an odds ratio of 0.00, one person."""
    try:
        return check(*args, **options)
    except ValueError as error:
        return Check(NOT_CHECKABLE, str(error))


def rounded_or_truncated(check, *args, **options) -> Check:
    """A check of figures as rounded; where they do not fit, of the same figures as truncated."""
    found = tried(check, *args, **options)
    if found.answer == INCONSISTENT:
        cut = check(*args, **options, prints=PRINTS)
        if cut.answer == CONSISTENT:
            text = f"{found.arithmetic}; it would fit with figures cut off, not rounded"
            return Check(found.answer, text)
    return found
