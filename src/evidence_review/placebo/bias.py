"""Bias of a trial without blinding: what the studies of trials say, and a change less that bias.

Two models, each with one number to set. Additive: open-label reporting adds a normally distributed bias
to the mean change, which is taken off. Discount: the trial's likelihood counts for a part of one
trial (the power prior of Ibrahim & Chen 2000, eq. 1). The studies of trials disagree, so that
every report shows the whole range of both dials.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, log, pi, sqrt

from scipy import special

from evidence_review.estimates.change import SingleArmChange, main_change
from evidence_review.placebo.response import has_placebo_arms
from evidence_review.records.row_id import RowId
from evidence_review.review.review import Review, once
from evidence_review.review.settings import NONE


@dataclass(frozen=True)
class BlindingBias:
    """What lack of blinding adds, in standard deviations; negative flatters the treatment.

    source: who found it; compared: what with what; label: the same as
    figures name it. low to high: the source's 95% interval.
    converted: how its own measure became SDs, or ''.
    """

    bias_id: str
    source: str
    compared: str
    label: str
    mean: float
    low: float
    high: float
    converted: str
    rows: tuple[RowId, ...]

    @property
    def sd(self) -> float:
        """Standard deviation of the normal prior whose central 95% is the interval."""
        return (self.high - self.low) / 2 / float(special.ndtri(0.975))


def smd_from_odds_ratio(odds_ratio: float) -> float:
    """Standardised mean difference that a (ratio of) odds ratio stands for: ln OR sqrt(3) / pi.

    Chinn 2000, Stat Med 19:3127, for logistic outcomes; Cochrane Handbook 10.6.
    """
    return log(odds_ratio) * sqrt(3) / pi


@once
def blinding_biases(review: Review) -> list[BlindingBias]:
    """Every estimate of the bias in bias_evidence.csv, in standard deviations."""
    reference = review.records.reference_class
    out = []
    for row in reference.rows("bias_evidence"):
        is_ratio = row.measure == "ratio of odds ratios"
        turn = smd_from_odds_ratio if is_ratio else float
        out.append(
            BlindingBias(
                bias_id=row.bias_id,
                source=review.records.source_name(row.source_id),
                compared=row.question,
                label=row.label,
                mean=turn(row.estimate),
                low=turn(row.ci_low),
                high=turn(row.ci_high),
                converted="ln(ratio) sqrt(3) / pi" if is_ratio else "",
                rows=(row.row,),
            )
        )
    return out


def less_bias(
    change: SingleArmChange, *, mean: float = 0.0, sd: float = 0.0, discount: float = 1.0
) -> SingleArmChange:
    """A change with a normal bias (mean, sd, in its unit) taken off and its evidence discounted.

    Variance: se^2 / discount + sd^2. discount: the part of a trial that this one counts for, above
    0 and at most 1.
    Raises ValueError for a discount outside that range or a negative sd.
    """
    if not 0 < discount <= 1:
        raise ValueError(f"discount must be above 0 and at most 1; got {discount}")
    if sd < 0:
        raise ValueError(f"sd must not be negative; got {sd}")
    return replace(change, mean=change.mean - mean, se=hypot(change.se / sqrt(discount), sd))


@dataclass(frozen=True)
class Appraised:
    """The uncontrolled change as it is compared with placebo.

    Parameters
    ----------
    printed, change : SingleArmChange
        As its figures give it, and less the bias. The change keeps its n, so that it is still
        compared with placebo arms of its size.
    bias : BlindingBias or None
        What was taken off, in SDs.
    taken_off, per_sd : float
        The same in the unit of the change, and what one SD stands for (`change_sd`).
    discount : float
        The part of a trial that its evidence counts for; 1 is all.
    """

    printed: SingleArmChange
    change: SingleArmChange
    bias: BlindingBias | None
    taken_off: float
    per_sd: float
    discount: float

    @property
    def is_as_printed(self) -> bool:
        """Whether nothing was taken off and nothing discounted."""
        return self.bias is None and self.discount == 1


@once
def appraised_change(review: Review) -> Appraised | None:
    """The review's uncontrolled change less the bias that its settings name.

    None without such a change, or without placebo arms to hold it against.
    """
    settings, printed = review.settings, main_change(review)
    if not isinstance(printed, SingleArmChange) or not has_placebo_arms(review):
        return None
    bias, mean, sd = None, 0.0, 0.0
    if settings.bias != NONE:
        bias = next(b for b in blinding_biases(review) if b.bias_id == settings.bias)
        # A bias below 0 flatters: it is a benefit of the opposite sign.
        mean = printed.measure.worth(-bias.mean) * settings.change_sd
        sd = bias.sd * settings.change_sd
    change = less_bias(printed, mean=mean, sd=sd, discount=settings.discount)
    return Appraised(printed, change, bias, mean, settings.change_sd, settings.discount)
