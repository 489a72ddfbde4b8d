"""The Bayesian normal-normal model under many priors at once.

Everything but the weights of the quadrature is the same for priors that share their range of tau
and their prior for mu, and is computed once for all of them.

Peer: a loop over bayesmeta's `bayesmeta`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from evidence_review.stats.bayes import (
    NODES,
    Normal,
    TauPrior,
    check_priors,
    normal_normal,
)
from evidence_review.stats.mixtures import find_quantile


@dataclass(frozen=True)
class Summaries:
    """Mean, sd, shape (s,), and quantiles (s, p) of one quantity under s priors.

    mean is nan and sd infinite where the tail of tau's posterior leaves them without a value.
    """

    mean: np.ndarray
    sd: np.ndarray
    quantiles: np.ndarray


@dataclass(frozen=True)
class PriorSensitivity:
    """mu, the overall mean, and theta_new, the true effect of a new study, under s priors.

    tau_mean, shape (s,): posterior mean of the spread, infinite where it has none.
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

    effects, ses: length k. probabilities: of the quantiles, each inside (0, 1). Raises ValueError
    as `normal_normal` does, and for an empty list of priors.
    """
    p = np.asarray(probabilities, float)
    if np.any(~((p > 0) & (p < 1))):
        raise ValueError(f"probabilities must lie between 0 and 1; got {probabilities}")
    if not priors:
        raise ValueError("priors must hold at least one pair (tau_prior, mu_prior)")
    groups: dict[tuple, list[int]] = {}
    for place, (tau, mu) in enumerate(priors):
        check_priors(tau, mu)
        groups.setdefault((tau.upper, mu), []).append(place)
    shape = (len(priors), NODES)
    weights, means, variances, nodes = (np.empty(shape) for _ in range(4))
    moments = np.empty(len(priors))
    for (_, mu), places in groups.items():
        model = normal_normal(effects, ses, tau_prior=priors[places[0]][0], mu_prior=mu)
        tau, measure = model.rule
        mean, variance, log_likelihood = model.given_tau(tau)
        densities = np.array([priors[place][0].log_density(tau) for place in places])
        log_weights = log_likelihood + measure + densities
        weights[places] = np.exp(log_weights - log_weights.max(1, keepdims=True))
        means[places], variances[places], nodes[places] = mean, variance, tau
        moments[places] = [replace(model, tau_prior=priors[place][0]).moments for place in places]
    weights /= weights.sum(1, keepdims=True)
    proper = np.array([mu is not None for _, mu in priors])
    return PriorSensitivity(
        _summaries(weights, means, variances, np.where(proper, 2, moments), p),
        _summaries(weights, means, variances + nodes**2, moments, p),
        np.where(moments >= 1, (weights * nodes).sum(1), np.inf),
    )


def _summaries(weights, means, variances, moments, p) -> Summaries:
    """Normal mixtures in rows: moments as far as they exist, and quantiles p."""
    counts = (weights > 1e-18).any(0)  # what no row's sums can feel
    weights, means, variances = (part[:, counts] for part in (weights, means, variances))
    sds = np.sqrt(variances)
    mean = (weights * means).sum(1)
    sd = np.sqrt((weights * (variances + (means - mean[:, None]) ** 2)).sum(1))
    over = lambda values: (values * weights[:, None]).sum(-1)
    z = lambda x: (x[..., None] - means[:, None]) / sds[:, None]
    cdf = lambda x: over(ndtr(z(x)))
    pdf = lambda x: over(np.exp(-0.5 * z(x) ** 2) / sds[:, None]) / np.sqrt(2 * np.pi)
    shape = (len(weights), len(p))
    low, high = (np.full(shape, end) for end in ((means - 9 * sds).min(), (means + 9 * sds).max()))
    start = np.broadcast_to(mean[:, None], shape)
    quantiles = find_quantile(np.broadcast_to(p, shape), cdf, pdf, low, high, start, sds.min())
    return Summaries(
        np.where(moments >= 1, mean, np.nan), np.where(moments >= 2, sd, np.inf), quantiles
    )
