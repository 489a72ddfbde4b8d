"""Alt texts, captions and headlines of the figures of the placebo response."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from evidence_review.estimates.change import SingleArmChange
from evidence_review.numbers import counted, interval, number, percent
from evidence_review.placebo.response import AgainstPlacebo, Benchmark
from evidence_review.stats.meta_regression import MetaRegression
from evidence_review.stats.synthesis import RandomEffects
from evidence_review.words import placebo
from evidence_review.words.figures import better_side, narrowest


def forest_alt(arms: Sequence[SingleArmChange], fit: RandomEffects) -> str:
    """The placebo arms from the lowest to the highest change, the pool and a new trial. arms: in this order."""
    first, last, measure = arms[0], arms[-1], arms[0].measure
    return (
        f"Forest plot of {counted(len(arms), 'placebo arm')}, change in {first.instrument_id} "
        f"{measure.unit}{better_side(measure)}. From {number(first.mean, 1)} ({first.label}) to "
        f"{number(last.mean, 1)} ({last.label}). Pooled mean {number(fit.estimate)}, {fit.level:.0%} interval "
        f"{interval(fit.ci_low, fit.ci_high)}; true mean in a new trial, by t, {interval(fit.pi_low, fit.pi_high)}."
    )


def forest_caption(arms: Sequence[SingleArmChange], level: float, pooled: int) -> str:
    """The meaning of the marks in the forest plot of placebo arms. arms: those drawn. pooled: their number."""
    hollow = sum(arm.basis == "assumed" for arm in arms)
    parts = []
    if pooled > len(arms):
        parts.append(narrowest(counted(len(arms), "arm"), f"{number(pooled, 0)} that are pooled"))
    parts += [f"Squares: mean change with {level:.0%} interval."]
    if hollow:
        parts.append(
            f"Hollow and dashed: {counted(hollow, 'arm')} whose standard error rests on an assumption."
        )
    if any(isnan(arm.n) for arm in arms):
        parts.append("n ?: the standard error is printed, the number of people is not.")
    parts.append(
        f"Diamond: pooled mean ({level:.0%}). Bar and band: the range in which the true mean of the placebo arm "
        "of a new trial is expected, by t."
    )
    return " ".join(parts)


def weeks_alt(
    arms: Sequence[SingleArmChange], crossover: Sequence[float], by_weeks: MetaRegression
) -> str:
    """The change by weeks, and where the crossover arms lie. crossover: their changes."""
    first, slope = arms[0], by_weeks.coefficients[1]
    low, high = by_weeks.ci_low[1], by_weeks.ci_high[1]
    apart = (
        f" The {counted(len(crossover), 'crossover arm')} lie between {number(min(crossover), 1)} and "
        f"{number(max(crossover), 1)}."
        if len(crossover) > 1
        else f" The crossover arm is at {number(crossover[0], 1)}."
        if len(crossover)
        else ""
    )
    return (
        f"Each dot is a placebo arm: change in {first.instrument_id} {first.unit}{better_side(first.measure)}, "
        f"against weeks of treatment. Along the line the change moves by {number(slope)} {first.unit} per further "
        f"week ({interval(low, high)}).{apart}"
    )


def weeks_caption(level: float) -> str:
    """What dots, line and band mean."""
    return (
        "Larger dots: more people. Line: the mean change expected after so many weeks (meta-regression), "
        f"with its {level:.0%} interval."
    )


def against_headline(result: AgainstPlacebo) -> tuple[str, str]:
    """The headline of the key figure, in two parts that may be on separate lines."""
    return f"{percent(result.as_good)} of placebo arms", "this small do as well or better"


def against_alt(
    change: SingleArmChange, benchmark: Benchmark, result: AgainstPlacebo, half: float
) -> str:
    """One uncontrolled change among placebo arms of its size.

    half: half the width of the range in which placebo arms of that size lie.
    """
    mean, unit = benchmark.mean, change.unit
    counted = "" if isnan(change.n) else f"{change.n:.0f} people, "
    return (
        f"Where the change of {number(change.mean)} {unit} in {change.label} ({counted}none of them "
        f"on placebo) lies among placebo arms of that size{better_side(change.measure)}. Placebo arms change by "
        f"{number(mean)} {unit} on average, and {percent(result.as_good)} of them would do as well or better. "
        f"{result.level:.0%} of such placebo arms lie between {number(mean - half, 1)} and {number(mean + half, 1)}."
    )


def against_caption(change: SingleArmChange, benchmark: Benchmark, result: AgainstPlacebo) -> str:
    """What the marks of the key figure mean."""
    return (
        f"Curve: the mean change expected in a placebo arm {placebo.of_its_size(change)} ({placebo.name(benchmark)}); "
        "its darker part: arms that do as well or better. Below: the change in the trial with its "
        f"{result.level:.0%} interval, and every placebo arm that could be used (larger dots: more people)."
    )


def people(arms: Sequence[SingleArmChange]) -> list[str]:
    """The number of people in each arm as a figure has it: 'n 12', or 'n ?' where it is not printed."""
    return ["n ?" if isnan(arm.n) else f"n {arm.n:.0f}" for arm in arms]
