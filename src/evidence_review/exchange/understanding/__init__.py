"""Interpret a table of another tool: groups of people with their figures, and notes for the person.

Rows of cells go in; nothing is written here. A row of a table is one comparison (means, counts or an
estimate), one arm, one statistic, or a data row of RevMan.
"""

from __future__ import annotations

from evidence_review.exchange import revman
from evidence_review.exchange.column_meanings import CONTROL, RESULTS, TREATED
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
    require_percentages,
    require_weeks,
)
from evidence_review.exchange.understanding.revman_rows import revman_groups

__all__ = ["About", "Group", "NotUnderstoodError", "Understood", "Wishes", "understand"]


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
        group.said |= wishes.fill
    notes.stop_if_problems()
    require_percentages(reading, groups)
    notes.stop_if_problems()
    require_weeks(reading, groups)
    doubt_shared_controls(reading, groups)
    used = {name: one.words for name, one in reading.meanings.items() if name in notes.used}
    unused = [name for name in table.names if name not in used and _holds(reading, name)]
    for name in [one for one in unused if one in meanings and reading.is_figure(meanings[one])]:
        unused.remove(name)
        ours = meanings[name].name
        notes.left_out.append(
            f"column {name}: its rows do not say of which arm it is (--map {ours}1=COLUMN for the treated "
            f"arm, --map {ours}2=COLUMN for the control)"
        )
    if unused:
        notes.left_out.append(
            f"{'columns' if len(unused) > 1 else 'column'} {', '.join(unused)} "
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
        return "one comparison a row", reading, both_arms(reading, reading.studies())
    if has("estimate") and not has("arm", group=0):
        return "one estimate a row", reading, list(estimates(reading, reading.studies()))
    if has(*results):
        reading = with_limits_of_changes(reading)
        return "one arm a row", reading, one_arm_a_row(reading)
    found = ", ".join(f"{name} ({one.words})" for name, one in reading.meanings.items())
    text = (
        "no results were found in it. A table has one trial a row (n1, mean1, sd1, n2, mean2, "
        "sd2; or events1, n1, events2, n2; or events1, person_time1, events2, person_time2; or estimate, "
        "ci_low, ci_high) or one arm a row "
        "(study, arm, n, mean, sd). Say which column is which with --map, as in --map "
        f"mean1=COLUMN; the file's columns are {', '.join(reading.table.names)}"
    )
    raise NotUnderstoodError([(0, text + (f"; understood: {found}" if found else ""))])


def _holds(reading: Reading, name: str) -> bool:
    """Whether leaving a column out loses data; columns that RevMan computed follow from others."""
    if reading.table.is_revman and name in revman.DATA_ROWS and name != "Footnotes":
        return False
    return any(row[name] not in ("", "0") for _, row in reading.table.rows)
