"""A mixture of normal distributions as a value, and the verbs that turn mixtures into mixtures.

A prior for a mean, as the meta-analytic-predictive (MAP) prior is one: what it says of new data
(`predictive`), what data make of it (`posterior`), how to leave room for surprise (`robustify`),
how many people it is worth (`effective_sample_size`), whether data contradict it (`conflict`).

Peer: RBesT's `mixnorm` with `dmix`, `pmix`, `qmix`, `postmix`, `preddist`, `robustify`,
`pmixdiff`, `ess` and `automixfit`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

# Points that stand for a mixture in integrals over it, and in fits to it.
_POINTS = 600


@dataclass(frozen=True)
class NormalMixture:
    """A mixture of normal distributions.

    Parameters
    ----------
    weights, means, sds : numpy.ndarray
        Shape (n,); weights add to 1.

    Examples
    --------
    >>> mixture = NormalMixture(np.array([0.5, 0.5]), np.array([-1.0, 1.0]), np.ones(2))
    >>> mixture.mean, round(mixture.sd, 4), float(mixture.cdf(0.0))
    (0.0, 1.4142, 0.5)
    """

    weights: np.ndarray
    means: np.ndarray
    sds: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.weights @ self.means)

    @property
    def sd(self) -> float:
        centred = self.means - self.mean
        return float(np.sqrt(self.weights @ (self.sds**2 + centred**2)))

    def pdf(self, x: ArrayLike) -> np.ndarray:
        """Density at x (any shape)."""
        z = (np.asarray(x, float)[..., None] - self.means) / self.sds
        return np.exp(-0.5 * z**2) @ (self.weights / self.sds) / np.sqrt(2 * np.pi)

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """Probability of at most x (any shape)."""
        return ndtr((np.asarray(x, float)[..., None] - self.means) / self.sds) @ self.weights

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """The value with that probability below it; probabilities strictly inside (0, 1).

        Nine standard deviations of every component bracket all that double precision can tell.
        """
        p = np.asarray(probability, float)
        if np.any(~((p > 0) & (p < 1))):
            raise ValueError(f"probability must lie between 0 and 1; got {probability}")
        centre, spread = self.weights @ self.means, self.sds.min()
        low = np.full(p.shape, (self.means - 9 * self.sds).min())
        high = np.full(p.shape, (self.means + 9 * self.sds).max())
        return find_quantile(p, self.cdf, self.pdf, low, high, np.full(p.shape, centre), spread)

    def information(self, x: ArrayLike) -> np.ndarray:
        """Minus the second derivative of the log density at x (any shape)."""
        z = (np.asarray(x, float)[..., None] - self.means) / self.sds
        share = _shares(self.weights, self.sds, z)
        slope = (share * -z / self.sds).sum(-1)
        return slope**2 - (share * (z**2 - 1) / self.sds**2).sum(-1)


@dataclass(frozen=True)
class EffectiveSampleSize:
    """What a prior is worth in people, by three definitions that differ: never one alone.

    Parameters
    ----------
    elir : float
        Expected local information ratio (Neuenschwander et al. 2020, eq. 5), the one for which n new
        people add n on average.
    moment : float
        By a normal prior of the same variance.
    morita : float
        By the curvature at the mode (Morita et al. 2008, in the form of Neuenschwander et al. 2020,
        eq. 9).
    """

    elir: float
    moment: float
    morita: float


def posterior(prior: NormalMixture, mean: float, se: float) -> NormalMixture:
    """The prior updated by an observed mean with standard error `se` (above 0).

    Raises ValueError for another `se`.

    Examples
    --------
    >>> prior = NormalMixture(np.ones(1), np.zeros(1), np.ones(1))
    >>> posterior(prior, 2.0, 1.0).means.tolist()
    [1.0]
    """
    _above_zero("se", se)
    total = prior.sds**2 + se**2
    return NormalMixture(
        _shares(prior.weights, np.sqrt(total), (mean - prior.means) / np.sqrt(total)),
        (prior.means * se**2 + mean * prior.sds**2) / total,
        prior.sds * se / np.sqrt(total),
    )


def predictive(prior: NormalMixture, se: float) -> NormalMixture:
    """What the prior expects of an observed mean with standard error `se` (0: of the true mean).

    Raises ValueError for a negative `se`.

    Examples
    --------
    >>> prior = NormalMixture(np.ones(1), np.zeros(1), np.array([3.0]))
    >>> predictive(prior, 4.0).sds.tolist()
    [5.0]
    """
    if not se >= 0:
        raise ValueError(f"se must not be negative; got {se}")
    return NormalMixture(prior.weights, prior.means, np.hypot(prior.sds, se))


def robustify(prior: NormalMixture, *, weight: float, mean: float, sd: float) -> NormalMixture:
    """The prior with a vague part of this weight (Schmidli et al. 2014): room for surprise.

    Parameters
    ----------
    prior : NormalMixture
    weight : float
        Between 0 and 1: the prior probability that the prior does not apply.
    mean, sd : float
        Of the vague part; with sd that of one person's value, it is worth one person.

    Returns
    -------
    NormalMixture

    Raises
    ------
    ValueError
        For a weight outside [0, 1] or an sd not above 0.

    Examples
    --------
    >>> prior = NormalMixture(np.ones(1), np.zeros(1), np.ones(1))
    >>> robustify(prior, weight=0.2, mean=0.0, sd=8.0).weights.tolist()
    [0.8, 0.2]
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"weight must lie between 0 and 1; got {weight}")
    _above_zero("sd", sd)
    return NormalMixture(
        np.append(prior.weights * (1 - weight), weight),
        np.append(prior.means, mean),
        np.append(prior.sds, sd),
    )


def difference(first: NormalMixture, second: NormalMixture) -> NormalMixture:
    """Distribution of first minus second, independent of one another.

    Examples
    --------
    >>> one = NormalMixture(np.ones(1), np.array([5.0]), np.array([3.0]))
    >>> other = NormalMixture(np.ones(1), np.array([2.0]), np.array([4.0]))
    >>> gap = difference(one, other)
    >>> gap.mean, gap.sd
    (3.0, 5.0)
    """
    pairs = lambda a, b, join: join(a[:, None], b[None, :]).ravel()
    return NormalMixture(
        pairs(first.weights, second.weights, np.multiply),
        pairs(first.means, second.means, np.subtract),
        pairs(first.sds, second.sds, np.hypot),
    )


def conflict(prior: NormalMixture, mean: float, se: float) -> float:
    """Two-sided prior predictive p of an observed mean with standard error `se` (Box 1980, section 2).

    Small where the prior did not expect such a mean; uniform if the prior is right.

    Examples
    --------
    >>> prior = NormalMixture(np.ones(1), np.zeros(1), np.array([3.0]))
    >>> round(conflict(prior, 5 * 1.959964, 4.0), 4)
    0.05
    """
    below = float(predictive(prior, se).cdf(mean))
    return 2 * min(below, 1 - below)


# A bracket halved so often is as narrow as double precision allows.
_HALVINGS = 60


def mode(mixture: NormalMixture) -> float:
    """Where the density is highest: the best of a scan, then the root of its slope by bisection.

    Examples
    --------
    >>> round(mode(NormalMixture(np.array([0.9, 0.1]), np.array([1.0, 5.0]), np.ones(2))), 4)
    1.0001
    """
    low, high = mixture.means.min(), mixture.means.max()
    if low == high:
        return float(low)
    grid = np.union1d(np.linspace(low, high, 2001), mixture.means)
    best = int(np.argmax(mixture.pdf(grid)))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        z = (middle - mixture.means) / mixture.sds
        rises = -(mixture.weights * np.exp(-0.5 * z**2) * z / mixture.sds**2).sum() > 0
        low, high = (middle, high) if rises else (low, middle)
    return float(0.5 * (low + high))


def effective_sample_size(prior: NormalMixture, sd: float) -> EffectiveSampleSize:
    """How many people the prior is worth.

    Parameters
    ----------
    prior : NormalMixture
    sd : float
        Of one person's value, above 0.

    Returns
    -------
    EffectiveSampleSize

    Raises
    ------
    ValueError
        For an sd not above 0.

    Notes
    -----
    The flattened prior that Morita's definition takes off has 100 times the largest variance, as
    in RBesT.

    Examples
    --------
    >>> prior = NormalMixture(np.ones(1), np.array([-7.0]), np.array([2.0]))
    >>> round(effective_sample_size(prior, 8.0).moment, 1)  # (8 / 2)^2
    16.0
    """
    _above_zero("sd", sd)
    x, weights = _points(prior)
    flattened = 1 / (100 * prior.sds.max() ** 2)
    return EffectiveSampleSize(
        elir=float(sd**2 * (weights @ prior.information(x))),
        moment=(sd / prior.sd) ** 2,
        morita=float(sd**2 * (prior.information(mode(prior)) - flattened)),
    )


def fit_mixture(
    exact: NormalMixture, *, tolerance: float = 5e-4, most: int = 8, steps: int = 2000
) -> NormalMixture:
    """A mixture of few normals for one of many, such as an exact predictive distribution.

    Expectation-maximisation on the exact density (no sampling), with one component more until no
    probability P(at most x) is off by more than `tolerance`. Each step keeps mean and variance
    exact. Where `most` components are not enough, the answer is `exact` itself.

    Parameters
    ----------
    exact : NormalMixture
    tolerance : float
        Largest difference of the two distribution functions.
    most : int
        Number of components to try, at most.
    steps : int
        At most so many for each number of components.

    Returns
    -------
    NormalMixture
        Heaviest component first; or `exact`.

    Examples
    --------
    >>> wide = NormalMixture(np.full(3, 1 / 3), np.array([-40.0, 0.0, 40.0]), np.ones(3))
    >>> fit_mixture(wide, most=2, steps=50) is wide
    True
    """
    x, mass = _points(exact)
    target = exact.cdf(x)
    centre, spread = exact.mean, exact.sd
    for count in range(1, most + 1):
        # Narrow and wide components, a little to either side by turns, so that they part.
        sds = spread * np.geomspace(0.5, 2.0, count) if count > 1 else np.array([spread])
        means = centre + 0.3 * sds * np.linspace(-1, 1, count) * (-1) ** np.arange(count)
        fitted = NormalMixture(np.full(count, 1 / count), means, sds)
        for step in range(steps):
            if step % 20 == 0 and np.abs(fitted.cdf(x) - target).max() <= tolerance:
                heaviest = np.argsort(-fitted.weights)
                return NormalMixture(*(part[heaviest] for part in vars(fitted).values()))
            fitted = _maximised(fitted, x, mass)
    return exact


def _maximised(fitted: NormalMixture, x: np.ndarray, mass: np.ndarray) -> NormalMixture:
    """One step of expectation-maximisation for points x with probabilities `mass`."""
    z = (x[:, None] - fitted.means) / fitted.sds
    share = _shares(fitted.weights, fitted.sds, z) * mass[:, None]
    weights = share.sum(0)
    means = x @ share / weights
    return NormalMixture(
        weights, means, np.sqrt((share * (x[:, None] - means) ** 2).sum(0) / weights)
    )


def _shares(weights: np.ndarray, sds: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Each component's part of the density at standardised distances z (..., n), adding to 1."""
    with np.errstate(divide="ignore"):  # a component may have weight 0
        log_parts = np.log(weights / sds) - 0.5 * z**2
    parts = np.exp(log_parts - log_parts.max(-1, keepdims=True))
    return parts / parts.sum(-1, keepdims=True)


def _points(mixture: NormalMixture) -> tuple[np.ndarray, np.ndarray]:
    """Points and their probabilities, close in the middle and wide apart in the tails.

    The trapezoid rule in t, x = median + unit sinh(t): for smooth densities that fall off at both
    ends its error vanishes faster than any power of the spacing.
    """
    first, centre, third = mixture.quantile([0.25, 0.5, 0.75])
    unit = (third - first) / 2
    low, high = ((mixture.quantile(p) - centre) / unit for p in (1e-13, 1 - 1e-13))
    t = np.linspace(np.arcsinh(low), np.arcsinh(high), _POINTS)
    x = centre + unit * np.sinh(t)
    mass = mixture.pdf(x) * np.cosh(t)
    return x, mass / mass.sum()


def _above_zero(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} must be above 0; got {value}")


def find_quantile(
    p: np.ndarray,
    cdf: Callable[[np.ndarray], np.ndarray],
    pdf: Callable[[np.ndarray], np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    start: np.ndarray,
    unit: float,
) -> np.ndarray:
    """x with cdf(x) = p, for all p at once, by Newton steps inside [low, high].

    unit: above 0, the size of the finest structure. Where a step leaves the bracket, it is halved
    on a scale that is linear near `start` and logarithmic far away, so that tails may be heavy; done
    when no step is above 1e-12 of ``|x - start| + unit``. Raises RuntimeError if that is not reached.
    """
    x, origin = start, start
    halved = lambda low, high: (
        origin
        + unit
        * np.sinh(0.5 * (np.arcsinh((low - origin) / unit) + np.arcsinh((high - origin) / unit)))
    )
    for _ in range(200):
        excess = cdf(x) - p
        low, high = np.where(excess < 0, x, low), np.where(excess < 0, high, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = excess / pdf(x)
        small = np.abs(step) <= 1e-12 * (np.abs(x - origin) + unit) + np.spacing(np.abs(x))
        inside = (x - step > low) & (x - step < high)
        after = np.where(inside | small, x - step, halved(low, high))
        if np.all(
            small | (high - low <= 1e-14 * (np.abs(x - origin) + unit) + np.spacing(np.abs(x)))
        ):
            return after
        x = after
    raise RuntimeError("quantile did not converge in 200 steps")
