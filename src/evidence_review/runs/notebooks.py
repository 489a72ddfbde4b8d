"""The notebooks of a project: a list, with the question and the parameters of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, get_args, get_type_hints

from evidence_review.effect_measures import OF_RISK, STATED
from evidence_review.records import Project
from evidence_review.records.files import whole_file
from evidence_review.review.settings import OBSERVATIONAL, Settings, SettingsError

if TYPE_CHECKING:
    from evidence_review.review.review import Review

# What a notebook may need beside a table: two usable placebo arms of the reference class.
PLACEBO_ARMS = "placebo arms"
# Or what a trial can be planned from: such arms, or an outcome that people either have or do not, in
# people who can be randomised.
A_PLAN = "a plan"

# Parameters that are numbers, perhaps ones that the data give.
NUMBERS = frozenset(
    name for name, kind in get_type_hints(Settings).items() if float in (kind, *get_args(kind))
)


# The part of a report that a notebook belongs to which names none.
MORE = "More"


@dataclass(frozen=True)
class Notebook:
    """One notebook: path, title (its first heading), question (the paragraph below it), parameters.

    From its metadata (`"evidence_review": {"part": "Trust", "needs": "claims"}`): its part of a report,
    and what it needs: a table with rows, 'placebo arms', 'a plan', or '' for nothing.
    """

    path: Path
    title: str
    question: str
    parameters: tuple[str, ...]
    needs: str = ""
    part: str = MORE

    @property
    def name(self) -> str:
        return self.path.stem


class NotebookError(ValueError):
    """A notebook cannot be used as part of a report; the message says which and why."""


def report_notebooks(project: Project) -> list[Notebook]:
    """The notebooks of a report, in order: `notebooks/NN-name.ipynb`, from 01 on.

    Raises NotebookError if there are none, or one cannot be read or has no parameters cell.
    """
    paths = project.report_notebooks()
    if not paths:
        raise NotebookError(f"no notebooks named NN-something.ipynb in {project.notebooks}")
    return [read_notebook(path) for path in paths]


def with_something_to_say(notebooks: Iterable[Notebook], review: Review) -> list[Notebook]:
    """The notebooks of a review's report: those whose needs the review meets.

    Raises NotebookError for a need that is neither a table nor PLACEBO_ARMS nor A_PLAN.
    """
    notebooks = list(notebooks)
    tables = review.records.tables
    for notebook in notebooks:
        if notebook.needs and notebook.needs not in (PLACEBO_ARMS, A_PLAN, *tables):
            raise NotebookError(
                f"{notebook.path.name} needs the table '{notebook.needs}'; tables are "
                f"{', '.join(tables)}"
            )

    def has(need: str) -> bool:
        from evidence_review.estimates.contrast import evidence_pooled
        from evidence_review.placebo.response import has_placebo_arms
        from evidence_review.placebo.trial_design import planned

        if need == A_PLAN and evidence_pooled(review) == OBSERVATIONAL:
            return False  # nobody can be randomised to what people live with
        if need == A_PLAN and review.about.measure in STATED:
            return review.about.measure in OF_RISK
        if need == A_PLAN:
            return planned(review) is not None
        if need == PLACEBO_ARMS:
            return has_placebo_arms(review)
        return bool(len(tables[need]))

    return [one for one in notebooks if not one.needs or has(one.needs)]


def read_notebook(path: Path) -> Notebook:
    """Read one notebook file. Raises NotebookError if it cannot be read."""
    import nbformat
    import papermill

    try:
        node = nbformat.read(path, as_version=4)
    except Exception as error:
        raise NotebookError(f"{path.name} is not a readable notebook: {error}") from error
    title = question = ""
    for cell in node.cells:
        if cell.cell_type == "markdown" and (
            found := re.match(r"#\s+(.+)\n+([^#\n].*)?", cell.source)
        ):
            title, question = found[1].strip(), (found[2] or "").strip()
            break
    if not any("parameters" in cell.metadata.get("tags", []) for cell in node.cells):
        raise NotebookError(f"{path.name} has no cell tagged 'parameters'")
    try:
        parameters = tuple(papermill.inspect_notebook(str(path)))
    except ValueError as error:  # no kernel, or one that papermill has no translator for
        raise NotebookError(f"{path.name}: {error}") from error
    unknown = [name for name in parameters if name not in Settings.names()]
    if unknown:
        raise NotebookError(
            f"{path.name} declares parameters that Settings does not know: {', '.join(unknown)}"
        )
    about = node.metadata.get("evidence_review", {})
    return Notebook(
        path,
        title or path.stem,
        re.sub(r"[*_`]", "", question),
        parameters,
        about.get("needs", ""),
        about.get("part", MORE),
    )


def write_parameters(project: Project) -> list[Path]:
    """Write the parameters cell of every notebook of a report from `Settings`.

    A notebook keeps the parameters that it declares, and gets every setting that names the notebook.
    Returns the notebooks that changed. Raises NotebookError as `report_notebooks` does.
    """
    import nbformat

    changed_files = []
    for notebook in report_notebooks(project):
        takes = lambda entry, one=notebook: (
            entry.name in one.parameters or one.name in entry.metadata["notebooks"]
        )
        lines = [_declared(entry) for entry in fields(Settings) if takes(entry)]
        node = nbformat.read(notebook.path, as_version=4)
        cell = next(c for c in node.cells if "parameters" in c.metadata.get("tags", []))
        if cell.source != "\n".join(lines):
            cell.source = "\n".join(lines)
            with whole_file(notebook.path) as stream:
                stream.write(nbformat.writes(node).encode() + b"\n")
            changed_files.append(notebook.path)
    return changed_files


def _declared(entry) -> str:
    """A parameter as a line of Python in papermill's form, with its meaning as a comment."""
    default = json.dumps(entry.default) if isinstance(entry.default, str) else repr(entry.default)
    return f"{entry.name}: {entry.type} = {default}  # {entry.metadata['help']}"


def parse_settings(review: str, given: Mapping[str, str]) -> Settings:
    """Settings from `name=value` texts of the command line, typed.

    Raises SettingsError that lists every unknown name and every value of the wrong type.
    """
    known = {entry.name: entry for entry in fields(Settings)}
    values, problems = {}, []
    for name, value in given.items():
        if name == "review":
            problems.append("review is chosen with --review, not with --set")
        elif name not in known:
            problems.append(f"there is no parameter '{name}'; parameters are {', '.join(known)}")
        elif name in NUMBERS:
            try:
                values[name] = float(value)
            except ValueError:
                problems.append(f"{name} = {value!r} is not a number")
        else:
            values[name] = value
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(review=review, **values)


def changed(settings: Settings) -> dict:
    """The parameters that differ from their defaults, without the review."""
    return {
        entry.name: getattr(settings, entry.name)
        for entry in fields(Settings)
        if entry.name != "review"
        and entry.default is not MISSING
        and getattr(settings, entry.name) != entry.default
    }
