"""Whether the files in `data/` keep to the data package: every violation at once.

Frictionless does the checking of types, constraints, keys and foreign keys; the
rules of a row join it as one check of its own (`row_rules`).
What is ours is the wording: file, row, column, value, what is allowed, how to mend it.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from evidence_review.records.package import DATA_PACKAGE, PackageError, Project
from evidence_review.records.row_rules import SHARED, Target, does_not_exist, row_check


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
    """The data package is not valid. `violations` lists everything that is wrong."""

    def __init__(self, violations: Iterable[Violation]):
        self.violations = tuple(violations)
        count = len(self.violations)
        head = f"{count} {'problem' if count == 1 else 'problems'} in the data:"
        super().__init__("\n".join([head, *(f"  {violation}" for violation in self.violations)]))


def violations(project: Project, folders: Iterable[str]) -> list[Violation]:
    """Everything wrong in the tables of `folders`, sorted by file and row; empty when all is well.

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
        found += _count_violations(project, folder)
    for resource in descriptor.resources:
        if resource.name.partition(".")[0] in folders:
            found += _resource_violations(project, resource)
    return sorted(set(found))


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


def _count_violations(project: Project, folder: str) -> list[Violation]:
    """An arm that counts more people than its study randomised."""
    file = f"{folder}/statistics.csv"
    rows = [
        (line, row)
        for line, row in _rows(project.data / file)
        if row.get("outcome") == "participants" and _is_number(row.get("value"))
    ]
    randomised = {
        row["study_id"]: float(row["value"])
        for _, row in rows
        if row.get("arm_id") == "all" and row.get("statistic") == "n_randomised"
    }
    return [
        Violation(
            f"data/{file}",
            line,
            "value",
            row["value"],
            f"more people than the {randomised[row['study_id']]:g} that the study randomised",
        )
        for line, row in rows
        if float(row["value"]) > randomised.get(row["study_id"], float("inf"))
    ]


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
    if _unreadable(path, "", []):
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(enumerate(csv.DictReader(stream), start=2))


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


def _target(project: Project, key: dict) -> Target:
    """What a key may point to: the rows of two tables; anything where one of them cannot be read."""
    files = [f"{name.replace('.', '/')}.csv" for name in key["resources"]]
    known = None
    if not any(_unreadable(project.data / file, "", []) for file in files):
        rows = [row for file in files for _, row in _rows(project.data / file)]
        known = {tuple(row.get(column) for column in key["to"]) for row in rows}
    return Target(tuple(key["fields"]), files, known)


def _is_number(text: str | None) -> bool:
    try:
        return text is not None and float(text) == float(text)
    except ValueError:
        return False


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
    fatal = _unreadable(path, file, expected)
    if fatal:
        return fatal
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header = next(csv.reader(stream))
    found = _header_violations(file, header, expected)
    if found:
        return found
    # A table that cannot be read is reported once, under its own name, not through its keys.
    resource.schema.foreign_keys = [
        key for key in resource.schema.foreign_keys if _target_is_readable(project, key)
    ]
    check = row_check(
        resource.custom.get("rules", []),
        resource.name.partition(".")[2],
        _shared_rows(project, resource),
        [_target(project, key) for key in resource.custom.get("eitherKeys", [])],
    )
    report = resource.validate(frictionless.Checklist(checks=[check]))
    malformed = {
        error.row_number
        for error in report.task.errors
        if error.type in ("blank-row", "missing-cell", "extra-cell")
    }
    unread = {
        (error.row_number, error.field_name)
        for error in report.task.errors
        if error.type == "type-error"
    }
    for error in report.task.errors:
        row = getattr(error, "row_number", 0) or 0
        if error.type == "row-constraint" and any(
            line == row and name in error.rule_formula for line, name in unread
        ):
            continue  # the rule judged a cell that could not be read, which is reported
        if row in malformed:
            found.append(Violation(file, row, "", "", _malformed(error, len(header))))
        else:
            found.append(_violation(file, row, error, resource, header))
    return found


def _target_is_readable(project: Project, key: dict) -> bool:
    folder, _, table = key["reference"]["resource"].partition(".")
    return not _unreadable(project.data / folder / f"{table}.csv", "", [])


def _malformed(error, width: int) -> str:
    cells = [cell for cell in error.cells if cell]
    if not cells:
        return "the row is blank; delete it"
    return (
        f"the row has {len(error.cells)} cells, the header {width}; put text that contains a comma "
        "in double quotes, and keep every comma of an empty cell"
    )


def _unreadable(path: Path, file: str, expected: list[str]) -> list[Violation]:
    """A problem that keeps the rows from being read at all, as a list of none or one."""
    header = ",".join(expected)
    if not path.is_file():
        message = f"the file is missing; create it with the header {header}"
        return [Violation(file, 0, "", "", message)]
    raw = path.read_bytes()
    if not raw.strip():
        message = f"the file is empty; its first line must be the header {header}"
        return [Violation(file, 0, "", "", message)]
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        byte = repr(raw[error.start : error.start + 1])[2:-1]
        message = "the file is not UTF-8; save it again as 'CSV UTF-8' in your spreadsheet"
        return [Violation(file, line, "", byte, message)]
    return []


def _header_violations(file: str, header: list[str], expected: list[str]) -> list[Violation]:
    found = []
    if len(header) == 1 and len(expected) > 1 and any(mark in header[0] for mark in ";\t"):
        return [
            Violation(
                file,
                1,
                "",
                header[0][:40],
                "columns must be separated by commas, not by semicolons or tabs",
            )
        ]
    for name in expected:
        if name not in header:
            found.append(
                Violation(
                    file,
                    1,
                    name,
                    "",
                    "the column is missing; add it to the header (cells may stay empty unless required)",
                )
            )
    for name in dict.fromkeys(header):
        if name not in expected:
            found.append(
                Violation(file, 1, name, "", "unknown column; allowed are " + ", ".join(expected))
            )
        elif header.count(name) > 1:
            found.append(Violation(file, 1, name, "", "the column stands twice; keep one"))
    return found


def _violation(file: str, row: int, error, resource, header: list[str]) -> Violation:
    """Our wording of one Frictionless error."""
    column = getattr(error, "field_name", "") or ""
    value = str(getattr(error, "cell", "") or "")
    message = error.note
    if error.type == "type-error":
        field = resource.schema.get_field(column)
        message = {
            "number": "not a number; digits and a decimal point only, no unit, comma or sign such as <",
            "integer": "not a whole number",
            "date": "not a date; write it as 2026-01-31",
        }.get(field.type, f"not a {field.type}" + (f" ({field.format})" if field.format else ""))
    elif error.type == "constraint-error":
        value = "" if value == "None" else value
        message = _constraint(error.note, resource.schema.get_field(column).constraints)
    elif error.type == "primary-key":
        key = resource.schema.primary_key
        value = ", ".join(
            cell for name, cell in zip(header, error.cells, strict=False) if name in key
        )
        message = f"this combination of {', '.join(key)} stands in an earlier row too; rows must differ in it"
    elif error.type == "foreign-key":
        column = ", ".join(error.field_names)
        value = ", ".join(str(cell) for cell in error.field_cells)
        message = does_not_exist([error.reference_name.replace(".", "/") + ".csv"])
    elif error.type == "row-constraint":
        column = error.rule_column
        cells = dict(zip(header, error.cells, strict=False))
        value = ", ".join(str(cells.get(name) or "") for name in column.split(", "))
    return Violation(file, row, column, value, message)


def _constraint(note: str, constraints: dict) -> str:
    if 'constraint "required"' in note:
        return "the cell is empty but must be filled"
    if "enum" in constraints:
        return "not one of the allowed values: " + ", ".join(map(str, constraints["enum"]))
    if "pattern" in constraints:
        return f"must match the pattern {constraints['pattern']}"
    bounds = {"minimum": "at least", "maximum": "at most"}
    return "must be " + " and ".join(
        f"{words} {constraints[name]}" for name, words in bounds.items() if name in constraints
    )
