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

from evidence_review import effect_measures
from evidence_review.stats import effects, event_effects
from evidence_review.stats.inputs import as_number

Effects = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Measure:
    """How one measure of effect is computed from the columns of a table.

    Parameters
    ----------
    name : str
        One of `evidence_review.effect_measures.MEASURES`.
    columns : tuple of tuple of str
        Sets of columns, each enough by itself.
    function : callable
        Takes the columns of one set by name and returns effects and variances.
    """

    name: str
    columns: tuple[tuple[str, ...], ...]
    function: Callable[..., Effects]

    @property
    def words(self) -> str:
        """Its full name, as a reader sees it."""
        return effect_measures.MEASURES[self.name].words

    @property
    def log(self) -> bool:
        """Whether effects are logarithms: exp(effect) is then the ratio."""
        return effect_measures.MEASURES[self.name].log

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

_FORMULAS: dict[str, tuple[tuple[tuple[str, ...], ...], Callable[..., Effects]]] = {
    "MD": (_MEANS, _of_means(effects.mean_difference)),
    "SMD": (_MEANS, _of_means(effects.standardized_mean_difference)),
    "SMDH": (_MEANS, _of_means(effects.standardized_mean_difference_heteroscedastic)),
    "SMD1": (_MEANS, _of_means(effects.glass_delta)),
    "ROM": (_MEANS, _of_means(effects.log_ratio_of_means)),
    "OR": (_TABLES, _of_tables(event_effects.log_odds_ratio)),
    "RR": (_TABLES, _of_tables(event_effects.log_risk_ratio)),
    "RD": (_TABLES, _of_tables(event_effects.risk_difference)),
    "PETO": (_TABLES, _of_tables(event_effects.peto_log_odds_ratio)),
    "IRR": (_RATES, _of_rates(event_effects.log_incidence_rate_ratio)),
    "IRD": (_RATES, _of_rates(event_effects.incidence_rate_difference)),
    "MN": ((("mi", "sdi", "ni"),), lambda mi, sdi, ni: effects.mean_of_one_group(mi, sdi, ni)),
    "MC": (_CHANGES, _of_changes(effects.mean_change)),
    "SMCR": (_CHANGES, _of_changes(effects.standardized_mean_change_raw)),
    "SMCC": (_CHANGES, _of_changes(effects.standardized_mean_change_change)),
}

# A measure without a formula takes effects that are given.
MEASURES: dict[str, Measure] = {
    name: Measure(name, *_FORMULAS.get(name, (GIVEN, _given))) for name in effect_measures.MEASURES
}
