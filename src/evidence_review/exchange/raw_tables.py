"""Read and write tables of `data/` as rows of text, in order to change them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table; none if there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def append(path: Path, rows: Iterable[Mapping[str, str]]) -> int:
    """Add rows to a table, with columns in any order; returns the number of the first new row."""
    old = rows_of(path)
    rewrite(path, [*old, *rows])
    return len(old) + 2


def rewrite(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Replace all rows of a table; its header stays."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header = next(csv.reader(stream))
    write(path, header, rows)


def write(path: Path, header: Iterable[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write a table with these columns; other keys of the rows are left out."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(header), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
