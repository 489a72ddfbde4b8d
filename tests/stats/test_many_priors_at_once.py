"""Many priors at once against one at a time."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.stats.bayes import (
    HalfCauchy,
    HalfNormal,
    HalfT,
    LogNormal,
    Normal,
    Uniform,
    normal_normal,
)
from evidence_review.stats.prior_sensitivity import prior_sensitivity

Y, SE = [-6.2, -9.8, -4.1, -12.3, -7.7], [1.05, 1.5, 0.9, 1.75, 1.3]
PRIORS = [
    (tau, mu)
    for tau in (
        HalfNormal(0.01),
        HalfNormal(5),
        HalfCauchy(2),
        HalfT(4, 3),
        Uniform(4),
        Uniform(30),
        LogNormal(0.5, 0.8),
    )
    for mu in (None, Normal(0, 10), Normal(-5, 2))
]
PROBABILITIES = (0.01, 0.2, 0.5, 0.975)


def test_equal_to_one_at_a_time():
    """Other kinds of prior, from one that holds tau near 0 to a flat one, in one call."""
    many = prior_sensitivity(Y, SE, PRIORS, probabilities=PROBABILITIES)
    for place, (tau, mu) in enumerate(PRIORS):
        one = normal_normal(Y, SE, tau_prior=tau, mu_prior=mu)
        for own, marginal in ((many.mu, one.mu), (many.theta_new, one.theta_new)):
            assert_allclose(own.mean[place], marginal.mean, rtol=1e-11)
            assert_allclose(own.sd[place], marginal.sd, rtol=1e-10)
            assert_allclose(own.quantiles[place], marginal.quantile(PROBABILITIES), rtol=1e-9)
        assert_allclose(many.tau_mean[place], one.tau.mean, rtol=1e-11)


def test_moments_that_do_not_exist_are_not_given():
    """Two studies, a flat mu and a flat tail: theta_new has neither mean nor variance."""
    many = prior_sensitivity([1.0, 2.0], [0.5, 0.5], [(HalfCauchy(1), None), (HalfNormal(1), None)])
    one = normal_normal([1.0, 2.0], [0.5, 0.5], tau_prior=HalfCauchy(1))
    assert np.isinf(many.theta_new.sd[0]) == np.isinf(one.theta_new.sd) == True  # noqa: E712
    assert np.isfinite(many.theta_new.sd[1])


@pytest.mark.parametrize(
    ("priors", "options", "says"),
    [
        ([], {}, "at least one pair"),
        ([(HalfNormal(-1), None)], {}, "HalfNormal: scale must be above 0; got -1"),
        ([(HalfNormal(1), Normal(0, 0))], {}, "Normal: sd must be above 0; got 0"),
        ([(HalfNormal(1), None)], {"probabilities": (0.0, 0.5)}, "probabilities must lie between"),
    ],
)
def test_bad_input_is_named(priors, options, says):
    with pytest.raises(ValueError, match=says):
        prior_sensitivity(Y, SE, priors, **options)
