"""A finding: one quantity that a report states, under one id, with where it comes from."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class Finding:
    """One headline quantity.

    id: 'subject.outcome.quantity', explains itself. value with interval low to high at `level`
    (None where there is none); unit. basis: reported, derived or assumed (the weakest link).
    label: in words. rows: the data rows it was computed from, 'folder/table.csv:row'.
    note: assumptions it rests on.
    """

    id: str
    label: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    level: float | None = None
    basis: str = "derived"
    rows: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self):
        if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", self.id):
            raise ValueError(
                f"finding id {self.id!r}: lower-case words joined by dots, at least two"
            )
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is not None:
                number = float(number)
                # A quantity that could not be computed is null, in JSON and here.
                object.__setattr__(self, name, number if math.isfinite(number) else None)

    def as_dict(self) -> dict:
        """Plain JSON types, without the id."""
        entry = asdict(self)
        entry.pop("id")
        entry["rows"] = list(self.rows)
        return entry

    @classmethod
    def from_dict(cls, name: str, entry: Mapping) -> Finding:
        """The finding of this id from what `as_dict` gave; what else the entry holds is left out.

        Raises TypeError, ValueError or KeyError for an entry that is none.
        """
        own = {field.name: entry[field.name] for field in fields(cls) if field.name in entry}
        return cls(id=name, **own | {"rows": tuple(entry["rows"])})


def slug(*words: str) -> str:
    """Words as one part of a finding's id: 'Sleep quality' becomes 'sleep_quality'."""
    return re.sub(r"[^a-z0-9-]+", "_", " ".join(words).lower()).strip("_")


# The study of a finding that rests on several trials.
POOLED = "pooled"


# Below this probability a placebo arm rarely does as well: the conventional 2.5% in one tail.
RARELY = 0.025


# From this probability on, doing as well is what placebo groups commonly show.
COMMONLY = 0.25


def standing(share: float) -> str:
    """What a share of placebo groups that do as well makes of a change: rare, uncommon or common."""
    return "rare" if share < RARELY else "uncommon" if share < COMMONLY else "common"


def finding_id(study: str, outcome: str, quantity: str) -> str:
    """Id of a finding about one study's outcome."""
    return f"{slug(study)}.{slug(outcome)}.{quantity}"


def certainty_id(outcome: str, evidence: str) -> str:
    """Id of the finding that says how certain one body of evidence is."""
    return f"certainty.{slug(outcome)}.{evidence}"
