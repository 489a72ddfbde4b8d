"""The normal-normal model against its definition in 45 digits, at any scale.

Random sets mix scales from 1e-6 to 1e6 in effects, standard errors and priors. `python -m
tests.stats.test_normal_normal_exact 0 10000` compares 10,000 and counts what is off by more than 1e-6
(of the spread, for a mean or a quantile); the test does the same for fewer.
"""

from __future__ import annotations

import sys

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate

from evidence_review.stats.bayes import (
    CannotIntegrateError,
    HalfCauchy,
    HalfNormal,
    HalfT,
    LogNormal,
    Normal,
    Uniform,
    normal_normal,
)

from .exact_normal_normal import exact

TOLERANCE = 1e-6
PROBABILITIES = (0.025, 0.5, 0.975)


def definition(prior):
    """Log density of log tau in mpmath, where it changes, and the log of its upper end."""
    if isinstance(prior, LogNormal):
        mu, sigma = mp.mpf(prior.mu), mp.mpf(prior.sigma)
        return (
            lambda u: -(((u - mu) / sigma) ** 2) / 2 - mp.log(sigma * mp.sqrt(2 * mp.pi)),
            [mu],
            None,
        )
    if isinstance(prior, Uniform):
        top = mp.log(mp.mpf(prior.upper))
        return lambda u: u - top, [top], top
    scale = mp.log(mp.mpf(prior.scale))
    if isinstance(prior, HalfNormal):
        return (
            lambda u: u - scale + mp.log(2 / mp.pi) / 2 - mp.exp(2 * (u - scale)) / 2,
            [scale],
            None,
        )
    df = mp.mpf(getattr(prior, "df", 1.0))
    constant = mp.log(2) + mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi * df) / 2
    tail = lambda u: (df + 1) / 2 * mp.log1p(mp.exp(2 * (u - scale)) / df)
    return lambda u: constant + u - scale - tail(u), [scale], None


def reference(y, s, prior, mu_prior, moments):
    with mp.workdps(45):
        log_prior, features, upper = definition(prior)
    given = None if mu_prior is None else (mu_prior.mean, mu_prior.sd)
    return exact(y, s, log_prior, features, moments, given, upper)


def differences(y, s, prior, mu_prior=None):
    """Every figure of a fit beside the reference: (name, error, what it may be)."""
    fit = normal_normal(y, s, tau_prior=prior, mu_prior=mu_prior)
    true = reference(y, s, prior, mu_prior, fit.moments)
    for part in ("mu", "theta_new"):
        own = getattr(fit, part)
        quantiles = own.quantile(PROBABILITIES)
        spread = float(quantiles[2] - quantiles[0])
        for p, x in zip(PROBABILITIES, quantiles, strict=True):
            cdf, pdf = true.cdf_pdf(part, true.less_centre(x))
            yield f"{part} {p}", abs(cdf - p) / pdf, TOLERANCE * spread + 4 * np.spacing(abs(x))
        if own.moments >= 1:
            error = abs(true.less_centre(own.mean) - true.mean())
            unit = true.sd(part) if own.moments >= 2 else spread
            yield f"{part} mean", error, TOLERANCE * unit + 4 * np.spacing(abs(own.mean))
        if own.moments >= 2:
            yield f"{part} sd", abs(own.sd / true.sd(part) - 1), TOLERANCE
    if fit.tau.moments >= 1:
        mean = true.tau_mean()
        yield "tau mean", abs(fit.tau.mean / mean - 1), TOLERANCE
    if fit.tau.moments >= 2:
        sd = true.tau_sd()
        # Where tau is all but known, the reference's own SD is 0 in double precision.
        yield "tau sd", abs(fit.tau.sd - sd), TOLERANCE * sd + 4 * np.spacing(mean)
    if mu_prior is not None:
        size = max(abs(true.log_marginal), 1.0)
        yield "log marginal", abs(fit.log_marginal_likelihood - true.log_marginal) / size, TOLERANCE


def random_set(rng):
    """1 to 6 studies, one of five priors for tau, flat or normal for mu: each of any size."""
    size = lambda *shape: 10.0 ** rng.uniform(-6, 6, shape or None)
    k = int(rng.integers(1, 7))
    sign = rng.choice([-1.0, 1.0], k)
    y, s = (
        (sign * size(k), size(k))
        if rng.random() < 0.7
        else (rng.normal(0, 1, k), rng.uniform(0.1, 2, k))
    )
    prior = [
        lambda: HalfNormal(size()),
        lambda: HalfCauchy(size()),
        lambda: HalfT(float(rng.choice([0.5, 1.5, 3, 4, 10, 50])), size()),
        lambda: Uniform(size()),
        lambda: LogNormal(rng.uniform(-14, 14), 10 ** rng.uniform(-2, 0.7)),
    ][rng.integers(5)]()
    mu_prior = Normal(rng.choice([-1.0, 1.0]) * size(), size()) if rng.random() < 0.5 else None
    return y, s, prior, mu_prior


def off(case):
    return [(name, error, most) for name, error, most in differences(*case) if not error <= most]


@pytest.mark.parametrize("seed", range(5))
def test_random_sets_of_mixed_scales(seed):
    assert off(random_set(np.random.default_rng(seed))) == []


@pytest.mark.parametrize(
    "case",
    [
        ([0.0], [1.0], HalfNormal(500.0)),
        ([0.0, 1.0], [1.0, 1.0], HalfNormal(1000.0)),
        ([0.1, 0.3, 0.5, 300.0], [0.1, 0.1, 0.1, 200.0], HalfNormal(0.5)),
        (np.array([0.1, 0.3, 0.5]) + 1e8, [0.1, 0.1, 0.1], HalfNormal(0.5)),
        # The prior and the effects differ by 10^10 standard errors: tau lies at its upper end.
        ([119392.0], [2.7e-6], Uniform(3.2e-5), Normal(-0.03, 1.7e-5)),
        # Two peaks: all studies close to each other, or all far from the prior mean.
        ([-2.0, 0.7], [0.17, 1.2], Uniform(4e5), Normal(4e5, 3.5e5)),
        # Rounding hides where the density is highest, 10^14 half squared standard errors up.
        (
            [3.4e5, 1.2e-6, 3.4e-3, 2.3e4, -1.9e-4],
            [1.9e5, 1.4e2, 3.3e-4, 1.4e1, 7.1e-2],
            Uniform(1.2e-5),
            Normal(-5.7e4, 3.8e-5),
        ),
        ([1.0, 2.0, 40.0], [1e-3, 1e-3, 1e-3], LogNormal(-3.0, 0.01)),
    ],
    ids=str,
)
def test_hard_sets(case):
    assert off(case) == []


def test_one_study_and_a_wide_prior_by_hand():
    """tau keeps its prior, mu its normal: Var(theta_new) = SE^2 + E(2 tau^2), E(tau^2) = scale^2."""
    fit = normal_normal([0.0], [1.0], tau_prior=HalfNormal(500.0))
    assert_allclose(fit.theta_new.sd, (1 + 2 * 500.0**2) ** 0.5, rtol=1e-9)


def test_a_shift_of_all_effects_moves_the_answer_and_nothing_else():
    """By a power of two, so that the shifted effects are exact."""
    y, s = np.array([0.125, 0.25, 0.5]), [0.1, 0.1, 0.1]
    one, other = (normal_normal(y + by, s, tau_prior=HalfNormal(0.5)) for by in (0.0, 2.0**40))
    assert_allclose(other.theta_new.sd, one.theta_new.sd, rtol=1e-12)
    assert other.theta_new.mean - 2.0**40 == pytest.approx(one.theta_new.mean, abs=2e-4)


def test_one_study_far_from_three_by_the_definition():
    """The mean of tau by Simpson's rule in log tau, on 200,001 points; mu is flat."""
    y, v = np.array([0.1, 0.3, 0.5, 300.0]), np.square([0.1, 0.1, 0.1, 200.0])
    tau = np.exp(np.linspace(-30, 3, 200_001))[:, None]
    w = 1 / (v + tau**2)
    mean = (w * y).sum(1, keepdims=True) / w.sum(1, keepdims=True)
    log_density = (np.log(w).sum(1) - np.log(w.sum(1)) - (w * (y - mean) ** 2).sum(1)) / 2
    log_density += np.log(tau[:, 0]) - 2 * tau[:, 0] ** 2  # Jacobian, half-normal of scale 0.5
    density = np.exp(log_density)
    right = integrate.simpson(density * tau[:, 0]) / integrate.simpson(density)
    assert round(right, 4) == 0.2840
    fit = normal_normal(y, np.sqrt(v), tau_prior=HalfNormal(0.5))
    assert_allclose(fit.tau.mean, right, rtol=1e-9)


def test_the_bound_holds_where_an_integral_is_known():
    """One study and a flat mu: tau keeps its prior, whose mean is scale sqrt(2 / pi)."""
    for scale in (1e-6, 1.0, 1e6):
        fit = normal_normal([3.0], [0.2], tau_prior=HalfNormal(scale))
        assert 0 < fit.error < 1e-7
        assert abs(fit.tau.mean / (scale * np.sqrt(2 / np.pi)) - 1) <= fit.error


def test_what_cannot_be_integrated_is_refused():
    with pytest.raises(CannotIntegrateError, match="beyond the largest number"):
        normal_normal([0.0], [1.0], tau_prior=HalfT(0.01, 1.0))


def test_masked_effects_are_refused():
    with pytest.raises(ValueError, match="effects must have no masked values"):
        normal_normal(np.ma.masked_invalid([0.0, np.nan]), [1.0, 1.0], tau_prior=HalfNormal(1.0))


if __name__ == "__main__":
    start, count = int(sys.argv[1]), int(sys.argv[2])
    bad = refused = 0
    for seed in range(start, start + count):
        case = random_set(np.random.default_rng(seed))
        try:
            found = off(case)
        except CannotIntegrateError as refusal:
            refused += 1
            print("refused", seed, case, refusal, flush=True)
            continue
        if found:
            bad += 1
            print(seed, case, found, flush=True)
    print(count, "sets,", bad, "off,", refused, "refused")
