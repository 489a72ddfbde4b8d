"""The trial that would answer the question, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import compared_with
from evidence_review.estimates.event_plan import EventBelief
from evidence_review.numbers import number, percent, units
from evidence_review.placebo.trial_design import (
    AS_PLANNED,
    MORE_ARMS,
    RUN_IN,
    TWICE_AS_LONG,
    Belief,
    PlanChoice,
    Planned,
)
from evidence_review.review.finding import POOLED, RARELY, Finding
from evidence_review.review.review import Review
from evidence_review.words.effects import benefit
from evidence_review.words.linked import Sentence, linked

_COUNT = {2: "two", 3: "three"}


def with_control(review: Review, findings: Mapping[str, Finding]) -> str:
    """How many people a trial with a control group needs, if nothing is known of one without, in Markdown."""
    people, comparator = findings["trial.people_80"], compared_with(review)
    return Sentence(
        f"**A trial that randomises {linked(number(people.known, 0), people)} people to {review.about.treatment} or {comparator} has an 80% chance to "
        f"show a true benefit of {_important(findings)} ({linked(people.note, people)}).** What a trial without a control group could show "
        "is not known here: the review has no placebo arms of other trials to compare it with."
    )


def with_and_without(review: Review, trial: Planned, findings: Mapping[str, Finding]) -> str:
    """How many people a trial with a control group needs, and the most that one without can show, in Markdown.

    findings: by id, with those of the design.
    """
    unit = trial.measure.unit
    people, best = findings["trial.people_80"], findings["trial.uncontrolled_at_best"]
    boundary = findings["trial.uncontrolled_boundary"]
    return Sentence(
        f"**A trial that randomises {linked(number(people.known, 0), people)} people to {review.about.treatment} or {compared_with(review)} has an 80% chance to show a true benefit of "
        f"{_important(findings)} ({linked(people.note, people)}). A trial without a control group has at most {linked(percent(best.known / 100), best)}, however many people it "
        f"has.** To do better than all but one in {1 / RARELY:.0f} placebo arms, its people would have to improve by "
        f"{linked(f'{abs(boundary.known):.1f}', boundary)} {unit} on average, by a Bayesian pool of placebo arms ({boundary.note}). More people do not lower that bar, because it comes from the spread between trials."
    )


def _important(findings: Mapping[str, Finding]) -> str:
    """The smallest benefit that matters with its unit, marked for `Sentence`."""
    matters = findings["trial.important_difference"]
    shown = f"{matters.known:g}"
    return f"{linked(shown, matters)} {units(shown, matters.unit)}"


def excluding(trial: Planned, findings: Mapping[str, Finding]) -> str:
    """How often a trial large enough to show a benefit excludes it, if the treatment does nothing.

    findings: by id, with those of the design.
    """
    enough, half = (findings.get(name) for name in ("trial.excluded", "trial.excluded_by_half"))
    assert enough is not None
    chance = lambda found: linked(percent(found.known / 100), found)
    by_half = f"; with half as many, in {chance(half)}" if half is not None else ""
    return Sentence(
        f"With {linked(enough.note, enough)}, and a treatment that does nothing, the interval excludes a benefit of {_important(findings)} "
        f"in {chance(enough)} of trials{by_half}."
    )


def belief(review: Review, found: Belief) -> str:
    """The study or pool behind a belief."""
    source = found.source
    if isinstance(source, SingleArmChange):
        return f"after {source.label} alone"
    return f"after {source.label}" if source.study_id == POOLED else f"if {source.label} is right"


def assurance(trial: Planned, found: list[Belief]) -> str:
    """The caption of the table of assurance, with the SD that turns SDs into the unit of the scale."""
    caption = "Assurance: chance of a significant benefit, by people who finish"
    standardised = any(
        not isinstance(one.source, SingleArmChange) and one.source.best.measure.is_standardised
        for one in found
    )
    if not standardised:
        return caption
    return f"{caption} (1 SD taken as {trial.plan.sd:g} {trial.measure.unit})"


def plan_choice(choice: PlanChoice) -> str:
    """A plan in words."""
    return {
        AS_PLANNED: lambda _: "as planned",
        TWICE_AS_LONG: lambda _: "twice as long, twice the drop-out",
        RUN_IN: lambda part: f"run-in that turns away {part:.0%}",
        MORE_ARMS: lambda count: f"{_COUNT[count]} active arms",
    }[choice.kind](choice.of)


def for_benefit(trial: Planned) -> str:
    """The caption of the table of plans."""
    return f"People for an 80% chance to show a benefit of {benefit(trial.measure, trial.matters)}"


def by_sd(trial: Planned) -> str:
    """The caption of the table of sizes."""
    return (
        "People to randomise, by the SD of one person's change, with "
        f"{trial.plan.drop_out:.0%} drop-out"
    )


INTRO = (
    "In a trial with a placebo arm, the placebo response drops out of the comparison, however large it is in that trial; a trial "
    "without one has to guess it. This page plans the first and shows what the second can do at best."
)
HOW_MANY = (
    "People to randomise, in both arms together. If the treatment does nothing, it takes as many people to *exclude* a benefit of "
    "some size as it otherwise takes to show one."
)

ASSURANCE = (
    "Power is the chance to show one assumed effect. Assurance averages that chance over every effect that the evidence leaves "
    "possible; each belief below is one reading of the evidence. If the beliefs differ, or leave much possible, a new trial is worth doing."
)


def other_plans(review: Review) -> str:
    """What a longer trial, a run-in and more arms bring, in the words of what the control group gets."""
    control = compared_with(review)
    is_placebo = control == "placebo"
    response = "Its placebo response" if is_placebo else f"The change on {control}"
    run_in = "placebo run-in" if is_placebo else f"run-in on {control}"
    shared = "placebo arm" if is_placebo else "control group"
    return (
        f"A longer trial loses more people. {response} may well be larger too, but that drops out of the comparison. A "
        f"{run_in} turns away those who improve most before the trial starts. It makes people more alike, but not by much, "
        f"and those who stay still move towards their usual level. More arms share one {shared}, and each must pass a "
        "stricter test. The run-in is a model (scores that scatter about a steady level), not data."
    )


INTRO_EVENTS = (
    "This page plans a trial of two equal groups that counts how many people have the outcome, and asks how likely it would be to "
    "succeed, given what the trials read here leave possible."
)
NOTHING_PLANNED = "No trial can be planned, because the data do not say how common the outcome is without treatment, or how large a difference matters."
_BELIEFS = {
    "mean": "true effects scatter: their mean is the effect",
    "new trial": "true effects scatter: the trial has one of them",
    "common": "all trials share one effect",
}


def for_events(review: Review, findings: Mapping[str, Finding]) -> Sentence:
    """How many people a trial of events needs, in Markdown. findings: by id, with those of the design."""
    few, many = findings["trial.people_80"], findings["trial.people_90"]
    return Sentence(
        f"**A trial that randomises {linked(number(few.known, 0), few)} people to {review.about.treatment} or {compared_with(review)} has an 80% chance "
        f"to show a true benefit of {_important(findings)}, one of {linked(number(many.known, 0), many)} people a 90% chance "
        f"({linked(few.note, few)}).** The smaller the benefit, and the nearer the risk to one half, the more people it takes."
    )


def event_belief(found: EventBelief) -> str:
    """A belief about the effect, in words."""
    return _BELIEFS[found.name]
