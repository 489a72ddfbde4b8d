"""Tables with one arm, or one statistic, in each row."""

from __future__ import annotations

from dataclasses import replace

from evidence_review.exchange.column_meanings import CONTROL
from evidence_review.exchange.printed_figures import UnclearError, figures
from evidence_review.exchange.understanding.parts import Group
from evidence_review.exchange.understanding.reading import Reading, role_of

SINGLE_ARM = "single arm"  # the design of a study without a control group
_OF_THE_CHANGE = {name: f"change_{name}" for name in ("ci", "ci_low", "ci_high", "ci_level")}


def with_limits_of_changes(reading: Reading) -> Reading:
    """The reading of a table of arms whose changes stand beside an interval: it is that of the change."""
    if not reading.has("change_mean"):
        return reading
    meanings = {
        column: replace(one, name=_OF_THE_CHANGE.get(one.name, one.name))
        for column, one in reading.meanings.items()
    }
    return replace(reading, meanings=meanings)


def one_arm_a_row(reading: Reading, only: int = 0) -> list[Group]:
    """The arm of each row, for studies with a result in any row.

    only: TREATED or CONTROL if the names of columns say that all figures are of this one group.
    """
    groups: list[Group] = []
    roles: dict[str, list[str]] = {}
    limits = ("ci", "ci_low", "ci_high", "ci_level") if reading.has("mean") else ()
    for number, row, said in reading.studies():
        found = reading.figures(
            number,
            row,
            lambda one: one.group in (0, only) and (reading.is_figure(one) or one.name in limits),
        )
        if only == CONTROL:
            said.setdefault("arm", reading.named_control or "control")
        if (said.get("design") or reading.wishes.fill.get("design")) == SINGLE_ARM:
            said.setdefault("arm", reading.treated)
            said.setdefault("role", "observed group")
        if "role" not in said and "role" not in reading.wishes.fill and said.get("arm"):
            said["role"] = role_of(said["arm"], reading.wishes.control)
            roles.setdefault(said["role"], []).append(said["arm"])
        group = Group(number, said, reading.statistics(number, found))
        groups.append(group)
    if roles:
        parts = [f"{', '.join(dict.fromkeys(names))} ({role})" for role, names in roles.items()]
        reading.notes.assumed.append(
            f"roles by the arms' names: {'; '.join(parts)} (--map role=COLUMN)"
        )
        names = dict.fromkeys(name for of_role in roles.values() for name in of_role)
        if unsaid := [name for name in names if not role_of(name, "")]:
            reading.notes.assumed.append(
                f"{', '.join(unsaid)} got {reading.wishes.control} "
                '(--control "usual care", or --control control where nobody says what)'
            )
    with_results = {one.said.get("study") for one in groups if _has_more_than_spread(one)}
    if not with_results:
        reading.notes.problems.append((0, "no row has a result; name its column with --map"))
    kept = []
    for group in groups:
        study, arm = group.said.get("study", ""), group.said.get("arm", "")
        if study not in with_results:
            reading.notes.left_out.append(
                f"row {group.row}: {study}, {arm}: no result in any of its rows"
            )
            continue
        if not group.has_result:
            reading.notes.left_out.append(
                f"row {group.row}: {study}, {arm}: no result, so the arm is entered without one"
            )
        kept.append(group)
    return kept


def _has_more_than_spread(group: Group) -> bool:
    """Whether an arm has a result that is not only an SD or SE, which says nothing without its mean."""
    return group.has_result and any(
        (name not in ("sd", "change_sd", "change_se", "icc") and not name.startswith("n_"))
        or name == "n_events"
        for name, _ in group.figures
        if name != "n"
    )


def one_statistic_a_row(reading: Reading) -> list[Group]:
    """Arms, each with the statistics of its rows on one outcome and week."""
    groups: dict[tuple[str, ...], Group] = {}
    names = {one.name: name for name, one in reading.meanings.items()}
    reading.notes.used |= {names["statistic"], names["value"]}
    for number, row, said in reading.studies():
        if "role" not in said and said.get("arm"):
            said["role"] = role_of(said["arm"], reading.wishes.control)
        own = {name: word for name, word in said.items() if name not in ("comparator", "text")}
        key = tuple(own.get(name, "") for name in ("study", "arm", "outcome", "week"))
        group = groups.setdefault(key, Group(number, own))
        try:
            held = figures(
                row[names["statistic"]],
                row[names["value"]],
                decimal_comma=reading.table.decimal_comma,
            )
        except UnclearError as error:
            reading.notes.problems.append((number, f"{names['value']} {error}"))
            continue
        for statistic, figure in held.items():
            comparator = said.get("comparator", figure.comparator)
            group.figures[statistic, ""] = replace(figure, comparator=comparator)
    for group in groups.values():
        group.figures = reading.statistics(group.row, group.figures)
    return list(groups.values())
