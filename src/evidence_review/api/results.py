"""Small results of a review that show themselves in a notebook."""

from __future__ import annotations

import html
from dataclasses import dataclass

from evidence_review.api.names import ListsItsNames
from evidence_review.display.picture import Picture
from evidence_review.display.placebo_figures import change_against_placebo, forest
from evidence_review.estimates.change import SingleArmChange
from evidence_review.numbers import interval, number, percent
from evidence_review.placebo.response import AgainstPlacebo, Benchmark
from evidence_review.stats.synthesis import RandomEffects
from evidence_review.words import placebo as words


@dataclass(frozen=True)
class Answer(ListsItsNames):
    """The answer in sentences, the verdict first."""

    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        first, *rest = self.sentences
        return f"<p><strong>{html.escape(first)}</strong></p>" + "".join(
            f"<p>{html.escape(sentence)}</p>" for sentence in rest
        )


@dataclass(frozen=True)
class Placebo(ListsItsNames):
    """How placebo arms change: `mean`, `tau` between trials, and where a new trial's arm may lie.

    level: of its intervals. arms, fit: the placebo arms of the review and their pool, which `forest` draws.
    """

    benchmark: Benchmark
    arms: tuple[SingleArmChange, ...]
    fit: RandomEffects
    level: float = 0.95

    @property
    def mean(self) -> float:
        """Mean change on placebo."""
        return self.benchmark.mean

    @property
    def tau(self) -> float:
        """SD of true mean changes between trials."""
        return self.benchmark.tau

    def new_trial(self) -> tuple[float, float]:
        """Where the true mean change of a new trial's placebo arm is expected, at the same level."""
        half = self.benchmark.quantile((1 + self.level) / 2) * self.benchmark.predictive_scale()
        return self.mean - half, self.mean + half

    def forest(self) -> Picture:
        """Every placebo arm of the review, and their pool."""
        return forest(self.arms, self.fit)

    def __str__(self) -> str:
        unit = self.benchmark.unit
        return (
            f"{words.name(self.benchmark)}: mean change {number(self.mean)} {unit} "
            f"({self.level:.0%} {interval(self.benchmark.low, self.benchmark.high)}), tau {number(self.tau)}; "
            f"a new trial {interval(*self.new_trial())}"
        )

    def __repr__(self) -> str:
        return f"Placebo: {self}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}.</p>"


@dataclass(frozen=True)
class PlaceboComparison(ListsItsNames):
    """A change without a control group among placebo arms of its size.

    `share_as_good`: share of placebo arms that do as well or better, 0 to 1.
    """

    change: SingleArmChange
    benchmark: Benchmark
    found: AgainstPlacebo
    arms: tuple[SingleArmChange, ...]
    treatment: str

    @property
    def share_as_good(self) -> float:
        return self.found.as_good

    def figure(self) -> Picture:
        """The key figure."""
        return change_against_placebo(
            self.change, self.benchmark, self.found, self.arms, self.treatment
        )

    def __str__(self) -> str:
        unit = self.change.unit
        return (
            f"{self.change.label}: change {number(self.change.mean)} {unit}; on placebo "
            f"{number(self.benchmark.mean)} on average; {percent(self.share_as_good)} of placebo arms of "
            f"{self.change.n:.0f} people do as well or better"
        )

    def __repr__(self) -> str:
        return f"PlaceboComparison: {self}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}.</p>"
