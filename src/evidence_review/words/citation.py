"""The citation of a report."""

from __future__ import annotations

from evidence_review.numbers import day


def citation(title: str, question: str, read_on: str, version: str) -> str:
    """One line: authors, title and date. read_on: the day when the sources were read, as in the data."""
    return (
        f"The evidence-review contributors. {title}: {question} An evidence review that runs, version "
        f"{version}; sources read up to {day(read_on)}."
    )
