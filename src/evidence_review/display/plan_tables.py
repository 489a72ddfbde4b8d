"""The trial that would settle the question, in tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evidence_review import numbers as text
from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.event_plan import EventBelief, EventPlan
from evidence_review.placebo.response import change_by_weeks
from evidence_review.placebo.trial_design import (
    Planned,
    beliefs,
    improvement_after_run_in,
    people_needed,
    plan_choices,
)
from evidence_review.review.review import Review
from evidence_review.words import plan as words
from evidence_review.words.effects import benefit

# People who finish, in the table of assurance; weeks, about as long as most placebo arms lasted.
_PEOPLE = (50, 100, 200, 400)
_WEEKS = (4, 8, 12)


def people_to_randomise(review: Review, trial: Planned) -> pd.DataFrame:
    """People to randomise over both arms, a row a benefit."""
    rows: dict[float, dict[str, object]] = {}
    for item in people_needed(review, trial):
        row = rows.setdefault(
            item.benefit,
            {f"benefit to show, or to exclude ({trial.measure.unit})": f"{item.benefit:g}"},
        )
        for power, people in item.by_power.items():
            row[f"SD {item.sd:g}: {power:.0%} chance"] = text.number(people, 0)
    return pd.DataFrame(list(rows.values()))


def assurance(review: Review, trial: Planned) -> pd.DataFrame:
    """Chance of a significant benefit by people who finish, averaged over what is possible."""
    plan, matters = trial.plan, trial.matters
    return pd.DataFrame(
        [
            {
                "belief about the effect": words.belief(review, found),
                f"chance of {benefit(trial.measure, matters)} or more": text.percent(
                    float(1 - found.benefit.cdf(matters))
                ),
            }
            | {f"{n} people": text.percent(plan.assurance(n / 2, found.benefit)) for n in _PEOPLE}
            for found in beliefs(review)
        ]
    )


def plans(trial: Planned) -> pd.DataFrame:
    """People whom other plans need."""
    plan, matters, measure = trial.plan, trial.matters, trial.measure
    return pd.DataFrame(
        [
            {
                "plan": words.plan_choice(choice),
                "SD of the change": text.number(choice.plan.sd_after_run_in),
                "untreated change after the run-in": text.number(
                    measure.worth(improvement_after_run_in(choice.plan.sd, choice.plan.run_in))
                ),
                "to screen": text.number(choice.plan.screened_for(matters, 0.8), 0),
                "to randomise": text.number(choice.plan.randomised_for(matters, 0.8), 0),
                "finish, each active arm": text.number(choice.plan.analysed_for(matters, 0.8), 0),
            }
            for choice in plan_choices(plan)
        ]
    )


def placebo_by_weeks(review: Review) -> pd.DataFrame:
    """The change expected on placebo by length of treatment; without rows where weeks hardly vary."""
    fit = change_by_weeks(review)
    if fit is None:
        return pd.DataFrame()
    expected = fit.predict(list(_WEEKS))
    return pd.DataFrame(
        {
            "weeks": _WEEKS,
            f"expected on placebo ({placebo_arms(review).usable[0].unit})": [
                text.number(x) for x in expected.estimate
            ],
            "a new trial, by meta-regression": list(
                map(text.interval, expected.pi_low, expected.pi_high)
            ),
        }
    )


def people_for_events(plan: EventPlan) -> pd.DataFrame:
    """People to randomise over both groups, a row a benefit, a column a risk without treatment."""
    return pd.DataFrame(
        [
            {"benefit to show (in 1000 people)": f"{1000 * part * plan.important:g}"}
            | {
                f"{1000 * risk:.0f} in 1000 without treatment: {power:.0%} chance": _people(
                    plan, part * plan.important, power, risk
                )
                for risk in plan.risks
                for power in (0.8, 0.9)
            }
            for part in (1, 1.5, 2, 3)
        ]
    )


def _people(plan: EventPlan, difference: float, power: float, risk: float) -> str:
    """People to randomise; a dash for a benefit that the risk does not allow."""
    if not 0 < risk + plan.better * difference < 1:
        return "–"
    return text.number(plan.people(difference, power, risk), 0)


def assurance_of_events(plan: EventPlan, found: Sequence[EventBelief]) -> pd.DataFrame:
    """Chance that a trial shows a benefit by its size, averaged over what the pool leaves possible."""
    needed = plan.people(plan.important, 0.8)
    sizes = [max(int(round(part * needed, -2)), 100) for part in (0.1, 0.5, 1)]
    return pd.DataFrame(
        [
            {
                "if": words.event_belief(one),
                f"chance of {1000 * plan.important:g} in 1000 or more": text.percent(
                    one.at_least(plan)
                ),
            }
            | {f"{text.number(n, 0)} people": text.percent(one.assurance(plan, n)) for n in sizes}
            for one in found
        ]
    )
