"""The findings on the trial that would settle the question."""

from __future__ import annotations

import numpy as np

from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.event_plan import event_plan
from evidence_review.placebo.response import has_placebo_arms
from evidence_review.placebo.trial_design import (
    plan_and_placebo,
    uncontrolled_chance,
    uncontrolled_rule,
)
from evidence_review.review.finding import RARELY, Finding
from evidence_review.review.review import Review
from evidence_review.review.settings import IN_1000, STATED


def design_findings(review: Review) -> list[Finding]:
    """People needed, and what an uncontrolled trial shows at best, for the important difference.

    Of events, people needed only. Empty where nothing can be planned: without placebo arms, or a risk.
    """
    if review.about.measure in STATED:
        return _of_events(review)
    if not has_placebo_arms(review):
        return []
    plan, response = plan_and_placebo(review)
    arms, settings = placebo_arms(review), review.settings
    measure, matters = arms.usable[0].measure, settings.important_difference
    at_best = float(uncontrolled_chance(response, measure, matters, plan.sd, np.inf)[0])
    about = f"a true benefit of {matters:g} {measure.unit}"
    plans = {
        "basis": "assumed",
        "rows": review.records.assumption_rows(
            "change_sd", "drop_out", "run_in", "important_difference"
        ),
        "note": f"SD of one person's change {plan.sd:g}, drop-out {plan.drop_out:.0%}, run-in {plan.run_in:.0%}",
    }
    without = {
        "basis": "assumed",
        "rows": arms.rows,
        "note": f"shown: placebo arms match the change in less than {RARELY:.1%} of cases",
    }
    return [
        _important(review, measure.unit),
        *(
            Finding(
                id=f"trial.people_{power}",
                label=f"People to randomise for {chance} chance to show {about}",
                value=plan.randomised_for(matters, power / 100),
                unit="people",
                **plans,
            )
            for power, chance in ((80, "an 80%"), (90, "a 90%"))
        ),
        Finding(
            id="trial.uncontrolled_at_best",
            label=f"Chance that an uncontrolled trial shows {about}, with any number of people",
            value=100 * at_best,
            unit="%",
            **without,
        ),
        Finding(
            id="trial.uncontrolled_boundary",
            label="Change that an uncontrolled trial of any size would have to show",
            value=uncontrolled_rule(response, measure).boundary(0.0),
            unit=measure.unit,
            **without,
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
                label=f"People to randomise for {chance} chance to show it",
                value=plan.people(plan.important, power / 100),
                unit="people",
                basis="assumed",
                rows=review.records.assumption_rows("drop_out", "important_difference"),
                note=f"{1000 * plan.risk:.0f} in 1000 without treatment, drop-out {plan.drop_out:.0%}",
            )
            for power, chance in ((80, "an 80%"), (90, "a 90%"))
        ),
    ]
