"""Pictures of the trials themselves: doses, effects, printed p-values, established treatments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
from scipy import special

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.display.forest import smallest
from evidence_review.display.picture import Picture
from evidence_review.display.risk_figures import MOST_RESULTS, lights_beside, signs
from evidence_review.display.style import (
    ESTABLISHED,
    MUTED,
    PLACEBO,
    PLACEBO_FILL,
    RULE,
    TREATMENT,
    Width,
    better_left,
    name_rows,
)
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.doses import Dose
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.judgement.risk_of_bias import Assessment
from evidence_review.records import shared_comparator
from evidence_review.review.finding import finding_id
from evidence_review.words import figures_trials as words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def doses(printed: Sequence[Dose]) -> Picture:
    """Daily dose of the element under every reading that the sources leave open."""
    known = [dose for dose in printed if dose.mg == dose.mg]
    element = known[0].element
    readings: dict[tuple[str, str], list[Dose]] = {}
    for dose in known:
        readings.setdefault((dose.study, dose.printed), []).append(dose)

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 0.62 * len(readings) + 1.1))
        for y, part in enumerate(readings.values()):
            amounts, level = [dose.mg for dose in part], [y] * len(part)
            axes.plot(amounts, level, color=PLACEBO, lw=2, zorder=1)
            fill = TREATMENT if len(part) == 1 else "white"
            axes.plot(amounts, level, "o", ms=9, color=TREATMENT, mfc=fill, mew=1.8)
            for dose in part:
                axes.annotate(
                    f"{dose.mg:.0f} mg",
                    (dose.mg, y),
                    url=page.rows_address([dose.row]),
                    gid=f"{dose.study}, {dose.printed}, {dose.reading}: {dose.mg:.0f} mg",
                    xytext=(0, 8),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                    fontsize=width.font - 0.5,
                )
        name_rows(
            axes,
            [f"{study}\n{printed}" for study, printed in readings],
            (-0.75, len(readings) - 0.5),
            fontsize=width.font - (1.5 if width.compact else 0),
        )
        axes.set_xlim(0, max(dose.mg for dose in known) * 1.15)
        axes.set_xlabel(f"mg of {element} a day")
        return figure

    each = [(*names, tuple(dose.mg for dose in part)) for names, part in readings.items()]
    drawn = pd.DataFrame(
        {"study": d.study, "printed": d.printed, "if the amount is": d.reading, "mg": d.mg}
        for d in known
    )
    return Picture("doses", draw, words.doses_alt(element, each), words.DOSES_CAPTION, drawn)


def trial_effects(
    changes: Sequence[SingleArmChange],
    contrasts: Sequence[Contrast],
    level: float,
    risks: Sequence[Assessment] = (),
) -> Picture:
    """Uncontrolled changes above, contrasts in SDs below, never on one axis.

    Nor do results share one that have another unit or another better end. risks: assessments of risk
    of bias, drawn as lights beside the results that they judge. Of more than `MOST_RESULTS` for an axis,
    those with the narrowest intervals are drawn; all can be saved.
    """
    standardised = [_standardised(item) for item in contrasts]
    halves = [arm.se * float(special.stdtrit(arm.df, (1 + level) / 2)) for arm in changes]
    saved = pd.DataFrame(
        [
            *(
                _as_drawn(arm, "change", arm.unit, arm.mean, arm.mean - half, arm.mean + half)
                for arm, half in zip(changes, halves, strict=True)
            ),
            *(
                _as_drawn(
                    item,
                    "difference",
                    "SD",
                    effect.value,
                    effect.interval.low,
                    effect.interval.high,
                )
                for item, effect in zip(contrasts, standardised, strict=True)
            ),
        ]
    )
    judged = {(risk.study_id, risk.outcome): risk for risk in risks}
    lights = lambda items: [judged.get((item.study_id, item.outcome)) for item in items]
    of_changes = _by_axis([arm.measure for arm in changes], halves)
    of_contrasts = _by_axis(
        [effect.measure for effect in standardised],
        [effect.interval.high - effect.interval.low for effect in standardised],
    )
    panels = [*of_changes, *of_contrasts]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(
            len(panels),
            1,
            figsize=(width.inches, sum(0.55 * len(panel) + 1.25 for panel in panels)),
            height_ratios=[0.55 * len(panel) + 0.5 for panel in panels],
            squeeze=False,
        )
        places = list(axes[:, 0])
        for axis, panel in zip(places, of_changes, strict=False):
            arms = [changes[place] for place in panel]
            _draw_changes(axis, arms, [halves[place] for place in panel])
            better_left(axis, arms[0].measure, "Change", width.compact)
            lights_beside(axis, lights(arms), width)
        for axis, panel in zip(places[len(of_changes) :], of_contrasts, strict=True):
            items = [contrasts[place] for place in panel]
            effects = [standardised[place] for place in panel]
            _draw_contrasts(axis, items, effects)
            better_left(axis, effects[0].measure, "Difference", width.compact)
            lights_beside(axis, lights(items), width)
        if changes:
            alone = "" if width.compact else ": no comparison group"
            places[0].set_title(f"Change since baseline{alone}")
        if contrasts:
            versus = shared_comparator(item.comparator for item in contrasts)
            kinds = " and ".join(dict.fromkeys(item.evidence for item in contrasts))
            named = "" if width.compact else f": {kinds}"
            places[len(of_changes)].set_title(f"Difference from {versus}{named}")
        return figure

    drawn = [changes[place] for panel in of_changes for place in panel]
    compared = [place for panel in of_contrasts for place in panel]
    return Picture(
        "trial-effects",
        draw,
        alt=words.effects_alt(
            drawn,
            [halves[place] for panel in of_changes for place in panel],
            [contrasts[place] for place in compared],
            [standardised[place] for place in compared],
        ),
        caption=words.effects_caption(
            has_changes=bool(changes),
            has_contrasts=bool(contrasts),
            has_bounds=any(effect.bounds for effect in standardised),
            signs=signs(risks) if any(lights([*changes, *contrasts])) else [],
            drawn=len(drawn) + len(compared),
            there=len(saved),
        ),
        drawn=saved,
    )


def _as_drawn(
    result: SingleArmChange | Contrast,
    what: str,
    unit: str,
    value: float | None,
    low: float,
    high: float,
) -> dict:
    """A row of the numbers behind a figure; without a value where only bounds are known."""
    return {
        "study": result.label,
        "outcome": result.outcome,
        "what": what,
        "unit": unit,
        "value": value,
        "low": low,
        "high": high,
    }


def _standardised(contrast: Contrast) -> Effect:
    effect = contrast.on("SMD")
    assert effect is not None  # those without one are not drawn
    return effect


def _by_axis(measures: Sequence[Measure], widths: Sequence[float]) -> list[list[int]]:
    """Places of the results of each axis. widths: of their intervals."""
    axes: dict[tuple[str, str | None], list[int]] = {}
    for place, measure in enumerate(measures):
        axes.setdefault((measure.unit, measure.better), []).append(place)
    kept = lambda places: smallest([widths[place] for place in places], MOST_RESULTS)
    return [[places[one] for one in kept(places)] for places in axes.values()]


def _draw_changes(axis: Axes, changes: Sequence[SingleArmChange], halves: Sequence[float]) -> None:
    for y, (arm, half) in enumerate(zip(changes, halves, strict=True)):
        axis.plot([arm.mean - half, arm.mean + half], [y, y], color=TREATMENT, lw=2)
        axis.plot(arm.mean, y, "o", ms=8, color=TREATMENT)
    axis.axvline(0, color=RULE, lw=0.8, zorder=0)
    links = [page.finding_address(finding_id(a.study_id, a.outcome, "change")) for a in changes]
    name_rows(axis, [f"{arm.label}\n{arm.outcome}" for arm in changes], links=links)


def _draw_contrasts(axis: Axes, contrasts: Sequence[Contrast], effects: Sequence[Effect]) -> None:
    for y, effect in enumerate(effects):
        _draw_effect(axis, effect, y, ESTABLISHED, "s")
    axis.axvline(0, color=RULE, lw=0.8, zorder=0)
    links = [page.finding_address(finding_id(c.study_id, c.outcome, "smd")) for c in contrasts]
    name_rows(axis, [f"{item.label}\n{item.outcome}" for item in contrasts], links=links)


def _draw_effect(axes: Axes, effect: Effect, y: float, colour: str, marker: str) -> None:
    """The interval of an effect, dashed for a reconstruction, with its value or a thick bar for its bounds."""
    ends, bounds = effect.interval, effect.bounds
    if bounds is None:
        axes.plot([ends.low, ends.high], [y, y], color=colour, lw=2)
        axes.plot([effect.range.low], [y], marker, color=colour, ms=8)
        return
    axes.plot([ends.low, ends.high], [y, y], color=colour, lw=1.3, ls=(0, (2, 1.4)))
    axes.plot([bounds.low, bounds.high], [y, y], color=colour, lw=8, solid_capstyle="butt")


def beside_established(
    contrast: Contrast,
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
    effect = contrast.best
    in_scale = not effect.measure.is_standardised
    sd = 1.0 if in_scale else change_sd
    columns = established.sort_values("estimate")[["label", "estimate", "ci_low", "ci_high"]]
    others = [(str(label), *map(float, ends)) for label, *ends in columns.to_numpy()]
    matters = None if scale.better is None else scale.worth(important) / sd
    behind = [contrast.rows, *((row,) for row in established.sort_values("estimate").row)]
    links = list(map(page.rows_address, behind))

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 0.42 * (len(others) + 1) + 1.5))
        axes.axvline(0, color=RULE, lw=0.8)
        for y, (_, estimate, low, high) in enumerate(others, start=1):
            if not in_scale:
                pale = {"color": PLACEBO_FILL, "lw": 9, "solid_capstyle": "butt"}
                axes.plot([estimate / end for end in sd_range], [y, y], **pale)
            axes.plot([low / sd, high / sd], [y, y], color=ESTABLISHED, lw=2)
            axes.plot(estimate / sd, y, "s", color=ESTABLISHED, ms=6)
        _draw_effect(axes, effect, 0, TREATMENT, "o")
        own = text.capital(treatment) + ("" if width.compact else f", {contrast.label}")
        names = [own, *(other[0] for other in others)]
        name_rows(axes, names, (-0.9, len(others) + 0.6), links=links)
        axes.get_yticklabels()[0].set(color=TREATMENT, fontweight="bold")
        if matters is not None:
            axes.axvline(matters, color=MUTED, lw=0.9, ls=(0, (3, 3)))
            axes.text(
                matters,
                len(others) + 0.5,
                f" {important:g} {text.units(f'{important:g}', scale.unit)}",
                color=MUTED,
                fontsize=width.font - 1.5,
                va="bottom",
            )
        name = "Difference" + ("" if width.compact else " from placebo")
        better_left(axes, effect.measure, name, width.compact)
        return figure

    return Picture(
        "beside-established",
        draw,
        alt=words.established_alt(
            contrast, treatment, [(label, estimate / sd) for label, estimate, *_ in others]
        ),
        caption=words.established_caption(
            effect.bounds is not None, scale, None if in_scale else sd, sd_range
        ),
        drawn=pd.DataFrame(
            [
                (contrast.label, effect.value, effect.interval.low, effect.interval.high),
                *((label, *(end / sd for end in ends)) for label, *ends in others),
            ],
            columns=["treatment", "difference", "low", "high"],
        ),
    )
