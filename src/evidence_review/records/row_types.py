"""The classes of rows as Python code, from `data/tables.yml`: `evidence-review schema` writes `rows.py`."""

from __future__ import annotations

from collections.abc import Mapping

# Whole numbers are floats too, so that every missing number is a nan.
_PYTHON = {"number": "float", "integer": "float"}

_HEAD = '''"""A class for the rows of each table, written by `evidence-review schema` from `data/tables.yml`.

Numbers are floats, nan where there is none; a text is '' where there is none; `row` is the row's place,
and `decimals` how many the source prints. What each column holds is in `data/DICTIONARY.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

from evidence_review.records.row_id import RowId

if TYPE_CHECKING:  # it reads these classes
    from evidence_review.records.table_store import Tables
'''

_TABLES = '''

class TypedRows:
    """Rows of every table, each with the class of its table."""

    tables: Tables

'''

_OVERLOAD = """    @overload
    def rows(self, table: Literal["{table}"]) -> list[{name}]: ...
"""

_LAST = '''    @overload
    def rows(self, table: str) -> list[Any]: ...

    def rows(self, table: str) -> list[Any]:
        """Every row of a table, in the order of its file; do not change the list."""
        return self.tables.rows(table)
'''


def row_types(definitions: Mapping) -> str:
    """The text of `rows.py`.

    Parameters
    ----------
    definitions : mapping
        The contents of `tables.yml`.
    """
    parts, overloads = [_HEAD], []
    for table in definitions["tables"]:
        name = class_name(table["name"])
        columns = {field["name"]: _PYTHON.get(field["type"], "str") for field in table["fields"]}
        if "value" in columns:
            columns["decimals"] = "int"
        columns["row"] = "RowId"
        lines = [f"    {column}: {kind}\n" for column, kind in columns.items()]
        head = f'\n\nclass {name}(NamedTuple):\n    """{table["title"]}."""\n\n'
        parts.append(head + "".join(lines))
        overloads.append(_OVERLOAD.format(table=table["name"], name=name))
    return "".join([*parts, _TABLES, *overloads, _LAST])


def class_name(table: str) -> str:
    """Name of the class of a table's rows: 'pooled_results' is 'PooledResultsRow'."""
    return "".join(word.capitalize() for word in table.split("_")) + "Row"
