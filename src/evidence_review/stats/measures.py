"""The measures of effect by metafor's names, each computed from named summary columns.

`MEASURES["SMD"].compute({"m1i": ..., ...})` is one call for every measure, for a table with metafor's
column names. Effects and variances are on the scale that is pooled: log for ratios.

Peer: metafor `escalc`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evidence_review.stats import effects, event_effects
from evidence_review.stats.inputs import as_number

Effects = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Measure:
    """One measure of effect.

    Parameters
    ----------
    name : str
        metafor's.
    words : str
        In full, as a reader sees it.
    log : bool
        Whether effects are logarithms: exp(effect) is then the ratio.
    null : float
        The effect that is none, on the scale that is pooled; nan where there is no such.
    columns : tuple of tuple of str
        Sets of columns, each enough by itself.
    function : callable
        Takes the columns of one set by name and returns effects and variances.
    """

    name: str
    words: str
    log: bool
    null: float
    columns: tuple[tuple[str, ...], ...]
    function: Callable[..., Effects]

    def compute(self, table: Mapping[str, ArrayLike]) -> Effects:
        """Effects and variances from the columns of a table.

        Parameters
        ----------
        table : mapping of str to array_like
            Columns of one length; others than those needed are left alone.

        Returns
        -------
        yi, vi : numpy.ndarray

        Raises
        ------
        ValueError
            For a column that is not there, and for values that cannot be.

        Examples
        --------
        >>> yi, vi = MEASURES["RR"].compute({"ai": [10], "n1i": [50], "ci": [20], "n2i": [50]})
        >>> round(float(np.exp(yi[0])), 4)
        0.5
        """
        for names in self.columns:
            if all(name in table for name in names):
                return self.function(
                    **{name: as_number(name, table[name], _allowed(name)) for name in names}
                )
        nearest = max(self.columns, key=lambda names: sum(name in table for name in names))
        missing = ", ".join(name for name in nearest if name not in table)
        ways = " or ".join(", ".join(names) for names in self.columns)
        raise ValueError(f"{self.name} needs the columns {ways}; missing: {missing}")


def _allowed(column: str) -> str:
    """What may stand in a column, by metafor's names."""
    if column == "ri":
        return "between -1 and 1"
    if column in ("ai", "bi", "ci", "di", "x1i", "x2i"):
        return "not negative"
    return "above 0" if column.startswith(("sd", "n", "t", "v", "se")) else "finite"


def _of_means(function: Callable[..., Effects]) -> Callable[..., Effects]:
    return lambda m1i, sd1i, n1i, m2i, sd2i, n2i: function(m1i, sd1i, n1i, m2i, sd2i, n2i)


def _of_tables(function: Callable[..., Effects]) -> Callable[..., Effects]:
    def compute(ai, ci, bi=None, di=None, n1i=None, n2i=None) -> Effects:
        return function(ai, ai + bi if n1i is None else n1i, ci, ci + di if n2i is None else n2i)

    return compute


def _of_rates(function: Callable[..., Effects]) -> Callable[..., Effects]:
    return lambda x1i, t1i, x2i, t2i: function(x1i, t1i, x2i, t2i)


def _of_changes(function: Callable[..., Effects]) -> Callable[..., Effects]:
    # In metafor's examples 1 is the end for the means, and the baseline for the SDs.
    return lambda m1i, m2i, sd1i, sd2i, ni, ri: function(ni, m2i, sd1i, m1i, sd2i, ri)


def _given(yi: np.ndarray, **error: np.ndarray) -> Effects:
    return yi, error["vi"] if "vi" in error else error["sei"] ** 2


_MEANS = (("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),)
_TABLES = (("ai", "n1i", "ci", "n2i"), ("ai", "bi", "ci", "di"))
_RATES = (("x1i", "t1i", "x2i", "t2i"),)
_CHANGES = (("m1i", "m2i", "sd1i", "sd2i", "ni", "ri"),)

GIVEN = (("yi", "vi"), ("yi", "sei"))

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("MD", "mean difference", False, 0.0, _MEANS, _of_means(effects.mean_difference)),
        Measure(
            "SMD",
            "standardised mean difference (Hedges' g)",
            False,
            0.0,
            _MEANS,
            _of_means(effects.standardized_mean_difference),
        ),
        Measure(
            "SMDH",
            "standardised mean difference, SDs not taken as equal",
            False,
            0.0,
            _MEANS,
            _of_means(effects.standardized_mean_difference_heteroscedastic),
        ),
        Measure(
            "SMD1",
            "standardised mean difference, in SDs of group 2 (Glass' delta)",
            False,
            0.0,
            _MEANS,
            _of_means(effects.glass_delta),
        ),
        Measure("ROM", "ratio of means", True, 0.0, _MEANS, _of_means(effects.log_ratio_of_means)),
        Measure("OR", "odds ratio", True, 0.0, _TABLES, _of_tables(event_effects.log_odds_ratio)),
        Measure("RR", "risk ratio", True, 0.0, _TABLES, _of_tables(event_effects.log_risk_ratio)),
        Measure(
            "RD", "risk difference", False, 0.0, _TABLES, _of_tables(event_effects.risk_difference)
        ),
        Measure(
            "PETO",
            "odds ratio by Peto's method",
            True,
            0.0,
            _TABLES,
            _of_tables(event_effects.peto_log_odds_ratio),
        ),
        Measure(
            "IRR",
            "incidence rate ratio",
            True,
            0.0,
            _RATES,
            _of_rates(event_effects.log_incidence_rate_ratio),
        ),
        Measure(
            "IRD",
            "incidence rate difference",
            False,
            0.0,
            _RATES,
            _of_rates(event_effects.incidence_rate_difference),
        ),
        Measure(
            "MN",
            "mean",
            False,
            np.nan,
            (("mi", "sdi", "ni"),),
            lambda mi, sdi, ni: effects.mean_of_one_group(mi, sdi, ni),
        ),
        Measure("MC", "mean change", False, 0.0, _CHANGES, _of_changes(effects.mean_change)),
        Measure(
            "SMCR",
            "mean change in SDs of the baseline scores",
            False,
            0.0,
            _CHANGES,
            _of_changes(effects.standardized_mean_change_raw),
        ),
        Measure(
            "SMCC",
            "mean change in SDs of the change",
            False,
            0.0,
            _CHANGES,
            _of_changes(effects.standardized_mean_change_change),
        ),
        Measure("HR", "hazard ratio", True, 0.0, GIVEN, _given),
        Measure("SMC", "standardised mean change", False, 0.0, GIVEN, _given),
        Measure("GEN", "effect as given", False, 0.0, GIVEN, _given),
    )
}
