"""Several randomised trials pooled, in sentences and tables: how sure, what moves it, what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evidence_review import numbers as text
from evidence_review.effects.contrasts import PooledContrast, in_unit
from evidence_review.effects.of_review import published_result
from evidence_review.effects.trials import NotUsable, RandomisedContrast, SingleArmChange
from evidence_review.records import Records
from evidence_review.review.finding import POOLED, Finding, finding_id
from evidence_review.review.settings import Settings
from evidence_review.sensitivity.pool_choices import (
    IN_PUBLISHED,
    NOT_IN_PUBLISHED,
    PASS_CHECKS,
    Choice,
)
from evidence_review.stats.synthesis import random_effects

# Rules for the interval of a mean of few trials; the normal one takes the spread as known and is left out.
_RULES = {
    "Hartung-Knapp with its floor": "knha-adhoc",
    "Hartung-Knapp": "knha",
    "Kenward-Roger": "kr",
}


def pooled_sentence(pooled: PooledContrast) -> str:
    """The pooled difference, its spread and a new trial's, in Markdown."""
    fit, unit = pooled.fit, pooled.unit
    return (
        f"**Over {fit.k} trials the difference from placebo is {text.number(fit.estimate)} {unit}** "
        f"({fit.level:.0%} interval {text.interval(fit.ci_low, fit.ci_high)}; improvement is negative). Their true differences "
        f"scatter with a standard deviation (tau) of {fit.tau:.2f} {unit}, which is itself uncertain ({np.sqrt(pooled.tau2.low):.2f} to "
        f"{np.sqrt(pooled.tau2.high):.2f}); {fit.i2:.0f}% of the visible scatter is more than chance. The true difference in a new "
        f"trial is expected between {text.number(fit.pi_low)} and {text.number(fit.pi_high)}."
    )


def rules_table(pooled: PooledContrast, settings: Settings) -> pd.DataFrame:
    """The pool by one rule and another: with few trials they disagree, and the disagreement is shown."""
    y, v = in_unit(pooled.contrasts, pooled.unit != "SD")
    how = {"tau2": settings.tau2, "level": settings.level}
    rows = [
        _row(words, random_effects(y, v, ci=rule, **how), pooled.unit)
        for words, rule in _RULES.items()
        if rule != "kr" or settings.tau2 == "REML"  # it uses the information of that estimator
    ]
    tails = [(1 - settings.level) / 2, (1 + settings.level) / 2]
    bayes = pooled.bayes
    return pd.DataFrame(
        [
            *rows,
            {
                "rule": f"Bayesian, tau half-normal with scale {bayes.tau_prior.scale:g}",
                f"difference ({pooled.unit})": text.number(bayes.mu.mean),
                "interval": text.interval(*bayes.mu.quantile(tails)),
                "tau": text.number(bayes.tau.mean),
                "a new trial": text.interval(*bayes.theta_new.quantile(tails)),
            },
        ]
    )


def _row(words: str, fit, unit: str) -> dict[str, str]:
    return {
        "rule": words,
        f"difference ({unit})": text.number(fit.estimate),
        "interval": text.interval(fit.ci_low, fit.ci_high),
        "tau": text.number(fit.tau),
        "a new trial": text.interval(fit.pi_low, fit.pi_high),
    }


def trials_table(
    records: Records, results: Sequence[RandomisedContrast | NotUsable]
) -> pd.DataFrame:
    """What each compared trial gives, and if it is in the published review that stands beside."""
    compared = records["contrasts"].set_index("study_id")
    rows = []
    for item in results:
        row = compared.loc[item.study_id]
        usable = isinstance(item, RandomisedContrast)
        points = usable and item.md is not None
        rows.append(
            {
                "trial": item.label,
                "difference": "–"
                if not usable
                else f"{text.number(item.md)} points"
                if points
                else f"{text.interval(item.d_low, item.d_high)} SD",
                "interval": text.interval(item.md_low, item.md_high)
                if points
                else text.interval(item.ci_low, item.ci_high)
                if usable
                else "–",
                "week": f"{item.week:g}" if usable else None,
                "from, or why not": item.how if usable else item.reason,
                "in the published review": row.in_published or "–",
                "note": row.note or None,
                "data rows": (row.row, *item.rows),
            }
        )
    return pd.DataFrame(rows)


def choices_sentence(choices: Sequence[Choice], important: float) -> str:
    """Over what range one choice moves the pooled difference, and if its direction holds, in Markdown."""
    now, *others = choices
    lowest = min(others, key=lambda choice: choice.pooled.fit.estimate)
    highest = max(others, key=lambda choice: choice.pooled.fit.estimate)
    unit = now.pooled.unit
    open_ = [choice.name for choice in others if choice.pooled.fit.ci_high >= 0]
    small = [choice.name for choice in others if choice.pooled.fit.estimate > -important]
    reaching = sum(choice.pooled.fit.ci_high > -important for choice in others)
    return (
        f"**As things are, the pooled difference is {text.number(now.pooled.fit.estimate)} {unit}.** One choice at a time moves it from "
        f"{text.number(lowest.pooled.fit.estimate)} ({lowest.name}) to {text.number(highest.pooled.fit.estimate)} ({highest.name}). "
        + (
            f"It stays beyond a benefit of {important:g} {unit} under every one (its interval reaches below that under "
            f"{reaching} of {len(others)})"
            if not small
            else f"It falls short of a benefit of {important:g} {unit} with {text.listing(small)}"
        )
        + (
            ", and its interval leaves out no difference under every one."
            if not open_
            else f"; its interval leaves room for no difference with {text.listing(open_)}, where few trials are left."
        )
    )


def choices_table(choices: Sequence[Choice]) -> pd.DataFrame:
    """The pool under each choice."""
    return pd.DataFrame(
        [
            {
                "choice": choice.name,
                "moves": "–"
                if choice is choices[0]
                else "which trials"
                if choice.pooled.fit.k < choices[0].pooled.fit.k
                else "how it is computed",
                "trials": choice.pooled.fit.k,
                f"difference ({choice.pooled.unit})": text.number(choice.pooled.fit.estimate),
                "interval": text.interval(choice.pooled.fit.ci_low, choice.pooled.fit.ci_high),
                "tau": text.number(choice.pooled.fit.tau),
                "a new trial": text.interval(choice.pooled.fit.pi_low, choice.pooled.fit.pi_high),
            }
            for choice in choices
        ]
    )


def beside_published(
    records: Records,
    findings: Mapping[str, Finding],
    results: Sequence[RandomisedContrast | NotUsable],
    choices: Sequence[Choice],
) -> str:
    """Why the pool differs from the published one, as far as it can be told, in Markdown; '' without one."""
    outcome = records.review.outcome
    get = lambda quantity: findings.get(finding_id(POOLED, outcome, quantity))
    published, row = get("published"), published_result(records)
    if published is None:
        return ""
    source = published.label.rpartition(" by ")[2]
    answers = records["contrasts"].set_index("study_id").in_published
    said = lambda fit: f"{text.number(fit.estimate)} ({text.interval(fit.ci_low, fit.ci_high)})"
    named = lambda kept: text.listing(item.label for item in kept) or "none"
    used = [item for item in results if isinstance(item, RandomisedContrast)]
    seen = lambda word: named(item for item in used if answers[item.study_id] == word)
    unread = [item for item in results if isinstance(item, NotUsable)]
    assumed = [item for item in used if item.basis == "assumed"]
    now, less = choices[0].pooled, get("less_published").value
    fits = {choice.name: choice.pooled.fit for choice in choices}
    parts = [
        f"{name}, {said(fits[name])}" for name in (IN_PUBLISHED, NOT_IN_PUBLISHED) if name in fits
    ]
    passing = next((c.pooled.contrasts for c in choices if c.name == PASS_CHECKS), now.contrasts)
    doubted = [item for item in now.contrasts if item not in passing]
    overlap = max(published.low, now.fit.ci_low) <= min(published.high, now.fit.ci_high)
    lines = [
        f"*Trials.* In both, as far as was seen: {seen('yes')}. Here only: {seen('no')}. Not known: {seen('not known')}."
    ]
    if unread:
        lines.append(
            f"*Trials without a figure.* {named(unread)} could not be pooled here ({text.listing(dict.fromkeys(item.reason for item in unread))}). "
            "A review that reads full papers has more of them, and trials without a clear difference are the ones that abstracts print least of."
        )
    if parts:
        lines.append(f"*Parts of the pool.* {text.capital('; '.join(parts))}.")
    if doubted:
        lines.append(
            f"*Figures that do not pass a check.* {named(doubted)} (see the page on printed numbers). Without: {said(fits[PASS_CHECKS])}."
        )
    if assumed:
        lines.append(
            f"*Figures that had to be assumed.* {named(assumed)}: a spread or a number of people."
        )
    lines.append(
        f"*Rules.* All differences here are in points of the {row.instrument_id}, at the last week that is printed, with an interval that allows "
        "for few trials. The published pool may have taken another week and another interval."
    )
    return (
        f"**{source} pooled {published.note}, to {text.number(published.value)} ({text.interval(published.low, published.high)}); the trials in hand give "
        f"{said(now.fit)}, {abs(less):.2f} points {'more' if less < 0 else 'less'} benefit.** The two intervals "
        f"{'overlap' if overlap else 'do not overlap'}. What differs:\n\n"
        + "\n".join(f"- {line}" for line in lines)
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
