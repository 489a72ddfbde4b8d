"""Whether the files in `data/` keep to the data package: every violation at once.

Frictionless does the checking of types, constraints, keys and foreign keys; the
rules of a row join it as one check of its own (`row_rules`).
What is ours is the wording: file, row, column, value, what is allowed, how to mend it.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from evidence_review.records.package import DATA_PACKAGE, PackageError, Project
from evidence_review.records.row_rules import SHARED, Target, row_check
from evidence_review.records.spreadsheets import (
    Problem,
    cell_problem,
    header_problems,
    swapped_columns,
    unreadable,
)
from evidence_review.records.table_rules import review_problems, statistics_problems

# So many alike in one column are one violation that names their rows.
_ALIKE = 4
_NUMBERS = ("number", "integer")


@dataclass(frozen=True, order=True)
class Violation:
    """One thing wrong in one place. `row` counts as a spreadsheet does (the header is row 1)."""

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
    """Many alike in one column as one, which names the rows of the others."""
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
    """Everything wrong in the tables of `folders`; empty when all is well.

    In the order in which a person fills a folder (that of `tables.yml`), then by row and column.
    Raises PackageError if `datapackage.json` cannot be read.
    """
    import frictionless

    try:
        descriptor = frictionless.Package(str(project.data / DATA_PACKAGE))
    except frictionless.FrictionlessException as error:
        raise PackageError(
            f"data/{DATA_PACKAGE} cannot be read: {error}; "
            "write it anew with `python -m evidence_review schema`"
        ) from error
    folders = set(folders)
    listed = {resource.name.partition(".")[0] for resource in descriptor.resources}
    found = [
        Violation(
            f"data/{DATA_PACKAGE}",
            0,
            "",
            folder,
            "this folder is not in the data package: run `python -m evidence_review schema`",
        )
        for folder in sorted(folders - listed)
    ]
    for folder in sorted(folders & listed):
        found += _reference_violations(project, folder)
        found += _table_violations(project, folder)
    for resource in descriptor.resources:
        if resource.name.partition(".")[0] in folders:
            found += _resource_violations(project, resource)
    places = {
        (f"data/{resource.path}", name): (number, column)
        for number, resource in enumerate(descriptor.resources)
        for column, name in enumerate(["", *resource.schema.field_names])
    }

    def place(one: Violation) -> tuple:
        table, _ = places.get((one.file, ""), (-1, 0))
        _, column = places.get((one.file, one.column.partition(", ")[0]), (0, 0))
        return table, one.file, one.row, column, one

    return sorted(set(found), key=place)


def violations_unless_known_valid(project: Project, folders: Iterable[str]) -> list[Violation]:
    """`violations`, but data once found valid by this code are not checked again.

    A note in the project's `.cache/`, named by the content of data and checking code, says so.
    """
    folders = sorted(folders)
    note = project.root / ".cache" / "valid" / _fingerprint(project, folders)
    if note.exists():
        return []
    found = violations(project, folders)
    if not found:
        with contextlib.suppress(OSError):  # a project that cannot be written to is checked anew
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()
    return found


def _fingerprint(project: Project, folders: Iterable[str]) -> str:
    """Digest of everything that `violations` reads, and of the code that reads it."""
    files = [
        *sorted(project.data.glob("*.*")),
        *(path for folder in folders for path in sorted((project.data / folder).glob("*.csv"))),
        *sorted(Path(__file__).parent.glob("*.py")),
    ]
    digest = hashlib.sha256(version("frictionless").encode())
    for path in files:
        digest.update(f"{path.parent.name}/{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _table_violations(project: Project, folder: str) -> list[Violation]:
    """What the rows of a folder's tables say together, and what a review lacks."""
    path = lambda table: project.data / folder / f"{table}.csv"
    found = [("statistics", problem) for problem in statistics_problems(_rows(path("statistics")))]
    reference = project.reference_class(folder)
    keys = {"review": "outcome", "sources": "source_id"} | dict.fromkeys(
        ("studies", "arms", "contrasts", "statistics"), "study_id"
    )
    if reference and all(_has_columns(path(table), [key]) for table, key in keys.items()):
        tables = {table: _rows(path(table)) for table in keys}
        compared = {row.get("study_id") for _, row in tables["contrasts"]}
        shared = _rows(project.data / reference / "statistics.csv")
        tables["statistics"] += [(n, row) for n, row in shared if row.get("study_id") in compared]
        found += review_problems(tables)
    return [Violation(f"data/{folder}/{table}.csv", *problem) for table, problem in found]


def missing_pages(project: Project, folders: Iterable[str]) -> list[Violation]:
    """Pages named in reporting.csv that the report does not have.

    Not among `violations`: a folder of notebooks that is changed or cut short still has valid data.
    """
    pages = [
        "index",
        *sorted(path.stem for path in project.notebooks.glob("[0-9][0-9]-*.ipynb")),
        "sources",
    ]
    message = f"the report has no such page; its pages are {', '.join(pages)}"
    return [
        Violation(f"data/{folder}/reporting.csv", line, "pages", page, message)
        for folder in folders
        for line, row in _rows(project.data / folder / "reporting.csv")
        for page in (row.get("pages") or "").split("; ")
        if page and page not in pages
    ]


def _rows(path: Path) -> list[tuple[int, dict]]:
    """Rows of a table, each with its line in the file; none where the table cannot be read."""
    if unreadable(path, []):
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(enumerate(csv.DictReader(stream), start=2))


def _has_columns(path: Path, names: Iterable[str]) -> bool:
    """Whether a table can be read and has these columns; otherwise that is what is reported of it."""
    if unreadable(path, []):
        return False
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return set(names) <= set(next(csv.reader(stream)))


def _shared_rows(project: Project, resource) -> dict[tuple, dict]:
    """Rows of the table in SHARED that a table's rows point to, by those columns."""
    folder, _, table = resource.name.partition(".")
    if table not in SHARED:
        return {}
    name, columns = SHARED[table]
    path = project.data / (project.reference_class(folder) or folder) / f"{name}.csv"
    try:
        return {tuple(row[c] for c in columns): row for _, row in _rows(path)}
    except KeyError:
        return {}  # that file has violations of its own, reported with its own name


def _targets(project: Project, resource) -> list[Target]:
    """What each foreign key of a table may point to."""
    keys = [
        (key["fields"], [key["reference"]["resource"]], key["reference"]["fields"])
        for key in resource.schema.foreign_keys
    ] + [(key["fields"], key["resources"], key["to"]) for key in resource.custom["eitherKeys"]]
    return [_target(project, *key) for key in keys]


def _target(project: Project, fields: list, resources: list, columns: list) -> Target:
    """The rows of one table or two; anything where one of them cannot be read."""
    files = [f"{name.replace('.', '/')}.csv" for name in resources]
    if not all(_has_columns(project.data / file, columns) for file in files):
        return Target(tuple(fields), files, None)
    rows = [row for file in files for _, row in _rows(project.data / file)]
    return Target(tuple(fields), files, {tuple(row[name] for name in columns) for row in rows})


def _reference_violations(project: Project, folder: str) -> list[Violation]:
    reference = project.reference_class(folder)
    if reference is None or reference in project.folders():
        return []
    known = ", ".join(name for name in project.folders() if name not in project.reviews())
    message = f"there is no such folder in data/; reference classes: {known}"
    return [Violation(f"data/{folder}/review.csv", 2, "reference_class", reference, message)]


def _resource_violations(project: Project, resource) -> list[Violation]:
    import frictionless

    path = project.data / resource.path
    file = f"data/{resource.path}"
    expected = [field.name for field in resource.schema.fields]
    place = lambda problems: [Violation(file, *problem) for problem in problems]
    if fatal := unreadable(path, expected):
        return place(fatal)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    numbers = [field.name for field in resource.schema.fields if field.type in _NUMBERS]
    found = header_problems([header, *rows[:4]], expected) or swapped_columns(header, rows, numbers)
    if found:
        return place(found)
    found = place(_cell_problems(header, rows, resource.schema))
    spoilt = {(one.row, one.column) for one in found}
    check = row_check(
        resource.custom.get("rules", []),
        resource.name.partition(".")[2],
        _shared_rows(project, resource),
        _targets(project, resource),
    )
    resource.schema.foreign_keys = []  # they are among the rules of a row
    errors = resource.validate(frictionless.Checklist(checks=[check])).task.errors
    malformed = {
        error.row_number
        for error in errors
        if error.type in ("blank-row", "missing-cell", "extra-cell")
    }
    found = [one for one in found if one.row not in malformed]
    unread = spoilt | {
        (error.row_number, error.field_name)
        for error in errors
        if error.type in ("type-error", "constraint-error")
    }
    for error in errors:
        row = getattr(error, "row_number", 0) or 0
        if row in malformed:
            found.append(Violation(file, row, "", "", _malformed(error, len(header))))
        elif error.type == "row-constraint":
            # A rule that judged a cell which is wrong in itself says nothing new.
            judged = f"{error.rule_column} {error.rule_formula}"
            if not any(line == row and name in judged for line, name in unread):
                found.append(_violation(file, row, error, resource, header))
        elif (row, getattr(error, "field_name", "")) not in spoilt:
            found.append(_violation(file, row, error, resource, header))
    return found


def _cell_problems(header: list[str], rows: list[list[str]], schema) -> Iterator[Problem]:
    """Cells that a spreadsheet has changed, or that hold no number where one belongs."""
    for column, name in enumerate(header):
        field = schema.get_field(name)
        is_number = field.type in _NUMBERS
        is_name = name.endswith("_id") or bool({"enum", "pattern"} & set(field.constraints))
        cells = [(n, row[column]) for n, row in enumerate(rows, start=2) if row[column:]]
        for row, text in cells:
            message = text and cell_problem(
                text, is_number=is_number, is_name=is_name, columns=header
            )
            if message:
                yield Problem(row, name, text, message)


def _malformed(error, width: int) -> str:
    cells = [cell for cell in error.cells if cell]
    if not cells:
        return "the row is blank; delete it"
    return (
        f"the row has {len(error.cells)} cells, the header {width}; put text that contains a comma "
        "in double quotes, and keep every comma of an empty cell"
    )


def _violation(file: str, row: int, error, resource, header: list[str]) -> Violation:
    """Our wording of one Frictionless error."""
    column = getattr(error, "field_name", "") or ""
    value = str(getattr(error, "cell", "") or "")
    message = error.note
    if error.type == "type-error":
        field = resource.schema.get_field(column)
        message = {
            "integer": "not a whole number",
            "date": "not a date; write it as 2026-01-31",
        }.get(field.type, f"not a {field.type}" + (f" ({field.format})" if field.format else ""))
    elif error.type == "constraint-error":
        value = "" if value == "None" else value
        message = _constraint(error.note, resource.schema.get_field(column))
    elif error.type == "primary-key":
        key = resource.schema.primary_key
        value = ", ".join(
            cell for name, cell in zip(header, error.cells, strict=False) if name in key
        )
        message = f"this combination of {', '.join(key)} stands in an earlier row too; rows must differ in it"
    elif error.type == "row-constraint":
        column = error.rule_column
        cells = dict(zip(header, error.cells, strict=False))
        value = ", ".join(str(cells.get(name) or "") for name in column.split(", "))
    return Violation(file, row, column, value, message)


def _constraint(note: str, field) -> str:
    constraints = field.constraints
    if 'constraint "required"' in note:
        return f"the cell is empty but must be filled: {field.description}"
    if "enum" in constraints:
        return "not one of the allowed values: " + ", ".join(map(str, constraints["enum"]))
    if "pattern" in constraints:
        return f"must match the pattern {constraints['pattern']}: {field.description}"
    bounds = {"minimum": "at least", "maximum": "at most"}
    return "must be " + " and ".join(
        f"{words} {constraints[name]}" for name, words in bounds.items() if name in constraints
    )
