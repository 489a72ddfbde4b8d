"""The review's uncontrolled change held against its placebo benchmarks."""

from __future__ import annotations

from evidence_review.placebo.bias import appraised_change
from evidence_review.placebo.response import (
    AgainstPlacebo,
    Benchmark,
    against_placebo,
    benchmark,
    benchmarks,
)
from evidence_review.review.review import Review, once


@once
def against_chosen(review: Review) -> AgainstPlacebo | None:
    """The uncontrolled change under the benchmark that the settings name; None without a change."""
    appraised = appraised_change(review)
    if appraised is None:
        return None
    return against_placebo(appraised.change, benchmark(review), level=review.settings.level)


def benchmark_comparison(review: Review) -> list[tuple[Benchmark, AgainstPlacebo]]:
    """The uncontrolled change under every benchmark; empty without such a change."""
    appraised = appraised_change(review)
    if appraised is None:
        return []
    return [
        (other, against_placebo(appraised.change, other, level=review.settings.level))
        for other in benchmarks(review)
    ]
