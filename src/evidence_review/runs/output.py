"""Limits on the output of a notebook, and its streams as they look at the end."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

NOTEBOOK = (
    10_000_000  # characters of output that a notebook may have: a page of it opens in seconds
)
LINE = 1_000_000  # characters of a line, which a browser lays out at once
MESSAGE = 4 * NOTEBOOK  # bytes; a longer message is not read at all. Four bytes a character at most
EACH = 1000  # characters that any message counts for, however little it says
EACH_LINE = 10  # and a line besides its own
KEPT = 100_000  # characters that are kept of a cell that puts out too much


class TooMuchOutputError(RuntimeError):
    """A cell has more output than a page can hold; the message names the limit.

    Parameters
    ----------
    why
        The limit that was exceeded.
    cell
        Position of the cell, from 0.
    """

    def __init__(self, why: str, cell: int):
        super().__init__(f"{why}; print less, or write it to a file")
        self.cell = cell


class Bound:
    """Counts the output of one notebook."""

    def __init__(self) -> None:
        self._total = 0
        self._line: dict[str, int] = {}

    def exceeded(self, kind: str, content: Mapping[str, Any]) -> str:
        """Add a message to the count; returns the limit that is exceeded, or ''.

        Parameters
        ----------
        kind
            The type of a Jupyter message; one without output counts little.
        content
            Its content.
        """
        if kind not in ("execute_input", "status"):
            self._total += EACH + _size(content)
        if kind == "stream":
            self._total += EACH_LINE * content["text"].count("\n")
        if self._total > NOTEBOOK:
            pieces = NOTEBOOK // EACH
            return (
                f"more than {NOTEBOOK / 1e6:g} million characters of output, or {pieces:,} pieces"
            )
        if kind == "stream" and self._longest_line(content["name"], content["text"]) > LINE:
            return f"a line of more than {LINE / 1e6:g} million characters"
        return ""

    def _longest_line(self, stream: str, text: str) -> int:
        first, *others = text.replace("\r", "\n").split("\n")
        lengths = [self._line.get(stream, 0) + len(first), *map(len, others)]
        self._line[stream] = lengths[-1]
        return max(lengths)


def _size(value: object) -> int:
    """Characters of text in a JSON value."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(str(key)) + _size(part) for key, part in value.items())
    if isinstance(value, list | tuple):
        return sum(map(_size, value)) + len(value)
    return 8


def shortened(outputs: list) -> list:
    """The first outputs of a cell with too much output: enough to see what it is."""
    kept, total = [], 0
    for output in outputs:
        total += EACH + _size(output)
        if total > KEPT:
            if output.output_type == "stream":
                output.text = output.text[:KEPT]
                kept.append(output)
            break
        kept.append(output)
    return kept


def joined_streams(outputs: list) -> list:
    """The outputs of a cell with stdout and stderr joined to one piece each, stdout first.

    How the kernel cuts streams into messages, and their order, depends on timing. Text that a carriage
    return overwrites is left out, as on a terminal. (nbclient's `coalesce_streams` does the same in a time
    that grows with the square of a line's length.)
    """
    pieces: dict[str, list[str]] = {}
    joined = []
    for output in outputs:
        if output.output_type != "stream":
            joined.append(output)
        elif output.name in pieces:
            pieces[output.name].append(output.text)
        else:
            pieces[output.name] = [output.text]
            joined.append(output)
    for output in joined:
        if output.output_type == "stream":
            output.text = "\n".join(map(_overwritten, "".join(pieces[output.name]).split("\n")))
    names = [output.get("name") for output in joined]
    if ("stderr", "stdout") in pairwise(names):
        place = names.index("stderr")
        joined[place : place + 2] = joined[place + 1], joined[place]
    return joined


def _overwritten(line: str) -> str:
    """A line after its last carriage return; one at the end belongs to a Windows line end."""
    end = "\r" if line.endswith("\r") else ""
    return line.removesuffix("\r").rpartition("\r")[2] + end
