"""Whether the files in `data/` keep to the data package: every violation at once.

A file is read once. Checks of its header, cells, rows and tables follow in that order, and a check
leaves out whatever an earlier one found wrong.
The data package is a valid Frictionless one. Frictionless' own validator rejects the same files (a
test compares them), but takes seconds to start.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from evidence_review.records.columns import Key, Table, Value, tables_of
from evidence_review.records.files import whole_file
from evidence_review.records.package import DATA_PACKAGE, Project, table_definitions
from evidence_review.records.row_rules import SHARED, RowRules, Target
from evidence_review.records.spreadsheets import (
    File,
    Problem,
    cell_problem,
    header_problems,
    read_file,
    swapped_columns,
)
from evidence_review.records.table_rules import (
    REVIEW_KEYS,
    review_problems,
    statistics_problems,
)

# From so many equal violations in one column, one violation names all rows.
_ALIKE = 4


@dataclass(frozen=True, order=True)
class Violation:
    """One thing wrong in one place. `row` is the number in a spreadsheet (the header is row 1)."""

    file: str
    row: int
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        where = self.file
        if self.row:
            where += f", row {self.row}"
        if self.column:
            where += f", column '{self.column}'"
        value = f": '{self.value}'" if self.value else ""
        return f"{where}{value}: {self.message}"


class DataError(ValueError):
    """The data package is not valid. `violations` lists everything that is wrong, file by file."""

    def __init__(self, violations: Iterable[Violation]):
        self.violations = tuple(_gathered(violations))
        count = len(self.violations)
        head = f"{count} {'problem' if count == 1 else 'problems'} in the data:"
        files = groupby(self.violations, key=lambda violation: violation.file)
        groups = ["\n".join(f"  {violation}" for violation in group) for _, group in files]
        super().__init__(f"{head}\n" + "\n\n".join(groups))


def _gathered(found: Iterable[Violation]) -> list[Violation]:
    """The violations, with many equal ones in a column merged into one that names the other rows."""
    found = list(found)
    kind = lambda one: (one.file, one.column, one.message.partition(";")[0])
    alike: dict[tuple, list[Violation]] = {}
    for one in found:
        alike.setdefault(kind(one), []).append(one)
    out = []
    for one in found:
        first, *others = alike[kind(one)]
        if len(others) + 1 < _ALIKE or not one.row:
            out.append(one)
        elif one is first:
            rows = ", ".join(str(other.row) for other in others[:10])
            more = f" and {len(others) - 10} more" if len(others) > 10 else ""
            out.append(replace(one, message=f"{one.message} (the same in rows {rows}{more})"))
    return out


def violations(project: Project, folders: Iterable[str]) -> list[Violation]:
    """Everything wrong in the tables of some folders; empty when all is well.

    Parameters
    ----------
    project : Project
        Where the data are.
    folders : iterable of str
        Names of reviews and reference classes.

    Returns
    -------
    list of Violation
        In the order in which a person fills a folder (that of `tables.yml`), then by row and column.

    Raises
    ------
    PackageError
        If `datapackage.json`, or `tables.yml` from which it is written, cannot be read.

    Examples
    --------
    >>> from evidence_review.records import find_project
    >>> project = find_project()
    >>> violations(project, project.folders())
    []
    """
    table_definitions(project)  # raises now if tables.yml is broken, not at the next `schema`
    files = _Files(project)
    folders = set(folders)
    listed = {table.folder for table in files.tables}
    message = "this folder is not in the data package: run `python -m evidence_review schema`"
    found = [
        Violation(f"data/{DATA_PACKAGE}", 0, "", folder, message)
        for folder in sorted(folders - listed)
    ]
    for folder in sorted(folders & listed):
        found += _unknown_reference_class(project, folder)
        found += _between_rows(files, folder)
    for table in files.tables:
        if table.folder in folders:
            problems = _in_table(files, table)
            found += [Violation(f"data/{table.file}", *problem) for problem in problems]
    places = {
        (f"data/{table.file}", name): (number, column)
        for number, table in enumerate(files.tables)
        for column, name in enumerate(["", *table.names])
    }

    def place(one: Violation) -> tuple:
        table, _ = places.get((one.file, ""), (-1, 0))
        _, column = places.get((one.file, one.column.partition(", ")[0]), (0, 0))
        return table, one.file, one.row, column, one

    return sorted(set(found), key=place)


# How many notes of earlier checks are kept.
_NOTES = 20


def violations_unless_known_valid(project: Project, folders: Iterable[str]) -> list[Violation]:
    """`violations`, without checking data again that this code has found valid.

    A note in the project's `.cache/`, named by a digest of the data and of the checking code, says so.
    """
    note = valid_note(project, folders)
    if note.exists():
        return []
    found = violations(project, folders)
    if not found:
        keep_note(note, "")
    return found


def valid_note(project: Project, folders: Iterable[str]) -> Path:
    """The note that `violations` found nothing in these folders, with their present content."""
    return project.root / ".cache" / "valid" / _fingerprint(project, sorted(folders))


def checked_note(project: Project, folders: Iterable[str]) -> Path:
    """The note that keeps the output of a check of these folders that found nothing.

    Its name is a digest of everything that the check reads or runs: data, names of notebooks, the
    package's code, and the versions of the packages that compute.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256(_fingerprint(project, folders).encode())
    digest.update(
        "\0".join(sorted(path.name for path in project.notebooks.glob("*.ipynb"))).encode()
    )
    for name in ("numpy", "pandas", "scipy"):
        digest.update(f"{name} {version(name)}\0".encode())
    for path in sorted(package.rglob("*.py")):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return project.root / ".cache" / "checked" / digest.hexdigest()


def keep_note(note: Path, text: str) -> None:
    """Write a note into the cache; a read-only project goes without, and is checked each time."""
    with contextlib.suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        for old in sorted(note.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-_NOTES]:
            old.unlink(missing_ok=True)
        with whole_file(note) as stream:
            stream.write(text.encode())


def _fingerprint(project: Project, folders: Iterable[str]) -> str:
    """Digest of everything that `violations` reads, and of the code that reads it."""
    files = [
        *sorted(project.data.glob("*.*")),
        *(path for folder in folders for path in sorted((project.data / folder).glob("*.csv"))),
        *sorted(Path(__file__).parent.glob("*.py")),
    ]
    digest = hashlib.sha256(version("simpleeval").encode())
    for path in files:
        digest.update(f"{path.parent.name}/{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def missing_pages(project: Project, folders: Iterable[str]) -> list[Violation]:
    """Pages named in reporting.csv that the report does not have.

    They are not among `violations`: the data are valid even if notebooks were removed or renamed.
    """
    pages = [
        "index",
        *(path.stem for path in project.report_notebooks()),
        "sources",
    ]
    message = f"the report has no such page; its pages are {', '.join(pages)}"
    return [
        Violation(f"data/{folder}/reporting.csv", line, "pages", page, message)
        for folder in folders
        for line, row in read_file(project.data / folder / "reporting.csv", []).as_dicts()
        for page in row.get("pages", "").split("; ")
        if page and page not in pages
    ]


class _Files:
    """The tables of a data package and their files, each read once."""

    def __init__(self, project: Project):
        self.project = project
        self.tables = tables_of(project.descriptor())
        self._table = {(table.folder, table.name): table for table in self.tables}
        self.read = cache(self._read)
        self._known = cache(self._keys)

    def _read(self, folder: str, table: str) -> File:
        known = self._table.get((folder, table))
        path = self.project.data / folder / f"{table}.csv"
        return read_file(path, known.names if known else [])

    def rows(self, folder: str, table: str) -> list[tuple[int, dict[str, str]]]:
        """Rows with their numbers; none where the table cannot be read."""
        return list(self.read(folder, table).as_dicts())

    def has_columns(self, folder: str, table: str, names: Iterable[str]) -> bool:
        """Whether a table can be read and has these columns; if not, another message reports it."""
        return set(names) <= set(self.read(folder, table).header)

    def _keys(self, folder: str, table: str, columns: tuple[str, ...]) -> set[tuple] | None:
        if not self.has_columns(folder, table, columns):
            return None
        return {tuple(row[name] for name in columns) for _, row in self.rows(folder, table)}

    def target(self, key: Key) -> Target:
        """The rows of one or two tables that a key may point to; None if one cannot be read."""
        parts = [self._known(*place, key.to) for place in key.tables]
        known = None if None in parts else frozenset().union(*(part or () for part in parts))
        return Target(key.columns, ["/".join(place) + ".csv" for place in key.tables], known)

    def shared(self, table: Table) -> dict[tuple, dict[str, str]]:
        """Rows of the table that SHARED links a table to, by the columns of the link."""
        link = SHARED.get(table.name)
        place = (
            self.project.reference_class(table.folder) or table.folder,
            link.table if link else "",
        )
        known = self._table.get(place)
        if not (link and known and self.has_columns(*place, known.names)):
            return {}  # the check of that file reports what is wrong with it
        file = self.read(*place)
        rows = [dict(zip(file.header, cells, strict=True)) for _, cells in file.whole()]
        return {tuple(row[name] for name in link.columns): row for row in rows}


def _unknown_reference_class(project: Project, folder: str) -> list[Violation]:
    reference = project.reference_class(folder)
    if reference is None or reference in project.folders():
        return []
    known = ", ".join(name for name in project.folders() if name not in project.reviews())
    message = f"there is no such folder in data/; reference classes: {known}"
    return [Violation(f"data/{folder}/review.csv", 2, "reference_class", reference, message)]


def _between_rows(files: _Files, folder: str) -> list[Violation]:
    """What is wrong between the rows of a folder's tables, and what a review lacks."""
    statistics = files.rows(folder, "statistics")
    found = [("statistics", problem) for problem in statistics_problems(statistics)]
    reference = files.project.reference_class(folder)
    if reference and all(files.has_columns(folder, *part) for part in REVIEW_KEYS.items()):
        tables = {table: files.rows(folder, table) for table in (*REVIEW_KEYS, "outcomes")}
        compared = {row["study_id"] for _, row in tables["contrasts"]}
        shared = files.rows(reference, "statistics")
        tables["statistics"] += [(n, row) for n, row in shared if row.get("study_id") in compared]
        found += review_problems(tables)
    return [Violation(f"data/{folder}/{table}.csv", *problem) for table, problem in found]


def _in_table(files: _Files, table: Table) -> list[Problem]:
    """What is wrong with one file: the whole file, its header, or its rows and cells."""
    file = files.read(table.folder, table.name)
    if file.problems:
        return file.problems
    first = [file.header, *(row for _, row in file.rows[:4])]
    if found := header_problems(first, table.names):
        return found
    whole = file.whole()
    numbers = [column.name for column in table.columns if column.is_number]
    if found := swapped_columns(file.header, [row for _, row in whole], numbers):
        return found
    return [*_malformed(file), *_in_rows(files, table, file.header, whole)]


def _malformed(file: File) -> Iterator[Problem]:
    """Rows that are blank or have too many or too few cells; they get no other check."""
    width = len(file.header)
    for number, row in file.rows:
        if not any(row):
            yield Problem(number, "", "", "the row is blank; delete it")
        elif len(row) != width:
            message = (
                f"the row has {len(row)} cells, the header {width}; put text that contains a comma "
                "in double quotes, and keep every comma of an empty cell"
            )
            yield Problem(number, "", "", message)


def _in_rows(
    files: _Files, table: Table, header: list[str], rows: list[tuple[int, list[str]]]
) -> Iterator[Problem]:
    """What is wrong with cells, keys and rules in rows that have all their cells."""
    targets = [files.target(key) for key in table.keys]
    rules = RowRules(table.name, table.rules, files.shared(table), targets)
    earlier: set[tuple] = set()
    for number, cells in rows:
        texts = dict(zip(header, cells, strict=True))
        values, wrong = _read_row(table, texts)
        yield from (Problem(number, name, texts[name], text) for name, text in wrong.items())
        key = tuple(values[name] for name in table.primary_key)
        if key in earlier and any(key):  # an empty key is reported cell by cell
            names = ", ".join(table.primary_key)
            message = f"an earlier row has the same {names}; each row needs its own: correct or delete one"
            shown = ", ".join(text for name, text in texts.items() if name in table.primary_key)
            yield Problem(number, "", shown, message)
        earlier.add(key)
        for broken in rules.broken(values):
            # A rule that reads a wrong cell says nothing new.
            judged = f"{broken.column} {broken.judged}"
            if not any(name in judged for name in wrong):
                columns = broken.column.split(", ")
                shown = ", ".join(texts.get(name, "") for name in columns)
                yield Problem(number, broken.column, shown, broken.message)


def _read_row(table: Table, texts: dict[str, str]) -> tuple[dict[str, Value], dict[str, str]]:
    """The values of a row, and what is wrong with its cells, both by column."""
    values: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    for column in table.columns:
        text = texts[column.name]
        values[column.name], message = column.read(text)
        if text:  # damage by a spreadsheet explains the other problems
            spoilt = cell_problem(
                text, is_number=column.is_number, is_name=column.is_name, columns=table.names
            )
            message = spoilt or message
        if message:
            wrong[column.name] = message
    return values, wrong
