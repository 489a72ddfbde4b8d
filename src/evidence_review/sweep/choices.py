"""The subjects of a sweep, and the choices that it may try: settings of a review, and more for a pool."""

from __future__ import annotations

from dataclasses import dataclass

from evidence_review.effect_measures import OF_EVENTS
from evidence_review.estimates.contrast import compared_trials, reporting
from evidence_review.estimates.methods import (
    BINOMIAL_NORMAL,
    INVERSE_VARIANCE,
    MANTEL_HAENSZEL,
    PETO,
)
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.placebo.bias import appraised_change
from evidence_review.placebo.response import has_placebo_arms
from evidence_review.records import Records
from evidence_review.review import settings
from evidence_review.review.review import Review
from evidence_review.review.settings import EVERY, NONE, Limits, Settings
from evidence_review.sensitivity import pool_choices as kinds

# The subjects of a sweep.
AGAINST_PLACEBO = "effect against placebo"
POOLED_EFFECT = "pooled effect"
ABOUT = (AGAINST_PLACEBO, POOLED_EFFECT)

# Choices that are not settings of a report: the studies, the week of the figures, the method.
STUDIES, WEEKS, METHOD = "studies", "weeks", "method"
LAST_PRINTED, AS_PUBLISHED = "last printed", "of the published pool"
RANDOM_EFFECTS = "random_effects"
# Value of the estimator of tau and of the rule for the interval if a method of pooling has its own.
NOT_USED = "not used"
OF_RANDOM_EFFECTS = ("tau2", "interval")

# Settings that move a pool: all that its effects or their pooling read.
MOVE_A_POOL = (
    "outcome",
    "measure",
    "evidence",
    "missing_se",
    "change_sd",
    "pre_post_r",
    "arm_size",
    "crossover_r",
    "icc",
    "tau2",
    "interval",
    "smd_sds",
    "level",
)
OF_SETTINGS = tuple(name for name in Settings.names() if name != "review")
OF_A_POOL = (*MOVE_A_POOL[:3], STUDIES, WEEKS, *MOVE_A_POOL[3:], METHOD)

# Names of the choices in a reader's words, and the choices that change what is asked.
LABELS = settings.LABELS | {
    STUDIES: "which studies",
    WEEKS: "the figures of which weeks",
    METHOD: "method of pooling",
}
ESTIMANDS = (*settings.ESTIMANDS, STUDIES, WEEKS)

# Beginning of the name of each kind of choice of studies in a sweep's file.
_BEFORE = {
    kinds.WITHOUT: "without ",
    kinds.GROUP: "only ",
    kinds.CHARACTERISTIC: "only those that ",
}


def names_for(about: str) -> tuple[str, ...]:
    """Choices that a sweep on this subject may try."""
    return OF_A_POOL if about == POOLED_EFFECT else OF_SETTINGS


def default_of(name: str, values: Settings) -> float | str | None:
    """The value of a choice that a file does not name. values: the settings."""
    own = {STUDIES: EVERY, WEEKS: LAST_PRINTED, METHOD: RANDOM_EFFECTS}
    return own[name] if name in own else getattr(values, name)


@dataclass(frozen=True)
class StudyChoice:
    """A choice of the studies of a pool: see `sensitivity.pool_choices`."""

    kind: str
    of: str

    @property
    def name(self) -> str:
        """Its name in a sweep's file: 'without Baker 2012', 'in the published review'."""
        return f"{_BEFORE[self.kind]}{self.of}" if self.of else self.kind


def study_choices(review: Review) -> dict[str, StudyChoice]:
    """Choices of studies for the review's outcome, by name; none without a pool.

    They are taken from the pool under the default settings; choices that keep all studies or fewer than
    two are left out.
    """
    own = review.by_default()
    now = pooled_contrast(own, own.about.outcome)
    if now is None:
        return {}
    found = (StudyChoice(kind, of) for kind, of in kinds.choices_of_trials(own, now))
    kept = lambda one: len(kinds.kept_trials(own, now, one.kind, one.of))
    return {one.name: one for one in found if 2 <= kept(one) < len(now.contrasts)}


def limits_for(review: Review, about: str) -> dict[str, Limits]:
    """What is allowed for every choice of a sweep about a review's outcome, by name."""
    limits = {name: review.limits[name] for name in names_for(about) if name in review.limits}
    if about != POOLED_EFFECT:
        return limits
    if limits["measure"].choices == (NONE,):  # an outcome of means has no other measure
        limits["measure"] = Limits()
    records = review.records
    weeks = [row.published_week for row in records.rows("contrasts")]
    printed = any(week == week for week in weeks)
    by_counts = (MANTEL_HAENSZEL, PETO, BINOMIAL_NORMAL)
    of_events = by_counts if review.settings.measure in OF_EVENTS else ()
    return limits | {
        STUDIES: Limits((EVERY, *study_choices(review))),
        WEEKS: Limits((LAST_PRINTED, AS_PUBLISHED) if printed else (LAST_PRINTED,)),
        METHOD: Limits((RANDOM_EFFECTS, INVERSE_VARIANCE, *of_events)),
    }


def about_by_default(records: Records, outcomes: list[str]) -> str:
    """The subject of a sweep whose file does not name one: the review's answer on these outcomes.

    It is the effect against placebo if an uncontrolled change is compared with placebo arms, or if there
    are only placebo arms; else the pooled effect.
    """
    asked = [Review(records, Settings(outcome=one)) for one in outcomes]
    if all(appraised_change(one) is not None for one in asked):
        return AGAINST_PLACEBO
    is_pooled = any(pooled_contrast(one, one.about.outcome) is not None for one in asked)
    placebo_alone = not is_pooled and all(map(has_placebo_arms, asked))
    return AGAINST_PLACEBO if placebo_alone else POOLED_EFFECT


def studies_to_pool(review: Review) -> tuple[int, int]:
    """How many studies are compared, and how many of them print anything on the review's outcome."""
    compared = {trial.study_id for trial in compared_trials(review)}
    return len(compared), len(compared & reporting(review, review.about.outcome).keys())
