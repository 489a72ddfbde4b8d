"""Tipping points: how far one input must move, all else as it is, until the conclusion changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from evidence_review.estimates.change import SingleArmChange
from evidence_review.placebo.bias import appraised_change, less_bias
from evidence_review.placebo.response import Benchmark, against_placebo, benchmark
from evidence_review.review.finding import RARELY
from evidence_review.review.review import Review


@dataclass(frozen=True)
class TippingPoint:
    """One input: what it is, its value now, and where the conclusion changes.

    at is nan if that is nowhere between low and high.
    """

    what: str
    now: float
    at: float
    low: float
    high: float
    unit: str


def tipping_point(
    conclusion: Callable[[float], float], *, threshold: float, low: float, high: float
) -> float:
    """Where a quantity that rises or falls in one input crosses `threshold`; nan if it does not.

    Brent's method to machine precision. conclusion: the quantity as a function of the input.
    """
    from scipy import optimize

    ends = conclusion(low) - threshold, conclusion(high) - threshold
    if ends[0] * ends[1] > 0:
        return float("nan")
    found = optimize.root_scalar(
        lambda x: conclusion(x) - threshold,
        bracket=(low, high),
        method="brentq",
        xtol=1e-13,
        rtol=1e-14,
    )
    return float(found.root)


def tipping_points(review: Review) -> list[TippingPoint]:
    """Tipping points of the review's uncontrolled change; empty without one that can be compared.

    Changes and spreads can be as large as the scale is long; where no length is stated, ten times
    the change.
    """
    appraised = appraised_change(review)
    if appraised is None:
        return []
    scale = review.records.instrument(appraised.printed.instrument_id)
    length = scale.maximum - scale.minimum
    width = length if length > 0 else 10 * abs(appraised.printed.mean)
    return against_placebo_tipping(appraised.change, benchmark(review), width=width)


def against_placebo_tipping(
    change: SingleArmChange, placebo: Benchmark, *, width: float
) -> list[TippingPoint]:
    """What would make the change one that placebo arms rarely (`RARELY`) match.

    width: the length of the scale, which bounds how far changes and spreads can be. One input at
    a time: the trial's change, the benchmark's mean, the spread between trials, the trial's own
    standard error, bias. The change is sought from none to its better end; a bias below 0 flatters,
    whichever end that is.
    """
    to_better = sorted((0.0, change.measure.worth(width)))
    share = lambda trial, benchmark: against_placebo(trial, benchmark).as_good
    inputs = [
        (
            "mean change in the trial",
            change.mean,
            *to_better,
            lambda x: share(replace(change, mean=x), placebo),
        ),
        (
            "mean change on placebo",
            placebo.mean,
            -width,
            width,
            lambda x: share(change, replace(placebo, mean=x)),
        ),
        (
            "spread between placebo arms (tau)",
            placebo.tau,
            0.0,
            width,
            lambda x: share(change, replace(placebo, tau=x)),
        ),
        (
            "standard error of the trial's change",
            change.se,
            1e-9,
            width,
            lambda x: share(replace(change, se=x), placebo),
        ),
        (
            "further bias of the open label (negative flatters)",
            0.0,
            -width,
            width,
            lambda x: share(less_bias(change, mean=change.measure.worth(-x)), placebo),
        ),
    ]
    return [
        TippingPoint(
            what,
            now,
            tipping_point(function, threshold=RARELY, low=low, high=high),
            low,
            high,
            change.unit,
        )
        for what, now, low, high, function in inputs
    ]
