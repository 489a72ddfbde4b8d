"""The findings of several randomised trials pooled, and what moves them.

Like `headline`: records and resolved settings in, findings out.
"""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.effects import contrasts
from evidence_review.effects.contrasts import PooledContrast
from evidence_review.effects.of_review import (
    changes_by_arm,
    pooled_contrast,
    published_result,
    randomised_contrasts,
)
from evidence_review.findings.of_effects import contrast_findings
from evidence_review.placebo import response as placebo
from evidence_review.records import Records
from evidence_review.review.finding import POOLED, Finding, finding_id
from evidence_review.review.settings import Settings
from evidence_review.sensitivity.pool_choices import Choice
from evidence_review.stats import influence


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
