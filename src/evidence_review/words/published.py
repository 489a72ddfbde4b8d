"""Published results on outcomes that a review does not pool itself, such as harms, in words."""

from __future__ import annotations

from collections.abc import Mapping

from evidence_review.numbers import interval, number
from evidence_review.records.rows import PooledResultsRow
from evidence_review.review.finding import Finding, finding_id


def published_lines(effect: Finding, per_1000: Finding | None) -> list[str]:
    """The result as published, and what a ratio means in 1000 people: '1.48 times as many (0.97 to 2.25)'."""
    ends = interval(effect.sampling.low, effect.sampling.high)
    if effect.measure == "SMD":
        side = "better" if (effect.known > 0) == (effect.better == "higher") else "worse"
        return [f"{number(abs(effect.known))} {effect.unit} {side} ({ends})"]
    of_what = "as many" if effect.measure == "RR" else "the odds"
    lines = [f"{number(effect.known)} times {of_what} ({ends})"]
    if per_1000 is not None:
        low, high = per_1000.sampling.low, per_1000.sampling.high
        lines.append(f"{_more(per_1000.known)} in 1000 ({_more(low)} to {_more(high)})")
    return lines


def _more(people: float) -> str:
    return f"{abs(people):.0f} {'more' if people > 0 else 'fewer'}"


def published_effect(row: PooledResultsRow, findings: Mapping[str, Finding]) -> Finding | None:
    """The finding of a published result on another outcome, on whichever measure it is; None if there is none."""
    ids = (finding_id("published", row.outcome, name) for name in ("rr", "or", "smd"))
    return next((findings[name] for name in ids if name in findings), None)


def how_many(row: PooledResultsRow) -> str:
    """People and trials behind a published result, as far as it prints them: '298 people, 6 trials'."""
    counts = ((row.n_participants, "people"), (row.k, "trials"))
    return (
        ", ".join(f"{count:.0f} {what}" for count, what in counts if count == count)
        or "not printed"
    )


def published_statement(effect: Finding, comparator: str) -> str:
    """Which way a published result points, and whether it could be the other."""
    nothing = 0.0 if effect.measure == "SMD" else 1.0
    low, high = effect.sampling.low, effect.sampling.high
    side = "better" if (effect.known > nothing) == (effect.better == "higher") else "worse"
    if low <= nothing <= high:
        return (
            f"May be {side} than on {comparator}; no difference or the opposite is possible, too."
        )
    return f"{side.capitalize()} than on {comparator}."
