"""The findings on further outcomes: how many of the trials report on each."""

from __future__ import annotations

from evidence_review.estimates.contrast import contrasts_on, evidence_pooled, reporting
from evidence_review.review.finding import Finding, finding_id
from evidence_review.review.review import Review, once
from evidence_review.words.studies import nouns


@once
def reported_findings(review: Review) -> list[Finding]:
    """For each outcome of outcomes.csv, the trials that print anything on it, and those with an effect."""
    label_of = lambda study: review.records.study(study).label
    out, several = [], nouns(evidence_pooled(review))
    for row in review.records.further_outcomes:
        says, effects = reporting(review, row.outcome), contrasts_on(review, row.outcome)
        rows = tuple(place for places in says.values() for place in places)
        for quantity, what, names in (
            (
                "trials",
                "studies of the answer that print anything of it",
                list(map(label_of, says)),
            ),
            ("effects", f"{several} that give an effect", [item.label for item in effects]),
        ):
            out.append(
                Finding(
                    id=finding_id("reported", row.outcome, quantity),
                    label=f"{row.outcome}: {what}, in what was read",
                    value=len(names),
                    unit=several,
                    rows=(row.row, *rows),
                    note=", ".join(names) or "none",
                )
            )
    return out
