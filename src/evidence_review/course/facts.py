"""Functions for the formulas of exercises: figures of the review, and statistics of this project.

Answers are computed from them when needed, so that no notebook contains one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import nan, sqrt

from scipy import stats

from evidence_review.course.lessons import LessonError
from evidence_review.course.simulation import significant_trials
from evidence_review.estimates.change import SingleArmChange, main_change, placebo_arms
from evidence_review.judgement import certainty, risk_of_bias
from evidence_review.placebo import response as placebo
from evidence_review.placebo.published import points_per_sd
from evidence_review.records import Records
from evidence_review.review.finding import standing
from evidence_review.review.review import Review
from evidence_review.stats import recover


def facts(records: Records) -> dict[str, Callable]:
    """Functions by their name in formulas; those about a review use `records`.

    Raises LookupError for a study, claim, outcome or domain that the review does not have.
    """
    review = Review(records)
    settings = review.settings

    def holding(study: str) -> Records:
        """The tables that have a study: the review's, or those of its reference class."""
        return records if (records["studies"].study_id == study).any() else records.reference_class

    def printed(study: str, arm: str, outcome: str, statistic: str, week=None) -> float:
        """A figure as its source prints it."""
        where = {"outcome": outcome} | ({} if week is None else {"week": week})
        found = holding(study).statistic(study, arm, statistic, **where)
        if not found.found:
            raise LookupError(f"no {statistic} of {outcome} in {study}, {arm}")
        return found.value

    def arms(study: str) -> int:
        """How many groups a study has."""
        rows = records["arms"]
        return int(((rows.study_id == study) & (rows.role != "whole study")).sum())

    def share_of_element(substance: str) -> float:
        """Mass of the element in one gram of a substance, as a share."""
        row = _only(records["substances"], substance_id=substance)
        return row.element_atoms * row.element_molar_mass / row.molar_mass

    def citation(source: str) -> str:
        """The citation of a source of this review, its reference class or the general tables."""
        for one in (records, records.reference_class):
            if source in set(one["sources"].source_id):
                return _only(one["sources"], source_id=source).citation
        raise LessonError(f"no source '{source}'")

    def bias(study: str, outcome: str, domain: str = "overall") -> str:
        """Risk of bias of a result, in one domain or overall."""
        for result in risk_of_bias.assessments(review):
            if (result.study_id, result.outcome) == (study, outcome):
                for judgement in (*result.domains, result.overall):
                    if judgement.domain == domain:
                        return judgement.final
        raise LookupError(f"no risk of bias of {outcome} in {study}, domain {domain}")

    def body(outcome: str, evidence: str) -> certainty.Body:
        """A body of evidence with its certainty: start and level."""
        for found in certainty.bodies(review):
            if (found.outcome, found.evidence) == (outcome, evidence):
                return found
        raise LookupError(f"no certainty of the {evidence} evidence on {outcome}")

    def judged(outcome: str, evidence: str, domain: str) -> str:
        """A person's judgement on a domain of certainty."""
        rows = records["certainty"]
        return _only(rows, outcome=outcome, evidence=evidence, domain=domain).judgement

    def domains_judged(outcome: str, evidence: str, judgement: str) -> int:
        """How many domains of certainty have this judgement."""
        rows = records["certainty"]
        mine = rows[(rows.outcome == outcome) & (rows.evidence == evidence)]
        return int((mine.judgement == judgement).sum())

    def benchmark() -> placebo.Benchmark:
        """How placebo arms change: mean, se, tau, df, k."""
        return placebo.benchmark(review)

    def placebo_arms_as_good(change: float) -> int:
        """How many placebo arms improved at least as much."""
        arms = placebo_arms(review).usable
        return sum(arm.measure.benefit(arm.mean) >= arm.measure.benefit(change) for arm in arms)

    def uncontrolled() -> SingleArmChange:
        """The change in the review's uncontrolled trial: mean, se, sd, n."""
        change = main_change(review)
        if not isinstance(change, SingleArmChange):
            raise LookupError("the review has no usable change of an uncontrolled trial")
        return change

    @cache
    def chance_of_significance(n: int, sd: float) -> float:
        """Percentage of uncontrolled trials with p < .05 if the treatment adds nothing; sd: of a change."""
        return 100 * placebo.chance_of_significance(benchmark(), n=n, sd=sd)

    return {
        "printed": printed,
        "people": lambda study, arm: holding(study).people(study, arm).value,
        "arms": arms,
        "study": lambda study, column: getattr(holding(study).study(study), column),
        "review": lambda column: getattr(records.review, column),
        "source": citation,
        "claim": lambda name: _only(records["claims"], claim_id=name).claim,
        "verdict": lambda name: _only(records["claims"], claim_id=name).verdict,
        "assumed": lambda name: getattr(settings, name),
        "share_of_element": share_of_element,
        "bias": bias,
        "body": body,
        "judged": judged,
        "domains_judged": domains_judged,
        "benchmark": benchmark,
        "points_per_sd": lambda: (points_per_sd(review) or [nan])[0],
        "placebo_arms_as_good": placebo_arms_as_good,
        "chance_of_significance": chance_of_significance,
        "uncontrolled": uncontrolled,
        "standing": lambda percent: standing(percent / 100),
        "significant_trials": significant_trials,
        "se_from_ci": lambda low, high, df=None: recover.se_from_ci(low, high, df=df).value,
        "sd_of_change": lambda before, after, r: float(recover.sd_of_change(before, after, r)),
        "t_quantile": lambda p, df: float(stats.t.ppf(p, df)),
        "normal_share": lambda x, mean, sd: float(stats.norm.cdf(x, mean, sd)),
        "nearest": lambda value, choices: min(choices, key=lambda word: abs(choices[word] - value)),
        "sqrt": sqrt,
        "min": min,
        "round": round,
    }


def _only(table, **columns):
    """The row of a table that equals all the given columns."""
    for name, wanted in columns.items():
        table = table[table[name] == wanted]
    if table.empty:
        raise LookupError(f"no row with {', '.join(map(str, columns.values()))}")
    return table.iloc[0]
