"""Assumptions of a new review that need an SD: placeholders in SDs, until a trial prints one."""

from __future__ import annotations

from math import sqrt

from evidence_review.exchange.raw_tables import rewrite, rows_of
from evidence_review.records import Project, Violation
from evidence_review.review.review import Review

SD_NOT_KNOWN = "not known yet: replace it by an SD that a trial prints"
_SIZES = ("n_analysed", "n", "n_randomised")


def unsettled(review: Review) -> list[Violation]:
    """Assumptions that are still placeholders, because nobody gave an SD."""
    records, reference = review.records, review.records.reference_class
    message = "a placeholder, since no SD was given: replace it, its range and its reason"
    return [
        Violation(f"data/{row.row.file}", row.row.line, "value", f"{row.value:g}", message)
        for part in (records, reference)
        for row in part.rows("assumptions")
        if SD_NOT_KNOWN in row.reason
    ]


def settle(project: Project, review: str) -> float | None:
    """Replace placeholders by values from the SD that the trials print; returns it, None if none is needed.

    It is the SD of people within arms, of scores or of changes, pooled over the arms that print it and
    their size: the root of the mean variance, weighted by n - 1.
    """
    files = [
        project.data / str(folder) / "assumptions.csv"
        for folder in (review, project.reference_class(review))
    ]
    waiting = [file for file in files if any(_waits(row) for row in rows_of(file))]
    sd = _pooled_sd(project, review) if waiting else None
    if sd is None:
        return None
    for file in waiting:
        rows = rows_of(file)
        for row in filter(_waits, rows):
            row |= {name: f"{float(row[name]) * sd:.3g}" for name in ("value", "low", "high")}
            row["reason"] = row["reason"].replace(
                SD_NOT_KNOWN, f"{sd:.3g}, pooled over the arms that print one"
            )
        rewrite(file, rows)
    return sd


def _waits(row) -> bool:
    return SD_NOT_KNOWN in row["reason"]


def _pooled_sd(project: Project, review: str) -> float | None:
    folder = project.data / review
    (about,) = rows_of(folder / "review.csv")
    rows = [row for row in rows_of(folder / "statistics.csv") if row["value"]]
    sizes = {
        (row["study_id"], row["arm_id"]): float(row["value"])
        for name in reversed(_SIZES)
        for row in rows
        if row["statistic"] == name
    }
    squares = people = 0.0
    for row in rows:
        n = sizes.get((row["study_id"], row["arm_id"]), 0.0)
        is_sd = row["statistic"] in ("sd", "change_sd") and row["comparator"] == "="
        if is_sd and row["outcome"] == about["outcome"] and n > 1:
            squares += (n - 1) * float(row["value"]) ** 2
            people += n - 1
    return sqrt(squares / people) if people else None
