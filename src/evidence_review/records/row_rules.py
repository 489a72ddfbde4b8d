"""The rules of a row, as one Frictionless check.

The package's own `rules` property, keys into other tables, the range and unit
of a score's instrument, the answers that a question allows, and the form of references and rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evidence_review.records.package import TABLES, PackageError
from evidence_review.records.references import CELLS
from evidence_review.records.spreadsheets import closest

SCORES = ("mean", "median", "q1", "q3")
CHANGES = ("change_mean", "change_median", "change_ci_low", "change_ci_high")
DIFFERENCES = ("difference", "difference_ci_low", "difference_ci_high")
SPREADS = ("sd", "change_sd", "change_se")

# What a row is checked against beyond its own table: a table kept with the reference class, and the
# columns by which the row points into it.
SHARED = {
    "statistics": ("instruments", ("instrument_id",)),
    "judgements": ("bias_questions", ("tool", "question")),
    "reporting": ("standards", ("tool", "item")),
}


class Target(NamedTuple):
    """What a key may point to, in any of some tables: `known`, or None if that cannot be told."""

    fields: tuple[str, ...]
    files: Sequence[str]
    known: set[tuple] | None


def _does_not_exist(key: tuple, target: Target) -> str:
    """What the person reads whose row points to nothing; '' if that is no fault of the row."""
    words = [
        ", ".join(str(part or "") for part in one) for one in (key, *sorted(target.known, key=str))
    ]
    if words[0] in (word.strip() for word in words[1:]):
        return ""  # the other row has a space too many, which is reported there
    meant = closest(words[0], words[1:])
    where = " or ".join(f"data/{file}" for file in target.files)
    return f"does not exist in {where}; " + (
        f"if you mean '{meant}', write it so" if meant else "add it there or correct it here"
    )


def row_check(rules: list[dict], table: str, shared: dict[tuple, dict], targets: list[Target]):
    """The check of a table's rows. Raises PackageError for a rule that is no formula."""
    import frictionless
    import simpleeval

    evaluator = simpleeval.EvalWithCompoundTypes()  # one, and formulas read once: rows are many
    parsed = [(rule, _parsed(evaluator, rule["formula"])) for rule in rules]

    def violated(row, column, note, formula=""):
        error = frictionless.errors.RowConstraintError.from_row(row, note=note)
        error.rule_column, error.rule_formula = column, formula
        return error

    class RowRules(frictionless.Check):
        """The rules of a row, and what the row that it points to in another table asks of it."""

        type = "row-rules"
        Errors = [frictionless.errors.RowConstraintError]  # noqa: RUF012 (the library's name)

        def validate_row(self, row):
            evaluator.names = named = dict(row)
            for rule, formula in parsed:
                try:
                    holds = evaluator.eval(rule["formula"], formula)
                except (
                    Exception
                ):  # a cell of the wrong type or a missing column: reported on its own
                    continue
                if not holds:
                    yield violated(row, rule.get("column", ""), rule["says"], rule["formula"])
            wrong: set[str] = set()
            for target in targets:
                key = tuple(named.get(field) for field in target.fields)
                if not any(key) or target.known is None or key in target.known:
                    continue
                if not wrong & set(target.fields) and (message := _does_not_exist(key, target)):
                    yield violated(row, ", ".join(target.fields), message)
                wrong |= set(target.fields)
            for column, parse in CELLS.get(table, {}).items():
                try:
                    if named.get(column):
                        parse(named[column])
                except ValueError as error:
                    yield violated(row, column, str(error))
            if table in SHARED:
                found = shared.get(tuple(named.get(column) for column in SHARED[table][1]))
                for column, note in _PROBLEMS[table](named, found) if found else ():
                    yield violated(row, column, note)

    return RowRules()


def _parsed(evaluator, formula: str):
    try:
        return evaluator.parse(formula)
    except SyntaxError as error:
        raise PackageError(
            f"data/{TABLES}: the rule '{formula}' cannot be read: {error.msg}"
        ) from error


def _score_problems(row: dict, instrument: dict) -> Iterable[tuple[str, str]]:
    """Column and message for a score outside its instrument's range or in another unit."""
    if row.get("value") is None:
        return
    statistic, value, name = row["statistic"], float(row["value"]), row["instrument_id"]
    scored = SCORES + CHANGES + DIFFERENCES + SPREADS
    if statistic in scored and row["unit"] != instrument["unit"]:
        yield "unit", f"{name} is measured in '{instrument['unit']}'"
    try:
        low, high = float(instrument["minimum"]), float(instrument["maximum"])
    except ValueError:  # the range of this instrument is not known
        return
    if statistic in SCORES and not low <= value <= high:
        yield "value", f"{name} runs from {low:g} to {high:g}"
    width = high - low
    if statistic in CHANGES + DIFFERENCES + SPREADS and abs(value) > width:
        yield "value", f"{name} cannot change by more than {width:g}"


def _answer_problems(row: dict, question: dict) -> Iterable[tuple[str, str]]:
    """Column and message for an answer that the question, or item, does not allow."""
    if row.get("answer") and row["answer"] not in question["allowed"].split(" / "):
        number = question.get("question") or question["item"]
        yield (
            "answer",
            f"{row['tool']} {number} ({question['wording']}) allows {question['allowed']}",
        )


_PROBLEMS = {
    "statistics": _score_problems,
    "judgements": _answer_problems,
    "reporting": _answer_problems,
}
