"""Levels of certainty against the tables of Cochrane and GRADE."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_review.judgement.grade import (
    DOWN,
    LEVELS,
    LOWERING,
    UP,
    rate,
)

NOTHING = dict.fromkeys(LOWERING, "not serious")


@pytest.mark.parametrize(
    ("start", "judgements", "level"),
    [
        # Cochrane Handbook 5.1, Table 12.2.a; it starts observational studies at low.
        ("high", {}, "high"),
        ("low", {"large effect": "two levels"}, "high"),
        ("high", {"risk of bias": "serious"}, "moderate"),
        ("low", {"large effect": "one level"}, "moderate"),
        ("high", {"risk of bias": "serious", "imprecision": "serious"}, "low"),
        ("high", {"indirectness": "very serious"}, "low"),
        ("low", {}, "low"),
        ("high", {"risk of bias": "very serious", "imprecision": "serious"}, "very low"),
        ("low", {"publication bias": "serious"}, "very low"),
        ("very low", {}, "very low"),  # case series
        # GRADE guidelines 18: with ROBINS-I from high, GRADE guidance 35: three levels.
        ("high", {"risk of bias": "extremely serious"}, "very low"),
        ("high", {"imprecision": "extremely serious"}, "very low"),
        # The two raising domains of ACIP GRADE handbook, chapter 9, beside a large effect.
        ("low", {"dose response": "one level", "opposing confounding": "one level"}, "high"),
    ],
)
def test_levels_as_published(start, judgements, level):
    assert rate(start, NOTHING | judgements) == level


def test_there_is_nothing_below_very_low_or_above_high():
    assert rate("high", dict.fromkeys(LOWERING, "very serious")) == "very low"
    raised = {"large effect": "two levels", "dose response": "one level"}
    assert rate("low", NOTHING | raised) == "high"


@given(
    st.sampled_from(LEVELS),
    st.lists(st.sampled_from(DOWN[:-1]), min_size=5, max_size=5),
    st.integers(0, 4),
)
def test_a_worse_judgement_never_raises_certainty(start, words, which):
    before = dict(zip(LOWERING, words, strict=True))
    worse = DOWN[DOWN.index(words[which]) + 1]
    after = before | {LOWERING[which]: worse}
    drop = LEVELS.index(rate(start, before)) - LEVELS.index(rate(start, after))
    assert drop in (0, 1)
    assert drop == 1 or rate(start, after) == "very low"


@pytest.mark.parametrize("domain", LOWERING)
def test_every_lowering_domain_needs_a_judgement(domain):
    judged = {name: word for name, word in NOTHING.items() if name != domain}
    with pytest.raises(ValueError, match=f"no judgement on {domain}"):
        rate("high", judged)


@pytest.mark.parametrize("up", UP[1:])
def test_what_is_rated_down_is_not_rated_up(up):
    """GRADE guidelines 18, footnote of Table 1."""
    with pytest.raises(ValueError, match="only evidence that nothing rates down"):
        rate("low", NOTHING | {"imprecision": "serious", "large effect": up})
    assert rate("low", NOTHING | {"imprecision": "serious", "large effect": "none"}) == "very low"
