"""The counts of a PRISMA flow diagram, from records found to results used, counted in the tables.

Studies start from the search log (searches.csv). A number of records that the log does not have is
None, and the diagram shows it as not recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from evidence_review.estimates.change import ALONE, arm_change, main_change, placebo_arms
from evidence_review.estimates.contrast import compared_trials, trial_contrast
from evidence_review.estimates.effect import NotUsable
from evidence_review.records.row_id import RowId
from evidence_review.review.review import Review

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Stage:
    """One box of the diagram.

    id: that of its finding. unit, name: printed after the count, as in '12 studies in the review'.
    count: None if not recorded. parts: the count split up. left_out: numbers that do not reach the next
    stage, by reason, most frequent first. rows: the data rows counted.
    """

    id: str
    name: str
    unit: str
    count: int | None
    parts: Counts = ()
    left_out: Counts = ()
    rows: tuple[RowId, ...] = ()


@dataclass(frozen=True)
class Lane:
    """One column of the diagram, first stage first."""

    title: str
    stages: tuple[Stage, ...]


_FOUND = Stage("", "found", "records", None)


def flow(review: Review) -> tuple[Lane, ...]:
    """The studies of the review, and the placebo arms to compare with, if there are any.

    The review's settings decide which arms are pooled.
    """
    if not review.records.reference_class.rows("arms"):
        return (_studies(review),)
    return _studies(review), _placebo_arms(review)


def _studies(review: Review) -> Lane:
    studies, about = review.records.rows("studies"), review.about
    reasons = {row.study_id: _why_not_used(review, row) for row in studies}
    used = [row for row in studies if not reasons[row.study_id]]
    return Lane(
        f"Studies of {about.treatment}",
        (
            _found(review),
            Stage(
                "flow.studies.included",
                "in the review",
                "studies",
                len(studies),
                parts=_counted(row.role for row in studies),
                left_out=_counted(reason for reason in reasons.values() if reason),
                rows=tuple(row.row for row in studies),
            ),
            Stage(
                "flow.studies.with_effect",
                f"with a usable result on {about.outcome}",
                "studies",
                len(used),
                rows=tuple(row.row for row in used),
            ),
        ),
    )


def _found(review: Review) -> Stage:
    """Records that the searches of searches.csv found; not recorded if one of them has no number."""
    searches = review.records.rows("searches")
    known = bool(searches) and all(row.found == row.found for row in searches)
    return Stage(
        "flow.studies.found",
        "found",
        "records",
        int(sum(row.found for row in searches)) if known else None,
        parts=(("searches in the log", len(searches)),) if searches else (),
        rows=tuple(row.row for row in searches),
    )


def _why_not_used(review: Review, study) -> str:
    """Why a study gives no effect on the review's outcome; '' if it does."""
    about = review.about
    if study.study_id == about.single_arm_study:
        change = main_change(review)
        return change.reason if isinstance(change, NotUsable) else ""
    for trial in compared_trials(review):
        if trial.study_id == study.study_id:
            found = trial_contrast(review, trial, about.outcome)
            return found.reason if isinstance(found, NotUsable) else ""
    treated = [
        row
        for row in review.records.rows("arms")
        if row.study_id == study.study_id and row.role == "treatment"
    ]
    if not treated:
        return "nobody was treated"
    change = arm_change(review, study.study_id, treated[0].arm_id, about.outcome, asked=ALONE)
    return change.reason if isinstance(change, NotUsable) else "not chosen for the comparison"


def _placebo_arms(review: Review) -> Lane:
    reference = review.records.reference_class
    trials = [row for row in reference.rows("studies") if row.role == "reference class"]
    placebo = [row for row in reference.rows("arms") if row.role in ("placebo", "sham")]
    with_placebo = {row.study_id for row in placebo}
    without = sum(row.study_id not in with_placebo for row in trials)
    pooled, rest = placebo_arms(review)
    left_out = Counter(arm.reason for arm in rest)
    left_out["not in the population or designs chosen"] = len(placebo) - len(pooled) - len(rest)
    return Lane(
        "Placebo arms to compare with",
        (
            _FOUND,
            Stage(
                "flow.placebo.trials",
                "in the reference class",
                "trials",
                len(trials),
                left_out=(("no placebo or sham arm", without),) if without else (),
                rows=tuple(row.row for row in trials),
            ),
            Stage(
                "flow.placebo.arms",
                "on placebo or sham",
                "arms",
                len(placebo),
                left_out=tuple((+left_out).most_common()),
                rows=tuple(row.row for row in placebo),
            ),
            Stage(
                "flow.placebo.pooled",
                "pooled",
                "arms",
                len(pooled),
                rows=tuple(row for arm in pooled for row in arm.rows),
            ),
        ),
    )


def _counted(words: Iterable[str]) -> Counts:
    return tuple(Counter(words).most_common())
