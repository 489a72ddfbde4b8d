"""Effects pooled, as a small result that shows itself."""

from __future__ import annotations

import html
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from evidence_review.api.table import labels_of, measure_of
from evidence_review.display import page
from evidence_review.display.contrast_figures import contrast_forest
from evidence_review.display.picture import Picture
from evidence_review.estimates.contrast import RandomisedContrast, Route
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.pool import PooledContrast
from evidence_review.numbers import interval, number
from evidence_review.review.finding import POOLED, Interval
from evidence_review.stats.bayes import HalfNormal, normal_normal
from evidence_review.stats.synthesis import random_effects, tau2_interval


@dataclass(frozen=True)
class Pool:
    """Several effects pooled by random effects.

    Estimates and intervals are as they are printed: a ratio is a ratio. Shows itself as a table and a
    sentence in JupyterLab; `forest` draws it.
    """

    pooled: PooledContrast
    title: str = ""

    @property
    def measure(self) -> Measure:
        """What the effects are measured in."""
        return self.pooled.measure

    @property
    def k(self) -> int:
        """How many effects are pooled."""
        return len(self.pooled.contrasts)

    @property
    def estimate(self) -> float:
        """The pooled effect."""
        return self.measure.printed(float(self.pooled.fit.estimate))

    @property
    def interval(self) -> Interval:
        """Confidence interval of the pooled effect."""
        return self._printed(self.pooled.fit.ci_low, self.pooled.fit.ci_high)

    @property
    def prediction(self) -> Interval | None:
        """Where the true effect of a new trial is expected; None where two trials cannot say."""
        low, high = self.pooled.fit.pi_low, self.pooled.fit.pi_high
        return self._printed(low, high) if np.isfinite([low, high]).all() else None

    @property
    def tau(self) -> float:
        """SD of true effects between trials, on the scale that is pooled."""
        return float(self.pooled.fit.tau)

    @property
    def i2(self) -> float:
        """Share of the scatter that is not sampling error, in per cent."""
        return float(self.pooled.fit.i2)

    @property
    def q(self) -> float:
        """Cochran's Q."""
        return float(self.pooled.fit.q)

    def tau_interval(self) -> Interval:
        """Q-profile interval of tau."""
        found = tau2_interval(*self.pooled.values, level=self.pooled.level)
        return Interval(found.low**0.5, found.high**0.5, found.level)

    def bayes(self, tau_prior_scale: float) -> pd.Series:
        """The pool by the Bayesian normal-normal model: flat mean, tau half-normal.

        Parameters
        ----------
        tau_prior_scale : float
            Scale of the prior of tau, on the scale that is pooled.
        """
        effects, variances = self.pooled.values
        fit = normal_normal(effects, np.sqrt(variances), tau_prior=HalfNormal(tau_prior_scale))
        tails = (1 - self.pooled.level) / 2, (1 + self.pooled.level) / 2
        shown = lambda x: self.measure.printed(float(x))
        return pd.Series(
            {
                "estimate": shown(fit.mu.mean),
                "ci_low": shown(fit.mu.quantile(tails[0])),
                "ci_high": shown(fit.mu.quantile(tails[1])),
                "tau": float(fit.tau.mean),
                "pi_low": shown(fit.theta_new.quantile(tails[0])),
                "pi_high": shown(fit.theta_new.quantile(tails[1])),
            },
            name=f"tau half-normal with scale {tau_prior_scale:g}",
        )

    @property
    def table(self) -> pd.DataFrame:
        """Each trial with its effect, interval and weight, then the pool and a new trial."""
        weights = 1 / (self.pooled.values[1] + self.pooled.fit.tau2)
        rows = [
            {
                "study": item.label,
                "estimate": self.measure.printed(float(effect.value)),
                "ci_low": self.measure.printed(effect.interval.low),
                "ci_high": self.measure.printed(effect.interval.high),
                "weight_percent": 100 * weight / weights.sum(),
            }
            for item, effect, weight in zip(
                self.pooled.contrasts, self.pooled.effects, weights, strict=True
            )
        ]
        rows.append(
            {
                "study": "pooled",
                "estimate": self.estimate,
                "ci_low": self.interval.low,
                "ci_high": self.interval.high,
                "weight_percent": 100.0,
            }
        )
        if self.prediction is not None:
            rows.append(
                {
                    "study": "a new trial",
                    "estimate": nan,
                    "ci_low": self.prediction.low,
                    "ci_high": self.prediction.high,
                    "weight_percent": nan,
                }
            )
        return pd.DataFrame(rows)

    def forest(self, important: float | None = None) -> Picture:
        """The forest plot: each trial, the pool, a new trial; better is on the left.

        Parameters
        ----------
        important : float, optional
            The smallest benefit that matters, above 0: a dashed line.
        """
        return contrast_forest(self.pooled, important)

    def _printed(self, low: float, high: float) -> Interval:
        shown = self.measure.printed
        return Interval(shown(float(low)), shown(float(high)), self.pooled.level)

    def __str__(self) -> str:
        unit = f" {self.measure.unit}" if self.measure.unit else ""
        found = self.interval
        said = (
            f"{self.k} trials, {self.measure.words}: {number(self.estimate)}{unit} "
            f"({found.level:.0%} interval {interval(found.low, found.high)}); tau {number(self.tau)}, "
            f"I2 {self.i2:.0f}%; "
        )
        if self.prediction is None:
            return said + "two trials cannot say where a new one may lie"
        return said + f"a new trial {interval(self.prediction.low, self.prediction.high)}"

    def __repr__(self) -> str:
        return f"Pool: {self}"

    def _repr_html_(self) -> str:
        shown = self.table.copy()
        for name in ("estimate", "ci_low", "ci_high"):
            shown[name] = shown[name].map(number)
        shown["weight_percent"] = shown.weight_percent.map(lambda x: number(x, 1))
        shown.columns = ["study", self.measure.words, "from", "to", "weight, %"]
        return page.table_html(shown, caption=self.title or str(self)) + (
            f"<p>{html.escape(str(self))}.</p>" if self.title else ""
        )


def pool(
    effects: pd.DataFrame, *, tau2: str = "REML", ci: str = "knha-adhoc", level: float = 0.95
) -> Pool:
    """Pool a table of effects by random effects.

    Parameters
    ----------
    effects : DataFrame
        As `er.effects` gives them: two trials or more, on one measure.
    tau2 : str
        Estimator of the variance between trials: 'REML', 'PM', 'DL' or another of
        `evidence_review.stats.tau2`.
    ci : str
        Interval of the mean: 'knha-adhoc' (Hartung and Knapp with its floor), 'knha', 't' or 'z'. The
        normal one is too narrow for few trials.
    level : float
        Of all intervals.

    Returns
    -------
    Pool

    Raises
    ------
    ValueError
        For fewer than two trials, effects on several measures, and an option that there is not.

    Examples
    --------
    >>> from evidence_review.api.table import effects
    >>> trials = pd.DataFrame({"study": list("ABC"), "estimate": [-4.0, -2.0, -5.0], "se": [1.0, 1.0, 1.0]})
    >>> found = pool(effects(trials, "MD", unit="points", better="lower"))
    >>> round(found.estimate, 2), found.k
    (-3.67, 3)
    """
    measure = measure_of(effects)
    if len(effects) < 2:
        raise ValueError(f"pooling needs two trials or more; got {len(effects)}")
    known = effects.dropna(subset=["yi", "vi"])
    if len(known) < len(effects):
        lacking = ", ".join(set(labels_of(effects)) - set(labels_of(known)))
        raise ValueError(f"without an effect or its variance: {lacking}; drop these rows first")
    fit = random_effects(known.yi, known.vi, tau2=tau2, ci=ci, level=level)
    items = tuple(
        _contrast(label, Effect.normal(measure, float(y), float(v), level))
        for label, y, v in zip(labels_of(known), known.yi, known.vi, strict=True)
    )
    summary = Effect(
        measure,
        float(fit.estimate),
        float(fit.se) ** 2,
        Interval(float(fit.ci_low), float(fit.ci_high), level),
    )
    whole = _contrast(POOLED, summary)
    return Pool(PooledContrast(items, tuple(i.effects[0] for i in items), fit, nan, whole))


def _contrast(label: str, effect: Effect) -> RandomisedContrast:
    return RandomisedContrast(label, label, "", nan, "", (effect,), Route("table"), "reported", ())


def forest(effects: pd.DataFrame | Pool, **options) -> Picture:
    """The forest plot of a pool, or of a table of effects pooled as `er.pool` does it.

    Parameters
    ----------
    effects : DataFrame or Pool
    **options
        For a table: those of `er.pool`.
    """
    return (effects if isinstance(effects, Pool) else pool(effects, **options)).forest()
