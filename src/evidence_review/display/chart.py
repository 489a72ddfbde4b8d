"""A figure as marks in the units of its axis: described once, drawn by either of two back ends.

`figure` draws a chart with matplotlib, for reports: letters as paths, the same everywhere, in a
layout that measures every word. `light_svg` writes the same chart as SVG in a few milliseconds, for
the explorer, where it is drawn anew while a slider moves.

Why two: matplotlib alone needs 50 to 120 ms of CPU for the key figures, even with its layout left
out and text left as text, where a whole move of the explorer may take 50 and takes 10 to 20. The
light SVG alone would leave letters and their widths to each reader's fonts: good enough for a page
that is moved, not for one that is printed. So what a figure shows is written once, in functions
that return a `Chart`, and the back ends know lines, points and words only.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING, Literal

import numpy as np

from evidence_review.display.style import (
    INK,
    MUTED,
    RULE,
    Width,
    axis_name,
    better_left,
    is_reversed,
    name_rows,
)
from evidence_review.display.ticks import in_decades, ratio_ticks, round_ticks
from evidence_review.estimates.measure import NO_LIMIT, Measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Line:
    """A line through points. width in points; a dashed line rests on an assumption."""

    x: Sequence[float]
    y: Sequence[float]
    colour: str
    width: float = 1.3
    dashed: bool = False


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    x: Sequence[float]
    y: Sequence[float]
    colour: str
    opacity: float = 1.0


@dataclass(frozen=True)
class Point:
    """A circle, square or diamond. size across in points; crowded ones can be seen through.

    link: where a page leads to from it, '' for nowhere.
    """

    x: float
    y: float
    colour: str
    size: float
    shape: Literal["circle", "square", "diamond"] = "circle"
    hollow: bool = False
    crowded: bool = False
    link: str = ""


@dataclass(frozen=True)
class Band:
    """A range of the axis, shaded over the whole height of its panel."""

    low: float
    high: float
    colour: str
    opacity: float


@dataclass(frozen=True)
class Upright:
    """A line across the whole height of its panel, behind all marks."""

    x: float
    colour: str = RULE
    dashed: bool = False


@dataclass(frozen=True)
class Words:
    """Text at a place.

    align: 'left', 'center' or 'right' on the page. bigger: points more than the rest. backed: on
    white, where a line passes behind. link: where a page leads to from it, '' for nowhere.
    """

    x: float
    y: float
    words: str
    colour: str
    align: str = "center"
    bold: bool = False
    bigger: float = 0.0
    backed: bool = False
    link: str = ""


Mark = Line | Area | Point | Band | Upright | Words


@dataclass(frozen=True)
class Row:
    """The name of a row, left of the axis, and what its marks say in numbers, right of it ('' for nothing).

    link: where a page leads to from the numbers, or from the name without them; '' for nowhere.
    """

    y: float
    name: str
    value: str = ""
    colour: str = INK
    value_colour: str = MUTED
    bold: bool = False
    link: str = ""


@dataclass(frozen=True)
class Panel:
    """Marks over one stretch of y, from `top` to `bottom` on the page; height in inches."""

    marks: Sequence[Mark]
    height: float
    top: float
    bottom: float
    rows: Sequence[Row] = ()
    title: str = ""


@dataclass(frozen=True)
class Chart:
    """Panels, one below the other, over one axis on which better is to the left.

    Marks lie on the scale that is pooled: of a ratio, its logarithm, and the axis shows ratios.
    name: what is on the axis, without its unit. limits: the ends of the axis, where they are not
    those of the marks.
    """

    panels: Sequence[Panel]
    measure: Measure
    name: str
    limits: tuple[float, float] | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest value that the axis shows."""
        if self.limits is not None:
            low, high = self.limits
        else:
            reach = [x for panel in self.panels for mark in panel.marks for x in _reach(mark)]
            room = 0.04 * (max(reach) - min(reach) or 1.0)
            low, high = min(reach) - room, max(reach) + room
        return _shown(low, self.measure), _shown(high, self.measure)

    @property
    def data(self) -> list[tuple[str, float | None, float | None, float | None]]:
        """What stands in each row, as it is printed: its name, a value and the ends of its interval."""
        return [
            (
                " ".join(row.name.split()),
                self._printed(value),
                self._printed(low),
                self._printed(high),
            )
            for panel in self.panels
            for at in [_by_height(panel.marks)]
            for row in panel.rows
            for value, low, high in _in_row(at.get(row.y, []))
        ]

    def _printed(self, value: float | None) -> float | None:
        return None if value is None else self.measure.printed(value)

    @property
    def ratios(self) -> list[float]:
        """Ticks of an axis of logarithms, as the ratios that are printed."""
        return ratio_ticks(*map(self.measure.printed, self.ends))

    @property
    def between(self) -> list[float]:
        """Ticks without a number, on an axis of logarithms whose numbers are powers of ten."""
        is_coarse = len(self.ratios) > 1 and self.ratios[1] >= 10 * self.ratios[0]
        low, high = map(self.measure.printed, self.ends)
        return in_decades(low, high, range(2, 10)) if is_coarse else []


# How far out, as a logarithm, an axis of ratios goes: short of where a limit limits nothing.
_FAR = 0.99 * NO_LIMIT


def _shown(x: float, measure: Measure) -> float:
    """A value on the scale that is pooled, or that end of the longest axis beyond which it lies."""
    return min(max(x, -_FAR), _FAR) if measure.is_log else x


def _reach(mark: Mark) -> Iterator[float]:
    """The smallest and the largest x that a mark needs the axis to show."""
    match mark:
        case Line() | Area():
            yield from (min(mark.x), max(mark.x))
        case Band():
            yield from (mark.low, mark.high)
        case Point() | Upright():
            yield mark.x


def _by_height(marks: Sequence[Mark]) -> dict[float, list[Point | Line | Area]]:
    """The marks of each row: points, level lines and diamonds, by where they lie."""
    found: dict[float, list[Point | Line | Area]] = {}
    for mark in marks:
        match mark:
            case Point():
                found.setdefault(mark.y, []).append(mark)
            case Line() if len(set(mark.y)) == 1:
                found.setdefault(mark.y[0], []).append(mark)
            case Area() if len(mark.x) == 4:  # a diamond
                found.setdefault(mark.y[0], []).append(mark)
    return found


def _in_row(
    marks: Sequence[Point | Line | Area],
) -> Iterator[tuple[float | None, float | None, float | None]]:
    """The values in a row, each with the ends of the line through it; of many values no ends."""
    values, ends = [], []
    for mark in marks:
        match mark:
            case Point():
                values.append(mark.x)
            case Line():
                ends.append((min(mark.x), max(mark.x)))
            case Area():
                values.append(mark.x[1])
                ends.append((mark.x[0], mark.x[2]))
    if len(ends) == 1 and len(values) < 2:
        yield (values[0] if values else None, *ends[0])
    else:
        yield from ((value, None, None) for value in values)


def diamond(low: float, middle: float, high: float, y: float, colour: str) -> Area:
    """A pooled value with its interval."""
    return Area((low, middle, high, middle), (y, y - 0.34, y, y + 0.34), colour)


# For reports: matplotlib.

# Of a chart's width, what the values on the right take.
_VALUES = 0.34


def figure(chart: Chart, width: Width) -> Figure:
    """A chart drawn by matplotlib, inside `style(width)`."""
    import matplotlib.pyplot as plt

    heights = [panel.height for panel in chart.panels]
    drawn, axes = plt.subplots(
        len(chart.panels),
        1,
        figsize=(width.inches, sum(heights) + 0.9),
        sharex=True,
        height_ratios=heights,
        squeeze=False,
    )
    low, high = chart.ends
    reverse = is_reversed(chart.measure)
    on_axis = lambda x: chart.measure.printed(_shown(x, chart.measure))
    left, right = (high, low) if reverse else (low, high)
    edge, share = right, 1.0  # where the drawing ends, and the share of it that the axis takes
    if any(row.value for panel in chart.panels for row in panel.rows):
        edge, share = right + _VALUES * (right - left), 1 / (1 + _VALUES)
    for panel, axis in zip(chart.panels, axes[:, 0], strict=True):
        if chart.measure.is_log:
            axis.set_xscale("log")
        for mark in panel.marks:
            _DRAW[type(mark)](axis, _printed(mark, chart.measure), width)
        _rows(axis, panel, on_axis(edge), width)
        if panel.title:
            axis.set_title(panel.title)
        axis.set_xlim(on_axis(left), on_axis(edge))
        axis.spines["bottom"].set_bounds(on_axis(low), on_axis(high))
    if not chart.measure.is_log:
        axes[-1, 0].set_xticks([tick for tick in axes[-1, 0].get_xticks() if low <= tick <= high])
    else:
        axes[-1, 0].set_xticks(chart.ratios, [f"{ratio:g}" for ratio in chart.ratios])
        axes[-1, 0].set_xticks(chart.between, [], minor=True)
    better_left(axes[-1, 0], chart.measure, chart.name, width.compact, share)
    return drawn


def _printed(mark: Mark, measure: Measure) -> Mark:
    """A mark with its values as they are printed: a logarithm becomes a ratio again."""
    printed = lambda x: measure.printed(_shown(x, measure))
    match mark:
        case Line() | Area():
            return replace(mark, x=[printed(x) for x in mark.x])
        case Band():
            return replace(mark, low=printed(mark.low), high=printed(mark.high))
    return replace(mark, x=printed(mark.x))


def _rows(axis: Axes, panel: Panel, edge: float, width: Width) -> None:
    name_rows(
        axis,
        [row.name for row in panel.rows],
        (panel.top, panel.bottom),
        [row.y for row in panel.rows],
        letters=6 if any(row.value for row in panel.rows) else 10.5,  # numbers take room, too
    )
    for label, row in zip(axis.get_yticklabels(), panel.rows, strict=True):
        label.set_fontweight("bold" if row.bold else "normal")
        label.set_color(row.colour)
        if row.link and not row.value:
            label.set_url(row.link)
        if row.value:
            axis.text(
                edge,
                row.y,
                row.value,
                ha="right",
                va="center",
                fontsize=width.font - 1,
                color=row.value_colour,
                fontweight="bold" if row.bold else "normal",
                url=row.link or None,
            )


_SHAPES = {"circle": "o", "square": "s", "diamond": "D"}


def _line(axis: Axes, mark: Line, _: Width) -> None:
    dashes = (0, (2, 1.4)) if mark.dashed else "-"
    axis.plot(mark.x, mark.y, color=mark.colour, lw=mark.width, ls=dashes, solid_capstyle="butt")


def _area(axis: Axes, mark: Area, _: Width) -> None:
    axis.fill(mark.x, mark.y, color=mark.colour, alpha=mark.opacity, lw=0)


def _point(axis: Axes, mark: Point, _: Width) -> None:
    axis.plot(
        mark.x,
        mark.y,
        _SHAPES[mark.shape],
        ms=mark.size,
        mfc="white" if mark.hollow else mark.colour,
        mec="white" if mark.crowded else mark.colour,
        mew=0.6 if mark.crowded else 1.2,
        alpha=0.65 if mark.crowded else 1.0,
        url=mark.link or None,
    )


def _band(axis: Axes, mark: Band, _: Width) -> None:
    axis.axvspan(mark.low, mark.high, color=mark.colour, alpha=mark.opacity, lw=0)


def _upright(axis: Axes, mark: Upright, _: Width) -> None:
    axis.axvline(
        mark.x, color=mark.colour, lw=0.9, ls=(0, (3, 3)) if mark.dashed else "-", zorder=0
    )


def _words(axis: Axes, mark: Words, width: Width) -> None:
    axis.text(
        mark.x,
        mark.y,
        mark.words,
        color=mark.colour,
        ha=mark.align,
        va="center",
        fontweight="bold" if mark.bold else "normal",
        fontsize=width.font + mark.bigger,
        backgroundcolor="white" if mark.backed else "none",
        url=mark.link or None,
    )


_DRAW: dict[type, Callable] = {
    Line: _line,
    Area: _area,
    Point: _point,
    Band: _band,
    Upright: _upright,
    Words: _words,
}


# For the explorer: SVG.

# Narrow, so that the letters can still be read where a phone makes the drawing smaller.
_WIDTH = 460.0
_EDGE = 10.0
_FONT = 12.0
_INCH, _POINT = 76.0, 1.15  # in pixels
_LETTER = 0.62  # of the font's size, on average


def light_svg(chart: Chart, alt: str) -> str:
    """A chart as SVG, its text as text, that fills the width of the page; alt: what it says in words."""
    return _Sheet(chart).svg(alt)


class _Sheet:
    """A chart while it is written: where a value lies in pixels, and the elements so far."""

    def __init__(self, chart: Chart):
        self.chart = chart
        self.low, self.high = chart.ends
        rows = [row for panel in chart.panels for row in panel.rows]
        self.left = _EDGE + max((_wide(row.name, row.bold) for row in rows), default=0.0)
        self.right = _WIDTH - max((_wide(row.value, row.bold) for row in rows), default=0.0) - _EDGE
        self.parts: list[str] = []

    def x(self, value):
        """Where a value lies; an array of places for an array of values."""
        share = (value - self.low) / (self.high - self.low)
        share = np.clip(share, 0.0, 1.0)  # what lies beyond the ends of the axis is cut off
        if is_reversed(self.chart.measure):
            share = 1 - share
        return self.left + share * (self.right - self.left)

    def svg(self, alt: str) -> str:
        top = 4.0
        for panel in self.chart.panels:
            top = self.panel(panel, top)
        height = self.axis(top)
        return (
            f'<svg class="light-figure" role="img" aria-label="{html.escape(alt)}" '
            f'viewBox="0 0 {_WIDTH:g} {height:g}" xmlns="http://www.w3.org/2000/svg" '
            f'font-family="DejaVu Sans, Verdana, sans-serif" font-size="{_FONT:g}">'
            f"{''.join(self.parts)}</svg>"
        )

    def panel(self, panel: Panel, top: float) -> float:
        """Write a panel from `top` on; returns where it ends."""
        for line in panel.title.splitlines():
            self.write(0, top + 14, line, font_weight="bold", font_size=_FONT + 2)
            top += 19
        height = panel.height * _INCH
        bottom = top + height
        y = lambda value: top + height * (value - panel.top) / (panel.bottom - panel.top)
        behind = [mark for mark in panel.marks if isinstance(mark, Upright | Band)]
        for mark in (*behind, *(mark for mark in panel.marks if mark not in behind)):
            self.mark(mark, y, top, bottom)
        for row in panel.rows:
            weight = {"font_weight": "bold"} if row.bold else {}
            lines = row.name.splitlines()
            for place, line in enumerate(lines):
                middle = y(row.y) + 4 + 14 * (place - (len(lines) - 1) / 2)
                self.write(0, middle, line, row.colour, **weight)
            if row.value:
                self.write(
                    _WIDTH, y(row.y) + 4, row.value, row.value_colour, text_anchor="end", **weight
                )
        return bottom

    def mark(self, mark: Mark, y: Callable[[float], float], top: float, bottom: float) -> None:
        """Write one mark of a panel that reaches from top to bottom."""
        match mark:
            case Line():
                self.line(mark.x, map(y, mark.y), mark.colour, mark.width, "3 2" * mark.dashed)
            case Area():
                self.shape(mark.x, map(y, mark.y), mark.colour, mark.opacity)
            case Band():
                across = (mark.low, mark.high, mark.high, mark.low)
                self.shape(across, (top, top, bottom, bottom), mark.colour, mark.opacity)
            case Upright():
                self.line([mark.x] * 2, (top, bottom), mark.colour, 0.9, "4 3" * mark.dashed)
            case Point():
                self.point(mark, y(mark.y))
            case Words():
                anchor = {"left": "start", "center": "middle", "right": "end"}[mark.align]
                size = _FONT + _POINT * mark.bigger
                half = len(mark.words) * _LETTER * size / 2 if mark.align == "center" else 0.0
                place = min(max(self.x(mark.x), half), _WIDTH - half)  # it stays on the sheet
                weight = "bold" if mark.bold else "normal"
                style = {"text_anchor": anchor, "font_weight": weight, "font_size": round(size, 1)}
                if mark.backed:
                    style |= {"stroke": "white", "stroke_width": 4, "paint_order": "stroke"}
                self.write(place, y(mark.y) + size / 3, mark.words, mark.colour, **style)

    def points(self, xs, ys) -> str:
        places = self.x(np.asarray(xs, float)).tolist()
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, ys, strict=True))

    def line(self, xs, ys, colour: str, width: float, dashes: str = "") -> None:
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(
            f'<polyline points="{self.points(xs, ys)}" fill="none" stroke="{colour}" '
            f'stroke-width="{_POINT * width:.2g}"{dashed}/>'
        )

    def shape(self, xs, ys, colour: str, opacity: float) -> None:
        self.parts.append(
            f'<polygon points="{self.points(xs, ys)}" fill="{colour}" opacity="{opacity:g}"/>'
        )

    def point(self, mark: Point, y: float) -> None:
        x, half = self.x(mark.x), _POINT * mark.size / 2
        fill = "white" if mark.hollow else mark.colour
        edge = "white" if mark.crowded else mark.colour
        look = f'fill="{fill}" stroke="{edge}"' + ' opacity="0.7"' * mark.crowded
        match mark.shape:
            case "circle":
                drawn = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{half:.1f}" {look}/>'
            case "square":
                drawn = (
                    f'<rect x="{x - half:.1f}" y="{y - half:.1f}" width="{2 * half:.1f}" '
                    f'height="{2 * half:.1f}" {look}/>'
                )
            case "diamond":
                reach = 1.4 * half  # a square of this size on its corner
                corners = ((-reach, 0), (0, -reach), (reach, 0), (0, reach))
                around = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
                drawn = f'<polygon points="{around}" {look}/>'
        self.parts.append(drawn)

    def write(self, x: float, y: float, words: str, colour: str = INK, **style: object) -> None:
        """Text at a place in pixels."""
        attributes = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in style.items())
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}"{attributes}>{html.escape(words)}</text>'
        )

    def axis(self, y: float) -> float:
        """Write the axis with its ticks and name; returns the height of the whole drawing."""
        self.line([self.low, self.high], [y, y], MUTED, 0.8)
        if self.chart.measure.is_log:
            ticks = [(log(ratio), ratio) for ratio in self.chart.ratios]
        else:
            ticks = [(tick, tick) for tick in round_ticks(self.low, self.high, 7)]
        for place, tick in ticks:
            self.line([place, place], [y, y + 4], MUTED, 0.8)
            words = f"{tick:g}".replace("-", "−")
            self.write(self.x(place), y + 17, words, text_anchor="middle")
        name = axis_name(self.chart.measure, self.chart.name)
        self.write((self.left + self.right) / 2, y + 34, name, text_anchor="middle")
        if self.chart.measure.better is None:
            return y + 40
        self.write(self.left, y + 50, "← better", MUTED)
        self.write(self.right, y + 50, "worse →", MUTED, text_anchor="end")
        return y + 56


def _wide(words: str, bold: bool) -> float:
    """Roughly the width of the longest line, in pixels."""
    longest = max(map(len, words.splitlines()), default=0)
    return longest * _FONT * (_LETTER + 0.06 * bold) + (_EDGE if longest else 0)
