"""The placebo model: against the reference comparison, published derivations and exact limits."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats

from evidence_review.display import placebo_tables
from evidence_review.estimates.change import PlaceboArms, SingleArmChange, placebo_arms
from evidence_review.estimates.contrast import every_contrast
from evidence_review.estimates.measure import Measure
from evidence_review.findings.of_placebo import placebo_findings
from evidence_review.placebo import against
from evidence_review.placebo import response as placebo
from evidence_review.placebo.moderators import moderators, small_arms
from evidence_review.placebo.published import points_per_sd, published_pools
from evidence_review.placebo.response import Benchmark, against_placebo, chance_of_significance
from evidence_review.records import load
from evidence_review.review.finding import Range, by_id
from evidence_review.review.review import Review
from evidence_review.review.settings import OWN_ARMS, Settings
from evidence_review.words import placebo as words

POINTS = Measure("MC", "points", "lower")


def change(mean: float, se: float, n: float = 12) -> SingleArmChange:
    exactly = Range(mean, mean), Range(se, se)
    return SingleArmChange(
        *("s", "a", "S", "severity", "X", 8, n, mean, se, POINTS, "SE", None, "reported", ()),
        *exactly,
    )


def benchmark(mean=-7.0, se=0.5, tau=3.0, df=27.0) -> Benchmark:
    return Benchmark("b", mean, se, tau, df, 28, POINTS, ())


def scipys(own: Benchmark, se_new: float = 0.0):
    """The distribution of a new placebo arm's mean change, by scipy."""
    wide = np.sqrt(own.tau**2 + own.se**2 + se_new**2)
    return stats.norm(own.mean, wide) if own.df is None else stats.t(own.df, own.mean, wide)


@pytest.mark.parametrize("df", [None, 1.0, 27.0])
def test_the_predictive_distribution_is_scipys(df):
    own, values = benchmark(df=df), np.linspace(-30, 10, 41)
    expected = scipys(own, 2.0)
    for p in (0.001, 0.3, 0.5, 0.975):
        assert_allclose(own.predicted(p, 2.0), expected.ppf(p), rtol=1e-9)
    assert_allclose(
        own.height(values, 2.0), expected.pdf(values) / expected.pdf(own.mean), rtol=1e-9
    )


@pytest.fixture
def review_with(records, monkeypatch):
    """Makes a review whose placebo arms are those given."""

    def made(arms: list[SingleArmChange], **settings) -> Review:
        monkeypatch.setattr(placebo, "placebo_arms", lambda review: PlaceboArms(tuple(arms), ()))
        return Review(records, Settings(**settings))

    return made


@pytest.mark.parametrize(
    ("ci", "key"), [("z", "REML|z"), ("knha", "REML|knha"), ("knha-adhoc", "REML|adhoc")]
)
def test_reference_comparison_of_a_single_arm(reference, review_with, ci, key):
    case = reference("singlearm_a")
    given, expected = case["inputs"], case["output"][key]
    arms = [change(y, se) for y, se in zip(given["placebo_y"], given["placebo_se"], strict=True)]
    own = placebo.own_benchmark(review_with(arms, interval=ci, level=0.95))
    result = against_placebo(change(given["trial_y"], given["trial_se"]), own)
    assert_allclose(result.beyond, expected["diff"], rtol=1e-6)
    assert_allclose(
        result.as_good, expected["t_km1"]["percentile_of_trial_in_placebo_predictive"], rtol=1e-6
    )
    assert_allclose([result.low, result.high], expected["t_km1"]["ci"], rtol=1e-6)


def test_silva2017_spread_from_i2_k_and_interval(magnesium):
    """By hand: se 0.31 / 3.92 = 0.0791; tau^2 + s^2 = 64 se^2 = 0.4003; tau = sqrt(0.881 x 0.4003) = 0.594."""
    pooled = published_pools(magnesium)["silva2017"]
    assert round(pooled.tau, 3) == 0.594
    assert_allclose(pooled.se, 0.0791, atol=5e-5)


def test_silva2017_in_points_is_what_its_authors_print(magnesium):
    own = placebo.benchmark(magnesium, "silva2017")
    assert_allclose(own.mean, -6.58, rtol=1e-12)
    assert_allclose(points_per_sd(magnesium)[0], 6.58 / 1.41, rtol=1e-12)
    assert any("equally precise" in note for note in words.assumptions(own))


def test_a_change_beside_silva2017_by_hand(magnesium):
    """A t of 64 - 1 degrees of freedom: k = 64 is printed, I2 = 88.1, -1.41 (-1.56 to -1.25) is -6.58 points."""
    per_sd = 6.58 / 1.41
    se = (1.56 - 1.25) / 2 / stats.norm.ppf(0.975)
    scale = np.sqrt((per_sd * se) ** 2 * (1 + 0.881 * 64) + 2.0**2)
    result = against_placebo(change(-9.0, 2.0), placebo.benchmark(magnesium, "silva2017"))
    assert_allclose(result.as_good, stats.t.cdf((-9.0 + 6.58) / scale, 63), rtol=1e-9)
    assert_allclose(result.beyond - result.low, stats.t.ppf(0.975, 63) * scale, rtol=1e-9)


def test_without_a_printed_number_of_trials_the_predictive_is_normal(magnesium):
    fulda = placebo.benchmark(magnesium, "fulda2008")
    scale = np.sqrt(fulda.tau**2 + fulda.se**2 + 2.0**2)
    result = against_placebo(change(-9.0, 2.0), fulda)
    assert_allclose(result.as_good, stats.norm.cdf((-9.0 - fulda.mean) / scale), rtol=1e-9)


def test_a_benchmark_in_points_is_compared_without_any_sd(copy):
    """By hand: se = 1.44 / 3.92 points, tau = sqrt(0.881 x 64) se, t of 64 - 1 degrees of freedom."""
    path = copy.data / "rls-placebo" / "pooled_results.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] != "standardised mean change"]
    points = next(row for row in rows if row["result_id"] == "silva2017_points")
    points |= {"ci_low": "-7.30", "ci_high": "-5.86", "i2": "88.1"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(points), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    review = Review(load("magnesium-rls", copy))
    assert review.limits["benchmark"].choices == (OWN_ARMS, "silva2017")
    silva = placebo.benchmark(review, "silva2017")
    se = 1.44 / 2 / stats.norm.ppf(0.975)
    assert_allclose([silva.low, silva.high], [-7.30, -5.86], rtol=1e-12)
    scale = np.sqrt(se**2 * (1 + 0.881 * 64) + 2.0**2)
    result = against_placebo(change(-9.0, 2.0), silva)
    assert_allclose(result.as_good, stats.t.cdf((-9.0 + 6.58) / scale, 63), rtol=1e-9)
    tau = f"{np.sqrt(0.881 * 64) * se:.3f} points"
    assert words.assumptions(silva) == (
        f"tau = {tau} from I2, k and the interval, as if all trials were equally precise",
    )
    found = by_id(placebo_findings(review))
    assert found["placebo.silva2017.change"].basis == "reported"
    assert found["placebo.silva2017.tau"].unit == "points"
    assert "placebo.silva2017.smd" not in found
    (row,) = placebo_tables.published(review).to_dict("records")
    assert row["change (points)"] == "−6.58"
    assert "change (SD)" not in row


def arms_on_a_line(records, slope: float, number: int) -> list[SingleArmChange]:
    """Arms of trials that differ in length, whose changes lie on a line through their weeks."""
    lengths = {}
    for row in records.reference_class["studies"].itertuples():
        if row.weeks == row.weeks:  # where it is printed
            lengths.setdefault(float(row.weeks), row.study_id)
    first = list(lengths.items())[:number]
    return [replace(change(slope * weeks, 1.0), study_id=study) for weeks, study in first]


def test_weeks_are_looked_at_from_four_arms_on(records, review_with):
    """Arms on a line have its slope and no spread about it; through three, too few are left to judge a spread."""
    assert placebo.change_by_weeks(review_with(arms_on_a_line(records, -0.5, 3))) is None
    fit = placebo.change_by_weeks(review_with(arms_on_a_line(records, -0.5, 4)))
    assert_allclose(fit.coefficients, [0, -0.5], atol=1e-9)
    assert fit.tau2 == pytest.approx(0, abs=1e-9)


def test_the_interval_of_a_slope_follows_the_setting(records, review_with):
    """Four arms on a line, each with SE 1: exact algebra gives the slope the SE 1 / sqrt(sum of squared weeks).

    Hartung and Knapp's rule without its floor took the luck for knowledge: an interval of no width.
    """
    arms = arms_on_a_line(records, -0.5, 4)
    weeks = np.array([-2 * arm.mean for arm in arms])
    se = 1 / np.sqrt(((weeks - weeks.mean()) ** 2).sum())
    fit = placebo.change_by_weeks(review_with(arms))
    assert fit.ci_high[1] - fit.ci_low[1] == pytest.approx(2 * stats.t.ppf(0.975, 2) * se)
    normal = placebo.change_by_weeks(review_with(arms, interval="z"))
    assert normal.ci_high[1] - normal.ci_low[1] == pytest.approx(2 * stats.norm.ppf(0.975) * se)


def test_every_regression_of_placebo_arms_follows_the_settings(magnesium):
    """Normal intervals are coefficient and standard error times 1.96 (to 7 digits 1.959964)."""
    normal = magnesium.under(interval="z")
    fits = [one.fit for one in moderators(normal)]
    for fit in (*fits, small_arms(normal).mixed, placebo.change_by_weeks(normal)):
        assert_allclose((fit.ci_high - fit.coefficients) / fit.se, 1.959964, rtol=1e-7)


def test_weeks_that_are_all_alike_say_nothing(records, review_with):
    (arm,) = arms_on_a_line(records, -0.5, 1)
    assert placebo.change_by_weeks(review_with([arm] * 5)) is None


def test_a_benchmark_without_i2_borrows_its_spread_and_says_so(magnesium):
    fulda = placebo.benchmark(magnesium, "fulda2008")
    assert fulda.tau == placebo.benchmark(magnesium, placebo.OWN_ARMS).tau
    assert any("borrowed" in note for note in words.assumptions(fulda))


def test_a_change_at_the_mean_is_beaten_half_the_time():
    assert_allclose(against_placebo(change(-7.0, 2.0), benchmark()).as_good, 0.5, rtol=1e-12)


def test_without_spread_and_doubt_it_is_the_one_sample_test():
    """tau = se = 0: the predictive is the sampling distribution alone."""
    result = against_placebo(change(-9.0, 1.5), benchmark(se=0.0, tau=0.0, df=None))
    assert_allclose(result.as_good, stats.norm.cdf(-2 / 1.5), rtol=1e-12)


def test_more_spread_between_trials_makes_a_good_change_less_surprising():
    shares = [
        against_placebo(change(-12.0, 2.0), benchmark(tau=tau)).as_good for tau in (0, 1, 3, 6)
    ]
    assert shares == sorted(shares)


def test_significance_when_placebo_does_nothing_is_half_of_alpha():
    """Two-sided 5%, counted where people improve: 2.5% when nobody changes at all."""
    nothing = benchmark(mean=0.0, se=0.0, tau=1e-9, df=None)
    assert_allclose(chance_of_significance(nothing, n=12, sd=7.0), 0.025, rtol=1e-6)


def test_significance_against_simulated_trials():
    """200,000 simulated trials of 12 people on placebo, t-tested one by one."""
    own = benchmark(mean=-6.7, se=0.6, tau=2.95)
    rng = np.random.default_rng(20261122)
    truth = scipys(own).rvs(200_000, random_state=rng)
    scores = rng.normal(truth[:, None], 6.82, (200_000, 12))
    t = scores.mean(axis=1) / scores.std(axis=1, ddof=1) * np.sqrt(12)
    simulated = np.mean(t < stats.t.ppf(0.025, 11))
    assert_allclose(chance_of_significance(own, n=12, sd=6.82), simulated, atol=0.004)


def test_a_randomised_contrast_cannot_be_pooled_with_changes(magnesium, settings):
    contrast = every_contrast(magnesium)[0]
    arms, _ = placebo_arms(magnesium)
    with pytest.raises(TypeError, match="cannot be pooled"):
        placebo.pool([*arms, contrast], settings)
    with pytest.raises(TypeError, match="already taken off"):
        against_placebo(contrast, benchmark())


def test_units_must_agree():
    with pytest.raises(ValueError, match=r"points.*SD"):
        against_placebo(
            change(-7.0, 2.0), replace(benchmark(), measure=Measure("SMC", "SD", "lower"))
        )


def test_too_few_arms_say_what_to_widen(magnesium, settings):
    with pytest.raises(ValueError, match="Widen 'population'"):
        placebo.pool(placebo_arms(magnesium).usable[:1], settings)


def test_arms_enter_by_the_best_route_their_figures_allow(magnesium):
    arms = {arm.study_id: arm for arm in placebo_arms(magnesium).usable}
    rest = {arm.study_id: arm.reason for arm in placebo_arms(magnesium).not_usable}
    assert (arms["oertel2007"].se, arms["oertel2007"].route) == (0.9, "SE")
    assert_allclose(arms["garciaborreguero2016"].se, 7.6 / 7)  # SD 7.6, n 49
    assert_allclose(arms["bayard2011"].se, 8 / np.sqrt(31))  # SD assumed
    # 23.7 (3.4) to 18.7 (3.2), r = 0.5: SD of change sqrt(3.4^2 + 3.2^2 - 3.4 x 3.2)
    assert arms["garciaborreguero2021"].mean == pytest.approx(-5.0)
    assert_allclose(
        arms["garciaborreguero2021"].se, np.sqrt(3.4**2 + 3.2**2 - 3.4 * 3.2) / np.sqrt(28)
    )
    assert rest["grote2009"] == "medians are printed, not means"
    assert rest["wang2009"] == "number of people not printed"
    assert rest["bogan2006"] == "no change printed"
    assert "mortazavi2013" not in arms | rest  # usual care is not placebo


def test_excluding_arms_without_se_leaves_those_that_print_one(magnesium):
    every = placebo_arms(magnesium).usable
    arms = placebo_arms(magnesium.under(missing_se="exclude")).usable
    name = lambda arm: (arm.study_id, arm.arm_id)
    assert [*map(name, arms)] == [name(arm) for arm in every if arm.assumed is None]
    assert 0 < len(arms) < len(every)


def test_the_headline_under_every_benchmark(magnesium):
    """The pilot's 6.67 beside 6.58 and 6.91: close to half of placebo arms do as well."""
    for other, result in against.benchmark_comparison(magnesium):
        assert 0.4 < result.as_good < 0.6, other.benchmark_id
        assert result.low < 0 < result.high


@pytest.mark.parametrize("n", [2, 12, 100, 600, 100_000])
def test_the_chance_of_significance_of_any_number_of_people(n):
    """Against 400,000 simulated trials, each with a true mean change of its own, from few to many people."""
    own = benchmark(-6.0, 1.0, 2.0, 3.0)
    rng = np.random.default_rng(11)
    true = stats.t.rvs(3, -6.0, 5**0.5, size=400_000, random_state=rng)
    means = true + rng.normal(0, 8 / n**0.5, 400_000)
    sds = 8 * np.sqrt(rng.chisquare(n - 1, 400_000) / (n - 1))
    simulated = np.mean(means / (sds / n**0.5) < stats.t.ppf(0.025, n - 1))
    found = chance_of_significance(own, n=n, sd=8.0)
    assert abs(found - simulated) < 4 * np.sqrt(found * (1 - found) / 400_000)


@pytest.mark.parametrize(("df", "n", "right"), [(3, 100, 0.912), (27, 600, 0.974)])
def test_the_chance_of_significance_where_no_library_has_an_answer(df, n, right):
    """By definition: over the SD that a trial finds and its error, the tail of the t of true means."""
    mean, se, tau, sd = -7.0, 1.0, 3.0, 6.82
    error, scale = sd / np.sqrt(n), np.hypot(tau, se)
    critical = stats.t.isf(0.025, n - 1)
    z, weights = np.polynomial.hermite_e.hermegauss(60)

    def given_its_sd(found):
        limits = (-critical * found * error - error * z - mean) / scale
        return weights @ stats.t.cdf(limits, df) / np.sqrt(2 * np.pi)

    by_definition = integrate.quad(
        lambda found: (
            given_its_sd(found) * 2 * found * (n - 1) * stats.chi2.pdf(found**2 * (n - 1), n - 1)
        ),
        *(0.3, 2.0),
        epsabs=1e-11,
        limit=200,
    )[0]
    assert round(by_definition, 3) == right
    found = chance_of_significance(benchmark(mean, se, tau, df), n=n, sd=sd)
    assert_allclose(found, by_definition, atol=1e-8)
