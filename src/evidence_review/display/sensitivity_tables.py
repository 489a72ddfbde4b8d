"""What moves the answer, in tables."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import pandas as pd

from evidence_review import numbers as text
from evidence_review.review.finding import RARELY
from evidence_review.review.review import Review
from evidence_review.review.settings import LABELS
from evidence_review.sensitivity.one_at_a_time import Sensitivity, tips_at
from evidence_review.sensitivity.tipping import TippingPoint
from evidence_review.words.settings import value_tried


def one_at_a_time(review: Review, found: Sequence[Sensitivity]) -> pd.DataFrame:
    """The share of placebo arms that do as well, as each choice moves over all that is allowed."""
    end = lambda one, reached: (
        f"{text.percent(reached[0], 1)} at {value_tried(review, one, reached[1])}"
    )
    return pd.DataFrame(
        [
            {
                "choice": LABELS[one.name],
                "parameter": one.name,
                "now": one.now_value if isinstance(one.now_value, str) else f"{one.now_value:g}",
                "share now": text.percent(one.now),
                "lowest": end(one, one.low),
                "highest": end(one, one.high),
                f"rare (below {text.percent(RARELY, 1)}) from": "nowhere in its range"
                if isnan(tips := tips_at(review, one))
                else f"{tips:.3g}",
            }
            for one in found
        ]
    )


def tipping(points: Sequence[TippingPoint]) -> pd.DataFrame:
    """What each input would have to be for placebo arms to match the change rarely."""
    return pd.DataFrame(
        [
            {
                "input": point.what,
                f"now ({point.unit})": text.number(point.now),
                "would have to be": text.number(point.at),
            }
            for point in points
        ]
    )
