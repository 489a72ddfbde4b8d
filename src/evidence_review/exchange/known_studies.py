"""Studies of a table that a review already has: they are not added again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evidence_review.exchange.raw_tables import rows_of
from evidence_review.numbers import counted, listing


def known_studies(
    folder: Path, added: Mapping[str, list[dict]], origin: Mapping[str, list[int]]
) -> dict[str, tuple[int, str]]:
    """Studies of a table that a folder already has, by id: the first row of each in the table, and its name."""
    there = {row["study_id"] for row in rows_of(folder / "studies.csv")}
    return {
        row["study_id"]: (place, row["label"])
        for row, place in zip(added["studies"], origin["studies"], strict=True)
        if row["study_id"] in there
    }


def why_not_again(
    again: Mapping[str, tuple[int, str]], folder: str, placebo: bool
) -> list[tuple[int, str]]:
    """The message that studies are already there, with the first three by name."""
    if not again:
        return []
    names = [name for _, name in again.values()]
    more = [f"{len(names) - 3} more"] if len(names) > 4 else names[3:]
    count = counted(len(names), "study", "studies")
    text = (
        f"{count} of this table {'is' if len(names) == 1 else 'are'} already in {folder}: "
        f"{listing([*names[:3], *more])}. Leave out their rows, or first undo the last import: "
        f"evidence-review import --undo{' --placebo' if placebo else ''}"
    )
    return [(place, text) for place, _ in again.values()]
