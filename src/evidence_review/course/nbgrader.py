"""A course folder for nbgrader, whose automatic marks are those of `course mark`.

nbgrader runs a hand-in and reads marks from what it displays. Here a step of ours stands in that
place: it judges the values of the answers as `marking` does, with each student's own numbers, and
writes the feedback below each check. nbgrader itself is needed to use the folder, not to make it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets import Bool, Integer, Unicode

from evidence_review.course.build import open_desks, write_class
from evidence_review.course.desk import OpenLesson
from evidence_review.course.editions import student_edition
from evidence_review.course.feedback import FEEDBACK_MIME, TO_READ, Feedback
from evidence_review.course.fields import ANSWER_MIME, typed_in
from evidence_review.course.lessons import LessonError
from evidence_review.course.marking import judged, where_answers_are
from evidence_review.records import Project
from evidence_review.runs.workshop import new_folder

CONFIG = "nbgrader_config.py"

_CONFIG = '''"""nbgrader's settings for this course, written by `evidence-review course nbgrader`."""

from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    ComputeChecksums,
    DeduplicateIds,
    LimitOutput,
    LockCells,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
    SaveCells,
)

from evidence_review.course.nbgrader import ClearAllButTyped, MarkByValues, RefuseInstructorEdition

c = get_config()  # noqa: F821 - nbgrader provides it
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = {name!r}

# The student's edition has nothing to clear; the instructor's is refused.
c.GenerateAssignment.preprocessors = [
    RefuseInstructorEdition,
    LockCells,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    CheckCellMetadata,
]

# Outputs go, as nbgrader has it, but what was typed into a field.
c.Autograde.sanitize_preprocessors = [
    ClearAllButTyped,
    DeduplicateIds,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]

# In the place of a run whose output is believed: values, judged with the numbers of each student.
c.Autograde.autograde_preprocessors = [
    MarkByValues,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.MarkByValues.project = {project!r}
c.MarkByValues.students = {students}
c.MarkByValues.seed = {seed}
'''


def prepare_nbgrader(
    project: Project,
    folder: Path,
    *,
    students: int = 0,
    seed: int = 0,
    solution_after: int = 0,
) -> Path:
    """A course folder for nbgrader: its configuration, and the source of an assignment for each lesson.

    students, seed: of a class with numbers of its own, whose notebooks go to `students/NN`, with
    `key.csv` beside them; 0 for everybody's numbers. solution_after: as `open_desks`. Raises LessonError if the folder has something
    in it, or for a lesson that is not sound.
    """
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        raise LessonError(f"{folder} is not empty; name a folder that is not there yet")
    desks = open_desks(project, solution_after=solution_after)
    with new_folder(folder) as building:
        for desk in desks:
            path = building / "source" / desk.lesson.name / f"{desk.lesson.name}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(student_edition(replace(desk, student="", seed=0)), path)
        if students:
            write_class(desks, building / "students", students=students, seed=seed, nested=True)
            (building / "students" / "key.csv").rename(building / "key.csv")
        settings = _CONFIG.format(
            root=str(folder),
            name=folder.name,
            project=str(project.root),
            students=students,
            seed=seed,
        )
        (building / CONFIG).write_text(settings, encoding="utf-8")
    return folder / CONFIG


class RefuseInstructorEdition(Preprocessor):
    """Stops a release that has the answers in it."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """The notebook as it is. Raises LessonError if it is the instructor's edition."""
        if any("teacher" in cell.metadata.get("tags", []) for cell in nb.cells):
            raise LessonError(
                "This is the instructor's edition: its cells for the teacher have the answers. "
                "Put the student's edition into source/; `evidence-review course nbgrader` writes it there."
            )
        return nb, resources


class ClearAllButTyped(Preprocessor):
    """Takes all outputs out of a hand-in but what was typed into fields, which is shown as text."""

    enabled = Bool(True).tag(config=True)

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, index: int
    ) -> tuple[NotebookNode, Any]:
        """The cell without outputs, or with one that holds the typed answer alone."""
        if cell.cell_type == "code":
            typed = typed_in({"cells": [cell]})
            cell.execution_count = None
            cell.outputs = [
                new_output(
                    "display_data",
                    {ANSWER_MIME: {"exercise": name, "typed": text}, "text/plain": text},
                )
                for name, text in typed.items()
            ]
        return cell, resources


class MarkByValues(Preprocessor):
    """Marks a hand-in by the values of its answers, and puts the feedback below each check."""

    enabled = Bool(True).tag(config=True)
    project = Unicode(help="folder of the project that the lessons are in").tag(config=True)
    students = Integer(0, help="how many students have numbers of their own").tag(config=True)
    seed = Integer(0, help="of the class with numbers of its own; 0: everybody's").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """The notebook with its feedback. Raises LessonError if it is of no lesson of the course."""
        about = resources["nbgrader"]
        project = Project(Path(self.project))
        desk = self._desk(project, about["notebook"], about["student"], nb)
        said = judged(
            nb, desk, [*where_answers_are(project), Path.cwd()]
        )  # nbgrader works in the course
        there = {_grade_id(cell) for cell in nb.cells}
        fresh = [cell for cell in student_edition(desk).cells if _grade_id(cell) not in there]
        nb.cells += [cell for cell in fresh if cell.metadata.get("nbgrader", {}).get("grade")]
        for cell in nb.cells:
            told = said.get(_grade_id(cell).removesuffix("-check"))
            if told is not None and _grade_id(cell).endswith("-check"):
                cell.outputs = _outputs(told)
        return nb, resources

    def _desk(self, project: Project, name: str, student: str, nb: NotebookNode) -> OpenLesson:
        """The lesson with the numbers to mark by: those of the folder's name, else the notebook's own."""
        desks = {desk.lesson.name: desk for desk in _desks(project)}
        if name not in desks:
            raise LessonError(f"there is no lesson '{name}'; lessons are {', '.join(desks)}")
        if not self.seed:
            return desks[name]
        own = nb.metadata.get("evidence_review")
        whose = str(own.get("student", "")) if isinstance(own, dict) else ""
        if student.isdigit() and 1 <= int(student) <= self.students:
            whose = student
        return replace(desks[name], student=whose, seed=self.seed)


@cache
def _desks(project: Project) -> list[OpenLesson]:
    return open_desks(project)


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def _outputs(told: Feedback) -> list[NotebookNode]:
    """Feedback as outputs that nbgrader reads: a number of points, and an error for none."""
    shown = told._repr_mimebundle_()
    del shown[FEEDBACK_MIME]
    points = shown.pop("text/plain")
    outputs = [new_output("display_data", shown | {"text/plain": " ".join(told.lines)})]
    if told.outcome != TO_READ:
        outputs.append(new_output("execute_result", {"text/plain": points}, execution_count=1))
    return outputs
