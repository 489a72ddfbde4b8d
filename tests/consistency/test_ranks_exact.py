"""The p-values of Wilcoxon's signed-rank test against scipy's, which takes data and not a rank sum."""

import numpy as np
import pytest
from scipy import stats

from evidence_review.consistency.ranks import _METHODS, _p_values

OPTIONS = {
    "exact": {"method": "exact"},
    "normal approximation": {"method": "asymptotic", "correction": False},
    "normal approximation with continuity correction": {"method": "asymptotic", "correction": True},
}


def with_rank_sum(n: int, rank_sum: int) -> np.ndarray:
    """Differences of sizes 1 to n whose negative ones have this sum."""
    sizes = np.arange(1.0, n + 1)
    for rank in range(n, 0, -1):  # the largest rank that still fits: every sum is reached
        if rank <= rank_sum:
            sizes[rank - 1] *= -1
            rank_sum -= rank
    return sizes


@pytest.mark.parametrize("method", _METHODS)
@pytest.mark.parametrize("n", [1, 2, 3, 8, 25, 50])
def test_every_rank_sum_has_the_p_that_scipy_gives_such_data(n, method):
    found = _p_values(n, method)
    data = np.array([with_rank_sum(n, rank_sum) for rank_sum in range(len(found))])
    expected = stats.wilcoxon(data, axis=1, **OPTIONS[method]).pvalue
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
