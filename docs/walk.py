"""Follows a printed number to the page, and a setting to what it moves, into docs/architecture.md.

python docs/walk.py    # after a change of what hands a number on

A step is a function with a name that hands it on: what it returns holds it. Left out is what holds
whatever it is given: the reader of files, the store of tables, a review, results that are kept, templates.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import evidence_review as er
from evidence_review.cli.arguments import parser
from evidence_review.cli.commands import settings_of
from evidence_review.display import page
from evidence_review.estimates.change import single_arm_changes
from evidence_review.findings.of_effects import effect_findings
from evidence_review.findings.of_placebo import against_placebo_findings
from evidence_review.placebo.against import against_chosen
from evidence_review.records import Records, find_project, load
from evidence_review.records.table_store import Tables
from evidence_review.review.finding import Finding
from evidence_review.review.review import Review
from evidence_review.review.settings import Settings
from evidence_review.runs import plan
from evidence_review.runs.notebooks import changed, report_notebooks
from evidence_review.words import changes

PAGE = Path(__file__).resolve().parent / "architecture.md"
BEGIN, END = "<!-- followed by docs/walk.py -->", "<!-- end of what is followed -->"
PACKAGE = Path(er.__file__).parent
REVIEW = "magnesium-rls"
# A reduction of 6.67 points is printed; the change is -6.67 from where its sign is turned.
PRINTED, CHANGE, WRITTEN = 6.67, -6.67, "−6.67"
# The choice that is followed, and another one: a list of what there is to choose from has both.
BENCHMARK, OTHER = "fulda2008", "silva2017"
LEFT_OUT = (
    *("records/spreadsheets", "records/table_store", "records/rows", "review/review"),
    "display/markup",
)
_DEEPEST, _LONGEST = 7, 5000


def holds(found: Any, sought: float | str, deep: int = 0) -> bool:
    """Whether a value is the number or word, or holds it; a number also where it is written out."""
    again = lambda parts: any(holds(one, sought, deep + 1) for one in parts)
    if isinstance(found, float):
        return found == sought
    if isinstance(found, str):
        return found == sought or (sought == CHANGE and WRITTEN in found)
    if isinstance(found, Records):
        return holds(found.tables, sought)
    if isinstance(found, Tables):
        columns = found.columns("statistics") if "statistics" in found else {}
        return sought in columns.get("value", ())
    if deep > _DEEPEST or isinstance(found, Review):
        return False
    if isinstance(found, Mapping):
        return again(list(found.values())[:_LONGEST])
    if isinstance(found, tuple | list):
        return again(found[:_LONGEST])
    if is_dataclass(found):
        return again(getattr(found, field.name, None) for field in fields(found))
    return False


def steps(walk: Callable[[], object], *sought: float | str) -> list[tuple[str, str]]:
    """Module and name of each function that hands it on, in the order in which they do.

    sought: what it is at first, and what becomes of it.
    """
    found: dict[tuple[str, str], None] = {}
    now, *later = sought

    def returns(frame, event: str, value: object) -> None:
        nonlocal now
        path, name = Path(frame.f_code.co_filename), frame.f_code.co_qualname
        if event != "return" or not path.is_relative_to(PACKAGE) or "<" in name or "__" in name:
            return
        module = path.relative_to(PACKAGE).with_suffix("").as_posix()
        if module in LEFT_OUT or path.suffix != ".py":
            return
        sys.setprofile(None)
        if later and holds(value, later[0]):
            now = later.pop(0)
        if holds(value, now) and not holds(value, OTHER):
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


def in_the_command() -> plan.Page:
    """A benchmark from the words of a command to the settings of a review, and to what a page is kept by."""
    asked = ["report", "--review", REVIEW, "--set", f"benchmark={BENCHMARK}"]
    project = find_project()
    (settings,) = settings_of(project, parser().parse_args(asked))
    given = {"review": REVIEW} | changed(settings)
    Review(load(REVIEW, project), settings)
    notebook = next(one for one in report_notebooks(project) if "benchmark" in one.parameters)
    cache, inputs = plan.Cache(project.root / ".cache"), plan.report_inputs(project, given)
    return plan.page(notebook, inputs, REVIEW, cache, force=True)


def to_what_it_moves() -> list[Finding]:
    """The benchmark from opening a review to what a change is beyond it, as a notebook does."""
    return against_placebo_findings(er.open_review(REVIEW, benchmark=BENCHMARK))


def steps_of_choice(walk: Callable[[], object], *later: float) -> list[tuple[str, str]]:
    """Steps that hand on the benchmark that is chosen; later: what becomes of it. A row of the data chooses none."""
    return [one for one in steps(walk, BENCHMARK, *later) if not one[0].startswith("records/")]


def beyond() -> float:
    """How far a change is beyond the benchmark: what the setting moves."""
    found = against_chosen(Review(load(REVIEW), Settings(benchmark=BENCHMARK)))
    assert found is not None
    return found.beyond


def rows(found: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A line of the table for each module on the way, once for each time that the way enters it."""
    by_module: list[tuple[str, list[str]]] = []
    for module, name in found:
        if not by_module or by_module[-1][0] != module:
            by_module.append((module, []))
        by_module[-1][1].append(f"`{name}`")
    for module, names in by_module:
        yield f"| [{module}](../src/evidence_review/{module}.py) | {', '.join(names)} |"


def table() -> str:
    """All ways as tables of Markdown."""
    load(REVIEW)  # checks the files, once
    return "\n\n".join(
        "\n".join([f"| {heading} | hands it on |", "|---|---|", *rows(found)])
        for heading, found in (
            ("a number, to the numbers of a page", steps(to_the_table, PRINTED, CHANGE)),
            ("a number, to a sentence", steps(to_a_sentence, PRINTED, CHANGE)),
            ("a setting, in the command", steps_of_choice(in_the_command)),
            ("a setting, to what it moves", steps_of_choice(to_what_it_moves, beyond())),
        )
    )


def followed(text: str) -> str:
    """The document with the ways as they are now."""
    return re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{table()}\n\n{END}", text)


if __name__ == "__main__":
    PAGE.write_text(followed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(table())
