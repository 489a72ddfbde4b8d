"""Sentences with numbers that are linked to a finding or to rows of the data.

Write a sentence with `linked` around each number and `told` around the whole. The result is plain text
with parts, of which display makes links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

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
    parts : iterable of Part
        From left to right; together they are the text.

    Examples
    --------
    >>> sentence = Sentence([Part("It fell by "), Part("6.67", "trial.severity.change"), Part(".")])
    >>> print(sentence)
    It fell by 6.67.
    >>> sentence.parts[1].finding
    'trial.severity.change'
    """

    parts: tuple[Part, ...]

    def __new__(cls, parts: Iterable[Part]):
        parts = tuple(parts)
        self = super().__new__(cls, "".join(part.words for part in parts))
        self.parts = parts
        return self


def linked(written: str, finding: Finding | str) -> str:
    """The words for a finding (or for the one with this id), marked for `told`."""
    behind = finding if isinstance(finding, str) else finding.id
    return f"{_START}{behind}{_WRITTEN}{written}{_END}"


def told(words: str) -> Sentence:
    """A `Sentence` from a text with the marks of `linked` and `from_rows`.

    Examples
    --------
    >>> told(f"It fell by {linked('6.67', 'trial.severity.change')}.")
    'It fell by 6.67.'
    """
    parts, at = [], 0
    for found in _MARKED.finditer(words):
        parts += [Part(words[at : found.start()]), Part(found[2], found[1])]
        at = found.end()
    return Sentence(part for part in (*parts, Part(words[at:])) if part.words)


def from_rows(written: str, rows: Iterable[RowId]) -> Sentence:
    """The words for these data rows, marked for `told`."""
    return Sentence([Part(written, rows=tuple(rows))])


def parts_of(words: str) -> tuple[Part, ...]:
    """The parts of a text; a plain text is one part."""
    return words.parts if isinstance(words, Sentence) else (Part(words),)
