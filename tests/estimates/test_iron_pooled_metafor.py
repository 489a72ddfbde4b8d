"""Seven trials of iron pooled: against a pool by hand of what the abstracts print.

As metafor (REML, test = "adhoc") has it, in R:

    d <- escalc("MD", m1i = c(-10.3, -9, -11.9, -7.38, -8.3), sd1i = c(7.4, 8, 8.04, 2.03, 7.5),
                n1i = c(11, 24, 32, 16, 32), m2i = c(-1.14, -4, -7.88, -.81, -4.8),
                sd2i = c(5.64, 8, 5.89, 2.61, 8.7), n2i = c(7, 22, 32, 16, 28))
    y <- c(d$yi, -4.66, -8.0 + 4.8)
    v <- c(d$vi, ((8.59 - .73) / 2 / qt(.975, 108))^2,
           (1.55 / qt(.975, 106))^2 + (1.65 / qt(.975, 100))^2)
    pool <- function(y, v) rma(y, v, method = "REML", test = "adhoc",
                               control = list(threshold = 1e-12, maxiter = 1000))
    fit <- pool(y, v); predict(fit); confint(fit); for (i in 1:7) print(pool(y[-i], v[-i])$b)

The numbers below are of `tests/stats/exact.py` with 80 digits, which with qnorm(.975) in the place of
qt(.975, 108) gives those that metafor 3.8 gave.
"""

from math import sqrt

import pytest
from numpy.testing import assert_allclose

from evidence_review.consistency import samples
from evidence_review.consistency.printed import INCONSISTENT, Printed
from evidence_review.estimates.contrast import contrast_results
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.reasons import RANK_TEST
from evidence_review.findings import of_effects
from evidence_review.findings.of_pool import choice_findings, pooled_findings
from evidence_review.review.finding import Interval
from evidence_review.sensitivity.pool_choices import PASS_CHECKS, READ_AS_SE, WITHOUT, pool_choices
from evidence_review.words.answer import answer

OUTCOME = "RLS severity"


@pytest.fixture(scope="module")
def moved(iron_review):
    return pool_choices(iron_review, OUTCOME)


@pytest.fixture(scope="module")
def findings(iron_review, moved):
    found = [
        *of_effects.effect_findings(iron_review),
        *pooled_findings(iron_review),
        *choice_findings(moved),
    ]
    return {finding.id.removeprefix("pooled.rls_severity."): finding for finding in found}


def test_sds_that_look_like_standard_errors_read_as_such(moved):
    """metafor as above, with the SDs of Deng 2017 (2.03, 2.61) times sqrt(16)."""
    (fit,) = (c.pooled.fit for c in moved if (c.kind, c.of) == (READ_AS_SE, "Deng 2017"))
    expected = [-4.20808554282, -5.96303163303, -2.45313945261]
    assert_allclose([fit.estimate, fit.ci_low, fit.ci_high], expected, rtol=1e-9)


def test_the_pool(iron_pool):
    fit = iron_pool.fit
    assert (fit.k, iron_pool.measure) == (7, Measure("MD", "points", "lower"))
    assert_allclose(
        [fit.estimate, fit.ci_low, fit.ci_high, fit.pi_low, fit.pi_high],
        [-4.96438305616, -6.82308804430, -3.10567806803, -8.29251005170, -1.63625606063],
        rtol=1e-9,
    )
    assert_allclose([fit.tau2, fit.i2, fit.q], [1.2729521279, 33.86483281, 8.640720226], rtol=1e-8)
    assert_allclose([iron_pool.tau2.low, iron_pool.tau2.high], [0, 14.979452], atol=1e-4)


def test_leaving_out_one_trial(moved, iron_pool):
    left = {c.of: c.pooled.fit.estimate for c in moved if c.kind == WITHOUT}
    assert len(left) == iron_pool.fit.k
    expected = {
        "Wang 2009": -4.72616667,
        "Allen 2011": -4.94894731,
        "Cho 2016": -5.09830010,
        "Deng 2017": -4.09147301,
        "Cho 2018": -5.12452842,
        "Trenkwalder 2017": -4.98917181,
        "Earley 2024": -5.63139052,
    }
    for label, estimate in expected.items():
        assert_allclose(left[label], estimate, rtol=1e-8, err_msg=label)


def test_each_trial_by_the_best_it_prints(iron_review):
    found = {item.label: item for item in contrast_results(iron_review, OUTCOME)}
    usable = {label: c for label, c in found.items() if not isinstance(c, NotUsable)}
    assert {label: round(c.on("MD").value, 2) for label, c in usable.items()} == {
        "Wang 2009": -9.16,  # -10.3 less -1.14
        "Allen 2011": -5.0,
        "Cho 2016": -4.02,
        "Deng 2017": -6.57,
        "Trenkwalder 2017": -4.66,  # the printed difference, at its last week
        "Cho 2018": -3.5,
        "Earley 2024": -3.2,
    }
    assert usable["Trenkwalder 2017"].week == 12
    printed = usable["Trenkwalder 2017"].on("MD").interval
    assert_allclose([printed.low, printed.high], [-8.59, -0.73])
    assert [label for label, c in usable.items() if c.basis == "assumed"] == ["Allen 2011"]
    # by hand: Hedges' g of Cho 2016, 62 degrees of freedom, J = 1 - 3 / (4 * 62 - 1) to 4 digits
    pooled_sd = sqrt((31 * 8.04**2 + 31 * 5.89**2) / 62)
    assert_allclose(
        usable["Cho 2016"].on("SMD").value, -4.02 / pooled_sd * (1 - 3 / 247), atol=1e-4
    )
    reasons = {label: c.reason for label, c in found.items() if isinstance(c, NotUsable)}
    assert reasons == {
        "Davis 2000": "no change printed",
        "Earley 2009": "no change printed",
        "Grote 2009": RANK_TEST,  # contrasts.csv: only medians, with a P
        "Sloand 2004": "no change printed",
    }


def test_a_bare_normal_interval_is_narrower_than_what_is_shown(iron_pool):
    _, v = iron_pool.values
    z_half = 1.959964 / sqrt(sum(1 / (x + iron_pool.fit.tau2) for x in v))
    assert iron_pool.fit.estimate - iron_pool.fit.ci_low > z_half


def test_the_published_pool_stands_beside_it(findings):
    """Trotti 2019, summary of findings: 3.78 points (1.31 to 6.25), 7 trials, 345 people."""
    published = findings["published"]
    assert (published.value, published.interval) == (-3.78, Interval(-6.25, -1.31, 0.95))
    assert published.note == "7 trials, 345 people"
    assert_allclose(findings["less_published"].value, -4.9643831 + 3.78, atol=1e-5)
    assert findings["people"].value == 18 + 46 + 64 + 32 + 110 + 60 + 208


def test_a_chance_of_an_important_benefit_agrees_with_its_interval(findings):
    assert findings["bayes"].interval.high < -3 < findings["bayes"].interval.high + 1
    assert 97.5 < findings["important_benefit"].value < 100


def test_without_the_trial_whose_spread_looks_like_a_standard_error(moved):
    (passing,) = [choice for choice in moved if choice.kind == PASS_CHECKS]
    assert "Deng 2017" not in [item.label for item in passing.pooled.contrasts]
    assert_allclose(passing.pooled.fit.estimate, -4.09147301, rtol=1e-8)


def test_the_answer_in_words(iron_review, findings):
    by_id = {finding.id: finding for finding in findings.values()}
    first, second, third = answer(iron_review, by_id)
    assert first == "In 7 randomised trials, people on iron did better than people on placebo."
    assert "4.96 points more" in second
    by_rule = "by Hartung and Knapp"
    assert f"interval of the difference 3.11 to 6.82 {by_rule}; 538 people" in second
    assert "Leaving out any one trial gives 4.09 to 5.63" in second
    assert "By a Bayesian pool" in second
    assert "in a new trial between 0.68 and 9.27" in second
    assert "Trotti 2019; 7 trials, 345 people" in third
    assert "3.78 points (1.31 to 6.25)" in third


def test_of_eighteen_people_only_seven_and_eleven_have_the_printed_figures():
    """Wang 2009: means and SDs of whole scores from 0 to 40 at the start, and of their changes."""
    scores, changes = {"minimum": 0, "maximum": 40}, {"minimum": -40, "maximum": 40}

    def possible(n, *figures):
        return all(
            samples.attainable(Printed(*mean), Printed(*sd), n, **ends).answer != INCONSISTENT
            for mean, sd, ends in figures
        )

    fitting = [
        n
        for n in range(2, 17)
        if possible(n, ((24.8, 1), (5.72, 2), scores), ((-10.3, 1), (7.40, 2), changes))
        and possible(18 - n, ((23.0, 1), (5.03, 2), scores), ((-1.14, 2), (5.64, 2), changes))
    ]
    assert fitting == [11]
