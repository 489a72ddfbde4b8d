"""The findings on certainty, the flow of studies and the reporting standards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.effect import Effect
from evidence_review.judgement import grade
from evidence_review.judgement.certainty import Body
from evidence_review.judgement.flow import flow
from evidence_review.judgement.standards import checklists
from evidence_review.records import Records
from evidence_review.review.finding import Finding, certainty_id, finding_id, slug
from evidence_review.review.review import Review, once


def certainty_findings(found: Sequence[Body]) -> list[Finding]:
    """The certainty of each body, from 0 (very low) to 3 (high), and its difference if no finding has it."""
    levels = [
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
    return levels + [finding for body in found for finding in _differences(body)]


def difference_id(body: Body, effect: Effect) -> str:
    """Id of the finding on a body's difference, in SDs or in the unit of the scale."""
    of_body = certainty_id(body.outcome, body.evidence)
    in_sds = "_sd" if effect.measure.is_standardised else ""
    return _id_at_source(body, effect) or f"{of_body}.difference{in_sds}"


def _id_at_source(body: Body, effect: Effect) -> str:
    """Id of the finding on a body's study or pool that states this difference; '' if there is none."""
    assert body.effect is not None
    source = body.effect.source
    if not isinstance(source, Contrast):
        is_stated = effect is body.effect.in_unit
        name = finding_id(source.change.study_id, body.outcome, "beyond_placebo")
    else:
        is_stated = any(effect is one for one in source.effects)
        name = finding_id(source.study_id, body.outcome, effect.measure.name.lower())
    return name if is_stated else ""


def _differences(body: Body) -> list[Finding]:
    """A body's difference, converted to another unit than that of its source."""
    if body.effect is None:
        return []
    out = []
    for effect in (body.effect.in_unit, body.effect.standardised):
        if effect is None or body.effect.per_sd is None:
            continue
        if _id_at_source(body, effect):
            continue
        name = difference_id(body, effect)
        first = Finding(
            id=name,
            label=f"Difference by the {body.evidence} evidence on {body.outcome}, in {effect.measure.unit}",
            value=effect.value,
            interval=None if effect.bounds else effect.interval,
            bounds=effect.bounds,
            **effect.measure.in_finding,
            basis=body.effect.basis,
            rows=body.effect.rows,
            note=f"an SD of one person's change of {body.effect.per_sd:g}",
        )
        out.append(first)
        if effect.bounds:
            label = f"{first.label}, with sampling error"
            out.append(
                replace(
                    first,
                    id=f"{name}_with_error",
                    label=label,
                    interval=effect.interval,
                    bounds=None,
                )
            )
    return out


@once
def flow_findings(review: Review) -> list[Finding]:
    """The known counts of the flow diagram."""
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
