"""Beliefs and plans in words: whose result, and whether an SD had to be assumed."""

from types import SimpleNamespace

import numpy as np

from evidence_review.estimates.measure import Measure
from evidence_review.findings.every import review_findings
from evidence_review.placebo.trial_design import (
    AS_PLANNED,
    MORE_ARMS,
    RUN_IN,
    TWICE_AS_LONG,
    Belief,
    Planned,
    TrialPlan,
    plan_choices,
)
from evidence_review.stats.mixtures import NormalMixture
from evidence_review.stats.power import events_trial_size
from evidence_review.words import plan as words

from .test_changes import BOUNDED, KNOWN

NORMAL = NormalMixture(np.ones(1), np.zeros(1), np.ones(1))


TRIAL = Planned(TrialPlan(8.0), Measure("MC", "h", "lower"), 3.0)


def test_a_pool_is_believed_and_a_single_trial_is_supposed():
    assert words.belief(SimpleNamespace(), Belief(KNOWN, NORMAL)) == "if A 2001 is right"


def test_the_assumed_sd_is_told_where_it_turns_sds_into_the_unit():
    assert "1 SD" not in words.assurance(TRIAL, [Belief(KNOWN, NORMAL)])
    assert words.assurance(TRIAL, [Belief(BOUNDED, NORMAL)]).endswith("(1 SD taken as 8 h)")


def test_one_point_is_a_point(magnesium):
    one = Planned(TrialPlan(8.0), Measure("MC", "points", "lower"), 1.0)
    assert words.for_benefit(one).endswith("a benefit of 1 point")
    found = review_findings(magnesium.under(important_difference=1.0))
    said = [words.with_and_without(magnesium, one, found), words.excluding(one, found)]
    said += [each.label for each in found.values()]
    assert any("1 point " in each for each in said)
    assert not [each for each in said if "1 points" in each]


def test_the_plans_beside_the_one_that_is_planned():
    found = plan_choices(TrialPlan(8.0, drop_out=0.5))
    kinds = [(choice.kind, choice.of) for choice in found]
    assert kinds[:2] == [(AS_PLANNED, 0), (TWICE_AS_LONG, 0)]
    assert kinds[2:] == [(RUN_IN, 0.2), (RUN_IN, 0.4), (MORE_ARMS, 2), (MORE_ARMS, 3)]
    assert found[1].plan.drop_out == 0.9  # not everybody can be lost
    said = [words.plan_choice(choice) for choice in found]
    assert said[3:] == ["run-in that turns away 40%", "two active arms", "three active arms"]


def test_what_it_takes_to_show_fewer_events(infarction_review):
    """R: ceiling((qnorm(.975) + qnorm(.8))^2 * (p * (1 - p) + q * (1 - q)) / .01^2), q = p - .01.

    Of a benefit in 1000 people it takes most where the risk is one half; it was said that a rare outcome takes more.
    """
    sizes = [events_trial_size(risk, risk - 0.01, 0.8) for risk in (0.05, 0.3, 0.5, 0.8)]
    assert sizes == [6743, 32644, 39237, 25580]
    said = words.for_events(infarction_review, review_findings(infarction_review))
    assert "The smaller the benefit, and the nearer the risk to one half, the more people" in said
