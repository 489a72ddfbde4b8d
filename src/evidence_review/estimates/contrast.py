"""Treatment against control, or exposed against unexposed, in one study: by the best route that its figures allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan, sqrt
from typing import NamedTuple

import numpy as np

from evidence_review.effect_measures import OF_EVENTS, STATED
from evidence_review.estimates.arms import combined_effects
from evidence_review.estimates.change import BESIDE, SingleArmChange, arm_change
from evidence_review.estimates.clusters import CLUSTER
from evidence_review.estimates.effect import Effect, NotUsable, weakest
from evidence_review.estimates.reasons import (
    ARMS_APART,
    CROSSOVER_ARMS,
    NO_CHANGE,
    NO_EVENTS,
    NO_TIME,
    NOT_PRINTED,
    NOTHING_MORE,
    ONLY_ODDS,
    OTHER_EVIDENCE,
    OTHER_MEASURE,
    TOO_FEW_FOR_SDS,
)
from evidence_review.estimates.route import Refused
from evidence_review.estimates.routes import ROUTES
from evidence_review.estimates.routes.found import Found, Route
from evidence_review.estimates.routes.of_test import omnibus_range
from evidence_review.estimates.trial import PAIRED, People, Trial
from evidence_review.records import shared_comparator
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Range
from evidence_review.review.review import Review, on_outcome, once
from evidence_review.review.settings import ANY, OBSERVATIONAL, RANDOMISED


@dataclass(frozen=True)
class Contrast:
    """Treatment against control, or exposed against unexposed, in one study, on each measure that its figures give.

    Parameters
    ----------
    effects : tuple of Effect
        At most one of each measure and kind of SD: a mean difference in the unit of the scale, and
        standardised ones in SDs of changes or of scores; of events, the measure of the review first.
        A reconstruction has bounds, not a value.
    week : float
        nan for a pool, and where none is printed.
    instrument_id : str
        '' where the scale is not named, or the trials of a pool share none.
    comparator : str
        What the control group got: 'placebo', 'no exposure', or 'control' where it is something else, or
        not known.
    evidence : str
        'randomised', or 'observational' where nobody was allocated at random; of a pool of both, the
        latter.
    """

    study_id: str
    label: str
    outcome: str
    week: float
    instrument_id: str
    effects: tuple[Effect, ...]
    route: Route
    rows: tuple[RowId, ...]
    comparator: str = "placebo"
    evidence: str = RANDOMISED

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
) -> dict[str, Contrast | NotUsable]:
    """What each of `ROUTES` makes of a trial on one outcome, in their order."""
    trial = Trial(review, study_id, (treated, control), outcome)
    return {name: _as_contrast(trial, route(trial)) for name, route in ROUTES.items()}


def _as_contrast(trial: Trial, found: Found | Refused) -> Contrast | NotUsable:
    if isinstance(found, Refused):
        return trial.refused(found, NOT_PRINTED)
    # Two people and two give no standardised difference: its correction is not defined.
    effects = tuple(one for one in found.effects if not isnan(one.range.low))
    if not effects:
        return trial.refused(Refused(TOO_FEW_FOR_SDS, found.rows), NOT_PRINTED)
    return Contrast(
        study_id=trial.study_id,
        label=trial.label,
        outcome=trial.outcome,
        week=found.week,
        instrument_id=found.instrument_id,
        effects=effects,
        route=found.route,
        rows=found.rows,
        comparator=trial.records.comparators.get(trial.study_id, "placebo"),
        evidence=evidence_of(trial.review, trial.study_id),
    )


def evidence_of(review: Review, study_id: str) -> str:
    """Whether a study allocated people at random: 'randomised' or 'observational'."""
    at_random = review.records.study(study_id).randomised == "yes"
    return RANDOMISED if at_random else OBSERVATIONAL


def evidence_pooled(review: Review) -> str:
    """What the answer of a review rests on: 'observational' where any study pooled is."""
    return RANDOMISED if review.settings.evidence in (None, RANDOMISED) else OBSERVATIONAL


@once
def contrast(
    review: Review, study_id: str, treated: str, control: str, outcome: str
) -> Contrast | NotUsable:
    """The contrast of one trial on one outcome, by the best route that gives one.

    A value comes before a range, what is printed or derived before what rests on an assumption, a
    later week before an earlier one; then the order of `ROUTES` decides. Events are another outcome than
    means, and are not taken for one: a review that states a measure takes the routes to it, for its own
    outcome and for others without means. Where means do not agree with
    a printed omnibus P, or are there but not used, the route says so. Without any, the reason that
    says most.
    """
    found = by_every_route(review, study_id, treated, control, outcome)
    measure = review.settings.measure
    if measure in STATED and outcome == review.about.outcome:
        return _on_measure(found, measure)
    of_means = [
        c for c in found.values() if isinstance(c, Contrast) and (c.on("MD") or c.on("SMD"))
    ]
    if not of_means and measure in STATED:
        return _on_measure(found, measure)
    if not of_means:
        # Events are another outcome: why they do not serve says less of means.
        return _not_usable(found, ("changes", "scores"), last=("events", "rates"))
    chosen = min(of_means, key=lambda c: (not c.is_known, c.basis == "assumed", -c.week))
    omnibus, scores = found["omnibus"], found["scores"]
    if chosen is scores and isinstance(omnibus, Contrast):
        implied, value = omnibus.effects[0].range, chosen.effects[0].value
        if value is not None and not implied.low <= value <= implied.high:
            return replace(chosen, route=replace(chosen.route, omnibus=implied))
    if chosen is omnibus and isinstance(scores, NotUsable) and scores.rows:
        return replace(chosen, route=replace(chosen.route, means_left_out=True))
    return chosen


class ComparedTrial(NamedTuple):
    """A trial of contrasts.csv: its treated arms that answer the question, and its control arm."""

    study_id: str
    treated: tuple[str, ...]
    control: str


@once
def compared_trials(review: Review) -> list[ComparedTrial]:
    """The trials of contrasts.csv, each once, in its order."""
    found: dict[str, ComparedTrial] = {}
    for row in review.records.rows("contrasts"):
        before = found.get(row.study_id)
        treated = (*(before.treated if before else ()), row.treated_arm)
        found[row.study_id] = ComparedTrial(row.study_id, treated, row.control_arm)
    return list(found.values())


@once
def trial_contrast(review: Review, compared: ComparedTrial, outcome: str) -> Contrast | NotUsable:
    """The contrast of one trial on one outcome, of all its treated arms taken together.

    Arms share their control: their effects are combined with the covariance that it gives them, so that
    its people count once. An arm that gives no value is left out where another does.
    """
    study, treated, control = compared
    found = [contrast(review, study, arm, control, outcome) for arm in treated]
    usable = [item for item in found if isinstance(item, Contrast)]
    known = [
        (arm, item)
        for arm, item in zip(treated, found, strict=True)
        if isinstance(item, Contrast) and item.is_known
    ]
    if len(known) < 2:
        return next((item for _, item in known), (usable or found)[0])
    trials = [Trial(review, study, (arm, control), outcome) for arm, _ in known]
    refused = lambda reason: trials[0].refused(
        Refused(reason, tuple(dict.fromkeys(row for _, item in known for row in item.rows))), reason
    )
    if trials[0].design_name == PAIRED:
        return refused(CROSSOVER_ARMS)
    first = known[0][1]
    if len({(item.week, item.instrument_id) for _, item in known}) > 1:
        return refused(ARMS_APART)
    people = [trial.people() for trial in trials]
    sizes = [one.values for one in people if isinstance(one, People)]
    effects = combined_effects(
        [item.effects for _, item in known], [n for n, _ in sizes], sizes[0][1]
    )
    if not effects:
        return refused(ARMS_APART)
    label = {row.arm_id: row.label for row in review.records.rows("arms") if row.study_id == study}
    return replace(
        first,
        effects=effects,
        route=Route("several arms", parts=tuple((label[arm], item.route) for arm, item in known)),
        rows=tuple(dict.fromkeys(row for _, item in known for row in item.rows)),
    )


def _on_measure(found: Mapping[str, Contrast | NotUsable], measure: str) -> Contrast | NotUsable:
    """The best of several routes to one measure, which then comes first; else the reason that says most.

    What both arms print comes before an estimate in a randomised trial: counts are not rounded, and every
    method can use them. In an observational study a printed estimate comes first, which may be adjusted.
    """
    there = [c for c in found.values() if isinstance(c, Contrast) and c.on(measure)]
    if there:
        counted = lambda c: c.route.name in ("events", "rates", "ratio")
        best = min(
            there,
            key=lambda c: (
                not c.is_known,
                c.basis == "assumed",
                counted(c) and c.evidence == OBSERVATIONAL,
            ),
        )
        first = [effect for effect in best.effects if effect.measure.name == measure]
        rest = [effect for effect in best.effects if effect.measure.name != measure]
        return replace(best, effects=(*first, *rest))
    for name in ("events", "rates", "estimate and SE", "estimate and interval", "estimate and P"):
        other = found[name]
        if isinstance(other, Contrast):
            reason = why_not(measure, other, found["rates"])
            return NotUsable(other.study_id, "", other.label, reason, other.rows)
    # The route to a ratio speaks only where one is asked for.
    return _not_usable({"ratio": found["ratio"]} | dict(found), ("events",))


def _not_usable(
    found: Mapping[str, Contrast | NotUsable], usual: Sequence[str], last: Sequence[str] = ()
) -> NotUsable:
    """Why a trial gives no effect that is asked for: the reason that says most.

    Parameters
    ----------
    found : mapping
        What the routes give: each is refused, or on another measure.
    usual, last : sequence of str
        Routes whose reason is told where all lack what is printed, and those whose reason comes last.
    """
    refused = {name: c for name, c in found.items() if isinstance(c, NotUsable)}
    more = {name: c for name, c in refused.items() if c.reason not in NOTHING_MORE}
    of_usual = [refused[name] for name in usual if name in refused]
    reasons = (
        *(c for name, c in more.items() if name not in last),
        *(c for c in of_usual if c.reason not in (NO_CHANGE, NOT_PRINTED)),
        *(
            NotUsable(c.study_id, "", c.label, OTHER_MEASURE, c.rows)
            for c in found.values()
            if isinstance(c, Contrast)
        ),
        *(more[name] for name in last if name in more),
        *of_usual,
    )
    return reasons[0]


def why_not(measure: str, other: Contrast, rates: Contrast | NotUsable) -> str:
    """Why a route that gives something else gives nothing on a measure of events, or of time.

    rates: what the route gives that counts the time that people were followed.
    """
    if other.route.name != "events":
        return OTHER_MEASURE
    if measure == "IRR":
        if isinstance(rates, NotUsable) and rates.reason != NOT_PRINTED:
            return rates.reason
        return NO_TIME
    if measure not in OF_EVENTS:
        return OTHER_MEASURE
    return ONLY_ODDS if other.on("OR") else NO_EVENTS


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
    for item in every_contrast(review):
        if item.route.name == "omnibus":
            get = lambda name, item=item: review.records.select(
                study_id=item.study_id, outcome=item.outcome, statistic=name
            )
            p = next(row.value for row in get("p_omnibus") if row.week == item.week)
            printed.setdefault((p, len(get("rank"))), []).append(item.outcome)
    if not printed or review.settings.arm_size is None:
        return []
    sizes = sorted({*review.bounds("arm_size"), review.settings.arm_size})
    return [
        OmnibusBounds(tuple(outcomes), p, size, Range(*omnibus_range(p, [size] * groups)))
        for (p, groups), outcomes in printed.items()
        for size in sizes
    ]


def people(review: Review, studies: Iterable[str], outcome: str) -> tuple[float, bool]:
    """People of an outcome in the arms of compared trials, each once, and whether none is assumed (arm_size).

    In a crossover trial they are the same in each arm. nan where a number is not printed, and none is
    assumed.
    """
    compared = {trial.study_id: trial for trial in compared_trials(review)}
    total, counted = 0.0, True
    for study in studies:
        arms = *compared[study].treated, compared[study].control
        counts = [review.records.people(study, arm, outcome) for arm in arms]
        sizes = [one.value if one.found else review.settings.arm_size or nan for one in counts]
        is_paired = review.records.study(study).design == PAIRED
        total += float(np.max(sizes)) if is_paired else sum(sizes)
        counted = counted and all(one.found for one in counts)
    return total, counted


@once
def contrast_results(review: Review, outcome: str) -> tuple[Contrast | NotUsable, ...]:
    """What each study of contrasts.csv gives on one outcome, in its order.

    Those of a kind that the settings do not pool give nothing. An outcome of outcomes.csv is measured as
    that table says.
    """
    asked = on_outcome(review, outcome)
    return tuple(
        trial_contrast(asked, trial, outcome)
        if _is_asked_for(asked, trial.study_id)
        else NotUsable(
            trial.study_id, "", review.records.study(trial.study_id).label, OTHER_EVIDENCE
        )
        for trial in compared_trials(review)
    )


def compared_with(review: Review) -> str:
    """What the studies asked for compare with: 'placebo', 'usual care', 'no exposure', or 'control' where they differ."""
    asked = [
        trial.study_id for trial in compared_trials(review) if _is_asked_for(review, trial.study_id)
    ]
    return shared_comparator(review.records.comparators[study] for study in asked)


def _is_asked_for(review: Review, study_id: str) -> bool:
    """Whether a study is of the kind that the settings pool: randomised and others are told apart."""
    wanted = review.settings.evidence
    return wanted in (None, ANY) or evidence_of(review, study_id) == wanted


_OF_PEOPLE = ("n", "n_randomised", "n_analysed", "n_planned")


@once
def reporting(review: Review, outcome: str) -> dict[str, tuple[RowId, ...]]:
    """The studies of the answer that print anything of an outcome in what was read, each with its rows."""
    compared = {trial.study_id for trial in compared_trials(review)}
    compared |= {review.about.single_arm_study}
    found: dict[str, tuple[RowId, ...]] = {}
    for row in review.records.rows("statistics"):
        says = row.statistic not in _OF_PEOPLE and (row.value == row.value or row.text)
        if row.study_id in compared and row.outcome == outcome and says:
            found[row.study_id] = (*found.get(row.study_id, ()), row.row)
    return found


@once
def contrasts_on(review: Review, outcome: str) -> tuple[Contrast, ...]:
    """The contrasts that the figures of the compared studies allow on one outcome."""
    found = contrast_results(review, outcome)
    return tuple(item for item in found if isinstance(item, Contrast))


@once
def every_contrast(review: Review) -> tuple[Contrast, ...]:
    """Every contrast that the figures allow, outcome by outcome, the review's own outcome first."""
    return tuple(found for outcome in outcomes(review) for found in contrasts_on(review, outcome))


@once
def outcomes(review: Review) -> list[str]:
    """Outcomes of the compared trials that print what a route takes: the review's own, then those of outcomes.csv."""
    compared = {row.study_id for row in review.records.rows("contrasts")}
    kinds = ["p_omnibus", "mean", "mean_first_period", "change_mean", "difference", "estimate"]
    if review.about.measure in STATED:
        kinds += ["n_events"]
    rows = review.records.rows("statistics")
    found = [r.outcome for r in rows if r.study_id in compared and r.statistic in kinds]
    further = [row.outcome for row in review.records.further_outcomes]
    return list(dict.fromkeys([review.about.outcome, *further, *found]))


@dataclass(frozen=True)
class ChangesByArm:
    """Change on treatment and on placebo, of each compared trial that prints both.

    Parameters
    ----------
    usable : tuple of (SingleArmChange, SingleArmChange)
        Treated, then control.
    not_usable : tuple of NotUsable
        An arm of each trial that prints the change, but not what randomising people in groups costs.
    """

    usable: tuple[tuple[SingleArmChange, SingleArmChange], ...]
    not_usable: tuple[NotUsable, ...]


@once
def changes_by_arm(review: Review) -> ChangesByArm:
    """Change on treatment and on placebo, of each compared trial that gives both, on the review's outcome.

    Several treated arms count as one group of all their people. Where people were randomised in groups,
    each standard error allows for it, or the trial is not usable.
    """
    about = review.about
    usable, not_usable = [], []
    for study, treated, control in compared_trials(review):
        if not _is_asked_for(review, study):
            continue
        change = lambda arm, study=study: arm_change(
            review, study, arm, about.outcome, asked=BESIDE
        )
        other, changed = change(control), [change(arm) for arm in treated]
        known = [
            one
            for one in changed
            if isinstance(one, SingleArmChange)
            and isinstance(other, SingleArmChange)
            and one.instrument_id == other.instrument_id == about.instrument_id
        ]
        if known and isinstance(other, SingleArmChange):
            usable.append((_as_one_group(known), other))
            continue
        refused = [one for one in (other, *changed) if isinstance(one, NotUsable)]
        said = [one for one in refused if one.reason not in NOTHING_MORE]
        if review.records.study(study).design == CLUSTER:
            not_usable += said[:1]
    return ChangesByArm(tuple(usable), tuple(not_usable))


def _as_one_group(changes: list[SingleArmChange]) -> SingleArmChange:
    """The mean change of all people of several arms; of one arm its own."""
    if len(changes) == 1:
        return changes[0]
    people = sum(change.n for change in changes)
    shares = [change.n / people for change in changes]
    mean_of = lambda values: sum(share * x for share, x in zip(shares, values, strict=True))
    root_of = lambda values: sqrt(
        sum((share * x) ** 2 for share, x in zip(shares, values, strict=True))
    )
    return replace(
        changes[0],
        n=people,
        mean=mean_of(change.mean for change in changes),
        se=root_of(change.se for change in changes),
        basis=weakest(change.basis for change in changes),
        rows=tuple(dict.fromkeys(row for change in changes for row in change.rows)),
        mean_rounding=Range(
            mean_of(change.mean_rounding.low for change in changes),
            mean_of(change.mean_rounding.high for change in changes),
        ),
        se_rounding=Range(
            root_of(change.se_rounding.low for change in changes),
            root_of(change.se_rounding.high for change in changes),
        ),
    )
