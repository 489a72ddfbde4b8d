"""What alt texts and captions of several figures share."""

from __future__ import annotations

from evidence_review.estimates.measure import Measure


def better_side(measure: Measure) -> str:
    """', better to the left' behind the name of an axis; '' where no source says which way is better."""
    return ", better to the left" if measure.better else ""
