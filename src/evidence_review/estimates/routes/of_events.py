"""Routes from people of both arms who had an event, and from how long they were followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf, nan

from evidence_review import effect_measures
from evidence_review.estimates.effect import Effect, weakest
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.reasons import (
    CROSSOVER_EVENTS,
    EVENTS_NOT_PEOPLE,
    MORE_EVENTS,
    NO_EVENTS,
    NO_N,
    NO_TIME,
)
from evidence_review.estimates.route import Refused, exact, first_found, of_one_unit, rounded
from evidence_review.estimates.routes.found import Found, Route, rows_of
from evidence_review.estimates.trial import CASE_CONTROL, CLUSTER, PAIRED, PARALLEL, Design, Trial
from evidence_review.records import Reported
from evidence_review.records.row_rules import EVENTS
from evidence_review.review.finding import Range
from evidence_review.stats import event_effects, recover
from evidence_review.stats.figures import Recovered, over_all
from evidence_review.stats.measures import MEASURES


def from_events(trial: Trial) -> Found | Refused:
    """Odds ratio, risk ratio and risk difference from the people of both arms who had an event.

    Counts as printed, else those that printed percentages stand for. The last week that gives them is
    taken, and counts without a week where there are none with. Where nobody in either group had an
    event, or everybody, there is no ratio. A case-control study gives an odds ratio alone.
    """
    weeks = {week for arm in trial.arms for week in trial.weeks(arm, *_COUNTED)}
    return first_found(_events_at(trial, week) for week in [*sorted(weeks, reverse=True), nan])


def _events_at(trial: Trial, week: float) -> Found | Refused:
    events, percents = (trial.of_both(name, week) for name in _COUNTED)
    used = [e if e.found else p for e, p in zip(events, percents, strict=True)]
    refused = exact(used)
    if refused is not None:
        return refused
    if any(entry.unit == EVENTS for entry in used):
        return Refused(EVENTS_NOT_PEOPLE, tuple(entry.row for entry in used))
    design = _design(trial, used)
    if isinstance(design, Refused):
        return design
    people = trial.people()
    if isinstance(people, Refused):
        return people
    if people.assumed is not None:
        return Refused(NO_N)
    counts: list[Recovered] = []
    for entry, n in zip(used, people.values, strict=True):
        counted = (
            rounded(entry, whole=True)
            if entry in events
            else recover.events_from_percentage(entry.value, entry.decimals, int(n))
        )
        if not counted.usable:
            return Refused(counted.reason, (entry.row,))
        if counted.high > n:  # what is counted happens to one person several times
            return Refused(MORE_EVENTS, (entry.row, *people.rows))
        if counted.is_bound:  # several counts print so: the one in the middle
            counted = replace(counted, value=round((counted.low + counted.high) / 2))
        counts.append(counted)
    n1, n2 = people.values
    instrument = used[0].instrument_id
    basis = weakest(["derived", *(entry.basis for entry in used), *_assumed(design)])
    events, others = (
        [count.value for count in counts],
        [n - count.value for count, n in zip(counts, people.values, strict=True)],
    )
    has_ratio = any(events) and any(others)
    found = []
    corrected = not all(events + others)
    # Each group brings a part to the variance: of two groups like the control, twice that of the control.
    control = events[1] + corrected / 2, n2 + corrected
    for name, compute in _OF_EVENTS.items():
        if effect_measures.MEASURES[name].log and not has_ratio:
            continue
        if name != "OR" and trial.design_name == CASE_CONTROL:
            continue  # whose authors chose how many people have the event
        value, variance = over_all(lambda a, c, of=compute: of(ai=a, n1i=n1, ci=c, n2i=n2), *counts)
        measure = Measure(name, "", trial.better(instrument))
        _, twice = compute(ai=control[0], n1i=control[1], ci=control[0], n2i=control[1])
        effect = _allowing_for(
            design, trial, measure, value, variance.value, float(twice) / 2, basis
        )
        found.append(effect)
    route = Route("events", corrected=corrected, assumed_tie=design.assumed)
    return Found(tuple(found), week, instrument, route, rows_of(used, people.rows, design.rows))


def _design(trial: Trial, counts: Sequence[Reported]) -> Design | Refused:
    """How people belong together; refused where the same ones are in both groups: counts do not show how alike."""
    if trial.design_name == CLUSTER:
        people = trial.people()
        found = people if isinstance(people, Refused) else trial.design(people)
        if isinstance(found, Refused):
            return replace(found, rows=tuple(entry.row for entry in counts))
        return found
    if trial.design_name == PAIRED:
        return Refused(CROSSOVER_EVENTS, tuple(entry.row for entry in counts))
    return Design(PARALLEL)


def _assumed(design: Design) -> tuple[str, ...]:
    return () if design.assumed is None else ("assumed",)


def _allowing_for(
    design: Design,
    trial: Trial,
    measure: Measure,
    value: Recovered,
    variance: float,
    of_control: float,
    basis: str,
) -> Effect:
    """An effect of counts; where people came in groups, variances grow by the design effect.

    Cochrane Handbook 23.1.4, which divides events and people by it. Degrees of freedom are those of means:
    groups less 2.
    """
    effect = Effect.known(
        measure,
        value.value,
        variance * design.tie.value,
        trial.review.settings.level,
        df=design.clusters - 2 if design.name == CLUSTER else inf,
        basis=basis,
    )
    return replace(
        effect,
        rounding=Range(value.low, value.high),
        of_control=of_control * design.tie.value,
    )


def from_rates(trial: Trial) -> Found | Refused:
    """The rate ratio, from events and the time that the people of each arm were followed, added up.

    Where no event happened in either group there is none.
    """
    weeks = {week for arm in trial.arms for week in trial.weeks(arm, "n_events")}
    return first_found(_rates_at(trial, week) for week in [*sorted(weeks, reverse=True), nan])


def _rates_at(trial: Trial, week: float) -> Found | Refused:
    events, times = (trial.of_both(name, week) for name in ("n_events", "person_time"))
    rows = tuple(entry.row for entry in (*events, *times) if entry.found)
    refused = exact(events)
    if refused is not None:
        return refused
    design = _design(trial, events)
    if isinstance(design, Refused):
        return design
    if exact(times) is not None:
        asked_for = trial.review.about.measure == "IRR"
        return Refused(NO_TIME, rows) if asked_for else Refused()
    refused = of_one_unit(times)
    if refused is not None:
        return refused
    (x1, x2), (t1, t2) = (entry.value for entry in events), map(rounded, times)
    if not x1 + x2:
        return Refused(NO_EVENTS, rows)
    value, variance = over_all(
        lambda t1, t2: event_effects.log_incidence_rate_ratio(x1, t1, x2, t2), t1, t2
    )
    instrument = events[0].instrument_id
    corrected = not (x1 and x2)
    control = x2 + corrected / 2
    _, twice = event_effects.log_incidence_rate_ratio(control, 1.0, control, 1.0)
    bases = ["derived", *(entry.basis for entry in (*events, *times)), *_assumed(design)]
    effect = _allowing_for(
        design,
        trial,
        Measure("IRR", "", trial.better(instrument)),
        value,
        variance.value,
        float(twice) / 2,
        weakest(bases),
    )
    route = Route("rates", corrected=corrected, assumed_tie=design.assumed)
    return Found((effect,), week, instrument, route, rows_of((), rows, design.rows))


_COUNTED = ("n_events", "responders_percent")
# Measures of events that have a formula of counts.
_OF_EVENTS = {
    name: MEASURES[name].function
    for name in effect_measures.OF_EVENTS
    if any("ai" in columns for columns in MEASURES[name].columns)
}
