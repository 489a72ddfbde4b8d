"""What one study prints of two arms on one outcome, and how its design compares them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import NamedTuple

import numpy as np

from evidence_review.estimates.change import SingleArmChange, arm_change, directed
from evidence_review.estimates.clusters import CLUSTER, clusters
from evidence_review.estimates.effect import Effect, NotUsable
from evidence_review.estimates.measure import (
    OF_CHANGES,
    OF_SCORES,
    SD,
    Better,
    Measure,
    better_of,
    is_on_the_scale,
    scale_of,
)
from evidence_review.estimates.reasons import CROSSOVER, NO_N, TOO_FEW
from evidence_review.estimates.route import Refused, exact, reach, rounded
from evidence_review.records import Records, Reported
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Range
from evidence_review.review.review import Review
from evidence_review.stats import designs, effects
from evidence_review.stats.figures import Recovered, over_all

# Words of outcomes.csv as `Better`.
PARALLEL, PAIRED = "parallel", "crossover"
COHORT, CASE_CONTROL = "cohort", "case-control"


# What ties the people of two parallel groups.
_NONE = Recovered(1.0, 1.0, 1.0)


class Compared(NamedTuple):
    """Two arms compared: the difference of means with its variance, and Hedges' g with its own."""

    difference: np.ndarray
    variance: np.ndarray
    g: np.ndarray
    g_variance: np.ndarray
    df: np.ndarray


@dataclass(frozen=True)
class Design:
    """How the people of the two arms of a trial belong together.

    Parameters
    ----------
    name : {'parallel', 'crossover', 'cluster'}
    tie : Recovered
        Of a crossover trial the correlation of a person's two values; of a cluster trial the design
        effect; 1 of a parallel one.
    assumed : float or None
        The correlation that had to be assumed.
    clusters : float
        Groups of people in both arms of a cluster trial; nan otherwise.
    rows : tuple of RowId
    """

    name: str
    tie: Recovered = _NONE
    assumed: float | None = None
    clusters: float = nan
    rows: tuple[RowId, ...] = ()

    def compare(self, m1, s1, n1, m2, s2, n2, tie) -> Compared:
        """Means and SDs of both arms compared as the design asks; arrays of one shape.

        A crossover trial of n people is one sample of n differences (Elbourne et al. 2002); its g is
        in SDs of people, not of differences. In a cluster trial variances grow by the design effect.
        Degrees of freedom: Welch's; n - 1; clusters less 2.
        """
        if self.name == PAIRED:
            n = np.minimum(n1, n2)
            difference, variance = designs.paired_difference(m1, s1, m2, s2, n, tie)
            sd = np.sqrt((s1**2 + s2**2) / 2)
            g = effects.standardized_adjusted_difference(difference, np.sqrt(variance), sd, n - 1)
            return Compared(difference, variance, *g, n - 1)
        difference, variance = effects.mean_difference(m1, s1, n1, m2, s2, n2)
        g, g_variance = effects.standardized_mean_difference(m1, s1, n1, m2, s2, n2)
        if self.name == CLUSTER:
            g_variance = effects.smd_variance(g, n1 / tie, n2 / tie)
            return Compared(
                difference, variance * tie, g, g_variance, np.full_like(g, self.clusters - 2)
            )
        df = variance**2 / ((s1**2 / n1) ** 2 / (n1 - 1) + (s2**2 / n2) ** 2 / (n2 - 1))
        return Compared(difference, variance, g, g_variance, df)


@dataclass(frozen=True)
class People:
    """How many there are in both arms; `assumed` is the number taken where none is given."""

    sizes: tuple[Recovered, Recovered]
    rows: tuple[RowId, ...]
    assumed: float | None

    @property
    def values(self) -> tuple[float, float]:
        return self.sizes[0].value, self.sizes[1].value

    @property
    def df(self) -> float:
        """Degrees of freedom of a pooled SD."""
        return sum(self.values) - 2


class Spread(NamedTuple):
    """SDs of both arms, whose they are, and whether one had to be assumed."""

    sd_of: str
    sds: tuple[Recovered, Recovered]
    assumed: float | None
    rows: tuple[RowId, ...]


@dataclass(frozen=True)
class Trial:
    """One compared trial on one outcome: treated and control arm, in that order."""

    review: Review
    study_id: str
    arms: tuple[str, str]
    outcome: str

    @property
    def records(self) -> Records:
        return self.review.records

    @property
    def label(self) -> str:
        return self.records.study(self.study_id).label

    @property
    def design_name(self) -> str:
        return self.records.study(self.study_id).design

    def refused(self, found: Refused, otherwise: str) -> NotUsable:
        reason = found.reason or otherwise
        return NotUsable(self.study_id, self.arms[0], self.label, reason, found.rows)

    def figure(self, arm: str, statistic: str, week: float) -> Reported:
        return self.records.statistic(
            self.study_id, arm, statistic, outcome=self.outcome, week=week
        )

    def of_both(self, statistic: str, week: float) -> list[Reported]:
        """The same figure of both arms."""
        return [self.figure(arm, statistic, week) for arm in self.arms]

    def of_comparison(self, statistic: str, week: float) -> Reported:
        """A figure of the comparison, which stands with the treated arm."""
        return self.figure(self.arms[0], statistic, week)

    def weeks(self, arm: str, *statistics: str) -> list[float]:
        """Weeks after the start at which an arm prints one of these, the last first."""
        return self.records.weeks(self.study_id, arm, *statistics, outcome=self.outcome)

    def better(self, instrument_id: str) -> Better | None:
        """Which way the outcome is better (see `measure.better_of`)."""
        return better_of(self.review, self.outcome, instrument_id)

    def measure(self, printed: Reported) -> Measure:
        """The mean difference in the unit of a printed figure (see `measure.scale_of`)."""
        return scale_of(self.review, self.outcome, printed, "MD")

    def sign(self, entry: Reported) -> int:
        """Whether a printed change or difference counts as it stands (1), or is turned (-1)."""
        return int(directed(1.0, entry.sign_convention, self.better(entry.instrument_id)))

    def people(self) -> People | Refused:
        """People of both arms. A number that is printed as a bound is not given, and is assumed."""
        counts = [self.records.people(self.study_id, arm, self.outcome) for arm in self.arms]
        given = [entry.found and entry.comparator == "=" for entry in counts]
        assumed = self.review.settings.arm_size
        if assumed is None and not all(given):
            return Refused(NO_N)
        sizes = [
            rounded(entry, whole=True)
            if known
            else Recovered(assumed, *reach("arm_size", assumed, self.review))
            for entry, known in zip(counts, given, strict=True)
        ]
        rows = tuple(entry.row for entry, known in zip(counts, given, strict=True) if known)
        if min(size.value for size in sizes) < 2:
            return Refused(TOO_FEW, rows)
        return People((sizes[0], sizes[1]), rows, None if all(given) else assumed)

    def design(self, people: People) -> Design | Refused:
        """How the arms are to be compared; refused where what ties their people is not known."""
        settings = self.review.settings
        if self.design_name == PAIRED:
            r = settings.crossover_r
            if r is None:
                return Refused(CROSSOVER)
            return Design(PAIRED, Recovered(r, *reach("crossover_r", r, self.review)), r)
        if self.design_name != CLUSTER:
            return Design(PARALLEL)
        found = clusters(
            self.review, self.records, self.study_id, self.arms, self.outcome, sum(people.values)
        )
        if isinstance(found, Refused):
            return found
        return Design(CLUSTER, found.effect, found.assumed, found.number, found.rows)

    def df_of(self, people: People) -> float:
        """Degrees of freedom of a test of two means: of people who had both, else of two groups."""
        return min(people.values) - 1 if self.design_name == PAIRED else people.df

    def changes(self) -> tuple[SingleArmChange | NotUsable, SingleArmChange | NotUsable]:
        """The change in the treated and in the control arm."""
        treated, control = (
            arm_change(self.review, self.study_id, arm, self.outcome) for arm in self.arms
        )
        return treated, control

    def spreads(self, week: float, instrument_id: str, unit: str) -> list[Spread]:
        """SDs of people that a difference at a week, on a scale, can be counted in, one of each kind.

        Of changes: as printed at that week, or of the arms' changes. Of scores: at that week, else at
        baseline. Without either, the SD that the settings assume of changes on the review's scale, if they do.
        """
        found = []
        changes = self.changes()
        printed = self.of_both("change_sd", week)
        if exact(printed) is None and _all_in(unit, printed):
            found.append(_as_spread(OF_CHANGES, printed))
        elif all(
            isinstance(arm, SingleArmChange)
            and arm.week == week
            and arm.assumed is None
            and arm.n > 1
            and arm.unit == unit
            for arm in changes
        ):
            sds = [arm.sd_with_rounding for arm in changes if isinstance(arm, SingleArmChange)]
            rows = tuple(row for arm in changes for row in arm.rows)
            found.append(Spread(OF_CHANGES, (sds[0], sds[1]), None, rows))
        for when in (week, 0.0):
            printed = self.of_both("sd", when)
            if exact(printed) is None and _all_in(unit, printed):
                found.append(_as_spread(OF_SCORES, printed))
                break
        settings = self.review.settings
        assumed = settings.change_sd if settings.missing_se == "assume" else None
        holds = is_on_the_scale(self.review, self.outcome, instrument_id, unit)
        if not found and assumed is not None and holds:
            sd = Recovered(assumed, *reach("change_sd", assumed, self.review))
            found.append(Spread(OF_CHANGES, (sd, sd), assumed, ()))
        return [spread for spread in found if min(sd.low for sd in spread.sds) > 0]

    def standardised(
        self,
        spread: Spread,
        difference: Recovered,
        se: Recovered,
        people: People,
        instrument_id: str,
        basis: str,
    ) -> Effect:
        """A difference in SDs of people: Hedges' g with the difference's own standard error."""
        sd, df = pooled_sd(spread.sds, people), self.df_of(people)
        in_sds = lambda difference, se, sd: effects.standardized_adjusted_difference(
            difference, np.maximum(se, 1e-300), sd, df
        )
        g, variance = over_all(in_sds, difference, se, sd)
        basis = basis if spread.assumed is None else "assumed"
        return self.smd(g, variance.value, instrument_id, basis, spread.sd_of)

    def md(
        self,
        measure: Measure,
        difference: Recovered,
        se: Recovered,
        df: float,
        basis: str,
    ) -> Effect:
        """A mean difference, its interval by t."""
        level = self.review.settings.level
        found = Effect.known(measure, difference.value, se.value**2, level, df=df, basis=basis)
        return replace(
            found,
            rounding=Range(difference.low, difference.high),
            se_rounding=Range(se.low, se.high),
        )

    def smd(
        self, g: Recovered, variance: float, instrument_id: str, basis: str, sd_of: str
    ) -> Effect:
        """A standardised mean difference that is known."""
        measure = Measure("SMD", SD, self.better(instrument_id), sd_of)
        found = Effect.known(measure, g.value, variance, self.review.settings.level, basis=basis)
        return replace(found, rounding=Range(g.low, g.high))


def pooled_sd(sds: Sequence[Recovered], people: People) -> Recovered:
    """One SD of both arms, weighted by their people."""
    n1, n2 = people.values
    of_both = lambda s1, s2: (np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)),)
    return over_all(of_both, *sds)[0]


def _all_in(unit: str, entries: Iterable[Reported]) -> bool:
    return all(entry.unit == unit for entry in entries)


def _as_spread(sd_of: str, entries: Sequence[Reported]) -> Spread:
    first, second = map(rounded, entries)
    return Spread(sd_of, (first, second), None, tuple(entry.row for entry in entries))
