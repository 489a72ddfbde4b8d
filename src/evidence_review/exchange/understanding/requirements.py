"""Check that a table has what a review needs, and note oddities in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evidence_review.exchange.names import year_of
from evidence_review.exchange.understanding.arms import SINGLE_ARM
from evidence_review.exchange.understanding.parts import TIMED, Group, NotUnderstoodError
from evidence_review.exchange.understanding.reading import Reading

_CHANGES = ("change_mean", "change_median")
NOT_KNOWN = "unknown"  # the value of --fill week= if the source does not give the week


def require_names(reading: Reading, groups: Iterable[Group]) -> None:
    """Note a problem unless every group names its study and arm.

    Without a group nothing is known of arms: what is wrong with each row has been noted.
    """
    held = {one.name for one in reading.meanings.values()} | set(reading.wishes.fill)
    for name in ("study", "arm") if groups else ("study",):
        given = [group for group in groups if group.said.get(name) or name in reading.wishes.fill]
        if not given and name not in held:
            alone = ""
            if name == "arm":
                alone = f" (of studies without a control group write --fill design='{SINGLE_ARM}')"
            reading.notes.problems.append(
                (
                    0,
                    f"there is no column {name}; name it with --map {name}=COLUMN, or give its "
                    f"value with --fill {name}=VALUE{alone}; the file's columns are {', '.join(reading.table.names)}",
                )
            )
            return
        for group in groups:
            if group not in given:
                reading.notes.problems.append((group.row, f"the column {name} is empty"))


def require_weeks(reading: Reading, groups: Sequence[Group]) -> None:
    """Set the week of results to the end of treatment, if the table gives it; else note a problem."""
    for group in groups:
        if "week" not in group.said and "weeks" in group.said:
            group.said["week"] = group.said["weeks"]
            reading.notes.assumed.append("results are of the end of treatment (--fill week=VALUE)")
    not_known = [group for group in groups if group.said.get("week") == NOT_KNOWN]
    for group in not_known:
        del group.said["week"]
    if not any(_lacks_week(group) for group in groups if group not in not_known):
        return
    columns = f"the file's columns are {', '.join(reading.table.names)}"
    problems = [
        (
            0,
            "there is no column week; say how many weeks after the start the results were measured "
            f"with --map week=COLUMN or --fill week=VALUE; if the source does not say it, write "
            f"--fill week={NOT_KNOWN}; {columns}",
        )
    ]
    if undated := [one for one in groups if not one.said.get("year") and not year_of(_study(one))]:
        problems.append(
            (
                undated[0].row,
                f"{_study(undated[0])} has no year of publication; say it with --map year=COLUMN or "
                f"--fill year=VALUE, or write it after the name, as in Rao 2019",
            )
        )
    raise NotUnderstoodError(problems, asks="week")


def _study(group: Group) -> str:
    return group.said.get("study", "")


def _lacks_week(group: Group) -> bool:
    timed = (week for statistic, week in group.figures if statistic in TIMED)
    return any(not week and not group.said.get("week") for week in timed)


def require_percentages(reading: Reading, groups: Iterable[Group]) -> None:
    """Note a problem if no percentage is above 1: they are probably shares."""
    held = [
        (group.row, float(figure))
        for group in groups
        for (name, _), figure in group.figures.items()
        if name == "responders_percent" and figure.basis == "reported" and figure.value
    ]
    if len(held) > 1 and all(value <= 1 for _, value in held) and any(v for _, v in held):
        text = (
            "no percentage is above 1, so they may be shares: map the column as a share, as in "
            "--map share=COLUMN (share1 and share2 with one comparison a row), or write 45 for 45%"
        )
        reading.notes.problems.append((held[0][0], text))


def require_one_sign(reading: Reading, groups: Iterable[Group]) -> None:
    """Give changes the sign convention that their headings name, as in "Reduction in pain, drug".

    A problem where headings name several, and where a reduction is mostly below 0: it may be a change.
    """
    groups = list(groups)
    signs = {
        name: one.sign
        for name, one in reading.meanings.items()
        if name in reading.notes.used and one.name in _CHANGES
    }
    said = any("sign_convention" in group.said for group in groups)
    if said or not any(signs.values()):
        return
    say = "say how changes are signed, with --fill sign_convention=reduction, improvement or 'end minus baseline'"
    if len(set(signs.values())) > 1:
        text = f"of the columns {', '.join(signs)} some are of a reduction or improvement and some are not: {say}"
        reading.notes.problems.append((0, text))
        return
    held = [
        float(figure)
        for group in groups
        for (name, _), figure in group.figures.items()
        if name in _CHANGES and figure.value
    ]
    if 2 * sum(value < 0 for value in held) > len(held):
        text = f"most figures under {', '.join(signs)} are below 0, which a {next(iter(signs.values()))} is not: {say}"
        reading.notes.problems.append((0, text))
        return
    for group in groups:
        group.said["sign_convention"] = next(iter(signs.values()))


def doubt_shared_controls(reading: Reading, groups: Sequence[Group]) -> None:
    """Note control groups with equal figures in two studies: their people may count twice."""
    seen: dict[tuple, Group] = {}
    for group in groups:
        if group.said.get("role") == "treatment" or not group.has_result:
            continue
        key = tuple(sorted((k, one.value) for k, one in group.figures.items()))
        earlier = seen.setdefault(key, group)
        study, other = group.said.get("study", ""), earlier.said.get("study", "")
        alike = study.split(" ")[0].casefold() == other.split(" ")[0].casefold()
        means = any(name in ("mean", "change_mean") for name, _ in group.figures)
        if study != other and (alike or means):
            reading.notes.doubts.append(
                f"rows {earlier.row} and {group.row}: the control groups of {other} and {study} have "
                "the same figures. If they are the same people, they would count twice: give both "
                "rows one study name"
            )
