"""What the studies up to each year say together, and what the largest of them say alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evidence_review.estimates.contrast import people
from evidence_review.estimates.pool import PooledContrast, pool, values_of
from evidence_review.review.review import Review
from evidence_review.stats.influence import cumulative
from evidence_review.stats.synthesis import RandomEffects, random_effects

# A trial with this share of the common-effect weight, or more, is a large one.
LARGE = 0.1


@dataclass(frozen=True)
class UpTo:
    """The pool of the trials published up to a year.

    Parameters
    ----------
    year : int
    added : tuple of str
        Labels of the trials of that year.
    people : float
        In all trials up to then.
    random, common : RandomEffects
        With effects that scatter, as the settings have it, and with one common effect. Of a single
        trial, that trial's own.
    """

    year: int
    added: tuple[str, ...]
    people: float
    random: RandomEffects[Any]
    common: RandomEffects[Any]


def by_year(review: Review, pooled: PooledContrast) -> tuple[UpTo, ...]:
    """The trials of a pool added year by year, each year's together, in the order of their years."""
    settings = review.settings
    years = np.array([review.records.study(item.study_id).year for item in pooled.contrasts])
    order = np.argsort(years, kind="stable")
    values, variances = (x[order] for x in pooled.values)
    options: dict[str, Any] = {"level": settings.level}
    both = (
        cumulative(values, variances, tau2=settings.tau2, ci=settings.interval, **options),
        cumulative(values, variances, tau2="EE", ci="z", **options),
    )
    ordered = [pooled.contrasts[place] for place in order]
    found = []
    for year in sorted(set(years)):
        last = int(np.flatnonzero(years[order] == year)[-1])
        count, _ = people(
            review, [item.study_id for item in ordered[: last + 1]], pooled.summary.outcome
        )
        added = tuple(
            item.label for item, when in zip(ordered, years[order], strict=True) if when == year
        )
        found.append(UpTo(int(year), added, count, *(_at(fit, last) for fit in both)))
    return tuple(found)


def _at(fits: RandomEffects[Any], place: int) -> RandomEffects[Any]:
    """One of a batch of pools."""
    found = {
        name: value[place] if isinstance(value, np.ndarray) else value
        for name, value in vars(fits).items()
    }
    return RandomEffects(**found)


def last_up_to(steps: Sequence[UpTo], year: int) -> UpTo | None:
    """The pool of the trials that were published by the end of a year; None before the first."""
    return next((step for step in reversed(steps) if step.year <= year), None)


def years_told(review: Review) -> list[int]:
    """The years of review.csv of which the report says what a reader would have been told."""
    return [int(year) for year in review.about.told_in.split("; ") if year]


@dataclass(frozen=True)
class Largest:
    """The few trials that carry most of the common-effect weight, and all others.

    Parameters
    ----------
    labels : tuple of str
        Of the large ones.
    weight : float
        Their share of the weight, 0 to 1.
    large : RandomEffects
        One common effect of the large ones.
    others : PooledContrast
        Of all others, as the settings have it.
    """

    labels: tuple[str, ...]
    weight: float
    large: RandomEffects[float]
    others: PooledContrast


def largest(review: Review, pooled: PooledContrast) -> Largest | None:
    """The large trials (`LARGE`) beside the others; None unless these carry most of the weight, and few do."""
    _, variances = pooled.values
    weights = 1 / variances / (1 / variances).sum()
    big = weights >= LARGE
    rest = [item for item, large in zip(pooled.contrasts, big, strict=True) if not large]
    others = pool(review, rest, pooled)
    if others is None or weights[big].sum() < 0.5 or big.sum() > len(big) / 4:
        return None
    effects = [effect for effect, large in zip(pooled.effects, big, strict=True) if large]
    fit = random_effects(*values_of(effects), tau2="EE", ci="z", level=pooled.level)
    labels = tuple(item.label for item, large in zip(pooled.contrasts, big, strict=True) if large)
    return Largest(labels, float(weights[big].sum()), fit, others)
