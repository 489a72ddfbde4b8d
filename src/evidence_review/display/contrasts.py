"""Several randomised trials pooled, in tables: how sure, what moves it, each trial by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import pool_rules
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import RandomisedContrast, contrast_results
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.pool import PooledContrast, fits_by_rule
from evidence_review.review.review import Review
from evidence_review.sensitivity.pool_choices import OF_TRIALS, Choice
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
                "from, or why not": words.how(item) if usable else item.reason,
                "in the published review": row.in_published or "–",
                "note": row.note or None,
                "data rows": (row.row, *item.rows),
            }
        )
    return pd.DataFrame(rows)


def _difference(effect: Effect) -> str:
    unit = effect.measure.unit
    if effect.bounds is not None:
        return f"{text.interval(effect.bounds.low, effect.bounds.high)} {unit}"
    return f"{text.number(effect.value)} {unit}"


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
                "a new trial": text.interval(choice.pooled.fit.pi_low, choice.pooled.fit.pi_high),
            }
            for choice in choices
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
