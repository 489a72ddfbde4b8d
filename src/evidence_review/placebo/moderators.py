"""Properties of trials that go with a larger placebo response, one at a time, and the size of trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evidence_review.estimates.change import placebo_arms
from evidence_review.placebo.choices import largest_group
from evidence_review.review.review import Review
from evidence_review.stats.meta_regression import MetaRegression, meta_regression
from evidence_review.stats.small_study import SmallStudyTest, egger_test

if TYPE_CHECKING:
    import pandas as pd


WEEKS = "weeks"
CROSSOVER = "crossover trial"
OTHER_GROUP = "another group of people"
DEVICE = "device (sham) rather than drug"

# Arms below which a regression on a property of theirs is not tried.
_FEWEST = 4


@dataclass(frozen=True)
class Moderator:
    """A meta-regression of the placebo change on one property.

    Parameters
    ----------
    name : str
        One of the names above.
    with_it, known : int
        Arms that have the property (weeks: all), and those of which it is known.
    fit : MetaRegression
        Intercept, and change per week or with the property.
    """

    name: str
    with_it: int
    known: int
    fit: MetaRegression


def moderators(review: Review) -> list[Moderator]:
    """Each property that varies among the placebo arms, of four of which at least it is known."""
    frame, settings = _properties(review), review.settings
    found = []
    if frame.empty:
        return found
    for name in (WEEKS, CROSSOVER, OTHER_GROUP, DEVICE):
        known = frame[~np.isnan(np.asarray(frame[name]))]
        values = np.asarray(known[name])
        if len(known) < _FEWEST or len(np.unique(values)) < 2:
            continue
        fit = meta_regression(
            known["mean"],
            known.variance,
            known[[name]],
            tau2=settings.tau2,
            ci=settings.interval,
            level=settings.level,
        )
        with_it = len(known) if name == WEEKS else int(values.sum())
        found.append(Moderator(name, with_it, len(known), fit))
    return found


def _properties(review: Review) -> pd.DataFrame:
    """A row an arm: its change, and its properties as numbers; nan where not known."""
    import pandas as pd

    reference, largest = review.records.reference_class, largest_group(review)
    classes = {(row.study_id, row.arm_id): row.treatment_class for row in reference.rows("arms")}
    rows = []
    for arm in placebo_arms(review).usable:
        study = reference.study(arm.study_id)
        group = study.population_group
        rows.append(
            {
                "mean": arm.mean,
                "variance": arm.se**2,
                WEEKS: float(study.weeks),
                CROSSOVER: float(study.design == "crossover"),
                OTHER_GROUP: np.nan if group == "not extracted" else float(group != largest),
                DEVICE: float(classes[arm.study_id, arm.arm_id] == "device"),
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class SmallArms:
    """Whether small placebo arms differ from large ones.

    Parameters
    ----------
    egger : SmallStudyTest
        Regression on the standard error, without a spread between trials.
    mixed : MetaRegression or None
        The same with that spread; None where Egger's test is refused.
    """

    egger: SmallStudyTest
    mixed: MetaRegression | None


def small_arms(review: Review) -> SmallArms:
    """The placebo change regressed on its standard error."""
    arms, settings = placebo_arms(review).usable, review.settings
    y, v = np.array([arm.mean for arm in arms]), np.array([arm.se**2 for arm in arms])
    egger = egger_test(y, v)
    if egger.refused:
        return SmallArms(egger, None)
    mixed = meta_regression(
        y, v, np.sqrt(v), tau2=settings.tau2, ci=settings.interval, level=settings.level
    )
    return SmallArms(egger, mixed)
