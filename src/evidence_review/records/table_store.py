"""Tables by name, each as typed rows or as a data frame.

A frame is made, and pandas imported, at the first use of a frame: checking data needs neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_type_hints

from evidence_review.records import rows as row_classes
from evidence_review.records.row_types import class_name

if TYPE_CHECKING:
    import pandas as pd

# Types of columns of numbers. Others hold objects: a row's place has more than its text.
_DTYPE: dict[Any, str] = {float: "float", int: "int"}
# Values of each column of a table, by the column's name.
Columns = Mapping[str, Sequence[Any]]


class Tables(Mapping[str, "pd.DataFrame"]):
    """Tables of a folder.

    As a mapping, it holds data frames. `tables | {name: columns}`, or a frame, replaces a table and
    shares the others, with the rows and frames already made from them.

    Parameters
    ----------
    columns, frames : mapping
        The tables by name, as columns of values or as data frames.
    """

    def __init__(self, columns: Mapping[str, Columns], frames: Mapping[str, pd.DataFrame] = {}):
        self._columns, self._frames = dict(columns), dict(frames)
        self._rows: dict[str, list[Any]] = {}
        self._indexes: dict[tuple[str, ...], dict[tuple[Any, ...], list[Any]]] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = _as_frame(name, self._columns[name])
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._columns, *self._frames]))

    def __len__(self) -> int:
        return len(set(self._columns) | set(self._frames))

    def __contains__(self, name: object) -> bool:
        return name in self._columns or name in self._frames

    def __or__(self, others: Mapping[str, Columns | pd.DataFrame]) -> Tables:
        kept = lambda held: {name: one for name, one in held.items() if name not in others}
        columns, frames = kept(self._columns), kept(self._frames)
        for name, other in others.items():
            (columns if isinstance(other, Mapping) else frames)[name] = other
        found = Tables(columns, frames)
        found._rows = kept(self._rows)
        found._indexes = {key: one for key, one in self._indexes.items() if key[0] not in others}
        return found

    def __reduce__(self):
        """Pickled as it was read, without the rows and frames made from it."""
        frames = {name: one for name, one in self._frames.items() if name not in self._columns}
        return Tables, (self._columns, frames)

    def rows(self, name: str) -> list[Any]:
        """The rows of a table, each with the class of the table."""
        if name not in self._rows:
            columns, kind = self.columns(name), getattr(row_classes, class_name(name))
            self._rows[name] = list(map(kind, *(columns[field] for field in kind._fields)))
        return self._rows[name]

    def by(self, name: str, *columns: str) -> Mapping[tuple[Any, ...], Sequence[Any]]:
        """The rows of a table by what they have in these columns, in the order of its file.

        Sorted once: a report looks rows up thousands of times.
        """
        key = (name, *columns)
        if key not in self._indexes:
            found: dict[tuple[Any, ...], list[Any]] = {}
            for row in self.rows(name):
                found.setdefault(tuple(getattr(row, column) for column in columns), []).append(row)
            self._indexes[key] = found
        return self._indexes[key]

    def columns(self, name: str) -> Columns:
        """The values of a table, column by column."""
        if name not in self._columns:
            frame = self._frames[name]
            self._columns[name] = {column: frame[column].tolist() for column in frame}
        return self._columns[name]

    def where(self, keep: Callable[[str, Columns], Sequence[bool] | None]) -> Tables:
        """The tables with only the rows to keep.

        keep: returns, from a table's name and columns, a bool for each row, or None to keep all rows.
        """
        found = {name: keep(name, self.columns(name)) for name in self}
        return self | {
            name: _only(self.columns(name), kept)
            for name, kept in found.items()
            if kept is not None
        }

    def followed_by(self, others: Tables) -> Tables:
        """The tables with the rows of others at the end of those of the same names."""
        out = {name: self.columns(name) for name in self}
        for name in others:
            more = others.columns(name)
            out[name] = {column: [*own, *more[column]] for column, own in out[name].items()}
        return Tables(out)


def _only(columns: Columns, kept: Sequence[bool]) -> Columns:
    return {
        name: [value for value, is_kept in zip(values, kept, strict=True) if is_kept]
        for name, values in columns.items()
    }


def _as_frame(name: str, columns: Columns) -> pd.DataFrame:
    import pandas as pd

    kinds = get_type_hints(getattr(row_classes, class_name(name)))
    return pd.DataFrame(
        {
            column: pd.Series(values, dtype=_DTYPE.get(kinds.get(column), "object"))
            for column, values in columns.items()
        }
    )
