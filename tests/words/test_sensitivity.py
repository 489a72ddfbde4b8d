"""What moves the answer, in sentences: limits at 2.5% and 25%, and on which side a bias tips it."""

from dataclasses import replace
from math import nan
from types import SimpleNamespace

import pytest

from evidence_review.estimates.measure import Measure
from evidence_review.sensitivity.one_at_a_time import Sensitivity
from evidence_review.sensitivity.tipping import TippingPoint
from evidence_review.words import sensitivity as words

COMMON = Sensitivity(
    name="tau2",
    is_estimand=False,
    values=("REML", "DL"),
    arms=(20.0, 20.0),
    left_out=(),
    shares=(0.5, 0.3),
    now_value="REML",
    now=0.5,
)
UNCOMMON = replace(COMMON, name="designs", shares=(0.5, 0.1), left_out=("crossover",))
RARE = replace(COMMON, name="interval", shares=(0.5, 0.02))


@pytest.fixture(autouse=True)
def values_as_they_are(monkeypatch):
    """Values of settings in words need the tables of a review; here they are their own names."""
    monkeypatch.setattr(words, "value_tried", lambda review, moved, value: str(value))


def test_the_range_is_over_all_choices():
    said = words.range_of_share([COMMON, UNCOMMON])
    assert "**With no choice changed, 50% of placebo arms do as well or better.**" in said
    assert "at least 10% and at most 50%" in said
    assert said.endswith(
        "No choice brings the share below 2.5%, where placebo arms would rarely match the change."
    )


def test_a_choice_that_makes_the_change_rare_is_named():
    said = words.range_of_share([COMMON, RARE])
    assert "This choice brings the share below 2.5%" in said
    assert said.endswith("where placebo arms rarely match the change: rule for the interval.")


def test_only_choices_on_another_side_of_a_limit_change_the_wording():
    assert words.other_wordings(None, [COMMON]) == ""
    said = words.other_wordings(None, [COMMON, UNCOMMON, RARE])
    assert said.endswith(
        "Which trial designs: DL, which gives 10%; rule for the interval: DL, which gives 2%."
    )


def test_the_end_that_differs_from_now_is_named_also_if_it_is_the_upper_one():
    rare_now = replace(RARE, now=0.02, now_value="DL")
    assert "This choice alone would change" in words.other_wordings(None, [rare_now])
    assert words.other_wordings(None, [rare_now]).endswith(
        "Rule for the interval: REML, which gives 50%."
    )


def test_what_was_not_tried():
    assert words.not_tried([COMMON]) == ""
    assert words.not_tried([COMMON, UNCOMMON]).endswith("would be left: crossover.")


@pytest.mark.parametrize(
    ("better", "at", "unexpected"),
    [
        ("lower", 4.0, True),  # a bias below 0 flatters, whichever end is better; this one hides
        ("lower", -4.0, False),
        ("higher", 4.0, True),
        ("higher", -4.0, False),
        ("lower", nan, False),  # no bias would do it
    ],
)
def test_the_side_of_the_tipping_point(monkeypatch, better, at, unexpected):
    change = SimpleNamespace(measure=Measure("MC", "min", better))
    monkeypatch.setattr(words, "main_change", lambda review: change)
    said = words.rarely(None, [TippingPoint("bias", 0.0, at, -9.0, 9.0, "min")])
    assert said.startswith("Rarely: in 2.5% of cases.")
    assert ("*less* improvement" in said) == unexpected
