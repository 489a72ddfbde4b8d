"""The findings of a report on effects and printed P values: what its notebooks state.

Each function takes records and resolved settings and returns findings; notebooks publish them,
sweeps evaluate them. Nothing here draws or writes.
"""

from __future__ import annotations

from scipy import special

from evidence_review.checks.p_against_interval import p_against_interval
from evidence_review.checks.study_check import StudyCheck
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from evidence_review.effects import contrasts
from evidence_review.effects.of_review import randomised_contrasts, single_arm_changes
from evidence_review.effects.trials import (
    RandomisedContrast,
    SingleArmChange,
)
from evidence_review.records import Records
from evidence_review.review.finding import Finding, finding_id, slug
from evidence_review.review.settings import Settings
from evidence_review.stats import recover


def effect_findings(records: Records, settings: Settings) -> list[Finding]:
    """Changes of the uncontrolled study and contrasts of the randomised ones, each on its own."""
    out = []
    odd = {
        (check.study_id, check.outcome): check.comment
        for check in p_against_interval(records)
        if check.answer == "inconsistent"
    }
    for change in single_arm_changes(records, settings):
        out += change_findings(
            records, settings, change, odd.get((change.study_id, change.outcome), "")
        )
    for contrast in randomised_contrasts(records, settings):
        out += contrast_findings(contrast)
    return out


def change_findings(
    records: Records, settings: Settings, change: SingleArmChange, doubt: str = ""
) -> list[Finding]:
    """One change of the uncontrolled study. doubt: why its printed interval and P do not agree."""
    caution = f"; the printed interval and P do not agree: {doubt}" if doubt else ""
    half = change.se * float(special.stdtrit(change.df, (1 + settings.level) / 2))
    about = f"{change.label}, {change.outcome}"
    name = lambda quantity: finding_id(change.study_id, change.outcome, quantity)
    shared = {"basis": "derived", "rows": change.rows}
    out = [
        Finding(
            id=name("change"),
            label=f"Change since baseline: {about}",
            value=change.mean,
            low=change.mean - half,
            high=change.mean + half,
            level=settings.level,
            unit=change.unit,
            note="uncontrolled; improvement is negative; interval by t from the printed one"
            + caution,
            **shared,
        ),
        Finding(
            id=name("change_se"),
            label=f"Its standard error: {about}",
            value=change.se,
            unit=change.unit,
            **shared,
        ),
        Finding(
            id=name("change_sd"),
            label=f"SD of one person's change: {about}",
            value=change.sd,
            unit=change.unit,
            **shared,
        ),
        Finding(
            id=name("p"),
            label=f"p by arithmetic: {about}",
            value=float(recover.two_sided_p(change.mean, change.se, df=change.df)),
            unit="p",
            **shared,
        ),
    ]
    if change.outcome == records.review.outcome:
        out.append(
            Finding(
                id=name("people"),
                label=f"People: {about}",
                value=change.n,
                unit="people",
                basis="reported",
                rows=change.rows[-1:],
            )
        )
    return out


def contrast_findings(contrast: RandomisedContrast) -> list[Finding]:
    """One contrast, of a trial or of several pooled: in SDs, and in points where they are known."""
    about = f"{contrast.label}, {contrast.outcome}"
    known = contrasts.is_known(contrast)
    shared = {
        "unit": "SD",
        "basis": contrast.basis,
        "rows": contrast.rows,
        "note": contrast.how,
    }
    name = lambda quantity: finding_id(contrast.study_id, contrast.outcome, quantity)
    out = [
        Finding(
            id=name("smd"),
            label=f"Difference from placebo: {about}",
            value=contrast.d_low if known else None,
            low=contrast.ci_low if known else contrast.d_low,
            high=contrast.ci_high if known else contrast.d_high,
            level=contrast.level if known else None,
            **shared,
        ),
    ]
    if not known:
        out.append(
            Finding(
                id=name("smd_with_error"),
                label=f"The same with sampling error: {about}",
                value=None,
                low=contrast.ci_low,
                high=contrast.ci_high,
                level=contrast.level,
                **shared,
            )
        )
    if contrast.md is not None:
        out.append(
            Finding(
                id=name("md"),
                label=f"Difference from placebo in points: {about}",
                value=contrast.md,
                low=contrast.md_low,
                high=contrast.md_high,
                level=contrast.level,
                **(shared | {"unit": "points"}),
            )
        )
    return out


def check_findings(checks: list[StudyCheck]) -> list[Finding]:
    """How many consistency checks came out how, and the rows behind those that did not fit."""
    out = []
    for answer in (CONSISTENT, INCONSISTENT, NOT_CHECKABLE):
        found = [check for check in checks if check.answer == answer]
        rows = (row for check in found for row in check.rows) if answer == INCONSISTENT else ()
        out.append(
            Finding(
                id=f"checks.{slug(answer)}",
                label=f"Consistency checks: {answer}",
                value=len(found),
                unit="checks",
                rows=tuple(dict.fromkeys(rows)),
            )
        )
    return out
