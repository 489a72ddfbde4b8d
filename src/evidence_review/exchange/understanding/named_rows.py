"""Find the header of a table, and return its rows of studies by column name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evidence_review.exchange.column_meanings import Vocabulary, meaning
from evidence_review.exchange.sheets import Grid, Row, filled
from evidence_review.exchange.understanding.parts import Notes, Wishes
from evidence_review.records.spreadsheets import letters


@dataclass(frozen=True)
class NamedRows:
    """The rows of studies in a table, with its columns by name.

    Parameters
    ----------
    headings : mapping
        Headings above the columns, by the column's name (with its letter if two names are the same).
    rows : tuple of (int, dict)
        Number of the row in the file, and cells by column name.
    decimal_comma : bool
        Whether the file writes decimals with a comma.
    """

    headings: Mapping[str, str]
    rows: tuple[tuple[int, dict[str, str]], ...]
    decimal_comma: bool

    @property
    def names(self) -> list[str]:
        return list(self.headings)

    @property
    def is_revman(self) -> bool:
        """Whether these are RevMan's data rows."""
        return {"Study", "Experimental N", "Control N"} <= set(self.headings)

    def column(self, name: str) -> str:
        """The column with this name or letter; '' if there is none."""
        return _column(self.names, name)


def named_rows(grid: Grid, words: Vocabulary, wishes: Wishes, notes: Notes) -> NamedRows:
    """The rows of studies in a grid, by column name, wherever the header is."""
    headings, below = _header(grid.rows, words, notes)
    rows = _body(below, list(headings), wishes, notes)
    commas = _has_decimal_commas(rows)
    if commas:
        notes.how.append("decimals with a comma")
    return NamedRows(headings, tuple(rows), commas)


def _header(
    rows: Sequence[Row], words: Vocabulary, notes: Notes
) -> tuple[dict[str, str], list[Row]]:
    """Names of the columns, from one row or two anywhere near the top, and the rows below."""
    known = lambda cells: sum(meaning(name, words) is not None for name in cells)
    first = [(place, cells) for place, (_, cells) in enumerate(rows[:20]) if filled(cells)]
    place, cells = max(first, key=lambda one: (known(one[1]), -one[0]))
    if place + 1 < len(rows) and _names_again(cells, rows[place + 1][1]):
        place, cells = place + 1, rows[place + 1][1]
    above = rows[place - 1][1] if place else []
    names = [" ".join(cell.split()) for cell in cells]
    if filled(above[1:]):
        whole = [" ".join(f"{over} {name}".split()) for over, name in _under(above, names)]
        if known(whole) >= known(names):
            names = whole
            above = []
    for number, over in rows[:place]:
        if filled(over) and not (over is rows[place - 1][1] and not above):
            text = " ".join(word.strip() for word in over if word.strip())
            notes.left_out.append(f"row {number}, above the names of the columns: {text}")
    body = rows[place + 1 :]
    while names and not names[-1] and not any(filled(row[len(names) - 1 :]) for _, row in body):
        names.pop()
    counts = Counter(names)
    headings = {}
    for at, name in enumerate(names):
        distinct = f"{name} ({letters(at)})".strip() if counts[name] > 1 or not name else name
        headings[distinct] = name
    return headings, list(body)


def _names_again(cells: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the row below has names too, under cells that span several columns."""
    under_empty = any(
        cell.strip() and not (place < len(cells) and cells[place].strip())
        for place, cell in enumerate(below)
    )
    names_a_study = bool(below and below[0].strip())
    return under_empty and not names_a_study and not any(re.search(r"\d", cell) for cell in below)


def _body(
    rows: Iterable[Row], names: list[str], wishes: Wishes, notes: Notes
) -> list[tuple[int, dict[str, str]]]:
    """The rows of studies, by column."""
    out, empty = [], []
    wanted = {_column(names, name): word for name, word in wishes.only.items()}
    for number, cells in rows:
        if not filled(cells):
            empty.append(number)
            continue
        if filled(cells[len(names) :]):
            notes.problems.append((number, "the row has more cells than the header"))
            continue
        whole = [*cells, *[""] * (len(names) - len(cells))]
        row = {name: " ".join(cell.split()) for name, cell in zip(names, whole, strict=False)}
        if [cell.casefold() for cell in row.values()] == [name.casefold() for name in names]:
            notes.left_out.append(f"row {number}: the names of the columns again")
        elif any(row.get(name, "") != word for name, word in wanted.items()):
            continue
        else:
            out.append((number, row))
    if empty:
        notes.left_out.append(f"{'rows' if len(empty) > 1 else 'row'} {_listed(empty)}: empty")
    absent = [n for n in (*wishes.columns.values(), *wishes.only) if not _column(names, n)]
    if absent or not out:
        wrong = f"there is no column {', '.join(absent)}" if absent else "no row is left to take"
        notes.problems.append((0, f"{wrong}; the file's columns are {', '.join(names)}"))
    return out


def _column(names: Sequence[str], name: str) -> str:
    """The column with this name or letter; '' if there is none."""
    plain = {one.casefold(): one for one in reversed(names)}
    if name.casefold() in plain:
        return plain[name.casefold()]
    at = {letters(place): one for place, one in enumerate(names)}
    return at.get(name, "")


def _has_decimal_commas(rows: Iterable[tuple[int, dict[str, str]]]) -> bool:
    cells = [cell for _, row in rows for cell in row.values()]
    commas = any(re.search(r"(?<!\d)\d+,(\d{1,2}|\d{4,})(?!\d)", cell) for cell in cells)
    points = any(re.search(r"(?<!\d)\d*\.\d+(?!\d)", cell) for cell in cells)
    return commas and not points


def _under(above: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each name with the heading above it, which spans the empty cells to its right."""
    over = ""
    for place, name in enumerate(names):
        over = (
            " ".join(above[place].split()) if place < len(above) and above[place].strip() else over
        )
        yield over, name


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:8]))
    return shown + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")
