"""Sentences, before a report is made, on what it will not be able to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from evidence_review.effect_measures import OF_RISK, STATED
from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.contrast import (
    compared_trials,
    contrast_results,
    evidence_pooled,
    reporting,
)
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.estimates.reasons import NOTHING_MORE
from evidence_review.numbers import capital, counted, listing
from evidence_review.review.review import Review, on_outcome
from evidence_review.words.outcomes import not_reported
from evidence_review.words.pool import not_alike
from evidence_review.words.studies import how_many, nouns

# Statistics of a result that could be compared.
_RESULTS = (
    *("mean", "change_mean", "difference", "n_events", "responders_percent", "p_omnibus"),
    "estimate",
)
_TREATED = ("treatment", "exposed")  # roles of arms
NOTHING_ON_IT = "nothing on it in what was read"
# Most trials that are listed for one reason; more are counted.
_MANY = 6


def predicted(review: Review) -> list[str]:
    """Sentences on trials without an effect, by outcome and reason; then on tables not filled in."""
    further = [row.outcome for row in review.records.further_outcomes]
    return [
        *_without_comparison(review),
        *_without_effect(review, review.about.outcome),
        *(line for outcome in further for line in _without_effect(review, outcome)),
        *_not_judged(review),
        *_not_named(review, further),
    ]


def _without_comparison(review: Review) -> Iterator[str]:
    """Studies of several groups that print a result, of which contrasts.csv compares none."""
    records = review.records.own_rows
    roles: dict[str, set[str]] = {}
    for arm in records.rows("arms"):
        roles.setdefault(arm.study_id, set()).add(arm.role)
    compared = {row.study_id for row in review.records.rows("contrasts")}
    results = {
        row.study_id
        for row in records.rows("statistics")
        if row.statistic in _RESULTS and row.value == row.value
    }
    silent = [
        row.label
        for row in records.rows("studies")
        if row.study_id in results - compared
        and roles.get(row.study_id, set()) & set(_TREATED)
        and roles[row.study_id] - {*_TREATED, "observed group", "whole study"}
    ]
    if silent:
        whose = "its" if len(silent) == 1 else "their"
        yield (
            f"{_named(silent)}: {whose} groups are not compared. Add a row to contrasts.csv for each treated arm "
            "that answers the question."
        )


def without_placebo_arms(review: Review) -> str:
    """The message that too few placebo arms can be compared with, and why others cannot be used."""
    reasons = Counter(arm.reason for arm in placebo_arms(review).not_usable)
    why = "".join(f"; {counted(count, 'arm')}: {reason}" for reason, count in reasons.items())
    return (
        f"{review.records.folder} has no placebo arms to compare with (fewer than two usable ones in "
        f"data/{review.records.reference_class.folder}{why}): the report leaves out the pages that need them."
    )


def _without_effect(review: Review, outcome: str) -> Iterator[str]:
    """Trials without an effect on an outcome, by reason, and whether nothing is pooled."""
    results = contrast_results(review, outcome)
    if not results:
        return
    missing = [item for item in results if isinstance(item, NotUsable)]
    if outcome != review.about.outcome and len(missing) == len(results):
        said = not_reported(review, outcome)
        yield f"{capital(outcome)}: {said[:1].lower()}{said[1:]}"
        return
    reasons: dict[str, list[str]] = {}
    printed = reporting(review, outcome)
    for item in missing:
        silent = item.study_id not in printed and item.reason in NOTHING_MORE
        reasons.setdefault(NOTHING_ON_IT if silent else item.reason, []).append(item.label)
    if reasons:
        said = "; ".join(f"{_named(labels)} ({why})" for why, labels in reasons.items())
        given = len(results) - len(missing)
        gives = "gives" if given == 1 else "give"
        trials = how_many(evidence_pooled(review), len(results))
        yield f"{capital(outcome)}: {given} of {trials} {gives} an effect. None can be worked out from {said}."
    if apart := not_alike(review, outcome):
        yield f"{capital(outcome)}: {apart}"
    if len(results) > 1 and pooled_contrast(review, outcome) is None:
        yield f"{capital(outcome)}: nothing is pooled, because fewer than two give a known effect."


def _named(labels: list[str]) -> str:
    return listing(labels) if len(labels) <= _MANY else f"{len(labels)} trials"


def _not_judged(review: Review) -> Iterator[str]:
    """Missing judgements: risk of bias, certainty, and the smallest difference that matters."""
    records = review.records
    if not compared_trials(review):
        return
    if not records.rows("judgements"):
        yield f"How well the {nouns(evidence_pooled(review))} were run: judgements.csv is empty."
    judged = {row.outcome for row in records.rows("certainty")}
    names = [review.about.outcome, *(row.outcome for row in records.further_outcomes)]
    if silent := [name for name in names if name not in judged]:
        yield f"How certain the evidence is on {listing(silent)}: certainty.csv has no row on it."
    unknown = [
        row.outcome
        for row in records.further_outcomes
        if (row.measure in OF_RISK or row.measure not in STATED)
        and on_outcome(review, row.outcome).settings.important_difference is None
    ]
    if unknown:
        yield f"How large a difference in {listing(unknown)} matters: 'important_difference' of outcomes.csv is empty."


def _not_named(review: Review, further: list[str]) -> Iterator[str]:
    """Results of compared trials on outcomes that the summary of findings leaves out."""
    compared = {trial.study_id for trial in compared_trials(review)}
    known = {review.about.outcome, *further}
    found = dict.fromkeys(
        row.outcome
        for row in review.records.rows("statistics")
        if row.study_id in compared
        and row.statistic in _RESULTS
        and row.value == row.value
        and row.outcome not in known
    )
    if found:
        yield f"What trials print on {listing(found)}: outcomes.csv has no row on it."
