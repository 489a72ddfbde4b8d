"""The figures of a review: each drawing with what it shows taken from the review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evidence_review.display import (
    contrast_figures,
    placebo_figures,
    sensitivity_figures,
    trial_figures,
)
from evidence_review.display.picture import ChartPicture, Picture
from evidence_review.estimates.change import SingleArmChange, main_change, placebo_arms
from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.counts import important_benefit
from evidence_review.estimates.pool import PooledContrast, pooled_contrast, published_result
from evidence_review.judgement.risk_of_bias import assessments
from evidence_review.placebo.against import against_chosen
from evidence_review.placebo.bias import appraised_change, blinding_biases
from evidence_review.placebo.established import Established
from evidence_review.placebo.response import benchmark, change_by_weeks, main_prior, own_pool
from evidence_review.placebo.trial_design import Planned
from evidence_review.review.finding import POOLED, Finding, finding_id, slug
from evidence_review.review.review import Review, on_outcome
from evidence_review.review.settings import OBSERVATIONAL
from evidence_review.sensitivity.one_at_a_time import Sensitivity


def placebo_forest(review: Review) -> Picture:
    """Every placebo arm and their pool."""
    return placebo_figures.forest(placebo_arms(review).usable, own_pool(review))


def trial_effects(
    review: Review, changes: Sequence[SingleArmChange], contrasts: Sequence[Contrast]
) -> Picture | None:
    """Uncontrolled changes and contrasts; trials of events by themselves, unless they are pooled.

    A contrast of which no SD is known is left out: the axis is in SDs. None where there is nothing to draw.
    """
    stated = [item for item in contrasts if item.best.measure.is_stated]
    in_sds = [item for item in contrasts if item not in stated and item.on("SMD") is not None]
    if changes or in_sds:
        level = review.settings.level
        return trial_figures.trial_effects(changes, in_sds, level, assessments(review))
    if not stated or pooled_contrast(review, review.about.outcome) is not None:
        return None
    return contrast_figures.trials_of_events(stated)


def response_by_weeks(review: Review) -> Picture | None:
    """The change on placebo against weeks of treatment; None with few arms or weeks all alike."""
    by_weeks = change_by_weeks(review)
    if by_weeks is None:
        return None
    studies = review.records.reference_class["studies"]
    known = set(studies.study_id[studies.weeks.notna()])
    arms = [arm for arm in placebo_arms(review).usable if arm.study_id in known]
    return placebo_figures.response_by_weeks(arms, studies, by_weeks)


def pooled_trials(
    review: Review, pooled: PooledContrast, findings: Mapping[str, Finding]
) -> ChartPicture:
    """The key figure of a review that pools trials: their forest, with the published pool.

    findings: by id, with those of the pool.
    """
    standardised = pooled.measure.is_standardised
    published = findings.get(finding_id(POOLED, review.about.outcome, "published"))
    row = published_result(review)
    source = "" if published is None or row is None else review.records.source_name(row.source_id)
    is_association = pooled.summary.evidence == OBSERVATIONAL
    important = None
    if not standardised and not is_association:
        important = important_benefit(review, pooled.measure, pooled.contrasts)
    forest = contrast_figures.contrast_forest(pooled, important, published, source)
    return replace(forest, id="key-figure")


def other_pool(review: Review, pooled: PooledContrast) -> ChartPicture:
    """The forest of an outcome that is not asked about."""
    outcome = pooled.summary.outcome
    important = (
        None
        if pooled.measure.is_standardised
        else important_benefit(on_outcome(review, outcome), pooled.measure, pooled.contrasts)
    )
    forest = contrast_figures.contrast_forest(pooled, important)
    return replace(forest, id=f"{forest.id}-{slug(outcome)}")


def change_among_placebo_arms(review: Review) -> ChartPicture | None:
    """The uncontrolled change inside what placebo arms show; the key figure where nothing is pooled.

    None without a change that can be compared.
    """
    appraised, result = appraised_change(review), against_chosen(review)
    if appraised is None or result is None:
        return None
    picture = placebo_figures.change_against_placebo(
        appraised.change,
        benchmark(review),
        result,
        placebo_arms(review).usable,
        review.about.treatment,
    )
    if pooled_contrast(review, review.about.outcome) is None:
        return picture
    return replace(picture, id="change-against-placebo")


def _main_change(review: Review) -> SingleArmChange:
    """The uncontrolled change of a review that has one."""
    change = main_change(review)
    assert isinstance(change, SingleArmChange)
    return change


def beside_established(review: Review, contrast: Contrast, found: Established) -> Picture:
    """The randomised evidence beside established treatments."""
    return trial_figures.beside_established(
        contrast,
        found.rows,
        found.measure,
        review.settings.change_sd,
        found.sd_range,
        review.settings.important_difference,
        review.about.treatment,
    )


def bias_range(review: Review) -> Picture:
    """The printed change against placebo over the whole range of bias from lack of blinding."""
    return sensitivity_figures.bias_range(
        _main_change(review), benchmark(review), blinding_biases(review), review.settings.change_sd
    )


def what_moves(review: Review, found: Sequence[Sensitivity]) -> Picture:
    """Every choice that moves the share of placebo arms that do as well."""
    return sensitivity_figures.what_moves(review, found, _main_change(review).label)


def with_and_without_control(review: Review, trial: Planned) -> Picture:
    """The chance to show the important difference, and twice as much, with and without placebo."""
    return sensitivity_figures.with_and_without_control(
        trial.plan, main_prior(review), trial.measure, (trial.matters, 2 * trial.matters)
    )
