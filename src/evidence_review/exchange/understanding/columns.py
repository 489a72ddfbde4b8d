"""The meaning of each column of a table: by its name, by its cells, or from options such as --map."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from difflib import get_close_matches

from evidence_review.exchange.column_meanings import (
    COMPARISON,
    CONTROL,
    RESULTS,
    TIMES,
    TREATED,
    Meaning,
    Vocabulary,
    counted_instead_of_weeks,
    meaning,
    resolved,
)
from evidence_review.exchange.understanding.named_rows import NamedRows
from evidence_review.exchange.understanding.parts import TIMED, About, Notes, Wishes, is_number

# Our names that a table of results needs most; those of figures end in 1 or 2 where a row has both arms.
_OF_BOTH = ("study", "arm", "role", "year", "week")
_OF_FIGURES = tuple(
    dict.fromkeys((*RESULTS, "change_mean", "change_sd", "change_se", "person_time", *COMPARISON))
)


def our_names(about: About, *alike: str) -> str:
    """Our names for columns, as a message lists them: those like some words first.

    Parameters
    ----------
    about : About
    alike : str
        What a person wrote, or the names of columns that have no meaning yet.
    """
    usual = (*_OF_BOTH, *_OF_FIGURES)
    known = sorted({*usual, *about.ours})
    near: list[str] = []
    for word in (part for words in alike for part in (words, *re.findall(r"[^\W_]+", words))):
        group = word[-1] if word[-1:] in ("1", "2") else ""
        for name in get_close_matches(word.casefold().removesuffix(group), known, n=1, cutoff=0.7):
            near.append(f"{name}{group}" if name in _OF_FIGURES else name)
    rest = [name for name in usual if not {name, f"{name}1", f"{name}2"} & set(near)]
    return (
        f"{', '.join([*dict.fromkeys(near), *rest])} (of figures with 1 after it for the treated arm "
        "and 2 for the control where a row has both), or another column or statistic of data/DICTIONARY.md"
    )


def meanings_of_columns(
    table: NamedRows, about: About, wishes: Wishes, notes: Notes
) -> dict[str, Meaning]:
    """The meanings of a table's columns, as far as names, cells and the person's options give them."""
    mapped = {table.column(theirs): ours for ours, theirs in wishes.columns.items()}
    found = _guessed(table, about.vocabulary(), mapped)
    for theirs, ours in mapped.items():
        if theirs:
            found[theirs] = _mapped(ours, table.headings.get(theirs, theirs), about, notes)
    found = {n: m for n, m in found.items() if m.name not in wishes.fill}
    found = _one_study_column(_arm_names(found), set(mapped), table)
    found = _one_arm_column(found, set(mapped), table)
    _name_those_alike(found, notes)
    return {name: found[name] for name in table.names if name in found}


def _guessed(table: NamedRows, words: Vocabulary, mapped: Collection[str]) -> dict[str, Meaning]:
    """Meanings by name: strictly, or leniently if the strict reading finds no result."""
    if table.is_revman:
        return {
            "Study": Meaning("study"),
            "Study year": Meaning("year"),
            "Analysis name": Meaning("outcome"),
        }
    found = _by_name(table, words)
    if not any(m.name in (*RESULTS, *COMPARISON, *TIMED, "value") for m in found.values()):
        found = _by_name(table, replace(words, lenient=True))
    kept = [name for name in found if name not in mapped]
    return dict(zip(kept, resolved(found[name] for name in kept), strict=True))


def _by_name(table: NamedRows, words: Vocabulary) -> dict[str, Meaning]:
    found = {name: meaning(heading, words) for name, heading in table.headings.items()}
    return {name: one for name, one in found.items() if one is not None}


def _mapped(ours: str, heading: str, about: About, notes: Notes) -> Meaning:
    if ours in TIMES:
        return Meaning(ours, counts=counted_instead_of_weeks(heading))
    if ours in (*about.ours, *RESULTS, *COMPARISON, "arm", "study", "measure"):
        return Meaning(ours)
    one = meaning(ours, about.vocabulary())
    if one is None:
        text = f"--map {ours}=...: '{ours}' is not one of our names; write {our_names(about, ours)}"
        notes.problems.append((0, text))
        return Meaning(ours)
    return one


def _arm_names(found: dict[str, Meaning]) -> dict[str, Meaning]:
    """If one column names the control arm, another column of arms names the treated one."""
    if not any(one.name == "statistic" for one in found.values()):
        names = {n: Meaning("arm", CONTROL) for n, m in found.items() if m.name == "comparator"}
        found = found | names
    if any(one == Meaning("arm", CONTROL) for one in found.values()):
        found = {
            n: Meaning("arm", TREATED) if one == Meaning("arm") else one for n, one in found.items()
        }
    return found


def _one_study_column(
    found: dict[str, Meaning], mapped: set[str], table: NamedRows
) -> dict[str, Meaning]:
    """Keep one column of studies: the first with words, since others have numbers or notes."""
    if not any(name in mapped and one == Meaning("study") for name, one in found.items()):
        ids = {n: Meaning("study") for n, m in found.items() if m.name == "study_id"}
        found = found | ids
    if not any(one == Meaning("study") for one in found.values()):
        # "Study (year)" holds names.
        years = [n for n, m in found.items() if m.name == "year"]
        in_words = lambda n: any(not is_number(row[n]) for _, row in table.rows if row[n])
        found = found | {n: Meaning("study") for n in years if in_words(n)}
    names = [name for name, one in found.items() if one == Meaning("study")]
    in_words = [
        name
        for name in names
        if name in mapped or any(not is_number(row[name]) for _, row in table.rows if row[name])
    ]
    whole = [name for name in in_words if all(row[name] for _, row in table.rows)]
    best = (whole or in_words or names or [""])[0]
    kept = next((name for name in in_words if name in mapped), best)
    return {name: one for name, one in found.items() if name not in names or name == kept}


def _one_arm_column(
    found: dict[str, Meaning], mapped: set[str], table: NamedRows
) -> dict[str, Meaning]:
    """Keep one column of arms: the one that differs within studies."""
    names = [name for name, one in found.items() if one == Meaning("arm")]
    study = next((name for name, one in found.items() if one == Meaning("study")), "")
    if len(names) < 2 or not study:
        return found
    differing = {n: len({(row[study], row[n]) for _, row in table.rows}) for n in names}
    kept = next((n for n in names if n in mapped), max(names, key=lambda n: differing[n]))
    out = {name: one for name, one in found.items() if name not in names or name == kept}
    if "treatment" in names and kept != "treatment":
        out["treatment"] = Meaning("treatment")  # what people got, a column of ours
    return out


def _name_those_alike(found: Mapping[str, Meaning], notes: Notes) -> None:
    """Note columns with the same meaning as a problem."""
    alike: dict[Meaning, list[str]] = {}
    for name, one in found.items():
        alike.setdefault(replace(one, also="", sign=""), []).append(name)
    for one, names in alike.items():
        if len(names) > 1:
            quoted = " and ".join(f"'{name}'" for name in names)
            text = (
                f"the columns {quoted} would all be the {one.words}: say which arm each is of, as in "
                f'--map {one.name}1="{names[0]}" --map {one.name}2="{names[1]}" '
                "(1 is the treated arm, 2 the control)"
            )
            notes.problems.append((0, text))
