"""Sentences as strong as the certainty and as large as the effect."""

import pytest

from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Better, Measure
from evidence_review.review.finding import Interval, Range
from evidence_review.words.certainty import as_sure


def difference(low: float, high: float, better: Better) -> Effect:
    """What the figures allow, from low to high."""
    measure = Measure("MD", "points", better)
    return Effect(measure, None, 0.0, Interval(low - 1, high + 1, 0.95), Range(low, high))


@pytest.mark.parametrize(
    ("level", "effect", "words"),
    [
        # Certainty and size as in GRADE guidelines 26; improving is what 'reduces' is there.
        ("high", (-5, -5), "Zinc improves pain,"),
        ("moderate", (-5, -5), "Zinc probably improves pain,"),
        ("low", (-5, -5), "Zinc may improve pain,"),
        ("high", (4, 4), "Zinc worsens pain,"),
        ("low", (4, 4), "Zinc may worsen pain,"),
        ("moderate", (-1, -1), "Zinc probably makes little or no difference to pain,"),
        ("low", (2.9, 2.9), "Zinc may make little or no difference to pain,"),
        # An important difference is one of that size or more.
        ("high", (-3, -3), "Zinc improves pain,"),
        # Of several effects that the figures allow, the one nearest to nothing.
        ("low", (-9, -3.1), "Zinc may improve pain,"),
        ("low", (-9, -2), "Zinc may make little or no difference to pain,"),
        ("low", (-9, 9), "Zinc may make little or no difference to pain,"),
        ("very low", (-9, -8), "The evidence is very uncertain"),
    ],
)
def test_statements_follow_certainty_and_size(level, effect, words):
    assert as_sure(level, "zinc", "pain", difference(*effect, "lower"), 3.0).startswith(words)


def test_more_can_be_better():
    sure = lambda better: as_sure("high", "zinc", "walking", difference(5, 9, better), 3.0)
    assert sure("higher").startswith("Zinc improves walking,")
    assert sure("lower").startswith("Zinc worsens walking,")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.002, "Zinc may make little or no difference to the level,"),  # prints as 1.00
        (-0.2, "Zinc may lower the level,"),
    ],
)
def test_a_ratio_that_prints_as_none_is_little(value, words):
    ratio = Effect.known(Measure("ROM", "", "lower"), value, 0.01, 0.95)
    assert as_sure("low", "zinc", "the level", ratio, None).startswith(words)
