"""Sentences around the choices on the first page of a report."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.numbers import counted, listing
from evidence_review.review.settings import LABELS

HEADING = "What if you choose otherwise?"
RESET = "As in the report"
MEDIAN_RISK = "median of the control groups"
NO_RISK = "not known: no study prints it"
SHARE = "To share your choices, copy the address of this page. This command makes the whole report with them:"


def explained(settings: Sequence[str]) -> str:
    """The possible choices, and why a reader may make them. settings: their names."""
    return (
        f"The answer rests on choices that others might make differently: {listing(LABELS[name] for name in settings)}. "
        "Change one to see what the report would say. Choices that were tried until the answer pleased are not evidence."
    )


def of_arms(choice: str, arms: int) -> str:
    """A choice of placebo groups with the number that it leaves."""
    return f"{choice} ({counted(arms, 'placebo group')})"


def not_offered(asked: str) -> str:
    """The message that an address has a choice which the page does not offer. asked: its text."""
    return f"The address of this page asks for {asked}, which is not offered here; that choice is as in the report."
