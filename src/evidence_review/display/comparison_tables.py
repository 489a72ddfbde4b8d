"""An uncontrolled change compared with placebo, in tables: benchmarks, chances of a benefit, bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from evidence_review import numbers as text
from evidence_review.placebo.bias import appraised_change, blinding_biases
from evidence_review.placebo.choices import BenchmarkChoice
from evidence_review.review.finding import Finding, finding_id
from evidence_review.review.review import Review
from evidence_review.words import comparison as words
from evidence_review.words.linked import Sentence, linked


def under_every_benchmark(choices: Sequence[BenchmarkChoice]) -> pd.DataFrame:
    """The same change under every benchmark."""
    return pd.DataFrame(
        [
            {
                "placebo benchmark": words.benchmark_choice(choice),
                "mean": text.number(choice.benchmark.mean),
                "tau": text.number(choice.benchmark.tau),
                "placebo arms as good or better": text.percent(choice.result.as_good),
                "change beyond placebo": text.number(choice.result.beyond),
                "interval": text.interval(choice.result.low, choice.result.high),
            }
            for choice in choices
        ]
    )


def chances_of_benefit(review: Review, findings: Mapping[str, Finding]) -> pd.DataFrame:
    """Chance that the treatment adds a benefit, by two priors. findings: by id, with these chances."""
    appraised, settings = appraised_change(review), review.settings
    assert appraised is not None
    change = appraised.change
    matters = f"{settings.important_difference:g}"
    size = f"{matters} {text.units(matters, change.unit)} or more"

    def chance(quantity: str) -> str:
        found = findings[finding_id(change.study_id, change.outcome, quantity)]
        if found.value is None:
            return "–"
        return Sentence(linked(text.percent(found.value / 100), found))

    return pd.DataFrame(
        [
            {
                "prior for the placebo response": prior,
                "any benefit": chance(f"benefit{end}"),
                f"better than placebo by {size}": chance(f"important_benefit{end}"),
                f"worse than placebo by {size}": chance(f"important_harm{end}"),
            }
            for prior, end in (
                ("what the placebo arms show", ""),
                (f"with a vague part of {settings.vague_weight:.0%}", "_robust"),
            )
        ]
    )


def blinding(review: Review) -> pd.DataFrame:
    """What studies of trials say about the bias from lack of blinding."""
    appraised, sd = appraised_change(review), review.settings.change_sd
    assert appraised is not None
    return pd.DataFrame(
        [
            {
                "source": item.source,
                "compared": item.compared,
                "bias (SD)": text.number(item.mean),
                "interval": text.interval(item.low, item.high),
                f"in {appraised.change.unit} (1 SD = {sd:g})": text.number(item.mean * sd),
                "converted by": item.converted or "–",
                "data rows": item.rows,
            }
            for item in blinding_biases(review)
        ]
    )
