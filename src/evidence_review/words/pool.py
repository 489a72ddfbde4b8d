"""Several randomised trials pooled, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from evidence_review.estimates.contrast import RandomisedContrast, contrast_results
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.pool import PooledContrast, published_result
from evidence_review.numbers import capital, interval, listing, number
from evidence_review.review.finding import Finding
from evidence_review.review.review import Review
from evidence_review.sensitivity import pool_choices as kinds
from evidence_review.sensitivity.pool_choices import Choice
from evidence_review.stats.tau2 import ESTIMATORS
from evidence_review.words.effects import direction

_CHOICES: dict[str, Callable[[str | float], str]] = {
    kinds.AS_IT_IS: lambda _: "as it is",
    kinds.WITHOUT: lambda trial: f"without {trial}",
    kinds.NOT_ASSUMED: lambda _: "only trials without an assumed figure",
    kinds.PASS_CHECKS: lambda _: "only trials whose figures pass every check",
    kinds.GROUP: lambda group: f"only {group}",
    kinds.CHARACTERISTIC: lambda group: f"only trials that {group}",
    kinds.IN_PUBLISHED: lambda _: "only trials in the published pool",
    kinds.NOT_IN_PUBLISHED: lambda _: "only trials not in the published pool",
    kinds.PUBLISHED_WEEKS: lambda _: "the weeks of the published pool, where they are printed",
    kinds.ASSUMED_SD: lambda sd: f"SD of {sd:g} where none is printed",
    kinds.ESTIMATOR: lambda name: f"{ESTIMATORS[str(name)].name} estimator",
    kinds.READ_AS_SE: lambda trial: f"SDs of {trial} read as standard errors",
}


NOTHING_POOLED = (
    "Fewer than two randomised trials give a difference that is known: nothing is pooled."
)


def choice_name(choice: Choice) -> str:
    """A choice in words: 'without Baker 2012'."""
    return _CHOICES[choice.kind](choice.of)


def pooled_sentence(pooled: PooledContrast) -> str:
    """The pooled difference, its spread and a new trial's, in Markdown."""
    fit, unit, new = pooled.fit, pooled.measure.unit, pooled.new_trial
    return (
        f"**Over {fit.k} trials the difference from placebo is {number(fit.estimate)} {unit}** "
        f"({fit.level:.0%} interval {interval(fit.ci_low, fit.ci_high)}; {direction(pooled.measure)}). Their true differences "
        f"scatter with a standard deviation (tau) of {fit.tau:.2f} {unit}, which is itself uncertain ({np.sqrt(pooled.tau2.low):.2f} to "
        f"{np.sqrt(pooled.tau2.high):.2f}); {fit.i2:.0f}% of the visible scatter is more than chance. The true difference in a new "
        f"trial is expected between {number(new.low)} and {number(new.high)}, over all that the spread may be (Bayesian; "
        f"tau half-normal with scale {pooled.tau_prior_scale:g})."
    )


def choices_sentence(choices: Sequence[Choice], important: float) -> str:
    """Over what range one choice moves the pooled difference, and if its direction holds, in Markdown."""
    now, *others = choices
    measure = now.pooled.measure
    unit = measure.unit
    estimate = lambda choice: choice.pooled.fit.estimate
    worst = lambda choice: min(
        measure.benefit(end) for end in (choice.pooled.fit.ci_low, choice.pooled.fit.ci_high)
    )
    lowest, highest = min(others, key=estimate), max(others, key=estimate)
    open_ = [choice_name(choice) for choice in others if worst(choice) <= 0]
    small = [choice_name(c) for c in others if measure.benefit(estimate(c)) < important]
    reaching = sum(worst(choice) < important for choice in others)
    return (
        f"**As things are, the pooled difference is {number(estimate(now))} {unit}.** One choice at a time moves it from "
        f"{number(estimate(lowest))} ({choice_name(lowest)}) to {number(estimate(highest))} ({choice_name(highest)}). "
        + (
            f"The benefit is below {important:g} {unit} under these: {listing(small)}. "
            if small
            else f"The benefit is at least {important:g} {unit} under every choice, though its interval reaches below that under {reaching} of "
            f"{len(others)}. "
        )
        + (
            f"Under these, which leave few trials, the interval includes no difference: {listing(open_)}."
            if open_
            else "The interval includes no difference under none of them."
        )
    )


def against_published(
    review: Review,
    published: Finding | None,
    less_published: Finding | None,
    choices: Sequence[Choice],
) -> str:
    """Why the pool differs from the published one, as far as is known, in Markdown; '' without one."""
    row = published_result(review)
    if published is None or published.interval is None or less_published is None or row is None:
        return ""
    results = contrast_results(review, review.about.outcome)
    source = review.records.source_name(row.source_id)
    answers = {line.study_id: line.in_published for line in review.records.rows("contrasts")}
    said = lambda fit: f"{number(fit.estimate)} ({interval(fit.ci_low, fit.ci_high)})"
    named = lambda kept: listing(item.label for item in kept) or "none"
    used = [item for item in results if isinstance(item, RandomisedContrast)]
    seen = lambda word: named(item for item in used if answers[item.study_id] == word)
    unread = [item for item in results if isinstance(item, NotUsable)]
    assumed = [item for item in used if item.basis == "assumed"]
    now = choices[0].pooled
    by_kind = {choice.kind: choice for choice in choices}
    parts = [
        f"{choice_name(by_kind[kind])}, {said(by_kind[kind].pooled.fit)}"
        for kind in (kinds.IN_PUBLISHED, kinds.NOT_IN_PUBLISHED)
        if kind in by_kind
    ]
    passing = by_kind.get(kinds.PASS_CHECKS)
    doubted = [i for i in now.contrasts if passing and i not in passing.pooled.contrasts]
    theirs = published.interval
    overlap = max(theirs.low, now.fit.ci_low) <= min(theirs.high, now.fit.ci_high)
    less = now.measure.benefit(less_published.known)
    lines = [
        f"*Trials.* In both, as far as was seen: {seen('yes')}. Here only: {seen('no')}. Not known: {seen('not known')}."
    ]
    if unread:
        reasons = listing(dict.fromkeys(item.reason for item in unread))
        lines.append(
            f"*Trials without a figure.* {named(unread)} could not be pooled here ({reasons}). "
            "A review that reads full papers has more of them, and trials without a clear difference are the ones that abstracts print least of."
        )
    if parts:
        lines.append(f"*Parts of the pool.* {capital('; '.join(parts))}.")
    if passing and doubted:
        lines.append(
            f"*Figures that do not pass a check.* {named(doubted)} (see the page on printed numbers). Without: {said(passing.pooled.fit)}."
        )
    if assumed:
        lines.append(
            f"*Figures that had to be assumed.* {named(assumed)}: a spread or a number of people."
        )
    lines.append(
        f"*Rules.* All differences here are in {now.measure.unit} of the {row.instrument_id}, at the last week that is printed, with an interval that allows "
        "for few trials. The published pool may have taken another week and another interval."
    )
    return (
        f"**{source} pooled {published.note}, to {number(published.value)} ({interval(theirs.low, theirs.high)}); the trials in hand give "
        f"{said(now.fit)}, {abs(less):.2f} {now.measure.unit} {'more' if less > 0 else 'less'} benefit.** The two intervals "
        f"{'overlap' if overlap else 'do not overlap'}. What differs:\n\n"
        + "\n".join(f"- {line}" for line in lines)
    )
