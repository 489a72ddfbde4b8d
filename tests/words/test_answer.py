"""The answer's words follow the evidence."""

from dataclasses import replace

import pytest

from evidence_review.display.contrasts import choices_table
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.new_review import Question
from evidence_review.findings.every import review_findings
from evidence_review.findings.of_effects import effect_findings
from evidence_review.findings.of_placebo import against_placebo_findings
from evidence_review.judgement.certainty import bodies
from evidence_review.review.finding import Finding, Interval, certainty_id
from evidence_review.sensitivity.pool_choices import pool_choices
from evidence_review.words.answer import answer
from evidence_review.words.briefing import briefing
from evidence_review.words.pool import pooled_sentence

from ..printed_estimates import imported


@pytest.fixture(scope="module")
def findings(magnesium):
    return {
        finding.id: finding
        for finding in [
            *effect_findings(magnesium),
            *against_placebo_findings(magnesium),
        ]
    }


def test_as_the_evidence_stands(magnesium, findings):
    first, second, third = answer(magnesium, findings)
    assert first == (
        "Not known: no trial that we could check shows that magnesium helps restless legs syndrome "
        "more than placebo."
    )
    assert "6.67 points (95% interval 2.33 to 11.00)" in second
    assert "differed after 2 months (P = 0.001; after 1 month not significant)" in third
    assert "If magnesium did best and placebo worst" in third
    assert "anything from 1.76 better to 1.76 worse" in third
    assert "We read only its summary" in third
    assert "anything from 0.34 to 1.76 standard deviations" in third
    assert "could not check" in third


def with_share(findings, share):
    name = "gorantla2024.rls_severity.placebo_as_good"
    return findings | {name: replace(findings[name], value=share)}


def with_contrast(findings, value, low, high):
    name = "jadidi2022.rls_severity.smd"
    return findings | {
        name: replace(findings[name], value=value, bounds=None, interval=Interval(low, high, 0.95))
    }


def test_rare_on_placebo_but_unverified(magnesium, findings):
    first = answer(magnesium, with_share(findings, 1.0))[0]
    assert first == (
        "People on magnesium improved more than placebo groups do, but no randomised trial that we "
        "could check confirms it."
    )


def test_a_verified_contrast_is_still_one_trial(magnesium, findings):
    first = answer(magnesium, with_contrast(findings, -0.6, -1.0, -0.2))[0]
    assert (
        first == "In one randomised trial, people on magnesium did better than people on placebo."
    )


def test_a_contrast_that_includes_nothing_does_not_favour(magnesium, findings):
    assert "could be chance" in answer(magnesium, with_contrast(findings, -0.3, -0.8, 0.2))[0]


def test_both_together(magnesium, findings):
    both = with_contrast(with_share(findings, 1.0), -0.6, -1.0, -0.2)
    assert answer(magnesium, both)[0].startswith("In one randomised trial")
    name = certainty_id("RLS severity", "randomised")
    judged = both | {name: Finding(id=name, label="certainty", value=1, unit="level")}
    assert answer(magnesium, judged)[0] == (
        "Magnesium may help restless legs syndrome more than placebo."
    )


def test_harm_is_not_called_benefit(magnesium, findings):
    sentence = answer(magnesium, with_contrast(findings, 0.4, 0.1, 0.7))[2]
    assert "people on magnesium did worse" in sentence
    assert "(95% interval 0.10 worse to 0.70 worse)" in sentence


@pytest.mark.parametrize("name", ["nodots", "Upper.case", "a b.c", "trailing."])
def test_finding_ids_explain_themselves(name):
    with pytest.raises(ValueError, match="finding id"):
        Finding(id=name, label="", value=1.0, unit="")


def test_where_more_is_better_a_rise_is_a_benefit(magnesium, findings):
    """The same trial on a scale of which the higher end is better."""
    name = "jadidi2022.rls_severity.smd"
    rise = with_contrast(findings, 0.6, 0.2, 1.0)
    rise |= {name: replace(rise[name], better="higher")}
    first, _, third = answer(magnesium, rise)
    assert "people on magnesium did better" in first
    assert "people on magnesium did better than people on placebo by 0.60" in third
    assert "(95% interval 1.00 better to 0.20 better)" in third


def test_a_number_that_could_not_be_computed_is_none():
    assert Finding(id="a.b", label="", value=float("nan"), unit="").value is None


def test_more_than_most_placebo_groups_is_not_what_placebo_shows(magnesium, findings):
    first = answer(magnesium, with_share(findings, 8.0))[0]
    assert first == (
        "Not known: people on magnesium improved more than most placebo groups, but no trial we could "
        "check compares them."
    )


@pytest.mark.parametrize("share", [0.5, 10.0, 60.0])
@pytest.mark.parametrize("contrast", [None, (-0.6, -1.0, -0.2), (-0.3, -0.8, 0.2), (0.6, 0.2, 1.0)])
@pytest.mark.parametrize("level", [None, 0, 1, 2, 3])
def test_every_verdict_has_fewer_than_twenty_words(magnesium, findings, share, contrast, level):
    found = with_share(findings, share)
    if contrast is not None:
        found = with_contrast(found, *contrast)
    if level is not None:
        name = certainty_id("RLS severity", "randomised")
        found |= {name: Finding(id=name, label="certainty", value=level, unit="level")}
    verdict = answer(magnesium, found)[0]
    assert len(verdict.split()) < 20
    helps = contrast is not None and contrast[2] < 0
    assert ("did better" in verdict or "helps" in verdict or "may help" in verdict) or not helps


def test_what_would_change_our_mind_names_what_stands_in_the_way(tmp_path):
    """Of figures that are printed it does not say that they are missing; two groups without events lack none."""
    question = Question(
        text="Does ginger prevent vomiting?",
        treatment="ginger",
        condition="surgery",
        outcome="vomiting",
        better="lower",
        measure="RR",
    )
    rows = ("A 2001,parallel,3,60,9,60", "B 2002,parallel,4,50,8,50", "C 2003,parallel,0,25,0,25")
    table = "\n".join(["study,design,events1,n1,events2,n2", *rows, "D 2004,crossover,2,30,6,30"])
    review = imported(tmp_path, question, table + "\n")
    told = briefing(review, review_findings(review), bodies(review)).would_change
    (first,) = (line for line in told if str(line).startswith("The figures of"))
    assert first.startswith(
        "The figures of D 2004. Why they cannot be used as they are: a crossover"
    )
    assert "C 2003" not in " ".join(map(str, told))


ZINC = Question(
    text="Does zinc help with sleep?",
    treatment="zinc",
    condition="insomnia",
    outcome="insomnia severity",
    scale="ISI",
    unit="points",
    lowest=0,
    highest=28,
    better="lower",
)
TWO = (
    "study,n1,mean1,sd1,n2,mean2,sd2\n"
    "Rao 2019,40,-6.1,4.0,38,-5.2,3.8\nLee 2021,35,-5.0,4.2,36,-5.4,4.1\n"
)


def test_an_interval_of_the_mean_and_one_of_a_new_trial_say_by_which_method(tmp_path):
    """By hand: mean and standard error by the trials' precision, times t of 1 df, wider than a new trial's by Bayes."""
    known = [(-0.9, 4.0**2 / 40 + 3.8**2 / 38), (0.4, 4.2**2 / 35 + 4.1**2 / 36)]
    weights = [1 / variance for _, variance in known]
    mean = sum(w * d for w, (d, _) in zip(weights, known, strict=True)) / sum(weights)
    half = 12.7062 / sum(weights) ** 0.5
    review = imported(tmp_path, ZINC, TWO, values="changes", fill={"arm1": "zinc", "week": "8"})
    found = review_findings(review)
    pooled, new, by_bayes = (
        found[f"pooled.insomnia_severity.{name}"] for name in ("md", "new_trial", "bayes")
    )
    assert pooled.interval.low == pytest.approx(mean - half, abs=1e-3)
    assert pooled.interval.high == pytest.approx(mean + half, abs=1e-3)
    # They disagree; the Bayesian mean lies, as it must, within what its new trial may show.
    assert pooled.interval.low < new.interval.low < by_bayes.interval.low
    assert by_bayes.interval.high < new.interval.high < pooled.interval.high
    assert "Bayesian" in new.label and new.value == by_bayes.value
    page = briefing(review, found, bodies(review))
    said = " ".join(map(str, page.answer))
    assert f"{-mean - half:.2f} to {half - mean:.2f}".replace("-", "−") in said
    assert "by Hartung and Knapp; 149 people" in said
    assert "By a Bayesian pool the mean difference lies between" in said
    (line,) = page.evidence
    assert line.result_name.endswith("by Hartung and Knapp,")
    assert line.compared_by.endswith("in a new trial, by a Bayesian pool,")
    both = pooled_sentence(pooled_contrast(review, "insomnia severity"))
    assert "by Hartung and Knapp" in both and "By a Bayesian pool (" in both
    table = choices_table(pool_choices(review, "insomnia severity"))
    assert {"interval by Hartung and Knapp", "a new study, Bayesian"} <= set(table)


def test_one_in_forty_placebo_groups_is_told_with_its_method(magnesium):
    """The range of a new placebo group is by t, the bar for an uncontrolled trial Bayesian: 12.90 and 13.0 points."""
    found = review_findings(magnesium)
    page = briefing(magnesium, found, bodies(magnesium))
    assert page.evidence[0].compared_by.endswith("with the range expected of a new trial, by t,")
    (bar,) = (line for line in map(str, page.would_change) if "all but one in 40" in line)
    assert "improve by 13.0 points on average" in bar and "by a Bayesian pool" in bar
    assert "by t" in found["gorantla2024.rls_severity.placebo_mean"].label
    assert "Bayesian" in found["trial.uncontrolled_boundary"].label


def test_evidence_of_two_kinds_that_says_two_things_is_named(magnesium, findings):
    """Alike, it is said once; else a reader could not know which sentence rests on what."""
    judged = {body.evidence: body for body in bodies(magnesium) if body.outcome == "RLS severity"}
    said = lambda kinds: briefing(magnesium, findings, list(kinds.values())).certainty
    assert len(said(judged)) == 1
    surer = replace(judged["uncontrolled"], level="low")
    first, second = said(judged | {"uncontrolled": surer})
    assert first.startswith("From randomised trials: The evidence is very uncertain")
    assert second.startswith("From the study without a control group: Magnesium may ")
