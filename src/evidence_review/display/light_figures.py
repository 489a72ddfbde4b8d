"""The key figures as SVG made by hand: for whoever moves a slider.

A drawing takes a few milliseconds, where matplotlib takes some hundred. The look is that of
`placebo_figures.change_against_placebo` and `contrast_figures.contrast_forest`, the words are theirs.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from math import sqrt

import numpy as np
from scipy import special

from evidence_review import numbers as text
from evidence_review.display.contrast_figures import ordered
from evidence_review.display.picture import Picture
from evidence_review.display.placebo_figures import as_good_beyond
from evidence_review.display.style import (
    ESTABLISHED,
    INK,
    MUTED,
    PLACEBO,
    PLACEBO_FILL,
    RULE,
    TREATMENT,
)
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.pool import PooledContrast
from evidence_review.placebo.response import AgainstPlacebo, Benchmark
from evidence_review.review.finding import Finding

# Narrow, so that the letters can still be read where a phone makes the drawing smaller.
WIDTH = 460.0
_EDGE = 10.0


class _Sheet:
    """Marks on a drawing, across in the unit of its axis (low to high from `left` on), down in pixels."""

    def __init__(self, values: Iterable[float], left: float):
        low, high = min(values), max(values)
        self.left, self.low = left, low
        self.high = high
        self.scale = (WIDTH - _EDGE - left) / (high - low)
        self.marks: list[str] = []

    def x(self, value: float) -> float:
        return self.left + (value - self.low) * self.scale

    def path(self, xs: Sequence[float], ys: Sequence[float], **style: object) -> None:
        points = " ".join(f"{self.x(x):.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
        attributes = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in style.items())
        self.marks.append(f'<polyline points="{points}"{attributes}/>')

    def line(self, xs: Sequence[float], ys: Sequence[float], colour: str, width: float, dashes=""):
        style = {"stroke_dasharray": dashes} if dashes else {}
        self.path(xs, ys, fill="none", stroke=colour, stroke_width=width, **style)

    def dot(self, value: float, y: float, radius: float, colour: str) -> None:
        self.marks.append(
            f'<circle cx="{self.x(value):.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" '
            'fill-opacity="0.7" stroke="white" stroke-width="0.6"/>'
        )

    def square(self, value: float, y: float, half: float, colour: str, filled: bool) -> None:
        self.marks.append(
            f'<rect x="{self.x(value) - half:.1f}" y="{y - half:.1f}" width="{2 * half:.1f}" '
            f'height="{2 * half:.1f}" stroke="{colour}" fill="{colour if filled else "white"}"/>'
        )

    def words(self, x: float, y: float, words: str, colour: str = INK, **style: object) -> None:
        """x in pixels."""
        attributes = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in style.items())
        self.marks.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}"{attributes}>{html.escape(words)}</text>'
        )

    def axis(self, y: float, name: str) -> None:
        """The axis with its ticks and name; better is to the left."""
        from matplotlib.ticker import MaxNLocator

        self.line([self.low, self.high], [y, y], MUTED, 0.8)
        for tick in MaxNLocator(7, steps=[1, 2, 5, 10]).tick_values(self.low, self.high):
            if self.low <= tick <= self.high:
                self.line([tick, tick], [y, y + 4], MUTED, 0.8)
                self.words(
                    self.x(tick), y + 17, f"{tick:g}".replace("-", "−"), text_anchor="middle"
                )
        middle = (self.left + WIDTH - _EDGE) / 2
        self.words(middle, y + 34, name, text_anchor="middle")
        self.words(self.left, y + 50, "← better", MUTED)
        self.words(WIDTH - _EDGE, y + 50, "worse →", MUTED, text_anchor="end")

    def svg(self, height: float, alt: str) -> str:
        return (
            f'<svg class="light-figure" role="img" aria-label="{html.escape(alt)}" '
            f'viewBox="0 0 {WIDTH:g} {height:g}" xmlns="http://www.w3.org/2000/svg" '
            f'font-family="DejaVu Sans, Verdana, sans-serif" font-size="12">{"".join(self.marks)}</svg>'
        )


def change_against_placebo(
    words: Picture,
    change: SingleArmChange,
    placebo: Benchmark,
    result: AgainstPlacebo,
    arms: Sequence[SingleArmChange],
    treatment: str,
) -> str:
    """One uncontrolled change inside what placebo arms of its size show. words: its picture's alt."""
    predictive = placebo.predictive(change.se)
    half = change.se * float(special.stdtrit(change.df, (1 + result.level) / 2))
    ends = [change.mean - half, change.mean + half]
    x = np.linspace(*predictive.ppf([0.001, 0.999]), 121)
    sheet = _Sheet([*x[[0, -1]], *ends, *(arm.mean for arm in arms), 0.0], left=104)
    base, tall = 186.0, 108.0
    density = predictive.pdf(x)
    heights = base - tall * density / density.max()
    sheet.path(x, heights, fill=PLACEBO_FILL, stroke=PLACEBO, stroke_width=1.2)
    as_good = change.measure.benefit(x) >= change.measure.benefit(change.mean)
    if as_good.any():
        part = x[as_good]
        sheet.path(
            [part[0], *part, part[-1]],
            [base, *heights[as_good], base],
            fill=PLACEBO,
            opacity=0.75,
        )
    sheet.line([0, 0], [60, 270], RULE, 0.8)
    share = text.percent(result.as_good)
    sheet.words(
        0,
        16,
        f"{share} of placebo arms this small do as well or better",
        font_weight="bold",
        font_size=14,
    )
    label = f"{change.label}: {text.number(change.mean)}"
    # Roughly half of the label's width: it stays on the sheet wherever the change lies.
    room = 3.9 * len(label)
    place = min(max(sheet.x(change.mean), room), WIDTH - room)
    sheet.words(place, 44, label, TREATMENT, text_anchor="middle", font_weight="bold")
    sheet.line([change.mean] * 2, [52, base], TREATMENT, 2)
    if result.as_good > 0.08:
        sheet.words(
            sheet.x(as_good_beyond(placebo, change.se, 0.42 * result.as_good)),
            base - 26,
            share,
            "white",
            text_anchor="middle",
            font_weight="bold",
            font_size=17,
        )
    sheet.line(ends, [216, 216], TREATMENT, 2.4)
    sheet.dot(change.mean, 216, 5, TREATMENT)
    for arm in arms:
        people = 40 if arm.n != arm.n else arm.n
        sheet.dot(arm.mean, 252, sqrt(4 + 0.25 * people), PLACEBO)
    for y, name, size in (
        (216, text.shorten(text.capital(treatment), 16), f"{change.n:.0f} people"),
        (252, "Placebo", text.counted(len(arms), "arm")),
    ):
        sheet.words(0, y - 2, name)
        sheet.words(0, y + 12, size, MUTED)
    sheet.axis(274, f"{change.instrument_id} change ({change.unit})")
    return sheet.svg(328, words.alt)


def contrast_forest(
    words: Picture, pooled: PooledContrast, important: float | None, published: Finding | None
) -> str:
    """Each trial's difference from placebo, the pooled one and a new trial's; see `contrast_figures`."""
    fit, (items, ends, weights) = pooled.fit, ordered(pooled)
    trials = [
        (*end, item, weight)
        for item, end, weight in zip(items, ends, weights / weights.max(), strict=True)
    ]
    pools = [("Pooled", fit.estimate, fit.ci_low, fit.ci_high, TREATMENT)]
    if published is not None:
        known = published.interval
        pools.append(("Published", published.value, known.low, known.high, ESTABLISHED))
    row, bottom = 22, 20 + 22 * (len(trials) + len(pools) + 1)
    sheet = _Sheet(
        [0.0, fit.pi_low, fit.pi_high, *(end for line in trials for end in line[1:3])], left=140
    )
    corners = [fit.pi_low, fit.pi_high, fit.pi_high, fit.pi_low]
    sheet.path(corners, [4, 4, bottom, bottom], fill=PLACEBO_FILL, opacity=0.5)
    sheet.line([0, 0], [4, bottom], RULE, 1)
    if important is not None:
        sheet.line([pooled.measure.worth(important)] * 2, [4, bottom], MUTED, 0.9, "4 3")
    y = 18
    for effect, low, high, item, weight in trials:
        assumed = item.basis == "assumed"
        sheet.line([low, high], [y, y], MUTED, 1.3, "3 2" if assumed else "")
        sheet.square(effect, y, 2 + 4 * sqrt(weight), MUTED, filled=not assumed)
        sheet.words(0, y + 4, text.shorten(item.label, 22))
        y += row
    for name, effect, low, high, colour in pools:
        sheet.path([low, effect, high, effect], [y, y - 7, y, y + 7], fill=colour)
        sheet.words(0, y + 4, f"{name}: {text.number(effect)}", colour, font_weight="bold")
        y += row
    sheet.line([fit.pi_low, fit.pi_high], [y, y], TREATMENT, 3)
    sheet.words(0, y + 4, "A new trial", font_weight="bold")
    scale = pooled.summary.instrument_id
    sheet.axis(bottom + 6, f"{scale or 'Difference'} against placebo ({pooled.measure.unit})")
    return sheet.svg(bottom + 60, words.alt)
