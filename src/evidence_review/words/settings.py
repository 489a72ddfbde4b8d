"""Settings and their values, in words."""

from __future__ import annotations

from dataclasses import fields

from evidence_review.effect_measures import OF_EVENTS, STATED
from evidence_review.estimates.measure import Measure
from evidence_review.numbers import capital, units
from evidence_review.placebo.bias import blinding_biases
from evidence_review.records import Records
from evidence_review.review.review import Review, once
from evidence_review.review.settings import (
    EVERY,
    IN_1000,
    IN_ITS_UNIT,
    LABELS,
    NONE,
    OWN_ARMS,
    TAU2_OFFERED,
    Settings,
)
from evidence_review.sensitivity.one_at_a_time import Sensitivity
from evidence_review.stats.tau2 import ESTIMATORS

# With fewer arms than this, their number follows the value.
_FEW = 10


@once
def value_names(review: Review) -> dict[str, str]:
    """Values of a setting in words, if the value itself is not clear."""
    pooled = review.records.reference_class.rows("pooled_results")
    benchmarks = {row.benchmark_id: row.label for row in pooled}
    biases = {item.bias_id: f"{item.source}, {item.label}" for item in blinding_biases(review)}
    estimators = {short: ESTIMATORS[short].name for short in TAU2_OFFERED if short != "REML"}
    measures = {name: Measure(name, "", None).words for name in OF_EVENTS}
    return _CHOICES | estimators | benchmarks | biases | measures


def explained(review: Review) -> list[tuple[str, str, str]]:
    """Every setting except the review: name, default with what is allowed, and meaning."""
    limits, default, out = review.limits, review.by_default().settings, []
    for entry in fields(Settings):
        if entry.name == "review":
            continue
        one, value = limits[entry.name], getattr(default, entry.name)
        span = "not used" if one.low is None else f"{one.low:g} to {one.high:g}"
        allowed = ", ".join(one.choices) or span
        shown = value if isinstance(value, str) else NONE if value is None else f"{value:g}"
        out.append((entry.name, f"{shown}  [{allowed}]", entry.metadata["help"]))
    return out


def label(review: Review, setting: str) -> str:
    """The name of a setting as a heading, with the unit of the difference that matters."""
    name = capital(LABELS[setting])
    if setting != "important_difference":
        return name
    return f"{name}, {unit(review.records, review.settings, setting)}".removesuffix(", ")


def unit(records: Records, settings: Settings, setting: str) -> str:
    """The unit of a setting that is counted in that of the outcome: 'points', 'in 1000 people'; '' without one."""
    about = records.outcome(settings.outcome or "") or records.review
    if setting == "baseline_risk":
        return IN_1000
    if setting not in IN_ITS_UNIT:
        return ""
    if about.measure in STATED:
        of_stated = {
            "important_difference": IN_1000,
            "tau_prior_scale": "on the scale of logarithms",
        }
        return of_stated.get(setting, "")
    return records.instrument(about.instrument_id).unit if about.instrument_id else ""


def listed(records: Records, settings: Settings) -> str:
    """Every setting that has a value: 'review = zinc, important_difference = 10 in 1000 people'."""
    shown = []
    for name in Settings.names():
        value = getattr(settings, name)
        if value is not None:
            said = value if isinstance(value, str) else f"{value:.10g}"
            shown.append(f"{name} = {said} {units(said, unit(records, settings, name))}".rstrip())
    return ", ".join(shown)


def value(review: Review, setting: float | str) -> str:
    """The value of a setting in words."""
    return value_names(review).get(setting, setting) if isinstance(setting, str) else f"{setting:g}"


def value_tried(review: Review, moved: Sensitivity, tried: float | str) -> str:
    """A value that was tried, with the number of arms if they are few."""
    arms = moved.arms[moved.values.index(tried)]
    few = arms < _FEW and moved.is_estimand
    return value(review, tried) + (f" ({arms:.0f} arms)" if few else "")


_CHOICES = {
    OWN_ARMS: "this review's own arms",
    EVERY: "all",
    NONE: "none",
    "assume": "an assumed SD",
    "exclude": "exclusion",
    "knha-adhoc": "Hartung-Knapp with its floor",
    "knha": "Hartung-Knapp",
}
