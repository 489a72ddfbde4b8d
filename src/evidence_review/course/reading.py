"""What a person typed, as a number or a word: any right way to write it is right.

Numbers may come as numbers of any library, as text with a unit, a decimal comma, a percent sign or a
true minus, or as a calculation in text. Words may have any case, and others around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import isfinite, sqrt
from typing import Any

import numpy as np

from evidence_review.numbers import singular


class UnansweredError(ValueError):
    """Nothing has been answered yet."""


class UnreadableError(ValueError):
    """The answer cannot be read; the message says how to write it."""


_SIGNS = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "×": "*", "·": "*"})
_NUMBER = re.compile(
    r"(?:=|≈|~|about\b|approximately\b|ca?\.)?\s*([-+]?\s*(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?)\s*"
    r"(%|[a-zµ][\w /.]*)?\.?",
    re.I,
)


def is_unanswered(given: Any) -> bool:
    """Whether the three dots, nothing, or empty text stand there still."""
    return given is ... or given is None or (isinstance(given, str) and not given.strip(" .\n\t…"))


def read_number(given: Any, unit: str = "") -> float:
    """The number that was given, in `unit`; a percentage becomes a share where `unit` is 'share'.

    Raises UnansweredError, or UnreadableError for what is not one finite number in this unit.
    """
    if is_unanswered(given):
        raise UnansweredError
    if isinstance(given, str):
        value = _from_text(given, unit)
    elif isinstance(given, tuple) and len(given) == 2:
        raise UnreadableError(
            "These are two numbers; one is asked for. If the comma is a decimal comma, write a decimal "
            "point, or put the answer in quotes."
        )
    elif callable(given):
        raise UnreadableError("This is a function, not its result. Are brackets missing after it?")
    else:
        value = _from_object(given)
    if not isfinite(value):
        raise UnreadableError("This is not a finite number. Was something divided by zero?")
    return value


def _from_object(given: Any) -> float:
    # A result of this package carries its number as `value`; so does a share of others.
    try:
        found = np.asarray(getattr(given, "value", given))
        if found.dtype != bool and found.size == 1:
            return float(found.reshape(()).item())
    except (OverflowError, TypeError, ValueError):
        pass
    raise UnreadableError("One number is asked for.")


def _from_text(given: str, unit: str) -> float:
    text = given.translate(_SIGNS).strip()
    if text.lower() in _COUNTS:
        return float(_COUNTS.index(text.lower()))
    if found := _NUMBER.fullmatch(text):
        value = float(found[1].replace(" ", "").replace(",", "."))
        named = (found[2] or "").lower().strip(" .")
        if named in ("%", "percent", "per cent") and unit == "share":
            return value / 100
        beginning = " ".join(unit.lower().split()[: len(named.split())])
        if named not in (beginning, singular(beginning), *_SAME_UNIT.get(unit, ())):
            asked = f"in {unit}" if unit else "as a number without a unit"
            raise UnreadableError(f"The question asks for it {asked}; this is in '{found[2]}'.")
        return value
    return _calculated(text)


_COUNTS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]

_SAME_UNIT = {
    "people": ("persons", "patients", "participants", "people each", "people per group"),
    "%": ("percent", "per cent"),
    "points": ("pt", "pts"),
    "mg": ("milligram", "milligrams"),
    "SD": ("sds", "standard deviations"),
}


def _calculated(text: str) -> float:
    from simpleeval import SimpleEval

    formula = re.sub(r"(?<=\d),(?=\d)", ".", text.lstrip("= "))
    formula = formula.replace("^", "**").replace("²", "**2")
    formula = re.sub(r"√\s*(\d+(?:\.\d+)?)", r"sqrt(\1)", formula).replace("√", "sqrt")
    try:
        return _from_object(SimpleEval(functions={"sqrt": sqrt, "abs": abs}).eval(formula))
    except Exception:
        raise UnreadableError(
            "This could not be read as one number. Write it like 1.5, or '1.5 points', or as a "
            "calculation."
        ) from None


def read_word(
    given: Any, options: Iterable[str], also: Mapping[str, Iterable[str]] | None = None
) -> str:
    """The option that was given, however it is written. also: other words for an option.

    Raises UnansweredError, or UnreadableError where none or several of the options are named.
    """
    if is_unanswered(given):
        raise UnansweredError
    options, words, found = list(options), _plain(given), set()
    means = {option: option for option in options}
    means |= {str(word): option for option, others in (also or {}).items() for word in others}
    for word, option in means.items():
        if words == _plain(word):
            return option
    # The longest first, so that 'very low' is not also read as 'low'.
    for word in sorted(means, key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(_plain(word))}(?!\w)"
        if re.search(pattern, words):
            found.add(means[word])
            words = re.sub(pattern, " ", words)
    if len(found) != 1 or re.search(r"\b(not|no|never)\b", words):
        raise UnreadableError(f"Give one of: {', '.join(options)}.")
    return found.pop()


def _plain(given: Any) -> str:
    return " ".join(re.findall(r"\d+[.,]\d+|\w+|%", str(given).lower().replace("_", " ")))
