"""Intervals for tau2 and for a new study, leave-one-out, cumulative, influence, against metafor."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.stats.influence import cumulative, influence, leave_one_out
from evidence_review.stats.synthesis import prediction_interval, random_effects, tau2_interval

from .test_random_effects_metafor import CASES


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    ("method", "key"),
    [("Q-profile", "QP_REML"), ("profile-REML", "PL_REML"), ("profile-ML", "PL_ML")],
)
def test_interval_of_tau2(reference, name, method, key):
    """To 1e-6 of the limit, or of the studies' own variance: metafor's search stops there."""
    case = reference(name)
    y, v = case["inputs"]["yi"], case["inputs"]["vi"]
    expected = case["output"]["confint"].get(key)
    if not isinstance(expected, dict) or expected["tau2"][1] is None:
        pytest.fail(f"the reference has no {key} for {name}")
    found = tau2_interval(y, v, method=method)
    for own, theirs in zip((found.low, found.high), expected["tau2"][1:], strict=True):
        assert abs(own - theirs) <= 1e-6 * max(theirs, np.median(v))


@pytest.mark.parametrize("name", ["predint_bcg", "predint_k2", "predint_k3"])
@pytest.mark.parametrize("tau2", ["REML", "DL", "PM"])
@pytest.mark.parametrize("ci", ["z", "knha"])
def test_prediction_intervals(reference, name, tau2, ci):
    case = reference(name)
    fit = random_effects(case["inputs"]["yi"], case["inputs"]["vi"], tau2=tau2, ci=ci)
    expected = case["output"]["prediction_intervals"]
    for df, kind in (("k-2", "Riley"), ("k-1", "t")):
        entry = expected[f"{tau2}|{ci}|{kind}"]
        found = prediction_interval(fit, df=df)
        if df == "k-2" and fit.k == 2:
            assert np.isnan(
                found.low
            )  # metafor falls back to one degree of freedom; there are none
        else:
            assert_allclose([found.low, found.high], [entry["pi_lb"], entry["pi_ub"]], rtol=1e-6)
    entry = expected[f"{tau2}|{ci}|default"]
    assert_allclose([fit.pi_low, fit.pi_high], [entry["pi_lb"], entry["pi_ub"]], rtol=1e-6)


@pytest.mark.parametrize("name", ["diag_bcg", "diag_small_k6"])
def test_leave_one_out(reference, name):
    case = reference(name)
    y, v = case["inputs"]["yi"], case["inputs"]["vi"]
    for tau2, ci, key in (
        ("REML", "z", "leave1out_REML"),
        ("REML", "knha", "leave1out_REML_knha"),
        ("DL", "z", "leave1out_DL"),
    ):
        expected = case["output"][key]
        found = leave_one_out(y, v, tau2=tau2, ci=ci)
        for own, theirs in (
            ("estimate", "estimate"),
            ("se", "se"),
            ("ci_low", "ci_lb"),
            ("ci_high", "ci_ub"),
            ("q", "Q"),
            ("tau2", "tau2"),
            ("i2", "I2"),
        ):
            assert_allclose(getattr(found, own), expected[theirs], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("tau2", ["REML", "ML"])
@pytest.mark.parametrize("seed", range(20))
def test_many_sets_at_once_give_what_each_gives_alone(tau2, seed):
    """Where variances differ a millionfold, the likelihood of many sets is looked at more closely."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(4, 23))
    v = 10.0 ** rng.uniform(-6, -2, k)
    y = rng.normal(-0.03, np.sqrt(v + 5e-4))
    together = leave_one_out(y, v, tau2=tau2).tau2
    alone = [random_effects(np.delete(y, i), np.delete(v, i), tau2=tau2).tau2 for i in range(k)]
    assert_allclose(together, alone, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("name", ["diag_bcg", "diag_small_k6"])
def test_influence(reference, name):
    case = reference(name)
    found = influence(case["inputs"]["yi"], case["inputs"]["vi"])
    expected = case["output"]["influence_REML"]
    for own, theirs in (
        ("rstudent", "rstudent"),
        ("dffits", "dffits"),
        ("cooks_distance", "cook_d"),
        ("covariance_ratio", "cov_r"),
        ("hat", "hat"),
        ("tau2_deleted", "tau2_del"),
        ("q_deleted", "QE_del"),
    ):
        assert_allclose(getattr(found, own), expected[theirs], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["diag_bcg", "diag_small_k6"])
def test_cumulative(reference, name):
    case = reference(name)
    found = cumulative(case["inputs"]["yi"], case["inputs"]["vi"], tau2="DL", ci="z")
    expected = case["output"]["cumulative_DL"]
    for own, theirs in (
        ("estimate", "estimate"),
        ("se", "se"),
        ("ci_low", "ci_lb"),
        ("ci_high", "ci_ub"),
    ):
        assert_allclose(getattr(found, own), expected[theirs], rtol=1e-6)


def test_the_last_of_a_cumulative_pool_is_the_pool():
    y, v = [-0.4, 0.1, -0.9, 0.3], [0.1, 0.2, 0.15, 0.3]
    assert_allclose(cumulative(y, v).estimate[-1], random_effects(y, v).estimate, rtol=1e-12)


def test_too_few_studies_are_refused():
    with pytest.raises(ValueError, match="at least 3 studies"):
        influence([1.0, 2.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="at least 2 studies"):
        tau2_interval([1.0], [1.0])
    with pytest.raises(ValueError, match="'Q-profile'"):
        tau2_interval([1.0, 2.0], [1.0, 1.0], method="wald")


def test_two_studies_have_no_interval_by_k_minus_2():
    assert np.isnan(prediction_interval(random_effects([1.0, 2.0], [1.0, 1.0])).low)
