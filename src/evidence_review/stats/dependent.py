"""Several effects of one trial: outcomes, time points, doses. Pooled as if they were independent,
a trial counts as often as it reports.

Three ways, by what is known. Where the covariance of the effects is known (`multi_arm`: arms that
share a control group) or can be taken from a correlation (`within_trial_covariance`), effects of a
trial combine to one (`combine_within_trials`), or all are pooled in a model with two variances,
between trials and between effects of a trial (`pool_dependent`). The standard error of the second
is robust: it holds in large samples whatever the covariance really is, and CR2 with Satterthwaite's
degrees of freedom makes it hold with few trials too.

Peers: metafor `vcalc`, `aggregate`, `rma.mv(random = ~ 1 | trial/effect)`; clubSandwich
`coef_test(vcov = "CR2")`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.pooling import Floats
from evidence_review.stats.studies import checked_studies


@dataclass(frozen=True)
class DependentPool:
    """A pool of several effects a trial, in the units of the effects; interval at `level`.

    Attributes
    ----------
    effects, trials : int
        How many there are.
    estimate, se, df : float
        The mean, its robust standard error (CR2), and Satterthwaite's degrees of freedom.
    ci_low, ci_high, statistic, p : float
        Interval and two-sided test by t with `df`.
    model_se : float
        Standard error if the model is right: covariance, and normal variances.
    tau2_trials, tau2_effects : float
        Variance between trials, and between effects of a trial; REML. The second is 0 where no
        trial has several.
    log_likelihood : float
        Restricted, at these.
    weights : tuple of float
        Of the effects in the mean; they add to 1.
    """

    effects: int
    trials: int
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    statistic: float
    p: float
    model_se: float
    tau2_trials: float
    tau2_effects: float
    log_likelihood: float
    weights: tuple[float, ...]
    level: float


def within_trial_covariance(
    variances: ArrayLike, trials: Sequence[Hashable], correlation: float
) -> Floats:
    """Covariance matrix of effects whose sampling errors correlate alike within a trial.

    Parameters
    ----------
    variances : (k,)
        Sampling variances, above 0.
    trials : (k,)
        The trial of each effect.
    correlation : float
        Of two effects of one trial, from 0 to below 1. Rarely printed: try several.

    Returns
    -------
    (k, k) array
        0 between trials.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    Examples
    --------
    >>> within_trial_covariance([1.0, 4.0, 1.0], ["a", "a", "b"], 0.5)
    array([[1., 1., 0.],
           [1., 4., 0.],
           [0., 0., 1.]])
    """
    v = np.atleast_1d(np.asarray(variances, float))
    checked_studies(np.zeros_like(v), v, 0.95)
    if not 0 <= correlation < 1:
        raise ValueError(f"correlation must be from 0 to below 1; got {correlation}")
    covariance = correlation * np.sqrt(np.outer(v, v)) * _same(_codes(trials, len(v)))
    np.fill_diagonal(covariance, v)
    return covariance


def combine_within_trials(
    effects: ArrayLike, covariance: ArrayLike, trials: Sequence[Hashable]
) -> tuple[Floats, Floats]:
    """One effect a trial: the mean of its effects that has the least variance, and that variance.

    Parameters
    ----------
    effects : (k,)
    covariance : (k, k)
        Sampling covariance, 0 between trials.
    trials : (k,)
        The trial of each effect.

    Returns
    -------
    effects, variances : (m,) arrays
        In the order in which trials first appear; for `random_effects`.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    Examples
    --------
    Two outcomes that correlate by 0.5: the variance of their mean is 0.75 of that of one.

    >>> effects, variances = combine_within_trials(
    ...     [1.0, 2.0, 5.0], [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]], ["a", "a", "b"]
    ... )
    >>> effects.round(9).tolist(), variances.round(9).tolist()
    ([1.5, 5.0], [0.75, 1.0])
    """
    y, covariance, codes = _checked(effects, covariance, trials)
    found = []
    for code in range(codes.max() + 1):
        here = codes == code
        weights = np.linalg.solve(covariance[np.ix_(here, here)], np.ones(here.sum()))
        found.append((weights @ y[here] / weights.sum(), 1 / weights.sum()))
    means, variances = np.array(found).T
    return means, variances


def pool_dependent(
    effects: ArrayLike,
    covariance: ArrayLike,
    trials: Sequence[Hashable],
    *,
    level: float = 0.95,
) -> DependentPool:
    """Pool several effects a trial, with a standard error that does not trust the model.

    An effect is the mean, plus what its trial and what it itself differs by (variances by REML),
    plus sampling error. The robust variance is Bell & McCaffrey's CR2 (2002), with this model as
    the working one (Pustejovsky & Tipton 2018, eq. 8); its degrees of freedom are theirs, too
    (section 3.1). Fewer than about 4: the interval says little, and p should not be trusted
    (Tipton 2015).

    Parameters
    ----------
    effects : (k,)
    covariance : (k, k)
        Sampling covariance, 0 between trials: `numpy.diag(variances)` if nothing is known of it,
        else `within_trial_covariance`, or the blocks that `multi_arm` gives.
    trials : (k,)
        The trial of each effect; at least two trials.
    level : float
        Of the interval.

    Raises
    ------
    ValueError
        For bad input, naming the argument.

    References
    ----------
    Bell & McCaffrey 2002, Survey Methodology 28:169. Tipton 2015, Psychological Methods 20:375.
    Pustejovsky & Tipton 2018, J Bus Econ Stat 36:672, and 2022, Prevention Science 23:425.

    Examples
    --------
    >>> pool = pool_dependent(
    ...     [-4.0, -5.0, -1.0, -3.0, -2.5], np.diag([1.0, 1.0, 2.0, 1.5, 1.5]), list("aabcc")
    ... )
    >>> pool.effects, pool.trials
    (5, 3)
    >>> pool.df < pool.trials
    True
    """
    y, covariance, codes = _checked(effects, covariance, trials)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level}")
    number = int(codes.max()) + 1
    if number < 2:
        raise ValueError("trials must name at least two trials")
    scale = float(np.diag(covariance).mean())
    y, covariance = y / np.sqrt(scale), covariance / scale
    shares = [_same(codes), np.eye(len(y))]
    shares = shares[: 1 if number == len(y) else 2]
    tau2 = _restricted_maximum(y, covariance, shares)
    working = covariance + sum(t * share for t, share in zip(tau2, shares, strict=True))
    inverse = np.linalg.inv(working)
    weights = inverse.sum(0)
    model = 1 / weights.sum()
    mean = float(model * weights @ y)
    # Each trial's part of the error of the mean, as a linear form of the effects.
    forms = np.zeros((number, len(y)))
    for code in range(number):
        here = codes == code
        form = model * _adjustment(working[np.ix_(here, here)], model).T @ weights[here]
        forms[code, here] = form
        forms[code] -= form.sum() * model * weights
    variance = float(((forms @ y) ** 2).sum())
    spread = forms @ working @ forms.T
    df = float(np.trace(spread) ** 2 / (spread**2).sum())
    unit = np.sqrt(scale)
    estimate, se = mean * unit, float(np.sqrt(variance)) * unit
    with np.errstate(divide="ignore", invalid="ignore"):  # effects all equal
        statistic = float(np.float64(estimate) / se)
    half = float(special.stdtrit(df, (1 + level) / 2)) * se
    height = _restricted_log_likelihood(tau2, y, covariance, shares)
    return DependentPool(
        effects=len(y),
        trials=number,
        estimate=estimate,
        se=se,
        df=df,
        ci_low=estimate - half,
        ci_high=estimate + half,
        statistic=statistic,
        p=float(2 * special.stdtr(df, -abs(statistic))),
        model_se=float(np.sqrt(model)) * unit,
        tau2_trials=float(tau2[0]) * scale,
        tau2_effects=float(tau2[1]) * scale if len(shares) > 1 else 0.0,
        # with log|X'X|, as metafor has it
        log_likelihood=height
        + 0.5 * np.log(len(y))
        - 0.5 * (len(y) - 1) * np.log(2 * np.pi * scale),
        weights=tuple((model * weights).tolist()),
        level=level,
    )


def _adjustment(working: Floats, model: float) -> Floats:
    """A of CR2 for one trial: A B A' is its working covariance, B that of its residuals."""
    root = np.linalg.cholesky(working).T
    values, vectors = np.linalg.eigh(root @ (working - model) @ root.T)
    kept = values > 1e-10 * values[-1]
    half = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    return root.T @ half @ root


def _restricted_log_likelihood(
    tau2: Floats, y: Floats, covariance: Floats, shares: list[Floats]
) -> float:
    """Up to a constant."""
    working = covariance + sum(t * share for t, share in zip(tau2, shares, strict=True))
    root = np.linalg.cholesky(working)
    both = np.linalg.solve(root, np.column_stack([np.ones(len(y)), y]))
    total = both[:, 0] @ both[:, 0]
    residual = both[:, 1] - both[:, 0] * (both[:, 0] @ both[:, 1] / total)
    return float(-np.log(np.diag(root)).sum() - 0.5 * (np.log(total) + residual @ residual))


def _scores(
    tau2: Floats, y: Floats, covariance: Floats, shares: list[Floats]
) -> tuple[Floats, Floats]:
    """Slopes of that, and their expected information (Harville 1977, eqs 4.2 and 4.3)."""
    working = covariance + sum(t * share for t, share in zip(tau2, shares, strict=True))
    inverse = np.linalg.inv(working)
    weights = inverse.sum(0)
    projection = inverse - np.outer(weights, weights) / weights.sum()
    u = projection @ y
    parts = [projection @ share for share in shares]
    slopes = [u @ share @ u - np.trace(part) for share, part in zip(shares, parts, strict=True)]
    information = [[np.sum(one * other.T) for other in parts] for one in parts]
    return 0.5 * np.array(slopes), 0.5 * np.array(information)


def _restricted_maximum(y: Floats, covariance: Floats, shares: list[Floats]) -> Floats:
    """The variances of highest restricted likelihood, none below 0: from several starts."""
    from scipy import optimize

    y = y - y.mean()
    about = float(y.var()) + 1e-3
    starts = [np.array(start[: len(shares)]) * about for start in _STARTS]
    found = [
        optimize.minimize(
            lambda t: -_restricted_log_likelihood(t, y, covariance, shares),
            start,
            jac=lambda t: -_scores(t, y, covariance, shares)[0],
            method="L-BFGS-B",
            bounds=[(0.0, None)] * len(shares),
            options={"ftol": 1e-15, "gtol": 1e-9},
        )
        for start in starts
    ]
    best = np.asarray(min(found, key=lambda result: result.fun).x)
    # Scoring steps for what is above 0: the search stops where the likelihood hardly changes.
    free = best > 1e-9 * about
    best = np.where(free, best, 0.0)
    for _ in range(50 if free.any() else 0):
        slopes, information = _scores(best, y, covariance, shares)
        step = np.linalg.solve(information[np.ix_(free, free)], slopes[free])
        if (best[free] + step <= 0).any():
            break
        best[free] += step
        if (np.abs(step) <= 1e-12 * best[free]).all():
            break
    return best


# Starts, as shares of the variance of the effects between trials and between effects.
_STARTS = ((0.5, 0.5), (0.01, 1.0), (1.0, 0.01), (0.01, 0.01))


def _codes(trials: Sequence[Hashable], k: int) -> np.ndarray:
    """Trials as numbers, in the order in which they first appear."""
    if len(trials) != k:
        raise ValueError(f"trials must name the trial of each of {k} effects; got {len(trials)}")
    numbers = {trial: place for place, trial in enumerate(dict.fromkeys(trials))}
    return np.array([numbers[trial] for trial in trials])


def _same(codes: np.ndarray) -> Floats:
    return (codes[:, None] == codes).astype(float)


def _checked(
    effects: ArrayLike, covariance: ArrayLike, trials: Sequence[Hashable]
) -> tuple[Floats, Floats, np.ndarray]:
    y, covariance = np.atleast_1d(np.asarray(effects, float)), np.asarray(covariance, float)
    k = len(y)
    if covariance.shape != (k, k) or not np.allclose(covariance, covariance.T, rtol=1e-9, atol=0):
        raise ValueError(f"covariance must be symmetric, {k} by {k}; got {covariance.shape}")
    checked_studies(y, np.diag(covariance), 0.95)
    codes = _codes(trials, k)
    if (covariance[_same(codes) == 0] != 0).any():
        raise ValueError("covariance must be 0 between trials: people are in one trial only")
    deviations = np.sqrt(np.diag(covariance))
    if np.linalg.eigvalsh(covariance / np.outer(deviations, deviations))[0] <= 1e-12 * k:
        raise ValueError("covariance must be positive definite: two effects say the same")
    return y, covariance, codes
