"""The rules that one row must keep, those that depend on rows of other tables included.

These are the data package's `rules` property, keys into other tables, the range and unit of a score's
instrument, the answers that a question allows, and the form of references and rules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import CodeType
from typing import NamedTuple

from evidence_review.records.columns import Rule, Value
from evidence_review.records.package import TABLES, PackageError
from evidence_review.records.references import CELLS
from evidence_review.records.spreadsheets import closest

Row = Mapping[str, Value]

SCORES = (
    *("mean", "median", "q1", "q3", "minimum", "maximum"),
    *("mean_first_period", "mean_second_period"),
)
SPREADS = (
    *("sd", "change_sd", "change_se", "difference_se"),
    *("sd_first_period", "sd_second_period"),
)
# Each result with its limits, from low to high.
CHANGE = ("change_ci_low", "change_mean", "change_ci_high")
DIFFERENCE = ("difference_ci_low", "difference", "difference_ci_high")
ESTIMATE = ("estimate_ci_low", "estimate", "estimate_ci_high")
# Extremes and quartiles of the changes in an arm, from low to high.
CHANGES = ("change_minimum", "change_q1", "change_median", "change_q3", "change_maximum")
_WITHIN_WIDTH = (*CHANGE, *CHANGES, *DIFFERENCE, *SPREADS)

# The unit of a count of what may happen to one person several times.
EVENTS = "events"
# Statistics that are not on the scale of their outcome, and their units.
OFF_SCALE = {
    **{"n_events": "people", "n_clusters": "groups", "n_first_period": "people"},
    **dict.fromkeys(("change_ci_level", "difference_ci_level", "estimate_ci_level"), "%"),
    **dict.fromkeys(("p_change", "p_difference", "p_omnibus"), "p"),
    **{"t_change": "t", "t_difference": "t", "f_difference": "F", "icc": "correlation"},
    **{"responders_percent": "%", "person_time": "person-years", "rank": "rank, 1 is best"},
}

# How many wrong keys get a suggestion: each is compared with every right key.
_SUGGESTIONS = 20


class Broken(NamedTuple):
    """A rule that a row breaks. column: the one or more to name; judged: all columns that it reads."""

    column: str
    message: str
    judged: str = ""


@dataclass(frozen=True)
class Target:
    """The rows that a key may point to, in one or more files: `known`, or None if a file cannot be read."""

    columns: tuple[str, ...]
    files: Sequence[str]
    known: frozenset[tuple] | None

    @cached_property
    def words(self) -> list[str]:
        return [", ".join(map(str, key)) for key in sorted(self.known or (), key=str)]

    @cached_property
    def stripped(self) -> set[str]:
        return {word.strip() for word in self.words}


# The parts that a formula may have: comparisons and arithmetic of a row's cells. No calls, attributes
# or powers, so that a rule in data from elsewhere can do no harm and always ends.
_ALLOWED = (
    *(ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare),
    *(ast.cmpop, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.IfExp),
    *(ast.Constant, ast.Name, ast.Load, ast.List, ast.Tuple),
)


def compiled(formula: str) -> CodeType:
    """A rule's formula as code.

    Raises
    ------
    PackageError
        For a rule that is not a formula, or has more than comparisons and arithmetic of cells.
    """
    try:
        tree = ast.parse(formula.strip(), mode="eval")
    except SyntaxError as error:
        raise PackageError(
            f"data/{TABLES}: the rule '{formula}' cannot be read: {error.msg}"
        ) from error
    odd = next((node for node in ast.walk(tree) if not isinstance(node, _ALLOWED)), None)
    if odd is not None:
        raise PackageError(
            f"data/{TABLES}: the rule '{formula}' holds a {type(odd).__name__.lower()}: only "
            "comparisons and arithmetic of a row's columns are allowed"
        )
    return compile(tree, TABLES, "eval")


class RowRules:
    """The rules of one table's rows.

    Parameters
    ----------
    table : str
        Its name.
    rules : sequence of Rule
        Its rules in the data package.
    shared : mapping
        Rows of the table that SHARED links it to, by the columns of the link.
    targets : sequence of Target
        The rows that its keys may point to.

    Raises
    ------
    PackageError
        For a rule that is not a formula.
    """

    def __init__(
        self,
        table: str,
        rules: Sequence[Rule],
        shared: Mapping[tuple, Mapping[str, str]],
        targets: Sequence[Target],
    ):
        # Formulas are compiled once: a table has many rows.
        self._rules = [(rule, compiled(rule.formula)) for rule in rules]
        self._cells = CELLS.get(table, {})
        self._link = SHARED.get(table)
        self._shared = shared
        self._targets = targets
        self._suggested = 0

    def broken(self, row: Row) -> Iterator[Broken]:
        """The rules that a row (its values by column) breaks."""
        names = dict(row)
        for rule, formula in self._rules:
            try:
                holds = eval(formula, {"__builtins__": {}}, names)
            except Exception:  # a cell of the wrong type: another message reports it
                continue
            if not holds:
                yield Broken(rule.column, rule.says, rule.formula)
        yield from self._dangling(row)
        for column, parse in self._cells.items():
            try:
                if row[column]:
                    parse(str(row[column]))
            except ValueError as error:
                yield Broken(column, str(error))
        if self._link:
            found = self._shared.get(tuple(row[column] for column in self._link.columns))
            yield from self._link.problems(row, found) if found else ()

    def _dangling(self, row: Row) -> Iterator[Broken]:
        """Keys that point to no row; the first where several share a column."""
        wrong: set[str] = set()
        for target in self._targets:
            key = tuple(row[column] for column in target.columns)
            if not any(key) or target.known is None or key in target.known:
                continue
            if not wrong & set(target.columns) and (message := self._does_not_exist(key, target)):
                yield Broken(", ".join(target.columns), message)
            wrong |= set(target.columns)

    def _does_not_exist(self, key: tuple, target: Target) -> str:
        """The message for a key that points to no row; '' if the fault is in the other table."""
        word = ", ".join(str(part or "") for part in key)
        if word in target.stripped:
            return ""  # a space too many in the other table, which is reported there
        self._suggested += 1
        meant = closest(word, target.words) if self._suggested <= _SUGGESTIONS else ""
        where = " or ".join(f"data/{file}" for file in target.files)
        return f"does not exist in {where}; " + (
            f"if you mean '{meant}', write it so" if meant else "add it there or correct it here"
        )


def _score_problems(row: Row, instrument: Mapping[str, str]) -> Iterable[Broken]:
    """A score outside its instrument's range or in another unit."""
    if row["value"] is None:
        return
    statistic, value, name = row["statistic"], float(str(row["value"])), row["instrument_id"]
    unit = instrument["unit"] or row["unit"]  # instruments.csv reports a missing unit itself
    if statistic in (*SCORES, *_WITHIN_WIDTH) and row["unit"] != unit:
        yield Broken("unit", f"{name} is measured in '{unit}'")
    try:
        low, high = float(instrument["minimum"]), float(instrument["maximum"])
    except ValueError:  # the range of this instrument is not known
        return
    if statistic in SCORES and not low <= value <= high:
        yield Broken("value", f"{name} runs from {low:g} to {high:g}")
    width = high - low
    if statistic in _WITHIN_WIDTH and abs(value) > width:
        yield Broken("value", f"{name} cannot change by more than {width:g}")


def _answer_problems(row: Row, question: Mapping[str, str]) -> Iterable[Broken]:
    """An answer that the question, or item, does not allow."""
    allowed = question["allowed"].split(" / ")
    if row["answer"] and allowed != [""] and row["answer"] not in allowed:
        number = question.get("question") or question["item"]
        message = f"{row['tool']} {number} ({question['wording']}) allows {question['allowed']}"
        yield Broken("answer", message)


class Link(NamedTuple):
    """A table of the reference class, the columns that point into it, and its rules for such a row."""

    table: str
    columns: tuple[str, ...]
    problems: Callable[[Row, Mapping[str, str]], Iterable[Broken]]


SHARED = {
    "statistics": Link("instruments", ("instrument_id",), _score_problems),
    "judgements": Link("bias_questions", ("tool", "question"), _answer_problems),
    "reporting": Link("standards", ("tool", "item"), _answer_problems),
}
