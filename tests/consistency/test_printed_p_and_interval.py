"""An estimate, its interval and its p: every reading, no false alarm, the misprint found."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from evidence_review.consistency.intervals import interval_symmetry, p_against_interval
from evidence_review.consistency.printed import PRINTS, Printed


def printed(text: str) -> Printed:
    return Printed(float(text), len(text.partition(".")[2]))


def check(p, estimate, low, high, **options):
    return p_against_interval(*map(printed, (p, estimate, low, high)), **options)


def test_each_reading_is_found_and_named():
    """1.96 standard errors: two-sided .05, one-sided .025, and .0250 cut to three is .024 or .025."""
    two = check(".0500", "1.960", "0.000", "3.920")
    assert (two.answer, two.reading) == ("consistent", "two-sided p")
    one = check(".0250", "1.960", "0.000", "3.920")
    assert (one.answer, one.reading) == ("consistent", "one-sided p")
    assert check(".0250", "1.960", "0.000", "3.920", sides=("two-sided",)).answer == "inconsistent"


def test_t_and_normal_are_different_readings():
    """t with 4 df: the half width is 2.776 standard errors, and p = .05 either way only at the limit."""
    half = stats.t.ppf(0.975, 4)
    p = f"{2 * stats.t.sf(4.0, 4):.4f}"
    args = (p, "4.0000", f"{4 - half:.4f}", f"{4 + half:.4f}")
    assert check(*args, dfs=[4]).answer == "consistent"
    assert check(*args).answer == "inconsistent"
    assert check(*args, dfs=[None, 4]).answer == "consistent"


def test_figures_cut_off_fit_only_when_that_is_allowed():
    """An interval of 2.09 to 14.91 about 8.5, its upper limit printed as 14."""
    args = (".014", "8.5", "2.09", "14")
    assert check(*args, dfs=[11]).answer == "inconsistent"
    found = check(*args, dfs=[11], prints=PRINTS)
    assert found.reading == "two-sided p, cut off and not rounded"


def test_a_difference_of_nothing_has_a_p_of_one():
    """0.0 stands for everything from -0.05 to 0.05, so that p = 1.00 is among its values."""
    assert check("1.00", "0.0", "-0.1", "0.1").answer == "consistent"


@pytest.mark.parametrize("comparator", ["<", "<=", ">", ">="])
def test_bounds_agree_on_their_side(comparator):
    p = p_against_interval(
        Printed(0.05, 2, comparator),
        printed("3.00"),
        printed("1.04"),
        printed("4.96"),
        sides=("two-sided",),
    )  # z = 3, p = .0027
    assert p.answer == ("consistent" if "<" in comparator else "inconsistent")


def test_true_reports_are_never_flagged():
    """800 t intervals with their p, each printed with its own decimals; seed fixed."""
    rng = np.random.default_rng(11)
    for _ in range(800):
        df = int(rng.integers(3, 60))
        estimate, se = rng.normal(0, 5), rng.uniform(0.5, 4)
        half = stats.t.ppf(0.975, df) * se
        p = 2 * stats.t.sf(abs(estimate / se), df)
        decimals = rng.integers(0, 4, 3)
        figures = [
            Printed(float(f"{x:.{d}f}"), int(d))
            for x, d in zip((estimate, estimate - half, estimate + half), decimals, strict=True)
        ]
        if figures[1].value >= figures[2].value:
            continue
        shown = Printed(float(f"{p:.3f}"), 3)
        assert (
            p_against_interval(shown, *figures, dfs=[df], sides=("two-sided",)).answer
            == "consistent"
        )
        assert interval_symmetry(*figures).answer == "consistent"


def test_a_misprinted_limit_is_found_by_the_p():
    found = interval_symmetry(*map(printed, ("8.5", "2.09", "14")), p=printed(".014"), dfs=[11])
    assert found.answer == "inconsistent"
    assert found.misprint == "upper"
    assert_allclose([found.lower, found.upper], [3.0, 14.91])
    assert "with 14.91 as upper limit" in found.arithmetic
    # mirrored: the lower limit is the odd one
    other = interval_symmetry(*map(printed, ("-8.5", "-14", "-2.09")), p=printed(".014"), dfs=[11])
    assert other.misprint == "lower"


def test_a_ratio_is_symmetric_on_the_log_scale():
    """exp(log 2 +- log 2) is 1 to 4 about 2."""
    ratio = [printed(text) for text in ("2.00", "1.00", "4.00")]
    assert interval_symmetry(*ratio, ratio=True).answer == "consistent"
    assert interval_symmetry(*ratio).answer == "inconsistent"
    with pytest.raises(ValueError, match="above 0"):
        interval_symmetry(*map(printed, ("2.00", "0.00", "4.00")), ratio=True)


def test_what_a_figure_stands_for():
    assert [float(x) for x in printed("2.5").range()] == [2.45, 2.55]
    assert [float(x) for x in printed("2.5").range("truncated")] == [2.5, 2.6]
    assert [float(x) for x in printed("-2.5").range("truncated")] == [-2.6, -2.5]
    assert [float(x) for x in printed("0.0").range("truncated")] == [-0.1, 0.1]
    with pytest.raises(ValueError, match="comparator"):
        Printed(0.05, 2, "~")
    with pytest.raises(ValueError, match="bound"):
        Printed(0.05, 2, "<").range()
