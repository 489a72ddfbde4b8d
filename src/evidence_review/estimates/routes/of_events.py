"""The route from people of both arms who had an event."""

from __future__ import annotations

from dataclasses import replace
from math import nan

from evidence_review.estimates.effect import Effect, weakest
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.route import CLUSTERS, CROSSOVER, NO_N, Refused, exact, rounded
from evidence_review.estimates.routes.found import Found, Route, rows_of
from evidence_review.estimates.trial import PAIRED, PARALLEL, Trial
from evidence_review.records import Reported
from evidence_review.review.finding import Range
from evidence_review.stats import event_effects, recover
from evidence_review.stats.figures import Recovered, over_all


def from_events(trial: Trial) -> Found | Refused:
    """Odds ratio, risk ratio and risk difference from the people of both arms who had an event.

    Counts as printed, else those that printed percentages stand for. The last week that gives them is
    taken, and counts without a week where there are none with. Where nobody in either group had an
    event, or everybody, there is no ratio.
    """
    refused = Refused()
    weeks = [week for arm in trial.arms for week in trial.weeks(arm, *_COUNTED)]
    for week in [*sorted(set(weeks), reverse=True), nan]:
        found = _events_at(trial, week)
        if isinstance(found, Found):
            return found
        refused = refused if refused.reason else found
    return refused


def _events_at(trial: Trial, week: float) -> Found | Refused:
    if trial.design_name != PARALLEL:
        return Refused(CROSSOVER if trial.design_name == PAIRED else CLUSTERS)
    people = trial.people()
    if isinstance(people, Refused):
        return people
    if people.assumed is not None:
        return Refused(NO_N)
    counts: list[Recovered] = []
    used: list[Reported] = []
    for arm, n in zip(trial.arms, people.values, strict=True):
        events, percent = (trial.figure(arm, name, week) for name in _COUNTED)
        entry = events if events.found else percent
        refused = exact([entry])
        if refused is not None:
            return refused
        counted = (
            rounded(entry, whole=True)
            if events.found
            else recover.events_from_percentage(entry.value, entry.decimals, int(n))
        )
        if not counted.usable:
            return Refused(counted.reason, (entry.row,))
        if counted.is_bound:  # several counts print so: the one in the middle
            counted = replace(counted, value=round((counted.low + counted.high) / 2))
        counts.append(counted)
        used.append(entry)
    n1, n2 = people.values
    instrument = used[0].instrument_id
    basis = weakest(["derived", *(entry.basis for entry in used)])
    events, others = (
        [count.value for count in counts],
        [n - count.value for count, n in zip(counts, people.values, strict=True)],
    )
    has_ratio = any(events) and any(others)
    found = []
    for name, compute in _OF_EVENTS.items():
        if name != "RD" and not has_ratio:
            continue
        value, variance = over_all(lambda a, c, of=compute: of(a, n1, c, n2), *counts)
        measure = Measure(name, "", trial.better(instrument))
        level = trial.review.settings.level
        effect = Effect.known(measure, value.value, variance.value, level, basis=basis)
        found.append(replace(effect, rounding=Range(value.low, value.high)))
    route = Route("events", corrected=not all(events + others))
    return Found(tuple(found), week, instrument, route, rows_of(used, people.rows))


_COUNTED = ("n_events", "responders_percent")
_OF_EVENTS = {
    "OR": event_effects.log_odds_ratio,
    "RR": event_effects.log_risk_ratio,
    "RD": event_effects.risk_difference,
}
