"""Pictures of several randomised trials pooled: the forest, and what moves the pooled difference."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from evidence_review import numbers as text
from evidence_review.display.forest import Study, Summary, forest
from evidence_review.display.picture import Picture
from evidence_review.display.style import (
    ESTABLISHED,
    MUTED,
    RULE,
    TREATMENT,
    Width,
    better_left,
)
from evidence_review.estimates.contrast import RandomisedContrast
from evidence_review.estimates.pool import PooledContrast
from evidence_review.review.finding import Finding
from evidence_review.sensitivity.pool_choices import Choice
from evidence_review.words.pool import choice_name


def contrast_forest(
    pooled: PooledContrast,
    important: float | None = None,
    published: Finding | None = None,
    source: str = "",
) -> Picture:
    """Each trial's difference from placebo, the pooled one, a new trial's, and the published one.

    important: a dashed line where a benefit begins to matter, None for none. source: who published
    the published one. Squares are as large as the trials' weights.
    """
    trials, ends, weights = ordered(pooled)
    fit, scale, unit = pooled.fit, trials[0].instrument_id, pooled.measure.unit
    name = f"{scale} difference" if scale else "Difference"
    summary = [Summary("pooled", fit.estimate, fit.ci_low, fit.ci_high, TREATMENT)]
    if published is not None and published.interval is not None and published.value is not None:
        ends_of = published.interval
        summary.append(
            Summary(f"published: {source}", published.value, ends_of.low, ends_of.high, ESTABLISHED)
        )

    studies = [
        Study(item.label, *end, weight, hollow=item.basis == "assumed")
        for item, end, weight in zip(trials, ends, weights, strict=True)
    ]
    worth = None if important is None else pooled.measure.worth(important)

    def draw(width: Width):
        figure, axes = forest(studies, summary, (fit.pi_low, fit.pi_high), width, line=worth)
        better_left(
            axes,
            pooled.measure,
            name + ("" if width.compact else " from placebo"),
            width.compact,
        )
        return figure

    assumed = [item.label for item in trials if item.basis == "assumed"]
    beside = (
        f" Published ({source}): {text.number(published.value)} "
        f"({text.interval(published.interval.low, published.interval.high)})."
        if published is not None
        else ""
    )
    return Picture(
        "contrast-forest",
        draw,
        alt=(
            f"Forest plot of {text.counted(len(trials), 'randomised trial')}: difference from placebo in {unit}, better "
            "to the left. "
            + "; ".join(
                f"{item.label} {text.number(effect)} ({text.interval(low, high)})"
                for item, (effect, low, high) in zip(trials, ends, strict=True)
            )
            + f". Pooled {text.number(fit.estimate)} ({text.interval(fit.ci_low, fit.ci_high)}); a new trial's true "
            f"difference {text.interval(fit.pi_low, fit.pi_high)}.{beside}"
        ),
        caption=(
            f"Squares: each trial with its {fit.level:.0%} interval, larger with more weight. "
            + (
                f"Hollow, dashed: a figure was assumed ({text.listing(assumed)}). "
                if assumed
                else ""
            )
            + "Diamond: the pooled difference"
            + (", and below it the published one" if published is not None else "")
            + ". Bar and band: where the true difference in a new trial is expected."
            + (
                f" Dashed line: a benefit of {important:g} {unit}, from which on it counts as important."
                if important is not None
                else ""
            )
        ),
    )


def pooled_choices(choices: Sequence[Choice], important: float | None = None) -> Picture:
    """The pooled difference with its interval under each choice; the first is as it is."""
    now, unit = choices[0].pooled, choices[0].pooled.measure.unit
    fits = [choice.pooled.fit for choice in choices]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        names = [
            textwrap.fill(choice_name(choice), 24)
            if width.compact
            else f"{choice_name(choice)}  (k {fit.k})"
            for choice, fit in zip(choices, fits, strict=True)
        ]
        step = 0.38 if width.compact else 0.3  # room for two lines
        figure, axes = plt.subplots(figsize=(width.inches, step * len(choices) + 1.2))
        axes.axvline(0, color=RULE, lw=0.8)
        axes.axvline(now.fit.estimate, color=TREATMENT, lw=0.8, ls=(0, (4, 3)))
        if important is not None:
            axes.axvline(now.measure.worth(important), color=MUTED, lw=0.9, ls=(0, (3, 3)))
        for y, fit in enumerate(fits):
            colour = ESTABLISHED if y else TREATMENT
            axes.plot([fit.ci_low, fit.ci_high], [y, y], color=colour, lw=1.6)
            axes.plot(fit.estimate, y, "D", ms=6, color=colour)
        axes.set_yticks(range(len(choices)), names)
        axes.get_yticklabels()[0].set_fontweight("bold")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(len(choices) - 0.4, -0.7)
        drawn_whole = [fit for fit in fits if fit.k > 2] or [now.fit]
        spread = [end for fit in drawn_whole for end in (fit.ci_low, fit.ci_high)]
        axes.set_xlim(min(spread) - 2, max([*spread, 0]) + 2)
        better_left(
            axes,
            now.measure,
            "Pooled difference" + ("" if width.compact else " from placebo"),
            width.compact,
        )
        return figure

    return Picture(
        "pooled-choices",
        draw,
        alt=(
            f"The pooled difference from placebo in {unit} under {len(choices)} choices, better to the left. "
            + "; ".join(
                f"{choice_name(choice)} {text.number(fit.estimate)} ({text.interval(fit.ci_low, fit.ci_high)})"
                for choice, fit in zip(choices, fits, strict=True)
            )
            + "."
        ),
        caption="Diamonds: the pooled difference with its interval; the dashed orange line is the pool as it is."
        + (
            " Intervals of two trials are cut off at the edge."
            if now.fit.k > 2 and any(f.k == 2 for f in fits)
            else ""
        )
        + (f" Grey dashes: a benefit of {important:g} {unit}." if important is not None else ""),
    )


Ends = tuple[float, float, float]


def ordered(pooled: PooledContrast) -> tuple[list[RandomisedContrast], list[Ends], np.ndarray]:
    """Trials with their effect and interval, the smallest first, and their weights."""
    effects, variances = pooled.values
    order = np.argsort(effects, kind="stable")
    found = [pooled.effects[place] for place in order]
    ends = [(float(e.value), e.interval.low, e.interval.high) for e in found]
    return [pooled.contrasts[p] for p in order], ends, 1 / (variances[order] + pooled.fit.tau2)
