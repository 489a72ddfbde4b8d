"""Every consistency check that the printed figures of the studies allow, as one list.

Each check is applied where a study prints the statistic that it is about. Where the companions
that it needs are not printed, it says so once; where it has no power, it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose, sqrt

from evidence_review.checks.p_against_interval import degrees_of_freedom
from evidence_review.checks.p_values import p_checks
from evidence_review.checks.study_check import (
    NO_PEOPLE,
    SD_AMONG_OTHERS,
    SdsOfOthers,
    StudyCheck,
    as_printed,
    rounded_or_truncated,
    rows_of,
    same_result,
    study_check,
    tried,
)
from evidence_review.consistency import (
    granularity,
    intervals,
    ranks,
    samples,
    spreads,
)
from evidence_review.consistency.printed import (
    CONSISTENT,
    INCONSISTENT,
    NOT_CHECKABLE,
    Check,
)
from evidence_review.effect_measures import RATIOS
from evidence_review.estimates.doses import Dose, doses
from evidence_review.records import Records
from evidence_review.records.row_id import RowId
from evidence_review.review.review import Review, once


@once
def every_check(review: Review) -> tuple[StudyCheck, ...]:
    """All checks of a review's studies and of its reference class, study by study."""
    records = review.records
    folders = [records, records.rest_of_reference_class]
    makers = (p_checks, _intervals, _whole_points, _quantiles, _percentages)
    found = [check for folder in folders for maker in makers for check in maker(folder)]
    found += [*_doses(review), *_sd_or_se(folders)]
    studies = [
        study_id
        for folder in folders
        for study_id in (row.study_id for row in folder.rows("studies"))
    ]
    place = {study_id: i for i, study_id in enumerate(dict.fromkeys(studies))}
    return tuple(sorted(found, key=lambda check: place[check.study_id]))


def _intervals(records: Records) -> Iterator[StudyCheck]:
    """Printed intervals against their estimates."""
    for point, stem in (
        ("change_mean", "change"),
        ("difference", "difference"),
        ("estimate", "estimate"),
    ):
        for row in rows_of(records, point):
            limits = [same_result(records, row, f"{stem}_ci_{end}") for end in ("low", "high")]
            if not all(limit.found for limit in limits):
                continue
            p = same_result(records, row, "p_change" if stem == "change" else "p_difference")
            check = rounded_or_truncated(
                intervals.interval_symmetry,
                as_printed(row),
                *map(as_printed, limits),
                ratio=row.unit in RATIOS,
                p=as_printed(p) if p.found else None,
                dfs=(degrees_of_freedom(records, row, stem) or (None,)),
            )
            yield study_check(records, row, "interval about its estimate", check, *limits, p)


def _scale(records: Records, instrument_id: str) -> tuple[int, int] | None:
    """Ends of an instrument whose scores are whole; None for any other."""
    if not instrument_id:
        return None
    instrument = records.instrument(instrument_id)
    if instrument.whole_scores != "yes":
        return None
    return int(instrument.minimum), int(instrument.maximum)


def _whole_points(records: Records) -> Iterator[StudyCheck]:
    """Means, and means with SDs, against what n people with whole scores can have."""
    for prefix in ("", "change_"):
        for row in rows_of(records, f"{prefix}mean"):
            if not (scale := _scale(records, row.instrument_id)):
                continue
            people = records.people(row.study_id, row.arm_id, row.outcome)
            sd = same_result(records, row, f"{prefix}sd")
            name = "mean and SD of whole scores" if sd.found else "mean of whole scores"
            if not people.found:
                if sd.found:
                    yield study_check(records, row, name, NO_PEOPLE, sd)
                continue
            n = int(people.value)
            if sd.found:
                width = scale[1] - scale[0]
                ends = dict(
                    zip(("minimum", "maximum"), (-width, width) if prefix else scale, strict=True)
                )
                check = rounded_or_truncated(
                    samples.attainable, as_printed(row), as_printed(sd), n, **ends
                )
            else:
                check = rounded_or_truncated(granularity.grim, as_printed(row), n)
                if check.answer == NOT_CHECKABLE:
                    continue
            yield study_check(records, row, name, check, sd, people)


def _quantiles(records: Records) -> Iterator[StudyCheck]:
    """Medians with quartiles: in order, on the scale, possible for whole scores."""
    for row in rows_of(records, "median"):
        people = records.people(row.study_id, row.arm_id, row.outcome)
        quartiles = {name: same_result(records, row, name) for name in ("q1", "q3")}
        scale = _scale(records, row.instrument_id)
        if people.found and (scale or any(part.found for part in quartiles.values())):
            check = rounded_or_truncated(
                ranks.quantiles,
                int(people.value),
                median=as_printed(row),
                **{name: as_printed(part) for name, part in quartiles.items() if part.found},
                **({"scale": scale, "whole": True} if scale else {}),
            )
            yield study_check(
                records, row, "median and quartiles", check, *quartiles.values(), people
            )


def _percentages(records: Records) -> Iterator[StudyCheck]:
    """Percentages of responders against the number of people they are of.

    Where only the number randomised is printed and no count of it fits, the percentage may be of
    fewer: that is not checkable.
    """
    for row in rows_of(records, "responders_percent"):
        people = records.people(row.study_id, row.arm_id, row.outcome)
        if not people.found:
            yield study_check(records, row, "percentage of people", NO_PEOPLE)
            continue
        check = rounded_or_truncated(granularity.percentage, as_printed(row), int(people.value))
        analysed = records.statistic(row.study_id, row.arm_id, "n_analysed")
        if check.answer == INCONSISTENT and not analysed.found:
            check = Check(NOT_CHECKABLE, f"{check.arithmetic}; the number analysed is not printed")
        yield study_check(records, row, "percentage of people", check, people)


def _doses(review: Review) -> Iterator[StudyCheck]:
    """The dose of a compound against that of its element, where an arm prints either."""
    every, records = doses(review), review.records
    rows = {row.row: row for row in rows_of(records, "daily_dose")}
    by_row: dict[RowId, list[Dose]] = {}
    for dose in every:
        if dose.element:
            by_row.setdefault(dose.row, []).append(dose)
    for source, readings in by_row.items():
        row, first = rows[source], readings[0]
        if len(readings) == 1:  # the element itself: nothing to read in two ways
            continue
        same = [
            dose
            for dose in every
            if (dose.study, dose.arm, dose.element) == (first.study, row.arm_id, first.element)
            and dose.row != source
        ]
        text = " or ".join(
            f"{dose.mg:.1f} mg {dose.element} if the amount is {dose.reading}" for dose in readings
        )
        text = f"{first.printed}: {text}"
        if not same:
            check = Check(NOT_CHECKABLE, f"{text}; no amount of the element is printed")
        else:
            fits = [
                dose.reading
                for dose in readings
                if any(isclose(dose.mg, other.mg, rel_tol=0.02) for other in same)
            ]
            printed = " and ".join(dict.fromkeys(dose.printed for dose in same))
            text += f"; printed too: {printed}" + (f", so it is {fits[0]}" if fits else "")
            check = Check(CONSISTENT if fits else INCONSISTENT, text)
        others = [rows[other] for other in dict.fromkeys(dose.row for dose in same)]
        yield study_check(records, row, "dose of compound and element", check, *others)


def _sd_or_se(folders: list[Records]) -> Iterator[StudyCheck]:
    """Printed SDs of changes, and of scores after the start, among those of the other studies on the same instrument."""
    for names in (("change_sd", "change_se"), ("sd", "se")):
        yield from _among_others(folders, names)


def _among_others(folders: list[Records], names: tuple[str, str]) -> Iterator[StudyCheck]:
    """names: of the SDs and the standard errors of one kind."""
    after = lambda records, name: (row for row in rows_of(records, name) if row.week != 0)
    known = SdsOfOthers(
        (row.study_id, row.instrument_id, row.value * scale)
        for records in folders
        for name in names
        for row in after(records, name)
        if (scale := _to_sd(records, row)) is not None
    )
    for records in folders:
        for row in after(records, names[0]):
            people = records.people(row.study_id, row.arm_id, row.outcome)
            others = known.but(row.study_id, row.instrument_id)
            n = int(people.value) if people.found else None
            check = tried(spreads.sd_or_se, as_printed(row), n, others)
            yield study_check(records, row, SD_AMONG_OTHERS, check, people)


def _to_sd(records: Records, row) -> float | None:
    """What turns the printed spread into an SD: 1, or sqrt(n) for a standard error; None without n."""
    if row.statistic.endswith("sd"):
        return 1.0
    people = records.people(row.study_id, row.arm_id, row.outcome)
    return sqrt(people.value) if people.found else None
