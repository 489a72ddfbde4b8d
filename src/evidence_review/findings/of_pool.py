"""The findings on pooled trials, and on the choices that move the pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from evidence_review.estimates.contrast import changes_by_arm, compared_with, every_contrast, people
from evidence_review.estimates.effect import weakest
from evidence_review.estimates.pool import PooledContrast, pooled_contrast, published_result
from evidence_review.findings import of_events
from evidence_review.findings.of_effects import contrast_findings
from evidence_review.numbers import capital, units
from evidence_review.placebo import response as placebo
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import (
    POOLED,
    Finding,
    Interval,
    Range,
    finding_id,
    subgroup_quantity,
)
from evidence_review.review.review import Review, on_outcome, once
from evidence_review.review.settings import OBSERVATIONAL
from evidence_review.sensitivity.pool_choices import (
    AS_IT_IS,
    IN_PUBLISHED,
    NOT_IN_PUBLISHED,
    PASS_CHECKS,
    WITHOUT,
    Choice,
)
from evidence_review.sensitivity.subgroups import Subgroup
from evidence_review.words import effects as words
from evidence_review.words.benefit import people_on
from evidence_review.words.published import how_many
from evidence_review.words.studies import in_full, noun, nouns


@once
def pooled_findings(review: Review) -> list[Finding]:
    """The pool on each outcome that two or more trials report."""
    outcomes = dict.fromkeys(item.outcome for item in every_contrast(review))
    pools = [(outcome, pooled_contrast(review, outcome)) for outcome in outcomes]
    return [
        finding
        for outcome, pooled in pools
        if pooled is not None
        for finding in pool_findings(on_outcome(review, outcome), pooled)
    ]


def pool_findings(review: Review, pooled: PooledContrast) -> list[Finding]:
    """The pooled contrast, then trials, people, tau, a new trial, and the published pool."""
    outcome, fit, measure, level = (
        pooled.summary.outcome,
        pooled.fit,
        pooled.measure,
        pooled.level,
    )
    count, counted = people(review, [item.study_id for item in pooled.contrasts], outcome)
    unit = measure.unit
    on_logs = ", on the scale of logarithms" if measure.is_log else ""
    named = words.compared(measure, pooled.summary.comparator)
    shared: dict[str, Any] = {"rows": pooled.summary.rows, "basis": pooled.summary.basis}
    effect = measure.in_finding
    believed: dict[str, Any] = {
        "basis": "assumed",
        "rows": pooled.summary.rows,
        "note": f"prior: flat mean, tau half-normal with scale {pooled.tau_prior_scale:g}",
    }
    name = lambda quantity: finding_id(POOLED, outcome, quantity)
    out = [
        *(found for part in (pooled.summary, *pooled.others) for found in contrast_findings(part)),
        Finding(
            id=name("trials"),
            label=f"{capital(in_full(pooled.summary.evidence))} pooled: {outcome}",
            value=fit.k,
            unit=nouns(pooled.summary.evidence),
            rows=shared["rows"],
        ),
        *_people(name("people"), f"People in them: {outcome}", count, counted, shared["rows"]),
        Finding(
            id=name("tau"),
            label=f"Spread of true {measure.kind}s between {nouns(pooled.summary.evidence)} (tau){on_logs}: {outcome}",
            value=fit.tau,
            # Empty, not narrow, where no tau makes effects as alike as these.
            interval=Interval(pooled.tau2.low**0.5, pooled.tau2.high**0.5, pooled.tau2.level)
            if pooled.tau2.high
            else None,
            unit=unit,
            **shared,
        ),
        Finding(
            id=name("i2"),
            label=f"I2, share of the scatter that is not sampling error: {outcome}",
            value=fit.i2,
            unit="%",
            **shared,
        ),
        Finding(
            id=name("new_trial"),
            label=f"True {named} in a new {noun(pooled.summary.evidence)}, Bayesian: {outcome}",
            value=measure.printed(pooled.bayes.mu.mean),
            interval=measure.as_printed(pooled.new_trial),
            **effect,
            **believed,
        ),
        Finding(
            id=name("common_effect"),
            label=f"{capital(named)} if one effect were common to all {nouns(pooled.summary.evidence)}: {outcome}",
            value=measure.printed(pooled.common.estimate),
            interval=measure.as_printed(
                Interval(pooled.common.ci_low, pooled.common.ci_high, level)
            ),
            **effect,
            **shared,
        ),
        Finding(
            id=name("bayes"),
            label=f"{capital(named)}, Bayesian: {outcome}",
            value=measure.printed(pooled.bayes.mu.mean),
            interval=measure.as_printed(pooled.mean_bayes),
            **effect,
            **believed,
        ),
    ]
    if measure.is_stated:
        return out + of_events.pool_findings(review, pooled)
    if measure.is_standardised or measure.better is None:
        return out
    if pooled.summary.evidence == OBSERVATIONAL:  # an association is not a benefit
        return out + _published(review, pooled)
    important = review.settings.important_difference
    if important is not None:
        below = float(pooled.bayes.mu.cdf(measure.worth(important)))
        out.append(
            Finding(
                id=name("important_benefit"),
                label=f"Chance that the mean benefit is {important:g} {units(f'{important:g}', unit)} or more: {outcome}",
                value=100 * (below if measure.better == "lower" else 1 - below),
                unit="%",
                **believed,
            )
        )
    return out + _published(review, pooled) + _by_arm(review, pooled)


def _people(
    name: str, label: str, count: float, counted: bool, rows: tuple[RowId, ...]
) -> list[Finding]:
    """The number of people; nothing if it is neither printed nor assumed."""
    if isnan(count):
        return []
    basis = "derived" if counted else "assumed"
    return [Finding(id=name, label=label, value=count, unit="people", basis=basis, rows=rows)]


def _published(review: Review, pooled: PooledContrast) -> list[Finding]:
    """The published pooled result, if it is on the review's own outcome and scale."""
    row = published_result(review)
    about, summary, measure = review.about, pooled.summary, pooled.measure
    if (
        row is None
        or (summary.outcome, summary.instrument_id) != (about.outcome, about.instrument_id)
        or row.instrument_id != about.instrument_id
    ):
        return []
    name = lambda quantity: finding_id(POOLED, summary.outcome, quantity)
    return [
        Finding(
            id=name("published"),
            label=f"Difference from {summary.comparator} as pooled by {review.records.source_name(row.source_id)}",
            value=row.estimate,
            interval=Interval(row.ci_low, row.ci_high, 0.95),
            basis=row.basis,
            rows=(row.row,),
            note=how_many(review, row),
            **replace(measure, unit=row.unit).in_finding,
        ),
        Finding(
            id=name("less_published"),
            label=f"Difference from {summary.comparator} here, minus the published one",
            value=pooled.fit.estimate - row.estimate,
            basis=summary.basis,
            rows=(row.row, *summary.rows),
            note=f"the two share {nouns(summary.evidence)}, so that this is not an independent comparison",
            **measure.in_finding,
        ),
    ]


def _by_arm(review: Review, pooled: PooledContrast) -> list[Finding]:
    """Mean change on treatment and in control groups of the same trials, for the review's own outcome."""
    found = changes_by_arm(review)
    pairs = found.usable
    if pooled.summary.outcome != review.about.outcome or len(pairs) < 2:
        return []
    left_out = "".join(f"; left out: {arm.label} ({arm.reason})" for arm in found.not_usable)
    out = []
    for quantity, who, arms in (
        ("on_treatment", people_on(review.about.treatment), [treated for treated, _ in pairs]),
        ("on_placebo", people_on(compared_with(review)), [control for _, control in pairs]),
    ):
        fit = placebo.pool(arms, review.settings)
        out.append(
            Finding(
                id=finding_id(POOLED, pooled.summary.outcome, quantity),
                label=f"Mean change of {who} in {len(arms)} trials that give it for both groups",
                value=fit.estimate,
                interval=Interval(fit.ci_low, fit.ci_high, fit.level),
                **arms[0].measure.in_finding,
                basis="assumed" if any(arm.basis == "assumed" for arm in arms) else "derived",
                rows=tuple(row for arm in arms for row in arm.rows),
                note=f"{', '.join(arm.label for arm in arms)}{left_out}",
            )
        )
    return out


def choice_findings(found: Sequence[Choice]) -> list[Finding]:
    """The smallest and largest pooled difference among `pool_choices`; empty without a pool."""
    if not found:
        return []
    now = next(choice.pooled for choice in found if choice.kind == AS_IT_IS)
    estimates = lambda kept: [choice.pooled.fit.estimate for choice in kept]
    left_out = estimates(choice for choice in found if choice.kind == WITHOUT)
    return [
        *leave_one_out_findings(now, left_out),
        _range(now, "any_choice", "one choice is changed", estimates(found)),
        *(_part(now, choice) for choice in found if choice.kind in _PARTS),
    ]


# Parts of the pool that have their own finding: the last word of its id, and the studies in words.
_PARTS = {
    PASS_CHECKS: ("passing_checks", "whose figures pass every check"),
    IN_PUBLISHED: ("in_published", "in the published pool"),
    NOT_IN_PUBLISHED: ("not_in_published", "not in the published pool"),
}


def _part(now: PooledContrast, choice: Choice) -> Finding:
    """The pool of some of its studies; the note names those left out."""
    part, (quantity, which) = choice.pooled, _PARTS[choice.kind]
    kept = {item.study_id for item in part.contrasts}
    return Finding(
        id=finding_id(POOLED, now.summary.outcome, quantity),
        label=f"{_named(now)} in the {nouns(now.summary.evidence)} {which}",
        value=now.measure.printed(part.fit.estimate),
        interval=now.measure.as_printed(part.summary.best.interval),
        **now.measure.in_finding,
        basis=part.summary.basis,
        rows=part.summary.rows,
        note=", ".join(item.label for item in now.contrasts if item.study_id not in kept),
    )


def subgroup_findings(found: Sequence[Subgroup]) -> list[Finding]:
    """Trials, people and difference of each group of the pooled trials."""
    out = []
    for group in found:
        name = lambda quantity, group=group: finding_id(
            POOLED,
            group.contrasts[0].outcome,
            subgroup_quantity(group.characteristic, group.group, quantity),
        )
        measure, labels = group.effect.measure, [item.label for item in group.contrasts]
        named = capital(words.compared(measure, group.contrasts[0].comparator))
        several = nouns(group.contrasts[0].evidence)
        out += [
            Finding(
                id=name("trials"),
                label=f"Pooled {several} that {group.group}",
                value=len(labels),
                unit=several,
                rows=group.rows,
                note=", ".join(labels),
            ),
            *_people(
                name("people"),
                f"People in pooled {several} that {group.group}",
                group.people,
                group.counted,
                tuple(row for item in group.contrasts for row in item.rows),
            ),
            Finding(
                id=name(measure.name.lower()),
                label=f"{named} in {several} that {group.group}",
                value=measure.printed(group.effect.value or 0.0),
                interval=measure.as_printed(group.effect.interval),
                **measure.in_finding,
                basis=weakest(["derived", *(item.basis for item in group.contrasts)]),
                rows=(*group.rows, *(row for item in group.contrasts for row in item.rows)),
                note=f"by {group.characteristic}: {', '.join(labels)}",
            ),
        ]
    return out


def leave_one_out_findings(now: PooledContrast, estimates: Sequence[float]) -> list[Finding]:
    """The range over leaving out one trial. estimates: the pool without each; empty if there are none."""
    moved = f"one {noun(now.summary.evidence)} is left out"
    return [_range(now, "leave_one_out", moved, estimates)] if len(estimates) else []


def _named(pooled: PooledContrast) -> str:
    return capital(words.compared(pooled.measure, pooled.summary.comparator))


def _range(now: PooledContrast, quantity: str, moved: str, estimates: Sequence[float]) -> Finding:
    return Finding(
        id=finding_id(POOLED, now.summary.outcome, quantity),
        label=f"{_named(now)} when {moved}",
        value=now.measure.printed(now.fit.estimate),
        span=Range(
            now.measure.printed(min(estimates)),
            now.measure.printed(max(estimates)),
        ),
        **now.measure.in_finding,
        basis=now.summary.basis,
        rows=now.summary.rows,
        note=f"from the lowest to the highest pooled {now.measure.kind}",
    )
