"""The flow diagram: from what was found to what is used, every number from the tables."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from evidence_review.appraisal.flow import Counts, Lane, Stage
from evidence_review.display import text
from evidence_review.display.picture import Picture
from evidence_review.display.style import INK, MUTED, PLACEBO_FILL, RULE, Width

NOT_RECORDED = "not recorded"
_PAD = 0.13  # between a box and its words, inches


def flow_diagram(lanes: Sequence[Lane]) -> Picture:
    """A column of boxes a lane, side by side or, on a phone, one below the other.

    Beside each arrow stands what does not go on, with the reasons.
    """

    def draw(width: Width):
        import matplotlib.pyplot as plt

        column = width.inches if width.compact else width.inches / len(lanes)
        drawn = [_Column(column, width.font, lane) for lane in lanes]
        heights = [lane.height for lane in drawn]
        height = sum(heights) if width.compact else max(heights)
        figure = plt.figure(figsize=(width.inches, height))
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width.inches), ylim=(height, 0))
        axes.set_axis_off()
        for place, lane in enumerate(drawn):
            corner = (0, sum(heights[:place])) if width.compact else (place * column, 0)
            lane.draw(axes, *corner)
        return figure

    return Picture(
        "flow-diagram",
        draw,
        alt=" ".join(f"{lane.title}: {_told(lane)}." for lane in lanes),
        caption="Counted in the tables of this report. Beside an arrow: what does not go on, and why.",
    )


class _Column:
    """A lane laid out in lines of text, in inches."""

    def __init__(self, width: float, font: float, lane: Lane):
        self.width, self.font, self.lane = width, font, lane
        self.line = font * 1.5 / 72
        self.letters = int((width - 6 * _PAD) * 72 / (0.6 * font))
        self.boxes = [_wrapped(_box_lines(stage), self.letters) for stage in lane.stages]
        self.gaps = [
            _wrapped(_left_out_lines(stage), self.letters - 6) for stage in lane.stages[:-1]
        ]
        self.title = textwrap.wrap(lane.title, self.letters)

    @property
    def height(self) -> float:
        boxes = sum(self._box_height(lines) for lines in self.boxes)
        gaps = sum(self._gap_height(lines) for lines in self.gaps)
        return self.line * len(self.title) + boxes + gaps + 4 * _PAD

    def _box_height(self, lines: list[str]) -> float:
        return self.line * len(lines) + 2 * _PAD

    def _gap_height(self, lines: list[str]) -> float:
        return self.line * max(len(lines), 1) + 2 * _PAD

    def draw(self, axes, left: float, y: float) -> None:
        from matplotlib.patches import Rectangle

        left, width = left + _PAD, self.width - 2 * _PAD
        y = self._write(axes, left, y + _PAD, self.title, weight="bold") + _PAD
        for place, (stage, lines) in enumerate(zip(self.lane.stages, self.boxes, strict=True)):
            height = self._box_height(lines)
            known = stage.count is not None
            axes.add_patch(
                Rectangle(
                    (left, y),
                    width,
                    height,
                    facecolor=PLACEBO_FILL if known else "white",
                    edgecolor=INK if known else RULE,
                    linestyle="-" if known else (0, (4, 3)),
                )
            )
            below = self._write(axes, left + _PAD, y + _PAD, lines[:1], weight="bold")
            self._write(axes, left + _PAD, below, lines[1:])
            y += height
            if place < len(self.gaps):
                gap = self._gap_height(self.gaps[place])
                axes.annotate(
                    "",
                    (left + 2 * _PAD, y + gap),
                    (left + 2 * _PAD, y),
                    arrowprops={"arrowstyle": "-|>", "color": MUTED, "shrinkA": 0, "shrinkB": 0},
                )
                self._write(axes, left + 4 * _PAD, y + _PAD, self.gaps[place], color=MUTED)
                y += gap

    def _write(self, axes, x: float, y: float, lines: list[str], **look) -> float:
        """Lines of text from y downwards; returns where the next would start."""
        for line in lines:
            y += self.line
            axes.text(x, y - self.line / 2, line, va="center", fontsize=self.font, **look)
        return y


def _wrapped(lines: list[str], letters: int) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, letters)]


def _box_lines(stage: Stage) -> list[str]:
    if stage.count is None:
        return [f"{text.capital(stage.unit)} {stage.name}:", NOT_RECORDED]
    return [_count(stage), *(f"{count} {words}" for words, count in stage.parts)]


def _left_out_lines(stage: Stage) -> list[str]:
    if not stage.left_out:
        return []
    return [f"left out: {_total(stage.left_out)}", *(f"{n} {why}" for why, n in stage.left_out)]


def _count(stage: Stage) -> str:
    singular = {"studies": "study"}.get(stage.unit, stage.unit.removesuffix("s"))
    return f"{text.counted(stage.count, singular, stage.unit)} {stage.name}"


def _total(left_out: Counts) -> int:
    return sum(count for _, count in left_out)


def _told(lane: Lane) -> str:
    return "; ".join(
        f"{stage.unit} {stage.name} {NOT_RECORDED}"
        if stage.count is None
        else _count(stage)
        + (f" ({_listed(stage.parts)})" if stage.parts else "")
        + (
            f", of which {_total(stage.left_out)} left out: {_listed(stage.left_out)}"
            if stage.left_out
            else ""
        )
        for stage in lane.stages
    )


def _listed(counts: Counts) -> str:
    return text.listing(f"{count} {words}" for words, count in counts)
