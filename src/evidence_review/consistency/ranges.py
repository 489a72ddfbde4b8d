"""The range of values that printed figures may stand for, and of the p that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import sqrt

import numpy as np
from scipy import special

from evidence_review.consistency.printed import Printed


def floats(figure: Printed, rounding: str) -> list[float]:
    """Lowest and highest value that a figure may stand for."""
    return [float(end) for end in figure.range(rounding)]


def sd_range(spread: Printed, n: int, spread_is: str, rounding: str) -> list[float]:
    """Smallest and largest SD that a printed 'SD' or 'SE' may stand for. Raises ValueError for others."""
    if spread_is not in ("SD", "SE"):
        raise ValueError(f"a spread is 'SD' or 'SE'; got {spread_is!r}")
    return [
        max(end, 0.0) * (sqrt(n) if spread_is == "SE" else 1.0) for end in floats(spread, rounding)
    ]


def p_range(
    *, gaps: Sequence[float], errors: Sequence[float], dfs: Sequence[float]
) -> tuple[float, float]:
    """Smallest and largest two-sided p of a t test.

    gaps: the two ends of the difference. errors, dfs: standard errors and degrees of freedom to try.
    """
    sizes = [abs(gap) for gap in gaps]
    smallest = 0.0 if min(gaps) <= 0 <= max(gaps) else min(sizes)
    p_of = lambda size, error, df: 2 * float(special.stdtr(df, -size / error if error else -np.inf))
    return (
        min(p_of(max(sizes), min(errors), df) for df in dfs),
        max(p_of(smallest, max(errors), df) for df in dfs),
    )


def t_test_range(means, sds, ns, *, equal: bool) -> tuple[float, float]:
    """Smallest and largest two-sided p of a t test over these ranges of means and SDs."""
    (n1, n2), most = ns, sum(ns) - 2
    errors, dfs = [], []
    for sd1, sd2 in product(*sds):
        v1, v2 = sd1**2 / n1, sd2**2 / n2
        pooled = ((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / most
        errors.append(sqrt(pooled * (1 / n1 + 1 / n2)) if equal else sqrt(v1 + v2))
        flat = equal or v1 + v2 == 0
        dfs.append(most if flat else (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1)))
    gaps = [means[0][0] - means[1][1], means[0][1] - means[1][0]]
    return p_range(gaps=gaps, errors=errors, dfs=dfs)


def between_range(boxes: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """Smallest and largest sum n_i (m_i - weighted mean)^2 with each m_i in its box."""
    from scipy.optimize import minimize_scalar

    spread = lambda means: float(n @ (means - n @ means / n.sum()) ** 2)
    largest = max(spread(np.array(corner)) for corner in product(*boxes))
    # For a given centre, the means nearest to it in their boxes give the smallest sum, which is
    # convex in the centre.
    nearest = lambda centre: np.clip(centre, boxes[:, 0], boxes[:, 1])
    centre = minimize_scalar(
        lambda c: n @ (nearest(c) - c) ** 2,
        bounds=(boxes.min(), boxes.max()),
        method="bounded",
        options={"xatol": 1e-10},
    ).x
    return spread(nearest(centre)), largest
