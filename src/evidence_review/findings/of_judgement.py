"""The findings on certainty, the flow of studies and the reporting standards."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.judgement import grade
from evidence_review.judgement.certainty import Body
from evidence_review.judgement.flow import flow
from evidence_review.judgement.standards import checklists
from evidence_review.records import Records
from evidence_review.review.finding import Finding, certainty_id, slug
from evidence_review.review.review import Review


def certainty_findings(found: Sequence[Body]) -> list[Finding]:
    """The level of each body as a number: 0 very low, 1 low, 2 moderate, 3 high."""
    return [
        Finding(
            id=certainty_id(body.outcome, body.evidence),
            label=f"Certainty of the {body.evidence} evidence on {body.outcome}",
            value=grade.LEVELS.index(body.level),
            unit=grade.LEVEL,
            rows=tuple(domain.row for domain in body.domains),
            note=f"{body.level}, of {', '.join(grade.LEVELS)}; judged",
        )
        for body in found
    ]


def flow_findings(review: Review) -> list[Finding]:
    """The counts of the diagram that are known."""
    return [
        Finding(
            id=stage.id,
            label=f"{lane.title}: {stage.unit} {stage.name}",
            value=stage.count,
            unit=stage.unit,
            rows=stage.rows,
        )
        for lane in flow(review)
        for stage in lane.stages
        if stage.count is not None
    ]


def reporting_findings(records: Records) -> list[Finding]:
    """How many items of each tool have which answer."""
    return [
        Finding(
            id=f"reporting.{slug(checklist.tool)}.{slug(answer)}",
            label=f"{checklist.tool}: {answer}",
            value=len(items := checklist.answered(answer)),
            unit="items",
            rows=tuple(item.row for item in items if item.row),
        )
        for checklist in checklists(records)
        for answer in checklist.answers
    ]
