"""Several randomised trials pooled, in sentences and tables: how sure, what moves it, what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evidence_review.appraisal.answer import POOLED, finding_id
from evidence_review.appraisal.contrasts import PooledContrast, in_unit
from evidence_review.appraisal.findings import Finding
from evidence_review.appraisal.pooled_headline import (
    IN_PUBLISHED,
    NOT_IN_PUBLISHED,
    PASS_CHECKS,
    Choice,
    published_result,
)
from evidence_review.appraisal.settings import Settings
from evidence_review.appraisal.trials import NotUsable, RandomisedContrast, SingleArmChange
from evidence_review.display import text
from evidence_review.records import Records
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
    rows = [
        _row(words, random_effects(y, v, ci=rule, level=settings.level), pooled.unit)
        for words, rule in _RULES.items()
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
    return (
        f"**As things are, the pooled difference is {text.number(now.pooled.fit.estimate)} {unit}.** One choice at a time moves it from "
        f"{text.number(lowest.pooled.fit.estimate)} ({lowest.name}) to {text.number(highest.pooled.fit.estimate)} ({highest.name}). "
        + (
            f"It stays beyond a benefit of {important:g} {unit} under every one"
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
    named = lambda kept: text.listing(item.label for item in kept) or "none"
    used = [item for item in results if isinstance(item, RandomisedContrast)]
    both = lambda word: [item for item in used if answers[item.study_id] == word]
    unread = [item for item in results if isinstance(item, NotUsable)]
    by_name = {choice.name: choice.pooled for choice in choices}
    parts = "; ".join(
        f"{name}, {text.number(part.fit.estimate)} ({text.interval(part.fit.ci_low, part.fit.ci_high)})"
        for name in (IN_PUBLISHED, NOT_IN_PUBLISHED)
        if (part := by_name.get(name)) is not None
    )
    passing = by_name.get(PASS_CHECKS)
    doubted = [
        item for item in choices[0].pooled.contrasts if passing and item not in passing.contrasts
    ]
    assumed = [item for item in used if item.basis == "assumed"]
    now = choices[0].pooled.fit
    overlap = max(published.low, now.ci_low) <= min(published.high, now.ci_high)
    return (
        f"**{source} pooled {published.note}, to {text.number(published.value)} ({text.interval(published.low, published.high)}); the trials in hand give "
        f"{text.number(now.estimate)} ({text.interval(now.ci_low, now.ci_high)}), {text.number(abs(get('less_published').value))} points "
        f"{'more' if get('less_published').value < 0 else 'less'} benefit.** "
        f"The two intervals {'overlap' if overlap else 'do not overlap'}. What differs:\n\n"
        f"- *Trials.* In both, as far as was seen: {named(both('yes'))}. Here only: {named(both('no'))}. Not known, because the list of the "
        f"published pool was not read in full: {named(both('not known'))}.\n"
        f"- *Trials without a figure.* {named(unread)} could not be pooled here ("
        f"{text.listing(dict.fromkeys(item.reason for item in unread)) or 'none'}). A review that reads full papers has more of them, and trials "
        "without a clear difference are the ones that abstracts print least of.\n"
        + (f"- *Parts of the pool.* {text.capital(parts)}.\n" if parts else "")
        + (
            f"- *Figures that do not pass a check.* {named(doubted)} (see the page on printed numbers). Without: "
            f"{text.number(passing.fit.estimate)} ({text.interval(passing.fit.ci_low, passing.fit.ci_high)}).\n"
            if doubted
            else ""
        )
        + (
            f"- *Figures that had to be assumed.* {named(assumed)}: a spread or a number of people.\n"
            if assumed
            else ""
        )
        + f"- *Rules.* All differences here are in points of the {row.instrument_id}, at the last week that is printed, with an interval that allows for "
        "few trials; which week and which interval the published pool used was not on the page read."
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
