"""Figures that may be turned round, each of which would turn the answer round: named before the answer.

Two groups that changed places, a sign, a published pool that points the other way, another unit, a
percentage typed as a count. A row whose note is filled in has been looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median

from evidence_review.estimates.contrast import Contrast, by_every_route, compared_trials
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.pool import published_result, summary_contrast
from evidence_review.records import Violation
from evidence_review.records.row_rules import EVENTS
from evidence_review.review.review import Review, once
from evidence_review.stats import recover

# What people call a group that got no treatment.
_UNTREATED = re.compile(
    r"\b(placebo|sham|control|dummy|usual care|no treatment|wait(ing)?[ -]?list)\b", re.IGNORECASE
)
_UNTREATED_ROLES = ("placebo", "sham", "usual care")
# A printed P this many times the computed one, or this part of it, does not belong to the same figures.
_APART, _ALIKE = 10.0, 1.5
# So many times the size of what other studies print on a scale is another unit.
_OTHER_UNIT = 10.0
_GROUPS = ("changes", "scores")


@once
def reversals(review: Review) -> tuple[Violation, ...]:
    """What may be turned round in the trials that a review rests on, the most telling first."""
    return tuple(
        Violation(f"data/{row.row.file}", row.row.line, column, value, message)
        for check in (_arms, _differences, _signs, _published, _units, _percentages)
        for row, column, value, message in check(review)
        if check is _arms or not row.note
    )


_Found = Iterator[tuple]


def _arms(review: Review) -> _Found:
    """A treated arm that is called placebo, in its role or by its name."""
    arms = {(row.study_id, row.arm_id): row for row in review.records.rows("arms")}
    for row in review.records.rows("contrasts"):
        treated, control = arms[row.study_id, row.treated_arm], arms[row.study_id, row.control_arm]
        called = lambda arm: any(
            _UNTREATED.search(text.replace("_", " ")) for text in (arm.arm_id, arm.label)
        )
        roles = treated.role in _UNTREATED_ROLES and control.role not in _UNTREATED_ROLES
        if roles or (called(treated) and not called(control)):
            yield (
                row,
                "treated_arm",
                row.treated_arm,
                f"the treated arm is '{treated.label}' ({treated.role}) and the control arm '{control.label}' "
                f"({control.role}): have they changed places? If so, the answer is the wrong way round",
            )


def _differences(review: Review) -> _Found:
    """A printed difference whose sign is not that of the difference between its two groups."""
    for _, row, found in _trials(review):
        of_groups = [found[name] for name in _GROUPS if name in found]
        for name, effect in found.items():
            if not name.startswith("difference") or row is None:
                continue
            for other in of_groups:
                if _is_beyond_error(effect) and _is_beyond_error(other) and _opposed(effect, other):
                    yield (
                        row,
                        "value",
                        f"{row.value:g}",
                        f"as '{row.sign_convention}' this is {effect.value:.3g}, but the figures of both groups give "
                        f"{other.value:.3g}: turn the sign, or correct 'sign_convention' or the arms",
                    )
                    break
            else:
                continue
            break


def _trials(review: Review) -> Iterator[tuple]:
    """Each compared trial, its row of the printed difference, and its differences by route."""
    records, outcome = review.records, review.about.outcome
    for study, arms, control in compared_trials(review):
        for treated in arms:
            routes = by_every_route(review, study, treated, control, outcome)
            found = {
                name: effect
                for name, item in routes.items()
                if isinstance(item, Contrast)
                and (effect := item.on("MD")) is not None
                and effect.value is not None
            }
            rows = [
                row
                for row in records.arm_rows(study, treated, outcome=outcome)
                if row.statistic == "difference" and row.value == row.value
            ]
            yield (study, treated, control), rows[-1] if rows else None, found


def _is_beyond_error(effect: Effect) -> bool:
    return effect.value is not None and effect.value**2 > effect.variance


def _opposed(one: Effect, other: Effect) -> bool:
    return (one.value or 0) * (other.value or 0) < 0


def _signs(review: Review) -> _Found:
    """A change that fits the printed P of the comparison only with its sign changed."""
    records, outcome = review.records, review.about.outcome
    for (study, treated, control), _, found in _trials(review):
        effect = found.get("changes")
        printed = [
            row
            for row in records.arm_rows(study, treated, outcome=outcome)
            if row.statistic == "p_difference" and row.comparator == "=" and row.value > 0
        ]
        changes = [
            [
                row
                for row in records.arm_rows(study, arm, outcome=outcome)
                if row.statistic == "change_mean" and row.value == row.value
            ]
            for arm in (treated, control)
        ]
        if effect is None or not printed or not all(changes):
            continue
        one, other = changes[0][-1], changes[1][-1]
        if one.value * other.value >= 0 and one.sign_convention == other.sign_convention:
            continue
        se = effect.variance**0.5
        p = lambda size, se=se: float(recover.two_sided_p(size, se))
        value = effect.value or 0.0
        turned = abs(one.value) - abs(other.value)
        given = printed[-1].value
        if not _near(given, p(value), _APART) and _near(given, p(turned), _ALIKE):
            yield (
                other,
                "value",
                f"{other.value:g}",
                f"the groups changed by {one.value:g} and {other.value:g}, which gives P {p(value):.2g}; the printed P of "
                f"{given:g} fits if one of the signs is turned ({p(turned):.2g}): check both, and 'sign_convention'",
            )


def _near(one: float, other: float, times: float) -> bool:
    return one <= times * other and other <= times * one


def _published(review: Review) -> _Found:
    """A published pool that favours the other group than the trials here."""
    row, own = published_result(review), summary_contrast(review, review.about.outcome)
    if row is None or own is None or row.estimate != row.estimate:
        return
    effect = own.on("SMD" if row.unit == "SD" else "MD")
    if effect is None or effect.value is None:
        return
    interval = effect.interval
    away = interval.low > 0 or interval.high < 0
    if away and row.estimate * effect.value < 0:
        yield (
            row,
            "estimate",
            f"{row.estimate:g}",
            f"the trials here give {effect.value:.3g}, on the other side of no difference: is the sign that of treatment "
            "less control, on a scale that counts the same way, and are the arms the right way round?",
        )


def _units(review: Review) -> _Found:
    """Means and SDs of a size that no other study has on the same scale."""
    rows = [
        row
        for part in (review.records, review.records.rest_of_reference_class)
        for row in part.rows("statistics")
        if row.statistic in ("mean", "sd", "change_sd") and row.value > 0 and row.instrument_id
    ]
    of_kind: dict[tuple, list] = {}
    kind = lambda row: (row.statistic, row.instrument_id, row.outcome, row.week == 0)
    for row in rows:
        of_kind.setdefault(kind(row), []).append(row)
    own = {row.row for row in review.records.rows("statistics")}
    for row in rows:
        if row.row not in own:
            continue
        others = lambda row=row: (
            other.value for other in of_kind[kind(row)] if other.study_id != row.study_id
        )
        # Nearly always the first is.
        if any(_near(row.value, other, _OTHER_UNIT) for other in others()):
            continue
        if len(alike := list(others())) >= 2:
            usual = median(alike)
            yield (
                row,
                "value",
                f"{row.value:g}",
                f"the other studies have about {usual:.3g} on this scale, {row.value / usual:.2g} times as much is another "
                f"unit: enter it in {row.unit}, as 'derived' with the rule",
            )


def _percentages(review: Review) -> _Found:
    """Counts of events that are the percentage which the same group prints, or more than its people.

    Events that are counted with the time that people were followed may happen to one person several times.
    """
    records = review.records
    for row in records.rows("statistics"):
        if row.statistic != "n_events" or row.value != row.value or row.unit == EVENTS:
            continue
        if records.statistic(row.study_id, row.arm_id, "person_time", outcome=row.outcome).found:
            continue
        people = records.people(row.study_id, row.arm_id, row.outcome)
        if not people.found:
            continue
        percent = records.statistic(
            row.study_id, row.arm_id, "responders_percent", outcome=row.outcome, week=row.week
        )
        share = 100 * row.value / people.value
        is_percent = percent.found and abs(percent.value - row.value) <= 0.5 < abs(
            percent.value - share
        )
        if row.value > people.value or is_percent:
            count = row.value * people.value / 100
            yield (
                row,
                "value",
                f"{row.value:g}",
                f"of {people.value:g} people: is it a percentage? As one it is {count:.0f} people; "
                "enter the count as 'derived' with the rule",
            )


def line(found: Violation) -> str:
    """A reversal as pages show it: the place, then what may be wrong."""
    return f"{found.file.removeprefix('data/')}, row {found.row}, {found.column} {found.value}: {found.message}."
