"""Read and check a sweep's file: the review, and the values of its parameters.

::

    review: name-of-a-review        # may be left out: the default review
    about: pooled effect            # or: effect against placebo; may be left out: the review's answer
    grid:                           # every combination of these values
      missing_se: [assume, exclude]
      change_sd: {low: 5.5, high: 11, count: 12}

Instead of `grid`, the file may have `points`: a list of parameter sets. A parameter that is not named
has its default.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml

from evidence_review.numbers import counted
from evidence_review.placebo.response import has_placebo_arms
from evidence_review.records import Project, Records, load
from evidence_review.review.review import Review
from evidence_review.review.settings import Limits, Settings, SettingsError
from evidence_review.runs.notebooks import NUMBERS
from evidence_review.sweep.batch import row_codes
from evidence_review.sweep.choices import (
    ABOUT,
    AGAINST_PLACEBO,
    METHOD,
    NOT_USED,
    OF_RANDOM_EFFECTS,
    POOLED_EFFECT,
    RANDOM_EFFECTS,
    about_by_default,
    default_of,
    limits_for,
    names_for,
    studies_to_pool,
)

if TYPE_CHECKING:
    from evidence_review.review.settings import Resolved

LARGEST = 1_000_000  # points


class SweepError(SettingsError):
    """A sweep's file has mistakes; the message lists all of them."""


@dataclass(frozen=True)
class SweepPlan:
    """A sweep that can be computed.

    name: the file's name, for the name of a folder. about: one of `choices.ABOUT`. settings: the review's
    own, for the outcome of the sweep. swept: the named parameters, in the order of `choices.names_for`.
    values: for a grid, the values of each parameter; for a list, the values of each point.
    """

    name: str
    records: Records = field(repr=False)
    about: str
    settings: Resolved
    swept: tuple[str, ...]
    is_grid: bool
    values: tuple[tuple[float | str | None, ...], ...]

    @property
    def defaults(self) -> dict[str, float | str | None]:
        """The review and the value of every parameter that a point does not name."""
        every = {name: default_of(name, self.settings) for name in names_for(self.about)}
        return {"review": self.settings.review} | every

    @property
    def count(self) -> int:
        """The number of points."""
        return len(self._points[self.swept[0]])

    def columns(self) -> dict[str, np.ndarray]:
        """The value of each swept parameter at every point, (count,): texts as objects, or numbers.

        In a grid, the last parameter changes fastest. A number is nan if its setting is not used. The rules
        of random effects are `choices.NOT_USED` for another method of pooling; points that differ only in
        these rules are merged.
        """
        return dict(self._points)

    @cached_property
    def _points(self) -> dict[str, np.ndarray]:
        if not self.is_grid:
            of_each = map(_column, zip(*self.values, strict=True))
            columns = dict(zip(self.swept, of_each, strict=True))
        else:
            sizes = [len(axis) for axis in self.values]
            places = np.unravel_index(np.arange(prod(sizes)), sizes)
            axes = zip(self.swept, map(_column, self.values), places, strict=True)
            columns = {name: axis[place] for name, axis, place in axes}
        return _each_once(columns) if METHOD in columns else columns


def _each_once(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The points, without repeats that differ only in settings which their method does not use."""
    other = columns[METHOD] != RANDOM_EFFECTS
    for name in OF_RANDOM_EFFECTS:
        if name in columns:
            columns[name] = np.where(other, NOT_USED, columns[name])
    _, first = np.unique(row_codes(columns.values(), len(other)), return_index=True)
    return {name: column[first] for name, column in columns.items()}


def _column(values: Sequence[float | str | None]) -> np.ndarray:
    is_text = any(isinstance(value, str) for value in values)
    return np.array(values, dtype=object if is_text else float)


def read_sweep(path: Path, project: Project) -> SweepPlan:
    """A sweep's file, read safely and checked against the parameters and the review's data.

    Raises SweepError with every mistake in it, by line; DataError if the data are not valid.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise SweepError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SweepError(f"{path}: is not text in UTF-8") from error
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or "too deeply nested"
        raise SweepError(f"{path.name}{where}: is not YAML: {why}") from error
    reader = _Reader(project)
    plan = reader.plan(root, re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "sweep")
    if reader.problems or plan is None:
        lines = [f"{path.name}, line {line}: {words}" for line, words in sorted(reader.problems)]
        raise SweepError("\n".join(dict.fromkeys(lines)))
    return plan


class _Reader:
    """Reads the nodes of the file and collects all problems with their lines."""

    def __init__(self, project: Project):
        self.project = project
        self.problems: list[tuple[int, str]] = []
        self.limits: list[dict[str, Limits]] = []  # for each outcome of the sweep
        self.about = AGAINST_PLACEBO
        self.reviews: list[Review] = []  # under each outcome of the sweep

    def complain(self, node, words: str) -> None:
        self.problems.append((node.start_mark.line + 1 if node else 1, words))

    def plan(self, root, name: str) -> SweepPlan | None:
        parts = self.mapping(root, "the file", ("review", "about", "grid", "points"))
        records = self.review(parts.get("review"))
        if len(parts.keys() & {"grid", "points"}) != 1:
            self.complain(root, "give either 'grid' (values to combine) or 'points' (a list)")
            return None
        is_grid = "grid" in parts
        asked = (
            [] if records is None else _outcomes(parts["grid" if is_grid else "points"], records)
        )
        if records is not None:
            try:
                opened = [Review(records, Settings(outcome=one)) for one in asked]
                # With several outcomes the defaults are those of the review's own.
                own = Review(records)
            except SettingsError as error:
                self.complain(root, str(error))
                return None
        self.about = self.asked_about(parts.get("about"), records, asked)
        if records is not None:
            self.reviews = opened
            self.limits = [limits_for(review, self.about) for review in opened]
        points: list[dict] = []
        if is_grid:
            swept, values = self.grid(parts["grid"])
        else:
            (swept, points), values = self.points(parts["points"]), ()
        if records is None:
            return None
        settings = (opened[0] if len(opened) == 1 else own).settings
        for review in opened:
            self.refuse_without_subject(root, review)
        if not is_grid:
            values = tuple(
                tuple(
                    NOT_USED
                    if name in OF_RANDOM_EFFECTS
                    and point.get(METHOD, RANDOM_EFFECTS) != RANDOM_EFFECTS
                    else point.get(name, default_of(name, settings))
                    for name in swept
                )
                for point in points
            )
            self.repeated(values, parts["points"], lambda point: "the same as an earlier point")
        return SweepPlan(name, records, self.about, settings, swept, is_grid, values)

    def asked_about(self, node, records: Records | None, outcomes: list[str]) -> str:
        """The subject of the sweep: that of the file, else that of the review's answer."""
        named = self.scalar(node, "about") if node else None
        if named in ABOUT:
            return named
        if node and named is not None:
            self.complain(node, f"about = {named!r} is not allowed; choose from {', '.join(ABOUT)}")
        return AGAINST_PLACEBO if records is None else about_by_default(records, outcomes)

    def refuse_without_subject(self, node, review: Review) -> None:
        """Note an outcome with nothing to compare or to pool as a problem."""
        outcome = review.about.outcome
        if self.about == AGAINST_PLACEBO:
            if not has_placebo_arms(review):
                self.complain(
                    node,
                    f"'{outcome}' has no placebo arms to compare with; write 'about: {POOLED_EFFECT}' for its "
                    f"pooled effect, or make a report on it with --set outcome={outcome!r}",
                )
            return
        compared, printing = studies_to_pool(review)
        if printing < 2:
            other = (
                f"write 'about: {AGAINST_PLACEBO}' to compare it with placebo arms"
                if has_placebo_arms(review)
                else "name another outcome, or add figures of studies on this one to statistics.csv"
            )
            self.complain(
                node,
                f"'{outcome}' has no pool: of {counted(compared, 'study', 'studies')} in contrasts.csv {printing} "
                f"print{'s' if printing == 1 else ''} anything on it, and a pool needs two; {other}",
            )

    def review(self, node) -> Records | None:
        name = self.scalar(node, "review") if node else ""
        if name is None:
            return None
        reviews = self.project.reviews()
        if node and name not in reviews:
            self.complain(node, f"there is no review '{name}'; reviews are {', '.join(reviews)}")
            return None
        return load(str(name), self.project)

    def grid(self, node) -> tuple[tuple[str, ...], tuple[tuple, ...]]:
        parts = self.parameters(node, "grid")
        values = {name: self.axis(part, name) for name, part in parts.items()}
        count = prod(map(len, values.values()))
        if count > LARGEST:
            sizes = " × ".join(f"{len(axis):,} ({name})" for name, axis in values.items())
            self.complain(node, f"{sizes} is {count:,} points; at most {LARGEST:,} are allowed")
        return tuple(values), tuple(values.values())

    def points(self, node) -> tuple[tuple[str, ...], list[dict]]:
        items = self.sequence(node, "points")
        if len(items) > LARGEST:
            self.complain(node, f"{len(items):,} points; at most {LARGEST:,} are allowed")
        found = [
            {
                name: self.value(part, name)
                for name, part in self.parameters(item, f"point {place}").items()
            }
            for place, item in enumerate(items, 1)
        ]
        names = names_for(self.about)
        return tuple(name for name in names if any(name in point for point in found)), found

    def axis(self, node, name: str) -> tuple[float | str, ...]:
        """The values of one parameter of a grid: a list, or low, high and count."""
        if isinstance(node, yaml.MappingNode):
            return self.steps(node, name)
        values = [self.value(part, name) for part in self.sequence(node, name)]
        self.repeated(values, node, lambda value: f"{name} = {value} is given twice")
        return tuple(value for value in values if value is not None)

    def repeated(self, values: Iterable, node, words: Callable[[object], str]) -> None:
        """Note values that occur in the list `node` more than once as problems."""
        seen = set()
        for value, item in zip(values, getattr(node, "value", ()), strict=False):
            if value in seen and value is not None:
                self.complain(item, words(value))
            seen.add(value)

    def steps(self, node, name: str) -> tuple[float, ...]:
        if name not in NUMBERS:
            self.complain(node, f"{name} is not a number: list its values, as in [a, b]")
            return ()
        parts = self.mapping(node, name, ("low", "high", "count"))
        if len(parts) < 3:
            self.complain(node, f"{name}: give low, high and count, or a list of values")
            return ()
        low, high = (self.value(parts[end], name) for end in ("low", "high"))
        count = self.scalar(parts["count"], f"{name}, count")
        if not isinstance(count, int) or not 2 <= count <= LARGEST:
            self.complain(parts["count"], f"{name}: count is a whole number from 2 to {LARGEST:,}")
        elif isinstance(low, float) and isinstance(high, float):
            if low < high:
                # To 12 digits, so that a tenth is written as a tenth.
                return tuple(float(f"{x:.12g}") for x in np.linspace(low, high, count))
            self.complain(node, f"{name}: low must be below high")
        return ()

    def value(self, node, name: str) -> float | str | None:
        """One value of a parameter, with its type; None and a noted problem if it is not allowed."""
        value = self.scalar(node, name)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        every = [limits[name] for limits in self.limits]
        limits = every[0] if every else Limits()
        if every and not any(one.choices or one.low is not None for one in every):
            self.complain(
                node,
                f"{name} does not matter for these outcomes of the review: leave it out",
            )
            return None
        if name in NUMBERS and not is_number:
            span = "" if limits.low is None else f" from {limits.low:g} to {limits.high:g}"
            self.complain(node, f"{name} = {node.value!r} is not a number{span}")
            return None
        if name not in NUMBERS and not isinstance(value, str):
            words = f"{name} = {node.value} is read as {type(value).__name__}, but must be text"
            choices = limits.choices
            self.complain(node, f"{words}; choose from {', '.join(choices)}" if choices else words)
            return None
        value = float(value) if is_number else value
        wrong = [one.problem(name, value) for one in every]
        if wrong and all(wrong):  # if one outcome allows it, points of the others get a message
            self.complain(node, str(wrong[0]))
            return None
        return value

    def scalar(self, node, what: str):
        """A single value as read by YAML; None and a noted problem if it is not one."""
        if not isinstance(node, yaml.ScalarNode):
            self.complain(node, f"{what}: give a single value here")
            return None
        try:
            value = yaml.SafeLoader("").construct_object(node)
            if isinstance(value, int):
                float(value)  # raises OverflowError for a number too large for a float
        except (yaml.YAMLError, ValueError, OverflowError):
            self.complain(node, f"{what} = {node.value!r} ({node.tag}) cannot be read")
            return None
        if value is None:
            self.complain(node, f"{what} is empty: give a value, or leave it out for its default")
        return value

    def parameters(self, node, where: str) -> dict:
        names = names_for(self.about)
        parts = self.mapping(node, where, names)
        if isinstance(node, yaml.MappingNode) and not node.value:
            self.complain(node, f"{where} is empty: name a parameter")
        return {name: parts[name] for name in names if name in parts}

    def mapping(self, node, where: str, names: tuple[str, ...]) -> dict:
        """The nodes of a mapping by name; unknown and repeated names are noted as problems."""
        if not isinstance(node, yaml.MappingNode):
            self.complain(node, f"{where}: write lines of 'name: value', with {_some(names)}")
            return {}
        found: dict = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in names:
                self.complain(key, f"{where}: {self.unknown(name, names)}")
            elif name in found:
                self.complain(key, f"{where}: '{name}' is given twice")
            else:
                found[name] = value
        return found

    def unknown(self, name: str, names: tuple[str, ...]) -> str:
        """Why a name is not allowed here, and which names are."""
        other = next(one for one in ABOUT if one != self.about)
        if names == names_for(self.about) and name in names_for(other):
            is_there = any(_has_subject(review, other) for review in self.reviews)
            return (
                f"'{name}' does not move the {self.about}, which this sweep is about; leave it out"
                + (f", or write 'about: {other}'" if is_there else "")
            )
        near = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"allowed are {', '.join(names)}"
        return f"there is no '{name}'; {hint}"

    def sequence(self, node, what: str) -> list:
        if not isinstance(node, yaml.SequenceNode):
            self.complain(node, f"{what}: write a list, such as [a, b]")
            return []
        if not node.value:
            self.complain(node, f"{what} is an empty list: give at least one value")
        return node.value


def _has_subject(review: Review, about: str) -> bool:
    """Whether a review has what a sweep compares or pools: placebo arms, or two studies."""
    if about == AGAINST_PLACEBO:
        return has_placebo_arms(review)
    return studies_to_pool(review)[1] >= 2


def _outcomes(node, records: Records) -> list[str]:
    """The outcomes that a grid or a list of points names, else that of the review.

    An unknown name is left out here; the check of its value reports it.
    """
    own = records.review.outcome
    known = (own, *(row.outcome for row in records.further_outcomes))
    is_list = isinstance(node, yaml.SequenceNode)
    found: list[str] = []
    for part in node.value if is_list else [node]:
        of_part = []
        if isinstance(part, yaml.MappingNode):
            of_part = [value for key, value in part.value if key.value == "outcome"]
        named = [
            one.value
            for value in of_part
            for one in (value.value if isinstance(value, yaml.SequenceNode) else [value])
            if isinstance(one, yaml.ScalarNode)
        ]
        found += [name for name in named if name in known] or [own]
    return list(dict.fromkeys(found))


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
