"""A trial in which everybody takes placebo, in sentences."""

from __future__ import annotations

from evidence_review.numbers import percent
from evidence_review.placebo.against import PlaceboOnlyTrial


def heading(trial: PlaceboOnlyTrial) -> str:
    """The heading, which invites the reader to try it."""
    return f"Give {trial.people} people nothing but placebo"


def explained(trial: PlaceboOnlyTrial) -> str:
    """How often a trial of nothing but placebo finds an improvement, and why."""
    return (
        f"Without a comparison group, {percent(trial.chance)} of trials in which {trial.people} people take nothing "
        "but placebo report p\u00a0<\u00a0.05. Their test asks whether people improved, and people on placebo do. "
        "A treatment has to do better than that."
    )
