"""Mean and SD of the people of an arm, from its median with quartiles or range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evidence_review.estimates.reasons import NO_WIDTH, SKEWED, TOO_FEW
from evidence_review.estimates.route import Refused, exact, of_one_unit, rounded
from evidence_review.records import Reported
from evidence_review.stats import summaries
from evidence_review.stats.figures import Recovered, over_all


@dataclass(frozen=True)
class OfQuantiles:
    """Mean and SD of people by their median with quartiles or range, and how precise both are.

    Parameters
    ----------
    mean, sd : Recovered
    variance : float
        Of the mean, in units of the SD squared.
    df : float
        Degrees of freedom that the SD is worth.
    used : tuple of Reported
    """

    mean: Recovered
    sd: Recovered
    variance: float
    df: float
    used: tuple[Reported, ...]


def of_quantiles(
    get: Callable[..., Reported], week: float, people: Reported, of: str = ""
) -> OfQuantiles | Refused:
    """What an arm's quantiles at a week say; refused where its values are plainly skewed.

    of: '' for scores, ``'change_'`` for changes.
    """
    figure = lambda name: get(f"{of}{name}", week=week)
    median, quartiles = figure("median"), [figure("q1"), figure("q3")]
    extremes = [figure("minimum"), figure("maximum")]
    pairs = [pair for pair in (extremes, quartiles) if all(entry.found for entry in pair)]
    used = [median, *(entry for pair in pairs for entry in pair), people]
    refused = exact(used) or (Refused() if not pairs else None) or of_one_unit(used[:-1])
    if refused is not None:
        return refused
    if people.value < 4:
        return Refused(TOO_FEW)
    if any(high.value == low.value for low, high in pairs):
        return Refused(NO_WIDTH)
    names = [
        *(("minimum", "maximum") if extremes in pairs else ()),
        *(("q1", "q3") if quartiles in pairs else ()),
    ]
    entries = [
        rounded(median),
        *(x for pair in pairs for x in map(rounded, sorted(pair, key=_size))),
    ]
    shown = dict(zip(names, (entry.value for entry in entries[1:]), strict=True))
    n = people.value
    skew, critical = summaries.skewness_of_quantiles(n, median.value, **shown)
    if skew > critical:
        return Refused(SKEWED, tuple(entry.row for entry in used))
    # At a corner of the roundings the figures may pass each other: by that much they do not differ.
    mean, sd = over_all(
        lambda m, *ends: summaries.mean_sd_from_quantiles(n, m, **_in_order(m, names, ends)),
        *entries,
    )
    variance, df = summaries.precision_from_quantiles(
        n, quartiles=quartiles in pairs, extremes=extremes in pairs
    )
    return OfQuantiles(mean, sd, float(variance), float(df), tuple(used))


def _size(entry: Reported) -> float:
    return entry.value


def _in_order(median: np.ndarray, names: list[str], ends: tuple[np.ndarray, ...]) -> dict:
    given = dict(zip(names, ends, strict=True))
    low, high = median, median
    for below, above in (("q1", "q3"), ("minimum", "maximum")):
        if below in given:
            given[below] = low = np.minimum(given[below], low)
            given[above] = high = np.maximum(given[above], high)
    return given
