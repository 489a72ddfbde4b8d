"""The effects of a review: changes, contrasts and pools, outcome by outcome."""

from __future__ import annotations

import pandas as pd

from evidence_review.effects import contrasts
from evidence_review.effects.trials import (
    NotUsable,
    RandomisedContrast,
    SingleArmChange,
    arm_change,
)
from evidence_review.records import Records
from evidence_review.review.settings import Settings


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


def published_result(records: Records) -> pd.Series | None:
    """The row of the published pooled result that review.csv names; None if it names none."""
    rows = pd.concat([records["pooled_results"], records.reference["pooled_results"]])
    rows = rows[rows.result_id == records.review.published_result]
    return rows.iloc[0] if len(rows) else None


def changes_by_arm(
    records: Records, settings: Settings
) -> list[tuple[SingleArmChange, SingleArmChange]]:
    """Change on treatment and on placebo, of each compared trial that gives both, on the review's outcome."""
    review = records.review
    pairs = [
        tuple(contrasts.changes(records, compared, review.outcome, settings))
        for compared in records["contrasts"].itertuples()
    ]
    return [
        pair
        for pair in pairs
        if all(isinstance(arm, SingleArmChange) for arm in pair)
        and {arm.instrument_id for arm in pair} == {review.instrument_id}
    ]
