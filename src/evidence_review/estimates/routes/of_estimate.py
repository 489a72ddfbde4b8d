"""Routes from a printed estimate on a measure of its own: a ratio with its interval, SE or P, adjusted or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import nan

import numpy as np

from evidence_review.effect_measures import LOG, MEASURES, OF_UNIT
from evidence_review.estimates.effect import Effect, weakest
from evidence_review.estimates.measure import SD, Measure
from evidence_review.estimates.reasons import NO_WIDTH, ONLY_BOUNDS
from evidence_review.estimates.route import Refused, exact, first_found, level_of, rounded
from evidence_review.estimates.routes.found import Found, Route, rows_of
from evidence_review.estimates.trial import Trial
from evidence_review.records import Reported
from evidence_review.review.finding import Range
from evidence_review.stats import recover
from evidence_review.stats.figures import Recovered, over_all

_LEAST = 1e-12  # of a ratio that rounds to 0

# From estimate, week and the way to the pooled scale to a standard error and what it was computed from.
_Error = tuple[Recovered, tuple[Reported, ...]]
_Scale = Callable[[np.ndarray], np.ndarray]
_ErrorOf = Callable[[Trial, Recovered, float, _Scale], "_Error | Refused"]


def from_estimate(error_of: _ErrorOf, name: str) -> Callable[[Trial], Found | Refused]:
    """A route from a printed estimate, at the last week with its error; without a week if there is none.

    An estimate is of the arm with which it stands against the control arm. Its standard error is that
    of its logarithm where it is a ratio; its interval is taken as normal on that scale.
    """

    def route(trial: Trial) -> Found | Refused:
        weeks = [*trial.weeks(trial.arms[0], "estimate"), nan]
        return first_found(_estimate_at(trial, name, week, error_of) for week in weeks)

    return route


def _estimate_at(trial: Trial, name: str, week: float, error_of: _ErrorOf) -> Found | Refused:
    entry = trial.of_comparison("estimate", week)
    if refused := exact([entry]):
        return refused
    measure = OF_UNIT[entry.unit.removeprefix(LOG)]
    is_log = MEASURES[measure].log and not entry.unit.startswith(LOG)
    scale: _Scale = (lambda x: np.log(np.maximum(x, _LEAST))) if is_log else lambda x: x
    (estimate,) = over_all(lambda x: (scale(x),), rounded(entry))
    error = error_of(trial, estimate, week, scale)
    if isinstance(error, Refused):
        return error
    se, used = error
    if not se.value > 0:
        return Refused(NO_WIDTH, tuple(one.row for one in used))
    basis = weakest(["derived", *(part.basis for part in (entry, *used))])
    on = Measure(measure, SD if measure == "SMD" else "", trial.better(entry.instrument_id))
    effect = Effect.known(on, estimate.value, se.value**2, trial.review.settings.level, basis=basis)
    effect = replace(
        effect,
        rounding=Range(estimate.low, estimate.high),
        se_rounding=Range(se.low, se.high),
    )
    return Found((effect,), week, entry.instrument_id, Route(name), rows_of((entry, *used)))


def by_se(trial: Trial, estimate: Recovered, week: float, scale: _Scale) -> _Error | Refused:
    """The standard error as printed: of a ratio, that of its logarithm."""
    se = trial.of_comparison("estimate_se", week)
    return exact([se]) or (rounded(se), (se,))


def by_interval(trial: Trial, estimate: Recovered, week: float, scale: _Scale) -> _Error | Refused:
    """From the width of a confidence interval, of 95% unless another level is printed."""
    ends = [trial.of_comparison(f"estimate_ci_{end}", week) for end in ("low", "high")]
    refused = exact(ends)
    if refused is not None:
        return refused
    level = trial.of_comparison("estimate_ci_level", week)
    quantile = recover.two_sided_quantile(level_of(level), df=None)
    (se,) = over_all(
        lambda low, high: (np.maximum(scale(high) - scale(low), 0.0) / 2 / quantile,),
        *map(rounded, ends),
    )
    return se, (*ends, *([level] if level.found else []))


def by_p(trial: Trial, estimate: Recovered, week: float, scale: _Scale) -> _Error | Refused:
    """From a two-sided P of the estimate, taken as that of a normal test."""
    entry = trial.of_comparison("p_difference", week)
    refused = exact([entry])
    if refused is not None:
        return refused
    p = rounded(entry)
    if estimate.value == 0 or p.low <= 0 or p.value >= 1:
        return Refused(ONLY_BOUNDS, (entry.row,))  # prints like a bound: P = 0.000, or a ratio of 1
    with np.errstate(divide="ignore", invalid="ignore"):
        (se,) = over_all(
            lambda size, p: (
                np.abs(size) / recover.statistic_from_p(np.clip(p, 0.0, 1.0), df=None),
            ),
            estimate,
            p,
        )
    return se, (entry,)
