"""Open-label trials of nothing: people chosen because they are ill today, measured again later."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class TrialsOfNothing:
    """Simulated trials, arrays (trials, people); scores before and after, nothing given between."""

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
    """Trials whose people have a score of `at_least` or more on the day they enter.

    Scores of everybody who might enter are bivariate normal: mean and sd on both days, correlation
    r. The entry score is drawn from the tail above `at_least` by inversion, the later one given
    it. seed: the same trials for the same seed, in any release of numpy that keeps PCG64's stream.
    """
    tail = stats.norm.sf((at_least - mean) / sd)
    rng = np.random.Generator(np.random.PCG64(seed))
    entry = stats.norm.isf(tail * (1 - rng.random((trials, people))))
    later = r * entry + sqrt(1 - r**2) * stats.norm.isf(rng.random((trials, people)))
    return TrialsOfNothing(mean + sd * entry, mean + sd * later)


def significant_trials(**arguments) -> int:
    """How many of `trials_of_nothing` report p < .05 and an improvement; the same arguments."""
    found = trials_of_nothing(**arguments)
    return int(((found.p_values < 0.05) & (found.changes < 0)).sum())
