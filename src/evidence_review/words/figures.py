"""Parts that alt texts and captions of several figures share."""

from __future__ import annotations

from evidence_review.estimates.measure import Measure


def narrowest(drawn: str, every: str) -> str:
    """Which of many intervals a figure shows. drawn: '50 trials'; every: '111 that are pooled'."""
    return f"The {drawn} with the narrowest intervals, of the {every}; the saved numbers have all."


def better_side(measure: Measure) -> str:
    """', better to the left', to append to the name of an axis; '' if the better side is not known."""
    return ", better to the left" if measure.better else ""
