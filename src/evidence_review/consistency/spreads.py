"""Is a printed standard deviation in fact a standard error?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.consistency.groups import PAgainstGroups, change_of_mean, difference_of_means
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
    """low, high: SDs that the other studies predict for one more. if_se: printed * sqrt(n)."""

    low: float
    high: float
    if_se: float


def sd_or_se(
    printed: Printed, n: int | None, reference_sds: ArrayLike, *, alpha: float = 0.01
) -> SdOrSe:
    """Is a printed SD too small for an SD, but usual if it were a standard error?

    Inconsistent when the printed figure is below the 1 - alpha prediction interval for one more study
    (t with k - 1 degrees of freedom, log SDs taken as normal) and printed * sqrt(n) is inside it. Not
    checkable with fewer than 5 other SDs, or if the figure is below the interval and n is not printed.

    Parameters
    ----------
    printed : Printed
        The figure that is printed as an SD.
    n : int or None
        People, 2 or more; None where it is not printed.
    reference_sds : array_like
        SDs of the same quantity in other studies.
    alpha : float
        1 less the level of the prediction interval.

    Returns
    -------
    SdOrSe

    Raises
    ------
    ValueError
        For n below 2, figures that are not above 0, or alpha outside (0, 1).

    Notes
    -----
    A true SD from the log-normal distribution of the other SDs is flagged with a probability of at
    most alpha / 2. A study of unusually similar people can be flagged too: `spread_by_p` says which
    reading its p supports.

    References
    ----------
    SE = SD / sqrt(n): Cochrane Handbook 6.5.2.2. The interval: Hahn 1969, J Am Stat Assoc 64:878.

    Examples
    --------
    In 100 people a standard error of 0.7 is an SD of 7, like those of the other studies.

    >>> found = sd_or_se(Printed(0.7, 1), 100, [6.5, 7.0, 7.5, 8.0, 6.0, 7.2])
    >>> found.answer, round(found.if_se, 2)
    ('inconsistent', 7.0)
    """
    sds = np.asarray(reference_sds, float)
    if np.any(sds <= 0) or printed.value <= 0:
        raise ValueError("printed and reference_sds must be above 0")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1; got {alpha}")
    if_se = nan if n is None else printed.value * sqrt(require_whole("n", n, 2))
    if len(sds) < 5:
        text = f"it takes 5 SDs of other studies to know what is usual; here: {len(sds)}"
        return SdOrSe(NOT_CHECKABLE, text, nan, nan, if_se)
    logs, k = np.log(sds), len(sds)
    half = -special.stdtrit(k - 1, alpha / 2) * logs.std(ddof=1) * sqrt(1 + 1 / k)
    low, high = (float(np.exp(logs.mean() + end)) for end in (-half, half))
    text = f"{k} other SDs predict {low:.2f} to {high:.2f} for one more; printed {printed}"
    if printed.value >= low:
        return SdOrSe(CONSISTENT, text, low, high, if_se)
    if n is None:
        text += "; it may be a standard error, but the number of people is not printed"
        return SdOrSe(NOT_CHECKABLE, text, low, high, if_se)
    text += f"; as a standard error of {n} people it would be an SD of {if_se:.2f}"
    return SdOrSe(answer(not low <= if_se <= high), text, low, high, if_se)


@dataclass(frozen=True)
class SpreadByP(Check):
    """supports: 'SD', 'SE', 'both' or 'neither': the readings of the spreads that give the p."""

    supports: str


def spread_by_p(
    p: Printed,
    *groups: tuple[Printed, Printed, int],
    printed_as: str = "SD",
    prints: Sequence[str] = ROUNDED,
) -> SpreadByP:
    """Are the spreads SDs or standard errors, by the printed p?

    Inconsistent when the p fits only the reading that is not printed; not checkable when it fits
    neither, because it then comes from another test or an adjusted model. The p must be two-sided: a
    halved one could fit the wrong reading.

    Parameters
    ----------
    p : Printed
    *groups : tuple of Printed, Printed and int
        Mean, spread and n of one group (a change, its p by `change_of_mean`) or of two (their
        difference, by `difference_of_means`).
    printed_as : str
        What the source calls the spreads, 'SD' or 'SE'.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    SpreadByP

    Raises
    ------
    ValueError
        For n below 2, no or more than two groups, or an unknown `printed_as`.

    Notes
    -----
    A true report of an unadjusted t test is never flagged, by construction.

    References
    ----------
    SE = SD / sqrt(n): Cochrane Handbook 6.5.2.2.

    Examples
    --------
    A change of -6 with p = 0.081 in 9 people: t = -2, so that the standard error is 3 and the SD 9.

    >>> spread_by_p(Printed(0.081, 3), (Printed(-6.0, 1), Printed(3.0, 1), 9)).supports
    'SE'
    """
    if len(groups) not in (1, 2):
        raise ValueError(f"give one group or two; got {len(groups)}")
    if printed_as not in ("SD", "SE"):
        raise ValueError(f"printed_as must be 'SD' or 'SE'; got {printed_as!r}")

    def test(kind: str) -> PAgainstGroups:
        if len(groups) == 1:
            mean, spread, n = groups[0]
            return change_of_mean(
                p, mean, spread, n, spread_is=kind, sides=("two-sided",), prints=prints
            )
        return difference_of_means(
            p, groups[0], groups[1], spread_is=kind, sides=("two-sided",), prints=prints
        )

    checks = {kind: test(kind) for kind in ("SD", "SE")}
    fitting = [kind for kind, check in checks.items() if check.answer == CONSISTENT]
    supports = {0: "neither", 2: "both"}.get(len(fitting)) or fitting[0]
    text = "; ".join(
        f"read as {kind} the spreads give p {check.readings[0]}" for kind, check in checks.items()
    )
    return SpreadByP(
        answer(printed_as in fitting) if fitting else NOT_CHECKABLE,
        f"{text}; the printed p {p} fits {supports}; they are printed as {printed_as}",
        supports,
    )
