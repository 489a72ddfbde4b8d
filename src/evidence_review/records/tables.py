"""Reading the data package: tables as data frames, single numbers with where they came from."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_review.records.package import Project, find_project, table_definitions
from evidence_review.records.validation import DataError, violations_unless_known_valid

if TYPE_CHECKING:  # in functions below: a run with nothing to do is over before it is imported
    import pandas as pd


@dataclass(frozen=True)
class Reported:
    """One number as a source gives it.

    value: the number as printed, sign convention untouched; nan if missing.
    decimals: how many the source prints (11 has 0, 11.00 has 2).
    comparator: '=' or the printed bound ('<', '<=', '>', '>=').
    basis: 'reported', 'derived' or 'assumed'. row: 'folder/table.csv:row', the
    row as a spreadsheet counts. missing_reason: why there is no value.
    """

    value: float
    decimals: int
    comparator: str
    unit: str
    sign_convention: str
    basis: str
    row: str
    access_level: str
    missing_reason: str
    instrument_id: str = ""
    text: str = ""

    @property
    def found(self) -> bool:
        return self.value == self.value


NOT_EXTRACTED = Reported(nan, 0, "=", "", "", "", "", "", "no row in statistics.csv")


@dataclass(frozen=True)
class Records:
    """The tables of one folder, checked. `reference` is a review's reference class.

    Every table has the columns of the data dictionary and `row`, where it came from. Trials of the
    reference class that a review compares (contrasts.csv) are among its studies, arms and statistics.
    """

    folder: str
    tables: dict[str, pd.DataFrame]
    reference: Records | None = field(default=None, repr=False)
    _rows: dict[str, list] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]

    def __reduce__(self):
        """Pickled without the rows looked up so far: named tuples of pandas cannot be."""
        return Records, (self.folder, self.tables, self.reference)

    def rows(self, table: str) -> list:
        """Every row of a table, as named tuples; do not change the list."""
        if table not in self._rows:
            self._rows[table] = list(self[table].itertuples(index=False))
        return self._rows[table]

    @cached_property
    def alone(self) -> Records:
        """The rows of the folder's own files only."""
        own = f"{self.folder}/"
        return replace(
            self, tables={name: t[t.row.str.startswith(own)] for name, t in self.tables.items()}
        )

    @cached_property
    def others(self) -> Records:
        """The reference class without the trials that are among this review's own."""
        mine = set(self["studies"].study_id)
        tables = self.reference.tables.items()
        return replace(
            self.reference,
            tables={n: t[~t.study_id.isin(mine)] if "study_id" in t else t for n, t in tables},
        )

    @property
    def review(self) -> tuple:
        """The single row of review.csv, as a named tuple."""
        return self.rows("review")[0]

    def study(self, study_id: str) -> tuple:
        """The row of one study, as a named tuple."""
        return self._row_of["studies", study_id]

    def instrument(self, instrument_id: str) -> tuple:
        """The row of one instrument, kept with the reference class, as a named tuple."""
        return (self.reference or self)._row_of["instruments", instrument_id]

    def select(self, **columns) -> pd.DataFrame:
        """Rows of statistics.csv that equal all the given columns, best provenance first.

        A reported number comes before a derived or assumed one.
        """
        import numpy as np

        rows = self["statistics"]
        fits = np.all([rows[name] == wanted for name, wanted in columns.items()], axis=0)
        return rows[fits].sort_values(
            "basis", key=lambda basis: basis.map(_BASIS_ORDER), kind="stable"
        )

    def statistic(self, study_id: str, arm_id: str, statistic: str, **columns) -> Reported:
        """One reported statistic; `Reported.found` is False where it is missing.

        Where several rows fit, one with a value comes before one without, and a
        reported value before a derived one.
        """
        rows = self._rows_of_arm.get((study_id, arm_id), {}).get(statistic, [])
        rows = [row for row in rows if _equals(row, columns)]
        if not rows:
            return NOT_EXTRACTED
        return as_reported(
            min(rows, key=lambda row: (row.value != row.value, _BASIS_ORDER[row.basis]))
        )

    def arm_rows(self, study_id: str, arm_id: str, **columns) -> list:
        """Rows of statistics.csv of one arm that equal all the given columns, as named tuples."""
        by_statistic = self._rows_of_arm.get((study_id, arm_id), {}).values()
        return [row for rows in by_statistic for row in rows if _equals(row, columns)]

    @cached_property
    def _row_of(self) -> dict[tuple[str, str], tuple]:
        """Rows by table and id: looked up some thousand times a report, as are those of arms."""
        return {
            (table, getattr(row, key)): row
            for table, key in (("studies", "study_id"), ("instruments", "instrument_id"))
            if table in self.tables
            for row in self.rows(table)
        }

    @cached_property
    def _rows_of_arm(self) -> dict[tuple[str, str], dict[str, list]]:
        """Rows of statistics.csv by study and arm, then by statistic."""
        out: dict[tuple[str, str], dict[str, list]] = {}
        for row in self.rows("statistics"):
            arm = out.setdefault((row.study_id, row.arm_id), {})
            arm.setdefault(row.statistic, []).append(row)
        return out

    def assumption_rows(self, *names: str) -> tuple[str, ...]:
        """Data rows of assumptions, of the reference class and of the review."""
        tables = [part.rows("assumptions") for part in (self.reference, self) if part is not None]
        return tuple(row.row for rows in tables for row in rows if row.assumption_id in names)

    def people(self, study_id: str, arm_id: str) -> Reported:
        """Number of people behind an arm's results: analysed, else as given, else randomised."""
        for statistic in ("n_analysed", "n", "n_randomised"):
            found = self.statistic(study_id, arm_id, statistic, outcome="participants")
            if found.found:
                return found
        return found


def _equals(row, columns: Mapping[str, object]) -> bool:
    return all(getattr(row, name) == wanted for name, wanted in columns.items())


_BASIS_ORDER = {"reported": 0, "derived": 1, "assumed": 2}


def as_reported(row) -> Reported:
    """A row of statistics.csv (a named tuple) as a value with its provenance."""
    return Reported(
        value=float(row.value),
        decimals=int(row.decimals),
        comparator=row.comparator,
        unit=row.unit,
        sign_convention=row.sign_convention,
        basis=row.basis,
        row=row.row,
        access_level=row.access_level,
        missing_reason=row.missing_reason,
        instrument_id=row.instrument_id,
        text=row.text,
    )


def load(review: str, project: Project | Path | str | None = None) -> Records:
    """The tables of `review` and of its reference class, checked.

    review: a folder in `data/`; '' is the project's default review. project: where the data are; default, the project the working directory lies in.
    Raises UnknownReviewError for a name that is no review, DataError with every
    violation if a file breaks the data package's rules.
    """
    if not isinstance(project, Project):
        project = find_project(project)
    review = review or project.default_review()
    project.require_review(review)
    reference = project.reference_class(review)
    folders = [review, *([reference] if reference in project.folders() else [])]
    found = violations_unless_known_valid(project, folders)
    if found:
        raise DataError(found)
    tables = table_definitions(project)["tables"]
    shared = Records(reference, _read(project, reference, tables))
    return Records(review, _with_compared_trials(_read(project, review, tables), shared), shared)


def _with_compared_trials(
    own: dict[str, pd.DataFrame], reference: Records
) -> dict[str, pd.DataFrame]:
    """A review's tables, with those trials of its reference class that it compares, and all sources."""
    import pandas as pd

    compared = set(own["contrasts"].study_id) - set(own["studies"].study_id)
    added = {
        name: reference[name][reference[name].study_id.isin(compared)]
        for name in ("studies", "arms", "statistics")
    }
    cited = reference["sources"]
    added["sources"] = cited[~cited.source_id.isin(own["sources"].source_id)]
    return own | {
        name: pd.concat([own[name], rows], ignore_index=True) if len(rows) else own[name]
        for name, rows in added.items()
    }


def _read(project: Project, folder: str, tables: list[dict]) -> dict[str, pd.DataFrame]:
    kind = "review" if project.reference_class(folder) else "reference"
    return {
        table["name"]: _read_table(project.data / folder / f"{table['name']}.csv", folder, table)
        for table in tables
        if kind in table["in"]
    }


def _read_table(path: Path, folder: str, table: dict) -> pd.DataFrame:
    import pandas as pd

    with path.open(encoding="utf-8-sig", newline="") as stream:
        raw = list(csv.DictReader(stream))
    names = [entry["name"] for entry in table["fields"]]
    frame = pd.DataFrame(raw, columns=names, dtype="object")
    if "value" in names:
        frame["decimals"] = [len(text.partition(".")[2]) for text in frame["value"]]
    for entry in table["fields"]:
        if entry["type"] in ("number", "integer"):
            # Whole numbers too are floats here, so that every missing number is one nan.
            frame[entry["name"]] = pd.to_numeric(frame[entry["name"]].replace("", None)).astype(
                float
            )
    rows = [f"{folder}/{table['name']}.csv:{i + 2}" for i in range(len(frame))]
    frame["row"] = pd.Series(rows, dtype="object")  # text, also where there is none
    return frame
