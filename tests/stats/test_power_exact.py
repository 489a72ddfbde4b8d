"""The power of t-tests against the noncentral t by definition, R, and simulation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special, stats

from evidence_review.stats.power import student_t, t_test_power

NODES, WEIGHTS = np.polynomial.legendre.leggauss(80)


def by_definition(shift, df, alpha, spread=0.0):
    """P((shift + sqrt(1 + spread^2) Z) / S > t) by Gauss-Legendre panels over chi = S sqrt(df)."""
    critical = float(stats.t.isf(alpha, df))
    log_constant = (1 - df / 2) * np.log(2) - special.gammaln(df / 2)
    middle = np.sqrt(df)
    edges = np.array([0, *(middle + k for k in range(-12, 41) if middle + k > 0)])
    low, half = edges[:-1, None], np.diff(edges)[:, None] / 2
    chi = low + half * (1 + NODES)
    density = np.exp(log_constant + (df - 1) * np.log(chi) - chi**2 / 2)
    z = (shift - critical * chi / np.sqrt(df)) / np.sqrt(1 + spread**2)
    return float(np.sum(half * WEIGHTS * density * special.ndtr(z)))


@pytest.mark.parametrize("df", [1, 2, 3, 11, 99, 599])
@pytest.mark.parametrize("shift", [-60.0, -1.0, 0.0, 2.5, 12.0, 300.0])
def test_noncentral_t_in_both_tails(df, shift):
    """Also where scipy's noncentral t has no answer."""
    assert_allclose(t_test_power(shift, df, 0.025), by_definition(shift, df, 0.025), atol=1e-10)


@pytest.mark.parametrize("spread", [0.1, 3.0, 50.0])
def test_a_normal_belief_about_the_effect(spread):
    found = t_test_power(4.0, 7, 0.025, spread=spread)
    assert_allclose(found, by_definition(4.0, 7, 0.025, spread), atol=1e-10)


def test_no_effect_is_significant_by_chance_alone():
    assert_allclose(t_test_power(0.0, 5, 0.025), 0.025, rtol=1e-9)


def test_power_of_r():
    """R 4.2.2: power.t.test(n = 20, delta = 1, sd = 1)."""
    assert_allclose(t_test_power(np.sqrt(20 / 2), 38, 0.025), 0.8689528, atol=5e-8)


@pytest.mark.parametrize("df", [0.5, 1.0, 3.0, 40.0])
def test_t_is_a_mixture_of_normals(df):
    x = stats.t.ppf([1e-6, 0.01, 0.4, 0.5, 0.975, 1 - 1e-6], df, -6.0, 2.0)
    found = student_t(df, -6.0, 2.0)
    assert_allclose(found.cdf(x), stats.t.cdf(x, df, -6.0, 2.0), rtol=1e-9)
    assert_allclose(found.pdf(x), stats.t.pdf(x, df, -6.0, 2.0), rtol=1e-9)


def test_infinite_degrees_of_freedom_are_the_normal():
    assert_allclose(
        student_t(np.inf, 1.0, 2.0).quantile(0.9), stats.norm.ppf(0.9, 1, 2), rtol=1e-10
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((np.nan, 5, 0.025), "shift must be finite"),
        ((1.0, 0, 0.025), "df must be above 0"),
        ((1.0, np.nan, 0.025), "df must be above 0"),
        ((1.0, 5, 0.0), "alpha must be between 0 and 1"),
    ],
)
def test_bad_input_is_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        t_test_power(*arguments)
    with pytest.raises(ValueError, match="spread must be finite and not negative"):
        t_test_power(1.0, 5, 0.025, spread=-1.0)
