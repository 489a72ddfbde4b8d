"""Standard deviation or standard error? The commonest slip of the pen in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from evidence_review.consistency.groups import change_of_mean, difference_of_means
from evidence_review.consistency.printed import (
    CONSISTENT,
    NOT_CHECKABLE,
    ROUNDED,
    Check,
    Printed,
    answer,
    require_whole,
)


@dataclass(frozen=True)
class SdOrSe(Check):
    """low, high: SDs that the reference predicts for one more study. if_se: printed * sqrt(n)."""

    low: float
    high: float
    if_se: float


def sd_or_se(printed: Printed, n: int, reference_sds: ArrayLike, *, alpha: float = 0.01) -> SdOrSe:
    """Is a printed SD an outlier that would sit among other studies' if it were a standard error?

    reference_sds: SDs of the same quantity in other studies. Inconsistent when the printed figure
    is below the 1 - alpha prediction interval for one more study (t with k - 1 degrees of freedom,
    log SDs taken as normal) and printed * sqrt(n) is inside it. Not checkable with fewer than 5.

    Source: SE = SD / sqrt(n) (Cochrane Handbook 6.5.2.2); the interval is Hahn 1969, J Am Stat Assoc
    64:878. A true SD from the log-normal distribution of the reference is flagged with a
    probability of at most alpha / 2. A study of unusually like people can be flagged too: see
    which reading its p supports (`spread_by_p`). Raises ValueError for n below 2, figures
    that are not above 0, or alpha outside (0, 1).
    """
    require_whole("n", n, 2)
    sds = np.asarray(reference_sds, float)
    if np.any(sds <= 0) or printed.value <= 0:
        raise ValueError("printed and reference_sds must be above 0")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1; got {alpha}")
    if_se = printed.value * sqrt(n)
    if len(sds) < 5:
        text = f"{len(sds)} other SDs are too few to know what is usual"
        return SdOrSe(NOT_CHECKABLE, text, nan, nan, if_se)
    logs, k = np.log(sds), len(sds)
    half = stats.t.isf(alpha / 2, k - 1) * logs.std(ddof=1) * sqrt(1 + 1 / k)
    low, high = (float(np.exp(logs.mean() + end)) for end in (-half, half))
    text = (
        f"{k} other SDs predict {low:.2f} to {high:.2f} for one more; printed {printed}; "
        f"as a standard error of {n} people it would be an SD of {if_se:.2f}"
    )
    return SdOrSe(answer(not (printed.value < low <= if_se <= high)), text, low, high, if_se)


@dataclass(frozen=True)
class SpreadByP(Check):
    """supports: 'SD', 'SE', 'both' or 'neither': the readings of the spreads that give the p."""

    supports: str


def spread_by_p(
    p: Printed,
    *groups: tuple[Printed, Printed, int],
    prints: Sequence[str] = ROUNDED,
) -> SpreadByP:
    """Does the printed p support spreads printed as SDs, or are they standard errors?

    groups: mean, spread and n of one group (a change, its p by `change_of_mean`) or of two (their
    difference, by `difference_of_means`). Two-sided p only: a halved one would pass for another
    reading. Inconsistent only when the p fits standard errors and not SDs: a p that fits neither
    comes from another test.

    Source: SE = SD / sqrt(n) (Cochrane Handbook 6.5.2.2). A true report of an unadjusted t test on
    SDs is never flagged, by construction. Raises ValueError for n below 2 or no, or more than two
    groups.
    """
    if len(groups) not in (1, 2):
        raise ValueError(f"give one group or two; got {len(groups)}")
    settings = {"sides": ("two-sided",), "prints": prints}
    checks = {
        kind: change_of_mean(p, *groups[0], spread_is=kind, **settings)
        if len(groups) == 1
        else difference_of_means(p, *groups, spread_is=kind, **settings)
        for kind in ("SD", "SE")
    }
    fitting = [kind for kind, check in checks.items() if check.answer == CONSISTENT]
    supports = {0: "neither", 2: "both"}.get(len(fitting)) or fitting[0]
    text = "; ".join(
        f"read as {kind} the spreads give p {check.readings[0]}" for kind, check in checks.items()
    )
    return SpreadByP(answer(supports != "SE"), f"{text}; printed {p} supports {supports}", supports)
