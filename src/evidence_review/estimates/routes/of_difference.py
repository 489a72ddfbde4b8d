"""Routes from a printed difference between the arms, with what says how precise it is."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from evidence_review.estimates.effect import weakest
from evidence_review.estimates.route import Refused, exact, first_found, rounded
from evidence_review.estimates.routes.errors import Error
from evidence_review.estimates.routes.found import Found, Route, rows_of
from evidence_review.estimates.trial import Trial


def from_difference(name: str, error_of: Callable[..., Error | Refused]):
    """A route from a printed difference, which may be adjusted, at the last week with its error."""

    def route(trial: Trial) -> Found | Refused:
        weeks = trial.weeks(trial.arms[0], "difference")
        return first_found(_difference_at(trial, name, week, error_of) for week in weeks)

    return route


def _difference_at(
    trial: Trial, name: str, week: float, error_of: Callable[..., Error | Refused]
) -> Found | Refused:
    entry = trial.of_comparison("difference", week)
    if refused := exact([entry]):
        return refused
    people = trial.people()
    if isinstance(people, Refused):
        return people
    df = trial.df_of(people) if people.assumed is None else None
    printed = rounded(entry)
    error = error_of(trial, printed, week, df)
    if isinstance(error, Refused):
        return error
    instrument = entry.instrument_id
    sign = trial.sign(entry)
    difference = printed if sign > 0 else -printed
    basis = weakest(["derived", *(part.basis for part in (entry, *error.used))])
    in_sds = basis if people.assumed is None else "assumed"
    measure = trial.measure(entry)
    spreads = trial.spreads(week, instrument, measure.unit)
    return Found(
        (
            trial.md(measure, difference, error.se, df or inf, basis),
            *(
                trial.standardised(spread, difference, error.se, people, instrument, in_sds)
                for spread in spreads
            ),
        ),
        week,
        instrument,
        Route(
            name,
            people.assumed if spreads else None,
            assumed_sd=next((s.assumed for s in spreads), None),
        ),
        rows_of((entry, *error.used), people.rows, *(spread.rows for spread in spreads)),
    )
