"""Do the printed p-values agree with the printed intervals? A misprint is the first guess.

Each check answers consistent, inconsistent or not checkable, and shows its arithmetic. All other
checks of the records: `checks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import nan

from evidence_review.checks.study_check import as_printed, same_result
from evidence_review.consistency import intervals
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.route import PrintedResult
from evidence_review.records import Records, Reported
from evidence_review.records.row_id import RowId
from evidence_review.records.rows import StatisticsRow
from evidence_review.review.review import Review, once


@dataclass(frozen=True)
class PCheck:
    """A printed p beside the p that the printed estimate and interval imply.

    implied, implied_low, implied_high: the two-sided p by arithmetic and its range over everything
    that prints as these figures; nan if not checkable. comment: the test statistic and, where the
    interval is not symmetric, which misprint of a limit would explain it; or what is missing.
    """

    study_id: str
    label: str
    arm_id: str
    outcome: str
    estimate: float
    ci_low: float
    ci_high: float
    comparator: str
    printed: float
    implied: float
    implied_low: float
    implied_high: float
    answer: str
    comment: str
    rows: tuple[RowId, ...]


@once
def p_against_interval(review: Review) -> list[PCheck]:
    """Every printed p of a change or a difference, against its estimate and interval.

    Those of the review's own studies first, then those of its reference class.

    Changes within an arm of n people use t with n - 1 degrees of freedom. For differences the
    degrees of freedom depend on a model that is not printed: everything from normal to t with
    n1 + n2 - 2 (against the placebo arm, where both sizes are known) is allowed. A p is
    consistent when some figures that round to the printed ones give it.
    """
    return [
        _check(
            row,
            records.study(row.study_id).label,
            row,
            interval_of(records, row, kind),
            degrees_of_freedom(records, row, kind),
        )
        for records in (review.records, review.records.rest_of_reference_class)
        for kind in ("change", "difference")
        for row in records.select(statistic=f"p_{kind}")
    ]


def disagreement(change: SingleArmChange) -> PCheck | None:
    """The check of a change's own P and interval, where the two do not agree; else None."""
    printed = change.printed
    found = _check(
        change,
        change.label,
        printed.p,
        printed.parts,
        (change.df,) if change.n == change.n else (),
    )
    return found if found.answer == INCONSISTENT else None


def interval_of(records: Records, row, kind: str) -> tuple[Reported, Reported, Reported]:
    """Estimate, lower and upper limit of the 'change' or 'difference' to which a row belongs."""
    return PrintedResult.of(kind, partial(same_result, records, row)).parts


def degrees_of_freedom(records: Records, row, kind: str) -> tuple[float | None, ...]:
    """Degrees of freedom that the p of a change or difference may have; () if they are not known."""
    people = records.people(row.study_id, row.arm_id, row.outcome)
    if kind == "change":
        return (people.value - 1,) if people.found else ()
    arm = control_arm(records, row.study_id)
    other = records.people(row.study_id, arm, row.outcome) if arm else None
    if other is None or not (people.found and other.found):
        return (None,)
    return (None, people.value + other.value - 2)


def control_arm(records: Records, study_id: str) -> str:
    """The arm that a study is compared with, else its placebo or sham arm; '' unless there is exactly one."""
    compared = records.rows("contrasts") if "contrasts" in records.tables else ()
    controls = {row.control_arm for row in compared if row.study_id == study_id}
    if len(controls) == 1:
        return controls.pop()
    found = [
        arm.arm_id
        for arm in records.rows("arms")
        if arm.study_id == study_id and arm.role in ("placebo", "sham")
    ]
    return found[0] if len(found) == 1 else ""


def _check(
    about: StatisticsRow | SingleArmChange,
    label: str,
    printed_p: StatisticsRow | Reported,
    parts: tuple[Reported, Reported, Reported],
    dfs: tuple[float | None, ...],
) -> PCheck:
    """A printed P against an estimate and its limits. about, label: whose they are."""
    estimate, low, high = parts
    value, least, most, answer = nan, nan, nan, NOT_CHECKABLE
    named = zip(("P", "estimate", "lower limit", "upper limit"), (printed_p, *parts), strict=True)
    missing = [name for name, part in named if part.value != part.value]
    if missing:
        comment = "not printed: " + ", ".join(missing)
    elif not dfs:
        comment = "number of people not printed"
    elif low.value >= high.value or (dfs[0] is not None and dfs[0] <= 0):
        comment = "both limits are alike, or there are fewer than two people"
    else:
        figures, p = [as_printed(part) for part in parts], as_printed(printed_p)
        found = intervals.p_against_interval(p, *figures, dfs=dfs)
        symmetry = intervals.interval_symmetry(*figures, p=p, dfs=dfs)
        value, least, most = found.implied.value, found.implied.low, found.implied.high
        answer, comment = found.answer, f"t = {found.statistic:.2f}"
        if symmetry.answer != CONSISTENT:
            comment += f"; {symmetry.arithmetic}"
        if found.reading.startswith("one-sided"):
            comment += "; it fits as a one-sided p"
    return PCheck(
        study_id=about.study_id,
        label=label,
        arm_id=about.arm_id,
        outcome=about.outcome,
        estimate=estimate.value,
        ci_low=low.value,
        ci_high=high.value,
        comparator=printed_p.comparator,
        printed=printed_p.value,
        implied=value,
        implied_low=least,
        implied_high=most,
        answer=answer,
        comment=comment,
        rows=(printed_p.row, *(part.row for part in parts if part.found)),
    )


def checkable(review: Review) -> list[PCheck]:
    """Those of `p_against_interval` that could be checked."""
    return [check for check in p_against_interval(review) if check.answer != NOT_CHECKABLE]
