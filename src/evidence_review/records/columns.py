"""The tables of `datapackage.json` as types: columns, keys and rules, and how a cell is read.

This module reads the part of Frictionless' Table Schema that `tables.yml` uses. It refuses any other
part, so that every constraint in the file is enforced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from evidence_review.records.package import DATA_PACKAGE, PackageError
from evidence_review.records.spreadsheets import NUMBER

Value = str | int | Decimal | date | None

_TYPES = {"string": ("", "uri"), "number": ("",), "integer": ("",), "date": ("",)}
_CONSTRAINTS = {"required", "enum", "pattern", "minimum", "maximum"}
_FIELD = {"name", "type", "format", "title", "description", "constraints"}
_NOT_READ = {
    "number": "not a number",
    "integer": "not a whole number",
    "date": "not a date; write it as 2026-01-31",
    "string": "not an address; it begins with https:// or http://",
}


@dataclass(frozen=True)
class Column:
    """One column: its type, and what a cell of it may hold."""

    name: str
    type: str
    format: str
    description: str
    required: bool = False
    enum: tuple[str, ...] = ()
    pattern: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    @property
    def is_number(self) -> bool:
        return self.type in ("number", "integer")

    @property
    def is_name(self) -> bool:
        """Whether cells are ids or words of a vocabulary, which must be written the same everywhere."""
        return self.name.endswith("_id") or bool(self.enum or self.pattern)

    def read(self, text: str) -> tuple[Value, str]:
        """The value of a cell, and what is wrong with it ('' if nothing is).

        The value is None for an empty cell, and for one that is not of the column's type.

        Examples
        --------
        >>> weeks = Column("weeks", "number", "", "Length of treatment.", minimum=Decimal(0))
        >>> weeks.read("8.70")
        (Decimal('8.70'), '')
        >>> weeks.read("-1")[1]
        'must be at least 0'
        """
        if not text:
            empty = f"the cell is empty but must be filled: {self.description}"
            return None, empty if self.required else ""
        value = self._value(text)
        if value is None:
            return None, _NOT_READ[self.type]
        if self.enum and text not in self.enum:
            return value, "not one of the allowed values: " + ", ".join(self.enum)
        if self.pattern and not re.fullmatch(self.pattern, text):
            return value, f"must match the pattern {self.pattern}: {self.description}"
        if isinstance(value, int | Decimal) and not self._is_within(value):
            bounds = {"at least": self.minimum, "at most": self.maximum}
            words = [f"{word} {bound}" for word, bound in bounds.items() if bound is not None]
            return value, "must be " + " and ".join(words)
        return value, ""

    def _value(self, text: str) -> Value:
        if self.type == "number":
            return Decimal(text) if NUMBER.fullmatch(text) else None
        if self.type == "string":
            is_address = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text)
            return text if is_address or self.format != "uri" else None
        try:
            if self.type == "date":
                return datetime.strptime(text, "%Y-%m-%d").date()
            return int(text)
        except ValueError:
            return None

    def _is_within(self, value: int | Decimal) -> bool:
        return (self.minimum is None or self.minimum <= value) and (
            self.maximum is None or value <= self.maximum
        )


class Key(NamedTuple):
    """Columns whose cells must occur in a row of one of these tables (folder, table)."""

    columns: tuple[str, ...]
    tables: tuple[tuple[str, str], ...]
    to: tuple[str, ...]


class Rule(NamedTuple):
    """A condition on a row, the column to name when it fails, and the message."""

    column: str
    formula: str
    says: str


@dataclass(frozen=True)
class Table:
    """One table of one folder."""

    folder: str
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    keys: tuple[Key, ...]
    rules: tuple[Rule, ...]

    @property
    def file(self) -> str:
        return f"{self.folder}/{self.name}.csv"

    @cached_property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


def tables_of(descriptor: Mapping) -> list[Table]:
    """The tables of a data package, in its order.

    Raises
    ------
    PackageError
        For a descriptor that lacks a part, or has a constraint that is not enforced here.
    """
    try:
        tables = [_table(resource) for resource in descriptor["resources"]]
    except (KeyError, TypeError, AttributeError, ArithmeticError, re.error) as error:
        wrong = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise _unreadable(wrong) from error
    held = {(table.folder, table.name): set(table.names) for table in tables}
    for table in tables:
        for problem in _dangling(table, held):
            raise _unreadable(f"{table.file}: {problem}")
    return tables


def _unreadable(problem: str) -> PackageError:
    return PackageError(
        f"data/{DATA_PACKAGE} cannot be read: {problem}; "
        "write it anew with `python -m evidence_review schema`"
    )


def _dangling(table: Table, held: Mapping[tuple[str, str], set[str]]) -> Iterator[str]:
    """Messages about keys that name a column or a table that does not exist."""
    own = set(table.names)
    parts: list[tuple[Sequence[str], set[str], str]] = [(table.primary_key, own, table.file)]
    for key in table.keys:
        parts.append((key.columns, own, table.file))
        parts += [(key.to, held.get(one, set()), "/".join(one) + ".csv") for one in key.tables]
    for columns, known, file in parts:
        for name in columns:
            if name not in known:
                yield f"a key names the column '{name}' of {file}, which does not exist"


def _table(resource: Mapping) -> Table:
    folder, name = _place(resource["name"])
    schema = resource["schema"]
    keys = [
        (key["fields"], [key["reference"]["resource"]], key["reference"]["fields"])
        for key in schema.get("foreignKeys", [])
    ] + [(key["fields"], key["resources"], key["to"]) for key in resource["eitherKeys"]]
    return Table(
        folder=folder,
        name=name,
        columns=tuple(_column(field, f"{folder}/{name}.csv") for field in schema["fields"]),
        primary_key=tuple(schema["primaryKey"]),
        keys=tuple(
            Key(tuple(columns), tuple(map(_place, targets)), tuple(to))
            for columns, targets, to in keys
        ),
        rules=tuple(
            Rule(rule.get("column", ""), rule["formula"], rule["says"])
            for rule in resource["rules"]
        ),
    )


def _place(resource: str) -> tuple[str, str]:
    folder, _, table = resource.partition(".")
    return folder, table


def _column(field: Mapping, file: str) -> Column:
    constraints = field.get("constraints", {})
    name, kind, form = field["name"], field["type"], field.get("format", "")
    unknown = sorted({*(set(field) - _FIELD), *(set(constraints) - _CONSTRAINTS)})
    if form not in _TYPES.get(kind, ()):
        unknown.append(f"{kind} {form}".strip())
    if unknown:
        raise _unreadable(
            f"{file}, column '{name}': {', '.join(unknown)} is not enforced; types are "
            f"{', '.join(_TYPES)}, constraints {', '.join(sorted(_CONSTRAINTS))}"
        )
    bounds = {
        end: Decimal(str(constraints[end])) for end in ("minimum", "maximum") if end in constraints
    }
    re.compile(constraints.get("pattern", ""))
    return Column(
        name=name,
        type=kind,
        format=form,
        description=field["description"],
        required=bool(constraints.get("required")),
        enum=tuple(constraints.get("enum", ())),
        pattern=constraints.get("pattern", ""),
        **bounds,
    )
