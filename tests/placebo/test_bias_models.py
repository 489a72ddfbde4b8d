"""Bias of a trial without blinding: conversion, algebra, and that both dials do what they say."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.estimates.change import main_change
from evidence_review.findings.of_placebo import against_placebo_findings, benefit_findings
from evidence_review.placebo import bias
from evidence_review.placebo import response as placebo
from evidence_review.stats.mixtures import NormalMixture


def test_odds_ratios_become_standard_deviations_as_in_metafor(reference):
    """metafor turns d into a log odds ratio by pi / sqrt(3); here the way back."""
    case = reference("es_transf_a")
    for d, log_odds in zip(case["inputs"]["d"], case["output"]["logor_logistic"], strict=True):
        assert bias.smd_from_odds_ratio(np.exp(log_odds)) == pytest.approx(d, abs=1e-8)


def test_what_the_studies_of_trials_report(magnesium):
    """By hand: ln 0.91 x 0.5513 = -0.052; the interval 0.61 to 1.34 is -0.273 to 0.161."""
    found = {item.bias_id: item for item in bias.blinding_biases(magnesium)}
    metablind = found["moustgaard2020"]
    assert_allclose(
        [metablind.mean, metablind.low, metablind.high], [-0.052, -0.273, 0.161], atol=5e-4
    )
    assert metablind.converted
    acupuncture = found["hrobjartsson2014_acupuncture"]
    assert (acupuncture.mean, acupuncture.converted) == (-0.63, "")
    assert acupuncture.sd == pytest.approx(0.14 / 1.959964, rel=1e-6)


def test_additive_bias_and_discount_by_algebra(magnesium):
    change = main_change(magnesium)
    less = bias.less_bias(change, mean=-2.0, sd=1.5, discount=0.25)
    assert less.mean == change.mean + 2.0
    assert less.se**2 == pytest.approx(4 * change.se**2 + 1.5**2)
    assert bias.less_bias(change) == change


def test_nothing_is_taken_off_by_default(magnesium):
    change = main_change(magnesium)
    appraised = bias.appraised_change(magnesium)
    assert appraised.is_as_printed
    assert appraised.change == appraised.printed == change


def test_settings_take_the_bias_off_everywhere(magnesium):
    """The share of placebo arms that do as well rises, and the page can say why."""
    chosen = magnesium.under(bias="hrobjartsson2014", discount=0.5)
    name = "gorantla2024.rls_severity.placebo_as_good"
    before, after = (
        {f.id: f for f in against_placebo_findings(review)} for review in (magnesium, chosen)
    )
    # The change that is compared is told beside the printed one.
    less = after["gorantla2024.rls_severity.change_less_bias"]
    assert less.value == pytest.approx(-6.67 + 0.56 * magnesium.settings.change_sd)
    assert "gorantla2024.rls_severity.change_less_bias" not in before
    before, after = before[name], after[name]
    assert after.value > before.value + 20
    assert after.basis == "assumed"
    assert "Hrobjartsson 2014" in after.note
    assert "given the weight of 0.5 of a trial" in after.note
    benefit = [benefit_findings(review)[0].value for review in (magnesium, chosen)]
    assert benefit[1] < benefit[0] - 20


def test_a_trial_that_counts_for_little_leaves_a_coin(magnesium):
    change = bias.less_bias(main_change(magnesium), mean=-4.0, discount=1e-6)
    own = placebo.benchmark(magnesium)
    assert placebo.against_placebo(change, own).as_good == pytest.approx(0.5, abs=0.01)


def test_the_chance_of_a_benefit_and_the_share_of_placebo_arms_are_one(magnesium):
    """With a flat prior, P(no benefit) is the probability that a placebo arm does as well."""
    change = main_change(magnesium)
    normal = NormalMixture(np.ones(1), np.array([-7.0]), np.array([3.2]))
    own = replace(placebo.benchmark(magnesium), mean=-7.0, se=0.0, tau=3.2, df=None)
    beyond = placebo.beyond_placebo(change, normal)
    assert 1 - beyond.cdf(0.0) == pytest.approx(
        placebo.against_placebo(change, own).as_good, rel=1e-12
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"discount": 0.0}, "discount must be above 0 and at most 1; got 0"),
        ({"discount": 1.5}, "discount must be above 0 and at most 1; got 1.5"),
        ({"sd": -1.0}, "sd must not be negative; got -1"),
    ],
)
def test_bad_input_is_named(magnesium, options, says):
    with pytest.raises(ValueError, match=says):
        bias.less_bias(main_change(magnesium), **options)
