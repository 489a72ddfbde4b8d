"""A finding: one quantity that a report states, with its id and the rows that it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import inf, isfinite, isnan
from typing import Any

from evidence_review.records import RowId


@dataclass(frozen=True)
class Range:
    """The smallest and the largest of several values; an end without a limit is infinite."""

    low: float
    high: float


@dataclass(frozen=True)
class Interval(Range):
    """A confidence or prediction interval: it covers a quantity in a share `level` of cases."""

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
        None if the figures give only a range, or it could not be computed.
    unit : str
        Unit of the value and its ranges.
    interval : Interval or None
        Interval for sampling error, with its level.
    bounds : Range or None
        The smallest and largest value that the printed figures allow.
    span : Range or None
        The smallest and largest value over several possible choices.
    measure : str
        The measure of an effect by its usual name, such as 'MD' or 'OR'; '' for a quantity that is not
        an effect. Value and ranges of a ratio are ratios, not logarithms.
    better : str
        The better direction: 'lower', 'higher', or '' if it has no meaning or is not stated.
    basis : str
        'reported', 'derived' or 'assumed': the weakest basis of the figures behind it.
    rows : tuple of RowId
        The data rows it was computed from.
    note : str
        Its assumptions in words.

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
                f"finding id {self.id!r}: write two or more lower-case words joined by dots, as in 'pool.tau'"
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
        """The value.

        Raises
        ------
        ValueError
            If there is only a range, or it could not be computed.
        """
        if self.value is None:
            raise ValueError(f"the value of {self.id} is not known")
        return self.value

    @property
    def sampling(self) -> Interval:
        """The interval.

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
        """The interval, the bounds or the span, whichever it has; None without any."""
        return next((r for name in RANGES if (r := getattr(self, name)) is not None), None)

    def negated(self) -> Finding:
        """The finding with the sign of every number changed."""
        turned = {
            name: replace(found, low=-found.high, high=-found.low)
            for name in RANGES
            if (found := getattr(self, name)) is not None
        }
        return replace(self, value=None if self.value is None else -self.value, **turned)

    def as_dict(self) -> dict:
        """Plain JSON types, without the id; an infinite end is null."""
        entry = asdict(self)
        entry.pop("id")
        entry["rows"] = list(self.rows)
        for name in RANGES:
            if entry[name] is not None:
                entry[name] = {k: v if isfinite(v) else None for k, v in entry[name].items()}
        return entry

    @classmethod
    def from_dict(cls, name: str, entry: Mapping) -> Finding:
        """The finding with this id from the output of `as_dict`; other keys of the entry are ignored.

        Raises
        ------
        TypeError, ValueError, KeyError
            For an entry that is not a finding.
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


# The three kinds of range that a finding may have.
RANGES = ("interval", "bounds", "span")


def by_id(*groups: Iterable[Finding]) -> dict[str, Finding]:
    """Findings of several groups by id, in their order."""
    return {finding.id: finding for group in groups for finding in group}


def slug(*words: str) -> str:
    """Words as one part of a finding's id: 'Sleep quality' becomes 'sleep_quality'."""
    return re.sub(r"[^a-z0-9-]+", "_", " ".join(words).lower()).strip("_")


# The part of an id that stands for the study if a finding rests on several trials.
POOLED = "pooled"


# Below this probability a placebo arm rarely does as well: the conventional 2.5% in one tail.
RARELY = 0.025


# From this probability on, placebo groups commonly do as well.
COMMONLY = 0.25


def standing(share: float) -> str:
    """Whether a change is rare, uncommon or common, by the share of placebo groups that do as well."""
    return "rare" if share < RARELY else "uncommon" if share < COMMONLY else "common"


def finding_id(study: str, outcome: str, quantity: str) -> str:
    """Id of a finding about one study's outcome."""
    return f"{slug(study)}.{slug(outcome)}.{quantity}"


def subgroup_quantity(characteristic: str, group: str, quantity: str) -> str:
    """The part of a finding's id for a quantity in one group of the pooled trials."""
    return f"{slug(characteristic)}.{slug(group)}.{quantity}"


def sensitivity_id(name: str) -> str:
    """Id of the share of placebo arms that do as well, as a choice varies; name: a setting or a kind of choice."""
    return f"sensitivity.{slug(name)}"


def certainty_id(outcome: str, evidence: str) -> str:
    """Id of the finding on the certainty of one body of evidence."""
    return f"certainty.{slug(outcome)}.{evidence}"
