"""Sources by name."""

from __future__ import annotations

from evidence_review.review.review import Review, once_for_records


@once_for_records
def _citations(review: Review) -> dict[str, str]:
    tables = (review.records.reference_class.rows("sources"), review.records.rows("sources"))
    return {row.source_id: row.citation for rows in tables for row in rows}


def short_name(review: Review, source_id: str) -> str:
    """Who published a source and when: its citation up to the first full stop."""
    return _citations(review)[source_id].partition(".")[0]
