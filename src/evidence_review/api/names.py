"""Names as people type them: in any case; a wrong one is an error that lists the right ones."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class ListsItsNames:
    """Whose wrong attribute is an error that lists the right ones.

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
    """Make a function whose wrong argument is an error that lists the right ones.

    Examples
    --------
    >>> @lists_its_arguments
    ... def brew(leaf, minutes=3):
    ...     return f"{leaf}, {minutes}"
    >>> brew("green", minute=2)
    Traceback (most recent call last):
    TypeError: brew: there is no argument 'minute'; did you mean minutes? There are minutes, leaf
    """
    known = list(inspect.signature(function).parameters)

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
