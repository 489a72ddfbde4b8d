"""A sweep in words and tables: its answer in one sentence, its points, and points without a result."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from evidence_review import numbers as text
from evidence_review.sweep.batch import setting_value
from evidence_review.sweep.choices import (
    AGAINST_PLACEBO,
    LABELS,
    METHOD,
    POOLED_EFFECT,
    STUDIES,
    WEEKS,
)
from evidence_review.sweep.figure_words import answer_text, parameter_text
from evidence_review.sweep.points import QUANTITY_LABELS, SweepResult
from evidence_review.sweep.pools import POOL_LABELS

# Quantities in the table of how much each choice moves them.
_SHARED = {
    AGAINST_PLACEBO: ("placebo_as_good", "beyond_placebo", "placebo_mean", "tau"),
    POOLED_EFFECT: ("effect", "tau"),
}
# Rows of the page's table; from more points, evenly spaced ones are taken, by their answer.
SHOWN = 1000


def first_line(result: SweepResult, treatment: str) -> str:
    """The range of the answer over the points of a sweep, and what moves it most."""
    done = result.done
    if done.empty:
        return no_answer(result)
    answers = done[result.answer].to_numpy(float)
    low, high = answers.min(), answers.max()
    what, reach = (
        (
            (
                "of placebo arms do as well as people given "
                + treatment
                + " without a control group, or better"
            )
            if result.answer == "placebo_as_good"
            else "is the mean change on placebo"
        ),
        f"{answer_text(result, low)} to {answer_text(result, high)}",
    )
    if answer_text(result, low) == answer_text(result, high):
        return f"{answer_text(result, low)} {what}, under each of {sets(done)}."
    moved = moves_most(result)
    return (
        f"Over {sets(done)}, {reach} {what}{own_settings(result)}{f'; {moved}' if moved else ''}."
    )


def no_answer(result: SweepResult) -> str:
    """The sentence that no point has an answer."""
    return f"None of the {sets(result.points)} gives an answer; the reasons are below."


def own_settings(result: SweepResult) -> str:
    """' (26% with the review's own settings)'; '' if these give no answer."""
    if result.default is None:
        return ""
    return f" ({answer_text(result, result.default[result.answer])} with the review's own settings)"


def moves_most(result: SweepResult) -> str:
    """What moves the answer most, and by how much; '' if nothing does, or it is not known."""
    most = result.moves_most
    if most is None:
        return ""
    return (
        f"the choice that moves it most is {LABELS[most[0]]} ({_about(result, most[0])}), which alone accounts for "
        f"{text.percent(most[1])} of the variance"
    )


def sets(points: pd.DataFrame) -> str:
    """'24 sets of choices'."""
    return f"{len(points):,} {'set' if len(points) == 1 else 'sets'} of choices"


def shares_text(result: SweepResult) -> str:
    """A sentence instead of the figure of variance shares; '' if there is a figure."""
    if not result.is_grid:
        return (
            "How much each choice moves the answer is not computed for a list of points: this needs a grid, in "
            "which every value meets every other."
        )
    found = result.shares(result.answer)
    return (
        "" if found is not None and not np.isnan(found.alone).any() else "Nothing moves the answer."
    )


def shares_frame(result: SweepResult) -> pd.DataFrame:
    """Variance shares of several quantities: a row for each choice, with its kind."""
    rows = {
        name: {"choice": LABELS[name], "is about": _about(result, name)} for name in result.swept
    }
    labels = POOL_LABELS if result.about == POOLED_EFFECT else QUANTITY_LABELS
    for quantity in _SHARED[result.about]:
        found = result.shares(quantity)
        if found is not None:
            for name, share in zip(result.swept, found.alone, strict=True):
                rows[name][labels[quantity].removesuffix(", %")] = (
                    "–" if np.isnan(share) else text.percent(share)
                )
    return pd.DataFrame([rows[name] for name in (*result.asked, *result.computed)])


def _about(result: SweepResult, name: str) -> str:
    return "what is asked" if name in result.asked else "how it is computed"


def listed(result: SweepResult, most: int = SHOWN) -> pd.DataFrame:
    """At most `most` points for a page, in the order of their answers: evenly spaced, with both ends."""
    order = result.order
    places = np.unique(np.linspace(0, len(order) - 1, min(len(order), most)).round().astype(int))
    return result.done.iloc[order[places]]


def choices_of(done: pd.DataFrame, swept: Sequence[str]) -> dict[str, pd.Series | list[str]]:
    """The first columns of a table of points: their numbers and choices."""
    chosen = {LABELS[name]: [parameter_text({}, value) for value in done[name]] for name in swept}
    return {"point": done.point.astype(str)} | chosen


def points_frame(result: SweepResult) -> pd.DataFrame:
    """The page's table of points, in the order of their answers: choices and results."""
    done = listed(result)
    frame = choices_of(done, result.swept)
    number = lambda name: [text.number(value) for value in done[name]]
    between = lambda name: [
        text.interval(*pair) for pair in zip(done[f"{name}_low"], done[f"{name}_high"], strict=True)
    ]
    if result.answer == "placebo_as_good":
        frame[QUANTITY_LABELS["placebo_as_good"]] = [
            text.number(v, 1) for v in done.placebo_as_good
        ]
        frame[QUANTITY_LABELS["beyond_placebo"]] = number("beyond_placebo")
        frame["its interval"] = between("beyond_placebo")
    frame[QUANTITY_LABELS["placebo_mean"]] = number("placebo_mean")
    frame["interval of the mean"] = between("placebo_mean")
    frame[QUANTITY_LABELS["tau"]] = number("tau")
    frame["where a new trial lies"] = between("new_trial")
    frame[QUANTITY_LABELS["placebo_arms"]] = [text.number(value, 0) for value in done.placebo_arms]
    return pd.DataFrame(frame)


def failed_frame(result: SweepResult) -> pd.DataFrame:
    """Points without a result, by reason: how many, and the first one."""
    failed = result.points.loc[~result.points.ok]
    return pd.DataFrame(
        [
            {
                "why": message,
                "points": f"{len(part):,}",
                "the first of them": f"point {part.point.iloc[0]}: "
                + ", ".join(
                    f"{name} = {parameter_text({}, part[name].iloc[0])}" for name in result.swept
                ),
            }
            for message, part in failed.groupby("message", sort=False)
        ]
    )


def report_commands(result: SweepResult, numbers: Iterable[str]) -> Mapping[str, str]:
    """The command for the full report on each of these points, by the point's number."""
    found = result.points.iloc[[int(number) - 1 for number in numbers]]
    return {str(row.point): report_command(result, row) for _, row in found.iterrows()}


def report_command(result: SweepResult, row: pd.Series) -> str:
    """The command for the full report on one point, which sets what differs from the defaults.

    For a choice that no report offers, a sentence that there is none.
    """
    given = ["evidence-review", "report", "--review", str(result.defaults["review"])]
    for name in result.swept:
        value = setting_value(row[name])
        if value is None or value == result.defaults[name]:
            continue
        if name in (STUDIES, WEEKS, METHOD):
            return f"There is no report with another choice of {name}: its pages show such choices one by one."
        given += ["--set", f"{name}={value}".removesuffix(".0")]
    return shlex.join(given)
