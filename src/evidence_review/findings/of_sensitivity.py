"""The findings on how far choices move the answer."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.review.finding import COMMONLY, RARELY, Finding, Range, sensitivity_id
from evidence_review.review.settings import LABELS
from evidence_review.sensitivity.one_at_a_time import Sensitivity


def threshold_findings() -> list[Finding]:
    """The shares, in per cent, that decide between words such as 'rarely' and 'commonly'."""
    return [
        Finding(id=sensitivity_id(name), label=words, value=100 * share, unit="%")
        for name, share, words in (
            (
                "rarely",
                RARELY,
                "Share of placebo arms below which a change counts as rare among them",
            ),
            (
                "commonly",
                COMMONLY,
                "Share of placebo arms from which a change counts as common among them",
            ),
        )
    ]


def sensitivity_findings(found: Sequence[Sensitivity]) -> list[Finding]:
    """The smallest and largest share from each choice and from all choices, and the thresholds for words.

    Empty without a change.
    """
    if not found:
        return []
    return threshold_findings() + [
        Finding(
            id=sensitivity_id(kind),
            label=f"Placebo arms as good or better, under other choices: {words}",
            value=100 * found[0].now,
            span=Range(
                100 * min(one.low[0] for one in part), 100 * max(one.high[0] for one in part)
            ),
            unit="%",
            basis="assumed",
            note="from the lowest to the highest share; changed one at a time: "
            + ", ".join(one.name for one in part),
        )
        for kind, words, part in (
            ("asked", "what is asked", [one for one in found if one.is_estimand]),
            ("computed", "how it is computed", [one for one in found if not one.is_estimand]),
            *((one.name, LABELS[one.name], [one]) for one in found),
        )
        if part
    ]
