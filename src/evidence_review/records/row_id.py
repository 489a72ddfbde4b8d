"""The place of a row of data: folder, table and line, written as 'folder/table.csv:7'."""

from __future__ import annotations

import re


class RowId(str):
    """The place of one row: a text such as 'folder/table.csv:7' with its parts as attributes.

    `RowId("", "", 0)`, the empty text, means no row.

    Parameters
    ----------
    folder, table : str
        Folder in `data/`, and the table's name without '.csv'.
    line : int
        The row's number in a spreadsheet (the header is 1); 0 for no row.

    Examples
    --------
    >>> row = RowId("my-review", "statistics", 7)
    >>> print(row)
    my-review/statistics.csv:7
    >>> row.table, row.line, row.file
    ('statistics', 7, 'my-review/statistics.csv')
    """

    folder: str
    table: str
    line: int

    def __new__(cls, folder: str, table: str, line: int):
        self = super().__new__(cls, f"{folder}/{table}.csv:{line}" if line else "")
        self.folder, self.table, self.line = folder, table, line
        return self

    @classmethod
    def parse(cls, text: str) -> RowId:
        """The place that a text, as in results.json, names; '' is no row.

        Raises
        ------
        ValueError
            For a text that is not the place of a row.

        Examples
        --------
        >>> RowId.parse("my-review/pooled_results.csv:12").line
        12
        """
        if not text:
            return cls("", "", 0)
        found = re.fullmatch(r"(.+)/([^/]+)\.csv:([1-9][0-9]*)", text)
        if not found:
            raise ValueError(
                f"{text!r} is not the place of a row; write it as 'folder/table.csv:7'"
            )
        return cls(found[1], found[2], int(found[3]))

    @property
    def file(self) -> str:
        """The row's file within `data/`."""
        return f"{self.folder}/{self.table}.csv" if self.line else ""

    def __getnewargs__(self) -> tuple[str, str, int]:
        return self.folder, self.table, self.line

    def __deepcopy__(self, memo) -> RowId:
        return self  # it cannot change, and thousands of findings are copied
