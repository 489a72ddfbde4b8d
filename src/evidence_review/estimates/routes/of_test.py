"""Routes from a test alone: a t, F or P of two arms, or the P of all arms with their ranks."""

from __future__ import annotations

from math import inf, isfinite, nan

import numpy as np

from evidence_review.estimates.clusters import CLUSTER
from evidence_review.estimates.effect import Effect, weakest
from evidence_review.estimates.measure import OF_CHANGES, OF_SCORES, SD, Measure
from evidence_review.estimates.reasons import (
    CLUSTER_P,
    CROSSOVER_P,
    NO_DIRECTION,
    NO_N,
    NO_RANKING,
    NOT_A_P,
    NOT_AT_ENDS,
    OBSERVED_P,
    RANK_TEST,
    TOO_FEW,
)
from evidence_review.estimates.route import Refused, first_found, of_one_scale
from evidence_review.estimates.routes.errors import size_of_t
from evidence_review.estimates.routes.found import Found, Route, rows_of
from evidence_review.estimates.trial import CASE_CONTROL, COHORT, PAIRED, PARALLEL, Trial
from evidence_review.records import Reported
from evidence_review.review.finding import Interval, Range
from evidence_review.stats import effects, figures, recover
from evidence_review.stats.figures import Recovered

# Why a t or P of a trial of a design is not that of two groups of people.
_NOT_OF_TWO_GROUPS = {
    PAIRED: CROSSOVER_P,
    CLUSTER: CLUSTER_P,
    COHORT: OBSERVED_P,
    CASE_CONTROL: OBSERVED_P,
}


def from_test(trial: Trial) -> Found | Refused:
    """The standardised difference from a t, F or P of two groups alone, or what a bound leaves open."""
    return first_found(
        _test_at(trial, trial.of_comparison(statistic, week), statistic, week)
        for statistic in ("t_difference", "f_difference", "p_difference")
        for week in trial.weeks(trial.arms[0], statistic)
    )


def _test_at(trial: Trial, entry: Reported, statistic: str, week: float) -> Found | Refused:
    if trial.design_name != PARALLEL:
        return Refused(_NOT_OF_TWO_GROUPS.get(trial.design_name, ""), (entry.row,))
    people = trial.people()
    if isinstance(people, Refused):
        return people
    medians = [x for x in trial.of_both("median", week) if x.found]
    means = [x for name in ("change_mean", "mean") for x in trial.of_both(name, week) if x.found]
    if medians and not means and statistic == "p_difference":
        return Refused(RANK_TEST, tuple(x.row for x in (entry, *medians)))
    if statistic == "p_difference":
        printed = figures.printed(entry.value, entry.decimals, entry.comparator, least=0, most=1)
    else:
        printed = figures.printed(entry.value, entry.decimals, entry.comparator)
    n1, n2 = people.values
    of_t = size_of_t(statistic, people.df)
    factor = float(effects.small_sample_factor(people.df))
    ends = [float(of_t(np.array(x))) if isfinite(x) else inf for x in (printed.low, printed.high)]
    in_sds = lambda t: factor * float(recover.d_from_t(t, n1, n2)) if isfinite(t) else inf
    low, high = sorted(map(in_sds, ends))
    if printed.low < 0 < printed.high:
        low = 0.0
    sign, sd_of, told = _direction(trial, entry, statistic, week)
    if not sign and low > 0:
        return Refused(NO_DIRECTION, (entry.row,))
    basis = weakest(["derived", entry.basis, *(["assumed"] if people.assumed is not None else [])])
    route = Route("test alone", people.assumed, p=Range(printed.low, printed.high))
    rows = rows_of((entry,), people.rows, tuple(x.row for x in told))
    measure = Measure("SMD", SD, trial.better(entry.instrument_id), sd_of)
    if sign and not printed.is_bound:
        size = in_sds(float(of_t(np.array(printed.value))))
        span = (low, high) if sign > 0 else (-high, -low)
        variance = float(effects.smd_variance(size, n1, n2))
        g = Recovered(sign * size, *span)
        found = trial.smd(g, variance, entry.instrument_id, basis, sd_of)
    else:
        span = Range(low, high) if sign > 0 else Range(-high, -low if sign else high)
        found = bounded(measure, span, n1, n2, trial.review.settings.level, basis)
    return Found((found,), week, entry.instrument_id, route, rows)


def _direction(
    trial: Trial, entry: Reported, statistic: str, week: float
) -> tuple[int, str, list[Reported]]:
    """Sign of treated less control, whose SD the test is in, and what says so; 0 if nothing does."""
    if statistic == "t_difference" and entry.sign_convention:
        return int(np.sign(entry.value)) * trial.sign(entry), "", []
    for name, sd_of in (
        ("change_mean", OF_CHANGES),
        ("mean", OF_SCORES),
        ("change_median", OF_CHANGES),
        ("median", OF_SCORES),
    ):
        told = trial.of_both(name, week)
        if all(x.found for x in told) and not isinstance(of_one_scale(told), Refused):
            first, second = (trial.sign(x) * x.value for x in told)
            if first != second:
                return int(np.sign(first - second)), sd_of, told
    difference = trial.of_comparison("difference", week)
    if difference.found and difference.value != 0:
        return int(np.sign(difference.value)) * trial.sign(difference), OF_CHANGES, [difference]
    return 0, "", []


def bounded(
    measure: Measure, span: Range, n1: float, n2: float, level: float, basis: str
) -> Effect:
    """A standardised difference of which only a range is known, and the interval that covers chance too."""
    ends = []
    for d in (span.low, span.high):
        if not isfinite(d):
            ends.append(Interval(d, d, level))
            continue
        ends.append(
            Effect.known(measure, d, float(effects.smd_variance(d, n1, n2)), level).interval
        )
    covered = Interval(min(end.low for end in ends), max(end.high for end in ends), level)
    return Effect(measure, None, nan, covered, span, basis)


def from_omnibus(trial: Trial) -> Found | Refused:
    """Bounds of the standardised difference from an omnibus P and the authors' ranking.

    A ranking says which arm did better: the benefit counts downwards, whatever the scale was.
    """
    review, records = trial.review, trial.records
    of_outcome = lambda statistic: records.study_rows(
        trial.study_id, statistic, outcome=trial.outcome
    )
    omnibus = [row for row in of_outcome("p_omnibus") if row.value == row.value]
    ranks = sorted(of_outcome("rank"), key=lambda row: row.value)
    if not omnibus:
        return Refused()
    if not ranks:
        return Refused(NO_RANKING, tuple(row.row for row in omnibus))
    order = [row.arm_id for row in ranks]
    is_whole = all(
        row.value == row.value for row in ranks
    )  # one whose place is open may be at an end
    if not is_whole or (order[0], order[-1]) != trial.arms:
        return Refused(NOT_AT_ENDS)
    row = max(omnibus, key=lambda row: row.week)
    counts = [records.people(trial.study_id, arm, trial.outcome) for arm in order]
    known = [entry.found and entry.comparator == "=" for entry in counts]
    arm_size = review.settings.arm_size
    if arm_size is None and not all(known):
        return Refused(NO_N)
    sizes = [entry.value if given else arm_size for entry, given in zip(counts, known, strict=True)]
    if min(sizes) < 2:
        return Refused(TOO_FEW, tuple(entry.row for entry in counts))
    printed = figures.printed(row.value, int(row.decimals), row.comparator, least=0.0, most=1.0)
    if not printed.usable:
        return Refused(NOT_A_P, (row.row,))
    smallest = omnibus_range(printed.high, sizes)[0]
    largest = omnibus_range(printed.low, sizes)[1]
    basis = weakest(["derived" if all(known) else "assumed", *(rank.basis for rank in ranks)])
    span = Range(-largest, -smallest)
    measure = Measure("SMD", SD, "lower")
    found = bounded(measure, span, sizes[0], sizes[-1], review.settings.level, basis)
    assumed = None if all(known) else arm_size
    return Found(
        (found,),
        float(row.week),
        "",
        Route("omnibus", assumed, p=Range(printed.low, printed.high)),
        (
            row.row,
            *(rank.row for rank in ranks),
            *(entry.row for entry, given in zip(counts, known, strict=True) if given),
        ),
    )


def omnibus_range(p: float, sizes: list[float]) -> tuple[float, float]:
    """|d| between best and worst group at exactly this omnibus P, smallest and largest."""
    f = float(recover.f_from_p(p, len(sizes) - 1, sum(sizes) - len(sizes)))
    return recover.standardised_range_from_omnibus(f, sizes) if isfinite(f) else (inf, inf)
