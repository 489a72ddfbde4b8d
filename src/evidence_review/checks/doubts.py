"""Figures that can be right and probably are not: what `check` asks to be looked at again.

A row whose note is filled in has been looked at. Nothing else depends on a doubt.
"""

from __future__ import annotations

from collections.abc import Iterator

from evidence_review.checks.p_values import t_of
from evidence_review.checks.study_check import SdsOfOthers, as_printed, tried
from evidence_review.consistency.groups import p_of_t
from evidence_review.consistency.printed import INCONSISTENT, PRINTS
from evidence_review.consistency.spreads import SdOrSe, sd_or_se
from evidence_review.records import Records, Violation

_SDS = ("sd", "change_sd")


def doubts(records: Records) -> list[Violation]:
    """Doubtful rows of a review's own statistics, in their order."""
    known = SdsOfOthers(
        (row.study_id, row.instrument_id, row.value)
        for part in (records.own_rows, records.reference_class)
        for row in part.rows("statistics")
        if row.statistic in _SDS and row.value == row.value
    )
    return [
        Violation(f"data/{row.row.file}", row.row.line, "value", f"{row.value:g}", message)
        for row in records.own_rows.rows("statistics")
        if row.value == row.value and row.basis == "reported" and not row.note
        for message in (*_standard_error(records, known, row), *_share(row), *_p_of_t(records, row))
    ]


def _standard_error(records: Records, known: SdsOfOthers, row) -> Iterator[str]:
    """An SD that would sit among those of other studies only if it were a standard error.

    SDs of scores and of changes are of one size on a scale, near enough for a question.
    """
    if row.statistic not in _SDS:
        return
    people = records.people(row.study_id, row.arm_id, row.outcome)
    n = int(people.value) if people.found else None
    others = known.but(row.study_id, row.instrument_id)
    found = tried(sd_or_se, as_printed(row), n, others)
    if isinstance(found, SdOrSe) and found.answer == INCONSISTENT:
        yield (
            f"small for a standard deviation (other studies: {found.low:.1f} to {found.high:.1f}): is it a "
            f"standard error? Of {people.value:g} people it would be an SD of {found.if_se:.2f}. If so, enter "
            "a change's as 'change_se' and a score's SD as 'derived' with the rule; if not, say so in 'note'"
        )


def _share(row) -> Iterator[str]:
    if row.statistic == "responders_percent" and 0 < row.value < 1:
        yield (
            f"less than one in a hundred: is it a share? As a percentage it is {100 * row.value:g}; "
            "if it is right, say so in 'note'"
        )


def _p_of_t(records: Records, row) -> Iterator[str]:
    if row.statistic not in ("p_change", "p_difference"):
        return
    if (found := t_of(records, row)) is not None:
        check = tried(p_of_t, as_printed(row), as_printed(found[0]), found[1], prints=PRINTS)
        if check.answer == INCONSISTENT:
            yield f"does not fit its t ({check.arithmetic}): is it typed as printed? If so, say so in 'note'"
