"""From records to effects: the change in one arm, the contrast of a randomised trial.

The sign is turned here, once: an improvement is negative, whatever the source prints and
whichever end of the scale is worse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy import special

from evidence_review.records import Records, Reported
from evidence_review.stats import effects, recover


@dataclass(frozen=True)
class SingleArmChange:
    """Mean change in one arm since baseline. Not a treatment effect: nothing was compared.

    mean in `unit`, improvement negative; se, sd (of one person's change) and n people; nan
    where unknown. how: how the standard error was come by. basis: reported, derived or assumed.
    """

    study_id: str
    arm_id: str
    label: str
    outcome: str
    instrument_id: str
    week: float
    n: float
    mean: float
    se: float
    unit: str
    how: str
    basis: str
    rows: tuple[str, ...]

    @property
    def sd(self) -> float:
        return self.se * sqrt(self.n)

    @property
    def df(self) -> float:
        return self.n - 1


@dataclass(frozen=True)
class NotUsable:
    """An arm whose change cannot enter a pool, and why."""

    study_id: str
    arm_id: str
    label: str
    reason: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class RandomisedContrast:
    """Treatment against control in a randomised trial, in standard deviations.

    d_low, d_high: the smallest and largest standardised difference that the printed figures
    allow (equal when means were reported), benefit negative. ci_low, ci_high: interval that
    covers sampling error at every d in that range. md, md_low, md_high: difference in points, None
    unless means or a difference were reported, on the scale instrument_id ('' if it is not named).
    how: where it comes from, in words.
    """

    study_id: str
    label: str
    outcome: str
    week: float
    d_low: float
    d_high: float
    ci_low: float
    ci_high: float
    level: float
    how: str
    basis: str
    rows: tuple[str, ...]
    md: float | None = None
    md_low: float | None = None
    md_high: float | None = None
    instrument_id: str = ""


def weakest(bases: Iterable[str]) -> str:
    """The weakest of several bases: assumed, else derived, else reported."""
    return max(bases, key=("reported", "derived", "assumed").index)


def oriented(value: float, sign_convention: str, worse: str) -> float:
    """A printed change with improvement negative.

    A 'reduction' or 'improvement' printed as a positive number turns; 'end minus baseline'
    turns only on scales whose lower end is worse.
    """
    if sign_convention in ("reduction", "improvement"):
        return -value
    return -value if worse == "lower" else value


def arm_change(
    records: Records,
    study_id: str,
    arm_id: str,
    outcome: str,
    *,
    instrument_id: str | None = None,
    pre_post_r: float | None,
    change_sd: float | None = None,
) -> SingleArmChange | NotUsable:
    """The mean change of an arm, by the best route its printed figures allow.

    The mean: a printed mean change, else end minus baseline mean. Its standard error: printed;
    SD of change and n; printed interval (t, n - 1); SDs of both scores with `pre_post_r` and n;
    `change_sd` and n. None for either of the two rules its assumption out. Anything less is
    NotUsable, with the reason.
    """
    label = records.study(study_id).label
    where = {"outcome": outcome} | ({"instrument_id": instrument_id} if instrument_id else {})

    def get(statistic: str, week: float) -> Reported:
        return records.statistic(study_id, arm_id, statistic, week=week, **where)

    relevant = [
        row
        for row in records.arm_rows(study_id, arm_id, **where)
        if row.statistic in ("change_mean", "mean", "median")
        and row.value == row.value
        and row.week > 0
    ]
    if not relevant:
        asked = records.arm_rows(study_id, arm_id, statistic="change_mean", **where)
        return NotUsable(
            study_id, arm_id, label, "no change printed", tuple(row.row for row in asked)
        )
    week = max(row.week for row in relevant)
    change, end, start = get("change_mean", week), get("mean", week), get("mean", 0)
    if change.found:
        instrument, rows, basis = change.instrument_id, [change.row], [change.basis]
    elif end.found and start.found:
        instrument, rows, basis = end.instrument_id, [start.row, end.row], ["derived"]
    else:
        medians = any(row.statistic == "median" for row in relevant)
        reason = "medians, not means" if medians else "no change printed"
        return NotUsable(study_id, arm_id, label, reason, tuple(row.row for row in relevant))
    scale = records.instrument(instrument)
    mean = (
        oriented(change.value, change.sign_convention, scale.worse)
        if change.found
        else oriented(end.value - start.value, "end minus baseline", scale.worse)
    )
    people = records.people(study_id, arm_id)
    n = people.value
    se, sd = get("change_se", week), get("change_sd", week)
    low, high = get("change_ci_low", week), get("change_ci_high", week)
    sd_start, sd_end = get("sd", 0), get("sd", week)
    if se.found:
        error, how, used = se.value, "SE reported", [se]
    elif sd.found and people.found:
        error, how, used = sd.value / sqrt(n), "SD reported", [sd, people]
    elif low.found and high.found and people.found:
        recovered = recover.se_from_ci(low.value, high.value, df=n - 1)
        error, how, used = recovered.value, "from the interval", [low, high, people]
    elif pre_post_r is not None and sd_start.found and sd_end.found and people.found:
        sd_change = recover.sd_of_change(sd_start.value, sd_end.value, pre_post_r)
        error, how = float(sd_change) / sqrt(n), f"from both SDs, r = {pre_post_r:g}"
        used = [sd_start, sd_end, people]
        basis.append("assumed")
    elif change_sd is not None and people.found:
        error, how, used = change_sd / sqrt(n), "SD assumed", [people]
        basis.append("assumed")
    else:
        missing = (
            "neither SE, SD nor n printed" if not people.found else "neither SE nor SD printed"
        )
        if sd.found or (sd_start.found and sd_end.found):
            missing = "n not printed"
        return NotUsable(study_id, arm_id, label, missing, tuple(rows))
    return SingleArmChange(
        study_id=study_id,
        arm_id=arm_id,
        label=label,
        outcome=outcome,
        instrument_id=instrument,
        week=float(week),
        n=n,
        mean=float(mean),
        se=float(error),
        unit=scale.unit,
        how=how,
        basis=weakest([*basis, *(entry.basis for entry in used)]),
        rows=(*rows, *(entry.row for entry in used)),
    )


def placebo_arms(
    records: Records,
    *,
    outcome: str,
    instrument_id: str,
    pre_post_r: float | None,
    change_sd: float | None,
    population: str = "all",
    designs: str = "all",
) -> tuple[list[SingleArmChange], list[NotUsable]]:
    """Placebo and sham arms of the reference class: those with a usable change, and the rest."""
    reference, usable, rest = records.reference, [], []
    for arm in reference.rows("arms"):
        study = reference.study(arm.study_id)
        if arm.role not in ("placebo", "sham"):
            continue
        if population not in ("all", study.population_group) or designs not in (
            "all",
            study.design,
        ):
            continue
        change = arm_change(
            reference,
            arm.study_id,
            arm.arm_id,
            outcome,
            instrument_id=instrument_id,
            pre_post_r=pre_post_r,
            change_sd=change_sd,
        )
        (usable if isinstance(change, SingleArmChange) else rest).append(change)
    return usable, rest


def randomised_contrast(
    records: Records,
    study_id: str,
    treated: str,
    control: str,
    outcome: str,
    *,
    arm_size: float,
    level: float,
) -> RandomisedContrast | NotUsable:
    """Treatment against control, from the best that is reported.

    Means and SDs of both arms at the last week where both have them come first; then, bounds
    from an omnibus P over all arms and the authors' ranking (`recover.standardised_range_from_
    omnibus`), with `arm_size` people an arm where none are reported. Otherwise NotUsable.
    Where both are there and do not agree, or means are there but not used, `how` says so.
    """
    direct = _from_means(records, study_id, treated, control, outcome, arm_size, level)
    bounds = _from_omnibus(records, study_id, treated, control, outcome, arm_size, level)
    if isinstance(direct, RandomisedContrast):
        if (
            isinstance(bounds, RandomisedContrast)
            and not bounds.d_low <= direct.d_low <= bounds.d_high
        ):
            doubt = (
                f"; they do not reproduce the printed omnibus P, which implies "
                f"{bounds.d_low:.2f} to {bounds.d_high:.2f}"
            )
            return replace(direct, how=direct.how + doubt)
        return direct
    if isinstance(bounds, RandomisedContrast) and direct:
        return replace(bounds, how=f"{bounds.how}; {direct}")
    return bounds


def _from_omnibus(
    records: Records,
    study_id: str,
    treated: str,
    control: str,
    outcome: str,
    arm_size: float,
    level: float,
) -> RandomisedContrast | NotUsable:
    label = records.study(study_id).label
    omnibus = records.select(study_id=study_id, statistic="p_omnibus", outcome=outcome)
    omnibus = omnibus[omnibus.value.notna()].sort_values("week")
    ranks = records.select(study_id=study_id, statistic="rank", outcome=outcome).sort_values(
        "value"
    )
    if omnibus.empty or ranks.empty:
        return NotUsable(study_id, treated, label, "neither means nor an omnibus P with a ranking")
    order = list(ranks.arm_id)
    if (order[0], order[-1]) != (treated, control):
        return NotUsable(
            study_id, treated, label, "the ranking does not put the two arms at its ends"
        )
    row = omnibus.iloc[-1]
    people = [records.people(study_id, arm) for arm in order]
    sizes = [entry.value if entry.found else arm_size for entry in people]
    counted = all(entry.found for entry in people)
    p_low, p_high = recover.rounding_interval(row.value, int(row.decimals))
    df = len(sizes) - 1, sum(sizes) - len(sizes)
    f_low, f_high = (float(recover.f_from_p(p, *df)) for p in (p_high, max(p_low, 0.0)))
    smallest, _ = recover.standardised_range_from_omnibus(f_low, sizes)
    _, largest = recover.standardised_range_from_omnibus(f_high, sizes)
    limits = [_smd_interval(-d, sizes[0], sizes[-1], level) for d in (smallest, largest)]
    return RandomisedContrast(
        study_id=study_id,
        label=label,
        outcome=outcome,
        week=float(row.week),
        d_low=-largest,
        d_high=-smallest,
        ci_low=min(low for low, _ in limits),
        ci_high=max(high for _, high in limits),
        level=level,
        how=f"reconstructed from the omnibus P ({max(p_low, 0):g} to {p_high:g}, as it is rounded) and the "
        f"authors' ranking, before small-sample correction{_assumed_size(counted, arm_size)}",
        basis=weakest(["derived" if counted else "assumed", *ranks.basis]),
        rows=(row.row, *ranks.row, *(entry.row for entry in people if entry.found)),
    )


def _assumed_size(counted: bool, arm_size: float) -> str:
    return "" if counted else f", assuming {arm_size:g} people an arm where no number is given"


def omnibus_range(p: float, sizes: list[float]) -> tuple[float, float]:
    """|d| between best and worst group at exactly this omnibus P, smallest and largest."""
    f = float(recover.f_from_p(p, len(sizes) - 1, sum(sizes) - len(sizes)))
    return recover.standardised_range_from_omnibus(f, sizes)


def _smd_interval(d: float, n1: float, n2: float, level: float) -> tuple[float, float]:
    half = special.ndtri((1 + level) / 2) * float(np.sqrt(effects.smd_variance(d, n1, n2)))
    return d - half, d + half


def _from_means(
    records: Records,
    study_id: str,
    treated: str,
    control: str,
    outcome: str,
    arm_size: float,
    level: float,
) -> RandomisedContrast | str:
    """The contrast from both arms' means and SDs; else why entered means are not used, or ''."""
    rows = records.select(study_id=study_id, outcome=outcome, statistic="mean")
    rows = rows[rows.value.notna() & (rows.week > 0) & rows.arm_id.isin([treated, control])]
    for week in sorted(set(rows.week), reverse=True):
        parts = {
            (arm, statistic): records.statistic(
                study_id, arm, statistic, outcome=outcome, week=week
            )
            for arm in (treated, control)
            for statistic in ("mean", "sd")
        }
        if all(part.found for part in parts.values()):
            return _contrast_of(records, study_id, outcome, week, parts, arm_size, level)
    if rows.empty:
        return ""
    return "means are entered, but not mean and SD of both arms at one week: they are not used"


def _contrast_of(records, study_id, outcome, week, parts, arm_size, level) -> RandomisedContrast:
    """parts: the four Reported values by (arm, 'mean' or 'sd'), treated arm first."""
    arms = list(dict.fromkeys(arm for arm, _ in parts))
    people = {arm: records.people(study_id, arm) for arm in arms}
    sizes = {arm: entry.value if entry.found else arm_size for arm, entry in people.items()}
    counted = all(entry.found for entry in people.values())
    numbers = [
        number
        for arm in arms
        for number in (parts[arm, "mean"].value, parts[arm, "sd"].value, sizes[arm])
    ]
    instrument = parts[arms[0], "mean"].instrument_id
    sign = -1 if instrument and records.instrument(instrument).worse == "lower" else 1
    g, g_variance = (float(x) for x in effects.standardized_mean_difference(*numbers))
    md, md_variance = (float(x) for x in effects.mean_difference(*numbers))
    quantile = special.ndtri((1 + level) / 2)
    g, md = sign * g, sign * md
    return RandomisedContrast(
        study_id=study_id,
        label=records.study(study_id).label,
        outcome=outcome,
        week=float(week),
        d_low=g,
        d_high=g,
        ci_low=g - quantile * sqrt(g_variance),
        ci_high=g + quantile * sqrt(g_variance),
        level=level,
        how=f"reported means and SDs of both arms{_assumed_size(counted, arm_size)}",
        basis="derived" if counted else "assumed",
        rows=(
            *(part.row for part in parts.values()),
            *(entry.row for entry in people.values() if entry.found),
        ),
        md=md,
        md_low=md - quantile * sqrt(md_variance),
        md_high=md + quantile * sqrt(md_variance),
        instrument_id=instrument,
    )
