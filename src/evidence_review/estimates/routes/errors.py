"""The standard error of a printed difference, from what is printed beside it: SE, interval, P, t or F.

Each takes the difference as printed, its week, and degrees of freedom (None: normal).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evidence_review.estimates.reasons import NO_WIDTH, ONLY_BOUNDS
from evidence_review.estimates.route import Refused, exact, level_of, of_one_unit, rounded
from evidence_review.estimates.trial import Trial
from evidence_review.records import Reported
from evidence_review.stats import recover
from evidence_review.stats.figures import Recovered, over_all


@dataclass(frozen=True)
class Error:
    """A standard error of a difference, and the figures that it was computed from."""

    se: Recovered
    used: tuple[Reported, ...]


def by_se(trial: Trial, _: Recovered, week: float, df: float | None) -> Error | Refused:
    """The standard error as printed."""
    se = trial.of_comparison("difference_se", week)
    return _in_unit(trial, week, [se]) or _wide(lambda se: se, [se], rounded(se))


def by_interval(trial: Trial, _: Recovered, week: float, df: float | None) -> Error | Refused:
    """From the width of a confidence interval, of 95% unless another level is printed."""
    get = trial.of_comparison
    ends = [get("difference_ci_low", week), get("difference_ci_high", week)]
    refused = _in_unit(trial, week, ends)
    if refused is not None:
        return refused
    level = get("difference_ci_level", week)
    quantile = recover.two_sided_quantile(level_of(level), df=df)
    used = [*ends, *([level] if level.found else [])]
    return _wide(lambda low, high: (high - low) / 2 / quantile, used, *map(rounded, ends))


def _in_unit(trial: Trial, week: float, figures: list[Reported]) -> Refused | None:
    """Refused where figures are not printed exactly, or in another unit than the difference. Else None."""
    return exact(figures) or of_one_unit([trial.of_comparison("difference", week), *figures])


def by_p(trial: Trial, size: Recovered, week: float, df: float | None) -> Error | Refused:
    """From a two-sided P of the difference."""
    return _by_statistic(trial, size, week, df, "p_difference")


def by_t(trial: Trial, size: Recovered, week: float, df: float | None) -> Error | Refused:
    """From the t of the difference."""
    return _by_statistic(trial, size, week, df, "t_difference")


def by_f(trial: Trial, size: Recovered, week: float, df: float | None) -> Error | Refused:
    """From the F of two groups, which is the square of t."""
    return _by_statistic(trial, size, week, df, "f_difference")


def size_of_t(statistic: str, df: float | None) -> Callable[[np.ndarray], np.ndarray]:
    """From a printed P, t or F (of two groups) to the size of t."""
    return {
        "t_difference": np.abs,
        "f_difference": lambda f: np.sqrt(np.maximum(f, 0.0)),
        "p_difference": lambda p: recover.statistic_from_p(np.clip(p, 0.0, 1.0), df=df),
    }[statistic]


def _by_statistic(
    trial: Trial, size: Recovered, week: float, df: float | None, statistic: str
) -> Error | Refused:
    entry = trial.of_comparison(statistic, week)
    refused = exact([entry])
    if refused is not None:
        return refused
    figure = rounded(entry)
    is_p = statistic == "p_difference"
    if size.value == 0 or (figure.low <= 0 or figure.value >= 1 if is_p else figure.value == 0):
        return Refused(ONLY_BOUNDS, (entry.row,))  # prints like a bound: P = 0.000
    of_t = size_of_t(statistic, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _wide(lambda size, x: np.abs(size) / of_t(x), [entry], size, figure)


def _wide(
    formula: Callable[..., np.ndarray], used: list[Reported], *figures_of: Recovered
) -> Error | Refused:
    (se,) = over_all(lambda *x: (np.maximum(formula(*x), 0.0),), *figures_of)
    if not se.value > 0:
        return Refused(NO_WIDTH, tuple(entry.row for entry in used))
    return Error(se, tuple(used))
