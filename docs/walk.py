"""Follows a printed number from its row to the page, and writes its way into docs/architecture.md.

python docs/walk.py    # after a change of what hands a number on

A step is a function with a name that hands the number on: what it returns holds it. Left out is what holds
whatever it is given: the reader of files, the store of tables, results that are kept, templates.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import evidence_review
from evidence_review.display import page
from evidence_review.estimates.change import single_arm_changes
from evidence_review.findings.of_effects import effect_findings
from evidence_review.records import Records, load
from evidence_review.records.table_store import Tables
from evidence_review.review.review import Review
from evidence_review.words import changes

PAGE = Path(__file__).resolve().parent / "architecture.md"
BEGIN, END = "<!-- followed by docs/walk.py -->", "<!-- end of what is followed -->"
PACKAGE = Path(evidence_review.__file__).parent
REVIEW = "magnesium-rls"
# A reduction of 6.67 points is printed; the change is -6.67 from where its sign is turned.
PRINTED, CHANGE, WRITTEN = 6.67, -6.67, "−6.67"
LEFT_OUT = (
    *("records/spreadsheets", "records/table_store", "records/rows", "review/review"),
    "display/markup",
)
_DEEPEST, _LONGEST = 7, 5000


def holds(found: Any, number: float, deep: int = 0) -> bool:
    """Whether a value is the number, or holds it, as a number or written out."""
    again = lambda parts: any(holds(one, number, deep + 1) for one in parts)
    if isinstance(found, float):
        return found == number
    if isinstance(found, str):
        return WRITTEN in found
    if isinstance(found, Records):
        return holds(found.tables, number)
    if isinstance(found, Tables):
        columns = found.columns("statistics") if "statistics" in found else {}
        return number in columns.get("value", ())
    if deep > _DEEPEST or isinstance(found, Review):
        return False
    if isinstance(found, Mapping):
        return again(list(found.values())[:_LONGEST])
    if isinstance(found, tuple | list):
        return again(found[:_LONGEST])
    if is_dataclass(found):
        return again(getattr(found, field.name, None) for field in fields(found))
    return False


def steps(walk: Callable[[], object]) -> list[tuple[str, str]]:
    """Module and name of each function that hands the number on, in the order in which they do."""
    found: dict[tuple[str, str], None] = {}
    number = PRINTED

    def returns(frame, event: str, value: object) -> None:
        nonlocal number
        path, name = Path(frame.f_code.co_filename), frame.f_code.co_qualname
        if event != "return" or not path.is_relative_to(PACKAGE) or "<" in name or "__" in name:
            return
        module = path.relative_to(PACKAGE).with_suffix("").as_posix()
        if module in LEFT_OUT or path.suffix != ".py":
            return
        sys.setprofile(None)
        if holds(value, CHANGE):
            number = CHANGE
        if holds(value, number):
            found[module, name] = None
        sys.setprofile(returns)

    sys.setprofile(returns)
    try:
        walk()
    finally:
        sys.setprofile(None)
    return list(found)


def to_the_table() -> str:
    """The change among the numbers of a page."""
    return page.findings_html(effect_findings(Review(load(REVIEW))))


def to_a_sentence() -> list[str]:
    """The change in the sentence that tells it."""
    review = Review(load(REVIEW))
    return [
        page.sentence_html(changes.change(change, review.settings.level))
        for change in single_arm_changes(review)
    ]


def rows(walk: Callable[[], object]) -> Iterator[str]:
    """A line of the table for each module on the way, once for each time that the way enters it."""
    by_module: list[tuple[str, list[str]]] = []
    for module, name in steps(walk):
        if not by_module or by_module[-1][0] != module:
            by_module.append((module, []))
        by_module[-1][1].append(f"`{name}`")
    for module, names in by_module:
        yield f"| [{module}](../src/evidence_review/{module}.py) | {', '.join(names)} |"


def table() -> str:
    """Both ways as tables of Markdown."""
    load(REVIEW)  # checks the files, once
    return "\n\n".join(
        "\n".join([f"| {heading} | hands it on |", "|---|---|", *rows(walk)])
        for heading, walk in (
            ("to the numbers of a page", to_the_table),
            ("to a sentence", to_a_sentence),
        )
    )


def followed(text: str) -> str:
    """The document with the ways as they are now."""
    return re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{table()}\n\n{END}", text)


if __name__ == "__main__":
    PAGE.write_text(followed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(table())
