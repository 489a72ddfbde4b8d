"""The trial of events that would settle a question: how many people, and how likely it is to succeed."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy import special

from evidence_review.estimates.contrast import contrasts_on, evidence_pooled
from evidence_review.estimates.counts import baseline_risk, counts
from evidence_review.estimates.methods import by_method, with_common_effect
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.review.finding import Interval
from evidence_review.review.review import Review
from evidence_review.review.settings import OBSERVATIONAL
from evidence_review.stats.absolute import treated_risk
from evidence_review.stats.power import events_trial_power, events_trial_size

# Points at which power is averaged over a belief: quantiles of equal weight.
_POINTS = 400


@dataclass(frozen=True)
class EventPlan:
    """A trial of two equal groups that counts how many people have an event.

    Parameters
    ----------
    risk : float
        Without treatment, 0 to 1.
    risks : tuple of float
        The quartiles of the control groups' risks and `risk`, in order.
    important : float
        The smallest difference of risks that matters, above 0.
    better : int
        1 where more events are better, -1 where fewer are.
    drop_out : float
        Share of people of whom the trial will not know.
    """

    risk: float
    risks: tuple[float, ...]
    important: float
    better: int
    drop_out: float

    def people(self, difference: float, power: float, risk: float | None = None) -> int:
        """People to randomise over both groups to show a difference of risks above 0."""
        start = self.risk if risk is None else risk
        size = events_trial_size(start, start + self.better * difference, power)
        return ceil(2 * size / (1 - self.drop_out))


@dataclass(frozen=True)
class EventBelief:
    """What a pool leaves possible about the risk on treatment.

    Parameters
    ----------
    name : str
        'mean' (of effects that scatter), 'new trial' or 'common'.
    risks : numpy.ndarray
        On treatment, equally likely each.
    """

    name: str
    risks: np.ndarray

    def at_least(self, plan: EventPlan) -> float:
        """The chance of a benefit that matters."""
        return float(np.mean(plan.better * (self.risks - plan.risk) >= plan.important))

    def assurance(self, plan: EventPlan, people: int) -> float:
        """The chance that a trial of so many people, half a group, shows a benefit."""
        shown = [events_trial_power(plan.risk, risk, people / 2) for risk in self.risks]
        good = plan.better * (self.risks - plan.risk) > 0
        return float(np.mean(np.where(good, shown, 0.0)))


def event_plan(review: Review) -> EventPlan | None:
    """The plan that the settings describe; None of means, or where no risk, what matters or drop-out is not known.

    None also where the studies are observational: people cannot be allocated to what was studied.
    """
    found = contrasts_on(review, review.about.outcome)
    matters, drop_out = review.settings.important_difference, review.settings.drop_out
    if not found or not found[0].best.measure.is_of_risk or matters is None or drop_out is None:
        return None
    if evidence_pooled(review) == OBSERVATIONAL:
        return None
    try:
        risk = baseline_risk(review, found).risk
    except ValueError:
        return None
    better = found[0].best.measure.better
    controls = [one.risks[1] for one in counts(review, found)]
    quartiles = [float(x) for x in np.quantile(controls, [0.25, 0.75])] if controls else []
    return EventPlan(
        risk,
        tuple(sorted({x for x in (*quartiles, risk) if 0 < x < 1})),
        matters / 1000,
        1 if better == "higher" else -1,
        drop_out,
    )


def event_beliefs(review: Review, plan: EventPlan) -> list[EventBelief]:
    """What the pool leaves possible: its mean, a new trial's effect, and one common effect; [] without a pool."""
    pooled = pooled_contrast(review, review.about.outcome)
    if pooled is None:
        return []
    parts = (np.arange(_POINTS) + 0.5) / _POINTS
    one = with_common_effect(by_method(review, review.about.outcome))
    common = _normal(one.value, one.interval, parts)
    return [
        EventBelief(
            name, np.array([treated_risk(pooled.measure.name, x, plan.risk) for x in values])
        )
        for name, values in (
            ("mean", pooled.bayes.mu.quantile(parts)),
            ("new trial", pooled.bayes.theta_new.quantile(parts)),
            ("common", common),
        )
    ]


def _normal(value: float, interval: Interval, parts: np.ndarray) -> np.ndarray:
    """Quantiles of a normal belief with this interval."""
    se = (interval.high - interval.low) / 2 / special.ndtri((1 + interval.level) / 2)
    return value + se * special.ndtri(parts)
