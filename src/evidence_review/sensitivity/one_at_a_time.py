"""What moves the answer: the share of placebo arms that do as well, under every other choice.

One input at a time, over what its table allows. Tipping points for the same inputs are found by
`tipping`; both ask whether the share falls below answer.RARELY.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from evidence_review.effects.of_review import main_change
from evidence_review.effects.trials import SingleArmChange
from evidence_review.placebo import bias
from evidence_review.placebo import response as placebo
from evidence_review.records import Records
from evidence_review.review.finding import COMMONLY, RARELY, Finding, slug
from evidence_review.review.settings import (
    EVERY,
    NONE,
    OWN_ARMS,
    Settings,
    allowed,
)
from evidence_review.sensitivity.tipping import tipping_point

# What is asked, as against how it is computed: the two are never mixed in one list.
ESTIMANDS = ("benchmark", "population", "designs")

# Below so many arms their number is told beside the value.
_FEW = 10

# Values of a number at which the share is computed, ends included: it need not rise or fall only.
_STEPS = 5


@dataclass(frozen=True)
class Sensitivity:
    """The share of placebo arms that do as well or better, as one setting moves.

    values, names, arms, shares: each value tried, in words, the placebo arms or trials behind it (nan
    unknown) and its share (0 to 1), in the order of the values. passed_over: values that leave fewer
    than two arms. now: the
    share as things are. tips_at: where a number makes the share cross RARELY; nan if nowhere, or
    for a choice. is_estimand: whether the setting changes what is asked.
    """

    name: str
    is_estimand: bool
    values: tuple[float | str, ...]
    names: tuple[str, ...]
    arms: tuple[float, ...]
    passed_over: tuple[str, ...]
    shares: tuple[float, ...]
    now_value: float | str
    now: float
    tips_at: float

    def told(self, value: float | str) -> str:
        """A value in words, with the number of arms where few stand behind it."""
        place = self.values.index(value)
        few = self.arms[place] < _FEW and self.is_estimand
        return self.names[place] + (f" ({self.arms[place]:.0f} arms)" if few else "")

    @property
    def low(self) -> tuple[float, float | str]:
        """The smallest share, and the value that gives it."""
        return min(zip(self.shares, self.values, strict=True), key=lambda pair: pair[0])

    @property
    def high(self) -> tuple[float, float | str]:
        """The largest share, and the value that gives it."""
        return max(zip(self.shares, self.values, strict=True), key=lambda pair: pair[0])


def share_as_good(records: Records, settings: Settings) -> float:
    """Share of placebo arms that do as well as the uncontrolled change or better; nan without one."""
    return _share_and_arms(records, settings)[0]


def _share_and_arms(records: Records, settings: Settings) -> tuple[float, float]:
    """The share, and the number of placebo arms (or trials) that it is a share of."""
    change = main_change(records, settings)
    if not isinstance(change, SingleArmChange):
        return float("nan"), float("nan")
    change, _ = bias.as_appraised(change, records, settings)
    benchmark = placebo.benchmark(records, settings)
    result = placebo.against_placebo(change, benchmark, level=settings.level)
    return result.as_good, benchmark.k


def sensitivities(records: Records, settings: Settings) -> list[Sensitivity]:
    """Every setting that moves the share, what is asked first, then by how far it moves it.

    A choice that leaves fewer than two placebo arms is passed over. Empty without a change.
    """
    now = share_as_good(records, settings)
    if np.isnan(now):
        return []
    found = []
    for entry in fields(settings):
        one = _one(records, settings, entry, now)
        if one is not None and max(one.shares) - min(one.shares) > 1e-9:
            found.append(one)
    return sorted(found, key=lambda s: (not s.is_estimand, s.low[0] - s.high[0]))


def _one(records: Records, settings: Settings, entry, now: float) -> Sensitivity | None:
    limits = allowed(entry, records)
    is_choice = "choices" in limits
    if entry.name in ("review", "level") or not (is_choice or "low" in limits):
        return None
    moved = lambda value: replace(settings, **{entry.name: value})
    share = lambda value: share_as_good(records, moved(value))
    if is_choice:
        values = limits["choices"]
    else:
        values = np.linspace(limits["low"], limits["high"], _STEPS).tolist()
    shares, arms, passed_over = {}, [], []
    for value in values:
        try:
            shares[value], count = _share_and_arms(records, moved(value))
            arms.append(count)
        except ValueError:  # fewer than two such arms: nothing to compare with
            passed_over.append(str(value))
    names = value_names(records)
    tips = float("nan")
    if not is_choice:
        tips = tipping_point(share, threshold=RARELY, low=values[0], high=values[-1])
    return Sensitivity(
        entry.name,
        entry.name in ESTIMANDS,
        tuple(shares),
        tuple(names.get(v, v) if isinstance(v, str) else f"{v:g}" for v in shares),
        tuple(arms),
        tuple(passed_over),
        tuple(shares.values()),
        getattr(settings, entry.name),
        now,
        tips,
    )


def value_names(records: Records) -> dict[str, str]:
    """Choices in words, where their own word does not do."""
    pooled = records.reference["pooled_results"]
    benchmarks = dict(zip(pooled.benchmark_id, pooled.label, strict=True))
    biases = {
        item.bias_id: f"{item.source}, {item.compared.rpartition(': ')[2]}"
        for item in bias.blinding_biases(records)
    }
    return _CHOICES | benchmarks | biases


_CHOICES = {
    OWN_ARMS: "this review's own arms",
    EVERY: "all",
    NONE: "none",
    "assume": "an assumed SD",
    "exclude": "exclusion",
    "PM": "Paule-Mandel",
    "DL": "DerSimonian-Laird",
    "knha-adhoc": "Hartung-Knapp with its floor",
    "knha": "Hartung-Knapp",
}


def sensitivity_findings(found: list[Sensitivity]) -> list[Finding]:
    """The smallest and largest share that any single choice gives, and the thresholds they meet.

    Empty without a change.
    """
    if not found:
        return []
    thresholds = [
        Finding(id=f"sensitivity.{name}", label=words, value=100 * share, unit="%")
        for name, share, words in (
            ("rarely", RARELY, "Share below which placebo arms rarely do as well"),
            ("commonly", COMMONLY, "Share from which doing as well is what placebo groups show"),
        )
    ]
    return thresholds + [
        Finding(
            id=f"sensitivity.{slug(kind)}",
            label=f"Placebo arms as good or better, as {words} is varied one at a time",
            value=100 * found[0].now,
            low=100 * min(one.low[0] for one in part),
            high=100 * max(one.high[0] for one in part),
            unit="%",
            basis="assumed",
            note="from the lowest to the highest share; varied: "
            + ", ".join(one.name for one in part),
        )
        for kind, words, part in (
            ("asked", "what is asked", [one for one in found if one.is_estimand]),
            ("computed", "how it is computed", [one for one in found if not one.is_estimand]),
        )
        if part
    ]
