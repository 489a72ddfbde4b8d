"""Standard errors, SDs and p-values from printed figures; bounds from an omnibus P."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from evidence_review.stats.figures import over, printed, rounding_interval
from evidence_review.stats.recover import (
    f_from_p,
    p_from_ci,
    sd_from_se_of_difference,
    sd_of_change,
    se_from_ci,
    se_from_p,
    se_from_statistic,
    standardised_range_from_omnibus,
    two_sided_p,
)
from evidence_review.stats.summaries import (
    combine_groups,
    correlation_from_change,
    mean_sd_from_quantiles,
    precision_from_quantiles,
    skewness_of_quantiles,
)


def test_metafor_and_handbook_recoveries(reference):
    case = reference("es_recover_a")
    given, expected = case["inputs"], case["output"]
    for i, level in enumerate(given["level"]):
        se = se_from_ci(given["lo"][i], given["hi"][i], level=level / 100).value
        assert_allclose(se**2, expected["from_ci"]["vi"][i], rtol=1e-8)
        df = given["n1"][i] + given["n2"][i] - 2
        by_t = se_from_ci(given["lo"][i], given["hi"][i], level=level / 100, df=df).value
        assert_allclose(by_t, expected["t_based"]["se_from_ci_t"][i], rtol=1e-8)
        by_p = se_from_p(given["est"][i], given["p"][i], df=df)
        assert_allclose(by_p, expected["t_based"]["se_from_p_t"][i], rtol=1e-8)
        sd = sd_from_se_of_difference(by_p, given["n1"][i], given["n2"][i])
        assert_allclose(sd, expected["t_based"]["sd_pooled_from_p_t"][i], rtol=1e-8)
    assert_allclose(
        se_from_p(given["est"], given["p"]) ** 2, expected["from_p_normal"]["vi"], rtol=1e-8
    )
    assert_allclose(
        se_from_statistic(given["est"], given["z"]) ** 2, expected["from_z"]["vi"], rtol=1e-8
    )
    assert_allclose(
        sd_of_change(given["sd0"], given["sd1"], given["r"]),
        expected["change_sd_from_r"],
        rtol=1e-8,
    )


def test_combining_groups_and_correlations(reference):
    case = reference("es_recover_a")
    given, expected = case["inputs"], case["output"]
    n, mean, sd = combine_groups(
        given["n1"], given["mA"], given["sd0"], given["n2"], given["mB"], given["sd1"]
    )
    combined = expected["combined_two_groups"]
    assert_allclose([n, mean, sd], [combined["n"], combined["mean"], combined["sd"]], rtol=1e-8)
    r = correlation_from_change(given["sd0"], given["sd1"], given["sdc"])
    assert_allclose(r, expected["r_from_change_sd"], rtol=1e-8)
    with pytest.raises(ValueError, match="imply a correlation"):
        correlation_from_change(1.0, 1.0, 5.0)


def test_combining_two_halves_is_the_whole():
    scores = np.random.default_rng(3).normal(20, 6, 31)
    a, b = scores[:12], scores[12:]
    n, mean, sd = combine_groups(12, a.mean(), a.std(ddof=1), 19, b.mean(), b.std(ddof=1))
    assert_allclose([n, mean, sd], [31, scores.mean(), scores.std(ddof=1)], rtol=1e-12)


@pytest.mark.parametrize(
    ("case", "names"),
    [
        ("case1_min_med_max:luo/wan/shi", ("minimum", "maximum")),
        ("case2_q1_med_q3:luo/wan/shi", ("q1", "q3")),
        ("case3_five:luo/wan/shi", ("minimum", "q1", "q3", "maximum")),
    ],
)
def test_medians_to_means(reference, case, names):
    """Luo 2018, Wan 2014, Shi 2020, as metafor's conv.fivenum has them."""
    fivenum = reference("es_fivenum_a")
    keys = {"minimum": "min", "maximum": "max", "q1": "q1", "q3": "q3"}
    given = fivenum["inputs"]
    mean, sd = mean_sd_from_quantiles(
        given["n"], given["med"], **{name: given[keys[name]] for name in names}
    )
    assert_allclose(mean, fivenum["output"][case]["mean"], rtol=1e-8)
    assert_allclose(sd, fivenum["output"][case]["sd"], rtol=1e-8)


@pytest.mark.parametrize(
    "bad", [{}, {"q1": 1.0}, {"q1": 9.0, "q3": 12.0}, {"minimum": 1.0, "q3": 7.0}]
)
def test_quantiles_that_are_not_enough_or_out_of_order(bad):
    with pytest.raises(ValueError, match=r"give q1 and q3|in this order"):
        mean_sd_from_quantiles(20, 5.0, **bad)


def test_any_recovery_has_its_rounding_range():
    """p = .01 printed with two decimals is .005 to .015: the SE of 3 lies between 3/2.807 and 3/2.432."""
    found = over(lambda p: se_from_p(3.0, p), printed(0.01, 2))
    assert_allclose([found.low, found.value, found.high], [1.0687, 1.1647, 1.2334], atol=5e-4)


@pytest.mark.parametrize("pair", [(0, 1), (1, 2), (0, 2), (1, 3)])
def test_other_pairs_of_groups_by_brute_force(pair):
    """No arrangement of four ranked means beats the largest difference, and it is reached."""
    f, n = 5.0, np.array([12.0, 7.0, 30.0, 9.0])
    low, high = standardised_range_from_omnibus(f, n, pair)
    rng = np.random.default_rng(5)
    means = -np.sort(-(rng.normal(size=(40_000, 4)) ** 3), axis=1)
    scale = np.sqrt(f / np.array([anova_f(m, n) for m in means]))
    differences = (means[:, pair[0]] - means[:, pair[1]]) * scale
    assert differences.max() <= high + 1e-12
    assert differences.min() >= low - 1e-12
    upper, lower = n[: pair[0] + 1].sum(), n[pair[1] :].sum()
    best = np.full(4, upper / (upper + lower))
    best[: pair[0] + 1], best[pair[1] :] = 1.0, 0.0
    assert_allclose(np.sqrt(f / anova_f(best, n)), high, rtol=1e-12)


def test_a_pair_must_be_in_order():
    with pytest.raises(ValueError, match="a better and a worse group"):
        standardised_range_from_omnibus(5.0, [5, 5, 5], (2, 1))


def test_a_p_goes_back_to_its_interval():
    se, df = 1.7, 20
    half = stats.t.ppf(0.975, df) * se
    p = p_from_ci(-3.0, -3.0 - half, -3.0 + half, df=df)
    assert_allclose(p.value, two_sided_p(-3.0, se, df=df), rtol=1e-12)
    assert p.low == p.value == p.high


def test_the_range_covers_everything_that_prints_the_same():
    rng = np.random.default_rng(1)
    printed = p_from_ci(-6.67, -11.0, -2.33, df=11, decimals=(2, 0, 2))
    estimates = rng.uniform(*rounding_interval(-6.67, 2), 2000)
    lows = rng.uniform(*rounding_interval(-11, 0), 2000)
    highs = rng.uniform(*rounding_interval(-2.33, 2), 2000)
    drawn = [
        p_from_ci(e, lo, hi, df=11).value for e, lo, hi in zip(estimates, lows, highs, strict=True)
    ]
    assert printed.low <= min(drawn)
    assert max(drawn) <= printed.high
    # and not wider than needed: the draws fill most of it
    assert (max(drawn) - min(drawn)) / (printed.high - printed.low) > 0.9


@pytest.mark.parametrize("bad", [{"level": 1.0}, {"level": 0.0}])
def test_level_must_lie_inside(bad):
    with pytest.raises(ValueError, match="level"):
        se_from_ci(1.0, 2.0, **bad)


def test_limits_must_be_in_order():
    with pytest.raises(ValueError, match="ci_low must be below ci_high"):
        se_from_ci(2.0, 1.0)


def anova_f(means: np.ndarray, sizes: np.ndarray) -> float:
    """F of a one-way analysis of variance with unit within-group variance."""
    grand = np.average(means, weights=sizes)
    return float(sizes @ (means - grand) ** 2 / (len(sizes) - 1))


@pytest.mark.parametrize(
    "sizes", [(25, 25, 25), (10, 30, 20), (12, 7, 40, 9), (15, 15), (5, 50, 5, 30, 8)]
)
def test_omnibus_bounds_hold_and_are_reached(sizes):
    """By brute force: scale every arrangement of means to the F, and look at best minus worst."""
    f, n = 7.61, np.array(sizes, float)
    low, high = standardised_range_from_omnibus(f, n)
    grid = np.linspace(0, 1, 21)
    differences = []
    for inner in itertools.product(grid, repeat=len(n) - 2):
        if list(inner) != sorted(inner, reverse=True):
            continue
        means = np.array([1.0, *inner, 0.0])
        differences.append(np.sqrt(f / anova_f(means, n)))
    assert low <= min(differences) + 1e-12
    assert max(differences) <= high + 1e-12
    assert_allclose(min(differences), low, rtol=1e-9)  # the smallest is at a corner, on the grid
    assert_allclose(max(differences), high, rtol=5e-3)


def test_two_groups_are_the_t_test():
    """With two groups F = t^2, so that d = t sqrt(1/n1 + 1/n2)."""
    t = 2.4
    low, high = standardised_range_from_omnibus(t**2, [12, 30])
    assert_allclose([low, high], t * np.sqrt(1 / 12 + 1 / 30), rtol=1e-12)


def test_f_goes_back_to_its_p():
    assert_allclose(stats.f.sf(f_from_p(0.001, 2, 72), 2, 72), 0.001, rtol=1e-10)


@pytest.mark.parametrize(("f", "sizes"), [(-1.0, [5, 5]), (2.0, [5]), (2.0, [5, 0])])
def test_omnibus_bad_input(f, sizes):
    with pytest.raises(ValueError, match=r"must not be negative|two or more groups"):
        standardised_range_from_omnibus(f, sizes)


def test_cochrane_handbook_examples(reference):
    """A standard error from p, and the SD of a crossover difference from a correlation."""
    case = reference("pub_cochrane_sd")
    exact, printed = case["output"]["recomputed_10_digits"], case["output"]["published"]
    given = case["inputs"]["p_to_se"]
    df = given["nE"] + given["nC"] - 2
    se = se_from_p(given["md"], given["p"], df=df)
    assert_allclose(se, exact["se_md"], rtol=1e-8)
    assert_allclose(given["md"] / se, exact["t"], rtol=1e-8)
    assert_allclose([se, given["md"] / se], [printed["se_md"], printed["t"]], atol=0.501e-2)
    sd = sd_from_se_of_difference(se, given["nE"], given["nC"])
    assert_allclose(sd, exact["sd_pooled"], rtol=1e-8)
    given = case["inputs"]["crossover"]
    sd = sd_of_change(given["sdC"], given["sdE"], given["corr"])
    assert_allclose(sd, exact["sd_diff"], rtol=1e-8)
    se = sd / np.sqrt(given["n"])
    assert_allclose(se, exact["crossover_se_md_corr"], rtol=1e-8)
    assert_allclose(se, printed["crossover_se_md_corr"], atol=0.501e-3)


def test_skewness_of_quantiles_as_metafor_tests_it(reference):
    """conv.fivenum(test = TRUE): statistic and critical value of five samples, by three summaries."""
    case = reference("es_fivenum_a")
    given, tested = case["inputs"], case["output"]["default_with_skewness_test"]
    quartiles = {"q1": given["q1"], "q3": given["q3"]}
    extremes = {"minimum": given["min"], "maximum": given["max"]}
    for name, quantiles in (
        ("case1", extremes),
        ("case2", quartiles),
        ("case3", quartiles | extremes),
    ):
        found = skewness_of_quantiles(given["n"], given["med"], **quantiles)
        assert_allclose(found, [tested[name]["tval"], tested[name]["crit"]], rtol=1e-9)


@pytest.mark.parametrize("n", [10, 20, 80])
@pytest.mark.parametrize(
    ("quartiles", "extremes"), [(True, False), (False, True), (True, True)], ids=str
)
def test_precision_of_means_and_sds_from_quantiles(n, quartiles, extremes):
    """Simulated: the variance is not too small, and no more than a tenth too large."""
    values = np.random.default_rng(n).normal(size=(20_000, n))
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75], axis=1)
    given = {"q1": q1, "q3": q3} if quartiles else {}
    given |= {"minimum": values.min(1), "maximum": values.max(1)} if extremes else {}
    mean, sd = mean_sd_from_quantiles(n, median, **given)
    variance, df = precision_from_quantiles(n, quartiles=quartiles, extremes=extremes)
    assert 0.9 < mean.var() / variance < 1.02
    assert 0.7 < 2 * df * sd.var() / sd.mean() ** 2 < 1.15
    # An interval by t with these degrees of freedom holds the true mean as often as it says.
    half = stats.t.ppf(0.975, df) * sd * np.sqrt(variance)
    assert np.mean(np.abs(mean) <= half) > 0.945
