"""The key messages follow the evidence, with no more digits than it has."""

from dataclasses import replace

import pytest

from evidence_review.findings.every import review_findings
from evidence_review.judgement.certainty import bodies
from evidence_review.numbers import day, duration, rough
from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.words.key_points import key_points
from evidence_review.words.messages import key_messages


@pytest.mark.parametrize(
    ("value", "half_width", "shown"),
    [
        (6.67, 4.33, "7"),
        (4.96, 1.87, "5"),
        (0.91, 0.12, "0.9"),
        (12.3, 15.0, "12"),
        (0.5, 0.0, "0.50"),
    ],
)
def test_no_digit_is_shown_that_the_interval_leaves_open(value, half_width, shown):
    assert rough(value, half_width) == shown


@pytest.mark.parametrize(
    ("weeks", "words"),
    [
        (8.7, "2 months"),
        (4.3, "1 month"),
        (13, "3 months"),
        (8, "8 weeks"),
        (1, "1 week"),
        (52.2, "12 months"),
    ],
)
def test_a_length_of_time_as_people_say_it(weeks, words):
    """A month is 365.25 / 12 / 7 = 4.348 weeks."""
    assert duration(weeks) == words


def test_a_day():
    assert day("2026-02-03") == "3 Feb 2026"


def said(review, **changes):
    judged = {body.evidence: replace(body, **changes) for body in bodies(review)}
    judged = {kind: body for kind, body in judged.items() if body.outcome == review.about.outcome}
    return {one.about: one.words for one in key_messages(review, review_findings(review), judged)}


def test_an_uncontrolled_change_that_placebo_shows_and_a_trial_that_cannot_be_checked(magnesium):
    assert said(magnesium)["Effect"] == (
        "Without a comparison group, 12 people improved by about 7 points, as people do on placebo. "
        "A randomised trial reports a difference between its groups, but we read only its summary and "
        "could not check it."
    )


def test_a_pooled_difference_in_the_unit_of_its_scale(iron_review):
    assert said(iron_review)["Effect"] == (
        "In 7 randomised trials, people on iron improved by about 5 points more than people on "
        "placebo, on a scale from 0 to 40."
    )


def test_where_no_scale_says_how_much_a_unit_is_it_says_of_what(copy):
    path = copy.data / "rls-placebo" / "instruments.csv"
    text, whole = path.read_text(encoding="utf-8"), "scale,0,40,higher,points,yes,reported,,,"
    assert whole in text
    endless = "scale,,,higher,points,,reported,,not extracted,"
    path.write_text(text.replace(whole, endless), encoding="utf-8")
    assert said(Review(load("iron-rls", copy)))["Effect"].endswith(
        "about 5 points more than people on placebo, in RLS severity."
    )


def test_how_sure_names_what_lowers_certainty_and_nothing_else(iron_review):
    assert said(iron_review)["How sure"].startswith("Low certainty, because of")
    assert said(iron_review, domains=(), level="high")["How sure"] == "High certainty."


def test_nobody_judged_the_certainty(iron_review):
    messages = list(key_messages(iron_review, review_findings(iron_review), {}))
    assert [one.about for one in messages] == [
        "Effect",
        "How sure",
        "Route",
        "Iron status",
        "Harms in these trials",
        "Harms",
        "Doubtful trial",
    ]
    assert messages[1].words == "Nobody has judged how certain this evidence is."


def test_a_group_with_a_doubtful_trial_names_it(iron_review):
    """Deng 2017 took people with low stores, by vein; no trial that took others too is doubted."""
    limits = said(iron_review)["Iron status"].split("; ")
    assert [("including the doubtful Deng 2017)" in one) for one in limits] == [False, True]
    assert said(iron_review)["Route"].count("doubtful") == 1


@pytest.mark.parametrize(
    ("read", "trials", "end"),
    [
        (11, 0, "None of the 11 trials mentions adverse events, in what was read."),
        (11, 1, "One of the 11 trials mentions adverse events, in what was read."),
        (11, 5, "5 of the 11 trials mention adverse events, in what was read."),
        (1, 0, "The one trial does not mention adverse events, in what was read."),
        (1, 1, "The one trial mentions adverse events, in what was read."),
    ],
)
def test_how_many_trials_speak_of_the_harm_that_was_pooled(iron_review, read, trials, end):
    found = dict(review_findings(iron_review))
    name = "published.adverse_events.reported_here"
    found[name] = replace(found[name], value=trials, rows=found[name].rows[:read])
    said_of = {one.about: one.words for one in key_points(iron_review, found)}
    assert said_of["Harms"].endswith(end)


def test_several_doubtful_trials_are_not_told_as_one(iron_review):
    findings = review_findings(iron_review)
    name = "pooled.rls_severity.passing_checks"
    two = findings | {name: replace(findings[name], note="Deng 2017, Roe 2020")}
    (told,) = (one for one in key_messages(iron_review, two, {}) if one.about == "Doubtful trials")
    assert str(told.words).startswith(
        "Deng 2017, Roe 2020 have figures that fail a check. Without them"
    )
    assert "with them" in str(told.words)
