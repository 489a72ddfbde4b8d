"""Marks returned notebooks: their answers, run with the questions and checks as they were given out.

As in nbgrader, locked cells are put back as they were, and what a student wrote is run: mark only what
your own students handed in.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from evidence_review.course.build import open_desks, run_notebook, write_csv
from evidence_review.course.desk import OpenLesson
from evidence_review.course.editions import student_edition
from evidence_review.course.feedback import FEEDBACK_MIME, MISTAKE, RIGHT
from evidence_review.course.lessons import TEXT, LessonError
from evidence_review.records import Project
from evidence_review.runs.run import ReportError, side_by_side

NOT_RUN = "could not be run"
UNREAD = "no notebook that can be read"
MARKS = "marks.csv"


@dataclass(frozen=True)
class Mark:
    """One exercise of one returned notebook. teacher: what is left for the teacher to give, if anything.

    outcome: that of the feedback, or NOT_RUN, with the error as `given`.
    """

    file: str
    student: str
    exercise: str
    title: str
    points: float
    out_of: float
    outcome: str
    mistake: str
    given: str
    teacher: str


def mark_folder(project: Project, folder: Path) -> list[Mark]:
    """Mark every lesson under `folder`, write `marks.csv` there, and return the marks.

    Raises LessonError if there is no lesson in it. Notebooks that are no lesson are left out; a file
    that cannot be read has a line of its own.
    """
    desks = {desk.lesson.number: desk for desk in open_desks(project)}
    returned, unread = [], []
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        try:
            notebook = nbformat.read(path, as_version=4)
            desk = _desk_of(notebook, desks)
        except Exception as error:  # whatever a file may hold
            unread.append(_unread(path.relative_to(folder), error))
            continue
        if desk:
            returned.append((path, notebook, desk))
    if not returned:
        raise LessonError(f"no notebooks of this course under {folder}")

    with tempfile.TemporaryDirectory() as scratch, side_by_side() as pool:

        def mark(numbered) -> list[Mark]:
            number, (path, notebook, desk) = numbered
            room = Path(scratch) / f"{number}.ipynb"
            return _marks(project, path.relative_to(folder), notebook, desk, room)

        marks = [one for part in pool.map(mark, enumerate(returned)) for one in part] + unread
    head = tuple(Mark.__dataclass_fields__)
    write_csv(folder / MARKS, head, [[getattr(one, name) for name in head] for one in marks])
    return marks


def summary(marks: Iterable[Mark]) -> list[str]:
    """How a class did, an exercise a line, with its most frequent mistakes."""
    by_exercise: dict[str, list[Mark]] = {}
    for mark in marks:
        by_exercise.setdefault(f"{mark.exercise} {mark.title}", []).append(mark)
    lines = []
    for name, those in by_exercise.items():
        right = sum(mark.outcome == RIGHT for mark in those)
        wrong = Counter(mark.mistake for mark in those if mark.outcome == MISTAKE)
        often = ", ".join(f"{count} {mistake}" for mistake, count in wrong.most_common(3))
        lines.append(f"{name}: {right} of {len(those)} right" + (f"; {often}" if often else ""))
    return lines


def restored(returned: NotebookNode, given_out: NotebookNode) -> NotebookNode:
    """What a student handed in, with every locked cell as it was given out and no words.

    A cell may fail without ending the run, as it may in a student's hands.
    """
    locked = {
        _id(cell): cell
        for cell in given_out.cells
        if cell.cell_type == "code" and cell.metadata.nbgrader.locked
    }
    cells, seen = [], set()
    for cell in returned.cells:
        name = _id(cell)
        if cell.cell_type != "code" or name in seen:
            continue
        if name:
            seen.add(name)
        cells.append(locked.get(name, cell))
    cells += [cell for name, cell in locked.items() if name not in seen]
    for number, cell in enumerate(cells):
        cell.id, cell.outputs = f"cell-{number}", []
        cell.metadata["tags"] = ["raises-exception"]
    return nbformat.v4.new_notebook(cells=cells, metadata=given_out.metadata)


def _marks(
    project: Project, path: Path, returned: NotebookNode, desk: OpenLesson, room: Path
) -> list[Mark]:
    """The marks of one notebook; `room`: where it may be run."""
    nbformat.write(restored(returned, student_edition(desk)), room)
    stopped = ""
    try:
        run_notebook(project, room, room)
    except ReportError as error:  # a cell failed, and the others ran; or the run was cut off
        stopped = str(error)
    run = nbformat.read(room, as_version=4)
    found, failures = _feedback(run), _failures(run)
    marks = []
    for exercise in desk.lesson.exercises:
        why = failures.get(f"{exercise.id}-answer") or failures.get(f"{exercise.id}-check")
        told = found.get(exercise.id) or {
            "points": 0,
            "outcome": NOT_RUN,
            "mistake": "",
            "given": why or stopped,
        }
        marks.append(
            Mark(
                file=path.as_posix(),
                student=desk.student,
                exercise=desk.lesson.label(exercise),
                title=exercise.title,
                points=told["points"],
                out_of=exercise.points,
                outcome=told["outcome"],
                mistake=told["mistake"],
                given=told["given"],
                teacher=f"0 to {exercise.points}" if exercise.kind == TEXT else "",
            )
        )
    return marks


def _feedback(run: NotebookNode) -> dict[str, dict]:
    """What the checks said, by exercise."""
    return {
        told["exercise"]: told
        for cell in run.cells
        if (cell.metadata.get("nbgrader") or {}).get("grade")
        for output in cell.outputs
        if (told := output.get("data", {}).get(FEEDBACK_MIME))
    }


def _failures(run: NotebookNode) -> dict[str, str]:
    """Errors of cells, by their nbgrader id."""
    return {
        _id(cell): f"{output.ename}: {output.evalue}"
        for cell in run.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }


def _id(cell: NotebookNode) -> str:
    return (cell.metadata.get("nbgrader") or {}).get("grade_id", "")


def _desk_of(notebook: NotebookNode, desks: Mapping[int, OpenLesson]) -> OpenLesson | None:
    """The lesson that a notebook is of, for its student; None for another notebook.

    Raises ValueError if what it says of itself has been changed.
    """
    if (about := notebook.metadata.get("evidence_review")) is None:
        return None
    if not isinstance(about, Mapping):
        raise ValueError("what says which lesson it is has been changed")
    lesson, seed = about.get("lesson"), about.get("seed", 0)
    if not isinstance(lesson, int) or lesson not in desks or not isinstance(seed, int):
        raise ValueError("what says which lesson it is, and with which numbers, has been changed")
    return replace(desks[lesson], student=str(about.get("student", "")), seed=seed)


def _unread(path: Path, error: Exception) -> Mark:
    """The line of a file that nobody can mark but the teacher."""
    why = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return Mark(
        path.as_posix(),
        "",
        "",
        UNREAD,
        0,
        0,
        NOT_RUN,
        "",
        why,
        "ask for it again: it cannot be read",
    )
