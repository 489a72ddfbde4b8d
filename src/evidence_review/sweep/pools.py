"""Compute pooled effects under many sets of choices as arrays.

Points whose choices give the same effects of studies share these effects, which are computed once. All
different sets of effects are then pooled together, and the level of the interval is applied last. Each
point equals `pool.pooled_contrast` under its settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from math import inf, nan
from typing import Any

import numpy as np

from evidence_review.effect_measures import MEASURES
from evidence_review.estimates.counts import of_single_people
from evidence_review.estimates.methods import INVERSE_VARIANCE, MANTEL_HAENSZEL, PETO
from evidence_review.estimates.pool import PooledContrast, pool, pooled_contrast
from evidence_review.review.review import Review
from evidence_review.review.settings import EVERY
from evidence_review.sensitivity.pool_choices import at_published_weeks, kept_trials
from evidence_review.stats.event_pools import binomial_normal, mantel_haenszel, peto
from evidence_review.stats.intervals import t_quantile
from evidence_review.stats.synthesis import random_effects
from evidence_review.sweep.batch import Batch, Columns, row_codes, setting_value
from evidence_review.sweep.choices import (
    AS_PUBLISHED,
    LAST_PRINTED,
    METHOD,
    MOVE_A_POOL,
    OF_RANDOM_EFFECTS,
    RANDOM_EFFECTS,
    STUDIES,
    WEEKS,
    StudyChoice,
    study_choices,
)

TOO_FEW = "pooling needs two or more studies with a known effect: these choices leave fewer"
_MEASURES = tuple(MEASURES)

# The values of the choices at one point, by name; None for a setting that is not used.
Values = Mapping[str, "float | str | None"]


@dataclass(frozen=True)
class PooledQuantities:
    """The results of one set of choices, on the pooled scale: logarithms for ratios.

    tau and i2 are nan for a common-effect method. pooled_as: the place of the measure in
    `effect_measures.MEASURES`.
    """

    studies_pooled: float = field(metadata={"label": "studies pooled"})
    effect: float = field(metadata={"label": "pooled effect"})
    effect_low: float = field(metadata={"label": "pooled effect, lower limit"})
    effect_high: float = field(metadata={"label": "pooled effect, upper limit"})
    tau: float = field(metadata={"label": "spread between studies (tau)"})
    i2: float = field(metadata={"label": "scatter beyond chance (I2), %"})
    pooled_as: float = field(metadata={"label": "measure"})


POOL_LABELS = {entry.name: entry.metadata["label"] for entry in fields(PooledQuantities)}


@dataclass(frozen=True)
class _Fit:
    """A pool without the level of its interval. df: degrees of freedom of its t, infinite for a normal."""

    studies: float
    effect: float
    se: float
    df: float
    tau: float
    i2: float
    pooled_as: float


def batch_pools(review: Review, columns: Columns) -> Batch:
    """The pooled effect at many points.

    An error at one point becomes its message; the other points still have results.

    Parameters
    ----------
    review : Review
        The review under the settings that do not vary.
    columns : dict of numpy.ndarray
        The values of each varying choice, (points,): texts as objects, or numbers, nan for a setting that
        is not used.

    Returns
    -------
    Batch
        Numbers are in the order of `PooledQuantities`.
    """
    count = len(next(iter(columns.values())))
    of_point, pools = _distinct(
        {name: column for name, column in columns.items() if name != "level"}, count
    )
    fits = _fits(review, pools)
    messages = np.array([fit if isinstance(fit, str) else "" for fit in fits], dtype=object)
    nothing = (nan,) * len(fields(_Fit))
    table = np.array([nothing if isinstance(fit, str) else astuple(fit) for fit in fits])
    studies, effect, se, df, tau, i2, measure = table[of_point].T
    level = columns.get("level", np.full(count, review.settings.level))
    half = t_quantile(df, (1 + level) / 2) * se
    numbers = np.column_stack([studies, effect, effect - half, effect + half, tau, i2, measure])
    return Batch(numbers, messages[of_point])


def measure_name(pooled_as: float) -> str:
    """The name of the measure of a pooled effect, such as 'OR'."""
    return _MEASURES[int(pooled_as)]


def _distinct(columns: Columns, count: int) -> tuple[np.ndarray, list[Values]]:
    """The distinct sets of values among `count` points: the place of each point's set, and the sets."""
    codes = row_codes(columns.values(), count)
    _, first = np.unique(codes, return_index=True)
    return codes, [
        {name: setting_value(c[place]) for name, c in columns.items()} for place in first
    ]


def _fits(review: Review, pools: Sequence[Values]) -> list[_Fit | str]:
    """The pool under each set of choices, or the reason why there is none."""
    opened = Pools(review)
    found: list[_Fit | str] = []
    effects: dict[tuple, PooledContrast | str] = {}
    together: dict[tuple[str, str], list[tuple[int, PooledContrast]]] = {}
    for place, values in enumerate(pools):
        key = opened.moved_by(values)
        if key not in effects:
            effects[key] = _told(opened.pooled, values)
        pooled = effects[key]
        if isinstance(pooled, str):
            found.append(pooled)
        elif opened.method(values) in (RANDOM_EFFECTS, INVERSE_VARIANCE):
            found.append("")
            together.setdefault(opened.rules(values), []).append((place, pooled))
        else:
            found.append(_told(opened.of_counts, values, pooled))
    for rules, members in together.items():
        fits = _at_once([pooled for _, pooled in members], *rules)
        for (place, _), fit in zip(members, fits, strict=True):
            found[place] = fit
    return found


def _told(compute: Callable, *args: Any) -> Any:
    """The result of a function, or the message of its error."""
    try:
        return compute(*args)
    except MemoryError:
        raise
    except Exception as error:
        is_told = isinstance(error, ValueError)
        return str(error) if is_told else f"{type(error).__name__}: {error}"


def _at_once(sets: Sequence[PooledContrast], tau2: str, interval: str) -> list[_Fit]:
    """Random-effects pools of several sets of effects, padded to the longest set."""
    longest = max(len(pooled.effects) for pooled in sets)
    effects, variances = np.full((2, len(sets), longest), nan)
    for row, pooled in enumerate(sets):
        size = len(pooled.effects)
        effects[row, :size], variances[row, :size] = pooled.values
    fit = random_effects(effects, variances, tau2=tau2, ci=interval)
    scatters = np.full(len(sets), nan if tau2 == "EE" else 1.0)
    measures = [float(_MEASURES.index(pooled.measure.name)) for pooled in sets]
    rows = zip(
        fit.k, fit.estimate, fit.se, fit.df, fit.tau * scatters, fit.i2 * scatters, measures,
        strict=True,
    )  # fmt: skip
    return [_Fit(*map(float, row)) for row in rows]


class Pools:
    """The pools of a review under sets of choices; computations that several share are kept.

    Parameters
    ----------
    review : Review
        The review under the settings that do not vary.
    """

    def __init__(self, review: Review):
        self.review = review
        self._bases: dict[tuple[str, str], Review] = {}
        self._studies: dict[str, dict[str, StudyChoice]] = {}

    def moved_by(self, values: Values) -> tuple:
        """The choices that change the effects of the studies."""
        return tuple(v for name, v in values.items() if name not in (METHOD, *OF_RANDOM_EFFECTS))

    def method(self, values: Values) -> str:
        """The method of pooling: random effects or another."""
        return str(values.get(METHOD, RANDOM_EFFECTS))

    def rules(self, values: Values) -> tuple[str, str]:
        """The estimator of tau2 and the rule for the interval."""
        if self.method(values) == INVERSE_VARIANCE:
            return "EE", "z"
        settings = self.review.settings
        return (
            str(values.get("tau2", settings.tau2)),
            str(values.get("interval", settings.interval)),
        )

    def pooled(self, values: Values) -> PooledContrast:
        """The effects of the studies under a set of choices, pooled by the review's settings.

        Raises
        ------
        ValueError
            If fewer than two studies with a known effect are left.
        """
        moved = self._under(values)
        now = pooled_contrast(moved, moved.about.outcome)
        studies = str(values.get(STUDIES, EVERY))
        if now is not None and studies != EVERY:
            choice = self._choice(moved.about.outcome, studies)
            now = pool(moved, kept_trials(moved, now, choice.kind, choice.of), now)
        if now is None:
            raise ValueError(TOO_FEW)
        return now

    def of_counts(self, values: Values, pooled: PooledContrast) -> _Fit:
        """The same studies pooled by a method of counts.

        Raises
        ------
        ValueError
            If a study prints no counts or randomised groups of people, or the method does not give the measure.
        """
        method, name = self.method(values), pooled.measure.name
        found = of_single_people(self._under(values), pooled.contrasts)
        if len(found) < len(pooled.contrasts):
            raise ValueError(
                f"{method} needs counts of people, which some studies do not print or which are of people randomised in groups"
            )
        table = [
            [getattr(one, cell) for one in found] for cell in ("events1", "n1", "events2", "n2")
        ]
        if method == MANTEL_HAENSZEL:
            fit = mantel_haenszel(*table, measure=name)
        elif name != "OR":
            raise ValueError(f"{method} gives odds ratios only: with it, write measure = OR")
        else:
            fit = peto(*table) if method == PETO else binomial_normal(*table)
        tau = nan if method in (MANTEL_HAENSZEL, PETO) else fit.tau2**0.5
        place = float(_MEASURES.index(name))
        return _Fit(float(fit.k), fit.estimate, fit.se, inf, tau, nan, place)

    def _under(self, values: Values) -> Review:
        """The review under those choices that are settings."""
        named = {name: values[name] for name in MOVE_A_POOL if name in values}
        for name in OF_RANDOM_EFFECTS:  # they do not change the effects of studies
            named.pop(name, None)
        weeks = str(values.get(WEEKS, LAST_PRINTED))
        outcome = str(named.pop("outcome", self.review.settings.outcome))
        key = (weeks, outcome)
        if key not in self._bases:
            base = self.review.under(outcome=outcome)
            if weeks == AS_PUBLISHED:
                base = Review(at_published_weeks(base), base.settings)
            self._bases[key] = base
        return self._bases[key].under(**named)

    def _choice(self, outcome: str, name: str) -> StudyChoice:
        if outcome not in self._studies:
            self._studies[outcome] = study_choices(self.review.under(outcome=outcome))
        choices = self._studies[outcome]
        if name not in choices:
            raise ValueError(
                f"studies = '{name}' is not allowed for this outcome; choose from {', '.join((EVERY, *choices))}"
            )
        return choices[name]
