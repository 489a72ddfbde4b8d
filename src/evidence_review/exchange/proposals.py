"""Assumptions that are proposed for a new review, some of them in SDs, and again once a trial prints an SD."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from evidence_review.effect_measures import OF_RISK
from evidence_review.exchange.raw_tables import rewrite, rows_of
from evidence_review.records import Project, Violation
from evidence_review.review.review import Review
from evidence_review.review.settings import IN_1000

_SIZES = ("n_analysed", "n", "n_randomised")
# Value, low, high, unit and reason.
_Proposal = tuple[float, float, float, str, str]
# Those in SDs: value, low and high in SDs, and the reason, with the origin of the SD.
_IN_SDS = {
    "important_difference": (
        *(0.5, 0.2, 1),
        "Half an SD, a convention where no cut-off is published; the SD is {}.",
    ),
    "change_sd": (1, 0.5, 1.5, "SD of one person's change where none is printed; {}."),
    "tau_prior_scale": (
        *(0.5, 0.25, 1),
        "Spread of true changes between trials: half an SD; the SD is {}.",
    ),
}
_CONVENTIONS: dict[str, _Proposal] = {
    "arm_size": (
        *(30, 10, 100, "people an arm"),
        "Used only where the number of people in an arm is not printed.",
    ),
    "pre_post_r": (
        *(0.5, 0, 0.9, "correlation"),
        "Correlation of baseline and end scores where it is not printed: a convention.",
    ),
    "vague_weight": (
        *(0.2, 0, 0.5, "share"),
        "The chance that the people of a new trial respond unlike those of any trial so far: a convention.",
    ),
    "drop_out": (
        *(0.15, 0, 0.4, "share of people"),
        "Share of people lost before the end of a planned trial: a convention.",
    ),
    "run_in": (
        *(0, 0, 0.4, "share of people"),
        "Share of people whom a placebo run-in turns away from a planned trial; 0 is no run-in.",
    ),
}
_OF_LOG_RATIOS: dict[str, _Proposal] = {
    "tau_prior_scale": (
        *(0.5, 0.25, 1, "logarithm of a ratio"),
        "Scale of the half-normal prior of the SD of true log ratios between studies: a convention, "
        "by which SDs up to about 1 are plausible.",
    ),
}
_OF_RISKS: dict[str, _Proposal] = {
    "important_difference": (
        *(10, 1, 50, IN_1000),
        "More or fewer people in 1000 that would count as important: one in a hundred, a convention.",
    ),
    "drop_out": _CONVENTIONS["drop_out"],
}


@dataclass(frozen=True)
class SD:
    """The SD between people, and its origin in words."""

    value: float
    origin: str

    @classmethod
    def given(cls, sd: float) -> SD:
        return cls(sd, "the SD given when the review was made")

    @classmethod
    def by_range_rule(cls, lowest: float, highest: float) -> SD:
        return cls((highest - lowest) / 4, "a quarter of the scale, by the range rule")

    @classmethod
    def printed(cls, sd: float) -> SD:
        """One that trials print, to three digits."""
        digits = f"{sd:.3g}"
        return cls(float(digits), f"{digits}, pooled over the arms that print one")


NOT_KNOWN = SD(1.0, "not known yet: replace it by an SD that a trial prints")


def proposed(measure: str, unit: str, sd: SD, leave_out: Collection[str] = ()) -> list[dict]:
    """Rows of assumptions.csv: a first value for every assumption, with its range and reason.

    measure: one of `settings.STATED`, or '' for differences of means, which need the SD and its unit.
    """
    if measure:
        all_ = _OF_LOG_RATIOS | (_OF_RISKS if measure in OF_RISK else {})
    else:
        all_ = _in_sds(sd, unit) | _CONVENTIONS
    return [
        {"assumption_id": name, **_cells(all_[name])}
        for name in sorted(all_)
        if name not in leave_out
    ]


def _in_sds(sd: SD, unit: str) -> dict[str, _Proposal]:
    return {
        name: (value * sd.value, low * sd.value, high * sd.value, unit, reason.format(sd.origin))
        for name, (value, low, high, reason) in _IN_SDS.items()
    }


def _cells(proposal: _Proposal) -> dict[str, str]:
    value, low, high, unit, reason = proposal
    numbers = {"value": f"{value:g}", "low": f"{low:g}", "high": f"{high:g}"}
    return {**numbers, "unit": unit, "reason": f"Proposed when the review was made. {reason}"}


def _is_as_proposed(row: Mapping[str, str], sd: SD) -> bool:
    """Whether a row of assumptions.csv is a proposal in SDs that nobody has changed."""
    same = _in_sds(sd, row["unit"]).get(row["assumption_id"])
    return same is not None and all(row[name] == cell for name, cell in _cells(same).items())


def unsettled(review: Review) -> list[Violation]:
    """Assumptions that are still as proposed without an SD."""
    records, reference = review.records, review.records.reference_class
    message = "a placeholder, since no SD was given: replace it, its range and its reason"
    return [
        Violation(f"data/{row.row.file}", row.row.line, "value", f"{row.value:g}", message)
        for part in (records, reference)
        for row in part.rows("assumptions")
        if _is_as_proposed(
            {
                **{name: f"{getattr(row, name):g}" for name in ("value", "low", "high")},
                **{name: getattr(row, name) for name in ("assumption_id", "unit", "reason")},
            },
            NOT_KNOWN,
        )
    ]


@dataclass(frozen=True)
class Settled:
    """The SD that took the place of proposals, and their rows before and after, by folder."""

    sd: float
    rows: Mapping[str, list[tuple[dict, dict]]]


def settle(project: Project, review: str) -> Settled | None:
    """Propose again, by the SD that the trials print, what rests on none or on the ends of the scale.

    None if nothing does, or none is printed; what somebody has changed stays. The SD is that of people
    within arms, of scores or of changes on the review's own scale, pooled over the arms that print it and
    their size: the root of the mean variance, weighted by n - 1.
    """
    folders = [project.data / review, project.data / str(project.reference_class(review))]
    (about,) = rows_of(folders[0] / "review.csv")
    first = [NOT_KNOWN, *_of_ends(folders[1], about["instrument_id"])]
    files = {folder / "assumptions.csv": rows_of(folder / "assumptions.csv") for folder in folders}
    waiting = {
        file: waits
        for file, rows in files.items()
        if (waits := [row for row in rows if any(_is_as_proposed(row, sd) for sd in first)])
    }
    sd = _pooled_sd(folders, about) if waiting else None
    if sd is None:
        return None
    replaced: dict[str, list[tuple[dict, dict]]] = {}
    for file, rows in waiting.items():
        for row in rows:
            before = dict(row)
            row |= _cells(_in_sds(SD.printed(sd), row["unit"])[row["assumption_id"]])
            replaced.setdefault(file.parent.name, []).append((before, row))
        rewrite(file, files[file])
    return Settled(sd, replaced)


def _of_ends(reference: Path, instrument: str) -> list[SD]:
    return [
        SD.by_range_rule(float(row["minimum"]), float(row["maximum"]))
        for row in rows_of(reference / "instruments.csv")
        if row["instrument_id"] == instrument and row["minimum"] and row["maximum"]
    ]


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
