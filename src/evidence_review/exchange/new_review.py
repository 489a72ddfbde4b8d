"""A folder for somebody else's question: every table of a review, and how to fill each in."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

from evidence_review.exchange.data_change import changed_data
from evidence_review.records import Project
from evidence_review.records.package import (
    allowed_in,
    table_definitions,
    unusable_name,
    write_data_package,
)
from evidence_review.review.settings import Settings

HOW_TO_FILL = "HOW-TO-FILL.md"
NEW = "new"
# Of these a report is made; the others can wait, and their pages say so.
NEEDED = ("review", "sources", "studies", "arms", "contrasts", "statistics", "assumptions")
# Tables of a reference class that are the same for every condition.
_OF_ANY_CONDITION = ("bias_evidence", "bias_questions", "standards")


class NewReviewError(ValueError):
    """A review cannot be made under this name, or beside this reference class; the message says why."""


def new_review(
    project: Project, name: str, *, question: str = "", reference: str = ""
) -> list[Path]:
    """Make `data/<name>/` with the header of every table and how to fill it in; returns its folder.

    reference: the placebo arms to compare with: a reference class of the project, default that of its
    default review; 'new' makes one, `<name>-placebo`, with the tables that hold for any condition
    filled in, and returns its folder too. The data package is written anew.

    Raises
    ------
    NewReviewError
        If the name or the reference class cannot be, and then nothing is made.
    DataInUseError
        If somebody changed the tables meanwhile, and then nothing is made.
    """
    model = str(project.reference_class(project.default_review()))
    classes = [folder for folder in project.folders() if folder not in project.reviews()]
    problem = _name_problem(project, name, *([f"{name}-placebo"] if reference == NEW else []))
    if not problem and reference not in ("", NEW, *classes):
        problem = f"there is no reference class '{reference}'; write one of {', '.join(classes)}, or {NEW}"
    if problem:
        raise NewReviewError(problem)
    shared = f"{name}-placebo" if reference == NEW else reference or model
    made = [project.data / name]
    if reference == NEW:
        made.append(project.data / shared)
    with changed_data(project) as trial:
        if problem := _name_problem(trial, *(folder.name for folder in made)):
            raise NewReviewError(problem)  # somebody else made it while this waited
        for folder in made:
            (trial.data / folder.name).mkdir()
        if reference == NEW:
            _fill_reference(trial, trial.data / shared, model)
        _fill_review(trial, trial.data / name, name, question, shared)
        write_data_package(trial)
    return made


def _name_problem(project: Project, *names: str) -> str:
    """What is wrong with the names of folders that are to be made; '' if nothing is."""
    there = {_plain(path.name): path.name for path in project.data.iterdir()}
    for name in names:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            return f"'{name}' cannot name a review: use small letters, digits and single hyphens, as in zinc-sleep"
        if name in ("sweeps", NEW):
            return f"'{name}' is used for something else: choose another name"
        if problem := unusable_name(name):
            return problem
        taken = there.get(_plain(name))
        if taken == name:
            return f"data/{name} is there already: choose another name, or remove it first"
        if taken:
            return f"'{name}' is too near to data/{taken}, which is there: choose another name"
    return ""


def _plain(name: str) -> str:
    """A name without what is easily mistaken: capitals, hyphens and underscores."""
    return re.sub(r"[-_]", "", name).casefold()


def _fill_review(project: Project, folder: Path, name: str, question: str, shared: str) -> None:
    given = {row["assumption_id"] for row in _rows(project.data / shared / "assumptions.csv")}
    assumed = [
        entry.name
        for entry in fields(Settings)
        if entry.default is None and not entry.metadata["optional"] and entry.name not in given
    ]
    known = {
        "review": [{"review_id": name, "question": question, "reference_class": shared}],
        "assumptions": [{"assumption_id": parameter} for parameter in assumed],
    }
    for table in _tables(project, "review"):
        _write(folder, table, known.get(table["name"], []))
    (folder / HOW_TO_FILL).write_text(_how_to_fill(project, name, shared), encoding="utf-8")


def _fill_reference(project: Project, folder: Path, model: str) -> None:
    """The tables of a reference class; of `model` those that hold for any condition, and their sources."""
    known = {name: _rows(project.data / model / f"{name}.csv") for name in _OF_ANY_CONDITION}
    cited = {row["source_id"] for rows in known.values() for row in rows}
    known["sources"] = [
        row for row in _rows(project.data / model / "sources.csv") if row["source_id"] in cited
    ]
    known["assumptions"] = [
        {"assumption_id": row["assumption_id"]}
        for row in _rows(project.data / model / "assumptions.csv")
    ]
    for table in _tables(project, "reference"):
        _write(folder, table, known.get(table["name"], []))


def _tables(project: Project, kind: str) -> list[dict]:
    return [table for table in table_definitions(project)["tables"] if kind in table["in"]]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(folder: Path, table: Mapping, rows: Iterable[Mapping[str, str]]) -> None:
    with (folder / f"{table['name']}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(
            stream, [field["name"] for field in table["fields"]], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)


def _how_to_fill(project: Project, name: str, reference: str) -> str:
    """Every table in the order to fill it in, each column with an example from the default review."""
    out = [
        f"# How to fill in {name}",
        "",
        "Each file here is a table. Open it in a spreadsheet as text (so that it leaves 2-3 and 0.50 as "
        "they are), write below the header, one thing a row, and save it as *CSV UTF-8*. Decimals have "
        "a point, minus is a hyphen, an empty cell is a missing value.",
        "",
        f"Whenever you like, `evidence-review check --review {name}` says what is missing or cannot be, "
        f"in this order. When it finds nothing, `evidence-review report --review {name}` makes the pages.",
        "",
        f"Instruments (scales) and placebo arms to compare with are in `../{reference}/`, which other "
        "reviews may share. Every number names its source and where in it the number stands.",
        "",
        "The examples are from another review.",
    ]
    tables = sorted(_tables(project, "review"), key=lambda table: table["name"] not in NEEDED)
    for number, table in enumerate(tables, start=1):
        examples = _rows(project.data / project.default_review() / f"{table['name']}.csv")
        needed = "" if table["name"] in NEEDED else " Can stay empty."
        out += ["", f"## {number}. {table['name']}.csv", "", f"{table['title']}.{needed}", ""]
        out += ["| column | what it is | allowed | example |", "|---|---|---|---|"]
        for field in table["fields"]:
            example = next((row[field["name"]] for row in examples if row[field["name"]]), "")
            example = example if len(example) <= 60 else f"{example[:60]}…"
            cells = (f"`{field['name']}`", field["description"], allowed_in(field), example)
            out.append(f"| {' | '.join(map(_in_a_table, cells))} |")
        notes = [f"{rule['says'][0].upper()}{rule['says'][1:]}." for rule in table.get("rules", [])]
        if table["name"] == "assumptions":
            notes += [
                f"`{entry.name}`: {entry.metadata['help'].partition(';')[0]}."
                for entry in fields(Settings)
                if entry.default is None
            ]
        out += ["", *(f"- {note}" for note in notes)]
    return "\n".join(out).rstrip() + "\n"


def _in_a_table(text: str) -> str:
    return text.replace("|", "\\|")
