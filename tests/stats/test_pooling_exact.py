"""Pooling at the edges of what is possible, against formulas carried out with 80 digits."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.stats.synthesis import random_effects
from evidence_review.stats.tau2 import TAU2_ESTIMATORS

from .exact import METHODS, Exact, misses


def test_random_sets_of_all_scales():
    """Effects and standard errors from 1e-6 to 1e6 mixed within a set: every estimator."""
    assert misses(80, seed=1) == []


def test_the_exact_pool_agrees_with_metafor(reference):
    """The yardstick itself: tau2 and its standard error of the BCG trials."""
    case = reference("fit_bcg_logrr_k13")
    one = Exact(case["inputs"]["yi"], case["inputs"]["vi"])
    for method in METHODS:
        expected = case["output"]["fits"][method]["z"]
        tau2 = one.tau2(method)
        found = [float(tau2), float(one.tau2_se(method, tau2))]
        assert_allclose(found, [expected["tau2"], expected["se_tau2"]], rtol=1e-8)


def test_one_study_with_nearly_all_the_weight():
    """tau2_se of two studies is sqrt(2) (v1 + v2) / 2 at tau2 = 0: 6284.8 here."""
    y, v = [0.154834, 13.3484], np.square([0.00558061, 94.2766])
    fit = random_effects(y, v, ci="kr")
    assert fit.tau2 == 0
    assert_allclose(fit.tau2_se, v.sum() / np.sqrt(2), rtol=1e-12)
    variance, df = Exact(y, v).kenward_roger(mpmath.mpf(0), mpmath.mpf(fit.tau2_se))
    assert_allclose([fit.se**2, fit.df], [float(variance), float(df)], rtol=1e-9)
    assert np.isfinite([fit.ci_low, fit.ci_high, fit.p]).all()


@pytest.mark.parametrize(
    ("y", "v", "kind"),
    [
        # The two maxima lie close together: a scan by a factor of 4 saw one crossing.
        (
            [1.012657, -3.556045, 0.429366, -0.30715, -0.055405, 3.974126],
            [4.162207, 5.449816, 0.091232, 0.742782, 0.026134, 1.791699],
            "REML",
        ),
        # Two roots between neighbouring points of the first scan, which sees none of them.
        (
            [-1.581, 0.567, -0.445, 0.248, 0.433, 1.926],
            [0.6765, 3.2561, 1.1027, 0.1443, 0.0978, 1.405],
            "REML",
        ),
        (
            [0.402, 0.515, -0.282, -0.056, 2.243, -1.844],
            [0.07, 0.0866, 0.2533, 1.345, 2.1318, 0.8658],
            "REML",
        ),
        (
            [-8.224, 0.099, 0.266, -0.355, -0.962, -0.668],
            [38.5442, 0.0097, 2.2911, 0.0539, 19.1609, 0.4634],
            "ML",
        ),
        # Two precise studies that differ a little, two that differ much: a maximum for each pair.
        ([0.0, 0.3, 40.0, -40.0], [1e-3, 1e-3, 100.0, 100.0], "ML"),
    ],
)
def test_the_higher_of_two_maxima(y, v, kind):
    one = Exact(y, v)
    assert_allclose(random_effects(y, v, tau2=kind).tau2, float(one.tau2(kind)), rtol=1e-9)


def test_mild_sets_all_reach_the_highest_maximum():
    """4,000 sets; no point of a fine grid has a higher likelihood."""
    rng = np.random.default_rng(3)
    v = np.exp(rng.normal(0, 1.5, (4000, 6)))
    y = rng.normal(0, np.sqrt(v + rng.choice([0.0, 0.1, 1.0], (4000, 1))))

    def height(t, restricted):
        w = 1 / (v + t[:, None])
        mean = (w * y).sum(1, keepdims=True) / w.sum(1, keepdims=True)
        twice = -np.log(w).sum(1) + (w * (y - mean) ** 2).sum(1)
        return -(twice + restricted * np.log(w.sum(1))) / 2

    for kind in ("ML", "REML"):
        own = height(random_effects(y, v, tau2=kind).tau2, kind == "REML")
        for ratio in np.concatenate([[0.0], np.geomspace(1e-2, 1e4, 150)]):
            assert (own >= height(ratio * v.min(1), kind == "REML") - 1e-9).all()


@pytest.mark.parametrize("tau2", TAU2_ESTIMATORS)
def test_effects_all_equal_show_no_spread(tau2):
    """Whatever their size; and the same where the sets of a batch differ in studies."""
    y = np.array([[3e5, 3e5, 3e5], [1e-9, 1e-9, np.nan], [0.0, 0.0, 0.0]])
    v = np.where(np.isnan(y), np.nan, [1e-12, 1.0, 1e12])
    fit = random_effects(y, v, tau2=tau2, ci="z")
    assert (fit.tau2 == 0).all()
    assert_allclose(fit.estimate, y[:, 0], rtol=1e-15)


def test_more_sets_than_are_worked_on_at_a_time():
    """With a common effect every set is its weighted mean, in order and none left out."""
    rng = np.random.default_rng(8)
    y, v = rng.normal(size=(10_007, 5)), rng.uniform(0.5, 2.0, (10_007, 5))
    expected = (y / v).sum(1) / (1 / v).sum(1)
    assert_allclose(random_effects(y, v, tau2="EE").estimate, expected, rtol=1e-9, atol=1e-12)
