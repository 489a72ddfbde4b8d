"""What moves the answer, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.estimates.change import main_change
from evidence_review.estimates.effect import NotUsable
from evidence_review.numbers import capital, listing, percent
from evidence_review.review.finding import COMMONLY, RARELY, sensitivity_id, standing
from evidence_review.review.review import Review
from evidence_review.review.settings import LABELS
from evidence_review.sensitivity.one_at_a_time import Sensitivity
from evidence_review.sensitivity.tipping import TippingPoint
from evidence_review.words.linked import Sentence, linked
from evidence_review.words.settings import value_tried

POOLS_OF_FEW = (
    "Studies are left out or grouped one way at a time. The interval of a group of two or three studies says little, because so few "
    "cannot show how far studies scatter. Groups of studies differ in many ways, so a difference between their results does not show its cause."
)
NOTHING_TO_MOVE = (
    "There is nothing to change here: this review has fewer than two studies to pool, and no change in an uncontrolled study "
    "to compare with placebo."
)
TIPPING = (
    "Here an input may also take values that no table allows. Each moves alone until placebo arms would rarely match the change. "
    "A dash means that no value does this, however extreme."
)


def range_of_share(found: Sequence[Sensitivity]) -> str:
    """The range over which one choice moves the share of placebo arms that do as well, in Markdown."""
    lowest = min(found, key=lambda one: one.low[0])
    highest = max(found, key=lambda one: one.high[0])
    rare = [LABELS[one.name] for one in found if one.low[0] < RARELY]
    limit = f"below {_threshold('rarely')}"
    return Sentence(
        f"**With no choice changed, {_share(found[0], found[0].now)} of placebo arms do as well or better.** Changing one choice at a time gives at least "
        f"{_share(lowest, lowest.low[0])} and at most {_share(highest, highest.high[0])}. "
        + (
            f"{'This choice brings' if len(rare) == 1 else 'These choices bring'} the share {limit}, where placebo arms rarely match the change: {listing(rare)}."
            if rare
            else f"No choice brings the share {limit}, where placebo arms would rarely match the change."
        )
    )


def _share(one: Sensitivity, share: float) -> str:
    """A share under a choice, marked for `Sentence`."""
    return linked(percent(share), sensitivity_id(one.name))


def _threshold(name: str) -> str:
    """The share below which placebo arms do as well rarely, or from which commonly, marked for `Sentence`."""
    written = percent(RARELY, 1) if name == "rarely" else percent(COMMONLY)
    return linked(written, sensitivity_id(name))


def other_wordings(review: Review, found: Sequence[Sensitivity]) -> str:
    """The choices of what is asked that change the first sentence of the answer; '' if none do."""
    other = [
        (one, share, tried)
        for one in found
        for share, tried in (one.low, one.high)
        if standing(share) != standing(one.now)
    ]
    if not other:
        return ""
    asked = "; ".join(
        f"{LABELS[one.name]}: {value_tried(review, one, tried)}, which gives {_share(one, share)}"
        for one, share, tried in other
    )
    subject = "This choice" if len(other) == 1 else "Each of these choices"
    return Sentence(
        f"The answer calls a change common among placebo groups if at least {_threshold('commonly')} of them do as well, and rare below "
        f"{_threshold('rarely')}. {subject} alone would change the first sentence of the answer. {capital(asked)}."
    )


def not_tried(found: Sequence[Sensitivity]) -> str:
    """Choices that leave too few arms; '' if there are none."""
    left_out = [value for one in found for value in one.left_out]
    if not left_out:
        return ""
    return f"Not tried, because fewer than two arms would be left: {listing(left_out)}."


def rarely(review: Review, points: Sequence[TippingPoint]) -> str:
    """The meaning of 'rarely', and the side on which the tipping point of the bias lies."""
    change, bias = main_change(review), points[-1]
    meaning = Sentence(f"Rarely: in {_threshold('rarely')} of cases.")
    # A bias below 0 flatters: it moves the change towards the better end.
    if change is None or isinstance(change, NotUsable):
        return meaning
    if not bias.at > 0:  # nor if there is none (nan)
        return meaning
    return Sentence(
        f"Rarely: in {_threshold('rarely')} of cases. For the bias of the open label the tipping point lies in the unexpected direction: people who know what they take would have "
        "to report *less* improvement, not more."
    )
