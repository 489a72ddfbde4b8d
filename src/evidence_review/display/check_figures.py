"""Pictures of the consistency checks: what was compared with what, and what did not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from evidence_review import numbers as text
from evidence_review.checks.p_against_interval import PCheck
from evidence_review.checks.study_check import StudyCheck
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from evidence_review.display import page
from evidence_review.display.counts import Look, rows_by_part, stacked_counts
from evidence_review.display.picture import Picture
from evidence_review.display.style import (
    INK,
    MUTED,
    PLACEBO,
    PLACEBO_FILL,
    TREATMENT,
    Width,
    name_rows,
)
from evidence_review.words import figures_checks as words
from evidence_review.words import figures_trials as trials

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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

    return Picture(
        "checks-by-kind",
        stacked_counts(
            counts,
            _LOOK,
            "number of checks",
            rows_by_part((one.check, one.answer, one.rows) for one in checks),
        ),
        alt=words.checks_alt(checks, list(_LOOK)),
        caption=words.CHECKS_CAPTION,
        drawn=counts.rename_axis("check").reset_index(),
    )


def p_checks(checks: Sequence[PCheck]) -> Picture:
    """Printed p-values beside those that the printed estimate and interval imply."""
    checks = [check for check in checks if check.answer != NOT_CHECKABLE]

    def draw(width: Width):
        import matplotlib.pyplot as plt
        from matplotlib.ticker import LogLocator, NullFormatter

        figure, axes = plt.subplots(figsize=(width.inches, 0.34 * len(checks) + 1.1))
        axes.set_xscale("log")
        for y, check in enumerate(checks):
            _draw_check(axes, check, y, width)
        axes.axvline(0.05, color=MUTED, lw=0.8, ls=(0, (3, 3)))
        outcome = lambda check: "" if width.compact else f", {check.outcome}"
        room = 24 if width.compact else 30
        name_rows(
            axes,
            [text.shorten(check.label, room) + outcome(check) for check in checks],
            links=[page.rows_address(check.rows) for check in checks],
        )
        axes.set_xlabel("p (log scale)")
        axes.xaxis.set_major_locator(LogLocator(numticks=5 if width.compact else 9))
        axes.xaxis.set_major_formatter(lambda p, _: f"{p:.10f}".rstrip("0").lstrip("0").rstrip("."))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(right=1)
        return figure

    return Picture(
        "p-checks",
        draw,
        alt=trials.p_checks_alt(checks),
        caption=trials.P_CHECKS_CAPTION,
        drawn=pd.DataFrame(
            {
                "study": check.label,
                "outcome": check.outcome,
                "printed": f"{check.comparator} {check.printed:g}",
                "implied": check.implied,
                "low": check.implied_low,
                "high": check.implied_high,
                "answer": check.answer,
            }
            for check in checks
        ),
    )


def _draw_check(axes: Axes, check: PCheck, y: int, width: Width) -> None:
    """The p that the printed figures allow as a bar, and the printed p."""
    odd, rows = check.answer == INCONSISTENT, page.rows_address(check.rows)
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
            url=rows,
        )
    else:
        axes.plot(check.printed, y, "<", color=TREATMENT, ms=8, mfc="white", mew=1.6, url=rows)
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
