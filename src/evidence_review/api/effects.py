"""Effects and their variances from a table with one study a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from evidence_review import effect_measures
from evidence_review.api.names import column_of, lacking, lists_its_arguments, no_such
from evidence_review.numbers import listing
from evidence_review.stats.measures import GIVEN, MEASURES, Measure

# What `effects` adds. The measure is a column, so that it survives filtering, joining and a file.
ADDED = ("measure", "unit", "better", "yi", "vi", "estimate", "ci_low", "ci_high")

# Beside these, for counts: what was added to each of them.
CORRECTION = "correction"
# Measures of counts: 1/2 is added to all counts of a study, where one of these is 0.
_CORRECTED = {
    measure.name: counts
    for measure in MEASURES.values()
    for counts in (("ai", "bi", "ci", "di"), ("x1i", "x2i"))
    if any(set(counts) <= set(way) for way in measure.columns)
}

# Plain names for metafor's columns.
_PLAIN = {
    "m1i": "mean1",
    "sd1i": "sd1",
    "n1i": "n1",
    "m2i": "mean2",
    "sd2i": "sd2",
    "n2i": "n2",
    "ai": "events1",
    "bi": "no_events1",
    "ci": "events2",
    "di": "no_events2",
    "x1i": "events1",
    "t1i": "time1",
    "x2i": "events2",
    "t2i": "time2",
    "mi": "mean",
    "sdi": "sd",
    "ni": "n",
}
# The same columns where one group is measured twice; metafor numbers them so.
_OF_CHANGES = {
    "m1i": "mean_post",
    "m2i": "mean_pre",
    "sd1i": "sd_pre",
    "sd2i": "sd_post",
    "ni": "n",
    "ri": "r",
}
# Effects as they are printed.
_PRINTED = (("estimate", "ci_low", "ci_high"), ("estimate", "se"))


@lists_its_arguments
def effects(
    frame: pd.DataFrame,
    measure: str = "SMD",
    *,
    unit: str = "",
    better: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Add each study's effect, its variance and its interval to a table.

    Parameters
    ----------
    frame : pandas.DataFrame
        One study a row. Columns by metafor's names (`m1i`, `sd1i`, `n1i`, `m2i`, `sd2i`, `n2i`; `ai`,
        `n1i`, `ci`, `n2i`) or plain ones (`mean1`, `sd1`, `n1`, `mean2`, `sd2`, `n2`; `events1`, `n1`,
        `events2`, `n2`; `events1`, `time1`, `events2`, `time2`); `measures()` lists them. An effect is
        that of group 1 minus group 2, or their ratio. For every measure also `yi` with `vi` or `sei`, on the pooled scale (logarithms for
        ratios), or `estimate` with `ci_low` and `ci_high`, or with `se`, as
        printed (ratios as ratios, their SE that of the logarithm). Names may be in capitals.
    measure : str
        Its short name, as in metafor: 'MD', 'SMD' (Hedges' g), 'SMD1' (Glass' delta), 'ROM', 'OR', 'RR', 'RD',
        'IRR' and others.
    unit : str
        Of the scale, such as 'points'; a standardised measure is in SDs, and a ratio has no unit.
    better : {'lower', 'higher'} or None
        Which way is better for people: a forest plot draws it on the left. None: not stated.
    level : float
        Level of the intervals: those that are added, and printed ones from which an effect is read.

    Returns
    -------
    pandas.DataFrame
        A copy with the columns `measure`, `unit` and `better`; `yi` and `vi`, effect and variance on the pooled scale;
        `estimate`, `ci_low` and `ci_high` as printed, ratios as ratios, with a normal interval. A
        study with a missing figure has none of them. For a measure from counts
        also `correction`: 0.5 where a count is 0, and 1/2 was added to each count of the study; else 0.
        Columns of these names are replaced.

    Raises
    ------
    ValueError
        For an unknown measure, for columns that are missing, and for figures that cannot be: all at
        once, by row and column.

    See Also
    --------
    pool : Pool what this returns.

    References
    ----------
    Cochrane Handbook 6.4 and 6.5; metafor `escalc`.

    Examples
    --------
    >>> import pandas as pd
    >>> import evidence_review as er
    >>> trials = pd.DataFrame(
    ...     {"study": ["A"], "events1": [10], "n1": [50], "events2": [20], "n2": [50]}
    ... )  # made up
    >>> er.effects(trials, measure="RR")[["study", "estimate", "ci_low", "ci_high"]].round(2)
      study  estimate  ci_low  ci_high
    0     A       0.5    0.26     0.96
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame must be a pandas DataFrame; got {type(frame).__name__}")
    found = measure_named(measure)
    measure = found.name
    if not isinstance(unit, str):
        raise TypeError(f"unit must be text, such as 'points'; got {unit!r}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level:g}")
    z = float(special.ndtri((1 + level) / 2))
    if better not in (None, "lower", "higher"):
        raise ValueError(no_such("better end", better, ["lower", "higher"]))
    unit = "SD" if measure.startswith("SM") else "" if found.log else unit
    names = columns_of(frame, found)
    table = numbers_of(frame, names.values())
    whole = table.notna().all(axis=1).to_numpy()
    yi, vi = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    if whole.any():
        columns = {own: table.loc[whole, name].to_numpy() for own, name in names.items()}
        yi[whole], vi[whole] = _computed(found, columns, names, frame.index[whole], z)
    half = z * np.sqrt(vi)
    printed = np.exp if found.log else np.asarray
    added: dict[str, Any] = dict(
        zip(
            ADDED,
            (measure, unit, better, yi, vi, *map(printed, (yi, yi - half, yi + half))),
            strict=True,
        )
    )
    if found.name in _CORRECTED and ("ai" in names or "x1i" in names):
        added[CORRECTION] = _correction(
            found, {own: table[name].to_numpy() for own, name in names.items()}
        )
    replaced = [name for name in (*ADDED, CORRECTION) if name in frame]
    return frame.drop(columns=replaced).assign(**added)


def _correction(measure: Measure, counts: Mapping[str, np.ndarray]) -> np.ndarray:
    """What is added to each count of a study: 1/2 where one is 0; nan where one is missing."""
    cells = dict(counts)
    for events, others, n in (("ai", "bi", "n1i"), ("ci", "di", "n2i")):
        if n in counts and events in counts:
            cells[others] = counts[n] - counts[events]
    used = np.array([cells[name] for name in _CORRECTED[measure.name]])
    return np.where(np.isnan(used).any(axis=0), np.nan, 0.5 * (used == 0).any(axis=0))


def measures() -> pd.DataFrame:
    """The measures of effect that `effects` knows, and the columns each is computed from.

    Returns
    -------
    pandas.DataFrame
        By metafor's name: what it is, in words; whether its logarithm is pooled; columns, by plain
        names and by metafor's.

    Examples
    --------
    >>> import evidence_review as er
    >>> er.measures().loc["OR", "columns"]
    'events1, n1, events2, n2; or events1, no_events1, events2, no_events2'
    """
    given = "; or ".join(", ".join(way) for way in (*GIVEN, *_PRINTED))
    rows = [
        {
            "measure": one.name,
            "in words": one.words,
            "pooled as a logarithm": one.log,
            "columns": given
            if one.columns == GIVEN
            else "; or ".join(", ".join(_plain(ways).values()) for ways in one.columns),
            "metafor's columns": "; or ".join(", ".join(ways) for ways in one.columns),
        }
        for one in MEASURES.values()
    ]
    return pd.DataFrame(rows).set_index("measure")


def measure_named(name: str) -> Measure:
    """The measure by its short name, in capitals or not.

    Raises ValueError for another name, with the short names that there are, first those that it may mean.

    Examples
    --------
    >>> measure_named("risk ratio")
    Traceback (most recent call last):
    ValueError: there is no measure 'risk ratio'; did you mean RR (risk ratio)? er.measures() lists all
    """
    if str(name).upper() in MEASURES:
        return MEASURES[str(name).upper()]
    typed = str(name).lower()
    parts = set(typed.replace("'", "").split())
    meant = [
        f"{one.name} ({one.words})"
        for one in effect_measures.MEASURES.values()
        if typed in map(str.lower, (one.words, one.estimate)) or parts <= set(one.also)
    ]
    if meant:
        told = f"there is no measure {name!r}; did you mean {', '.join(meant)}?"
        raise ValueError(f"{told} er.measures() lists all")
    raise ValueError(no_such("measure", name, MEASURES))


def _plain(columns: tuple[str, ...]) -> dict[str, str]:
    """metafor's names with the plain ones."""
    known = _OF_CHANGES if "ri" in columns else _PLAIN
    return {name: known.get(name, name) for name in columns}


def columns_of(frame: pd.DataFrame, measure: Measure) -> dict[str, Any]:
    """The first complete set of columns that the table has, by the names that the measure gives them."""
    ways = [_plain(columns) for columns in (*measure.columns, *GIVEN)]
    ways += [{name: name for name in way} for way in _PRINTED]
    columns = list(frame.columns)
    for way in ways:
        names = {own: column_of(own, plain, columns) for own, plain in way.items()}
        if all(name is not None for name in names.values()):
            return names
    others = [
        other.name
        for other in MEASURES.values()
        if other is not measure and any(_has(way, columns) for way in other.columns)
    ]
    instead = (
        f". It has the columns of {listing(others)}: say which, as in measure={others[0]!r}"
        if others
        else ""
    )
    raise ValueError(f"{measure.name} ({measure.words}) needs {lacking(ways, columns)}{instead}")


def _has(way: tuple[str, ...], columns: list) -> bool:
    """Whether a table has all columns of one way to a measure."""
    return all(column_of(own, plain, columns) is not None for own, plain in _plain(way).items())


def numbers_of(frame: pd.DataFrame, names) -> pd.DataFrame:
    """These columns as numbers. Raises ValueError that lists every cell that is not a number."""
    table = pd.DataFrame(
        {name: pd.to_numeric(frame[name], errors="coerce") for name in names}, index=frame.index
    ).astype(float)
    problems = [
        f"row {row}, column {name}: {value!r} is not a number"
        for name in table
        for row, value, number in zip(frame.index, frame[name], table[name], strict=True)
        if number != number and not pd.isna(value) and str(value).strip()
    ]
    if problems:
        raise ValueError("\n".join(problems))
    return table


def _computed(
    measure: Measure,
    columns: Mapping[str, np.ndarray],
    names: Mapping[str, Any],
    rows: pd.Index,
    z: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Effects and variances; where a row cannot be, a ValueError that lists every such row.

    names: of the table's columns, by the measure's names for them.
    """
    try:
        return _effects(measure, columns, z)
    except ValueError:
        problems = []
        for place, row in enumerate(rows):
            try:
                _effects(measure, {name: value[[place]] for name, value in columns.items()}, z)
            except ValueError as error:
                what = str(error).removesuffix("; not so at position 0")
                figures = ", ".join(
                    f"{names[own]}{'' if names[own] == own else f' ({own})'} {value[place]:g}"
                    for own, value in columns.items()
                )
                problems.append(f"row {row}: {what} (there: {figures})")
        raise ValueError("\n".join(problems)) from None


def _effects(
    measure: Measure, columns: Mapping[str, np.ndarray], z: float
) -> tuple[np.ndarray, np.ndarray]:
    if "yi" in columns:
        return MEASURES["GEN"].compute(columns)
    if "estimate" not in columns:
        return measure.compute(columns)
    positive = [name for name in columns if measure.log or name == "se"]
    for name in positive:
        if not np.all(columns[name] > 0):
            raise ValueError(f"{name} must be above 0")
    turned = np.log if measure.log else np.asarray
    estimate = turned(columns["estimate"])
    if "se" in columns:
        return estimate, columns["se"] ** 2
    low, high = turned(columns["ci_low"]), turned(columns["ci_high"])
    if np.any(low > high):
        raise ValueError("ci_low lies above ci_high: are the two swapped?")
    if not np.all((low < high) & (low <= estimate) & (estimate <= high)):
        raise ValueError("the estimate must lie in its interval, ci_low below ci_high")
    return estimate, ((high - low) / (2 * z)) ** 2
