"""Pools of 2 x 2 tables against metafor and the published pools of 22 trials."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, special, stats

import evidence_review as er
from evidence_review.stats.event_effects import log_odds_ratio
from evidence_review.stats.event_pools import binomial_normal, mantel_haenszel, peto
from evidence_review.stats.synthesis import random_effects

# Deaths and people on intravenous magnesium and on control after a heart attack: the 22 trials of
# Li 2007 (Cochrane CD002755.pub2), as given in the R package metadat, data set li2007.
LI_2007 = tuple(
    zip(
        (1, 40, 2, 36),
        (4, 56, 14, 74),
        (2, 92, 7, 93),
        (1, 48, 1, 46),
        (1, 25, 3, 23),
        (1, 50, 9, 53),
        (6, 81, 11, 81),
        (10, 150, 8, 148),
        (2, 21, 4, 25),
        (90, 1150, 118, 1150),
        (5, 125, 12, 102),
        (4, 130, 8, 122),
        (4, 96, 17, 98),
        (2216, 29011, 2103, 29039),
        (3, 40, 3, 38),
        (1, 31, 0, 30),
        (6, 169, 18, 181),
        (475, 3113, 472, 3100),
        (2, 50, 10, 50),
        (0, 75, 1, 75),
        (101, 1691, 134, 1488),
        (1, 89, 3, 91),
        strict=True,
    )
)
# Made up: events in one group only, in neither, and groups of unequal size.
SPARSE = ([0, 3, 0, 8, 0], [20, 40, 30, 35, 25], [2, 5, 0, 4, 1], [22, 41, 31, 30, 50])

# metafor 3.8.1, R 4.2.2: f <- rma.mh(measure="OR", ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=dat)
# c(f$beta, f$se, f$ci.lb, f$ci.ub); "PETO": rma.peto(ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=dat)
METAFOR = {
    ("li", "OR"): [-0.0130912493479, 0.0272621795648, -0.0665241394349, 0.0403416407391],
    ("li", "RR"): [-0.0119526753944, 0.0248860322118, -0.0607284022476, 0.0368230514589],
    ("li", "RD"): [-0.000972399047467, 0.00202501203713, -0.0049413497085, 0.00299655161357],
    ("li", "PETO"): [-0.0131049286819, 0.0272763382006, -0.0665655691852, 0.0403557118215],
    ("sparse", "OR"): [-0.143183836358, 0.453985490407, -1.03297904706, 0.746611374344],
    ("sparse", "RR"): [-0.125686780131, 0.404010086609, -0.917531999277, 0.666158439014],
    ("sparse", "RD"): [-0.00885739682568, 0.0279645010225, -0.0636668116754, 0.0459520180241],
    ("sparse", "PETO"): [-0.139481464079, 0.447065312247, -1.01571337482, 0.736750446663],
}
TABLES = {"li": LI_2007, "sparse": SPARSE}


@pytest.mark.parametrize(("name", "measure"), METAFOR)
def test_common_effects_without_correction_are_metafors(name, measure):
    tables = TABLES[name]
    found = peto(*tables) if measure == "PETO" else mantel_haenszel(*tables, measure=measure)
    numbers = [found.estimate, found.se, found.ci_low, found.ci_high]
    assert_allclose(numbers, METAFOR[name, measure], rtol=1e-10)
    assert found.tau2 == 0


def test_the_same_trials_give_two_published_answers():
    """Li 2007: 0.66 (0.53 to 0.82) by random effects, 0.99 (0.94 to 1.04) by a fixed effect."""
    random = random_effects(*log_odds_ratio(*LI_2007), tau2="DL", ci="z")
    fixed = mantel_haenszel(*LI_2007)
    printed = lambda fit: [
        round(float(np.exp(x)), 2) for x in (fit.estimate, fit.ci_low, fit.ci_high)
    ]
    assert printed(random) == [0.66, 0.53, 0.82]
    assert printed(fixed) == [0.99, 0.94, 1.04]
    # rma(measure="OR", ..., method="DL"), with 1/2 in the two tables that have an empty cell
    assert_allclose(
        [random.estimate, random.se, random.tau2, random.i2],
        [-0.412480885426, 0.11176524755, 0.0667317346249, 63.6149745383],
        rtol=1e-10,
    )


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
@pytest.mark.parametrize("rule", ["z", "knha"])
@pytest.mark.parametrize("estimator", ["EE", "DL", "REML", "PM"])
def test_a_table_of_counts_pooled_as_metafor_does(reference, estimator, rule, measure):
    """From the columns to the pool: 1/2 in the two tables that have an empty cell."""
    case = reference("bin_li2007_metafor")
    columns = {name: case["inputs"][name] for name in ("study", "ai", "n1i", "ci", "n2i")}
    expected = case["output"][f"{estimator}|{rule}|{measure}"]
    fit = er.pool(er.effects(pd.DataFrame(columns), measure), tau2=estimator, ci=rule).fit
    names = ["estimate", "se", "ci_low", "ci_high", "p", "q"]
    if estimator in ("REML", "PM"):
        # metafor stops where a step in tau2 is below 1e-5, which in risk differences is much.
        assert fit.tau2 == pytest.approx(expected["tau2"], abs=2e-5)
        rough = 5e-3 if measure == "RD" else 1e-4
        assert_allclose([fit.estimate, fit.se], [expected["estimate"], expected["se"]], rtol=rough)
        return
    assert_allclose([getattr(fit, name) for name in names], [expected[n] for n in names], rtol=1e-8)
    assert fit.tau2 == pytest.approx(expected["tau2"], rel=1e-8, abs=1e-12)


def test_a_trial_without_events_says_nothing_of_a_ratio():
    assert mantel_haenszel(*SPARSE).uninformative == (2,)
    assert peto(*SPARSE).k == binomial_normal(*SPARSE).k == 4
    assert mantel_haenszel(*SPARSE, measure="RD").k == 5
    without = [np.delete(counts, 2) for counts in SPARSE]
    assert mantel_haenszel(*without).estimate == mantel_haenszel(*SPARSE).estimate


@pytest.mark.parametrize("pool", [mantel_haenszel, peto, binomial_normal])
def test_groups_that_change_places_turn_the_sign(pool):
    events1, n1, events2, n2 = SPARSE
    there, back = pool(*SPARSE), pool(events2, n2, events1, n1)
    assert back.estimate == pytest.approx(-there.estimate, abs=1e-5)
    assert back.se == pytest.approx(there.se, abs=1e-5)


def test_the_binomial_normal_model_is_metafors():
    """rma.glmm(measure="OR", ..., model="UM.FS", nAGQ=25); lme4 stops at a gradient of 0.006."""
    found = binomial_normal(*LI_2007)
    assert found.estimate == pytest.approx(-0.579941641224, abs=5e-4)
    assert found.se == pytest.approx(0.165742223982, abs=5e-4)
    assert found.tau2 == pytest.approx(0.174480483465, abs=5e-4)
    sparse = binomial_normal(*SPARSE)
    assert sparse.estimate == pytest.approx(-0.141742163348, abs=1e-6)
    assert sparse.se == pytest.approx(0.451133661683, abs=1e-5)
    assert sparse.tau2 == pytest.approx(0, abs=1e-10)


def test_the_binomial_normal_fit_is_at_the_top_of_its_likelihood():
    """The likelihood written anew, by a fine grid that adapts to nothing, and climbed without gradients."""
    tables = ([2, 30, 3], [50, 60, 40], [12, 14, 9], [50, 62, 41])
    z = np.linspace(-9, 9, 3001)
    weight = stats.norm.pdf(z) * (z[1] - z[0])

    def profile(mean, tau, a, n1, c, n2):
        def minus(base):
            one, two = (special.expit(base + sign * (mean + tau * z) / 2) for sign in (1, -1))
            terms = one**a * (1 - one) ** (n1 - a) * two**c * (1 - two) ** (n2 - c)
            return -np.log(terms @ weight)

        return optimize.minimize_scalar(minus, bracket=(-1.5, -0.5), tol=1e-6).fun

    likelihood = lambda mean, tau: sum(profile(mean, tau, *t) for t in zip(*tables, strict=True))
    found = binomial_normal(*tables)
    tau = np.sqrt(found.tau2)
    assert tau > 0.3
    top = likelihood(found.estimate, tau)
    for mean_step, tau_step in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        assert likelihood(found.estimate + mean_step, tau + tau_step) > top + 1e-6


@pytest.mark.parametrize("pool", [mantel_haenszel, peto, binomial_normal])
def test_counts_that_cannot_be_are_refused(pool):
    with pytest.raises(ValueError, match="events1 must be between 0 and n1; not so at position 1"):
        pool([1, 11], [10, 10], [2, 3], [10, 10])
    with pytest.raises(ValueError, match="no trial has both"):
        pool([0, 0], [10, 10], [0, 0], [10, 10])
    with pytest.raises(ValueError, match="level must be"):
        pool([1, 2], [10, 10], [2, 3], [10, 10], level=95)


def test_a_ratio_that_is_zero_or_infinite_is_refused():
    for pool in (mantel_haenszel, binomial_normal):
        with pytest.raises(ValueError, match="0 or infinite"):
            pool([0, 0], [10, 10], [2, 3], [10, 10])
