"""The Bayesian normal-normal model under many priors at once.

Priors that share their prior for mu share one rule of quadrature, refined until it is right for all
of them, so that the studies are evaluated once. A prior that is too unlike the others is fitted alone.

Peer: a loop over bayesmeta's `bayesmeta`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from evidence_review.stats.bayes import checked_effects, moments_of_tau, normal_normal
from evidence_review.stats.mixtures import find_quantile
from evidence_review.stats.tau_priors import Normal, TauPrior, check_priors
from evidence_review.stats.tau_quadrature import TOLERANCE, Likelihood, integrate


@dataclass(frozen=True)
class Summaries:
    """One quantity under s priors.

    mean is nan and sd infinite where the tail of tau's posterior leaves them without a value.

    Parameters
    ----------
    mean, sd : numpy.ndarray
        Shape (s,), in the units of the effects.
    quantiles : numpy.ndarray
        Shape (s, p).
    """

    mean: np.ndarray
    sd: np.ndarray
    quantiles: np.ndarray


@dataclass(frozen=True)
class PriorSensitivity:
    """mu, the overall mean, and theta_new, the true effect of a new study, under s priors.

    Parameters
    ----------
    mu, theta_new : Summaries
    tau_mean : numpy.ndarray
        Shape (s,): posterior mean of tau, infinite where it has none.
    """

    mu: Summaries
    theta_new: Summaries
    tau_mean: np.ndarray


def prior_sensitivity(
    effects: ArrayLike,
    ses: ArrayLike,
    priors: Sequence[tuple[TauPrior, Normal | None]],
    *,
    probabilities: Sequence[float] = (0.025, 0.5, 0.975),
) -> PriorSensitivity:
    """`normal_normal` for every (tau_prior, mu_prior) of `priors`, in their order.

    Parameters
    ----------
    effects, ses : array_like
        Shape (k,), as for `normal_normal`.
    priors : sequence of (tau_prior, mu_prior)
        At least one; mu_prior None is flat.
    probabilities : sequence of float
        Of the quantiles, each inside (0, 1).

    Returns
    -------
    PriorSensitivity

    Raises
    ------
    ValueError
        As `normal_normal`, and for an empty list of priors.

    Examples
    --------
    >>> from evidence_review.stats.tau_priors import HalfCauchy, HalfNormal
    >>> priors = [(HalfNormal(0.5), None), (HalfCauchy(0.5), None)]
    >>> found = prior_sensitivity([-0.6, 0.3, -1.4], [0.3, 0.25, 0.6], priors)
    >>> found.mu.mean.round(3).tolist()
    [-0.392, -0.419]
    """
    p = np.asarray(probabilities, float)
    if np.any(~((p > 0) & (p < 1))):
        raise ValueError(f"probabilities must lie between 0 and 1; got {probabilities}")
    if not priors:
        raise ValueError("priors must hold at least one pair (tau_prior, mu_prior)")
    y, s = checked_effects(effects, ses)
    groups: dict[Normal | None, list[int]] = {}
    for place, (tau, mu) in enumerate(priors):
        check_priors(tau, mu)
        groups.setdefault(mu, []).append(place)
    mu_found, new_found = _empty(len(priors), len(p)), _empty(len(priors), len(p))
    tau_mean = np.empty(len(priors))
    for mu_prior, places in groups.items():
        group = [priors[place][0] for place in places]
        moments = np.array([moments_of_tau(tau, len(y), mu_prior) for tau in group])
        rule = integrate(Likelihood.of(y, s, mu_prior), group, moments.tolist())
        good, centre = rule.errors < TOLERANCE, rule.anchor.likelihood.centre
        at = np.array(places)[good]
        weights, exist, tau = rule.weights[good], moments[good], rule.tau
        exist_mu = exist if mu_prior is None else np.full(len(exist), 2)
        for found, variances, count in (
            (mu_found, rule.variances, exist_mu),
            (new_found, rule.variances + tau**2, exist),
        ):
            summaries = _summaries(weights, rule.offsets, variances, count, p)
            found.mean[at] = centre + summaries.mean
            found.sd[at] = summaries.sd
            found.quantiles[at] = centre + summaries.quantiles
        tau_mean[at] = np.where(exist >= 1, weights @ tau, np.inf)
        for place in np.array(places)[~good]:
            fit = normal_normal(y, s, tau_prior=priors[place][0], mu_prior=mu_prior)
            for found, marginal in ((mu_found, fit.mu), (new_found, fit.theta_new)):
                found.mean[place], found.sd[place] = marginal.mean, marginal.sd
                found.quantiles[place] = marginal.quantile(p)
            tau_mean[place] = fit.tau.mean
    return PriorSensitivity(mu_found, new_found, tau_mean)


def _empty(s: int, p: int) -> Summaries:
    return Summaries(np.empty(s), np.empty(s), np.empty((s, p)))


def _summaries(weights, means, variances, moments, p) -> Summaries:
    """Normal mixtures with weights (s, n) of the same n components: moments that exist, quantiles p."""
    if not len(weights):
        return _empty(0, len(p))
    counts = (weights > 1e-18).any(0)  # what no row's sums can feel
    weights, means, variances = weights[:, counts], means[counts], variances[counts]
    sds = np.sqrt(variances)
    mean = weights @ means
    sd = np.sqrt((weights * (variances + (means - mean[:, None]) ** 2)).sum(1))
    over = lambda values: (values * weights[:, None]).sum(-1)
    z = lambda x: (x[..., None] - means) / sds
    cdf = lambda x: over(ndtr(z(x)))
    pdf = lambda x: over(np.exp(-0.5 * z(x) ** 2) / sds) / np.sqrt(2 * np.pi)
    shape = (len(weights), len(p))
    low, high = (np.full(shape, end) for end in ((means - 9 * sds).min(), (means + 9 * sds).max()))
    start = np.broadcast_to(mean[:, None], shape)
    quantiles = find_quantile(np.broadcast_to(p, shape), cdf, pdf, low, high, start, sds.min())
    return Summaries(
        np.where(moments >= 1, mean, np.nan), np.where(moments >= 2, sd, np.inf), quantiles
    )
