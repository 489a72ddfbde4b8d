"""Pictures of the consistency checks: what was held against what, and what did not fit."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evidence_review import numbers as text
from evidence_review.checks.p_against_interval import PCheck
from evidence_review.checks.study_check import StudyCheck
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from evidence_review.display.counts import Look, stacked_counts
from evidence_review.display.picture import Picture
from evidence_review.display.style import (
    INK,
    MUTED,
    PLACEBO,
    PLACEBO_FILL,
    TREATMENT,
    Width,
)

_LOOK = {
    INCONSISTENT: Look(TREATMENT, "white"),
    CONSISTENT: Look(PLACEBO_FILL, INK),
    NOT_CHECKABLE: Look("white", MUTED, "///"),
}


def checks_by_kind(checks: Sequence[StudyCheck]) -> Picture:
    """How many checks of each kind came out how."""
    counts = pd.crosstab([check.check for check in checks], [check.answer for check in checks])
    counts = counts.reindex(columns=list(_LOOK), fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]

    totals = counts.sum()
    odd = [f"{check.label} ({check.check})" for check in checks if check.answer == INCONSISTENT]
    return Picture(
        "checks-by-kind",
        stacked_counts(counts, _LOOK, "number of checks"),
        alt=(
            f"{len(checks)} checks of {len(counts)} kinds: "
            + text.listing(f"{totals[answer]} {answer}" for answer in _LOOK)
            + ". "
            + (
                f"Inconsistent: {text.listing(dict.fromkeys(odd))}."
                if odd
                else "None is inconsistent."
            )
        ),
        caption="Each bar: the checks of one kind. Not checkable: the figures that it needs beside it are not printed.",
    )


def p_checks(checks: Sequence[PCheck]) -> Picture:
    """Printed p-values beside those that the printed estimate and interval imply."""
    checks = [check for check in checks if check.answer != "not checkable"]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 0.34 * len(checks) + 1.1))
        axes.set_xscale("log")
        for y, check in enumerate(checks):
            odd = check.answer == "inconsistent"
            axes.plot(
                [check.implied_low, check.implied_high],
                [y, y],
                color=PLACEBO,
                lw=7,
                solid_capstyle="butt",
            )
            axes.plot(check.implied, y, "|", color=INK, ms=12, mew=1.6)
            if check.comparator == "=":
                axes.plot(
                    check.printed,
                    y,
                    "D",
                    color=TREATMENT,
                    ms=7,
                    mfc=TREATMENT if odd else "white",
                    mew=1.6,
                )
            else:
                axes.plot(check.printed, y, "<", color=TREATMENT, ms=8, mfc="white", mew=1.6)
            if odd:
                axes.annotate(
                    "does not fit",
                    (check.printed, y),
                    xytext=(0, 6),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                    color=TREATMENT,
                    fontweight="bold",
                    fontsize=width.font - 1,
                )
        axes.axvline(0.05, color=MUTED, lw=0.8, ls=(0, (3, 3)))
        axes.set_yticks(
            range(len(checks)),
            [
                f"{check.label.split(' (')[0]}" + ("" if width.compact else f", {check.outcome}")
                for check in checks
            ],
        )
        axes.set_ylim(len(checks) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("p (log scale)")
        axes.set_xlim(right=1)
        return figure

    odd = [check for check in checks if check.answer == "inconsistent"]
    return Picture(
        "p-checks",
        draw,
        alt=(
            f"{text.counted(len(checks), 'printed p-value')} beside the p that estimate and interval imply. "
            + (
                "Not in agreement: "
                + text.listing(
                    f"{c.label}, {c.outcome} (printed {text.p_value(c.printed, c.comparator)}, "
                    f"implied {text.p_value(c.implied)})"
                    for c in odd
                )
                if odd
                else "All agree"
            )
            + "."
        ),
        caption="Bar: every p that the printed, rounded figures allow. Diamond: the p as printed "
        "(triangle: printed as a bound). The dashed line is .05.",
    )
