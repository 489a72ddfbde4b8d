"""Alt texts and captions of figures: what they say of values made by hand, and what they leave out."""

from dataclasses import replace
from math import nan
from types import SimpleNamespace

import pytest

from evidence_review.checks.p_against_interval import PCheck
from evidence_review.checks.study_check import StudyCheck
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.judgement.flow import Lane, Stage
from evidence_review.placebo.bias import BlindingBias
from evidence_review.review.finding import Finding, Range
from evidence_review.words import (
    briefing,
    figures,
    figures_checks,
    figures_flow,
    figures_placebo,
    figures_pool,
    figures_sensitivity,
    figures_trials,
)

MINUTES = Measure("MD", "min", "higher")


def test_no_side_is_named_where_no_source_says_which_way_is_better():
    assert figures.better_side(MINUTES) == ", better to the left"
    assert figures.better_side(replace(MINUTES, better=None)) == ""


def test_a_ratio_is_printed_as_a_ratio():
    """exp(0) = 1; the interval of ln OR ± 1.96 · 0.5 is 0.375 to 2.664."""
    effect = Effect.known(Measure("OR", "", "lower"), 0.0, 0.25, 0.95)
    assert figures_pool.effect_text(effect) == "1.00 (0.38 to 2.66)"
    assert figures_pool.effect_text(replace(effect, measure=MINUTES)) == "0.00 (−0.98 to 0.98)"


@pytest.mark.parametrize("important", [None, 5.0])
@pytest.mark.parametrize("basis", ["reported", "assumed"])
@pytest.mark.parametrize("has_published", [True, False])
def test_the_caption_of_a_forest_explains_what_is_drawn_and_no_more(
    important, basis, has_published
):
    assumed = ["Abc 2001"] if basis == "assumed" else []
    said = figures_pool.forest_caption(
        assumed,
        0.9,
        Measure("MD", "min", "lower"),
        important,
        has_published,
        "randomised",
        *(3, 3),
    )
    assert "90% interval" in said
    assert "is expected (Bayesian)." in said
    assert ("Abc 2001" in said) == (basis == "assumed")
    assert ("published" in said) == has_published
    assert ("5 min" in said) == (important is not None)


def test_an_unknown_number_of_people_is_marked_and_explained():
    arms = [SimpleNamespace(n=nan, basis="reported"), SimpleNamespace(n=12.0, basis="assumed")]
    assert figures_placebo.people(arms) == ["n ?", "n 12"]
    said = figures_placebo.forest_caption(arms, 0.95, 2)
    assert "n ?" in said
    assert "1 arm whose" in said
    known = [replace_n(arm, 5.0) for arm in arms]
    assert "n ?" not in figures_placebo.forest_caption(known, 0.95, 2)
    assert "2 arms with the narrowest intervals, of the 1000" in (
        figures_placebo.forest_caption(arms, 0.95, 1000)
    )


def replace_n(arm, n):
    return SimpleNamespace(**vars(arm) | {"n": n})


@pytest.mark.parametrize(
    ("crossover", "said"),
    [
        ([], ""),
        ([-2.0], "The crossover arm is at −2.0."),
        ([-2.0, 1.0, -3.5], "The 3 crossover arms lie between −3.5 and 1.0."),
    ],
)
def test_crossover_arms_are_told_by_their_number(crossover, said):
    arm = SimpleNamespace(instrument_id="Diary", unit="min", measure=MINUTES)
    fit = SimpleNamespace(coefficients=[0.0, 1.5], ci_low=[0, 0.5], ci_high=[0, 2.5])
    alt = figures_placebo.weeks_alt([arm], crossover, fit)
    assert "moves by 1.50 min per further week (0.50 to 2.50)." in alt
    assert alt.endswith(said or "(0.50 to 2.50).")
    assert ("crossover" in alt) == bool(crossover)


def check(answer):
    return PCheck(
        "x", "Abc", "", "sleep", 1.0, 0.0, 2.0, "=", 0.014, 0.0094, 0.009, 0.01, answer, "", ()
    )


def test_printed_p_values_that_disagree_are_named():
    agree, odd = check("consistent"), check("inconsistent")
    assert figures_trials.p_checks_alt([agree]).endswith("imply. All agree.")
    said = figures_trials.p_checks_alt([agree, odd])
    assert said.startswith("2 printed p-values")
    assert "Not in agreement: Abc, sleep (printed p = .014, implied p = .0094)." in said


def test_checks_are_counted_by_their_answer():
    make = lambda answer, kind: StudyCheck("x", "Abc", "", "sleep", 1.0, kind, answer, "", ())
    answers = ["inconsistent", "consistent", "not checkable"]
    checks = [make("consistent", "GRIM"), make("inconsistent", "SD"), make("consistent", "SD")]
    said = figures_checks.checks_alt(checks, answers)
    assert said.startswith("3 checks of 2 kinds: 1 inconsistent, 2 consistent and 0 not checkable.")
    assert said.endswith("Inconsistent: Abc (SD).")
    assert figures_checks.checks_alt(checks[:1], answers).endswith("None is inconsistent.")


def test_an_effect_with_bounds_depends_on_its_printed_p():
    def alt(effect):
        contrast = SimpleNamespace(best=effect, label="Abc 2001", comparator="placebo")
        return figures_trials.established_alt(contrast, "tea", [("coffee", 0.25)])

    known = Effect.known(Measure("SMD", "SD", "lower"), -0.5, 0.01, 0.95)
    assert "Difference from placebo in standard deviations, better to the left." in alt(known)
    assert "Tea in Abc 2001: −0.50 SD (−0.70 to −0.30)." in alt(known)
    assert alt(known).endswith("coffee 0.25.")
    bounded = replace(known, value=None, bounds=Range(-0.6, -0.4))
    assert "−0.60 to −0.40 SD if its printed P is right, with" in alt(bounded)


def test_the_largest_bias_is_the_most_negative_one():
    bias = lambda mean: BlindingBias("b", "s", "c", "c", mean, mean - 0.1, mean + 0.1, "", ())
    said = figures_sensitivity.bias_alt("Abc", [bias(-0.2), bias(-0.6)], 40.0, 70.0)
    assert "40% if no bias is subtracted" in said
    assert "70% if the largest bias that studies of trials report (−0.60 SD)" in said
    assert "from −0.60 to −0.20 SD" in said


def test_the_flow_diagram_says_what_is_not_recorded_and_what_is_left_out():
    found = Stage("", "found", "records", None)
    used = Stage("", "on placebo", "arms", 5, (("parallel", 5),), (("no n", 1), ("no SD", 2)))
    said = figures_flow.alt([Lane("Arms", (found, used))])
    assert said == (
        "Arms: Records found: not recorded; 5 arms on placebo (parallel: 5), of which 3 left out "
        "(no n: 1 and no SD: 2)."
    )


@pytest.mark.parametrize(
    ("better", "heading"),
    [
        (["lower", "lower"], "result (improvement negative)"),
        (["higher"], "result (improvement positive)"),
        (["lower", "higher"], "result"),
        ([""], "result"),
        ([], "result"),
    ],
)
def test_the_heading_of_results_says_which_sign_an_improvement_has(better, heading):
    lines = [
        SimpleNamespace(
            kind="randomised",
            result=Finding(id="a.b", label="x", value=1.0, unit="min", better=one),
        )
        for one in better
    ]
    assert (
        briefing.result_heading([*lines, SimpleNamespace(kind="randomised", result=None)])
        == heading
    )
