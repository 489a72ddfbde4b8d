"""The data tables: where they are, and code that reads them and checks them against `data/tables.yml`.

Not here: columns and their limits (`data/tables.yml`, of which `schema` writes `rows.py`), tables of other programs (exchange), and
anything that computes with a number (estimates).
"""

from evidence_review.records.package import (
    DATA_PACKAGE,
    LICENCE,
    PackageError,
    Project,
    ProjectNotFoundError,
    UnknownReviewError,
    find_project,
)
from evidence_review.records.row_id import RowId
from evidence_review.records.tables import Records, Reported, load, shared_comparator
from evidence_review.records.validation import (
    DataError,
    Violation,
    checked_note,
    keep_note,
    missing_pages,
    valid_note,
    violations,
)

__all__ = [
    "DATA_PACKAGE",
    "LICENCE",
    "DataError",
    "PackageError",
    "Project",
    "ProjectNotFoundError",
    "Records",
    "Reported",
    "RowId",
    "UnknownReviewError",
    "Violation",
    "checked_note",
    "find_project",
    "keep_note",
    "load",
    "missing_pages",
    "shared_comparator",
    "valid_note",
    "violations",
]
