"""The one integral of the normal-normal model, over log tau, by panels that follow the integrand.

In u = log tau every term of the log density changes over distances of about 1, at whatever scale the
figures are, so that a scan finds each peak; the density itself may be as narrow as one part in a
million. Panels start around the peaks and are halved until the last Legendre coefficients of the
density, and of its products with what the moments need, have died out. Everything is computed as a
difference from its value at the highest peak, without subtracting large numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evidence_review.stats.tau_priors import Normal, TauPrior

# Gauss-Legendre nodes in a panel, and the matrix from values at them to Legendre coefficients.
PER_PANEL = 16
LEGENDRE = np.polynomial.legendre.leggauss(PER_PANEL)
_COEFFICIENTS = (
    np.polynomial.legendre.legvander(LEGENDRE[0], PER_PANEL - 1).T
    * LEGENDRE[1]
    * (np.arange(PER_PANEL)[:, None] + 0.5)
)
_LAST = 3  # coefficients whose size stands for what a panel misses
# A panel is halved while its last coefficients are above this share of the whole integral.
_RESOLVED = 1e-8
# Of a posterior without one study, what may lie beyond the nodes of all, or go to rounding.
_LOST = 1e-13
_GROWTH = 1.4  # of first panels away from a peak
# What is this far below the peak, in logs, counts for nothing: exp(-46) is 1e-20.
_NEGLIGIBLE = 46.0
# From this many half squared standard errors on, differences are computed as such.
_LARGE_SQUARES = 1e3
_SCAN = 0.25  # spacing of the scan of log tau
_HIGHEST = 345.0  # exp(2 * 345) is about the largest number that there is
_MOST_PANELS, _MOST_ROUNDS = 4000, 60
# What is promised of probabilities, and of moments relative to their size.
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Likelihood:
    """Studies, and the prior for mu as one more study whose error tau does not widen.

    With a normal prior, mu integrated by hand leaves the likelihood of k + 1 studies under a flat one.
    """

    y: np.ndarray
    variances: np.ndarray
    widened: np.ndarray  # 1 for studies, 0 for the prior
    centre: float  # taken off effects and means

    @classmethod
    def of(cls, effects: np.ndarray, ses: np.ndarray, mu_prior: Normal | None) -> Likelihood:
        prior = [] if mu_prior is None else [mu_prior]
        y = np.append(effects, [p.mean for p in prior])
        variances = np.append(ses, [p.sd for p in prior]) ** 2
        widened = np.append(np.ones(len(effects)), [0.0 for _ in prior])
        return cls(y, variances, widened, float(y[np.argmin(variances)]))

    def centred(self, log_tau: float) -> Likelihood:
        """With the centre at the most precise effect: no mean is far from it in units of its SD."""
        total = self.variances + self.widened * np.exp(2 * log_tau)
        return replace(self, centre=float(self.y[np.argmin(total)]))

    def given(self, log_tau: np.ndarray) -> Given:
        """What follows from log tau (Röver 2020, eqs. 7 to 10)."""
        with np.errstate(under="ignore"):
            total = self.variances + self.widened * np.exp(2 * log_tau)[..., None]
        w = 1 / total
        precision = w.sum(-1)
        offset = (w @ (self.y - self.centre)) / precision
        squares = 0.5 * (w * ((self.y - self.centre) - offset[..., None]) ** 2).sum(-1)
        rest = 0.5 * (np.log(w).sum(-1) - np.log(precision))
        return Given(offset, 1 / precision, rest, squares, w)

    def anchored(self, log_tau: float) -> Anchored:
        at = self.given(np.array(log_tau))
        residuals = (self.y - self.centre) - at.offset
        return Anchored(self, log_tau, at, residuals)


@dataclass(frozen=True)
class Given:
    """Mean of mu less the centre, its variance, and the two parts of the log likelihood.

    The log likelihood is rest - squares - (k - 1) log(2 pi) / 2. weights: of the studies.
    """

    offset: np.ndarray
    variance: np.ndarray
    rest: np.ndarray
    squares: np.ndarray
    weights: np.ndarray

    @property
    def log_likelihood(self) -> np.ndarray:
        return self.rest - self.squares - 0.5 * (self.weights.shape[-1] - 1) * np.log(2 * np.pi)


@dataclass(frozen=True)
class Anchored:
    """The likelihood relative to its value at one log tau."""

    likelihood: Likelihood
    log_tau: float
    given: Given
    residuals: np.ndarray

    @property
    def log_likelihood(self) -> float:
        return float(self.given.log_likelihood)

    def at(self, step: np.ndarray) -> tuple[Given, np.ndarray]:
        """What follows from log tau + step, and the log likelihood less the one at the anchor."""
        own, there = self.likelihood, self.given
        here = own.given(self.log_tau + step)
        relative = (here.rest - there.rest) - (here.squares - there.squares)
        if there.squares < _LARGE_SQUARES:
            return here, relative
        # Weight less weight at the anchor: -(tau^2 - anchor^2) w w_anchor, never w - w_anchor.
        near = np.abs(step) < 1
        grown = np.exp(2 * self.log_tau) * np.expm1(2 * np.where(near, step, 0.0))
        change = -own.widened * (grown[..., None] * here.weights) * there.weights
        total = here.weights @ self.residuals
        recentred = (
            total**2 * here.variance - (there.weights @ self.residuals) ** 2 * there.variance
        )
        moved = 0.5 * (change @ self.residuals**2 - recentred)
        offset = there.offset + total * here.variance
        return (
            replace(here, offset=np.where(near, offset, here.offset), squares=np.abs(moved)),
            np.where(near, here.rest - there.rest - moved, relative),
        )


@dataclass(frozen=True)
class Rule:
    """Nodes and weights for s priors at once.

    starts, ends: of the panels, as steps of log tau from the anchor, in order, with gaps where
    there is nothing. steps, offsets, variances, shape (n,): the nodes, and mean (less the
    likelihood's centre) and variance of mu at them. weights, shape (s, n), add to 1 in each row. log_totals:
    log integral of the density over the one at the anchor. errors: bounds on the relative error
    of probabilities and moments, shape (s,).
    """

    anchor: Anchored
    starts: np.ndarray
    ends: np.ndarray
    steps: np.ndarray
    offsets: np.ndarray
    variances: np.ndarray
    weights: np.ndarray
    log_totals: np.ndarray
    errors: np.ndarray

    @property
    def tau(self) -> np.ndarray:
        return np.exp(self.anchor.log_tau + self.steps)


class CannotIntegrateError(ValueError):
    """The posterior of tau cannot be integrated to the accuracy that is promised."""


def integrate(likelihood: Likelihood, priors: Sequence[TauPrior], moments: Sequence[int]) -> Rule:
    """One rule for the posteriors of tau under every prior.

    moments: for each prior, how many moments of tau exist (0, 1 or 2); so many are resolved.
    Raises CannotIntegrateError with the reason. Where several priors need rules that are too
    different, the errors of some are large: integrate these alone.
    """
    grid, breaks = _scan(likelihood, priors, moments)
    log_likelihood = likelihood.given(grid).log_likelihood
    shape = np.array([log_density_of_log(prior, grid) for prior in priors])
    heights = log_likelihood + shape
    best = np.unravel_index(np.argmax(heights), heights.shape)
    if len(priors) == 1:
        peaks, widths = _peaks(likelihood, priors[0], grid, heights[0])
    else:
        peaks, widths = grid[[best[1]]], np.array([1.0])
    anchor = likelihood.centred(float(peaks[0])).anchored(float(peaks[0]))
    _refuse_endless(priors, moments, grid, heights)
    edges = _first_edges(grid, heights, moments, breaks, peaks, widths)
    rule = _refined(anchor, priors, moments, edges)
    if len(priors) > 1:
        rule.errors[_narrow(heights)] = np.inf
    return rule


@dataclass(frozen=True)
class LeftOut:
    """The posterior without one study, on the nodes of the rule of all, for several studies.

    weights, offsets, variances, shape (s, n): as those of `Rule`, a row for the study that is left
    out. are_resolved, shape (s,): where these nodes do not serve, integrate the others alone.
    """

    weights: np.ndarray
    offsets: np.ndarray
    variances: np.ndarray
    are_resolved: np.ndarray


def without(rule: Rule, studies: slice, moments: int) -> LeftOut:
    """The posteriors without each of these studies, from a rule of one prior under a flat mu.

    A study enters each sum over studies as one term. With share h of the weight w of all, and
    residual r, the others have precision (1 - h) times that of all, and the log likelihood of all
    is theirs plus (log(w (1 - h)) - w r^2 / (1 - h)) / 2: the density is weighted anew, for as many
    operations as there are nodes. moments: how many of tau exist without a study.
    """
    own = rule.anchor.likelihood
    y, variances = own.y[studies, None] - own.centre, own.variances[studies, None]
    # Where one study has all the weight, nothing is left: nan, which is not resolved.
    with np.errstate(all="ignore"):
        w = 1 / (variances + rule.tau**2)
        rest = 1 - w * rule.variances
        residuals = y - rule.offsets
        misfit = w * residuals**2 / rest
        log_density = np.log(rule.weights) - 0.5 * (np.log(w * rest) - misfit)
        weights = np.exp(log_density - log_density.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        offsets = rule.offsets - w * residuals * rule.variances / rest
        variances = rule.variances / rest
        panels = (len(weights), len(rule.starts), PER_PANEL)
        # A weight is a density times the length of a panel and the weight of a node.
        lengths = 0.5 * (rule.ends - rule.starts)[:, None] * LEGENDRE[1]
        density = weights.reshape(panels) / lengths
        missed = _missed(
            rule.anchor,
            [moments] * len(weights),
            rule.starts,
            rule.ends,
            rule.steps.reshape(panels[1:]),
            offsets.reshape(panels),
            variances.reshape(panels),
            None,
            np.log(density),
        )
        rounding = np.finfo(float).eps * (weights * (1 + misfit) / rest).sum(-1)
    lost = np.maximum(rounding, density[:, 0, 0] + density[:, -1, -1])
    return LeftOut(weights, offsets, variances, (missed.max(1) < _RESOLVED) & (lost < _LOST))


def log_density_of_log(prior: TauPrior, log_tau: np.ndarray) -> np.ndarray:
    """Log density of log tau."""
    at = prior.features[0] - 1.0  # inside the range of every prior
    there = float(prior.log_density(np.exp(at))) + at
    with np.errstate(over="ignore"):
        return there + prior.log_ratio(at, log_tau - at)


def _scan(likelihood, priors, moments) -> tuple[np.ndarray, np.ndarray]:
    """Values of log tau from where the density is nothing to where it is nothing again, close
    where it can have features; and the upper ends of priors, where it breaks off."""
    sds = np.sqrt(likelihood.variances[likelihood.widened > 0])
    reach = np.ptp(likelihood.y)
    lowest = np.log(min(sds.min(), sds.min() ** 2 / max(reach, sds.min())))
    highest = np.log(max(np.sqrt(likelihood.variances.max()), reach))
    features = np.array([prior.features for prior in priors])
    low, high = min(lowest, features.min()) - 2, max(highest, features.max()) + 3
    left, right = low - _NEGLIGIBLE - 2, high
    for prior, count in zip(priors, moments, strict=True):
        sigma = getattr(prior, "sigma", 0.0)
        left = min(left, features[:, 0].min() - 10 * sigma)
        right = max(right, features[:, 1].max() + count * sigma**2 + 10 * sigma)
        if np.isfinite(prior.tail):
            power = (
                prior.tail
                + likelihood.widened.sum()
                - (0 if (likelihood.widened == 0).any() else 1)
            )
            right = max(right, high + _NEGLIGIBLE / (power - 1 - count))
    right = min(right, _HIGHEST)
    ends = np.array([prior.upper for prior in priors])
    if np.isfinite(ends).all():
        right = min(right, float(np.log(ends.max())))
    inner = np.arange(min(low, right - 1), min(high, right), _SCAN)
    outer = np.linspace(left, inner[0], 16, endpoint=False)
    beyond = np.linspace(right, inner[-1], 16, endpoint=False)[::-1]
    breaks = np.log(np.unique(ends[np.isfinite(ends)]))
    return np.unique(np.concatenate([outer, inner, beyond])), breaks


def _peaks(likelihood, prior, grid, heights) -> tuple[np.ndarray, np.ndarray]:
    """Every local maximum that may count, highest first, and the SD of a normal peak like it."""
    padded = np.concatenate([[-np.inf], heights, [-np.inf]])
    tops = np.flatnonzero((heights >= padded[:-2]) & (heights > padded[2:]))
    before, after = np.maximum(tops - 1, 0), np.minimum(tops + 1, len(heights) - 1)
    drops = heights[tops] - np.minimum(heights[before], heights[after])
    possible = heights[tops] + drops
    counts = possible > heights.max() - _NEGLIGIBLE
    tops, drops = tops[counts], drops[counts]
    low, high = grid[before[counts]], grid[after[counts]]
    at, height = grid[tops], heights[tops]
    fall = 0.5 * drops
    for _ in range(16):
        if np.all(fall < 1.0):
            break
        points = np.linspace(low, high, 17, axis=-1)
        values = likelihood.given(points).log_likelihood + log_density_of_log(prior, points)
        where = values.argmax(-1)
        pick = lambda array, place: np.take_along_axis(array, place[:, None], -1)[:, 0]
        before, after = np.maximum(where - 1, 0), np.minimum(where + 1, 16)
        at, height = pick(points, where), pick(values, where)
        low, high = pick(points, before), pick(points, after)
        fall = height - 0.5 * (pick(values, before) + pick(values, after))
    # A normal peak, or one that is cut off where it is steep.
    # Where terms are so large that their rounding hides the fall, the width is only a first guess.
    widths = 0.5 * (high - low) / np.maximum(np.sqrt(2 * np.maximum(fall, 1e-12)), 2 * fall)
    order = np.argsort(-height)
    return at[order], widths[order]


def _narrow(heights: np.ndarray) -> np.ndarray:
    """Which rows have a peak that a scan may jump over."""
    top = heights.argmax(1)
    beside = np.clip(top[:, None] + [-1, 1], 0, heights.shape[1] - 1)
    row = np.arange(len(heights))
    return heights[row, top] - heights[row[:, None], beside].min(1) > 4


def _refuse_endless(priors, moments, grid, heights) -> None:
    """Refuse a prior whose tail goes beyond the largest numbers."""
    for prior, count, row in zip(priors, moments, heights, strict=True):
        if np.isfinite(prior.upper) or grid[-1] < _HIGHEST:
            continue
        of_moment = row + count * grid
        if max(row[-1] - row.max(), of_moment[-1] - of_moment.max()) > -_NEGLIGIBLE / 2:
            raise CannotIntegrateError(
                f"{prior} puts so much of its weight on values of tau beyond the largest number "
                "that a computer holds that the posterior cannot be integrated; choose a prior "
                "that falls faster"
            )


def _first_edges(grid, heights, moments, breaks, peaks, widths) -> np.ndarray:
    """Edges of the first panels, as steps of log tau from the highest peak."""
    of_moments = heights + np.array(moments)[:, None] * grid
    counts = np.zeros(len(grid), bool)
    for rows in (heights, of_moments):
        counts |= (rows - rows.max(1, keepdims=True) > -_NEGLIGIBLE).any(0)
    first, last = np.flatnonzero(counts)[[0, -1]]
    left, right = grid[max(first - 1, 0)], grid[min(last + 1, len(grid) - 1)]
    left, right, breaks, peaks = (x - peaks[0] for x in (left, right, breaks, peaks))
    edges = [np.array([left, right]), breaks, peaks]
    for peak, width in zip(peaks, widths, strict=True):
        first = min(2.5 * width, 1.5)
        count = np.ceil(np.log1p((right - left) / first * (_GROWTH - 1)) / np.log(_GROWTH))
        steps = first * (_GROWTH ** np.arange(1, count + 1) - 1) / (_GROWTH - 1)
        edges += [peak - steps, peak + steps]
    edges = np.unique(np.concatenate(edges))
    return edges[(edges >= left) & (edges <= right)]


def _refined(anchor, priors, moments, edges) -> Rule:
    """Halve panels until every one is resolved for every prior."""
    starts, ends = edges[:-1], edges[1:]
    parts = _at_nodes(anchor, priors, starts, ends)
    missed = _missed(anchor, moments, starts, ends, *parts)
    for _ in range(_MOST_ROUNDS):
        worst = missed.max(0)
        split = (worst > _RESOLVED) | _jumped_over(starts, ends, parts[-1])
        split &= ends - starts > 1e-13 * np.maximum(np.abs(starts), np.abs(ends))
        if not split.any() or len(starts) + split.sum() > _MOST_PANELS:
            break
        middle = 0.5 * (starts[split] + ends[split])
        halves = (
            np.concatenate([starts[split], middle]),
            np.concatenate([middle, ends[split]]),
        )
        fresh = _at_nodes(anchor, priors, *halves)
        starts, ends = (
            np.concatenate([old[~split], new])
            for old, new in zip((starts, ends), halves, strict=True)
        )
        parts = tuple(
            np.concatenate([old[..., ~split, :], new], axis=-2)
            for old, new in zip(parts, fresh, strict=True)
        )
        missed = _missed(anchor, moments, starts, ends, *parts)
    order = np.argsort(starts)
    starts, ends = starts[order], ends[order]
    steps, offsets, variances, sizes, log_densities = (part[..., order, :] for part in parts)
    measure = np.log(0.5 * (ends - starts)[:, None] * LEGENDRE[1])
    log_masses = (log_densities + measure).reshape(len(priors), -1)
    top = log_masses.max(1, keepdims=True)
    masses = np.exp(log_masses - top)
    totals = masses.sum(1, keepdims=True)
    weights = masses / totals
    rounding = 4 * np.finfo(float).eps * (weights * (1 + sizes.reshape(len(priors), -1))).sum(1)
    rule = Rule(
        anchor,
        starts,
        ends,
        steps.ravel(),
        offsets.ravel(),
        variances.ravel(),
        weights,
        (np.log(totals) + top)[:, 0],
        missed.sum(1) + rounding,
    )
    if len(priors) == 1 and not rule.errors[0] < TOLERANCE:
        reason = (
            "it changes faster than double precision can follow: the figures differ by too many of "
            "their standard errors, or a prior is too narrow"
        )
        raise CannotIntegrateError(
            f"the posterior of tau cannot be integrated to {TOLERANCE:g}; {reason}"
        )
    return rule


def _jumped_over(starts, ends, log_densities) -> np.ndarray:
    """Panels that end at the anchor, a peak, and whose nodes are all far below it."""
    below = np.where(starts == 0, log_densities[..., 0].max(0), 0.0)
    below = np.where(ends == 0, log_densities[..., -1].max(0), below)
    return below < -3


def _at_nodes(anchor, priors, starts, ends):
    """Steps, offsets, variances, shape (panels, nodes), then sizes of terms and log densities (s, panels, nodes)."""
    steps = starts[:, None] + 0.5 * (ends - starts)[:, None] * (LEGENDRE[0] + 1)
    given, relative = anchor.at(steps)
    with np.errstate(over="ignore"):
        log_priors = np.array([prior.log_ratio(anchor.log_tau, steps) for prior in priors])
    sizes = given.squares + np.where(np.isfinite(log_priors), np.abs(log_priors), 0.0)
    return steps, given.offset, given.variance, sizes, relative + log_priors


def _missed(anchor, moments, starts, ends, steps, offsets, variances, _, log_densities):
    """What each panel may miss of any integral that is needed, as a share of the whole: (s, panels)."""
    half = 0.5 * (ends - starts)
    density = np.exp(log_densities - log_densities.max((1, 2), keepdims=True))
    count = np.array(moments)[:, None, None]
    proper = (anchor.likelihood.widened == 0).any()
    unit = np.sqrt(variances)
    # Each with what its size is measured by.
    mean = np.hypot(offsets, unit)
    values, measures = [density, density * (offsets / mean)], [density, density]
    log_tau = anchor.log_tau + steps
    if (count >= 1).any():
        lifted = np.where(count >= 1, log_densities + count * log_tau, log_densities)
        values.append(np.exp(lifted - lifted.max((1, 2), keepdims=True)))
        measures.append(values[-1])
    if proper or (count >= 2).any():
        squared = np.where(proper | (count >= 2), mean**2, 1.0)
        values += [density * squared, density * np.sqrt(squared) * (offsets / mean)]
        measures += [values[-2], density * np.sqrt(squared)]
    last = np.abs(np.array(values) @ _COEFFICIENTS[-_LAST:].T).max(-1) * half
    whole = (np.array(measures) @ LEGENDRE[1]) @ half
    return (last / whole[..., None]).max(0)
