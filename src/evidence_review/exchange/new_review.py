"""Make a new review: a folder with every table, and a text on how to fill each in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from evidence_review.effect_measures import OF_PEOPLE
from evidence_review.exchange.data_change import changed_data
from evidence_review.exchange.new_project import general_tables
from evidence_review.exchange.proposals import NOT_KNOWN, SD, proposed
from evidence_review.exchange.raw_tables import rows_of, write
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
# The tables that a report needs; the others can wait, and their pages say so.
NEEDED = ("review", "sources", "studies", "arms", "contrasts", "statistics", "assumptions")
# Tables of a reference class that are the same for every condition.
_OF_ANY_CONDITION = ("bias_evidence", "bias_questions", "standards")

# Assumptions that belong to the review, not to its reference class.
_OF_A_REVIEW = ("arm_size", "important_difference")
# The source of statements by the authors of the review.
_AUTHORS = "review_authors"


class NewReviewError(ValueError):
    """A review cannot be made with this name or this reference class; the message says why."""


@dataclass(frozen=True)
class Question:
    """The question of a new review; a person fills in what is empty later.

    Parameters
    ----------
    text : str
        The question in one sentence.
    treatment, condition, outcome : str
        As they read in mid-sentence.
    scale, unit : str
        The scale of the outcome, and its unit.
    lowest, highest : float or None
        Ends of the scale, if it has both.
    better : str
        The better end: 'higher', 'lower', or '' if not known.
    sd : float or None
        Roughly, the SD between people; None: a quarter of the scale if it has two ends.
    measure : str
        The measure of the answer, one of `settings.STATED`; '' for differences of means.
    is_association : bool
        Whether it asks about an association, not about the effect of a treatment.
    """

    text: str = ""
    treatment: str = ""
    condition: str = ""
    outcome: str = ""
    scale: str = ""
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    better: str = ""
    sd: float | None = None
    measure: str = ""
    is_association: bool = False

    @property
    def has_ends(self) -> bool:
        return self.lowest is not None and self.highest is not None

    def assumptions(self, leave_out: Collection[str] = ()) -> list[dict[str, str]]:
        """Rows of assumptions.csv: what is proposed."""
        sd = NOT_KNOWN
        if self.sd is not None:
            sd = SD.given(self.sd)
        elif self.lowest is not None and self.highest is not None:
            sd = SD.by_range_rule(self.lowest, self.highest)
        return proposed(self.measure, self.unit or "points", sd, leave_out)


def new_review(
    project: Project, name: str, question: Question | None = None, *, reference: str = NEW
) -> list[Path]:
    """Make `data/<name>/` with every table of a review and how to fill them in; returns new folders.

    `question` is filled in, and assumptions are proposed, each with its range and reason. reference: the
    reference class of placebo arms to compare with, or 'new', which makes one: `<name>-placebo`
    (`<name>-shared` if the measure needs no placebo arms), with the tables that hold for any condition
    filled in; its folder is returned too. The data package is written anew.

    Raises
    ------
    NewReviewError
        If the name or the reference class is not possible; nothing is made then.
    DataInUseError
        If somebody changed the tables meanwhile; nothing is made then.
    """
    question = question or Question()
    reviews = project.reviews()
    classes = [folder for folder in project.folders() if folder not in reviews]
    own = f"{name}-{'shared' if question.measure else 'placebo'}"
    problem = _name_problem(project, name, *([own] if reference == NEW else []))
    if not problem and reference not in (NEW, *classes):
        problem = (
            f"there is no reference class '{reference}'; write one of {', '.join([*classes, NEW])}"
        )
    if problem:
        raise NewReviewError(problem)
    shared = own if reference == NEW else reference
    made = [project.data / name]
    if reference == NEW:
        made.append(project.data / shared)
    with changed_data(project) as trial:
        if problem := _name_problem(trial, *(folder.name for folder in made)):
            raise NewReviewError(problem)  # another process made it meanwhile
        for folder in made:
            (trial.data / folder.name).mkdir()
        if reference == NEW:
            _fill_reference(trial, trial.data / shared, question)
        add_scale(trial, trial.data / shared, question)
        _fill_review(trial, trial.data / name, name, question, shared)
        write_data_package(trial)
    return made


def _name_problem(project: Project, *names: str) -> str:
    """What is wrong with names for new folders; '' if nothing is."""
    there = {_plain(path.name): path.name for path in project.data.iterdir()}
    for name in names:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            return f"'{name}' cannot name a review: use small letters, digits and single hyphens, as in zinc-sleep"
        if name in ("sweeps", NEW):
            return f"'{name}' has another use in a project: choose another name"
        if problem := unusable_name(name):
            return problem
        taken = there.get(_plain(name))
        if taken == name:
            return f"data/{name} exists already: choose another name, or remove it first"
        if taken:
            return f"'{name}' is too similar to the existing data/{taken}: choose another name"
    return ""


def _plain(name: str) -> str:
    """A name without capitals, hyphens and underscores, which are easily confused."""
    return re.sub(r"[-_]", "", name).casefold()


def _fill_review(
    project: Project, folder: Path, name: str, question: Question, shared: str
) -> None:
    given = {row["assumption_id"] for row in rows_of(project.data / shared / "assumptions.csv")}
    about = {
        "review_id": name,
        "question": question.text,
        "treatment": question.treatment,
        "condition": question.condition,
        "condition_short": question.condition,
        "outcome": question.outcome,
        "instrument_id": _counted(question),
        "measure": question.measure,
        "reference_class": shared,
        "search_date": date.today().isoformat(),
    }
    if title := _title(question):
        about["title"] = title[0].upper() + title[1:]
    known = {"review": [about], "assumptions": question.assumptions(leave_out=given)}
    for table in _tables(project, "review"):
        _write(folder, table, known.get(table["name"], []))
    (folder / HOW_TO_FILL).write_text(_how_to_fill(project, name, shared), encoding="utf-8")


def _title(question: Question) -> str:
    """The title: a treatment *for* a condition, or *and* the outcome; '' if not known.

    'For' would be wrong in 'warfarin and stroke', since nobody takes warfarin for stroke.
    """
    treatment, condition, outcome = question.treatment, question.condition, question.outcome
    if treatment and outcome and (question.measure or question.is_association):
        return f"{treatment} and {outcome}"
    return f"{treatment} for {condition}" if treatment and condition else ""


def _fill_reference(project: Project, folder: Path, question: Question) -> None:
    """Fill the tables of a reference class that hold for any condition, their sources, and assumptions."""
    model = general_tables()
    # Only a change without a control group needs evidence on the bias from knowing the treatment.
    general = [
        name for name in _OF_ANY_CONDITION if not (question.measure and name == "bias_evidence")
    ]
    known = {name: rows_of(model / f"{name}.csv") for name in general}
    cited = {row["source_id"] for rows in known.values() for row in rows}
    known["sources"] = [row for row in rows_of(model / "sources.csv") if row["source_id"] in cited]
    known["assumptions"] = question.assumptions(leave_out=_OF_A_REVIEW)
    for table in _tables(project, "reference"):
        _write(folder, table, known.get(table["name"], []))


def add_scale(project: Project, folder: Path, question: Question) -> None:
    """Add the instrument of an outcome to a reference class, unless it has it."""
    scales, name = rows_of(folder / "instruments.csv"), _counted(question)
    if not name or name in {row["instrument_id"] for row in scales}:
        return
    tables = {table["name"]: table for table in _tables(project, "reference")}
    row = {
        "instrument_id": name,
        "name": name,
        "minimum": f"{question.lowest:g}" if question.has_ends else "",
        "maximum": f"{question.highest:g}" if question.has_ends else "",
        "worse": {"higher": "lower", "lower": "higher"}.get(question.better, "not stated"),
        "unit": question.unit or ("people" if question.measure in OF_PEOPLE else "points"),
        "basis": "assumed",
        "rule": "as given when the review was made; put the paper that describes it here",
        "missing_reason": "" if question.has_ends else "it has no two ends, or they were not given",
        "source_id": _AUTHORS,
        "location": "as given",
        "access_level": "secondary",
    }
    _write(folder, tables["instruments"], [*scales, row])
    sources = rows_of(folder / "sources.csv")
    if _AUTHORS not in {one["source_id"] for one in sources}:
        mine = {"source_id": _AUTHORS, "citation": "The authors of this review."}
        _write(folder, tables["sources"], [*sources, mine])


def _counted(question: Question) -> str:
    """The scale of the outcome; for a stated measure without one, the outcome itself."""
    return question.scale or (question.outcome if question.measure else "")


def _tables(project: Project, kind: str) -> list[dict]:
    return [table for table in table_definitions(project)["tables"] if kind in table["in"]]


def _write(folder: Path, table: Mapping, rows: Iterable[Mapping[str, str]]) -> None:
    header = [field["name"] for field in table["fields"]]
    write(folder / f"{table['name']}.csv", header, rows)


def _how_to_fill(project: Project, name: str, reference: str) -> str:
    """How to fill in each table, in order, with an example from another review for each column."""
    others = [review for review in project.reviews() if review != name][:1]
    out = [
        f"# How to fill in {name}",
        "",
        "Each file here is a table. Open it in a spreadsheet as text (so that 2-3 and 0.50 stay as "
        "they are), write below the header, one item per row, and save it as *CSV UTF-8*. Decimals have "
        "a point, minus is a hyphen, an empty cell is a missing value.",
        "",
        f"At any time, `evidence-review check --review {name}` lists what is missing or impossible, "
        f"in this order. When it finds nothing, `evidence-review report --review {name}` makes the pages.",
        "",
        f"Instruments (scales) and placebo arms to compare with are in `../{reference}/`, which other "
        "reviews may share. Every number names its source and its place in the source.",
        "",
        "You need not type studies, arms and results: `evidence-review import TABLE` takes them from any "
        "table, and shows what it understood before it writes.",
        "",
        "The examples are from another review." if others else "",
    ]
    tables = sorted(_tables(project, "review"), key=lambda table: table["name"] not in NEEDED)
    for number, table in enumerate(tables, start=1):
        examples = [
            row
            for other in others
            for row in rows_of(project.data / other / f"{table['name']}.csv")
        ]
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
