"""Outcomes that people have or do not, in words: every sentence from counts that are made up, or shipped."""

import re
from dataclasses import replace
from math import log

import pytest

from evidence_review.estimates.counts import Absolute, BaselineRisk
from evidence_review.findings.every import answer_findings, review_findings
from evidence_review.judgement.certainty import bodies
from evidence_review.review.finding import Interval, Range
from evidence_review.review.review import Review
from evidence_review.stats.absolute import number_needed, treated_risk
from evidence_review.words import events
from evidence_review.words.answer import answer
from evidence_review.words.briefing import briefing
from evidence_review.words.effects import is_plural

DEATH = "early death"


def absolute(value: float, low: float, high: float) -> Absolute:
    return Absolute(BaselineRisk(0.1, 0, ()), value, Interval(low, high, 0.95))


@pytest.mark.parametrize(
    ("measure", "ratio", "fewer", "needed"), [("OR", 0.73, 62, 17), ("RR", 0.92, 24, 42)]
)
def test_the_examples_of_the_cochrane_handbook(measure, ratio, fewer, needed):
    """5.1, 12.5.4.2 and 12.5.4.3: a ratio, at a risk of 0.3, is so many fewer in 1000, and a number needed."""
    difference = treated_risk(measure, log(ratio), 0.3) - 0.3
    assert events.in_1000(difference, Range(difference, difference)).startswith(f"{fewer} fewer")
    told = events.number_needed(absolute(difference, difference, difference), "lower")
    assert told.startswith(f"one fewer for every {needed} treated")


@pytest.mark.parametrize(("difference", "needed"), [(-0.12, 9), (-0.22, 5)])
def test_a_number_needed_is_rounded_up(difference, needed):
    """Cochrane Handbook 5.1, 12.5.4.1, whose text says so of the number itself, without its sign."""
    assert [number_needed(difference), number_needed(-difference)] == [needed, needed]


def test_a_number_needed_runs_through_infinity_where_nothing_may_differ():
    """1 / 0.02 = 50, 1 / 0.04 = 25, 1 / 0.01 = 100; the limits of one that crosses are to benefit and to harm."""
    clear = events.number_needed(absolute(-0.02, -0.04, -0.01), "lower")
    assert clear == "one fewer for every 50 treated; 95% interval 25 to 100"
    open_ = events.number_needed(absolute(-0.02, -0.04, 0.01), "lower")
    assert "from one fewer for every 25 (benefit), through no difference" in open_
    assert "to one more for every 100 (harm)" in open_
    assert "one fewer for every 25 (harm)" in events.number_needed(
        absolute(-0.02, -0.04, 0.01), "higher"
    )


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (-0.038, -0.052, -0.018, "38 fewer (18 to 52 fewer) in 1000"),
        (-0.001, -0.006, 0.004, "1 fewer (6 fewer to 4 more) in 1000"),
        (0.02, 0.01, 0.03, "20 more (10 to 30 more) in 1000"),
    ],
)
def test_people_in_1000(value, low, high, words):
    assert events.in_1000(value, Interval(low, high, 0.95)) == words


def test_small_and_large_trials_that_disagree_give_no_verdict(infarction_review):
    said = answer(infarction_review, answer_findings(infarction_review))
    assert said[0].startswith("Not known: small trials found early death less common")
    assert len(said[0].split()) < 20
    every = " ".join(said)
    assert (
        "0.99 (0.94 to 1.04) if all trials share one effect, by Mantel and Haenszel's method"
        in every
    )
    assert "In 1992 the trials so far gave an odds ratio of 0.54 (0.34 to 0.86) if" in every
    assert "In 2002 the trials so far gave an odds ratio of 0.58 (0.43 to 0.80) if" in every
    assert "Li 2007, random effects) finds 0.66 (0.53 to 0.82)" in every


def test_no_word_of_another_field_is_on_the_first_page(infarction_review):
    findings = answer_findings(infarction_review)
    page = repr(briefing(infarction_review, findings, bodies(infarction_review)))
    assert not re.search(r"placebo|points|score|mean change|standard deviation", page)


def without(infarction, studies, **cells):
    """The review without some trials, and with cells of review.csv changed."""
    contrasts = infarction["contrasts"]
    tables = infarction.tables | {
        "contrasts": contrasts[~contrasts.study_id.isin(studies)],
        "review": infarction["review"].assign(**cells),
    }
    return Review(replace(infarction, tables=tables))


def test_trials_that_agree_give_an_answer_as_they_are_counted(infarction):
    """Without the two large trials both models say the same."""
    review = without(infarction, ["isis41995", "magic2000"])
    said = answer(review, answer_findings(review))
    assert said[0] == (
        "In 20 randomised trials, early death was less common with intravenous magnesium than with control."
    )


def test_a_better_end_that_is_higher_turns_benefit_and_harm(infarction):
    """The same counts of an outcome that is welcome: fewer of it is a harm."""
    instruments = infarction.reference_class["instruments"].assign(worse="lower")
    reference = replace(
        infarction.reference_class,
        tables=infarction.reference_class.tables | {"instruments": instruments},
    )
    review = Review(type(infarction)(infarction.folder, infarction.tables, reference))
    found = answer_findings(review)
    assert found["pooled.early_death.or"].better == "higher"
    assert "(harm), through no difference" in found["pooled.early_death.number_needed_common"].note


@pytest.mark.parametrize("measure", ["RR", "RD"])
def test_other_measures_have_an_answer_too(infarction_review, measure):
    review = infarction_review.under(measure=measure)
    said = answer(review, answer_findings(review))
    words = {"RR": "Risk ratio", "RD": "Risk difference"}[measure]
    assert any(sentence.startswith(f"{words} of early death") for sentence in said)


def test_every_number_of_the_answer_rests_on_a_finding(infarction_review):
    """But those that name a study, a year, a level or a setting, or stand in a note."""
    findings = answer_findings(infarction_review)
    told = answer(infarction_review, findings)
    behind = {part.finding for sentence in told for part in sentence.parts if part.finding}
    named = ("or", "common_effect_mantel_haenszel", "people", "baseline_risk", "per_1000")
    assert {f"pooled.early_death.{name}" for name in named if name in _names(findings)} <= behind
    assert behind <= findings.keys()
    linked = {part.words for sentence in told for part in sentence.parts if part.finding}
    assert "72,476" in linked


def _names(findings):
    return {name.rpartition(".")[2] for name in findings}


def test_the_message_and_the_years_are_sentences_with_links(infarction_review):
    findings = review_findings(infarction_review)
    years = list(events.in_years(infarction_review, findings))
    assert len(years) == 2
    assert all(any(part.finding for part in sentence.parts) for sentence in years)


@pytest.mark.parametrize(
    ("outcome", "plural"),
    [
        ("children with asthma", True),
        ("falls (any)", True),
        ("adverse events, any", True),
        ("withdrawals because of harm", True),
        ("major bleeds up to day 30", True),
        ("death before discharge", False),
        ("AIDS", False),
        ("Parkinson's", False),
        ("dental caries", False),
    ],
)
def test_an_outcome_has_the_verb_of_its_noun(outcome, plural):
    assert is_plural(outcome) is plural
