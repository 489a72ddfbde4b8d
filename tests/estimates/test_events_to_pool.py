"""Counts of deaths in 22 trials, from the tables of the shipped review to the pool.

Independent values: the published pool (Li 2007, Cochrane CD002755, abstract), and metafor 3.8-1
(`tests/reference/bin_li2007_metafor.json`).
"""

import json
from dataclasses import replace
from math import exp, inf, log
from pathlib import Path

import numpy as np
import pytest

from evidence_review.estimates import methods
from evidence_review.estimates.contrast import contrast_results, contrasts_on
from evidence_review.estimates.counts import (
    Absolute,
    BaselineRisk,
    baseline_risk,
    counts,
    important_benefit,
)
from evidence_review.estimates.cumulative import by_year, largest, last_up_to
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.event_plan import event_beliefs, event_plan
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.estimates.reasons import NO_EVENTS
from evidence_review.review.finding import Interval
from evidence_review.review.review import Review

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
DEATH = "early death"
METAFOR = json.loads((REFERENCE / "bin_li2007_metafor.json").read_text(encoding="utf-8"))
GIVEN, EXPECTED = METAFOR["inputs"], METAFOR["output"]


@pytest.fixture(scope="module")
def pooled(infarction_review):
    return pooled_contrast(infarction_review, DEATH)


def test_the_tables_hold_the_counts_of_the_reference(infarction_review, pooled):
    """Row by row against the data set as metafor was given it."""
    found = counts(infarction_review, pooled.contrasts)
    assert [one.label for one in found] == GIVEN["study"]
    for ours, theirs in (("events1", "ai"), ("n1", "n1i"), ("events2", "ci"), ("n2", "n2i")):
        assert [getattr(one, ours) for one in found] == GIVEN[theirs]


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_effects_of_trials_are_those_of_metafor(infarction_review, measure):
    found = contrasts_on(infarction_review.under(measure=measure), DEATH)
    assert all(item.best.measure.name == measure for item in found)
    theirs = EXPECTED[f"escalc|{measure}"]
    assert [item.best.value for item in found] == pytest.approx(theirs["yi"], abs=1e-12)
    assert [item.best.variance for item in found] == pytest.approx(theirs["vi"], abs=1e-12)


def test_the_published_pools(pooled, infarction_review):
    """OR 0.66 (0.53 to 0.82) with effects that scatter, 0.99 (0.94 to 1.04) with one common effect."""
    found = {one.method: one for one in methods.by_method(infarction_review, DEATH)}
    printed = lambda one: [
        round(exp(x), 2) for x in (one.value, one.interval.low, one.interval.high)
    ]
    assert printed(found[methods.DERSIMONIAN_LAIRD]) == [0.66, 0.53, 0.82]
    assert printed(found[methods.MANTEL_HAENSZEL]) == [0.99, 0.94, 1.04]


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
@pytest.mark.parametrize(
    ("method", "theirs"),
    [
        (methods.INVERSE_VARIANCE, "EE|z|{}"),
        (methods.DERSIMONIAN_LAIRD, "DL|z|{}"),
        (methods.MANTEL_HAENSZEL, "MH|{}"),
        (methods.PETO, "Peto|{}"),
    ],
)
def test_every_method_is_that_of_metafor(infarction_review, measure, method, theirs):
    found = {
        one.method: one
        for one in methods.by_method(infarction_review.under(measure=measure), DEATH)
    }
    if method == methods.PETO and measure != "OR":
        assert method not in found
        return
    one, expected = found[method], EXPECTED[theirs.format(measure)]
    ours = (one.value, one.interval.low, one.interval.high)
    assert ours == pytest.approx(
        (expected["estimate"], expected["ci_low"], expected["ci_high"]), abs=1e-8
    )


@pytest.mark.parametrize("measure", ["OR", "RR"])
@pytest.mark.parametrize(
    ("estimator", "rule"), [("REML", "z"), ("REML", "knha"), ("DL", "knha"), ("PM", "z")]
)
def test_the_pool_under_settings_is_that_of_metafor(infarction_review, measure, estimator, rule):
    moved = infarction_review.under(measure=measure, tau2=estimator, interval=rule)
    fit, expected = pooled_contrast(moved, DEATH).fit, EXPECTED[f"{estimator}|{rule}|{measure}"]
    # Where tau2 is searched for, metafor stops earlier than ours: at 1e-5 of REML, and 1e-4 of PM.
    within = {"DL": 1e-8, "REML": 1e-7, "PM": 1e-4 * expected["se"]}[estimator]
    assert (fit.estimate, fit.ci_low, fit.ci_high) == pytest.approx(
        (expected["estimate"], expected["ci_low"], expected["ci_high"]), abs=within
    )


def test_paule_and_mandel_solve_their_equation(infarction_review):
    """Exact algebra: the generalised Q at their tau2 is its expectation, k - 1."""
    moved = pooled_contrast(infarction_review.under(tau2="PM", interval="z"), DEATH)
    values, variances = moved.values
    weights = 1 / (variances + moved.fit.tau2)
    mean = np.average(values, weights=weights)
    assert (weights * (values - mean) ** 2).sum() == pytest.approx(21, abs=1e-8)


def test_a_trial_without_any_event_has_a_difference_and_no_ratio(infarction):
    rows = infarction["statistics"].copy()
    mine = (rows.study_id == "santoro2000") & (rows.statistic == "n_events")
    rows.loc[mine, "value"] = 0.0
    silent = replace(infarction, tables=infarction.tables | {"statistics": rows})
    review = Review(silent)
    (left_out,) = (x for x in contrast_results(review, DEATH) if isinstance(x, NotUsable))
    assert (left_out.study_id, left_out.reason) == ("santoro2000", NO_EVENTS)
    assert pooled_contrast(review, DEATH).fit.k == 21
    assert pooled_contrast(review.under(measure="RD"), DEATH).fit.k == 22


def test_one_half_is_added_where_a_cell_is_empty_and_said(pooled):
    assert [item.label for item in pooled.contrasts if item.route.corrected] == [
        "Urek 1996",
        "Santoro 2000",
    ]


def test_years_add_up_to_the_pool(infarction_review, pooled):
    """The last year is the pool itself; a year with its own trials only is those trials pooled by hand."""
    steps = by_year(infarction_review, pooled)
    assert steps[-1].random.estimate == pytest.approx(pooled.fit.estimate, abs=1e-12)
    assert steps[-1].common.estimate == pytest.approx(pooled.common.estimate, abs=1e-12)
    until = last_up_to(steps, 1990)
    values, variances = (x[:7] for x in pooled.values)  # the seven trials up to 1990
    assert until.random.k == 7
    assert until.common.estimate == pytest.approx(np.average(values, weights=1 / variances))
    assert last_up_to(steps, 1993).year == 1992
    assert last_up_to(steps, 1983) is None


def test_the_large_trials_are_those_with_most_people(infarction_review, pooled):
    found = largest(infarction_review, pooled)
    by_people = sorted(counts(infarction_review, pooled.contrasts), key=lambda one: -one.n1)
    assert set(found.labels) == {one.label for one in by_people[:2]}
    assert found.others.fit.k == 20


def test_the_risk_without_treatment_is_the_median_of_the_controls_or_as_set(
    infarction_review, pooled
):
    median = np.median(np.array(GIVEN["ci"]) / np.array(GIVEN["n2i"]))
    assert baseline_risk(infarction_review, pooled.contrasts).risk == pytest.approx(median)
    chosen = infarction_review.under(baseline_risk=80.0)
    assert baseline_risk(chosen, pooled.contrasts).risk == 0.08


def test_what_matters_in_1000_people_is_turned_into_each_measure(infarction_review, pooled):
    """10 fewer of 100 in 1000: risk 0.09; odds ratio (0.09/0.91)/(0.1/0.9), by hand."""
    review = infarction_review.under(baseline_risk=100.0, important_difference=10.0)
    size = lambda name: important_benefit(review, Measure(name, "", "lower"), pooled.contrasts)
    assert exp(-size("OR")) == pytest.approx((0.09 / 0.91) / (0.1 / 0.9))
    assert exp(-size("RR")) == pytest.approx(0.9)
    assert size("RD") == pytest.approx(0.01)


def test_absolute_effects_by_hand():
    """Odds ratio 0.5 at a risk of 0.5 gives 1/3; an interval keeps its order."""
    base = BaselineRisk(0.5, 0, ())
    found = Absolute.of(base, Measure("OR", "", "lower"), (np.log(0.5), np.log(0.25), 0.0), 0.95)
    assert found.difference == pytest.approx(1 / 3 - 0.5)
    assert (found.interval.low, found.interval.high) == pytest.approx((0.2 - 0.5, 0.0))


def test_the_planned_trial(infarction_review):
    """More people for a smaller benefit; a belief in one common effect near none leaves little chance."""
    plan = event_plan(infarction_review)
    assert plan.people(0.02, 0.8) < plan.people(0.01, 0.8) < plan.people(0.01, 0.9)
    mean, new, common = event_beliefs(infarction_review, plan)
    assert mean.at_least(plan) > 0.9
    assert common.at_least(plan) < 0.01
    assert new.assurance(plan, 20_000) < mean.assurance(plan, 20_000)


def test_a_difference_of_risks_is_pooled_where_no_control_group_has_an_event(infarction):
    """The prior of tau is then the widest that odds turn into: at a risk of 1/2, a quarter of that of odds."""
    control = {
        (row.study_id, row.arm_id) for row in infarction.rows("arms") if row.role != "treatment"
    }
    statistics = infarction["statistics"].copy()
    empty = [
        (study, arm) in control and statistic == "n_events"
        for study, arm, statistic in zip(
            statistics.study_id, statistics.arm_id, statistics.statistic, strict=True
        )
    ]
    statistics.loc[empty, "value"] = 0.0
    review = Review(replace(infarction, tables=infarction.tables | {"statistics": statistics}))
    pooled = pooled_contrast(review.under(measure="RD"), DEATH)
    assert pooled.tau_prior_scale == pytest.approx(0.5 / 4)


def test_an_odds_ratio_of_millions_is_a_number_and_its_far_limit_none():
    """All of 1,500 against none of 1,500, with 1/2 added to each cell: (1500.5 / 0.5) squared."""
    measure, ratio = Measure("OR", "", "lower"), (1500.5 / 0.5) ** 2
    assert measure.printed(log(ratio)) == pytest.approx(ratio)
    far = measure.as_printed(Interval(log(ratio) - 3.9, log(ratio) + 3.9, 0.95))
    assert (far.low, far.high) == (pytest.approx(ratio / exp(3.9)), inf)
