"""Read a typed answer as a number or a word, in any reasonable spelling.

A number may be of any library, a text with a unit, a decimal comma, a percent sign or a true minus, or a
calculation in text. A word may have any case, and other words around it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from math import isfinite, sqrt
from typing import Any

import numpy as np

from evidence_review.numbers import singular


class UnansweredError(ValueError):
    """There is no answer yet."""


class UnreadableError(ValueError):
    """The answer cannot be read; the message says how to write it."""


# Most characters of an answer that must be one number.
_LONGEST = 400
_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "×": "*", "·": "*", "÷": "/"}
)
_UNIT = r"%(?:\s+(?:of|in)\b[a-z ]*)?|/?\s*[a-zµ][\w /.]*"
_NUMBER = re.compile(rf"([-+]?\s*(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?)\s*({_UNIT})?\.?", re.I)
# Words before a number that do not change it: 'about', 'SE:', 'the lower limit is', 'a change of'.
_BEFORE = re.compile(
    r"(?:[=≈~]|(?:about|approximately|approx\.?|roughly|around|circa|ca?\.)(?=\s)|(?:se|sd)\s+(?=[-+.\d])"
    r"|(?:an? |the )?(?:change|share|mean|sum|se|sd|standard (?:error|deviation)) of\b"
    r"|(?!.*\b(?:no|not|nor|never|nobody|whether|if)\b)[a-z][a-z ]{0,40}(?:\s*:|\b(?:is|are)\b))\s*",
    re.I,
)
# Signs and words before the result of a calculation: '75 / 3 = 25', '16 of 28, so 57%', 'it is 25'.
_RESULT = re.compile(r"(?<![<>!=])=(?!=)|≈")
_RESULT_IN_WORDS = re.compile(r"\b(?:is|so|makes|gives)\b", re.I)
_TAKEN_BACK = re.compile(r"\b(?:no|not|nor|or|and|never|nobody|whether|if)\b", re.I)
# A remark after the answer: in brackets, or after a comma and without another number.
_REMARK = re.compile(r"(?<=[\w%.])\s+\([^()]*\)$|(?<=[\w%.)])[,;]\s+[^\d]+$")
_IN_WORDS = (
    (re.compile(r"\b(?:minus|negative)\s+(?=[\w.(√])", re.I), "-"),
    (re.compile(r"\bplus\s+(?=[\w.(√])", re.I), "+"),
    (re.compile(r"(?<=[\d)])(?:\s*x\s*|\s+(?:times|multiplied by)\s+)(?=[\d(√s])", re.I), "*"),
    (re.compile(r"(?<=[\d)])\s+(?:divided by|over|:)\s+(?=[\d(√s])", re.I), "/"),
)
# Words after a unit that do not change it: 'points on the scale', 'mg of salt', 'mg salt', 'SD units'.
_FURTHER = re.compile(
    r"\s*\b(?:of|in|on|for|per|among|above|worse|units?)\b[a-z ]*$|(?<=mg) [a-z]+$"
)
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
_HOW_MANY = re.compile(rf"{_COUNT.pattern}|\b(?:both|together)\b", re.I)


def is_unanswered(given: Any) -> bool:
    """Whether the answer is still the three dots, nothing, or empty text."""
    return given is ... or given is None or (isinstance(given, str) and not given.strip(" .\n\t…"))


def read_number(given: Any, unit: str = "") -> float:
    """The given number in `unit`; a percentage becomes a share if `unit` is 'share'.

    Raises UnansweredError, or UnreadableError for what is not one finite number in this unit.
    """
    if is_unanswered(given):
        raise UnansweredError
    if isinstance(given, str):
        value = _from_text(given, unit)
    elif isinstance(given, tuple) and len(given) == 2:
        raise UnreadableError(
            "These are two numbers; give one. If the comma is a decimal comma, write a decimal point, or "
            "put the answer in quotes."
        )
    elif callable(given):
        raise UnreadableError("This is a function, not its result. Are brackets missing after it?")
    else:
        value = _from_object(given)
    if not isfinite(value):
        raise UnreadableError("This is not a finite number. Did you divide by zero?")
    return value


def _from_object(given: Any) -> float:
    # Results of this package and of some others have their number as `value`.
    try:
        found = np.asarray(getattr(given, "value", given))
        if found.dtype != bool and found.size == 1:
            return float(found.reshape(()).item())
    except (OverflowError, TypeError, ValueError):
        pass
    raise UnreadableError("Give one number, such as 1.5.")


def _from_text(given: str, unit: str) -> float:
    if len(given) > _LONGEST:
        raise UnreadableError(
            "This is too long for one number. Write only the number, or its calculation."
        )
    text = _plain_number(_result(given.translate(_SIGNS).strip().rstrip("!")))
    if found := _NUMBER.fullmatch(text):
        value = float(found[1].replace(" ", "").replace(",", "."))
        return value * _factor(found[2] or "", unit)
    sum_, named = text, re.search(rf"(?<=[\d)])\s*({_UNIT})$", text, re.I)
    if named and _is_unit(named[1], unit):
        sum_ = text[: named.start()]
    return _calculated(sum_)


def _result(text: str) -> str:
    """The result in a line of calculations, unless the line revises an earlier number."""
    text = re.sub(r"['’]s\b", " is", _RESULT.split(text)[-1])
    return text if _TAKEN_BACK.search(text) else _RESULT_IN_WORDS.split(text)[-1]


def _plain_number(text: str) -> str:
    """The text without words before the number; number words as digits, sign words as signs."""
    text = text.strip()
    if (remark := _REMARK.search(text)) and not _TAKEN_BACK.search(remark[0].partition("(")[0]):
        text = text[: remark.start()]
    while found := _BEFORE.match(text):
        text = text[found.end() :]
    for words, sign in _IN_WORDS:
        text = words.sub(sign, text)
    sign, bare = ("-", text[1:].lstrip()) if text.startswith("-") else ("", text)
    if found := _COUNT.match(bare):
        text = f"{sign}{_COUNTS[found[1].lower()]}{bare[found.end() :]}"
    return text


def _factor(named: str, unit: str) -> float:
    """The factor from the named unit to `unit`. Raises UnreadableError for another unit."""
    if not named:
        return 1
    for name in _names(named):
        if name in _PERCENT and unit == "share":
            return 0.01
        if (name, unit) == ("g", "mg"):
            return 1000
        if _means(name, unit):
            return 1
    asked = f"in {unit}" if unit else "as a number without a unit"
    raise UnreadableError(f"Give the answer {asked}; this is in '{named}'.")


def _is_unit(named: str, unit: str) -> bool:
    """Whether words are `unit`, or the beginning of its name."""
    return any(_means(name, unit) for name in _names(named))


def _names(named: str) -> list[str]:
    """The unit as named, and its name without further words, unless these name a number."""
    name = named.lower().strip(" .")
    further = _FURTHER.search(name)
    if not further or _TAKEN_BACK.search(further[0]) or _HOW_MANY.search(further[0]):
        return [name]
    return [name, name[: further.start()].strip()]


def _means(name: str, unit: str) -> bool:
    if not name:  # '57 of the arms' is not 57%
        return unit != "%"
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
    # 'points better' and 'down' are not units: they would turn the sign.
    "points": ("pt", "pts", "points worse", "points above"),
    "levels": ("level down", "levels down"),
    "mg": ("milligram", "milligrams"),
    "SD": ("sds", "standard deviations"),
    "movements an hour": ("/h", "per hour", "movements per hour", "movements/h", "movements/hour"),
}


def _calculated(text: str) -> float:
    from simpleeval import DEFAULT_OPERATORS, SimpleEval

    # With floats: a power of whole numbers may have too many digits to compute.
    operators = DEFAULT_OPERATORS | {ast.Pow: lambda base, power: float(base) ** power}
    # A sentence, though Python computes with these words.
    if re.search(r"\b(?:and|or|not|if|in|is)\b", text):
        text = ""
    formula = re.sub(r"(?<=\d),(?=\d)", ".", text)
    formula = formula.replace("^", "**").replace("²", "**2")
    formula = re.sub(r"√\s*(\d+(?:\.\d+)?)", r"sqrt(\1)", formula).replace("√", "sqrt")
    try:
        return _from_object(SimpleEval(operators, {"sqrt": sqrt, "abs": abs}).eval(formula))
    except Exception:
        raise UnreadableError(
            "This could not be read as one number. Write it like 1.5, or '1.5 points', or as a "
            "calculation such as (8 - 2) / 3."
        ) from None


def read_word(
    given: Any, options: Iterable[str], also: Mapping[str, Iterable[str]] | None = None
) -> str:
    """The option that the answer names, in any spelling. also: other words for an option.

    Raises UnansweredError, or UnreadableError if it names none or several of the options.
    """
    if is_unanswered(given):
        raise UnansweredError
    options = list(options)
    means = {_plain(option): option for option in options}
    means |= {_plain(word): option for option, others in (also or {}).items() for word in others}
    if option := means.get(_plain(given)):
        return option
    found, denied = _named_in(given, means)
    # A reason after the answer may deny, too: 'unverified (no source)', 'high, nothing says not'.
    if denied:
        answer, *reason = re.split(r"[(,;:]", str(given), maxsplit=1)
        first, denied = _named_in(answer, means)
        denied = denied or not _named_in("".join(reason), means)[0] <= first
    if len(found) != 1 or denied:
        raise UnreadableError(f"Give one of: {', '.join(options)}.")
    return found.pop()


def _named_in(given: Any, means: Mapping[str, str]) -> tuple[set[str], bool]:
    """The options that words name, and whether there is a negation with them."""
    words, found = _plain(given), set()
    # The longest first, so that 'very low' is not also read as 'low'.
    for word in sorted(means, key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(word)}(?!\w)"
        if re.search(pattern, words):
            found.add(means[word])
            words = re.sub(pattern, " ", words)
    return found, bool(re.search(r"\b(not|no|never)\b", words))


def _plain(given: Any) -> str:
    return " ".join(re.findall(r"\d+[.,]\d+|\w+|%", str(given).lower().replace("_", " ")))
