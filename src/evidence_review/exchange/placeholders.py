"""Assumptions of a new review that need an SD: placeholders, or by the ends of the scale, until a trial prints one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from evidence_review.exchange.raw_tables import rewrite, rows_of
from evidence_review.records import Project, Violation
from evidence_review.review.review import Review

SD_NOT_KNOWN = "not known yet: replace it by an SD that a trial prints"
RANGE_RULE = "a quarter of the scale, by the range rule"
# What proposals that rest on an SD are, in SDs.
_IN_SDS = (0.5, 1.0)
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


@dataclass(frozen=True)
class Settled:
    """The SD that took the place of proposals, and their rows before and after, by folder."""

    sd: float
    rows: Mapping[str, list[tuple[dict, dict]]]


def settle(project: Project, review: str) -> Settled | None:
    """Replace placeholders by values from the SD that the trials print; None if none is needed or printed.

    So are proposals that only the ends of the scale gave, unless somebody changed them. The SD is that of
    people within arms, of scores or of changes on the review's own scale, pooled over the arms that print
    it and their size: the root of the mean variance, weighted by n - 1.
    """
    folders = [project.data / review, project.data / str(project.reference_class(review))]
    (about,) = rows_of(folders[0] / "review.csv")
    counted = _counted_as(folders[1], about["instrument_id"])
    proposals = {
        folder / "assumptions.csv": rows_of(folder / "assumptions.csv") for folder in folders
    }
    waiting = {
        file: rows
        for file, rows in proposals.items()
        if any(_waits_for(row, counted) for row in rows)
    }
    sd = _pooled_sd(folders, about) if waiting else None
    if sd is None:
        return None
    replaced: dict[str, list[tuple[dict, dict]]] = {}
    for file, rows in waiting.items():
        for row in rows:
            if not (origin := _waits_for(row, counted)):
                continue
            before = dict(row)
            replaced.setdefault(file.parent.name, []).append((before, row))
            in_sds = {name: float(row[name]) / counted[origin] for name in ("value", "low", "high")}
            row |= {name: f"{value * sd:.3g}" for name, value in in_sds.items()}
            row["reason"] = row["reason"].replace(
                origin, f"{sd:.3g}, pooled over the arms that print one"
            )
        rewrite(file, rows)
    return Settled(sd, replaced)


def _counted_as(reference: Path, instrument: str) -> dict[str, float]:
    """What a proposal takes for an SD, by the words with which it says so."""
    counted = {SD_NOT_KNOWN: 1.0}
    for row in rows_of(reference / "instruments.csv"):
        if row["instrument_id"] == instrument and row["minimum"] and row["maximum"]:
            counted[RANGE_RULE] = (float(row["maximum"]) - float(row["minimum"])) / 4
    return counted


def _waits_for(row: Mapping[str, str], counted: Mapping[str, float]) -> str:
    """The words of a proposal that an SD replaces; '' if it has none, or is no longer as proposed."""
    for origin, sd in counted.items():
        as_proposed = origin == SD_NOT_KNOWN or row["value"] in [f"{n * sd:g}" for n in _IN_SDS]
        if origin in row["reason"] and as_proposed:
            return origin
    return ""


def _pooled_sd(folders: Sequence[Path], about: Mapping[str, str]) -> float | None:
    squares = people = 0.0
    for folder in folders:
        rows = [row for row in rows_of(folder / "statistics.csv") if row["value"]]
        sizes = {
            (row["study_id"], row["arm_id"]): float(row["value"])
            for name in reversed(_SIZES)
            for row in rows
            if row["statistic"] == name
        }
        for row in rows:
            n = sizes.get((row["study_id"], row["arm_id"]), 0.0)
            is_sd = row["statistic"] in ("sd", "change_sd") and row["comparator"] == "="
            of_scale = all(row[name] == about[name] for name in ("outcome", "instrument_id"))
            if is_sd and of_scale and n > 1:
                squares += (n - 1) * float(row["value"]) ** 2
                people += n - 1
    return sqrt(squares / people) if people else None
