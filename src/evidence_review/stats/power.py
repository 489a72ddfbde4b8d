"""The chance that a t-test is significant, also where the true effect is itself a distribution.

Given the estimated SD the test statistic is normal, so that one integral over the SD is left: the
trapezoid rule in its logarithm, whose error falls exponentially. It has an answer in the farthest
tails, where the noncentral t of other libraries has none.

Peers: R's `power.t.test`; statsmodels' `TTestPower` and `TTestIndPower`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.mixtures import NormalMixture

# exp(-40) of the largest density counts for nothing.
_NEGLIGIBLE = 40.0


def t_test_power(
    shift: ArrayLike, df: float, alpha: float, *, spread: ArrayLike = 0.0
) -> np.ndarray:
    """Chance that a one-sided t-test is significant.

    Parameters
    ----------
    shift : array_like
        True effect over the standard error of its estimate (noncentrality); positive is the
        direction of the test.
    df : float
        Degrees of freedom, above 0.
    alpha : float
        One-sided, between 0 and 1.
    spread : array_like, optional
        SD of `shift` where the true effect is normal and not one value; broadcasts with `shift`.

    Returns
    -------
    numpy.ndarray
        Of their shape; absolute error below 1e-10.

    Raises
    ------
    ValueError
        For df not above 0, alpha outside (0, 1), a negative spread, or a shift that is not finite.

    Examples
    --------
    R: power.t.test(n = 20, delta = 1, sd = 1) has power 0.8689528.

    >>> round(float(t_test_power(1 * (20 / 2) ** 0.5, 38, 0.025)), 6)
    0.868953
    """
    shift, spread = np.asarray(shift, float), np.asarray(spread, float)
    for name, bad, allowed in (
        ("shift", ~np.isfinite(shift), "finite"),
        ("spread", ~(np.isfinite(spread) & (spread >= 0)), "finite and not negative"),
        ("df", np.array(not df > 0), "above 0"),
        ("alpha", np.array(not 0 < alpha < 1), "between 0 and 1"),
    ):
        if bad.any():
            raise ValueError(f"{name} must be {allowed}")
    critical = -special.stdtrit(df, alpha)
    # Spacing by what changes fastest: the density, or the normal probability at the largest SD.
    right = np.exp(0.5 * _ends(df)[1])
    log_v, mass = _log_chi_square(df, 1.0 / (1 + abs(critical) * right))
    z = (shift[..., None] - critical * np.exp(0.5 * log_v)) / np.hypot(1.0, spread)[..., None]
    return special.ndtr(z) @ mass


def student_t(df: float, mean: float, scale: float) -> NormalMixture:
    """Student's t as a mixture of normals of one mean, exact to about 1e-12.

    Parameters
    ----------
    df, scale : float
        Above 0; df may be infinite: the normal distribution.
    mean : float

    Returns
    -------
    NormalMixture

    Examples
    --------
    >>> round(float(student_t(3.0, -6.0, 2.0).cdf(-6.0 - 2.0 * 3.182446)), 6)
    0.025
    """
    if np.isinf(df):
        return NormalMixture(np.ones(1), np.array([float(mean)]), np.array([float(scale)]))
    log_v, mass = _log_chi_square(df, 0.2)
    return NormalMixture(mass, np.full(len(mass), float(mean)), scale * np.exp(-0.5 * log_v))


def _ends(df: float) -> tuple[float, float]:
    """Where the density of log(chi-square / df), exp(df / 2 (x - exp(x))), is nothing."""
    c = 2 * _NEGLIGIBLE / df
    return -(c + np.sqrt(2 * c)), np.log1p(c + np.sqrt(2 * c))


def _log_chi_square(df: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Values of log(chi-square / df) and their probabilities, no farther apart than `spacing`."""
    low, high = _ends(df)
    step = min(spacing, 0.4 * np.sqrt(2 / df))
    x = np.linspace(low, high, int(np.ceil((high - low) / step)) + 1)
    mass = np.exp(0.5 * df * (x - np.expm1(x)))
    return x, mass / mass.sum()


def events_trial_size(risk1: float, risk2: float, power: float, alpha: float = 0.05) -> int:
    """People an arm to find two risks different, by the normal test of two proportions.

    n = (z_alpha/2 + z_power)^2 (p1 (1 - p1) + p2 (1 - p2)) / (p1 - p2)^2, rounded up.

    Parameters
    ----------
    risk1, risk2 : float
        Different, 0 to 1; what lies beyond counts as 0 or 1.
    power : float
        Chance to find the difference, inside (0, 1).
    alpha : float
        Two-sided error.

    Raises
    ------
    ValueError
        For equal risks, and a power that cannot be.

    See Also
    --------
    t_test_power : The same question of two means.

    Examples
    --------
    >>> events_trial_size(0.10, 0.08, 0.8)
    3211
    """
    p1, p2 = (min(max(risk, 0.0), 1.0) for risk in (risk1, risk2))
    if p1 == p2 or not 0 < power < 1:
        raise ValueError(f"risks must differ and power be between 0 and 1; got {p1}, {p2}, {power}")
    z = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
    variance = p1 * (1 - p1) + p2 * (1 - p2)
    return int(np.ceil(z**2 * variance / (p1 - p2) ** 2))


def events_trial_power(risk1: float, risk2: float, n: float, alpha: float = 0.05) -> float:
    """Chance that the same test finds a difference, with n people a group; alpha two-sided.

    Examples
    --------
    >>> round(events_trial_power(0.10, 0.08, 3211), 3)
    0.8
    """
    error = np.sqrt((risk1 * (1 - risk1) + risk2 * (1 - risk2)) / n)
    if error == 0:
        return float(risk1 != risk2)
    return float(special.ndtr(abs(risk1 - risk2) / error - special.ndtri(1 - alpha / 2)))
