"""An exercise with its numbers: shared by all, or drawn for one student of a class.

A formula is an expression with the exercise's earlier numbers and the functions of `facts`. In texts it
is in braces: `{low}` or, with decimals, `{high - low:2}`. `draw(low, high)` is a uniform number,
`pick(a, b, c)` one of several values. Both depend only on class seed, student, exercise and the number's
name: not on order, other exercises or the version of Python.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from simpleeval import EvalWithCompoundTypes

from evidence_review import numbers as words
from evidence_review.course import misconceptions
from evidence_review.course.lessons import (
    CHOICE,
    NUMBER,
    TEXT,
    Exercise,
    LessonError,
)


@dataclass(frozen=True)
class Mistake:
    """A misconception in an exercise: its name, the wrong number, and the feedback on it."""

    name: str
    value: float
    says: str


@dataclass(frozen=True)
class Task:
    """An exercise with its numbers. answer: a number, one of the options, or '' for a text.

    margin: the largest right distance from the answer, in its unit. fill: replaces the formulas in a
    text of this exercise.
    """

    exercise: Exercise
    numbers: Mapping[str, Any]
    answer: float | str
    margin: float
    mistakes: tuple[Mistake, ...]
    fill: Callable[[str], str]

    @property
    def shown(self) -> str:
        """The answer for a teacher: numbers with four significant digits."""
        if isinstance(self.answer, str):
            return self.answer
        return f"{self.answer:.4g}"

    @property
    def because(self) -> str:
        """Feedback on the right answer."""
        text = self.exercise.because or self.exercise.options.get(str(self.answer), "")
        return self.fill(text)


def make_task(
    exercise: Exercise, functions: Mapping[str, Callable], *, student: str = "", seed: int = 0
) -> Task:
    """The exercise with its numbers; for a student, drawn so that no known mistake gives a right answer.

    Raises LessonError for a formula that cannot be computed, or an answer that is not an option.
    """
    where = f"exercise {exercise.id}"
    for attempt in range(100):
        numbers, decimals = _numbers(exercise, functions, (seed, student, exercise.id, attempt))
        answer, margin = "", 0.0
        if exercise.kind != TEXT:
            answer = evaluator(functions, numbers, where)(exercise.answer)
        if exercise.kind == CHOICE and answer not in exercise.options:
            raise LessonError(
                f"{where}: the answer is '{answer}', which is not one of its options; add it"
            )
        evaluate = evaluator(functions, {**numbers, "answer": answer}, where)
        filled = partial(fill, evaluate=evaluate, decimals=decimals)
        if exercise.kind == NUMBER:
            answer = float(answer)
            margin = _margin(exercise.tolerance, answer)
        mistakes = tuple(
            _mistake(name, about, evaluate, filled) for name, about in exercise.mistakes.items()
        )
        if not student or not any(
            abs(mistake.value - float(answer)) <= 2 * margin for mistake in mistakes
        ):
            return Task(exercise, numbers, answer, margin, mistakes, filled)
    raise LessonError(
        f"{where}: for student {student} a mistake always gives the right answer; "
        "let 'drawn' draw from a wider range"
    )


def fill(text: str, evaluate: Callable[[str], Any], decimals: Mapping[str, int]) -> str:
    """A text with every formula in braces replaced by its value, numbers with a true minus sign."""

    def shown(found: re.Match) -> str:
        formula, _, places = (part.strip() for part in found[1].partition(":"))
        value = evaluate(formula)
        if isinstance(value, str):
            return value
        digits = int(places) if places else decimals.get(formula)
        return f"{value:g}".replace("-", "−") if digits is None else words.number(value, digits)

    return re.sub(r"\{([^{}]+)\}", shown, text)


def evaluator(
    functions: Mapping[str, Callable], names: Mapping[str, Any], where: str
) -> Callable[[str], Any]:
    """A function that computes formulas; its LessonError begins with `where`."""
    engine = EvalWithCompoundTypes(functions=dict(functions), names=dict(names))
    engine.names |= {"True": True, "False": False, "None": None}

    def evaluate(formula: str) -> Any:
        try:
            return engine.eval(str(formula))
        except Exception as error:
            raise LessonError(f"{where}: cannot compute '{formula}': {error}") from error

    return evaluate


def _numbers(
    exercise: Exercise, functions: Mapping[str, Callable], key: tuple
) -> tuple[dict[str, Any], dict[str, int]]:
    """An exercise's numbers by name, and the decimals that are shown of them. key: seed, student, id, attempt."""
    where, drawn = f"exercise {exercise.id}", bool(key[1])
    numbers: dict[str, Any] = {}
    decimals: dict[str, int] = {}
    for name, about in exercise.numbers.items():
        uniform = _uniform(*key, name)
        draw = lambda low, high, uniform=uniform: low + (high - low) * uniform
        pick = lambda *those, uniform=uniform: those[int(len(those) * uniform)]
        formula = about.get("drawn", about["real"]) if drawn else about["real"]
        value = evaluator({**functions, "draw": draw, "pick": pick}, numbers, where)(formula)
        if "decimals" in about:
            decimals[name] = about["decimals"]
            value = round(float(value), about["decimals"] or None)
        numbers[name] = value
    return numbers, decimals


def _mistake(name: str, about, evaluate: Callable, filled: Callable) -> Mistake:
    if isinstance(about, Mapping):
        return Mistake(name, float(evaluate(about["value"])), filled(about["says"]))
    if name not in misconceptions.SAYS:
        raise LessonError(
            f"there is no misconception '{name}'; known are {', '.join(misconceptions.SAYS)}, "
            "or give 'value' and 'says'"
        )
    return Mistake(name, float(evaluate(about)), misconceptions.SAYS[name])


def _margin(tolerance: str | float, answer: float) -> float:
    if isinstance(tolerance, str):
        return float(tolerance.removesuffix("%")) / 100 * abs(answer)
    return float(tolerance)


def _uniform(*key) -> float:
    """A number from 0 up to 1 that depends only on the key."""
    digest = hashlib.sha256("/".join(map(str, key)).encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
