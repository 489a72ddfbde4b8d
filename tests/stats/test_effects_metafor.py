"""Effect sizes against metafor's escalc, as properties, and on input that cannot be."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.stats import effects, event_effects
from evidence_review.stats.measures import GIVEN, MEASURES


def exact_variance(*arguments):
    return effects.standardized_mean_difference(*arguments, variance="exact")


TWO_GROUPS = {
    "MD": effects.mean_difference,
    "SMD": effects.standardized_mean_difference,
    "SMD_UB": exact_variance,
    "SMD1": effects.glass_delta,
    "SMDH": effects.standardized_mean_difference_heteroscedastic,
    "ROM": effects.log_ratio_of_means,
}
ONE_GROUP = {
    "MC": effects.mean_change,
    "SMCR": effects.standardized_mean_change_raw,
    "SMCC": effects.standardized_mean_change_change,
}
COUNTS = {
    "OR": event_effects.log_odds_ratio,
    "RR": event_effects.log_risk_ratio,
    "RD": event_effects.risk_difference,
    "PETO": event_effects.peto_log_odds_ratio,
}


def agree(found, expected):
    for own, theirs in zip(found, (expected["yi"], expected["vi"]), strict=True):
        assert_allclose(own, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("measure", TWO_GROUPS)
def test_two_groups(reference, measure):
    case = reference("es_twogroup_a")
    given = [case["inputs"][name] for name in ("m1", "s1", "n1", "m2", "s2", "n2")]
    agree(TWO_GROUPS[measure](*given), case["output"][measure])


@pytest.mark.parametrize("measure", ONE_GROUP)
def test_one_group_before_and_after(reference, measure):
    case = reference("es_prepost_a")
    given = [case["inputs"][name] for name in ("n", "m_pre", "sd_pre", "m_post", "sd_post", "r")]
    agree(ONE_GROUP[measure](*given), case["output"][measure])


@pytest.mark.parametrize("measure", ["MC", "SMCC", "SMCR"])
def test_one_group_before_and_after_in_metafor_5(reference, measure):
    """Of what both have; the variance of its SMCRH is another one since 5.0."""
    case = reference("es_prepost_a_metafor51")
    given = [case["inputs"][name] for name in ("n", "m_pre", "sd_pre", "m_post", "sd_post", "r")]
    agree(ONE_GROUP[measure](*given), case["output"][measure])


@pytest.mark.parametrize("r", ["0.0", "0.3", "0.5", "0.7", "0.9"])
@pytest.mark.parametrize("measure", ONE_GROUP)
def test_assumed_correlations(reference, measure, r):
    case = reference("es_prepost_a")
    given = [case["inputs"][name] for name in ("n", "m_pre", "sd_pre", "m_post", "sd_post")]
    agree(ONE_GROUP[measure](*given, float(r)), case["output"][f"{measure}_r{r}"])


@pytest.mark.parametrize("measure", COUNTS)
def test_counts_with_empty_cells(reference, measure):
    case = reference("es_binary_a")
    given = [case["inputs"][name] for name in ("a", "n1", "c", "n2")]
    agree(COUNTS[measure](*given), case["output"][measure])


@pytest.mark.parametrize("measure", ["MD", "SMD", "SMD1"])
def test_shift_and_scale(measure):
    """A shift of both means changes nothing; a scale goes into MD and out of the standardised."""
    function = TWO_GROUPS[measure]
    one = function(5.0, 2.0, 20, 3.0, 2.5, 25)
    shifted = function(105.0, 2.0, 20, 103.0, 2.5, 25)
    scaled = function(5e3, 2e3, 20, 3e3, 2.5e3, 25)
    factor = 1e3 if measure == "MD" else 1.0
    assert_allclose(shifted, one, rtol=1e-12)
    assert_allclose(scaled, [one[0] * factor, one[1] * factor**2], rtol=1e-12)


@pytest.mark.parametrize("measure", ["MD", "SMD", "ROM"])
def test_swapping_the_groups_turns_the_sign(measure):
    function = TWO_GROUPS[measure]
    one, other = function(5.0, 2.0, 20, 3.0, 2.5, 25), function(3.0, 2.5, 25, 5.0, 2.0, 20)
    assert_allclose(one, [-other[0], other[1]], rtol=1e-12)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"sd1": 0.0}, "sd1 must be above 0"),
        ({"n2": -1.0}, "n2 must be above 0"),
        ({"mean1": np.nan}, "mean1 must be finite"),
        ({"mean2": [0.0, np.inf]}, "mean2 must be finite; not so at position 1"),
    ],
)
def test_bad_input_is_named(bad, says):
    given = {"mean1": 1.0, "sd1": 1.0, "n1": 10, "mean2": 0.5, "sd2": 1.0, "n2": 10} | bad
    with pytest.raises(ValueError, match=says):
        effects.mean_difference(**given)


def test_counts_that_cannot_be():
    with pytest.raises(ValueError, match="events2 must be between 0 and n2; not so at position 1"):
        event_effects.log_odds_ratio(3, [10, 10], [1, 11], [10, 10])


def test_means_of_different_sign_have_no_ratio():
    with pytest.raises(ValueError, match="both above or both below 0"):
        effects.log_ratio_of_means(1.0, 1.0, 10, -1.0, 1.0, 10)


def test_r_outside_its_range():
    for function in ONE_GROUP.values():
        with pytest.raises(ValueError, match="between -1 and 1"):
            function(10, 5.0, 1.0, 4.0, 1.0, np.array(1.2))


def test_unknown_variance():
    with pytest.raises(ValueError, match="'approximate' or 'exact'"):
        effects.standardized_mean_difference(1.0, 1.0, 9, 0.0, 1.0, 9, variance="best")


def test_statsmodels(reference):
    """statsmodels' SMD has an approximate small-sample factor and N - 3.94 in its variance: the
    same effect once these are exchanged. It adds 1/2 to no table, or to every table; here, as in
    metafor, to those with an empty cell: the second. Its arcsine measure is not offered."""
    case = reference("statsmodels_es_a")
    given, output = case["inputs"], case["output"]
    n1, n2 = np.array(given["n1"]), np.array(given["n2"])
    g, v = effects.standardized_mean_difference(
        *(given[name] for name in ("m1", "s1", "n1", "m2", "s2", "n2"))
    )
    total = n1 + n2
    their_factor = 1 - 3 / (4 * total - 9)
    theirs = np.array(output["smd"]["effect"])
    assert_allclose(g / effects.small_sample_factor(total - 2), theirs / their_factor, rtol=1e-8)
    their_v = output["smd"]["var"] - theirs**2 / (2 * (total - 3.94))
    assert_allclose(v - g**2 / (2 * total), their_v, rtol=1e-8)
    counts = [given[name] for name in ("count1", "nobs1", "count2", "nobs2")]
    for function, key in (
        (event_effects.risk_difference, "diff"),
        (event_effects.log_odds_ratio, "odds-ratio"),
        (event_effects.log_risk_ratio, "risk-ratio"),
    ):
        for own, name in zip(function(*counts), ("effect", "var"), strict=True):
            assert_allclose(own[[0, 2]], np.array(output[key][name], float)[[0, 2]], rtol=1e-8)
    for own, name in zip(event_effects.log_odds_ratio(*counts), ("effect", "var"), strict=True):
        assert_allclose(own[1], output["odds-ratio_zc_0.5"][name][1], rtol=1e-8)


@pytest.mark.parametrize("measure", ["MD", "SMD", "SMDH", "SMD1", "ROM"])
def test_two_groups_by_columns(reference, measure):
    case = reference("es_twogroup_a")
    given = case["inputs"]
    names = {"m1i": "m1", "sd1i": "s1", "n1i": "n1", "m2i": "m2", "sd2i": "s2", "n2i": "n2"}
    table = {column: given[name] for column, name in names.items()}
    agree(MEASURES[measure].compute(table), case["output"][measure])


@pytest.mark.parametrize("measure", ["MC", "SMCR", "SMCC"])
def test_changes_by_columns(reference, measure):
    """metafor's own call: m1i = m_post, m2i = m_pre, sd1i = sd_pre, sd2i = sd_post."""
    case = reference("es_prepost_a")
    given = case["inputs"]
    names = {
        "m1i": "m_post",
        "m2i": "m_pre",
        "sd1i": "sd_pre",
        "sd2i": "sd_post",
        "ni": "n",
        "ri": "r",
    }
    table = {column: given[name] for column, name in names.items()}
    agree(MEASURES[measure].compute(table), case["output"][measure])


@pytest.mark.parametrize("measure", COUNTS)
def test_counts_by_columns(reference, measure):
    case = reference("es_binary_a")
    a, n1, c, n2 = (np.array(case["inputs"][name]) for name in ("a", "n1", "c", "n2"))
    for table in (
        {"ai": a, "n1i": n1, "ci": c, "n2i": n2},
        {"ai": a, "bi": n1 - a, "ci": c, "di": n2 - c},
    ):
        agree(MEASURES[measure].compute(table), case["output"][measure])


def test_means_of_one_group_by_columns(reference):
    case = reference("es_twogroup_a")
    table = dict(
        zip(("mi", "sdi", "ni"), (case["inputs"][name] for name in ("m2", "s2", "n2")), strict=True)
    )
    agree(MEASURES["MN"].compute(table), case["output"]["MN_arm2"])


def test_rates_by_hand():
    """7 events in 1344 days and 11 in 1988; then none in 100 and 3 in 200, with 1/2 added to both."""
    table = {"x1i": [7, 0], "t1i": [1344, 100], "x2i": [11, 3], "t2i": [1988, 200]}
    y, v = MEASURES["IRR"].compute(table)
    assert_allclose(y, np.log([7 * 1988 / (1344 * 11), 0.5 * 200 / (100 * 3.5)]), rtol=1e-12)
    assert_allclose(v, [1 / 7 + 1 / 11, 1 / 0.5 + 1 / 3.5], rtol=1e-12)
    y, v = MEASURES["IRD"].compute(table)
    assert_allclose(y, [7 / 1344 - 11 / 1988, 0.5 / 100 - 3.5 / 200], rtol=1e-12)
    assert_allclose(v, [7 / 1344**2 + 11 / 1988**2, 0.5 / 100**2 + 3.5 / 200**2], rtol=1e-12)


def test_every_measure_with_a_formula_is_compared():
    """One that is new has figures of metafor's `escalc` in tests/reference, and a test of its formula here."""
    computed = {one.name for one in MEASURES.values() if one.columns != GIVEN}
    assert computed <= {*TWO_GROUPS, *ONE_GROUP, *COUNTS, "MN", "IRR", "IRD"}


def test_effects_as_given():
    for table in ({"yi": [0.3], "vi": [0.04]}, {"yi": [0.3], "sei": [0.2]}):
        assert_allclose(MEASURES["GEN"].compute(table), [[0.3], [0.04]], rtol=1e-12)


@pytest.mark.parametrize(
    ("measure", "table", "says"),
    [
        (
            "SMD",
            {"m1i": [1], "sd1i": [1]},
            "SMD needs the columns .*; missing: n1i, m2i, sd2i, n2i",
        ),
        ("GEN", {"yi": [1.0], "vi": [-1.0]}, "vi must be above 0; not so at position 0"),
        ("OR", {"ai": [-1], "bi": [2], "ci": [1], "di": [2]}, "ai must be not negative"),
        (
            "MC",
            {"m1i": 1, "m2i": 2, "sd1i": 1, "sd2i": 1, "ni": 9, "ri": np.nan},
            "ri must be finite",
        ),
        (
            "MN",
            {"mi": [1.0], "sdi": np.ma.masked_equal([1.0], 1.0), "ni": [3]},
            "sdi must have no masked",
        ),
    ],
)
def test_columns_that_cannot_be(measure, table, says):
    with pytest.raises(ValueError, match=says):
        MEASURES[measure].compute(table)


@pytest.mark.parametrize(
    "call",
    [
        lambda: effects.standardized_mean_difference(1.0, 1.0, 1, 0.0, 1.0, 2),
        lambda: effects.glass_delta(1.0, 1.0, 9, 0.0, 1.0, 2),
        lambda: effects.standardized_mean_change_raw(2, 5.0, 1.0, 4.0, 1.0, 0.5),
        lambda: effects.standardized_mean_change_change(2, 5.0, 1.0, 4.0, 1.0, 0.5),
    ],
)
def test_too_few_people_for_a_standardised_effect(call):
    """metafor: NA. A factor of 0 would say that there is no effect."""
    assert np.isnan(call()).all()


@pytest.mark.parametrize("bad", [np.nan, np.ma.masked_array([0.5], [True]), 1.5, -2.0])
def test_a_correlation_that_cannot_be_is_named(bad):
    for function in ONE_GROUP.values():
        with pytest.raises(ValueError, match=r"^r must"):
            function(10, 5.0, 1.0, 4.0, 1.0, bad)
