"""A sweep of pooled effects in words and tables: those that can be compared with each other, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from evidence_review import numbers as text
from evidence_review.review.review import Review
from evidence_review.sweep.choices import STUDIES
from evidence_review.sweep.points import SweepResult
from evidence_review.sweep.pools import Pools
from evidence_review.sweep.words import (
    SHOWN,
    choices_of,
    listed,
    moves_most,
    own_settings,
    sets,
)
from evidence_review.words.effects import direction, limits
from evidence_review.words.studies import nouns


@dataclass(frozen=True)
class Part:
    """Points of a sweep whose pooled effects can be compared: of one outcome, on one measure.

    result: of these points. comparator: what the control groups got. evidence: 'randomised' or
    'observational'.
    """

    outcome: str
    result: SweepResult
    comparator: str
    evidence: str

    @property
    def heading(self) -> str:
        """Outcome and measure: 'Early death: odds ratio'."""
        return f"{text.capital(self.outcome)}: {self.result.measure.words}"


def parts(review: Review, result: SweepResult) -> list[Part]:
    """The points that have a result, by outcome and measure, in the order of the file."""
    done, pools, found = result.done, Pools(review), []
    named = done.outcome if "outcome" in done else pd.Series(review.about.outcome, done.index)
    for (outcome, measure), points in done.groupby([named, done.pooled_as], sort=False):
        first = points.iloc[0]
        values = {name: None if pd.isna(first[name]) else first[name] for name in result.swept}
        # The random effects of the same studies: they have the measure, the comparator and the evidence.
        pooled = pools.pooled(values)
        own, is_own = result.default, outcome == result.defaults["outcome"]
        part = replace(
            result,
            points=points,
            swept=tuple(name for name in result.swept if points[name].nunique(dropna=False) > 1),
            default=own if own and is_own and own["pooled_as"] == measure else None,
            measure=pooled.measure,
        )
        summary = pooled.summary
        found.append(Part(str(outcome), part, summary.comparator, summary.evidence))
    return found


def first_line(part: Part) -> str:
    """The range of a pooled effect over the points of a sweep, how many agree, and how many exclude no effect."""
    result, done = part.result, part.result.done
    measure = result.measure
    ends = [done.effect.iloc[place] for place in result.order[[0, -1]]]
    low, high = (text.number(measure.printed(value), measure.digits) for value in ends)
    unit = f" {measure.unit}" if measure.unit else ""
    reach = f"{low}{unit}" if low == high else f"{low} to {high}{unit}"
    about = (
        f"{measure.words} of {part.outcome} against {part.comparator}"
        if measure.is_stated
        else f"difference from {part.comparator} in {part.outcome}"
    )
    return (
        f"Over {sets(done)}, the pooled {about} is {reach}{own_settings(result)}; {direction(measure, part.evidence)}. "
        f"{_agreement(part)} {_excluded(part)}"
    )


def moved(part: Part) -> str:
    """What moves the pooled effect most; '' where nothing does, or nobody can tell."""
    most = moves_most(part.result)
    return f"{text.capital(most)}." if most else ""


def _agreement(part: Part) -> str:
    """How many points agree on the direction of the effect."""
    measure, effects = part.result.measure, part.result.done.effect.to_numpy(float)
    below, above, count = int((effects < 0).sum()), int((effects > 0).sum()), len(effects)
    sides = {"lower": ("better", "worse"), "higher": ("worse", "better")}
    if measure.better is None:
        sides_of = (f"below {measure.null:g}", f"above {measure.null:g}")
    else:
        sides_of = tuple(f"on the {side} side" for side in sides[measure.better])
    for here, side in zip((below, above), sides_of, strict=True):
        if here == count:
            lie = "it lies" if count == 1 else f"all {count:,} agree on the direction: they lie"
            return f"{text.capital(lie)} {side}."
    there = [f"{n:,} lie {side}" for n, side in zip((below, above), sides_of, strict=True) if n]
    if below + above < count:
        there.append(f"{count - below - above:,} find that nothing differs")
    return f"They do not agree on the direction: {text.listing(there)}."


def _excluded(part: Part) -> str:
    """In how many points the interval excludes no effect, and on which side."""
    result, done = part.result, part.result.done
    measure = result.measure
    low, high = done.effect_low.to_numpy(float), done.effect_high.to_numpy(float)
    clear = (low > 0) | (high < 0)
    level = "" if "level" in result.swept else f"{result.defaults['level']:.0%} "
    null = f"no effect ({measure.null:g})"
    if not clear.any():
        return f"No {level}interval excludes {null}."
    how_many = f"{int(clear.sum()):,} of {len(done):,}"
    if clear.all():
        how_many = f"all {len(done):,}" if len(done) > 1 else "it"
    said = f"The {level}interval excludes {null} in {how_many}"
    if measure.better is None:
        return f"{said}."
    is_better = high < 0 if measure.better == "lower" else low > 0
    worse = int((clear & ~is_better).sum())
    if worse == 0:
        return f"{said}, always on the better side."
    if worse == clear.sum():
        return f"{said}, always on the worse side."
    return f"{said}: {int(is_better.sum()):,} on the better side, {worse:,} on the worse."


def what_a_point_is(found: Sequence[Part], result: SweepResult) -> str:
    """What was pooled at a point, and why many of them are no more evidence than one."""
    several = nouns(found[0].evidence) if found else "studies"
    pooled = result.done.studies_pooled
    few, many = (int(pooled.min()), int(pooled.max())) if found else (0, 0)
    count = f"{few}" if few == many else f"{few} to {many}"
    which = (
        f"Which {several} go in is one of the choices"
        if STUDIES in result.swept
        else f"Every point has the {several} whose figures its choices allow"
    )
    return (
        f"A point is one pool of the effects that {several} print: {count} {several}, pooled under one set of choices. {which}. "
        f"Points share most of their {several}, so that many points that agree are no more evidence than one. "
    )


def points_frame(found: Sequence[Part], result: SweepResult) -> pd.DataFrame:
    """Points as the page lists them, part by part, the best effect first: choices, and what they give."""
    frames = []
    for part in found:
        measure = part.result.measure
        done = listed(part.result, max(2, SHOWN // len(found)))
        printed = lambda value, measure=measure: text.number(measure.printed(value), measure.digits)
        ends = zip(done.effect_low, done.effect_high, strict=True)
        several = {"outcome and measure": part.heading} if len(found) > 1 else {}
        unit = f" ({measure.unit})" if measure.unit and len(found) == 1 else ""
        name = f"pooled {measure.words}{unit}" if len(found) == 1 else "pooled effect"
        frames.append(
            pd.DataFrame(
                choices_of(done, [n for n in result.swept if n != "outcome" or len(found) == 1])
                | several
                | {
                    name: [printed(value) for value in done.effect],
                    "its interval": [limits(measure, *pair) for pair in ends],
                    "spread (tau)": [text.number(value, measure.digits) for value in done.tau],
                    "I2, %": [text.number(value, 0) for value in done.i2],
                    nouns(part.evidence) if len(found) == 1 else "studies": [
                        text.number(value, 0) for value in done.studies_pooled
                    ],
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"point": []})
