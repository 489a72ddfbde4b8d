"""Alt texts and captions of the figures of pooled trials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.cumulative import UpTo
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.pool import PooledContrast
from evidence_review.numbers import capital, interval, listing, number
from evidence_review.review.finding import Finding
from evidence_review.sensitivity.pool_choices import Choice
from evidence_review.words.effects import BY_RULE, benefit, compared, limits, with_interval
from evidence_review.words.figures import better_side, narrowest
from evidence_review.words.pool import choice_name
from evidence_review.words.studies import in_full, noun, nouns


def effect_text(effect: Effect) -> str:
    """An effect that is known, with its interval."""
    assert effect.value is not None
    return with_interval(effect.measure, effect.value, effect.interval.low, effect.interval.high)


def forest_alt(
    trials: Sequence[Contrast],
    effects: Sequence[Effect],
    pooled: PooledContrast,
    published: Finding | None,
    source: str,
) -> str:
    """Every trial of a forest plot, the pools, a new trial and the published pool, in numbers.

    trials: those drawn.
    """
    fit, common, new, mean = pooled.fit, pooled.common, pooled.new_trial, pooled.mean_bayes
    _, rule = pooled.summary.route.pooling
    named = compared(pooled.measure, pooled.summary.comparator)
    measure = effects[0].measure
    each = "; ".join(
        f"{trial.label} {effect_text(effect)}"
        for trial, effect in zip(trials, effects, strict=True)
    )
    drawn, there = len(trials), len(pooled.contrasts)
    count = str(there) if drawn == there else f"{drawn} of {there}"
    other = ""
    if published is not None and published.value is not None and published.interval is not None:
        theirs = published.interval
        said = f"{number(published.value, measure.digits)} ({interval(theirs.low, theirs.high, measure.digits)})"
        other = f" Published ({source}): {said}."
    return (
        f"Forest plot of {count} {in_full(pooled.summary.evidence, there)}: {named}{_in_unit(measure)}"
        f"{better_side(measure)}. {each}. "
        f"Pooled {with_interval(measure, fit.estimate, fit.ci_low, fit.ci_high)} by {BY_RULE[rule]}; with one common effect "
        f"{with_interval(measure, common.estimate, common.ci_low, common.ci_high)}. By a Bayesian pool: mean {measure.kind} "
        f"{limits(measure, mean.low, mean.high)}, true {measure.kind} in a new {noun(pooled.summary.evidence)} {limits(measure, new.low, new.high)}.{other}"
    )


def _in_unit(measure: Measure) -> str:
    return "" if measure.is_stated else f" in {measure.unit or measure.words}"


def forest_caption(
    assumed: Sequence[str],
    level: float,
    measure: Measure,
    important: float | None,
    has_published: bool,
    evidence: str,
    drawn: int,
    pooled: int,
) -> str:
    """What the marks of a forest plot mean.

    assumed: trials of which a figure was assumed. important: the smallest benefit that matters, above
    0, on the scale that is pooled. drawn, pooled: how many trials.
    """
    parts = [
        f"Squares: each {noun(evidence)} with its {level:.0%} interval; a larger square has more weight.",
        f"Diamonds: the pooled {measure.kind} if true effects scatter, and if one is common to all {nouns(evidence)}"
        + (", with the published one below them." if has_published else "."),
        f"Bar and band: the range in which the true {measure.kind} of a new {noun(evidence)} is expected (Bayesian).",
    ]
    if assumed:
        parts.insert(1, f"Hollow and dashed: one of the figures was assumed ({listing(assumed)}).")
    if important is not None:
        said = benefit(measure, important)
        parts.append(f"Dashed line: {said}, the smallest benefit that matters.")
    if drawn < pooled:
        parts.insert(0, narrowest(f"{drawn} {nouns(evidence)}", f"{pooled} that are pooled"))
    return " ".join(parts)


def choices_alt(choices: Sequence[Choice], there: int) -> str:
    """The pooled difference under every choice that is drawn, in numbers. there: how many choices."""
    measure = choices[0].pooled.measure
    fits = [choice.pooled.fit for choice in choices]
    each = "; ".join(
        f"{choice_name(choice)} {with_interval(measure, fit.estimate, fit.ci_low, fit.ci_high)}"
        for choice, fit in zip(choices, fits, strict=True)
    )
    count = str(there) if len(choices) == there else f"{len(choices)} of {there}"
    return (
        f"The pooled {compared(measure, choices[0].pooled.summary.comparator)}{_in_unit(measure)} under "
        f"{count} choices{better_side(measure)}. {each}."
    )


def choices_caption(
    is_cut_off: bool, important: float | None, measure: Measure, drawn: int, there: int
) -> str:
    """What the marks mean.

    is_cut_off: whether an interval of two trials goes beyond the edge. drawn: of the choices that
    are there.
    """
    parts = [
        f"Diamonds: the pooled {measure.kind} with its interval. Dashed orange line: the pool with no choice changed."
    ]
    if is_cut_off:
        parts.append("Intervals that rest on only two studies are cut off at the edge.")
    if drawn < there:
        parts.insert(
            0,
            f"The {drawn} choices that move the pool most, of the {there}; the saved numbers have all.",
        )
    if important is not None:
        parts.append(
            f"Dashed grey line: a benefit of {benefit(measure, important)}, the smallest that matters."
        )
    return " ".join(parts)


def funnel_alt(pooled: PooledContrast) -> str:
    """How the precise and the imprecise half of the trials lie beside the pool with one common effect."""
    values, variances = pooled.values
    order = np.argsort(variances, kind="stable")
    half = len(order) // 2
    said = ""
    if pooled.measure.better is not None:
        common = pooled.measure.benefit(pooled.common.estimate)
        better = [pooled.measure.benefit(value) > common for value in values]
        count = lambda places: sum(better[place] for place in places)
        kind = pooled.summary.evidence
        more, less = (
            f"{count(places)} of the {len(places)} {than} precise"
            for places, than in ((order[:half], "more"), (order[half:], "less"))
        )
        said = f" On the better side of the pool with one common effect: {more} {noun(kind) if half == 1 else nouns(kind)}, {less}."
    return (
        f"Funnel plot of {len(order)} {in_full(pooled.summary.evidence, len(order))}: {compared(pooled.measure, pooled.summary.comparator)} "
        f"against standard error, the most precise at the top{better_side(pooled.measure)}.{said}"
    )


def funnel_caption(level: float, evidence: str) -> str:
    """What the marks of a funnel plot mean."""
    one, several = noun(evidence), nouns(evidence)
    return (
        f"Each {one} by its effect and its standard error, the most precise at the top. Lines: where {level:.0%} of {several} would lie "
        "if one effect were common to all and nothing were missing. Dashed: the pool with one common effect (grey) and with effects "
        f"that scatter (orange). An empty corner at the bottom can mean that small {several} with "
        f"another result were not published; it can also come from {several} that differ in more than their size, or from chance."
    )


def cumulative_alt(steps: Sequence[UpTo], measure: Measure, comparator: str, evidence: str) -> str:
    """The pool up to every year by both models, in numbers."""
    said = lambda fit: with_interval(
        measure, float(fit.estimate), float(fit.ci_low), float(fit.ci_high)
    )
    each = "; ".join(
        f"{step.year}: {said(step.random)}, one common effect {said(step.common)}" for step in steps
    )
    return (
        f"{capital(compared(measure, comparator))} in the {nouns(evidence)} up to each year{_in_unit(measure)}{better_side(measure)}, if effects "
        f"scatter and if one is common. {each}."
    )


CUMULATIVE_CAPTION = "Each row pools everything up to its year. Diamonds: true effects scatter. Squares: one effect is common to all."


def trials_alt(contrasts: Sequence[Contrast]) -> str:
    """The effect in each trial, in numbers."""
    measure = contrasts[0].best.measure
    each = "; ".join(f"{item.label}, {item.outcome} {effect_text(item.best)}" for item in contrasts)
    return f"{capital(compared(measure, contrasts[0].comparator))}{better_side(measure)}. {each}."


def trials_caption(drawn: int, there: int) -> str:
    """How many of the results are drawn; '' where all are."""
    return narrowest(f"{drawn} results", str(there)) if drawn < there else ""
