"""Alt texts and captions of a sweep's figures, and its parameters and answers in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evidence_review import numbers as text
from evidence_review.review.finding import RARELY
from evidence_review.stats.variance_shares import VarianceShares
from evidence_review.sweep.choices import LABELS, NOT_USED, POOLED_EFFECT
from evidence_review.sweep.points import SweepResult

# Values of a parameter in words, each with its points.
Levels = Sequence[tuple[str, np.ndarray]]


def answer_text(result: SweepResult, value: float) -> str:
    """A value of the sweep's answer as text."""
    if result.answer == "placebo_as_good":
        return text.percent(value / 100)
    measure = result.measure
    return f"{text.number(measure.printed(value), measure.digits)} {measure.unit}".rstrip()


def parameter_text(names: Mapping[str, str], value: float | str | None) -> str:
    """A parameter's value as text: numbers to six digits. names: values in words."""
    if isinstance(value, str):
        return names.get(value, value)
    return NOT_USED if value is None or np.isnan(value) else f"{value:g}"


def beyond_title(result: SweepResult) -> str:
    """The title of the axis for the change beyond placebo, with its better side."""
    return f"Change beyond placebo ({result.measure.unit}{_side(result, '; ')})"


def effect_title(result: SweepResult, *, compact: bool) -> str:
    """The title of the axis for the pooled effect, with its unit, and its better side if there is space."""
    measure = result.measure
    name = f"Pooled {measure.words}"
    side = "" if compact else _side(result, "; " if measure.unit else "")
    within = f"{measure.unit}{side}"
    return f"{name} ({within})" if within else name


def _side(result: SweepResult, before: str) -> str:
    measure = result.measure
    if measure.better is None:
        return ""
    return f"{before}{'below' if measure.better == 'lower' else 'above'} {measure.null:g} is better"


def curve_alt(result: SweepResult, done: pd.DataFrame, names: Mapping[str, str]) -> str:
    """Alt text: the smallest, median and largest answer, with their choices. done: points by their answer."""
    answers = done[result.answer].to_numpy(float)
    first, last = (
        text.listing(
            f"{LABELS[name]}: {parameter_text(names, value)}" for name, value in row.items()
        )
        for _, row in done.iloc[[0, -1]][list(result.swept)].iterrows()
    )
    return (
        f"{len(done):,} answers in order, from {answer_text(result, answers[0])} ({first}) to "
        f"{answer_text(result, answers[-1])} ({last}), with the middle one at "
        f"{answer_text(result, float(np.median(answers)))}. {_default(result)} "
        "Below the curve, the choices behind each answer."
    )


def curve_caption(result: SweepResult, *, is_grouped: bool, is_cut: bool) -> str:
    """What the panels show.

    is_grouped: whether several points share a column. is_cut: whether intervals go beyond the edge.
    """
    is_share = result.answer == "placebo_as_good"
    above = "Above: every answer, the smallest on the left"
    if is_share:
        above += ", and under it the change beyond placebo with its interval"
    if result.about == POOLED_EFFECT:
        first = "smallest" if result.measure.better is None else "best"
        above = f"Above: every pooled effect with its interval, the {first} on the left"
        if is_cut:
            above += "; an interval that reaches the edge goes on beyond it"
    below = "Below: a filled cell marks the choice behind an answer"
    if is_grouped:
        below += "; a paler one marks the choice of only some of the points that are drawn together"
    parts = [f"{above}.", f"{below}.", "Dashed line and dot: the review's own settings."]
    if is_share:
        parts.append(
            f"Shaded: below {text.percent(RARELY, 1)}, where placebo arms rarely do as well."
        )
    return " ".join(parts)


def shares_alt(
    groups: Sequence[tuple[str, Sequence[str]]],
    found: Mapping[str, tuple[float, float]],
    shares: VarianceShares,
) -> str:
    """Alt text: the share of the variance from each choice alone.

    groups: headings with the names of choices. found: for each choice, its share alone and with others.
    """
    each = "; ".join(
        f"{heading.lower()}: "
        + text.listing(f"{LABELS[name]} {text.percent(found[name][0])}" for name in names)
        for heading, names in groups
    )
    parts = [
        "Share of the variance of the answer that each choice moves alone.",
        f"{text.capital(each)}.",
        *_together(shares),
    ]
    return " ".join(parts)


def shares_caption(shares: VarianceShares) -> str:
    """The meaning of the bars, and whether they add up."""
    parts = [
        "How much of the variance of the answer goes with each choice, if every value counts the same."
    ]
    together = _together(shares)
    if together:
        parts.append("Pale: together with other choices, counted with each of them.")
        parts += together
    else:
        parts.append(
            "Some combinations have no answer of their own, so that choices overlap and the shares need not add up."
        )
    return " ".join(parts)


def by_choice_alt(result: SweepResult, panels: Sequence[tuple[str, Levels]]) -> str:
    """Alt text: the median answer under every value of every choice."""
    answers = result.done[result.answer].to_numpy(float)
    each = "; ".join(
        f"{LABELS[name]}: "
        + ", ".join(
            f"{label} {answer_text(result, float(np.median(answers[has])))}" for label, has in rows
        )
        for name, rows in panels
    )
    return f"The answer under every value of every choice, while all other choices vary. The middle answers: {each}."


BY_CHOICE_CAPTION = (
    "Each row: the answers with this value, whatever the other choices. Thin line: all of them. Thick line: the middle "
    "half. Dot: the median. Dashed: the review's own settings."
)


def _default(result: SweepResult) -> str:
    if result.default is None:
        return "The review's own settings give no answer."
    value = result.default[result.answer]
    return f"The review's own settings give {answer_text(result, value)}."


def _together(shares: VarianceShares) -> list[str]:
    """The share of the variance from combinations of choices; empty if the grid has gaps."""
    if np.isnan(shares.interactions):
        return []
    return [
        f"What no choice moves alone, but two or more do together: {text.percent(shares.interactions)}."
    ]
