"""Alt texts and captions of the figures of pooled trials."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.estimates.contrast import RandomisedContrast
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.numbers import counted, interval, listing, number
from evidence_review.review.finding import Finding, Range
from evidence_review.sensitivity.pool_choices import Choice
from evidence_review.stats.synthesis import RandomEffects
from evidence_review.words.figures import better_side
from evidence_review.words.pool import choice_name


def with_interval(measure: Measure, value: float, low: float, high: float) -> str:
    """'−4.96 (−6.83 to −3.10)'; of logarithms, the ratios."""
    return f"{number(measure.printed(value))} ({limits(measure, low, high)})"


def limits(measure: Measure, low: float, high: float) -> str:
    """'−6.83 to −3.10'; of logarithms, the ratios."""
    return interval(measure.printed(low), measure.printed(high))


def effect_text(effect: Effect) -> str:
    """An effect that is known, with its interval."""
    assert effect.value is not None
    return with_interval(effect.measure, effect.value, effect.interval.low, effect.interval.high)


def forest_alt(
    trials: Sequence[RandomisedContrast],
    effects: Sequence[Effect],
    fit: RandomEffects,
    new: Range,
    published: Finding | None,
    source: str,
) -> str:
    """Every trial of a forest plot, the pool, a new trial and the published pool, in numbers."""
    measure = effects[0].measure
    each = "; ".join(
        f"{trial.label} {effect_text(effect)}"
        for trial, effect in zip(trials, effects, strict=True)
    )
    other = ""
    if published is not None and published.value is not None and published.interval is not None:
        theirs = published.interval
        said = with_interval(measure, published.value, theirs.low, theirs.high)
        other = f" Published ({source}): {said}."
    return (
        f"Forest plot of {counted(len(trials), 'randomised trial')}: difference from placebo in "
        f"{measure.unit or measure.words}{better_side(measure)}. {each}. "
        f"Pooled {with_interval(measure, fit.estimate, fit.ci_low, fit.ci_high)}; true difference in a new trial "
        f"{limits(measure, new.low, new.high)}.{other}"
    )


def forest_caption(
    assumed: Sequence[str],
    level: float,
    unit: str,
    important: float | None,
    has_published: bool,
) -> str:
    """What the marks of a forest plot mean. assumed: trials of which a figure was assumed."""
    parts = [
        f"Squares: each trial with its {level:.0%} interval; a larger square has more weight.",
        "Diamond: the pooled difference"
        + (", with the published one below it." if has_published else "."),
        "Bar and band: the range in which the true difference of a new trial is expected.",
    ]
    if assumed:
        parts.insert(1, f"Hollow and dashed: one of the figures was assumed ({listing(assumed)}).")
    if important is not None:
        parts.append(f"Dashed line: {important:g} {unit}, the smallest benefit that matters.")
    return " ".join(parts)


def choices_alt(choices: Sequence[Choice]) -> str:
    """The pooled difference under every choice, in numbers."""
    measure = choices[0].pooled.measure
    fits = [choice.pooled.fit for choice in choices]
    each = "; ".join(
        f"{choice_name(choice)} {with_interval(measure, fit.estimate, fit.ci_low, fit.ci_high)}"
        for choice, fit in zip(choices, fits, strict=True)
    )
    return (
        f"The pooled difference from placebo in {measure.unit or measure.words} under {len(choices)} "
        f"choices{better_side(measure)}. {each}."
    )


def choices_caption(is_cut_off: bool, important: float | None, unit: str) -> str:
    """What the marks mean. is_cut_off: whether an interval of two trials goes beyond the edge."""
    parts = [
        "Diamonds: the pooled difference with its interval. Dashed orange line: the pool with no choice changed."
    ]
    if is_cut_off:
        parts.append("Intervals from two trials only are cut off at the edge.")
    if important is not None:
        parts.append(
            f"Dashed grey line: a benefit of {important:g} {unit}, the smallest that matters."
        )
    return " ".join(parts)
