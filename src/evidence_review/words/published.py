"""Published results on outcomes that a review does not pool itself, such as harms, in words."""

from __future__ import annotations

from evidence_review.numbers import interval, number
from evidence_review.review.finding import Finding


def published_lines(effect: Finding, per_1000: Finding | None) -> list[str]:
    """The result as published, and what a ratio means in 1000 people: '1.48 times as many (0.97 to 2.25)'."""
    ends = interval(effect.sampling.low, effect.sampling.high)
    if effect.measure != "RR":
        side = "better" if (effect.known > 0) == (effect.better == "higher") else "worse"
        return [f"{number(abs(effect.known))} {effect.unit} {side} ({ends})"]
    lines = [f"{number(effect.known)} times as many ({ends})"]
    if per_1000 is not None:
        low, high = per_1000.sampling.low, per_1000.sampling.high
        lines.append(f"{_more(per_1000.known)} in 1000 ({_more(low)} to {_more(high)})")
    return lines


def _more(people: float) -> str:
    return f"{abs(people):.0f} {'more' if people > 0 else 'fewer'}"


def published_statement(effect: Finding) -> str:
    """Which way a published result points, and whether it could be the other."""
    nothing = 1.0 if effect.measure == "RR" else 0.0
    low, high = effect.sampling.low, effect.sampling.high
    side = "better" if (effect.known > nothing) == (effect.better == "higher") else "worse"
    if low <= nothing <= high:
        return f"May be {side} than on placebo; no difference or the opposite is possible, too."
    return f"{side.capitalize()} than on placebo."
