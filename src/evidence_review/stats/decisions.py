"""Decision rules for a trial without a control group, and how often they say yes.

A rule is built once; what it does is a function of it.

Peer: RBesT's `decision1S` and `oc1S`, whose comparator is a number; here it may be a distribution,
such as the predictive distribution of the placebo response.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evidence_review.stats import mixtures
from evidence_review.stats.mixtures import NormalMixture


@dataclass(frozen=True)
class SingleArmRule:
    """Success if P(true mean change < comparator, given the observed one) is above `confidence`.

    Improvement is negative, so that lower than the comparator is better. comparator: a number, or
    the distribution of what the people would have shown without the treatment. prior: of the true
    mean change; None is flat. confidence: inside (0, 1). Raises ValueError for another confidence.
    """

    comparator: NormalMixture | float
    confidence: float
    prior: NormalMixture | None = None

    def __post_init__(self):
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1; got {self.confidence}")

    def certainty(self, mean: float, se: float) -> float:
        """P(true mean change < comparator) after an observed mean with standard error `se`."""
        return float(mixtures.difference(self._believed(mean, se), self._distribution).cdf(0.0))

    def boundary(self, se: float) -> float:
        """The observed mean below which the rule says success, at standard error `se` (above 0).

        The certainty falls as the mean rises, whatever the prior (the normal likelihood has a
        monotone ratio). Brent's method.
        """
        from scipy import optimize

        excess = lambda mean: self.certainty(mean, se) - self.confidence
        centre, reach = self._distribution.mean, 2 * np.hypot(se, self._distribution.sd)
        low, high = centre - reach, centre + reach
        while excess(low) < 0:
            low, reach = low - reach, 2 * reach
        while excess(high) > 0:
            high, reach = high + reach, 2 * reach
        return float(optimize.brentq(excess, low, high, xtol=1e-12, rtol=1e-14))

    def chance(self, truth: ArrayLike | NormalMixture, se: float) -> np.ndarray:
        """How often the rule says success when the true mean change is `truth`.

        truth: numbers of any shape, or a distribution over which the chance is averaged.
        """
        boundary = self.boundary(se)
        if isinstance(truth, NormalMixture):
            return mixtures.predictive(truth, se).cdf(boundary)
        point = NormalMixture(np.ones(1), np.zeros(1), np.array([se]))
        return point.cdf(boundary - np.asarray(truth, float))

    @property
    def _distribution(self) -> NormalMixture:
        if isinstance(self.comparator, NormalMixture):
            return self.comparator
        return NormalMixture(np.ones(1), np.array([float(self.comparator)]), np.zeros(1))

    def _believed(self, mean: float, se: float) -> NormalMixture:
        if self.prior is not None:
            return mixtures.posterior(self.prior, mean, se)
        return NormalMixture(np.ones(1), np.array([float(mean)]), np.array([float(se)]))
