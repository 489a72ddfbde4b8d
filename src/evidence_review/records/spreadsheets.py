"""What goes wrong between a spreadsheet and a CSV file, and how a person mends it.

Bytes, headers and cells in, problems out. Nothing here knows what a table means.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
SAVE_AS = "save it as 'CSV UTF-8' in your spreadsheet"
NO_CHARACTER = (
    "the file is damaged here: this byte is in no text; write the row again, or take it from a copy"
)
# Characters of a cell. Python's own limit is that of a process, and some libraries raise it.
LONGEST = 131_072
OPEN_QUOTE = (
    "a double quote here is not closed, or is inside a cell that is not quoted; put the "
    'whole cell in double quotes, and write a quote inside it twice (""); or a cell here has more '
    f"than {LONGEST:,} characters: shorten it"
)

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx and ods are zip archives, xls is OLE
_EDGE_SPACE = re.compile(r"^[\s\u200b\ufeff]|[\s\u200b\ufeff]$")
_ODD_SPACE = re.compile(r"[\u00a0\u2000-\u200b\u202f\ufeff]")
_FORMULA = re.compile(r"=[A-Za-z0-9$(+-]|#(REF!|DIV/0!|NAME\?|VALUE!|N/A|NUM!|NULL!|#)")
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
NOTHING = {
    *("", "-", "--", ".", "?", "na", "n/a", "n.a.", "nan", "nil", "none", "null", "nr", "ns"),
    *("inf", "-inf", "missing", "unknown", "not reported", "not stated"),
}
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"\d{{1,4}}[-/. ]{_MONTH}([-/. ]\d{{2,4}})?|{_MONTH}[-/. ]\d{{1,4}}|\d{{1,2}}/\d{{1,2}}(/\d{{2,4}})?"
    r"|\d{1,2}\.\d{1,2}\.\d{2,4}|\d{4}-\d{2}-\d{2}([ T].*)?",
    re.I,
)


class Problem(NamedTuple):
    """One thing wrong in a file. `row` is the number in a spreadsheet (the header is row 1)."""

    row: int
    column: str
    value: str
    message: str


class File(NamedTuple):
    """A CSV file: the problem that makes it unreadable, if any, or its header and rows.

    Each row comes with its number in a spreadsheet.
    """

    problems: list[Problem]
    header: list[str]
    rows: list[tuple[int, list[str]]]

    def whole(self) -> list[tuple[int, list[str]]]:
        """Rows that are not blank and have a cell for each column."""
        return [(n, row) for n, row in self.rows if any(row) and len(row) == len(self.header)]

    def as_dicts(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows that are not blank, by column; a cell that a row lacks is ''."""
        for number, row in self.rows:
            if any(row):
                yield number, dict(zip_longest(self.header, row[: len(self.header)], fillvalue=""))


def read_file(path: Path, expected: Sequence[str]) -> File:
    """The rows of a CSV file, or why it cannot be read. expected: the columns that it should have."""
    header = ",".join(expected)
    if not path.is_file():
        return _refused(0, f"the file is missing; create it with the header {header}")
    raw = path.read_bytes()
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        return _refused(0, f"the file is empty; its first line must be the header {header}")
    if raw.startswith(_WORKBOOKS):
        return _refused(0, f"this is a workbook that was renamed to .csv; open it and {SAVE_AS}")
    if (
        b"\0" in raw.partition(b"\n")[0]
    ):  # a header is of ASCII letters: in UTF-16 every second byte is 0
        return _refused(0, f"the file is UTF-16 ('Unicode text'), not UTF-8; {SAVE_AS}")
    if (at := raw.find(b"\0")) >= 0:
        return _refused(raw[:at].count(b"\n") + 1, NO_CHARACTER, r"\x00")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        byte = repr(raw[error.start : error.start + 1])[2:-1]
        return _refused(line, f"the file is not UTF-8; {SAVE_AS}", byte)
    rows = []
    try:
        rows += csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error:
        return _refused(len(rows) + 1, OPEN_QUOTE)
    for row, cells in enumerate(rows if len(text) > LONGEST else (), start=1):
        if max(map(len, cells), default=0) > LONGEST:
            return _refused(row, OPEN_QUOTE)
    return File([], rows[0], list(enumerate(rows[1:], start=2)))


def _refused(row: int, message: str, value: str = "") -> File:
    return File([Problem(row, "", value, message)], [], [])


def header_problems(rows: Sequence[Sequence[str]], expected: Sequence[str]) -> list[Problem]:
    """What is wrong with the header. rows: the first few rows of the file, the header first."""
    header = rows[0]
    if len(header) == 1 and len(expected) > 1 and any(mark in header[0] for mark in ";\t"):
        message = "columns must be separated by commas, not by semicolons or tabs"
        return [Problem(1, "", header[0][:40], f"{message}; {SAVE_AS}")]
    known = set(expected)
    if len(known & set(header)) < len(known) / 2:
        for number, row in enumerate(rows[1:], start=2):
            if len(known & set(row)) >= len(known) / 2:
                message = (
                    f"the column names are in row {number}, under a heading; delete the rows above "
                    "them, so that the file begins with the names, each in a cell of its own"
                )
                return [Problem(1, "", "", message)]
        if not known & set(header):
            message = (
                f"none of the table's columns is here; the header must be {','.join(expected)}"
            )
            return [Problem(1, "", ",".join(header)[:60], message)]
    unnamed = [letters(place) for place, name in enumerate(header) if not name.strip()]
    missing = [name for name in expected if name not in header]
    unknown = [name for name in dict.fromkeys(header) if name.strip() and name not in known]
    found = []
    if unnamed:
        message = f"column {', '.join(unnamed)} has no name; delete it with all its cells"
        found.append(Problem(1, "", "", message))
    for name in list(missing):
        meant = _renamed(name, missing, unknown)
        if meant:
            message = (
                f"unknown column, and '{name}' is missing; if it is that one, name it '{name}'"
            )
            found.append(Problem(1, name, meant, message))
            missing.remove(name)
            unknown.remove(meant)
    add = "the column is missing; add it to the header (cells may stay empty unless required)"
    found += [Problem(1, name, "", add) for name in missing]
    allowed = "unknown column; allowed are " + ", ".join(expected)
    found += [Problem(1, name, "", allowed) for name in unknown]
    twice = [name for name in expected if list(header).count(name) > 1]
    return found + [Problem(1, name, "", "the column occurs twice; keep one") for name in twice]


def _renamed(name: str, missing: Sequence[str], unknown: Sequence[str]) -> str:
    """The unknown column that a missing one was probably renamed to, or ''."""
    if len(missing) == len(unknown) == 1:
        return unknown[0]
    plain = {re.sub(r"[\W_]+", "", other).lower(): other for other in unknown}
    close = get_close_matches(re.sub("_", "", name), plain, n=1, cutoff=0.8)
    return plain[close[0]] if close else ""


def letters(place: int) -> str:
    """A column's letters in a spreadsheet: 0 is A, 26 is AA.

    Examples
    --------
    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    out = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        out = chr(ord("A") + rest) + out
    return out


def swapped_columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]
) -> list[Problem]:
    """The first column that should hold numbers but holds none, where another holds only numbers.

    numbers: names of the columns that should hold numbers.
    """
    filled = {
        name: [row[place] for row in rows if row[place : place + 1] not in ([], [""])]
        for place, name in enumerate(header)
    }
    kinds = {
        name: {bool(NUMBER.fullmatch(text)) for text in texts}
        for name, texts in filled.items()
        if len(texts) > 2
    }
    for name in numbers:
        others = [other for other in kinds if kinds[other] == {True} and other not in numbers]
        if kinds.get(name) == {False} and others:
            message = (
                f"no cell here is a number, but every cell of '{others[0]}' is: the two seem to be "
                "swapped; put each under its own name"
            )
            return [Problem(1, name, "", message)]
    return []


def cell_problem(text: str, *, is_number: bool, is_name: bool, columns: Sequence[str]) -> str:
    """What is wrong with a filled cell that a spreadsheet may have changed; '' if nothing is.

    is_name: whether it is an id or a word of a vocabulary, where a non-breaking space matters.
    columns: the table's columns, one of which may be the place for a part of the cell.
    """
    if _EDGE_SPACE.search(text):
        return "the cell begins or ends with a space (maybe an invisible one); delete it"
    if _FORMULA.match(text):
        return "a formula or its error; copy the cell and paste it as a value ('paste special')"
    if is_number:
        return "" if NUMBER.fullmatch(text) else not_a_number(text, columns)
    if is_name and _ODD_SPACE.search(text):
        return "it has a special space, as text from web pages does; type the space again"
    return ""


def not_a_number(text: str, columns: Sequence[str]) -> str:
    """Why a text is not a number, and what to write. columns: the table's."""
    plain = text.translate(DASHES)
    if plain.lower() in NOTHING:
        why = " and say why in 'missing_reason'" if "missing_reason" in columns else ""
        return f"not a number; leave the cell empty where there is none{why}"
    if _DATE.fullmatch(plain):
        return (
            "not a number but a date, which a spreadsheet makes of entries such as 2-3 or 2.3; set the "
            "column's format to 'text' and type the number again"
        )
    bound = re.fullmatch(r"([<>≤≥]=?)\s*(.+)", plain)
    if bound and "comparator" in columns:
        return f"not a number; write {bound[2]} here and {bound[1]} in 'comparator'"
    bare = re.sub(r"\s|[\u200b']", "", plain)
    mended = without_commas(bare.removesuffix("%"))
    if all(NUMBER.fullmatch(number) for number in mended):
        return f"not a number; write {' or '.join(mended)}: " + (
            "a comma may separate thousands or decimals"
            if len(mended) > 1
            else "digits, a point for decimals and a hyphen for minus, nothing else"
        )
    figures = re.findall(r"\d+(?:[.,]\d+)?", plain)
    if len(figures) > 1:
        return (
            "not a number but several; write one in each cell, and each other number in its own row"
        )
    if figures and re.fullmatch(r"[+-]?[\d.,]+\s*[^\d\s].*", plain):
        number = figures[0].replace(",", ".")
        return (
            f"not a number; write {number} alone if that is in the column's unit: words and units have "
            "columns of their own"
        )
    return "not a number; digits and a decimal point only, no unit, comma or sign such as <"


def without_commas(text: str) -> tuple[str, ...]:
    """The numbers that a text with commas or points as separators can mean."""
    points, commas = text.count("."), text.count(",")
    if points and commas:
        mark = max(".,", key=text.rindex)
        return (text.replace("," if mark == "." else ".", "").replace(",", "."),)
    if max(points, commas) > 1:
        return (text.replace(",", "").replace(".", ""),)
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
        return text.replace(",", ""), text.replace(",", ".")
    return (text.replace(",", "."),)


def closest(word: str, known: Sequence[str]) -> str:
    """The known word that `word` is probably meant to be (capitals aside), or ''."""
    plain = {other.lower(): other for other in known}
    found = get_close_matches(word.lower(), plain, n=1, cutoff=0.75)
    return plain[found[0]] if found else ""


# Characters that a spreadsheet may take for the start of a formula, after spaces or in full width too.
_PLAIN = re.compile(r"[+-]?[\d.,]+([eE][+-]?\d+)?")
_BEGINS_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\n]")


def harmless(cell: object) -> object:
    """A cell for an exported CSV file, which no spreadsheet takes for a formula.

    Text that looks like a formula gets an apostrophe before it, which spreadsheets read as "this is
    text". Numbers stay.
    Source: OWASP, CSV Injection (https://owasp.org/www-community/attacks/CSV_Injection).

    Examples
    --------
    >>> harmless("+1+cmd|' /C calc'!A0")
    "'+1+cmd|' /C calc'!A0"
    >>> harmless("-4.2"), harmless(-4.2), harmless("zinc")
    ('-4.2', -4.2, 'zinc')
    """
    if not isinstance(cell, str) or _PLAIN.fullmatch(cell):
        return cell
    # The writer would not quote a carriage return alone, and it would begin a new row.
    lines = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{lines}" if _BEGINS_FORMULA.match(lines) else lines
