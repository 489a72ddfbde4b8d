"""A course folder for nbgrader, with the same automatic marks as `course mark`.

nbgrader runs a hand-in and reads marks from its output. Our step replaces this: it judges the values of
the answers as `marking` does, with each student's own numbers, and writes the feedback below each check.
You need nbgrader to use the folder, not to make it.
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

# Clear outputs, as nbgrader does, but keep what was typed into fields.
c.Autograde.sanitize_preprocessors = [
    ClearAllButTyped,
    DeduplicateIds,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]

# Judge values with each student's numbers, instead of trusting the output of a run.
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
    """Make a course folder for nbgrader: its configuration, and an assignment's source for each lesson.

    students, seed: for a class with own numbers, whose notebooks go to `students/NN` and whose answers
    to `students/key.csv`; 0 for the shared numbers. solution_after: as in `open_desks`. Raises LessonError
    if the folder is not empty, or for a faulty lesson.
    """
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        raise LessonError(f"{folder} is not empty; name a new folder")
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
    """Refuse to release an edition with answers."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """The unchanged notebook. Raises LessonError if it is the instructor's edition."""
        if any("teacher" in cell.metadata.get("tags", []) for cell in nb.cells):
            raise LessonError(
                "This is the instructor's edition, which has the answers. "
                "Put the student's edition into source/; `evidence-review course nbgrader` writes it there."
            )
        return nb, resources


class ClearAllButTyped(Preprocessor):
    """Clear all outputs of a hand-in except texts typed into fields, which are shown as text."""

    enabled = Bool(True).tag(config=True)

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, index: int
    ) -> tuple[NotebookNode, Any]:
        """The cell without outputs, or with only the typed answer as output."""
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
    """Mark a hand-in by the values of its answers, and put the feedback below each check."""

    enabled = Bool(True).tag(config=True)
    project = Unicode(help="folder of the project with the lessons").tag(config=True)
    students = Integer(0, help="number of students with own numbers").tag(config=True)
    seed = Integer(0, help="seed of the class with own numbers; 0: shared numbers").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """The notebook with its feedback. Raises LessonError if it is not a lesson of the course."""
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
            feedback = said.get(_grade_id(cell).removesuffix("-check"))
            if feedback is not None and _grade_id(cell).endswith("-check"):
                cell.outputs = _outputs(feedback)
        return nb, resources

    def _desk(self, project: Project, name: str, student: str, nb: NotebookNode) -> OpenLesson:
        """The lesson with the numbers to mark by: those of the folder's student, else the notebook's own."""
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


def _outputs(feedback: Feedback) -> list[NotebookNode]:
    """Feedback as outputs that nbgrader reads: the number of points, or an error for no points."""
    shown = feedback._repr_mimebundle_()
    del shown[FEEDBACK_MIME]
    points = shown.pop("text/plain")
    outputs = [new_output("display_data", shown | {"text/plain": " ".join(feedback.lines)})]
    if feedback.outcome != TO_READ:
        outputs.append(new_output("execute_result", {"text/plain": points}, execution_count=1))
    return outputs
