"""The forest: one row a study, diamonds of summaries, the bar of a new trial; any measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from evidence_review.display.chart import (
    Band,
    Line,
    Mark,
    Panel,
    Point,
    Row,
    Upright,
    diamond,
)
from evidence_review.display.style import MUTED, PLACEBO_FILL, TREATMENT, Width
from evidence_review.estimates.measure import Measure
from evidence_review.words.effects import limits, with_interval


@dataclass(frozen=True)
class Study:
    """A row: effect and interval on the pooled scale; hollow where a figure was assumed.

    link: where a page leads to from its numbers.
    """

    label: str
    effect: float
    low: float
    high: float
    weight: float
    hollow: bool = False
    link: str = ""


_MANY = 15  # rows that stand closer together
MOST_STUDIES = 50  # of one figure: more nobody reads, and its page takes megabytes


@dataclass(frozen=True)
class Summary:
    """A diamond below the studies. link: where a page leads to from its numbers."""

    label: str
    effect: float
    low: float
    high: float
    colour: str
    link: str = ""


def smallest(values: Sequence[float], at_most: int) -> list[int]:
    """The places of the smallest values, in their order.

    Examples
    --------
    >>> smallest([3.0, 1.0, 4.0, 2.0], at_most=2)
    [1, 3]
    """
    return sorted(sorted(range(len(values)), key=values.__getitem__)[:at_most])


def forest(
    studies: Sequence[Study],
    summaries: Sequence[Summary],
    new: tuple[float, float] | None,
    measure: Measure,
    width: Width,
    *,
    null: float | None = 0.0,
    line: float | None = None,
    new_link: str = "",
    new_name: str = "a new trial",
) -> Panel:
    """Studies and summaries as a panel of a chart.

    Parameters
    ----------
    studies, summaries
        From top to bottom, on the scale that is pooled. Squares are as large as weights.
    new : pair of float or None
        Where the true effect of a new trial lies; None leaves bar and band out.
    null, line : float or None
        Where a line is drawn: nothing differs, and a dashed one; None for no line.
    new_link : str
        Where a page leads to from the numbers of a new trial.
    new_name : str
        What it is called.
    """
    marks: list[Mark] = [] if new is None else [Band(*new, PLACEBO_FILL, 0.5)]
    marks += [] if null is None else [Upright(null)]
    marks += [] if line is None else [Upright(line, MUTED, dashed=True)]
    rows, most = [], max(study.weight for study in studies)
    # On a phone without their numbers, which the page has in a table.
    value = lambda words: "" if width.compact else words
    said = lambda row: value(with_interval(measure, row.effect, row.low, row.high))
    for y, study in enumerate(studies):
        size = 3 + 7 * sqrt(study.weight / most)
        marks += [
            Line((study.low, study.high), (y, y), MUTED, dashed=study.hollow),
            Point(
                study.effect, y, MUTED, size, shape="square", hollow=study.hollow, link=study.link
            ),
        ]
        rows.append(Row(y, study.label, said(study), link=study.link))
    y = len(studies) - 0.7
    for summary in summaries:
        y += 1.2
        marks.append(diamond(summary.low, summary.effect, summary.high, y, summary.colour))
        look = {"value_colour": summary.colour, "bold": True}
        rows.append(Row(y, summary.label, said(summary), **look, link=summary.link))
    if new is not None:
        y += 1.2
        marks.append(Line(new, (y, y), TREATMENT, 3))
        expected = value(limits(measure, *new))
        look = {"value_colour": TREATMENT, "bold": True}
        rows.append(Row(y, new_name, expected, **look, link=new_link))
    last = max(y, len(studies) - 1)
    row = 0.34 if last < _MANY else 0.29
    return Panel(marks, row * (last + 1) + 0.3, -0.8, last + 0.9, rows)
