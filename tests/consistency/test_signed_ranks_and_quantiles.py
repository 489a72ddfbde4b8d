"""Wilcoxon's signed-rank p against n, and medians with quartiles."""

import itertools
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from evidence_review.consistency.printed import Printed
from evidence_review.consistency.ranks import quantiles, signed_rank


def printed(text: str) -> Printed:
    return Printed(float(text), len(text.partition(".")[2]))


def test_eleven_differences_all_in_one_direction():
    """2 of the 2^11 sign patterns: p = 2/2048 = .00098, printed .0010.

    Twelve with only the smallest against are 4 of 4096, the very same p.
    """
    found = signed_rank(printed(".0010"), 11)
    assert [(way.n, way.rank_sum, way.p) for way in found.readings] == [(11, 0, 2 / 2**11)]
    assert "11 non-zero differences all in one direction (2/2^11 = 0.00098)" in found.arithmetic
    twelve = signed_rank(printed(".0010"), 12)
    assert [(way.n, way.rank_sum, way.p) for way in twelve.readings] == [
        (11, 0, 2 / 2**11),
        (12, 1, 4 / 2**12),
    ]


def every_p(n: int) -> dict[int, float]:
    """Two-sided p of every smaller rank sum, by writing out all sign patterns."""
    ranks = np.arange(1, n + 1)
    sums = np.array([s @ ranks for s in itertools.product((0, 1), repeat=n)])
    return {w: min(1.0, 2 * float(np.mean(sums <= w))) for w in range(n * (n + 1) // 4 + 1)}


@pytest.mark.parametrize("decimals", [2, 3, 4])
def test_every_p_of_small_samples_is_found_with_its_rank_sum(decimals):
    """All sign patterns of up to 9 differences: no true p is flagged, no rank sum is left out."""
    for n in range(1, 10):
        for rank_sum, p in every_p(n).items():
            shown = printed(str(Decimal(p).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)))
            found = signed_rank(shown, 9, methods=("exact",))
            assert found.answer == "consistent"
            assert (n, rank_sum) in {(way.n, way.rank_sum) for way in found.readings}


def test_a_p_that_no_rank_sum_gives():
    """With 5 differences the smallest p is 2/32 = .0625."""
    assert signed_rank(printed(".031"), 5, methods=("exact",)).answer == "inconsistent"


def test_the_normal_approximation_is_a_reading_of_its_own():
    """5 differences in one direction: z = 7.5/sqrt(13.75) = 2.0226, p = .0431."""
    assert signed_rank(printed(".043"), 12, methods=("exact",)).answer == "inconsistent"
    ways = signed_rank(printed(".043"), 12).readings
    assert {way.method for way in ways} == {"normal approximation"}
    by_n = {(way.n, way.rank_sum): way.p for way in ways}
    assert_allclose(by_n[5, 0], 2 * stats.norm.sf(7.5 / np.sqrt(13.75)), rtol=1e-12)


def test_bounds_and_large_samples_tell_nothing():
    assert signed_rank(Printed(0.05, 2, "<"), 12).answer == "not checkable"
    assert signed_rank(printed(".05"), 51).answer == "not checkable"


def test_medians_and_quartiles_of_whole_scores():
    age = {"median": printed("41.5"), "q1": printed("32"), "q3": printed("48.5")}
    assert quantiles(12, **age, whole=True).answer == "consistent"
    odd = quantiles(11, **age, whole=True)  # the sixth of eleven is one person's age
    assert odd.answer == "inconsistent"
    assert "median 41.5 of 11 whole scores is no multiple of 1/1" in odd.arithmetic
    thirds = quantiles(12, median=printed("41"), q1=printed("32.33"), whole=True)
    assert "q1 32.33 of 12 whole scores is no multiple of 1/4" in thirds.arithmetic


def test_order_and_scale():
    wrong = quantiles(9, median=printed("12"), q1=printed("14"), q3=printed("41"), scale=(0, 40))
    assert wrong.answer == "inconsistent"
    assert "q1 14 is above median 12" in wrong.arithmetic
    assert "q3 41 is off the scale 0 to 40" in wrong.arithmetic


METHODS = (
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
)  # types 1 to 7


def test_true_quantiles_are_never_flagged():
    """numpy's quantiles of types 1 to 7 of whole scores, printed with 0 to 2 decimals."""
    rng = np.random.default_rng(3)
    for n, method, decimals in itertools.product(range(3, 17), METHODS, (0, 1, 2)):
        scores = rng.integers(0, 41, n)
        values = [np.median(scores), *np.quantile(scores, [0.25, 0.75], method=method)]
        median, q1, q3 = (Printed(float(f"{v:.{decimals}f}"), decimals) for v in values)
        ends = [Printed(float(v), 0) for v in (scores.min(), scores.max())]
        found = quantiles(
            n,
            median=median,
            q1=q1,
            q3=q3,
            minimum=ends[0],
            maximum=ends[1],
            scale=(0, 40),
            whole=True,
        )
        assert found.answer == "consistent", found.arithmetic


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: signed_rank(printed(".05"), 0), "people must be"),
        (lambda: signed_rank(printed(".05"), 5, methods=("sign",)), "methods must be among"),
        (lambda: quantiles(0, median=printed("5")), "n must be"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
