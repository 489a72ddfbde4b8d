"""Power, assurance and run-in against R, closed forms and simulated trials."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats

from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.measure import Measure
from evidence_review.findings.of_design import design_findings
from evidence_review.placebo import trial_design
from evidence_review.placebo.trial_design import TrialPlan
from evidence_review.stats.bayes import HalfNormal
from evidence_review.stats.mixtures import NormalMixture

from ..stats.test_normal_normal_exact import reference

LOWER, HIGHER = Measure("MC", "points", "lower"), Measure("MC", "points", "higher")


def normal(mean, sd):
    return NormalMixture(np.ones(1), np.array([float(mean)]), np.array([float(sd)]))


def test_numbers_of_people_as_power_t_test_has_them():
    """R 4.2.2: power.t.test(power=.9, delta=1) n = 22.02110; (.8, .5) n = 63.76576; n=20: .8689528."""
    assert TrialPlan(sd=1).analysed_for(1, 0.9) == 23
    assert TrialPlan(sd=1).analysed_for(0.5, 0.8) == 64
    assert TrialPlan(sd=1).power(20, 1.0) == pytest.approx(0.8689528, abs=1e-7)


def test_drop_out_arms_and_run_in_are_counted():
    plan = TrialPlan(sd=1, drop_out=0.2, run_in=0.0)
    assert plan.randomised_for(0.5, 0.8) == 160  # 2 x 64 / 0.8
    assert plan.screened_for(0.5, 0.8) == 160
    more = TrialPlan(sd=1, active_arms=3)
    each = more.analysed_for(0.5, 0.8)
    assert more.power(each, 0.5) >= 0.8 > more.power(each - 1, 0.5)
    assert more.randomised_for(0.5, 0.8) == 3 * each + int(np.ceil(each * 3**0.5))


def test_to_exclude_takes_as_many_as_to_show():
    plan = TrialPlan(sd=8)
    assert plan.chance_to_exclude(100, 0.0, 3.0) == plan.power(100, 3.0)
    # A true benefit at the difference itself is excluded by chance only.
    assert plan.chance_to_exclude(100, 3.0, 3.0) == pytest.approx(0.025, rel=1e-6)


def test_power_is_certain_at_the_extremes():
    """Where the noncentral t has no answer any more."""
    assert_allclose(TrialPlan(sd=1).power(10_000, [5.0, -5.0]), [1.0, 0.0], atol=1e-12)


def test_assurance_has_a_closed_form_for_many_people():
    """O'Hagan et al. 2005, eq. 4: Phi((m - z s) / sqrt(s^2 + v)) for a normal belief N(m, v)."""
    n, sd, mean, spread = 4000, 100.0, 3.0, 4.0
    error = sd * (2 / n) ** 0.5
    expected = stats.norm.cdf((mean - 1.959964 * error) / np.hypot(error, spread))
    own = TrialPlan(sd=sd).assurance(n, normal(mean, spread))
    assert own == pytest.approx(expected, abs=2e-4)


def test_assurance_of_a_certain_belief_is_power():
    plan = TrialPlan(sd=8)
    assert plan.assurance(60, normal(4.0, 1e-9)) == pytest.approx(plan.power(60, 4.0), rel=1e-6)


def test_a_run_in_against_simulated_people():
    """A steady level with noise: who improves most between two visits is turned away."""
    rng = np.random.default_rng(20261123)
    level, noise = rng.normal(0, 5, 1_000_000), rng.normal(0, 4, (3, 1_000_000))
    first, second, third = level + noise
    earlier, later = second - first, third - second
    sd, share = later.std(), 0.3
    stays = earlier > np.quantile(earlier, share)
    assert TrialPlan(sd, run_in=share).sd_after_run_in == pytest.approx(
        later[stays].std(), rel=0.005
    )
    assert trial_design.improvement_after_run_in(sd, share) == pytest.approx(
        -later[stays].mean(), abs=0.02
    )


def test_without_a_run_in_nothing_changes():
    assert TrialPlan(sd=8).sd_after_run_in == 8
    assert trial_design.improvement_after_run_in(8, 0.0) == 0.0


def test_an_uncontrolled_trial_has_a_ceiling():
    """With infinitely many people only the spread between trials is left."""
    placebo = normal(-6.7, 3.0)
    bar = stats.norm.ppf(0.025, -6.7, 3.0)
    chances = trial_design.uncontrolled_chance(placebo, LOWER, 5.0, 8.0, [12, 100, 1e5, np.inf])
    assert chances[-1] == pytest.approx(stats.norm.cdf(bar, -11.7, 3.0), rel=1e-5)
    assert list(chances) == sorted(chances)
    nothing = trial_design.uncontrolled_chance(placebo, LOWER, 0.0, 8.0, [12, np.inf])
    assert_allclose(nothing, 0.025, rtol=1e-6)


def test_a_scale_on_which_more_is_better_is_the_mirror_image():
    """Simulated: 100,000 trials of 20 people on such a scale; and the bar of the turned scale."""
    placebo, rng, error = normal(6.7, 3.0), np.random.default_rng(8), 8 / 20**0.5
    bar = trial_design.uncontrolled_rule(placebo, HIGHER).boundary(error)
    assert bar == pytest.approx(
        -trial_design.uncontrolled_rule(normal(-6.7, 3.0), LOWER).boundary(error)
    )
    means = rng.normal(rng.normal(6.7, 3.0, 100_000) + 5.0, error)
    own = trial_design.uncontrolled_chance(placebo, HIGHER, 5.0, 8.0, [20])[0]
    assert own == pytest.approx(np.mean(means > bar), abs=0.005)


def test_uncontrolled_trials_simulated():
    """100,000 trials of 20 people, each with the placebo response of its own trial."""
    placebo, rng = normal(-6.7, 3.0), np.random.default_rng(7)
    bar = trial_design.uncontrolled_rule(placebo, LOWER).boundary(8 / 20**0.5)
    means = rng.normal(rng.normal(-6.7, 3.0, 100_000) - 5.0, 8 / 20**0.5)
    own = trial_design.uncontrolled_chance(placebo, LOWER, 5.0, 8.0, [20])[0]
    assert own == pytest.approx(np.mean(means < bar), abs=0.005)


@pytest.mark.parametrize(("benefit", "power"), [(-3.0, 0.8), (0.0, 0.8), (3.0, 1.0)])
def test_bad_input_is_named(benefit, power):
    with pytest.raises(ValueError, match="benefit must be above 0 and power between 0 and 1"):
        TrialPlan(sd=8).analysed_for(benefit, power)


def test_the_best_that_an_uncontrolled_trial_can_do_by_the_definition(magnesium):
    """The exact predictive of 28 placebo arms in 45 digits: a bar of -13.00, reached in 14.55% of cases."""
    arms, scale = placebo_arms(magnesium).usable, magnesium.settings.tau_prior_scale
    means, errors = [arm.mean for arm in arms], [arm.se for arm in arms]
    true = reference(means, errors, HalfNormal(scale), None, 2)
    below = lambda x: true.cdf_pdf("theta_new", true.less_centre(x))[0]
    bar = optimize.brentq(lambda x: below(x) - 0.025, -30, 0, xtol=1e-12)
    at_best = 100 * below(bar + magnesium.settings.important_difference)
    found = {finding.id: finding.value for finding in design_findings(magnesium)}
    assert_allclose(found["trial.uncontrolled_boundary"], bar, rtol=1e-9)
    assert_allclose(found["trial.uncontrolled_at_best"], at_best, rtol=1e-9)
