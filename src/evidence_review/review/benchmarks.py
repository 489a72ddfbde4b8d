"""Published placebo responses in the tables: which of them a change can be compared with."""

from __future__ import annotations

from evidence_review.records import Records
from evidence_review.records.rows import PooledResultsRow

# What a row of pooled_results.csv is used for.
BENCHMARK = "placebo benchmark"
IN_SDS, IN_UNIT = "standardised mean change", "mean change"
NEEDED = (
    "a published benchmark needs its mean change in the unit of the scale with its interval; or a standardised mean "
    "change with its interval, and one of them its mean change in the unit of the scale, too, which says what one "
    "SD is: add them to pooled_results.csv"
)


def benchmark_rows(records: Records) -> list[PooledResultsRow]:
    """Every row on a published placebo response."""
    rows = records.reference_class.rows("pooled_results")
    return [row for row in rows if row.use == BENCHMARK]


def in_both(records: Records) -> tuple[PooledResultsRow, PooledResultsRow] | None:
    """One benchmark's change in the unit of the scale and in SDs; None if no benchmark prints both."""
    benchmarks: dict[str, dict[str, PooledResultsRow]] = {}
    for row in benchmark_rows(records):
        if row.estimate == row.estimate:
            benchmarks.setdefault(row.benchmark_id, {}).setdefault(row.measure, row)
    for printed in benchmarks.values():
        points, sds = printed.get(IN_UNIT), printed.get(IN_SDS)
        if points and sds and sds.estimate and points.estimate:
            return points, sds
    return None


def comparable(records: Records) -> dict[str, PooledResultsRow]:
    """The row of each benchmark that can be compared with a change on the review's scale, by its id.

    A change in the unit of the scale comes before one in SDs, which needs to know what one SD is.
    """
    in_unit: dict[str, PooledResultsRow] = {}
    in_sds: dict[str, PooledResultsRow] = {}
    for row in benchmark_rows(records):
        if any(value != value for value in (row.estimate, row.ci_low, row.ci_high)):
            continue
        if row.measure == IN_UNIT and row.instrument_id == records.review.instrument_id:
            in_unit.setdefault(row.benchmark_id, row)
        elif row.measure == IN_SDS and row.estimate != 0 and in_both(records) is not None:
            in_sds.setdefault(row.benchmark_id, row)
    return in_sds | in_unit
