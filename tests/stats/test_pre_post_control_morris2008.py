"""Pre-post-control contrasts against metafor, Morris 2008 and exact algebra."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.stats.effects import mean_difference, standardized_mean_change_raw
from evidence_review.stats.pre_post_control import (
    Scores,
    change_difference,
    standardized_change_difference,
)
from evidence_review.stats.recover import sd_of_change


def arms(given, names):
    return [Scores(*(np.array(given[name.format(arm)]) for name in names)) for arm in "TC"]


@pytest.fixture(scope="module")
def case(reference):
    return reference("ppc_a")


@pytest.fixture(scope="module")
def trials(case):
    given = case["inputs"]
    return *arms(given, ("n{}", "m{}0", "s{}0", "m{}1", "s{}1")), np.array(given["r"])


@pytest.mark.parametrize(
    ("function", "by", "key", "names"),
    [
        (change_difference, "change", "MD_change", ("yi", "vi")),
        (change_difference, "ancova", "ANCOVA_from_summary", ("yi", "vi_large_sample")),
        (standardized_change_difference, "own", "difference_of_SMCR", ("yi", "vi")),
        (standardized_change_difference, "pooled", "d_ppc2_morris2008", ("d", "v")),
    ],
)
def test_every_contrast(case, trials, function, by, key, names):
    for own, name in zip(function(*trials, by=by), names, strict=True):
        assert_allclose(own, case["output"][key][name], rtol=1e-8, atol=1e-10)


def test_final_means_alone(case, trials):
    for own, name in zip(final(*trials[:2]), ("yi", "vi"), strict=True):
        assert_allclose(own, case["output"]["MD_final"][name], rtol=1e-8)


def final(*both):
    return mean_difference(*(x for arm in both for x in (arm.mean_post, arm.sd_post, arm.n)))


@pytest.mark.parametrize(("arm", "key"), [(0, "SMCR_treatment"), (1, "SMCR_control")])
def test_each_arm_alone(case, trials, arm, key):
    scores, r = trials[arm], trials[2]
    found = standardized_mean_change_raw(
        scores.n, scores.mean_pre, scores.sd_pre, scores.mean_post, scores.sd_post, r
    )
    for own, name in zip(found, ("yi", "vi"), strict=True):
        assert_allclose(own, case["output"][key][name], rtol=1e-8, atol=1e-10)


def test_slope_of_the_covariance_adjustment(case, trials):
    """It is what a baseline imbalance takes away from the final difference."""
    adjusted, _ = change_difference(*trials, by="ancova")
    slope = (final(*trials[:2])[0] - adjusted) / (trials[0].mean_pre - trials[1].mean_pre)
    assert_allclose(slope, case["output"]["ANCOVA_from_summary"]["slope"], rtol=1e-8)


@pytest.mark.parametrize(("by", "key"), [("own", "d_ppc1"), ("pooled", "d_ppc2")])
def test_table_5_of_morris(reference, by, key):
    case = reference("pub_morris2008")
    given = case["inputs"]
    # Final SDs are not printed, and neither estimate uses them.
    treated, control = (
        Scores(
            *(np.array(given[name]) for name in (f"n{a}", f"m{a}0", f"s{a}0", f"m{a}1", f"s{a}0"))
        )
        for a in "TC"
    )
    d, v = standardized_change_difference(treated, control, given["r"], by=by)
    exact = case["output"]["recomputed_10_digits"]
    assert_allclose(d, exact[key], rtol=1e-8)
    assert_allclose(d, case["output"]["published"][key], rtol=0, atol=0.5001e-4)
    if by == "own":
        assert_allclose(v, exact["v_ppc1"], rtol=1e-8)


def test_printed_changes_need_no_correlation(trials):
    """The difference of change means with their SDs is the one from SDs and correlation."""
    treated, control, r = trials
    printed = mean_difference(
        *(
            x
            for arm in (treated, control)
            for x in (
                arm.mean_post - arm.mean_pre,
                sd_of_change(arm.sd_pre, arm.sd_post, r),
                arm.n,
            )
        )
    )
    assert_allclose(change_difference(treated, control, r), printed, rtol=1e-12)


def test_correlations_at_their_ends():
    """r = 0: adjusting changes nothing. r = 1 with equal SDs: it is the change, without error."""
    one, other = Scores(30, 25.0, 5.0, 18.0, 5.0), Scores(30, 23.0, 5.0, 20.0, 5.0)
    assert_allclose(change_difference(one, other, 0.0, by="ancova"), final(one, other))
    assert_allclose(change_difference(one, other, 1.0, by="ancova"), [-4.0, 0.0])
    assert_allclose(change_difference(one, other, 1.0), [-4.0, 0.0], atol=1e-12)
    assert np.isfinite(standardized_change_difference(one, other, 1.0)).all()


def test_bad_input_is_named():
    one, other = Scores(30, 25.0, 5.0, 18.0, 5.0), Scores(30, 23.0, -5.0, 20.0, 5.0)
    with pytest.raises(ValueError, match="sd_pre must be above 0"):
        change_difference(one, other, 0.5)
    with pytest.raises(ValueError, match="r must be between -1 and 1"):
        change_difference(one, one, 1.5, by="ancova")
    with pytest.raises(ValueError, match="by must be 'change' or 'ancova'"):
        change_difference(one, one, 0.5, by="ANCOVA")
    with pytest.raises(ValueError, match="by must be 'pooled', 'own' or 'change'"):
        standardized_change_difference(one, one, 0.5, by="ppc2")


def test_sds_of_the_change_and_of_scores_are_told_apart(trials):
    """g of the changes is that of metafor's SMD for change means and their SDs: exact algebra here."""
    treated, control, r = trials
    found, _ = standardized_change_difference(treated, control, r, by="change")
    changes = [arm.mean_post - arm.mean_pre for arm in (treated, control)]
    n1, n2 = treated.n, control.n
    squares = [
        (arm.n - 1) * (arm.sd_pre**2 + arm.sd_post**2 - 2 * r * arm.sd_pre * arm.sd_post)
        for arm in (treated, control)
    ]
    d = (changes[0] - changes[1]) / np.sqrt(sum(squares) / (n1 + n2 - 2))
    # Hedges' approximate factor is within 0.1% of the exact one from 10 degrees of freedom on.
    assert_allclose(found, (1 - 3 / (4 * (n1 + n2 - 2) - 1)) * d, rtol=1e-3)


def test_two_people_an_arm_are_too_few():
    one = Scores(1, 25.0, 5.0, 18.0, 5.0)
    two = Scores(2, 25.0, 5.0, 18.0, 5.0)
    assert np.isnan(standardized_change_difference(one, two, 0.5)).any()
    assert np.isnan(standardized_change_difference(two, two, 0.5, by="own")).all()
