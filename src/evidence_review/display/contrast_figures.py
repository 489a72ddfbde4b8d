"""Pictures of several studies pooled: the forest, and what moves the pooled difference."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import special

from evidence_review.display import page
from evidence_review.display.chart import (
    Chart,
    Line,
    Mark,
    Panel,
    Point,
    Row,
    Upright,
)
from evidence_review.display.forest import MOST_STUDIES, Study, Summary, forest, smallest
from evidence_review.display.picture import ChartPicture, data_of
from evidence_review.display.style import (
    ESTABLISHED,
    MUTED,
    TREATMENT,
    WIDE,
    Width,
)
from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.cumulative import UpTo
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.pool import PooledContrast
from evidence_review.numbers import capital
from evidence_review.review.finding import POOLED, Finding, finding_id
from evidence_review.sensitivity.pool_choices import Choice
from evidence_review.words import figures_pool as words
from evidence_review.words.pool import choice_name
from evidence_review.words.studies import noun


def contrast_forest(
    pooled: PooledContrast,
    important: float | None = None,
    published: Finding | None = None,
    source: str = "",
) -> ChartPicture:
    """Each trial's difference from placebo, the pooled one, a new trial's, and the published one.

    important: a dashed line where a benefit begins to matter (above 0, on the scale that is pooled),
    None for none. source: who published
    the published one. Squares are as large as the trials' weights. Of more than `MOST_STUDIES` trials
    those with the narrowest intervals are drawn; all can be saved.
    """
    fit, measure, new = pooled.fit, pooled.measure, pooled.new_trial
    trials, effects, weights = _ordered(pooled)
    scale = trials[0].instrument_id
    important = None if measure.better is None else important
    name = f"{scale} difference" if scale else "Difference"
    if measure.is_stated:
        name = capital(measure.words)
    beside = _beside(pooled)
    has_published = published is not None and published.interval is not None

    outcome = pooled.summary.outcome
    link = lambda study, quantity: page.finding_address(finding_id(study, outcome, quantity))
    every = [
        Study(
            trial.label,
            effect.range.low,
            effect.interval.low,
            effect.interval.high,
            weight,
            hollow=effect.basis == "assumed",
            link=link(trial.study_id, effect.measure.name.lower()),
        )
        for trial, effect, weight in zip(trials, effects, weights, strict=True)
    ]
    drawn = _narrowest(effects)
    trials, effects = [trials[place] for place in drawn], [effects[place] for place in drawn]
    assumed = [t.label for t, e in zip(trials, effects, strict=True) if e.basis == "assumed"]
    line = None if important is None else measure.worth(important)

    def chart(width: Width, drawn: Sequence[int] = drawn) -> Chart:
        one = pooled.common
        whole = link(POOLED, measure.name.lower())
        pools = [
            Summary("pooled", fit.estimate, fit.ci_low, fit.ci_high, TREATMENT, whole),
            Summary("one common effect", one.estimate, one.ci_low, one.ci_high, MUTED),
        ]
        if published is not None and published.value is not None and published.interval is not None:
            label = f"published:\n{source}" if width.compact else f"published: {source}"
            ends = published.interval
            theirs = page.finding_address(published.id)
            middle, low, high = map(measure.pooled, (published.value, ends.low, ends.high))
            pools.append(Summary(label, middle, low, high, ESTABLISHED, theirs))
        new_link = link(POOLED, "new_trial")
        panel = forest(
            [every[place] for place in drawn],
            pools,
            (new.low, new.high),
            measure,
            width,
            line=line,
            new_link=new_link,
            new_name=f"a new {noun(pooled.summary.evidence)}",
        )
        return Chart([panel], measure, name + ("" if width.compact else beside))

    return ChartPicture(
        "contrast-forest",
        alt=words.forest_alt(trials, effects, pooled, published, source),
        caption=words.forest_caption(
            assumed,
            fit.level,
            measure,
            important,
            has_published,
            pooled.summary.evidence,
            len(drawn),
            len(every),
        ),
        drawn=_saved(chart, len(every)),
        chart=chart,
    )


def _narrowest(effects: Sequence[Effect]) -> list[int]:
    """The places of the effects that are drawn."""
    return smallest([one.interval.high - one.interval.low for one in effects], MOST_STUDIES)


def _saved(chart: Callable[[Width, Sequence[int]], Chart], there: int) -> pd.DataFrame | None:
    """The numbers of all studies, where a chart shows some: the others are those that it shows."""
    return data_of(chart(WIDE, range(there))) if there > MOST_STUDIES else None


def pooled_choices(choices: Sequence[Choice], important: float | None = None) -> ChartPicture:
    """The pooled difference with its interval under each choice; the first is as it is.

    Of more than `MOST_STUDIES` those are drawn that move it most; all can be saved.
    """
    every, now = choices, choices[0].pooled
    moved = [abs(float(choice.pooled.fit.estimate - now.fit.estimate)) for choice in every[1:]]
    kept = [0, *(1 + place for place in smallest([-by for by in moved], MOST_STUDIES - 1))]
    choices = [every[place] for place in kept]
    fits = [choice.pooled.fit for choice in choices]
    important = None if now.measure.better is None else important
    whole = [fit for fit in fits if fit.k > 2] or [now.fit]  # two trials have hardly a bound
    spread = [0.0, *(end for fit in whole for end in (fit.ci_low, fit.ci_high))]
    room = 0.08 * (max(spread) - min(spread))
    limits = min(spread) - room, max(spread) + room

    def chart(width: Width, drawn: Sequence[int] = kept) -> Chart:
        marks: list[Mark] = [Upright(0.0), Upright(now.fit.estimate, TREATMENT, dashed=True)]
        if important is not None:
            marks.append(Upright(now.measure.worth(important), MUTED, dashed=True))
        rows = []
        for y, choice in enumerate(every[place] for place in drawn):
            fit = choice.pooled.fit
            colour = ESTABLISHED if y else TREATMENT
            link = page.rows_address(choice.pooled.summary.rows)
            marks += [
                Line((fit.ci_low, fit.ci_high), (y, y), colour, 1.6),
                Point(fit.estimate, y, colour, 6, shape="diamond", link=link),
            ]
            name = choice_name(choice) + (
                "" if width.compact else f"  (k\N{NO-BREAK SPACE}{fit.k})"
            )
            # A longer name would leave the axis less room than its own name needs.
            name = textwrap.fill(name, 24 if width.compact else 44)
            rows.append(Row(y, name, bold=y == 0, link=link))
        lines = max(row.name.count("\n") + 1 for row in rows)
        height = max(0.38 if width.compact else 0.3, 0.16 * lines) * len(drawn) + 0.3
        panel = Panel(marks, height, -0.7, len(drawn) - 0.4, rows)
        name = now.measure.words if now.measure.is_stated else "difference"
        name = f"Pooled {name}{'' if width.compact else _beside(now)}"
        return Chart([panel], now.measure, name, limits)

    is_cut_off = now.fit.k > 2 and any(fit.k == 2 for fit in fits)
    return ChartPicture(
        "pooled-choices",
        alt=words.choices_alt(choices, len(every)),
        caption=words.choices_caption(is_cut_off, important, now.measure, len(choices), len(every)),
        drawn=_saved(chart, len(every)),
        chart=chart,
    )


def _beside(pooled: PooledContrast) -> str:
    """What follows the name of the axis: ' from placebo', ' against control'."""
    word = "against" if pooled.measure.is_stated else "from"
    return f" {word} {pooled.summary.comparator}"


def funnel(pooled: PooledContrast) -> ChartPicture:
    """Each trial's effect against its standard error, with the funnel of one common effect."""
    measure, (values, variances) = pooled.measure, pooled.values
    errors, middle = np.sqrt(variances), float(pooled.common.estimate)
    last = 1.08 * float(errors.max())
    half = float(special.ndtri((1 + pooled.level) / 2)) * last

    def chart(width: Width) -> Chart:
        marks: list[Mark] = [
            Upright(0.0),
            Upright(middle, MUTED, dashed=True),
            Upright(float(pooled.fit.estimate), TREATMENT, dashed=True),
            Line((middle - half, middle, middle + half), (last, 0.0, last), MUTED),
            *(Point(x, y, ESTABLISHED, 6) for x, y in zip(values, errors, strict=True)),
        ]
        ticks = [round(part * last, 2) for part in (0.0, 0.25, 0.5, 0.75, 1.0)]
        rows = [Row(tick, f"SE {tick:g}") for tick in ticks]
        panel = Panel(marks, 3.2, -0.03 * last, last, rows)
        name = capital(measure.words) if measure.is_stated else "Difference"
        return Chart([panel], measure, name + ("" if width.compact else _beside(pooled)))

    return ChartPicture(
        "funnel",
        alt=words.funnel_alt(pooled),
        caption=words.funnel_caption(pooled.level, pooled.summary.evidence),
        chart=chart,
    )


def cumulative(steps: Sequence[UpTo], pooled: PooledContrast) -> ChartPicture:
    """The pool of the trials up to each year, with effects that scatter and with one common effect."""
    measure = pooled.measure
    # The first years rest on one or two trials: their intervals have hardly a bound.
    ends = [
        float(end)
        for step in steps
        if step.random.k > 2 or step is steps[-1]
        for end in (step.random.ci_low, step.random.ci_high)
    ]
    room = 0.08 * (max(*ends, 0.0) - min(*ends, 0.0))

    def chart(width: Width) -> Chart:
        marks: list[Mark] = [Upright(0.0)]
        rows = []
        for y, step in enumerate(steps):
            for fit, up, colour in (
                (step.random, -0.17, TREATMENT),
                (step.common, 0.17, MUTED),
            ):
                low, middle, high = map(float, (fit.ci_low, fit.estimate, fit.ci_high))
                marks += [
                    Line((low, high), (y + up, y + up), colour, 1.6),
                    Point(middle, y + up, colour, 5, shape="diamond" if up < 0 else "square"),
                ]
            rows.append(Row(y, f"{step.year}  (k {step.random.k:.0f})"))
        panel = Panel(marks, 0.42 * len(steps) + 0.3, -0.7, len(steps) - 0.3, rows)
        name = measure.words if measure.is_stated else "difference"
        return Chart(
            [panel],
            measure,
            f"Pooled {name}{'' if width.compact else _beside(pooled)}",
            (min(*ends, 0.0) - room, max(*ends, 0.0) + room),
        )

    return ChartPicture(
        "cumulative",
        alt=words.cumulative_alt(
            steps, measure, pooled.summary.comparator, pooled.summary.evidence
        ),
        caption=words.CUMULATIVE_CAPTION,
        chart=chart,
    )


def trials_of_events(contrasts: Sequence[Contrast]) -> ChartPicture:
    """The effect in each trial that counts events, where they are not pooled.

    Of more than `MOST_STUDIES` those with the narrowest intervals; all can be saved.
    """
    measure = contrasts[0].best.measure
    ends = [item.best.interval for item in contrasts]
    every = [
        Study(item.label, item.best.range.low, end.low, end.high, 1 / item.best.variance)
        for item, end in zip(contrasts, ends, strict=True)
    ]
    drawn = _narrowest([item.best for item in contrasts])

    def chart(width: Width, drawn: Sequence[int] = drawn) -> Chart:
        panel = forest([every[place] for place in drawn], [], None, measure, width)
        return Chart([panel], measure, capital(measure.words))

    return ChartPicture(
        "trial-effects",
        alt=words.trials_alt([contrasts[place] for place in drawn]),
        caption=words.trials_caption(len(drawn), len(every)),
        drawn=_saved(chart, len(every)),
        chart=chart,
    )


def _ordered(
    pooled: PooledContrast,
) -> tuple[list[Contrast], list[Effect], np.ndarray]:
    """Trials and their effects, the smallest first, with their weights (the largest is 1)."""
    values, variances = pooled.values
    order = np.argsort(values, kind="stable")
    weights = 1 / (variances[order] + pooled.fit.tau2)
    return (
        [pooled.contrasts[place] for place in order],
        [pooled.effects[place] for place in order],
        weights / weights.max(),
    )
