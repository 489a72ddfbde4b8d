"""The flow diagram: from what was found to what is used, every number from the tables."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pandas as pd

from evidence_review.display import page
from evidence_review.display.picture import Picture
from evidence_review.display.style import (
    INK,
    MUTED,
    PLACEBO_FILL,
    RULE,
    Width,
)
from evidence_review.judgement.flow import Lane
from evidence_review.words import figures_flow as words

_PAD = 0.13  # between a box and its words, inches


def flow_diagram(lanes: Sequence[Lane]) -> Picture:
    """A column of boxes a lane, side by side or, on a phone, one below the other.

    Beside each arrow: what does not go on, with the reasons.
    """

    def draw(width: Width):
        import matplotlib.pyplot as plt

        across = 1 if width.compact else len(lanes)
        columns = [_Column(lane, width.inches / across, width.font) for lane in lanes]
        heights = [column.height for column in columns]
        height = sum(heights) if width.compact else max(heights)
        figure = plt.figure(figsize=(width.inches, height), layout="none")
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width.inches), ylim=(height, 0))
        axes.set_axis_off()
        for place, column in enumerate(columns):
            if width.compact:
                column.draw(axes, 0, sum(heights[:place]))
            else:
                column.draw(axes, place * column.width, 0)
        return figure

    return Picture(
        "flow-diagram",
        draw,
        alt=words.alt(lanes),
        caption=words.CAPTION,
        drawn=pd.DataFrame(
            {
                "lane": lane.title,
                "stage": f"{stage.unit} {stage.name}",
                "count": "not recorded" if stage.count is None else stage.count,
                "left out after it": "; ".join(words.left_out(stage)),
            }
            for lane in lanes
            for stage in lane.stages
        ),
    )


class _Column:
    """A lane as blocks of text lines, one below the other; sizes in inches."""

    def __init__(self, lane: Lane, width: float, font: float):
        self.lane, self.width = lane, width
        self.line = font * 1.5 / 72
        self.letters = int((width - 6 * _PAD) / (0.6 * font / 72))  # of 0.6 em on average
        self.title = self._wrapped([lane.title])
        self.boxes = [self._wrapped([words.headline(s)]) for s in lane.stages]
        self.details = [self._wrapped(words.details(s)) for s in lane.stages]
        self.gaps = [self._wrapped(words.left_out(s)) or [""] for s in lane.stages[:-1]]

    def _wrapped(self, lines: Sequence[str]) -> list[str]:
        return [part for line in lines for part in textwrap.wrap(line, self.letters)]

    def _block(self, *lines: Sequence[str]) -> float:
        """Height of lines with room above and below."""
        return self.line * sum(map(len, lines)) + 2 * _PAD

    @property
    def height(self) -> float:
        boxes = map(self._block, self.boxes, self.details)
        return self._block(self.title) + sum(boxes) + sum(map(self._block, self.gaps)) + _PAD

    def draw(self, axes, left: float, top: float) -> None:
        from matplotlib.patches import Rectangle

        left += _PAD
        self._write(axes, left, top, self.title, weight="bold")
        top += self._block(self.title)
        for place, stage in enumerate(self.lane.stages):
            box, details = self.boxes[place], self.details[place]
            known, height = stage.count is not None, self._block(box, details)
            axes.add_patch(
                Rectangle(
                    (left, top),
                    self.width - 2 * _PAD,
                    height,
                    facecolor=PLACEBO_FILL if known else "white",
                    edgecolor=INK if known else RULE,
                    linestyle="-" if known else (0, (4, 3)),
                )
            )
            link = page.finding_address(stage.id) if known else None
            self._write(axes, left + _PAD, top, box, weight="bold", url=link)
            self._write(axes, left + _PAD, top + self.line * len(box), details)
            top += height
            if place < len(self.gaps):
                height, x = self._block(self.gaps[place]), left + 2 * _PAD
                axes.annotate(
                    "",
                    (x, top + height),
                    (x, top),
                    arrowprops={"arrowstyle": "-|>", "color": MUTED, "shrinkA": 0, "shrinkB": 0},
                )
                self._write(axes, left + 4 * _PAD, top, self.gaps[place], color=MUTED)
                top += height

    def _write(self, axes, x: float, top: float, lines: Sequence[str], **look) -> None:
        for place, line in enumerate(lines, start=1):
            y = top + _PAD + self.line * (place - 0.5)
            axes.text(x, y, line, va="center", **look)
