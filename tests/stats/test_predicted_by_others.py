"""What all other studies predict for each: as one at a time, at a cost that grows with their number."""

import numpy as np
import pytest

from evidence_review.stats import bayes
from evidence_review.stats.bayes import (
    HalfCauchy,
    HalfNormal,
    LogNormal,
    Uniform,
    normal_normal,
    predicted_by_others,
)
from evidence_review.stats.mixtures import conflict
from evidence_review.stats.tau_quadrature import Likelihood

PRIORS = [HalfNormal(5.0), HalfNormal(0.5), HalfCauchy(1.0), Uniform(10.0), LogNormal(0.0, 1.0)]


def studies(seed: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Effects and standard errors that differ much, one of the effects sometimes far from all others."""
    draw = np.random.default_rng(seed)
    ses = np.exp(draw.normal(0.0, draw.choice([0.2, 1.0]), k))
    effects = draw.normal(-6.0, np.hypot(draw.choice([0.0, 0.5, 3.0]), ses))
    effects[0] += draw.choice([0.0, 25.0])
    return effects, ses


@pytest.mark.parametrize("prior", PRIORS, ids=str)
@pytest.mark.parametrize("k", [5, 12, 40, 150])
def test_each_is_what_the_others_alone_give(prior, k):
    y, ses = studies(k, k)
    for left_out, found in enumerate(predicted_by_others(y, ses, tau_prior=prior)):
        others = np.arange(k) != left_out
        alone = normal_normal(y[others], ses[others], tau_prior=prior).theta_new
        assert found.mean == pytest.approx(alone.mean, rel=1e-11)
        p = [conflict(one, y[left_out], ses[left_out]) for one in (found, alone.mixture)]
        assert p[0] == pytest.approx(p[1], abs=1e-12)


def test_a_study_that_has_all_the_weight_can_be_left_out():
    """Without it nothing is the same: the nodes for all do not serve, and the others are fitted alone."""
    y, ses = np.array([1.0, 2.0, 3.0, 4.0, 4.5]), np.array([1e-9, 1.0, 1.0, 1.0, 1.2])
    first, *_ = predicted_by_others(y, ses, tau_prior=HalfNormal(2.0))
    alone = normal_normal(y[1:], ses[1:], tau_prior=HalfNormal(2.0)).theta_new
    assert first.mean == pytest.approx(alone.mean, rel=1e-12)
    assert first.sd == pytest.approx(alone.sd, rel=1e-12)


def test_the_cost_grows_with_the_number_of_studies_and_not_with_its_square(monkeypatch):
    """Elements of weights that are worked out for pools: twice the studies, twice as many."""
    elements, fits = [], []
    given, fit = Likelihood.given, bayes.normal_normal

    def counted(own, log_tau):
        elements.append(np.size(log_tau) * len(own.y))
        return given(own, log_tau)

    monkeypatch.setattr(Likelihood, "given", counted)
    monkeypatch.setattr(
        bayes, "normal_normal", lambda *args, **kwargs: fits.append(1) or fit(*args, **kwargs)
    )
    draw, total = np.random.default_rng(1), []
    for k in (200, 400, 800):
        ses = draw.uniform(0.5, 2.0, k)
        elements.clear()
        fits.clear()
        found = list(predicted_by_others(draw.normal(-6, 2, k), ses, tau_prior=HalfNormal(5.0)))
        assert len(found) == k
        assert len(fits) == 1
        total.append(sum(elements))
    assert total[1] < 2.5 * total[0]
    assert total[2] < 2.5 * total[1]
