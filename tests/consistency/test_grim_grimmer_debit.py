"""GRIM, GRIMMER, DEBIT, SPRITE: published examples, and every small sample as oracle."""

import itertools
import re
import statistics
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import sqrt

import pytest

from evidence_review.consistency.granularity import (
    debit,
    grim,
    grimmer,
    percentage,
)
from evidence_review.consistency.printed import PRINTS, Printed
from evidence_review.consistency.samples import attainable, multiset, squares_range


def printed(text: str) -> Printed:
    return Printed(float(text), len(text.partition(".")[2]))


def as_printed(x, decimals: int, rounding=ROUND_HALF_UP) -> Printed:
    """An exact fraction (or a float) as a paper prints it."""
    x = Decimal(x.numerator) / Decimal(x.denominator) if isinstance(x, Fraction) else Decimal(x)
    return printed(str(x.quantize(Decimal(1).scaleb(-decimals), rounding)))


@pytest.mark.parametrize(
    ("mean", "n"),
    [
        ("5.93", 49),  # The Economist, 18 June 2016, on Brown and Heathers
        ("3.48", 20),  # twenty rolls of a die, Wikipedia, GRIM test
        ("3.45", 10),  # Allard 2018
    ],
)
def test_published_means_that_cannot_be(mean, n):
    assert grim(printed(mean), n).answer == "inconsistent"


def test_a_mean_cut_off_is_another_reading():
    """291/49 = 5.9388: it prints as 5.94 rounded, as 5.93 cut off."""
    assert grim(printed("5.93"), 49, prints=PRINTS).answer == "consistent"


def test_grim_cannot_tell_where_steps_are_finer_than_the_print():
    assert grim(printed("5.9"), 49).answer == "not checkable"
    assert grim(printed("5.93"), 49, items=3).answer == "not checkable"


def test_grim_can_tell_up_to_one_answer_below_the_steps_of_the_print():
    """100 answers have a mean for every second decimal; 99 have none that prints as 0.50."""
    every = {as_printed(Fraction(s, 100), 2) for s in range(101)}
    assert every == {printed(f"{i / 100:.2f}") for i in range(101)}
    assert grim(printed("0.50"), 100).answer == "not checkable"
    assert as_printed(Fraction(49, 99), 2) == printed("0.49")
    assert as_printed(Fraction(50, 99), 2) == printed("0.51")
    assert grim(printed("0.50"), 99).answer == "inconsistent"


@pytest.mark.parametrize(
    ("mean", "n", "words"),
    [
        # Brown and Heathers 2017: 145/28 = 5.17857, 146/28 = 5.21429.
        ("5.18", 28, "145/28 = 5.1786 prints as 5.18"),
        ("5.19", 28, "145/28 = 5.1786 and 146/28 = 5.2143: neither prints as 5.19"),
        # Twenty rolls of a die: 69/20 = 3.45, 70/20 = 3.5.
        ("3.48", 20, "69/20 = 3.4500 and 70/20 = 3.5000: neither prints as 3.48"),
    ],
)
def test_grim_shows_the_totals_on_either_side(mean, n, words):
    assert grim(printed(mean), n).arithmetic == words


@pytest.mark.parametrize("rounding", [ROUND_HALF_UP, ROUND_HALF_DOWN])
@pytest.mark.parametrize("items", [1, 3])
def test_grim_by_enumeration(items, rounding):
    """Of all means with two decimals, those with a sum behind them pass and no others."""
    for n in (3, 7, 8, 13):
        true = {as_printed(Fraction(s, n * items), 2, rounding) for s in range(5 * n * items + 1)}
        assert all(grim(mean, n, items=items).answer == "consistent" for mean in true)
        both = true | {
            as_printed(Fraction(s, n * items), 2, other)
            for s in range(5 * n * items + 1)
            for other in (ROUND_HALF_UP, ROUND_HALF_DOWN)
        }
        passed = {
            mean
            for mean in (printed(f"{i / 100:.2f}") for i in range(501))
            if grim(mean, n, items=items).answer == "consistent"
        }
        assert passed == both


def test_published_grimmer_examples():
    """Tests of the R package scrutiny, after rsprite2."""
    assert grimmer(printed("5.21"), printed("1.6"), 28).answer == "consistent"
    assert grimmer(printed("3.44"), printed("2.47"), 18).answer == "inconsistent"


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ((1, 2, 3), "sum 6 and sum of squares 14: mean 2, SD 1.000, print as 2.0 and 1.0"),
        # Squares 2 + 2 * 4 = 10 about the mean of 4: SD sqrt(10 / 4) = 1.58114.
        ((2, 3, 4, 5, 6), "sum 20 and sum of squares 90: mean 4, SD 1.581, print as 4.0 and 1.6"),
    ],
)
def test_grimmer_shows_the_sd_of_a_sample(scores, words):
    mean, sd = printed(f"{statistics.mean(scores):.1f}"), printed(f"{statistics.stdev(scores):.1f}")
    assert grimmer(mean, sd, len(scores)).arithmetic == words


def test_the_words_of_what_cannot_be_name_its_figures():
    """Three people of mean 2.0 have the sum 6; fifty people with two items each give 100 answers.

    A share of 0.3 of 10: SD sqrt(10 / 9 * 0.3 * 0.7) = 0.483.
    """
    assert grimmer(printed("2.0"), printed("1.2"), 3).arithmetic == (
        "sum 6 prints as mean 2.0, but then no whole sum of squares, odd or even as the sum, prints as SD 1.2"
    )
    assert grim(printed("5.19"), 50, items=2).arithmetic == (
        "100 answers have means in steps of 1/100, no coarser than the printed 5.19"
    )
    assert debit(printed("0.3"), printed("0.30"), 10).arithmetic == (
        "a share of 0.3 of 10 has SD about 0.483; no count of 10 prints as 0.3 with SD 0.30"
    )


def test_the_figures_that_grimmer_shows_belong_together():
    """Mean and SD worked out anew from the sums in its words, for every small sample."""
    shown = re.compile(
        r"sum (\d+) and sum of squares (\d+): mean ([\d.]+), SD ([\d.]+), print as \S+ and \S+"
    )
    for _, mean, variance in small_samples(5, 5):
        found = grimmer(as_printed(mean, 2), as_printed(sqrt(variance), 2), 5).arithmetic
        total, squares, m, s = map(float, shown.fullmatch(found).groups())
        assert abs(m - total / 5) <= 0.0005
        assert abs(s - sqrt((squares - total**2 / 5) / 4)) <= 0.00005 + 1e-12


def small_samples(n: int, highest: int):
    """Every multiset of n whole numbers from 0, with its mean and variance as fractions."""
    for scores in itertools.combinations_with_replacement(range(highest + 1), n):
        mean = Fraction(sum(scores), n)
        yield scores, mean, sum((x - mean) ** 2 for x in scores) / (n - 1)


@pytest.mark.parametrize("decimals", [1, 2])
@pytest.mark.parametrize(("n", "highest"), [(2, 9), (4, 7), (5, 6), (7, 4)])
def test_exactly_the_summaries_of_real_samples_are_attainable(n, highest, decimals):
    """Every pair of printed mean and SD, attainable or not, against the list of all samples."""
    real = {
        (as_printed(mean, decimals), as_printed(sqrt(variance), decimals))
        for _, mean, variance in small_samples(n, highest)
    }
    means = {mean for mean, _ in real}
    sds = {sd for _, sd in real} | {printed(f"{i / 7:.{decimals}f}") for i in range(7 * highest)}
    limits = {"minimum": 0, "maximum": highest}
    for mean, sd in itertools.product(sorted(means, key=str), sorted(sds, key=str)):
        found = attainable(mean, sd, n, **limits)
        if (mean, sd) in real:
            assert found.answer == "consistent"
            assert grimmer(mean, sd, n).answer == "consistent"
        # Halves may be rounded either way, so that some more than `real` are allowed: show one.
        if found.answer == "consistent":
            m = Fraction(int(sum(found.example)), n)
            s = sqrt(sum((x - m) ** 2 for x in map(int, found.example)) / (n - 1))
            assert 0 <= min(found.example) <= max(found.example) <= highest
            assert abs(m - Fraction(str(mean))) <= Fraction(1, 2 * 10**decimals)
            assert abs(s - sd.value) <= 0.5 * 10**-decimals + 1e-12
        else:
            assert (mean, sd) not in real


def test_items_make_finer_scores():
    """(1, 1, 1.5) of two items: mean 1.1667, SD 0.2887; with one item there is no such mean."""
    args = (printed("1.17"), printed("0.29"), 3)
    assert attainable(*args, minimum=0, maximum=3, items=2).example == (1.0, 1.0, 1.5)
    assert grimmer(*args, items=2).answer == "consistent"
    assert grimmer(*args).answer == "inconsistent"


def test_multisets_by_brute_force():
    for n, highest in ((1, 4), (3, 5), (5, 6)):
        every = {
            (sum(c), sum(x * x for x in c))
            for c in itertools.combinations_with_replacement(range(highest + 1), n)
        }
        for total, squares in itertools.product(range(n * highest + 1), range(n * highest**2 + 1)):
            found = multiset(n, total, squares, highest)
            assert (found is not None) == ((total, squares) in every)
            if found:
                assert (sum(found), sum(x * x for x in found)) == (total, squares)
        for total in range(n * highest + 1):
            mine = [squares for t, squares in every if t == total]
            assert squares_range(n, total, highest) == (min(mine), max(mine))


def test_limits_of_the_sd_on_a_seven_point_scale():
    """rsprite2: five people with mean 4.2 on 1 to 7 have SDs from .45 to 3.03."""
    scale = {"minimum": 1, "maximum": 7}
    for sd, expected in (
        ("0.45", "consistent"),
        ("3.03", "consistent"),
        ("0.44", "inconsistent"),
        ("3.04", "inconsistent"),
    ):
        found = attainable(printed("4.2"), printed(sd), 5, **scale)
        assert found.answer == expected, sd
    assert "SDs from 0.447 to 3.033" in found.arithmetic


def test_a_mean_off_the_scale_is_not_attainable():
    found = attainable(printed("8.0"), printed("1.0"), 5, minimum=1, maximum=7)
    assert found.answer == "inconsistent"
    assert "no 5 scores from 1 to 7 have mean 8.0" in found.arithmetic
    with pytest.raises(ValueError, match="whole numbers in order"):
        attainable(printed("8.0"), printed("1.0"), 5, minimum=7, maximum=1)


def test_debit_as_scrutiny_has_it():
    """Its vignette's example, and its data set pigs3 with the fourth row inconsistent."""
    assert debit(printed("0.35"), printed("0.18"), 20).answer == "inconsistent"
    rows = (
        "0.53 0.50",
        "0.44 0.50",
        "0.77 0.42",
        "0.19 0.35",
        "0.34 0.47",
        "0.93 0.25",
        "0.12 0.33",
    )
    answers = [debit(*map(printed, row.split()), 1683).answer for row in rows]
    assert [i for i, a in enumerate(answers) if a == "inconsistent"] == [3]


def test_debit_shows_the_sd_of_a_sample():
    """Half of 10 people scored 1: the squares about 0.5 add up to 2.5, and 2.5 / 9 = 0.5270^2."""
    found = debit(printed("0.50"), printed("0.50"), 10)
    assert f"{statistics.stdev([0, 1] * 5):.3f}" == "0.527"
    assert found.arithmetic == (
        "a share of 0.50 of 10 has SD about 0.527; no count of 10 prints as 0.50 with SD 0.50"
    )


def test_debit_passes_every_true_share():
    for n, decimals in itertools.product((2, 9, 40), (1, 2, 3)):
        for k in range(n + 1):
            sd = sqrt(k * (n - k) / (n * (n - 1)))
            found = debit(as_printed(Fraction(k, n), decimals), as_printed(sd, decimals), n)
            assert found.answer == "consistent"
            assert k in found.counts


def test_percentages_of_counts():
    found = percentage(printed("51.2"), 86)
    assert (found.answer, found.counts) == ("consistent", (44,))  # 51.163
    assert percentage(printed("17"), 37).answer == "inconsistent"  # 6 is 16.2, 7 is 18.9
    assert "6 of 36 or 7 of 40 does" in percentage(printed("17"), 37).arithmetic
    for n in (7, 37, 150):
        for k in range(n + 1):
            assert k in percentage(as_printed(Fraction(100 * k, n), 1), n).counts


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grim(printed("1.0"), 0), "n must be"),
        (lambda: grim(printed("1.0"), 3, items=0), "items must be"),
        (lambda: grimmer(printed("1.0"), printed("1.0"), 1), "n must be"),
        (lambda: debit(printed("0.5"), printed("0.5"), 1), "n must be"),
        (lambda: percentage(printed("101"), 5), "between 0 and 100"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
