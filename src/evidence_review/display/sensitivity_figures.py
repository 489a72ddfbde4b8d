"""Pictures of what the answer rests on: bias, every other choice, and the trial that is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.display.picture import Picture
from evidence_review.display.style import (
    ESTABLISHED,
    INK,
    MUTED,
    PLACEBO,
    RULE,
    TREATMENT,
    Width,
    name_rows,
)
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.measure import Measure
from evidence_review.placebo import bias as bias_model
from evidence_review.placebo import trial_design
from evidence_review.placebo.bias import BlindingBias
from evidence_review.placebo.response import Benchmark, against_placebo
from evidence_review.review.finding import (
    COMMONLY,
    RARELY,
    finding_id,
    sensitivity_id,
)
from evidence_review.review.review import Review
from evidence_review.review.settings import LABELS
from evidence_review.sensitivity.one_at_a_time import Sensitivity
from evidence_review.stats.mixtures import NormalMixture
from evidence_review.words import figures_sensitivity as words
from evidence_review.words.effects import benefit as benefit_of
from evidence_review.words.settings import value_tried

# A choice that moves the share by less is named, not drawn.
_VISIBLE = 0.01


def bias_range(
    change: SingleArmChange, placebo: Benchmark, biases: Sequence[BlindingBias], sd: float
) -> Picture:
    """The share of placebo arms that do as well, over the whole range of both bias models.

    sd: what one standard deviation of bias stands for, in the unit of the change.
    """
    ends = [end for item in biases for end in (item.low, item.high)]
    x = np.linspace(min([*ends, 0]) - 0.05, max([*ends, 0]) + 0.05, 121)
    share = lambda **how: (
        100 * against_placebo(bias_model.less_bias(change, **how), placebo).as_good
    )
    worth = lambda bias: change.measure.worth(-bias) * sd  # a bias below 0 flatters
    by_bias = [share(mean=worth(value)) for value in x]
    most = min(biases, key=lambda item: item.mean)
    # As when this bias is chosen as a setting: its own uncertainty counts.
    now, worst = share(), share(mean=worth(most.mean), sd=most.sd * sd)
    as_it_is = page.finding_address(finding_id(change.study_id, change.outcome, "placebo_as_good"))

    def draw(width: Width):
        import matplotlib.pyplot as plt

        strip = 0.5 * len(biases)
        figure, (top, sources) = plt.subplots(
            2, 1, sharex=True, figsize=(width.inches, 2.8 + strip), height_ratios=[2.3, strip]
        )
        top.plot(x, by_bias, color=TREATMENT, lw=2)
        top.plot(0, now, "o", color=INK, ms=6)
        top.annotate(
            f"none: {now:.0f}%",
            (0, now),
            (7, 2),
            textcoords="offset points",
            color=INK,
            url=as_it_is,
        )
        top.set_ylim(0, 100)
        top.axhline(50, color=RULE, lw=0.8, zorder=0)
        top.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
        top.set_title("Placebo arms that do as well or better")
        for row, item in enumerate(biases):
            sources.plot([item.low, item.high], [row, row], color=PLACEBO, lw=2)
            sources.plot(item.mean, row, "s", color=PLACEBO, ms=6)
            sources.text(
                x[0],
                row - 0.42,
                f"{item.source}: {text.shorten(item.label, 30 if width.compact else 60)}",
                color=MUTED,
                fontsize=width.font - 1,
                va="center",
                url=page.rows_address(item.rows),
            )
        name_rows(sources, (), (-0.8, len(biases) - 0.6))
        sources.axvline(0, color=RULE, lw=0.8, zorder=0)
        sources.set_xlabel(
            f"bias subtracted (SD{'' if width.compact else '; negative flatters the treatment'})"
        )
        return figure

    return Picture(
        "bias-range",
        draw,
        alt=words.bias_alt(change.label, biases, now, worst),
        caption=words.bias_caption(sd, change.unit),
        drawn=pd.DataFrame({"bias subtracted, SD": x, "placebo arms as good, %": by_bias}),
    )


def what_moves(review: Review, found: Sequence[Sensitivity], label: str) -> Picture:
    """Every choice as a bar from the lowest to the highest share it can give."""
    now = found[0].now
    bars = [one for one in found if one.high[0] - one.low[0] >= _VISIBLE]
    tried = lambda one, value: value_tried(review, one, value)
    still = [LABELS[one.name] for one in found if one not in bars]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        headings = len({one.is_estimand for one in bars})
        step = 0.68 if width.compact else 0.5
        figure, axes = plt.subplots(
            figsize=(width.inches, step * len(bars) + 0.35 * headings + 0.85)
        )
        axes.axvspan(0, 100 * RARELY, color=TREATMENT, alpha=0.3, lw=0)
        axes.axvline(100 * COMMONLY, color=TREATMENT, lw=1.2, ls=":", zorder=0)
        axes.axvline(100 * now, color=MUTED, lw=1, ls=(0, (4, 3)), zorder=0)
        y, last = 0.0, None
        for one in bars:
            if one.is_estimand != last:
                last = one.is_estimand
                heading = "What is asked" if last else "How it is computed"
                axes.text(4, y, heading, fontweight="bold", va="center", backgroundcolor="white")
                y += 0.9
            (low, low_at), (high, high_at) = one.low, one.high
            colour = ESTABLISHED if one.is_estimand else PLACEBO
            axes.plot([100 * low, 100 * high], [y, y], color=colour, lw=7, solid_capstyle="butt")
            axes.plot(100 * now, y, "o", color=INK, ms=5)
            axes.text(
                4, y - 0.42, LABELS[one.name], va="center", backgroundcolor="white", zorder=0.5
            )
            behind = page.finding_address(sensitivity_id(one.name))
            most = 30 if width.compact else 46
            axes.text(
                100,
                y + 0.36 if width.compact else y - 0.42,
                f"{text.percent(low)} {text.shorten(tried(one, low_at), most)} – "
                f"{text.percent(high)} {text.shorten(tried(one, high_at), most)}",
                ha="right",
                va="center",
                color=MUTED,
                fontsize=width.font - 1.5,
                backgroundcolor="white",
                zorder=0.5,
                url=behind,
            )
            y += 1.25 if width.compact else 1.05
        name_rows(axes, (), (-0.6, y - 0.4))
        axes.set_xlim(0, 100)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.xaxis.set_major_formatter(lambda v, _: f"{v:.0f}%")
        axes.set_xlabel("placebo arms as good or better")
        return figure

    return Picture(
        "what-moves-the-answer",
        draw,
        alt=words.moves_alt(label, found, tried),
        caption=words.moves_caption(still, _VISIBLE),
        drawn=pd.DataFrame(
            {
                "choice": LABELS[one.name],
                "lowest share, %": 100 * one.low[0],
                "lowest at": tried(one, one.low[1]),
                "highest share, %": 100 * one.high[0],
                "highest at": tried(one, one.high[1]),
            }
            for one in found
        ),
    )


def with_and_without_control(
    plan: trial_design.TrialPlan,
    placebo: NormalMixture,
    measure: Measure,
    benefits: Sequence[float],
) -> Picture:
    """Chance to show a true effect against the people in the trial, with and without a placebo arm."""
    people = np.geomspace(10, 3000, 61)
    controlled = {benefit: 100 * plan.power(people / 2, benefit) for benefit in benefits}
    alone = {
        benefit: 100 * trial_design.uncontrolled_chance(placebo, measure, benefit, plan.sd, people)
        for benefit in benefits
    }
    ceiling = {
        benefit: float(
            trial_design.uncontrolled_chance(placebo, measure, benefit, plan.sd, np.inf)[0]
        )
        for benefit in benefits
    }

    enough = 2 * plan.analysed_for(benefits[0], 0.8)
    # The first benefit is that which matters; the others are multiples of it.
    plans, limits = (
        [
            page.finding_address(each)
            for each in (first, *["trial.important_difference"] * len(benefits))
        ]
        for first in ("trial.people_80", "trial.uncontrolled_at_best")
    )

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 3.9))
        axes.axhline(80, color=MUTED, lw=0.9, ls=(0, (3, 3)), zorder=0)
        axes.plot(enough, 80, "o", color=ESTABLISHED, ms=6)
        axes.annotate(
            f"80% with {enough} people",
            (enough, 80),
            (7, -4),
            textcoords="offset points",
            va="top",
            color=ESTABLISHED,
            url=plans[0],
        )
        for place, benefit in enumerate(benefits):
            heavy = 2.4 - 0.8 * place
            axes.plot(people, controlled[benefit], color=ESTABLISHED, lw=heavy)
            axes.plot(people, alone[benefit], color=TREATMENT, lw=heavy, ls=(0, (4, 1.6)))
            axes.annotate(
                benefit_of(measure, benefit),
                (people[-1], alone[benefit][-1]),
                (-2, 5),
                textcoords="offset points",
                ha="right",
                color=TREATMENT,
                url=limits[place],
            )
            half = int(np.argmax(controlled[benefit] >= 60))
            axes.annotate(
                benefit_of(measure, benefit),
                (people[half], controlled[benefit][half]),
                (-6, 4),
                textcoords="offset points",
                ha="right",
                color=ESTABLISHED,
                url=plans[place],
            )
        axes.set_xscale("log")
        axes.set_xticks([10, 30, 100, 300, 1000, 3000], ["10", "30", "100", "300", "1000", "3000"])
        axes.minorticks_off()
        axes.set_xlim(10, 3000)
        axes.set_ylim(0, 104)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
        axes.set_xlabel("people who finish the trial")
        axes.set_title(
            "Chance to show a true benefit of this size"
            if not width.compact
            else "Chance to show a true benefit"
        )
        axes.text(
            2900,
            93,
            "with a\nplacebo arm" if width.compact else "with a placebo arm",
            ha="right",
            va="top",
            color=ESTABLISHED,
            fontweight="bold",
        )
        highest = max(curve[-1] for curve in alone.values())
        axes.text(2900, highest + 9, "without", ha="right", color=TREATMENT, fontweight="bold")
        return figure

    return Picture(
        "with-and-without-control",
        draw,
        alt=words.control_alt(plan, measure, ceiling),
        caption=words.control_caption(plan),
        drawn=pd.DataFrame(
            {"people who finish": people}
            | {
                f"{benefit_of(measure, benefit)}, {how}, %": chances[benefit]
                for how, chances in (("with a placebo arm", controlled), ("without", alone))
                for benefit in benefits
            }
        ),
    )
