"""Numbers of a finding with the sign turned so that above 0 is better, and words for either side."""

from __future__ import annotations

from math import inf, log
from typing import Literal, overload

from evidence_review.effect_measures import MEASURES
from evidence_review.numbers import interval, number
from evidence_review.review.finding import Finding
from evidence_review.words.linked import linked


def benefit_of(finding: Finding, value: float | None = None) -> float:
    """A value in the direction of benefit: that of the finding, or another on its scale.

    For a ratio, its logarithm: 1 is no benefit. If no source says which end of a scale is better, lower
    counts as better.
    """
    value = finding.value if value is None else value
    assert value is not None
    if finding.measure and MEASURES[finding.measure].log:
        value = log(value) if value > 0 else -inf
    return value if finding.better == "higher" else -value


def better_or_worse(finding: Finding) -> Literal["better", "worse", ""]:
    """The side on which the whole interval lies; '' if it includes no difference."""
    assert finding.interval is not None
    low, high = sorted(
        benefit_of(finding, end) for end in (finding.interval.low, finding.interval.high)
    )
    return "better" if low > 0 else "worse" if high < 0 else ""


def people_on(comparator: str) -> str:
    """The people whom a treatment is compared with.

    Examples
    --------
    >>> people_on("placebo"), people_on("usual care"), people_on("control")
    ('people on placebo', 'people on usual care', 'people in control groups')
    """
    return "people in control groups" if comparator == "control" else f"people on {comparator}"


def moved(finding: Finding) -> str:
    """'improved' or 'worsened'."""
    return "improved" if benefit_of(finding) > 0 else "worsened"


@overload
def benefit_interval(finding: Finding, *, joined: Literal[True] = True) -> str: ...
@overload
def benefit_interval(finding: Finding, *, joined: Literal[False]) -> tuple[str, str]: ...
def benefit_interval(finding: Finding, *, joined: bool = True) -> str | tuple[str, str]:
    """A finding's range in the direction of benefit, smaller end first: '1.20 to 3.40', or both ends.

    Marked for `Sentence`.
    """
    assert finding.range is not None
    ends = sorted(benefit_of(finding, end) for end in (finding.range.low, finding.range.high))
    if joined:
        return linked(interval(ends[0], ends[1]), finding)
    return linked(number(ends[0]), finding), linked(number(ends[1]), finding)
