"""The ground floor: the data package as typed, checked tables with provenance.

Belongs here: where the data are, what each table holds, whether a file keeps to
that, and reading it. Does not belong here: anything that computes with a number.
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
from evidence_review.records.tables import Records, Reported, load
from evidence_review.records.validation import (
    DataError,
    Violation,
    missing_pages,
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
    "find_project",
    "load",
    "missing_pages",
    "violations",
]
