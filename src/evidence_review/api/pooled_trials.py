"""Trials that give several effects each, pooled with what ties the effects of one trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evidence_review import numbers as text
from evidence_review.api.names import no_such
from evidence_review.api.pooled_effects import PooledEffects
from evidence_review.stats.dependent import DependentPool, within_trial_covariance
from evidence_review.stats.multi_arm import shared_control_covariance

SHARED_CONTROL = "shared control"

# Fewer degrees of freedom, and p and interval say little (Tipton 2015).
_FEW_DF = 4


@dataclass(frozen=True, repr=False)
class PoolOfTrials(PooledEffects):
    """Trials with several effects each, pooled; `er.pool(effects, trial=...)` returns it.

    Attributes
    ----------
    effects, labels, measure, left_out
        As of `PooledEffects`.
    fit : DependentPool
        On the pooled scale.
    """

    fit: DependentPool

    @property
    def trials(self) -> int:
        """The number of trials."""
        return self.fit.trials

    @property
    def tau(self) -> tuple[float, float]:
        """Standard deviations of true effects, on the pooled scale: between trials, and between the
        effects of a trial.
        """
        return self.fit.tau2_trials**0.5, self.fit.tau2_effects**0.5

    @property
    def weights(self) -> pd.Series:
        """Each effect's part in the mean, in per cent; that of a trial is the sum of its effects'."""
        return pd.Series(100 * np.array(self.fit.weights), index=list(self.labels), name="weight")

    def _remarks(self) -> list[str]:
        found = []
        if self.fit.df < _FEW_DF:
            found.append(
                f"{text.number(self.fit.df)} degrees of freedom: too few trials for interval and p to be trusted."
            )
        return found

    def _lines(self) -> list[tuple[str, str]]:
        level, (low, high) = f"{self.level:.0%}", self.interval
        digits = self.measure.digits
        unit = f" {self.measure.unit}" if self.measure.unit else ""
        scale = " (log scale)" if self.measure.is_log else ""
        between, within = self.tau
        return [
            ("trials", f"{self.trials}, with {self.k} effects"),
            (
                self.measure.words,
                f"{text.number(self.estimate, digits)} ({level} {text.interval(low, high, digits)}){unit}",
            ),
            (
                f"tau{scale}",
                f"{text.number(between, digits)} between trials, {text.number(within, digits)} within",
            ),
            (
                "computed by",
                f"tau2 REML, robust variance CR2, t with {text.number(self.fit.df)} df",
            ),
        ]


def covariance_of(
    effects: pd.DataFrame, trials: Sequence[str], given: float | str | ArrayLike | None
) -> np.ndarray:
    """The covariance matrix of effects, from what `er.pool` was given.

    Parameters
    ----------
    effects : pandas.DataFrame
        Those pooled, with `vi`; for a shared control also the people of both groups.
    trials : sequence of str
        The trial of each.
    given : float, 'shared control', (k, k) array or None
        See `er.pool`.

    Raises
    ------
    ValueError
        For a word or a shape that cannot be, and where a control arm is not shared.
    """
    variances = effects.vi.to_numpy(float)
    if given is None:
        return np.diag(variances)
    if isinstance(given, str):
        if given != SHARED_CONTROL:
            raise ValueError(no_such("covariance", given, [SHARED_CONTROL]))
        return _of_shared_control(effects, trials, variances)
    if np.ndim(given) == 0:
        return within_trial_covariance(variances, trials, float(np.asarray(given)))
    return np.asarray(given, float)


def _of_shared_control(
    effects: pd.DataFrame, trials: Sequence[str], variances: np.ndarray
) -> np.ndarray:
    columns = [
        next((name for name in names if name in effects), None)
        for names in (("n1", "n1i"), ("n2", "n2i"))
    ]
    if columns[0] is None or columns[1] is None:
        raise ValueError(
            "covariance='shared control' needs the people of both groups: columns n1 and n2"
        )
    sizes, controls = (effects[name].to_numpy(float) for name in columns)
    covariance = np.diag(variances)
    problems = []
    for trial in dict.fromkeys(trials):
        here = np.array([one == trial for one in trials])
        if len(set(controls[here])) > 1:
            counts = text.listing([f"{n:g}" for n in controls[here]])
            problems.append(f"{trial}: {columns[1]} is {counts}")
            continue
        covariance[np.ix_(here, here)] = shared_control_covariance(
            variances[here], sizes[here], controls[here][0]
        )
    if problems:
        raise ValueError(
            "rows of one trial that share a control arm have the same people in it; not so in "
            + "; ".join(problems)
        )
    return covariance
