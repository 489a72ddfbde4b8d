"""People with an event in both groups of compared trials, and the risk without treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from evidence_review.effect_measures import MEASURES
from evidence_review.estimates.clusters import CLUSTER
from evidence_review.estimates.contrast import Contrast, compared_trials
from evidence_review.estimates.measure import Measure, is_on_the_scale
from evidence_review.estimates.trial import CASE_CONTROL
from evidence_review.records.row_id import RowId
from evidence_review.records.row_rules import EVENTS
from evidence_review.review.finding import Interval
from evidence_review.review.review import Review
from evidence_review.stats import recover
from evidence_review.stats.absolute import treated_risk


@dataclass(frozen=True)
class Counts:
    """People with an event, and people, of the treated and the control group of one trial."""

    study_id: str
    label: str
    events1: float
    n1: float
    events2: float
    n2: float
    rows: tuple[RowId, ...]

    @property
    def risks(self) -> tuple[float, float]:
        """Shares of people with an event, treated and control."""
        return self.events1 / self.n1, self.events2 / self.n2


def counts(review: Review, contrasts: Sequence[Contrast]) -> tuple[Counts, ...]:
    """The counts behind contrasts that were made from events, in their order.

    Several treated arms of one trial count as one group.
    """
    compared = {trial.study_id: trial for trial in compared_trials(review)}
    found = []
    for item in contrasts:
        routes = [route for _, route in item.route.parts] or [item.route]
        if any(route.name != "events" for route in routes):
            continue
        _, treated, control = compared[item.study_id]
        # Of several arms those that gave an effect.
        of_arms = [_counted(review, item, arm) for arm in (*treated, control)]
        *of_treated, of_control = of_arms
        if of_control is None:
            continue
        events1, n1 = (sum(one[place] for one in of_treated if one) for place in (0, 1))
        events2, n2 = of_control
        found.append(Counts(item.study_id, item.label, events1, n1, events2, n2, item.rows))
    return tuple(found)


def of_single_people(review: Review, contrasts: Sequence[Contrast]) -> tuple[Counts, ...]:
    """The counts that methods of counts take as they are: not those of people who were randomised in groups.

    People of one group are alike: their counts look more precise than they are.
    """
    design = lambda item: review.records.study(item.study_id).design
    return counts(review, [item for item in contrasts if design(item) != CLUSTER])


def _counted(review: Review, item: Contrast, arm: str) -> tuple[float, float] | None:
    """People of an arm with the event, and people; None of an arm that is not behind the contrast."""
    n = review.records.people(item.study_id, arm, item.outcome).value
    events, percent = (
        review.records.statistic(item.study_id, arm, name, outcome=item.outcome, week=item.week)
        for name in ("n_events", "responders_percent")
    )
    if events.found:
        return (events.value, n) if events.row in item.rows else None
    if not percent.found or percent.row not in item.rows:
        return None
    of_percent = recover.events_from_percentage(percent.value, percent.decimals, int(n))
    return round((of_percent.low + of_percent.high) / 2), n


@dataclass(frozen=True)
class BaselineRisk:
    """The share of people who have the event without treatment, and where it comes from.

    Parameters
    ----------
    risk : float
        0 to 1.
    trials : int
        Whose control groups it is the median of; 0 where it was set.
    rows : tuple of RowId
    """

    risk: float
    trials: int
    rows: tuple[RowId, ...]


def baseline_risk(review: Review, contrasts: Sequence[Contrast]) -> BaselineRisk:
    """The risk without treatment: as set, else the median of the trials' control groups.

    Where that median is 0 or 1, the share in all control groups together. The groups of a case-control
    study have no risk: its authors chose how many of them have the event.

    The median of the control groups is a usual choice for GRADE's tables where nothing better is known.

    Raises
    ------
    ValueError
        If it was not set, and the control groups of no trial have people both with and without it.
    """
    if review.settings.baseline_risk is not None:
        rows = review.records.assumption_rows("baseline_risk")
        return BaselineRisk(review.settings.baseline_risk / 1000, 0, rows)
    design = lambda item: review.records.study(item.study_id).design
    in_time = [item for item in contrasts if design(item) != CASE_CONTROL]
    found = [(one.events2, one.n2, one.rows) for one in counts(review, in_time)]
    found = found or _beside_estimates(review, in_time)
    events, people = sum(one[0] for one in found), sum(one[1] for one in found)
    if not 0 < events < people:
        raise ValueError(
            "no control group has people with the event and people without: set baseline_risk"
        )
    rows = tuple(row for *_, of_one in found for row in of_one)
    risk = median(some / n for some, n, _ in found)
    return BaselineRisk(risk if 0 < risk < 1 else events / people, len(found), rows)


def _beside_estimates(
    review: Review, contrasts: Sequence[Contrast]
) -> list[tuple[float, float, tuple[RowId, ...]]]:
    """People with the event, people, and rows of the control groups that print both."""
    compared = {trial.study_id: trial for trial in compared_trials(review)}
    found = []
    for item in contrasts:
        arm = compared[item.study_id].control
        n = review.records.people(item.study_id, arm, item.outcome)
        events = review.records.statistic(
            item.study_id, arm, "n_events", outcome=item.outcome, week=item.week
        )
        of_people = events.found and events.unit != EVENTS and events.comparator == "="
        if of_people and n.found and events.value <= n.value:
            found.append((events.value, n.value, (events.row, n.row)))
    return found


@dataclass(frozen=True)
class Absolute:
    """How much higher the risk is on treatment than without, among people of a baseline risk.

    difference, interval: of risks, below 0 for fewer events.
    """

    base: BaselineRisk
    difference: float
    interval: Interval

    @classmethod
    def of(
        cls, base: BaselineRisk, measure: Measure, ends: tuple[float, float, float], level: float
    ) -> Absolute:
        """From an effect and its limits, on the scale that is pooled."""
        value, low, high = (treated_risk(measure.name, x, base.risk) - base.risk for x in ends)
        return cls(base, value, Interval(low, high, level))


def important_benefit(
    review: Review, measure: Measure, contrasts: Sequence[Contrast]
) -> float | None:
    """The smallest benefit that matters, above 0, on the scale on which an effect is pooled.

    It is given in the unit of the outcome's scale (`important_difference`): a standardised difference needs
    it in SDs (`change_sd`), and a difference on another scale has none. Of events it is given as people in
    1000, and counts from the baseline risk: None where that is not known or leaves no room for so large a
    benefit, for a measure that no risk turns into people, and where nobody said.
    """
    settings = review.settings
    size = settings.important_difference
    if size is None:
        return None
    if measure.is_standardised:
        return size / settings.change_sd if settings.change_sd else None
    if not measure.is_stated:
        scale = contrasts[0].instrument_id
        return size if is_on_the_scale(review, review.about.outcome, scale, measure.unit) else None
    try:
        risk = baseline_risk(review, contrasts).risk
    except ValueError:
        return None
    step = size / 1000 if measure.better == "higher" else -size / 1000
    other = risk + step
    if not 0 < other < 1:  # fewer than nobody, or more than all, cannot have it
        return None
    risks = MEASURES[measure.name].risks
    return None if risks is None else abs(risks.effect(other, risk))
