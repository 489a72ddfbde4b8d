"""Pictures of several randomised trials pooled: the forest, and what moves the pooled difference."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np

from evidence_review.display.chart import (
    Band,
    Chart,
    Line,
    Mark,
    Panel,
    Point,
    Row,
    Upright,
    diamond,
)
from evidence_review.display.picture import ChartPicture
from evidence_review.display.style import (
    ESTABLISHED,
    MUTED,
    PLACEBO_FILL,
    TREATMENT,
    Width,
)
from evidence_review.estimates.contrast import RandomisedContrast
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
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
    fit, measure = pooled.fit, pooled.measure
    trials, effects, weights = _ordered(pooled)
    scale = trials[0].instrument_id
    important = None if measure.better is None else important
    name = f"{scale} difference" if scale else "Difference"
    has_published = published is not None and published.interval is not None

    def chart(width: Width) -> Chart:
        marks: list[Mark] = [
            Band(fit.pi_low, fit.pi_high, PLACEBO_FILL, 0.5),
            Upright(0.0),
            *_important(measure, important),
        ]
        rows = []
        for y, (trial, effect, weight) in enumerate(zip(trials, effects, weights, strict=True)):
            marks += _trial(effect, y, trial.basis == "assumed", weight)
            rows.append(Row(y, trial.label, words.effect_text(effect)))
        pools = [("pooled", fit.estimate, fit.ci_low, fit.ci_high, TREATMENT)]
        if published is not None and published.value is not None and published.interval is not None:
            theirs = published.interval
            label = f"published:\n{source}" if width.compact else f"published: {source}"
            pools.append((label, published.value, theirs.low, theirs.high, ESTABLISHED))
        for place, (label, value, low, high, colour) in enumerate(pools):
            y = len(trials) + 0.5 + 1.2 * place
            marks.append(diamond(low, value, high, y, colour))
            said = words.with_interval(measure, value, low, high)
            rows.append(Row(y, label, said, value_colour=colour, bold=True))
        last = len(trials) + 0.5 + 1.2 * len(pools)
        marks.append(Line((fit.pi_low, fit.pi_high), (last, last), TREATMENT, 3))
        new = words.limits(measure, fit.pi_low, fit.pi_high)
        rows.append(Row(last, "a new trial", new, value_colour=TREATMENT, bold=True))
        panel = Panel(marks, 0.34 * (last + 1) + 0.3, -0.8, last + 0.9, _shown(rows, width))
        return Chart([panel], measure, name + ("" if width.compact else " from placebo"))

    return ChartPicture(
        "contrast-forest",
        alt=words.forest_alt(trials, effects, fit, published, source),
        caption=words.forest_caption(trials, fit.level, measure.unit, important, has_published),
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
        marks += _important(now.measure, important)
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


def _trial(effect: Effect, y: float, is_assumed: bool, weight: float) -> list[Mark]:
    """A trial's interval, and its square as large as its weight."""
    assert effect.value is not None  # only known effects are pooled
    interval = effect.interval
    return [
        Line((interval.low, interval.high), (y, y), MUTED, dashed=is_assumed),
        Point(effect.value, y, MUTED, 3 + 7 * sqrt(weight), shape="square", hollow=is_assumed),
    ]


def _important(measure: Measure, important: float | None) -> list[Mark]:
    """The line where a benefit begins to matter."""
    return [] if important is None else [Upright(measure.worth(important), MUTED, dashed=True)]


def _shown(rows: Sequence[Row], width: Width) -> list[Row]:
    """Rows as there is room for them: on a phone without their numbers, which the page has in a table."""
    return [replace(row, value="") for row in rows] if width.compact else list(rows)
