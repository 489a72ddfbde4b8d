"""Tests for funnel plot asymmetry against metafor, and where they are refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.stats.meta_regression import meta_regression
from evidence_review.stats.small_study import egger_test, rank_test

SETS = ("bcg", "egger2001")


@pytest.fixture(scope="module")
def case(reference):
    return reference("small_study")


@pytest.mark.parametrize("name", SETS)
def test_egger(case, name):
    given, expected = case["inputs"][name], case["output"][name]["regtest_lm"]
    found = egger_test(given["yi"], given["vi"])
    assert_allclose(
        [found.estimate, found.se, found.statistic, found.df, found.p],
        [expected[key] for key in ("slope", "slope_se", "t", "df", "p")],
        rtol=1e-8,
    )
    assert (found.k, found.refused) == (len(given["yi"]), "")


def test_egger_as_he_wrote_it(case):
    """The intercept of effect / se on 1 / se."""
    from scipy import stats

    given = case["inputs"]["egger2001"]
    se = np.sqrt(given["vi"])
    line = stats.linregress(1 / se, np.array(given["yi"]) / se)
    found = egger_test(given["yi"], given["vi"])
    assert_allclose([found.estimate, found.se], [line.intercept, line.intercept_stderr])


@pytest.mark.parametrize("name", SETS)
def test_rank_correlation(case, name):
    given, expected = case["inputs"][name], case["output"][name]["ranktest"]
    found = rank_test(given["yi"], given["vi"])
    assert_allclose([found.estimate, found.p], [expected["tau"], expected["p"]], rtol=1e-8)


def test_figures_in_metafor_s_own_tests(case):
    """The rank test, and the random-effects regression on the standard error."""
    given, published = case["inputs"]["egger2001"], case["published"]["egger2001"]
    found = rank_test(given["yi"], given["vi"])
    assert_allclose(found.estimate, published["ranktest_tau"], rtol=1e-8)
    assert_allclose(found.p, published["ranktest_p"], atol=0.5001e-4)
    fit = meta_regression(given["yi"], given["vi"], np.sqrt(given["vi"]), ci="z")
    assert_allclose(fit.statistic[1], published["regtest_rma_z"], atol=0.5001e-4)


@pytest.mark.parametrize("test", [egger_test, rank_test])
def test_the_sign_says_which_way_small_studies_lean(test):
    v = np.geomspace(0.1, 3.0, 12)
    scatter = 0.01 * np.cos(np.arange(12.0))
    assert test(np.sqrt(v) + scatter, v).estimate > 0
    assert test(-np.sqrt(v) + scatter, v).estimate < 0


@pytest.mark.parametrize("test", [egger_test, rank_test])
@pytest.mark.parametrize(
    ("variances", "says"),
    [
        (np.geomspace(0.1, 3.0, 9), "fewer than 10 studies (9)"),
        (np.full(12, 0.3), "similar size (the largest variance is 1 times"),
        (np.linspace(0.1, 0.4, 12), "similar size (the largest variance is 4 times"),
    ],
)
def test_refused(test, variances, says):
    found = test(np.cos(np.arange(float(len(variances)))), variances)
    assert says in found.refused
    assert found.k == len(variances)
    assert np.isnan([found.estimate, found.se, found.statistic, found.df, found.p]).all()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="variances must be finite and above 0"):
        egger_test([1.0, 2.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="one set of studies"):
        rank_test(np.ones((2, 12)), np.ones((2, 12)))
