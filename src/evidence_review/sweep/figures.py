"""Figures of a sweep: the specification curve, the choices that move the answer, and each choice alone.

The curve follows the descriptive one of Simonsohn, Simmons & Nelson 2020 (Nat Hum Behav 4:1208). We left
out their joint test: a share of "significant" specifications says nothing about the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evidence_review import numbers as text
from evidence_review.display.picture import Picture
from evidence_review.display.style import (
    ESTABLISHED,
    INK,
    MUTED,
    PLACEBO,
    PLACEBO_FILL,
    RULE,
    Width,
    better_left,
    name_rows,
)
from evidence_review.display.ticks import ratio_ticks
from evidence_review.estimates.measure import Measure
from evidence_review.review.finding import RARELY
from evidence_review.stats.variance_shares import VarianceShares
from evidence_review.sweep import figure_words as words
from evidence_review.sweep.choices import LABELS, NOT_USED, POOLED_EFFECT
from evidence_review.sweep.figure_words import Levels
from evidence_review.sweep.points import SweepResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 240  # columns of a curve; with more points, several share a column
_ROWS = 6  # rows for the values of a number; with more values, several share a row
_GROUPS = 4


def levels(result: SweepResult, name: str, done: pd.DataFrame, names: Mapping[str, str]) -> Levels:
    """The values of a parameter in words, in the order of the file, each with its rows of `done`.

    Many numbers are sorted and grouped.
    """
    values = done[name]
    there = set(values.unique())
    distinct = [value for value in result.points[name].dropna().unique() if value in there]
    unused = [(words.parameter_text(names, None), values.isna().to_numpy())] * values.hasnans
    if not distinct or isinstance(distinct[0], str):
        distinct.sort(key=lambda value: value == NOT_USED)  # last
        found = [(names.get(value, value), (values == value).to_numpy()) for value in distinct]
        return [*found, *unused]
    distinct.sort()
    groups = np.array_split(distinct, _GROUPS if len(distinct) > _ROWS else len(distinct))
    found = [
        (
            f"{group[0]:g}" + (f" to {group[-1]:g}" if len(group) > 1 else ""),
            values.between(group[0], group[-1]).to_numpy(),
        )
        for group in groups
    ]
    return [*found, *unused]


def kinds(result: SweepResult) -> list[tuple[str, tuple[str, ...], str]]:
    """Heading, varying parameters and colour of the two kinds: what is asked, how it is computed."""
    return [
        (heading, names, colour)
        for heading, names, colour in (
            ("What is asked", result.asked, ESTABLISHED),
            ("How it is computed", result.computed, PLACEBO),
        )
        if names
    ]


def specification_curve(result: SweepResult, names: Mapping[str, str]) -> Picture:
    """The answers of all points in order, with the choices behind each marked below."""
    is_share, is_pool = result.answer == "placebo_as_good", result.about == POOLED_EFFECT
    panels = ["placebo_as_good", "beyond_placebo"] if is_share else [result.answer]
    drawn = [f"{name}{end}" for name in panels for end in ("", "_low", "_high")]
    drawn = [name for name in drawn if name in result.done]
    done = result.done[[*result.swept, "is_default", *drawn]].iloc[result.order]
    done = done.reset_index(drop=True)
    told = words.curve_alt(result, done, names)
    count, span, is_cut = len(done), (0.0, 0.0), False
    if is_pool:
        span = _span(result, done)
        is_cut = done.effect_low.min() < span[0] or done.effect_high.max() > span[1]
        for name in drawn:
            done[name] = done[name].clip(*span).map(result.measure.printed)
    ends = np.linspace(0, count, min(count, _COLUMNS) + 1).round().astype(int)
    columns = [slice(*pair) for pair in pairwise(ends)]
    rows: list[tuple[str, str, np.ndarray | None]] = []  # label, colour, share of each column
    for heading, parameters, colour in kinds(result):
        rows.append((heading, INK, None))
        for name in parameters:
            rows.append((LABELS[name], MUTED, None))
            for label, has in levels(result, name, done, names):
                rows.append((label, colour, np.array([has[part].mean() for part in columns])))

    def draw(width: Width):
        import matplotlib.pyplot as plt

        step, tall = 0.2, 1.7
        figure, axes = plt.subplots(
            len(panels) + 1,
            figsize=(width.inches, tall * len(panels) + step * len(rows) + 0.4),
            height_ratios=[*[tall] * len(panels), step * len(rows) + 0.1],
            sharex=True,
        )
        x = np.arange(count) + 0.5
        for axis, quantity in zip(axes, panels, strict=False):
            _curve(axis, x, done, quantity, width)
            if result.default is not None:
                own = result.measure.printed(result.default[quantity])
                axis.axhline(own, color=MUTED, lw=1, ls=(0, (4, 3)), zorder=1.5)
            place = done.index[done.is_default]
            axis.plot(x[place], done[quantity][place], "o", color=INK, ms=6)
        if is_share:
            axes[0].axhspan(0, 100 * RARELY, color=RULE, lw=0)
            axes[0].set_ylim(0, min(100, 1.15 * max(done.placebo_as_good.max(), 5)))
            axes[0].yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
            titles = (
                ("Placebo arms as good", f"Beyond placebo ({result.measure.unit})")
                if width.compact
                else (
                    "Placebo arms that do as well or better",
                    words.beyond_title(result),
                )
            )
            for axis, title in zip(axes, titles, strict=False):
                axis.set_title(title)
            axes[1].axhline(0, color=RULE, lw=0.8, zorder=0)
        elif is_pool:
            axes[0].set_title(words.effect_title(result, compact=width.compact))
            axes[0].axhline(result.measure.null, color=RULE, lw=0.8, zorder=0)
            axes[0].set(**_scaled("y", result.measure, span))
            axes[0].minorticks_off()
        else:
            axes[0].set_title(f"Mean change on placebo ({result.measure.unit})")
        _choices_made(axes[-1], rows, len(columns), count, width)
        for axis in axes:
            axis.spines["bottom"].set_visible(False)
            axis.tick_params(axis="x", length=0)
        order = "in the order of the answer"
        if not width.compact:
            order = f"{count:,} sets of choices, {order}"
        if is_pool:  # the best effect comes first
            first = replace(result.measure, unit="", better=result.measure.better and "lower")
            better_left(axes[-1], first, order, width.compact)
        else:
            axes[-1].set_xlabel(order)
        return figure

    return Picture(
        "specification-curve",
        draw,
        alt=told,
        caption=words.curve_caption(result, is_grouped=count > _COLUMNS, is_cut=is_cut),
    )


def _span(result: SweepResult, done: pd.DataFrame) -> tuple[float, float]:
    """The range of an axis of pooled effects, on the pooled scale: all effects, and no effect.

    It includes intervals up to twice the range of the effects, so that one very wide interval does not
    leave the others too little space.
    """
    own = () if result.default is None else (result.default["effect"],)
    effects = [*done.effect, 0.0, *own]
    low, high = min(effects), max(effects)
    far = 2 * (high - low) or 1.0
    ends = ("effect_low", "effect_high") if "effect_low" in done else ("effect", "effect")
    least, most = min(done[ends[0]]), max(done[ends[1]])
    return min(low, max(least, low - far)), max(high, min(most, high + far))


def _scaled(axis: str, measure: Measure, span: tuple[float, float]) -> dict[str, Any]:
    """Arguments of `Axes.set` for an axis ('x' or 'y') of printed effects over a span of the pooled scale."""
    low, high = span
    margin = 0.04 * (high - low)
    ends = measure.printed(low - margin), measure.printed(high + margin)
    if not measure.is_log:
        return {f"{axis}lim": ends}
    ticks = ratio_ticks(*ends)
    return {
        f"{axis}scale": "log",
        f"{axis}lim": ends,
        f"{axis}ticks": ticks,
        f"{axis}ticklabels": [f"{tick:g}" for tick in ticks],
    }


def _choices_made(
    chart: Axes,
    rows: Sequence[tuple[str, str, np.ndarray | None]],
    columns: int,
    count: int,
    width: Width,
) -> None:
    """Draw a row for each value of a choice, with a cell for each column, darker for more points.

    rows: label, colour, and the share of each column with this value (None for a heading). count: number
    of points.
    """
    from matplotlib.colors import to_rgb

    image = np.ones((len(rows), columns, 3))
    for place, (_, colour, share) in enumerate(rows):
        if share is not None:
            image[place] = 1 - share[:, None] * (1 - np.array(to_rgb(colour)))
    chart.imshow(
        image, aspect="auto", interpolation="none", extent=(0, count, len(rows) - 0.5, -0.5)
    )
    small = width.font - 1.5
    chart.set_yticks(
        [place for place, row in enumerate(rows) if row[2] is not None],
        [text.shorten(row[0], 20 if width.compact else 44) for row in rows if row[2] is not None],
        fontsize=small,
    )
    for place, (label, colour, share) in enumerate(rows):
        if share is None:
            weight = "bold" if colour == INK else "normal"
            chart.text(0, place, label, color=colour, va="center", fontsize=small, weight=weight)
    chart.tick_params(length=0)
    chart.set_xticks([])
    chart.set_xlim(0, count)
    chart.spines["left"].set_visible(False)


def _curve(axis: Axes, x: np.ndarray, done: pd.DataFrame, quantity: str, width: Width) -> None:
    """Draw one quantity over the ordered points: dots, or a line for many points, on top of its interval."""
    shown = np.unique(np.linspace(0, len(x) - 1, min(len(x), 4 * _COLUMNS)).round().astype(int))
    part = done.iloc[shown]
    many = len(x) > _COLUMNS
    if f"{quantity}_low" in done:
        limits = x[shown], part[f"{quantity}_low"], part[f"{quantity}_high"]
        if many:
            axis.fill_between(*limits, color=PLACEBO_FILL, lw=0, step="mid")
        else:
            axis.vlines(*limits, color=PLACEBO_FILL, lw=min(8, 40 * width.inches / len(x)))
    (line,) = axis.plot(x[shown], part[quantity], lw=1.4, color=ESTABLISHED)
    if not many:
        line.set(linestyle="", marker="o", markersize=2 if width.compact else 3)


def what_moves(result: SweepResult, shares: VarianceShares) -> Picture:
    """The share of the answer's variance from each choice, alone and with others."""
    found = {
        name: (alone, total)
        for name, alone, total in zip(result.swept, shares.alone, shares.total, strict=True)
    }
    is_full = not np.isnan(shares.interactions)
    ordered = [
        (heading, sorted(parameters, key=lambda name: -found[name][0]), colour)
        for heading, parameters, colour in kinds(result)
    ]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(
            figsize=(width.inches, 0.5 * len(found) + 0.35 * len(ordered) + 0.8)
        )
        y = 0.0
        for heading, parameters, colour in ordered:
            axes.text(0, y, heading, fontweight="bold", va="center")
            y += 0.9
            for name in parameters:
                alone, total = (100 * share for share in found[name])
                axes.barh(y, alone, color=colour, height=0.36)
                if is_full:
                    axes.barh(y, total - alone, left=alone, color=RULE, height=0.36)
                axes.text(0, y - 0.42, LABELS[name], va="center")
                axes.text(
                    (total if is_full else alone) + 1,
                    y,
                    text.percent(alone / 100)
                    + (f" alone, {text.percent(total / 100)} with others" if is_full else ""),
                    va="center",
                    color=MUTED,
                    fontsize=width.font - 1.5,
                )
                y += 1.05
        name_rows(axes, (), (-0.6, y - 0.4))
        axes.set_xlim(0, 150 if width.compact else 125)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
        axes.set_xlabel("of the variance of the answer")
        return figure

    return Picture(
        "variance-shares",
        draw,
        alt=words.shares_alt([(heading, names) for heading, names, _ in ordered], found, shares),
        caption=words.shares_caption(shares),
    )


def by_choice(result: SweepResult, names: Mapping[str, str]) -> Picture:
    """The range of answers for every value of every choice, while all others vary."""
    done = result.done
    panels = [
        (name, colour, levels(result, name, done, names))
        for _, parameters, colour in kinds(result)
        for name in parameters
    ]
    answer = done[result.answer].to_numpy()
    default = None if result.default is None else result.default[result.answer]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        sizes = [len(rows) + 0.9 for *_, rows in panels]
        figure, axes = plt.subplots(
            len(panels),
            figsize=(width.inches, 0.25 * sum(sizes) + 0.7),
            height_ratios=sizes,
            sharex=True,
            squeeze=False,
        )
        for axis, (name, colour, rows) in zip(axes[:, 0], panels, strict=True):
            for y, (_, has) in enumerate(rows):
                ends = np.quantile(answer[has], [0, 0.25, 0.5, 0.75, 1])
                low, quarter, middle, most, high = map(result.measure.printed, ends)
                axis.plot([low, high], [y, y], color=colour, lw=1.2)
                axis.plot([quarter, most], [y, y], color=colour, lw=5, solid_capstyle="butt")
                axis.plot(middle, y, "o", color=INK, ms=4)
            if default is not None:
                own = result.measure.printed(default)
                axis.axvline(own, color=MUTED, lw=1, ls=(0, (4, 3)), zorder=0)
            most = 22 if width.compact else 44
            shown = [text.shorten(label, most) for label, _ in rows]
            name_rows(axis, shown, fontsize=width.font - 1.5)
            axis.set_title(text.capital(LABELS[name]), fontsize=width.font, pad=2)
            axis.tick_params(axis="x", length=0)
            axis.spines["bottom"].set_visible(False)
        last = axes[-1, 0]
        if result.about == POOLED_EFFECT:
            for axis in axes[:, 0]:
                axis.axvline(result.measure.null, color=RULE, lw=0.8, zorder=0)
            last.set(
                **_scaled("x", result.measure, _span(result, pd.DataFrame({"effect": answer})))
            )
            last.minorticks_off()
            name = f"Pooled {result.measure.words}"
            better_left(last, result.measure, name, width.compact)
        elif result.answer == "placebo_as_good":
            last.xaxis.set_major_formatter(lambda value, _: f"{value:g}%")
            last.set_xlabel("placebo arms as good or better")
        else:
            last.set_xlabel(f"mean change on placebo ({result.measure.unit})")
        return figure

    return Picture(
        "by-choice",
        draw,
        alt=words.by_choice_alt(result, [(name, rows) for name, _, rows in panels]),
        caption=words.BY_CHOICE_CAPTION,
    )
