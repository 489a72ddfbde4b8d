"""Variance shares: exact algebra, the analysis of variance of statsmodels, and what must always hold."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evidence_review.stats.variance_shares import variance_shares


def grid(*sizes: int) -> np.ndarray:
    return np.array(list(product(*map(range, sizes))))


def test_an_additive_result_is_shared_out_in_full():
    """y = a + b on a 2 x 3 grid: the shares are var(a) and var(b) over their sum."""
    a, b = np.array([0.0, 4.0]), np.array([0.0, 1.0, 5.0])
    choices = grid(2, 3)
    found = variance_shares(choices, a[choices[:, 0]] + b[choices[:, 1]])
    expected = np.array([a.var(), b.var()]) / (a.var() + b.var())
    np.testing.assert_allclose(found.alone, expected, rtol=1e-14)
    np.testing.assert_allclose(found.total, expected, rtol=1e-14)
    assert found.interactions == pytest.approx(0, abs=1e-15)


def test_no_share_is_below_zero():
    """An additive result has no interaction; 1 less the other shares left -2e-16 of it, shown as -0%."""
    choices = grid(3, 3)
    for seed in range(50):
        moves = np.random.default_rng(seed).normal(size=(2, 3))
        result = sum(part[column] for part, column in zip(moves, choices.T, strict=True))
        assert variance_shares(choices, result).interactions == 0


def test_a_product_is_shared_with_its_interaction():
    """y = ab with a, b in {0, 1}: var(E[y|a]) = 1/16 and var(y) = 3/16."""
    choices = grid(2, 2)
    found = variance_shares(choices, choices.prod(axis=1))
    np.testing.assert_allclose(found.alone, [1 / 3, 1 / 3], rtol=1e-14)
    np.testing.assert_allclose(found.total, [2 / 3, 2 / 3], rtol=1e-14)
    assert found.interactions == pytest.approx(1 / 3)


def test_a_pure_interaction_belongs_to_no_choice_alone():
    choices = grid(2, 2, 2)
    found = variance_shares(choices, (1 - 2 * choices[:, 0]) * (1 - 2 * choices[:, 1]))
    np.testing.assert_allclose(found.alone, 0, atol=1e-15)
    np.testing.assert_allclose(found.total, [1, 1, 0], atol=1e-15)
    assert found.interactions == 1


def test_statsmodels_analysis_of_variance():
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    frame = pd.DataFrame(grid(2, 3, 4), columns=list("abc"))
    frame["y"] = np.random.default_rng(5).normal(size=len(frame)) + frame.a * frame.b + frame.c**2
    found = variance_shares(frame[list("abc")], frame.y)
    table = anova_lm(ols("y ~ C(a) * C(b) + C(c)", frame).fit(), typ=2).sum_sq
    total = ((frame.y - frame.y.mean()) ** 2).sum()
    np.testing.assert_allclose(found.alone, table[["C(a)", "C(b)", "C(c)"]] / total, rtol=1e-12)
    assert found.interactions == pytest.approx(1 - found.alone.sum())
    with_a = anova_lm(ols("y ~ C(b) * C(c)", frame).fit(), typ=1).sum_sq["Residual"]
    assert found.total[0] == pytest.approx(with_a / total)


def test_with_holes_each_choice_has_what_it_explains_by_itself():
    from statsmodels.formula.api import ols

    frame = pd.DataFrame(grid(3, 3), columns=list("ab")).drop(index=[4, 8])
    frame["y"] = np.random.default_rng(6).normal(size=len(frame))
    found = variance_shares(frame[list("ab")], frame.y)
    expected = [ols(f"y ~ C({name})", frame).fit().rsquared for name in "ab"]
    np.testing.assert_allclose(found.alone, expected, rtol=1e-12)
    assert np.isnan(found.total).all()
    assert np.isnan(found.interactions)


@given(
    arrays(float, 24, elements=st.integers(-1000, 1000).map(float)).filter(lambda y: np.ptp(y) > 0),
    st.randoms(use_true_random=False),
)
def test_shares_are_shares_and_the_order_of_points_and_the_names_of_values_do_not_matter(y, random):
    choices = grid(2, 3, 4)
    found = variance_shares(choices, y)
    assert (found.alone > -1e-12).all()
    assert (found.alone <= found.total + 1e-12).all()
    assert (found.total < 1 + 1e-12).all()
    order = random.sample(range(24), 24)
    again = variance_shares(10 - choices[order], y[order])
    np.testing.assert_allclose(again.alone, found.alone, atol=1e-12)
    np.testing.assert_allclose(again.total, found.total, atol=1e-12)


def test_nothing_varies():
    """Also where the result differs by rounding only."""
    found = variance_shares(grid(2, 2), 0.3 + np.array([0, 1, 0, 1]) * 1e-16)
    assert np.isnan([*found.alone, *found.total, found.interactions]).all()


@pytest.mark.parametrize(
    ("choices", "result", "words"),
    [
        (grid(2, 2), np.zeros(3), "choices must be"),
        (np.zeros((0, 2)), np.zeros(0), "choices must be"),
        (grid(2, 2), [1, 2, 3, np.nan], "result must be finite"),
    ],
)
def test_what_cannot_be_shared_out(choices, result, words):
    with pytest.raises(ValueError, match=words):
        variance_shares(choices, result)
