"""The findings of a report on effects and printed P values: what its notebooks state.

Each function takes records and resolved settings and returns findings; notebooks publish them,
sweeps evaluate them. Nothing here draws or writes.
"""

from __future__ import annotations

from scipy import special

from evidence_review.appraisal import contrasts
from evidence_review.appraisal.answer import finding_id
from evidence_review.appraisal.consistency import p_against_interval
from evidence_review.appraisal.findings import Finding, slug
from evidence_review.appraisal.settings import Settings
from evidence_review.appraisal.study_checks import StudyCheck
from evidence_review.appraisal.trials import (
    NotUsable,
    RandomisedContrast,
    SingleArmChange,
    arm_change,
)
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from evidence_review.records import Records
from evidence_review.stats import recover


def single_arm_changes(records: Records, settings: Settings) -> list[SingleArmChange]:
    """Every outcome of the review's uncontrolled study whose mean change is printed."""
    review = records.review
    if not review.single_arm_study:
        return []
    rows = records.select(
        study_id=review.single_arm_study, arm_id=review.single_arm, statistic="change_mean"
    )
    changes = [
        arm_change(
            records,
            review.single_arm_study,
            review.single_arm,
            outcome,
            pre_post_r=settings.pre_post_r,
        )
        for outcome in dict.fromkeys(rows.loc[rows.value.notna(), "outcome"])
    ]
    return [change for change in changes if isinstance(change, SingleArmChange)]


def main_change(records: Records, settings: Settings) -> SingleArmChange | NotUsable | None:
    """The uncontrolled change on the review's own outcome and instrument; None without such a study."""
    review = records.review
    if not review.single_arm_study:
        return None
    return arm_change(
        records,
        review.single_arm_study,
        review.single_arm,
        review.outcome,
        instrument_id=review.instrument_id,
        pre_post_r=settings.pre_post_r,
    )


def contrast_results(
    records: Records, settings: Settings, outcome: str
) -> list[RandomisedContrast | NotUsable]:
    """What each randomised trial of contrasts.csv gives on one outcome, in its order."""
    return [
        contrasts.contrast(records, compared, outcome, settings)
        for compared in records["contrasts"].itertuples()
    ]


def contrasts_on(records: Records, settings: Settings, outcome: str) -> list[RandomisedContrast]:
    """The contrasts that can be had of the review's randomised trials on one outcome."""
    found = contrast_results(records, settings, outcome)
    return [item for item in found if isinstance(item, RandomisedContrast)]


def randomised_contrasts(records: Records, settings: Settings) -> list[RandomisedContrast]:
    """The same on every outcome, the review's own first."""
    rows = records["statistics"]
    outcomes = rows.loc[
        rows.study_id.isin(records["contrasts"].study_id)
        & rows.statistic.isin(["p_omnibus", "mean", "change_mean", "difference"]),
        "outcome",
    ]
    return [
        found
        for outcome in dict.fromkeys([records.review.outcome, *outcomes])
        for found in contrasts_on(records, settings, outcome)
    ]


def pooled_contrast(
    records: Records, settings: Settings, outcome: str
) -> contrasts.PooledContrast | None:
    """The pool of the randomised trials on one outcome; None with fewer than two known contrasts."""
    return contrasts.pool(records, contrasts_on(records, settings, outcome), settings)


def summary_contrast(
    records: Records, settings: Settings, outcome: str
) -> RandomisedContrast | None:
    """What the randomised trials say on one outcome: their pool, or the one that is known.

    A reconstruction counts where it is all there is; of several, none is chosen.
    """
    found = contrasts_on(records, settings, outcome)
    pooled = contrasts.pool(records, found, settings)
    if pooled is not None:
        return pooled.summary
    best = [item for item in found if contrasts.is_known(item)] or found
    return best[0] if len(best) == 1 else None


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
