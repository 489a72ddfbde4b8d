"""Published results on outcomes that a review does not pool itself, such as harms, in words."""

from __future__ import annotations

from collections.abc import Mapping

from evidence_review.effect_measures import MEASURES, OF_UNIT
from evidence_review.estimates.contrast import evidence_pooled
from evidence_review.numbers import counted, interval, number
from evidence_review.records.rows import PooledResultsRow
from evidence_review.review.finding import Finding, finding_id
from evidence_review.review.review import Review
from evidence_review.words.studies import noun, nouns


def published_lines(effect: Finding, per_1000: Finding | None) -> list[str]:
    """The published result, and a ratio in 1000 people: '1.48 times as many (0.97 to 2.25)'.

    A difference of risks is in 1000 people already.
    """
    measure, ends = MEASURES[effect.measure], effect.sampling
    printed = interval(ends.low, ends.high)
    if measure.log:
        times = f"{number(effect.known)} times {measure.times} ({printed})"
        return [times] if per_1000 is None else [times, _in_1000(per_1000, 1)]
    if measure.name == "RD":
        return [_in_1000(effect, 1000)]
    side = "better" if (effect.known > 0) == (effect.better == "higher") else "worse"
    return [f"{number(abs(effect.known))} {effect.unit} {side} ({printed})"]


def _in_1000(difference: Finding, people: int) -> str:
    """More or fewer people: '20 more in 1000 (5 fewer to 45 more)'. people: how many a difference of 1 is."""
    ends = difference.sampling
    middle, low, high = (
        f"{abs(people * each):.0f} {'more' if each > 0 else 'fewer'}"
        for each in (difference.known, ends.low, ends.high)
    )
    return f"{middle} in 1000 ({low} to {high})"


def than(effect: Finding, comparator: str) -> str:
    """The words after the first of `published_lines`: 'as on placebo', 'of those on placebo'."""
    times = MEASURES[effect.measure].times
    joint = "than" if not times else "as" if times.startswith("as ") else "of those"
    return f"{joint} {_where(comparator)}"


def _where(comparator: str) -> str:
    where = {"no exposure": "with no exposure", "control": "in control groups"}
    return where.get(comparator, f"on {comparator}")


def published_effect(row: PooledResultsRow, findings: Mapping[str, Finding]) -> Finding | None:
    """The finding of a published result on another outcome, on any measure; None if there is none."""
    return findings.get(finding_id("published", row.outcome, OF_UNIT[row.measure].lower()))


def how_many(review: Review, row: PooledResultsRow) -> str:
    """Studies and people behind a published result, as far as it prints them: '6 trials, 298 people'.

    They are of the kind that the review compares; of one that compares none, nothing says that they are trials.
    """
    evidence = evidence_pooled(review) if review.records.rows("contrasts") else ""
    counts = ((row.k, noun(evidence), nouns(evidence)), (row.n_participants, "person", "people"))
    return ", ".join(counted(int(n), one, several) for n, one, several in counts if n == n)


def published_statement(effect: Finding, comparator: str) -> str:
    """The direction of a published result, and whether it could be the opposite."""
    nothing = 1.0 if MEASURES[effect.measure].log else 0.0
    low, high = effect.sampling.low, effect.sampling.high
    side = "better" if (effect.known > nothing) == (effect.better == "higher") else "worse"
    if low <= nothing <= high:
        return f"May be {side} than {_where(comparator)}, but no difference or the opposite is possible, too."
    return f"{side.capitalize()} than {_where(comparator)}."
