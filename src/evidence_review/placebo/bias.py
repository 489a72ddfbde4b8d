"""Bias of a trial without blinding: what the studies of trials say, and a change less that bias.

Two models, each with one dial. Additive: open-label reporting adds a normally distributed bias
to the mean change, which is taken off. Discount: the trial's likelihood counts for a part of one
trial (the power prior of Ibrahim & Chen 2000, eq. 1). The studies of trials disagree, so that
every report shows the whole range of both dials.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, log, pi, sqrt

from scipy import special

from evidence_review.effects.trials import SingleArmChange
from evidence_review.records import Records
from evidence_review.review.settings import NONE, Settings


@dataclass(frozen=True)
class BlindingBias:
    """What lack of blinding adds, in standard deviations; negative flatters the treatment.

    source: who found it; compared: what with what. low to high: the source's 95% interval.
    converted: how its own measure became SDs, or ''.
    """

    bias_id: str
    source: str
    compared: str
    mean: float
    low: float
    high: float
    converted: str
    rows: tuple[str, ...]

    @property
    def sd(self) -> float:
        """Standard deviation of the normal prior whose central 95% is the interval."""
        return (self.high - self.low) / 2 / float(special.ndtri(0.975))


def smd_from_odds_ratio(odds_ratio: float) -> float:
    """Standardised mean difference that a (ratio of) odds ratio stands for: ln OR sqrt(3) / pi.

    Chinn 2000, Stat Med 19:3127, for logistic outcomes; Cochrane Handbook 10.6.
    """
    return log(odds_ratio) * sqrt(3) / pi


def blinding_biases(records: Records) -> list[BlindingBias]:
    """Every estimate of the bias in bias_evidence.csv, in standard deviations."""
    out, sources = [], records.reference["sources"].set_index("source_id").citation
    for row in records.reference["bias_evidence"].itertuples():
        is_ratio = row.measure == "ratio of odds ratios"
        turn = smd_from_odds_ratio if is_ratio else float
        out.append(
            BlindingBias(
                bias_id=row.bias_id,
                source=sources[row.source_id].partition(".")[0],
                compared=row.question,
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
    0 and at most 1. A bias that flatters is negative, and taking it off moves the change up.
    Raises ValueError for a discount outside that range or a negative sd.
    """
    if not 0 < discount <= 1:
        raise ValueError(f"discount must be above 0 and at most 1; got {discount}")
    if sd < 0:
        raise ValueError(f"sd must not be negative; got {sd}")
    return replace(change, mean=change.mean - mean, se=hypot(change.se / sqrt(discount), sd))


def as_appraised(
    change: SingleArmChange, records: Records, settings: Settings
) -> tuple[SingleArmChange, tuple[str, ...]]:
    """The change that is held against placebo under `settings`, and what was done to it in words.

    With bias 'none' and discount 1, the change itself and no words. The change keeps its n, so
    that it is still compared with placebo arms of its size; a standardised bias becomes points by
    `change_sd`.
    """
    notes, mean, sd = [], 0.0, 0.0
    if settings.bias != NONE:
        found = {bias.bias_id: bias for bias in blinding_biases(records)}[settings.bias]
        mean, sd = found.mean * settings.change_sd, found.sd * settings.change_sd
        notes.append(
            f"bias of {found.mean:.2f} SD ({settings.bias}), {mean:.2f} points at an SD of "
            f"{settings.change_sd:g}, taken off"
        )
    if settings.discount < 1:
        notes.append(f"the trial's evidence counts for {settings.discount:g} of a trial")
    return less_bias(change, mean=mean, sd=sd, discount=settings.discount), tuple(notes)
