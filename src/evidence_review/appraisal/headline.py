"""The findings of a report on trials, effects and claims: what its notebooks state.

Each function takes records and resolved settings and returns findings; notebooks publish them,
sweeps evaluate them. Nothing here draws or writes.
"""

from __future__ import annotations

from scipy import stats

from evidence_review.appraisal.answer import finding_id
from evidence_review.appraisal.consistency import p_against_interval
from evidence_review.appraisal.doses import doses
from evidence_review.appraisal.findings import Finding, slug
from evidence_review.appraisal.settings import Settings
from evidence_review.appraisal.study_checks import StudyCheck
from evidence_review.appraisal.trials import (
    NotUsable,
    RandomisedContrast,
    SingleArmChange,
    arm_change,
    randomised_contrast,
    weakest,
)
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from evidence_review.records import Records
from evidence_review.stats import recover


def trial_findings(records: Records) -> list[Finding]:
    """People and dose range of the studies that the article cites."""
    out = []
    cited = records["studies"].loc[records["studies"].role == "cited by the article"]
    dose_table = doses(records)
    for study in cited.itertuples():
        arms = records["arms"].loc[records["arms"].study_id == study.study_id, "arm_id"]
        people = next(
            (
                entry
                for arm in ("all", *arms)
                if (entry := records.people(study.study_id, arm)).found
            ),
            None,
        )
        if people is not None:
            out.append(
                Finding(
                    id=f"{slug(study.study_id)}.people",
                    label=f"People in {study.label}",
                    value=people.value,
                    unit="people",
                    basis=people.basis,
                    rows=(people.row,),
                )
            )
        mine = dose_table[(dose_table.study == study.label) & dose_table.mg.notna()]
        if len(mine):
            out.append(
                Finding(
                    id=f"{slug(study.study_id)}.dose.{slug(mine.element.iloc[0])}",
                    label=f"Daily {mine.element.iloc[0]} in {study.label}, over every reading of the label",
                    value=None if mine.mg.nunique() > 1 else mine.mg.iloc[0],
                    low=mine.mg.min(),
                    high=mine.mg.max(),
                    unit="mg",
                    rows=tuple(mine.row),
                    basis=weakest(mine.basis),
                    note="low if the mg are of the compound, high if of the element",
                )
            )
    return out


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


def randomised_contrasts(records: Records, settings: Settings) -> list[RandomisedContrast]:
    """Every outcome of the review's randomised trial for which a contrast can be had, its own first."""
    review = records.review
    if not review.randomised_study:
        return []
    rows = records["statistics"]
    outcomes = rows.loc[
        (rows.study_id == review.randomised_study) & rows.statistic.isin(["p_omnibus", "mean"]),
        "outcome",
    ]
    contrasts = [
        randomised_contrast(
            records,
            review.randomised_study,
            review.randomised_arm,
            review.randomised_control,
            outcome,
            arm_size=settings.arm_size,
            level=settings.level,
        )
        for outcome in dict.fromkeys([review.outcome, *outcomes])
    ]
    return [contrast for contrast in contrasts if isinstance(contrast, RandomisedContrast)]


def effect_findings(records: Records, settings: Settings) -> list[Finding]:
    """Changes of the uncontrolled study and contrasts of the randomised one."""
    out = []
    odd = {
        (check.study_id, check.outcome): check.comment
        for check in p_against_interval(records)
        if check.answer == "inconsistent"
    }
    for change in single_arm_changes(records, settings):
        doubt = odd.get((change.study_id, change.outcome), "")
        caution = f"; the printed interval and P do not agree: {doubt}" if doubt else ""
        half = change.se * float(stats.t.ppf((1 + settings.level) / 2, change.df))
        about = f"{change.label}, {change.outcome}"
        name = lambda quantity, change=change: finding_id(change.study_id, change.outcome, quantity)
        shared = {"basis": "derived", "rows": change.rows}
        out += [
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
    for contrast in randomised_contrasts(records, settings):
        about = f"{contrast.label}, {contrast.outcome}"
        known = contrast.d_low == contrast.d_high
        shared = {
            "unit": "SD",
            "basis": contrast.basis,
            "rows": contrast.rows,
            "note": contrast.how,
        }
        out += [
            Finding(
                id=finding_id(contrast.study_id, contrast.outcome, "smd"),
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
                    id=finding_id(contrast.study_id, contrast.outcome, "smd_with_error"),
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
                    id=finding_id(contrast.study_id, contrast.outcome, "md"),
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


def claim_findings(records: Records) -> list[Finding]:
    """How many of the article's claims got which verdict (omissions counted apart)."""
    claims = records["claims"]
    made = claims[claims.kind == "claim"]
    out = [
        Finding(
            id="claims.checked",
            label="Claims of the article",
            value=len(made),
            unit="claims",
            basis="reported",
        )
    ]
    for verdict, rows in made.groupby("verdict", sort=True):
        out.append(
            Finding(
                id=f"claims.{slug(verdict)}",
                label=f"Claims {verdict}",
                value=len(rows),
                unit="claims",
                basis="derived",
                rows=tuple(rows.row),
            )
        )
    omitted = claims[claims.kind == "omission"]
    if len(omitted):
        out.append(
            Finding(
                id="claims.omissions",
                label="Important omissions",
                value=len(omitted),
                unit="claims",
                rows=tuple(omitted.row),
            )
        )
    return out
