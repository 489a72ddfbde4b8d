"""The findings on the trial that would settle the question."""

from __future__ import annotations

from typing import Any

import numpy as np

from evidence_review.effect_measures import STATED
from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.event_plan import event_plan
from evidence_review.numbers import units
from evidence_review.placebo.response import has_placebo_arms, main_prior
from evidence_review.placebo.trial_design import (
    Planned,
    planned,
    uncontrolled_chance,
    uncontrolled_rule,
)
from evidence_review.review.finding import RARELY, Finding
from evidence_review.review.review import Review, once
from evidence_review.review.settings import IN_1000


@once
def design_findings(review: Review) -> list[Finding]:
    """People needed to show the important difference, and what an uncontrolled trial shows at best.

    For events, or without placebo arms to compare an uncontrolled trial with, only the people needed.
    Empty if nothing can be planned: for events without a risk, for means without an SD.
    """
    if review.about.measure in STATED:
        return _of_events(review)
    trial = planned(review)
    if trial is None:
        return []
    plan, measure = trial.plan, trial.measure
    about = f"a true benefit of {trial.matters:g} {units(f'{trial.matters:g}', measure.unit)}"
    plans = {
        "basis": "assumed",
        "rows": review.records.assumption_rows(
            "change_sd", "drop_out", "run_in", "important_difference"
        ),
        "note": f"SD of one person's change {plan.sd:g}, drop-out {plan.drop_out:.0%}"
        + (f", run-in {plan.run_in:.0%}" if plan.run_in else ""),
    }
    out = [
        _important(review, measure.unit),
        *(
            Finding(
                id=f"trial.people_{power}",
                label=f"People to randomise for {chance} chance to show {about}",
                value=plan.randomised_for(trial.matters, power / 100),
                unit="people",
                **plans,
            )
            for power, chance in ((80, "an 80%"), (90, "a 90%"))
        ),
    ]
    enough = plan.analysed_for(trial.matters, 0.8)
    sizes = (("excluded", enough), ("excluded_by_half", enough / 2))
    out += [
        Finding(
            id=f"trial.{name}",
            label=f"Chance that the interval excludes {about}, if the treatment does nothing",
            value=100 * float(plan.chance_to_exclude(size, 0.0, trial.matters)),
            unit="%",
            basis="assumed",
            rows=plans["rows"],
            note=f"{2 * size:.0f} people who finish",
        )
        for name, size in (sizes if enough >= 4 else sizes[:1])
    ]
    if not has_placebo_arms(review):
        return out
    return [*out, *_uncontrolled(review, trial)]


def _uncontrolled(review: Review, trial: Planned) -> list[Finding]:
    """What a trial without a control group shows at best, compared with placebo arms."""
    measure, response = trial.measure, main_prior(review)
    chance = uncontrolled_chance(response, measure, trial.matters, trial.plan.sd, np.inf)
    about = f"a true benefit of {trial.matters:g} {units(f'{trial.matters:g}', measure.unit)}"
    without: dict[str, Any] = {
        "basis": "assumed",
        "rows": placebo_arms(review).rows,
        "note": f"shown: placebo arms match the change in less than {RARELY:.1%} of cases",
    }
    prior = f"tau half-normal with scale {review.settings.tau_prior_scale:g}"
    by_bayes: dict[str, Any] = {**without, "note": prior}
    return [
        Finding(
            id="trial.uncontrolled_at_best",
            label=f"Chance that an uncontrolled trial shows {about}, with any number of people",
            value=100 * float(chance[0]),
            unit="%",
            **without,
        ),
        Finding(
            id="trial.uncontrolled_boundary",
            label="Change that an uncontrolled trial of any size would have to show, Bayesian",
            value=uncontrolled_rule(response, measure).boundary(0.0),
            unit=measure.unit,
            **by_bayes,
        ),
    ]


def _important(review: Review, unit: str) -> Finding:
    return Finding(
        id="trial.important_difference",
        label="Smallest benefit that counts as important",
        value=review.settings.important_difference,
        unit=unit,
        basis="assumed",
        rows=review.records.assumption_rows("important_difference"),
    )


def _of_events(review: Review) -> list[Finding]:
    plan = event_plan(review)
    if plan is None:
        return []
    return [
        _important(review, IN_1000),
        *(
            Finding(
                id=f"trial.people_{power}",
                label=f"People to randomise for {chance} chance to show the smallest benefit that is important",
                value=plan.people(plan.important, power / 100),
                unit="people",
                basis="assumed",
                rows=review.records.assumption_rows("drop_out", "important_difference"),
                note=f"{1000 * plan.risk:.0f} in 1000 without treatment, drop-out {plan.drop_out:.0%}",
            )
            for power, chance in ((80, "an 80%"), (90, "a 90%"))
        ),
    ]
