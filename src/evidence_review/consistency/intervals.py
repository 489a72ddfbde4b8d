"""An estimate, its interval and its p: do the three agree?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, log

from evidence_review.consistency.printed import (
    ROUNDED,
    SIDES,
    Check,
    Printed,
    answer,
    of_side,
    p_text,
    shortened,
)
from evidence_review.stats import recover


@dataclass(frozen=True)
class PAgainstInterval(Check):
    """statistic: |estimate| over its standard error. implied: the two-sided p, and its range over all
    values that the printed figures may stand for. reading: the first reading that fits, '' if none does.
    """

    statistic: float
    implied: recover.Recovered
    reading: str


def p_against_interval(
    p: Printed,
    estimate: Printed,
    ci_low: Printed,
    ci_high: Printed,
    *,
    ratio: bool = False,
    level: float = 0.95,
    dfs: Sequence[float | None] = (None,),
    sides: Sequence[str] = SIDES,
    prints: Sequence[str] = ROUNDED,
) -> PAgainstInterval:
    """Does some reading of the printed figures give the printed p?

    Readings are tried in the order given.

    Parameters
    ----------
    p, estimate, ci_low, ci_high : Printed
    ratio : bool
        Whether the figures are ratios, above 0, whose logarithms are tested against 0.
    level : float
        Of the interval.
    dfs : sequence of float or None
        Degrees of freedom of interval and p, None for normal. With several, the p may lie anywhere
        between the values that they give (a model whose degrees of freedom are not printed).
    sides : sequence of str
        Sides of the p, among `SIDES`; one-sided in the direction of the estimate. The interval is
        two-sided.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    PAgainstInterval

    Raises
    ------
    ValueError
        For limits that are equal or not in order (`recover.se_from_ci`), and a ratio that is not above 0.

    Notes
    -----
    The interval's half width is its quantile times the standard error. A true report of a Wald or t
    interval with its own p is never flagged, by construction: every corner of the values that the
    figures may stand for is tried. Intervals and p-values from different methods (bootstrap, rank
    test) may be flagged.

    References
    ----------
    Cochrane Handbook 6.5.2.2; Altman and Bland 2011, BMJ 343:d2304.

    Examples
    --------
    1.96 with limits 0 and 3.92 lies exactly on the border of significance: p = 0.05.

    >>> figures = Printed(1.96, 2), Printed(0.00, 2), Printed(3.92, 2)
    >>> p_against_interval(Printed(0.05, 2), *figures).answer
    'consistent'
    >>> p_against_interval(Printed(0.001, 3), *figures).answer
    'inconsistent'

    So does an odds ratio of 0.50 (0.25 to 1.00): on the log scale, 0.5 is as far from 1 as from 0.25.

    >>> figures = Printed(0.50, 2), Printed(0.25, 2), Printed(1.00, 2)
    >>> p_against_interval(Printed(0.05, 2), *figures, ratio=True).answer
    'consistent'
    """
    if ratio and any(figure.value <= 0 for figure in (estimate, ci_low, ci_high)):
        raise ValueError("a ratio and its limits must be above 0")
    scale = log if ratio else float
    se = recover.se_from_ci(scale(ci_low.value), scale(ci_high.value), level=level, df=dfs[0])
    if not se.usable:
        raise ValueError(se.reason)
    figures = (estimate, ci_low, ci_high)
    tried = {rounding: _implied(figures, scale, level, dfs, rounding) for rounding in prints}
    fitting = (
        f"{side} p{shortened(rounding)}"
        for rounding, side in product(prints, sides)
        if p.agrees(*of_side(tried[rounding].low, tried[rounding].high, side), rounding)
    )
    reading = next(fitting, "")
    implied = tried[prints[0]]
    by = " to ".join("normal" if df is None else f"t with {df:g} df" for df in dfs)
    statistic = abs(scale(estimate.value)) / se.value
    return PAgainstInterval(
        answer(bool(reading)),
        f"{estimate} ({ci_low} to {ci_high}) by {by}: statistic {statistic:.2f}, two-sided p "
        f"{p_text(implied.value)} ({p_text(implied.low, implied.high)}); printed {p}"
        + (f"; fits as {reading}" if reading else "; no reading fits"),
        statistic,
        implied,
        reading,
    )


def _implied(figures, scale, level, dfs, rounding) -> recover.Recovered:
    """The two-sided p and its range over the corners of the values that the figures may stand for."""
    estimate, low, high = (_ends(f, scale, rounding) for f in figures)
    # The p falls with the size of the estimate and is largest at 0.
    found = []
    for size, lower, upper, df in product(estimate, low, high, dfs):
        width = lower < upper  # else the p is 0
        found.append(
            recover.p_from_ci(size, lower, upper, level=level, df=df).value if width else 0.0
        )
    value = recover.p_from_ci(*(scale(f.value) for f in figures), level=level, df=dfs[0]).value
    return recover.Recovered(value, min(value, *found), max(value, *found))


@dataclass(frozen=True)
class Symmetry(Check):
    """lower, upper: each limit as the mirror image of the other, with the estimate in the middle.

    misprint: 'upper' or 'lower' if replacing that limit by its mirror image gives the printed p; ''
    if neither does or the interval is symmetric.
    """

    lower: float
    upper: float
    misprint: str


def interval_symmetry(
    estimate: Printed,
    ci_low: Printed,
    ci_high: Printed,
    *,
    ratio: bool = False,
    p: Printed | None = None,
    level: float = 0.95,
    dfs: Sequence[float | None] = (None,),
    prints: Sequence[str] = ROUNDED,
) -> Symmetry:
    """Does the estimate lie in the middle of its interval, and if not, which limit is misprinted?

    Parameters
    ----------
    estimate, ci_low, ci_high : Printed
    ratio : bool
        Whether the figures are ratios, symmetric on the log scale (odds ratios).
    p : Printed or None
        The printed p, which decides which limit is the misprint.
    level, dfs
        As in `p_against_interval`.
    prints : sequence of str
        How figures may have been shortened, among `PRINTS`.

    Returns
    -------
    Symmetry

    Raises
    ------
    ValueError
        For a ratio that is not above 0.

    Notes
    -----
    A true report of a Wald or t interval is never flagged, by construction; bootstrap, exact and
    profile-likelihood intervals may rightly be asymmetric.

    References
    ----------
    Cochrane Handbook 6.5.2.2, and 6.3.2 for ratios.

    Examples
    --------
    >>> interval_symmetry(Printed(2.0, 1), Printed(1.0, 1), Printed(3.0, 1)).answer
    'consistent'
    >>> interval_symmetry(Printed(2.0, 1), Printed(1.0, 1), Printed(4.0, 1)).upper
    3.0
    >>> interval_symmetry(Printed(2.0, 1), Printed(1.0, 1), Printed(4.0, 1), ratio=True).answer
    'consistent'
    """
    figures = (estimate, ci_low, ci_high)
    if ratio and any(f.value <= 0 for f in figures):
        raise ValueError("a ratio and its limits must be above 0")
    scale, back = (log, exp) if ratio else (float, float)
    middle, low, high = (scale(f.value) for f in figures)
    lower, upper = back(2 * middle - high), back(2 * middle - low)
    fits = any(_may_be_middle(figures, scale, rounding) for rounding in prints)
    text = (
        f"the middle of {ci_low} to {ci_high} is {back((low + high) / 2):.{estimate.decimals + 2}f}"
        f"{' on the log scale' if ratio else ''}, the printed estimate {estimate}"
    )
    misprint = ""
    mended = {"upper": (low, 2 * middle - low), "lower": (2 * middle - high, high)}
    for name, ends in mended.items():
        if p is None or fits or ends[0] >= ends[1]:
            continue
        implied = [recover.p_from_ci(middle, *ends, level=level, df=df).value for df in dfs]
        if p.agrees(min(implied), max(implied)):
            misprint = name
            limit, decimals = back(ends[name == "upper"]), max(ci_low.decimals, ci_high.decimals)
            text += (
                f"; with {limit:.{decimals}f} as {name} limit it would be symmetric, and p would "
                f"be {implied[0]:.4f}, as printed"
            )
            break
    return Symmetry(answer(fits), text, lower, upper, misprint)


def _may_be_middle(figures, scale, rounding) -> bool:
    """Whether values that the figures may stand for have the estimate exactly in the middle."""
    estimate, low, high = (_ends(figure, scale, rounding) for figure in figures)
    slack = 1e-12
    return (
        estimate[0] <= (low[1] + high[1]) / 2 + slack
        and (low[0] + high[0]) / 2 - slack <= estimate[1]
    )


def _ends(figure, scale, rounding) -> list[float]:
    """Lowest and highest value that a figure may stand for, on the scale of the test."""
    ends = [float(end) for end in figure.range(rounding)]
    return [scale(max(end, 1e-300)) for end in ends] if scale is log else ends
