"""Compute many points of a sweep on the effect against placebo as arrays.

Points that share all that the quantities read (benchmark, population, estimator), but for a few numbers (an
assumed SD, a correlation, a level, a weight) and the bias, form a group, which is computed at once.
`points.quantities` computes one point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from evidence_review.estimates.change import SingleArmChange, placebo_arms
from evidence_review.placebo.bias import appraised_change
from evidence_review.placebo.response import benchmark
from evidence_review.review.review import Review
from evidence_review.review.settings import OWN_ARMS, READ, SettingsError
from evidence_review.stats.intervals import t_quantile
from evidence_review.stats.synthesis import RandomEffects, random_effects
from evidence_review.sweep.points import NEEDS_A_CHANGE, QUANTITY_LABELS, Quantities, quantities

# Settings that may differ within a group of points.
_NUMBERS = ("change_sd", "pre_post_r", "discount", "level")
_AS_ARRAYS = (*_NUMBERS, "bias")

Columns = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Batch:
    """The results of a batch of points.

    Parameters
    ----------
    numbers : numpy.ndarray
        (points, quantities), in the order of `Quantities`; nan for no result.
    messages : numpy.ndarray
        (points,), texts: why there is no result, or ''.
    """

    numbers: np.ndarray
    messages: np.ndarray


def batch_quantities(review: Review, columns: Columns) -> Batch:
    """The quantities at many points.

    An error at one point becomes its message; the other points still have results.

    Parameters
    ----------
    review : Review
        The review under the settings that do not vary.
    columns : dict of numpy.ndarray
        The values of each varying setting, (points,): texts as objects, or numbers.

    Returns
    -------
    Batch
        It equals `points.quantities` for each point, to 1e-12 or better.
    """
    count = len(next(iter(columns.values())))
    numbers = np.full((count, len(QUANTITY_LABELS)), np.nan)
    messages = np.full(count, "", dtype=object)
    groups: list[tuple[Review, frozenset[str], np.ndarray]] = [
        (review, frozenset(_AS_ARRAYS), np.arange(count))
    ]
    while groups:
        moved, done, members = groups.pop()
        part = {name: column[members] for name, column in columns.items()}
        apart = sorted((_read_by(moved) & part.keys()) - done)
        if apart:
            for named, places in _alike(part, apart):
                try:
                    group = moved.under(**named), done.union(apart), members[places]
                except SettingsError as error:  # of the whole group
                    messages[members[places]] = str(error)
                else:
                    groups.append(group)
            continue
        try:
            found = _together(moved, part)
            numbers[members] = np.column_stack(np.broadcast_arrays(*astuple(found)))
        except SettingsError as error:
            messages[members] = str(error)
        except MemoryError:
            raise
        except Exception:  # some point is wrong: compute each alone
            for place in members:
                numbers[place], messages[place] = _alone(
                    review, {name: setting_value(c[place]) for name, c in columns.items()}
                )
    return Batch(numbers, messages)


def _read_by(review: Review) -> set[str]:
    """Names of the settings that the quantities read; which these are may depend on their values."""
    read = {"outcome"}  # of which a review keeps a note of its own
    reading = READ.set(read)
    try:
        quantities(review)
    except MemoryError:
        raise
    except Exception:  # what was read up to here decided on it
        pass
    finally:
        READ.reset(reading)
    return read


def _alike(columns: Columns, names: Sequence[str]) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Groups of points with the same values of some settings: the values, and the places of the points."""
    codes = row_codes([columns[name] for name in names], len(columns[names[0]]))
    for code in np.unique(codes):
        places = np.flatnonzero(codes == code)
        yield {name: setting_value(columns[name][places[0]]) for name in names}, places


def setting_value(value: Any) -> float | str | None:
    """The value of a setting from a cell of a column of points; None for nan."""
    if value is None or isinstance(value, str):
        return value
    return None if isnan(value) else float(value)


def row_codes(columns: Iterable[np.ndarray], count: int) -> np.ndarray:
    """A code for each of `count` rows, (count,): equal for equal rows, from 0 in the order of first rows.

    nan is equal to nan.
    """
    codes = np.zeros(count, dtype=int)
    for column in columns:
        code, values = pd.factorize(column, use_na_sentinel=False)
        codes, _ = pd.factorize(codes * len(values) + code)
    return codes


def _alone(review: Review, values: dict) -> tuple[tuple, str]:
    """The quantities of one point, and its message."""
    try:
        return astuple(quantities(review.under(**values))), ""
    except MemoryError:
        raise
    except Exception as error:
        is_told = isinstance(error, ValueError)
        message = str(error) if is_told else f"{type(error).__name__}: {error}"
        return (np.nan,) * len(QUANTITY_LABELS), message


def _together(review: Review, part: Columns) -> Quantities:
    """The quantities of a group, each a number or an array with a number for each point.

    Raises SettingsError if the settings of the group leave fewer than two placebo arms, and ValueError if a
    number is not allowed for its outcome.
    """
    for name in part.keys() & set(_NUMBERS):
        low, high = review.bounds(name)
        if not ((part[name] >= low) & (part[name] <= high)).all():
            raise ValueError(f"{name} is not allowed at every point")
    value = lambda name: part.get(name, getattr(review.settings, name))
    chosen = benchmark(review)
    count = len(next(iter(part.values())))
    upper = (1 + value("level")) / 2
    if chosen.benchmark_id == OWN_ARMS:
        fit = _pooled(review, part)
        mean, se, tau = fit.estimate, fit.se, fit.tau
        half = t_quantile(np.broadcast_to(fit.df, count), upper) * se
    else:
        mean, se = chosen.mean, chosen.se
        # A published pool without a tau gets that of the review's own arms.
        own_tau = chosen.published is not None and chosen.published.tau == chosen.published.tau
        tau = chosen.tau if own_tau else _pooled(review, part).tau
        half = special.ndtri(upper) * se
    df = np.full(count, np.inf if chosen.df is None else chosen.df)
    quantile = t_quantile(df, upper)
    spread = np.hypot(tau, se)
    held = dict.fromkeys(NEEDS_A_CHANGE, np.nan)
    appraised = appraised_change(review)
    if appraised is not None:
        off, off_sd = _bias(review, part)
        change = appraised.printed.mean - off
        (variance,) = _variances(review, lambda moved: [_printed(moved)], part).T
        scale = np.sqrt(spread**2 + variance / value("discount") + off_sd**2)
        beyond = change - mean
        z = -chosen.measure.benefit(1.0) * beyond / scale
        is_normal = chosen.df is None
        as_good = special.ndtr(z) if is_normal else special.stdtr(chosen.df, z)
        held = {
            "change": change,
            "placebo_as_good": 100 * as_good,
            "beyond_placebo": beyond,
            "beyond_placebo_low": beyond - quantile * scale,
            "beyond_placebo_high": beyond + quantile * scale,
        }
    return Quantities(
        placebo_arms=float(chosen.k),
        placebo_mean=mean,
        placebo_mean_low=mean - half,
        placebo_mean_high=mean + half,
        tau=tau,
        new_trial_low=mean - quantile * spread,
        new_trial_high=mean + quantile * spread,
        **held,
    )


def _pooled(review: Review, part: Columns) -> RandomEffects:
    """The pool of the review's placebo arms at each point, or one pool if all points share it."""
    variances = _variances(review, lambda moved: placebo_arms(moved).usable, part)
    means = [arm.mean for arm in placebo_arms(review).usable]
    settings = review.settings
    return random_effects(
        np.broadcast_to(means, variances.shape),
        variances,
        tau2=settings.tau2,
        ci=settings.interval,
    )


def _printed(review: Review) -> SingleArmChange:
    appraised = appraised_change(review)
    assert appraised is not None
    return appraised.printed


def _bias(review: Review, part: Columns) -> tuple[np.ndarray, np.ndarray]:
    """The bias subtracted from the uncontrolled change, and its SD, in the unit of the scale."""
    code, names = pd.factorize(part.get("bias", np.array([review.settings.bias], dtype=object)))
    found = [appraised_change(review.under(bias=name)) for name in names]
    means = np.array([one.taken_off / one.per_sd for one in found if one is not None])
    sds = np.array([one.bias.sd if one.bias else 0.0 for one in found if one is not None])
    per_sd = part.get("change_sd", review.settings.change_sd)
    return means[code] * per_sd, sds[code] * per_sd


def _variances(
    review: Review, changes: Callable[[Review], Sequence[SingleArmChange]], part: Columns
) -> np.ndarray:
    """The squared standard errors of changes under assumptions: (points, changes), or (1, changes).

    A variance that depends on a correlation is linear in it (`recover.sd_of_change`), and one that
    depends on an assumed SD is linear in its square. So the values at both ends of the allowed range
    determine all values between.
    """
    variances = np.array([[change.se**2 for change in changes(review)]])
    for name, straight in (("pre_post_r", 1), ("change_sd", 2)):
        if name not in part:
            continue
        ends = review.bounds(name)
        first, last = (changes(review.under(**{name: end})) for end in ends)
        if [change.route for change in first] != [change.route for change in last]:
            raise ValueError(f"{name} chooses between routes to a standard error")
        low, high = (np.array([change.se**2 for change in end]) for end in (first, last))
        moved = low != high
        if moved.any():
            start, end = (value**straight for value in ends)
            share = ((part[name] ** straight - start) / (end - start))[:, None]
            variances = np.array(np.broadcast_to(variances, (len(share), len(low))))
            variances[:, moved] = low[moved] * (1 - share) + high[moved] * share
    return variances
