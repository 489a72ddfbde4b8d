"""The pool under every other choice of studies and of computation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from evidence_review.checks.per_study import every_check
from evidence_review.checks.study_check import SD_AMONG_OTHERS, StudyCheck
from evidence_review.consistency.printed import INCONSISTENT
from evidence_review.estimates.contrast import Contrast, contrasts_on
from evidence_review.estimates.cumulative import largest
from evidence_review.estimates.pool import PooledContrast, pool, pooled_contrast
from evidence_review.records import Records
from evidence_review.records.table_store import Columns
from evidence_review.review.review import Review, on_outcome, once
from evidence_review.review.settings import ALIKE, ANY, TAU2_OFFERED
from evidence_review.sensitivity.subgroups import subgroups
from evidence_review.stats import influence

# Kinds of choices: which trials are pooled, and how.
AS_IT_IS = "as it is"
WITHOUT = "without a trial"
WITHOUT_LARGEST = "without the largest trials"
COMMON_EFFECT = "one common effect"
NOT_ASSUMED = "no assumed figure"
PASS_CHECKS = "pass every check"
GROUP = "one group of people"
IN_PUBLISHED = "in the published review"
NOT_IN_PUBLISHED = "not in the published review"
CHARACTERISTIC = "one group of trials"
PUBLISHED_WEEKS = "the weeks of the published pool"
ASSUMED_SD = "an assumed SD"
ESTIMATOR = "an estimator"
READ_AS_SE = "SDs read as standard errors"
ANY_SDS = "SDs of scores and of changes"
OF_TRIALS = (
    WITHOUT,
    WITHOUT_LARGEST,
    NOT_ASSUMED,
    PASS_CHECKS,
    GROUP,
    CHARACTERISTIC,
    IN_PUBLISHED,
    NOT_IN_PUBLISHED,
    ANY_SDS,
)


@dataclass(frozen=True)
class Choice:
    """The pool under another choice.

    Parameters
    ----------
    kind : str
        One of the kinds above.
    of : str or float
        What of that kind: the trial, the group, the SD or the estimator; '' where there is one only.
    pooled : PooledContrast
        What it gives.
    """

    kind: str
    of: str | float
    pooled: PooledContrast


@once
def pool_choices(review: Review, outcome: str) -> tuple[Choice, ...]:
    """The pool under every other choice of trials and of computation; the first as it is.

    Trials: each left out; those without an assumption; those without a figure that fails a check;
    each group of people, and of trials; those in the published pool and those not; of events, all but
    the few largest; of standardised differences, those in SDs of scores and of changes together. Computation: of events, one common effect; the
    weeks that the published pool takes, where they are printed; the range of an assumed SD; the
    estimator; SDs too small among those of other studies read as standard errors. A choice that leaves
    fewer than two trials, or all of them, is left out. Empty without a pool.
    """
    now = pooled_contrast(review, outcome)
    if now is None:
        return ()
    found = [Choice(AS_IT_IS, "", now)]
    for kind, of in choices_of_trials(review, now):
        kept = kept_trials(review, now, kind, of)
        if len(kept) < len(now.contrasts) and (part := pool(review, kept, now)):
            found.append(Choice(kind, of, part))
    if now.measure.is_standardised and review.settings.smd_sds == ALIKE:
        part = pooled_contrast(review.under(smd_sds=ANY), outcome)
        if part is not None and len(part.contrasts) > len(now.contrasts):
            found.append(Choice(ANY_SDS, "", part))
    if now.measure.is_stated:  # which are as often pooled with one common effect
        found.append(Choice(COMMON_EFFECT, "", replace(now, fit=now.common)))
    for kind, of, other in _of_computation(review):
        part = pool(on_outcome(other, outcome), contrasts_on(other, outcome), now)
        if part is not None and part.fit != now.fit:
            found.append(Choice(kind, of, part))
    return tuple(found)


def without_each(review: Review, now: PooledContrast) -> list[float]:
    """The pooled estimate without each trial in turn, from one batch computation; empty for two trials."""
    if now.fit.k == 2:
        return []
    settings = review.settings
    options = {"tau2": settings.tau2, "ci": settings.interval, "level": settings.level}
    return influence.leave_one_out(*now.values, **options).estimate.tolist()


def choices_of_trials(review: Review, now: PooledContrast) -> list[tuple[str, str]]:
    """Every choice of the trials of a pool: its kind, and what of that kind."""
    study = lambda item: review.records.study(item.study_id)
    found = [(WITHOUT, item.label) for item in now.contrasts]
    if now.measure.is_stated and largest(review, now) is not None:
        found.append((WITHOUT_LARGEST, ""))
    found += [(NOT_ASSUMED, ""), (PASS_CHECKS, "")]
    found += [
        (GROUP, name) for name in dict.fromkeys(study(i).population_group for i in now.contrasts)
    ]
    found += [(CHARACTERISTIC, part.group) for part in subgroups(review, now.summary.outcome)]
    return [*found, (IN_PUBLISHED, ""), (NOT_IN_PUBLISHED, "")]


def kept_trials(review: Review, now: PooledContrast, kind: str, of: str) -> list[Contrast]:
    """The trials of a pool that a choice keeps; all of them where it is about none of them."""
    if kind == WITHOUT_LARGEST:
        large = largest(review, now)
        return list(now.contrasts if large is None else large.others.contrasts)
    published = {row.study_id: row.in_published for row in review.records.rows("contrasts")}
    assumed = now.summary.route.assumed_trials
    is_kept: dict[str, Callable[[Contrast], bool]] = {
        WITHOUT: lambda item: item.label != of,
        NOT_ASSUMED: lambda item: item.label not in assumed,
        PASS_CHECKS: lambda item: item.study_id not in _doubted(review),
        GROUP: lambda item: review.records.study(item.study_id).population_group == of,
        CHARACTERISTIC: lambda item: item.study_id in _in_group(review, of),
        IN_PUBLISHED: lambda item: published[item.study_id] == "yes",
        NOT_IN_PUBLISHED: lambda item: published[item.study_id] == "no",
    }
    return [item for item in now.contrasts if is_kept[kind](item)]


def _doubted(review: Review) -> set[str]:
    """Studies with a printed figure that does not pass a check."""
    return {check.study_id for check in every_check(review) if check.answer == INCONSISTENT}


def _in_group(review: Review, group: str) -> set[str]:
    """Studies that characteristics.csv has in a group."""
    return {row.study_id for row in review.records.rows("characteristics") if row.group == group}


def _of_computation(review: Review) -> Iterator[tuple[str, str | float, Review]]:
    yield PUBLISHED_WEEKS, "", Review(at_published_weeks(review), review.settings)
    is_assumed = review.settings.change_sd is not None
    for sd in review.bounds("change_sd") if is_assumed else ():
        yield ASSUMED_SD, sd, review.under(change_sd=sd)
    for estimator in TAU2_OFFERED:
        if estimator != review.settings.tau2:
            yield ESTIMATOR, estimator, review.under(tau2=estimator)
    small = [
        check
        for check in every_check(review)
        if check.check == SD_AMONG_OTHERS and check.answer == INCONSISTENT
    ]
    for label in dict.fromkeys(check.label for check in small):
        reread = _as_standard_errors(review.records, [c for c in small if c.label == label])
        yield READ_AS_SE, label, Review(reread, review.settings)


def at_published_weeks(review: Review) -> Records:
    """The records without what a trial prints after the week that the published pool takes of it.

    A trial that prints nothing on the outcome up to that week keeps its rows.
    """
    tables, outcome = review.records.tables, review.about.outcome
    late = set()
    for trial in review.records.rows("contrasts"):
        mine = tables.by("statistics", "study_id", "outcome").get((trial.study_id, outcome), ())
        # Where the published pool has no week of a trial, it is not a number: both comparisons are false.
        if any(0 < row.week <= trial.published_week and row.value == row.value for row in mine):
            late |= {row.row for row in mine if row.week > trial.published_week}

    def early(name: str, columns: Columns) -> list[bool] | None:
        return [row not in late for row in columns["row"]] if name == "statistics" else None

    return replace(review.records, tables=tables.where(early))


def _as_standard_errors(records: Records, checks: Sequence[StudyCheck]) -> Records:
    """The records with the SDs that these checks doubt read as standard errors."""
    tables = records.tables
    by_row, columns = tables.by("statistics", "row"), tables.columns("statistics")
    pairs = (check.rows for check in checks if len(check.rows) == 2)
    root_n = {sd: sqrt(n.value) for sd, people in pairs for n in by_row.get((people,), ())}
    numbers = zip(columns["row"], columns["value"], strict=True)
    reread = {**columns, "value": [value * root_n.get(row, 1) for row, value in numbers]}
    return replace(records, tables=tables | {"statistics": reread})
