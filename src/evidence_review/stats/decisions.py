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

    Where higher is better (`lower_tail` false), if P(true mean change > comparator) is.

    Parameters
    ----------
    comparator : NormalMixture or float
        A number, or the distribution of what the people would have shown without the treatment.
    confidence : float
        Inside (0, 1).
    prior : NormalMixture, optional
        Of the true mean change; None is flat.
    lower_tail : bool
        Whether a mean below the comparator is a success.

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
    lower_tail: bool = True

    def __post_init__(self):
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1; got {self.confidence}")

    def certainty(self, mean: float, se: float) -> float:
        """P(true mean change is on the better side of the comparator) after an observed mean.

        se: standard error of the observed mean.
        """
        if self.prior is None:
            below = float(1 - self._expected(se).cdf(mean))
        else:
            after = mixtures.posterior(self.prior, mean, se)
            below = float(mixtures.difference(after, self._distribution).cdf(0.0))
        return below if self.lower_tail else 1 - below

    def boundary(self, se: float) -> float:
        """The observed mean beyond which the rule says success.

        Under a flat prior, a quantile of what the comparator expects of an observed mean. Otherwise by
        Brent's method: the certainty moves one way as the mean rises, because the normal likelihood
        has a monotone ratio.

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
            tail = 1 - self.confidence if self.lower_tail else self.confidence
            return float(self._expected(se).quantile(tail))
        from scipy import optimize

        towards = 1 if self.lower_tail else -1
        excess = lambda mean: towards * (self.certainty(mean, se) - self.confidence)
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
            below = mixtures.predictive(truth, se).cdf(boundary)
            return below if self.lower_tail else 1 - below
        away = boundary - np.asarray(truth, float)
        away = away if self.lower_tail else -away
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
