"""The mean change in one arm: from what its paper prints, by the first route that serves.

A change is end minus baseline in the direction of its scale: a sign is turned here, once, where a
source prints a reduction or an improvement as a positive number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import isnan, nan, sqrt
from typing import Literal, get_args

import numpy as np
from scipy import special

from evidence_review.estimates.clusters import CLUSTER, Clusters, clusters
from evidence_review.estimates.effect import NotUsable, weakest
from evidence_review.estimates.measure import Better, Measure, better_of, is_on_the_scale, scale_of
from evidence_review.estimates.quantiles import of_quantiles
from evidence_review.estimates.reasons import (
    MEDIANS,
    NO_CHANGE,
    NO_N,
    NO_SPREAD,
    NO_SPREAD_NO_N,
    NO_WIDTH,
    ONLY_BOUNDS,
    TOO_FEW,
)
from evidence_review.estimates.route import (
    NOTHING_PRINTED,
    PrintedResult,
    Refused,
    exact,
    level_of,
    of_one_unit,
    rounded,
)
from evidence_review.records import Reported
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Interval, Range
from evidence_review.review.review import Review, once
from evidence_review.review.settings import Settings
from evidence_review.stats import recover
from evidence_review.stats.figures import Recovered, over_all

# What an arm is asked about as. By itself, without a control group: the SD of its change is never
# assumed, a correlation may be. As one of two arms that are compared, or one beside the other, or as a
# placebo arm of the reference class: both are assumed where `missing_se` says so, else neither. What a
# comparison allows for once for both arms (people randomised in groups), the last two allow for themselves.
Asked = Literal["alone", "compared", "beside", "placebo"]
ALONE, COMPARED, BESIDE, PLACEBO = get_args(Asked)


@dataclass(frozen=True)
class SingleArmChange:
    """Mean change in one arm since baseline. Not a treatment effect: nothing was compared.

    Parameters
    ----------
    mean, se : float
        End minus baseline in the unit of `measure`, and its standard error.
    n : float
        People behind it; nan where unknown.
    route : str
        The name in `ROUTES` of what gave the standard error.
    assumed : float or None
        The correlation or SD that the route had to assume.
    basis : str
        'reported', 'derived' or 'assumed'.
    rows : tuple of str
        Data rows behind it.
    mean_rounding, se_rounding : Range
        What the printed figures could be before they were rounded.
    printed : PrintedResult
        The change as its source prints it, for checks and for words about them.
    of_people : Recovered or None
        The SD of one person's change by the quantiles. None: it is that which the standard error
        and the people give, as of a mean of all people.
    """

    study_id: str
    arm_id: str
    label: str
    outcome: str
    instrument_id: str
    week: float
    n: float
    mean: float
    se: float
    measure: Measure
    route: str
    assumed: float | None
    basis: str
    rows: tuple[RowId, ...]
    mean_rounding: Range
    se_rounding: Range
    printed: PrintedResult = NOTHING_PRINTED
    of_people: Recovered | None = None

    @property
    def unit(self) -> str:
        return self.measure.unit

    @property
    def sd(self) -> float:
        """SD of one person's change."""
        return self.sd_with_rounding.value

    @property
    def sd_with_rounding(self) -> Recovered:
        """SD of one person's change, with what it could be before figures were rounded."""
        if self.of_people is not None:
            return self.of_people
        root = sqrt(self.n)
        return Recovered(self.se * root, self.se_rounding.low * root, self.se_rounding.high * root)

    @property
    def df(self) -> float:
        """Degrees of freedom of the t-test of one arm."""
        return self.n - 1

    @property
    def in_sds(self) -> float:
        """The mean change in SDs of one person's change."""
        return self.mean / self.sd

    @property
    def p(self) -> float:
        """Two-sided p of the t-test against no change; nan without two people."""
        return float(recover.two_sided_p(self.mean, self.se, df=self.df))

    def interval(self, level: float) -> Interval | None:
        """The interval of the mean by t; None without two people."""
        half = self.se * float(special.stdtrit(self.df, (1 + level) / 2))
        return None if isnan(half) else Interval(self.mean - half, self.mean + half, level)


@dataclass(frozen=True)
class StandardError:
    """A standard error, the figures that it was worked out from, and what had to be assumed.

    of_people: the SD of one person's change, where the standard error is not that of a mean of all people.
    rows: further data rows behind it.
    """

    value: Recovered
    used: tuple[Reported, ...]
    assumed: float | None = None
    of_people: Recovered | None = None
    rows: tuple[RowId, ...] = ()

    def of_clusters(self, together: Clusters, people: float) -> StandardError:
        """The same of people who were randomised in groups: larger by the root of the design effect.

        people: in the arm; the SD of one of them stays what it is.
        """
        grown = lambda se, effect: (se * np.sqrt(effect),)
        of_all = lambda se: (se * sqrt(people),)
        return StandardError(
            over_all(grown, self.value, together.effect)[0],
            self.used,
            together.assumed if self.assumed is None else self.assumed,
            self.of_people or over_all(of_all, self.value)[0],
            together.rows,
        )


@dataclass(frozen=True)
class ArmFigures:
    """What one arm prints (`get`, by statistic and week) at one week, and what may be assumed of it.

    change, printed: the mean change, and a figure that it is of, for the unit.
    Settings are read where a route assumes something, and no earlier: so the change of an arm that
    prints its standard error is kept (`once`) whatever is assumed of others.
    """

    get: Callable[..., Reported]
    week: float
    change: Recovered
    printed: Reported
    people: Reported
    settings: Settings | None
    assume_sd: bool

    def exact(self, *names: str | tuple[str, float]) -> list[Reported] | Refused:
        """The figures of these names (at the week, or at another), and the people of the arm."""
        found = [
            self.get(name[0], week=name[1])
            if isinstance(name, tuple)
            else self.get(name, week=self.week)
            for name in names
        ]
        used = [*found, self.people]
        refused = exact(used)
        if refused is not None:
            return refused
        return used if self.people.value >= 2 else Refused(TOO_FEW)

    def in_unit(self, *names: str | tuple[str, float]) -> list[Reported] | Refused:
        """`exact` figures that are in the unit of the mean change, and the people of the arm."""
        found = self.exact(*names)
        if isinstance(found, Refused):
            return found
        return of_one_unit([self.printed, *found[:-1]]) or found


# The least standard error at a corner of the roundings, as a part of the one as printed.
_NEXT_TO_NOTHING = 1e-6


def _error(
    formula: Callable[..., np.ndarray],
    used: list[Reported],
    *figures: Recovered,
    assumed: float | None = None,
) -> StandardError | Refused:
    """A standard error by a formula of figures, refused where it is 0.

    At a corner of the roundings it may be 0 all the same, or less (limits of -0.1 and 0): there it is
    taken as next to nothing, since no group is without any spread.
    """
    least = _NEXT_TO_NOTHING * float(np.maximum(formula(*(np.array(x.value) for x in figures)), 0))
    (value,) = over_all(lambda *x: (np.maximum(formula(*x), least),), *figures)
    return StandardError(value, tuple(used), assumed) if value.value > 0 else Refused(NO_WIDTH)


def _printed_se(arm: ArmFigures) -> StandardError | Refused:
    se = arm.get("change_se", week=arm.week)
    if arm.people.found and arm.people.value < 2:
        return Refused(TOO_FEW)
    return exact([se]) or of_one_unit([arm.printed, se]) or _error(lambda se: se, [se], rounded(se))


def _printed_sd(arm: ArmFigures) -> StandardError | Refused:
    found = arm.in_unit("change_sd")
    if isinstance(found, Refused):
        return found
    n = found[-1].value
    return _error(lambda sd: sd / sqrt(n), found, rounded(found[0]))


def _interval(arm: ArmFigures) -> StandardError | Refused:
    found = arm.in_unit("change_ci_low", "change_ci_high")
    if isinstance(found, Refused):
        return found
    low, high, people = found
    level = arm.get("change_ci_level", week=arm.week)
    quantile = recover.two_sided_quantile(level_of(level), df=people.value - 1)
    used = [*found, *([level] if level.found else [])]
    half = lambda low, high: (high - low) / 2 / quantile
    return _error(half, used, rounded(low), rounded(high))


def _printed_t(arm: ArmFigures) -> StandardError | Refused:
    """From the t of a paired t-test."""
    t = arm.get("t_change", week=arm.week)
    refused = exact([t])
    if refused is not None:
        return refused
    return _by_statistic(arm, [t], lambda t: np.abs(t), rounded(t))


def _printed_p(arm: ArmFigures) -> StandardError | Refused:
    """From the P of the change against baseline, taken as that of a paired t-test."""
    found = arm.exact("p_change")
    if isinstance(found, Refused):
        return found
    p, df = rounded(found[0]), found[-1].value - 1
    if p.low <= 0 or p.value >= 1:  # prints like a bound: P = 0.000
        return Refused(ONLY_BOUNDS)
    of_p = lambda p: recover.statistic_from_p(np.minimum(p, 1.0), df=df)
    return _by_statistic(arm, found, of_p, p)


def _by_statistic(
    arm: ArmFigures, used: list[Reported], size: Callable[..., np.ndarray], figure: Recovered
) -> StandardError | Refused:
    """From a test statistic of the change against 0: both are 0 together, and then say nothing."""
    if arm.change.value == 0 or figure.value == 0:
        return Refused(ONLY_BOUNDS)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _error(lambda change, x: np.abs(change) / size(x), used, arm.change, figure)


def _quartiles(arm: ArmFigures) -> StandardError | Refused:
    """From the quartiles or the range of the changes, which are taken as normal."""
    found = median_change(arm.get, arm.week, arm.people)
    if isinstance(found, Refused):
        return found
    return of_one_unit([arm.printed, *found[1].used[:-1]]) or found[1]


def _two_sds(arm: ArmFigures) -> StandardError | Refused:
    found = arm.in_unit(("sd", 0), "sd")
    if isinstance(found, Refused):
        return found
    n, r = found[-1].value, arm.settings and arm.settings.pre_post_r
    if r is None:
        return Refused()
    of_both = lambda start, end: recover.sd_of_change(start, end, r) / sqrt(n)
    return _error(of_both, found, rounded(found[0]), rounded(found[1]), assumed=r)


def _assumed_sd(arm: ArmFigures) -> StandardError | Refused:
    found = arm.exact()
    if isinstance(found, Refused):
        return found
    n, sd = arm.people.value, arm.settings and arm.settings.change_sd if arm.assume_sd else None
    if sd is None:
        return Refused()
    return _error(lambda sd: sd / sqrt(n), found, Recovered(sd, sd, sd), assumed=sd)


# Routes to the standard error of a mean change, in the order in which they are tried.
ROUTES: dict[str, Callable[[ArmFigures], StandardError | Refused]] = {
    "SE": _printed_se,
    "SD": _printed_sd,
    "interval": _interval,
    "t": _printed_t,
    "P": _printed_p,
    "quartiles": _quartiles,
    "two SDs": _two_sds,
    "assumed SD": _assumed_sd,
}


def median_change(
    get: Callable[..., Reported], week: float, people: Reported
) -> tuple[Recovered, StandardError] | Refused:
    """Mean change as printed, and its standard error, by the quantiles of the changes."""
    found = of_quantiles(get, week, people, of="change_")
    if isinstance(found, Refused):
        return found
    root = sqrt(found.variance)
    error = Recovered(found.sd.value * root, found.sd.low * root, found.sd.high * root)
    return found.mean, StandardError(error, found.used, of_people=found.sd)


def directed(value: float, sign_convention: str, end: Better | None) -> float:
    """A printed change as end minus baseline in the direction of its scale.

    Parameters
    ----------
    value : float
        As printed.
    sign_convention : str
        How the source counts: 'reduction' and 'improvement' are printed as positive numbers.
    end : {'lower', 'higher'} or None
        The better end; an improvement on a scale whose better end is not stated counts downwards.

    Examples
    --------
    >>> directed(7.3, "reduction", "lower"), directed(7.3, "improvement", "higher")
    (-7.3, 7.3)
    """
    if sign_convention == "reduction":
        return -value
    if sign_convention == "improvement":
        return value if end == "higher" else -value
    return value


# What a mean change can be had from: a printed one, or what is printed of both ends.
_CHANGES, _SCORES = ("change_mean", "change_median"), ("mean", "median")


@once
def arm_change(
    review: Review,
    study_id: str,
    arm_id: str,
    outcome: str,
    instrument_id: str | None = None,
    *,
    asked: Asked = COMPARED,
) -> SingleArmChange | NotUsable:
    """The mean change of an arm at the last week that prints one; else a change printed without a week.

    The mean is a printed mean change, else the mean at the end minus that at baseline, else it comes
    from the median and quartiles of the changes. The standard error comes by the first of `ROUTES`
    that serves. An arm that gives less is NotUsable, with the reason.

    Parameters
    ----------
    instrument_id : str or None
        None is any scale of the outcome.
    asked : {'alone', 'compared', 'beside', 'placebo'}
        What the arm is asked about as, and so what may be assumed of it (see `Asked`).
    """
    is_placebo = asked == PLACEBO
    records = review.records.reference_class if is_placebo else review.records
    label = records.study(study_id).label
    where = {"outcome": outcome} | ({"instrument_id": instrument_id} if instrument_id else {})
    get = partial(records.statistic, study_id, arm_id, **where)

    def refused(reason: str, rows) -> NotUsable:
        return NotUsable(study_id, arm_id, label, reason, tuple(rows))

    # A mean without a week may be of the start: only a change is known to be of later.
    weeks = records.weeks(study_id, arm_id, *_CHANGES, *_SCORES, **where)
    week = weeks[0] if weeks else nan
    names = (*_CHANGES, *_SCORES) if weeks else _CHANGES
    people = records.people(study_id, arm_id, outcome)
    found = _mean_change(review, outcome, get, week, people)
    if isinstance(found, Refused):
        relevant = [
            row
            for row in records.arm_rows(study_id, arm_id, **where)
            if row.statistic in names
            and row.value == row.value
            and (row.week > 0 if weeks else row.week != row.week)
        ]
        if not relevant:
            relevant = records.arm_rows(study_id, arm_id, statistic="change_mean", **where)
            return refused(NO_CHANGE, (row.row for row in relevant))
        medians = any(row.statistic in ("median", "change_median") for row in relevant)
        reason = found.reason or (MEDIANS if medians else NO_CHANGE)
        return refused(reason, found.rows or (row.row for row in relevant))
    mean, used, basis = found
    instrument = used[-1].instrument_id
    assumes = asked == ALONE or review.settings.missing_se == "assume"
    arm = ArmFigures(
        *(get, week, mean, used[-1], people),
        settings=review.settings if assumes else None,
        assume_sd=asked != ALONE and is_on_the_scale(review, outcome, instrument, used[-1].unit),
    )
    reasons, route, error = [], "", None
    for name, work_out in ROUTES.items():
        tried = work_out(arm)
        if isinstance(tried, StandardError):
            route, error = name, tried
            break
        reasons.append(tried.reason)
    if error is None:
        at = partial(get, week=week)
        has_sd = at("change_sd").found or (get("sd", week=0).found and at("sd").found)
        lacking = NO_SPREAD if people.found else NO_SPREAD_NO_N
        reason = next(filter(None, reasons), NO_N if has_sd else lacking)
        return refused(reason, (entry.row for entry in used))
    if asked in (BESIDE, PLACEBO) and records.study(study_id).design == CLUSTER:
        together = clusters(review, records, study_id, (arm_id,), outcome, people.value)
        if isinstance(together, Refused):
            return refused(together.reason, (*(entry.row for entry in used), *together.rows))
        error = error.of_clusters(together, people.value)
    assumed = [] if error.assumed is None else ["assumed"]
    return SingleArmChange(
        study_id=study_id,
        arm_id=arm_id,
        label=label,
        outcome=outcome,
        instrument_id=instrument,
        week=week,
        n=people.value,
        mean=mean.value,
        se=error.value.value,
        measure=scale_of(review, outcome, used[-1], "MC"),
        route=route,
        assumed=error.assumed,
        basis=weakest([basis, *assumed, *(entry.basis for entry in error.used)]),
        rows=tuple(dict.fromkeys((*(entry.row for entry in (*used, *error.used)), *error.rows))),
        mean_rounding=Range(mean.low, mean.high),
        se_rounding=Range(error.value.low, error.value.high),
        printed=PrintedResult.of("change", partial(get, week=week, instrument_id=instrument)),
        of_people=error.of_people,
    )


def _mean_change(
    review: Review, outcome: str, get: Callable[..., Reported], week: float, people: Reported
) -> tuple[Recovered, list[Reported], str] | Refused:
    """A mean change in the direction of its scale, the figures behind it, and their basis."""
    change = get("change_mean", week=week)
    start, end = get("mean", week=0), get("mean", week=week)
    if change.found:
        used, basis = [change], change.basis
        mean = exact(used) or rounded(change)
    elif start.found and end.found:
        used, basis = [start, end], "derived"
        mean = (
            exact(used)
            or of_one_unit(used)
            or over_all(lambda a, b: (b - a,), rounded(start), rounded(end))[0]
        )
    else:
        used, basis = [get("change_median", week=week)], "derived"
        found = median_change(get, week, people)
        mean = found if isinstance(found, Refused) else found[0]
    if isinstance(mean, Refused):
        return mean
    printed = used[-1]
    end = better_of(review, outcome, printed.instrument_id)
    sign = directed(1.0, printed.sign_convention, end)
    return mean if sign > 0 else -mean, used, basis


@once
def main_change(review: Review) -> SingleArmChange | NotUsable | None:
    """The uncontrolled change on the review's own outcome and instrument; None without such a study."""
    about = review.about
    if not about.single_arm_study:
        return None
    return arm_change(
        review,
        about.single_arm_study,
        about.single_arm,
        about.outcome,
        about.instrument_id or None,
        asked=ALONE,
    )


@once
def single_arm_changes(review: Review) -> tuple[SingleArmChange, ...]:
    """The mean change on every outcome of the review's uncontrolled study that gives one."""
    about = review.about
    if not about.single_arm_study:
        return ()
    arm = about.single_arm_study, about.single_arm
    outcomes = review.records.outcomes(*arm, "change_mean", "change_median", "mean")
    changes = (arm_change(review, *arm, outcome, asked=ALONE) for outcome in outcomes)
    return tuple(change for change in changes if isinstance(change, SingleArmChange))


@dataclass(frozen=True)
class PlaceboArms:
    """Placebo and sham arms of the reference class: those with a usable change, and the rest."""

    usable: tuple[SingleArmChange, ...]
    not_usable: tuple[NotUsable, ...]

    def __iter__(self) -> Iterator:
        return iter((self.usable, self.not_usable))

    @property
    def rows(self) -> tuple[RowId, ...]:
        """Data rows behind the usable ones."""
        return tuple(row for arm in self.usable for row in arm.rows)


@once
def placebo_arms(review: Review) -> PlaceboArms:
    """Placebo arms on the review's outcome and instrument, under its settings."""
    about, reference = review.about, review.records.reference_class
    settings = review.settings
    found = [
        arm_change(
            review,
            arm.study_id,
            arm.arm_id,
            about.outcome,
            about.instrument_id,
            asked=PLACEBO,
        )
        for arm in reference.rows("arms")
        if arm.role in ("placebo", "sham")
        and settings.population in ("all", reference.study(arm.study_id).population_group)
        and settings.designs in ("all", reference.study(arm.study_id).design)
    ]
    return PlaceboArms(
        tuple(arm for arm in found if isinstance(arm, SingleArmChange)),
        tuple(arm for arm in found if isinstance(arm, NotUsable)),
    )
