"""Treatment against control in one randomised trial, by the best route that its figures allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.effect import Effect, NotUsable
from evidence_review.estimates.route import NOT_PRINTED, TELLING, Refused
from evidence_review.estimates.routes import ROUTES
from evidence_review.estimates.routes.found import Found, Route
from evidence_review.estimates.routes.of_test import omnibus_range
from evidence_review.estimates.trial import Trial
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Range
from evidence_review.review.review import Review, once, once_for_records
from evidence_review.review.settings import bounds


@dataclass(frozen=True)
class RandomisedContrast:
    """Treatment less control in a randomised trial, on each measure that its figures give.

    Parameters
    ----------
    effects : tuple of Effect
        At most one of each measure and kind of SD: a mean difference in the unit of the scale, and
        standardised ones in SDs of changes or of scores. A reconstruction has bounds, not a value.
    week : float
        nan for a pool.
    instrument_id : str
        '' where the scale is not named, or the trials of a pool share none.
    """

    study_id: str
    label: str
    outcome: str
    week: float
    instrument_id: str
    effects: tuple[Effect, ...]
    route: Route
    rows: tuple[RowId, ...]

    def on(self, measure: str, sd_of: str | None = None) -> Effect | None:
        """The first effect on a measure, such as 'SMD'; None if its figures do not give it.

        sd_of: only one that is counted in SDs of these.
        """
        return next(
            (
                e
                for e in self.effects
                if e.measure.name == measure and sd_of in (None, e.measure.sd_of)
            ),
            None,
        )

    @property
    def is_known(self) -> bool:
        """Whether the printed figures give one value, not a range."""
        return self.best.value is not None

    @property
    def best(self) -> Effect:
        """The effect in the unit of the scale where there is one, else the standardised one."""
        return next((e for e in self.effects if not e.measure.is_standardised), self.effects[0])

    @property
    def basis(self) -> str:
        """Of the best effect."""
        return self.best.basis


@once
def by_every_route(
    review: Review, study_id: str, treated: str, control: str, outcome: str
) -> dict[str, RandomisedContrast | NotUsable]:
    """What each of `ROUTES` makes of a trial on one outcome, in their order."""
    trial = Trial(review, study_id, (treated, control), outcome)
    return {name: _as_contrast(trial, route(trial)) for name, route in ROUTES.items()}


def _as_contrast(trial: Trial, found: Found | Refused) -> RandomisedContrast | NotUsable:
    if isinstance(found, Refused):
        return trial.refused(found, NOT_PRINTED)
    return RandomisedContrast(
        study_id=trial.study_id,
        label=trial.label,
        outcome=trial.outcome,
        week=found.week,
        instrument_id=found.instrument_id,
        effects=found.effects,
        route=found.route,
        rows=found.rows,
    )


@once
def contrast(
    review: Review, study_id: str, treated: str, control: str, outcome: str
) -> RandomisedContrast | NotUsable:
    """The contrast of one trial on one outcome, by the best route that gives one.

    A value comes before a range, what is printed or derived before what rests on an assumption, a
    later week before an earlier one; then the order of `ROUTES` decides. Events are another outcome than
    means, and are not taken for one. Where means do not agree with
    a printed omnibus P, or are there but not used, the route says so. Without any, the reason that
    says most.
    """
    found = by_every_route(review, study_id, treated, control, outcome)
    of_means = [
        c
        for c in found.values()
        if isinstance(c, RandomisedContrast) and (c.on("MD") or c.on("SMD"))
    ]
    if not of_means:
        refused = [c for c in found.values() if isinstance(c, NotUsable)]
        return next((c for c in refused if c.reason in TELLING), found["changes"])
    chosen = min(of_means, key=lambda c: (not c.is_known, c.basis == "assumed", -c.week))
    omnibus, scores = found["omnibus"], found["scores"]
    if chosen is scores and isinstance(omnibus, RandomisedContrast):
        implied, value = omnibus.effects[0].range, chosen.effects[0].value
        if value is not None and not implied.low <= value <= implied.high:
            return replace(chosen, route=replace(chosen.route, omnibus=implied))
    if chosen is omnibus and isinstance(scores, NotUsable) and scores.rows:
        return replace(chosen, route=replace(chosen.route, means_left_out=True))
    return chosen


@dataclass(frozen=True)
class OmnibusBounds:
    """What an omnibus P leaves open at one assumed size of an arm.

    Parameters
    ----------
    outcomes : tuple of str
        The outcomes that print this P.
    p : float
        As printed, taken as exact.
    size : float
        People an arm.
    difference : Range
        Smallest and largest |d| between the best and the worst group, before small-sample correction.
    """

    outcomes: tuple[str, ...]
    p: float
    size: float
    difference: Range


def omnibus_by_size(review: Review) -> list[OmnibusBounds]:
    """Every omnibus P that gives a contrast, at the assumed size of an arm and at its limits."""
    printed: dict[tuple[float, int], list[str]] = {}
    for item in randomised_contrasts(review):
        if item.route.name == "omnibus":
            get = lambda name, item=item: review.records.select(
                study_id=item.study_id, outcome=item.outcome, statistic=name
            )
            p = get("p_omnibus")
            p = float(p.loc[p.week == item.week, "value"].iloc[0])
            printed.setdefault((p, len(get("rank"))), []).append(item.outcome)
    sizes = sorted({*bounds("arm_size", review.records), review.settings.arm_size})
    return [
        OmnibusBounds(tuple(outcomes), p, size, Range(*omnibus_range(p, [size] * groups)))
        for (p, groups), outcomes in printed.items()
        for size in sizes
    ]


def people(review: Review, studies: Iterable[str]) -> tuple[float, bool]:
    """People in both arms of compared trials, and whether none of the numbers is assumed (arm_size)."""
    arms = {row.study_id: row for row in review.records.rows("contrasts")}
    counts = [
        review.records.people(study, arm)
        for study in studies
        for arm in (arms[study].treated_arm, arms[study].control_arm)
    ]
    return (
        sum(entry.value if entry.found else review.settings.arm_size for entry in counts),
        all(entry.found for entry in counts),
    )


@once
def contrast_results(review: Review, outcome: str) -> tuple[RandomisedContrast | NotUsable, ...]:
    """What each randomised trial of contrasts.csv gives on one outcome, in its order."""
    return tuple(
        contrast(review, row.study_id, row.treated_arm, row.control_arm, outcome)
        for row in review.records.rows("contrasts")
    )


@once
def contrasts_on(review: Review, outcome: str) -> tuple[RandomisedContrast, ...]:
    """The contrasts that can be had of the review's randomised trials on one outcome."""
    found = contrast_results(review, outcome)
    return tuple(item for item in found if isinstance(item, RandomisedContrast))


@once
def randomised_contrasts(review: Review) -> tuple[RandomisedContrast, ...]:
    """The same on every outcome, the review's own first."""
    return tuple(found for outcome in outcomes(review) for found in contrasts_on(review, outcome))


@once_for_records
def outcomes(review: Review) -> list[str]:
    """Outcomes of the compared trials that print what a route takes, the review's own first."""
    compared = {row.study_id for row in review.records.rows("contrasts")}
    kinds = ("p_omnibus", "mean", "change_mean", "difference")
    rows = review.records.rows("statistics")
    found = [r.outcome for r in rows if r.study_id in compared and r.statistic in kinds]
    return list(dict.fromkeys([review.about.outcome, *found]))


def changes_by_arm(review: Review) -> list[tuple[SingleArmChange, SingleArmChange]]:
    """Change on treatment and on placebo, of each compared trial that gives both, on the review's outcome."""
    about = review.about
    pairs = [
        Trial(review, row.study_id, (row.treated_arm, row.control_arm), about.outcome).changes()
        for row in review.records.rows("contrasts")
    ]
    return [
        (treated, control)
        for treated, control in pairs
        if isinstance(treated, SingleArmChange)
        and isinstance(control, SingleArmChange)
        and treated.instrument_id == control.instrument_id == about.instrument_id
    ]
