"""A printed bound is a bound, on every way from a printed figure to an effect.

The honest reports at the end are printed from simulated people: the way back must hold the truth of the
data, whatever was rounded.
"""

import warnings
from math import inf, isnan

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from evidence_review.stats.designs import (
    correlation_from_paired_se,
    design_effect,
    paired_difference,
)
from evidence_review.stats.effects import standardized_adjusted_difference
from evidence_review.stats.figures import (
    Recovered,
    decimals_of,
    over,
    over_all,
    printed,
    printed_p,
)
from evidence_review.stats.recover import (
    d_from_p,
    d_from_t,
    events_from_percentage,
    f_from_p,
    p_from_ci,
    sd_from_se_of_difference,
    se_from_ci,
    se_from_f,
    se_from_p,
    se_from_statistic,
    statistic_from_p,
)


def ends(found):
    return found.low, found.high


def d_of(*p):
    return over(lambda x: d_from_p(x, 20, 20), printed_p(*p)[0])


def t_quantile(tail, df):
    return stats.t.isf(tail, df)


def test_a_p_above_a_threshold_bounds_the_effect_from_above():
    found = d_of(0.05, 2, ">")
    assert found.is_bound
    assert_allclose(ends(found), (0, t_quantile(0.025, 38) * 0.1**0.5), rtol=1e-10)
    assert round(found.high, 2) == 0.64


def test_a_p_below_a_threshold_bounds_the_effect_from_below():
    found = d_of(0.001, 3, "<")
    assert_allclose(found.low, t_quantile(0.0005, 38) * 0.1**0.5, rtol=1e-10)
    assert round(found.low, 2) == 1.13
    assert found.high == inf


def test_a_p_of_nought_is_a_bound():
    p, direction = printed_p(0.000, 3)
    assert isnan(p.value)
    assert (*ends(p), direction) == (0.0, 0.0005, 0)
    assert d_of(0.000, 3).low == d_of(0.0005, 4, "<").low


def test_a_p_of_one():
    p, _ = printed_p(1.00, 2)
    assert ends(p) == (0.995, 1.0)
    assert d_of(1.00, 2).low == 0.0


@pytest.mark.parametrize(
    ("arguments", "limits", "expected"),
    [
        ((6.1, 1, "<"), {"least": 0}, (0, 6.1)),
        ((6.1, 1, "<="), {"least": 0}, (0, 6.1)),
        ((30, 0, ">"), {"least": 1, "whole": True}, (31, inf)),
        ((30, 0, ">="), {"least": 1, "whole": True}, (30, inf)),
        ((1, 0, "<"), {"least": 0, "whole": True}, (0, 0)),
        ((5, 0, "<="), {"least": 0, "whole": True}, (0, 5)),
        ((0.0, 1), {"least": 0}, (0, 0.05)),
        ((18.2, 1), {}, (18.15, 18.25)),
        ((12, 0), {"whole": True}, (12, 12)),
    ],
)
def test_what_a_figure_stands_for(arguments, limits, expected):
    assert_allclose(ends(printed(*arguments, **limits)), expected, rtol=1e-12)


def test_a_figure_that_cannot_be_has_a_reason():
    found = printed(-3.0, 1, least=0)
    assert not found.usable
    assert found.reason == "no value from 0 to inf prints so"
    assert over(np.sqrt, found).reason == found.reason


def test_digits_of_the_machine_are_not_printed():
    assert [decimals_of(x) for x in (18.200000000000003, 0.1 + 0.2, 5.0, 1e-7, 120000.0)] == [
        1,
        1,
        0,
        7,
        0,
    ]
    assert decimals_of("18.20") == 2


@pytest.mark.parametrize(
    ("value", "comparator", "expected", "direction"),
    [
        (0.02, "=", (0.03, 0.05), 1),
        (0.98, "=", (0.03, 0.05), -1),
        (0.50, "=", (0.99, 1.0), 0),
        (0.05, "<", (0.0, 0.10), 1),
        (0.05, ">", (0.0, 1.0), 0),
        (0.95, ">", (0.0, 0.10), -1),
    ],
)
def test_a_one_sided_p_above_a_half_is_in_the_other_tail(value, comparator, expected, direction):
    p, found = printed_p(value, 2, comparator, side="one-sided")
    assert_allclose(ends(p), expected, atol=1e-12)
    assert found == direction


def test_limits_that_print_alike_are_not_usable_and_no_exception():
    found = se_from_ci(0.0, 0.0, decimals=(0, 0))
    assert not found.usable
    assert found.high == pytest.approx(1 / 2 / 1.959964, rel=1e-6)
    assert not p_from_ci(0.0, 0.0, 0.0).usable


def test_a_printed_p_gives_the_standard_error_of_a_change():
    """-7.3 in 21 people, P = 0.0004."""
    found = over(lambda y, p: se_from_p(y, p, df=20), printed(-7.3, 1), printed_p(0.0004, 4)[0])
    assert_allclose(found.value, 7.3 / t_quantile(0.0002, 20), rtol=1e-10)
    assert round(found.value, 2) == 1.72
    assert found.low < found.value < found.high


def test_an_f_is_the_square_of_t():
    assert_allclose(se_from_f(-3.0, 6.25), se_from_statistic(-3.0, 2.5))
    assert_allclose(statistic_from_p(0.01, df=38) ** 2, f_from_p(0.01, 1, 38), rtol=1e-9)
    # With 2 degrees of freedom between, P(F > f) = (1 + 2 f / 60)^-30 exactly.
    assert_allclose(f_from_p(1e-30, 2, 60), 270.0, rtol=1e-10)


def test_the_ends_of_p():
    assert statistic_from_p(0.0, df=5) == inf
    assert statistic_from_p(0.0) == inf
    assert se_from_p(2.0, 0.0) == 0
    assert se_from_p(2.0, 1.0) == inf
    assert f_from_p(0.0, 2, 9) == inf
    with pytest.raises(ValueError, match="any standard error"):
        se_from_p(0.0, 1.0)


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan, np.ma.masked_array([0.1], [True])])
def test_a_p_that_cannot_be_is_named(bad):
    with pytest.raises(
        ValueError, match="^p must" if not np.ma.is_masked(bad) else "p must have no masked"
    ):
        statistic_from_p(bad, df=9)


def test_an_adjusted_difference_in_sds_of_people():
    """Residual SD 5 of the model, 8 of people: -3 is -0.375 before the factor, not -0.6."""
    g, v = standardized_adjusted_difference(-3.0, 1.0, 8.0, 98)
    assert round(float(g), 3) == -0.372
    rng = np.random.default_rng(2)
    d = rng.normal(-3.0, 1.0, 400_000)
    sds = 8.0 * np.sqrt(rng.chisquare(98, 400_000) / 98)
    simulated = np.var((1 - 3 / (4 * 98 - 1)) * d / sds)
    assert_allclose(v, simulated, rtol=0.03)


def test_twenty_people_who_crossed_over_are_twenty():
    _, v = paired_difference(10.0, 6.5, 13.0, 6.5, 20, 0.5)
    assert_allclose(v**0.5, 6.5 / 20**0.5, rtol=1e-12)
    with_range = over(
        lambda r: paired_difference(10.0, 6.5, 13.0, 6.5, 20, r)[1] ** 0.5, Recovered(0.5, 0.3, 0.7)
    )
    assert_allclose(
        ends(with_range), (6.5 * (0.6 / 20) ** 0.5, 6.5 * (1.4 / 20) ** 0.5), rtol=1e-12
    )
    assert_allclose(correlation_from_paired_se(6.5, 6.5, 20, v**0.5), 0.5, rtol=1e-10)


def test_the_paired_difference_against_metafor_and_the_handbook(reference):
    """metafor MC, and the crossover example of the Cochrane Handbook."""
    case = reference("es_prepost_a")
    given = [
        np.array(case["inputs"][name])
        for name in ("m_post", "sd_post", "m_pre", "sd_pre", "n", "r")
    ]
    for own, name in zip(paired_difference(*given), ("yi", "vi"), strict=True):
        assert_allclose(own, case["output"]["MC"][name], rtol=1e-8)
    book = reference("pub_cochrane_sd")
    cross = book["inputs"]["crossover"]
    _, v = paired_difference(0.0, cross["sdE"], 0.0, cross["sdC"], cross["n"], cross["corr"])
    assert_allclose(
        v**0.5, book["output"]["recomputed_10_digits"]["crossover_se_md_corr"], rtol=1e-8
    )


def test_design_effect_against_simulated_clusters():
    """Means of 30 clusters of unequal size, weighted by size: the variance beside that of as many people."""
    rng, icc = np.random.default_rng(3), 0.1
    sizes = np.array([5, 10, 15, 20, 25] * 6)
    between = rng.normal(0, icc**0.5, (40_000, len(sizes)))
    within = rng.normal(0, ((1 - icc) / sizes) ** 0.5, (40_000, len(sizes)))
    means = (between + within) @ sizes / sizes.sum()
    found = design_effect(sizes.mean(), icc, cv=sizes.std() / sizes.mean())
    assert_allclose(found, means.var() * sizes.sum(), rtol=0.03)
    assert design_effect(21, 0.05) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: printed(1.0, 1, "~"), "comparator must be one of"),
        (lambda: printed(1.0, -1), "decimals must be a whole number"),
        (lambda: printed(np.nan, 1), "value must be finite"),
        (lambda: printed_p(1.2, 1), "p must lie between 0 and 1"),
        (lambda: printed_p(0.2, 1, side="left"), "side must be"),
        (lambda: design_effect(0.5, 0.1), "size must be at least 1"),
        (lambda: design_effect(20, -0.5), "cannot be with clusters"),
        (lambda: correlation_from_paired_se(1.0, 1.0, 20, 5.0), "implies a correlation"),
        (lambda: sd_from_se_of_difference(-1.0, 5, 5), "se must be not negative"),
        (lambda: d_from_t(2.0, 0, 5), "n1 must be above 0"),
        (lambda: paired_difference(1, -1.0, 2, 1.0, 9, 0.5), "sd1 must be above 0"),
    ],
)
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def rounded(x, decimals, **limits):
    return printed(float(f"{x:.{decimals}f}"), decimals, **limits)


def holds(found, truth):
    return found.usable and found.low - 1e-9 <= truth <= found.high + 1e-9


@pytest.mark.parametrize("seed", range(200))
def test_honest_reports_lead_back_to_the_truth(seed):
    """Two groups of simulated people, printed with few decimals: every route holds what was computed."""
    rng = np.random.default_rng(seed)
    n1, n2 = (int(x) for x in rng.integers(3, 60, 2))
    a, b = rng.normal(20, 6, n1), rng.normal(20 + rng.normal(0, 5), 6, n2)
    few = int(rng.integers(0, 3))
    difference, df = a.mean() - b.mean(), n1 + n2 - 2
    sd = np.sqrt(((n1 - 1) * a.var(ddof=1) + (n2 - 1) * b.var(ddof=1)) / df)
    se = sd * np.sqrt(1 / n1 + 1 / n2)
    p = 2 * stats.t.sf(abs(difference / se), df)
    shown = rounded(difference, few)
    level = float(rng.choice([0.8, 0.9, 0.95, 0.99]))
    half = stats.t.isf((1 - level) / 2, df) * se
    low, high = (float(f"{x:.{few}f}") for x in (difference - half, difference + half))
    by_interval = se_from_ci(low, high, level=level, df=df, decimals=(few, few))
    assert not by_interval.usable or holds(by_interval, se)
    exact_p = printed_p(float(f"{p:.3f}"), 3)[0]
    assert holds(over(lambda q: d_from_p(q, n1, n2), exact_p), abs(difference) / sd)
    threshold = float(rng.choice([0.05, 0.01, 0.001]))
    bound = printed_p(threshold, 3, "<" if p < threshold else ">")[0]
    assert holds(over(lambda q: d_from_p(q, n1, n2), bound), abs(difference) / sd)
    t = rounded(difference / se, 2)
    assert holds(over(lambda x: d_from_t(x, n1, n2), t), difference / sd)
    if shown.low * shown.high > 0:  # else the estimate says nothing of its error
        assert holds(over(lambda y, q: se_from_p(y, q, df=df), shown, exact_p), se)
    events = int((a > 22).sum())
    found = events_from_percentage(float(f"{100 * events / n1:.{few}f}"), few, n1)
    assert found.low <= events <= found.high
    assert holds(over(lambda s: sd_from_se_of_difference(s, n1, n2), rounded(se, 2, least=0)), sd)


@pytest.mark.parametrize("seed", range(100))
def test_honest_crossover_reports_lead_back_to_the_truth(seed):
    rng = np.random.default_rng(1000 + seed)
    n = int(rng.integers(4, 40))
    person = rng.normal(20, 5, n)
    one, other = person + rng.normal(-2, 3, n), person + rng.normal(0, 3, n)
    r = np.corrcoef(one, other)[0, 1]
    se = (one - other).std(ddof=1) / n**0.5
    found = over(
        lambda s1, s2, c: paired_difference(0.0, s1, 0.0, s2, n, c)[1] ** 0.5,
        rounded(one.std(ddof=1), 2, least=0),
        rounded(other.std(ddof=1), 2, least=0),
        rounded(r, 2, least=-1, most=1),
    )
    # SDs near each other: the variance turns inside the box, by less than the box is wide.
    assert found.low - 0.02 <= se <= found.high + 0.02


def test_a_result_that_no_corner_gives_is_no_number_and_no_warning():
    """Of two results one is not defined, whatever the printed figure was rounded from."""
    with warnings.catch_warnings(action="error"):
        double, none = over_all(lambda x: (2 * x, np.full_like(x, np.nan)), printed(6.0, 0))
    assert (double.low, double.high) == (11.0, 13.0)
    assert np.isnan([none.value, none.low, none.high]).all()
