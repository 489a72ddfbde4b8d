"""The review's uncontrolled change compared with its placebo benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from scipy import special

from evidence_review.estimates.measure import Measure
from evidence_review.placebo.bias import appraised_change
from evidence_review.placebo.response import (
    AgainstPlacebo,
    Benchmark,
    against_placebo,
    benchmark,
    benchmarks,
    chance_of_significance,
)
from evidence_review.review.review import Review, once


@once
def against_chosen(review: Review) -> AgainstPlacebo | None:
    """The uncontrolled change under the benchmark that the settings name; None without a change."""
    appraised = appraised_change(review)
    if appraised is None:
        return None
    return against_placebo(appraised.change, benchmark(review), level=review.settings.level)


def benchmark_comparison(review: Review) -> list[tuple[Benchmark, AgainstPlacebo]]:
    """The uncontrolled change under every benchmark; empty without such a change."""
    appraised = appraised_change(review)
    if appraised is None:
        return []
    return [
        (other, against_placebo(appraised.change, other, level=review.settings.level))
        for other in benchmarks(review)
    ]


@dataclass(frozen=True)
class PlaceboOnlyTrial:
    """A trial like the review's uncontrolled one, in which everybody takes placebo.

    Parameters
    ----------
    people : int
        In the trial.
    mean, between : float
        Of the true mean changes of such trials: their mean, and the scale of their t distribution.
    df : float
        Its degrees of freedom; infinite for a normal one.
    within : float
        SD of one person's change.
    critical : float
        Two-sided critical value of the paired t-test at p < .05.
    chance : float
        That such a trial reports p < .05 in the direction of benefit.
    measure : Measure
        Of the changes.
    """

    people: int
    mean: float
    between: float
    df: float
    within: float
    critical: float
    chance: float
    measure: Measure


@once
def placebo_only_trial(review: Review) -> PlaceboOnlyTrial | None:
    """What a trial of the review's uncontrolled design finds if nobody is treated.

    None without one, and where the number of its people is not known or one.
    """
    appraised = appraised_change(review)
    if appraised is None or not appraised.change.n >= 2:
        return None
    chosen, within = benchmark(review), appraised.printed.sd
    people = round(appraised.change.n)
    return PlaceboOnlyTrial(
        people,
        chosen.mean,
        chosen.predictive_scale(),
        inf if chosen.df is None else chosen.df,
        within,
        float(special.stdtrit(people - 1, 0.975)),
        chance_of_significance(chosen, n=people, sd=within),
        chosen.measure,
    )
