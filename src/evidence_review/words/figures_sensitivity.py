"""Alt texts and captions of figures on what the answer depends on: bias, other choices, a planned trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from evidence_review.estimates.measure import Measure
from evidence_review.numbers import listing, number, p_value, percent
from evidence_review.placebo.bias import BlindingBias
from evidence_review.placebo.trial_design import TrialPlan
from evidence_review.review.finding import COMMONLY, RARELY
from evidence_review.review.settings import LABELS
from evidence_review.sensitivity.one_at_a_time import Sensitivity
from evidence_review.words.effects import benefit


def bias_alt(
    label: str,
    biases: Sequence[BlindingBias],
    now: float,
    worst: float,
) -> str:
    """How far bias moves the share of placebo arms that do as well.

    now, worst: that share without bias, and with the largest bias, in per cent.
    """
    means = [number(mean) for mean in sorted(item.mean for item in biases)]
    return (
        f"Share of placebo arms that do as well as {label} or better: {now:.0f}% if no bias is subtracted. It rises to "
        f"{worst:.0f}% if the largest bias that studies of trials report ({means[0]} SD) is subtracted; their estimates "
        f"run from {means[0]} to {means[-1]} SD."
    )


def bias_caption(sd: float, unit: str) -> str:
    """What the panels show. sd: the size of one standard deviation of bias."""
    return (
        "Curve: the share for every bias that might be subtracted. Below it: the bias that studies of trials report, with "
        f"95% intervals (1 SD = {sd:g} {unit}); the curve does not include their uncertainty."
    )


Tried = Callable[[Sensitivity, float | str], str]  # a value that was tried, in words


def moves_alt(label: str, found: Sequence[Sensitivity], tried: Tried) -> str:
    """How far one choice at a time moves the share, and what the thresholds mean."""
    low, high = min(found, key=lambda one: one.low[0]), max(found, key=lambda one: one.high[0])
    return (
        f"Share of placebo arms that do as well as {label} or better: {percent(found[0].now)} with no choice changed. "
        f"Changing one choice at a time gives at least {percent(low.low[0])} ({LABELS[low.name]}: "
        f"{tried(low, low.low[1])}) and at most {percent(high.high[0])} ({LABELS[high.name]}: "
        f"{tried(high, high.high[1])}). Below {percent(COMMONLY)} the change would be more than most placebo groups show; "
        f"below {percent(RARELY, 1)}, more than placebo groups usually show."
    )


def moves_caption(still: Sequence[str], visible: float) -> str:
    """What the bars mean. still: choices that are not drawn, because they move the share by less than `visible`."""
    parts = [
        "Each bar: the share from its lowest to its highest as one choice takes every value that its table allows. Dot and "
        "dashed line: no choice changed.",
        f"Shaded, at the left edge: below {percent(RARELY, 1)}, where the change is more than placebo groups usually show. "
        f"Dotted line: {percent(COMMONLY)}; below it, the change is more than most of them show.",
    ]
    if still:
        parts.append(
            f"Not drawn, because they move the share by less than {100 * visible:g} percentage point: {listing(still)}."
        )
    return " ".join(parts)


def control_alt(plan: TrialPlan, measure: Measure, most_without: Mapping[float, float]) -> str:
    """What a trial with and one without a placebo arm can show.

    most_without: for each benefit, the largest chance that a trial without a placebo arm has.
    """
    each = "; ".join(
        f"a true benefit of {benefit(measure, size)} is shown by a trial with a placebo arm in 80% of cases from "
        f"{2 * plan.analysed_for(size, 0.8)} people on, and by one without in at most {percent(chance)} "
        "of cases, however many people it has"
        for size, chance in most_without.items()
    )
    return f"Chance that a trial shows a benefit, by the number of people in it: {each}."


def control_caption(plan: TrialPlan) -> str:
    """What each chance assumes."""
    return (
        f"With a placebo arm: {p_value(plan.alpha, '<')}, two equal arms, SD of one person's change {plan.sd:g}. Without: a change "
        f"that placebo arms match in less than {percent(RARELY, 1)} of cases, in people whose own placebo response is "
        "not known."
    )
