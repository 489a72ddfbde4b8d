"""Pictures of several randomised trials pooled: the forest, and what moves the pooled difference."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from evidence_review.display.chart import (
    Chart,
    Line,
    Mark,
    Panel,
    Point,
    Row,
    Upright,
)
from evidence_review.display.forest import Study, Summary, forest
from evidence_review.display.picture import ChartPicture
from evidence_review.display.style import (
    ESTABLISHED,
    MUTED,
    TREATMENT,
    Width,
)
from evidence_review.estimates.contrast import RandomisedContrast
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.pool import PooledContrast
from evidence_review.review.finding import Finding
from evidence_review.sensitivity.pool_choices import Choice
from evidence_review.words import figures_pool as words
from evidence_review.words.pool import choice_name


def contrast_forest(
    pooled: PooledContrast,
    important: float | None = None,
    published: Finding | None = None,
    source: str = "",
) -> ChartPicture:
    """Each trial's difference from placebo, the pooled one, a new trial's, and the published one.

    important: a dashed line where a benefit begins to matter, None for none. source: who published
    the published one. Squares are as large as the trials' weights.
    """
    fit, measure, new = pooled.fit, pooled.measure, pooled.new_trial
    trials, effects, weights = _ordered(pooled)
    scale = trials[0].instrument_id
    important = None if measure.better is None else important
    name = f"{scale} difference" if scale else "Difference"
    has_published = published is not None and published.interval is not None

    studies = [
        Study(
            trial.label,
            effect.range.low,
            effect.interval.low,
            effect.interval.high,
            weight,
            hollow=effect.basis == "assumed",
        )
        for trial, effect, weight in zip(trials, effects, weights, strict=True)
    ]
    assumed = [t.label for t, e in zip(trials, effects, strict=True) if e.basis == "assumed"]
    line = None if important is None else measure.worth(important)

    def chart(width: Width) -> Chart:
        pools = [Summary("pooled", fit.estimate, fit.ci_low, fit.ci_high, TREATMENT)]
        if published is not None and published.value is not None and published.interval is not None:
            label = f"published:\n{source}" if width.compact else f"published: {source}"
            ends = published.interval
            pools.append(Summary(label, published.value, ends.low, ends.high, ESTABLISHED))
        panel = forest(studies, pools, (new.low, new.high), measure, width, line=line)
        return Chart([panel], measure, name + ("" if width.compact else " from placebo"))

    return ChartPicture(
        "contrast-forest",
        alt=words.forest_alt(trials, effects, fit, new, published, source),
        caption=words.forest_caption(assumed, fit.level, measure.unit, important, has_published),
        chart=chart,
    )


def pooled_choices(choices: Sequence[Choice], important: float | None = None) -> ChartPicture:
    """The pooled difference with its interval under each choice; the first is as it is."""
    now, fits = choices[0].pooled, [choice.pooled.fit for choice in choices]
    important = None if now.measure.better is None else important
    whole = [fit for fit in fits if fit.k > 2] or [now.fit]  # two trials have hardly a bound
    spread = [0.0, *(end for fit in whole for end in (fit.ci_low, fit.ci_high))]
    room = 0.08 * (max(spread) - min(spread))
    limits = min(spread) - room, max(spread) + room

    def chart(width: Width) -> Chart:
        marks: list[Mark] = [Upright(0.0), Upright(now.fit.estimate, TREATMENT, dashed=True)]
        if important is not None:
            marks.append(Upright(now.measure.worth(important), MUTED, dashed=True))
        rows = []
        for y, (choice, fit) in enumerate(zip(choices, fits, strict=True)):
            colour = ESTABLISHED if y else TREATMENT
            marks += [
                Line((fit.ci_low, fit.ci_high), (y, y), colour, 1.6),
                Point(fit.estimate, y, colour, 6, shape="diamond"),
            ]
            name = choice_name(choice)
            name = textwrap.fill(name, 24) if width.compact else f"{name}  (k {fit.k})"
            rows.append(Row(y, name, bold=y == 0))
        height = (0.38 if width.compact else 0.3) * len(choices) + 0.3
        panel = Panel(marks, height, -0.7, len(choices) - 0.4, rows)
        name = "Pooled difference" + ("" if width.compact else " from placebo")
        return Chart([panel], now.measure, name, limits)

    is_cut_off = now.fit.k > 2 and any(fit.k == 2 for fit in fits)
    return ChartPicture(
        "pooled-choices",
        alt=words.choices_alt(choices),
        caption=words.choices_caption(is_cut_off, important, now.measure.unit),
        chart=chart,
    )


def _ordered(
    pooled: PooledContrast,
) -> tuple[list[RandomisedContrast], list[Effect], np.ndarray]:
    """Trials and their effects, the smallest first, with their weights (the largest is 1)."""
    values, variances = pooled.values
    order = np.argsort(values, kind="stable")
    weights = 1 / (variances[order] + pooled.fit.tau2)
    return (
        [pooled.contrasts[place] for place in order],
        [pooled.effects[place] for place in order],
        weights / weights.max(),
    )
