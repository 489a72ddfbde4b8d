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


_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "×": "*", "·": "*", "÷": "/"}
)
_UNIT = r"%|/?\s*[a-zµ][\w /.]*"
_NUMBER = re.compile(rf"([-+]?\s*(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?)\s*({_UNIT})?\.?", re.I)
# What may stand before a number and changes nothing: 'about', 'SE:', 'the lower limit is', 'a change of'.
_BEFORE = re.compile(
    r"(?:[=≈~]|(?:about|approximately|approx\.?|roughly|around|circa|ca?\.)(?=\s)|a change of\b"
    r"|(?!.*\b(?:no|not|nor|never|nobody|whether|if)\b)[a-z][a-z ]{0,40}(?:\s*:|\b(?:is|are)\b))\s*",
    re.I,
)
# A remark in brackets after the answer.
_REMARK = re.compile(r"(?<=[\w%.])\s+\([^()]*\)$")
_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_COUNTS = {word: number for number, word in enumerate(_ONES)}
_COUNTS |= {
    f"{ten}{mark}{one}" if one else ten: 10 * (place + 2) + number
    for place, ten in enumerate(_TENS)
    for number, one in enumerate(["", *_ONES[1:10]])
    for mark in "- "
}
_COUNT = re.compile(rf"({'|'.join(sorted(_COUNTS, key=len, reverse=True))})\b", re.I)


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
    # Of a line of sums, as in '75 / 3 = 25', the result counts.
    text = _plain_number(re.split(r"(?<![<>!=])=(?!=)", given.translate(_SIGNS))[-1])
    if found := _NUMBER.fullmatch(text):
        value = float(found[1].replace(" ", "").replace(",", "."))
        return value * _factor(found[2] or "", unit)
    sum_, named = text, re.search(rf"(?<=[\d)])\s*({_UNIT})$", text, re.I)
    if named and _is_unit(named[1], unit):
        sum_ = text[: named.start()]
    return _calculated(sum_)


def _plain_number(text: str) -> str:
    """Without what changes nothing before a number; numbers and signs in words as digits and signs."""
    text = _REMARK.sub("", text.strip())
    while found := _BEFORE.match(text):
        text = text[found.end() :]
    text = re.sub(r"minus\s+", "-", text, flags=re.I)
    sign, bare = ("-", text[1:].lstrip()) if text.startswith("-") else ("", text)
    if found := _COUNT.match(bare):
        text = f"{sign}{_COUNTS[found[1].lower()]}{bare[found.end() :]}"
    return re.sub(r"(?<=[\d)])\s*x\s*(?=[\d(√s])", "*", text, flags=re.I)


def _factor(named: str, unit: str) -> float:
    """What a number in the named unit is multiplied by to be in `unit`. Raises UnreadableError."""
    name = named.lower().strip(" .")
    if name in _PERCENT and unit == "share":
        return 0.01
    if (name, unit) == ("g", "mg"):
        return 1000
    if not _is_unit(name, unit):
        asked = f"in {unit}" if unit else "as a number without a unit"
        raise UnreadableError(f"The question asks for it {asked}; this is in '{named}'.")
    return 1


def _is_unit(named: str, unit: str) -> bool:
    """Whether a word is the unit that is asked for, or the beginning of its name."""
    name = named.lower().strip(" .")
    beginning = " ".join(unit.lower().split()[: len(name.split())])
    return name in (beginning, singular(beginning), *_SAME_UNIT.get(unit, ()))


_PERCENT = ("%", "percent", "per cent", "in 100", "of 100", "out of 100")
_GROUPS = (
    "each",
    "per arm",
    "per group",
    "in each arm",
    "in each group",
    "in a group",
    "in one group",
)
_SAME_UNIT = {
    "people": (
        *_GROUPS,
        *(
            who + which
            for who in ("people", "persons", "patients", "participants")
            for which in ("", *(f" {group}" for group in _GROUPS))
        ),
    ),
    "%": _PERCENT,
    # Not 'points better' nor 'down': there the sign would have to turn.
    "points": ("pt", "pts", "points worse", "points above"),
    "levels": ("level down", "levels down"),
    "mg": ("milligram", "milligrams"),
    "SD": ("sds", "standard deviations"),
    "movements an hour": ("/h", "per hour", "movements per hour", "movements/h", "movements/hour"),
}


def _calculated(text: str) -> float:
    from simpleeval import SimpleEval

    formula = re.sub(r"(?<=\d),(?=\d)", ".", text)
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
