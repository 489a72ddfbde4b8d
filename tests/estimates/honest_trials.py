"""Honest trial reports: people are simulated, and what a paper would print of them is printed.

Nothing of the package is used to compute what is printed: numpy and scipy only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import exp, lgamma, sqrt

import numpy as np
import pandas as pd
from scipy import stats

from evidence_review.estimates.contrast import Contrast, contrast
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.route import Refused
from evidence_review.estimates.routes import ROUTES
from evidence_review.estimates.routes.found import Found
from evidence_review.estimates.trial import Trial
from evidence_review.records import Records
from evidence_review.records.row_id import RowId
from evidence_review.review.review import Review
from evidence_review.review.settings import Settings

STUDY, OUTCOME, WEEK = "roe2020", "RLS severity", 8.0
ARMS = ("treated", "placebo")


def shown(value: float, decimals: int) -> tuple[float, int]:
    """A number as it is printed, and its decimals."""
    return float(f"{value:.{decimals}f}"), decimals


@dataclass
class Report:
    """A trial report, figure by figure: `say` prints one, `read` gives the review that has it."""

    design: str = "parallel"
    rows: list[dict] = field(default_factory=list)

    def say(
        self,
        arm: str,
        statistic: str,
        value: float,
        decimals: int = 2,
        *,
        week: float = WEEK,
        comparator: str = "=",
        sign: str = "end minus baseline",
        scale: str = "IRLS",
        unit: str = "points",
    ) -> Report:
        printed, places = shown(value, decimals)
        people = statistic.startswith("n_") and statistic != "n_events"
        directed = statistic.startswith(("change", "difference", "t_"))
        self.rows.append(
            {
                "study_id": STUDY,
                "arm_id": arm,
                "outcome": "participants" if people else OUTCOME,
                "instrument_id": "" if people else scale,
                "week": float("nan") if people else week,
                "statistic": statistic,
                "comparator": comparator,
                "value": printed,
                "unit": "people" if people else unit,
                "sign_convention": sign if directed else "",
                "basis": "reported",
                "decimals": places,
            }
        )
        return self

    def people(self, *counts: int, arms: tuple[str, ...] = ARMS) -> Report:
        for arm, count in zip(arms, counts, strict=True):
            self.say(arm, "n_analysed", count, 0)
        return self

    def read(self, records: Records, **settings) -> Review:
        """The review of this trial alone; records: any review, for the columns of its tables."""
        blank, others = _around(records, self.design)
        rows = [
            blank | row | {"row": RowId("made", "statistics", line)}
            for line, row in enumerate(self.rows, start=2)
        ]
        tables = records.tables | others | {"statistics": pd.DataFrame(rows)}
        return Review(replace(records, tables=tables), Settings(**settings))


_KNOWN: dict[tuple[int, str], tuple[dict, dict[str, pd.DataFrame]]] = {}


def _around(records: Records, design: str) -> tuple[dict, dict[str, pd.DataFrame]]:
    """An empty row of statistics, and the other tables of a review of the one trial."""
    key = id(records), design
    if key not in _KNOWN:
        columns = records["statistics"].dtypes.items()
        blank = {
            name: float("nan") if pd.api.types.is_numeric_dtype(kind) else ""
            for name, kind in columns
        }
        first = lambda table: records[table].iloc[[0]].assign(study_id=STUDY)
        _KNOWN[key] = (
            blank,
            {
                "studies": first("studies").assign(label="Roe 2020", design=design),
                "contrasts": first("contrasts").assign(treated_arm=ARMS[0], control_arm=ARMS[1]),
                "arms": pd.concat([first("arms")] * 2).assign(arm_id=list(ARMS)),
            },
        )
    return _KNOWN[key]


def by_route(review: Review, name: str) -> Found | Refused:
    """What one route makes of the trial."""
    return ROUTES[name](Trial(review, STUDY, ARMS, OUTCOME))


def chosen(review: Review) -> Contrast | NotUsable:
    return contrast(review, STUDY, *ARMS, OUTCOME)


@dataclass(frozen=True)
class Arm:
    """Scores of the people of one arm, before and after."""

    before: np.ndarray
    after: np.ndarray

    @property
    def change(self) -> np.ndarray:
        return self.after - self.before

    @property
    def n(self) -> int:
        return len(self.before)


def two_arms(rng: np.random.Generator, least: int = 6, most: int = 60, effect=-3.0) -> list[Arm]:
    """Two parallel arms: scores about 25 with SD 6, changes of SD about 6."""
    found = []
    for gain in (effect - 5.0, -5.0):
        n = int(rng.integers(least, most + 1))
        before = rng.normal(25, 6, n)
        found.append(Arm(before, 25 + gain + 0.5 * (before - 25) + rng.normal(0, 5.2, n)))
    return found


@dataclass(frozen=True)
class Truth:
    """The difference of two samples by a t-test, and Hedges' g."""

    difference: float
    se: float
    df: float
    g: float

    @property
    def t(self) -> float:
        return self.difference / self.se

    @property
    def p(self) -> float:
        return float(2 * stats.t.sf(abs(self.t), self.df))


def t_test(first: np.ndarray, second: np.ndarray) -> Truth:
    """Of two groups, one variance for both."""
    n1, n2 = len(first), len(second)
    df = n1 + n2 - 2
    sd = np.sqrt(((n1 - 1) * first.var(ddof=1) + (n2 - 1) * second.var(ddof=1)) / df)
    difference = first.mean() - second.mean()
    return Truth(difference, sd * np.sqrt(1 / n1 + 1 / n2), df, hedges(df) * difference / sd)


def hedges(df: float) -> float:
    """Hedges' J (1981, eq. 6e)."""
    return exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)
