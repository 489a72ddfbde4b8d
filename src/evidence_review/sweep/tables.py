"""The points of a sweep as files: every parameter and every quantity, a row for each point."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from evidence_review.estimates.measure import Measure
from evidence_review.records.spreadsheets import harmless
from evidence_review.sweep.choices import (
    METHOD,
    NOT_USED,
    OF_RANDOM_EFFECTS,
    POOLED_EFFECT,
    RANDOM_EFFECTS,
)
from evidence_review.sweep.points import QUANTITY_LABELS, SweepResult
from evidence_review.sweep.pools import POOL_LABELS, measure_name

_ROWS = 50_000  # rows written at a time, to limit memory


def names(result: SweepResult) -> list[str]:
    """The columns of both files, in order."""
    quantities = POOL_LABELS if result.about == POOLED_EFFECT else QUANTITY_LABELS
    return ["point", *result.defaults, *quantities, "ok", "message", "is_default"]


def write_csv(result: SweepResult, path: Path) -> None:
    """Write the points as CSV, in which a spreadsheet finds no formula."""
    defaults = result.defaults
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names(result))
        for part in _parts(result):
            cells = [
                _cells(cast("pd.Series", part[name]))
                if name in part
                else repeat(_text(defaults[name]))
                for name in names(result)
            ]
            writer.writerows(zip(*cells, strict=False))


def write_parquet(result: SweepResult, path: Path) -> None:
    """Write the points as Parquet, if pyarrow is installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as parquet
    except ImportError:
        return
    tables = (
        pa.Table.from_pandas(_whole(result, part)[names(result)], preserve_index=False)
        for part in _parts(result)
    )
    first = next(tables)
    with parquet.ParquetWriter(path, first.schema) as writer:
        for table in chain([first], tables):
            writer.write_table(table)


def _whole(result: SweepResult, part: pd.DataFrame) -> pd.DataFrame:
    """Points with added columns for the parameters that do not vary."""
    return part.assign(**{n: value for n, value in result.defaults.items() if n not in part})


def _parts(result: SweepResult) -> Iterator[pd.DataFrame]:
    for start in range(0, len(result.points), _ROWS):
        part = result.points.iloc[start : start + _ROWS]
        yield _printed(result, part) if result.about == POOLED_EFFECT else part


def _printed(result: SweepResult, points: pd.DataFrame) -> pd.DataFrame:
    """Points with the measure's name, and with effects as printed: ratios, not logarithms."""
    found = points.assign(pooled_as="")
    for name in OF_RANDOM_EFFECTS:
        if METHOD in found and name not in found:  # other methods than random effects ignore these
            own = found[METHOD] == RANDOM_EFFECTS
            found[name] = np.where(own, cast("str", result.defaults[name]), NOT_USED)
    for place, part in points.loc[points.ok].groupby("pooled_as"):
        measure = Measure(measure_name(float(cast("float", place))), "", None)
        found.loc[part.index, "pooled_as"] = measure.name
        for name in ("effect", "effect_low", "effect_high"):
            found.loc[part.index, name] = part[name].map(measure.printed)
    return found


def _cells(column: pd.Series) -> list:
    """The texts of a column's cells in the file: '' for nan.

    Each distinct value is converted only once, since conversion takes most of the time.
    """
    codes, values = pd.factorize(column)  # -1: no number
    if len(values) > len(column) / 2:
        return (column if codes.min() >= 0 else column.astype(object).fillna("")).tolist()
    texts = np.array([*map(_text, values.tolist()), ""], dtype=object)
    return texts[codes].tolist()


def _text(value: object) -> str:
    return "" if value is None else str(harmless(value))
