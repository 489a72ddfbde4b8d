"""Parts that alt texts and captions of several figures share."""

from __future__ import annotations

from evidence_review.estimates.measure import Measure


def better_side(measure: Measure) -> str:
    """', better to the left', to append to the name of an axis; '' if the better side is not known."""
    return ", better to the left" if measure.better else ""
