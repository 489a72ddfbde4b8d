"""The effect against placebo under sets of choices: the quantities of one point, and the result of all.

A point has the findings of the report's page on the effect against placebo under one set of
parameters. Choices of what is asked and of how it is computed are kept apart (see `sensitivity`).
Peers: specification curves (Simonsohn, Simmons & Nelson 2020, Nat Hum Behav 4:1208); R's specr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import pandas as pd

from evidence_review.estimates.measure import Measure
from evidence_review.placebo import response as placebo
from evidence_review.placebo.against import against_chosen
from evidence_review.placebo.bias import appraised_change
from evidence_review.review.review import Review
from evidence_review.stats.variance_shares import VarianceShares, variance_shares
from evidence_review.sweep.choices import ESTIMANDS, NOT_USED, POOLED_EFFECT


def _quantity(label: str):
    return field(metadata={"label": label})


@dataclass(frozen=True)
class Quantities:
    """The results of one set of parameters, in the unit and direction of the scale, or per cent.

    Intervals have the level of the settings. Quantities of an uncontrolled trial are nan in a review
    without one.
    """

    placebo_arms: float = _quantity("placebo arms or trials")
    placebo_mean: float = _quantity("mean change on placebo")
    placebo_mean_low: float = _quantity("mean change on placebo, lower limit")
    placebo_mean_high: float = _quantity("mean change on placebo, upper limit")
    tau: float = _quantity("spread between trials (tau)")
    new_trial_low: float = _quantity("a new trial's placebo arm, lower limit")
    new_trial_high: float = _quantity("a new trial's placebo arm, upper limit")
    change: float = _quantity("change compared with placebo")
    placebo_as_good: float = _quantity("placebo arms as good or better, %")
    beyond_placebo: float = _quantity("change beyond placebo")
    beyond_placebo_low: float = _quantity("change beyond placebo, lower limit")
    beyond_placebo_high: float = _quantity("change beyond placebo, upper limit")


def quantities(review: Review) -> Quantities:
    """The placebo response under the review's settings, and the uncontrolled change compared with it.

    Raises ValueError if the settings leave fewer than two placebo arms.
    """
    chosen = placebo.benchmark(review)
    half = chosen.quantile((1 + review.settings.level) / 2) * chosen.predictive_scale()
    held = {name: np.nan for name in NEEDS_A_CHANGE}
    appraised, result = appraised_change(review), against_chosen(review)
    if appraised is not None and result is not None:
        values = appraised.change.mean, 100 * result.as_good, result.beyond, result.low, result.high
        held = dict(zip(NEEDS_A_CHANGE, values, strict=True))
    return Quantities(
        placebo_arms=float(chosen.k),
        placebo_mean=float(chosen.mean),
        placebo_mean_low=float(chosen.low),
        placebo_mean_high=float(chosen.high),
        tau=float(chosen.tau),
        new_trial_low=chosen.mean - half,
        new_trial_high=chosen.mean + half,
        **held,
    )


NEEDS_A_CHANGE = (
    "change",
    "placebo_as_good",
    "beyond_placebo",
    "beyond_placebo_low",
    "beyond_placebo_high",
)
QUANTITY_LABELS = {entry.name: entry.metadata["label"] for entry in fields(Quantities)}


@dataclass(frozen=True)
class SweepResult:
    """Every point of a sweep, or those that can be compared with each other.

    about: one of `choices.ABOUT`. points: a row for each, with the columns `point` (its number in the file,
    from 1), the varying parameters, every quantity (pooled effects on the pooled scale), `ok`, `message`
    (why there is no result) and `is_default`. swept: the varying parameters. is_grid: whether the points are
    all combinations, not a list. defaults: the review and its own value of every parameter. default: the
    quantities under these (None without a result). measure: that of the changes or pooled effects.
    """

    about: str
    points: pd.DataFrame
    swept: tuple[str, ...]
    is_grid: bool
    defaults: Mapping[str, float | str | None]
    default: Mapping[str, float] | None
    measure: Measure
    _shares: dict[str, VarianceShares | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def done(self) -> pd.DataFrame:
        """The points with a result."""
        return self.points if self.points.ok.all() else self.points.loc[self.points.ok]

    @property
    def answer(self) -> str:
        """The main quantity of the page.

        The pooled effect; or the share of placebo arms that do as well as an uncontrolled change; or, without
        one, the mean change on placebo.
        """
        if self.about == POOLED_EFFECT:
            return "effect"
        has_change = self.done.placebo_as_good.notna().any()
        return "placebo_as_good" if has_change else "placebo_mean"

    @property
    def order(self) -> np.ndarray:
        """The places of the points with a result, sorted by answer; the best pooled effect comes first."""
        answers = self.done[self.answer].to_numpy(float)
        turned = self.about == POOLED_EFFECT and self.measure.better == "higher"
        return np.argsort(-answers if turned else answers, kind="stable")

    @property
    def asked(self) -> tuple[str, ...]:
        """The varying parameters that change what is asked."""
        return tuple(name for name in self.swept if name in ESTIMANDS)

    @property
    def computed(self) -> tuple[str, ...]:
        """The varying parameters that change how it is computed."""
        return tuple(name for name in self.swept if name not in ESTIMANDS)

    def shares(self, quantity: str) -> VarianceShares | None:
        """Variance shares of one quantity, in the order of `swept`; None for a list of points.

        For a rule that some methods of pooling do not use, the share comes from the pools that use it.
        """
        if quantity not in self._shares:
            done = self.done.dropna(subset=quantity)
            found = None
            if self.is_grid and self.swept and not done.empty:
                found = self._shares_of(done, quantity)
                alone = found.alone.copy()
                for place, name in enumerate(self.swept):
                    used = done.loc[done[name] != NOT_USED]
                    if len(used) < len(done) and not np.isnan(alone).any():
                        within = self._shares_of(used, quantity).alone[place]
                        part = len(used) * used[quantity].var(ddof=0)
                        whole = len(done) * done[quantity].var(ddof=0)
                        alone[place] = np.nan_to_num(within) * part / whole
                found = replace(found, alone=alone)
            self._shares[quantity] = found
        return self._shares[quantity]

    def _shares_of(self, done: pd.DataFrame, quantity: str) -> VarianceShares:
        codes = np.column_stack([pd.factorize(done[name])[0] for name in self.swept])
        return variance_shares(codes, done[quantity])

    @property
    def moves_most(self) -> tuple[str, float] | None:
        """The parameter that moves the answer most, and the share of the variance that it moves alone."""
        found = self.shares(self.answer)
        if found is None or np.isnan(found.alone).any():
            return None
        largest = int(np.argmax(found.alone))
        return self.swept[largest], float(found.alone[largest])
