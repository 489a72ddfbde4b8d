"""Several treated arms of one trial against its one control arm, as one effect.

The people of the control arm are in every comparison. Taken as one effect a trial, with the covariance
that they share, they count once (Cochrane Handbook 23.3.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from evidence_review.estimates.effect import Effect, weakest
from evidence_review.review.finding import Interval, Range
from evidence_review.stats.dependent import combine_within_trials
from evidence_review.stats.multi_arm import shared_control_covariance


def combined_effects(
    of_arms: Sequence[Sequence[Effect]], sizes: Sequence[float], control_size: float
) -> tuple[Effect, ...]:
    """On each measure that all arms give, the mean of their effects that has the least variance.

    Where all people have one SD this is the effect of the treated arms taken as one group.

    Parameters
    ----------
    of_arms : sequence of sequence of Effect
        What each treated arm gives against the control arm; effects with a value.
    sizes : sequence of float
        People in each treated arm.
    control_size : float
        People in the control arm.
    """
    found = []
    for first in of_arms[0]:
        alike = [_on_same(first, effects) for effects in of_arms]
        effects = [effect for effect in alike if effect is not None and effect.value is not None]
        if len(effects) == len(of_arms):
            found.append(_combined(effects, sizes, control_size))
    return tuple(found)


def _on_same(first: Effect, effects: Sequence[Effect]) -> Effect | None:
    return next((effect for effect in effects if effect.measure == first.measure), None)


def _combined(effects: Sequence[Effect], sizes: Sequence[float], control_size: float) -> Effect:
    variances = [effect.variance for effect in effects]
    covariance = _covariance(effects, sizes, control_size)
    one_trial = [0] * len(effects)
    mean = lambda values: float(combine_within_trials(values, covariance, one_trial)[0][0])
    variance = float(combine_within_trials(variances, covariance, one_trial)[1][0])
    value = mean([effect.value for effect in effects])
    # No interval has fewer degrees of freedom than its widest part.
    first = effects[0]
    half = sqrt(variance) * max(
        (effect.interval.high - effect.interval.low) / 2 / sqrt(effect.variance)
        for effect in effects
    )
    return Effect(
        first.measure,
        value,
        variance,
        Interval(value - half, value + half, first.interval.level),
        basis=weakest(effect.basis for effect in effects),
        rounding=_rounding(effects, mean),
    )


def _covariance(
    effects: Sequence[Effect], sizes: Sequence[float], control_size: float
) -> np.ndarray:
    """The covariance of effects that share a control arm: exact of counts, else from the sizes.

    The counts of the control arm differ between effects where 1/2 was added to those of one: the
    smallest part is in all of them.
    """
    variances = [effect.variance for effect in effects]
    parts = [effect.of_control for effect in effects if effect.of_control is not None]
    if len(parts) < len(effects):
        return shared_control_covariance(variances, sizes, control_size)
    return min(parts) + np.diag(np.array(variances) - min(parts))


def _rounding(effects: Sequence[Effect], mean) -> Range | None:
    """What the combined value could be: each effect moved to the end that moves it most."""
    spans = [effect.rounding for effect in effects]
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return None
    weights = [mean(row) for row in np.eye(len(effects))]
    ends = [sorted((w * s.low, w * s.high)) for w, s in zip(weights, known, strict=True)]
    return Range(sum(low for low, _ in ends), sum(high for _, high in ends))
