"""Pictures of a sweep: the specification curve, what moves the answer, and each choice by itself.

After the descriptive curve of Simonsohn, Simmons & Nelson 2020 (Nat Hum Behav 4:1208); their joint
test is left out on purpose: a share of "significant" specifications says nothing about the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

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
)
from evidence_review.review.finding import RARELY
from evidence_review.stats.variance_shares import VarianceShares
from evidence_review.sweep.points import SweepResult
from evidence_review.words.settings import NAMES

_COLUMNS = 240  # points side by side in a curve; more are drawn together
_ROWS = 6  # values of a number that have a row each; more are grouped
_GROUPS = 4

Levels = Sequence[tuple[str, np.ndarray]]


def in_words(name: str) -> str:
    """A parameter in a reader's words."""
    return NAMES.get(name, name.replace("_", " "))


def answer_text(result: SweepResult, value: float) -> str:
    """A value of the sweep's answer as a reader sees it."""
    if result.answer == "placebo_as_good":
        return text.percent(value / 100)
    return f"{text.number(value)} {result.unit}"


def levels(result: SweepResult, name: str, done: pd.DataFrame, names: Mapping[str, str]) -> Levels:
    """The values of a parameter in words, in the order of the file, each with the rows of `done` that
    have it; many numbers in groups, ordered.
    """
    values = done[name]
    distinct = [value for value in result.points[name].unique() if (values == value).any()]
    if isinstance(distinct[0], str):
        return [(names.get(value, value), (values == value).to_numpy()) for value in distinct]
    distinct.sort()
    groups = np.array_split(distinct, _GROUPS if len(distinct) > _ROWS else len(distinct))
    return [
        (
            f"{group[0]:g}" + (f" to {group[-1]:g}" if len(group) > 1 else ""),
            values.between(group[0], group[-1]).to_numpy(),
        )
        for group in groups
    ]


def kinds(result: SweepResult) -> list[tuple[str, tuple[str, ...], str]]:
    """What is asked and how it is computed: heading, parameters that vary, colour."""
    return [
        (heading, names, colour)
        for heading, names, colour in (
            ("What is asked", result.asked, ESTABLISHED),
            ("How it is computed", result.computed, PLACEBO),
        )
        if names
    ]


def specification_curve(result: SweepResult, names: Mapping[str, str]) -> Picture:
    """The answers of all points in order, with what was chosen for each marked below."""
    done = result.done.sort_values(result.answer, kind="stable", ignore_index=True)
    count = len(done)
    ends = np.linspace(0, count, min(count, _COLUMNS) + 1).round().astype(int)
    columns = [slice(*pair) for pair in pairwise(ends)]
    is_share = result.answer == "placebo_as_good"
    panels = ["placebo_as_good", "beyond_placebo"] if is_share else ["placebo_mean"]
    rows: list[tuple[str, str, np.ndarray | None]] = []  # label, colour, share of each column
    for heading, parameters, colour in kinds(result):
        rows.append((heading, INK, None))
        for name in parameters:
            rows.append((in_words(name), MUTED, None))
            for label, has in levels(result, name, done, names):
                rows.append((label, colour, np.array([has[part].mean() for part in columns])))

    def draw(width: Width):
        import matplotlib.pyplot as plt
        from matplotlib.colors import to_rgb

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
                axis.axhline(
                    getattr(result.default, quantity), color=MUTED, lw=1, ls=(0, (4, 3)), zorder=0
                )
            place = done.index[done.is_default]
            axis.plot(x[place], done[quantity][place], "o", color=INK, ms=6)
        if is_share:
            axes[0].axhspan(0, 100 * RARELY, color=RULE, lw=0)
            axes[0].set_ylim(0, min(100, 1.15 * max(done.placebo_as_good.max(), 5)))
            axes[0].yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
            titles = (
                ("Placebo arms as good", f"Beyond placebo ({result.unit})")
                if width.compact
                else (
                    "Placebo arms that do as well or better",
                    f"Change beyond placebo ({result.unit}; below 0 is better)",
                )
            )
            for axis, title in zip(axes, titles, strict=False):
                axis.set_title(title)
            axes[1].axhline(0, color=RULE, lw=0.8, zorder=0)
        else:
            axes[0].set_title(f"Mean change on placebo ({result.unit})")
        chart = axes[-1]
        image = np.ones((len(rows), len(columns), 3))
        for place, (_, colour, share) in enumerate(rows):
            if share is not None:
                image[place] = 1 - share[:, None] * (1 - np.array(to_rgb(colour)))
        chart.imshow(
            image, aspect="auto", interpolation="none", extent=(0, count, len(rows) - 0.5, -0.5)
        )
        small = width.font - 1.5
        chart.set_yticks(
            [place for place, row in enumerate(rows) if row[2] is not None],
            [
                text.shorten(row[0], 20 if width.compact else 44)
                for row in rows
                if row[2] is not None
            ],
            fontsize=small,
        )
        for place, (label, colour, share) in enumerate(rows):
            if share is None:
                weight = "bold" if colour == INK else "normal"
                chart.text(
                    0, place, label, color=colour, va="center", fontsize=small, weight=weight
                )
        chart.tick_params(length=0)
        chart.set_xticks([])
        chart.set_xlim(0, count)
        for axis in axes:
            axis.spines["bottom"].set_visible(False)
            axis.tick_params(axis="x", length=0)
        chart.spines["left"].set_visible(False)
        chart.set_xlabel(
            "in the order of the answer"
            if width.compact
            else f"{count:,} sets of choices, in the order of the answer"
        )
        return figure

    low, high = done[result.answer].iloc[[0, -1]]
    ends_told = [
        text.listing(f"{in_words(name)} {names.get(value, value)}" for name, value in row.items())
        for _, row in done.loc[[0, count - 1], list(result.swept)].iterrows()
    ]
    return Picture(
        "specification-curve",
        draw,
        alt=(
            f"{count:,} answers in order, from {answer_text(result, low)} ({ends_told[0]}) to "
            f"{answer_text(result, high)} ({ends_told[1]}), with the middle one at "
            f"{answer_text(result, np.median(done[result.answer].to_numpy(float)))}. {_default_told(result)} "
            "Below the curve, the choices behind each answer."
        ),
        caption=(
            "Above: every answer, the smallest on the left"
            + (", and under it the change beyond placebo with its interval" if is_share else "")
            + ". Below: a filled cell is a choice that was made"
            + ("; paler, by a part of the points that are drawn together" * (count > _COLUMNS))
            + ". Dashed line and dot: the review's own settings."
            + (
                f" Shaded: below {text.percent(RARELY, 1)} placebo arms rarely do as well."
                if is_share
                else ""
            )
        ),
    )


def _default_told(result: SweepResult) -> str:
    if result.default is None:
        return "The review's own settings give no answer."
    value = getattr(result.default, result.answer)
    return f"The review's own settings give {answer_text(result, value)}."


def _curve(axis, x: np.ndarray, done: pd.DataFrame, quantity: str, width: Width) -> None:
    """One quantity over the ordered points: dots, or a line where they are many; its interval behind."""
    shown = np.unique(np.linspace(0, len(x) - 1, min(len(x), 4 * _COLUMNS)).round().astype(int))
    part = done.iloc[shown]
    many = len(x) > _COLUMNS
    if f"{quantity}_low" in done:
        limits = x[shown], part[f"{quantity}_low"], part[f"{quantity}_high"]
        if many:
            axis.fill_between(*limits, color=PLACEBO_FILL, lw=0, step="mid")
        else:
            axis.vlines(*limits, color=PLACEBO_FILL, lw=min(8, 40 * width.inches / len(x)))
    axis.plot(
        x[shown],
        part[quantity],
        **({"lw": 1.4} if many else {"ls": "", "marker": "o", "ms": 2 if width.compact else 3}),
        color=ESTABLISHED,
    )


def what_moves(result: SweepResult, shares: VarianceShares) -> Picture:
    """The share of the answer's variance that each choice moves: alone, and with others."""
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
                axes.text(0, y - 0.42, in_words(name), va="center")
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
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_ylim(y - 0.4, -0.6)
        axes.set_xlim(0, 150 if width.compact else 125)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
        axes.set_xlabel("of the variance of the answer")
        return figure

    told = [
        f"{heading.lower()}: "
        + text.listing(f"{in_words(name)} {text.percent(found[name][0])}" for name in parameters)
        for heading, parameters, _ in ordered
    ]
    rest = (
        f" What no choice moves alone, but two or more do together: {text.percent(shares.interactions)}."
        if is_full
        else ""
    )
    return Picture(
        "variance-shares",
        draw,
        alt=f"Share of the variance of the answer that each choice moves alone. {text.capital('; '.join(told))}.{rest}",
        caption=(
            "How much of the variance of the answer goes with each choice, every value counted alike. "
            + (
                f"Pale: together with other choices, counted with each of them. {rest.strip()}"
                if is_full
                else "Some combinations have no answer, so that choices overlap and the shares need not add up."
            )
        ),
    )


def by_choice(result: SweepResult, names: Mapping[str, str]) -> Picture:
    """For every value of every choice, where the answers lie while all others vary."""
    done = result.done
    panels = [
        (name, colour, levels(result, name, done, names))
        for _, parameters, colour in kinds(result)
        for name in parameters
    ]
    answer = done[result.answer].to_numpy()
    default = None if result.default is None else getattr(result.default, result.answer)

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
                low, quarter, middle, most, high = np.quantile(answer[has], [0, 0.25, 0.5, 0.75, 1])
                axis.plot([low, high], [y, y], color=colour, lw=1.2)
                axis.plot([quarter, most], [y, y], color=colour, lw=5, solid_capstyle="butt")
                axis.plot(middle, y, "o", color=INK, ms=4)
            if default is not None:
                axis.axvline(default, color=MUTED, lw=1, ls=(0, (4, 3)), zorder=0)
            most = 22 if width.compact else 44
            axis.set_yticks(
                range(len(rows)),
                [text.shorten(label, most) for label, _ in rows],
                fontsize=width.font - 1.5,
            )
            axis.set_ylim(len(rows) - 0.4, -0.6)
            axis.set_title(text.capital(in_words(name)), fontsize=width.font, pad=2)
            axis.tick_params(length=0)
            axis.spines[["left", "bottom"]].set_visible(False)
        if result.answer == "placebo_as_good":
            axes[-1, 0].xaxis.set_major_formatter(lambda value, _: f"{value:g}%")
            axes[-1, 0].set_xlabel("placebo arms as good or better")
        else:
            axes[-1, 0].set_xlabel(f"mean change on placebo ({result.unit})")
        return figure

    told = "; ".join(
        f"{in_words(name)}: "
        + ", ".join(f"{label} {answer_text(result, np.median(answer[has]))}" for label, has in rows)
        for name, _, rows in panels
    )
    return Picture(
        "by-choice",
        draw,
        alt=f"The answer under every value of every choice, all others varied. The middle answers: {told}.",
        caption=(
            "Each row: the answers with this value, whatever the other choices. Thin line: all of them; thick: "
            "the middle half; dot: the median. Dashed: the review's own settings."
        ),
    )
