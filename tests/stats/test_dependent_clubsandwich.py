"""Several effects of one trial against metafor and clubSandwich, exact algebra, and simulation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.stats.dependent import (
    combine_within_trials,
    pool_dependent,
    within_trial_covariance,
)
from evidence_review.stats.synthesis import random_effects


@pytest.fixture(scope="module")
def schools(reference):
    """56 effects of school calendars in 11 districts (Konstantopoulos 2011)."""
    case = reference("rve_konstantopoulos2011")
    given = case["inputs"]
    return np.array(given["yi"]), np.array(given["vi"]), given["study"], case["output"]


def test_three_levels(schools):
    y, v, trials, output = schools
    pool, expected = pool_dependent(y, np.diag(v), trials), output["three_level"]
    found = [pool.estimate, pool.model_se, pool.tau2_trials, pool.tau2_effects]
    assert_allclose(found, [expected["b"], expected["se"], *expected["sigma2"]], rtol=1e-5)
    assert_allclose(pool.log_likelihood, expected["logLik"], rtol=1e-8)


def test_cr2_with_satterthwaite_s_degrees_of_freedom(schools):
    y, v, trials, output = schools
    pool, expected = pool_dependent(y, np.diag(v), trials), output["CR2_satterthwaite"]
    assert_allclose(
        [pool.estimate, pool.se, pool.statistic, pool.df, pool.p],
        [expected[name] for name in ("b", "se", "t", "df", "p")],
        rtol=1e-6,
    )


def test_a_correlation_within_trials(schools):
    y, v, trials, output = schools
    covariance = within_trial_covariance(v, trials, 0.6)
    assert_allclose(covariance[:4, :4], output["V_rho0.6_first_rows"], rtol=1e-9)
    pool, expected = pool_dependent(y, covariance, trials), output["three_level_V"]
    found = [pool.estimate, pool.model_se, pool.tau2_trials, pool.tau2_effects]
    assert_allclose(found, [expected["b"], expected["se"], *expected["sigma2"]], rtol=1e-5)
    assert_allclose(pool.log_likelihood, expected["logLik"], rtol=1e-8)


def test_one_effect_a_trial(schools):
    y, v, trials, output = schools
    covariance = within_trial_covariance(v, trials, 0.6)
    effects, variances = combine_within_trials(y, covariance, trials)
    expected = output["aggregate_rho0.6"]
    assert [str(trial) for trial in dict.fromkeys(trials)] == expected["study"]
    assert_allclose(effects, expected["yi"], rtol=1e-8)
    assert_allclose(variances, expected["vi"], rtol=1e-8)


def test_trials_of_one_effect_are_the_ordinary_pool():
    y, v = np.array([-4.0, 1.0, -9.0, 3.0]), np.array([1.0, 2.0, 1.5, 3.0])
    pool, plain = pool_dependent(y, np.diag(v), "abcd"), random_effects(y, v, ci="z")
    assert plain.tau2 > 0
    assert_allclose(
        [pool.estimate, pool.model_se, pool.tau2_trials, pool.tau2_effects],
        [plain.estimate, plain.se, plain.tau2, 0.0],
        rtol=1e-8,
    )


def test_equal_trials_are_student_s_t():
    """Balanced and alike: CR2 is the t interval of the trials' means, k - 1 degrees of freedom."""
    from scipy import stats

    y = np.array([1.0, 2.0, 4.0, 3.0, 0.0, -1.0, 2.0, 2.5])
    pool = pool_dependent(y, 0.3 * np.eye(8), [0, 0, 1, 1, 2, 2, 3, 3])
    means = y.reshape(4, 2).mean(1)
    low, high = stats.t.interval(0.95, 3, means.mean(), means.std(ddof=1) / 2)
    assert_allclose([pool.df, pool.ci_low, pool.ci_high], [3, low, high], rtol=1e-8)


@pytest.mark.parametrize("factor", [1e-6, 1e5])
def test_units_do_not_matter(schools, factor):
    y, v, trials, _ = schools
    one = pool_dependent(y, np.diag(v), trials)
    other = pool_dependent(y * factor, np.diag(v) * factor**2, trials)
    assert_allclose(
        [other.estimate / factor, other.se / factor, other.df, other.tau2_effects / factor**2],
        [one.estimate, one.se, one.df, one.tau2_effects],
        rtol=1e-7,
    )


@pytest.mark.slow
def test_a_wrong_covariance_keeps_the_coverage():
    """Eight trials of three outcomes that correlate by 0.8, taken as independent."""
    rng = np.random.default_rng(4)
    trials, covered, rounds = np.repeat(np.arange(8), 3), 0, 120
    true = within_trial_covariance(np.full(24, 0.2), list(trials), 0.8)
    root = np.linalg.cholesky(true)
    for _ in range(rounds):
        y = root @ rng.normal(size=24) + np.repeat(rng.normal(0, 0.4, 8), 3)
        pool = pool_dependent(y, np.diag(np.diag(true)), list(trials))
        covered += pool.ci_low <= 0 <= pool.ci_high
    # Three standard errors of a simulated 95%.
    assert abs(covered / rounds - 0.95) < 3 * np.sqrt(0.95 * 0.05 / rounds)


@pytest.mark.parametrize(
    ("covariance", "trials", "says"),
    [
        (np.eye(3), ["a", "b"], "trial of each of 3 effects"),
        (np.eye(3), ["a", "a", "a"], "at least two trials"),
        (np.eye(2), ["a", "a", "b"], "symmetric, 3 by 3"),
        ([[1, 0, 0.5], [0, 1, 0], [0.5, 0, 1]], ["a", "a", "b"], "0 between trials"),
        ([[1, 1, 0], [1, 1, 0], [0, 0, 1]], ["a", "a", "b"], "positive definite"),
        (np.diag([1.0, 0.0, 1.0]), ["a", "a", "b"], "variances must be finite and above 0"),
    ],
)
def test_bad_input_is_named(covariance, trials, says):
    with pytest.raises(ValueError, match=says):
        pool_dependent([1.0, 2.0, 3.0], covariance, trials)


def test_a_correlation_that_cannot_be():
    with pytest.raises(ValueError, match="from 0 to below 1"):
        within_trial_covariance([1.0, 1.0], ["a", "a"], 1.0)
