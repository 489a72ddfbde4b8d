"""Pictures of the placebo response, and of a change held against it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from evidence_review import numbers as text
from evidence_review.display.picture import Picture
from evidence_review.display.style import (
    ESTABLISHED,
    INK,
    MUTED,
    PLACEBO,
    PLACEBO_FILL,
    RULE,
    TREATMENT,
    Width,
    better_left,
)
from evidence_review.estimates.change import SingleArmChange
from evidence_review.placebo.response import AgainstPlacebo, Benchmark
from evidence_review.stats.meta_regression import MetaRegression
from evidence_review.stats.synthesis import RandomEffects
from evidence_review.words import placebo as words


def forest(arms: Sequence[SingleArmChange], fit: RandomEffects) -> Picture:
    """Every placebo arm, the pooled mean with its interval, and the prediction interval."""
    arms = sorted(arms, key=lambda arm: arm.mean)
    unit, scale = arms[0].unit, arms[0].instrument_id
    z = special.ndtri((1 + fit.level) / 2)

    def draw(width: Width):
        import matplotlib.pyplot as plt

        rows = len(arms)
        figure, axes = plt.subplots(figsize=(width.inches, 0.235 * rows + 1.75))
        axes.axvspan(fit.pi_low, fit.pi_high, color=PLACEBO_FILL, alpha=0.55, lw=0)
        axes.axvline(fit.estimate, color=MUTED, lw=0.8, ls=(0, (4, 3)))
        axes.axvline(0, color=RULE, lw=0.8)
        for y, arm in enumerate(arms):
            assumed = arm.basis == "assumed"
            axes.plot(
                [arm.mean - z * arm.se, arm.mean + z * arm.se],
                [y, y],
                color=PLACEBO,
                lw=1.3,
                ls=(0, (2, 1.4)) if assumed else "-",
            )
            axes.plot(
                arm.mean, y, "s", ms=5, color=PLACEBO, mfc="white" if assumed else PLACEBO, mew=1.2
            )
        y = rows + 0.6
        height = 0.38
        axes.fill(
            [fit.ci_low, fit.estimate, fit.ci_high, fit.estimate],
            [y, y - height, y, y + height],
            color=ESTABLISHED,
            lw=0,
        )
        axes.plot(
            [fit.pi_low, fit.pi_high], [y + 1.1] * 2, color=ESTABLISHED, lw=3, solid_capstyle="butt"
        )
        size = lambda arm: "n ?" if arm.n != arm.n else f"n {arm.n:.0f}"
        labels = [
            f"{_short(arm.label) if width.compact else arm.label}  ({size(arm)})" for arm in arms
        ]
        axes.set_yticks(
            [*range(rows), y, y + 1.1],
            [*labels, "mean" if width.compact else "pooled mean", "a new trial"],
        )
        for tick in axes.get_yticklabels()[-2:]:
            tick.set_fontweight("bold")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(y + 1.9, -0.8)
        if not width.compact:
            right = axes.get_xlim()[1]
            axes.set_xlim(right=right + 6.2)
            for row, arm in enumerate(arms):
                axes.text(
                    right + 6.2,
                    row,
                    f"{text.number(arm.mean, 1)}  (SE {arm.se:.2f})",
                    ha="right",
                    va="center",
                    fontsize=width.font - 1,
                    color=MUTED,
                )
            for row, said in (
                (y, f"{text.number(fit.estimate)} ({text.interval(fit.ci_low, fit.ci_high)})"),
                (y + 1.1, text.interval(fit.pi_low, fit.pi_high, 1)),
            ):
                axes.text(
                    right + 6.2,
                    row,
                    said,
                    ha="right",
                    va="center",
                    fontweight="bold",
                    fontsize=width.font - 1,
                )
        better_left(
            axes,
            arms[0].measure,
            f"{scale} change" + ("" if width.compact else " on placebo"),
            width.compact,
        )
        return figure

    hollow = sum(arm.basis == "assumed" for arm in arms)
    return Picture(
        "placebo-forest",
        draw,
        alt=(
            f"Forest plot of {text.counted(len(arms), 'placebo arm')}, change in {scale} {unit}, better to the left. "
            f"From {text.number(arms[0].mean, 1)} ({arms[0].label}) to {text.number(arms[-1].mean, 1)} "
            f"({arms[-1].label}). Pooled mean {text.number(fit.estimate)}, "
            f"{fit.level:.0%} interval {text.interval(fit.ci_low, fit.ci_high)}; a new trial's true mean "
            f"{text.interval(fit.pi_low, fit.pi_high)}."
        ),
        caption=(
            f"Squares: mean change with {fit.level:.0%} interval. "
            + (
                f"Hollow, dashed: {hollow} arms whose standard error rests on an assumption. "
                if hollow
                else ""
            )
            + (
                "n ?: the number of people is not printed, but the standard error is. "
                if any(arm.n != arm.n for arm in arms)
                else ""
            )
            + f"Diamond: pooled mean ({fit.level:.0%}). Bar and band: where the true mean of a new trial's "
            "placebo arm is expected."
        ),
    )


def _short(label: str) -> str:
    return label.split(" (")[0] if len(label) > 18 else label


def response_by_weeks(
    arms: Sequence[SingleArmChange], studies: pd.DataFrame, by_weeks: MetaRegression
) -> Picture:
    """Placebo change against weeks of treatment, parallel and crossover arms apart."""
    studies = studies.set_index("study_id")
    frame = pd.DataFrame(
        {
            "weeks": [float(studies.weeks[arm.study_id]) for arm in arms],
            "mean": [arm.mean for arm in arms],
            "n": [40 if arm.n != arm.n else arm.n for arm in arms],
            "design": [studies.design[arm.study_id] for arm in arms],
        }
    )
    unit, scale = arms[0].unit, arms[0].instrument_id
    slope = by_weeks.coefficients[1]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 3.6 if not width.compact else 3.3))
        for design, marker, colour in (("parallel", "o", PLACEBO), ("crossover", "D", TREATMENT)):
            part = frame[frame.design == design]
            if part.empty:
                continue
            axes.scatter(
                part["mean"],
                part.weeks,
                s=12 + part.n,
                marker=marker,
                color=colour,
                alpha=0.75,
                edgecolor="white",
                linewidth=0.7,
            )
        x = np.array([frame.weeks.min(), frame.weeks.max()])
        axes.plot(by_weeks.coefficients[0] + slope * x, x, color=INK, lw=1.4)
        axes.set_ylabel("Weeks of treatment")
        axes.set_ylim(0, frame.weeks.max() * 1.12)
        axes.text(0.02, 0.14, "● parallel", transform=axes.transAxes, color=PLACEBO)
        if (frame.design == "crossover").any():
            axes.text(0.02, 0.05, "◆ crossover", transform=axes.transAxes, color=TREATMENT)
        better_left(
            axes,
            arms[0].measure,
            f"{scale} change" + ("" if width.compact else " on placebo"),
            width.compact,
        )
        return figure

    crossover = frame.loc[frame.design == "crossover", "mean"]
    return Picture(
        "placebo-weeks",
        draw,
        alt=(
            f"Each dot is a placebo arm: change in {scale} {unit} (better to the left) against weeks of treatment. "
            f"Along the line the change moves by {text.number(slope)} {unit} per further week "
            f"({text.interval(by_weeks.ci_low[1], by_weeks.ci_high[1])}). "
            + (
                f"The {len(crossover)} crossover arms lie between {text.number(crossover.min(), 1)} and {text.number(crossover.max(), 1)}."
                if len(crossover)
                else ""
            )
        ),
        caption="Larger dots: more people. The line is the meta-regression on weeks.",
    )


def as_good_beyond(placebo: Benchmark, se: float, share: float) -> float:
    """The mean change that this share of placebo arms reach or better."""
    predictive = placebo.predictive(se)
    is_higher = placebo.measure.better == "higher"
    return float(predictive.isf(share) if is_higher else predictive.ppf(share))


def change_against_placebo(
    change: SingleArmChange,
    placebo: Benchmark,
    result: AgainstPlacebo,
    arms: Sequence[SingleArmChange],
    treatment: str,
) -> Picture:
    """The key figure: one uncontrolled change inside what placebo arms of its size show."""
    predictive, benefit = placebo.predictive(change.se), change.measure.benefit
    low, high = predictive.ppf(0.001), predictive.ppf(0.999)
    share = text.percent(result.as_good)
    name = placebo.name or "placebo arms"
    z = predictive.ppf((1 + result.level) / 2) - placebo.mean

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, (top, bottom) = plt.subplots(
            2,
            1,
            figsize=(width.inches, 4.5 if not width.compact else 4.3),
            sharex=True,
            height_ratios=[2.3, 1.25],
        )
        x = np.linspace(low, high, 400)
        density = predictive.pdf(x)
        peak = density.max()
        top.fill_between(x, density, color=PLACEBO_FILL, lw=0)
        left = benefit(x) >= benefit(change.mean)
        top.fill_between(x[left], density[left], color=PLACEBO, alpha=0.75, lw=0)
        top.plot(x, density, color=PLACEBO, lw=1.2)
        top.plot([change.mean] * 2, [0, peak * 1.12], color=TREATMENT, lw=2)
        top.text(
            change.mean,
            peak * 1.16,
            f"{change.label}: {text.number(change.mean)}",
            color=TREATMENT,
            ha="center",
            va="bottom",
            fontweight="bold",
        )
        anchor = as_good_beyond(placebo, change.se, 0.42 * result.as_good)
        top.text(
            anchor,
            peak * 0.30,
            share,
            ha="center",
            va="center",
            color="white",
            fontweight="bold",
            fontsize=width.font + (7 if not width.compact else 4),
        )
        if not width.compact:
            top.text(
                high,
                peak * 0.86,
                f"{name}:\n{text.number(placebo.mean)} on average",
                ha="right",
                va="center",
                color=MUTED,
                backgroundcolor="white",
            )
        headline = f"{share} of placebo arms this small"
        top.set_title(
            f"{headline}\ndo as well or better"
            if width.compact
            else f"{headline} do as well or better"
        )
        top.set_ylim(0, peak * 1.42)
        top.set_yticks([])
        top.spines["left"].set_visible(False)
        interval = change.se * special.stdtrit(change.df, (1 + result.level) / 2)
        bottom.plot(
            [change.mean - interval, change.mean + interval], [1, 1], color=TREATMENT, lw=2.4
        )
        bottom.plot(change.mean, 1, "o", color=TREATMENT, ms=8)
        sizes = [10 + 0.45 * (40 if arm.n != arm.n else arm.n) for arm in arms]
        bottom.scatter(
            [arm.mean for arm in arms],
            [0] * len(arms),
            s=sizes,
            color=PLACEBO,
            alpha=0.65,
            edgecolor="white",
            linewidth=0.6,
        )
        bottom.axvline(0, color=RULE, lw=0.8, zorder=0)
        top.axvline(0, color=RULE, lw=0.8, zorder=0)
        bottom.set_yticks(
            [1, 0],
            [f"{treatment}\n(n {change.n:.0f})", f"placebo\n({len(arms)} arms)"]
            if width.compact
            else [f"{text.capital(treatment)}, {change.n:.0f} people", f"{len(arms)} placebo arms"],
        )
        bottom.tick_params(axis="y", length=0)
        bottom.spines["left"].set_visible(False)
        bottom.set_ylim(-0.6, 1.6)
        better_left(bottom, change.measure, f"{change.instrument_id} change", width.compact)
        return figure

    return Picture(
        "key-figure",
        draw,
        alt=(
            f"Where the fall of {text.number(abs(change.mean))} {change.unit} in {change.label} "
            f"({change.n:.0f} people, nobody on placebo) lies among placebo arms of that size. Placebo arms change "
            f"by {text.number(placebo.mean)} {change.unit} on average, and {share} of them would do as well or "
            f"better. {result.level:.0%} of such placebo arms lie between {text.number(placebo.mean - z, 1)} and "
            f"{text.number(placebo.mean + z, 1)}."
        ),
        caption=(
            f"Curve: the mean change that a placebo arm of {change.n:.0f} people is expected to show "
            f"({words.name(placebo)}). Below: the trial's own change with its {result.level:.0%} interval, and every "
            "placebo arm that could be used (larger dots: more people)."
        ),
    )
