"""What moves the answer: the share of placebo arms that do as well, under every other choice.

One setting at a time, over what its table allows. Tipping points for the same settings are found by
`tipping`; both ask whether the share falls below RARELY.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isnan, nan

import numpy as np

from evidence_review.placebo.against import against_chosen
from evidence_review.placebo.response import benchmark
from evidence_review.review.finding import RARELY
from evidence_review.review.review import Review, once
from evidence_review.sensitivity.tipping import tipping_point

# Values of a number at which the share is computed, ends included: it need not rise or fall only.
_STEPS = 5


@dataclass(frozen=True)
class Sensitivity:
    """The share of placebo arms that do as well or better, as one setting moves.

    Parameters
    ----------
    name : str
        The setting.
    is_estimand : bool
        Whether it changes what is asked.
    values : tuple
        Each value tried.
    arms, shares : tuple of float
        For each value the placebo arms or trials behind it (nan unknown), and the share, 0 to 1.
    left_out : tuple of str
        Values that leave fewer than two arms.
    now_value, now : float or str, float
        The value and the share as things are.
    """

    name: str
    is_estimand: bool
    values: tuple[float | str, ...]
    arms: tuple[float, ...]
    left_out: tuple[str, ...]
    shares: tuple[float, ...]
    now_value: float | str
    now: float

    @property
    def low(self) -> tuple[float, float | str]:
        """The smallest share, and the value that gives it."""
        return min(zip(self.shares, self.values, strict=True), key=lambda pair: pair[0])

    @property
    def high(self) -> tuple[float, float | str]:
        """The largest share, and the value that gives it."""
        return max(zip(self.shares, self.values, strict=True), key=lambda pair: pair[0])


def _share_and_arms(review: Review) -> tuple[float, float]:
    """Share of placebo arms that do as well as the uncontrolled change or better, and their number.

    nan without such a change.
    """
    found = against_chosen(review)
    return (nan, nan) if found is None else (found.as_good, benchmark(review).k)


@once
def sensitivities(review: Review) -> tuple[Sensitivity, ...]:
    """Every setting that moves the share, what is asked first, then by how far it moves it.

    A choice that leaves fewer than two placebo arms is left out. Empty without a change.
    """
    now, _ = _share_and_arms(review)
    if isnan(now):
        return ()
    found = []
    for entry in fields(review.settings):
        one = _one(review, entry, now)
        if one is not None and max(one.shares) - min(one.shares) > 1e-9:
            found.append(one)
    return tuple(sorted(found, key=lambda s: (not s.is_estimand, s.low[0] - s.high[0])))


def _one(review: Review, entry, now: float) -> Sensitivity | None:
    limits = review.limits[entry.name]
    if entry.name in ("review", "level") or not (limits.choices or limits.low is not None):
        return None
    if getattr(review.settings, entry.name) is None:  # what would need it is not used
        return None
    values = limits.choices or np.linspace(*review.bounds(entry.name), _STEPS).tolist()
    found, left_out = {}, []
    for value in values:
        try:
            found[value] = _share_and_arms(review.under(**{entry.name: value}))
        except ValueError:  # fewer than two such arms: nothing to compare with
            left_out.append(str(value))
    return Sensitivity(
        entry.name,
        entry.metadata["estimand"],
        tuple(found),
        tuple(arms for _, arms in found.values()),
        tuple(left_out),
        tuple(share for share, _ in found.values()),
        getattr(review.settings, entry.name),
        now,
    )


def tips_at(review: Review, one: Sensitivity) -> float:
    """Where a number makes the share cross RARELY; nan if nowhere in its range, or for a choice."""
    low, high = one.values[0], one.values[-1]
    if isinstance(low, str) or isinstance(high, str):
        return nan
    share = lambda value: _share_and_arms(review.under(**{one.name: value}))[0]
    return tipping_point(share, threshold=RARELY, low=low, high=high)
