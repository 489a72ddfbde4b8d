"""The placebo response under other choices: of arms, of an assumed SD, of an estimator, of a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evidence_review.estimates.change import PlaceboArms, placebo_arms
from evidence_review.placebo.bias import appraised_change
from evidence_review.placebo.response import (
    AgainstPlacebo,
    Benchmark,
    against_placebo,
    benchmark,
    benchmarks,
    pool,
)
from evidence_review.review.review import Review, once
from evidence_review.review.settings import OWN_ARMS, TAU2_OFFERED, SettingsError
from evidence_review.stats.synthesis import RandomEffects

# Kinds of choices of the pool.
ASSUME_SD = "assume an SD"
LEAVE_OUT = "leave out arms without a standard error"
SMALL_SD = "drop arms with a small SD"
ESTIMATOR = "an estimator"

# Kinds of choices of the benchmark.
PUBLISHED = "a benchmark as it is"
ONE_GROUP = "one group of people"
ONE_GROUP_PARALLEL = "one group of people, parallel trials"
PRINTED_SPREAD = "arms that print their spread"


@dataclass(frozen=True)
class PoolChoice:
    """The pool of placebo arms under one choice.

    Parameters
    ----------
    kind : str
        One of the kinds above.
    of : float or str
        The SD or the estimator; '' where there is nothing to name.
    fit : RandomEffects
        What it gives.
    """

    kind: str
    of: float | str
    fit: RandomEffects


def pool_choices(review: Review) -> list[PoolChoice]:
    """The pool for arms that print no standard error, under each way to treat them, and by other estimators.

    A choice that leaves fewer than two arms is left out.
    """
    low, high = review.bounds("change_sd")
    sds = dict.fromkeys((review.settings.change_sd, low, high))
    found: list[tuple[str, Any, Review]] = [
        (ASSUME_SD, sd, review.under(missing_se="assume", change_sd=sd)) for sd in sds
    ]
    found.append((LEAVE_OUT, "", review.under(missing_se="exclude")))
    out = [PoolChoice(kind, of, fit) for kind, of, other in found if (fit := _fit(other))]
    # An arm whose number of people is not printed has no SD that could be too small.
    usable = placebo_arms(review).usable
    large = tuple(arm for arm in usable if not arm.sd < low)
    if fit := _fit(review, PlaceboArms(large, ())):
        out.append(PoolChoice(SMALL_SD, low, fit))
    for name in TAU2_OFFERED:
        if name == review.settings.tau2:
            continue
        if fit := _fit(review.under(tau2=name)):
            out.append(PoolChoice(ESTIMATOR, name, fit))
    return out


def _fit(review: Review, arms: PlaceboArms | None = None) -> RandomEffects | None:
    try:
        return pool((arms or placebo_arms(review)).usable, review.settings)
    except SettingsError:  # fewer than two arms
        return None


@dataclass(frozen=True)
class PrintedSd:
    """The SD of one person's change in a placebo arm that prints it, or from which it follows."""

    study_id: str
    label: str
    sd: float


@once
def printed_sds(review: Review) -> tuple[PrintedSd, ...]:
    """SDs of one person's change in the placebo arms, printed or worked out, the smallest first.

    Of an arm that is not pooled too, where it prints an SD but not the number of people.
    """
    usable, rest = placebo_arms(review)
    found = {
        arm.label: PrintedSd(arm.study_id, arm.label, arm.sd)
        for arm in usable
        if arm.assumed is None and arm.n == arm.n
    }
    for arm in rest:
        printed = review.records.reference_class.statistic(
            arm.study_id, arm.arm_id, "change_sd", outcome=review.about.outcome
        )
        if printed.found:
            found[arm.label] = PrintedSd(arm.study_id, arm.label, printed.value)
    return tuple(sorted(found.values(), key=lambda item: item.sd))


@once
def largest_group(review: Review) -> str:
    """The group of people of most studies of the reference class; '' if none is known."""
    studies = review.records.reference_class.rows("studies")
    counts = Counter(row.population_group for row in studies)
    del counts["not extracted"]
    return min(counts, key=lambda group: (-counts[group], group), default="")


@dataclass(frozen=True)
class BenchmarkChoice:
    """The uncontrolled change compared with one benchmark.

    Parameters
    ----------
    kind : str
        One of the kinds above.
    of : str
        The group of people; '' where there is none to name.
    benchmark : Benchmark
        What the change is compared with.
    result : AgainstPlacebo
        What the comparison gives.
    """

    kind: str
    of: str
    benchmark: Benchmark
    result: AgainstPlacebo


@once
def benchmark_choices(review: Review) -> tuple[BenchmarkChoice, ...]:
    """The change under every benchmark, and under this review's arms chosen more strictly.

    Empty without an uncontrolled change; a choice that leaves fewer than two arms is left out.
    """
    appraised = appraised_change(review)
    if appraised is None:
        return ()
    return tuple(
        BenchmarkChoice(
            kind, of, other, against_placebo(appraised.change, other, level=review.settings.level)
        )
        for kind, of, other in _benchmarks(review)
    )


def _benchmarks(review: Review) -> Iterator[tuple[str, str, Benchmark]]:
    for other in benchmarks(review):
        yield PUBLISHED, "", other
    group = largest_group(review)
    stricter = [(PRINTED_SPREAD, "", {"missing_se": "exclude"})]
    if group:
        parallel = {"population": group, "designs": "parallel"}
        stricter = [
            (ONE_GROUP, group, {"population": group}),
            (ONE_GROUP_PARALLEL, group, parallel),
            *stricter,
        ]
    for kind, of, choice in stricter:
        try:
            yield kind, of, benchmark(review.under(**choice), OWN_ARMS)
        except SettingsError:  # fewer than two such arms
            continue
