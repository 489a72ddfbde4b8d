"""Names as people type them: in any case; a wrong one is an error that lists the right ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
