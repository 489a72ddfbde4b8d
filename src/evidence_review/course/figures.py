"""Figures of the lessons. None shows an answer: the reader must count or read it off."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review import numbers as text
from evidence_review.course.simulation import TrialsOfNothing
from evidence_review.display.picture import Picture
from evidence_review.display.style import (
    MUTED,
    PLACEBO,
    RULE,
    TREATMENT,
    Width,
    better_left,
)
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.measure import Measure

# Scale of the simulated trials: higher is worse.
SCORE = Measure("MC", "", "lower")


def one_trial(found: TrialsOfNothing) -> Picture:
    """The scores of one trial's people, before and after; a line for each person."""
    before, after = found.before[0], found.after[0]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(min(width.inches, 5), 3.2))
        for start, end in zip(before, after, strict=True):
            axes.plot([0, 1], [start, end], "o-", color=PLACEBO, lw=1.1, ms=4)
        axes.plot([0, 1], [before.mean(), after.mean()], "s-", color=TREATMENT, lw=2.4, ms=6)
        axes.annotate("mean", (1.06, after.mean()), color=TREATMENT, va="center")
        axes.set_xticks([0, 1], ["at entry", "later"])
        axes.set_xlim(-0.25, 1.3)
        axes.set_ylabel("Score (higher is worse)")
        return figure

    people = "; ".join(f"{a:.0f} to {b:.0f}" for a, b in zip(before, after, strict=True))
    return Picture(
        "one-trial-of-nothing",
        draw,
        f"Scores of {len(before)} people at entry and later: {people}. Mean {before.mean():.1f} to {after.mean():.1f}.",
        "A simulated trial: nobody was given anything.",
    )


def many_trials(found: TrialsOfNothing) -> Picture:
    """Mean change of each trial with its 95% interval; the reader finds those that exclude 0."""
    means, halves = found.changes, found.half_widths

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 0.2 * len(means) + 1.3))
        axes.axvline(0, color=MUTED, lw=1)
        for row, (mean, half) in enumerate(zip(means, halves, strict=True), start=1):
            axes.plot([mean - half, mean + half], [row, row], color=PLACEBO, lw=1.6)
            axes.plot(mean, row, "o", color=PLACEBO, ms=4.5)
        axes.set_ylim(len(means) + 0.7, 0.3)
        axes.set_yticks(range(1, len(means) + 1))
        axes.tick_params(axis="y", labelsize=width.font - 2, length=0)
        axes.set_ylabel("Trial")
        better_left(axes, SCORE, compact=width.compact)
        return figure

    values = "; ".join(
        f"{row}: {text.interval(mean - half, mean + half)}"
        for row, (mean, half) in enumerate(zip(means, halves, strict=True), start=1)
    )
    return Picture(
        "many-trials-of-nothing",
        draw,
        f"95% intervals of the mean change in {len(means)} trials, trial by trial. {values}.",
        "Simulated trials in which nobody was given anything: mean change and 95% interval.",
    )


def placebo_arms(arms: Sequence[SingleArmChange], change: float, label: str) -> Picture:
    """The mean change of each placebo arm as a dot, in order, and a line at the change of a trial."""
    ordered = sorted(arms, key=lambda arm: arm.mean)

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 0.17 * len(ordered) + 1.5))
        axes.axvline(0, color=RULE, lw=0.8)
        axes.axvline(change, color=TREATMENT, lw=2)
        axes.annotate(
            label,
            (change, -1.2),
            xytext=(5, 0),
            textcoords="offset points",
            color=TREATMENT,
            va="center",
        )
        for row, arm in enumerate(ordered, start=1):
            axes.plot(arm.mean, row, "s", color=PLACEBO, ms=5)
        axes.set_ylim(len(ordered) + 1, -2.5)
        axes.set_yticks(range(1, len(ordered) + 1))
        axes.tick_params(axis="y", labelsize=width.font - 2.5, length=0)
        axes.set_ylabel("Placebo arm")
        better_left(axes, arms[0].measure, compact=width.compact)
        return figure

    values = "; ".join(text.number(arm.mean) for arm in ordered)
    return Picture(
        "placebo-arms",
        draw,
        f"Mean changes in {len(ordered)} placebo arms, in order: {values}. In {label}: {text.number(change)}.",
        f"Squares: the mean change in each placebo arm. Line: the change in {label}, without a control group.",
    )
