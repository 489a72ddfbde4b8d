"""The Bayesian normal-normal model against exact quadrature, bayesmeta, and as properties."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats

from evidence_review.stats.bayes import (
    HalfCauchy,
    HalfNormal,
    HalfT,
    LogNormal,
    Normal,
    Uniform,
    normal_normal,
)

CASES = {
    "bayes_k2": 7,
    "bayes_k3": 7,
    "bayes_crins2014": 7,
    "bayes_placebo_change_a": 3,
    "bayes_AS_logit_normalapprox": 2,
}
PROBABILITIES = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975]
PRIORS = {
    "hn": HalfNormal,
    "hc": HalfCauchy,
    "ht4_": lambda scale: HalfT(4, scale),
    "unif": Uniform,
}


def fits(case):
    """(name, fit, exact quadrature, bayesmeta's own output) for every prior of a case."""
    for name, expected in case["output"].items():
        kind, scale = re.match(r"(hn|hc|ht4_|unif)([0-9.]+)", name).groups()
        normal = re.search(r"N\((-?[0-9.]+), ?([0-9.]+)\^2", expected["prior"])
        mu_prior = Normal(*map(float, normal.groups())) if normal else None
        fit = normal_normal(
            case["inputs"]["yi"],
            case["inputs"]["sei"],
            tau_prior=PRIORS[kind](float(scale)),
            mu_prior=mu_prior,
        )
        yield name, fit, case["quadrature_reference"][name], expected


@pytest.mark.parametrize("name", CASES)
def test_exact_quadrature(reference, name):
    """To 1e-5: moments, quantiles, probabilities, shrinkage and the marginal likelihood."""
    case = reference(name)
    count = 0
    for _, fit, exact, _ in fits(case):
        count += 1
        for part in ("tau", "mu", "theta_new"):
            own, expected = getattr(fit, part), exact[part]
            if expected["mean"] is not None:
                assert_allclose(own.mean, expected["mean"], rtol=1e-5)
            assert_allclose(own.sd, np.inf if expected["sd"] is None else expected["sd"], rtol=1e-5)
            assert_allclose(own.quantile(PROBABILITIES), expected["quantiles"], rtol=1e-5)
        below = fit.theta_new.cdf(case["inputs"]["threshold"])
        assert_allclose(below, exact["theta_new"]["P_theta_lt_thr"], rtol=1e-5)
        shrunk = exact["shrinkage"]
        assert_allclose([own.mean for own in fit.shrinkage], shrunk["mean"], rtol=1e-5)
        assert_allclose([own.sd for own in fit.shrinkage], shrunk["sd"], rtol=1e-5)
        if exact["log_marginal_likelihood"] is not None:
            assert_allclose(
                fit.log_marginal_likelihood, exact["log_marginal_likelihood"], rtol=1e-7
            )
    assert count == CASES[name]


@pytest.mark.parametrize("name", CASES)
def test_bayes_factors_of_bayesmeta(reference, name):
    for _, fit, _, expected in fits(reference(name)):
        if expected["BF"]["tau0"] is None:
            assert np.isnan(fit.bayes_factor(tau=0))
            assert np.isnan(fit.log_marginal_likelihood)
        else:
            assert_allclose(fit.bayes_factor(tau=0), expected["BF"]["tau0"], rtol=1e-7)
            assert_allclose(fit.bayes_factor(mu=0), expected["BF"]["mu0"], rtol=1e-7)


EVERY_PRIOR = (HalfNormal(0.7), HalfCauchy(0.5), HalfT(3, 0.5), Uniform(2.0), LogNormal(-1.0, 0.8))
Y, S = [-0.6, 0.3, -1.4, 0.1], [0.3, 0.25, 0.6, 0.4]


@pytest.mark.parametrize("prior", EVERY_PRIOR, ids=lambda prior: type(prior).__name__)
def test_the_posterior_integrates_to_one_and_quantile_inverts_cdf(prior):
    fit = normal_normal(Y, S, tau_prior=prior)
    upper = prior.upper
    total = sum(
        integrate.quad(fit.tau.pdf, low, high, limit=200, epsabs=1e-11)[0]
        for low, high in (
            (0, min(1, upper)),
            (min(1, upper), min(10, upper)),
            (min(10, upper), upper),
        )
    )
    assert_allclose(total, 1.0, atol=1e-7)
    p = np.array([0.001, 0.1, 0.5, 0.9, 0.999])
    for part in (fit.tau, fit.mu, fit.theta_new, fit.shrinkage[2]):
        assert_allclose(part.cdf(part.quantile(p)), p, rtol=1e-9)


@pytest.mark.parametrize("prior", EVERY_PRIOR, ids=lambda prior: type(prior).__name__)
def test_priors_are_densities(prior):
    fine = np.geomspace(1e-9, min(prior.upper, 1e7), 400_001)
    assert_allclose(integrate.trapezoid(np.exp(prior.log_density(fine)), fine), 1.0, atol=2e-5)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_units_do_not_matter(factor):
    one = normal_normal(Y, S, tau_prior=HalfNormal(0.7))
    other = normal_normal(
        np.multiply(Y, factor), np.multiply(S, factor), tau_prior=HalfNormal(0.7 * factor)
    )
    assert_allclose(
        other.theta_new.quantile(PROBABILITIES) / factor,
        one.theta_new.quantile(PROBABILITIES),
        rtol=1e-9,
    )


def test_a_prior_close_to_zero_is_the_common_effect():
    fit = normal_normal(Y, S, tau_prior=HalfNormal(1e-6))
    w = 1 / np.square(S)
    assert_allclose(fit.mu.mean, w @ Y / w.sum(), rtol=1e-6)
    assert_allclose(fit.mu.sd, w.sum() ** -0.5, rtol=1e-6)


def test_one_study_leaves_the_prior_of_tau_as_it_was():
    fit = normal_normal([0.4], [0.2], tau_prior=HalfNormal(0.7))
    assert_allclose(
        fit.tau.quantile([0.1, 0.5, 0.9]), stats.halfnorm(scale=0.7).ppf([0.1, 0.5, 0.9]), rtol=1e-8
    )


def test_a_study_measured_without_error_is_not_shrunk():
    fit = normal_normal([*Y, 2.0], [*S, 1e-7], tau_prior=HalfNormal(0.7))
    assert_allclose(fit.shrinkage[-1].mean, 2.0, atol=1e-6)


@pytest.mark.parametrize(
    ("effects", "ses", "prior", "says"),
    [
        ([], [], HalfNormal(1), "at least 1"),
        ([1.0], [1.0, 2.0], HalfNormal(1), "one length"),
        ([1.0, np.nan], [1.0, 1.0], HalfNormal(1), "effects must be finite; not so at position 1"),
        (
            [1.0, 2.0],
            [1.0, 0.0],
            HalfNormal(1),
            "ses must be finite and above 0; not so at position 1",
        ),
        ([1.0, 2.0], [1.0, 1.0], HalfNormal(-1), "HalfNormal: scale must be above 0; got -1"),
        ([1.0, 2.0], [1.0, 1.0], Uniform(0), "Uniform: upper must be above 0"),
    ],
)
def test_bad_input_is_named(effects, ses, prior, says):
    with pytest.raises(ValueError, match=says):
        normal_normal(effects, ses, tau_prior=prior)
