"""A wrong name is an error that lists the right ones, near misses first."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


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
