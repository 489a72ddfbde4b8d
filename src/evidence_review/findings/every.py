"""All findings of a review without a notebook, and checks of what the report will state."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from evidence_review.checks.per_study import every_check
from evidence_review.effect_measures import OF_EVENTS, OF_RISK, STATED, UNIT_OF
from evidence_review.estimates.change import single_arm_changes
from evidence_review.estimates.contrast import contrasts_on
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.findings import (
    of_design,
    of_effects,
    of_judgement,
    of_outcomes,
    of_placebo,
    of_pool,
    of_published,
    of_sensitivity,
    of_trials,
)
from evidence_review.judgement import certainty, claims, risk_of_bias
from evidence_review.placebo.against import against_chosen
from evidence_review.records import Violation
from evidence_review.records.rows import OutcomesRow, StatisticsRow
from evidence_review.review.finding import Finding, slug
from evidence_review.review.review import Review, on_own_outcome, once
from evidence_review.review.settings import IN_1000, Settings
from evidence_review.sensitivity.one_at_a_time import sensitivities
from evidence_review.sensitivity.pool_choices import pool_choices, without_each
from evidence_review.sensitivity.subgroups import subgroups

# Beginnings of statistics that give a difference of means.
_OF_MEANS = ("mean", "median", "change", "difference", "t_", "f_")


@once
def review_findings(review: Review) -> dict[str, Finding]:
    """Findings by id, in the order of the pages, as in `results.json`.

    Verdicts on claims always follow from the findings on the review's own outcome.

    Raises
    ------
    DataError
        If a claim refers to a finding that does not exist.
    """
    found = _computed(review)
    claimed = found if review.is_own_outcome else _computed(on_own_outcome(review))
    counts = claims.claim_findings(claims.audit(review.records, claimed))
    return found | {finding.id: finding for finding in counts}


def idle_settings(review: Review, given: Iterable[str]) -> tuple[str, ...]:
    """Settings that move no finding: under the default of one of them, each stays as it is.

    given: the names of settings to try, one at a time, beside the others as they are.

    Examples
    --------
    >>> from evidence_review import open_review
    >>> review = open_review(level=0.9, crossover_r=0.5)  # which has no crossover trial
    >>> idle_settings(review, ["level", "crossover_r"])
    ('crossover_r',)
    """
    stated = lambda review: {name: f.as_dict() for name, f in review_findings(review).items()}
    default, now = vars(Settings()), stated(review)
    return tuple(name for name in given if stated(review.under(**{name: default[name]})) == now)


@once
def answer_findings(review: Review) -> dict[str, Finding]:
    """The findings behind the sentences of `words.answer`, and on how likely a difference that matters is.

    They equal those of `review_findings`, with certainty only for the review's own outcome. They take a few
    hundredths of a second, for the explorer.
    """
    outcome = review.about.outcome
    pooled = pooled_contrast(review, outcome)
    changes = [c for c in single_arm_changes(review) if c.outcome == outcome]
    found = [
        *(f for change in changes for f in of_effects.change_findings(review, change)),
        *(f for item in contrasts_on(review, outcome) for f in of_effects.contrast_findings(item)),
        *(
            f
            for item in contrasts_on(review, outcome)
            for f in of_effects.compared_people(review, item)
        ),
        *of_placebo.comparison_findings(review),
        *of_placebo.benefit_findings(review),
        *of_judgement.certainty_findings(certainty.bodies(review)),
    ]
    if pooled is not None:
        found += of_pool.pool_findings(review, pooled)
        found += of_pool.leave_one_out_findings(pooled, without_each(review, pooled))
    return {finding.id: finding for finding in found}


def unfinished_judgements(review: Review) -> list[Violation]:
    """Judgements that the published tools cannot combine: with a missing answer, or one not asked for."""
    problems = [("certainty.csv", message) for message in certainty.unfinished(review.records)]
    try:
        risk_of_bias.assessments(review)
    except risk_of_bias.UnfinishedError as error:
        problems += [("judgements.csv", message) for message in error.problems]
    return sorted(
        Violation(f"data/{review.records.folder}/{file}", 0, "", "", message)
        for file, message in problems
    )


def unstated(review: Review) -> list[Violation]:
    """Missing facts that every answer needs: the measure, and which direction is better."""
    found = _unstated_measure(review)
    if found or review.about.measure in OF_RISK:
        found += _important_in_another_unit(review)
    return _unstated_direction(review) + found


def _unstated_direction(review: Review) -> list[Violation]:
    """A violation if the data do not say which end of the answer's scale is worse."""
    scale = review.records.instrument(review.about.instrument_id)
    if scale.worse != "not stated":
        return []
    message = (
        f"the answer is on {scale.instrument_id}, so its direction must be known: write higher or lower, "
        "the end that is worse for a person"
    )
    return [Violation(f"data/{scale.row.file}", scale.row.line, "worse", scale.worse, message)]


def _unstated_measure(review: Review) -> list[Violation]:
    """A violation if the data do not say the measure of the answer, and no trial prints a mean."""
    about = review.about
    compared = {row.study_id for row in review.records.rows("contrasts")}
    printed = [
        row
        for row in review.records.rows("statistics")
        if row.study_id in compared and row.outcome == about.outcome and row.value == row.value
    ]
    units = {row.unit.removeprefix("log ") for row in printed if row.statistic == "estimate"}
    measures = [name for name in STATED if UNIT_OF[name] in units]
    if any(row.statistic in ("n_events", "responders_percent") for row in printed):
        measures = [*dict.fromkeys([*OF_EVENTS, *measures])]
    if about.measure or not measures or any(row.statistic.startswith(_OF_MEANS) for row in printed):
        return []
    message = (
        f"the trials print counts or ratios of {about.outcome} and no means, so say what the answer is "
        f"measured in: write {' or '.join(measures)}"
    )
    return [Violation(f"data/{about.row.file}", about.row.line, "measure", "", message)]


def _important_in_another_unit(review: Review) -> list[Violation]:
    """A violation if the difference that matters is in points of a scale, but the answer is on risks."""
    message = (
        "people either have the outcome or do not, so the difference that matters is a number of them in "
        f"1000: write '{IN_1000}', and numbers of people as value, low and high (such as 10, 1 and 50)"
    )
    return [
        Violation(f"data/{row.row.file}", row.row.line, "unit", row.unit, message)
        for row in review.records.rows("assumptions")
        if row.assumption_id == "important_difference" and row.unit != IN_1000
    ]


def clashing_outcomes(review: Review) -> list[Violation]:
    """Outcomes whose findings would have the same id, or none: ids keep letters a to z, digits and hyphens."""
    rows = (*review.records.further_outcomes, *review.records.own_rows.rows("statistics"))
    by_name: dict[str, OutcomesRow | StatisticsRow] = {}
    for row in rows:
        by_name.setdefault(row.outcome, row)
    first: dict[str, str] = {}
    found = []
    for name, row in by_name.items():
        kept = slug(name)
        if kept and first.setdefault(kept, name) == name:
            continue
        message = "its findings would have no id: name it with letters from a to z or digits"
        if kept:
            message = (
                f"its findings would have the ids of '{first[kept]}': write both the same way if they are one, "
                "else give them different names"
            )
        found.append(Violation(f"data/{row.row.file}", row.row.line, "outcome", name, message))
    return found


def disagreements(review: Review) -> list[Violation]:
    """Where the texts of a review disagree with its findings: see `claims.disagreements`."""
    if not review.records.rows("claims") and not review.records.rows("rewrite"):
        return []
    wanted = claims.referenced(review.records)
    found: dict[str, Finding] = {}
    for group in (*(g for g in _GROUPS if g not in _DEAR), *_DEAR):
        if wanted <= found.keys():
            break
        found |= _group(review, group)
    return claims.disagreements(review.records, found)


def _checks(review: Review) -> list[Finding]:
    return of_effects.check_findings(every_check(review))


def _thresholds(review: Review) -> list[Finding]:
    return of_sensitivity.threshold_findings() if against_chosen(review) else []


def _sensitivities(review: Review) -> list[Finding]:
    return of_sensitivity.sensitivity_findings(sensitivities(review))


# Groups of findings, in the order of the pages.
_GROUPS: tuple[Callable[[Review], list[Finding]], ...] = (
    of_trials.trial_findings,
    of_effects.effect_findings,
    of_pool.pooled_findings,
    _checks,
    of_placebo.placebo_findings,
    of_placebo.prior_findings,
    of_placebo.against_placebo_findings,
    of_placebo.benefit_findings,
    of_placebo.benchmark_findings,
    _thresholds,
    _sensitivities,
    lambda review: of_pool.choice_findings(pool_choices(review, review.about.outcome)),
    lambda review: of_pool.subgroup_findings(subgroups(review, review.about.outcome)),
    lambda review: of_judgement.certainty_findings(certainty.bodies(review)),
    of_outcomes.reported_findings,
    of_published.published_findings,
    of_design.design_findings,
    of_judgement.flow_findings,
    lambda review: of_judgement.reporting_findings(review.records),
)
# The slowest groups, the slowest last; computed only if a verdict refers to them.
_DEAR = (_checks, _sensitivities, of_placebo.prior_findings)


@once
def _group(review: Review, group: Callable[[Review], list[Finding]]) -> dict[str, Finding]:
    return {finding.id: finding for finding in group(review)}


def _computed(review: Review) -> dict[str, Finding]:
    """Every finding except the counts of claims, whose verdicts follow from these."""
    return {name: found for group in _GROUPS for name, found in _group(review, group).items()}
