"""Published placebo responses: pooled changes, and what one SD stands for where they are in SDs."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy import special

from evidence_review.records.row_id import RowId
from evidence_review.review.benchmarks import IN_SDS, comparable, in_both
from evidence_review.review.review import Review, once


@dataclass(frozen=True)
class PublishedPool:
    """A published pooled change, in SDs or in the unit of the scale, with the spread between trials that its I2 implies.

    Parameters
    ----------
    name : str
        As the tables have it.
    mean, ci_low, ci_high : float
        As printed; the interval is one of 95%.
    k, i2 : float
        Trials, and I2 in per cent; nan unknown.
    in_sds : bool
        Whether it is a standardised change.
    rows : tuple of RowId
    """

    name: str
    mean: float
    ci_low: float
    ci_high: float
    k: float
    i2: float
    in_sds: bool = False
    rows: tuple[RowId, ...] = ()

    @property
    def se(self) -> float:
        """Standard error of the mean."""
        return (self.ci_high - self.ci_low) / 2 / float(special.ndtri(0.975))

    @property
    def tau(self) -> float:
        """SD of true changes between trials, in the same unit; nan where I2 or k is not known.

        With equally precise trials, k se^2 = tau^2 + s^2 and I2 = tau^2 / (tau^2 + s^2) (Higgins &
        Thompson 2002, eq. 9), so tau = sqrt(I2 k) se. Equal precision is the assumption.

        Examples
        --------
        >>> round(PublishedPool("", -1.0, -1.2, -0.8, k=25, i2=64).tau, 2)
        0.41
        """
        return sqrt(self.i2 / 100 * self.k) * self.se


@once
def published_pools(review: Review) -> dict[str, PublishedPool]:
    """Published benchmarks that can be compared with a change on the review's scale, by id."""
    return {
        benchmark_id: PublishedPool(
            row.label,
            row.estimate,
            row.ci_low,
            row.ci_high,
            row.k,
            row.i2,
            row.measure == IN_SDS,
            (row.row,),
        )
        for benchmark_id, row in comparable(review.records).items()
    }


@once
def points_per_sd(review: Review) -> tuple[float, tuple[RowId, ...]] | None:
    """How much of the unit one SD is, by a benchmark that prints its change in both, and its rows; None without one."""
    both = in_both(review.records)
    if both is None:
        return None
    points, sds = both
    return points.estimate / sds.estimate, (points.row, sds.row)
