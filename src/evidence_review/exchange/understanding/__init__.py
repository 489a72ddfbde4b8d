"""Interpret a table of another tool: groups of people with their figures, and notes for the person.

Rows of cells go in; nothing is written here. A row of a table is one comparison (means, counts or an
estimate), one arm, one statistic, or a data row of RevMan.
"""

from __future__ import annotations

from collections.abc import Collection

from evidence_review.exchange import revman
from evidence_review.exchange.column_meanings import (
    COMPARISON,
    CONTROL,
    RESULTS,
    TREATED,
    Meaning,
    in_weeks,
)
from evidence_review.exchange.sheets import Grid
from evidence_review.exchange.understanding.arms import (
    one_arm_a_row,
    one_statistic_a_row,
    with_limits_of_changes,
)
from evidence_review.exchange.understanding.columns import meanings_of_columns, our_names
from evidence_review.exchange.understanding.comparisons import (
    both_arms,
    estimates,
    with_differences,
)
from evidence_review.exchange.understanding.named_rows import named_rows
from evidence_review.exchange.understanding.parts import (
    TIMED,
    About,
    Group,
    Notes,
    NotUnderstoodError,
    Understood,
    Wishes,
)
from evidence_review.exchange.understanding.reading import Reading
from evidence_review.exchange.understanding.requirements import (
    doubt_shared_controls,
    require_names,
    require_one_sign,
    require_percentages,
    require_weeks,
)
from evidence_review.exchange.understanding.revman_rows import revman_groups

__all__ = ["About", "Group", "NotUnderstoodError", "Understood", "Wishes", "understand"]

_BOTH_ARMS = "one comparison a row"  # a kind of rows


def understand(grid: Grid, about: About, wishes: Wishes) -> Understood:
    """The groups of people in a table, with notes on how it was understood.

    Raises
    ------
    NotUnderstoodError
        With every reason.
    """
    notes = Notes(how=list(grid.how), left_out=list(grid.left_out))
    table = named_rows(grid, about.vocabulary(), wishes, notes)
    meanings = meanings_of_columns(table, about, wishes, notes)
    notes.stop_if_problems()
    layout, reading, groups = _groups(Reading(about, wishes, table, meanings, notes))
    require_names(reading, groups)
    for group in groups:
        group.said |= {name: in_weeks(value, name) for name, value in wishes.fill.items()}
    notes.stop_if_problems()
    require_percentages(reading, groups)
    require_one_sign(reading, groups)
    notes.stop_if_problems()
    require_weeks(reading, groups)
    doubt_shared_controls(reading, groups)
    used = {name: one.words for name, one in reading.meanings.items() if name in notes.used}
    unused = [name for name in table.names if name not in used and _holds(reading, name)]
    if layout == _BOTH_ARMS and (beside := _estimate_in(reading, unused)):
        unused = [name for name in unused if name not in beside]
        measure = (
            next(one.measure for one in beside.values() if one.name == "estimate") or "MEASURE"
        )
        notes.left_out.append(
            f"{_columns(beside)}: the means or counts of both arms give this estimate, too. Where the trials "
            f"print it, it may be adjusted: --fill measure={measure} keeps it (a printed difference comes before "
            "means)"
        )
    for name in [one for one in unused if one in meanings and reading.is_figure(meanings[one])]:
        unused.remove(name)
        ours = meanings[name].name
        if meanings[name].group:
            notes.left_out.append(f"column {name}: it has figures in rows alone that are left out")
            continue
        notes.left_out.append(
            f"column {name}: its rows do not say of which arm it is (--map {ours}1=COLUMN for the treated "
            f"arm, --map {ours}2=COLUMN for the control)"
        )
    if unused:
        notes.left_out.append(
            f"{_columns(unused)} "
            f"(use one with --map OURS=COLUMN; OURS is {our_names(about, *unused)})"
        )
    return Understood(
        layout,
        tuple(notes.how),
        tuple(used.items()),
        tuple(dict.fromkeys(notes.assumed)),
        tuple(dict.fromkeys(notes.left_out)),
        tuple(notes.doubts),
        tuple(groups),
    )


def _groups(reading: Reading) -> tuple[str, Reading, list[Group]]:
    """The kind of the table's rows, the reading of its columns, and the groups of people."""
    reading = with_differences(reading)
    has = reading.has
    results = (*RESULTS, *TIMED, "responders_percent")
    if reading.table.is_revman:
        return "RevMan's data rows, one comparison a row", *revman_groups(reading)
    if has("statistic") and has("value"):
        return "one statistic a row", reading, one_statistic_a_row(reading)
    both = has(*results, group=TREATED) and has(*results, group=CONTROL)
    if both and not (has("arm", group=0) and has("role")):
        return _BOTH_ARMS, reading, both_arms(reading, reading.studies())
    if has("estimate") and not has("arm", group=0):
        return "one estimate a row", reading, list(estimates(reading, reading.studies()))
    if has(*results):
        reading = with_limits_of_changes(reading)
        of = {one.group for one in reading.meanings.values() if reading.is_figure(one)} - {0}
        only = 0 if has("arm", group=0) or len(of) != 1 else of.pop()
        return "one arm a row", reading, one_arm_a_row(reading, only)
    found = ", ".join(f"{name} ({one.words})" for name, one in reading.meanings.items())
    text = (
        "no results were found in it. A table has one trial a row (n1, mean1, sd1, n2, mean2, "
        "sd2; or events1, n1, events2, n2; or events1, person_time1, events2, person_time2; or estimate, "
        "ci_low, ci_high) or one arm a row "
        "(study, arm, n, mean, sd). Say which column is which with --map, as in --map "
        f"mean1=COLUMN; the file's columns are {', '.join(reading.table.names)}"
    )
    raise NotUnderstoodError([(0, text + (f"; understood: {found}" if found else ""))])


def _estimate_in(reading: Reading, names: Collection[str]) -> dict[str, Meaning]:
    """Columns of an estimate and its precision among these; none if the estimate is not among them."""
    found = {name: one for name, one in reading.meanings.items() if name in names}
    found = {name: one for name, one in found.items() if not one.group and one.name in COMPARISON}
    return found if any(one.name == "estimate" for one in found.values()) else {}


def _columns(names: Collection[str]) -> str:
    return f"{'columns' if len(names) > 1 else 'column'} {', '.join(names)}"


def _holds(reading: Reading, name: str) -> bool:
    """Whether leaving a column out loses data; columns that RevMan computed follow from others."""
    if reading.table.is_revman and name in revman.DATA_ROWS and name != "Footnotes":
        return False
    return any(row[name] not in ("", "0") for _, row in reading.table.rows)
