"""Effects of a table of trials: which columns are what, and the effect of each row."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from evidence_review.estimates.measure import Better, Measure
from evidence_review.stats.measures import MEASURES

# Plain names of columns, and metafor's.
PLAIN = {
    "mean1": "m1i",
    "sd1": "sd1i",
    "n1": "n1i",
    "mean2": "m2i",
    "sd2": "sd2i",
    "n2": "n2i",
    "events1": "ai",
    "events2": "ci",
    "cases1": "x1i",
    "time1": "t1i",
    "cases2": "x2i",
    "time2": "t2i",
    "n": "ni",
    "r": "ri",
}
# Columns that may name a trial, the first that there is.
LABELS = ("study", "trial", "slab", "label", "author")


def effects(
    frame: pd.DataFrame,
    measure: str = "SMD",
    *,
    unit: str = "",
    better: Better | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """The effect of every row of a table, with its interval.

    Parameters
    ----------
    frame : DataFrame
        One trial a row, group 1 against group 2. For means: ``mean1, sd1, n1, mean2, sd2, n2``; for
        counts: ``events1, n1, events2, n2``; for rates: ``cases1, time1, cases2, time2``; for effects
        that are printed: ``estimate, ci_low, ci_high`` or ``estimate, se`` (a ratio as it is printed,
        its SE that of the logarithm). metafor's names (``m1i``, ``ai``, ``yi``, ``vi``, ...) do as
        well. A column ``study`` names the trials.
    measure : str
        'MD', 'SMD', 'ROM', 'OR', 'RR', 'RD', 'IRR', 'HR', 'GEN' (as given) or another of
        `evidence_review.stats.measures.MEASURES`.
    unit : str
        Of a difference, such as 'points'.
    better : {'lower', 'higher'}, optional
        Which way the effect is better; the forest plot puts it on the left.
    level : float
        Of the intervals; that of printed ones is taken to be the same.

    Returns
    -------
    DataFrame
        The columns of `frame`, then ``measure``, ``unit``, ``better``, ``yi`` and ``vi`` (on the
        scale that is pooled: the logarithm of a ratio), and ``estimate``, ``ci_low``, ``ci_high`` as
        they are printed.

    Raises
    ------
    ValueError
        For a measure that there is not, columns that are missing, and numbers that cannot be, with
        the row.

    Examples
    --------
    >>> trials = pd.DataFrame({"study": ["A", "B"], "events1": [10, 4], "n1": [50, 40],
    ...                        "events2": [20, 9], "n2": [50, 41]})
    >>> effects(trials, "RR")[["study", "estimate"]].round(2).to_dict("list")
    {'study': ['A', 'B'], 'estimate': [0.5, 0.46]}
    """
    chosen = _measure(measure, unit, better)
    table = {_metafor(name): frame[name] for name in frame.columns}
    if not _is_given(frame) or any(name in table for name in ("m1i", "ai", "x1i", "yi")):
        yi, vi = _computed(chosen, table)
    else:
        yi, vi = _printed(chosen, frame, level)
    half = special.ndtri((1 + level) / 2) * np.sqrt(vi)
    shown = np.exp if chosen.is_log else np.asarray
    out = frame.copy()
    out["measure"], out["unit"], out["better"] = chosen.name, chosen.unit, better or ""
    out["yi"], out["vi"] = np.asarray(yi, float), np.asarray(vi, float)
    out["estimate"], out["ci_low"], out["ci_high"] = shown(yi), shown(yi - half), shown(yi + half)
    return out


def _metafor(name: object) -> str:
    return PLAIN.get(str(name), str(name))


def _is_given(frame: pd.DataFrame) -> bool:
    return "estimate" in frame and ({"ci_low", "ci_high"} <= set(frame.columns) or "se" in frame)


def _measure(name: str, unit: str, better: Better | None) -> Measure:
    if name not in MEASURES:
        close = get_close_matches(name.upper(), MEASURES, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"no measure {name!r}: {hint}there are {', '.join(MEASURES)}")
    if better not in (None, "lower", "higher"):
        raise ValueError(f"better must be 'lower', 'higher' or None; got {better!r}")
    standardised = name.startswith("SM")
    return Measure(name, "SD" if standardised else unit, better)


def _computed(measure: Measure, table: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    try:
        return MEASURES[measure.name].compute(table)
    except ValueError as error:
        raise ValueError(
            f"{error}; plain names do as well: {', '.join(PLAIN)}, or estimate with ci_low and "
            "ci_high or se"
        ) from None


def _printed(measure: Measure, frame: pd.DataFrame, level: float) -> tuple[np.ndarray, np.ndarray]:
    """From printed estimates with their intervals or standard errors."""
    columns = ["estimate", *(["ci_low", "ci_high"] if "ci_low" in frame else ["se"])]
    given = {name: pd.to_numeric(frame[name]).to_numpy(float) for name in columns}
    problems = []
    for name, values in given.items():
        must = measure.is_log and name != "se"
        bad = ~np.isfinite(values) | ((values <= 0) if must or name == "se" else False)
        allowed = "above 0" if must or name == "se" else "a number"
        problems += [
            f"row {row}: {name} must be {allowed}; got {values[place]:g}"
            for place, row in enumerate(frame.index)
            if bad[place]
        ]
    if problems:
        raise ValueError("\n".join(problems))
    turn = np.log if measure.is_log else np.asarray
    yi = turn(given["estimate"])
    if "se" in given:
        return yi, given["se"] ** 2
    low, high = turn(given["ci_low"]), turn(given["ci_high"])
    wrong = ~((low < high) & (low <= yi) & (yi <= high))
    if wrong.any():
        rows = ", ".join(str(row) for row in frame.index[wrong])
        raise ValueError(
            f"row {rows}: the limits of an interval must differ, and the estimate lie between them"
        )
    return yi, ((high - low) / 2 / special.ndtri((1 + level) / 2)) ** 2


def measure_of(frame: pd.DataFrame) -> Measure:
    """The measure of a table of effects, as `effects` gives it.

    Raises
    ------
    ValueError
        If the table has no effects, or effects on several measures.
    """
    missing = [name for name in ("yi", "vi", "measure") if name not in frame]
    if missing:
        raise ValueError(
            f"not a table of effects: {', '.join(missing)} missing; make one with er.effects(frame, measure=...)"
        )
    kinds = frame[["measure", "unit", "better"]].drop_duplicates()
    if len(kinds) != 1:
        found = "; ".join(
            f"{m} {u}".strip() for m, u in zip(kinds.measure, kinds.unit, strict=True)
        )
        raise ValueError(
            f"effects on several measures cannot be pooled: {found}; choose one of them"
        )
    name, unit, better = kinds.iloc[0]
    return Measure(name, unit, better or None)


def labels_of(frame: pd.DataFrame) -> list[str]:
    """What the rows are called: by the first of `LABELS` that is there, else by the index."""
    for name in LABELS:
        if name in frame:
            return [str(label) for label in frame[name]]
    return [f"trial {label}" if isinstance(label, int) else str(label) for label in frame.index]
