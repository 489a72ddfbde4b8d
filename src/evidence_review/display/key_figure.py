"""The figure that the answer rests on: the pooled trials, or the change among placebo arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evidence_review.display import contrast_figures, placebo_figures
from evidence_review.display.picture import Picture
from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.pool import PooledContrast, pooled_contrast, published_result
from evidence_review.placebo.against import against_chosen
from evidence_review.placebo.bias import appraised_change
from evidence_review.placebo.response import benchmark
from evidence_review.review.finding import POOLED, Finding, finding_id
from evidence_review.review.review import Review
from evidence_review.words.sources import short_name


def pooled_trials(
    review: Review, pooled: PooledContrast, findings: Mapping[str, Finding]
) -> Picture:
    """The forest of the randomised trials, with the published pool. findings: by id, with those of the pool."""
    standardised = pooled.measure.is_standardised
    published = findings.get(finding_id(POOLED, review.about.outcome, "published"))
    row = published_result(review)
    source = "" if published is None or row is None else short_name(review, row.source_id)
    important = None if standardised else review.settings.important_difference
    forest = contrast_figures.contrast_forest(pooled, important, published, source)
    return replace(forest, id="key-figure")


def change_among_placebo_arms(review: Review) -> Picture:
    """The uncontrolled change inside what placebo arms show; the key figure where nothing is pooled.

    The review has an uncontrolled change that can be compared.
    """
    appraised, result = appraised_change(review), against_chosen(review)
    assert appraised is not None and result is not None
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
