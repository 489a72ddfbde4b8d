"""The findings of several randomised trials pooled, and what moves them.

Like `headline`: records and resolved settings in, findings out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import pandas as pd

from evidence_review.appraisal import contrasts, placebo
from evidence_review.appraisal.answer import POOLED, finding_id
from evidence_review.appraisal.contrasts import PooledContrast
from evidence_review.appraisal.findings import Finding
from evidence_review.appraisal.headline import (
    contrast_findings,
    pooled_contrast,
    randomised_contrasts,
)
from evidence_review.appraisal.settings import Settings, bounds
from evidence_review.appraisal.study_checks import SD_AMONG_OTHERS, StudyCheck
from evidence_review.appraisal.trials import RandomisedContrast, SingleArmChange
from evidence_review.consistency.printed import INCONSISTENT
from evidence_review.records import Records
from evidence_review.stats import influence

# Choices that the comparison with the published pool names.
PASS_CHECKS = "only trials whose figures pass every check"
IN_PUBLISHED = "only trials in the published review"
NOT_IN_PUBLISHED = "only trials not in the published review"


@dataclass(frozen=True)
class Choice:
    """The pool under another choice, in words. left_out: the one trial that it lacks, or ''."""

    name: str
    pooled: PooledContrast
    left_out: str = ""


def published_result(records: Records) -> pd.Series | None:
    """The row of the published pooled result that review.csv names; None if it names none."""
    rows = pd.concat([records["pooled_results"], records.reference["pooled_results"]])
    rows = rows[rows.result_id == records.review.published_result]
    return rows.iloc[0] if len(rows) else None


def changes_by_arm(
    records: Records, settings: Settings
) -> list[tuple[SingleArmChange, SingleArmChange]]:
    """Change on treatment and on placebo, of each compared trial that gives both, on the review's outcome."""
    review = records.review
    pairs = [
        tuple(contrasts.changes(records, compared, review.outcome, settings))
        for compared in records["contrasts"].itertuples()
    ]
    return [
        pair
        for pair in pairs
        if all(isinstance(arm, SingleArmChange) for arm in pair)
        and {arm.instrument_id for arm in pair} == {review.instrument_id}
    ]


def pooled_findings(records: Records, settings: Settings) -> list[Finding]:
    """The pool of the randomised trials on each outcome that two or more of them have."""
    outcomes = dict.fromkeys(item.outcome for item in randomised_contrasts(records, settings))
    pools = [pooled_contrast(records, settings, outcome) for outcome in outcomes]
    return [
        finding
        for pooled in pools
        if pooled is not None
        for finding in pool_findings(records, settings, pooled)
    ]


def pool_findings(records: Records, settings: Settings, pooled: PooledContrast) -> list[Finding]:
    """The pooled contrast, then trials, people, spread, a new trial, and what stands beside it."""
    outcome, fit, unit = pooled.summary.outcome, pooled.fit, pooled.unit
    count, counted = contrasts.people(
        records, settings, [item.study_id for item in pooled.contrasts]
    )
    shared = {"unit": unit, "rows": pooled.summary.rows, "basis": pooled.summary.basis}
    tails = [(1 - settings.level) / 2, (1 + settings.level) / 2]
    prior = f"flat mean, tau half-normal with scale {pooled.bayes.tau_prior.scale:g}"
    name = lambda quantity: finding_id(POOLED, outcome, quantity)
    out = [
        *contrast_findings(pooled.summary),
        Finding(
            id=name("trials"),
            label=f"Randomised trials pooled: {outcome}",
            value=fit.k,
            unit="trials",
            rows=shared["rows"],
        ),
        Finding(
            id=name("people"),
            label=f"People in them: {outcome}",
            value=count,
            unit="people",
            basis="derived" if counted else "assumed",
            rows=shared["rows"],
        ),
        Finding(
            id=name("tau"),
            label=f"Spread of true differences between trials (tau): {outcome}",
            value=fit.tau,
            low=pooled.tau2.low**0.5,
            high=pooled.tau2.high**0.5,
            level=pooled.tau2.level,
            **shared,
        ),
        Finding(
            id=name("i2"),
            label=f"I2, share of the scatter that is not sampling error: {outcome}",
            value=fit.i2,
            **(shared | {"unit": "%"}),
        ),
        Finding(
            id=name("new_trial"),
            label=f"True difference from placebo in a new trial: {outcome}",
            value=fit.estimate,
            low=fit.pi_low,
            high=fit.pi_high,
            level=fit.level,
            **shared,
        ),
        Finding(
            id=name("bayes"),
            label=f"Difference from placebo, Bayesian: {outcome}",
            value=pooled.bayes.mu.mean,
            low=pooled.bayes.mu.quantile(tails[0]),
            high=pooled.bayes.mu.quantile(tails[1]),
            level=settings.level,
            **(shared | {"basis": "assumed", "note": f"prior: {prior}"}),
        ),
    ]
    if unit == "SD":
        return out
    out.append(
        Finding(
            id=name("important_benefit"),
            label=f"Chance that the mean benefit is {settings.important_difference:g} {unit} or more: {outcome}",
            value=100 * float(pooled.bayes.mu.cdf(-settings.important_difference)),
            **(shared | {"unit": "%", "basis": "assumed", "note": f"prior: {prior}"}),
        )
    )
    return out + _beside_published(records, pooled) + _by_arm(records, settings, pooled)


def _beside_published(records: Records, pooled: PooledContrast) -> list[Finding]:
    """The published pooled result, where it is of the review's own outcome and scale."""
    row = published_result(records)
    review, summary = records.review, pooled.summary
    if (
        row is None
        or (summary.outcome, summary.instrument_id) != (review.outcome, review.instrument_id)
        or row.instrument_id != review.instrument_id
    ):
        return []
    name = lambda quantity: finding_id(POOLED, summary.outcome, quantity)
    source = records["sources"].set_index("source_id").citation[row.source_id].partition(".")[0]
    return [
        Finding(
            id=name("published"),
            label=f"Difference from placebo as pooled by {source}",
            value=row.estimate,
            low=row.ci_low,
            high=row.ci_high,
            level=0.95,
            unit=row.unit,
            basis=row.basis,
            rows=(row.row,),
            note=", ".join(
                f"{count:.0f} {what}"
                for count, what in ((row.k, "trials"), (row.n_participants, "people"))
                if count == count
            ),
        ),
        Finding(
            id=name("less_published"),
            label="Difference from placebo here, less the published one",
            value=pooled.fit.estimate - row.estimate,
            unit=pooled.unit,
            basis=summary.basis,
            rows=(row.row, *summary.rows),
            note="the two share trials, so that this is not an independent comparison",
        ),
    ]


def _by_arm(records: Records, settings: Settings, pooled: PooledContrast) -> list[Finding]:
    """Mean change on treatment and on placebo in the same trials, for the review's own outcome."""
    pairs = changes_by_arm(records, settings)
    if pooled.summary.outcome != records.review.outcome or len(pairs) < 2:
        return []
    out = []
    for place, (quantity, words) in enumerate(
        (("on_treatment", f"on {records.review.treatment}"), ("on_placebo", "on placebo"))
    ):
        arms = [pair[place] for pair in pairs]
        fit = placebo.pool(arms, settings)
        out.append(
            Finding(
                id=finding_id(POOLED, pooled.summary.outcome, quantity),
                label=f"Mean change {words} in {len(arms)} of these trials",
                value=fit.estimate,
                low=fit.ci_low,
                high=fit.ci_high,
                level=fit.level,
                unit=arms[0].unit,
                basis="assumed" if any(arm.basis == "assumed" for arm in arms) else "derived",
                rows=tuple(row for arm in arms for row in arm.rows),
                note=", ".join(arm.label for arm in arms),
            )
        )
    return out


def choices(
    records: Records, settings: Settings, outcome: str, checks: Sequence[StudyCheck]
) -> list[Choice]:
    """The pool under every other choice of trials and of computation; the first as it is.

    checks: `every_check` of the records. Trials: each left out; those without an assumption; those
    without a figure that fails a check; each group of people; those in the published review and those
    not. Computation: the range of an assumed SD; the estimator; SDs too small beside those of other
    studies read as standard errors. A choice that leaves fewer than two trials, or all of them, is passed over. Empty without a pool.
    """
    now = pooled_contrast(records, settings, outcome)
    if now is None:
        return []
    out = [Choice("as it is", now)]

    def keep(name: str, kept: Sequence[RandomisedContrast], left_out: str = "") -> None:
        if len(kept) < len(now.contrasts) and (part := contrasts.pool(records, kept, settings)):
            out.append(Choice(name, part, left_out))

    for left in now.contrasts:
        rest = [item for item in now.contrasts if item is not left]
        keep(f"without {left.label}", rest, left.label)
    keep(
        "only trials without an assumed figure",
        [item for item in now.contrasts if item.basis != "assumed"],
    )
    doubted = {check.study_id for check in checks if check.answer == INCONSISTENT}
    keep(PASS_CHECKS, [c for c in now.contrasts if c.study_id not in doubted])
    groups = records["studies"].set_index("study_id").population_group
    for group in dict.fromkeys(groups[item.study_id] for item in now.contrasts):
        keep(f"only {group}", [c for c in now.contrasts if groups[c.study_id] == group])
    in_published = records["contrasts"].set_index("study_id").in_published
    for answer, words in (
        ("yes", IN_PUBLISHED),
        ("no", NOT_IN_PUBLISHED),
    ):
        keep(words, [c for c in now.contrasts if in_published[c.study_id] == answer])
    computed = {
        f"SD of {sd:g} where none is printed": (records, {"change_sd": sd})
        for sd in bounds("change_sd", records)
    } | {
        "Paule-Mandel estimator": (records, {"tau2": "PM"}),
        "DerSimonian-Laird estimator": (records, {"tau2": "DL"}),
    }
    small = [c for c in checks if c.check == SD_AMONG_OTHERS and c.answer == INCONSISTENT]
    for label in dict.fromkeys(check.label for check in small):
        reread = _as_standard_errors(records, [check for check in small if check.label == label])
        computed[f"SDs of {label} read as standard errors"] = (reread, {})
    for name, (read, other) in computed.items():
        part = pooled_contrast(read, replace(settings, **other), outcome)
        if part is not None and part.fit != now.fit:
            out.append(Choice(name, part))
    return out


def _as_standard_errors(records: Records, checks: Sequence[StudyCheck]) -> Records:
    """The records with the SDs that these checks are about taken for standard errors of as many people."""
    rows = records["statistics"].copy()
    for printed, people in (check.rows for check in checks if len(check.rows) == 2):
        n = rows.loc[rows.row == people, "value"]
        if len(n):
            rows.loc[rows.row == printed, "value"] *= sqrt(n.iloc[0])
    return replace(records, tables=records.tables | {"statistics": rows})


def choice_findings(found: Sequence[Choice]) -> list[Finding]:
    """The smallest and largest pooled difference among `choices`; empty without a pool."""
    if not found:
        return []
    now = found[0].pooled
    left_out = [choice.pooled.fit.estimate for choice in found if choice.left_out]
    return [
        *([_range(now, "leave_one_out", "one trial is left out", left_out)] if left_out else []),
        _range(
            now,
            "any_choice",
            "one choice is changed",
            [choice.pooled.fit.estimate for choice in found],
        ),
    ]


def leave_one_out_findings(pooled: PooledContrast, settings: Settings) -> list[Finding]:
    """The one of `choice_findings` that the answer words, by one batch; empty for two trials."""
    if pooled.fit.k == 2:
        return []
    rest = influence.leave_one_out(
        *contrasts.in_unit(pooled.contrasts, pooled.unit != "SD"),
        tau2=settings.tau2,
        ci=settings.interval,
        level=settings.level,
    )
    return [_range(pooled, "leave_one_out", "one trial is left out", rest.estimate)]


def _range(now: PooledContrast, quantity: str, words: str, estimates: Sequence[float]) -> Finding:
    return Finding(
        id=finding_id(POOLED, now.summary.outcome, quantity),
        label=f"Difference from placebo as {words}",
        value=now.fit.estimate,
        low=min(estimates),
        high=max(estimates),
        unit=now.unit,
        basis=now.summary.basis,
        rows=now.summary.rows,
        note="from the lowest to the highest pooled difference",
    )
