"""Many points at once are what each of them is alone."""

from dataclasses import astuple

import numpy as np
import pytest

from evidence_review.estimates import change
from evidence_review.review.review import Review
from evidence_review.sweep import batch
from evidence_review.sweep.batch import batch_quantities
from evidence_review.sweep.choices import OF_SETTINGS
from evidence_review.sweep.points import quantities

TEXTS = ("benchmark", "population", "designs", "missing_se", "bias", "tau2", "interval")
NUMBERS = ("change_sd", "pre_post_r", "discount", "level")


def drawn(review: Review, count: int, seed: int) -> dict[str, np.ndarray]:
    """Points drawn from all that is allowed of the settings that move a quantity."""
    limits, random = review.limits, np.random.default_rng(seed)
    texts = {n: np.array(random.choice(limits[n].choices, count), object) for n in TEXTS}
    return texts | {n: random.uniform(limits[n].low, limits[n].high, count) for n in NUMBERS}


def alone(review: Review, columns: dict, place: int) -> tuple[tuple, str]:
    try:
        return astuple(quantities(review.under(**{n: c[place] for n, c in columns.items()}))), ""
    except ValueError as error:
        return (np.nan,) * 12, str(error)


@pytest.mark.parametrize("name", ["magnesium", "iron_review"])
def test_each_point_is_what_it_is_alone(name, request):
    review = request.getfixturevalue(name)
    columns = drawn(review, 120, seed=14)
    found = batch_quantities(review, columns)
    expected = [alone(review, columns, place) for place in range(120)]
    assert list(found.messages) == [message for _, message in expected]
    assert 0 < sum(map(bool, found.messages)) < 120  # some have too few arms, and not all
    np.testing.assert_allclose(found.numbers, [row for row, _ in expected], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["magnesium", "iron_review"])
@pytest.mark.parametrize("setting", OF_SETTINGS)
def test_every_setting_moves_a_point_as_it_moves_a_report(setting, name, request):
    review = request.getfixturevalue(name)
    limits = review.limits[setting]
    values = limits.choices or [end for end in (limits.low, limits.high) if end is not None]
    columns = {setting: np.array(values, object if limits.choices else float)}
    if not len(values):
        pytest.skip("nothing is allowed of it in this review")
    found = batch_quantities(review, columns)
    expected = [alone(review, columns, place) for place in range(len(values))]
    assert list(found.messages) == [message for _, message in expected]
    np.testing.assert_allclose(found.numbers, [row for row, _ in expected], rtol=1e-12, atol=1e-14)


def test_a_setting_that_is_read_in_some_groups_only_counts_in_these(magnesium):
    """tau2 is read for the review's own arms, not for a published pool."""
    columns = {
        "benchmark": np.array(["silva2017", "own-arms", "own-arms", "silva2017"], object),
        "tau2": np.array(["DL", "DL", "REML", "REML"], object),
    }
    found = batch_quantities(magnesium.under(benchmark="silva2017"), columns).numbers
    expected = [alone(magnesium, columns, place)[0] for place in range(4)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found[1][4] != found[2][4]  # the spread, by another estimator


def test_a_number_that_one_outcome_does_not_allow_is_the_message_of_its_points(magnesium):
    outcome = magnesium.about.outcome
    columns = {"outcome": np.array([outcome] * 2, object), "change_sd": np.array([8.0, 99.0])}
    found = batch_quantities(magnesium, columns)
    assert found.messages[0] == ""
    assert "change_sd = 99 is outside" in found.messages[1]


def test_the_ends_of_what_is_allowed_are_exact(magnesium):
    limits = magnesium.limits
    ends = {name: [limits[name].low, limits[name].high] for name in NUMBERS}
    for name, values in ends.items():
        columns = {name: np.array(values)}
        found = batch_quantities(magnesium, columns).numbers
        expected = [alone(magnesium, columns, place)[0] for place in (0, 1)]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_an_error_that_nobody_thought_of_is_the_message_of_its_point_only(magnesium, monkeypatch):
    def fails(review):
        if review.settings.level == 0.6:
            raise ZeroDivisionError("by zero")
        return quantities(review)

    monkeypatch.setattr(batch, "quantities", fails)
    monkeypatch.setattr(batch, "random_effects", lambda *_, **__: 1 / 0)
    found = batch_quantities(magnesium, {"level": np.array([0.6, 0.7])})
    assert list(found.messages) == ["ZeroDivisionError: by zero", ""]
    assert np.isnan(found.numbers).all(axis=1).tolist() == [True, False]


def test_rows_are_looked_up_as_often_for_many_points_as_for_few(records, monkeypatch):
    looked_up, arm_change = [], change.arm_change

    def counted(*args, **kwargs):
        looked_up.append(args)
        return arm_change(*args, **kwargs)

    monkeypatch.setattr(change, "arm_change", counted)
    calls = []
    for count in (50, 5000):
        looked_up.clear()
        columns = {
            "change_sd": np.linspace(5.5, 11, count),
            "pre_post_r": np.linspace(0, 0.9, count),
            "missing_se": np.array(["assume", "exclude"] * (count // 2), object),
        }
        batch_quantities(Review(records), columns)
        calls.append(len(looked_up))
    assert 0 < calls[0] == calls[1]
