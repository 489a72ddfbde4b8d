"""Effect sizes from counts of people or events, with their sampling variance.

As in `effects`: arrays that broadcast in, `(estimate, variance)` out, group 1 against group 2, errors
that name the argument and the place. Ratios are on the log scale.

Peers: metafor `escalc`, measures OR, RR, RD, PETO, IRR, IRD.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evidence_review.stats.inputs import as_number, as_numbers, refuse


def log_odds_ratio(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Log odds ratio (metafor OR); 1/2 is added to all four cells of a table with an empty one.

    Examples
    --------
    >>> [round(float(x), 4) for x in log_odds_ratio(10, 50, 20, 50)]
    [-0.9808, 0.2083]
    """
    a, b, c, d = _cells(events1, n1, events2, n2)
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def log_risk_ratio(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Log risk ratio (metafor RR); 1/2 is added to all four cells of a table with an empty one.

    Examples
    --------
    >>> [round(float(x), 4) for x in log_risk_ratio(10, 50, 20, 50)]
    [-0.6931, 0.11]
    """
    a, b, c, d = _cells(events1, n1, events2, n2)
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def risk_difference(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of risks (metafor RD); 1/2 is added to all four cells of a table with an empty one.

    Examples
    --------
    >>> [round(float(x), 4) for x in risk_difference(10, 50, 20, 50)]
    [-0.2, 0.008]
    """
    a, b, c, d = _cells(events1, n1, events2, n2)
    variance = a * b / (a + b) ** 3 + c * d / (c + d) ** 3
    return a / (a + b) - c / (c + d), variance


def variance_of_control(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> dict[str, np.ndarray]:
    """The part of the variance of 'OR', 'RR' and 'RD' that group 2 brings.

    It is the covariance of two effects that share group 2. Of ratios on the log scale; 1/2 is added to all
    four cells of a table with an empty one.

    References
    ----------
    Gleser & Olkin 2009, in Cooper, Hedges & Valentine, Handbook of Research Synthesis, ch. 19.

    Examples
    --------
    >>> {name: round(float(x), 4) for name, x in variance_of_control(10, 50, 20, 50).items()}
    {'OR': 0.0833, 'RR': 0.03, 'RD': 0.0048}
    """
    _, _, c, d = _cells(events1, n1, events2, n2)
    return {"OR": 1 / c + 1 / d, "RR": 1 / c - 1 / (c + d), "RD": c * d / (c + d) ** 3}


def peto_log_odds_ratio(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Log odds ratio by Peto's method (metafor PETO; Yusuf et al. 1985): (O - E) / V, variance 1 / V.

    1/2 is added to all four cells of a table with an empty one, as metafor's `escalc` does; its
    `rma.peto` pools the tables as they are.

    Examples
    --------
    >>> [round(float(x), 4) for x in peto_log_odds_ratio(10, 50, 20, 50)]
    [-0.9429, 0.1886]
    """
    a, b, c, d = _cells(events1, n1, events2, n2)
    total, events = a + b + c + d, a + c
    variance = events * (total - events) * (a + b) * (c + d) / (total**2 * (total - 1))
    return (a - (a + b) * events / total) / variance, 1 / variance


def log_incidence_rate_ratio(
    events1: ArrayLike, time1: ArrayLike, events2: ArrayLike, time2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Log ratio of two incidence rates (metafor IRR), variance 1/events1 + 1/events2.

    time1, time2: person-time at risk. Where a group has no event, 1/2 is added to both counts.

    Examples
    --------
    >>> [round(float(x), 4) for x in log_incidence_rate_ratio(10, 100.0, 20, 100.0)]
    [-0.6931, 0.15]
    """
    events1, time1, events2, time2 = _rates(events1, time1, events2, time2)
    return np.log(events1 / time1) - np.log(events2 / time2), 1 / events1 + 1 / events2


def incidence_rate_difference(
    events1: ArrayLike, time1: ArrayLike, events2: ArrayLike, time2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of two incidence rates (metafor IRD), variance events1/time1^2 + events2/time2^2.

    As `log_incidence_rate_ratio`.

    Examples
    --------
    >>> [round(float(x), 4) for x in incidence_rate_difference(10, 100.0, 20, 100.0)]
    [-0.1, 0.003]
    """
    events1, time1, events2, time2 = _rates(events1, time1, events2, time2)
    return events1 / time1 - events2 / time2, events1 / time1**2 + events2 / time2**2


def whole_tables(
    events1: ArrayLike, n1: ArrayLike, events2: ArrayLike, n2: ArrayLike
) -> np.ndarray:
    """Events and non-events of both groups as they are, (4, ...).

    Raises
    ------
    ValueError
        For counts that cannot be, naming the argument and the place.

    Examples
    --------
    >>> whole_tables(1, 10, 0, 12).tolist()
    [1.0, 9.0, 0.0, 12.0]
    """
    events1, n1, events2, n2 = _counts(events1, n1, events2, n2)
    return np.stack([events1, n1 - events1, events2, n2 - events2])


def _counts(events1, n1, events2, n2) -> list[np.ndarray]:
    n1, n2 = as_numbers(n1=n1, n2=n2)
    events1, events2 = as_number("events1", events1), as_number("events2", events2)
    events1, n1, events2, n2 = np.broadcast_arrays(events1, n1, events2, n2)
    for number, events, n in ((1, events1, n1), (2, events2, n2)):
        refuse(~((events >= 0) & (events <= n)), f"events{number}", f"between 0 and n{number}")
    return [events1, n1, events2, n2]


def _cells(events1, n1, events2, n2) -> tuple[np.ndarray, ...]:
    """Events and non-events of both groups, with 1/2 in every cell of a table that has an empty one."""
    cells = whole_tables(events1, n1, events2, n2)
    return tuple(cells + 0.5 * (cells == 0).any(0))


def _rates(events1, time1, events2, time2) -> tuple[np.ndarray, ...]:
    time1, time2 = as_numbers(time1=time1, time2=time2)
    events1 = as_number("events1", events1, "not negative")
    events2 = as_number("events2", events2, "not negative")
    events1, time1, events2, time2 = np.broadcast_arrays(events1, time1, events2, time2)
    empty = 0.5 * ((events1 == 0) | (events2 == 0))
    return events1 + empty, time1, events2 + empty, time2
