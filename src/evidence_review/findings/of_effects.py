"""The findings on effects and consistency checks."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from evidence_review.checks.p_against_interval import disagreement
from evidence_review.checks.study_check import StudyCheck
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from evidence_review.estimates.change import SingleArmChange, single_arm_changes
from evidence_review.estimates.contrast import Contrast, every_contrast, people
from evidence_review.estimates.effect import Effect
from evidence_review.numbers import capital
from evidence_review.review.finding import Finding, Interval, Range, finding_id, slug
from evidence_review.review.review import Review, once
from evidence_review.words import effects as words


@once
def effect_findings(review: Review) -> list[Finding]:
    """Changes in the uncontrolled study and contrasts of the randomised ones, study by study."""
    return [
        *(f for change in single_arm_changes(review) for f in change_findings(review, change)),
        *(f for item in every_contrast(review) for f in contrast_findings(item)),
        *(
            found
            for item in every_contrast(review)
            if item.outcome == review.about.outcome
            for found in compared_people(review, item)
        ),
    ]


def compared_people(review: Review, contrast: Contrast) -> list[Finding]:
    """People in the groups that a trial's contrast compares, without groups that are left out.

    Empty if their number is neither printed nor assumed.
    """
    count, counted = people(review, [contrast.study_id], contrast.outcome)
    several = contrast.route.parts
    if isnan(count):
        return []
    return [
        Finding(
            id=f"{slug(contrast.study_id)}.people_compared",
            label=f"People in the {'' if several else 'two '}groups compared: {contrast.label}",
            value=count,
            unit="people",
            basis="derived" if counted else "assumed",
            rows=contrast.rows,
        )
    ]


def change_findings(review: Review, change: SingleArmChange) -> list[Finding]:
    """One change in the uncontrolled study, and whether its printed interval and P agree."""
    odd = disagreement(change)
    caution = f"; the printed interval and P do not agree: {odd.comment}" if odd else ""
    about = f"{change.label}, {change.outcome}"
    name = lambda quantity: finding_id(change.study_id, change.outcome, quantity)
    shared = {"basis": "derived", "rows": change.rows}
    out = [
        Finding(
            id=name("change"),
            label=f"Change since baseline: {about}",
            value=change.mean,
            interval=change.interval(review.settings.level),
            **change.measure.in_finding,
            note=f"uncontrolled; {words.direction(change.measure)}; interval by t from the printed one{caution}",
            **shared,
        ),
        Finding(
            id=name("change_se"),
            label=f"Standard error of the change: {about}",
            value=change.se,
            unit=change.unit,
            **shared,
        ),
        Finding(
            id=name("change_sd"),
            label=f"SD of one person's change: {about}",
            value=change.sd,
            unit=change.unit,
            **shared,
        ),
        Finding(
            id=name("smc"),
            label=f"Mean change in SDs of one person's change: {about}",
            value=change.in_sds,
            unit="SD",
            measure="SMC",
            better=change.measure.better or "",
            **shared,
        ),
        Finding(
            id=name("p"),
            label=f"p that the change and its standard error give: {about}",
            value=change.p,
            unit="p",
            **shared,
        ),
    ]
    if change.outcome == review.about.outcome and not isnan(change.n):
        out.append(
            Finding(
                id=name("people"),
                label=f"People: {about}",
                value=change.n,
                unit="people",
                basis="reported",
                rows=change.rows[-1:],
            )
        )
    return out


def contrast_findings(contrast: Contrast) -> list[Finding]:
    """One contrast, of a trial or of a pool, on every measure that its figures give.

    A reconstruction has its bounds under one id and its interval, which includes sampling error, under
    another. If there are two standardised differences, the id of the second names its SDs.
    """
    about = f"{contrast.label}, {contrast.outcome}"
    out = []
    for effect in contrast.effects:
        measure = effect.measure
        quantity = measure.name.lower()
        if effect is not contrast.on(measure.name):
            quantity += f"_by_{measure.sd_of}"
        name = finding_id(contrast.study_id, contrast.outcome, quantity)
        shared = measure.in_finding | {
            "basis": effect.basis,
            "rows": contrast.rows,
            "note": words.how(contrast),
        }
        if measure.is_standardised:
            shared["note"] += f"; {words.in_sds(measure)}"
        of_what = f" in {measure.unit}" if measure.name == "MD" else ""
        label = f"{capital(words.compared(measure, contrast.comparator))}{of_what}: {about}"
        if effect.value is None:
            out.append(Finding(id=name, label=label, value=None, bounds=effect.bounds, **shared))
            out.append(
                Finding(
                    id=f"{name}_with_error",
                    label=f"{capital(words.compared(measure, contrast.comparator))}{of_what}, with sampling error: {about}",
                    value=None,
                    interval=effect.interval,
                    **shared,
                )
            )
            out += _in_any_order(name, about, contrast.comparator, effect, shared)
        else:
            out.append(
                Finding(
                    id=name,
                    label=label,
                    value=measure.printed(effect.value),
                    interval=measure.as_printed(effect.interval),
                    **shared,
                )
            )
    return out


def _in_any_order(
    name: str, about: str, comparator: str, effect: Effect, shared: dict
) -> list[Finding]:
    """A reconstruction without the assumption of which groups differ: the largest difference either way.

    The treated and the control group cannot be further apart than the best and the worst group.
    """
    assert effect.bounds is not None
    most = lambda found: max(abs(found.low), abs(found.high))
    apart, with_error = most(effect.bounds), most(effect.interval)
    return [
        Finding(
            id=f"{name}_any_order",
            label=f"Difference from {comparator} if no order of the groups is assumed: {about}",
            value=None,
            bounds=Range(-apart, apart),
            **shared,
        ),
        Finding(
            id=f"{name}_any_order_with_error",
            label=f"Difference from {comparator} if no order of the groups is assumed, with sampling error: {about}",
            value=None,
            interval=Interval(-with_error, with_error, effect.interval.level),
            **shared,
        ),
    ]


def check_findings(checks: Sequence[StudyCheck]) -> list[Finding]:
    """How many checks could be done, how many had each verdict, and the rows of inconsistent ones."""
    out = [
        Finding(
            id="checks.done",
            label="Consistency checks that could be done",
            value=sum(check.answer != NOT_CHECKABLE for check in checks),
            unit="checks",
        )
    ]
    for answer in (CONSISTENT, INCONSISTENT, NOT_CHECKABLE):
        found = [check for check in checks if check.answer == answer]
        rows = (row for check in found for row in check.rows) if answer == INCONSISTENT else ()
        out.append(
            Finding(
                id=f"checks.{slug(answer)}",
                label=f"Consistency checks: {answer}",
                value=len(found),
                unit="checks",
                rows=tuple(dict.fromkeys(rows)),
            )
        )
    return out
