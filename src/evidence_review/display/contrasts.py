"""Several randomised trials pooled, in tables: how sure, what moves it, each trial by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isinf

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import pool_rules
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import (
    RandomisedContrast,
    by_every_route,
    contrast,
    contrast_results,
    outcomes,
)
from evidence_review.estimates.effect import Effect, NotUsable
from evidence_review.estimates.pool import PooledContrast, fits_by_rule, pooled_contrast
from evidence_review.estimates.route import NO_CHANGE, NOT_PRINTED
from evidence_review.review.finding import Range
from evidence_review.review.review import Review
from evidence_review.sensitivity.pool_choices import OF_TRIALS, Choice
from evidence_review.sensitivity.subgroups import Subgroup
from evidence_review.words import effects as words
from evidence_review.words.pool import choice_name

# Rules for the interval of a mean of few trials; the normal one takes the spread as known and is left out.
_RULES = ("knha-adhoc", "knha", "kr")


def rules_table(review: Review, pooled: PooledContrast) -> pd.DataFrame:
    """The pool by one rule and another: with few trials they disagree, and the disagreement is shown."""
    fits = fits_by_rule(pooled.values, review.settings, _RULES)
    unit = f"difference ({pooled.measure.unit})"
    return pool_rules.by_rule(fits, pooled.bayes, review.settings.level, unit)


def trials_table(review: Review, outcome: str) -> pd.DataFrame:
    """What each compared trial gives, and whether the published review has it too."""
    compared = {row.study_id: row for row in review.records.rows("contrasts")}
    pooled = pooled_contrast(review, outcome)
    used = {item.study_id for item in pooled.contrasts} if pooled else set()
    rows = []
    for item in contrast_results(review, outcome):
        row = compared[item.study_id]
        usable = isinstance(item, RandomisedContrast)
        rows.append(
            {
                "trial": item.label,
                "difference": _difference(item.best) if usable else "–",
                "interval": text.interval(item.best.interval.low, item.best.interval.high)
                if usable
                else "–",
                "week": f"{item.week:g}" if usable else None,
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
    trials = Counter(row.study_id for row in review.records.rows("contrasts"))
    names = {(row.study_id, row.arm_id): row.label for row in review.records.rows("arms")}
    for outcome in asked:
        for trial in review.records.rows("contrasts"):
            several = trials[trial.study_id] > 1
            arm = f": {names[trial.study_id, trial.treated_arm]}" if several else ""
            one = (review, trial.study_id, trial.treated_arm, trial.control_arm, outcome)
            taken = contrast(*one)
            for name, item in by_every_route(*one).items():
                if isinstance(item, NotUsable) and item.reason in (NOT_PRINTED, NO_CHANGE):
                    continue
                is_taken = isinstance(taken, RandomisedContrast) and taken.route.name == name
                rows.append(
                    {"trial": f"{item.label}{arm}"}
                    | ({"outcome": outcome} if len(asked) > 1 else {})
                    | {"taken": "yes" if is_taken else "no"}
                    | _by_route(name, item)
                )
    return pd.DataFrame(rows)


def _by_route(name: str, item: RandomisedContrast | NotUsable) -> dict:
    if isinstance(item, NotUsable):
        return {
            "route, or why it fails": f"{words.route_name(name)}: {item.reason}",
            **dict.fromkeys(("difference", "interval", "rounding leaves", "in SDs", "basis")),
            "data rows": item.rows,
        }
    best = item.best
    standardised = [effect for effect in item.effects if effect.measure.is_standardised]
    left_open = best.rounding or best.range
    return {
        "route, or why it fails": words.how(item),
        "difference": _difference(best),
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


def _difference(effect: Effect) -> str:
    """The value, or the range that is known, with the unit, or the name of a ratio."""
    measure = effect.measure
    unit = measure.unit or measure.words
    if effect.bounds is None:
        return f"{text.number(measure.printed(effect.range.low))} {unit}"
    low, high = effect.bounds.low, effect.bounds.high
    if isinf(low):
        return f"{text.number(high)} {unit} or less"
    if isinf(high):
        return f"{text.number(low)} {unit} or more"
    return f"{_span(effect, effect.bounds)} {unit}"


def _span(effect: Effect, span: Range) -> str:
    return text.interval(effect.measure.printed(span.low), effect.measure.printed(span.high))


def choices_table(choices: Sequence[Choice]) -> pd.DataFrame:
    """The pool under each choice."""
    unit = choices[0].pooled.measure.unit
    return pd.DataFrame(
        [
            {
                "choice": choice_name(choice),
                "moves": "–"
                if choice is choices[0]
                else "which trials"
                if choice.kind in OF_TRIALS
                else "how it is computed",
                "trials": choice.pooled.fit.k,
                f"difference ({unit})": text.number(choice.pooled.fit.estimate),
                "interval": text.interval(choice.pooled.fit.ci_low, choice.pooled.fit.ci_high),
                "tau": text.number(choice.pooled.fit.tau),
                "a new trial": text.interval(
                    choice.pooled.new_trial.low, choice.pooled.new_trial.high
                ),
            }
            for choice in choices
        ]
    )


def subgroups_table(groups: Sequence[Subgroup]) -> pd.DataFrame:
    """Each group of the pooled trials: which, how many people, and what they give."""
    return pd.DataFrame(
        [
            {
                "by": group.characteristic,
                "trials that": group.group,
                "how many": len(group.contrasts),
                "people": f"{group.people:.0f}",
                "difference": _difference(group.effect),
                "interval": text.interval(group.effect.interval.low, group.effect.interval.high),
                "which": ", ".join(item.label for item in group.contrasts),
                "data rows": group.rows,
            }
            for group in groups
        ]
    )


def by_arm_table(pairs: Sequence[tuple[SingleArmChange, SingleArmChange]]) -> pd.DataFrame:
    """Change on treatment and on placebo in each trial that gives both."""
    return pd.DataFrame(
        [
            {
                "trial": treated.label,
                "change on treatment": text.number(treated.mean),
                "change on placebo": text.number(control.mean),
                "placebo's part": text.percent(control.mean / treated.mean)
                if control.mean * treated.mean > 0
                else "–",
                "data rows": (*treated.rows, *control.rows),
            }
            for treated, control in pairs
        ]
    )
