"""A table of effects pooled, and the result as people look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evidence_review import numbers as text
from evidence_review.api.effects import (
    ADDED,
    CORRECTION,
    columns_of,
    measure_named,
    numbers_of,
)
from evidence_review.api.names import column_like, lists_its_arguments, no_such
from evidence_review.api.pooled_effects import PooledEffects
from evidence_review.api.pooled_trials import PoolOfTrials, covariance_of
from evidence_review.effect_measures import OF_EVENTS
from evidence_review.estimates.measure import Measure
from evidence_review.stats.dependent import pool_dependent
from evidence_review.stats.influence import leave_one_out
from evidence_review.stats.intervals import INTERVALS
from evidence_review.stats.prior_sensitivity import prior_sensitivity
from evidence_review.stats.synthesis import RandomEffects, random_effects, tau2_interval
from evidence_review.stats.tau2 import TAU2_ESTIMATORS
from evidence_review.stats.tau_priors import HalfNormal

# Other names for rules of pooling, and what to write.
_A_RULE = "the rule of Hartung, Knapp, Sidik and Jonkman is a rule of the interval: ci='knha'"
_ONE_EFFECT = "a model with one common effect is tau2='EE' (with ci='z')"
_OTHERWISE = {
    **dict.fromkeys(("hksj", "hk", "knha", "knapp-hartung", "hartung-knapp"), _A_RULE),
    **dict.fromkeys(("fe", "ce", "fixed", "common", "fixed effect", "common effect"), _ONE_EFFECT),
    **dict.fromkeys(
        ("random", "re"), "random effects are the default: leave tau2 out, or tau2='REML'"
    ),
    "dersimonian-laird": "tau2='DL'",
    "wald": "ci='z'",
    "normal": "ci='z'",
}
# Scale of the half-normal prior of tau, in SDs of people or for the logarithm of a ratio.
_USUAL_PRIOR = 0.5

_LABELS = ("study", "trial", "label", "slab", "author")


@dataclass(frozen=True, repr=False)
class Pool(PooledEffects):
    """Several studies pooled by random effects; `er.pool` returns it.

    `estimate`, `interval` and `prediction_interval` are as printed: a ratio is a ratio. `fit` has
    everything on the scale that is pooled, where the logarithm of a ratio is; so are `tau` and `bayes`.

    Attributes
    ----------
    effects, labels, measure, left_out
        As of `PooledEffects`.
    fit : RandomEffects
        On the pooled scale.
    method, rule : str
        Estimator of tau2, and rule of the interval.
    """

    fit: RandomEffects[float]
    method: str
    rule: str

    @property
    def prediction_interval(self) -> tuple[float, float] | None:
        """Where the true effect in a new study lies, as printed; None where nothing can be said."""
        if self.k < 3 or self.method == "EE":
            return None
        return float(self._printed(self.fit.pi_low)), float(self._printed(self.fit.pi_high))

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

    def _remarks(self) -> list[str]:
        found = []
        if self.k == 1:
            found.append("One study: nothing is pooled; this is the study itself.")
        elif self.k == 2:
            found.append("Two studies: too few to say where the effect in a new one lies.")
        elif self.method == "EE":
            found.append(
                "One common effect is assumed: there is no effect of a new study to predict."
            )
        added = self.effects[CORRECTION] if CORRECTION in self.effects else [0.0] * self.k
        names = [name for name, one in zip(self.labels, added, strict=True) if one > 0]
        if names:
            found.append(
                f"1/2 is added to each count of {text.listing(names)}, where one is 0"
                + (
                    "; er.pool_events pools counts as they are."
                    if self.measure.name in OF_EVENTS
                    else "."
                )
            )
        return found

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

    def bayes(self, tau_prior: float | Sequence[float] | None = None) -> pd.DataFrame:
        """The Bayesian mean and the effect in a new study, under stated priors.

        The mean has a flat prior, tau a half-normal one; quantiles are exact up to 1e-7.

        Parameters
        ----------
        tau_prior : float, sequence of float or None
            Scale of the half-normal prior of tau, on the pooled scale, above 0: with scale s tau is
            below 2 s with a chance of 95%. Several scales give a row each, to see what the prior does.
            None is 0.5, which is weakly informative for standardised mean differences and logarithms of
            ratios (Röver et al. 2021), and as many SDs of people for a mean difference from SDs. Other
            measures have no usual scale, and need one.

        Returns
        -------
        pandas.DataFrame
            A row for each prior: its scale, median and interval of the mean and of the effect in a new
            study, all as printed.

        Raises
        ------
        ValueError
            Without a scale, for a measure that has no usual one.

        References
        ----------
        Röver 2020, J Stat Softw 93(6); Röver et al. 2021, Res Synth Methods 12:448.

        Examples
        --------
        >>> import pandas as pd
        >>> import evidence_review as er
        >>> table = pd.DataFrame({"yi": [-0.6, 0.3, -1.4], "sei": [0.3, 0.25, 0.6]})  # made up
        >>> er.pool(er.effects(table, measure="GEN")).bayes([0.5, 1.0]).round(2)[["estimate", "low"]]
           estimate   low
        0     -0.37 -1.30
        1     -0.41 -1.74
        """
        usual = self._usual_prior() if tau_prior is None else tau_prior
        scales = [float(scale) for scale in np.atleast_1d(usual)]
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

    def _usual_prior(self) -> float:
        if self.measure.is_log or self.measure.is_standardised:
            return _USUAL_PRIOR
        if self.measure.name == "MD":
            names = columns_of(self.effects, measure_named("MD"))
            if "sd1i" in names:
                given = numbers_of(self.effects, names.values())
                sds, ns = given[[names["sd1i"], names["sd2i"]]], given[[names["n1i"], names["n2i"]]]
                variance = np.average(sds.to_numpy() ** 2, weights=ns.to_numpy() - 1)
                return _USUAL_PRIOR * float(np.sqrt(variance))
        raise ValueError(
            f"tau_prior: {self.measure.words} has no usual scale; give one in the unit of the effects, "
            "such as bayes(s) with s half the SD of people, or several, to see what the prior does"
        )

    def _lines(self) -> list[tuple[str, str]]:
        level, (low, high) = f"{self.level:.0%}", self.interval
        digits = self.measure.digits
        unit = f" {self.measure.unit}" if self.measure.unit else ""
        lines = [
            ("studies", f"{self.k}"),
            (
                self.measure.words,
                f"{text.number(self.estimate, digits)} ({level} {text.interval(low, high, digits)}){unit}",
            ),
        ]
        if self.prediction_interval is not None:
            new = text.interval(*self.prediction_interval, digits)
            lines.append((f"in a new study, {level}", new))
        if self.k > 1:
            scale = " (log scale)" if self.measure.is_log else ""
            lines += [
                (f"tau{scale}", text.number(self.tau, digits)),
                ("I2", f"{self.i2:.0f}%"),
                ("Q", f"{text.number(self.q)} on {self.k - 1} df, {text.p_value(self.fit.q_p)}"),
                ("computed by", f"tau2 {self.method}, interval {self.rule}"),
            ]
        return lines


@overload
def pool(
    effects: pd.DataFrame,
    tau2: str = ...,
    ci: str = ...,
    level: float = ...,
    *,
    label: str | None = ...,
) -> Pool: ...


@overload
def pool(
    effects: pd.DataFrame,
    *,
    level: float = ...,
    label: str | None = ...,
    trial: str,
    covariance: float | str | ArrayLike | None = ...,
) -> PoolOfTrials: ...


@lists_its_arguments
def pool(
    effects: pd.DataFrame,
    tau2: str = "REML",
    ci: str = "knha-adhoc",
    level: float = 0.95,
    *,
    label: str | None = None,
    trial: str | None = None,
    covariance: float | str | ArrayLike | None = None,
) -> Pool | PoolOfTrials:
    """Pool the effects of studies by random effects.

    Where trials give several effects each (outcomes, time points, doses), `trial` names them: their
    effects are not independent, and the standard error is then robust (CR2, with Satterthwaite's
    degrees of freedom).

    Parameters
    ----------
    effects : pandas.DataFrame
        As `er.effects` gives them. Studies without an effect are left out, and named.
    tau2 : str
        Estimator of the variance between studies: 'REML', 'PM', 'DL' and others; 'EE' assumes one
        common effect. With `trial` it is REML.
    ci : str
        Rule of the interval: 'knha-adhoc' (Hartung and Knapp, never narrower than t), 'knha', 't', 'z',
        or 'kr' (Kenward and Roger). With few studies 'z' is too narrow. With `trial` it is the robust one.
    level : float
        Confidence level of all intervals.
    label : str or None
        Column with the studies' names; None: `study`, `trial` or the like, else the index.
    trial : str or None
        Column that names the trial of each effect. None: each row is a trial of its own.
    covariance : float, 'shared control', (k, k) array_like or None
        What ties the sampling errors of one trial's effects. A number: their correlation, from 0 to
        below 1. 'shared control': the rows of a trial are arms with one control group, and `n2` counts its
        people. A matrix, 0 between trials, for the rows that have an effect. None: not known; the
        interval is still right, but the mean is less precise.

    Returns
    -------
    Pool or PoolOfTrials
        Shows itself; `.table`, `.weights`, `.forest()`; without `trial` also `.leave_one_out()` and
        `.bayes()`.

    Raises
    ------
    ValueError
        For effects of several measures, for none at all, for a name that is not there, and for a study
        that is named twice if `trial` does not say what that means.

    References
    ----------
    Cochrane Handbook 10.10 and 23.3; metafor `rma` and `rma.mv`; clubSandwich `coef_test`.

    Examples
    --------
    >>> import pandas as pd
    >>> import evidence_review as er
    >>> table = pd.DataFrame({"yi": [1.0, 2.0, 6.0], "vi": [1.0, 1.0, 1.0]})  # made up
    >>> er.pool(er.effects(table, measure="MD", better="lower"))
    studies               3
    mean difference       3.00 (95% −3.57 to 9.57)
    in a new study, 95%   −9.42 to 15.42
    tau                   2.45
    I2                    86%
    Q                     14.00 on 2 df, p = .0009
    computed by           tau2 REML, interval knha-adhoc

    Two doses in one trial, against one placebo group:

    >>> table = table.assign(study=["A", "A", "B"], n1=20, n2=20)
    >>> er.pool(er.effects(table, "MD"), trial="study", covariance="shared control").trials
    2
    """
    if trial is not None and (tau2, ci) != ("REML", "knha-adhoc"):
        raise ValueError(
            "with trial, tau2 is REML and the interval is the robust one: leave out tau2 and ci"
        )
    if trial is None and covariance is not None:
        raise ValueError("covariance needs trial: the column that names the trial of each effect")
    if trial is None:
        found = independent(effects, tau2, ci, level, label=label)
        mend = "Effects of one trial are not independent: pool(effects, trial={column!r}) pools them so"
        refuse_repeated(effects, label, mend)
        return found
    if trial not in effects:
        raise ValueError(no_such("column", trial, effects.columns))
    names, known, measure = _to_pool(effects, _label_column(effects, label) or trial)
    used = pd.DataFrame(effects[known])
    trials = [str(one) for one in used[trial]]
    if len(set(trials)) < 2:
        raise ValueError(f"column {trial} must name at least two trials; it names {trials[0]} only")
    fit = pool_dependent(
        used.yi.to_numpy(float), covariance_of(used, trials, covariance), trials, level=level
    )
    return PoolOfTrials(used, *_apart(names, known, measure), fit=fit)


def independent(
    effects: pd.DataFrame, tau2: str, ci: str, level: float, *, label: str | None
) -> Pool:
    """The pool of effects, each of a study of its own; also of effects that are drawn and not pooled."""
    for argument, name, known in (("tau2", tau2, TAU2_ESTIMATORS), ("ci", ci, INTERVALS)):
        if name not in known:
            otherwise = _OTHERWISE.get(str(name).lower())
            if otherwise:
                raise ValueError(
                    f"there is no {argument} {name!r}; {otherwise}. There are {', '.join(known)}"
                )
            raise ValueError(no_such(argument, name, known))
    names, known, measure = _to_pool(effects, label)
    used = pd.DataFrame(effects[known])
    fit = random_effects(
        used.yi.to_numpy(float), used.vi.to_numpy(float), tau2=tau2, ci=ci, level=level
    )
    return Pool(used, *_apart(names, known, measure), fit, tau2, ci)


def _to_pool(effects: pd.DataFrame, label: str | None) -> tuple[list[str], np.ndarray, Measure]:
    """Names of all studies, which of them have an effect, and the measure that those share."""
    _refuse_other_tables(effects)
    names = labels(effects, label)
    known = (effects.yi.notna() & effects.vi.notna()).to_numpy()
    if not known.any():
        raise ValueError("no study has an effect: nothing to pool")
    kinds = pd.DataFrame(effects.loc[known, ["measure", "unit", "better"]]).drop_duplicates()
    if len(kinds) > 1:
        found = [
            f"{name} {unit}".strip() for name, unit in zip(kinds.measure, kinds.unit, strict=True)
        ]
        raise ValueError(
            f"effects of several measures, units or directions cannot be pooled: {text.listing(found)}"
        )
    name, unit, better = kinds.iloc[0]
    return (
        names,
        known,
        Measure(measure_named(name).name, unit, None if pd.isna(better) else better),
    )


def _apart(
    names: list[str], known: np.ndarray, measure: Measure
) -> tuple[tuple[str, ...], Measure, tuple[str, ...]]:
    """Labels of those pooled, the measure, and labels of those left out."""
    used = tuple(name for name, there in zip(names, known, strict=True) if there)
    return used, measure, tuple(name for name, there in zip(names, known, strict=True) if not there)


def _refuse_other_tables(effects: pd.DataFrame) -> None:
    if not isinstance(effects, pd.DataFrame):
        raise TypeError(
            f"effects must be a table (pandas DataFrame) of er.effects; got {type(effects).__name__}. Of an opened "
            "review, review.pool() is the pool, and review.pool().forest() its forest plot"
        )
    missing = [name for name in ADDED if name not in effects]
    if missing:
        raise ValueError(
            f"the table has no column {text.listing(missing)}. er.effects(frame, measure=...) adds them to a "
            "table of means or counts; pool or draw what it returns"
        )


def refuse_repeated(frame: pd.DataFrame, label: str | None, mend: str) -> None:
    """Raise ValueError where a column names a study twice: which rows, and how to mend it.

    An author is a study together with the year, if there is one. mend: what to do; '{column}' stands for the column.
    """
    column = _label_column(frame, label)
    if column is None:
        return
    named = [name for name in (column, "year") if name in frame][
        : 2 if column.lower() == "author" else 1
    ]
    rows: dict[tuple[str, ...], list[str]] = {}
    for row, name in zip(
        frame.index, frame[named].astype(str).itertuples(index=False), strict=True
    ):
        rows.setdefault(tuple(name), []).append(str(row))
    repeated = [
        f"{' '.join(name)} (rows {text.listing(where)})"
        for name, where in rows.items()
        if len(where) > 1
    ]
    if repeated:
        raise ValueError(
            f"column {column} names a study more than once: {'; '.join(repeated)}. "
            f"{mend.format(column=column)}. If they are different trials, give each a name of its own"
        )


def labels(effects: pd.DataFrame, label: str | None) -> list[str]:
    """The studies' names: of the column, else of the first of the usual ones, else of the index."""
    column = _label_column(effects, label)
    if column is not None:
        return [str(name) for name in effects[column]]
    if isinstance(effects.index, pd.RangeIndex):
        return [f"study {place}" for place in range(1, len(effects) + 1)]
    return [str(name) for name in effects.index]


def _label_column(frame: pd.DataFrame, label: str | None) -> str | None:
    if label is not None and label not in frame:
        raise ValueError(no_such("column", label, frame.columns))
    columns = list(frame.columns)
    named = (column_like(name, columns) for name in _LABELS)
    return label or next((str(name) for name in named if name is not None), None)
