"""Pictures of the placebo response, and of a change compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.display.chart import (
    Area,
    Band,
    Chart,
    Line,
    Mark,
    Panel,
    Point,
    Row,
    Upright,
    Words,
    diamond,
)
from evidence_review.display.forest import smallest
from evidence_review.display.picture import ChartPicture, Picture, data_of
from evidence_review.display.style import (
    ESTABLISHED,
    INK,
    MUTED,
    PLACEBO,
    PLACEBO_FILL,
    TREATMENT,
    WIDE,
    Width,
    axis_name,
    is_reversed,
)
from evidence_review.estimates.change import SingleArmChange
from evidence_review.placebo.response import AgainstPlacebo, Benchmark
from evidence_review.review.finding import finding_id
from evidence_review.review.settings import OWN_ARMS
from evidence_review.stats.meta_regression import MetaRegression
from evidence_review.stats.synthesis import RandomEffects
from evidence_review.words import figures_placebo as words

# Drawn as large as an arm of so many people where their number is not printed.
_PEOPLE = 40
MOST_ROWS = 100  # of a forest: more nobody reads, and its page takes megabytes
_LONGEST_TAIL = 6  # of a curve that is drawn, in units of its scale
# A smaller share has no room for its number in the curve; the headline has it.
_ROOM_FOR_NUMBER = 0.08


def forest(arms: Sequence[SingleArmChange], fit: RandomEffects) -> ChartPicture:
    """Placebo arms, the pooled mean with its interval, and the prediction interval.

    Of more than `MOST_ROWS` arms those are drawn that weigh most; all can be saved.
    """
    every = sorted(arms, key=lambda arm: arm.mean)
    arms = [every[place] for place in smallest([arm.se for arm in every], MOST_ROWS)]
    scale = arms[0].instrument_id
    z = float(special.ndtri((1 + fit.level) / 2))
    rows_of = lambda arm: page.rows_address(arm.rows)
    own = lambda quantity: page.finding_address(f"placebo.{OWN_ARMS}.{quantity}")

    def chart(width: Width, arms: Sequence[SingleArmChange] = arms) -> Chart:
        marks: list[Mark] = [
            Band(fit.pi_low, fit.pi_high, PLACEBO_FILL, 0.55),
            Upright(fit.estimate, MUTED, dashed=True),
            Upright(0.0),
        ]
        rows, value = [], (lambda words: "" if width.compact else words)
        for y, (arm, size) in enumerate(zip(arms, words.people(arms), strict=True)):
            assumed, half = arm.basis == "assumed", z * arm.se
            marks += [
                Line((arm.mean - half, arm.mean + half), (y, y), PLACEBO, dashed=assumed),
                Point(arm.mean, y, PLACEBO, 5, shape="square", hollow=assumed, link=rows_of(arm)),
            ]
            label = text.shorten(arm.label, 22) if width.compact else arm.label
            said = f"{text.number(arm.mean, 1)}  (SE {arm.se:.2f})"
            rows.append(Row(y, f"{label}  ({size})", value(said), link=rows_of(arm)))
        mean, new = len(arms) + 0.6, len(arms) + 1.7
        marks += [
            diamond(fit.ci_low, fit.estimate, fit.ci_high, mean, ESTABLISHED),
            Line((fit.pi_low, fit.pi_high), (new, new), ESTABLISHED, 3),
        ]
        pooled = f"{text.number(fit.estimate)} ({text.interval(fit.ci_low, fit.ci_high)})"
        expected = text.interval(fit.pi_low, fit.pi_high, 1)
        last = {"value_colour": INK, "bold": True}
        rows += [
            Row(
                mean,
                "mean" if width.compact else "pooled mean",
                value(pooled),
                **last,
                link=own("change"),
            ),
            Row(new, "a new trial", value(expected), **last, link=own("new_trial")),
        ]
        panel = Panel(marks, 0.235 * len(arms) + 0.85, -0.8, new + 0.8, rows)
        return Chart([panel], arms[0].measure, _axis(scale, width))

    return ChartPicture(
        "placebo-forest",
        alt=words.forest_alt(every, fit),
        caption=words.forest_caption(arms, fit.level, len(every)),
        drawn=data_of(chart(WIDE, every)) if len(every) > len(arms) else None,
        chart=chart,
    )


def _axis(scale: str, width: Width) -> str:
    return f"{scale} change" + ("" if width.compact else " on placebo")


def response_by_weeks(
    arms: Sequence[SingleArmChange], studies: pd.DataFrame, by_weeks: MetaRegression
) -> Picture:
    """Placebo change against weeks of treatment, parallel and crossover arms apart; better is below."""
    studies, first = studies.set_index("study_id"), arms[0]
    frame = pd.DataFrame(
        {
            "study": [arm.label for arm in arms],
            "design": [studies.design[arm.study_id] for arm in arms],
            "weeks": [float(studies.weeks[arm.study_id]) for arm in arms],
            "people": [arm.n for arm in arms],
            "change": [arm.mean for arm in arms],
        }
    )
    crossover = frame.loc[frame.design == "crossover", "change"]
    weeks = np.linspace(frame.weeks.min(), frame.weeks.max(), 41)
    expected = by_weeks.predict(weeks[:, None])
    looks = {"parallel": ("o", PLACEBO), "crossover": ("D", TREATMENT)}

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 3.6))
        axes.fill_between(
            weeks, expected.ci_low, expected.ci_high, color=PLACEBO_FILL, alpha=0.55, lw=0
        )
        axes.plot(weeks, expected.estimate, color=INK, lw=1.4)
        for arm, design, week in zip(arms, frame.design, frame.weeks, strict=True):
            marker, colour = looks[design]
            axes.plot(
                week,
                arm.mean,
                marker,
                ms=sqrt(12 + (_PEOPLE if isnan(arm.n) else arm.n)),
                color=colour,
                alpha=0.75,
                mec="white",
                mew=0.7,
                url=page.rows_address(arm.rows) if len(arms) <= MOST_ROWS else None,
            )
        axes.set_xlabel("weeks of treatment")
        axes.set_xlim(0, frame.weeks.max() * 1.08)
        axes.set_ylabel(axis_name(first.measure, _axis(first.instrument_id, width)))
        if is_reversed(first.measure):
            axes.invert_yaxis()
        if first.measure.better is not None:
            at: dict[str, Any] = {"transform": axes.transAxes, "color": MUTED}
            axes.text(0.015, 0.98, "↑ worse", va="top", **at)
            axes.text(0.015, 0.02, "↓ better", va="bottom", **at)
        axes.text(
            0.98, 0.98, "● parallel", transform=axes.transAxes, ha="right", va="top", color=PLACEBO
        )
        if len(crossover):
            axes.text(
                0.98,
                0.9,
                "◆ crossover",
                transform=axes.transAxes,
                ha="right",
                va="top",
                color=TREATMENT,
            )
        return figure

    return Picture(
        "placebo-weeks",
        draw,
        alt=words.weeks_alt(arms, list(crossover), by_weeks),
        caption=words.weeks_caption(by_weeks.level),
        drawn=frame,
    )


def change_against_placebo(
    change: SingleArmChange,
    placebo: Benchmark,
    result: AgainstPlacebo,
    arms: Sequence[SingleArmChange],
    treatment: str,
) -> ChartPicture:
    """The key figure: one uncontrolled change inside what placebo arms of its size show."""

    def chart(width: Width) -> Chart:
        curve = _expected(change, placebo, result, width)
        below = _found(change, result, arms, treatment, width)
        return Chart([curve, below], change.measure, f"{change.instrument_id} change")

    half = placebo.predictive_scale(change.se) * placebo.quantile((1 + result.level) / 2)
    return ChartPicture(
        "key-figure",
        alt=words.against_alt(change, placebo, result, half),
        caption=words.against_caption(change, placebo, result),
        chart=chart,
    )


def _expected(
    change: SingleArmChange, placebo: Benchmark, result: AgainstPlacebo, width: Width
) -> Panel:
    """What placebo arms of the change's size are expected to show, the share that does as well shaded."""
    # With two or three arms the tails are so long that nothing else would be seen.
    reach = _LONGEST_TAIL * placebo.predictive_scale(change.se)
    low, high = (placebo.predicted(p, change.se) for p in (0.001, 0.999))
    x = np.linspace(max(low, placebo.mean - reach), min(high, placebo.mean + reach), 241)
    density = placebo.height(x, change.se)
    as_good = x >= change.mean if is_reversed(change.measure) else x <= change.mean
    marks: list[Mark] = [Upright(0.0), Area([x[0], *x, x[-1]], [0, *density, 0], PLACEBO_FILL)]
    if as_good.any():
        part = x[as_good]
        marks.append(Area([part[0], *part, part[-1]], [0, *density[as_good], 0], PLACEBO, 0.75))
    link = lambda quantity: page.finding_address(
        finding_id(change.study_id, change.outcome, quantity)
    )
    label = f"{change.label}: {text.number(change.mean)}"
    marks += [
        Line(list(x), list(density), PLACEBO, 1.2),
        Line((change.mean, change.mean), (0, 1.12), TREATMENT, 2),
        Words(change.mean, 1.24, label, TREATMENT, bold=True, link=link("change")),
    ]
    if result.as_good > _ROOM_FOR_NUMBER:
        at, share = as_good_beyond(placebo, change.se, 0.42 * result.as_good), result.as_good
        bigger = 4 if width.compact else 7
        marks.append(
            Words(
                at,
                0.3,
                text.percent(share),
                INK,
                bold=True,
                bigger=bigger,
                link=link("placebo_as_good"),
            )
        )
    if not width.compact:
        name = placebo.published.name if placebo.published else "placebo arms"
        average = f"{name}:\n{text.number(placebo.mean)} on average"
        worst = x[0] if is_reversed(change.measure) else x[-1]
        theirs = page.finding_address(f"placebo.{placebo.benchmark_id}.change")
        marks.append(Words(worst, 0.86, average, MUTED, align="right", backed=True, link=theirs))
    title = ("\n" if width.compact else " ").join(words.against_headline(result))
    return Panel(marks, 2.1, top=1.42, bottom=0.0, title=title)


def _found(
    change: SingleArmChange,
    result: AgainstPlacebo,
    arms: Sequence[SingleArmChange],
    treatment: str,
    width: Width,
) -> Panel:
    """The change with its interval, and every placebo arm; of more than `MOST_ROWS` none is a link."""
    half = change.se * float(special.stdtrit(change.df, (1 + result.level) / 2))
    marks: list[Mark] = [
        Upright(0.0),
        Line((change.mean - half, change.mean + half), (1, 1), TREATMENT, 2.4),
        Point(change.mean, 1, TREATMENT, 8),
    ]
    for arm in arms:
        size = sqrt(10 + 0.45 * (_PEOPLE if isnan(arm.n) else arm.n))
        link = page.rows_address(arm.rows) if len(arms) <= MOST_ROWS else ""
        marks.append(Point(arm.mean, 0, PLACEBO, size, crowded=True, link=link))
    names = (
        (
            f"{text.shorten(treatment, 16)}\n({words.people([change])[0]})",
            f"placebo\n({text.counted(len(arms), 'arm')})",
        )
        if width.compact
        else (
            text.capital(treatment) + ("" if isnan(change.n) else f", {change.n:.0f} people"),
            text.counted(len(arms), "placebo arm"),
        )
    )
    rows = [Row(1, names[0]), Row(0, names[1])]
    return Panel(marks, 1.15, top=1.6, bottom=-0.6, rows=rows)


def as_good_beyond(placebo: Benchmark, se: float, share: float) -> float:
    """The mean change that this share of placebo arms reach or better."""
    return placebo.predicted(1 - share if is_reversed(placebo.measure) else share, se)
