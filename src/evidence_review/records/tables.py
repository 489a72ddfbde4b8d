"""Read the data package: tables as data frames and typed rows, and single numbers with their row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evidence_review.records.columns import Table, tables_of
from evidence_review.records.package import Project, find_project
from evidence_review.records.row_id import RowId
from evidence_review.records.row_rules import OFF_SCALE
from evidence_review.records.rows import (
    InstrumentsRow,
    OutcomesRow,
    ReviewRow,
    StatisticsRow,
    StudiesRow,
    TypedRows,
)
from evidence_review.records.spreadsheets import read_file
from evidence_review.records.table_store import Columns, Tables
from evidence_review.records.validation import DataError, violations_unless_known_valid

if TYPE_CHECKING:  # importing pandas takes longer than a run with nothing to do
    import pandas as pd


@dataclass(frozen=True)
class Reported:
    """One number as a source gives it.

    Attributes
    ----------
    value : float
        The number as printed, sign convention untouched; nan if missing.
    decimals : int
        How many decimals the source prints (11 has 0, 11.00 has 2).
    comparator : str
        '=' or the printed bound ('<', '<=', '>', '>=').
    unit : str
        Unit of the value.
    sign_convention : str
        'end minus baseline', 'reduction' or 'improvement'; '' if the number is not a change.
    basis : str
        'reported', 'derived' or 'assumed'.
    row : RowId
        Its row; no row (the empty text) if it was not extracted.
    access_level : str
        What was read: 'full text', 'abstract' or 'secondary'.
    missing_reason : str
        Why there is no value.
    """

    value: float
    decimals: int
    comparator: str
    unit: str
    sign_convention: str
    basis: str
    row: RowId
    access_level: str
    missing_reason: str
    instrument_id: str = ""
    text: str = ""

    @property
    def found(self) -> bool:
        return self.value == self.value


NOT_EXTRACTED = Reported(nan, 0, "=", "", "", "", RowId("", "", 0), "", "no row in statistics.csv")


@dataclass(frozen=True)
class Records(TypedRows):
    """The tables of one folder, checked.

    Every table has the columns of the data dictionary and `row`, the row's place. A review's studies,
    arms and statistics include the trials of its reference class that contrasts.csv names.

    Parameters
    ----------
    folder : str
        Its name: that of a review or of a reference class.
    tables : Tables
        Data frames by name, without '.csv'; `rows` has the same as typed rows.
    reference_class : Records
        The placebo arms that a review compares with; for a reference class, the records themselves.

    Examples
    --------
    >>> records = load("")
    >>> records.review.review_id == records.folder
    True
    >>> records["arms"].columns[:2].tolist()
    ['study_id', 'arm_id']
    >>> first = records.rows("arms")[0]
    >>> first.row.table, first.row.line
    ('arms', 2)
    """

    folder: str
    tables: Tables
    reference_class: Records = field(default=None, repr=False)  # pyright: ignore[reportAssignmentType]

    def __post_init__(self):
        if self.reference_class is None:
            object.__setattr__(self, "reference_class", self)

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]

    @property
    def last_read(self) -> str:
        """The last day on which sources of the review were searched for or read, as YYYY-MM-DD."""
        return max([self.review.search_date, *(row.read_on for row in self.rows("sources"))])

    def __reduce__(self):
        """Pickled without the cached properties."""
        reference = None if self.reference_class is self else self.reference_class
        return Records, (self.folder, self.tables, reference)

    @cached_property
    def comparators(self) -> dict[str, str]:
        """What the control group of each compared study got: 'placebo' (or a sham), 'usual care', 'no exposure', else 'control'."""
        roles = {(arm.study_id, arm.arm_id): arm.role for arm in self.rows("arms")}
        return {
            row.study_id: _COMPARATORS.get(
                roles.get((row.study_id, row.control_arm), ""), "control"
            )
            for row in self.rows("contrasts")
        }

    @property
    def comparator(self) -> str:
        """What a review compares with: what every control group got, 'control' where they differ."""
        return shared_comparator(self.comparators.values())

    @cached_property
    def own_rows(self) -> Records:
        """The rows of the folder's own files only."""
        is_own = lambda _, columns: [row.folder == self.folder for row in columns["row"]]
        return replace(self, tables=self.tables.where(is_own))

    @cached_property
    def rest_of_reference_class(self) -> Records:
        """The reference class without the trials that are among this review's own."""
        mine = {study.study_id for study in self.rows("studies")}
        is_other = lambda _, columns: (
            [study not in mine for study in columns["study_id"]] if "study_id" in columns else None
        )
        return replace(self.reference_class, tables=self.reference_class.tables.where(is_other))

    @property
    def review(self) -> ReviewRow:
        """The single row of review.csv."""
        return self.rows("review")[0]

    @property
    def further_outcomes(self) -> list[OutcomesRow]:
        """The outcomes of outcomes.csv, in its order; none without that table."""
        return self.rows("outcomes") if "outcomes" in self.tables else []

    def outcome(self, name: str) -> OutcomesRow | None:
        """The row of an outcome in outcomes.csv; None if it has none, as the review's own outcome."""
        return next((row for row in self.further_outcomes if row.outcome == name), None)

    def study(self, study_id: str) -> StudiesRow:
        """The row of one study.

        Raises
        ------
        KeyError
            For a study that the folder does not have.
        """
        return self.tables.by("studies", "study_id")[study_id,][0]

    def instrument(self, instrument_id: str) -> InstrumentsRow:
        """The row of one instrument, from the tables of the reference class.

        Raises
        ------
        KeyError
            For an instrument that the reference class does not have.
        """
        return self.reference_class.tables.by("instruments", "instrument_id")[instrument_id,][0]

    def source_name(self, source_id: str) -> str:
        """What pages call a source of this folder or of its reference class: its label, else its citation.

        Raises
        ------
        KeyError
            For a source that neither has.
        """
        mine, shared = (
            records.tables.by("sources", "source_id") for records in (self, self.reference_class)
        )
        row = (mine.get((source_id,)) or shared[source_id,])[0]
        return row.label or row.citation

    def select(self, **columns) -> list[StatisticsRow]:
        """Rows of statistics.csv that equal all the given columns, best provenance first.

        A reported number comes before a derived or assumed one.

        Examples
        --------
        >>> {row.statistic for row in load("").select(statistic="change_mean")}
        {'change_mean'}
        """
        found = [row for row in self.rows("statistics") if _equals(row, columns)]
        return sorted(found, key=lambda row: _BASIS_ORDER[row.basis])

    def statistic(self, study_id: str, arm_id: str, statistic: str, **columns) -> Reported:
        """One reported statistic.

        Where several rows fit, one with a value comes before one without, and a
        reported value before a derived one. A P, a t or the level of an interval is on no scale, and its
        row need not name one: of an arm with one scale only, it is of that.

        Parameters
        ----------
        study_id, arm_id, statistic : str
            As in statistics.csv.
        **columns
            Other columns of that table and what they must equal.

        Returns
        -------
        Reported
            Its `found` is False where there is no such number.

        Examples
        --------
        >>> records = load("")
        >>> row = records.rows("statistics")[0]
        >>> records.statistic(row.study_id, row.arm_id, row.statistic, week=row.week).row == row.row
        True
        >>> records.statistic(row.study_id, "no such arm", "mean").missing_reason
        'no row in statistics.csv'
        """
        by_name = self.tables.by("statistics", "study_id", "arm_id", "statistic")
        printed = by_name.get((study_id, arm_id, statistic), ())
        rows = [row for row in printed if _equals(row, columns)]
        scale = columns.get("instrument_id")
        if scale and statistic in OFF_SCALE and not any(row.value == row.value for row in rows):
            where = {name: value for name, value in columns.items() if name == "outcome"}
            of_arm = self.arm_rows(study_id, arm_id, **where)
            if {row.instrument_id for row in of_arm} <= {scale, ""}:
                rows = [
                    row for row in printed if _equals(row, columns | {"instrument_id": ""})
                ] or rows
        if not rows:
            return NOT_EXTRACTED
        row = min(rows, key=lambda row: (row.value != row.value, _BASIS_ORDER[row.basis]))
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

    def arm_rows(self, study_id: str, arm_id: str, **columns) -> list[StatisticsRow]:
        """Rows of statistics.csv of one arm that equal all the given columns."""
        rows = self.tables.by("statistics", "study_id", "arm_id").get((study_id, arm_id), ())
        return [row for row in rows if _equals(row, columns)]

    def outcomes(self, study_id: str, arm_id: str, *statistics: str) -> list[str]:
        """Outcomes on which an arm prints one of these statistics, in the order of the table."""
        rows = self.tables.by("statistics", "study_id", "arm_id").get((study_id, arm_id), ())
        printed = (row for row in rows if row.statistic in statistics and row.value == row.value)
        return list(dict.fromkeys(row.outcome for row in printed))

    def weeks(self, study_id: str, arm_id: str, *statistics: str, **columns) -> list[float]:
        """Weeks after the start of which an arm prints one of these statistics, the last first."""
        printed = self.tables.by("statistics", "study_id", "arm_id", "statistic")
        rows = (row for name in statistics for row in printed.get((study_id, arm_id, name), ()))
        return sorted(
            {
                row.week
                for row in rows
                if row.week > 0 and row.value == row.value and _equals(row, columns)
            },
            reverse=True,
        )

    def study_rows(self, study_id: str, statistic: str, **columns) -> list[StatisticsRow]:
        """Rows of one statistic of a study, over all its arms, that equal all the given columns."""
        rows = self.tables.by("statistics", "study_id", "statistic").get((study_id, statistic), ())
        return [row for row in rows if _equals(row, columns)]

    def assumption_rows(self, *names: str) -> tuple[RowId, ...]:
        """Places of the rows of the named assumptions, those of the reference class first."""
        rows = [*self.reference_class.rows("assumptions"), *self.rows("assumptions")]
        return tuple(dict.fromkeys(row.row for row in rows if row.assumption_id in names))

    def people(self, study_id: str, arm_id: str, outcome: str = "") -> Reported:
        """Number of people behind an arm's results: `n_analysed`, else `n`, else `n_randomised`.

        outcome: if a number of people is given for this outcome, it comes before that of the arm.
        """
        found = NOT_EXTRACTED
        for about in (outcome, "participants") if outcome else ("participants",):
            for statistic in ("n_analysed", "n", "n_randomised"):
                found = self.statistic(study_id, arm_id, statistic, outcome=about)
                if found.found:
                    return found
        return found


def _equals(row, columns: Mapping[str, object]) -> bool:
    found = ((getattr(row, name), wanted) for name, wanted in columns.items())
    # Two empty weeks, both nan, are equal.
    return all(has == wanted or (has != has and wanted != wanted) for has, wanted in found)


_BASIS_ORDER = {"reported": 0, "derived": 1, "assumed": 2}


# What a control group of each role got.
_COMPARATORS = {
    "placebo": "placebo",
    "sham": "placebo",
    "usual care": "usual care",
    "unexposed": "no exposure",
}


def shared_comparator(comparators: Iterable[str]) -> str:
    """One word for what several control groups got: their shared comparator, else 'control'.

    Examples
    --------
    >>> shared_comparator(["placebo", "control"]), shared_comparator([])
    ('control', 'placebo')
    """
    found = set(comparators)
    return "control" if len(found) > 1 else next(iter(found), "placebo")


def load(review: str, project: Project | Path | str | None = None) -> Records:
    """The tables of a review and of its reference class, checked.

    Parameters
    ----------
    review : str
        A folder in `data/`; '' is the project's default review.
    project : Project, path or None
        Where the data are; None is the project that the working directory lies in.

    Raises
    ------
    UnknownReviewError
        For a name that is no review.
    DataError
        With every violation, if a file breaks the data package's rules.
    PackageError
        If `datapackage.json` cannot be read.

    Examples
    --------
    >>> records = load("")
    >>> sorted(records.reference_class["instruments"].worse.unique())
    ['higher', 'lower', 'not stated']
    """
    if not isinstance(project, Project):
        project = find_project(project)
    review = review or project.default_review()
    project.require_review(review)
    reference = project.reference_class(review)
    known = reference in project.folders()
    found = violations_unless_known_valid(project, [review, reference] if known else [review])
    if found or reference is None:
        raise DataError(found)
    tables = tables_of(project.descriptor())
    own, shared = (
        Tables(
            {
                table.name: _read_table(project.data / table.file, table)
                for table in tables
                if table.folder == folder
            }
        )
        for folder in (review, reference)
    )
    own = own.followed_by(_compared_trials(own, shared))
    return Records(review, own, Records(reference, shared))


def _compared_trials(own: Tables, shared: Tables) -> Tables:
    """The trials of the reference class that a review compares, and the sources that it does not have."""
    compared = set(own.columns("contrasts")["study_id"]) - set(own.columns("studies")["study_id"])
    here = set(own.columns("sources")["source_id"])
    added = shared.where(
        lambda name, columns: (
            [source not in here for source in columns["source_id"]]
            if name == "sources"
            else [study in compared for study in columns["study_id"]]
            if name in _OF_TRIALS
            else None
        )
    )
    return Tables({name: added.columns(name) for name in ("sources", *_OF_TRIALS)})


_OF_TRIALS = ("studies", "arms", "statistics")


def _read_table(path: Path, table: Table) -> Columns:
    """The columns of a file, with all numbers as floats, so that every missing number is a nan."""
    raw = list(read_file(path, table.names).as_dicts())
    columns: dict[str, list[Any]] = {
        column.name: [
            (float(row[column.name]) if row[column.name] else nan)
            if column.is_number
            else row[column.name]
            for _, row in raw
        ]
        for column in table.columns
    }
    if "value" in columns:
        columns["decimals"] = [len(row["value"].partition(".")[2]) for _, row in raw]
    columns["row"] = [RowId(table.folder, table.name, line) for line, _ in raw]
    return columns
