"""The mean change in one arm: from what its paper prints, by the first route that serves.

A change is end minus baseline in the direction of its scale: a sign is turned here, once, where a
source prints a reduction or an improvement as a positive number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import sqrt

from evidence_review.estimates.effect import NotUsable, weakest
from evidence_review.estimates.measure import Better, Measure, better, scale
from evidence_review.records import Records, Reported
from evidence_review.records.row_id import RowId
from evidence_review.review.review import Review, once, once_for_records
from evidence_review.stats import recover

# Why an arm or a trial gives no effect.
NO_CHANGE = "no change printed"
MEDIANS = "medians, not means"
NO_N = "number of people not printed"
NO_SPREAD = "no SE or SD printed"
NO_SPREAD_NO_N = "no SE, SD or number of people printed"
ONLY_BOUNDS = "what it needs is printed as a bound only"
TOO_FEW = "fewer than two people"
NO_WIDTH = "its spread is printed as 0, or both limits of its interval are alike"


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

    @property
    def unit(self) -> str:
        return self.measure.unit

    @property
    def sd(self) -> float:
        """SD of one person's change."""
        return self.se * sqrt(self.n)

    @property
    def df(self) -> float:
        """Degrees of freedom of the t-test of one arm."""
        return self.n - 1


@dataclass(frozen=True)
class Refused:
    """Why a route does not serve: '' where what it needs is not printed at all."""

    reason: str = ""


@dataclass(frozen=True)
class StandardError:
    """A standard error, the figures that it was worked out from, and what had to be assumed."""

    value: float
    used: tuple[Reported, ...]
    assumed: float | None = None


@dataclass(frozen=True)
class ArmFigures:
    """What one arm prints at one week, and what may be assumed of it."""

    get: Callable[[str, float], Reported]
    week: float
    change: float
    people: Reported
    pre_post_r: float | None
    change_sd: float | None

    def exact(self, *names: str | tuple[str, float]) -> list[Reported] | Refused:
        """The figures of these names (at the week, or at another), and the people of the arm.

        Refused where one is not printed, or as a bound only: a bound is not a value.
        """
        found = [
            self.get(*name) if isinstance(name, tuple) else self.get(name, self.week)
            for name in names
        ]
        if not all(entry.found for entry in (*found, self.people)):
            return Refused()
        if any(entry.comparator != "=" for entry in (*found, self.people)):
            return Refused(ONLY_BOUNDS)
        if self.people.value < 2:
            return Refused(TOO_FEW)
        return [*found, self.people]


def _above_0(value: float, used: list[Reported], assumed: float | None = None):
    return StandardError(value, tuple(used), assumed) if value > 0 else Refused(NO_WIDTH)


def _printed_se(arm: ArmFigures) -> StandardError | Refused:
    se = arm.get("change_se", arm.week)
    if not se.found:
        return Refused()
    return _above_0(se.value, [se]) if se.comparator == "=" else Refused(ONLY_BOUNDS)


def _printed_sd(arm: ArmFigures) -> StandardError | Refused:
    found = arm.exact("change_sd")
    if isinstance(found, Refused):
        return found
    sd, people = found
    return _above_0(sd.value / sqrt(people.value), found)


def _interval(arm: ArmFigures) -> StandardError | Refused:
    found = arm.exact("change_ci_low", "change_ci_high")
    if isinstance(found, Refused):
        return found
    low, high, people = found
    recovered = recover.se_from_ci(low.value, high.value, df=people.value - 1)
    return _above_0(float(recovered.value), found) if recovered.usable else Refused(NO_WIDTH)


def _printed_p(arm: ArmFigures) -> StandardError | Refused:
    """From the P of the change against baseline, taken as that of a paired t-test."""
    found = arm.exact("p_change")
    if isinstance(found, Refused):
        return found
    p, people = found
    low, _ = recover.rounding_interval(p.value, p.decimals)
    if low <= 0 or p.value >= 1 or arm.change == 0:  # prints like a bound: P = 0.000
        return Refused(ONLY_BOUNDS)
    error = float(recover.se_from_p(arm.change, p.value, df=people.value - 1))
    return _above_0(error, found)


def _two_sds(arm: ArmFigures) -> StandardError | Refused:
    found = arm.exact(("sd", 0), "sd")
    if isinstance(found, Refused) or arm.pre_post_r is None:
        return found if isinstance(found, Refused) else Refused()
    start, end, people = found
    sd = float(recover.sd_of_change(start.value, end.value, arm.pre_post_r))
    return _above_0(sd / sqrt(people.value), found, arm.pre_post_r)


def _assumed_sd(arm: ArmFigures) -> StandardError | Refused:
    found = arm.exact()
    if isinstance(found, Refused) or arm.change_sd is None:
        return found if isinstance(found, Refused) else Refused()
    return _above_0(arm.change_sd / sqrt(arm.people.value), found, arm.change_sd)


# Routes to the standard error of a mean change, in the order in which they are tried.
ROUTES: dict[str, Callable[[ArmFigures], StandardError | Refused]] = {
    "SE": _printed_se,
    "SD": _printed_sd,
    "interval": _interval,
    "P": _printed_p,
    "two SDs": _two_sds,
    "assumed SD": _assumed_sd,
}


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


def arm_change(
    records: Records,
    study_id: str,
    arm_id: str,
    outcome: str,
    *,
    instrument_id: str | None = None,
    pre_post_r: float | None,
    change_sd: float | None = None,
) -> SingleArmChange | NotUsable:
    """The mean change of an arm at the last week that prints one.

    The mean: a printed mean change, else end minus baseline mean. Its standard error: by the first
    of `ROUTES` that serves. None for `pre_post_r` or `change_sd` rules the assumption out. Anything
    less is NotUsable, with the reason.
    """
    label = records.study(study_id).label
    where = {"outcome": outcome} | ({"instrument_id": instrument_id} if instrument_id else {})

    def get(statistic: str, week: float) -> Reported:
        return records.statistic(study_id, arm_id, statistic, week=week, **where)

    def refused(reason: str, rows) -> NotUsable:
        return NotUsable(study_id, arm_id, label, reason, tuple(rows))

    relevant = [
        row
        for row in records.arm_rows(study_id, arm_id, **where)
        if row.statistic in ("change_mean", "mean", "median")
        and row.value == row.value
        and row.week > 0
    ]
    if not relevant:
        asked = records.arm_rows(study_id, arm_id, statistic="change_mean", **where)
        return refused(NO_CHANGE, (row.row for row in asked))
    week = float(max(row.week for row in relevant))
    change, end, start = get("change_mean", week), get("mean", week), get("mean", 0)
    if change.found:
        used, bases = [change], [change.basis]
    elif end.found and start.found:
        used, bases = [start, end], ["derived"]
    else:
        medians = any(row.statistic == "median" for row in relevant)
        return refused(MEDIANS if medians else NO_CHANGE, (row.row for row in relevant))
    instrument = used[-1].instrument_id
    mean = (
        directed(change.value, change.sign_convention, better(records, instrument))
        if change.found
        else end.value - start.value
    )
    if any(entry.comparator != "=" for entry in used):
        return refused(ONLY_BOUNDS, (entry.row for entry in used))
    people = records.people(study_id, arm_id)
    arm = ArmFigures(get, week, float(mean), people, pre_post_r, change_sd)
    tried = {name: route(arm) for name, route in ROUTES.items()}
    route, error = next(
        ((name, found) for name, found in tried.items() if isinstance(found, StandardError)),
        ("", None),
    )
    if error is None:
        reasons = [found.reason for found in tried.values() if isinstance(found, Refused)]
        has_sd = get("change_sd", week).found or (get("sd", 0).found and get("sd", week).found)
        lacking = NO_SPREAD if people.found else NO_SPREAD_NO_N
        reason = next(filter(None, reasons), NO_N if has_sd else lacking)
        return refused(reason, (entry.row for entry in used))
    assumed = [] if error.assumed is None else ["assumed"]
    return SingleArmChange(
        study_id=study_id,
        arm_id=arm_id,
        label=label,
        outcome=outcome,
        instrument_id=instrument,
        week=week,
        n=people.value,
        mean=float(mean),
        se=float(error.value),
        measure=scale(records, instrument, "MC"),
        route=route,
        assumed=error.assumed,
        basis=weakest([*bases, *assumed, *(entry.basis for entry in error.used)]),
        rows=(*(entry.row for entry in used), *(entry.row for entry in error.used)),
    )


@once_for_records
def change_under(
    review: Review,
    study_id: str,
    arm_id: str,
    outcome: str,
    instrument_id: str | None,
    pre_post_r: float | None,
    change_sd: float | None,
) -> SingleArmChange | NotUsable:
    """`arm_change` of an arm of the review's own studies, kept for all settings."""
    return arm_change(
        review.records,
        study_id,
        arm_id,
        outcome,
        instrument_id=instrument_id,
        pre_post_r=pre_post_r,
        change_sd=change_sd,
    )


@once
def main_change(review: Review) -> SingleArmChange | NotUsable | None:
    """The uncontrolled change on the review's own outcome and instrument; None without such a study."""
    about = review.about
    if not about.single_arm_study:
        return None
    return change_under(
        review,
        about.single_arm_study,
        about.single_arm,
        about.outcome,
        about.instrument_id,
        review.settings.pre_post_r,
        None,
    )


@once
def single_arm_changes(review: Review) -> tuple[SingleArmChange, ...]:
    """Every outcome of the review's uncontrolled study whose mean change is printed."""
    about = review.about
    if not about.single_arm_study:
        return ()
    rows = review.records.arm_rows(
        about.single_arm_study, about.single_arm, statistic="change_mean"
    )
    outcomes = dict.fromkeys(row.outcome for row in rows if row.value == row.value)
    changes = (
        change_under(
            review,
            about.single_arm_study,
            about.single_arm,
            outcome,
            None,
            review.settings.pre_post_r,
            None,
        )
        for outcome in outcomes
    )
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
    assume = review.settings.missing_se == "assume"
    found = [
        change
        for study, change in _every_placebo_arm(
            review,
            review.settings.pre_post_r if assume else None,
            review.settings.change_sd if assume else None,
        )
        if review.settings.population in ("all", study.population_group)
        and review.settings.designs in ("all", study.design)
    ]
    return PlaceboArms(
        tuple(arm for arm in found if isinstance(arm, SingleArmChange)),
        tuple(arm for arm in found if isinstance(arm, NotUsable)),
    )


def _every_placebo_arm(
    review: Review, pre_post_r: float | None, change_sd: float | None
) -> list[tuple]:
    """Each placebo arm of the reference class with its study."""
    if change_sd is None:
        return _placebo_arms_under(review, pre_post_r, None)
    # Only arms that print no spread of their own depend on the assumed SD.
    return [
        (study, replace(change, se=change_sd / sqrt(change.n), assumed=change_sd))
        if isinstance(change, SingleArmChange) and change.route == "assumed SD"
        else (study, change)
        for study, change in _placebo_arms_under(review, pre_post_r, 1.0)
    ]


@once_for_records
def _placebo_arms_under(
    review: Review, pre_post_r: float | None, change_sd: float | None
) -> list[tuple]:
    reference = review.records.reference_class
    return [
        (
            reference.study(arm.study_id),
            arm_change(
                reference,
                arm.study_id,
                arm.arm_id,
                review.about.outcome,
                instrument_id=review.about.instrument_id,
                pre_post_r=pre_post_r,
                change_sd=change_sd,
            ),
        )
        for arm in reference.rows("arms")
        if arm.role in ("placebo", "sham")
    ]
