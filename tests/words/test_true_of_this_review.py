"""Sentences say what is true of this review: which trials, which control group, groups and not people.

Figures are made up. The pool of five is that of metafor 3.8-1, `rma(yi, vi, test = "adhoc", control =
list(threshold = 1e-14))` over `escalc("SMD")`.
"""

import re
from dataclasses import replace

import pytest

from evidence_review.estimates.contrast import changes_by_arm
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.further_outcome import Further
from evidence_review.exchange.import_table import read_table, write_table
from evidence_review.exchange.new_project import new_project
from evidence_review.exchange.new_review import Question, add_scale, new_review
from evidence_review.exchange.understanding import Wishes
from evidence_review.findings.every import review_findings
from evidence_review.placebo.choices import benchmark_choices
from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.review.settings import ANY
from evidence_review.sensitivity.pool_choices import ANY_SDS, pool_choices
from evidence_review.words import plan
from evidence_review.words.answer import answer
from evidence_review.words.changes import by_arm
from evidence_review.words.comparison import under_every_benchmark
from evidence_review.words.messages import key_messages
from evidence_review.words.outcomes import not_reported
from evidence_review.words.pool import choice_name, not_alike
from evidence_review.words.predicted import predicted

from ..two_scales import PAIN

BACK = """study,instrument_id,arm,weeks,n,mean,sd,change mean,change sd
Hayden 2012,VAS,yoga,12,60,34.2,21.5,,
Hayden 2012,VAS,usual care,12,58,45.1,23.0,,
Ferreira 2015,NRS,yoga,12,76,3.9,2.1,,
Ferreira 2015,NRS,usual care,12,75,4.8,2.3,,
Shaw 2016,VAS,yoga,10,40,36,20,,
Shaw 2016,VAS,usual care,10,39,50,21,,
Costa 2009,VAS,yoga,8,77,,,-21,26.4
Costa 2009,VAS,usual care,8,77,,,-12,26.4
Macedo 2014,VAS,yoga,12,86,,,-24,24.1
Macedo 2014,VAS,usual care,12,86,,,-15.5,26.0
"""
FIVE = (5, -0.417856263, -0.634227562, -0.201484964)
SLEEP = Question(
    text="Does valerian improve sleep?",
    treatment="valerian",
    condition="insomnia",
    outcome="sleep quality",
    scale="PSQI",
    unit="points",
    lowest=0,
    highest=21,
    better="lower",
)
ALONE = "study,design,weeks,n,change mean,change sd\nMiller 2021,single arm,6,38,-3.4,2.9\n"
PLACEBO = """study,arm,weeks,n,change mean,change sd
Archer 2009,placebo,4,52,-2.1,3.0
Bell 2012,placebo,6,41,-1.7,2.8
Cole 2015,placebo,8,73,-2.9,3.2
Dunn 2018,placebo,4,30,-2.4,2.7
Ellis 2020,placebo,12,95,-2.6,3.3
"""


def made(
    folder, name, question, table, scales=(), placebo="", further=(None, ""), control="placebo"
):
    """The review of a question from a table, and perhaps placebo arms or another outcome."""
    project = new_project(folder / "own")
    new_review(project, name, question)
    for scale in scales:
        add_scale(project, project.data / f"{name}-placebo", scale)
    file = folder / "table.csv"
    for text, which in (
        (table, {}),
        (placebo, {"placebo": True}),
        (further[1], {"further": further[0]}),
    ):
        if text:
            file.write_text(text, encoding="utf-8")
            understood = read_table(project, name, file, Wishes(control=control), **which)
            write_table(project, name, file, understood, **which)
    return Review(load(name, project))


@pytest.fixture(scope="module")
def back(tmp_path_factory):
    nrs = Question(scale="NRS", unit="points", lowest=0, highest=10, better="lower")
    return made(tmp_path_factory.mktemp("back"), "back", PAIN, BACK, scales=[nrs])


@pytest.fixture(scope="module")
def sleep(tmp_path_factory):
    return made(tmp_path_factory.mktemp("sleep"), "sleep", SLEEP, ALONE, placebo=PLACEBO)


def test_trials_in_sds_of_another_kind_are_named_and_are_a_choice(back):
    pooled = pooled_contrast(back, "pain")
    assert pooled.fit.k == 3
    said = not_alike(back, "pain")
    assert said == (
        "Costa 2009 and Macedo 2014 are not pooled with the others: they are in SDs of people's changes, the others in "
        "SDs of people's scores (the setting smd_sds pools both)."
    )
    assert said in answer(back, review_findings(back))
    assert f"Pain: {said}" in predicted(back)
    assert not_alike(back.under(smd_sds=ANY), "pain") == ""
    (choice,) = [one for one in pool_choices(back, "pain") if one.kind == ANY_SDS]
    assert choice_name(choice) == "trials in SDs of scores and in SDs of changes together"
    fit = choice.pooled.fit
    assert (fit.k, fit.estimate, fit.ci_low, fit.ci_high) == pytest.approx(FIVE, abs=1e-7)


def test_a_plan_names_the_control_group_of_the_review(back, sleep):
    assert "The change on usual care" in plan.other_plans(back)
    assert "placebo" not in plan.other_plans(back)
    assert "A placebo run-in" in plan.other_plans(sleep)
    assert "people to yoga or usual care" in plan.with_control(back, review_findings(back))


CHANGES = """study,weeks,n1,change mean 1,change SD 1,n2,change mean 2,change SD 2
Vega 2011,8,40,-5.9,4.2,38,-2.9,4.0
Wong 2014,6,22,-4.6,4.5,25,-2.2,4.1
Xu 2016,12,61,-3.2,4.0,60,-1.9,4.4
"""


@pytest.mark.parametrize(
    ("control", "who"),
    [
        ("usual care", "people on usual care"),
        ("placebo", "people on placebo"),
        ("control", "people in control groups"),
    ],
)
def test_the_change_of_the_control_groups_is_not_called_one_on_placebo(tmp_path, control, who):
    review = made(tmp_path, "care", PAIN, CHANGES, control=control)
    found = review_findings(review)
    said = by_arm(review, changes_by_arm(review), found)
    assert f"and {who} by " in said
    assert ("placebo" in said) == (control == "placebo")
    assert who in found["pooled.pain.on_placebo"].label


def test_a_plan_without_a_run_in_says_nothing_of_one(sleep):
    assert "run-in" not in review_findings(sleep)["trial.people_80"].note
    assert "run-in 20%" in review_findings(sleep.under(run_in=0.2))["trial.people_80"].note


def test_check_tells_trials_that_are_silent_on_an_outcome(tmp_path):
    """Of function Hayden prints means and SDs; nobody else prints anything."""
    table = "study,arm,week,n,mean,sd\nHayden 2012,yoga,12,60,6.4,2.1\nHayden 2012,usual care,12,58,5.6,2.3\n"
    function = Further("function", better="higher", scale="PSFS", unit="points")
    review = made(tmp_path, "back", PAIN, BACK.replace(",NRS,", ",VAS,"), further=(function, table))
    silent = "Ferreira 2015, Shaw 2016, Costa 2009 and Macedo 2014"
    (said,) = [line for line in predicted(review) if line.startswith("Function: 1 of 5 trials")]
    assert f"None can be worked out from {silent} (nothing on it in what was read)." in said


def test_an_uncontrolled_study_has_no_groups_that_could_be_compared(tmp_path):
    alone = made(tmp_path, "alone", SLEEP, ALONE)
    assert not_reported(alone, "sleep quality") == (
        "Reported by Miller 2021, which has no control group."
    )


def test_benchmarks_that_agree_are_one_number(sleep):
    """7.25% by R: `pt((-3.4 + 2.38213) / sqrt(0.0527 + 0.2082^2 + 2.9^2 / 38), 4)`."""
    said = under_every_benchmark(sleep, benchmark_choices(sleep))
    assert re.sub(r"<[^>]+>|\[|\]\([^)]*\)", "", str(said)).startswith(
        "Under these 2 benchmarks 7% of placebo arms do as well or better."
    )


def test_a_change_is_set_beside_groups_not_people(sleep):
    (effect,) = [
        one.words
        for one in key_messages(sleep, review_findings(sleep), {})
        if one.about == "Effect"
    ]
    assert "more than most placebo groups do, but some do as well" in effect


def test_forms_of_treatment_are_those_of_all_trials_read(back):
    """Three of five trials are pooled; all five give a form of yoga of their own."""
    arms = back.records["arms"].copy()
    arms.loc[arms.arm_id == "yoga", "treatment"] = "yoga of " + arms.study_id
    review = Review(replace(back.records, tables=back.records.tables | {"arms": arms}))
    (form,) = [
        one.words
        for one in key_messages(review, review_findings(review), {})
        if one.about == "Safety and form"
    ]
    assert form.endswith("The 5 trials that we read gave 5 different forms or doses.")
