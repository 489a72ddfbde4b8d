"""Random-effects pooling against metafor, and as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence_review.stats.synthesis import random_effects
from evidence_review.stats.tau2 import TAU2_ESTIMATORS

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
METAFOR_ESTIMATORS = ("EE", "DL", "HE", "HS", "SJ", "PM", "EB", "ML", "REML")
METAFOR = {"z": "z", "t": "t", "knha": "knha", "knha-adhoc": "adhoc"}
FIELDS = {
    "estimate": "b",
    "se": "se",
    "ci_low": "ci_lb",
    "ci_high": "ci_ub",
    "pi_low": "pi_lb",
    "pi_high": "pi_ub",
}


@pytest.mark.parametrize("tau2", METAFOR_ESTIMATORS)
@pytest.mark.parametrize("name", CASES)
def test_fits(reference, name, tau2):
    """To 1e-8, or to the ten digits that the reference prints where it is large beside its se."""
    case = reference(name)
    y, v = case["inputs"]["yi"], case["inputs"]["vi"]
    z = random_effects(y, v, tau2=tau2, ci="z").se
    for ci, test in METAFOR.items():
        expected = case["output"]["fits"][tau2][test]
        fit = random_effects(y, v, tau2=tau2, ci=ci)
        assert abs(fit.tau2 - expected["tau2"]) <= 1e-8 * max(fit.tau2, 1e-3 * np.median(v))
        for own, theirs in FIELDS.items():
            if expected[theirs] is not None:
                assert abs(getattr(fit, own) - expected[theirs]) <= 1e-7 * z, (ci, own)
        for own, theirs in RATIOS.items():
            if expected[theirs] is not None:
                assert_allclose(getattr(fit, own), expected[theirs], rtol=1e-7, atol=1e-10)


@pytest.fixture(scope="module")
def batch(reference):
    """400 random sets of 2 to 20 studies as one ragged batch, nan for an absent study."""
    sets = reference("batch_400_open")["output"]["sets"]
    y = np.full((len(sets), max(len(s["yi"]) for s in sets)), np.nan)
    v = y.copy()
    for row, s in enumerate(sets):
        y[row, : len(s["yi"])], v[row, : len(s["yi"])] = s["yi"], np.square(s["sei"])
    return y, v, sets


@pytest.mark.parametrize("tau2", METAFOR_ESTIMATORS[1:])
def test_a_ragged_batch_finds_the_global_optimum(batch, tau2):
    """Against an independent scan of 4000 points (REML, ML, PM, EB) and metafor (the rest)."""
    y, v, sets = batch
    fit = random_effects(y, v, tau2=tau2, ci="z")
    expected = {name: np.array([s[tau2][name] for s in sets]) for name in ("tau2", "b", "se")}
    scale = np.maximum(fit.tau2, 1e-3 * np.nanmedian(v, axis=1))
    assert (np.abs(fit.tau2 - expected["tau2"]) <= 1e-7 * scale).all()
    assert (np.abs(fit.estimate - expected["b"]) <= 1e-7 * fit.se).all()
    assert_allclose(fit.se, expected["se"], rtol=1e-7)


def test_hartung_knapp_in_a_batch(batch):
    y, v, sets = batch
    for ci, name in (("knha", "se_hk"), ("knha-adhoc", "se_hk_modified")):
        expected = np.array([s["REML"][name] for s in sets])
        assert_allclose(random_effects(y, v, ci=ci).se, expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("tau2", TAU2_ESTIMATORS)
def test_a_batch_is_its_sets_one_by_one(batch, tau2):
    y, v, _ = batch
    together = random_effects(y[:40].reshape(8, 5, -1), v[:40].reshape(8, 5, -1), tau2=tau2)
    assert together.estimate.shape == (8, 5)
    for row in range(40):
        there = ~np.isnan(y[row])
        alone = random_effects(y[row, there], v[row, there], tau2=tau2)
        for name in ("estimate", "se", "ci_low", "p", "tau2", "i2", "pi_high"):
            assert_allclose(
                getattr(together, name).ravel()[row], getattr(alone, name), rtol=1e-9, atol=1e-12
            )


def test_ml_takes_the_higher_of_two_modes(reference):
    """Sets whose likelihood has two maxima: an optimiser that climbs from one start misses some."""
    sets = [
        s for s in reference("batch_400_open")["output"]["sets"] if s["ML"]["n_local_maxima"] > 1
    ]
    assert sets
    for s in sets:
        found = random_effects(s["yi"], np.square(s["sei"]), tau2="ML").tau2
        assert abs(found - s["ML"]["tau2"]) <= 1e-7 * max(
            found, 1e-3 * np.median(np.square(s["sei"]))
        )


def test_the_reference_cases_are_all_here(reference):
    """So that the check cannot shrink: every case has every estimator and interval."""
    for name in CASES:
        fits = reference(name)["output"]["fits"]
        assert all(fits[tau2].get(test) for tau2 in METAFOR_ESTIMATORS for test in METAFOR.values())


def test_every_estimator_has_reference_values(reference):
    """One that is not among METAFOR_ESTIMATORS brings its own: tests/reference/tau2_NAME.json.

    Its `sets` is a list of yi, vi, tau2 and tau2_se, and its `source` says where they come from. Sets of
    unequal vi, and one whose tau2 is 0, tell formulas apart that agree elsewhere.
    """
    for tau2 in set(TAU2_ESTIMATORS) - set(METAFOR_ESTIMATORS):
        sets = reference(f"tau2_{tau2}")["sets"]
        assert sets, tau2
        for known in sets:
            fit = random_effects(known["yi"], known["vi"], tau2=tau2)
            assert_allclose([fit.tau2, fit.tau2_se], [known["tau2"], known["tau2_se"]], rtol=1e-8)


RATIOS = {
    "statistic": "stat",
    "p": "p",
    "i2": "I2",
    "h2": "H2",
    "q": "QE",
    "q_p": "QEp",
    "tau2_se": "se_tau2",
}

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


@given(sets, st.sampled_from(["REML", "ML"]))
def test_the_estimate_is_the_highest_point_of_the_likelihood(data, tau2):
    """Against a brute-force scan of the likelihood, written out anew."""
    y, v = np.array(data[0]), np.array(data[1])

    def likelihood(t):
        w = 1 / (v + t)
        mean = w @ y / w.sum()
        restriction = np.log(w.sum()) if tau2 == "REML" else 0.0
        return -0.5 * (np.log(v + t).sum() + restriction + w @ (y - mean) ** 2)

    best = likelihood(random_effects(y, v, tau2=tau2).tau2)
    scan = [likelihood(t) for t in np.concatenate([[0], np.geomspace(1e-4, 1e4, 600)])]
    assert best >= max(scan) - 1e-9


def test_one_study_is_itself_and_claims_no_spread():
    fit = random_effects([-3.0], [0.25])
    assert (fit.estimate, fit.se, fit.k) == (-3.0, 0.5, 1)
    assert np.isnan([fit.tau2, fit.i2, fit.pi_low, fit.pi_high]).all()


@pytest.mark.parametrize(
    ("effects", "variances", "options", "says"),
    [
        ([], [], {}, "at least 1 study"),
        ([1.0, 2.0], [1.0], {}, "one shape"),
        ([[1.0, 2.0], [np.nan] * 2], [[1.0, 1.0], [np.nan] * 2], {}, "one has none"),
        ([1.0, np.nan], [1.0, 1.0], {}, "effects must be finite"),
        ([1.0, np.inf], [1.0, 1.0], {}, "effects must be finite .* not so at position 1"),
        (
            [1.0, 2.0],
            [1.0, -1.0],
            {},
            "variances must be finite and above 0 .* not so at position 1",
        ),
        (np.ma.masked_less([1.0, 2.0], 1.5), [1.0, 1.0], {}, "effects is a masked array"),
        ([1.0, 2.0], [1.0, 1.0], {"level": 1.5}, "level must lie between 0 and 1"),
        ([1.0, 2.0], [1.0, 1.0], {"tau2": "XX"}, "tau2 must be one of EE"),
        ([1.0, 2.0], [1.0, 1.0], {"ci": "wald"}, "ci must be one of knha"),
        ([1.0, 2.0], [1.0, 1.0], {"ci": "kr", "tau2": "DL"}, "needs tau2 'REML'"),
    ],
)
def test_bad_input_is_named(effects, variances, options, says):
    with pytest.raises(ValueError, match=says):
        random_effects(effects, variances, **options)
