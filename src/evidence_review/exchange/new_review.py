"""Make a new review: a folder with every table, and a text on how to fill each in."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from evidence_review.effect_measures import OF_PEOPLE, OF_RISK
from evidence_review.exchange.data_change import changed_data
from evidence_review.exchange.new_project import general_tables
from evidence_review.exchange.placeholders import RANGE_RULE, SD_NOT_KNOWN
from evidence_review.records import Project
from evidence_review.records.package import (
    allowed_in,
    table_definitions,
    unusable_name,
    write_data_package,
)
from evidence_review.review.settings import IN_1000, Settings

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


# Value, low, high, unit and reason of an assumption.
_Proposal = tuple[float, float, float, str, str]


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

    @property
    def spread(self) -> tuple[float, str]:
        """A first value for the SD, and its origin in words."""
        if self.sd is not None:
            return self.sd, "the SD given when the review was made"
        if self.lowest is not None and self.highest is not None:
            return (self.highest - self.lowest) / 4, RANGE_RULE
        return 1.0, SD_NOT_KNOWN


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
    given = {row["assumption_id"] for row in _rows(project.data / shared / "assumptions.csv")}
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
    known = {"review": [about], "assumptions": _assumptions(question, leave_out=given)}
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


def _assumptions(question: Question, leave_out: Collection[str] = ()) -> list[dict[str, str]]:
    """A first value for every assumption, with its range and reason."""
    sd, origin = question.spread
    unit = question.unit or "points"
    if question.measure:
        return _rows_of_assumptions(_of_stated(question.measure), leave_out)
    of_sds = lambda value, low, high, reason: (value * sd, low * sd, high * sd, unit, reason)
    proposed: dict[str, _Proposal] = {
        "arm_size": (
            *(30, 10, 100, "people an arm"),
            "Used only where the number of people in an arm is not printed.",
        ),
        "important_difference": of_sds(
            0.5,
            0.2,
            1,
            f"Half an SD, a convention where no cut-off is published; the SD is {origin}.",
        ),
        "change_sd": of_sds(
            1, 0.5, 1.5, f"SD of one person's change where none is printed; {origin}."
        ),
        "pre_post_r": (
            *(0.5, 0, 0.9, "correlation"),
            "Correlation of baseline and end scores where it is not printed: a convention.",
        ),
        "tau_prior_scale": of_sds(
            0.5, 0.25, 1, f"Spread of true changes between trials: half an SD; the SD is {origin}."
        ),
        "vague_weight": (
            *(0.2, 0, 0.5, "share"),
            "The chance that the people of a new trial respond unlike those of any trial so far: a convention.",
        ),
        "drop_out": (
            *(0.15, 0, 0.4, "share of people"),
            "Share of people lost before the end of a planned trial: a convention.",
        ),
        "run_in": (
            *(0, 0, 0.4, "share of people"),
            "Share of people whom a placebo run-in turns away from a planned trial; 0 is no run-in.",
        ),
    }
    return _rows_of_assumptions(proposed, leave_out)


def _of_stated(measure: str) -> dict[str, _Proposal]:
    """Assumptions of a review of a stated measure, which needs none about scores."""
    proposed: dict[str, _Proposal] = {
        "tau_prior_scale": (
            *(0.5, 0.25, 1, "logarithm of a ratio"),
            "Scale of the half-normal prior of the SD of true log ratios between studies: a convention, "
            "by which SDs up to about 1 are plausible.",
        ),
    }
    if measure in OF_RISK:
        proposed["important_difference"] = (
            *(10, 1, 50, IN_1000),
            "More or fewer people in 1000 that would count as important: one in a hundred, a convention.",
        )
        proposed["drop_out"] = (
            *(0.15, 0, 0.4, "share of people"),
            "Share of people lost before the end of a planned trial: a convention.",
        )
    return proposed


def _rows_of_assumptions(
    proposed: Mapping[str, _Proposal], leave_out: Collection[str]
) -> list[dict[str, str]]:
    return [
        {
            "assumption_id": name,
            "value": f"{value:g}",
            "low": f"{low:g}",
            "high": f"{high:g}",
            "unit": unit,
            "reason": f"Proposed when the review was made. {reason}",
        }
        for name, (value, low, high, unit, reason) in proposed.items()
        if name not in leave_out
    ]


def _fill_reference(project: Project, folder: Path, question: Question) -> None:
    """Fill the tables of a reference class that hold for any condition, their sources, and assumptions."""
    model = general_tables()
    # Only a change without a control group needs evidence on the bias from knowing the treatment.
    general = [
        name for name in _OF_ANY_CONDITION if not (question.measure and name == "bias_evidence")
    ]
    known = {name: _rows(model / f"{name}.csv") for name in general}
    cited = {row["source_id"] for rows in known.values() for row in rows}
    known["sources"] = [row for row in _rows(model / "sources.csv") if row["source_id"] in cited]
    known["assumptions"] = _assumptions(question, leave_out=_OF_A_REVIEW)
    for table in _tables(project, "reference"):
        _write(folder, table, known.get(table["name"], []))


def add_scale(project: Project, folder: Path, question: Question) -> None:
    """Add the instrument of an outcome to a reference class, unless it has it."""
    scales, name = _rows(folder / "instruments.csv"), _counted(question)
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
    sources = _rows(folder / "sources.csv")
    if _AUTHORS not in {one["source_id"] for one in sources}:
        mine = {"source_id": _AUTHORS, "citation": "The authors of this review."}
        _write(folder, tables["sources"], [*sources, mine])


def _counted(question: Question) -> str:
    """The scale of the outcome; for a stated measure without one, the outcome itself."""
    return question.scale or (question.outcome if question.measure else "")


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
            row for other in others for row in _rows(project.data / other / f"{table['name']}.csv")
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
