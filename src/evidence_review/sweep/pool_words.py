"""A sweep of pooled effects in words and tables, with a part for each outcome and measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

import numpy as np
import pandas as pd

from evidence_review import numbers as text
from evidence_review.review.review import Review
from evidence_review.sweep.batch import setting_value
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

_SIDES = ("on the better side", "on the worse side")


@dataclass(frozen=True)
class Counts:
    """Numbers of points, of effects on the better and worse side, and of intervals wholly on a side.

    If the data do not say which side is better, effects below no effect count as better.
    """

    points: int
    better: int
    worse: int
    clearly_better: int
    clearly_worse: int


@dataclass(frozen=True)
class Part:
    """Points of a sweep whose pooled effects can be compared: they share outcome and measure.

    result: of these points only. comparator: what the control groups got. evidence: 'randomised' or
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

    @property
    def counts(self) -> Counts:
        """Counts of its points by the sign of their effects; an effect printed as no effect has no side."""
        measure = self.result.measure
        sign = 1 if measure.better == "higher" else -1
        numbers = self.result.done[["effect", "effect_low", "effect_high"]].to_numpy(float)
        effects, *ends = sign * numbers.T
        effects[[measure.prints_as_none(value) for value in effects]] = 0.0
        return Counts(
            len(effects),
            int((effects > 0).sum()),
            int((effects < 0).sum()),
            int((np.minimum(*ends) > 0).sum()),
            int((np.maximum(*ends) < 0).sum()),
        )

    @property
    def sides(self) -> tuple[str, str]:
        """The better and the worse side in words."""
        measure = self.result.measure
        if measure.better is None:
            return f"below {measure.null:g}", f"above {measure.null:g}"
        return _SIDES


def parts(review: Review, result: SweepResult) -> list[Part]:
    """The points with a result, by outcome and measure, in the order of the file."""
    done, pools, found = result.done, Pools(review), []
    named = done.outcome if "outcome" in done else pd.Series(review.about.outcome, done.index)
    each = pd.DataFrame({"outcome": named, "pooled_as": done.pooled_as}).drop_duplicates()
    for outcome, measure in zip(each.outcome, each.pooled_as, strict=True):
        points = done.loc[(named == outcome) & (done.pooled_as == measure)]
        values = {name: setting_value(points[name].iloc[0]) for name in result.swept}
        # Random effects of the same studies have the same measure, comparator and evidence.
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
        found.append(Part(outcome, part, summary.comparator, summary.evidence))
    return found


def first_line(part: Part) -> str:
    """The range of a pooled effect over a sweep, and how many points agree or exclude no effect."""
    result, done = part.result, part.result.done
    measure = result.measure
    ends = [done.effect.iloc[place] for place in result.order[[0, -1]]]
    low, high = (text.number(measure.printed(value), measure.digits) for value in ends)
    unit = f" {measure.unit}" if measure.unit else ""
    own = own_settings(result)
    reach = f"{low}{unit}" if low == high else f"{low} to {high}{unit}{own}"
    about = (
        f"{measure.words} of {part.outcome} against {part.comparator}"
        if measure.is_stated
        else f"difference from {part.comparator} in {part.outcome}"
    )
    level = "" if "level" in result.swept else f"{result.defaults['level']:.0%} "
    counts, sides = part.counts, part.sides
    return (
        f"Over {sets(done)}, the pooled {about} is {reach}; {direction(measure, part.evidence)}. "
        f"{_agreement(counts, sides)} {_excluded(counts, sides, level, f' ({measure.null:g})')}"
    )


def moved(part: Part) -> str:
    """A sentence on what moves the pooled effect most; '' if nothing does, or it is not known."""
    most = moves_most(part.result)
    return f"{text.capital(most)}." if most else ""


def overall(found: Sequence[Part]) -> str:
    """How many points agree on the direction, and how many exclude no effect, over outcomes and measures."""
    of_each = zip(*((part.outcome, part.result.measure.name) for part in found), strict=True)
    outcomes, measures = (len(set(names)) for names in of_each)
    over = [text.counted(outcomes, "outcome")] * (outcomes > 1)
    over += [text.counted(measures, "measure")] * (measures > 1)
    rows = np.array([astuple(part.counts) for part in found])
    every = Counts(*map(int, rows.sum(axis=0)))
    line = f"{every.points:,} sets of choices are of {text.listing(over)}, the sizes of whose effects cannot be compared."
    if None in {part.result.measure.better for part in found}:
        return f"{line} Each has its own part below."
    return f"{line} {_agreement(every, _SIDES)} {_excluded(every, _SIDES)}"


def _agreement(found: Counts, sides: tuple[str, str]) -> str:
    """How many points agree on the direction of the effect."""
    for here, side in zip((found.better, found.worse), sides, strict=True):
        if here == found.points:
            every = f"All {here:,} agree on the direction: they lie" if here > 1 else "It lies"
            return f"{every} {side}."
    lie = lambda count, verb: f"{count:,} {verb}{'s' if count == 1 else ''}"
    there = [
        f"{lie(count, 'lie')} {side}"
        for count, side in zip((found.better, found.worse), sides, strict=True)
        if count
    ]
    rest = found.points - found.better - found.worse
    if rest == found.points:
        return f"{f'All {rest:,} find' if rest > 1 else 'It finds'} that nothing differs."
    there += [f"{lie(rest, 'find')} that nothing differs"] * (rest > 0)
    return f"They do not agree on the direction: {text.listing(there)}."


def _excluded(found: Counts, sides: tuple[str, str], level: str = "", null: str = "") -> str:
    """How many intervals exclude no effect, and on which side.

    level: '95% ' if all intervals have this level. null: ' (1)' if all measures print no effect so.
    """
    clear = found.clearly_better + found.clearly_worse
    if not clear:
        return f"No {level}interval excludes no effect{null}."
    how_many = f"{clear:,} of {found.points:,}"
    if clear == found.points:
        how_many = f"all {clear:,}" if clear > 1 else "it"
    said = f"The {level}interval excludes no effect{null} in {how_many}"
    for here, side in zip((found.clearly_better, found.clearly_worse), sides, strict=True):
        if here == clear:
            return f"{said}{', always' if clear > 1 else ''} {side}."
    return f"{said}: {found.clearly_better:,} {sides[0]}, {found.clearly_worse:,} {sides[1]}."


def what_a_point_is(found: Sequence[Part], result: SweepResult) -> str:
    """What is pooled at a point, and why many points are no more evidence than one."""
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
        f"Points share {several}, so many points that agree are no more evidence than one. "
    )


def points_frame(found: Sequence[Part], result: SweepResult) -> pd.DataFrame:
    """The page's table of points, part by part, the best effect first: choices and results."""
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
