"""A table of effects pooled, and the result as people look at it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from scipy import special

from evidence_review import numbers as text
from evidence_review.api.effects import ADDED, measure_named
from evidence_review.api.names import no_such
from evidence_review.display.picture import Picture
from evidence_review.estimates.measure import Measure
from evidence_review.stats.influence import leave_one_out
from evidence_review.stats.intervals import INTERVALS
from evidence_review.stats.prior_sensitivity import prior_sensitivity
from evidence_review.stats.synthesis import RandomEffects, random_effects, tau2_interval
from evidence_review.stats.tau2 import TAU2_ESTIMATORS
from evidence_review.stats.tau_priors import HalfNormal

_LABELS = ("study", "trial", "label", "slab", "author")


@dataclass(frozen=True, repr=False)
class Pool:
    """Several studies pooled by random effects; `er.pool` returns it.

    `estimate`, `interval` and `prediction_interval` are as printed: a ratio is a ratio. `fit` has
    everything on the scale that is pooled, where the logarithm of a ratio is; so are `tau` and `bayes`.

    Attributes
    ----------
    effects : pandas.DataFrame
        The studies pooled, as `er.effects` gives them.
    labels : tuple of str
        Their names.
    measure : Measure
        Its name, unit and which way is better.
    fit : RandomEffects
        On the pooled scale.
    method, rule : str
        Estimator of tau2, and rule of the interval.
    left_out : tuple of str
        Studies without an effect.
    """

    effects: pd.DataFrame
    labels: tuple[str, ...]
    measure: Measure
    fit: RandomEffects[float]
    method: str
    rule: str
    left_out: tuple[str, ...]

    @property
    def k(self) -> int:
        """How many studies are pooled."""
        return int(self.fit.k)

    @property
    def level(self) -> float:
        """Of all intervals."""
        return self.fit.level

    @property
    def estimate(self) -> float:
        """The mean effect, as printed."""
        return self._printed(self.fit.estimate)

    @property
    def interval(self) -> tuple[float, float]:
        """Confidence interval of the mean effect, as printed."""
        return self._printed(self.fit.ci_low), self._printed(self.fit.ci_high)

    @property
    def prediction_interval(self) -> tuple[float, float] | None:
        """Where the true effect in a new study lies, as printed; None where nothing can be said."""
        if self.k < 3 or self.method == "EE":
            return None
        return self._printed(self.fit.pi_low), self._printed(self.fit.pi_high)

    @property
    def tau(self) -> float:
        """Standard deviation of true effects between studies, on the pooled scale; nan for one study."""
        return float(np.sqrt(self.fit.tau2))

    @property
    def i2(self) -> float:
        """I2 in per cent: how much of the variation is not chance; nan for one study."""
        return self.fit.i2

    @property
    def q(self) -> float:
        """Cochran's Q; `fit.q_p` is its p."""
        return self.fit.q

    @property
    def weights(self) -> pd.Series:
        """Each study's part in the mean, in per cent."""
        parts = 1 / (self.effects.vi.to_numpy(float) + (self.fit.tau2 if self.k > 1 else 0.0))
        return pd.Series(100 * parts / parts.sum(), index=list(self.labels), name="weight")

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of this pool; empty if nothing."""
        found = []
        if self.k == 1:
            found.append("One study: nothing is pooled; this is the study itself.")
        elif self.k == 2:
            found.append("Two studies: too few to say where the effect in a new one lies.")
        elif self.method == "EE":
            found.append(
                "One common effect is assumed: there is no effect of a new study to predict."
            )
        if self.left_out:
            found.append(f"Left out, without an effect: {text.listing(self.left_out)}.")
        return tuple(found)

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

    def forest(self, important: float | None = None) -> Picture:
        """The forest plot; see `er.forest`."""
        from evidence_review.api.pictures import forest

        return forest(self, important=important)

    def leave_one_out(self) -> pd.DataFrame:
        """The pool without each study in turn, as printed.

        Raises
        ------
        ValueError
            For a pool of one study.
        """
        fits = leave_one_out(
            self.effects.yi, self.effects.vi, tau2=self.method, ci=self.rule, level=self.level
        )
        return pd.DataFrame(
            {
                "without": self.labels,
                "estimate": self._printed(fits.estimate),
                "low": self._printed(fits.ci_low),
                "high": self._printed(fits.ci_high),
                "tau": np.sqrt(fits.tau2),
            }
        )

    def tau_interval(self) -> tuple[float, float]:
        """Q-profile interval of tau, on the pooled scale; nan for one study."""
        if self.k == 1:
            return nan, nan
        found = tau2_interval(self.effects.yi, self.effects.vi, level=self.level)
        return found.low**0.5, found.high**0.5

    def bayes(self, tau_prior: float | Sequence[float]) -> pd.DataFrame:
        """The Bayesian mean and the effect in a new study, under stated priors.

        The mean has a flat prior, tau a half-normal one; quantiles are exact up to 1e-7.

        Parameters
        ----------
        tau_prior : float or sequence of float
            Scale of the half-normal prior of tau, on the pooled scale, above 0: with scale s tau is
            below 2 s with a chance of 95%. Several scales give a row each, to see what the prior does.

        Returns
        -------
        pandas.DataFrame
            A row for each prior: its scale, median and interval of the mean and of the effect in a new
            study, all as printed.

        References
        ----------
        Röver 2020, J Stat Softw 93(6).

        Examples
        --------
        >>> import evidence_review as er
        >>> table = pd.DataFrame({"yi": [-0.6, 0.3, -1.4], "sei": [0.3, 0.25, 0.6]})  # made up
        >>> er.pool(er.effects(table, measure="GEN")).bayes([0.5, 1.0]).round(2)[["estimate", "low"]]
           estimate   low
        0     -0.37 -1.30
        1     -0.41 -1.74
        """
        scales = [float(scale) for scale in np.atleast_1d(tau_prior)]
        tail = (1 - self.level) / 2
        found = prior_sensitivity(
            self.effects.yi,
            np.sqrt(self.effects.vi),
            [(HalfNormal(scale), None) for scale in scales],
            probabilities=(0.5, tail, 1 - tail),
        )
        mean, new = (self._printed(part.quantiles) for part in (found.mu, found.theta_new))
        names = ("estimate", "low", "high")
        return pd.DataFrame(
            {"prior of tau": [f"half-normal({scale:g})" for scale in scales]}
        ).assign(
            **{name: mean[:, place] for place, name in enumerate(names)},
            **{f"new {name}": new[:, place] for place, name in enumerate(names) if place},
        )

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

    def _lines(self) -> list[tuple[str, str]]:
        level, (low, high) = f"{self.level:.0%}", self.interval
        unit = f" {self.measure.unit}" if self.measure.unit else ""
        lines = [
            ("studies", f"{self.k}"),
            (
                self.measure.words,
                f"{text.number(self.estimate)} ({level} {text.interval(low, high)}){unit}",
            ),
        ]
        if self.prediction_interval is not None:
            lines.append((f"in a new study, {level}", text.interval(*self.prediction_interval)))
        if self.k > 1:
            scale = " (log scale)" if self.measure.is_log else ""
            lines += [
                (f"tau{scale}", text.number(self.tau)),
                ("I2", f"{self.i2:.0f}%"),
                ("Q", f"{text.number(self.q)} on {self.k - 1} df, {text.p_value(self.fit.q_p)}"),
                ("computed by", f"tau2 {self.method}, interval {self.rule}"),
            ]
        return lines

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


def pool(
    effects: pd.DataFrame,
    tau2: str = "REML",
    ci: str = "knha-adhoc",
    level: float = 0.95,
    *,
    label: str | None = None,
) -> Pool:
    """Pool the effects of independent studies by random effects.

    Parameters
    ----------
    effects : pandas.DataFrame
        As `er.effects` gives them. Studies without an effect are left out, and named.
    tau2 : str
        Estimator of the variance between studies: 'REML', 'PM', 'DL' and others; 'EE' assumes one
        common effect.
    ci : str
        Rule of the interval: 'knha-adhoc' (Hartung and Knapp, never narrower than t), 'knha', 't', 'z',
        or 'kr' (Kenward and Roger). With few studies 'z' is too narrow.
    level : float
        Of all intervals.
    label : str or None
        Column with the studies' names; None: `study`, `trial` or the like, else the index.

    Returns
    -------
    Pool
        Shows itself; `.table`, `.weights`, `.forest()`, `.leave_one_out()`, `.bayes(0.5)`.

    Raises
    ------
    ValueError
        For effects of several measures, for none at all, and for a name that is not there.

    References
    ----------
    Cochrane Handbook 10.10; metafor `rma`.

    Examples
    --------
    >>> import evidence_review as er
    >>> table = pd.DataFrame({"yi": [1.0, 2.0, 6.0], "vi": [1.0, 1.0, 1.0]})  # made up
    >>> er.pool(er.effects(table, measure="MD"))
    studies               3
    mean difference       3.00 (95% −3.57 to 9.57)
    in a new study, 95%   −9.43 to 15.43
    tau                   2.45
    I2                    86%
    Q                     14.00 on 2 df, p = .0009
    computed by           tau2 REML, interval knha-adhoc
    """
    if not isinstance(effects, pd.DataFrame):
        raise TypeError(f"effects must be a pandas DataFrame; got {type(effects).__name__}")
    missing = [name for name in ADDED if name not in effects]
    if missing:
        raise ValueError(
            f"effects has no column {text.listing(missing)}: pool(effects(frame, measure=...)) adds them"
        )
    if tau2 not in TAU2_ESTIMATORS:
        raise ValueError(no_such("tau2", tau2, TAU2_ESTIMATORS))
    if ci not in INTERVALS:
        raise ValueError(no_such("ci", ci, INTERVALS))
    if label is not None and label not in effects:
        raise ValueError(no_such("column", label, effects.columns))
    names = labels(effects, label)
    known = (effects.yi.notna() & effects.vi.notna()).to_numpy()
    if not known.any():
        raise ValueError("no study has an effect: nothing to pool")
    used = pd.DataFrame(effects[known])
    kinds = pd.DataFrame(used[["measure", "unit", "better"]]).drop_duplicates()
    if len(kinds) > 1:
        found = [
            f"{name} {unit}".strip() for name, unit in zip(kinds.measure, kinds.unit, strict=True)
        ]
        raise ValueError(
            f"effects of several measures, units or directions cannot be pooled: {text.listing(found)}"
        )
    name, unit, better = kinds.iloc[0]
    measure = Measure(measure_named(name).name, unit, None if pd.isna(better) else better)
    fit = random_effects(
        used.yi.to_numpy(float), used.vi.to_numpy(float), tau2=tau2, ci=ci, level=level
    )
    return Pool(
        used,
        tuple(name for name, there in zip(names, known, strict=True) if there),
        measure,
        fit,
        tau2,
        ci,
        tuple(name for name, there in zip(names, known, strict=True) if not there),
    )


def labels(effects: pd.DataFrame, label: str | None) -> list[str]:
    """The studies' names: of the column, else of the first of the usual ones, else of the index."""
    label = label or next((name for name in _LABELS if name in effects), None)
    if label is not None:
        return [str(name) for name in effects[label]]
    if isinstance(effects.index, pd.RangeIndex):
        return [f"study {place}" for place in range(1, len(effects) + 1)]
    return [str(name) for name in effects.index]
