"""Several randomised trials pooled, in tables: how sure, what moves it, each trial by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evidence_review import numbers as text
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import RandomisedContrast, contrast_results
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.pool import PooledContrast
from evidence_review.review.review import Review
from evidence_review.sensitivity.pool_choices import OF_TRIALS, Choice
from evidence_review.stats.synthesis import random_effects
from evidence_review.words import effects as words
from evidence_review.words.pool import choice_name

# Rules for the interval of a mean of few trials; the normal one takes the spread as known and is left out.
_RULES = {
    "Hartung-Knapp with its floor": "knha-adhoc",
    "Hartung-Knapp": "knha",
    "Kenward-Roger": "kr",
}


def rules_table(review: Review, pooled: PooledContrast) -> pd.DataFrame:
    """The pool by one rule and another: with few trials they disagree, and the disagreement is shown."""
    y, v = pooled.values
    unit = pooled.measure.unit
    how = {"tau2": review.settings.tau2, "level": review.settings.level}
    rows = [
        _row(name, random_effects(y, v, ci=rule, **how), unit)
        for name, rule in _RULES.items()
        if rule != "kr"
        or review.settings.tau2 == "REML"  # it uses the information of that estimator
    ]
    tails = [(1 - review.settings.level) / 2, (1 + review.settings.level) / 2]
    bayes = pooled.bayes
    return pd.DataFrame(
        [
            *rows,
            {
                "rule": f"Bayesian, tau half-normal with scale {bayes.tau_prior.scale:g}",
                f"difference ({unit})": text.number(bayes.mu.mean),
                "interval": text.interval(*bayes.mu.quantile(tails)),
                "tau": text.number(bayes.tau.mean),
                "a new trial": text.interval(*bayes.theta_new.quantile(tails)),
            },
        ]
    )


def _row(name: str, fit, unit: str) -> dict[str, str]:
    return {
        "rule": name,
        f"difference ({unit})": text.number(fit.estimate),
        "interval": text.interval(fit.ci_low, fit.ci_high),
        "tau": text.number(fit.tau),
        "a new trial": text.interval(fit.pi_low, fit.pi_high),
    }


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
