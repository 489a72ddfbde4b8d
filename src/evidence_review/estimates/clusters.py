"""What it costs in precision that people were randomised in groups (clusters), not one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evidence_review.estimates.reasons import CLUSTERS, IMPOSSIBLE_ICC, NO_N
from evidence_review.estimates.route import Refused, reach
from evidence_review.records import Records
from evidence_review.records.row_id import RowId
from evidence_review.review.review import Review
from evidence_review.stats import designs
from evidence_review.stats.figures import Recovered, over_all

CLUSTER = "cluster"  # the design, in studies.csv


@dataclass(frozen=True)
class Clusters:
    """The clusters of one or more arms of a trial.

    Parameters
    ----------
    effect : Recovered
        The design effect: how many times as large a variance is as that of as many people one by one.
    assumed : float or None
        The intracluster correlation that had to be assumed.
    number : float
        Of clusters.
    rows : tuple of RowId
        Behind number and correlation.
    """

    effect: Recovered
    assumed: float | None
    number: float
    rows: tuple[RowId, ...]


def clusters(
    review: Review,
    records: Records,
    study_id: str,
    arms: Sequence[str],
    outcome: str,
    people: float,
) -> Clusters | Refused:
    """The clusters of some arms of a cluster trial; refused if what its design costs is not known.

    records: those that have the study. people: in these arms; nan if not known. The intracluster correlation is the
    trial's own on the outcome, else that of the settings.
    """
    counts = [
        row
        for row in records.study_rows(study_id, "n_clusters")
        if row.arm_id in arms and row.value == row.value
    ]
    rows = tuple(row.row for row in counts) if len(counts) >= len(arms) else ()
    printed = records.study_rows(study_id, "icc", outcome=outcome)
    icc = next((row for row in printed if row.value == row.value), None)
    assumed = review.settings.icc if icc is None else None
    if icc is not None:
        alike, rows_of_icc = Recovered(icc.value, icc.value, icc.value), (icc.row,)
    elif assumed is not None:
        alike, rows_of_icc = Recovered(assumed, *reach("icc", assumed, review)), ()
    else:
        return Refused(CLUSTERS, rows)
    if people != people:
        return Refused(NO_N, rows)
    # A variance between clusters needs more of them than there are arms.
    number = sum(row.value for row in counts)
    if not rows or number <= len(arms):
        return Refused(CLUSTERS, rows)
    rows = (*rows, *rows_of_icc)
    size = max(people / number, 1.0)
    if (size - 1) * alike.low <= -1:  # the sum of people of one cluster would have no variance
        return Refused(IMPOSSIBLE_ICC, rows)
    (effect,) = over_all(lambda icc: (designs.design_effect(size, icc),), alike)
    return Clusters(effect, assumed, number, rows)
