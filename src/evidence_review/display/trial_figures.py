"""Pictures of the trials themselves: doses, effects, printed p-values, established treatments."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from scipy import special

from evidence_review import numbers as text
from evidence_review.display.picture import Picture
from evidence_review.display.risk_figures import key_in_words, lights_beside
from evidence_review.display.style import (
    ESTABLISHED,
    MUTED,
    PLACEBO,
    PLACEBO_FILL,
    RULE,
    TREATMENT,
    Width,
    better_left,
)
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import RandomisedContrast
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.judgement.risk_of_bias import Assessment
from evidence_review.words import effects as words


def doses(frame: pd.DataFrame) -> Picture:
    """Daily dose of the element under every reading that the sources leave open."""
    known = frame[frame.mg.notna()]
    groups = list(known.groupby(["study", "printed"], sort=False))
    element = known.element.iloc[0]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 0.62 * len(groups) + 1.1))
        for y, (_, part) in enumerate(groups):
            axes.plot(part.mg, [y] * len(part), color=PLACEBO, lw=2, zorder=1)
            for row in part.itertuples():
                sure = len(part) == 1
                axes.plot(
                    row.mg,
                    y,
                    "o",
                    ms=9,
                    color=TREATMENT,
                    mfc=TREATMENT if sure else "white",
                    mew=1.8,
                )
                axes.annotate(
                    f"{row.mg:.0f} mg",
                    (row.mg, y),
                    xytext=(0, 8),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                    fontsize=width.font - 0.5,
                )
        axes.set_yticks(
            range(len(groups)),
            [f"{study}\n{printed}" for (study, printed), _ in groups],
            fontsize=width.font - (1.5 if width.compact else 0),
        )
        axes.set_ylim(len(groups) - 0.5, -0.75)
        axes.set_xlim(0, known.mg.max() * 1.15)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"mg of {element} a day")
        return figure

    said = "; ".join(
        f"{study} ({printed}): " + " or ".join(f"{mg:.0f} mg" for mg in part.mg)
        for (study, printed), part in groups
    )
    return Picture(
        "doses",
        draw,
        alt=f"Daily dose as {element}. {said}.",
        caption="Filled: the source says it is the element. Hollow: the source leaves open whether the mg are of "
        "the compound (lower) or of the element (higher).",
    )


def trial_effects(
    changes: Sequence[SingleArmChange],
    contrasts: Sequence[RandomisedContrast],
    level: float,
    risks: Sequence[Assessment] = (),
) -> Picture:
    """Uncontrolled changes above, randomised contrasts in SDs below, never on one axis.

    risks: assessments of risk of bias, drawn as lights beside the results that they judge.
    """
    standardised = [item.on("SMD") for item in contrasts]
    halves = [arm.se * float(special.stdtrit(arm.df, (1 + level) / 2)) for arm in changes]
    judged = {(risk.study_id, risk.outcome): risk for risk in risks}
    lights = lambda items: [judged.get((item.study_id, item.outcome)) for item in items]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        panels = [part for part in (changes, contrasts) if part]
        figure, axes = plt.subplots(
            len(panels),
            1,
            figsize=(width.inches, sum(0.55 * len(p) + 1.25 for p in panels)),
            height_ratios=[0.55 * len(p) + 0.5 for p in panels],
            squeeze=False,
        )
        axes = list(axes[:, 0])
        if changes:
            panel = axes.pop(0)
            panel.set_title(
                "Change since baseline" + ("" if width.compact else ": nobody to compare with")
            )
            for y, (arm, half) in enumerate(zip(changes, halves, strict=True)):
                panel.plot([arm.mean - half, arm.mean + half], [y, y], color=TREATMENT, lw=2)
                panel.plot(arm.mean, y, "o", ms=8, color=TREATMENT)
            _rows(panel, [f"{arm.label}\n{arm.outcome}" for arm in changes])
            better_left(panel, changes[0].measure, "Change", width.compact)
            lights_beside(panel, lights(changes), width)
        if contrasts:
            panel = axes.pop(0)
            panel.set_title("Difference from placebo" + ("" if width.compact else ": randomised"))
            for y, effect in enumerate(standardised):
                interval = effect.interval
                panel.plot(
                    [interval.low, interval.high],
                    [y, y],
                    color=ESTABLISHED,
                    **_interval_look(effect),
                )
                if effect.bounds is not None:
                    panel.plot(
                        [effect.bounds.low, effect.bounds.high],
                        [y, y],
                        color=ESTABLISHED,
                        lw=8,
                        solid_capstyle="butt",
                    )
                else:
                    panel.plot(effect.value, y, "s", ms=8, color=ESTABLISHED)
            _rows(panel, [f"{item.label}\n{item.outcome}" for item in contrasts])
            better_left(panel, standardised[0].measure, "Difference", width.compact)
            lights_beside(panel, lights(contrasts), width)
        return figure

    parts = [
        f"{arm.label}, {arm.outcome}: change {text.number(arm.mean)} {arm.unit} "
        f"({text.interval(arm.mean - half, arm.mean + half)})"
        for arm, half in zip(changes, halves, strict=True)
    ] + [
        f"{item.label}, {item.outcome}: {_difference(effect)} SD against placebo, "
        f"with sampling error {text.interval(effect.interval.low, effect.interval.high)}"
        for item, effect in zip(contrasts, standardised, strict=True)
    ]
    ways = [f"Against placebo: {how}." for how in dict.fromkeys(map(words.how, contrasts))]
    return Picture(
        "trial-effects",
        draw,
        alt=" ".join(
            [
                "Effects as reported or reconstructed, better to the left.",
                "; ".join(parts) + ".",
                *ways,
            ]
        ),
        caption=" ".join(
            ["Change within one arm: nobody was compared."] * bool(changes)
            + ["Treatment against placebo, in standard deviations."] * bool(contrasts)
            + [
                "Thick bars are every value that the printed figures and the assumed group sizes allow, dashes add "
                "sampling error."
            ]
            * any(effect.bounds for effect in standardised)
        )
        + (
            f" Circles: risk of bias by domain (see that page): {key_in_words(risks)}."
            if risks
            else ""
        ),
    )


def beside_established(
    contrast: RandomisedContrast,
    established: pd.DataFrame,
    scale: Measure,
    change_sd: float,
    sd_range: tuple[float, float],
    important: float,
    treatment: str,
) -> Picture:
    """The randomised evidence beside pooled effects of established treatments.

    established: label, estimate, ci_low, ci_high in the unit of the review's scale (`scale`). Where
    the contrast is in that unit, all are; else the established ones are divided by change_sd, and a
    pale bar shows where the estimate goes as that SD moves over sd_range.
    """
    rows = established.sort_values("estimate").reset_index(drop=True)
    effect, bounds = contrast.best, contrast.best.bounds
    measure, low, high = effect.measure, effect.interval.low, effect.interval.high
    in_scale = not measure.is_standardised
    sd = 1.0 if in_scale else change_sd
    matters = scale.worth(important) / sd

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 0.42 * (len(rows) + 1) + 1.5))
        axes.axvline(0, color=RULE, lw=0.8)
        axes.axvline(matters, color=MUTED, lw=0.9, ls=(0, (3, 3)))
        for y, row in rows.iterrows():
            if not in_scale:
                axes.plot(
                    [row.estimate / end for end in sd_range],
                    [y + 1] * 2,
                    color=PLACEBO_FILL,
                    lw=9,
                    solid_capstyle="butt",
                )
            axes.plot([row.ci_low / sd, row.ci_high / sd], [y + 1] * 2, color=ESTABLISHED, lw=2)
            axes.plot(row.estimate / sd, y + 1, "s", color=ESTABLISHED, ms=6)
        axes.plot([low, high], [0, 0], color=TREATMENT, **_interval_look(effect))
        if bounds is not None:
            axes.plot(
                [bounds.low, bounds.high],
                [0, 0],
                color=TREATMENT,
                lw=7,
                solid_capstyle="butt",
            )
        else:
            axes.plot(effect.value, 0, "o", color=TREATMENT, ms=8)
        names = [
            f"{text.capital(treatment)}{'' if width.compact else f', {contrast.label}'}",
            *rows.label,
        ]
        axes.set_yticks(range(len(rows) + 1), names)
        axes.get_yticklabels()[0].set_color(TREATMENT)
        axes.get_yticklabels()[0].set_fontweight("bold")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(len(rows) + 0.6, -0.9)
        axes.text(
            matters,
            len(rows) + 0.5,
            f" {important:g} {scale.unit}",
            color=MUTED,
            fontsize=width.font - 1.5,
            va="bottom",
        )
        better_left(
            axes, measure, "Difference" + ("" if width.compact else " from placebo"), width.compact
        )
        return figure

    shown = (
        f"{text.interval(bounds.low, bounds.high)} SD if its P is taken at its word"
        if bounds
        else f"{text.number(effect.value)} {measure.unit}"
    )
    return Picture(
        "beside-established",
        draw,
        alt=(
            f"Difference from placebo in {measure.unit if in_scale else 'standard deviations'}, better to the left. "
            f"{text.capital(treatment)} in {contrast.label}: {shown}, with sampling error {text.interval(low, high)}. "
            + "; ".join(
                f"{row.label} {text.number(row.estimate / sd)}" for row in rows.itertuples()
            )
            + "."
        ),
        caption=(
            (
                "Thick bar: every difference that the printed P, the ranking and the assumed group sizes allow. Dashed: with sampling error. "
                if bounds
                else ""
            )
            + (
                "Squares: published pooled effects."
                if in_scale
                else f"Squares: published pooled effects, divided by {change_sd:g} {scale.unit} (assumed SD); pale bars: the "
                f"same with an SD from {min(sd_range):.2g} to {max(sd_range):g} {scale.unit}."
            )
        ),
    )


def _difference(effect: Effect) -> str:
    """A number, or the range that a reconstruction leaves."""
    if effect.bounds is None:
        return text.number(effect.value)
    return text.interval(effect.bounds.low, effect.bounds.high)


def _interval_look(effect: Effect) -> dict:
    """Dashed for a reconstruction, solid for reported figures."""
    if effect.bounds is not None:
        return {"lw": 1.3, "ls": (0, (2, 1.4))}
    return {"lw": 2}


def _rows(panel, labels: Sequence[str]) -> None:
    panel.axvline(0, color=RULE, lw=0.8, zorder=0)
    panel.set_yticks(range(len(labels)), labels)
    panel.set_ylim(len(labels) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
