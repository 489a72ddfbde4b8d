"""The pool of the randomised trials under every other choice of trials and of computation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

from evidence_review.checks.study_check import SD_AMONG_OTHERS, StudyCheck
from evidence_review.consistency.printed import INCONSISTENT
from evidence_review.effects import contrasts
from evidence_review.effects.contrasts import PooledContrast
from evidence_review.effects.of_review import pooled_contrast
from evidence_review.effects.trials import RandomisedContrast
from evidence_review.records import Records
from evidence_review.review.settings import Settings, bounds

# Choices that the comparison with the published pool names.
PASS_CHECKS = "only trials whose figures pass every check"


IN_PUBLISHED = "only trials in the published review"


NOT_IN_PUBLISHED = "only trials not in the published review"


@dataclass(frozen=True)
class Choice:
    """The pool under another choice, in words. left_out: the one trial that it lacks, or ''."""

    name: str
    pooled: PooledContrast
    left_out: str = ""


def choices(
    records: Records, settings: Settings, outcome: str, checks: Sequence[StudyCheck]
) -> list[Choice]:
    """The pool under every other choice of trials and of computation; the first as it is.

    checks: `every_check` of the records. Trials: each left out; those without an assumption; those
    without a figure that fails a check; each group of people; those in the published review and those
    not. Computation: the range of an assumed SD; the estimator; SDs too small beside those of other
    studies read as standard errors. A choice that leaves fewer than two trials, or all of them, is passed over. Empty without a pool.
    """
    now = pooled_contrast(records, settings, outcome)
    if now is None:
        return []
    out = [Choice("as it is", now)]

    def keep(name: str, kept: Sequence[RandomisedContrast], left_out: str = "") -> None:
        if len(kept) < len(now.contrasts) and (part := contrasts.pool(records, kept, settings)):
            out.append(Choice(name, part, left_out))

    for left in now.contrasts:
        rest = [item for item in now.contrasts if item is not left]
        keep(f"without {left.label}", rest, left.label)
    keep(
        "only trials without an assumed figure",
        [item for item in now.contrasts if item.basis != "assumed"],
    )
    doubted = {check.study_id for check in checks if check.answer == INCONSISTENT}
    keep(PASS_CHECKS, [c for c in now.contrasts if c.study_id not in doubted])
    groups = records["studies"].set_index("study_id").population_group
    for group in dict.fromkeys(groups[item.study_id] for item in now.contrasts):
        keep(f"only {group}", [c for c in now.contrasts if groups[c.study_id] == group])
    in_published = records["contrasts"].set_index("study_id").in_published
    for answer, words in (
        ("yes", IN_PUBLISHED),
        ("no", NOT_IN_PUBLISHED),
    ):
        keep(words, [c for c in now.contrasts if in_published[c.study_id] == answer])
    computed = {
        f"SD of {sd:g} where none is printed": (records, {"change_sd": sd})
        for sd in bounds("change_sd", records)
    } | {
        "Paule-Mandel estimator": (records, {"tau2": "PM"}),
        "DerSimonian-Laird estimator": (records, {"tau2": "DL"}),
    }
    small = [c for c in checks if c.check == SD_AMONG_OTHERS and c.answer == INCONSISTENT]
    for label in dict.fromkeys(check.label for check in small):
        reread = _as_standard_errors(records, [check for check in small if check.label == label])
        computed[f"SDs of {label} read as standard errors"] = (reread, {})
    for name, (read, other) in computed.items():
        part = pooled_contrast(read, replace(settings, **other), outcome)
        if part is not None and part.fit != now.fit:
            out.append(Choice(name, part))
    return out


def _as_standard_errors(records: Records, checks: Sequence[StudyCheck]) -> Records:
    """The records with the SDs that these checks are about taken for standard errors of as many people."""
    rows = records["statistics"].copy()
    for printed, people in (check.rows for check in checks if len(check.rows) == 2):
        n = rows.loc[rows.row == people, "value"]
        if len(n):
            rows.loc[rows.row == printed, "value"] *= sqrt(n.iloc[0])
    return replace(records, tables=records.tables | {"statistics": rows})
