"""Random-effects pooling and meta-regression against metafor, and as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence_review.stats.synthesis import (
    INTERVALS,
    TAU2_ESTIMATORS,
    meta_regression,
    random_effects,
)

CASES = (
    "fit_bcg_logrr_k13",
    "fit_boundary_tau2zero_k4",
    "fit_identical_effects_k3",
    "fit_large_heterogeneity_k5",
    "fit_one_dominant_study_k4",
    "fit_small_k2_a",
    "fit_small_k2_c",
    "fit_small_k3_a",
    "fit_small_k4_a",
    "fit_small_k5_a",
    "fit_small_k6_a",
)
METAFOR = {"z": "z", "t": "t", "knha": "knha", "knha-adhoc": "adhoc"}
FIELDS = {
    "estimate": "b",
    "se": "se",
    "ci_low": "ci_lb",
    "ci_high": "ci_ub",
    "pi_low": "pi_lb",
    "pi_high": "pi_ub",
}


@pytest.mark.parametrize("tau2", TAU2_ESTIMATORS)
@pytest.mark.parametrize("name", CASES)
def test_fits(reference, name, tau2):
    case = reference(name)
    y, v = case["inputs"]["yi"], case["inputs"]["vi"]
    for ci in INTERVALS:
        expected = case["output"]["fits"][tau2][METAFOR[ci]]
        fit = random_effects(y, v, tau2=tau2, ci=ci)
        scale = random_effects(y, v, tau2=tau2, ci="z").se
        # metafor stops iterating at 1e-13 on tau2; 1e-6 is what its rule guarantees.
        assert abs(fit.tau2 - expected["tau2"]) <= 1e-6 * max(fit.tau2, 1e-3 * np.median(v))
        for own, theirs in FIELDS.items():
            if expected[theirs] is not None:
                assert abs(getattr(fit, own) - expected[theirs]) <= 1e-6 * scale, (ci, own)
        assert_allclose(
            [fit.p, fit.q, fit.q_p], [expected[x] for x in ("p", "QE", "QEp")], rtol=1e-5
        )
        assert_allclose([fit.i2, fit.h2], [expected["I2"], expected["H2"]], rtol=1e-5, atol=1e-8)


def test_the_reference_cases_are_all_here(reference):
    """So that the check cannot shrink: every case has every estimator and interval."""
    for name in CASES:
        fits = reference(name)["output"]["fits"]
        assert all(fits[tau2].get(METAFOR[ci]) for tau2 in TAU2_ESTIMATORS for ci in INTERVALS)


def test_meta_regression(reference):
    case = reference("metareg_bcg")
    expected = case["output"]["REML|knha"]
    fit = meta_regression(
        case["inputs"]["yi"], case["inputs"]["vi"], np.transpose(case["inputs"]["X"])
    )
    se = np.array(expected["se"])
    assert abs(fit.tau2 - expected["tau2"]) <= 1e-6 * max(fit.tau2, 1e-3)
    for own, theirs in (
        ("coefficients", "b"),
        ("se", "se"),
        ("ci_low", "ci_lb"),
        ("ci_high", "ci_ub"),
    ):
        assert (np.abs(getattr(fit, own) - expected[theirs]) <= 1e-6 * se).all()
    assert_allclose(fit.p, expected["p"], rtol=1e-5)


sets = st.integers(2, 12).flatmap(
    lambda k: st.tuples(
        st.lists(st.floats(-20, 20), min_size=k, max_size=k),
        st.lists(st.floats(0.05, 30), min_size=k, max_size=k),
    )
)


@given(sets, st.sampled_from([1e-6, 1e-3, 1e3, 1e6]), st.sampled_from(TAU2_ESTIMATORS))
def test_units_do_not_matter(data, factor, tau2):
    y, v = np.array(data[0]), np.array(data[1])
    one = random_effects(y, v, tau2=tau2)
    other = random_effects(y * factor, v * factor**2, tau2=tau2)
    assert_allclose(other.estimate / factor, one.estimate, rtol=1e-9, atol=1e-9 * np.sqrt(v.min()))
    assert_allclose(other.tau2 / factor**2, one.tau2, rtol=1e-6, atol=1e-8 * np.median(v))


@given(sets, st.floats(-50, 50))
def test_a_shift_moves_the_mean_and_nothing_else(data, shift):
    y, v = np.array(data[0]), np.array(data[1])
    one, other = random_effects(y, v), random_effects(y + shift, v)
    assert_allclose(other.estimate - shift, one.estimate, atol=1e-6)
    assert_allclose(other.tau2, one.tau2, rtol=1e-5, atol=1e-6 * np.median(v))


@given(sets, st.randoms(use_true_random=False))
def test_order_does_not_matter(data, random):
    pairs = list(zip(*data, strict=True))
    random.shuffle(pairs)
    one, other = random_effects(*data), random_effects(*zip(*pairs, strict=True))
    assert_allclose(other.estimate, one.estimate, atol=1e-8)


@given(sets)
def test_reml_is_the_highest_point_of_the_likelihood(data):
    """Against a brute-force scan of the restricted likelihood, written out anew."""
    y, v = np.array(data[0]), np.array(data[1])

    def likelihood(t):
        w = 1 / (v + t)
        mean = w @ y / w.sum()
        return -0.5 * (np.log(v + t).sum() + np.log(w.sum()) + w @ (y - mean) ** 2)

    best = likelihood(random_effects(y, v).tau2)
    scan = [likelihood(t) for t in np.concatenate([[0], np.geomspace(1e-4, 1e4, 600)])]
    assert best >= max(scan) - 1e-9


def test_one_study_is_itself_and_claims_no_spread():
    fit = random_effects([-3.0], [0.25])
    assert (fit.estimate, fit.se, fit.k) == (-3.0, 0.5, 1)
    assert np.isnan([fit.tau2, fit.i2, fit.pi_low, fit.pi_high]).all()


@pytest.mark.parametrize(
    ("effects", "variances", "options", "says"),
    [
        ([], [], {}, "at least 1"),
        ([1.0, 2.0], [1.0], {}, "one length"),
        ([1.0, np.inf], [1.0, 1.0], {}, "effects must be finite; not so at position 1"),
        ([1.0, 2.0], [1.0, -1.0], {}, "variances must be finite and above 0; not so at position 1"),
        ([1.0, 2.0], [1.0, 1.0], {"level": 1.5}, "level must lie between 0 and 1"),
        ([1.0, 2.0], [1.0, 1.0], {"tau2": "XX"}, "tau2 must be one of REML"),
        ([1.0, 2.0], [1.0, 1.0], {"ci": "wald"}, "ci must be one of knha"),
    ],
)
def test_bad_input_is_named(effects, variances, options, says):
    with pytest.raises(ValueError, match=says):
        random_effects(effects, variances, **options)


def test_meta_regression_refuses_a_constant_moderator():
    with pytest.raises(ValueError, match="collinear"):
        meta_regression([1.0, 2.0, 3.0, 4.0], [1.0] * 4, np.ones((4, 1)))
