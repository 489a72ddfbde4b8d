"""Every consistency check that the printed figures of the studies allow, as one list.

Each check is applied where a study prints the statistic that it is about. Where the companions
that it needs are not printed, it says so once; where it has no power, it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose, isfinite, sqrt

from evidence_review.appraisal import consistency
from evidence_review.appraisal.consistency import as_printed, control_arm
from evidence_review.appraisal.doses import doses
from evidence_review.consistency import granularity, groups, intervals, ranks, samples, spreads
from evidence_review.consistency.printed import (
    CONSISTENT,
    INCONSISTENT,
    NOT_CHECKABLE,
    PRINTS,
    Check,
)
from evidence_review.records import Records, Reported


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
    rows: tuple[str, ...]


def every_check(records: Records) -> list[StudyCheck]:
    """All checks of a review's studies and of its reference class, in the order of the studies."""
    folders = [records, *([records.reference] if records.reference else [])]
    makers = (
        _p_and_interval,
        _p_and_groups,
        _symmetric_intervals,
        _signed_ranks,
        _omnibus,
        _whole_points,
        _quantiles,
        _percentages,
        _doses,
    )
    found = [check for folder in folders for maker in makers for check in maker(folder)]
    found += _sd_or_se(folders)
    found += _unchecked_p(folders, found)
    order = {
        study: place
        for place, study in enumerate(s for folder in folders for s in folder["studies"].study_id)
    }
    return sorted(found, key=lambda check: order[check.study_id])


def _made(records: Records, row, name: str, check: Check, *others) -> StudyCheck:
    """A check of the figure in `row`; others: rows or reported numbers that it rests on too."""
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


def _rows(records: Records, statistic: str) -> Iterator:
    """Rows of a statistic that have a number."""
    rows = records.select(statistic=statistic)
    return rows[rows.value.notna()].itertuples()


def _beside(records: Records, row, statistic: str, arm_id: str = "") -> Reported:
    """Another statistic of the same outcome, instrument and week, in the row's or another arm."""
    return records.statistic(
        row.study_id,
        arm_id or row.arm_id,
        statistic,
        outcome=row.outcome,
        instrument_id=row.instrument_id,
        week=row.week,
    )


def _or_cut_off(check, *args, **options) -> Check:
    """A check, and where figures rounded do not fit, whether figures cut off would."""
    found = check(*args, **options)
    if found.answer == INCONSISTENT:
        cut = check(*args, **options, prints=PRINTS)
        if cut.answer == CONSISTENT:
            return Check(found.answer, f"{found.arithmetic}. It would fit so: {cut.arithmetic}")
    return found


def _p_and_interval(records: Records) -> Iterator[StudyCheck]:
    """Printed p-values against printed intervals."""
    for kind in ("change", "difference"):
        for row in _rows(records, f"p_{kind}"):
            parts = consistency.interval_of(records, row, kind)
            dfs = consistency.degrees_of_freedom(records, row, kind)
            if dfs and all(part.found for part in parts):
                figures = [as_printed(part) for part in parts]
                check = _or_cut_off(
                    intervals.p_against_interval, as_printed(row), *figures, dfs=dfs
                )
                yield _made(records, row, "p against its interval", check, *parts)


def _p_and_groups(records: Records) -> Iterator[StudyCheck]:
    """Printed p-values against the means and spreads of the arms, as far as nothing was adjusted."""
    for row in _rows(records, "p_change"):
        change = _summary(records, row, row.arm_id, "change_")
        if change:
            yield _made(records, row, "p against mean change and SD", *_spread_by_p(row, change))
    for row in _rows(records, "p_difference"):
        control = control_arm(records, row.study_id)
        paired = records.study(row.study_id).design == "crossover"
        if not control or control == row.arm_id or paired:
            continue
        prefix = "change_" if row.week > 0 else ""
        arms = [_summary(records, row, arm, prefix) for arm in (row.arm_id, control)]
        if not all(arms) or _adjusted(records, row, arms):
            continue
        if row.week > 0:
            check = _spread_by_p(row, *arms)
            yield _made(records, row, "p against the arms' changes and SDs", *check)
        else:
            figures = [arm.group for arm in arms]
            check = _or_cut_off(
                groups.difference_of_means, as_printed(row), *figures, spread_is=arms[0].kind
            )
            sources = [part for arm in arms for part in arm.parts]
            yield _made(records, row, "p at baseline against means and SDs", check, *sources)


@dataclass(frozen=True)
class _Summary:
    """Mean, spread and people of an arm; kind: what the spread is, 'SD' or 'SE'."""

    parts: tuple[Reported, Reported, Reported]
    kind: str

    @property
    def group(self) -> tuple:
        mean, spread, people = self.parts
        return as_printed(mean), as_printed(spread), int(people.value)


def _summary(records: Records, row, arm_id: str, prefix: str) -> _Summary | None:
    """The scores ('') or the changes ('change_') of an arm at the row's week; None if incomplete."""
    mean = _beside(records, row, f"{prefix}mean", arm_id)
    people = records.people(row.study_id, arm_id)
    for kind in ("SD", "SE") if prefix else ("SD",):
        spread = _beside(records, row, f"{prefix}{kind.lower()}", arm_id)
        if mean.found and spread.found and people.found and people.value > 1:
            return _Summary((mean, spread, people), kind)
    return None


def _spread_by_p(row, *arms: _Summary) -> tuple:
    """The check of one arm's or two arms' spreads by the p of a row, and what it rests on."""
    check = spreads.spread_by_p(
        as_printed(row), *(arm.group for arm in arms), printed_as=arms[0].kind
    )
    return check, *(part for arm in arms for part in arm.parts)


def _adjusted(records: Records, row, arms) -> bool:
    """Whether the printed difference is another than that of the arms' means, as from a model."""
    printed = _beside(records, row, "difference")
    means = [arm.parts[0] for arm in arms]
    rounding = 0.5 * sum(10.0**-part.decimals for part in (printed, *means))
    gap = means[0].value - means[1].value
    return printed.found and abs(gap - printed.value) > rounding + 1e-9


def _symmetric_intervals(records: Records) -> Iterator[StudyCheck]:
    """Printed intervals against their estimates."""
    for point, stem in (
        ("change_mean", "change"),
        ("difference", "difference"),
        ("odds_ratio", "odds_ratio"),
    ):
        for row in _rows(records, point):
            limits = [_beside(records, row, f"{stem}_ci_{end}") for end in ("low", "high")]
            if not all(limit.found for limit in limits):
                continue
            p = _beside(records, row, f"p_{stem}")
            check = intervals.interval_symmetry(
                as_printed(row),
                *map(as_printed, limits),
                ratio=stem == "odds_ratio",
                p=as_printed(p) if p.found else None,
                dfs=(consistency.degrees_of_freedom(records, row, stem) or (None,)),
            )
            yield _made(records, row, "interval about its estimate", check, *limits, p)


def _signed_ranks(records: Records) -> Iterator[StudyCheck]:
    """The p of a change reported by medians, as that of Wilcoxon's signed-rank test."""
    for row in _rows(records, "p_change"):
        medians = _beside(records, row, "median"), _beside(records, row, "change_median")
        people = records.people(row.study_id, row.arm_id)
        if people.found and any(median.found for median in medians):
            check = _or_cut_off(ranks.signed_rank, as_printed(row), int(people.value))
            yield _made(records, row, "p as a signed-rank test", check, people)


def _omnibus(records: Records) -> Iterator[StudyCheck]:
    """The p over all arms against their means and SDs."""
    arms = records["arms"]
    for row in _rows(records, "p_omnibus"):
        own = arms[(arms.study_id == row.study_id) & (arms.role != "whole study")].arm_id
        found = [_summary(records, row, arm, "") for arm in own]
        if len(found) > 1 and all(found):
            columns = zip(*(arm.group for arm in found), strict=True)
            check = _or_cut_off(groups.one_way_anova, as_printed(row), *columns)
            sources = [part for arm in found for part in arm.parts]
            yield _made(records, row, "p over all arms against means and SDs", check, *sources)


def _scale(records: Records, instrument_id: str) -> tuple[int, int] | None:
    """Ends of an instrument that counts whole points; None for any other.

    Taken to be so where the unit is points and both ends are whole.
    """
    if not instrument_id:
        return None
    instrument = records.instrument(instrument_id)
    ends = instrument.minimum, instrument.maximum
    if instrument.unit != "points" or not all(isfinite(end) and end % 1 == 0 for end in ends):
        return None
    return int(ends[0]), int(ends[1])


def _whole_points(records: Records) -> Iterator[StudyCheck]:
    """Means, and means with SDs, against what n people with whole scores can have."""
    for prefix in ("", "change_"):
        for row in _rows(records, f"{prefix}mean"):
            if not (scale := _scale(records, row.instrument_id)):
                continue
            width = scale[1] - scale[0]
            people, sd = (
                records.people(row.study_id, row.arm_id),
                _beside(records, row, f"{prefix}sd"),
            )
            name = "mean and SD of whole points" if sd.found else "mean of whole points"
            if not people.found:
                if sd.found:
                    yield _made(records, row, name, _NO_PEOPLE, sd)
                continue
            n = int(people.value)
            if sd.found:
                ends = (-width, width) if prefix else scale
                check = _or_cut_off(
                    samples.attainable,
                    as_printed(row),
                    as_printed(sd),
                    n,
                    minimum=ends[0],
                    maximum=ends[1],
                )
            else:
                check = _or_cut_off(granularity.grim, as_printed(row), n)
                if check.answer == NOT_CHECKABLE:
                    continue
            yield _made(records, row, name, check, sd, people)


_NO_PEOPLE = Check(NOT_CHECKABLE, "the number of people is not printed")


def _quantiles(records: Records) -> Iterator[StudyCheck]:
    """Medians with quartiles: in order, on the scale, possible for whole scores."""
    for row in _rows(records, "median"):
        people = records.people(row.study_id, row.arm_id)
        quartiles = {name: _beside(records, row, name) for name in ("q1", "q3")}
        scale = _scale(records, row.instrument_id)
        if people.found and (scale or any(part.found for part in quartiles.values())):
            check = _or_cut_off(
                ranks.quantiles,
                int(people.value),
                median=as_printed(row),
                **{name: as_printed(part) for name, part in quartiles.items() if part.found},
                **({"scale": scale, "whole": True} if scale else {}),
            )
            yield _made(records, row, "median and quartiles", check, *quartiles.values(), people)


def _percentages(records: Records) -> Iterator[StudyCheck]:
    """Percentages of responders against the number of people they are of.

    Where only the number randomised is printed and no count of it fits, the percentage may be of
    fewer: that is not checkable.
    """
    for row in _rows(records, "responders_percent"):
        people = records.people(row.study_id, row.arm_id)
        if not people.found:
            yield _made(records, row, "percentage of people", _NO_PEOPLE)
            continue
        check = _or_cut_off(granularity.percentage, as_printed(row), int(people.value))
        analysed = records.statistic(row.study_id, row.arm_id, "n_analysed")
        if check.answer == INCONSISTENT and not analysed.found:
            check = Check(NOT_CHECKABLE, f"{check.arithmetic}; the number analysed is not printed")
        yield _made(records, row, "percentage of people", check, people)


def _doses(records: Records) -> Iterator[StudyCheck]:
    """The dose of a compound against that of its element, where an arm prints either."""
    if "substances" not in records.tables:
        return
    table = doses(records)
    rows = {row.row: row for row in _rows(records, "daily_dose")}
    for source, readings in table[table.element != ""].groupby("row", sort=False):
        row = rows[source]
        if len(readings) == 1:  # the element itself: nothing to read in two ways
            continue
        same = table[
            (table.study == readings.study.iloc[0])
            & (table.arm == row.arm_id)
            & (table.element == readings.element.iloc[0])
            & (table.row != source)
        ]
        text = " or ".join(
            f"{r.mg:.1f} mg {r.element} if the amount is {r.reading}" for r in readings.itertuples()
        )
        text = f"{readings.printed.iloc[0]}: {text}"
        if same.empty:
            check = Check(NOT_CHECKABLE, f"{text}; no amount of the element is printed")
        else:
            fits = [
                r.reading
                for r in readings.itertuples()
                if any(isclose(r.mg, other, rel_tol=0.02) for other in same.mg)
            ]
            printed = " and ".join(same.printed.unique())
            text += f"; printed too: {printed}" + (f", so it is {fits[0]}" if fits else "")
            check = Check(CONSISTENT if fits else INCONSISTENT, text)
        others = [rows[other] for other in same.row.unique()]
        yield _made(records, row, "dose of compound and element", check, *others)


def _sd_or_se(folders: list[Records]) -> Iterator[StudyCheck]:
    """Printed SDs of changes among those of the other studies on the same instrument."""
    known = []
    for records in folders:
        for row in _rows(records, "change_sd"):
            known.append((records, row, row.value))
        for row in _rows(records, "change_se"):
            people = records.people(row.study_id, row.arm_id)
            if people.found:
                known.append((records, row, row.value * sqrt(people.value)))
    for records, row, _ in known:
        people = records.people(row.study_id, row.arm_id)
        if row.statistic != "change_sd" or not people.found:
            continue
        others = [
            sd
            for _, other, sd in known
            if other.study_id != row.study_id and other.instrument_id == row.instrument_id
        ]
        check = spreads.sd_or_se(as_printed(row), int(people.value), others)
        yield _made(records, row, "SD among those of other studies", check, people)


def _unchecked_p(folders: list[Records], found: list[StudyCheck]) -> Iterator[StudyCheck]:
    """Printed p-values that no check could take up: what they were worked out from is missing."""
    taken = {check.rows[0] for check in found}
    for records in folders:
        for name in ("p_change", "p_difference", "p_omnibus"):
            for row in _rows(records, name):
                if row.row not in taken:
                    text = f"p {as_printed(row)}: neither its interval nor unadjusted means, SDs and numbers of people are printed"
                    yield _made(records, row, "p", Check(NOT_CHECKABLE, text))
