"""Every route on honest reports of simulated people: what it gives holds the truth of the data.

Where figures are only rounded, the range of roundings always holds what the people say. Where a route
has to suppose more (medians of normal values, people in clusters) its interval holds the true
difference in at least the share it promises, to within the error of the simulation.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from evidence_review.estimates import contrast as contrasts
from evidence_review.estimates.change import SingleArmChange, arm_change, placebo_arms
from evidence_review.estimates.contrast import changes_by_arm, contrasts_on
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.measure import OF_CHANGES, OF_SCORES
from evidence_review.estimates.pool import summary_contrast
from evidence_review.estimates.reasons import (
    CLUSTER_P,
    CLUSTERS,
    CROSSOVER,
    CROSSOVER_EVENTS,
    IMPOSSIBLE_ICC,
    NO_DIRECTION,
    NO_RANKING,
    NO_SPREAD,
    NOT_AT_ENDS,
    ONLY_BOUNDS,
    OTHER_MEASURE,
    OTHER_UNITS,
    RANK_TEST,
    SKEWED,
    TOO_FEW_FOR_SDS,
)
from evidence_review.estimates.route import Refused
from evidence_review.estimates.trial import Design, Trial
from evidence_review.review.review import Review
from evidence_review.stats.designs import period_adjusted_difference
from evidence_review.stats.summaries import mean_sd_from_quantiles

from .honest_trials import ARMS, OUTCOME, STUDY, Report, by_route, chosen, hedges, t_test, two_arms

TREATED, PLACEBO = ARMS
SEEDS = range(12)


def holds(span, truth: float) -> bool:
    slack = 1e-9 * (1 + abs(truth))
    return span.low - slack <= truth <= span.high + slack


def on(found, measure: str, sd_of: str | None = None):
    """The effect on a measure, in SDs of one kind."""
    assert not isinstance(found, Refused | NotUsable), found
    fits = lambda m: m.name == measure and sd_of in (None, m.sd_of)
    return next((effect for effect in found.effects if fits(effect.measure)), None)


def assert_holds(found, truth, sd_of: str | None = None) -> None:
    """The difference, its standard error, and g (in SDs of one kind) of the people themselves."""
    md, smd = on(found, "MD"), on(found, "SMD", sd_of)
    assert holds(md.rounding, truth.difference)
    assert holds(md.se_rounding, truth.se)
    assert holds(smd.rounding, truth.g)


def report_of(arms, design: str = "parallel") -> Report:
    return Report(design).people(*(arm.n for arm in arms))


def of_changes(arms):
    return t_test(*(arm.change for arm in arms))


def decimals_for(seed: int) -> int:
    return 1 + seed % 2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "name",
    [
        "difference and SE",
        "difference and interval",
        "difference and t",
        "difference and F",
        "difference and P",
    ],
)
def test_a_difference_and_what_its_error_follows_from(name, seed, iron):
    arms = two_arms(np.random.default_rng(seed))
    truth, places = of_changes(arms), decimals_for(seed)
    report = report_of(arms).say(TREATED, "difference", truth.difference, places)
    for label, arm in zip(ARMS, arms, strict=True):
        report.say(label, "change_sd", arm.change.std(ddof=1), places)
    if name == "difference and SE":
        report.say(TREATED, "difference_se", truth.se, places)
    elif name == "difference and interval":
        level = (90, 95, 99)[seed % 3]
        half = stats.t.ppf(0.5 + level / 200, truth.df) * truth.se
        report.say(TREATED, "difference_ci_low", truth.difference - half, places)
        report.say(TREATED, "difference_ci_high", truth.difference + half, places)
        if level != 95:
            report.say(TREATED, "difference_ci_level", level, 0)
    elif name == "difference and t":
        report.say(TREATED, "t_difference", truth.t, 2)
    elif name == "difference and F":
        report.say(TREATED, "f_difference", truth.t**2, 2)
    else:
        report.say(TREATED, "p_difference", truth.p, 4)
    found = by_route(report.read(iron), name)
    if isinstance(found, Refused):  # P = 0.0000, F = 0.00
        assert found.reason == ONLY_BOUNDS
        assert truth.p < 0.00006 or abs(truth.t) < 0.08
        return
    assert_holds(found, truth, OF_CHANGES)
    assert on(found, "MD").basis == "derived"


@pytest.mark.parametrize("seed", SEEDS)
def test_an_adjusted_difference_is_counted_in_sds_of_people(seed, iron):
    """An analysis of covariance: its residual SD is smaller than that of people."""
    rng = np.random.default_rng(seed)
    arms = two_arms(rng)
    before = np.concatenate([arm.before for arm in arms])
    after = np.concatenate([arm.after for arm in arms])
    design = np.column_stack(
        [np.ones(len(before)), np.repeat([1.0, 0.0], [arm.n for arm in arms]), before]
    )
    coefficients, (squares,), *_ = np.linalg.lstsq(design, after, rcond=None)
    residual = np.sqrt(squares / (len(after) - 3))
    se = residual * np.sqrt(np.linalg.inv(design.T @ design)[1, 1])
    report = report_of(arms).say(TREATED, "difference", coefficients[1])
    report.say(TREATED, "difference_se", se)
    for label, arm in zip(ARMS, arms, strict=True):
        report.say(label, "sd", arm.after.std(ddof=1))
    found = by_route(report.read(iron), "difference and SE")
    assert on(found, "SMD", OF_CHANGES) is None
    unadjusted = t_test(*(arm.after for arm in arms))
    people = unadjusted.difference * hedges(unadjusted.df) / unadjusted.g
    truth = hedges(unadjusted.df) * coefficients[1] / people
    assert holds(on(found, "SMD", OF_SCORES).rounding, truth)
    assert holds(on(found, "MD").rounding, coefficients[1])


def say_change(report: Report, label: str, change: np.ndarray, by: str, places: int) -> None:
    n, sd = len(change), change.std(ddof=1)
    se, mean = sd / np.sqrt(n), change.mean()
    report.say(label, "change_mean", mean, places)
    if by == "SD":
        report.say(label, "change_sd", sd, places)
    elif by == "SE":
        report.say(label, "change_se", se, 2)
    elif by == "interval":
        half = stats.t.ppf(0.95, n - 1) * se
        report.say(label, "change_ci_low", mean - half, places)
        report.say(label, "change_ci_high", mean + half, places)
        report.say(label, "change_ci_level", 90, 0)
    elif by == "t":
        report.say(label, "t_change", mean / se, 2)
    else:
        report.say(label, "p_change", 2 * stats.t.sf(abs(mean / se), n - 1), 6)


@pytest.mark.parametrize("by", ["SE", "SD", "interval", "t", "P"])
@pytest.mark.parametrize("seed", SEEDS)
def test_changes_of_both_arms(by, seed, iron):
    arms = two_arms(np.random.default_rng(seed), most=20)
    report, places = report_of(arms), decimals_for(seed)
    for label, arm in zip(ARMS, arms, strict=True):
        say_change(report, label, arm.change, by, places)
    review = report.read(iron)
    of_arms = Trial(review, STUDY, ARMS, OUTCOME).changes()
    if any(arm.route != by for arm in of_arms if isinstance(arm, SingleArmChange)):
        assert by == "P"  # prints as 0.000000: the SD is assumed instead
        return
    found = by_route(review, "changes")
    difference = np.subtract(*(arm.change.mean() for arm in arms))
    se = np.sqrt(sum(arm.change.var(ddof=1) / arm.n for arm in arms))
    assert holds(on(found, "MD").rounding, difference)
    assert holds(on(found, "MD").se_rounding, se)
    assert holds(on(found, "SMD", OF_CHANGES).rounding, of_changes(arms).g)


@pytest.mark.parametrize("seed", SEEDS)
def test_scores_of_both_arms(seed, iron):
    arms = two_arms(np.random.default_rng(seed))
    report = report_of(arms)
    for label, arm in zip(ARMS, arms, strict=True):
        report.say(label, "mean", arm.after.mean(), decimals_for(seed))
        report.say(label, "sd", arm.after.std(ddof=1), decimals_for(seed))
    found = by_route(report.read(iron), "scores")
    assert holds(on(found, "MD").rounding, np.subtract(*(arm.after.mean() for arm in arms)))
    assert holds(on(found, "SMD", OF_SCORES).rounding, t_test(*(arm.after for arm in arms)).g)


@pytest.mark.parametrize("test", ["t", "f", "p"])
@pytest.mark.parametrize("seed", SEEDS)
def test_means_and_the_test_of_their_difference(test, seed, iron):
    arms = two_arms(np.random.default_rng(seed))
    truth = of_changes(arms)
    report = report_of(arms)
    for label, arm in zip(ARMS, arms, strict=True):
        report.say(label, "change_mean", arm.change.mean())
    printed = {"t": (truth.t, 2), "f": (truth.t**2, 2), "p": (truth.p, 4)}[test]
    report.say(TREATED, f"{test}_difference", *printed)
    found = by_route(report.read(iron), "means and test")
    if isinstance(found, Refused):
        assert found.reason == ONLY_BOUNDS
        return
    assert_holds(found, truth, OF_CHANGES)


@pytest.mark.parametrize("test", ["t", "f", "p"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_test_of_the_difference_alone(test, seed, iron):
    """Only medians say which arm did better: the values are not skewed, and the test is of means."""
    arms = two_arms(np.random.default_rng(seed))
    truth = of_changes(arms)
    report = report_of(arms)
    report.say(TREATED, "difference", truth.difference)  # its error is not printed
    printed = {"t": (truth.t, 2), "f": (truth.t**2, 2), "p": (truth.p, 3)}[test]
    report.say(TREATED, f"{test}_difference", *printed)
    found = by_route(report.read(iron), "test alone")
    effect = on(found, "SMD")
    assert holds(effect.rounding or effect.bounds, truth.g)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_p_below_or_above_a_limit(seed, iron):
    arms = two_arms(np.random.default_rng(seed))
    truth = of_changes(arms)
    comparator = "<" if truth.p < 0.05 else ">"
    report = report_of(arms).say(TREATED, "p_difference", 0.05, 2, comparator=comparator)
    unknown = chosen(report.read(iron))
    if comparator == "<":
        assert unknown.reason == NO_DIRECTION
    else:
        assert holds(unknown.on("SMD").bounds, truth.g)
    for label, arm in zip(ARMS, arms, strict=True):
        report.say(label, "change_mean", arm.change.mean())
    bounds = on(by_route(report.read(iron), "test alone"), "SMD").bounds
    assert holds(bounds, truth.g)
    assert (
        max(bounds.low, 0.0) <= bounds.high if truth.g > 0 else min(bounds.high, 0.0) >= bounds.low
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_p_over_three_arms_and_a_ranking(seed, iron):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(8, 30, 3)
    groups = [rng.normal(mean, 6, n) for mean, n in zip((14, 16, 19), sizes, strict=True)]
    order = sorted(groups, key=lambda group: group.mean())
    df = sum(sizes) - 3
    sd = np.sqrt(sum((len(g) - 1) * g.var(ddof=1) for g in groups) / df)
    truth = (order[0].mean() - order[-1].mean()) / sd
    names = (TREATED, "other", PLACEBO)
    report = Report().people(*(len(group) for group in order), arms=names)
    report.say("all", "p_omnibus", stats.f_oneway(*groups).pvalue, 3)
    for place, name in enumerate(names, start=1):
        report.say(name, "rank", place, 0)
    found = by_route(report.read(iron), "omnibus")
    assert holds(on(found, "SMD").bounds, truth)


def crossed(rng, n: int, effect: float = -3.0):
    person = rng.normal(20, 5, n)
    return person + effect + rng.normal(0, 4, n), person + rng.normal(0, 4, n)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_crossover_trial_is_paired(seed, iron):
    """n people are n; the range of r that may be assumed holds the standard error of the pairs."""
    rng = np.random.default_rng(seed)
    under = crossed(rng, int(rng.integers(8, 40)))
    n, differences = len(under[0]), under[0] - under[1]
    report = Report("crossover").people(n, n)
    for label, values in zip(ARMS, under, strict=True):
        report.say(label, "mean", values.mean()).say(label, "sd", values.std(ddof=1))
    assert by_route(report.read(iron), "scores").reason == CROSSOVER
    found = by_route(report.read(iron, crossover_r=0.5), "scores")
    assert on(found, "MD").basis == "assumed"
    assert holds(on(found, "MD").rounding, differences.mean())
    assert holds(on(found, "MD").se_rounding, differences.std(ddof=1) / np.sqrt(n))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_crossover_trial_with_its_paired_test(seed, iron):
    rng = np.random.default_rng(seed)
    under = crossed(rng, int(rng.integers(8, 40)))
    n, differences = len(under[0]), under[0] - under[1]
    se = differences.std(ddof=1) / np.sqrt(n)
    report = Report("crossover").people(n, n)
    for label, values in zip(ARMS, under, strict=True):
        report.say(label, "mean", values.mean()).say(label, "sd", values.std(ddof=1))
    report.say(TREATED, "t_difference", differences.mean() / se)
    found = chosen(report.read(iron, crossover_r=0.5))
    assert found.route.name == "means and test"
    assert holds(on(found, "MD").se_rounding, se)
    sd = np.sqrt(sum(values.var(ddof=1) for values in under) / 2)
    truth = hedges(n - 1) * differences.mean() / sd
    assert holds(on(found, "SMD", OF_SCORES).rounding, truth)


def two_sequences(rng, n1: int, n2: int, effect=-3.0, period=-2.0, trials: tuple[int, ...] = ()):
    """First and second period of those who began with each arm, in one trial a row."""
    found = []
    for n, first, second in ((n1, effect, 0.0), (n2, 0.0, effect)):
        person = rng.normal(20, 5, (*trials, n))
        one, two = rng.normal(0, 4, (2, *trials, n))
        found.append((person + first + one, person + second + period + two))
    return found


def of_periods(begun: list, *, both: bool = True) -> Report:
    """A report by period; `begun`: first and second period of those who began with each arm."""
    report = Report("crossover")
    cells = {
        TREATED: {"first": begun[0][0], "second": begun[1][1]},
        PLACEBO: {"first": begun[1][0], "second": begun[0][1]},
    }
    for label, of_arm in cells.items():
        report.say(label, "n_first_period", len(of_arm["first"]), 0)
        for period in ("first", "second")[: 2 if both else 1]:
            report.say(label, f"mean_{period}_period", of_arm[period].mean())
            report.say(label, f"sd_{period}_period", of_arm[period].std(ddof=1))
    return report


@pytest.mark.parametrize("seed", SEEDS)
def test_a_crossover_trial_by_period(seed, iron):
    """The estimate is that of least squares with people and periods; by the first period without r."""
    rng = np.random.default_rng(seed)
    begun = two_sequences(rng, int(rng.integers(6, 20)), int(rng.integers(20, 40)))
    report = of_periods(begun)
    n1, n2 = len(begun[0][0]), len(begun[1][0])
    people = np.tile(np.eye(n1 + n2), (2, 1))
    second = np.repeat([0.0, 1.0], n1 + n2)
    treated = np.r_[np.ones(n1), np.zeros(n2), np.zeros(n1), np.ones(n2)]
    y = np.r_[begun[0][0], begun[1][0], begun[0][1], begun[1][1]]
    truth = np.linalg.lstsq(np.column_stack([treated, second, people]), y, rcond=None)[0][0]
    found = chosen(report.read(iron, crossover_r=0.5))
    assert (found.route.name, on(found, "MD").basis) == ("periods", "assumed")
    assert holds(on(found, "MD").rounding, truth)
    differences = [first - last for first, last in begun]
    se = np.sqrt(sum(d.var(ddof=1) / len(d) for d in differences)) / 2
    assert holds(on(found, "MD").se_rounding, se)
    alone = t_test(begun[0][0], begun[1][0])
    for review in (report.read(iron), of_periods(begun, both=False).read(iron, crossover_r=0.5)):
        first = chosen(review)
        assert (first.route.name, on(first, "MD").basis) == ("periods", "derived")
        assert holds(on(first, "MD").rounding, alone.difference)
        assert holds(on(first, "SMD", OF_SCORES).rounding, alone.g)


def test_periods_of_unequal_sequences_hold_what_they_promise():
    """8 and 16 people, lower in the second period: paired without regard to it, the mean is off."""
    rng, count = np.random.default_rng(9), 20_000
    (a1, b2), (b1, a2) = two_sequences(rng, 8, 16, trials=(count,))
    means = lambda *x: tuple(values.mean(1) for values in x)
    sds = lambda *x: tuple(values.std(1, ddof=1) for values in x)
    r = 25 / (25 + 16)  # of a person's two values
    estimate, variance, df = period_adjusted_difference(
        means(a1, a2), sds(a1, a2), means(b1, b2), sds(b1, b2), 8, 16, r
    )
    covered = np.abs(estimate + 3.0) <= stats.t.ppf(0.975, df) * np.sqrt(variance)
    assert covered.mean() >= promised(count) - 0.002
    assert estimate.mean() == pytest.approx(-3.0, abs=0.05)
    # Expected: 17 and 15 of 8 and 16 people, less 18 and 20 of 8 and 16.
    plain = np.hstack([a1, a2]).mean(1) - np.hstack([b1, b2]).mean(1)
    assert plain.mean() == pytest.approx(-3.67, abs=0.05)


def test_twenty_people_who_cross_over(iron):
    """SDs of 6.5, r = .5: SE 6.5 / sqrt(20) = 1.45; as two groups it would be 2.06."""
    report = Report("crossover").people(20, 20)
    for label, mean in zip(ARMS, (10.0, 13.0), strict=True):
        report.say(label, "mean", mean).say(label, "sd", 6.5)
    found = by_route(report.read(iron, crossover_r=0.5), "scores")
    assert on(found, "MD").variance ** 0.5 == pytest.approx(6.5 / 20**0.5, rel=1e-12)


def promised(count: int, level: float = 0.95) -> float:
    """The level less three standard errors of a simulation of so many."""
    return level - 3 * np.sqrt(level * (1 - level) / count)


def covers(design: Design, first: np.ndarray, second: np.ndarray, truth: float, tie=1.0) -> float:
    """The share of trials, one a row of people, whose interval by t holds the true difference."""
    of = lambda people: (
        people.mean(1),
        people.std(1, ddof=1),
        np.full(len(people), people.shape[1]),
    )
    found = design.compare(*of(first), *of(second), np.full(len(first), tie))
    half = stats.t.ppf(0.975, found.df) * np.sqrt(found.variance)
    return float(np.mean(np.abs(found.difference - truth) <= half))


@pytest.mark.parametrize(("n1", "n2", "sd2"), [(6, 6, 6.0), (8, 12, 6.0), (6, 15, 2.0)])
def test_intervals_of_small_trials_hold_what_they_promise(n1, n2, sd2):
    """By Welch's t; by the normal, 6 and 6 people would hold 92%."""
    rng, count = np.random.default_rng(6), 20_000
    first, second = rng.normal(-3, 6, (count, n1)), rng.normal(0, sd2, (count, n2))
    assert covers(Design("parallel"), first, second, -3.0) >= promised(count) - 0.002


def test_people_in_clusters_are_worth_fewer():
    """8 and 6 clusters of 10 people each, ICC .15: the design effect is 1 + 9 x .15."""
    rng, count, icc = np.random.default_rng(5), 20_000, 0.15

    def arm(clusters: int, effect: float) -> np.ndarray:
        of_cluster = rng.normal(0, 6 * np.sqrt(icc), (count, clusters, 1))
        people = rng.normal(effect, 6 * np.sqrt(1 - icc), (count, clusters, 10))
        return (of_cluster + people).reshape(count, -1)

    arms = arm(8, -3.0), arm(6, 0.0)
    assert covers(Design("cluster", clusters=14), *arms, -3.0, 1 + 9 * icc) >= promised(count)
    assert covers(Design("parallel"), *arms, -3.0) < 0.9


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cluster_trial(seed, iron):
    """People are counted once a cluster and as far as they differ; without the ICC, refused."""
    arms = two_arms(np.random.default_rng(seed))
    report = report_of(arms, "cluster")
    for label, arm in zip(ARMS, arms, strict=True):
        report.say(label, "mean", arm.after.mean()).say(label, "sd", arm.after.std(ddof=1))
        report.say(label, "n_clusters", 3, 0)
    assert by_route(report.read(iron), "scores").reason == CLUSTERS
    assumed = by_route(report.read(iron, icc=0.1), "scores")
    assert on(assumed, "MD").basis == "assumed"
    found = by_route(report.say("all", "icc", 0.05).read(iron), "scores")
    size = sum(arm.n for arm in arms) / 6
    plain = sum(arm.after.var(ddof=1) / arm.n for arm in arms)
    assert holds(on(found, "MD").se_rounding, np.sqrt(plain * (1 + (size - 1) * 0.05)))
    interval = on(found, "MD").interval
    half = stats.t.ppf(0.975, 4) * on(found, "MD").variance ** 0.5
    assert interval.high - interval.low == pytest.approx(2 * half, rel=1e-9)


def test_events_and_rates_of_a_cluster_trial_allow_for_the_clusters(iron):
    """210 falls in 180.2 years and 88 of 205 people, 262 in 176.5 and 103 of 198; 12 clusters an arm, ICC .02.

    Cochrane Handbook 23.1.4: variances grow by 1 + (403 / 24 - 1) x .02 = 1.315833.
    """
    report = Report("cluster").people(205, 198)
    for label, events, time in zip(ARMS, (210, 262), (180.2, 176.5), strict=True):
        report.say(label, "n_events", events, 0).say(label, "person_time", time, 1)
        report.say(label, "n_clusters", 12, 0)
    assert by_route(report.read(iron), "rates").reason == CLUSTERS
    assumed = by_route(report.read(iron, icc=0.02), "rates").effects[0]
    assert assumed.basis == "assumed"
    found = by_route(report.say("all", "icc", 0.02).read(iron), "rates").effects[0]
    assert found.value == pytest.approx(np.log(210 / 180.2) - np.log(262 / 176.5), rel=1e-12)
    effect = 1 + (403 / 24 - 1) * 0.02
    assert found.variance == pytest.approx((1 / 210 + 1 / 262) * effect, rel=1e-12)
    assert assumed.variance == found.variance
    assert found.of_control == pytest.approx(effect / 262, rel=1e-12)
    half = stats.t.ppf(0.975, 22) * found.variance**0.5  # 24 clusters less 2
    assert found.interval.high - found.interval.low == pytest.approx(2 * half, rel=1e-9)

    people = Report("cluster").people(205, 198).say("all", "icc", 0.02)
    for label, events in zip(ARMS, (88, 103), strict=True):
        people.say(label, "n_events", events, 0).say(label, "n_clusters", 12, 0)
    ratio = on(by_route(people.read(iron), "events"), "RR")
    plain = 1 / 88 - 1 / 205 + 1 / 103 - 1 / 198
    assert ratio.value == pytest.approx(np.log(88 / 205) - np.log(103 / 198), rel=1e-12)
    assert ratio.variance == pytest.approx(plain * effect, rel=1e-12)


def test_the_change_in_each_arm_of_a_cluster_trial_allows_for_the_clusters(iron):
    """60 people an arm in 3 clusters of 20: with an ICC of .05 the design effect is 1 + 19 x .05."""
    report = Report("cluster").people(60, 60)
    for label, mean in zip(ARMS, (-8.0, -5.0), strict=True):
        report.say(label, "change_mean", mean).say(label, "change_sd", 6.0)
        report.say(label, "n_clusters", 3, 0)
    refused = changes_by_arm(report.read(iron))
    assert refused.usable == () and [one.reason for one in refused.not_usable] == [CLUSTERS]
    found = changes_by_arm(report.say("all", "icc", 0.05).read(iron))
    ((treated, control),) = found.usable
    assert found.not_usable == () and (treated.mean, control.mean) == (-8.0, -5.0)
    for arm in (treated, control):
        assert arm.se == pytest.approx(6 / 60**0.5 * 1.95**0.5, rel=1e-9)
        assert arm.sd == pytest.approx(6.0)  # one person's, not that of a mean
    (compared,) = contrasts_on(report.read(iron), OUTCOME)
    both = treated.se**2 + control.se**2  # the comparison allows for them once
    assert compared.best.variance == pytest.approx(both, rel=1e-9)


def test_a_placebo_arm_of_a_cluster_trial_is_not_taken_for_people_one_by_one(magnesium):
    """Without the number of clusters and how alike their people are, its precision is not known."""
    before, records = placebo_arms(magnesium), magnesium.records
    own, first = records.reference_class, before.usable[0]
    studies = own["studies"].copy()
    studies.loc[studies.study_id == first.study_id, "design"] = "cluster"
    moved = replace(own, tables=own.tables | {"studies": studies})
    after = placebo_arms(Review(replace(records, reference_class=moved)))
    assert first.study_id not in [arm.study_id for arm in after.usable]
    assert (first.study_id, CLUSTERS) in [(arm.study_id, arm.reason) for arm in after.not_usable]


@pytest.mark.parametrize(("beyond", "is_refused"), [(-0.01, True), (0.01, False)])
def test_an_icc_that_people_of_one_cluster_cannot_have(beyond, is_refused, iron):
    """Their sum has a variance in proportion to 1 + (size - 1) icc, which cannot be 0 or less."""
    arms = two_arms(np.random.default_rng(1))
    report = report_of(arms, "cluster")
    for label, arm in zip(ARMS, arms, strict=True):
        report.say(label, "mean", arm.after.mean()).say(label, "sd", arm.after.std(ddof=1))
        report.say(label, "n_clusters", 3, 0)
    size = sum(arm.n for arm in arms) / 6
    found = by_route(report.say("all", "icc", -1 / (size - 1) + beyond, 4).read(iron), "scores")
    assert (getattr(found, "reason", "") == IMPOSSIBLE_ICC) == is_refused


@pytest.mark.parametrize("given", [("q1", "q3"), ("minimum", "maximum")], ids=" and ".join)
@pytest.mark.parametrize("seed", SEEDS)
def test_medians_of_normal_values(given, seed, iron):
    """What mean and SD of people are is not known from quantiles; what these say is, rounded or not."""
    arms = two_arms(np.random.default_rng(seed), least=15)
    report, said = report_of(arms), []
    shares = {"minimum": 0, "q1": 0.25, "median": 0.5, "q3": 0.75, "maximum": 1}
    for label, arm in zip(ARMS, arms, strict=True):
        quantiles = {name: np.quantile(arm.after, shares[name]) for name in ("median", *given)}
        for name, value in quantiles.items():
            report.say(label, name, value, 1)
        said.append(mean_sd_from_quantiles(arm.n, **quantiles))
    found = by_route(report.read(iron), "medians")
    if isinstance(found, Refused):
        assert found.reason == SKEWED
        return
    (m1, s1), (m2, s2) = said
    assert holds(on(found, "MD").rounding, m1 - m2)
    least = np.sqrt(s1**2 / arms[0].n + s2**2 / arms[1].n)
    assert (
        on(found, "MD").se_rounding.high > 0.97 * least
    )  # no better than all the people would say


@pytest.mark.parametrize("printed", ["counts", "percentages"])
@pytest.mark.parametrize("seed", SEEDS)
def test_people_with_an_event(printed, seed, iron):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(15, 300, 2)
    counts = rng.binomial(sizes - 2, (0.5, 0.3)) + 1
    report = Report().people(*sizes)
    for label, events, n in zip(ARMS, counts, sizes, strict=True):
        if printed == "counts":
            report.say(label, "n_events", events, 0)
        else:
            report.say(label, "responders_percent", 100 * events / n, 0)
    found = by_route(report.read(iron), "events")
    odds = counts / (sizes - counts)
    assert holds(on(found, "OR").rounding, np.log(odds[0] / odds[1]))
    shares = counts / sizes
    assert holds(on(found, "RR").rounding, np.log(shares[0] / shares[1]))
    assert holds(on(found, "RD").rounding, shares[0] - shares[1])


@pytest.mark.parametrize("design", ["crossover", "cluster"])
def test_a_route_of_which_nothing_is_printed_has_no_other_reason(design, iron):
    report = report_of(two_arms(np.random.default_rng(1)), design)
    say_scores = report.say(TREATED, "mean", 14.0).say(PLACEBO, "mean", 15.0)
    for name in ("events", "rates"):
        assert by_route(say_scores.read(iron), name).reason == ""
    for arm in ARMS:
        report.say(arm, "n_events", 5, 0).say(arm, "person_time", 40, 0)
    for name in ("events", "rates"):
        refused = by_route(report.read(iron), name)
        assert refused.reason in (CROSSOVER_EVENTS, CLUSTERS)
        assert len(refused.rows) == 2


def test_medians_of_skewed_values_are_refused(iron):
    rng = np.random.default_rng(8)
    refused = []
    for _ in range(60):
        report = Report().people(60, 60)
        for label in ARMS:
            values = rng.lognormal(2, 1, 60)
            for name, share in (("median", 0.5), ("q1", 0.25), ("q3", 0.75)):
                report.say(label, name, np.quantile(values, share), 1)
        refused.append(isinstance(by_route(report.read(iron), "medians"), Refused))
    assert np.mean(refused) > 0.7


def test_g_of_changes_and_g_of_scores_of_the_same_trial(iron):
    """n 40 and 40: changes -6.2 (SD 5.0) and -2.2 (SD 5.1); SDs of scores 7.98 and 7.99."""
    report = Report().people(40, 40)
    for label, mean, change_sd, sd in ((TREATED, -6.2, 5.0, 7.98), (PLACEBO, -2.2, 5.1, 7.99)):
        report.say(label, "change_mean", mean, 1).say(label, "change_sd", change_sd, 1)
        report.say(label, "sd", sd, 2)
    found = chosen(report.read(iron))
    by_changes = -4.0 / np.sqrt((5.0**2 + 5.1**2) / 2) * hedges(78)
    by_scores = -4.0 / np.sqrt((7.98**2 + 7.99**2) / 2) * hedges(78)
    assert on(found, "SMD", OF_CHANGES).value == pytest.approx(by_changes, rel=1e-9)
    assert on(found, "SMD", OF_SCORES).value == pytest.approx(by_scores, rel=1e-9)
    assert (round(by_changes, 3), round(by_scores, 3)) == (-0.784, -0.496)


def test_eight_printed_as_the_sd_of_people(iron):
    """-3 (SE 1) adjusted, 50 and 50 people with SD 8: g = -.372, not the -.6 of the model's SD."""
    report = (
        Report().people(50, 50).say(TREATED, "difference", -3.0).say(TREATED, "difference_se", 1.0)
    )
    for label in ARMS:
        report.say(label, "sd", 8.0, 1)
    assert chosen(report.read(iron)).on("SMD").value == pytest.approx(-0.372, abs=5e-4)


def test_a_bound_on_an_sd_or_on_events_is_no_value_of_it(iron):
    """SD < 6.1 and < 3 events could be anything below; so the trial gives no effect, and says why."""
    scores = Report().people(30, 30).say(TREATED, "mean", 14.0, 1).say(PLACEBO, "mean", 17.0, 1)
    scores.say(TREATED, "sd", 6.0, 1).say(PLACEBO, "sd", 6.1, 1, comparator="<")
    events = Report().people(40, 40).say(TREATED, "n_events", 3, 0, comparator="<")
    events.say(PLACEBO, "n_events", 7, 0)
    for report in (scores, events):
        assert chosen(report.read(iron)).reason == ONLY_BOUNDS


def test_more_than_thirty_people_are_at_least_thirty_one(iron):
    """n > 30: the size used is assumed, and the range of the error holds 31 people and 60."""
    report = Report().say(TREATED, "n_analysed", 30, 0)
    report.say(PLACEBO, "n_analysed", 30, 0, comparator=">")
    for label, mean in ((TREATED, 14.0), (PLACEBO, 17.0)):
        report.say(label, "mean", mean, 1).say(label, "sd", 6.0, 1)
    found = on(chosen(report.read(iron)), "MD")
    assert found.basis == "assumed"
    for people in (31, 60):
        assert holds(found.se_rounding, 6.0 * np.sqrt(1 / 30 + 1 / people))


@pytest.mark.parametrize("measures", [["MD"], []])
def test_an_effect_that_has_no_value_is_none(measures, iron, monkeypatch):
    """Of too few people the difference in SDs is nan: then the difference is left, or no effect at all."""
    report = Report().people(30, 30).say(TREATED, "difference", -3.0)
    review = report.say(TREATED, "difference_se", 1.0).read(iron)
    way = contrasts.ROUTES["difference and SE"]

    def without_a_value(trial):
        found = way(trial)
        known = [effect for effect in found.effects if effect.measure.name in measures]
        return replace(found, effects=(*known, replace(found.effects[0], value=np.nan)))

    nothing = dict.fromkeys(contrasts.ROUTES, lambda trial: Refused())
    monkeypatch.setattr(contrasts, "ROUTES", nothing | {"changes": without_a_value})
    made = chosen(review)
    if measures:
        assert [effect.measure.name for effect in made.effects] == measures
    else:
        assert made.reason == TOO_FEW_FOR_SDS


def test_what_is_printed_comes_before_what_is_assumed(iron):
    """Mean changes without SDs: the printed P gives the error, not the SD that could be assumed."""
    report = Report().people(30, 30).say(TREATED, "p_difference", 0.03)
    for label, mean in zip(ARMS, (-6.0, -3.0), strict=True):
        report.say(label, "change_mean", mean)
    found = chosen(report.read(iron))
    assert (found.route.name, found.basis) == ("means and test", "derived")
    assert on(by_route(report.read(iron), "changes"), "MD").basis == "assumed"


def test_the_later_week_comes_first(iron):
    report = Report().people(30, 30)
    report.say(TREATED, "difference", -2.0, week=4.0).say(TREATED, "difference_se", 1.0, week=4.0)
    for label, mean in zip(ARMS, (14.0, 17.0), strict=True):
        report.say(label, "mean", mean).say(label, "sd", 6.0)
    assert chosen(report.read(iron)).week == 8.0


# What both arms print of hours of sleep, 40 people each: one more hour, 1.5 for each standard deviation.
HOURS = {
    "scores": {"mean": (7.0, 6.0), "sd": (1.5, 1.5)},
    "changes": {"change_mean": (2.0, 1.0), "change_sd": (1.5, 1.5)},
    "means and test": {"mean": (7.0, 6.0), "t_difference": (2.981,)},
    "medians": {"median": (7.0, 6.0), "q1": (6.0, 5.0), "q3": (8.0, 7.0)},
    "difference and SE": {"difference": (1.0,), "difference_se": (0.335,)},
    "difference and interval": {
        "difference": (1.0,),
        "difference_ci_low": (0.33,),
        "difference_ci_high": (1.67,),
    },
}


def slept(printed, other: tuple[str, int] = ("", 0), unit: str = "h") -> Report:
    """The report of a trial of sleep on no named scale. other: a figure that is in minutes."""
    report = Report().people(40, 40)
    for name, values in printed.items():
        for place, (arm, value) in enumerate(zip(ARMS, values, strict=False)):
            its_unit = "min" if (name, place) == other else unit
            report.say(arm, name, value, 3, scale="", unit=its_unit)
    return report


@pytest.mark.parametrize("name", HOURS)
def test_a_difference_on_no_named_scale_is_in_the_unit_that_is_printed(name, iron):
    hours = on(by_route(slept(HOURS[name]).read(iron), name), "MD")
    assert (hours.value, hours.measure.unit) == (pytest.approx(1.0), "h")
    if name != "medians":
        assert hours.variance**0.5 == pytest.approx(1.5 * (2 / 40) ** 0.5, rel=0.03)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("scores", ("mean", 1)),
        ("scores", ("sd", 0)),
        ("changes", ("change_sd", 0)),
        ("means and test", ("mean", 1)),
        ("medians", ("median", 1)),
        ("medians", ("q1", 0)),
        ("difference and SE", ("difference_se", 0)),
        ("difference and interval", ("difference_ci_low", 0)),
    ],
)
def test_figures_in_several_units_are_not_compared(name, other, iron):
    """Hours less minutes would be a number; so would an interval from minutes to hours."""
    review = slept(HOURS[name], other).read(iron)
    assert by_route(review, name).reason == OTHER_UNITS
    if name == "means and test":  # a t has no unit
        assert [effect.measure.name for effect in chosen(review).effects] == ["SMD"]
    else:
        assert chosen(review).reason == OTHER_UNITS


def test_arms_whose_changes_are_in_several_units_are_not_compared(iron):
    report = Report().people(40, 40)
    for arm, unit in zip(ARMS, ("h", "min"), strict=True):
        for name in ("change_mean", "change_sd"):
            report.say(arm, name, 1.5, scale="", unit=unit)
    assert by_route(report.read(iron), "changes").reason == OTHER_UNITS


def test_a_difference_is_not_counted_in_sds_of_another_unit(iron):
    report = slept(HOURS["difference and SE"])
    for arm in ARMS:
        report.say(arm, "sd", 90, scale="", unit="min")
    (hours,) = by_route(report.read(iron, missing_se="exclude"), "difference and SE").effects
    assert hours.measure.name == "MD"


@pytest.mark.parametrize(("unit", "serves"), [("points", True), ("h", False)])
def test_an_sd_is_assumed_in_the_unit_of_the_scale_only(unit, serves, iron):
    """The SD of a change is assumed in points: of changes in hours it says nothing."""
    changes = slept({"change_mean": (2.0, 1.0)}, unit=unit).read(iron)
    assert isinstance(chosen(changes), NotUsable) is not serves
    difference = slept(HOURS["difference and SE"], unit=unit).read(iron)
    assert (on(by_route(difference, "difference and SE"), "SMD") is not None) is serves


@pytest.mark.parametrize(("unit", "measure"), [("points", "MD"), ("h", "SMD")])
def test_whether_it_matters_is_asked_in_the_unit_of_the_scale(unit, measure, iron):
    """An hour is not compared with a difference in points that matters, but in SDs."""
    review = slept(HOURS["scores"], unit=unit).read(iron)
    assert chosen(review).best.measure.name == "MD"
    assert summary_contrast(review, OUTCOME).best.measure.name == measure


def ranked(*order: str) -> Report:
    """A trial of three arms that prints the P over all of them, and which did best, next and worst."""
    report = Report().people(20, 20, 20, arms=(*ARMS, "other"))
    report.say("all", "p_omnibus", 0.01)
    for place, arm in enumerate(order, start=1):
        report.say(arm, "rank", place, 0)
    return report


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (ranked("other", *ARMS), NOT_AT_ENDS),
        (ranked(), NO_RANKING),
        (Report("cluster").people(20, 20).say(TREATED, "p_difference", 0.01), CLUSTER_P),
        (Report().people(20, 20).say(TREATED, "mean", 7).say(PLACEBO, "mean", 6), NO_SPREAD),
        (Report().people(20, 20).say(TREATED, "n_events", 7).say(PLACEBO, "n_events", 6), OTHER_MEASURE),
        (
            Report()
            .people(20, 20)
            .say(TREATED, "median", 7)
            .say(PLACEBO, "median", 6)
            .say(TREATED, "p_difference", 0.01),
            RANK_TEST,
        ),
    ],
    ids=lambda value: value.replace(" ", "-")[:24] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_trial_says_why_what_it_prints_does_not_serve(report, reason, iron):
    """The page said of each that no change is printed."""
    assert chosen(report.read(iron)).reason == reason


def test_the_sd_of_changes_by_quartiles_is_that_of_people_not_of_their_mean(iron):
    """Wan 2014, eq. 16: the SD of people; the mean by quartiles is less precise than SD / sqrt(n)."""
    report = Report().people(33, 33)
    for label, middle in zip(ARMS, (-6, -1), strict=True):
        for name, value in (("median", middle), ("q1", middle - 8), ("q3", middle + 7)):
            report.say(label, f"change_{name}", value, 0)
    review = report.read(iron)
    arm = arm_change(review, STUDY, ARMS[0], OUTCOME)
    assert isinstance(arm, SingleArmChange)
    sd = 15 / (2 * stats.norm.ppf((0.75 * 33 - 0.125) / 33.25))
    assert arm.sd == pytest.approx(sd, rel=1e-9)
    assert arm.se > sd / np.sqrt(33)
    found = by_route(review, "changes")
    mean = on(found, "MD").value
    assert on(found, "SMD").value == pytest.approx((1 - 3 / (4 * 64 - 1)) * mean / sd, rel=1e-3)


@pytest.mark.parametrize(
    ("statistic", "value", "se"),
    [("p_change", 0.012, 8.4 / 2.6936), ("t_change", -2.7, 8.4 / 2.7)],
)
def test_a_test_of_a_change_needs_no_scale_of_its_own(statistic, value, se, iron):
    """t of 27 degrees of freedom at a two-sided P of 0.012 is 2.6936."""
    report = Report().people(28, 28)
    report.say(ARMS[1], "change_mean", -8.4, 1).say(ARMS[1], statistic, value, 3)
    report.rows[-1]["instrument_id"] = ""
    arm = arm_change(report.read(iron), STUDY, ARMS[1], OUTCOME, "IRLS")
    assert isinstance(arm, SingleArmChange)
    assert arm.se == pytest.approx(se, rel=1e-4)
    assert arm.printed.p.found == (statistic == "p_change")


def test_the_level_of_an_interval_needs_no_scale_of_its_own(iron):
    """t of 27 degrees of freedom at 90% is 1.7033."""
    report = Report().people(28, 28).say(ARMS[1], "change_mean", -8.4, 1)
    report.say(ARMS[1], "change_ci_low", -12.4, 1).say(ARMS[1], "change_ci_high", -4.4, 1)
    report.say(ARMS[1], "change_ci_level", 90, 0)
    report.rows[-1]["instrument_id"] = ""
    arm = arm_change(report.read(iron), STUDY, ARMS[1], OUTCOME, "IRLS")
    assert isinstance(arm, SingleArmChange)
    assert arm.se == pytest.approx(4 / 1.7033, rel=1e-4)
