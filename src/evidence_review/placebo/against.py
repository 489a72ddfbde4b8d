"""The uncontrolled change of a review held against each placebo benchmark."""

from __future__ import annotations

from evidence_review.effects.of_review import main_change
from evidence_review.effects.trials import SingleArmChange
from evidence_review.placebo import response as placebo
from evidence_review.placebo.bias import as_appraised
from evidence_review.records import Records
from evidence_review.review.settings import Settings


def benchmark_comparison(
    records: Records, settings: Settings
) -> list[tuple[placebo.Benchmark, placebo.AgainstPlacebo]]:
    """The uncontrolled change under every benchmark; empty without such a change."""
    change = main_change(records, settings)
    if not isinstance(change, SingleArmChange):
        return []
    change, _ = as_appraised(change, records, settings)
    return [
        (other, placebo.against_placebo(change, other, level=settings.level))
        for other in placebo.benchmarks(records, settings)
    ]
