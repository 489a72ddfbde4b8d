"""Checks of printed figures in tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evidence_review.checks.per_study import every_check
from evidence_review.checks.study_check import StudyCheck
from evidence_review.consistency.printed import INCONSISTENT
from evidence_review.review.review import Review


def not_agreeing(review: Review) -> pd.DataFrame:
    """Every check that found figures which do not agree."""
    odd = [check for check in every_check(review) if check.answer == INCONSISTENT]
    return _table(odd).drop(columns="answer", errors="ignore")


def of_own_trials(review: Review) -> pd.DataFrame:
    """Every check of the review's own trials."""
    own = set(review.records["studies"].study_id)
    return _table([check for check in every_check(review) if check.study_id in own])


def of_reference_class(review: Review) -> pd.DataFrame:
    """Every check of the other trials behind the placebo response."""
    own = set(review.records["studies"].study_id)
    return _table([check for check in every_check(review) if check.study_id not in own])


def _table(checks: Sequence[StudyCheck]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "study": check.label,
                "outcome": check.outcome,
                "check": check.check,
                "answer": check.answer,
                "arithmetic": check.arithmetic,
                "data rows": check.rows,
            }
            for check in checks
        ]
    )
