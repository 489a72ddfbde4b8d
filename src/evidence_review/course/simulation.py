"""Simulated trials without any treatment: people chosen because they are ill today, measured again later."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class TrialsOfNothing:
    """Simulated trials without treatment: scores before and after, arrays (trials, people)."""

    before: np.ndarray
    after: np.ndarray

    @property
    def changes(self) -> np.ndarray:
        """Mean change of each trial, end minus baseline."""
        return (self.after - self.before).mean(axis=1)

    @property
    def half_widths(self) -> np.ndarray:
        """Half the 95% interval of each mean change, by t with n - 1 degrees of freedom."""
        n = self.before.shape[1]
        se = (self.after - self.before).std(axis=1, ddof=1) / sqrt(n)
        return se * stats.t.ppf(0.975, n - 1)

    @property
    def p_values(self) -> np.ndarray:
        """Two-sided p of each trial's paired t-test."""
        return stats.ttest_rel(self.after, self.before, axis=1).pvalue


def trials_of_nothing(
    *, trials: int, people: int, mean: float, sd: float, r: float, at_least: float, seed: int
) -> TrialsOfNothing:
    """Trials of people whose score at entry is `at_least` or more.

    In all people, scores are bivariate normal, with mean and sd on both days and correlation r. The
    entry score is drawn by inversion from the tail above `at_least`, then the later score given the entry
    score. seed: the same seed gives the same trials, in any numpy that keeps PCG64's stream.
    """
    tail = stats.norm.sf((at_least - mean) / sd)
    rng = np.random.Generator(np.random.PCG64(seed))
    entry = stats.norm.isf(tail * (1 - rng.random((trials, people))))
    later = r * entry + sqrt(1 - r**2) * stats.norm.isf(rng.random((trials, people)))
    return TrialsOfNothing(mean + sd * entry, mean + sd * later)


def significant_trials(**arguments) -> int:
    """How many of `trials_of_nothing`, with the same arguments, have p < .05 and an improvement."""
    found = trials_of_nothing(**arguments)
    return int(((found.p_values < 0.05) & (found.changes < 0)).sum())
