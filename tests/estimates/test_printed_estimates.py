"""Estimates as papers print them, from a table to the pool.

Independent values: metafor 3.8-1 and the data sets that it reads
(`tests/reference/printed_estimates_metafor.json`), and the published pools: lung cancer and
environmental tobacco smoke, excess risk 24% (13% to 36%) (Hackshaw, Law and Wald 1997, BMJ 315:980,
abstract); major cardiovascular events on SGLT2 inhibitors, HR 0.89 (0.83 to 0.96) (Zelniker et al. 2019,
Lancet 393:31, abstract).
"""

from dataclasses import replace
from math import exp, isclose, log, sqrt

import numpy as np
import pytest

from evidence_review.display.contrasts import counts_table
from evidence_review.estimates.contrast import contrast_results, contrasts_on
from evidence_review.estimates.counts import Absolute, baseline_risk, important_benefit
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.event_plan import event_plan
from evidence_review.estimates.methods import DERSIMONIAN_LAIRD, INVERSE_VARIANCE, by_method
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.estimates.reasons import (
    CLUSTERS,
    CROSSOVER_EVENTS,
    MORE_EVENTS,
    NO_EVENTS,
    NO_TIME,
    ONLY_ODDS,
    OTHER_EVIDENCE,
    OTHER_MEASURE,
)
from evidence_review.exchange.further_outcome import Further
from evidence_review.exchange.import_table import read_table, write_table
from evidence_review.exchange.understanding import Wishes
from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.review.settings import OBSERVATIONAL, RANDOMISED

from ..printed_estimates import (
    EXPECTED,
    HEART,
    NAME,
    SMOKE,
    STROKE,
    as_table,
    imported,
    project_of,
)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    return imported(tmp_path_factory.mktemp("smoke"), SMOKE, as_table("hackshaw"))


@pytest.fixture(scope="module")
def heart(tmp_path_factory):
    return imported(tmp_path_factory.mktemp("heart"), HEART, as_table("sglt2"))


@pytest.fixture(scope="module")
def stroke(tmp_path_factory):
    return imported(tmp_path_factory.mktemp("stroke"), STROKE, as_table("hart"), control="control")


@pytest.fixture
def review(request):
    return request.getfixturevalue(request.param)


CASES = [("smoke", "hackshaw"), ("heart", "sglt2"), ("stroke", "hart")]


@pytest.mark.parametrize(("review", "case"), CASES, indirect=["review"])
def test_effects_of_studies_are_those_of_metafor(review, case):
    found = contrasts_on(review, review.about.outcome)
    assert {item.best.measure.name for item in found} == {review.about.measure}
    assert [item.best.value for item in found] == pytest.approx(EXPECTED[case]["yi"], abs=1e-12)
    variances = [item.best.variance for item in found]
    assert variances == pytest.approx(EXPECTED[case]["vi"], abs=1e-12)


def test_the_data_set_of_metadat_was_worked_out_alike(smoke):
    """The logarithms and variances that the package ships with the printed odds ratios."""
    found = contrasts_on(smoke, "lung cancer")
    theirs = EXPECTED["hackshaw"]
    assert [item.best.value for item in found] == pytest.approx(theirs["metadat_yi"], abs=1e-12)
    assert [item.best.variance for item in found] == pytest.approx(theirs["metadat_vi"], abs=1e-12)


@pytest.mark.parametrize(("review", "case"), CASES, indirect=["review"])
@pytest.mark.parametrize(
    ("method", "theirs"), [(INVERSE_VARIANCE, "EE|z"), (DERSIMONIAN_LAIRD, "DL|z")]
)
def test_pools_are_those_of_metafor(review, case, method, theirs):
    one = next(x for x in by_method(review, review.about.outcome) if x.method == method)
    fit = EXPECTED[case]["fits"][theirs]
    ours = (one.value, one.interval.low, one.interval.high)
    assert ours == pytest.approx((fit["estimate"], fit["ci_low"], fit["ci_high"]), abs=1e-8)


@pytest.mark.parametrize(("review", "case"), CASES, indirect=["review"])
def test_the_pool_of_the_report_is_that_of_metafor(review, case):
    """REML, which metafor stops at a change of 1e-5, with the interval of Hartung and Knapp."""
    fit = pooled_contrast(review, review.about.outcome).fit
    theirs = EXPECTED[case]["fits"]["REML|adhoc"]
    ours = (fit.estimate, fit.ci_low, fit.ci_high)
    assert ours == pytest.approx(
        (theirs["estimate"], theirs["ci_low"], theirs["ci_high"]), abs=1e-5
    )


def test_the_published_pools(smoke, heart):
    printed = lambda one: [
        round(exp(x), 2) for x in (one.value, one.interval.low, one.interval.high)
    ]
    by = {one.method: one for one in by_method(smoke, "lung cancer")}
    assert printed(by[DERSIMONIAN_LAIRD]) == [1.24, 1.13, 1.36]
    by = {one.method: one for one in by_method(heart, HEART.outcome)}
    assert printed(by[INVERSE_VARIANCE]) == [0.89, 0.83, 0.96]


def trial(tmp_path, header, row, question=HEART, **wishes):
    """The result of one study with this row."""
    review = imported(tmp_path, question, f"study,year,{header}\nRoe,2001,{row}\n", **wishes)
    (found,) = contrast_results(review, question.outcome)
    return found


@pytest.mark.parametrize(
    ("header", "row", "variance"),
    [
        ("hr,p", "0.50,0.03", EXPECTED["by_p"]["vi"][0]),
        ("hr,ci_low,ci_high,ci_level", "0.50,0.30,0.80,90", EXPECTED["by_level"]["vi"][0]),
        ("log hr,se", "-0.6931472,0.25", 0.0625),
        ("yi,vi", "-0.6931472,0.0625", 0.0625),
        ("hr,se", "0.5,0.25", 0.0625),
    ],
)
def test_every_way_to_print_how_precise_an_estimate_is(tmp_path, header, row, variance):
    found = trial(tmp_path, header, row)
    assert found.best.value == pytest.approx(log(0.5), abs=1e-7)
    assert found.best.variance == pytest.approx(variance, rel=1e-9)
    assert found.best.measure.name == "HR"


@pytest.mark.parametrize(
    ("header", "row"), [("hr,p", "0.50,<0.05"), ("hr,p", "1.00,0.6"), ("hr,p", "0.50,0.000")]
)
def test_a_bound_is_not_a_value(tmp_path, header, row):
    """P < 0.05 leaves the precision open, and so does any P beside a ratio of 1."""
    found = None
    try:
        found = trial(tmp_path, header, row)
    except ValueError as error:  # refused at the door, with the reason
        assert "exact P" in str(error)
    assert found is None or isinstance(found, NotUsable)


def test_rounding_leaves_what_prints_alike(tmp_path):
    """0.86 (0.74 to 0.99): the logarithm of anything from 0.855 to 0.865."""
    effect = trial(tmp_path, "hr,ci_low,ci_high", "0.86,0.74,0.99").best
    assert (effect.rounding.low, effect.rounding.high) == pytest.approx((log(0.855), log(0.865)))
    widest = (log(0.995) - log(0.735)) / 2 / 1.959963984540054
    assert effect.se_rounding.high == pytest.approx(widest)


def test_an_estimate_on_another_measure_is_not_taken_for_it(tmp_path):
    found = trial(tmp_path, "odds ratio,ci_low,ci_high", "0.86,0.74,0.99")
    assert isinstance(found, NotUsable)
    assert found.reason == OTHER_MEASURE


def test_plain_measures_are_pooled_on_their_own_scale(tmp_path):
    question = HEART.__class__(**vars(HEART) | {"measure": "RD"})
    found = trial(tmp_path, "risk difference,ci_low,ci_high", "-0.02,-0.05,0.01", question)
    assert found.best.value == -0.02
    assert sqrt(found.best.variance) == pytest.approx(0.06 / 2 / 1.959963984540054)


MIXED = (
    "study,year,design,odds ratio,ci_low,ci_high,events1,n1,events2,n2\n"
    "Adams,2001,parallel,,,,10,50,20,50\n"
    "Baker,2002,parallel,0.40,0.15,0.90,,,,\n"
)


def test_counts_and_estimates_are_pooled_together(tmp_path):
    """log(10 * 30 / (40 * 20)) from counts, log 0.40 as printed."""
    question = SMOKE.__class__(**vars(SMOKE) | {"is_association": False})
    review = imported(tmp_path, question, MIXED)
    found = contrasts_on(review, "lung cancer")
    assert [item.route.name for item in found] == ["events", "estimate and interval"]
    assert [item.best.value for item in found] == pytest.approx([log(300 / 800), log(0.4)])
    assert pooled_contrast(review, "lung cancer").fit.k == 2


def test_in_a_trial_counts_come_first_and_in_a_cohort_what_may_be_adjusted(tmp_path):
    table = (
        "study,year,design,odds ratio,ci_low,ci_high,events1,n1,events2,n2\n"
        "Adams,2001,{},0.60,0.30,1.20,10,50,20,50\n"
    )
    routes = {}
    for design in ("parallel", "cohort"):
        folder = tmp_path / design
        folder.mkdir()
        (found,) = contrast_results(imported(folder, SMOKE, table.format(design)), "lung cancer")
        routes[design] = found.route.name
    assert routes == {"parallel": "events", "cohort": "estimate and interval"}


def test_randomised_and_observational_studies_are_told_apart(tmp_path):
    table = MIXED + "Cole,2003,cohort,1.50,1.10,2.00,,,,\nDean,2004,cohort,1.20,0.80,1.90,,,,\n"
    review = imported(tmp_path, SMOKE, table)
    pooled = pooled_contrast(review, "lung cancer")
    assert [item.label for item in pooled.contrasts] == ["Adams 2001", "Baker 2002"]
    assert pooled.summary.evidence == RANDOMISED
    left_out = [r for r in contrast_results(review, "lung cancer") if isinstance(r, NotUsable)]
    assert [(item.label, item.reason) for item in left_out] == [
        ("Cole 2003", OTHER_EVIDENCE),
        ("Dean 2004", OTHER_EVIDENCE),
    ]
    others = pooled_contrast(review.under(evidence=OBSERVATIONAL), "lung cancer")
    assert [item.label for item in others.contrasts] == ["Cole 2003", "Dean 2004"]
    everything = pooled_contrast(review.under(evidence="any"), "lung cancer")
    assert everything.fit.k == 4
    assert everything.summary.evidence == OBSERVATIONAL


def test_a_case_control_study_has_no_risk(tmp_path):
    """Its authors chose how many people have the event: an odds ratio is all that counts give."""
    table = "study,year,design,events1,n1,events2,n2\nAdams,2001,case-control,30,70,20,80\n"
    review = imported(tmp_path, SMOKE, table)
    (found,) = contrasts_on(review, "lung cancer")
    assert [effect.measure.name for effect in found.effects] == ["OR"]
    with pytest.raises(ValueError, match="set baseline_risk"):
        baseline_risk(review, [found])
    (row,) = counts_table(review, [found]).to_dict("records")
    assert (row["exposed"], row["not exposed"]) == ("30 of 70", "20 of 80")  # no per cent: no risk
    followed = imported(tmp_path / "again", SMOKE, table.replace("case-control", "cohort"))
    (row,) = counts_table(followed, contrasts_on(followed, "lung cancer")).to_dict("records")
    assert (row["exposed"], row["not exposed"]) == ("30 of 70 (42.9%)", "20 of 80 (25.0%)")


def test_a_hazard_ratio_needs_a_risk_to_be_people(heart):
    """Where hazards are proportional, S1 = S0 to the power of the hazard ratio: 100 in 1000 become 91."""
    pooled = pooled_contrast(heart, HEART.outcome)
    assert important_benefit(heart, pooled.measure, pooled.contrasts) is None
    assert event_plan(heart) is None
    given = heart.under(baseline_risk=100.0)
    base = baseline_risk(given, pooled.contrasts)
    ends = (log(0.9), log(0.9), log(0.9))
    found = Absolute.of(base, pooled.measure, ends, 0.95)
    assert found.difference == pytest.approx((1 - 0.9**0.9) - 0.1)
    # Of 5 in 1000 no 10 can be spared: there is no ratio to draw.
    rare = heart.under(baseline_risk=5.0)
    assert important_benefit(rare, pooled.measure, pooled.contrasts) is None
    # 10 in 1000 fewer, of 100: the ratio that leads to 90.
    matters = important_benefit(given, pooled.measure, pooled.contrasts)
    assert isclose(1 - 0.9 ** exp(-matters), 0.09)


def test_nobody_is_randomised_to_what_people_live_with(smoke):
    assert event_plan(smoke.under(baseline_risk=10.0)) is None


def test_no_person_counts_twice_and_none_is_made_up(smoke):
    """The table has cases, not people: no number of people follows."""
    from evidence_review.estimates.contrast import people

    count, counted = people(smoke, ["garfinkel1981"], smoke.about.outcome)
    assert np.isnan(count)
    assert not counted


CONTROL_GROUPS = "study,year,design,events1,n1,events2,n2\nRoe,2001,{},{}\n"


@pytest.mark.parametrize(
    ("measure", "design", "counts", "reason"),
    [
        ("RD", "case-control", "30,100,20,100", ONLY_ODDS),
        ("RR", "case-control", "30,100,20,100", ONLY_ODDS),
        ("RR", "cohort", "0,100,0,100", NO_EVENTS),
        ("IRR", "cohort", "30,100,20,100", NO_TIME),
        ("HR", "cohort", "30,100,20,100", OTHER_MEASURE),
        ("OR", "cohort", "130,100,20,100", MORE_EVENTS),
        ("IRR", "cohort", "130,100,20,100", NO_TIME),
        ("RR", "cluster", "30,100,20,100", CLUSTERS),
        ("RR", "crossover", "30,100,20,100", CROSSOVER_EVENTS),
    ],
)
def test_counts_are_not_taken_for_what_they_do_not_give(tmp_path, measure, design, counts, reason):
    """Each stood as an odds ratio in a review of another measure once, or ended in an error."""
    review = imported(
        tmp_path, replace(SMOKE, measure=measure), CONTROL_GROUPS.format(design, counts)
    )
    (found,) = contrast_results(review, "lung cancer")
    assert isinstance(found, NotUsable)
    assert found.reason == reason


def test_no_event_in_so_much_time_is_not_said_to_lack_the_time(tmp_path):
    header = "study,year,design,x1i,n1,t1i,x2i,n2,t2i\n"
    table = header + "Roe,2001,cohort,0,100,90,0,100,95\n"
    review = imported(tmp_path, replace(SMOKE, measure="IRR"), table)
    (found,) = contrast_results(review, "lung cancer")
    assert found.reason == NO_EVENTS


def test_means_beside_a_review_of_ratios_assume_nothing(tmp_path):
    """What a mean would need assumed (people an arm, correlations) is not asked for."""
    project = project_of(tmp_path, HEART, "study,year,hr,ci_low,ci_high\nRoe,2001,0.8,0.7,0.9\n")
    file = tmp_path / "walk.csv"
    file.write_text("study,n1,mean1,sd1,n2,mean2,sd2\nRoe 2001,20,30,5,20,25,5\n", encoding="utf-8")
    further = Further("walking", better="higher", unit="m")
    wishes = Wishes(fill={"week": "8", "year": "2001"})
    understood = read_table(project, NAME, file, wishes, further=further)
    write_table(project, NAME, file, understood, further=further)
    review = Review(load(NAME, project)).under(outcome="walking")
    (found,) = contrast_results(review, "walking")
    # 5 m at an SD of 5, by Hedges' factor for 38 degrees of freedom, 1 - 3/151 in its usual form.
    assert found.on("MD").value == 5.0
    assert found.on("SMD").value == pytest.approx(1 - 3 / 151, abs=2e-4)
