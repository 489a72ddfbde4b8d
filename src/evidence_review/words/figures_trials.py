"""Alt texts and captions of the figures of single trials: doses, effects, printed p-values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evidence_review.checks.p_against_interval import PCheck
from evidence_review.consistency.printed import INCONSISTENT
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.numbers import capital, counted, interval, listing, number, p_value
from evidence_review.words import effects as words
from evidence_review.words.figures import better_side, narrowest

Dose = tuple[str, str, tuple[float, ...]]  # study, as printed, mg under each reading


def doses_alt(element: str, doses: Iterable[Dose]) -> str:
    """The daily dose of every study, under each reading."""
    each = "; ".join(
        f"{study} ({printed}): " + " or ".join(f"{mg:.0f} mg" for mg in readings)
        for study, printed, readings in doses
    )
    return f"Daily dose as {element}. {each}."


DOSES_CAPTION = (
    "Filled: the source says that the mg are of the element. Hollow: the source does not say whether they are of the "
    "compound (the lower dose) or of the element (the higher dose)."
)


def effects_alt(
    changes: Sequence[SingleArmChange],
    halves: Sequence[float],
    contrasts: Sequence[Contrast],
    standardised: Sequence[Effect],
) -> str:
    """Every change and difference in numbers. halves: half of each change's interval."""
    parts = [
        f"{arm.label}, {arm.outcome}: change {number(arm.mean)} {arm.unit} "
        f"({interval(arm.mean - half, arm.mean + half)})"
        for arm, half in zip(changes, halves, strict=True)
    ] + [
        f"{item.label}, {item.outcome}: {_difference(effect)} {effect.measure.unit} against {item.comparator}{_ends(effect)}"
        for item, effect in zip(contrasts, standardised, strict=True)
    ]
    ways = "; ".join(dict.fromkeys(map(words.how, contrasts)))
    measures = [*(arm.measure for arm in changes), *(effect.measure for effect in standardised)]
    side = ", better to the left" if measures and all(m.better for m in measures) else ""
    from_what = f" How the comparisons were worked out: {ways}." if ways else ""
    return f"Effects as reported or reconstructed{side}. {'; '.join(parts)}.{from_what}"


def effects_caption(
    has_changes: bool,
    has_contrasts: bool,
    has_bounds: bool,
    signs: Sequence[tuple[str, str]],
    drawn: int,
    there: int,
) -> str:
    """What the marks of the effects mean.

    signs: of the risk of bias, each with its judgement. drawn: how many of the results that are there.
    """
    parts = [narrowest(f"{drawn} results", str(there))] if drawn < there else []
    if has_changes:
        parts.append("Change within one arm: there was no group to compare it with.")
    if has_contrasts:
        parts.append("Both groups compared, in standard deviations.")
    if has_bounds:
        parts.append(
            "Thick bars: every value that the printed figures and the assumed group sizes allow. Dashes: the same with "
            "sampling error."
        )
    if signs:
        key = ", ".join(f"{sign} {level}" for sign, level in signs)
        parts.append(f"Circles: risk of bias by domain (see that page): {key}.")
    return " ".join(parts)


def _ends(effect: Effect) -> str:
    """The interval of a difference; of a reconstruction, its range with sampling error."""
    ends = interval(effect.interval.low, effect.interval.high)
    return f" ({ends})" if effect.bounds is None else f", with sampling error {ends}"


def _difference(effect: Effect) -> str:
    """A number, or the range of a reconstruction."""
    if effect.bounds is None:
        return number(effect.value)
    return interval(effect.bounds.low, effect.bounds.high)


def established_alt(contrast: Contrast, treatment: str, others: Iterable[tuple[str, float]]) -> str:
    """The randomised evidence and established treatments. others: label and pooled difference, in its unit."""
    effect, measure = contrast.best, contrast.best.measure
    unit = "standard deviations" if measure.is_standardised else measure.unit
    shown = f"{_difference(effect)} {measure.unit}"
    if effect.bounds:
        shown += " if its printed P is right"
    each = "; ".join(f"{label} {number(value)}" for label, value in others)
    return (
        f"Difference from {contrast.comparator} in {unit}{better_side(measure)}. {capital(treatment)} in {contrast.label}: {shown}"
        f"{_ends(effect)}. {each}."
    )


def established_caption(
    has_bounds: bool, scale: Measure, divided_by: float | None, sd_range: tuple[float, float]
) -> str:
    """What the marks mean. divided_by: the SD by which the published effects are divided; None for none."""
    parts = []
    if has_bounds:
        parts.append(
            "Thick bar: every difference that the printed P, the ranking and the assumed group sizes allow. "
            "Dashed: the same with sampling error."
        )
    if divided_by is None:
        parts.append("Squares: published pooled effects.")
    else:
        parts.append(
            f"Squares: published pooled effects, divided by {divided_by:g} {scale.unit} (assumed SD). Pale bars: the same "
            f"with an SD from {min(sd_range):.2g} to {max(sd_range):g} {scale.unit}."
        )
    return " ".join(parts)


def p_checks_alt(checks: Sequence[PCheck]) -> str:
    """How many printed p-values were recomputed, and which disagree."""
    odd = [
        f"{check.label}, {check.outcome} (printed {p_value(check.printed, check.comparator)}, "
        f"implied {p_value(check.implied)})"
        for check in checks
        if check.answer == INCONSISTENT
    ]
    found = f"Not in agreement: {listing(odd)}." if odd else "All agree."
    return f"{counted(len(checks), 'printed p-value')} beside the p that estimate and interval imply. {found}"


P_CHECKS_CAPTION = (
    "Bar: every p that the printed, rounded figures allow. Diamond: the p as printed "
    "(triangle: printed as a bound). The dashed line is .05."
)
