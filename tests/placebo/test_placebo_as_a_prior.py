"""The placebo arms as a meta-analytic-predictive prior."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.estimates.change import main_change, placebo_arms
from evidence_review.estimates.contrast import every_contrast
from evidence_review.findings import of_placebo
from evidence_review.placebo import response as placebo
from evidence_review.stats import mixtures


@pytest.fixture(scope="module")
def arms(magnesium):
    return placebo_arms(magnesium).usable


def test_the_prior_is_the_predictive_distribution_of_the_pool(arms, settings):
    prior = placebo.map_prior(arms, settings)
    pooled = placebo.bayesian_pool(arms, settings).theta_new
    assert_allclose([prior.mean, prior.sd], [pooled.mean, pooled.sd], rtol=1e-12)


def test_many_people_elsewhere_are_few_people_here(arms, settings, magnesium):
    """n_inf = (sd / tau)^2 bounds what trials that differ by tau can be worth (RBesT's gMAP help)."""
    worth = {
        finding.id.rpartition("_")[2]: finding.value
        for finding in of_placebo.prior_findings(magnesium)
    }
    tau = placebo.pool(arms, settings).tau
    assert 4 < worth["moment"] < (settings.change_sd / tau) ** 2
    assert worth["moment"] < worth["elir"] < worth["morita"]


def test_the_vague_part_widens_the_prior(arms, settings):
    prior = placebo.map_prior(arms, settings)
    robust = placebo.robust_map_prior(prior, settings)
    within = (1 - settings.vague_weight) * prior.sd**2
    assert robust.sd**2 == pytest.approx(within + settings.vague_weight * settings.change_sd**2)


def test_the_prior_predictive_p_leaves_each_arm_out(arms, settings):
    p_values = placebo.prior_predictive_p(arms, settings)
    assert len(p_values) == len(arms)
    first = placebo.map_prior(arms[1:], settings)
    assert p_values[0] == mixtures.conflict(first, arms[0].mean, arms[0].se)
    # About one in twenty lies outside its 95% interval, if the prior is honest.
    assert sum(p < 0.05 for p in p_values) <= 4


def test_an_arm_from_another_world_is_a_surprise(arms, settings):
    strange = replace(arms[0], mean=-35.0)
    assert placebo.prior_predictive_p([strange, *arms[1:]], settings)[0] < 1e-4


def test_a_randomised_contrast_has_no_placebo_to_take_off(arms, settings, magnesium):
    contrast = every_contrast(magnesium)[0]
    with pytest.raises(TypeError, match="already taken off"):
        placebo.beyond_placebo(contrast, placebo.map_prior(arms, settings))


def test_beyond_placebo_is_change_minus_prior(arms, settings, magnesium):
    change, prior = main_change(magnesium), placebo.map_prior(arms, settings)
    beyond = placebo.beyond_placebo(change, prior)
    assert beyond.mean == pytest.approx(change.mean - prior.mean, rel=1e-12)
    assert beyond.sd == pytest.approx(np.hypot(change.se, prior.sd), rel=1e-12)
