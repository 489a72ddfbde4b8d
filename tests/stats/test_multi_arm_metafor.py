"""Contrasts that share a control arm, and their pool, against metafor and exact algebra."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.linalg import block_diag

from evidence_review.stats.multi_arm import (
    mean_differences,
    pool_correlated,
    shared_control_covariance,
    standardized_mean_differences,
)
from evidence_review.stats.synthesis import random_effects

FIELDS = {
    "estimate": "b",
    "se": "se",
    "statistic": "z",
    "p": "p",
    "ci_low": "ci_lb",
    "ci_high": "ci_ub",
    "tau2": "tau2",
    "q": "QE",
    "q_p": "QEp",
}


@pytest.fixture(scope="module")
def three_arms(reference):
    """The invented trial of two active arms and placebo, and what metafor says of it."""
    case = reference("multiarm_a")
    return [case["inputs"][name] for name in ("m", "sd", "n")], case["output"]


def test_mean_differences(three_arms):
    """metafor's vcalc takes the covariance from the sizes alone; this is the exact one."""
    given, output = three_arms
    estimates, covariance = mean_differences(*given)
    assert_allclose(estimates, output["contrasts_vs_placebo"]["MD"], rtol=1e-8)
    assert_allclose(covariance, output["contrasts_vs_placebo"]["V"], rtol=1e-8)


def test_the_covariance_from_sizes_is_vcalcs(three_arms):
    given, output = three_arms
    _, covariance = mean_differences(*given)
    found = shared_control_covariance(np.diag(covariance), given[2][:2], given[2][2])
    assert_allclose(found, output["vcalc_approx"], rtol=1e-8)


def test_the_covariance_from_sizes_is_exact_where_arms_have_one_sd(three_arms):
    given, _ = three_arms
    _, exact = mean_differences(*given, pool_sds=True)
    found = shared_control_covariance(np.diag(exact), given[2][:2], given[2][2])
    assert_allclose(found, exact, rtol=1e-12)


def test_one_sd_for_all_arms(three_arms):
    given, output = three_arms
    expected = output["pooled_sd"]
    estimates, covariance = mean_differences(*given, pool_sds=True)
    assert_allclose(covariance, expected["V"], rtol=1e-8)
    se = np.sqrt(np.diag(covariance))
    df = sum(given[2]) - len(given[2])
    half = stats.t.ppf(0.975, df) * se
    assert df == expected["df"]
    assert_allclose(estimates / se, expected["t"], rtol=1e-8)
    assert_allclose(2 * stats.t.sf(np.abs(estimates / se), df), expected["p"], rtol=1e-8)
    assert_allclose(estimates - half, expected["ci_lb"], rtol=1e-8)
    assert_allclose(estimates + half, expected["ci_ub"], rtol=1e-8)


def test_the_two_active_arms_compared(three_arms):
    """The placebo arm cancels, in the difference and in its variance."""
    given, output = three_arms
    estimates, covariance = mean_differences(*given)
    contrast = np.array([1.0, -1.0])
    expected = output["arm1_vs_arm2"]
    variance = contrast @ covariance @ contrast
    assert_allclose([contrast @ estimates, variance], [expected["MD"], expected["var"]], rtol=1e-8)
    assert_allclose(contrast @ estimates / np.sqrt(variance), expected["z"], rtol=1e-8)


def test_gleser_and_olkin(three_arms):
    given, output = three_arms
    g, covariance = standardized_mean_differences(*given)
    expected = output["smd_vs_placebo_gleser_olkin"]
    assert_allclose(g, expected["g"], rtol=1e-8)
    assert_allclose(np.diag(covariance), expected["v"], rtol=1e-8)
    assert_allclose(covariance[0, 1], expected["cov"], rtol=1e-8)
    assert_allclose(covariance, covariance.T)


def test_a_common_effect(three_arms):
    given, output = three_arms
    expected = output["rma_mv_EE_pooled_active_vs_placebo"]
    pool = pool_correlated(*mean_differences(*given))
    for own in ("estimate", "se", "q", "q_p"):
        assert_allclose(getattr(pool, own), expected[FIELDS[own]], rtol=1e-8)


@pytest.mark.parametrize("method", ["EE", "REML"])
def test_five_trials(reference, method):
    case = reference("multiarm_random")
    given, expected = case["inputs"], case["output"][method]
    covariance = block_diag(*given["V_blocks"])
    trials = given["trial"] if method == "REML" else None
    pool = pool_correlated(given["yi"], covariance, trials=trials)
    for own, theirs in FIELDS.items():
        assert_allclose(getattr(pool, own), expected[theirs], rtol=1e-7, atol=1e-12)


def test_trials_of_two_arms_are_the_ordinary_pool():
    y, v = np.array([-4.0, 1.0, -9.0, 3.0]), np.array([1.0, 2.0, 1.5, 3.0])
    pool, plain = pool_correlated(y, np.diag(v), trials="abcd"), random_effects(y, v, ci="z")
    assert plain.tau2 > 0
    for name in ("estimate", "se", "ci_low", "p", "tau2", "q", "q_p"):
        assert_allclose(getattr(pool, name), getattr(plain, name), rtol=1e-9)


def test_people_are_counted_once():
    """An arm split in two like halves, each against the control: the trial with the arm whole."""
    whole = mean_differences([18.0, 25.0], [9.0, 10.0], [40, 40])
    halves = mean_differences([18.0, 18.0, 25.0], [9.0, 9.0, 10.0], [20, 20, 40])
    pool = pool_correlated(*halves)
    assert_allclose([pool.estimate, pool.se**2], [whole[0].item(), whole[1].item()], rtol=1e-12)


def test_one_contrast_is_itself():
    pool = pool_correlated([-3.0], [[0.25]], trials=["a"])
    assert (pool.k, pool.estimate, pool.se) == (1, -3.0, 0.5)
    assert np.isnan([pool.tau2, pool.q_p]).all()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (([1.0, 2.0], [1.0, 1.0], [10, 1]), "sizes must be finite and above 1; .* position 1"),
        (([1.0, 2.0], [1.0, 0.0], [10, 10]), "sds must be finite and above 0; .* position 1"),
        (([np.nan, 2.0], [1.0, 1.0], [10, 10]), "means must be finite; .* position 0"),
        (([1.0], [1.0], [10]), "at least 2, the control last"),
    ],
)
def test_arms_that_cannot_be(given, says):
    with pytest.raises(ValueError, match=says):
        mean_differences(*given)


@pytest.mark.parametrize(
    ("covariance", "options", "says"),
    [
        ([[1.0, 0.5], [0.4, 1.0]], {}, "symmetric"),
        ([[1.0]], {}, "symmetric, 2 by 2"),
        ([[1.0, 1.0], [1.0, 1.0]], {}, "positive definite"),
        ([[1.0, 0.0], [0.0, -1.0]], {}, "variances must be finite and above 0"),
        (np.eye(2), {"trials": ["a"]}, "trial of each of 2 effects"),
    ],
)
def test_covariances_that_cannot_be(covariance, options, says):
    with pytest.raises(ValueError, match=says):
        pool_correlated([1.0, 2.0], covariance, **options)
