"""Pools of groups of studies that differ in a characteristic (characteristics.csv).

A group may have one trial, whose own difference then stands for it. Groups differ in more than their
name, so that a difference between two of them is an observation, not a comparison of randomised
groups (Cochrane Handbook 10.11.5).
"""

from __future__ import annotations

from dataclasses import dataclass

from evidence_review.estimates.contrast import Contrast, people
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.pool import PooledContrast, pool, pooled_contrast
from evidence_review.records.row_id import RowId
from evidence_review.review.review import Review, once


@dataclass(frozen=True)
class Subgroup:
    """The pooled trials of one group.

    Parameters
    ----------
    characteristic, group : str
        What sets trials apart, and which go with this group.
    contrasts : tuple of Contrast
        The pooled trials that are in it, one or more.
    effect : Effect
        Their pool, or the difference of the one there is, on the measure of the whole pool.
    people, counted : float, bool
        People in both arms, and whether none of the numbers is assumed.
    rows : tuple of RowId
        The rows that group the trials.
    """

    characteristic: str
    group: str
    contrasts: tuple[Contrast, ...]
    effect: Effect
    people: float
    counted: bool
    rows: tuple[RowId, ...]


@once
def subgroups(review: Review, outcome: str) -> tuple[Subgroup, ...]:
    """Every group with a pooled trial in it, in the order of characteristics.csv; empty without a pool."""
    now = pooled_contrast(review, outcome)
    if now is None:
        return ()
    rows: dict[tuple[str, str], list] = {}
    for row in review.records.rows("characteristics"):
        rows.setdefault((row.characteristic, row.group), []).append(row)
    order = list(dict.fromkeys(characteristic for characteristic, _ in rows))
    keys = sorted(rows, key=lambda key: order.index(key[0]))
    found = (_subgroup(review, now, *key, rows[key]) for key in keys)
    return tuple(group for group in found if group is not None)


def _subgroup(
    review: Review, now: PooledContrast, characteristic: str, group: str, rows: list
) -> Subgroup | None:
    studies = {row.study_id: row.row for row in rows}
    kept = tuple(item for item in now.contrasts if item.study_id in studies)
    if not kept:
        return None
    part = pool(review, kept, now)
    effect = (
        now.effects[now.contrasts.index(kept[0])]
        if part is None
        else part.summary.on(now.measure.name)
    )
    assert effect is not None
    count, counted = people(review, [item.study_id for item in kept], kept[0].outcome)
    return Subgroup(
        characteristic,
        group,
        kept,
        effect,
        count,
        counted,
        tuple(studies[item.study_id] for item in kept),
    )
