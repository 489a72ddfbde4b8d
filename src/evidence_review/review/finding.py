"""A finding: one quantity that a report states, under one id, with where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import inf, isfinite, isnan
from typing import Any

from evidence_review.records import RowId


@dataclass(frozen=True)
class Range:
    """The smallest and the largest of several values; infinite where there is no limit."""

    low: float
    high: float


@dataclass(frozen=True)
class Interval(Range):
    """A range that covers a quantity in a share `level` of cases: its interval, or a new trial's."""

    level: float


@dataclass(frozen=True)
class Finding:
    """One quantity that a report states.

    Parameters
    ----------
    id : str
        'subject.outcome.quantity': lower-case words joined by dots.
    label : str
        The quantity in words.
    value : float or None
        None where the figures give a range only, or it could not be computed.
    unit : str
        Of the value and its ranges.
    interval : Interval or None
        Sampling error, at its level.
    bounds : Range or None
        The smallest and largest value that the printed figures allow.
    span : Range or None
        The smallest and largest value over choices that could be made otherwise.
    measure : str
        The measure of an effect by its name in the field, such as 'MD' or 'OR'; '' for a quantity
        that is no effect. Of a ratio, value and ranges are ratios, as they are printed.
    better : str
        Which way the measure is better: 'lower', 'higher', or '' where that has no meaning or is
        not stated.
    basis : str
        reported, derived or assumed: the weakest link.
    rows : tuple of RowId
        The data rows it was computed from.
    note : str
        Assumptions it rests on.

    Raises
    ------
    ValueError
        For an id of another form.
    """

    id: str
    label: str
    value: float | None
    unit: str
    interval: Interval | None = None
    bounds: Range | None = None
    span: Range | None = None
    measure: str = ""
    better: str = ""
    basis: str = "derived"
    rows: tuple[RowId, ...] = ()
    note: str = ""

    def __post_init__(self):
        if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", self.id):
            raise ValueError(
                f"finding id {self.id!r}: lower-case words joined by dots, at least two"
            )
        # A quantity that could not be computed is null, in JSON and here.
        if self.value is not None:
            value = float(self.value)
            object.__setattr__(self, "value", value if isfinite(value) else None)
        for name in RANGES:
            found = getattr(self, name)
            if found is not None:
                ends = float(found.low), float(found.high)
                known = None if any(map(isnan, ends)) else replace(found, low=ends[0], high=ends[1])
                object.__setattr__(self, name, known)

    @property
    def known(self) -> float:
        """The value, of a finding that has one.

        Raises
        ------
        ValueError
            If there is a range only, or it could not be computed.
        """
        if self.value is None:
            raise ValueError(f"the value of {self.id} is not known")
        return self.value

    @property
    def sampling(self) -> Interval:
        """The interval, of a finding that has one.

        Raises
        ------
        ValueError
            If there is none.
        """
        if self.interval is None:
            raise ValueError(f"{self.id} has no interval")
        return self.interval

    @property
    def range(self) -> Range | None:
        """The one of interval, bounds and span that there is; None without."""
        return next((r for name in RANGES if (r := getattr(self, name)) is not None), None)

    def negated(self) -> Finding:
        """The same with every sign changed."""
        turned = {
            name: replace(found, low=-found.high, high=-found.low)
            for name in RANGES
            if (found := getattr(self, name)) is not None
        }
        return replace(self, value=None if self.value is None else -self.value, **turned)

    def as_dict(self) -> dict:
        """Plain JSON types, without the id; an end that has no limit is null."""
        entry = asdict(self)
        entry.pop("id")
        entry["rows"] = list(self.rows)
        for name in RANGES:
            if entry[name] is not None:
                entry[name] = {k: v if isfinite(v) else None for k, v in entry[name].items()}
        return entry

    @classmethod
    def from_dict(cls, name: str, entry: Mapping) -> Finding:
        """The finding of this id from what `as_dict` gave; what else the entry holds is left out.

        Raises
        ------
        TypeError, ValueError, KeyError
            For an entry that is none.
        """
        own: dict[str, Any] = {
            field.name: entry[field.name] for field in fields(cls) if field.name in entry
        }
        for range_name in RANGES:
            if (found := own.get(range_name)) is not None:
                ends = {
                    end: far if found[end] is None else found[end]
                    for end, far in (("low", -inf), ("high", inf))
                }
                own[range_name] = (Interval if "level" in found else Range)(**found | ends)
        own["rows"] = tuple(map(RowId.parse, entry["rows"]))
        return cls(id=name, **own)


# What a finding may have beside its value: three different things.
RANGES = ("interval", "bounds", "span")


def by_id(*groups: Iterable[Finding]) -> dict[str, Finding]:
    """Findings of several groups by their ids, in their order."""
    return {finding.id: finding for group in groups for finding in group}


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


def subgroup_quantity(characteristic: str, group: str, quantity: str) -> str:
    """A quantity of the part of a pool that is of one group, as it stands in a finding's id."""
    return f"{slug(characteristic)}.{slug(group)}.{quantity}"


def sensitivity_id(name: str) -> str:
    """Id of the share of placebo arms that do as well as a choice moves; name: a setting, or what joins several."""
    return f"sensitivity.{slug(name)}"


def certainty_id(outcome: str, evidence: str) -> str:
    """Id of the finding that says how certain one body of evidence is."""
    return f"certainty.{slug(outcome)}.{evidence}"
