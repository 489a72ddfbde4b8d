"""Reviews of printed estimates as somebody makes them: an empty project, a question, one table imported.

The tables and their independent values: `tests/reference/printed_estimates_metafor.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

from evidence_review.exchange.import_table import read_table, write_table
from evidence_review.exchange.new_project import new_project
from evidence_review.exchange.new_review import Question, new_review
from evidence_review.exchange.understanding import Wishes
from evidence_review.records import Project, load, violations
from evidence_review.review.review import Review

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "printed_estimates_metafor.json").read_text("utf-8")
)
GIVEN, EXPECTED = REFERENCE["inputs"], REFERENCE["output"]
NAME = "mine"

SMOKE = Question(
    text="Is living with a smoker associated with lung cancer?",
    treatment="living with a smoker",
    condition="lung cancer",
    outcome="lung cancer",
    better="lower",
    measure="OR",
    is_association=True,
)
HEART = Question(
    text="Do SGLT2 inhibitors prevent major cardiovascular events?",
    treatment="SGLT2 inhibitors",
    condition="diabetes",
    outcome="major cardiovascular events",
    better="lower",
    measure="HR",
)
STROKE = Question(
    text="Does warfarin prevent stroke?",
    treatment="warfarin",
    condition="atrial fibrillation",
    outcome="stroke",
    better="lower",
    measure="IRR",
)


def imported(folder: Path, question: Question, table: str, **wishes) -> Review:
    """The review of a question whose studies are a table."""
    return Review(load(NAME, project_of(folder, question, table, **wishes)))


def project_of(folder: Path, question: Question, table: str, **wishes) -> Project:
    """Its project: `init`, `new`, `import`, and a check that finds nothing."""
    project = new_project(folder / "project")
    new_review(project, NAME, question)
    file = folder / "table.csv"
    file.write_text(table, encoding="utf-8")
    understood = read_table(project, NAME, file, Wishes(**wishes))
    write_table(project, NAME, file, understood)
    assert violations(project, project.folders()) == []
    return project


def as_table(name: str) -> str:
    """A table of the reference as text, as its package has it."""
    given = GIVEN[name]
    if "columns" in given:
        lines = [given["columns"], *given["rows"]]
    else:
        lines = [list(given), *zip(*given.values(), strict=True)]
    return "".join(f"{','.join(map(str, line))}\n" for line in lines)
