"""All findings of a review."""

import sys

from evidence_review.findings.every import review_findings
from evidence_review.records import load
from evidence_review.review.review import Review


def test_pandas_is_imported_for_tables_to_look_at_not_for_findings(project, monkeypatch):
    """Importing it takes longer than computing all of them."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    for name in project.reviews():
        assert review_findings(Review(load(name, project)))
