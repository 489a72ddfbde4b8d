"""Standard errors, SDs and p-values from printed figures; bounds from an omnibus P."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from evidence_review.stats.recover import (
    f_from_p,
    p_from_ci,
    rounding_interval,
    sd_of_change,
    se_from_ci,
    standardised_range_from_omnibus,
    two_sided_p,
)


def test_metafor_and_handbook_recoveries(reference):
    case = reference("es_recover_a")
    given, expected = case["inputs"], case["output"]
    for i, level in enumerate(given["level"]):
        se = se_from_ci(given["lo"][i], given["hi"][i], level=level / 100).value
        assert_allclose(se**2, expected["from_ci"]["vi"][i], rtol=1e-8)
        df = given["n1"][i] + given["n2"][i] - 2
        by_t = se_from_ci(given["lo"][i], given["hi"][i], level=level / 100, df=df).value
        assert_allclose(by_t, expected["t_based"]["se_from_ci_t"][i], rtol=1e-8)
    assert_allclose(
        sd_of_change(given["sd0"], given["sd1"], given["r"]),
        expected["change_sd_from_r"],
        rtol=1e-8,
    )


def test_a_p_goes_back_to_its_interval():
    se, df = 1.7, 20
    half = stats.t.ppf(0.975, df) * se
    p = p_from_ci(-3.0, -3.0 - half, -3.0 + half, df=df)
    assert_allclose(p.value, two_sided_p(-3.0, se, df=df), rtol=1e-12)
    assert p.low == p.value == p.high


def test_the_range_covers_everything_that_prints_the_same():
    rng = np.random.default_rng(1)
    printed = p_from_ci(-6.67, -11.0, -2.33, df=11, decimals=(2, 0, 2))
    estimates = rng.uniform(*rounding_interval(-6.67, 2), 2000)
    lows = rng.uniform(*rounding_interval(-11, 0), 2000)
    highs = rng.uniform(*rounding_interval(-2.33, 2), 2000)
    drawn = [
        p_from_ci(e, lo, hi, df=11).value for e, lo, hi in zip(estimates, lows, highs, strict=True)
    ]
    assert printed.low <= min(drawn)
    assert max(drawn) <= printed.high
    # and not wider than needed: the draws fill most of it
    assert (max(drawn) - min(drawn)) / (printed.high - printed.low) > 0.9


@pytest.mark.parametrize("bad", [{"level": 1.0}, {"level": 0.0}])
def test_level_must_lie_inside(bad):
    with pytest.raises(ValueError, match="level"):
        se_from_ci(1.0, 2.0, **bad)


def test_limits_must_be_in_order():
    with pytest.raises(ValueError, match="ci_low must be below ci_high"):
        se_from_ci(2.0, 1.0)


def anova_f(means: np.ndarray, sizes: np.ndarray) -> float:
    """F of a one-way analysis of variance with unit within-group variance."""
    grand = np.average(means, weights=sizes)
    return float(sizes @ (means - grand) ** 2 / (len(sizes) - 1))


@pytest.mark.parametrize(
    "sizes", [(25, 25, 25), (10, 30, 20), (12, 7, 40, 9), (15, 15), (5, 50, 5, 30, 8)]
)
def test_omnibus_bounds_hold_and_are_reached(sizes):
    """By brute force: scale every arrangement of means to the F, and look at best minus worst."""
    f, n = 7.61, np.array(sizes, float)
    low, high = standardised_range_from_omnibus(f, n)
    grid = np.linspace(0, 1, 21)
    differences = []
    for inner in itertools.product(grid, repeat=len(n) - 2):
        if list(inner) != sorted(inner, reverse=True):
            continue
        means = np.array([1.0, *inner, 0.0])
        differences.append(np.sqrt(f / anova_f(means, n)))
    assert low <= min(differences) + 1e-12
    assert max(differences) <= high + 1e-12
    assert_allclose(min(differences), low, rtol=1e-9)  # the smallest is at a corner, on the grid
    assert_allclose(max(differences), high, rtol=5e-3)


def test_two_groups_are_the_t_test():
    """With two groups F = t^2, so that d = t sqrt(1/n1 + 1/n2)."""
    t = 2.4
    low, high = standardised_range_from_omnibus(t**2, [12, 30])
    assert_allclose([low, high], t * np.sqrt(1 / 12 + 1 / 30), rtol=1e-12)


def test_f_goes_back_to_its_p():
    assert_allclose(stats.f.sf(f_from_p(0.001, 2, 72), 2, 72), 0.001, rtol=1e-10)


@pytest.mark.parametrize(("f", "sizes"), [(-1.0, [5, 5]), (2.0, [5]), (2.0, [5, 0])])
def test_omnibus_bad_input(f, sizes):
    with pytest.raises(ValueError, match=r"must not be negative|two or more groups"):
        standardised_range_from_omnibus(f, sizes)
