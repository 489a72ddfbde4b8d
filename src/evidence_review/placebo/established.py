"""Published effects of established treatments against placebo, on the review's own scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence_review.estimates.measure import Measure, scale
from evidence_review.placebo.published import points_per_sd
from evidence_review.review.review import Review, once

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Established:
    """Published pools of treatments against placebo.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of pooled_results.csv in the unit of `measure`.
    measure : Measure
        Mean difference on the review's own scale.
    sd_range : tuple of float
        The least and the most that one standard deviation may stand for, in that unit.
    """

    rows: pd.DataFrame
    measure: Measure
    sd_range: tuple[float, float]

    @property
    def strongest(self) -> pd.Series:
        """The row with the largest benefit."""
        return self.rows.loc[self.rows.estimate.map(self.measure.benefit).idxmax()]


@once
def established(review: Review) -> Established | None:
    """The published effects on the review's scale, the result that review.csv names marked; None without any.

    None, too, where no SD is known by which they and a standardised effect could be compared.
    """
    about = review.about
    if not about.instrument_id or review.settings.change_sd is None:
        return None
    rows = review.records.reference_class["pooled_results"]
    rows = rows[
        (rows.use == "treatment against placebo") & (rows.instrument_id == about.instrument_id)
    ]
    if rows.empty:
        return None
    own = rows.result_id == about.published_result
    low, high = review.bounds("change_sd")
    if per_sd := points_per_sd(review):  # the SD of people at baseline, where it can be worked out
        low = min(low, per_sd[0])
    return Established(
        rows.assign(label=rows.label.where(~own, rows.label + " (published)")),
        scale(review.records, about.instrument_id, "MD"),
        (low, high),
    )
