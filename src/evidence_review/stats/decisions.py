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

    Improvement is negative, so that lower than the comparator is better.

    Parameters
    ----------
    comparator : NormalMixture or float
        A number, or the distribution of what the people would have shown without the treatment.
    confidence : float
        Inside (0, 1).
    prior : NormalMixture, optional
        Of the true mean change; None is flat.

    Raises
    ------
    ValueError
        For another confidence.

    Examples
    --------
    >>> rule = SingleArmRule(-3.0, 0.975)
    >>> round(rule.boundary(1.5), 2)  # -3 - 1.96 x 1.5
    -5.94
    >>> round(float(rule.chance(-6.0, 1.5)), 4)
    0.516
    """

    comparator: NormalMixture | float
    confidence: float
    prior: NormalMixture | None = None

    def __post_init__(self):
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1; got {self.confidence}")

    def certainty(self, mean: float, se: float) -> float:
        """P(true mean change < comparator) after an observed mean with standard error `se`."""
        if self.prior is None:
            return float(1 - self._expected(se).cdf(mean))
        after = mixtures.posterior(self.prior, mean, se)
        return float(mixtures.difference(after, self._distribution).cdf(0.0))

    def boundary(self, se: float) -> float:
        """The observed mean below which the rule says success.

        Under a flat prior, a quantile of what the comparator expects of an observed mean. Otherwise by
        Brent's method: the certainty falls as the mean rises, because the normal likelihood has a
        monotone ratio.

        Parameters
        ----------
        se : float
            Standard error, above 0; also 0 (people without number) where the comparator is a
            distribution and the prior flat.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            For another `se`.
        """
        if self.prior is None:
            return float(self._expected(se).quantile(1 - self.confidence))
        from scipy import optimize

        excess = lambda mean: self.certainty(mean, se) - self.confidence
        centre, reach = self._distribution.mean, 2 * float(np.hypot(se, self._distribution.sd))
        low, high = centre - reach, centre + reach
        while excess(low) < 0:
            low, reach = low - reach, 2 * reach
        while excess(high) > 0:
            high, reach = high + reach, 2 * reach
        root = optimize.brentq(excess, low, high, xtol=1e-12, rtol=np.float64(1e-14))
        return float(root)  # pyright: ignore[reportArgumentType]  # a number unless full_output

    def chance(self, truth: ArrayLike | NormalMixture, se: float) -> np.ndarray:
        """How often the rule says success when the true mean change is `truth`.

        Parameters
        ----------
        truth : array_like or NormalMixture
            Numbers of any shape, or a distribution over which the chance is averaged.
        se : float
            As for `boundary`.

        Returns
        -------
        numpy.ndarray
            Of the shape of `truth`.
        """
        boundary = self.boundary(se)
        if isinstance(truth, NormalMixture):
            return mixtures.predictive(truth, se).cdf(boundary)
        away = boundary - np.asarray(truth, float)
        if se == 0:
            return np.where(away > 0, 1.0, 0.0)
        return NormalMixture(np.ones(1), np.zeros(1), np.array([se])).cdf(away)

    def _expected(self, se: float) -> NormalMixture:
        """The comparator as an observed mean would show it."""
        if not se >= 0 or (se == 0 and not isinstance(self.comparator, NormalMixture)):
            raise ValueError(f"se must be above 0 (or 0 beside a distribution); got {se}")
        return mixtures.predictive(self._distribution, se)

    @property
    def _distribution(self) -> NormalMixture:
        if isinstance(self.comparator, NormalMixture):
            return self.comparator
        return NormalMixture(np.ones(1), np.array([float(self.comparator)]), np.zeros(1))
