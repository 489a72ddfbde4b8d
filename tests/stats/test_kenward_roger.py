"""Kenward-Roger intervals against the package meta, exact algebra, and simulated coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence_review.stats.synthesis import random_effects


@pytest.mark.parametrize("name", ["meta_bcg", "meta_k2", "meta_k3", "meta_k4_homog"])
def test_the_package_meta(reference, name):
    """k4_homog has tau2 at its boundary, 0."""
    case = reference(name)
    fit = random_effects(case["inputs"]["yi"], np.square(case["inputs"]["sei"]), ci="kr")
    expected, new = case["output"]["ci"]["REML|KR"], case["output"]["prediction"]["KR"]
    assert_allclose(
        [fit.estimate, fit.se, fit.df, fit.ci_low, fit.ci_high, fit.p],
        [expected[key] for key in ("TE", "se", "df", "lower", "upper", "p")],
        rtol=1e-7,
    )
    assert_allclose([fit.pi_low, fit.pi_high], [new["lower"], new["upper"]], rtol=1e-7)


@given(
    st.lists(st.integers(-2000, 2000), min_size=2, max_size=10, unique=True), st.floats(1e-3, 1e3)
)
def test_equal_variances_give_student_s_t(effects, share):
    """With tau2 > 0 the exact t(k - 1) interval of the effects, which is Hartung & Knapp's."""
    from scipy import stats

    y = np.array(effects, float)
    within = y.var(ddof=1) / (1 + share)
    fit = random_effects(y, np.full(len(y), within), ci="kr")
    low, high = stats.t.interval(0.95, len(y) - 1, y.mean(), y.std(ddof=1) / np.sqrt(len(y)))
    assert_allclose(fit.df, len(y) - 1, rtol=1e-6)
    assert_allclose([fit.ci_low, fit.ci_high], [low, high], rtol=1e-6, atol=1e-6 * (high - low))


def test_the_inverse_information_by_matrices():
    """Kenward & Roger's matrices written out: V = F + 2 F W (Q - P F P) F, W = 2 / tr(PP)."""
    y, v = np.array([-0.4, 0.9, -1.6, 0.2, 2.1]), np.array([0.1, 0.4, 0.2, 0.9, 0.3])
    fit = random_effects(y, v, ci="kr")
    inverse, x = np.diag(1 / (v + fit.tau2)), np.ones((5, 1))
    f = np.linalg.inv(x.T @ inverse @ x)
    projection = inverse - inverse @ x @ f @ x.T @ inverse
    w = 2 / np.trace(projection @ projection)
    p, q = -x.T @ inverse @ inverse @ x, x.T @ inverse @ inverse @ inverse @ x
    adjusted = f + 2 * w * f @ (q - p @ f @ p) @ f
    assert fit.tau2 > 0
    assert_allclose(fit.se**2, adjusted.item(), rtol=1e-12)
    assert_allclose(fit.df, 2 / (w * (adjusted * p).item() ** 2), rtol=1e-12)


def test_many_like_studies_leave_the_normal_interval():
    """The cost of estimating tau2 vanishes as k grows."""
    rng = np.random.default_rng(5)
    v = rng.uniform(0.5, 1.5, 20_000)
    y = rng.normal(0, np.sqrt(v + 1))
    kr, z = random_effects(y, v, ci="kr"), random_effects(y, v, ci="z")
    assert_allclose([kr.ci_low, kr.ci_high], [z.ci_low, z.ci_high], rtol=1e-3, atol=1e-3 * z.se)


def test_coverage():
    """Near 95% where tau2 is large; above it where tau2 is small (Partlett & Riley 2017)."""
    rng = np.random.default_rng(11)
    v = rng.uniform(0.5, 2.0, (8000, 7))
    for tau2, low, high in ((10.0, 0.94, 0.96), (0.0, 0.96, 1.0)):
        fit = random_effects(rng.normal(0, np.sqrt(v + tau2)), v, ci="kr")
        assert low <= np.mean((fit.ci_low <= 0) & (fit.ci_high >= 0)) <= high


def test_a_batch_with_absent_studies_is_its_sets_one_by_one():
    y = np.array([[-0.4, 0.9, -1.6], [0.2, 1.4, np.nan], [0.7, np.nan, np.nan]])
    v = np.array([[0.1, 0.4, 0.2], [0.2, 0.1, np.nan], [0.3, np.nan, np.nan]])
    together = random_effects(y, v, ci="kr")
    for row in range(3):
        there = ~np.isnan(y[row])
        alone = random_effects(y[row, there], v[row, there], ci="kr")
        for name in ("se", "df", "ci_low", "ci_high", "p"):
            assert_allclose(getattr(together, name)[row], getattr(alone, name), rtol=1e-10)
    assert (together.se[2], together.df[2]) == (np.sqrt(0.3), np.inf)
