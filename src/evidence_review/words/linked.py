"""Sentences with numbers that are linked to a finding or to rows of the data.

Write a sentence as `Sentence(f"It fell by {linked('6.67', finding)}.")`: plain text with parts, of which
display makes links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from evidence_review.numbers import number
from evidence_review.records import RowId
from evidence_review.review.finding import Finding

# Marks around a number while its sentence is built: characters that no text uses.
_START, _WRITTEN, _END = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{_START}([^{_WRITTEN}]*){_WRITTEN}([^{_END}]*){_END}")


@dataclass(frozen=True)
class Part:
    """A piece of a sentence: its words, and the finding (by id) or the data rows behind them."""

    words: str
    finding: str = ""
    rows: tuple[RowId, ...] = ()


class Sentence(str):
    """Text, with the parts of it that rest on a finding or on rows.

    Parameters
    ----------
    words : str or iterable of Part
        Text in which `linked` has marked the numbers; a `Sentence`; or the parts from left to right.

    Examples
    --------
    >>> sentence = Sentence(f"It fell by {linked('6.67', 'trial.severity.change')}.")
    >>> print(sentence)
    It fell by 6.67.
    >>> sentence.parts[1].finding
    'trial.severity.change'
    """

    parts: tuple[Part, ...]

    def __new__(cls, words: str | Iterable[Part]):
        if isinstance(words, Sentence):
            parts = words.parts
        elif isinstance(words, str):
            first, *rest = _MARKED.split(words)
            threes = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
            marked = (part for one in threes for part in (Part(one[1], one[0]), Part(one[2])))
            parts = tuple(part for part in (Part(first), *marked) if part.words)
        else:
            parts = tuple(words)
        self = super().__new__(cls, "".join(part.words for part in parts))
        self.parts = parts
        return self


def linked(written: str, finding: Finding | str) -> str:
    """The words for a finding (or for the one with this id), marked for `Sentence`."""
    behind = finding if isinstance(finding, str) else finding.id
    return f"{_START}{behind}{_WRITTEN}{written}{_END}"


def linked_ends(finding: Finding, digits: int) -> tuple[str, str]:
    """Both ends of a finding's interval, marked for `Sentence`."""
    low, high = finding.sampling.low, finding.sampling.high
    return linked(number(low, digits), finding), linked(number(high, digits), finding)
