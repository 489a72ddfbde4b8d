"""Names as people type them: in any case; a wrong one is an error that lists the right ones."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ParamSpec, TypeVar

from evidence_review.numbers import listing

P = ParamSpec("P")
R = TypeVar("R")


class ListsItsNames:
    """A class whose objects answer a wrong attribute with an error that lists the right ones.

    Examples
    --------
    >>> class Tea(ListsItsNames):
    ...     leaf = "green"
    >>> Tea().leaves
    Traceback (most recent call last):
    AttributeError: there is no attribute 'leaves'; did you mean leaf? There are leaf
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        names = [entry for entry in dir(self) if not entry.startswith("_")]
        if name in names:  # it is there and failed inside: let it say how
            return object.__getattribute__(self, name)
        raise AttributeError(no_such("attribute", name, names))


def lists_its_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function answer a wrong argument with an error that lists the right ones.

    Examples
    --------
    >>> @lists_its_arguments
    ... def brew(leaf, minutes=3):
    ...     return f"{leaf}, {minutes}"
    >>> brew("green", minute=2)
    Traceback (most recent call last):
    TypeError: brew: there is no argument 'minute'; did you mean minutes? There are minutes, leaf
    """
    known = [name for name in inspect.signature(function).parameters if name != "self"]

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in kwargs:
            if name not in known:
                raise TypeError(f"{function.__name__}: {no_such('argument', name, known)}")
        return function(*args, **kwargs)

    return checked


def no_such(kind: str, name: object, known: Iterable[str]) -> str:
    """What to tell someone who wrote a name that is not there.

    Examples
    --------
    >>> print(no_such("measure", "SMDD", ["OR", "RR", "SMD", "MD"]))
    there is no measure 'SMDD'; did you mean SMD, MD? There are SMD, MD, OR, RR
    >>> print(no_such("outcome", "x", []))
    there is no outcome 'x'
    """
    known = [str(one) for one in known]
    by_case = {one.lower(): one for one in known}
    near = [by_case[one] for one in get_close_matches(str(name).lower(), by_case, cutoff=0.5)]
    text = f"there is no {kind} {name!r}"
    if near:
        text += f"; did you mean {', '.join(near)}?"
    rest = [*near, *(one for one in known if one not in near)]
    if rest:
        text += f"{'' if near else ';'} {'There' if near else 'there'} are {', '.join(rest)}"
    return text


def column_like(name: str, columns: Sequence[object]) -> object | None:
    """The column of this name, in capitals or not; None if there is none, or more than one.

    Examples
    --------
    >>> column_like("n1", ["Study", "N1"])
    'N1'
    """
    if name in columns:
        return name
    alike = [one for one in columns if str(one).strip().lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


def near_columns(missing: Iterable[str], columns: Iterable[object]) -> dict[str, str]:
    """Columns that may be meant, by the name that is missing; those with the same number first."""
    left = {str(one).lower(): str(one) for one in columns}
    found = {}
    for name in missing:
        group = name[-1] if name[-1].isdigit() else ""
        same = {low: one for low, one in left.items() if low[-1:] == group or not group}
        near = get_close_matches(name.lower(), same, n=1, cutoff=0.55)
        short = [low for low in same if len(low) < 4 and low[:1] == name[0] and group]
        for low in [*near, *short][:1]:
            found[name] = left.pop(low)
    return found


def column_of(own: str, plain: str, columns: Sequence[object]) -> object | None:
    """The column of the one name, else that of the other; None if there is neither."""
    named = column_like(own, columns)
    return named if named is not None else column_like(plain, columns)


def lacking(ways: Sequence[Mapping[str, str]], columns: Sequence[object]) -> str:
    """Which columns are needed, which of the nearest set are missing, and how to rename others.

    Parameters
    ----------
    ways : sequence of mapping
        Sets of columns, one of which is needed whole: plain names by metafor's.
    columns : sequence
        Of the table.

    Examples
    --------
    >>> print(lacking([{"mi": "mean", "ni": "n"}], ["mean", "people"]))
    the columns mean, n. Missing: n. Rename yours, as in frame.rename(columns={'your name': 'n'}). The table has mean, people
    """
    is_there = lambda way: [
        column_of(own, plain, columns) is not None for own, plain in way.items()
    ]
    nearest = max(ways, key=lambda way: sum(is_there(way)) / len(way))
    found = zip(nearest.values(), is_there(nearest), strict=True)
    missing = [plain for plain, there in found if not there]
    known = {name.lower() for way in ways for names in way.items() for name in names}
    near = near_columns(missing, (name for name in columns if str(name).lower() not in known))
    rename = ", ".join(f"{theirs!r}: {ours!r}" for ours, theirs in near.items())
    hint = (
        f"If you mean them, frame.rename(columns={{{rename}}}). "
        if near
        else f"Rename yours, as in frame.rename(columns={{'your name': {missing[0]!r}}}). "
    )
    choices = "; or ".join(dict.fromkeys(", ".join(way.values()) for way in ways))
    return (
        f"the columns {choices}. Missing: {listing(missing)}. {hint}"
        f"The table has {', '.join(map(str, columns)) or 'no columns'}"
    )
