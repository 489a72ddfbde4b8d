"""The trial that would settle the question: how many people, and what no uncontrolled trial can show.

A planned parallel trial against placebo, analysed by the t-test of mean changes. Its power, averaged
over a belief about the effect, is the assurance of O'Hagan, Stevens & Campbell 2005, Pharm Stat 4:187.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.effect_measures import OF_EVENTS
from evidence_review.estimates.change import SingleArmChange, main_change
from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.measure import Measure, scale
from evidence_review.estimates.pool import summary_contrast
from evidence_review.placebo import response as placebo
from evidence_review.review.finding import RARELY
from evidence_review.review.review import Review, once
from evidence_review.stats.decisions import SingleArmRule
from evidence_review.stats.mixtures import NormalMixture
from evidence_review.stats.power import t_test_power

# Two changes of a score that scatters about a stable level share its middle value, with opposite
# signs: cov(S1 - S0, S2 - S1) = -var(S1 - S0) / 2 when all three scores are equally correlated.
_SUCCESSIVE = -0.5


@dataclass(frozen=True)
class TrialPlan:
    """A randomised trial of one or more active arms that share a placebo arm.

    Benefits are above 0, whichever end of the scale is better. sd: of one person's change, in the
    unit of the scale. drop_out: share of the randomised lost before the end.
    run_in: share turned away by a placebo run-in because they improved most in it. active_arms:
    comparisons with placebo; alpha (two-sided) is divided by their number (Bonferroni), and the
    placebo arm is sqrt(active_arms) times as large as each of them (Dunnett 1955).
    """

    sd: float
    drop_out: float = 0.0
    run_in: float = 0.0
    active_arms: int = 1
    alpha: float = 0.05

    @property
    def sd_after_run_in(self) -> float:
        """SD of the change in those who stay: the run-in cuts one tail of an earlier change."""
        if self.run_in == 0:
            return self.sd
        from scipy import stats

        kept = stats.truncnorm(special.ndtri(self.run_in), np.inf).var()
        return self.sd * sqrt(1 - _SUCCESSIVE**2 * (1 - kept))

    def power(self, n: ArrayLike, benefit: ArrayLike) -> np.ndarray:
        """Chance that an active arm of n analysed people is found better than placebo.

        benefit: the true one; n and benefit broadcast.
        """
        n, benefit = np.broadcast_arrays(np.asarray(n, float), np.asarray(benefit, float))
        return self._power(n, benefit, np.zeros(n.shape))

    def assurance(self, n: float, belief: NormalMixture) -> float:
        """The power at n people an active arm, averaged over a belief about the true benefit."""
        people = np.full(belief.means.shape, float(n))
        return float(belief.weights @ self._power(people, belief.means, belief.sds))

    def _power(self, n: np.ndarray, benefit: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Power at benefits that are normal with SD `spread`; arrays of one shape."""
        ratio = sqrt(self.active_arms)
        per_person = np.sqrt(1 + 1 / ratio) * self.sd_after_run_in
        out = np.empty(n.shape)
        for people in np.unique(n):
            at, error = n == people, per_person / sqrt(people)
            out[at] = t_test_power(
                benefit[at] / error,
                people * (1 + ratio) - 2,
                self.alpha / self.active_arms / 2,
                spread=spread[at] / error,
            )
        return out

    def chance_to_exclude(self, n: ArrayLike, benefit: ArrayLike, excluded: float) -> np.ndarray:
        """Chance that the interval excludes a benefit of `excluded`.

        benefit: the true one. The same test from the other side: where it is 0, it takes as many
        people to exclude a benefit as to show one of that size.
        """
        return self.power(n, excluded - np.asarray(benefit, float))

    def analysed_for(self, benefit: float, power: float) -> int:
        """Least number of analysed people in an active arm for this power at a true benefit.

        Raises ValueError unless the benefit is above 0 and power inside (0, 1).
        """
        if not benefit > 0 or not 0 < power < 1:
            raise ValueError(
                f"benefit must be above 0 and power between 0 and 1; got {benefit} and {power}"
            )
        enough = lambda n: float(self.power(n, benefit)) >= power
        high = 2
        while not enough(high):
            high *= 2
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        return high

    def randomised_for(self, benefit: float, power: float) -> int:
        """People to randomise over all arms, drop-out allowed for."""
        analysed = self.analysed_for(benefit, power)
        placebo = ceil(analysed * sqrt(self.active_arms))
        return ceil((self.active_arms * analysed + placebo) / (1 - self.drop_out))

    def screened_for(self, benefit: float, power: float) -> int:
        """People who must enter the run-in for as many to be randomised."""
        return ceil(self.randomised_for(benefit, power) / (1 - self.run_in))


def improvement_after_run_in(sd: float, run_in: float) -> float:
    """Mean improvement, untreated, of those whom a run-in keeps: regression to the mean.

    sd: of one person's change. Keeping those who improved least keeps those caught at a bad
    moment, who improve afterwards: the run-in does not remove the placebo response.
    """
    if run_in == 0:
        return 0.0
    from scipy import stats

    return -_SUCCESSIVE * sd * float(stats.truncnorm(special.ndtri(run_in), np.inf).mean())


def uncontrolled_rule(response: NormalMixture, measure: Measure) -> SingleArmRule:
    """What an uncontrolled trial would have to pass: placebo rarely (`RARELY`) does as well."""
    return SingleArmRule(response, 1 - RARELY, lower_tail=measure.better == "lower")


def uncontrolled_chance(
    response: NormalMixture, measure: Measure, benefit: float, sd: float, n: ArrayLike
) -> np.ndarray:
    """Chance that an uncontrolled trial of n people passes, if the treatment adds `benefit`.

    Averaged over the placebo response (`response`, in the direction of `measure`) that its people
    happen to have. n may be infinite.
    """
    rule = uncontrolled_rule(response, measure)
    truth = replace(response, means=response.means + measure.worth(benefit))
    errors = sd / np.sqrt(np.asarray(n, float))
    return np.array([rule.chance(truth, error) for error in errors.ravel()])


def belief_from_contrast(contrast: Contrast, sd: float) -> NormalMixture:
    """The benefit if a contrast is right, as a normal belief: in its unit, or SDs times `sd`.

    Centred on the middle of what its figures allow; its interval is taken as the central part.
    """
    effect = contrast.best
    unit = sd if effect.measure.is_standardised else 1.0
    centre = (effect.range.low + effect.range.high) / 2
    half = (effect.interval.high - effect.interval.low) / 2
    spread = half / special.ndtri((1 + effect.interval.level) / 2)
    return NormalMixture(
        np.ones(1), np.array([unit * effect.measure.benefit(centre)]), np.array([unit * spread])
    )


@dataclass(frozen=True)
class Planned:
    """The plan that the settings describe, and what its trial measures.

    matters: the smallest benefit that does, above 0, in the unit of the measure.
    """

    plan: TrialPlan
    measure: Measure
    matters: float


@once
def planned(review: Review) -> Planned | None:
    """The trial of means that the settings describe.

    None of events, and where the scale, its better end, the SD of people, what matters, drop-out or run-in is
    not known.
    """
    settings, instrument = review.settings, review.about.instrument_id
    is_of_events = review.about.measure in OF_EVENTS
    if is_of_events or not instrument or settings.change_sd is None:
        return None
    measure = scale(review.records, instrument, "MC")
    if measure.better is None or settings.important_difference is None:
        return None
    if settings.drop_out is None or settings.run_in is None:
        return None
    plan = TrialPlan(settings.change_sd, settings.drop_out, settings.run_in)
    return Planned(plan, measure, settings.important_difference)


# Kinds of plans, as they are compared.
AS_PLANNED = "as planned"
TWICE_AS_LONG = "twice as long"
RUN_IN = "run-in"
MORE_ARMS = "more active arms"

# The largest share of people that a plan may lose.
_MOST_DROP_OUT = 0.9


@dataclass(frozen=True)
class PlanChoice:
    """Another plan than the one that the settings describe.

    Parameters
    ----------
    kind : str
        One of the kinds above.
    of : float
        The share that a run-in turns away, or the number of active arms; else 0.
    plan : TrialPlan
        It.
    """

    kind: str
    of: float
    plan: TrialPlan


def plan_choices(plan: TrialPlan) -> list[PlanChoice]:
    """A plan, the same for twice as long (and twice the drop-out), with a run-in, with more arms."""
    longer = replace(plan, drop_out=min(2 * plan.drop_out, _MOST_DROP_OUT))
    return [
        PlanChoice(AS_PLANNED, 0, plan),
        PlanChoice(TWICE_AS_LONG, 0, longer),
        *(PlanChoice(RUN_IN, part, replace(plan, run_in=part)) for part in (0.2, 0.4)),
        *(PlanChoice(MORE_ARMS, count, replace(plan, active_arms=count)) for count in (2, 3)),
    ]


@dataclass(frozen=True)
class PeopleNeeded:
    """People to randomise to show, or to exclude, one benefit.

    Parameters
    ----------
    benefit : float
        Above 0, in the unit of the scale.
    sd : float
        Of one person's change.
    by_power : dict of float to int
        People over both arms, by the chance to show it.
    """

    benefit: float
    sd: float
    by_power: dict[float, int]


def people_needed(review: Review, trial: Planned) -> list[PeopleNeeded]:
    """People to randomise for several benefits, at the assumed SD of a change and at its limits."""
    plan, matters = trial.plan, trial.matters
    sds = sorted({*review.bounds("change_sd"), plan.sd})
    return [
        PeopleNeeded(
            part * matters,
            sd,
            {
                power: replace(plan, sd=sd).randomised_for(part * matters, power)
                for power in (0.8, 0.9)
            },
        )
        for part in (1, 1.5, 2, 3)
        for sd in sds
    ]


@dataclass(frozen=True)
class Belief:
    """What one trial, or a pool of trials, leaves possible about the true benefit.

    Parameters
    ----------
    source : SingleArmChange or Contrast
        An uncontrolled change, less what placebo may have done; or a difference from placebo.
    benefit : NormalMixture
        Above 0 is better, whichever end of the scale is.
    """

    source: SingleArmChange | Contrast
    benefit: NormalMixture


def beliefs(review: Review) -> list[Belief]:
    """What the uncontrolled change, compared with placebo arms, leaves possible, and what the randomised trials leave.

    A trial whose figures allow any effect from some size on leaves no belief with a middle, so none is given.
    """
    change = main_change(review)
    contrast = summary_contrast(review, review.about.outcome)
    found = []
    if isinstance(change, SingleArmChange) and placebo.has_placebo_arms(review):
        beyond = placebo.beyond_placebo(change, placebo.main_prior(review))
        benefits = np.array([change.measure.benefit(mean) for mean in beyond.means])
        found.append(Belief(change, replace(beyond, means=benefits)))
    if contrast is not None and isfinite(contrast.best.range.low + contrast.best.range.high):
        found.append(Belief(contrast, belief_from_contrast(contrast, review.settings.change_sd)))
    return found
