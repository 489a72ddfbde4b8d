"""A sweep's file: of which review, and which values of its parameters; checked before anything runs.

::

    review: name-of-a-review        # may be left out: the default review
    grid:                           # every combination of these values
      missing_se: [assume, exclude]
      change_sd: {low: 5.5, high: 11, count: 12}

or, in place of `grid`, `points`: a list of parameter sets. A parameter that is not named has its
default.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from math import prod
from pathlib import Path

import numpy as np
import yaml

from evidence_review.placebo.response import has_placebo_arms
from evidence_review.records import Project, Records, load
from evidence_review.review.review import Review
from evidence_review.review.settings import (
    Settings,
    SettingsError,
    allowed,
    problem,
)
from evidence_review.runs.notebooks import NUMBERS

LARGEST = 1_000_000  # points
_PARAMETERS = {entry.name: entry for entry in fields(Settings) if entry.name != "review"}


class SweepError(SettingsError):
    """A sweep cannot be carried out as given; the message lists everything that is wrong."""


@dataclass(frozen=True)
class SweepPlan:
    """A sweep that can be carried out.

    name: of the file, as part of a folder's name. swept: parameters that are named, in the order of
    `Settings`. values: of a grid, the values of each; of a list, each point's values. defaults: what
    the others have, and the points are compared with.
    """

    name: str
    records: Records = field(repr=False)
    defaults: Settings
    swept: tuple[str, ...]
    is_grid: bool
    values: tuple[tuple[float | str, ...], ...]

    @property
    def count(self) -> int:
        return prod(map(len, self.values)) if self.is_grid else len(self.values)

    def columns(self) -> dict[str, np.ndarray]:
        """The value of each swept parameter at every point, (count,): texts as objects, or numbers.

        Of a grid, the last parameter changes fastest.
        """
        if not self.is_grid:
            return dict(zip(self.swept, map(_column, zip(*self.values, strict=True)), strict=True))
        places = np.unravel_index(np.arange(self.count), [len(axis) for axis in self.values])
        axes = map(_column, self.values)
        return {
            name: axis[place] for name, axis, place in zip(self.swept, axes, places, strict=True)
        }


def _column(values: Sequence[float | str]) -> np.ndarray:
    return np.array(values, dtype=object if isinstance(values[0], str) else float)


def read_sweep(path: Path, project: Project) -> SweepPlan:
    """A sweep's file, read safely and checked against the parameters and the review's data.

    Raises SweepError with everything that is wrong in it, by line; DataError if the data are.
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
        told = [f"{path.name}, line {line}: {words}" for line, words in sorted(reader.problems)]
        raise SweepError("\n".join(dict.fromkeys(told)))
    return plan


class _Reader:
    """Walks the nodes of the file, which know their lines, and notes all problems."""

    def __init__(self, project: Project):
        self.project = project
        self.problems: list[tuple[int, str]] = []
        self.limits: list[dict[str, dict]] = []  # of each outcome that is asked about

    def complain(self, node, words: str) -> None:
        self.problems.append((node.start_mark.line + 1 if node else 1, words))

    def plan(self, root, name: str) -> SweepPlan | None:
        parts = self.mapping(root, "the file", ("review", "grid", "points"))
        records = self.review(parts.get("review"))
        if len(parts.keys() & {"grid", "points"}) != 1:
            self.complain(root, "give either 'grid' (values to combine) or 'points' (a list)")
            return None
        is_grid = "grid" in parts
        asked = (
            [] if records is None else _outcomes(parts["grid" if is_grid else "points"], records)
        )
        if records is not None:
            self.limits = [
                {name: allowed(entry, records, one) for name, entry in _PARAMETERS.items()}
                for one in asked
            ]
        points: list[dict] = []
        if is_grid:
            swept, values = self.grid(parts["grid"])
        else:
            (swept, points), values = self.points(parts["points"]), ()
        if records is None:
            return None
        try:
            # With several outcomes the defaults are those of the review's own.
            only = asked[0] if len(asked) == 1 else records.review.outcome
            defaults = Settings(outcome=only).resolve(records)
        except SettingsError as error:
            self.complain(root, str(error))
            return None
        for one in asked:
            if not has_placebo_arms(Review(records, Settings(outcome=one))):
                self.complain(
                    root,
                    f"'{one}' has no placebo arms to be compared with, and a sweep is about that comparison; "
                    f"a report asks about it: --set outcome={one!r}",
                )
        if not is_grid:
            values = tuple(
                tuple(point.get(name, getattr(defaults, name)) for name in swept)
                for point in points
            )
            self.repeated(values, parts["points"], lambda point: "the same as an earlier point")
        return SweepPlan(name, records, defaults, swept, is_grid, values)

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
        return tuple(name for name in _PARAMETERS if any(name in point for point in found)), found

    def axis(self, node, name: str) -> tuple[float | str, ...]:
        """The values of one parameter of a grid: a list, or low, high and count."""
        if isinstance(node, yaml.MappingNode):
            return self.steps(node, name)
        values = [self.value(part, name) for part in self.sequence(node, name)]
        self.repeated(values, node, lambda value: f"{name} = {value} is given twice")
        return tuple(value for value in values if value is not None)

    def repeated(self, values: Iterable, node, told: Callable[[object], str]) -> None:
        """Complain of values that stand in the list `node` more than once."""
        seen = set()
        for value, item in zip(values, getattr(node, "value", ()), strict=False):
            if value in seen and value is not None:
                self.complain(item, told(value))
            seen.add(value)

    def steps(self, node, name: str) -> tuple[float, ...]:
        if name not in NUMBERS:
            self.complain(node, f"{name} is not a number: list the values that it shall take")
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
        """One value of a parameter, typed; None, with a complaint, if it is not allowed."""
        value = self.scalar(node, name)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        every = [limits[name] for limits in self.limits]
        limits = every[0] if every else {}
        if name in NUMBERS and not is_number:
            span = f" from {limits['low']:g} to {limits['high']:g}" if "low" in limits else ""
            self.complain(node, f"{name} = {node.value!r} is not a number{span}")
            return None
        if name not in NUMBERS and not isinstance(value, str):
            words = f"{name} = {node.value} is read as {type(value).__name__}, and has to be text"
            choices = limits.get("choices", ())
            self.complain(node, f"{words}; choose from {', '.join(choices)}" if choices else words)
            return None
        value = float(value) if is_number else value
        wrong = [problem(name, value, one) for one in every]
        if wrong and all(wrong):  # what one outcome allows, a point of another has as its message
            self.complain(node, str(wrong[0]))
            return None
        return value

    def scalar(self, node, what: str):
        """A single value as YAML reads it; None, with a complaint, if it is not one."""
        if not isinstance(node, yaml.ScalarNode):
            self.complain(node, f"{what}: a single value is wanted here")
            return None
        try:
            value = yaml.SafeLoader("").construct_object(node)
            if isinstance(value, int):
                float(value)  # beyond what a float holds, it is no number here
        except (yaml.YAMLError, ValueError, OverflowError):
            self.complain(node, f"{what} = {node.value!r} ({node.tag}) cannot be read")
            return None
        if value is None:
            self.complain(node, f"{what} is empty: give a value, or leave it out for its default")
        return value

    def parameters(self, node, where: str) -> dict:
        parts = self.mapping(node, where, tuple(_PARAMETERS))
        if isinstance(node, yaml.MappingNode) and not node.value:
            self.complain(node, f"{where} is empty: name a parameter")
        return {name: parts[name] for name in _PARAMETERS if name in parts}

    def mapping(self, node, where: str, names: tuple[str, ...]) -> dict:
        """The nodes of a mapping by name; unknown and repeated names are complained of."""
        if not isinstance(node, yaml.MappingNode):
            self.complain(node, f"{where}: lines of 'name: value' are wanted, with {_some(names)}")
            return {}
        found: dict = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"allowed are {', '.join(names)}"
                self.complain(key, f"{where}: there is no '{name}'; {hint}")
            elif name in found:
                self.complain(key, f"{where}: '{name}' is given twice")
            else:
                found[name] = value
        return found

    def sequence(self, node, what: str) -> list:
        if not isinstance(node, yaml.SequenceNode):
            self.complain(node, f"{what}: a list is wanted, such as [a, b]")
            return []
        if not node.value:
            self.complain(node, f"{what} is an empty list: give at least one")
        return node.value


def _outcomes(node, records: Records) -> list[str]:
    """The outcomes that a grid, or a list of points, asks about: that of the review where it names none.

    A name that is no outcome is left out: it is complained of where it stands.
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
