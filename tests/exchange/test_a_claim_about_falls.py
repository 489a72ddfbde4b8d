"""From tables to a report's numbers: do exercise programmes prevent falls in older people?

The figures of the trials are made up. What follows from them is worked out by R's metafor 3.8-1, or by hand.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.checks.reversals import reversals
from evidence_review.cli import main
from evidence_review.display.contrasts import counts_table
from evidence_review.estimates.contrast import contrasts_on
from evidence_review.estimates.counts import baseline_risk
from evidence_review.estimates.methods import COMMON, by_method
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.csv_tables import effects
from evidence_review.exchange.new_project import new_project
from evidence_review.exchange.raw_tables import rows_of
from evidence_review.findings.every import answer_findings, review_findings
from evidence_review.judgement.certainty import bodies, every_body
from evidence_review.judgement.grade import LOWERING, NO_SD
from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.words.answer import answer
from evidence_review.words.events import methods

from .conftest import paste

RATES = """study,design,weeks,n1,n2,x1i,t1i,x2i,t2i,n_clusters1,n_clusters2,icc
Andrews 2005,parallel,52,130,132,141,118.4,203,121.0,,,
Chen 2011,cluster,52,205,198,210,180.2,262,176.5,12,12,0.02
Garcia 2020,parallel,12,45,44,0,10.2,4,9.8,,,
"""
FALLERS = """study,weeks,events1,n1,events2,n2,icc
Andrews 2005,52,62,130,81,132,
Chen 2011,52,88,205,103,198,0.02
"""
HAZARDS = """study,weeks,hazard ratio,ci_low,ci_high,events1,n1,events2,n2
Eriksen 2017,52,0.69,0.50,0.96,61,150,82,149
Fofana 2019,24,0.88,0.55,1.41,30,60,34,62
Gao 2022,52,0.74,0.60,0.91,70,200,92,201
"""
BY_ARM = """Trial;Group;Weeks;N;Falls;Person-years
Evans 2016;exercise;26;50;31;24,0
Evans 2016;control group;26;52;44;25,5
"""
FEAR = """study,weeks,n1,mean1,sd1,n2,mean2,sd2
Andrews 2005,52,120,24.1,6.2,118,26.9,7.1
"""
JUDGED = "falls-efficacy,randomised,{},not serious,Made up.,andrews2005,table 2,abstract,\n"
PROGRAMMES = """Author (year),Weeks,Programme,"Falls, exercise","Person-years, exercise","Falls, control","Person-years, control"
Dubois 2014,52,tai chi,88,95.0,130,96.1
Dubois 2014,52,balance training,102,97.5,130,96.1
"""
FALLERS_OF_TWO = """Trial,Weeks,Intervention,events1,n1,events2,n2
Dubois 2014,52,tai chi,40,101,55,103
Dubois 2014,52,balance training,46,104,55,103
"""
FRACTURES = """study,weeks,estimate,ci_low,ci_high
Andrews 2005,52,0.71,0.32,1.55
"""


def asked(folder):
    """A project that asks about rates of falls."""
    project = new_project(folder / "own")
    new = ["new", "falls", "--question", "Do exercise programmes prevent falls in older people?"]
    new += ["--treatment", "an exercise programme", "--condition", "old age", "--outcome", "falls"]
    assert (
        main(["--project", str(project.root), *new, "--measure", "IRR", "--better", "lower"]) == 0
    )
    return project


@pytest.fixture(scope="module")
def falls(tmp_path_factory):
    project = asked(tmp_path_factory.mktemp("falls"))
    assert paste(project, RATES, "--control", "control") == 0
    fallers = ("--outcome", "people who fell", "--measure", "RR", "--better", "lower")
    assert paste(project, FALLERS, "--control", "control", *fallers) == 0
    return project


def test_more_falls_than_people_are_no_percentage(falls):
    """141 falls of 130 people were asked about before the answer, on the first page."""
    assert reversals(Review(load("falls", falls))) == ()


def test_rates_and_counts_of_a_cluster_trial_are_pooled_with_its_design_effect(falls):
    """escalc("IRR", ...), Chen's vi times 1 + (403 / 24 - 1) * .02; rma(..., test = "adhoc"), iterated to 1e-14."""
    pooled = pooled_contrast(Review(load("falls", falls)), "falls")
    fit = pooled.fit
    assert [item.label for item in pooled.contrasts] == ["Andrews 2005", "Chen 2011", "Garcia 2020"]
    found = np.exp([fit.estimate, fit.ci_low, fit.ci_high])
    assert_allclose(found, [0.743890807, 0.530117185, 1.043870201], rtol=1e-8)


def test_methods_of_counts_take_no_people_who_were_randomised_in_groups(falls):
    review = Review(load("falls", falls))
    pooled = pooled_contrast(review, "people who fell")
    assert not {one.method for one in by_method(review, "people who fell")} & {COMMON[0], COMMON[2]}
    assert "randomised one by one, not in groups as in Chen 2011" in methods(review, pooled)
    notes = counts_table(review, contrasts_on(review, "people who fell")).set_index("study").note
    assert notes["Chen 2011"] == "wider, since people were randomised in groups"
    counted = {row.contrast.label: (row.counted, row.rates) for row in effects(review)}
    assert counted["Chen 2011"] == (None, ())


def test_falls_are_events_and_no_people(falls):
    records = load("falls", falls)
    counted = {
        (row.outcome, row.unit) for row in records.rows("statistics") if row.statistic == "n_events"
    }
    assert counted == {("falls", "events"), ("people who fell", "people")}
    (garcia,) = [
        one for one in contrasts_on(Review(records), "falls") if one.study_id == "garcia2020"
    ]
    assert [effect.measure.name for effect in garcia.effects] == ["IRR"]


def test_an_estimate_without_a_name_is_on_the_measure_of_its_own_outcome(tmp_path):
    """It was stored as a rate ratio, that of the review, and then left out as on another measure."""
    project = asked(tmp_path)
    assert paste(project, RATES, "--control", "control") == 0
    fractures = ("--outcome", "fracture", "--measure", "RR", "--better", "lower")
    assert paste(project, FRACTURES, "--control", "control", *fractures) == 0
    (found,) = contrasts_on(Review(load("falls", project)), "fracture")
    assert found.best.measure.name == "RR"


def test_two_treated_arms_keep_their_names_from_table_to_table(tmp_path, capsys):
    """The second was 'row 3' of one table, and 'row 4' of the next; the control group was said to do tai chi."""
    project = asked(tmp_path)
    treatment = ("--map", "treatment=Programme")
    assert paste(project, PROGRAMMES, "--control", "control", *treatment) == 0
    typed = rows_of(project.data / "falls" / "arms.csv")
    arms = {row["arm_id"]: row["treatment"] for row in typed}
    named = {"tai_chi": "tai chi", "balance_training": "balance training"}
    assert arms == named | {"control": "control"}
    with (project.data / "falls" / "contrasts.csv").open("a", encoding="utf-8") as table:
        table.writelines(f"dubois2014,{arm},control,,,\n" for arm in named)
    fallers = ("--outcome", "people who fell", "--measure", "RR", "--better", "lower")
    unnamed = FALLERS_OF_TWO.replace("Intervention", "Remark")
    capsys.readouterr()
    assert paste(project, unnamed, "--control", "control", *fallers) == 1
    assert (
        "row 2: dubois2014 has several treated arms: name this one as arms.csv does, 'tai chi' or"
        in (capsys.readouterr().err)
    )
    assert paste(project, FALLERS_OF_TWO, "--control", "control", *fallers) == 0
    records = load("falls", project)
    assert len(records.rows("arms")) == 3
    events = {
        arm: records.statistic("dubois2014", arm, "n_events", outcome="people who fell").value
        for arm in (*named, "control")
    }
    assert events == {"tai_chi": 40, "balance_training": 46, "control": 55}


def test_a_trial_of_two_treated_arms_is_one_trial_also_where_none_reports(tmp_path):
    """It was one of '2 trials read here'; and `check --findings` ended in an error, with no drop-out assumed."""
    project = asked(tmp_path)
    assert paste(project, PROGRAMMES, "--control", "control", "--map", "treatment=Programme") == 0
    with (project.data / "falls" / "contrasts.csv").open("a", encoding="utf-8") as table:
        table.writelines(
            f"dubois2014,{arm},control,,,\n" for arm in ("tai_chi", "balance_training")
        )
    fallers = ("--outcome", "people who fell", "--measure", "RR", "--better", "lower")
    assert paste(project, FALLERS_OF_TWO, "--control", "control", *fallers) == 0
    typed = (project.data / "falls" / "outcomes.csv").read_text(encoding="utf-8")
    (project.data / "falls" / "outcomes.csv").write_text(
        typed.replace(",RR,lower,", ",RR,lower,50"), encoding="utf-8"
    )
    published = (
        "pub,Pub 2019,other outcome,fracture,lower,,exercise,rate ratio,,0.73,0.56,0.95,ratio,"
    )
    published += "10,4047,0,,low,,,reported,,dubois2014,table 1,abstract,\n"
    with (project.data / "falls" / "pooled_results.csv").open("a", encoding="utf-8") as table:
        table.write(published)
    assert main(["--project", str(project.root), "check", "--findings"]) == 0
    found = review_findings(Review(load("falls", project)))
    assert len(found["published.fracture.reported_here"].rows) == 1


def test_imprecision_says_what_is_missing(tmp_path):
    """The smallest difference that matters stood in outcomes.csv, and the page said that there is none."""
    project = asked(tmp_path)
    assert paste(project, RATES, "--control", "control") == 0
    scale = (
        "--outcome",
        "falls-efficacy",
        "--scale",
        "FES-I",
        "--unit",
        "points",
        "--better",
        "lower",
    )
    assert paste(project, FEAR, "--control", "control", *scale) == 0
    typed = project.data / "falls" / "outcomes.csv"
    typed.write_text(
        typed.read_text(encoding="utf-8").replace("FES-I,,,,", "FES-I,,,2,"), encoding="utf-8"
    )
    with (project.data / "falls" / "certainty.csv").open("a", encoding="utf-8") as table:
        table.writelines(JUDGED.format(domain) for domain in LOWERING)
    (body,) = bodies(Review(load("falls", project)))
    assert body.important == 2
    (imprecision,) = [one for one in body.domains if one.name == "imprecision"]
    assert imprecision.computed.found == NO_SD


def test_control_groups_beside_hazard_ratios_give_the_risk_without_treatment(tmp_path):
    """82 of 149, 34 of 62, 92 of 201: the page said that no control group prints it."""
    project = asked(tmp_path)
    assert paste(project, RATES, "--control", "control") == 0
    first = ("--outcome", "a first fall", "--measure", "HR", "--better", "lower")
    assert paste(project, HAZARDS, "--control", "control", *first) == 0
    review = Review(load("falls", project)).under(outcome="a first fall")
    base = baseline_risk(review, contrasts_on(review, "a first fall"))
    assert (base.risk, base.trials) == (34 / 62, 3)
    (body,) = [one for one in every_body(review) if one.outcome == "a first fall"]
    ratio = np.exp(body.effect.main.value)
    more = (1 - (1 - 34 / 62) ** ratio) - 34 / 62
    assert body.effect.absolute.difference == pytest.approx(more, rel=1e-12)
    # Of falls the controls count events, and no people who have one.
    own = Review(load("falls", project))
    with pytest.raises(ValueError, match="no control group"):
        baseline_risk(own, contrasts_on(own, "falls"))


def test_a_table_with_one_arm_a_row_says_that_a_control_group_is_taken_for_placebo(
    tmp_path, capsys
):
    project = asked(tmp_path)
    assert paste(project, BY_ARM) == 0
    assert "control group got placebo (--control" in capsys.readouterr().out
    records = load("falls", project)
    counted = [row.value for row in records.rows("statistics") if row.statistic == "n_events"]
    assert counted == [31, 44]
    (found,) = contrasts_on(Review(records), "falls")
    assert found.best.value == pytest.approx(np.log(31 / 24) - np.log(44 / 25.5), rel=1e-12)


def test_a_row_without_a_result_says_which_columns_were_not_understood(falls, capsys):
    fallers = ("--outcome", "slips", "--measure", "RR", "--better", "lower")
    text = "study,weeks,Slipped (drug),n1,Slipped (control),n2\nAndrews 2005,52,62,130,81,132\n"
    assert paste(falls, text, "--control", "control", *fallers) == 1
    assert "(not understood: Slipped (drug), Slipped (control))" in capsys.readouterr().err


@pytest.mark.parametrize(("falls_of_treated", "more"), [(61, "fewer"), (110, "more")])
def test_people_who_have_an_outcome_are_fewer_or_more(tmp_path, falls_of_treated, more):
    """61 or 110 of 150 against 82 of 149: log risk ratios of -0.30 and 0.29, with standard errors of 0.12 and 0.09."""
    project = new_project(tmp_path / "own")
    new = ["new", "shoes", "--question", "Do shoes prevent falls?", "--treatment", "a shoe"]
    new += ["--condition", "old age", "--outcome", "people who fell", "--measure", "RR"]
    assert main(["--project", str(project.root), *new, "--better", "lower"]) == 0
    table = f"study,weeks,events1,n1,events2,n2\nEriksen 2017,52,{falls_of_treated},150,82,149\n"
    assert paste(project, table, "--control", "control") == 0
    review = Review(load("shoes", project))
    assert answer(review, answer_findings(review))[0] == (
        f"In one randomised trial, there were {more} people who fell with a shoe than with control."
    )
