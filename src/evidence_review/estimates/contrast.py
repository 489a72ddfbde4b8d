"""Treatment against control in one randomised trial, by the first route that its figures allow.

Routes, in the order in which they are tried: a printed difference with its interval, which may be
adjusted for baseline; the changes of both arms; the scores of both arms; bounds from an omnibus P
over all arms and the authors' ranking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import inf, isfinite, nan
from typing import Any

from evidence_review.estimates.change import (
    NO_N,
    NO_WIDTH,
    ONLY_BOUNDS,
    TOO_FEW,
    SingleArmChange,
    change_under,
    directed,
)
from evidence_review.estimates.effect import Effect, NotUsable, weakest
from evidence_review.estimates.measure import SD, Measure, better, scale
from evidence_review.records import Reported
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Interval, Range
from evidence_review.review.review import Review, once, once_for_records
from evidence_review.review.settings import bounds
from evidence_review.stats import effects, figures, recover

OTHER_WEEKS = "the arms' changes are of different weeks or scales"
NO_FIGURES = "neither means nor an omnibus P with a ranking"
NOT_AT_ENDS = "the ranking does not put the two arms at its ends"
NOT_A_P = "the omnibus P is no P"
CROSSOVER = (
    "a crossover trial: the same people are in both arms, and what ties their values is not printed"
)


@dataclass(frozen=True)
class Route:
    """How a contrast was obtained.

    Parameters
    ----------
    name : str
        A key of `ROUTES`, or 'pool'.
    assumed_size : float or None
        People an arm where the source gives no number.
    arms : tuple of SingleArmChange
        The changes compared.
    p : Range or None
        All that prints as the omnibus P.
    omnibus : Range or None
        What an omnibus P implies that the means do not reproduce.
    means_left_out : bool
        Whether means are entered, but not mean and SD of both arms at one week.
    trials, assumed_trials : tuple of str
        Those pooled, and those of them that rest on an assumption.
    """

    name: str
    assumed_size: float | None = None
    arms: tuple[SingleArmChange, ...] = ()
    p: Range | None = None
    omnibus: Range | None = None
    means_left_out: bool = False
    trials: tuple[str, ...] = ()
    assumed_trials: tuple[str, ...] = ()
    pooling: tuple[str, str] = ("", "")  # estimator of tau2, interval


@dataclass(frozen=True)
class RandomisedContrast:
    """Treatment less control in a randomised trial, on each measure that its figures give.

    Parameters
    ----------
    effects : tuple of Effect
        At most one of each measure, such as a mean difference in the unit of the scale and the
        standardised mean difference. A reconstruction has bounds, not a value.
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
    basis: str
    rows: tuple[RowId, ...]

    def on(self, measure: str) -> Effect | None:
        """The effect on a measure, such as 'SMD'; None if its figures do not give it."""
        return next((e for e in self.effects if e.measure.name == measure), None)

    @property
    def is_known(self) -> bool:
        """Whether the printed figures give one value, not a range."""
        return all(effect.value is not None for effect in self.effects)

    @property
    def best(self) -> Effect:
        """The effect in the unit of the scale where there is one, else the standardised one."""
        return next((e for e in self.effects if not e.measure.is_standardised), self.effects[0])


@dataclass(frozen=True)
class _Trial:
    """One compared trial on one outcome."""

    review: Review
    study_id: str
    arms: tuple[str, str]
    outcome: str

    @property
    def label(self) -> str:
        return self.review.records.study(self.study_id).label

    @property
    def _likely_instrument(self) -> str:
        """Where a scale is not named: the review's, for its own outcome; else ''."""
        about = self.review.about
        return about.instrument_id if self.outcome == about.outcome else ""

    def refused(self, reason: str, rows: tuple[RowId, ...] = ()) -> NotUsable:
        return NotUsable(self.study_id, self.arms[0], self.label, reason, rows)

    @property
    def is_crossover(self) -> bool:
        """Whether the same people were in both arms."""
        return self.review.records.study(self.study_id).design == "crossover"

    def sizes(self) -> tuple[list[float], list[Reported], float | None]:
        """People of both arms, their rows, and the number assumed where one is not given.

        A number that is printed as a bound is not given.
        """
        counts = [_if_exact(self.review.records.people(self.study_id, arm)) for arm in self.arms]
        assumed = self.review.settings.arm_size
        return (
            [entry.value if entry.found else assumed for entry in counts],
            [entry for entry in counts if entry.found],
            None if all(entry.found for entry in counts) else assumed,
        )

    def contrast(
        self,
        route: Route,
        instrument_id: str,
        week: float,
        smd: tuple[Any, Any],
        md: tuple[Any, Any],
        *,
        basis: str,
        rows: Iterable[RowId],
    ) -> RandomisedContrast:
        """smd, md: value and variance."""
        records, level = self.review.records, self.review.settings.level
        end = better(records, instrument_id or self._likely_instrument)
        found = [Effect.normal(Measure("SMD", SD, end), float(smd[0]), float(smd[1]), level)]
        unit = scale(records, instrument_id, "MD") if instrument_id else Measure("MD", "", end)
        found.append(Effect.normal(unit, float(md[0]), float(md[1]), level))
        return RandomisedContrast(
            study_id=self.study_id,
            label=self.label,
            outcome=self.outcome,
            week=float(week),
            instrument_id=instrument_id,
            effects=tuple(found),
            route=route,
            basis=basis,
            rows=tuple(rows),
        )


def _from_difference(trial: _Trial) -> RandomisedContrast | NotUsable:
    """From a printed difference with its interval, at the last week that has both."""
    records, (treated, _) = trial.review.records, trial.arms
    get = lambda statistic, week: records.statistic(
        trial.study_id, treated, statistic, outcome=trial.outcome, week=week
    )
    rows = records.arm_rows(trial.study_id, treated, outcome=trial.outcome, statistic="difference")
    for week in sorted({row.week for row in rows}, reverse=True):
        parts = [
            get(name, week) for name in ("difference", "difference_ci_low", "difference_ci_high")
        ]
        if not all(part.found and part.instrument_id for part in parts):
            continue
        end = better(records, parts[0].instrument_id)
        md, *ends = (directed(part.value, part.sign_convention, end) for part in parts)
        found = recover.se_from_ci(min(ends), max(ends))
        if not found.usable:
            continue
        error = found.value
        sizes, counted, assumed = trial.sizes()
        sd = float(recover.sd_from_se_of_difference(error, *sizes))
        g = float(effects.small_sample_factor(sum(sizes) - 2)) * md / sd
        return trial.contrast(
            Route("difference", assumed),
            parts[0].instrument_id,
            week,
            (g, float(effects.smd_variance(g, *sizes))),
            (md, error**2),
            basis="derived" if assumed is None else "assumed",
            rows=(part.row for part in (*parts, *counted)),
        )
    return trial.refused(NO_FIGURES)


def _from_changes(trial: _Trial) -> RandomisedContrast | NotUsable:
    """From the mean changes of both arms at one week on one scale."""
    treated, control = changes(trial.review, trial.study_id, *trial.arms, trial.outcome)
    if isinstance(treated, NotUsable):
        return treated
    if isinstance(control, NotUsable):
        return control
    arms = treated, control
    if (treated.week, treated.instrument_id) != (control.week, control.instrument_id):
        return trial.refused(OTHER_WEEKS, (*treated.rows, *control.rows))
    if not (treated.n == treated.n and control.n == control.n):  # an SE is printed, but not of whom
        return trial.refused(NO_N, treated.rows)
    if min(treated.n, control.n) < 2:
        return trial.refused(TOO_FEW, (*treated.rows, *control.rows))
    if trial.is_crossover:
        return trial.refused(CROSSOVER, (*treated.rows, *control.rows))
    summaries = [x for arm in arms for x in (arm.mean, arm.sd, arm.n)]
    return trial.contrast(
        Route("changes", arms=arms),
        treated.instrument_id,
        treated.week,
        effects.standardized_mean_difference(*summaries),
        effects.mean_difference(*summaries),
        basis=weakest(["derived", *(arm.basis for arm in arms)]),
        rows=(*treated.rows, *control.rows),
    )


def _from_scores(trial: _Trial) -> RandomisedContrast | NotUsable:
    """From means and SDs of both arms at the last week that has all four."""
    records = trial.review.records
    means = [
        row
        for arm in trial.arms
        for row in records.arm_rows(trial.study_id, arm, outcome=trial.outcome, statistic="mean")
        if row.value == row.value and row.week > 0
    ]
    for week in sorted({row.week for row in means}, reverse=True):
        parts = [
            [
                records.statistic(trial.study_id, arm, name, outcome=trial.outcome, week=week)
                for name in ("mean", "sd")
            ]
            for arm in trial.arms
        ]
        figures_of = [part for arm in parts for part in arm]
        if not all(part.found for part in figures_of):
            continue
        if any(part.comparator != "=" for part in figures_of):
            return trial.refused(ONLY_BOUNDS, tuple(part.row for part in figures_of))
        if trial.is_crossover:
            return trial.refused(CROSSOVER, tuple(part.row for part in figures_of))
        if any(sd.value <= 0 for _, sd in parts):
            return trial.refused(NO_WIDTH, tuple(part.row for part in figures_of))
        sizes, counted, assumed = trial.sizes()
        if min(sizes) < 2:
            return trial.refused(TOO_FEW, tuple(part.row for part in counted))
        summaries = [
            x
            for (mean, sd), size in zip(parts, sizes, strict=True)
            for x in (mean.value, sd.value, size)
        ]
        return trial.contrast(
            Route("scores", assumed),
            parts[0][0].instrument_id,
            week,
            effects.standardized_mean_difference(*summaries),
            effects.mean_difference(*summaries),
            basis="derived" if assumed is None else "assumed",
            rows=(part.row for part in (*(p for arm in parts for p in arm), *counted)),
        )
    return trial.refused(NO_FIGURES, tuple(row.row for row in means))


def _from_omnibus(trial: _Trial) -> RandomisedContrast | NotUsable:
    """Bounds of the standardised difference from an omnibus P and the authors' ranking.

    A ranking says which arm did better: the benefit counts downwards, whatever the scale was.
    """
    review, records = trial.review, trial.review.records
    of_outcome = lambda statistic: records.study_rows(
        trial.study_id, statistic, outcome=trial.outcome
    )
    omnibus = [row for row in of_outcome("p_omnibus") if row.value == row.value]
    ranks = sorted(of_outcome("rank"), key=lambda row: row.value)
    if not omnibus or not ranks:
        return trial.refused(NO_FIGURES)
    order = [row.arm_id for row in ranks]
    if (order[0], order[-1]) != trial.arms:
        return trial.refused(NOT_AT_ENDS)
    row = max(omnibus, key=lambda row: row.week)
    people = [_if_exact(records.people(trial.study_id, arm)) for arm in order]
    counted = all(entry.found for entry in people)
    sizes = [entry.value if entry.found else review.settings.arm_size for entry in people]
    if min(sizes) < 2:
        return trial.refused(TOO_FEW, tuple(entry.row for entry in people))
    printed = figures.printed(row.value, int(row.decimals), row.comparator, least=0.0, most=1.0)
    if not printed.usable:
        return trial.refused(NOT_A_P, (row.row,))
    p = Range(printed.low, printed.high)
    smallest = omnibus_range(p.high, sizes)[0]
    largest = omnibus_range(p.low, sizes)[1]
    measure = Measure("SMD", SD, "lower")
    ends = [
        Effect.normal(
            measure, -d, float(effects.smd_variance(-d, sizes[0], sizes[-1])), review.settings.level
        ).interval
        if isfinite(d)
        else Interval(-inf, -inf, review.settings.level)
        for d in (smallest, largest)
    ]
    covered = Interval(
        min(end.low for end in ends), max(end.high for end in ends), review.settings.level
    )
    return RandomisedContrast(
        study_id=trial.study_id,
        label=trial.label,
        outcome=trial.outcome,
        week=float(row.week),
        instrument_id="",
        effects=(Effect(measure, None, nan, covered, Range(-largest, -smallest)),),
        route=Route("omnibus", None if counted else review.settings.arm_size, p=p),
        basis=weakest(["derived" if counted else "assumed", *(rank.basis for rank in ranks)]),
        rows=(
            row.row,
            *(rank.row for rank in ranks),
            *(entry.row for entry in people if entry.found),
        ),
    )


# Reasons that say more than that something is not printed.
_TELLING = (ONLY_BOUNDS, TOO_FEW, NO_WIDTH, CROSSOVER, NOT_A_P)

# In the order in which they are tried.
ROUTES: dict[str, Callable[[_Trial], RandomisedContrast | NotUsable]] = {
    "difference": _from_difference,
    "changes": _from_changes,
    "scores": _from_scores,
    "omnibus": _from_omnibus,
}


@once
def by_every_route(
    review: Review, study_id: str, treated: str, control: str, outcome: str
) -> dict[str, RandomisedContrast | NotUsable]:
    """What each of `ROUTES` makes of a trial on one outcome, in their order."""
    trial = _Trial(review, study_id, (treated, control), outcome)
    return {name: route(trial) for name, route in ROUTES.items()}


@once
def contrast(
    review: Review, study_id: str, treated: str, control: str, outcome: str
) -> RandomisedContrast | NotUsable:
    """The contrast of one trial on one outcome, by the first route that gives one.

    Where means do not agree with a printed omnibus P, or are there but not used, its route says so.
    Without any, the reason that says most.
    """
    found = by_every_route(review, study_id, treated, control, outcome)
    chosen = next((c for c in found.values() if isinstance(c, RandomisedContrast)), None)
    if chosen is None:
        refused = [c for c in found.values() if isinstance(c, NotUsable)]
        return next((c for c in refused if c.reason in _TELLING), found["changes"])
    omnibus, scores = found["omnibus"], found["scores"]
    if chosen is scores and isinstance(omnibus, RandomisedContrast):
        implied, value = omnibus.effects[0].range, chosen.effects[0].value
        if value is not None and not implied.low <= value <= implied.high:
            return replace(chosen, route=replace(chosen.route, omnibus=implied))
    if chosen is omnibus and isinstance(scores, NotUsable) and scores.rows:
        return replace(chosen, route=replace(chosen.route, means_left_out=True))
    return chosen


def _if_exact(entry: Reported) -> Reported:
    """A number of people; as not found where it is printed as a bound."""
    return entry if entry.comparator == "=" else replace(entry, value=nan)


def omnibus_range(p: float, sizes: list[float]) -> tuple[float, float]:
    """|d| between best and worst group at exactly this omnibus P, smallest and largest."""
    f = float(recover.f_from_p(p, len(sizes) - 1, sum(sizes) - len(sizes)))
    return recover.standardised_range_from_omnibus(f, sizes) if isfinite(f) else (inf, inf)


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


@once
def changes(
    review: Review, study_id: str, treated: str, control: str, outcome: str
) -> tuple[SingleArmChange | NotUsable, ...]:
    """The change in the treated and in the control arm of a trial."""
    settings = review.settings
    assume = settings.missing_se == "assume"
    return tuple(
        change_under(
            review,
            study_id,
            arm,
            outcome,
            None,
            settings.pre_post_r if assume else None,
            settings.change_sd if assume else None,
        )
        for arm in (treated, control)
    )


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
        changes(review, row.study_id, row.treated_arm, row.control_arm, about.outcome)
        for row in review.records.rows("contrasts")
    ]
    return [
        (treated, control)
        for treated, control in pairs
        if isinstance(treated, SingleArmChange)
        and isinstance(control, SingleArmChange)
        and treated.instrument_id == control.instrument_id == about.instrument_id
    ]
