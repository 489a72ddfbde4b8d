"""The findings on facts of studies: people, arms, weeks, doses, blinding and printed P values.

No model is used: each finding counts or repeats rows of the tables, so that a claim about a trial can be
checked against them.
"""

from __future__ import annotations

from math import inf

from evidence_review.estimates.doses import doses
from evidence_review.estimates.effect import weakest
from evidence_review.records import Records, Reported
from evidence_review.records.rows import ArmsRow
from evidence_review.review.finding import Finding, Range, finding_id, slug
from evidence_review.review.review import Review, once

CONTROLS = ("placebo", "sham", "usual care")
# How many parties (people, and those who treat or assess them) were blind to the treatment.
BLINDED = {"double-blind": 2, "single-blind": 1, "open label": 0}
PRINTED_P = ("p_change", "p_difference", "p_omnibus")


@once
def trial_findings(review: Review) -> list[Finding]:
    """Facts of the studies that the article cites, and numbers of people in others, arm by arm."""
    out, records = [], review.records
    for study in records.rows("studies"):
        if study.role == "cited by the article":
            out += [
                *_people(records, study),
                *_design(records, study),
                *_doses(review, study),
                *_printed_p(records, study),
            ]
        else:
            out += _people_by_arm(records, study)
    return out


def _arms(records: Records, study) -> list[ArmsRow]:
    return [arm for arm in records.rows("arms") if arm.study_id == study.study_id]


def _people(records: Records, study) -> list[Finding]:
    for arm in ("all", *(arm.arm_id for arm in _arms(records, study))):
        people = records.people(study.study_id, arm)
        if people.found:
            return [_counted(f"{slug(study.study_id)}.people", study.label, people)]
    return []


def _people_by_arm(records: Records, study) -> list[Finding]:
    return [
        _counted(
            f"{slug(study.study_id)}.{slug(arm.arm_id)}.people",
            f"{study.label}, {arm.label}",
            people,
        )
        for arm in _arms(records, study)
        if (people := records.people(study.study_id, arm.arm_id)).found
    ]


def _counted(name: str, who: str, people: Reported) -> Finding:
    return Finding(
        id=name,
        label=f"People in {who}",
        value=people.value,
        unit="people",
        basis=people.basis,
        rows=(people.row,),
    )


def _design(records: Records, study) -> list[Finding]:
    """Numbers of arms, control arms and arms with several treatments; weeks; blinding."""
    arms = [arm for arm in _arms(records, study) if arm.role != "whole study"]
    controls = [arm.row for arm in arms if arm.role in CONTROLS]
    treated = [arm.arm_id for arm in arms if arm.role == "treatment"]
    given = records.study_rows(study.study_id, "daily_dose")
    # Two rows on one element (a compound and its element) are one treatment.
    elements = {row.substance_id: row.element for row in records.rows("substances")}
    treatments: dict[str, set[str]] = {}
    for row in given:
        treatments.setdefault(row.arm_id, set()).add(elements.get(row.outcome) or row.outcome)
    known = set(treated) <= set(treatments)
    name, rows = slug(study.study_id), tuple(arm.row for arm in arms)
    return [
        Finding(
            id=f"{name}.arms",
            label=f"Arms of {study.label}",
            value=len(arms),
            unit="arms",
            rows=rows,
        ),
        Finding(
            id=f"{name}.control_arms",
            label=f"Arms of {study.label} on placebo, sham or usual care",
            value=len(controls),
            unit="arms",
            rows=tuple(controls) or rows,
        ),
        Finding(
            id=f"{name}.combined_arms",
            label=f"Arms of {study.label} in which people got two or more treatments",
            value=sum(len(treatments[arm]) > 1 for arm in treated) if known else None,
            unit="arms",
            rows=tuple(row.row for row in given),
            note="by the daily doses of each arm"
            if known
            else "not known: there is an arm without a daily dose",
        ),
        Finding(
            id=f"{name}.weeks",
            label=f"Length of treatment in {study.label}",
            value=study.weeks,
            unit="weeks",
            basis=study.basis,
            rows=(study.row,),
            note=study.rule or study.missing_reason,
        ),
        Finding(
            id=f"{name}.blinded",
            label=f"Parties in {study.label} that did not know the treatment",
            value=BLINDED.get(study.blinding),
            unit="of 2",
            basis=study.basis,
            rows=(study.row,),
            note=f"{study.blinding}; double-blind counts as 2, single-blind as 1, open label as 0",
        ),
    ]


def _doses(review: Review, study) -> list[Finding]:
    """Each daily dose as printed, and the range of the element's dose over all readings of the label."""
    name, records = slug(study.study_id), review.records
    printed = {}
    for row in records.rows("statistics"):
        if row.study_id == study.study_id and row.statistic == "daily_dose":
            printed.setdefault((row.arm_id, row.outcome), row)
    out = [
        Finding(
            id=f"{name}.{slug(row.arm_id)}.dose_printed.{slug(row.outcome)}",
            label=f"Daily {row.outcome} in {study.label}, as printed",
            value=row.value,
            unit=row.unit,
            basis=row.basis,
            rows=(row.row,),
            note=row.note or row.missing_reason,
        )
        for row in printed.values()
    ]
    mine = [dose for dose in doses(review) if dose.study == study.label and dose.mg == dose.mg]
    if mine:
        element, amounts = mine[0].element, [dose.mg for dose in mine]
        out.append(
            Finding(
                id=f"{name}.dose.{slug(element)}",
                label=f"Daily {element} in {study.label}, over every reading of the label",
                value=None if len(set(amounts)) > 1 else amounts[0],
                span=Range(min(amounts), max(amounts)),
                unit="mg",
                rows=tuple(dose.row for dose in mine),
                basis=weakest(dose.basis for dose in mine),
                note="low if the mg are of the compound, high if of the element",
            )
        )
    return out


def _printed_p(records: Records, study) -> list[Finding]:
    """The P value that the source prints for each outcome, the last if it prints several."""
    printed = [
        row
        for row in records.rows("statistics")
        if row.study_id == study.study_id and row.statistic in PRINTED_P and row.value == row.value
    ]
    # A P without a week counts as the last.
    by_week = sorted(printed, key=lambda row: inf if row.week != row.week else row.week)
    last = {row.outcome: row.row for row in by_week}
    out = []
    for row in by_week:
        if last[row.outcome] != row.row:
            continue
        # A bound such as P < .05 is not a value.
        bounds = {"<": Range(0, row.value), ">": Range(row.value, 1)}.get(row.comparator[0])
        out.append(
            Finding(
                id=finding_id(study.study_id, row.outcome, "p_printed"),
                label=f"P as printed: {study.label}, {row.outcome}",
                value=row.value if bounds is None else None,
                bounds=bounds,
                unit="p",
                basis=row.basis,
                rows=(row.row,),
                note=f"P {row.comparator} {row.value:g}"
                + (f", week {row.week:g}" if row.week == row.week else ""),
            )
        )
    return out
