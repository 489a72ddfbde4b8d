"""What every pool of effects shows: its studies, their mean, a table, a forest plot."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from evidence_review import numbers as text
from evidence_review.api.names import ListsItsNames, lists_its_arguments
from evidence_review.display.picture import Picture
from evidence_review.estimates.measure import Measure
from evidence_review.stats.dependent import DependentPool
from evidence_review.stats.synthesis import RandomEffects

_NO_DIRECTION = "Which way is better is not stated: `better` of er.effects, or of the review's outcome, states it."


@dataclass(frozen=True, repr=False)
class PooledEffects(ListsItsNames):
    """Effects and their mean.

    `estimate`, `interval` and `prediction_interval` are as printed: a ratio is a ratio. `fit` has
    everything on the scale that is pooled, where the logarithm of a ratio is; so is `tau`.

    Attributes
    ----------
    effects : pandas.DataFrame
        The studies pooled, as `er.effects` gives them.
    labels : tuple of str
        Their names.
    measure : Measure
        Its name, unit and which way is better.
    left_out : tuple of str
        Studies without an effect.
    """

    effects: pd.DataFrame
    labels: tuple[str, ...]
    measure: Measure
    left_out: tuple[str, ...]
    fit: RandomEffects[float] | DependentPool

    @property
    def k(self) -> int:
        """How many effects are pooled."""
        return len(self.labels)

    @property
    def prediction_interval(self) -> tuple[float, float] | None:
        """Where the true effect in a new study lies, as printed; None where nothing can be said."""
        return None

    @property
    def weights(self) -> pd.Series:
        """Each effect's part in the mean, in per cent."""
        raise NotImplementedError

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of this pool; empty if nothing."""
        found = self._remarks()
        if self.left_out:
            found.append(f"Left out, without an effect: {text.listing(self.left_out)}.")
        if self.measure.better is None:
            found.append(_NO_DIRECTION)
        return tuple(found)

    def _remarks(self) -> list[str]:
        """Of `notes` those that only this kind of pool has."""
        raise NotImplementedError

    def _lines(self) -> list[tuple[str, str]]:
        raise NotImplementedError

    @property
    def level(self) -> float:
        """The confidence level of all intervals."""
        return self.fit.level

    @property
    def estimate(self) -> float:
        """The mean effect, as printed."""
        return float(self._printed(self.fit.estimate))

    @property
    def interval(self) -> tuple[float, float]:
        """Confidence interval of the mean effect, as printed."""
        return float(self._printed(self.fit.ci_low)), float(self._printed(self.fit.ci_high))

    @property
    def table(self) -> pd.DataFrame:
        """Studies, mean and prediction interval, as printed, with weights in per cent."""
        rows = [
            {"study": label, "estimate": value, "low": low, "high": high, "weight": weight}
            for label, (value, low, high), weight in zip(
                self.labels, self._ends(), self.weights, strict=True
            )
        ]
        low, high = self.interval
        rows.append(
            {
                "study": "pooled",
                "estimate": self.estimate,
                "low": low,
                "high": high,
                "weight": 100.0,
            }
        )
        if self.prediction_interval is not None:
            low, high = self.prediction_interval
            rows.append({"study": "a new trial", "low": low, "high": high})
        return pd.DataFrame(rows)

    @lists_its_arguments
    def forest(self, important: float | None = None) -> Picture:
        """The forest plot; see `er.forest`."""
        from evidence_review.api.pictures import forest

        return forest(self, important=important)

    def _printed(self, value):
        return np.exp(value) if self.measure.is_log else value

    @property
    def z(self) -> float:
        """Quantile of the studies' intervals, which are normal."""
        return float(special.ndtri((1 + self.level) / 2))

    def _ends(self) -> list[tuple[float, float, float]]:
        """Effect and interval of every study as printed, at the level of the pool."""
        half = self.z * np.sqrt(self.effects.vi)
        yi = self.effects.yi
        value, low, high = (self._printed(part) for part in (yi, yi - half, yi + half))
        return [(float(v), float(x), float(y)) for v, x, y in zip(value, low, high, strict=True)]

    def __repr__(self) -> str:
        wide = max(len(name) for name, _ in self._lines())
        return "\n".join(
            [*(f"{name:<{wide}}  {said}" for name, said in self._lines()), *self.notes]
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(said)}</td></tr>'
            for name, said in self._lines()
        )
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<table>{rows}</table>{notes}"
