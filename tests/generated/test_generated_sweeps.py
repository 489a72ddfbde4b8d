"""What moves a generated review in a sweep is what moves it in a report."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from evidence_review.cli.commands import _checked
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.new_project import new_project
from evidence_review.placebo.response import has_placebo_arms
from evidence_review.records import Project, load
from evidence_review.review.review import Review
from evidence_review.review.settings import Limits
from evidence_review.sweep.batch import batch_quantities
from evidence_review.sweep.choices import MOVE_A_POOL, OF_SETTINGS
from evidence_review.sweep.points import QUANTITY_LABELS, quantities
from evidence_review.sweep.pools import batch_pools

from . import reviews, stated


def column(limits: Limits) -> np.ndarray:
    """All choices of a setting, or both ends of its range."""
    ends = [end for end in (limits.low, limits.high) if end is not None]
    return np.array(limits.choices or ends, object if limits.choices else float)


def held_against_placebo(review: Review) -> tuple[tuple[float, ...], str]:
    try:
        return astuple(quantities(review)), ""
    except ValueError as error:
        return (np.nan,) * len(QUANTITY_LABELS), str(error)


def pooled(review: Review) -> list[float] | None:
    found = pooled_contrast(review, review.about.outcome)
    fit = found and found.fit
    return fit and [float(x) for x in (fit.k, fit.estimate, fit.ci_low, fit.ci_high)]


@pytest.mark.slow
@pytest.mark.long
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(made=stated.every_kind())
def test_each_setting_moves_a_sweep_as_it_moves_a_report(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    new_project(folder / "project")
    project = Project(folder / "project")
    reviews.write(made, project)
    found, _ = _checked(project, project.folders())
    if found:  # what is refused was told to the person, with the row
        return
    review = Review(load(reviews.NAME, project))
    for name in OF_SETTINGS:
        values = column(review.limits[name])
        if not len(values):
            continue
        moved = [review.under(**{name: value}) for value in values]
        if has_placebo_arms(review):
            batch = batch_quantities(review, {name: values})
            expected = list(map(held_against_placebo, moved))
            assert list(batch.messages) == [message for _, message in expected]
            numbers = [row for row, _ in expected]
            np.testing.assert_allclose(batch.numbers, numbers, rtol=1e-9, atol=1e-12, err_msg=name)
        if name in MOVE_A_POOL:
            batch = batch_pools(review, {name: values})
            for one, row, message in zip(moved, batch.numbers, batch.messages, strict=True):
                expected = pooled(one)
                assert (expected is None) == bool(message), name
                if expected is not None:
                    np.testing.assert_allclose(row[:4], expected, rtol=1e-7, err_msg=name)
