"""From tables to a report's numbers: does melatonin shorten the time to fall asleep?

The figures of the trials are made up. What follows from them is worked out by R's metafor 3.8-1, or by hand.
"""

import pytest
from numpy.testing import assert_allclose
from scipy import stats

from evidence_review.cli import main
from evidence_review.display.certainty import summary_of_findings
from evidence_review.estimates.contrast import contrasts_on
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.csv_tables import effects
from evidence_review.exchange.new_project import new_project
from evidence_review.findings.every import review_findings
from evidence_review.judgement.certainty import every_body
from evidence_review.records import load
from evidence_review.review.review import Review, on_outcome
from evidence_review.words.briefing import briefing
from evidence_review.words.pool import pooled_sentence

from .conftest import paste

OUTCOME = "sleep onset latency"
SCORES = """study,design,weeks,n1,mean1,sd1,n2,mean2,sd2,p,t_difference
Hansen 2001,crossover,2,24,21.4,9.8,24,29.0,12.1,0.012,
Ito 2005,crossover,1,18,24.6,11.0,18,33.2,15.3,,-2.41
Jansen 2009,parallel,4,40,25.1,14.2,41,31.8,16.0,,
Patel 2020,parallel,4,60,20,12,61,27,15,,
"""
DIFFERENCE = """study,design,weeks,n1,n2,Mean difference,95% CI lower,95% CI upper
Kim 2012,crossover,3,15,15,-6.5,-12.4,-0.6
"""
PERIODS = """study,design,weeks,arm,role,n,n_first_period,mean_first_period,sd_first_period
Olsen 2019,crossover,2,melatonin,treatment,22,11,22.5,9.0
Olsen 2019,crossover,2,placebo,placebo,22,11,30.8,12.5
"""
# One trial prints both arms, the other their difference.
MIXED = """study,weeks,n1,mean1,sd1,n2,mean2,sd2,difference,difference_ci_low,difference_ci_high
Jansen 2009,4,40,25.1,14.2,41,31.8,16.0,,,
Quist 2015,4,30,,,31,,,-5.0,-9.0,-1.0
"""
AWAKENINGS = """Study (year),Duration (weeks),n1,n2,"Reduction, melatonin","SD, melatonin","Reduction, placebo","SD, placebo"
Abe 2004,4,30,31,1.9,1.5,1.1,1.4
Bloom 2010,6,55,54,1.4,1.6,1.0,1.3
"""
EFFICIENCY = """study,weeks,Mean difference,95% CI lower,95% CI upper,n1,n2
Jansen 2009,4,2.1,0.4,3.8,40,41
Patel 2020,4,1.2,-0.6,3.0,60,61
"""


def asked(folder):
    """A project that asks about the time to fall asleep."""
    project = new_project(folder / "own")
    new = ["new", "melatonin", "--question", "Does melatonin shorten the time to fall asleep?"]
    new += ["--treatment", "melatonin", "--condition", "delayed sleep"]
    scale = ["--scale", "SOL", "--unit", "min", "--lowest", "0", "--better", "lower"]
    assert main(["--project", str(project.root), *new, "--outcome", OUTCOME, *scale]) == 0
    return project


@pytest.fixture(scope="module")
def sleep(tmp_path_factory):
    project = asked(tmp_path_factory.mktemp("sleep"))
    assert paste(project, SCORES) == 0
    assert paste(project, DIFFERENCE) == 0
    efficiency = ("--outcome", "sleep efficiency", "--scale", "SE", "--unit", "%")
    assert paste(project, EFFICIENCY, *efficiency, "--better", "higher") == 0
    return project


def test_a_pool_in_minutes_alone_has_its_row_in_the_summary_of_findings(sleep):
    """Kim prints no SD: with it the trials share minutes, and SDs of one kind without it only.

    The row said that no trial compares its groups, below an answer that pools five.
    """
    review = Review(load("melatonin", sleep))
    own, _ = every_body(review)
    assert own.studies == 5
    assert own.effect.standardised is None
    pooled = pooled_contrast(review, OUTCOME).summary.best
    assert own.difference.value == pooled.value
    table = summary_of_findings(review, every_body(review), {})
    assert "7.1" in table
    assert "without figures" not in table


def test_mean_differences_that_are_all_that_trials_print_are_pooled_as_by_metafor(sleep):
    """rma(c(2.1, 1.2), vi = (c(3.4, 3.6) / 2 / qt(.975, c(79, 119)))^2, test = "adhoc"); it ended in an error.

    The prior of tau is half an SD of people. 81 and 121 people in two groups have the SDs 3.843 and 5.000, by
    SE sqrt(n) / 2.
    """
    pooled = pooled_contrast(Review(load("melatonin", sleep)), "sleep efficiency")
    fit = pooled.fit
    assert_allclose(
        [fit.estimate, fit.ci_low, fit.ci_high], [1.67803105, -6.23094482, 9.58700692], rtol=1e-8
    )
    assert pooled.tau_prior_scale == pytest.approx((3.8433516 + 4.9997478) / 4, rel=1e-7)
    _, efficiency = every_body(Review(load("melatonin", sleep)))
    assert efficiency.difference.measure.unit == "%"


def test_effects_more_alike_than_chance_have_no_interval_of_tau(sleep):
    """metafor: "The upper and lower CI bounds for tau^2 both fall below 0"; it was 'uncertain (0.00 to 0.00)'."""
    said = pooled_sentence(pooled_contrast(Review(load("melatonin", sleep)), OUTCOME))
    assert "0.00 to 0.00" not in said
    assert (
        "with no interval: the results differ even less than chance alone makes results differ"
        in said
    )


def test_people_of_the_first_period_are_found_where_import_puts_them(tmp_path):
    """Other people in each arm: 22.5 - 30.8, by Welch's t; it was said that their number is not printed."""
    project = asked(tmp_path)
    assert paste(project, PERIODS) == 0
    (found,) = contrasts_on(Review(load("melatonin", project)), OUTCOME)
    parts = 9.0**2 / 11, 12.5**2 / 11
    df = sum(parts) ** 2 / sum(part**2 / 10 for part in parts)
    half = stats.t.ppf(0.975, df) * sum(parts) ** 0.5
    ends = found.on("MD").interval
    assert_allclose([ends.low, ends.high], [-8.3 - half, -8.3 + half], rtol=1e-9)


def test_a_table_may_have_means_in_one_row_and_a_difference_in_the_next(tmp_path):
    project = asked(tmp_path)
    assert paste(project, MIXED) == 0
    found = contrasts_on(Review(load("melatonin", project)), OUTCOME)
    assert [item.on("MD").value for item in found] == pytest.approx([-6.7, -5.0])


def test_means_of_the_same_people_are_not_exported_as_those_of_two_groups(tmp_path):
    """With r = .5 a crossover trial has the variance (9.8^2 + 12.1^2 - 9.8 x 12.1) / 24: other programs know no r."""
    project = asked(tmp_path)
    assert paste(project, SCORES) == 0
    rows = {
        row.contrast.study_id: row
        for row in effects(Review(load("melatonin", project)).under(crossover_r=0.5))
    }
    assert rows["hansen2001"].arms == ()
    assert rows["hansen2001"].effect.variance < (9.8**2 + 12.1**2) / 24
    assert [arm.n for arm in rows["jansen2009"].arms] == [40, 41]


def test_a_reduction_is_read_as_its_heading_says(tmp_path):
    """rma(escalc("MD", m1i = -c(1.9, 1.4), ..., m2i = -c(1.1, 1), ...), test = "adhoc"): it came out as +0.544, worse."""
    project = asked(tmp_path)
    assert paste(project, AWAKENINGS) == 0
    fit = pooled_contrast(Review(load("melatonin", project)), OUTCOME).fit
    assert_allclose(
        [fit.estimate, fit.ci_low, fit.ci_high], [-0.5441063, -3.3795559, 2.2913433], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (AWAKENINGS.replace("Reduction, placebo", "Change, placebo"), "some are of a reduction"),
        (
            AWAKENINGS.replace(",1.9,", ",-1.9,")
            .replace(",1.4,1.6", ",-1.4,1.6")
            .replace(",1.1,", ",-1.1,"),
            "below 0, which a reduction is not",
        ),
    ],
)
def test_a_reduction_that_may_be_a_change_is_asked_about(tmp_path, text, says, capsys):
    project = asked(tmp_path)
    assert paste(project, text) == 1
    assert says in capsys.readouterr().err
    assert paste(project, text, "--fill", "sign_convention=end minus baseline") == 0


def test_an_answer_on_another_outcome_rests_on_the_trials_that_say_something_of_it(tmp_path):
    """The uncontrolled study changed sleep onset latency alone; it counted as a third trial of 202 people."""
    project = asked(tmp_path)
    assert paste(project, SCORES) == 0
    assert (
        paste(
            project,
            "study,design,weeks,n,change mean,change SD\nQuinn 2021,single arm,4,30,-12.4,14.0\n",
        )
        == 0
    )
    efficiency = ("--outcome", "sleep efficiency", "--scale", "SE", "--unit", "%")
    assert paste(project, EFFICIENCY, *efficiency, "--better", "higher") == 0
    review = Review(load("melatonin", project))
    told = {}
    for outcome in (OUTCOME, "sleep efficiency"):
        asked_about = on_outcome(review, outcome)
        found = review_findings(asked_about)
        told[outcome] = briefing(asked_about, found, every_body(asked_about))
    # 24 and 18 in crossover trials, 81 and 121 in two groups, 30 in one.
    assert str(told[OUTCOME].based_on) == "5 trials, 274 people"
    assert str(told["sleep efficiency"].based_on) == "2 trials, 202 people"
