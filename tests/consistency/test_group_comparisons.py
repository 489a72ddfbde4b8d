"""p-values of comparisons from summaries: scipy on raw data as oracle, and SD or SE."""

from math import atan, erfc, inf, pi, sqrt

import numpy as np
import pytest
from scipy import stats

from evidence_review.consistency.groups import (
    change_between_scores,
    change_of_mean,
    difference_of_counts,
    difference_of_means,
    one_way_anova,
    p_of_t,
)
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, Printed
from evidence_review.consistency.spreads import sd_or_se, spread_by_p


def printed(text: str) -> Printed:
    return Printed(float(text), len(text.partition(".")[2]))


def shown(x: float, decimals: int) -> Printed:
    return printed(f"{x:.{decimals}f}")


def summary(scores, decimals: int, sd_decimals: int):
    return shown(scores.mean(), decimals), shown(scores.std(ddof=1), sd_decimals), len(scores)


def fitting(check) -> set[str]:
    return {reading.name for reading in check.readings if reading.fits}


def test_true_reports_of_t_tests_are_never_flagged():
    """300 pairs of raw samples; p from scipy on the raw data, summaries printed with 0 to 2 decimals."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        a, b = (
            rng.normal(rng.uniform(-2, 2), rng.uniform(1, 6), rng.integers(3, 40)) for _ in "ab"
        )
        digits = rng.integers(0, 3, 2)
        groups = summary(a, *digits), summary(b, *digits)
        for equal, name in ((True, "pooled"), (False, "Welch")):
            p = stats.ttest_ind(a, b, equal_var=equal).pvalue
            assert f"two-sided {name} t" in fitting(difference_of_means(shown(p, 3), *groups))
        p = stats.ttest_1samp(a, 0).pvalue
        assert "two-sided paired t" in fitting(change_of_mean(shown(p, 4), *groups[0]))


def test_true_reports_of_anova_are_never_flagged():
    rng = np.random.default_rng(6)
    for _ in range(200):
        groups = [
            rng.normal(rng.uniform(0, 3), 4, rng.integers(3, 30)) for _ in range(rng.integers(2, 5))
        ]
        digits = rng.integers(0, 3, 2)
        means, sds, ns = zip(*(summary(g, *digits) for g in groups), strict=True)
        assert (
            one_way_anova(shown(stats.f_oneway(*groups).pvalue, 4), means, sds, ns).answer
            == "consistent"
        )


def test_anova_range_is_that_of_everything_that_prints_so():
    """Draws from the box of figures stay inside the range and fill most of it."""
    means, sds, ns = [1.2, 2.1, 1.9], [2.0, 1.5, 1.8], np.array([12, 20, 9])
    reading = one_way_anova(
        printed(".2"), [shown(m, 1) for m in means], [shown(s, 1) for s in sds], ns
    ).readings[0]
    rng = np.random.default_rng(8)
    m = rng.uniform(-0.05, 0.05, (20_000, 3)) + means
    s = rng.uniform(-0.05, 0.05, (20_000, 3)) + sds
    grand = (m @ ns / ns.sum())[:, None]
    f = ((m - grand) ** 2 @ ns / 2) / (s**2 @ (ns - 1) / (ns.sum() - 3))
    p = stats.f.sf(f, 2, ns.sum() - 3)
    assert reading.low <= p.min()
    assert p.max() <= reading.high
    assert (p.max() - p.min()) / (reading.high - reading.low) > 0.8


def test_groups_with_equal_prints_may_be_equal():
    """Three groups printed alike: F may be 0 and p 1, and may not be .0001."""
    args = [printed("5.0")] * 3, [printed("2.0")] * 3, [20] * 3
    assert one_way_anova(printed("1.00"), *args).answer == "consistent"
    assert one_way_anova(printed(".0001"), *args).answer == "inconsistent"


def test_counts_against_scipy_and_a_published_table():
    """Fisher's tea tasting, 3 of 4 against 1 of 4: one-sided 17/70, two-sided 34/70 = .486."""
    assert fitting(difference_of_counts(printed(".486"), 3, 4, 1, 4)) == {"Fisher exact"}
    # chi-square = 8 (3 * 3 - 1 * 1)^2 / 4^4 = 2, corrected 8 (8 - 4)^2 / 4^4 = 0.5
    assert fitting(difference_of_counts(shown(stats.chi2.sf(2, 1), 3), 3, 4, 1, 4)) == {
        "chi-square"
    }
    assert fitting(difference_of_counts(shown(stats.chi2.sf(0.5, 1), 3), 3, 4, 1, 4)) == {
        "chi-square with continuity correction"
    }
    assert difference_of_counts(printed(".300"), 3, 4, 1, 4).answer == "inconsistent"


def test_true_paired_reports_are_never_flagged_and_give_back_the_correlation():
    rng = np.random.default_rng(12)
    for _ in range(200):
        n = int(rng.integers(4, 30))
        before = rng.normal(20, 5, n)
        after = rng.uniform(0, 1) * before + rng.normal(3, rng.uniform(1, 6), n)
        p = stats.ttest_rel(before, after).pvalue
        coarse = [summary(x, *rng.integers(0, 3, 2))[:2] for x in (before, after)]
        assert change_between_scores(shown(p, 3), *coarse, n).answer == "consistent"
        if p > 1e-6:
            fine = [summary(x, 8, 8)[:2] for x in (before, after)]
            r = change_between_scores(shown(p, 14), *fine, n).correlation
            assert r == pytest.approx(np.corrcoef(before, after)[0, 1], abs=1e-5)


def test_sds_that_print_apart_may_be_almost_the_same():
    """5.45 and 5.55 print as 5 and 6; with correlation 1 the change has SD 0.1: t = 1/(.1/2) = 20."""
    p = shown(2 * stats.t.sf(20, 3), 4)
    scores = (printed("20.0"), printed("5")), (printed("21.0"), printed("6"))
    assert change_between_scores(p, *scores, 4).answer == "consistent"


def test_no_correlation_gives_a_p_that_is_too_large():
    """20 (SD 1) to 10 (SD 1) in 9 people: t is at least 10 * 3 / 2 = 15."""
    scores = (printed("20.0"), printed("1.0")), (printed("10.0"), printed("1.0"))
    assert change_between_scores(printed(".04"), *scores, 9).answer == "inconsistent"
    assert change_between_scores(Printed(0.001, 3, "<"), *scores, 9).answer == "consistent"


def test_a_one_sided_p_is_named_as_such():
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 3, 20), rng.normal(2, 3, 25)
    p = stats.ttest_ind(a, b, alternative="less").pvalue
    found = difference_of_means(shown(p, 4), summary(a, 3, 3), summary(b, 3, 3))
    assert fitting(found) == {"one-sided pooled t"}


def test_standard_errors_printed_as_sds():
    """10 (SD 5) in 25 people: t = 10. With the SE of 1 called an SD it would be t = 50."""
    p = shown(2 * stats.t.sf(2.0, 24), 4)  # a change of 2 with SE 1
    assert spread_by_p(p, (printed("2.00"), printed("1.00"), 25)).supports == "SE"
    assert spread_by_p(p, (printed("2.00"), printed("5.00"), 25)).supports == "SD"
    assert spread_by_p(printed(".9"), (printed("2.00"), printed("5.00"), 25)).supports == "neither"
    assert (
        spread_by_p(Printed(0.5, 1, "<"), (printed("9.00"), printed("1.00"), 25)).supports == "both"
    )
    neither = spread_by_p(printed(".9"), (printed("2.00"), printed("5.00"), 25))
    assert neither.answer == "not checkable"  # another test, or adjusted
    two = (printed("2.0"), printed("1.00"), 25), (printed("0.0"), printed("1.00"), 25)
    assert spread_by_p(shown(2 * stats.t.sf(2 / np.sqrt(2), 48), 3), *two).supports == "SE"


def test_a_true_sd_is_flagged_at_most_at_the_stated_rate():
    """10 000 reviews of 12 log-normal SDs and one more: at most alpha / 2 flagged; seed fixed."""
    rng = np.random.default_rng(9)
    sds = rng.lognormal(2.0, 0.3, (10_000, 13))
    flagged = np.mean(
        [sd_or_se(Printed(x[0], 6), 4, x[1:], alpha=0.05).answer == "inconsistent" for x in sds]
    )
    assert flagged <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / 10_000)
    assert flagged > 0.015  # and it is not vacuous


def test_an_se_among_sds_is_found():
    others = [7.6, 9.3, 7.7, 6.0, 7.9, 8.7, 7.5, 8.4]
    found = sd_or_se(printed("2.03"), 16, others)
    assert found.answer == "inconsistent"
    assert found.if_se == pytest.approx(8.12)
    assert sd_or_se(printed("7.00"), 16, others).answer == "consistent"
    assert sd_or_se(printed("0.10"), 16, others).answer == "consistent"  # nor would 0.4 be usual
    assert sd_or_se(printed("2.03"), 16, others[:4]).answer == "not checkable"
    assert sd_or_se(printed("2.03"), None, others).answer == "not checkable"
    assert sd_or_se(printed("7.00"), None, others).answer == "consistent"


one = (printed("1.0"), printed("1.0"), 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: one_way_anova(printed(".1"), [one[0]], [one[1]], [5]), "two or more groups"),
        (lambda: difference_of_means(printed(".1"), one, (*one[:2], 1)), "n must be"),
        (lambda: change_of_mean(printed(".1"), *one, spread_is="CI"), "'SD' or 'SE'"),
        (lambda: difference_of_counts(printed(".1"), 5, 4, 1, 4), "must not exceed n"),
        (lambda: difference_of_counts(printed(".1"), 4, 4, 4, 4), "nobody, or everybody"),
        (lambda: spread_by_p(printed(".1")), "one group or two"),
        (lambda: sd_or_se(printed("0.0"), 5, [1.0]), "above 0"),
        (lambda: sd_or_se(printed("1.0"), 5, [1.0], alpha=1.0), "alpha"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("t", [0.4, 1.7, 3.1])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_p_of_a_t_in_closed_form(t, sign):
    """With 1 degree of freedom 1 - 2 atan(t) / pi, with 2 1 - t / sqrt(2 + t^2), with any number of them erfc."""
    for df, p in (
        (1, 1 - 2 * atan(t) / pi),
        (2, 1 - t / sqrt(2 + t**2)),
        (inf, erfc(t / sqrt(2))),
    ):
        printed = Printed(sign * t, 8)
        assert p_of_t(Printed(round(p, 6), 6), printed, [df]).answer == CONSISTENT
        assert p_of_t(Printed(round(p / 2, 6), 6), printed, [df]).answer == CONSISTENT
        for other in (0.9 * p, 1.05 * p):
            assert p_of_t(Printed(round(other, 6), 6), printed, [df]).answer == INCONSISTENT


@pytest.mark.parametrize(("p", "answer"), [(0.034, CONSISTENT), (0.051, INCONSISTENT)])
def test_the_p_of_a_t_lies_between_the_degrees_of_freedom(p, answer):
    """R: 2 * pt(-2.26, c(Inf, 19, 10)) is 0.0238, 0.0358, 0.0474."""
    assert p_of_t(Printed(p, 3), Printed(2.26, 2), [10, inf]).answer == answer


def test_a_t_needs_degrees_of_freedom():
    with pytest.raises(ValueError, match="above 0"):
        p_of_t(Printed(0.05, 2), Printed(2.0, 1), [0])
