"""The flow diagram in words: its boxes, the numbers left out, its alt text."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.judgement.flow import Lane, Stage
from evidence_review.numbers import capital, counted, listing, singular

CAPTION = "Counted in the tables of this report. Beside an arrow: what does not go on to the next box, and why."


def headline(stage: Stage) -> str:
    """The count of a box in words: '41 arms on placebo or sham'."""
    if stage.count is None:
        return f"{capital(stage.unit)} {stage.name}: not recorded"
    return f"{counted(stage.count, singular(stage.unit), stage.unit)} {stage.name}"


def details(stage: Stage) -> list[str]:
    """The parts of a count, a line for each."""
    return [f"{part}: {count}" for part, count in stage.parts]


def left_out(stage: Stage) -> list[str]:
    """How many are left out after a box, then each reason with its number; empty if none are."""
    if not stage.left_out:
        return []
    total = sum(count for _, count in stage.left_out)
    return [f"{total} left out", *(f"{reason}: {count}" for reason, count in stage.left_out)]


def alt(lanes: Sequence[Lane]) -> str:
    """Every box in words: 'x arms (…), of which y left out (…)'."""
    return " ".join(f"{lane.title}: {'; '.join(map(_stage, lane.stages))}." for lane in lanes)


def _stage(stage: Stage) -> str:
    words = headline(stage)
    if stage.parts:
        words += f" ({listing(details(stage))})"
    if stage.left_out:
        total, *why = left_out(stage)
        words += f", of which {total} ({listing(why)})"
    return words
