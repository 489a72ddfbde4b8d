"""Routes from figures of both arms: mean changes, means, medians, and means with a test of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from math import isnan
from typing import NamedTuple

import numpy as np

from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.effect import Effect, NotUsable, weakest
from evidence_review.estimates.measure import OF_CHANGES, OF_SCORES, Measure
from evidence_review.estimates.quantiles import OfQuantiles, of_quantiles
from evidence_review.estimates.reasons import (
    CROSSOVER,
    CROSSOVER_RATIO,
    NO_N,
    NO_RATIO,
    NO_SPREAD,
    NO_WIDTH,
    OTHER_UNITS,
    OTHER_WEEKS,
    TOO_FEW,
)
from evidence_review.estimates.route import Refused, exact, first_found, of_one_scale, rounded
from evidence_review.estimates.routes.errors import by_f, by_p, by_t
from evidence_review.estimates.routes.found import Found, Route, rows_of
from evidence_review.estimates.trial import (
    PAIRED,
    PARALLEL,
    Compared,
    Design,
    People,
    Spread,
    Trial,
)
from evidence_review.records import Reported
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Range
from evidence_review.stats import effects
from evidence_review.stats.figures import Recovered, over_all


def from_changes(trial: Trial) -> Found | Refused:
    """From the mean changes of both arms at one week on one scale."""
    treated, control = trial.changes()
    for arm in (treated, control):
        if isinstance(arm, NotUsable):
            return Refused(arm.reason, arm.rows)
    assert isinstance(treated, SingleArmChange)
    assert isinstance(control, SingleArmChange)
    rows = (*treated.rows, *control.rows)
    same_week = treated.week == control.week or (isnan(treated.week) and isnan(control.week))
    if not same_week or treated.instrument_id != control.instrument_id:
        return Refused(OTHER_WEEKS, rows)
    if treated.unit != control.unit:
        return Refused(OTHER_UNITS, rows)
    if not (treated.n == treated.n and control.n == control.n):  # an SE is printed, but not of whom
        return Refused(NO_N, treated.rows)
    people = trial.people()
    if isinstance(people, Refused):
        return people
    if min(treated.n, control.n) < 2:
        return Refused(TOO_FEW, rows)
    of_arms = [_mean_and_spread(arm) for arm in (treated, control)]
    bases = [treated.basis, control.basis]
    of_people = None
    if treated.of_people is not None or control.of_people is not None:
        sds = treated.sd_with_rounding, control.sd_with_rounding
        of_people = Spread(OF_CHANGES, sds, None, ())
    return _two_arms(
        trial,
        Route("changes", arms=(treated, control)),
        of_arms,
        people,
        treated.week,
        treated.instrument_id,
        replace(treated.measure, name="MD"),
        OF_CHANGES,
        bases,
        rows,
        of_people,
    )


def _mean_and_spread(arm: SingleArmChange) -> tuple[Recovered, Recovered]:
    """The mean change, and the SD that gives its standard error as of a mean of all people."""
    root = arm.n**0.5
    return (
        Recovered(arm.mean, arm.mean_rounding.low, arm.mean_rounding.high),
        Recovered(arm.se * root, arm.se_rounding.low * root, arm.se_rounding.high * root),
    )


class _Scores(NamedTuple):
    """Means and SDs of both arms at one week, on one scale, and their people.

    scale: one of the figures, for its scale and unit.
    """

    week: float
    scale: Reported
    arms: list[tuple[Reported, Reported]]
    people: People

    @property
    def figures(self) -> list[tuple[Recovered, Recovered]]:
        return [(rounded(mean), rounded(sd)) for mean, sd in self.arms]

    @property
    def bases(self) -> list[str]:
        return ["derived", *(part.basis for arm in self.arms for part in arm)]

    @property
    def rows(self) -> tuple[RowId, ...]:
        return (*(part.row for arm in self.arms for part in arm), *self.people.rows)


def _scores(trial: Trial) -> _Scores | Refused | None:
    """Those of the last week that has all four; None where no week has."""
    weeks = [week for arm in trial.arms for week in trial.weeks(arm, "mean")]
    for week in sorted(set(weeks), reverse=True):
        arms = list(zip(trial.of_both("mean", week), trial.of_both("sd", week), strict=True))
        parts = [part for arm in arms for part in arm]
        if not all(part.found for part in parts):
            continue
        rows = tuple(part.row for part in parts)
        refused = exact(parts)
        if refused is not None:
            return refused
        scale = of_one_scale(parts)
        if isinstance(scale, Refused):
            return scale
        if any(sd.value <= 0 for _, sd in arms):
            return Refused(NO_WIDTH, rows)
        people = trial.people()
        return people if isinstance(people, Refused) else _Scores(week, scale, arms, people)
    return None


def from_scores(trial: Trial) -> Found | Refused:
    """From means and SDs of both arms at the last week that has all four."""
    found = _scores(trial)
    if isinstance(found, Refused):
        return found
    if found is not None:
        return _two_arms(
            trial,
            Route("scores"),
            found.figures,
            found.people,
            found.week,
            found.scale.instrument_id,
            trial.measure(found.scale),
            OF_SCORES,
            found.bases,
            found.rows,
        )
    of_arms = [
        [
            row
            for row in trial.records.arm_rows(
                trial.study_id, arm, outcome=trial.outcome, statistic="mean"
            )
            if row.value == row.value and row.week > 0
        ]
        for arm in trial.arms
    ]
    return Refused(
        NO_SPREAD if all(of_arms) else "", tuple(row.row for rows in of_arms for row in rows)
    )


def from_ratio(trial: Trial) -> Found | Refused:
    """The ratio of means, from means and SDs of both arms, where that is what the review asks for."""
    if trial.review.about.measure != "ROM":
        return Refused()
    found = _scores(trial)
    if found is None or isinstance(found, Refused):
        return found or Refused()
    if trial.design_name == PAIRED:
        return Refused(CROSSOVER_RATIO, found.rows)
    (m1, s1), (m2, s2) = found.figures
    ends = [end for mean in (m1, m2) for end in (mean.low, mean.high)]
    if min(ends) * max(ends) <= 0:
        return Refused(NO_RATIO, found.rows)
    design = trial.design(found.people)
    if isinstance(design, Refused):
        return replace(design, rows=found.rows)
    n1, n2 = found.people.sizes
    ratio, se = over_all(_ratio_and_error, m1, s1, n1, m2, s2, n2, design.tie)
    assumed = found.people.assumed is not None or design.assumed is not None
    effect = Effect.known(
        Measure("ROM", "", trial.better(found.scale.instrument_id)),
        ratio.value,
        se.value**2,
        trial.review.settings.level,
        basis=weakest([*found.bases, *(["assumed"] if assumed else [])]),
    )
    return Found(
        (
            replace(
                effect,
                rounding=Range(ratio.low, ratio.high),
                se_rounding=Range(se.low, se.high),
            ),
        ),
        found.week,
        found.scale.instrument_id,
        Route("ratio", assumed_size=found.people.assumed, assumed_tie=design.assumed),
        rows_of((), found.rows, design.rows),
    )


def _ratio_and_error(m1, s1, n1, m2, s2, n2, tie) -> tuple[np.ndarray, np.ndarray]:
    """Log ratio of means and its standard error, with what people of one cluster share."""
    ratio, variance = effects.log_ratio_of_means(m1, s1, n1, m2, s2, n2)
    return ratio, np.sqrt(variance * tie)


def _two_arms(
    trial: Trial,
    route: Route,
    of_arms: list[tuple[Recovered, Recovered]],
    people: People,
    week: float,
    instrument: str,
    measure: Measure,
    sd_of: str,
    bases: Iterable[str],
    rows: tuple[RowId, ...],
    of_people: Spread | None = None,
) -> Found | Refused:
    """Means and SDs of both arms compared as the design of the trial asks.

    of_people: the SDs of people, where those given only say how precise the means are.
    """
    design = trial.design(people)
    if isinstance(design, Refused):
        return replace(design, rows=rows)
    (m1, s1), (m2, s2) = of_arms
    assumed = people.assumed is not None or design.assumed is not None
    basis = weakest(["derived", *bases, *(["assumed"] if assumed else [])])
    found = over_all(
        _and_root(design), m1, s1, people.sizes[0], m2, s2, people.sizes[1], design.tie
    )
    difference, se, g, g_variance, df = found
    effects_of = [
        trial.smd(g, g_variance.value, instrument, basis, sd_of)
        if of_people is None
        else trial.standardised(of_people, difference, se, people, instrument, basis),
        trial.md(measure, difference, se, df.value, basis),
    ]
    others = [
        s
        for s in trial.spreads(week, instrument, measure.unit)
        if s.sd_of != sd_of and s.assumed is None
    ]
    effects_of += [
        trial.standardised(spread, difference, se, people, instrument, basis) for spread in others
    ]
    return Found(
        tuple(effects_of),
        week,
        instrument,
        replace(route, assumed_size=people.assumed, assumed_tie=design.assumed),
        rows_of((), rows, design.rows, *(spread.rows for spread in others)),
    )


def _and_root(design: Design) -> Callable[..., Compared]:
    """The comparison with the standard error of the difference in the place of its variance."""

    def compare(*arrays: np.ndarray) -> Compared:
        found = design.compare(*arrays)
        return found._replace(variance=np.sqrt(found.variance))

    return compare


def from_means_and_test(trial: Trial) -> Found | Refused:
    """From the means of both arms, or their mean changes, and the P, t or F of their difference."""
    return first_found(
        _means_and_test(trial, statistic, sd_of, week)
        for statistic, sd_of in (("change_mean", OF_CHANGES), ("mean", OF_SCORES))
        for week in trial.weeks(trial.arms[0], statistic)
    )


def _means_and_test(trial: Trial, statistic: str, sd_of: str, week: float) -> Found | Refused:
    means = trial.of_both(statistic, week)
    refused = exact(means)
    people = trial.people()
    if refused is not None or isinstance(people, Refused):
        return refused or people  # pyright: ignore[reportReturnType]
    scale = of_one_scale(means)
    if isinstance(scale, Refused):
        return scale
    instrument, measure = scale.instrument_id, trial.measure(scale)
    first, second = (
        rounded(entry) if trial.sign(entry) > 0 else -rounded(entry) for entry in means
    )
    (difference,) = over_all(lambda a, b: (a - b,), first, second)
    df = trial.df_of(people)
    error = first_found(error_of(trial, difference, week, df) for error_of in (by_t, by_f, by_p))
    if isinstance(error, Refused):
        return error
    parts = (*means, *error.used)
    bases = ["derived", *(part.basis for part in parts)]
    basis = weakest([*bases, *(["assumed"] if people.assumed is not None else [])])
    found = [trial.md(measure, difference, error.se, df, basis)]
    spreads = trial.spreads(week, instrument, measure.unit)
    if trial.design_name == PARALLEL:
        n1, n2 = people.values
        g, variance = over_all(
            lambda difference, se: _g_of_plain(difference, se, n1, n2), difference, error.se
        )
        found.insert(0, trial.smd(g, variance.value, instrument, basis, sd_of))
        spreads = [s for s in spreads if s.sd_of != sd_of and s.assumed is None]
    found += [
        trial.standardised(s, difference, error.se, people, instrument, basis) for s in spreads
    ]
    return Found(
        tuple(found),
        week,
        instrument,
        Route("means and test", people.assumed),
        rows_of(parts, people.rows, *(s.rows for s in spreads)),
    )


def _g_of_plain(difference, se, n1: float, n2: float) -> tuple[np.ndarray, np.ndarray]:
    """Hedges' g from a difference of plain means and its standard error."""
    with np.errstate(divide="ignore"):
        sd = se / np.sqrt(1 / n1 + 1 / n2)
        g = effects.small_sample_factor(n1 + n2 - 2) * difference / sd
    return g, effects.smd_variance(g, n1, n2)


def from_medians(trial: Trial) -> Found | Refused:
    """From medians with quartiles or range of both arms, taken as those of normal values."""
    return first_found(_medians_at(trial, week) for week in trial.weeks(trial.arms[0], "median"))


def _medians_at(trial: Trial, week: float) -> Found | Refused:
    people = trial.people()
    if isinstance(people, Refused):
        return people
    if people.assumed is not None:
        return Refused(NO_N)
    arms = []
    for arm in trial.arms:
        count = trial.records.people(trial.study_id, arm, trial.outcome)
        found = of_quantiles(partial(trial.figure, arm), week, count)
        if isinstance(found, Refused):
            return found
        arms.append(found)
    if trial.design_name == PAIRED:
        return Refused(CROSSOVER)
    parts = [entry for arm in arms for entry in arm.used]
    scale = of_one_scale([entry for entry in parts if entry.unit != "people"])
    if isinstance(scale, Refused):
        return scale
    instrument = scale.instrument_id
    design = trial.design(people)
    if isinstance(design, Refused):
        return design
    basis = weakest(["derived", *(entry.basis for entry in parts)])
    if design.assumed is not None:
        basis = "assumed"
    difference, se, g, variance, df = over_all(
        lambda m1, s1, m2, s2, tie: _of_medians(arms, m1, s1, m2, s2, tie),
        *(figure for arm in arms for figure in (arm.mean, arm.sd)),
        design.tie,
    )
    return Found(
        (
            trial.smd(g, variance.value, instrument, basis, OF_SCORES),
            trial.md(trial.measure(scale), difference, se, df.value, basis),
        ),
        week,
        instrument,
        Route("medians", assumed_tie=design.assumed),
        rows_of(parts, design.rows),
    )


def _of_medians(arms: list[OfQuantiles], m1, s1, m2, s2, tie):
    """Difference, its SE, Hedges' g, its variance and degrees of freedom, of quantiles.

    Means and SDs by quantiles are less precise than those of all people: by that much the variances
    are larger and the degrees of freedom fewer.
    """
    first, second = arms
    v1, v2 = s1**2 * first.variance, s2**2 * second.variance
    variance = (v1 + v2) * tie
    df = (v1 + v2) ** 2 / (v1**2 / first.df + v2**2 / second.df)
    total = first.df + second.df
    sd = np.sqrt((first.df * s1**2 + second.df * s2**2) / total)
    g, g_variance = effects.standardized_adjusted_difference(m1 - m2, np.sqrt(variance), sd, total)
    return m1 - m2, np.sqrt(variance), g, g_variance, df
