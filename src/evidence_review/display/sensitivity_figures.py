"""Pictures of what the answer rests on: bias, every other choice, and the trial that is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evidence_review import numbers as text
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
from evidence_review.review.finding import COMMONLY, RARELY
from evidence_review.review.review import Review
from evidence_review.review.settings import LABELS
from evidence_review.sensitivity.one_at_a_time import Sensitivity
from evidence_review.stats.mixtures import NormalMixture
from evidence_review.words import figures_sensitivity as words
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
    discounts = np.linspace(0.05, 1, 60)
    share = lambda **how: (
        100 * against_placebo(bias_model.less_bias(change, **how), placebo).as_good
    )
    by_discount = [share(discount=value) for value in discounts]
    worth = lambda bias: change.measure.worth(-bias) * sd  # a bias below 0 flatters
    by_bias = [share(mean=worth(value)) for value in x]
    parts = [item.label for item in biases]
    most = min(biases, key=lambda item: item.mean)
    # As when this bias is chosen as a setting: its own uncertainty counts.
    now, worst = share(), share(mean=worth(most.mean), sd=most.sd * sd)

    def draw(width: Width):
        import matplotlib.pyplot as plt

        strip = 0.5 * len(biases)
        phone = width.compact
        figure, axes = plt.subplot_mosaic(
            [["bias"], ["sources"], ["discount"]]
            if phone
            else [["bias", "discount"], ["sources", "."]],
            figsize=(width.inches, (4.6 if phone else 2.5) + strip),
            height_ratios=[2.3, strip, 1.6] if phone else [2.3, strip],
            width_ratios=None if phone else [3, 1],
        )
        top, sources, side = axes["bias"], axes["sources"], axes["discount"]
        sources.sharex(top)
        top.plot(x, by_bias, color=TREATMENT, lw=2)
        top.plot(0, now, "o", color=INK, ms=6)
        top.annotate("none", (0, now), (7, 2), textcoords="offset points", color=INK)
        for axis in (top, side):
            axis.set_ylim(0, 100)
            axis.axhline(50, color=RULE, lw=0.8, zorder=0)
            axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
        top.set_title(
            "Placebo arms as good or better" if phone else "Placebo arms that do as well or better"
        )
        top.tick_params(labelbottom=False)
        for row, (item, part) in enumerate(zip(biases, parts, strict=True)):
            sources.plot([item.low, item.high], [row, row], color=PLACEBO, lw=2)
            sources.plot(item.mean, row, "s", color=PLACEBO, ms=6)
            sources.text(
                x[0],
                row - 0.42,
                f"{item.source}: {text.shorten(part, 30 if phone else 40)}",
                color=MUTED,
                fontsize=width.font - 1,
                va="center",
            )
        name_rows(sources, (), (-0.8, len(biases) - 0.6))
        sources.axvline(0, color=RULE, lw=0.8, zorder=0)
        sources.set_xlabel(
            f"bias subtracted (SD{'' if phone else '; negative flatters the treatment'})"
        )
        side.plot(discounts, by_discount, color=TREATMENT, lw=2)
        side.plot(1, now, "o", color=INK, ms=6)
        side.set_xlim(1.06, 0)
        side.set_xlabel("the trial counted\nfor this part of one")
        return figure

    return Picture(
        "bias-range",
        draw,
        alt=words.bias_alt(change.label, biases, now, worst, (min(by_discount), max(by_discount))),
        caption=words.bias_caption(sd, change.unit),
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

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 3.9))
        for place, benefit in enumerate(benefits):
            heavy = 2.4 - 0.8 * place
            axes.plot(people, controlled[benefit], color=ESTABLISHED, lw=heavy)
            axes.plot(people, alone[benefit], color=TREATMENT, lw=heavy, ls=(0, (4, 1.6)))
            axes.annotate(
                f"{benefit:g} {measure.unit}",
                (people[-1], alone[benefit][-1]),
                (-2, 5),
                textcoords="offset points",
                ha="right",
                color=TREATMENT,
            )
            half = int(np.argmax(controlled[benefit] >= 60))
            axes.annotate(
                f"{benefit:g} {measure.unit}",
                (people[half], controlled[benefit][half]),
                (-6, 4),
                textcoords="offset points",
                ha="right",
                color=ESTABLISHED,
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
        alt=words.control_alt(plan, measure.unit, ceiling),
        caption=words.control_caption(plan),
    )
