"""Can printed figures be right? The checks of `consistency`, for a table with one result a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isfinite

import pandas as pd

from evidence_review.api.effects import measure_named
from evidence_review.api.names import column_like, lacking, lists_its_arguments
from evidence_review.consistency import granularity, groups, intervals, samples
from evidence_review.consistency.printed import NOT_CHECKABLE, Check, Printed

_NUMBER = re.compile(r"\s*(<=|>=|<|>|=)?\s*([-+−]?\d*\.?\d+)\s*%?\s*")
# What to write in place of a cell that is no printed figure.
_INSTEAD = "write a number, such as '5.10', or leave the cell empty"
_INSTEAD_OF_P = (
    "write a number or a bound, such as '0.03' or '<0.05' ('>0.05' where it says not significant), "
    "or leave the cell empty"
)
# Columns that hold whole numbers of people, or of answers.
_WHOLE = ("n", "n1", "n2", "events1", "events2", "items")
# What a misprint cannot explain: the cell is mistyped, or holds something else.
_OF_SD = (0, inf, "an SD is not negative")
_POSSIBLE = dict.fromkeys(("sd", "sd1", "sd2", "sd_pre", "sd_post"), _OF_SD) | {
    "p": (0, 1, "a p lies between 0 and 1"),
    "share": (0, 1, "a share lies between 0 and 1; a percentage stands in `percent`"),
}
_ANY = (-inf, inf, "")


@dataclass(frozen=True)
class _Options:
    items: int | None
    scale: tuple[int, int] | None
    log: bool
    level: float


# A row: what is printed by column, whole numbers as int.
_Row = Mapping[str, "Printed | int"]


@dataclass(frozen=True)
class _Known:
    """A check: its name, the columns it takes, and how it is made from them."""

    name: str
    columns: tuple[str, ...]
    make: Callable[..., Check]
    needs_items: bool = False


@lists_its_arguments
def check_reported(
    frame: pd.DataFrame,
    *,
    items: int | None = None,
    scale: tuple[int, int] | None = None,
    measure: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Check printed figures: each row of the table by every check for which it has the columns.

    Parameters
    ----------
    frame : pandas.DataFrame
        One result a row. What is printed, best as text ('5.10', '<0.05'): text keeps its decimals, a
        number has as many as its shortest form, so that 5.10 is 5.1. For a p that is printed as 'ns'
        write '>0.05'. Columns, and what they are checked by:

        - `mean`, `n` (also `mean1`, `n1`, `mean2`, `n2`): GRIM; with `sd`: GRIMMER;
        - `share` (0 to 1), `sd`, `n`, of people who score 0 or 1: DEBIT;
        - `percent`, `n`: which count of people prints so;
        - `estimate`, `ci_low`, `ci_high`: is the estimate in the middle; with `p`: p against its interval;
        - `t`, `df`, `p`: a t test;
        - `mean1`, `sd1`, `n1`, `mean2`, `sd2`, `n2`, `p`: t tests of the difference;
        - `events1`, `n1`, `events2`, `n2`, `p`: chi-square and Fisher's exact test;
        - `mean_pre`, `sd_pre`, `mean_post`, `sd_post`, `n`, `p`: a paired t test at any correlation.

        Names may be in capitals. Other columns are ignored. An empty cell leaves out the checks that need it.
    items : int or None
        Whole-number answers of one person that a mean averages: 1 for a total score or a count. None:
        the scores may be no whole numbers, and GRIM and GRIMMER are not checkable.
    scale : (int, int) or None
        The lowest and highest answer: mean and SD are then checked exactly, and not by GRIMMER.
    measure : str or None
        Of `estimate`: a ratio ('OR', 'RR', 'HR') is in the middle of its interval on the log scale. None: as
        the column `measure` says, which `er.effects` and a review's effects have, else 'MD'.
    level : float
        Confidence level of the printed intervals.

    Returns
    -------
    pandas.DataFrame
        One check a row: `row` (its index in the table), `check`, `verdict` ('consistent',
        'inconsistent' or 'not checkable') and `arithmetic`. An inconsistent figure is a question to the
        authors: the usual reason is a misprint, or people missing whom the source does not count.

    Raises
    ------
    ValueError
        For a table without the columns of any check, and for cells that are no printed figure or cannot
        be one, such as a p above 1, all at once.

    References
    ----------
    Brown and Heathers 2017, Soc Psychol Personal Sci 8:363 (GRIM); Anaya 2016, PeerJ Preprints
    4:e2400 (GRIMMER); Heathers and Brown 2019, osf.io/5vb3u (DEBIT); Cochrane Handbook 6.5.2.2.

    Examples
    --------
    No total of 28 whole answers has the mean 5.19: 145/28 is 5.18 and 146/28 is 5.21.

    >>> import pandas as pd
    >>> import evidence_review as er
    >>> printed = pd.DataFrame({"mean": ["5.19", "5.18"], "n": [28, 28]})
    >>> er.check_reported(printed, items=1)[["check", "verdict"]]
             check       verdict
    0  mean (GRIM)  inconsistent
    1  mean (GRIM)    consistent
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame must be a pandas DataFrame; got {type(frame).__name__}")
    if items is not None and (items != int(items) or items < 1):
        raise ValueError(f"items must be a whole number, 1 or more; got {items}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level:g}")
    names = dict.fromkeys(name for known in _CHECKS for name in known.columns)
    columns = list(frame.columns)
    frame = frame.rename(
        columns={column_like(name, columns): name for name in names if name not in columns}
    )
    used = [known for known in _CHECKS if all(name in frame for name in known.columns)]
    logs = _on_log_scale(frame, measure)
    if not used:
        ways = [{name: name for name in known.columns} for known in _CHECKS]
        raise ValueError(f"a check needs {lacking(ways, columns)}")
    found = []
    for index, row, log in zip(frame.index, _printed(frame, used), logs, strict=True):
        options = _Options(items, scale, log, level)
        for known in used:
            if all(name in row for name in known.columns):
                check = _made(known, row, options)
                found.append((index, known.name, check.answer, check.arithmetic))
    return pd.DataFrame(found, columns=["row", "check", "verdict", "arithmetic"])


def _on_log_scale(frame: pd.DataFrame, measure: str | None) -> list[bool]:
    """Whether the estimate of each row is a ratio. measure: of all rows; None is what their own column says."""
    if measure is not None or not {"estimate", "measure"} <= set(frame):
        return [measure_named(measure or "MD").log] * len(frame)
    logs, problems = [], []
    for index, name in zip(frame.index, frame["measure"], strict=True):
        try:
            logs.append(not pd.isna(name) and bool(str(name).strip()) and measure_named(name).log)
        except ValueError as error:
            problems.append(
                f"row {index}, column measure: {error}; or say it for all rows, as in measure='MD'"
            )
    if problems:
        raise ValueError("\n".join(problems))
    return logs


def _printed(frame: pd.DataFrame, used: list[_Known]) -> list[dict[str, Printed | int]]:
    """Every row's figures by column, without empty cells. Raises ValueError that lists what is none."""
    names = dict.fromkeys(name for known in used for name in known.columns)
    rows: list[dict[str, Printed | int]] = [{} for _ in range(len(frame))]
    problems = []
    for name in names:
        for row, index, value in zip(rows, frame.index, frame[name], strict=True):
            if pd.isna(value) or not str(value).strip():
                continue
            figure = _figure(value)
            if figure is None:
                instead = _INSTEAD_OF_P if name == "p" else _INSTEAD
                problems.append(
                    f"row {index}, column {name}: {value!r} is no printed figure; {instead}"
                )
            elif figure.comparator != "=" and name != "p":
                problems.append(
                    f"row {index}, column {name}: only a p may be a bound, not {value!r}"
                )
            elif name in _WHOLE and figure.value != int(figure.value):
                problems.append(f"row {index}, column {name}: {value!r} is no whole number")
            elif not (possible := _POSSIBLE.get(name, _ANY))[0] <= figure.value <= possible[1]:
                problems.append(f"row {index}, column {name}: {value!r}; {possible[2]}")
            else:
                row[name] = int(figure.value) if name in _WHOLE else figure
    for row, index in zip(rows, frame.index, strict=True):
        low, high = row.get("ci_low"), row.get("ci_high")
        if isinstance(low, Printed) and isinstance(high, Printed) and low.value > high.value:
            problems.append(f"row {index}: ci_low {low.value:g} is above ci_high {high.value:g}")
    if problems:
        raise ValueError("\n".join(problems))
    return rows


def _figure(value: object) -> Printed | None:
    """A cell as a printed figure: text as it stands, a number in its shortest decimal form."""
    text = value if isinstance(value, str) else _shortest(value)
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    digits = found[2].replace("−", "-")
    return Printed(float(digits), len(digits.partition(".")[2]), found[1] or "=")


def _shortest(value: object) -> str:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value)
    if not isfinite(number):
        return str(value)
    from numpy import format_float_positional

    return format_float_positional(number, trim="-")


def _made(known: _Known, row: _Row, options: _Options) -> Check:
    """One check; what its figures do not allow is said, not raised."""
    if known.needs_items and options.items is None:
        return Check(
            NOT_CHECKABLE,
            "give items=1 if each person's score is a whole number, as a total score is",
        )
    try:
        return known.make(*(row[name] for name in known.columns), options)
    except ValueError as error:
        return Check(NOT_CHECKABLE, str(error))


def _grim(mean, n, options) -> Check:
    return granularity.grim(mean, n, items=options.items)


def _grimmer(mean, sd, n, options) -> Check:
    if options.scale is None:
        return granularity.grimmer(mean, sd, n, items=options.items)
    low, high = options.scale
    return samples.attainable(mean, sd, n, minimum=low, maximum=high, items=options.items)


def _symmetry(estimate, low, high, options) -> Check:
    return intervals.interval_symmetry(estimate, low, high, ratio=options.log, level=options.level)


def _p_against_interval(p, estimate, low, high, options) -> Check:
    return intervals.p_against_interval(
        p, estimate, low, high, ratio=options.log, level=options.level
    )


def _of_t(t, df, p, _) -> Check:
    return groups.p_of_t(p, t, [df.value])


def _means(mean1, sd1, n1, mean2, sd2, n2, p, _) -> Check:
    return groups.difference_of_means(p, (mean1, sd1, n1), (mean2, sd2, n2))


def _counts(events1, n1, events2, n2, p, _) -> Check:
    return groups.difference_of_counts(p, events1, n1, events2, n2)


def _scores(mean_pre, sd_pre, mean_post, sd_post, n, p, _) -> Check:
    return groups.change_between_scores(p, (mean_pre, sd_pre), (mean_post, sd_post), n)


_CHECKS = (
    *(
        check
        for group, said in (("", ""), ("1", ", group 1"), ("2", ", group 2"))
        for check in (
            _Known(f"mean (GRIM){said}", (f"mean{group}", f"n{group}"), _grim, needs_items=True),
            _Known(
                f"mean and SD (GRIMMER){said}",
                (f"mean{group}", f"sd{group}", f"n{group}"),
                _grimmer,
                needs_items=True,
            ),
        )
    ),
    _Known("DEBIT", ("share", "sd", "n"), lambda share, sd, n, _: granularity.debit(share, sd, n)),
    _Known(
        "percentage of people", ("percent", "n"), lambda part, n, _: granularity.percentage(part, n)
    ),
    _Known("interval about its estimate", ("estimate", "ci_low", "ci_high"), _symmetry),
    _Known("p against its interval", ("p", "estimate", "ci_low", "ci_high"), _p_against_interval),
    _Known("p against its t", ("t", "df", "p"), _of_t),
    _Known("p of a difference of means", ("mean1", "sd1", "n1", "mean2", "sd2", "n2", "p"), _means),
    _Known("p of a difference of counts", ("events1", "n1", "events2", "n2", "p"), _counts),
    _Known("p of a change", ("mean_pre", "sd_pre", "mean_post", "sd_post", "n", "p"), _scores),
)
