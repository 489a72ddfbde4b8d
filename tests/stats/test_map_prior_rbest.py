"""Mixtures as meta-analytic-predictive priors: RBesT's numbers, exact algebra, properties."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, stats

from evidence_review.stats import mixtures
from evidence_review.stats.bayes import HalfNormal, Normal, normal_normal
from evidence_review.stats.decisions import SingleArmRule
from evidence_review.stats.mixtures import NormalMixture

TAILS = [0.025, 0.5, 0.975]
# RBesT finds quantiles and boundaries by R's uniroot with its default stopping rule, this close.
UNIROOT = np.finfo(float).eps ** 0.25


def mixture(components):
    return NormalMixture(*np.array(components, float).T)


@pytest.fixture(scope="module")
def rbest(reference):
    """RBesT's case of a placebo change, with the two priors built from its inputs."""
    case = reference("map_norm_a")
    given = case["inputs"]
    prior = mixture(given["components"])
    robust = mixtures.robustify(
        prior,
        weight=given["robust_weight"],
        mean=given["robust_mean"],
        sd=given["sigma"] / given["robust_n"] ** 0.5,
    )
    return given, case["output"], prior, robust


def assert_summary(own, expected):
    assert own.mean == pytest.approx(expected["mean"], rel=1e-9)
    assert own.sd == pytest.approx(expected["sd"], rel=1e-9)
    for name, value in expected.items():
        if name.endswith("%"):
            p = float(name.strip(" %")) / 100
            assert own.cdf(own.quantile(p)) == pytest.approx(p, rel=1e-12)
            assert own.quantile(p) == pytest.approx(value, abs=UNIROOT)


def test_prior_and_robust_prior(rbest):
    _, out, prior, robust = rbest
    assert_summary(prior, out["prior"]["summary"])
    assert_summary(robust, out["robust"]["summary"])
    assert_allclose(robust.weights, out["robust"]["w"])


def test_all_three_effective_sample_sizes(rbest):
    """elir is an integral in RBesT: 1e-4 by its notes; here far closer."""
    given, out, prior, robust = rbest
    for own, expected in ((prior, out["ess_prior"]), (robust, out["ess_robust"])):
        size = mixtures.effective_sample_size(own, given["sigma"])
        assert_allclose(
            [size.elir, size.moment, size.morita],
            [expected["elir"], expected["moment"], expected["morita"]],
            rtol=1e-8,
        )


def test_posterior_of_both_priors(rbest):
    given, out, prior, robust = rbest
    se = given["sigma"] / given["control_n"] ** 0.5
    for own, name in ((robust, "posterior_robust"), (prior, "posterior_nonrobust")):
        after = mixtures.posterior(own, given["control_mean"], se)
        assert_allclose(after.weights, out[name]["w"], rtol=1e-8)
        assert_allclose(after.means, out[name]["p1"], rtol=1e-8)
        assert_allclose(after.sds, out[name]["p2"], rtol=1e-8)
        assert_summary(after, out[name]["summary"])


def test_predictive_mean_of_new_people(rbest):
    given, out, _, robust = rbest
    expected = out["predictive_mean_of_n"]
    own = mixtures.predictive(robust, given["sigma"] / given["control_n"] ** 0.5)
    assert_allclose(own.sds, expected["p2"], rtol=1e-8)
    assert_allclose(own.quantile(TAILS), expected["quantile"], atol=UNIROOT)
    below = own.cdf(given["control_mean"])
    assert below == pytest.approx(expected["P_pred_lt_m"], rel=1e-8)


def test_single_arm_against_the_predictive_placebo(rbest):
    """Is the treated arm's mean change lower than placebo's? RBesT integrates: 1e-6."""
    given, out, _, robust = rbest
    mean, n = given["trt_mean_n"]
    expected = out["two_arm"]
    se = given["sigma"] / n**0.5
    rule = SingleArmRule(robust, 0.975)
    assert rule.certainty(mean, se) == pytest.approx(expected["P_trt_lt_ctl"], rel=1e-6)
    after = mixtures.posterior(
        robust, given["control_mean"], given["sigma"] / given["control_n"] ** 0.5
    )
    certain = SingleArmRule(after, 0.975).certainty(mean, se)
    assert certain == pytest.approx(expected["P_trt_lt_ctlpost"], rel=1e-6)
    treated = NormalMixture(np.ones(1), np.array([mean]), np.array([se]))
    assert_allclose(
        mixtures.difference(treated, robust).quantile(TAILS),
        expected["diff_quantiles_vs_prior"],
        atol=UNIROOT,
    )


def test_operating_characteristics_of_a_rule(rbest):
    """P(theta <= 0) > 0.975 with the robust prior and the control arm's 20 people."""
    given, out, _, robust = rbest
    rule = SingleArmRule(0.0, 0.975, prior=robust)
    se = given["sigma"] / given["control_n"] ** 0.5
    assert rule.boundary(se) == pytest.approx(out["oc1S"]["boundary"], abs=UNIROOT)
    assert rule.certainty(rule.boundary(se), se) == pytest.approx(0.975, rel=1e-12)
    assert_allclose(rule.chance(out["oc1S"]["theta"], se), out["oc1S"]["power"], atol=1e-5)


def test_chance_over_a_distribution_is_the_average(rbest):
    _, _, prior, robust = rbest
    rule, se = SingleArmRule(robust, 0.9), 2.0
    average, _ = integrate.quad(
        lambda truth: prior.pdf(truth) * rule.chance(truth, se), -60, 60, points=[-7.4], limit=200
    )
    assert rule.chance(prior, se) == pytest.approx(average, rel=1e-7)


def test_with_a_flat_prior_and_a_number_the_rule_is_the_z_test():
    rule = SingleArmRule(-3.0, 0.975)
    assert rule.boundary(1.5) == pytest.approx(-3 - 1.5 * stats.norm.ppf(0.975), rel=1e-10)
    assert rule.chance(-3.0, 1.5) == pytest.approx(0.025, rel=1e-9)


def test_in_the_upper_tail_a_rule_is_the_mirror_image(rbest):
    _, _, prior, robust = rbest
    turned = lambda mixture: replace(mixture, means=-mixture.means)
    for comparator, known in ((robust, None), (-3.0, robust), (robust, prior)):
        low = SingleArmRule(comparator, 0.9, known)
        high = SingleArmRule(
            -comparator if isinstance(comparator, float) else turned(comparator),
            0.9,
            known and turned(known),
            lower_tail=False,
        )
        assert high.boundary(2.0) == pytest.approx(-low.boundary(2.0), rel=1e-9)
        assert high.certainty(8.0, 2.0) == pytest.approx(low.certainty(-8.0, 2.0), rel=1e-9)
        assert_allclose(high.chance([3.0, 9.0], 2.0), low.chance([-3.0, -9.0], 2.0), rtol=1e-9)
        assert high.chance(turned(prior), 2.0) == pytest.approx(low.chance(prior, 2.0), rel=1e-9)


def test_a_normal_prior_is_worth_n_inf_people(reference):
    """RBesT's table of n_inf = (tau/sigma)^-2: one normal, so that the definitions agree."""
    case = reference("pub_rbest_ninf")
    for ratio, people in zip(
        case["inputs"]["tau_over_sigma"], case["output"]["published"]["n_inf"], strict=True
    ):
        size = mixtures.effective_sample_size(mixture([[1, -7, 8 * ratio]]), 8)
        # Morita's takes off a prior 100 times as wide.
        assert_allclose([size.elir, size.moment, size.morita / 0.99], people, rtol=1e-8)


def test_elir_is_predictively_consistent():
    """Neuenschwander et al. 2020, theorem 1: n new people add n, averaged over what they show."""
    prior, sd, n = mixture([[0.6, -7.6, 1.4], [0.4, -7.2, 3.6]]), 9.5, 10
    se = sd / n**0.5
    expected = mixtures.predictive(prior, se)
    nodes, weights = np.polynomial.legendre.leggauss(80)
    after = [
        mixtures.effective_sample_size(mixtures.posterior(prior, y, se), sd).elir
        for y in expected.quantile((nodes + 1) / 2)
    ]
    before = mixtures.effective_sample_size(prior, sd).elir
    assert weights @ after / 2 == pytest.approx(before + n, rel=1e-3)


@pytest.fixture(scope="module")
def crohn(reference):
    case = reference("map_crohn")
    given = case["inputs"]
    fit = normal_normal(
        given["y"],
        given["se"],
        tau_prior=HalfNormal(44),
        mu_prior=Normal(*given["mu_prior"]),
    )
    return given, case["output"], fit


def test_exact_map_prior_of_crohn_data(crohn):
    _, out, fit = crohn
    probabilities = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975]
    for own, name in ((fit.mu, "mu"), (fit.tau, "tau"), (fit.theta_new, "theta_pred_link")):
        expected = out["quadrature_exact"][name]
        # The file's marginals of mu and tau are good to 1e-5, the predictive one to 1e-9.
        near = 1e-8 if name == "theta_pred_link" else 2e-5
        assert own.mean == pytest.approx(expected["mean"], abs=near * expected["sd"])
        assert own.sd == pytest.approx(expected["sd"], rel=near)
        assert_allclose(
            own.quantile(probabilities), expected["quantiles"], atol=near * expected["sd"]
        )
    assert fit.log_marginal_likelihood == pytest.approx(
        out["quadrature_exact"]["log_marginal_likelihood"], rel=1e-8
    )


def test_few_normals_stand_for_the_exact_map_prior(crohn):
    given, out, fit = crohn
    exact = fit.theta_new.mixture
    few = mixtures.fit_mixture(exact)
    assert len(few.weights) <= 8
    assert few.mean == pytest.approx(exact.mean, rel=1e-8)
    assert few.sd == pytest.approx(exact.sd, rel=1e-8)
    x = exact.quantile(np.linspace(0.0005, 0.9995, 999))
    assert np.abs(few.cdf(x) - exact.cdf(x)).max() < 1e-3
    # RBesT's mixture is fitted to a sample: its notes allow 10 to 15%.
    own = mixtures.effective_sample_size(few, given["sigma"])
    assert own.moment == pytest.approx(out["rbest_ess"]["moment"], rel=0.02)
    assert own.elir == pytest.approx(out["rbest_ess"]["elir"], rel=0.1)
    placebo = out["rbest_posterior_placebo_m-29.2_n20"]
    robust = mixtures.robustify(few, weight=0.2, mean=exact.mean, sd=given["sigma"])
    after = mixtures.posterior(robust, placebo["m"], given["sigma"] / placebo["n"] ** 0.5)
    unit = placebo["summary"]["sd"]
    assert after.mean == pytest.approx(placebo["summary"]["mean"], abs=0.05 * unit)
    assert after.sd == pytest.approx(unit, rel=0.05)


def test_a_fit_that_cannot_be_had_is_the_exact_distribution():
    wide = mixture([[0.5, -40, 1], [0.3, 0, 1], [0.2, 40, 1]])
    assert mixtures.fit_mixture(wide, most=2, steps=50) is wide
    ses = 8 / np.sqrt([148, 131, 26, 65, 109])
    arms = [-8.2, -7.9, -2.9, -10.5, -10.0]
    exact = normal_normal(arms, ses, tau_prior=HalfNormal(5)).theta_new.mixture
    found = mixtures.fit_mixture(exact)
    x = exact.quantile(np.linspace(0.001, 0.999, 99))
    assert np.abs(found.cdf(x) - exact.cdf(x)).max() <= 5e-4


components = st.lists(
    st.tuples(st.floats(0.05, 1), st.floats(-20, 20), st.floats(0.3, 10)), min_size=1, max_size=4
)


def normalised(parts):
    weights, means, sds = np.array(parts).T
    return NormalMixture(weights / weights.sum(), means, sds)


@given(components, st.floats(-25, 25), st.floats(0.2, 8))
@settings(max_examples=60, deadline=None)
def test_posterior_is_prior_times_likelihood(parts, mean, se):
    prior = normalised(parts)
    after = mixtures.posterior(prior, mean, se)
    x = np.linspace(-30, 30, 13)
    product = prior.pdf(x) * stats.norm.pdf(mean, x, se)
    evidence = mixtures.predictive(prior, se).pdf(mean)
    assert_allclose(after.pdf(x) * evidence, product, rtol=1e-8, atol=1e-300)


@given(components, st.floats(0.2, 5))
@settings(max_examples=40, deadline=None)
def test_information_is_minus_the_second_derivative(parts, at):
    own = normalised(parts)
    step = 1e-3 * own.sds.min()
    scaled = lambda x: -0.5 * ((x - own.means) / own.sds) ** 2 + np.log(own.weights / own.sds)
    log = lambda x: np.logaddexp.reduce(scaled(x))
    numerical = -(log(at + step) - 2 * log(at) + log(at - step)) / step**2
    assert own.information(at) == pytest.approx(numerical, rel=1e-3, abs=1e-3)


@given(components, st.floats(0.01, 100), st.floats(-50, 50))
@settings(max_examples=40, deadline=None)
def test_effective_sample_size_knows_no_units(parts, factor, shift):
    own = normalised(parts)
    moved = NormalMixture(own.weights, own.means * factor + shift, own.sds * factor)
    sizes = (mixtures.effective_sample_size(m, s) for m, s in ((own, 8), (moved, 8 * factor)))
    first, second = (np.array([*vars(size).values()]) for size in sizes)
    assert_allclose(first, second, rtol=1e-6)


def test_conflict_is_uniform_when_the_prior_is_right():
    """Over the prior predictive distribution, P(conflict <= u) = u: here at its quantiles."""
    prior = mixture([[0.6, -7.6, 1.4], [0.4, -7.2, 3.6]])
    expected = mixtures.predictive(prior, 2.0)
    for u in (0.02, 0.3, 0.9):
        for p in (u / 2, 1 - u / 2):
            own = mixtures.conflict(prior, float(expected.quantile(p)), 2.0)
            assert own == pytest.approx(u, rel=1e-8)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: mixtures.posterior(m, 0.0, 0.0), "se must be above 0"),
        (lambda m: mixtures.predictive(m, -1.0), "se must not be negative"),
        (lambda m: mixtures.robustify(m, weight=1.2, mean=0, sd=1), "weight must lie between"),
        (lambda m: mixtures.robustify(m, weight=0.2, mean=0, sd=0), "sd must be above 0"),
        (lambda m: mixtures.effective_sample_size(m, 0), "sd must be above 0"),
        (lambda m: SingleArmRule(m, 1.0), "confidence must lie between 0 and 1"),
    ],
)
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call(mixture([[1, 0, 1]]))
