"""Pooling against meta, PyMARE and statsmodels, the published BCG example, and degenerate input.

What they have and this project has not is left out: combination tests of p-values (PyMARE's
Stouffer and Fisher), meta's interval that switches back to a normal quantile (HK-ci) and its
IQWiG rule, normal quantiles on a Hartung-Knapp standard error.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.stats.synthesis import prediction_interval, random_effects, tau2_interval

META = ("meta_bcg", "meta_k2", "meta_k3", "meta_k4_homog")
# HK-se: the wider of two standard errors with t(k - 1), the floor of Knapp & Hartung.
META_INTERVALS = {"classic": "z", "HK": "knha", "HK-se": "knha-adhoc"}


@pytest.mark.parametrize("tau2", ["DL", "PM", "REML", "SJ"])
@pytest.mark.parametrize("name", META)
def test_meta(reference, name, tau2):
    """meta's I2 and H come from Q, whatever the estimator: those of a common effect here."""
    case = reference(name)
    y, v = case["inputs"]["yi"], np.square(case["inputs"]["sei"])
    common = random_effects(y, v, tau2="EE")
    for theirs, ci in META_INTERVALS.items():
        expected = case["output"]["ci"][f"{tau2}|{theirs}"]
        fit = random_effects(y, v, tau2=tau2, ci=ci)
        for own, key in (
            ("estimate", "TE"),
            ("se", "se"),
            ("ci_low", "lower"),
            ("ci_high", "upper"),
            ("p", "p"),
            ("tau2", "tau2"),
            ("q", "Q"),
        ):
            assert_allclose(getattr(fit, own), expected[key], rtol=1e-6, atol=1e-9)
        assert fit.df == (np.inf if expected["df"] is None else expected["df"])
        assert_allclose(common.i2 / 100, expected["I2"], rtol=1e-8)
        assert_allclose(max(1.0, np.sqrt(common.h2)), expected["H"], rtol=1e-8)
        # For DL meta takes Jackson's interval; Q-profile comes at metafor's default tolerance.
        if tau2 != "DL" and expected["tau2_ci"][0] is not None:
            found = tau2_interval(y, v)
            assert_allclose([found.low, found.high], expected["tau2_ci"], rtol=1e-3)


@pytest.mark.parametrize("name", META)
@pytest.mark.parametrize(
    ("theirs", "ci", "df"),
    [
        ("V", "z", "k-1"),
        ("HTS", "z", "k-2"),
        ("S", "z", "normal"),
        ("HK", "knha", "k-1"),
        ("HK-PR", "knha", "k-2"),
    ],
)
def test_prediction_intervals_of_meta(reference, name, theirs, ci, df):
    case = reference(name)
    expected = case["output"]["prediction"][theirs]
    fit = random_effects(case["inputs"]["yi"], np.square(case["inputs"]["sei"]), ci=ci)
    if expected["lower"] is None:
        assert fit.k <= 3  # too few for meta, which also refuses k = 2 with HK and 3 with HK-PR
    else:
        found = prediction_interval(fit, df=df)
        assert_allclose([found.low, found.high], [expected["lower"], expected["upper"]], rtol=1e-6)


PYMARE = {"wald": "z", "knapp-hartung": "knha", "knapp-hartung-conservative": "knha-adhoc"}


@pytest.mark.parametrize("name", ["pymare_bcg", "pymare_k3"])
@pytest.mark.parametrize("estimator", ["WLS", "DL", "HE", "ML", "REML"])
def test_pymare(reference, name, estimator):
    """To 1e-6, where PyMARE's search stops. Its z beside a t interval is the normal score of p."""
    case = reference(name)
    y, v = case["inputs"]["yi"], case["inputs"]["vi"]
    tau2 = "EE" if estimator == "WLS" else estimator
    common = random_effects(y, v, tau2="EE")
    spread = tau2_interval(y, v)
    for theirs, ci in PYMARE.items():
        expected = case["output"][f"{estimator}|{theirs}"]
        fit = random_effects(y, v, tau2=tau2, ci=ci)
        for own, key in (
            (fit.estimate, "est"),
            (fit.se, "se"),
            (fit.ci_low, "ci_l"),
            (fit.ci_high, "ci_u"),
            (fit.p, "p"),
            (fit.tau2, "tau2"),
            (fit.q, "Q"),
            (fit.q_p, "p(Q)"),
            (common.i2, "I^2"),  # from Q, as in meta
            (np.sqrt(common.h2), "H"),
            (spread.low, "re_ci_l"),
            (spread.high, "re_ci_u"),
        ):
            assert_allclose(own, expected[key], rtol=1e-6, atol=1e-9)
        if ci == "z":
            assert_allclose(fit.statistic, expected["z"], rtol=1e-6)


@pytest.mark.parametrize("name", ["statsmodels_bcg", "statsmodels_k3", "statsmodels_k4_homog"])
def test_statsmodels(reference, name):
    """statsmodels does not truncate: neither I2 nor the tau2 of DerSimonian & Laird, which is
    negative on homogeneous studies and leaves it without standard errors; here it is 0."""
    case = reference(name)
    y, v = case["inputs"]["yi"], case["inputs"]["vi"]
    output = case["output"]
    fixed = random_effects(y, v, tau2="EE", ci="z")
    for method, tau2 in (("iterated", "PM"), ("chi2", "DL")):
        expected = output[method]
        tight = output["iterated_tight"] if tau2 == "PM" else expected
        assert_allclose(fixed.estimate, expected["mean_fe"], rtol=1e-8)
        assert_allclose(fixed.se, expected["sd_fe"], rtol=1e-8)
        assert_allclose(fixed.q, expected["q"], rtol=1e-8)
        assert_allclose(fixed.q_p, expected["homogeneity_p"], rtol=1e-8)
        assert_allclose(fixed.h2, expected["h2"], rtol=1e-8)
        assert_allclose(fixed.i2 / 100, max(0.0, expected["i2"]), rtol=1e-8)
        z, t, hk = (random_effects(y, v, tau2=tau2, ci=ci) for ci in ("z", "t", "knha"))
        if expected["tau2"] < 0:
            assert (z.tau2, z.estimate, z.se) == (0.0, fixed.estimate, fixed.se)
            continue
        for own, key in (
            (z.tau2, "tau2"),
            (z.estimate, "mean_re"),
            (z.se, "sd_re"),
            (hk.se, "sd_re_hksj"),
        ):
            assert_allclose(own, tight[key], rtol=1e-8)
        fixed_t, fixed_hk = (random_effects(y, v, tau2="EE", ci=ci) for ci in ("t", "knha"))
        assert_allclose(fixed_hk.se, expected["sd_fe_hksj"], rtol=1e-8)
        # rows: common effect, random effects, and both with a Hartung-Knapp standard error
        for fit, row in ((fixed_t, 0), (t, 1), (fixed_hk, 2), (hk, 3)):
            assert_allclose([fit.ci_low, fit.ci_high], expected["t_ci"][row], rtol=1e-6)
        for fit, row in ((fixed, 0), (z, 1)):
            assert_allclose([fit.ci_low, fit.ci_high], expected["normal_ci"][row], rtol=1e-5)


def test_viechtbauer_2010(reference):
    """The BCG example as printed in J Stat Softw 36(3), and to ten digits."""
    case = reference("pub_bcg_viechtbauer2010")
    y, v = case["inputs"]["yi"], case["inputs"]["vi"]
    fit, spread = random_effects(y, v, ci="z"), tau2_interval(y, v)
    own = {
        "b": fit.estimate,
        "se": fit.se,
        "z": fit.statistic,
        "ci": [fit.ci_low, fit.ci_high],
        "tau2": fit.tau2,
        "se_tau2": fit.tau2_se,
        "I2": fit.i2,
        "H2": fit.h2,
        "QE": fit.q,
        "pi": [fit.pi_low, fit.pi_high],
        "tau2_QP": [spread.low, spread.high],
    }
    for key, expected in case["output"]["recomputed_10_digits"].items():
        assert_allclose(own[key], expected, rtol=1e-7)
    own["tau2_QP_ci"] = own.pop("tau2_QP")
    decimals = {"I2": 2, "H2": 2, "QE": 3}
    for key, printed in case["output"]["published"].items():
        assert_allclose(own[key], printed, rtol=0, atol=0.5001 * 10.0 ** -decimals.get(key, 4))


def test_degenerate_input(reference):
    """One study is itself; but it has no tau2 and no I2, where metafor says 0."""
    output = reference("edge_degenerate")["output"]
    for key in ("k1_EE", "k1_DL", "k1_REML", "k1_PM"):
        expected = output[key]
        fit = random_effects([-0.4], [0.04], tau2=expected["method_used"])
        assert_allclose([fit.estimate, fit.se, fit.q], [expected["b"], expected["se"], 0.0])
        assert np.isnan([fit.tau2, fit.i2]).all()
    alone = random_effects([-0.4], [0.04], ci="knha")
    assert_allclose([alone.ci_low, alone.ci_high], output["k1_knha"]["ci"], rtol=1e-8)
    # metafor leaves out a study with anything missing and carries on; here both must be.
    expected = output["na_rows"]
    fit = random_effects([0.1, np.nan], [0.04, np.nan])
    assert (fit.k, fit.estimate) == (expected["k"], expected["b"])
    for variances in ([0.04, 0.0, 0.05], [0.04, -0.01, 0.05]):
        with pytest.raises(ValueError, match="variances must be finite and above 0"):
            random_effects([0.1, 0.2, 0.3], variances)


def test_two_studies_by_hartung_and_knapp(reference):
    """One degree of freedom: an interval that says how little two studies say."""
    expected = reference("edge_degenerate")["output"]["k2_knha"]
    given = reference("meta_k2")["inputs"]  # the same two studies
    fit = random_effects(given["yi"], np.square(given["sei"]))
    assert_allclose(
        [fit.estimate, fit.se, fit.ci_low, fit.ci_high, fit.df],
        [expected["b"], expected["se"], *expected["ci"], expected["df"]],
        rtol=1e-8,
    )
