"""Benchmarks of the placebo response, and changes compared with them, in words."""

from __future__ import annotations

from math import isnan

from evidence_review.estimates.change import SingleArmChange
from evidence_review.numbers import number
from evidence_review.placebo.bias import Appraised
from evidence_review.placebo.response import Benchmark


def name(benchmark: Benchmark) -> str:
    """A benchmark by name: that of a published pool, or the review's own arms with their number."""
    if benchmark.published is not None:
        return benchmark.published.name
    return f"{benchmark.k:.0f} placebo arms of this review"


def predicted_by(benchmark: Benchmark) -> str:
    """The method of the range of a new placebo arm, for use after 'by'."""
    return "the normal distribution" if benchmark.df is None else "t"


def assumptions(benchmark: Benchmark) -> tuple[str, ...]:
    """The assumptions and derived figures behind a benchmark, each in a clause."""
    found = []
    if benchmark.derived:
        found.append(
            f"{benchmark.derived} of {benchmark.k:.0f} arms rest on a derived figure, such as an inferred n"
        )
    if benchmark.assumed:
        found.append(
            f"the standard error of {benchmark.assumed} of {benchmark.k:.0f} arms rests on an assumed SD or correlation"
        )
    published = benchmark.published
    if benchmark.per_sd is not None:
        found.append(
            f"1 SD = {benchmark.per_sd:.2f} {benchmark.unit}, the ratio of the two figures that one benchmark prints"
        )
    if published is not None:
        found.append(
            f"tau = {published.tau:.3f} {'SD' if published.in_sds else benchmark.unit} from I2, k and the interval, as if all trials were equally precise"
            if published.tau == published.tau
            else f"tau = {benchmark.tau:.2f} {benchmark.unit} borrowed from this review's own arms: I2 or k not known"
        )
    return tuple(found)


def taken_off(appraised: Appraised) -> tuple[str, ...]:
    """The corrections of a change before it was compared with placebo, each in a clause."""
    found = []
    if appraised.bias is not None:
        bias, unit = appraised.bias, appraised.change.unit
        found.append(
            f"a bias of {number(appraised.taken_off / appraised.per_sd)} SD subtracted, which is {number(appraised.taken_off)} {unit} at an SD of "
            f"{appraised.per_sd:g}: {bias.source}, {bias.label}"
        )
    if appraised.discount < 1:
        found.append(f"the trial's evidence given the weight of {appraised.discount:g} of a trial")
    return tuple(found)


def of_its_size(change: SingleArmChange) -> str:
    """The placebo arms that a change is compared with: 'of 12 people', or as precise if n is not known."""
    return "as precise" if isnan(change.n) else f"of {change.n:.0f} people"
