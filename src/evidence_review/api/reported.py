"""Checks of the figures that a paper prints, for a table of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from evidence_review.api.table import labels_of
from evidence_review.consistency import granularity, groups, intervals, samples
from evidence_review.consistency.printed import Check, Printed
from evidence_review.stats.figures import decimals_of

_FIGURE = re.compile(r"\s*(<=|>=|<|>|=)?\s*([-−+]?\d*\.?\d+)\s*%?\s*")


def check_reported(
    frame: pd.DataFrame, *, whole: bool | tuple[int, int] = False, ratio: bool = False
) -> pd.DataFrame:
    """Do the printed figures of each row agree with each other? A misprint is the first explanation.

    Parameters
    ----------
    frame : DataFrame
        One result a row. What is checked follows from the columns that are filled in:

        - ``mean, sd, n`` of whole scores: the mean, and mean with SD, that n people can have (GRIM,
          GRIMMER; with the ends of the scale, exactly);
        - ``percent, n``: a percentage that n people can have;
        - ``estimate, ci_low, ci_high``: an interval even about its estimate; with ``p``: the P that the
          interval implies (``df`` for t, else normal);
        - ``mean1, sd1, n1, mean2, sd2, n2, p``: the P of the difference of two groups;
        - ``events1, n1, events2, n2, p``: the P of two counts.

        Text keeps its printed decimals ("6.70"), and may be a bound ("<0.001"); a number counts to its
        last digit that is not 0.
    whole : bool or (int, int)
        Whether scores are whole numbers; the lowest and highest score where they are known.
    ratio : bool
        Whether estimates are ratios, whose intervals are even on the log scale.

    Returns
    -------
    DataFrame
        One check a row: ``study``, ``check``, ``verdict`` (consistent, inconsistent, not checkable)
        and ``arithmetic``.

    Raises
    ------
    ValueError
        For a cell that is no figure, with its row and column.

    Examples
    --------
    5.19 is no mean of 28 whole scores: 145 / 28 prints as 5.18, 146 / 28 as 5.21.

    >>> print(check_reported(pd.DataFrame({"mean": ["5.19"], "n": [28]}), whole=True).verdict[0])
    inconsistent
    """
    rows = []
    for place, label in enumerate(labels_of(frame)):
        figures = _figures(frame.iloc[place], frame.index[place])
        for name, check in _checks(figures, whole, ratio):
            rows.append(
                {
                    "study": label,
                    "check": name,
                    "verdict": check.answer,
                    "arithmetic": check.arithmetic,
                }
            )
    return pd.DataFrame(rows, columns=["study", "check", "verdict", "arithmetic"])


_COLUMNS = (
    *("mean", "sd", "n", "percent", "estimate", "ci_low", "ci_high", "p", "df"),
    *("mean1", "sd1", "n1", "mean2", "sd2", "n2", "events1", "events2"),
)


def _figures(row: pd.Series, index: Any) -> dict[str, Printed]:
    """The figures that a row has, by column."""
    found, problems = {}, []
    for name in _COLUMNS:
        if name not in row or pd.isna(row[name]) or row[name] == "":
            continue
        text = row[name] if isinstance(row[name], str) else f"{row[name]:.12g}"
        match = _FIGURE.fullmatch(text)
        if match is None:
            problems.append(
                f"row {index}, {name}: {row[name]!r} is no figure such as 6.70 or <0.001"
            )
            continue
        number = match[2].replace("−", "-")
        found[name] = Printed(float(number), decimals_of(number), match[1] or "=")
    if problems:
        raise ValueError("\n".join(problems))
    return found


def _checks(
    figures: dict[str, Printed], whole: bool | tuple[int, int], ratio: bool
) -> Iterator[tuple[str, Check]]:
    has = lambda *names: all(name in figures for name in names)
    count = lambda name: int(figures[name].value)
    if whole and has("mean", "n"):
        yield "mean of whole scores (GRIM)", granularity.grim(figures["mean"], count("n"))
    if whole and has("mean", "sd", "n") and count("n") > 1:
        mean, sd, n = figures["mean"], figures["sd"], count("n")
        if isinstance(whole, tuple):
            low, high = whole
            yield (
                "mean and SD of whole scores on the scale",
                samples.attainable(mean, sd, n, minimum=low, maximum=high),
            )
        else:
            yield "mean and SD of whole scores (GRIMMER)", granularity.grimmer(mean, sd, n)
    if has("percent", "n"):
        yield "percentage of people", granularity.percentage(figures["percent"], count("n"))
    if has("estimate", "ci_low", "ci_high"):
        limits = [figures[name] for name in ("estimate", "ci_low", "ci_high")]
        df = (figures["df"].value,) if has("df") else (None,)
        yield (
            "interval about its estimate",
            _tried(
                lambda: intervals.interval_symmetry(
                    *limits, ratio=ratio, p=figures.get("p"), dfs=df
                )
            ),
        )
        if has("p") and not ratio:
            yield (
                "P against its interval",
                _tried(lambda: intervals.p_against_interval(figures["p"], *limits, dfs=df)),
            )
    arms = [[f"{name}{arm}" for name in ("mean", "sd", "n")] for arm in (1, 2)]
    if has("p", *arms[0], *arms[1]):
        groups_ = [(figures[mean], figures[sd], count(n)) for mean, sd, n in arms]
        yield (
            "P against the groups' means and SDs",
            _tried(lambda: groups.difference_of_means(figures["p"], *groups_)),
        )
    counts = ("events1", "n1", "events2", "n2")
    if has("p", *counts):
        yield (
            "P against the counts",
            _tried(lambda: groups.difference_of_counts(figures["p"], *map(count, counts))),
        )


def _tried(check: Callable[[], Check]) -> Check:
    """A check, or why its figures cannot be checked."""
    from evidence_review.consistency.printed import NOT_CHECKABLE

    try:
        return check()
    except ValueError as error:
        return Check(NOT_CHECKABLE, str(error))
