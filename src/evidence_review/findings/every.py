"""Every finding of a review at once, without a notebook: what claims, judgements and sweeps refer to."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.checks.per_study import every_check
from evidence_review.effects import of_review
from evidence_review.effects.contrasts import PooledContrast
from evidence_review.effects.trials import RandomisedContrast, placebo_arms
from evidence_review.findings import (
    of_effects,
    of_placebo,
    of_pool,
)
from evidence_review.findings import (
    of_trials as trial_facts,
)
from evidence_review.judgement import (
    certainty,
    claims,
    flow,
    risk_of_bias,
)
from evidence_review.judgement import (
    standards as reporting,
)
from evidence_review.placebo import trial_design
from evidence_review.records import Records, Violation
from evidence_review.review.finding import Finding
from evidence_review.review.settings import Settings
from evidence_review.sensitivity import one_at_a_time as sensitivity
from evidence_review.sensitivity import pool_choices


def review_findings(records: Records, settings: Settings) -> dict[str, Finding]:
    """Findings by id, in the order of the pages; `results.json` holds the same.

    settings: resolved. Raises DataError if a claim refers to a finding that is not there.
    """
    found = _computed(records, settings)
    counts = claims.claim_findings(claims.audit(records, found))
    return found | {finding.id: finding for finding in counts}


def answer_findings(
    records: Records,
    settings: Settings,
    known: Sequence[RandomisedContrast],
    pooled: PooledContrast | None,
) -> dict[str, Finding]:
    """The findings that `answer.answer` puts into words, and the chances of a difference that matters.

    As `review_findings` gives them, but on the review's own outcome only and in some hundredths of a
    second, for whoever moves one setting after the other. settings: resolved. known, pooled: the
    contrasts of that outcome (`of_review.contrasts_on`) and their pool.
    """
    outcome = records.review.outcome
    changes = [c for c in of_review.single_arm_changes(records, settings) if c.outcome == outcome]
    found = [
        *(f for change in changes for f in of_effects.change_findings(records, settings, change)),
        *(f for item in known for f in of_effects.contrast_findings(item)),
        *of_placebo.comparison_findings(records, settings),
        *of_placebo.benefit_findings(records, settings),
    ]
    if pooled is not None:
        found += of_pool.pool_findings(records, settings, pooled)
        found += of_pool.leave_one_out_findings(pooled, settings)
    return {finding.id: finding for finding in found}


def unfinished_judgements(records: Records) -> list[Violation]:
    """Judgements that the published tools cannot add up: an answer missing, or one not asked for."""
    problems = certainty.unfinished(records)
    try:
        risk_of_bias.assessments(records)
    except ValueError as error:
        problems += str(error).split("\n")
    return sorted(
        Violation(f"data/{records.folder}/{file}", 0, "", "", message)
        for file, _, message in (problem.partition(", ") for problem in problems)
    )


def too_few_placebo_arms(records: Records) -> list[Violation]:
    """A reference class that cannot say how people change on placebo: below two usable arms."""
    review, settings = records.review, Settings().resolve(records)
    usable, rest = placebo_arms(
        records,
        outcome=review.outcome,
        instrument_id=review.instrument_id,
        pre_post_r=settings.pre_post_r,
        change_sd=settings.change_sd,
    )
    if len(usable) > 1:
        return []
    why = "".join(f"; {arm.label}: {arm.reason}" for arm in rest)
    message = (
        f"{len(usable)} placebo arms with a mean change of {review.outcome} on {review.instrument_id}, "
        "and the number of people behind it; two or more are needed to compare with: add their studies, "
        f"arms (role placebo or sham) and statistics in data/{records.reference.folder}{why}"
    )
    return [Violation(f"data/{records.reference.folder}/arms.csv", 0, "", "", message)]


def disagreements(records: Records, settings: Settings) -> list[Violation]:
    """Where the words of a review and its findings part: see `claims.disagreements`."""
    if records["claims"].empty and records["rewrite"].empty:
        return []
    return claims.disagreements(records, _computed(records, settings))


def _computed(records: Records, settings: Settings) -> dict[str, Finding]:
    """Every finding but the counts of claims, whose verdicts follow from these."""
    checks = every_check(records)
    pools = pool_choices.choices(records, settings, records.review.outcome, checks)
    found = [
        *trial_facts.trial_findings(records),
        *of_effects.effect_findings(records, settings),
        *of_pool.pooled_findings(records, settings),
        *of_effects.check_findings(checks),
        *of_placebo.placebo_findings(records, settings),
        *of_placebo.prior_findings(records, settings),
        *of_placebo.against_placebo_findings(records, settings),
        *of_placebo.benefit_findings(records, settings),
        *sensitivity.sensitivity_findings(sensitivity.sensitivities(records, settings)),
        *of_pool.choice_findings(pools),
        *certainty.certainty_findings(certainty.bodies(records, settings)),
        *trial_design.design_findings(records, settings),
        *flow.flow_findings(records, settings),
        *reporting.reporting_findings(records),
    ]
    return {finding.id: finding for finding in found}
