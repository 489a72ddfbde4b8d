"""Several studies pooled, in tables: how sure, what moves it, each study by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from math import isinf

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import pool_rules
from evidence_review.effect_measures import MEASURES, STATED
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.clusters import CLUSTER
from evidence_review.estimates.contrast import (
    Contrast,
    by_every_route,
    contrast,
    contrast_results,
    outcomes,
    why_not,
)
from evidence_review.estimates.counts import counts
from evidence_review.estimates.cumulative import UpTo
from evidence_review.estimates.effect import Effect, NotUsable
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.methods import by_method
from evidence_review.estimates.pool import PooledContrast, fits_by_rule, pooled_contrast
from evidence_review.estimates.reasons import NO_CHANGE, NOT_PRINTED, OTHER_MEASURE
from evidence_review.estimates.trial import CASE_CONTROL
from evidence_review.review.finding import Range
from evidence_review.review.review import Review, on_outcome
from evidence_review.review.settings import RANDOMISED
from evidence_review.sensitivity.pool_choices import COMMON_EFFECT, OF_TRIALS, Choice
from evidence_review.sensitivity.subgroups import Subgroup
from evidence_review.words import effects as words
from evidence_review.words.effects import limits, with_interval
from evidence_review.words.events import METHODS
from evidence_review.words.figures_pool import effect_text
from evidence_review.words.pool import choice_name

# Rules for the interval of a mean of few trials; the normal one takes the spread as known and is left out.
_RULES = ("knha-adhoc", "knha", "kr")


def rules_table(review: Review, pooled: PooledContrast) -> pd.DataFrame:
    """The pool by one rule and another: with few trials they disagree, and the disagreement is shown."""
    fits = fits_by_rule(pooled.values, review.settings, _RULES)
    heading, measure, one = _heading(pooled.measure), pooled.measure, pooled.common
    table = pool_rules.by_rule(fits, pooled.bayes, review.settings.level, heading, measure)
    common = {
        "rule": "one common effect, normal",
        heading: text.number(measure.printed(one.estimate), measure.digits),
        "interval": limits(measure, one.ci_low, one.ci_high),
        "tau": "–",
        "a new study": "–",
    }
    return pd.concat([table, pd.DataFrame([common])], ignore_index=True)


def _heading(measure: Measure) -> str:
    """The heading of a column of effects."""
    return measure.words if measure.is_stated else f"difference ({measure.unit})"


def methods_table(review: Review, pooled: PooledContrast) -> pd.DataFrame:
    """Pooled events by several methods, with one common effect and with effects that scatter."""
    measure = pooled.measure
    return pd.DataFrame(
        [
            {
                "method": text.capital(METHODS[one.method]),
                "studies": one.k,
                measure.words: text.number(measure.printed(one.value), measure.digits),
                "interval": limits(measure, one.interval.low, one.interval.high),
                "tau": text.number(one.tau, measure.digits),
            }
            for one in by_method(review, pooled.summary.outcome)
        ]
    )


def cumulative_table(steps: Sequence[UpTo], measure: Measure) -> pd.DataFrame:
    """The pool of the trials up to each year, by both models."""
    said = lambda fit: with_interval(
        measure, float(fit.estimate), float(fit.ci_low), float(fit.ci_high)
    )
    return pd.DataFrame(
        [
            {
                "up to": step.year,
                "added": ", ".join(step.added),
                "studies": int(step.random.k),
                "people": text.number(step.people, 0),
                "if effects scatter": said(step.random),
                "if one effect is common": said(step.common),
            }
            for step in steps
        ]
    )


def counts_table(review: Review, contrasts: Sequence[Contrast]) -> pd.DataFrame:
    """People with the event in both groups of each trial, and what that makes.

    Of a case-control study without per cent: its authors chose how many people have the event.
    """
    items = {(item.study_id, item.outcome): item for item in contrasts}
    is_random = all(item.evidence == RANDOMISED for item in contrasts)
    treated, control = ("treated", "control") if is_random else ("exposed", "not exposed")
    rows = []
    for (_, outcome), item in items.items():
        design = review.records.study(item.study_id).design
        has_risks = design != CASE_CONTROL
        for one in counts(review, [item]):
            effects = {effect.measure.name: effect for effect in item.effects}
            rows.append(
                {
                    "study": one.label,
                    "outcome": outcome,
                    treated: _counted(one.events1, one.n1, has_risks),
                    control: _counted(one.events2, one.n2, has_risks),
                    **{effects[name].measure.words: effect_text(effects[name]) for name in effects},
                    "note": _note_on_counts(item, design),
                    "data rows": one.rows,
                }
            )
    table = pd.DataFrame(rows)
    return table.drop(columns="outcome") if len(table) and table.outcome.nunique() == 1 else table


def _counted(events: float, people: float, has_risk: bool) -> str:
    """'9 of 30 (30.0%)', or '9 of 30' where that is no risk."""
    share = f" ({text.percent(events / people, 1)})" if has_risk else ""
    return f"{events:.0f} of {people:.0f}{share}"


def _note_on_counts(item: Contrast, design: str) -> str | None:
    """Why the effects of a trial are not those of the counts beside them."""
    notes = []
    if item.route.corrected:
        notes.append("1/2 added to each cell, because one is empty")
    if item.route.parts:
        notes.append("each treated group compared by itself, and the results taken together")
    if design == CLUSTER:
        notes.append("wider, since people were randomised in groups")
    return "; ".join(notes) or None


def trials_table(review: Review, outcome: str) -> pd.DataFrame:
    """What each compared trial gives, and whether the published review has it too."""
    compared = {row.study_id: row for row in review.records.rows("contrasts")}
    pooled = pooled_contrast(review, outcome)
    used = {item.study_id for item in pooled.contrasts} if pooled else set()
    heading = _heading_of({on_outcome(review, outcome).about.measure})
    rows = []
    for item in contrast_results(review, outcome):
        row = compared[item.study_id]
        usable = isinstance(item, Contrast)
        rows.append(
            {
                "study": item.label,
                heading: _effect(item.best, heading) if usable else "–",
                "interval": _span(item.best, item.best.interval) if usable else "–",
                "week": f"{item.week:g}" if usable and item.week == item.week else None,
                "from, or why not": item.reason
                if not usable
                else words.not_alike(item)
                if pooled and item.is_known and item.study_id not in used
                else words.how(item),
                "in the published review": row.in_published or "–",
                "note": row.note or None,
                "data rows": (row.row, *item.rows),
            }
        )
    return pd.DataFrame(rows)


def routes_table(review: Review) -> pd.DataFrame:
    """What each route from print to a difference makes of each compared trial, and which was taken.

    Routes of which a trial prints nothing are left out.
    """
    rows, asked = [], outcomes(review)
    heading = _heading_of({on_outcome(review, outcome).about.measure for outcome in asked})
    trials = Counter(row.study_id for row in review.records.rows("contrasts"))
    names = {(row.study_id, row.arm_id): row.label for row in review.records.rows("arms")}
    for outcome in asked:
        for trial in review.records.rows("contrasts"):
            several = trials[trial.study_id] > 1
            arm = f": {names[trial.study_id, trial.treated_arm]}" if several else ""
            one = (
                on_outcome(review, outcome),
                trial.study_id,
                trial.treated_arm,
                trial.control_arm,
                outcome,
            )
            taken = contrast(*one)
            found = by_every_route(*one)
            for name, item in found.items():
                if isinstance(item, NotUsable) and item.reason in (NOT_PRINTED, NO_CHANGE):
                    continue
                is_taken = isinstance(taken, Contrast) and taken.route.name == name
                rows.append(
                    {"study": f"{item.label}{arm}"}
                    | ({"outcome": outcome} if len(asked) > 1 else {})
                    | {"taken": "yes" if is_taken else "no"}
                    | _by_route(name, item, one[0].about.measure, found["rates"], heading)
                )
    return pd.DataFrame(rows)


def _by_route(
    name: str, item: Contrast | NotUsable, asked: str, rates: Contrast | NotUsable, heading: str
) -> dict:
    """What a route makes of a trial.

    asked: the measure of the outcome; '' for differences of means. rates: what the route gives that counts
    the time that people were followed. heading: that of the column of effects.
    """
    best = None
    if isinstance(item, Contrast):
        best = item.on(asked) if asked in STATED else item.best
    if isinstance(item, NotUsable) or best is None:
        reason = item.reason if isinstance(item, NotUsable) else why_not(asked, item, rates)
        # Another route may give the measure that is asked for.
        if isinstance(item, Contrast) and reason == OTHER_MEASURE:
            reason = f"its result is on another measure ({item.best.measure.words})"
        return {
            "route, or why it fails": f"{words.route_name(name)}: {reason}",
            **dict.fromkeys((heading, "interval", "rounding leaves", "in SDs", "basis")),
            "data rows": item.rows,
        }
    standardised = [effect for effect in item.effects if effect.measure.is_standardised]
    left_open = best.rounding or best.range
    return {
        "route, or why it fails": words.how(item),
        heading: _effect(best, heading),
        "interval": _span(best, best.interval),
        "rounding leaves": _span(best, left_open),
        "in SDs": "; ".join(map(_in_sds, standardised)) or None,
        "basis": best.basis,
        "data rows": item.rows,
    }


def _in_sds(effect: Effect) -> str:
    size = text.number(effect.value)
    if effect.bounds is not None:
        size = text.interval(effect.bounds.low, effect.bounds.high)
    of = f" of {effect.measure.sd_of}" if effect.measure.sd_of else ""
    return f"{size}{of}" + (", assumed" if effect.basis == "assumed" else "")


# The heading of a column of effects on several measures, which its cells name.
_ANY_EFFECT = "effect"


def _heading_of(measures: Collection[str]) -> str:
    """The heading of a column of effects with their units. measures: those of its outcomes; '' for means."""
    if len(measures) > 1:
        return _ANY_EFFECT
    return next((MEASURES[name].words for name in measures if name in STATED), "difference")


def _effect(effect: Effect, heading: str) -> str:
    """The value, or the range that is known, with the unit, and the measure if the heading does not say it."""
    measure = effect.measure
    unit = measure.unit or ("" if measure.words == heading else measure.words)
    if effect.bounds is None:
        shown = text.number(measure.printed(effect.range.low), measure.digits)
        return f"{shown} {unit}".rstrip()
    low, high = effect.bounds.low, effect.bounds.high
    if isinf(low):
        return f"{text.number(high)} {unit} or less"
    if isinf(high):
        return f"{text.number(low)} {unit} or more"
    return f"{_span(effect, effect.bounds)} {unit}"


def _span(effect: Effect, span: Range) -> str:
    return limits(effect.measure, span.low, span.high)


def choices_table(choices: Sequence[Choice]) -> pd.DataFrame:
    """The pool under each choice; the mean and a new study are not by one method, and the headings say by which."""
    measure = choices[0].pooled.measure
    _, rule = choices[0].pooled.summary.route.pooling
    return pd.DataFrame(
        [
            {
                "choice": choice_name(choice),
                "moves": "–"
                if choice is choices[0]
                else "which studies"
                if choice.kind in OF_TRIALS
                else "how it is computed",
                "studies": choice.pooled.fit.k,
                _heading(measure): text.number(
                    measure.printed(choice.pooled.fit.estimate), measure.digits
                ),
                f"interval by {words.BY_RULE[rule]}": limits(
                    measure, choice.pooled.fit.ci_low, choice.pooled.fit.ci_high
                )
                + (", normal" if choice.kind == COMMON_EFFECT else ""),
                "tau": text.number(choice.pooled.fit.tau, measure.digits),
                "a new study, Bayesian": "–"
                if choice.kind == COMMON_EFFECT
                else limits(measure, choice.pooled.new_trial.low, choice.pooled.new_trial.high),
            }
            for choice in choices
        ]
    )


def subgroups_table(groups: Sequence[Subgroup]) -> pd.DataFrame:
    """Each group of the pooled trials: which, how many people, and what they give."""
    measures = {group.effect.measure for group in groups}
    heading = _heading_of({one.name if one.is_stated else "" for one in measures})
    return pd.DataFrame(
        [
            {
                "by": group.characteristic,
                "studies that": group.group,
                "how many": len(group.contrasts),
                "people": text.number(group.people, 0),
                heading: _effect(group.effect, heading),
                "interval": _span(group.effect, group.effect.interval),
                "which": ", ".join(item.label for item in group.contrasts),
                "data rows": group.rows,
            }
            for group in groups
        ]
    )


def by_arm_table(pairs: Sequence[tuple[SingleArmChange, SingleArmChange]]) -> pd.DataFrame:
    """Change in the treated and the control group of each trial that gives both."""
    return pd.DataFrame(
        [
            {
                "study": treated.label,
                "change in treated group": text.number(treated.mean),
                "change in control group": text.number(control.mean),
                "control group's part": text.percent(control.mean / treated.mean)
                if control.mean * treated.mean > 0
                else "–",
                "data rows": (*treated.rows, *control.rows),
            }
            for treated, control in pairs
        ]
    )
