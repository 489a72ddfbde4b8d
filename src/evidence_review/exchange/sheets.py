"""Read tables of other programs as rows of text: CSV in any dialect, Excel workbooks, RevMan 5.

Bytes go in, rows of cells come out, with notes on how they were read. No code here knows what a column
means.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evidence_review.exchange.revman import read_revman5
from evidence_review.records.spreadsheets import OPEN_QUOTE, SAVE_AS

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Row = tuple[int, list[str]]

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class UnreadableError(ValueError):
    """The file has no readable table. `row` is the place of the problem, 0 for the whole file."""

    def __init__(self, message: str, row: int = 0):
        super().__init__(message)
        self.row = row


@dataclass(frozen=True)
class Grid:
    """Rows of cells, and notes on how they were read.

    Parameters
    ----------
    rows : sequence of (int, list of str)
        Each with its row number in a spreadsheet.
    how : tuple of str
        Notes on how the file was read.
    left_out : tuple of str
        Other contents of the file.
    """

    rows: Sequence[Row]
    how: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def read_grid(path: Path, sheet: str = "") -> Grid:
    """The rows of a file.

    Parameters
    ----------
    sheet : str
        The sheet of a workbook; '' is the first sheet with any content.

    Raises
    ------
    UnreadableError
        For a file that is not a table; the message says what to do.
    OSError
        For a file that cannot be opened.
    """
    raw = path.read_bytes()
    if not raw.strip():
        raise UnreadableError("the file is empty")
    if raw.startswith(b"PK\x03\x04"):
        return _workbook(path, sheet)
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableError(f"this is a workbook of an old Excel: save it as .xlsx, or {SAVE_AS}")
    if raw.startswith(b"%PDF"):
        raise UnreadableError(f"this is a PDF: copy its table into a spreadsheet, and {SAVE_AS}")
    if raw.lstrip()[:1] == b"<" or raw.lstrip(codecs.BOM_UTF8).lstrip()[:1] == b"<":
        try:
            header, rows = read_revman5(raw)
        except ValueError as error:
            raise UnreadableError(str(error)) from error
        return Grid([(1, header), *enumerate(rows, start=2)], ("a review of RevMan 5",))
    text, how = _text(raw)
    rows, separator = _separated(text)
    if separator != ",":
        how.append(f"columns separated by {_SEPARATORS[separator]}")
    return Grid(rows, tuple(how))


def _text(raw: bytes) -> tuple[str, list[str]]:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), [] if encoding == "utf-8-sig" else ["text as UTF-16"]
            except UnicodeDecodeError:
                break
    if b"\0" in raw:
        raise UnreadableError(f"this is not text: {SAVE_AS}")
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252"), [
            "Western European letters (Windows-1252): if names look wrong, save as UTF-8"
        ]
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UnreadableError(f"the file is not UTF-8; {SAVE_AS}", line) from error


def _separated(text: str) -> tuple[list[Row], str]:
    """The rows, and the separator: that with the most rows of equal width, then the most columns."""
    best: tuple[tuple[float, int], list[Row], str] | None = None
    broken: UnreadableError | None = None
    for separator in _SEPARATORS:
        rows: list[list[str]] = []
        try:
            rows += csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        except csv.Error:
            broken = broken or UnreadableError(OPEN_QUOTE, len(rows) + 1)
            continue
        widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            continue
        width = max(wide, key=lambda one: (wide[one], one))
        score = wide[width] / widths.total(), width
        if best is None or score > best[0]:
            best = score, list(enumerate(rows, start=1)), separator
    if best is None:
        if broken is not None:
            raise broken
        raise UnreadableError(
            "the file has a single column; separate columns by commas, semicolons or tabs"
        )
    return best[1], best[2]


def _workbook(path: Path, sheet: str) -> Grid:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError)
    try:  # openpyxl would judge a path by its suffix, which may be wrong
        values = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    except broken as error:
        raise UnreadableError(
            f"this Excel workbook cannot be read: open it in a spreadsheet, and save it as "
            f".xlsx, or {SAVE_AS}"
        ) from error
    filled = [one.title for one in values.worksheets if any(any(row) for row in one.values)]
    if not filled:
        raise UnreadableError("the workbook is empty")
    if sheet and sheet not in filled:
        raise UnreadableError(
            f"the workbook has no filled sheet '{sheet}'; write one of {', '.join(filled)}"
        )
    chosen = sheet or filled[0]
    others = [name for name in filled if name != chosen]
    left = f"sheet {', '.join(others)} (--sheet NAME takes another)" if others else ""
    rows = list(_cells(values[chosen], formulas[chosen]))
    return Grid(rows, (f"sheet {chosen} of a workbook",), (left,) if left else ())


def _cells(values: Worksheet, formulas: Worksheet) -> Iterator[Row]:
    """Cells as a spreadsheet shows them; a merged cell is repeated in each cell that it spans."""
    spanned = {
        (row, column): (area.min_row, area.min_col)
        for area in values.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    for row in range(1, values.max_row + 1):
        cells = []
        for column in range(1, values.max_column + 1):
            place = spanned.get((row, column), (row, column))
            cell = values.cell(*place)
            value = cell.value
            if value is None:  # or a formula without a saved value
                value = formulas.cell(*place).value
            cells.append(_shown(value, cell.number_format))
        yield row, cells


def _shown(value: Any, number_format: str) -> str:
    """A cell's value with the decimals that its format shows."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, int | float):
        return str(value)
    shown = number_format.partition(";")[0].strip('"_() ')
    exact = Decimal(repr(value))
    percent = shown.endswith("%")
    if percent:
        exact, shown = exact * 100, shown.removesuffix("%")
    whole, _, decimals = shown.partition(".")
    if set(whole) <= set("#,0") and whole and set(decimals) <= {"0"}:
        # The format may add decimals to the typed number, but not round it.
        typed = max(0, -int(exact.normalize().as_tuple().exponent))
        if len(decimals) >= typed:
            exact = exact.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    text = f"{exact:f}"
    if "." in text and set(decimals) != {"0"}:
        text = text.rstrip("0").rstrip(".")
    return f"{text}%" if percent else text


def filled(cells: Iterable[str]) -> int:
    """How many cells are not empty."""
    return sum(bool(cell.strip()) for cell in cells)
