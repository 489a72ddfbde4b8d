"""An effect: a value on its measure, with interval, bounds and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf, sqrt

from scipy import special

from evidence_review.estimates.measure import Better, Measure
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Interval, Range

BASES = ("reported", "derived", "assumed")  # from the strongest to the weakest


def weakest(bases: Iterable[str]) -> str:
    """The weakest of several bases: assumed, else derived, else reported."""
    return max(bases, key=BASES.index)


@dataclass(frozen=True)
class NotUsable:
    """What gives no effect, and why. arm_id: the arm that it is about."""

    study_id: str
    arm_id: str
    label: str
    reason: str
    rows: tuple[RowId, ...] = ()


@dataclass(frozen=True)
class Effect:
    """A value on the scale that its measure is pooled on.

    Parameters
    ----------
    measure : Measure
        Unit, scale and direction.
    value : float or None
        None where the printed figures allow a range only.
    variance : float
        Sampling variance of the value; nan where there is no single value.
    interval : Interval
        Covers sampling error, at its level.
    bounds : Range or None
        The smallest and largest value that the printed figures allow, where they leave one open.
    basis : str
        'reported', 'derived' or 'assumed'.
    rounding : Range or None
        What the value could be if every figure behind it is rounded, or assumed within its range;
        None where nobody worked it out.
    se_rounding : Range or None
        The same of its standard error.
    of_control : float or None
        The part of the variance that the control arm brings, where its counts give it.
    """

    measure: Measure
    value: float | None
    variance: float
    interval: Interval
    bounds: Range | None = None
    basis: str = "derived"
    rounding: Range | None = None
    se_rounding: Range | None = None
    of_control: float | None = None

    @classmethod
    def known(
        cls,
        measure: Measure,
        value: float,
        variance: float,
        level: float,
        *,
        df: float = inf,
        basis: str = "derived",
    ) -> Effect:
        """An effect with one value: its interval by t with `df`, or normal without.

        value, variance: on the pooled scale.

        Examples
        --------
        >>> effect = Effect.known(Measure("MD", "min", "lower"), -7.0, 4.0, 0.95)
        >>> round(effect.interval.low, 2), round(effect.interval.high, 2)
        (-10.92, -3.08)
        """
        half = float(special.stdtrit(df, (1 + level) / 2)) * sqrt(variance)
        interval = Interval(float(value - half), float(value + half), level)
        return cls(measure, float(value), float(variance), interval, basis=basis)

    @property
    def range(self) -> Range:
        """The bounds, or twice the value where it is known."""
        if self.bounds is not None:
            return self.bounds
        assert self.value is not None
        return Range(self.value, self.value)

    def towards(self, better: Better | None) -> Effect:
        """The same effect with this end as the better one: turned if its own is the other.

        Unchanged where either is not known.
        """
        if {self.measure.better, better} != {"lower", "higher"}:
            return self
        return self.turned(replace(self.measure, better=better))

    def turned(self, measure: Measure) -> Effect:
        """The same effect on a measure whose better end is the other: every sign changed."""
        return replace(
            self,
            measure=measure,
            value=None if self.value is None else -self.value,
            interval=Interval(-self.interval.high, -self.interval.low, self.interval.level),
            bounds=_mirrored(self.bounds),
            rounding=_mirrored(self.rounding),
        )


def _mirrored(span: Range | None) -> Range | None:
    return None if span is None else Range(-span.high, -span.low)
