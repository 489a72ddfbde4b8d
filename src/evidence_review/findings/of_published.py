"""The findings on outcomes that only a published review pooled, harms first."""

from __future__ import annotations

from math import log
from typing import Any

from evidence_review.effect_measures import MEASURES, OF_RISK, OF_UNIT
from evidence_review.estimates.contrast import (
    compared_trials,
    compared_with,
    evidence_pooled,
    reporting,
)
from evidence_review.estimates.pool import other_outcomes
from evidence_review.review.finding import Finding, Interval, finding_id
from evidence_review.review.review import Review, once
from evidence_review.review.settings import IN_1000
from evidence_review.stats.absolute import treated_risk
from evidence_review.words.published import how_many
from evidence_review.words.studies import nouns


@once
def published_findings(review: Review) -> list[Finding]:
    """Each published result on another outcome; for a ratio also the difference in 1000 people.

    The difference follows from the source's own count in the comparison group, as in GRADE's tables
    (Cochrane Handbook 5.1, 12.5.4), and is never more than all 1000.
    """
    out: list[Finding] = []
    compared = [trial.study_id for trial in compared_trials(review)]
    comparator, several = compared_with(review), nouns(evidence_pooled(review))
    for row in other_outcomes(review):
        measure = OF_UNIT[row.measure]
        name = lambda quantity, row=row: finding_id("published", row.outcome, quantity)
        source = review.records.source_name(row.source_id)
        shared: dict[str, Any] = {"better": row.better, "rows": (row.row,)}
        out.append(
            Finding(
                id=name(measure.lower()),
                label=f"{row.outcome}: {row.measure} against {comparator}, as pooled by {source}",
                value=row.estimate,
                interval=Interval(row.ci_low, row.ci_high, 0.95),
                unit="SD" if measure == "SMD" else "",
                measure=measure,
                basis=row.basis,
                note=f"{how_many(review, row) or row.missing_reason}; certainty by its authors: "
                f"{row.certainty or 'not printed'}",
                **shared,
            )
        )
        # One row a trial: a reader is told how many there are.
        trials = {entry.study_id: entry.row for entry in review.records.rows("contrasts")}
        here = [study for study in compared if study in reporting(review, row.outcome)]
        out.append(
            Finding(
                id=name("reported_here"),
                label=f"{row.outcome}: {several} compared here that say anything of it, in what was read",
                value=len(here),
                unit=several,
                rows=tuple(trials.values()),
                note=", ".join(review.records.study(study).label for study in here)
                or f"none of {len(compared)}",
            )
        )
        is_ratio = MEASURES[measure].log
        if is_ratio and measure in OF_RISK and row.control_per_1000 == row.control_per_1000:
            more = lambda ratio, row=row, name=measure: (
                1000 * treated_risk(name, log(ratio), row.control_per_1000 / 1000)
                - row.control_per_1000
            )
            out.append(
                Finding(
                    id=name("per_1000"),
                    label=f"{row.outcome}: more people in 1000 than on {comparator}",
                    value=more(row.estimate),
                    interval=Interval(more(row.ci_low), more(row.ci_high), 0.95),
                    unit=IN_1000,
                    **shared,
                    note=f"of {row.control_per_1000:.0f} in 1000 on {comparator}",
                )
            )
    return out
