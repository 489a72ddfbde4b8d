"""The findings on a pool of a stated measure: by several methods, in 1000 people, and year by year."""

from __future__ import annotations

from math import inf, isnan
from typing import Any

from evidence_review.effect_measures import OF_UNIT
from evidence_review.estimates.counts import Absolute, baseline_risk
from evidence_review.estimates.cumulative import by_year, largest, last_up_to, years_told
from evidence_review.estimates.methods import COMMON, by_method, with_common_effect
from evidence_review.estimates.pool import PooledContrast, published_result
from evidence_review.numbers import capital, counted, number
from evidence_review.review.finding import POOLED, Finding, Interval, finding_id
from evidence_review.review.review import Review
from evidence_review.review.settings import IN_1000, RANDOMISED
from evidence_review.stats.absolute import number_needed
from evidence_review.words import effects as words
from evidence_review.words import events
from evidence_review.words.studies import how_many, nouns

SCATTER, COMMON_EFFECT = "if true effects scatter", "if one effect is common to all"


def pool_findings(review: Review, pooled: PooledContrast) -> list[Finding]:
    """Further findings on a pool of events: methods, 1000 people, large trials, years, published pools."""
    return [
        *_by_method(review, pooled),
        *_per_1000(review, pooled),
        *_largest(review, pooled),
        *_told_in(review, pooled),
        *_published(review, pooled),
    ]


def _shared(pooled: PooledContrast, **other: Any) -> dict[str, Any]:
    """Arguments that findings on a pool share. other: arguments to add or replace."""
    shared = {"basis": pooled.summary.basis, "rows": pooled.summary.rows}
    return pooled.measure.in_finding | shared | other


def _by_method(review: Review, pooled: PooledContrast) -> list[Finding]:
    measure, evidence = pooled.measure, pooled.summary.evidence
    named = capital(words.compared(measure, pooled.summary.comparator))
    return [
        Finding(
            id=finding_id(POOLED, pooled.summary.outcome, one.method),
            label=f"{named} by {events.METHODS[one.method]}: {pooled.summary.outcome}",
            value=measure.printed(one.value),
            interval=measure.as_printed(one.interval),
            note=how_many(evidence, one.k)
            + (f"; one true effect in all {nouns(evidence)}" if one.method in COMMON else ""),
            **_shared(pooled),
        )
        for one in by_method(review, pooled.summary.outcome)
    ]


def _per_1000(review: Review, pooled: PooledContrast) -> list[Finding]:
    """In 1000 people: those with the event untreated, how many more or fewer treated; number needed to treat."""
    if not pooled.measure.is_of_risk:
        return []
    try:
        base = baseline_risk(review, pooled.contrasts)
    except ValueError:  # no trial prints counts, and no risk was set
        return []
    outcome, measure = pooled.summary.outcome, pooled.measure
    is_random = pooled.summary.evidence == RANDOMISED
    on, without = ("on treatment", "without treatment") if is_random else ("exposed", "not exposed")
    name = lambda quantity: finding_id(POOLED, outcome, quantity)
    whence = (
        f"median of {counted(base.trials, 'control group')}" if base.trials else "as it was set"
    )
    out = [
        Finding(
            id=name("baseline_risk"),
            label=f"People in 1000 with the outcome, {without}: {outcome}",
            value=1000 * base.risk,
            unit=IN_1000,
            basis="derived" if base.trials else "assumed",
            rows=base.rows,
            note=whence,
        )
    ]
    fit = pooled.fit
    common = with_common_effect(by_method(review, outcome))
    for suffix, model, ends in (
        ("", SCATTER, (fit.estimate, fit.ci_low, fit.ci_high)),
        ("_common", COMMON_EFFECT, (common.value, common.interval.low, common.interval.high)),
    ):
        found = Absolute.of(base, measure, ends, pooled.level)
        shared: dict[str, Any] = {
            "basis": "derived" if base.trials else "assumed",
            "rows": tuple(dict.fromkeys((*pooled.summary.rows, *base.rows))),
        }
        out += [
            Finding(
                id=name(f"per_1000{suffix}"),
                label=f"More people in 1000 with the outcome, {on}, {model}: {outcome}",
                value=1000 * found.difference,
                interval=Interval(
                    1000 * found.interval.low, 1000 * found.interval.high, pooled.level
                ),
                unit=IN_1000,
                better=measure.better or "",
                note=f"fewer is negative; of {1000 * base.risk:.0f} in 1000 {without}, {whence}",
                **shared,
            ),
        ]
        if is_random:  # an association gives no number needed to treat
            needed = name(f"number_needed{suffix}")
            out.append(_number_needed(needed, model, found, pooled, shared))
    return out


def _number_needed(
    name: str,
    model: str,
    found: Absolute,
    pooled: PooledContrast,
    shared: dict[str, Any],
) -> Finding:
    """People to treat for one more or one fewer event; its interval includes infinity if 0 is possible."""
    low, high = found.interval.low, found.interval.high
    crosses = low <= 0 <= high
    limits = sorted(map(number_needed, (low, high)))
    needed = number_needed(found.difference)
    return Finding(
        id=name,
        label=f"People to treat for one more or one fewer with the outcome, {model}: {pooled.summary.outcome}",
        value=None if needed == inf else needed,
        interval=None if crosses else Interval(limits[0], limits[1], pooled.level),
        unit="people",
        note=events.number_needed(found, pooled.measure.better),
        **shared,
    )


def _largest(review: Review, pooled: PooledContrast) -> list[Finding]:
    """A few large trials and all others, if the large ones have most of the common-effect weight."""
    found = largest(review, pooled)
    if found is None:
        return []
    measure, outcome = pooled.measure, pooled.summary.outcome
    named = capital(words.compared(measure, pooled.summary.comparator))
    rows_of = lambda kept: tuple(
        row for item in pooled.contrasts if kept(item) for row in item.rows
    )
    large = lambda item: item.label in found.labels
    return [
        Finding(
            id=finding_id(POOLED, outcome, quantity),
            label=f"{named} in {which}: {outcome}",
            value=measure.printed(fit.estimate),
            interval=measure.as_printed(Interval(fit.ci_low, fit.ci_high, pooled.level)),
            note=note,
            **_shared(pooled, rows=rows),
        )
        for quantity, which, fit, note, rows in (
            (
                "largest",
                f"the largest {nouns(pooled.summary.evidence)}",
                found.large,
                f"{', '.join(found.labels)}: {found.weight:.0%} of the common-effect weight",
                rows_of(large),
            ),
            (
                "without_largest",
                f"all but the largest {nouns(pooled.summary.evidence)}",
                found.others.fit,
                how_many(pooled.summary.evidence, int(found.others.fit.k)),
                rows_of(lambda item: not large(item)),
            ),
        )
    ]


def _told_in(review: Review, pooled: PooledContrast) -> list[Finding]:
    """The pool of trials up to each year of `told_in` in review.csv, with random and with common effects."""
    steps, measure = by_year(review, pooled), pooled.measure
    named = capital(words.compared(measure, pooled.summary.comparator))
    years = {item.study_id: review.records.study(item.study_id).year for item in pooled.contrasts}
    out = []
    for year in years_told(review):
        step = last_up_to(steps, year)
        if step is None:
            continue
        rows = tuple(r for i in pooled.contrasts if years[i.study_id] <= year for r in i.rows)
        for suffix, model, fit in (
            ("", SCATTER, step.random),
            ("_common", COMMON_EFFECT, step.common),
        ):
            out.append(
                Finding(
                    id=finding_id(POOLED, pooled.summary.outcome, f"up_to_{year}{suffix}"),
                    label=f"{named} in the {nouns(pooled.summary.evidence)} up to {year}, {model}: {pooled.summary.outcome}",
                    value=measure.printed(float(fit.estimate)),
                    interval=measure.as_printed(
                        Interval(float(fit.ci_low), float(fit.ci_high), pooled.level)
                    ),
                    note=how_many(pooled.summary.evidence, int(fit.k))
                    + ("" if isnan(step.people) else f", {number(step.people, 0)} people"),
                    **_shared(pooled, rows=rows),
                )
            )
    return out


def _published(review: Review, pooled: PooledContrast) -> list[Finding]:
    """The published pool that review.csv names, if it is of the same outcome and measure."""
    row, measure = published_result(review), pooled.measure
    if row is None or pooled.summary.outcome != review.about.outcome:
        return []
    if OF_UNIT.get(row.measure) != measure.name or row.ci_low != row.ci_low:
        return []
    return [
        Finding(
            id=finding_id(POOLED, pooled.summary.outcome, "published"),
            label=f"{capital(measure.words)} as pooled by {review.records.source_name(row.source_id)}",
            value=row.estimate,
            interval=Interval(row.ci_low, row.ci_high, 0.95),
            note=row.label,
            **_shared(pooled, basis=row.basis, rows=(row.row,)),
        )
    ]
