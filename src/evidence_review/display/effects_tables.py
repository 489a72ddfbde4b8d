"""Effects in tables: what a P over all groups leaves open, and established treatments."""

from __future__ import annotations

import pandas as pd

from evidence_review import numbers as text
from evidence_review.estimates.contrast import OmnibusBounds
from evidence_review.placebo.established import Established
from evidence_review.review.review import Review


def omnibus_by_size(found: list[OmnibusBounds]) -> pd.DataFrame:
    """How the assumed size of an arm moves what a P over all groups leaves open."""
    return pd.DataFrame(
        [
            {
                "outcomes": text.listing(item.outcomes),
                "people an arm (assumed)": f"{item.size:g}",
                "P, as if exact": f"{item.p:g}",
                "smallest difference, SD": text.number(item.difference.low, 3),
                "largest difference, SD": text.number(item.difference.high, 3),
            }
            for item in found
        ]
    )


def established_treatments(review: Review, found: Established) -> pd.DataFrame:
    """Published effects of treatments against placebo, the largest first."""
    rows = found.rows.sort_values("estimate", key=lambda x: -x.map(found.measure.benefit))
    return pd.DataFrame(
        {
            "treatment": rows.label,
            found.measure.unit: rows.estimate.map(text.number),
            "interval": list(map(text.interval, rows.ci_low, rows.ci_high)),
            "SD": (rows.estimate / review.settings.change_sd).map(text.number),
            "trials": rows.k.map(lambda k: None if pd.isna(k) else f"{k:.0f}"),
            "certainty": rows.certainty.replace("", None),
            "data rows": [(row,) for row in rows.row],
        }
    )
