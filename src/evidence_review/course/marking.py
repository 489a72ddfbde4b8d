"""Mark returned notebooks: judge the values of their answers by the lesson's own checks.

A hand-in runs in its own process (`handed_over`), which returns values and no verdict. Nothing that a
notebook displays or replaces changes a mark; if it shows another result than the one found here, the
mark says so. A hand-in that cannot be read or run does not stop the others.
"""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from evidence_review.course import handed_over
from evidence_review.course.build import open_desks, write_csv
from evidence_review.course.desk import OpenLesson
from evidence_review.course.feedback import (
    FEEDBACK_MIME,
    MISTAKE,
    RIGHT,
    UNANSWERED,
    Feedback,
    judge,
)
from evidence_review.course.fields import typed_in
from evidence_review.course.handed_over import Cell
from evidence_review.course.lessons import (
    TEXT,
    Lesson,
    LessonError,
    answer_name,
    packaged_project,
)
from evidence_review.course.reading import is_unanswered
from evidence_review.records import Project
from evidence_review.runs.run import side_by_side

NOT_RUN = "could not be run"
UNREAD = "a notebook that cannot be read"
MARKS, CLASS = "marks.csv", "class.csv"
MISSING = "missing"
IDENTITY, COPIED, SPLIT, SHOWN, TWICE = (
    "identity differs",
    "copied cell",
    "split cell",
    "differs from what was shown",
    "handed in twice",
)
# Larger files are not read: a lesson has about 20 kB.
_LARGEST = 20 * 2**20


@dataclass(frozen=True)
class Mark:
    """The mark of one exercise of one returned notebook.

    outcome: that of the feedback, or NOT_RUN, with the error as `given`. teacher: points that the teacher
    still has to give, if any. flags: points for the teacher to look at (IDENTITY .. TWICE), joined by '; '.
    whose: its row of the class table.
    exercise: its number as students see it. lesson, key: what it is called for good: the lesson's
    number and the exercise's id; 0 and '' of a file that cannot be read.
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
    flags: str = ""
    whose: str = ""
    lesson: int = 0
    key: str = ""


@dataclass(frozen=True)
class _Returned:
    """A returned notebook. whose: the student who handed it in; desk: its lesson with the numbers to mark by."""

    path: Path
    notebook: NotebookNode
    desk: OpenLesson
    whose: str
    flags: tuple[str, ...] = ()


def mark_folder(
    project: Project, folder: Path, progress: Callable[[str], None] = lambda line: None
) -> list[Mark]:
    """Mark every lesson under `folder`; write `marks.csv` and `class.csv` there; return the marks.

    Each folder directly under it is a student's; a notebook outside these belongs to the student whom it
    names. Notebooks of other kinds are left out; a file that cannot be read has its own line. Raises
    LessonError if there is no lesson in the folder.
    """
    desks = {desk.lesson.number: desk for desk in open_desks(project)}
    returned: list[_Returned] = []
    unread: list[Mark] = []
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        name = _printable(path.relative_to(folder))
        try:
            if path.is_symlink() or not path.is_file():
                raise ValueError("it is a link, a folder or a pipe, not a file")
            if path.stat().st_size > _LARGEST:
                raise ValueError(f"it has more than {_LARGEST / 2**20:g} MB")
            # It warns of cells with one id: a teacher could do nothing about it.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                notebook = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
            desk = _desk_of(notebook, desks)
        except Exception as error:  # a file may contain anything
            unread.append(_unread(name, error))
            continue
        if desk:
            whose = name.parts[0] if len(name.parts) > 1 else desk.student or path.stem
            returned.append(_Returned(name, notebook, desk, whose))
    if not returned and not unread:
        raise LessonError(f"no notebooks of this course under {folder}")
    returned = _with_identity(returned)
    hidden = [*where_answers_are(project), folder]

    def mark(one: _Returned) -> list[Mark]:
        try:
            found = _marks(one, hidden)
        except Exception as error:  # one hand-in must not stop the others
            found = [_unread(one.path, error)]
        progress(one.path.as_posix())
        return found

    with side_by_side() as pool:
        marks = [mark for part in pool.map(mark, returned) for mark in part] + unread
    head = tuple(Mark.__dataclass_fields__)
    write_csv(folder / MARKS, head, [[getattr(one, name) for name in head] for one in marks])
    lessons = {number: str(number) for number in sorted(desks)}
    write_csv(
        folder / CLASS, ("student", *lessons.values(), "sum", "flags"), class_table(marks, desks)
    )
    return marks


def _printable(path: Path) -> Path:
    """A path for a table: bytes that are not text are escaped."""
    return Path(os.fsencode(path).decode("utf-8", "backslashreplace"))


def where_answers_are(project: Project) -> list[Path]:
    """Folders with lessons and with data for their answers: those of the project and of the package."""
    both = {project.root: project, (installed := packaged_project()).root: installed}
    return [folder for one in both.values() for folder in (one.root / "data", one.notebooks)]


def class_table(marks: Iterable[Mark], lessons: Iterable[int]) -> list[list]:
    """A row for each student: points by lesson, or MISSING; the sum, and every flag with its lesson.

    If a student handed in a lesson twice, the lower points count until the teacher changes them.
    """
    lessons = sorted(lessons)
    points: dict[str, dict[int, dict[str, float]]] = {}
    flags: dict[str, dict[str, None]] = {}
    for mark in marks:
        row, noted = points.setdefault(mark.whose, {}), flags.setdefault(mark.whose, {})
        if not mark.key:
            noted[f"{mark.file}: {mark.outcome}"] = None
            continue
        files = row.setdefault(mark.lesson, {})
        files[mark.file] = files.get(mark.file, 0) + mark.points
        for flag in filter(None, mark.flags.split("; ")):
            noted[f"{mark.lesson}: {flag}"] = None
    table = []
    for whose in sorted(points):
        counted = [
            min(points[whose][n].values()) if n in points[whose] else MISSING for n in lessons
        ]
        total = sum(found for found in counted if not isinstance(found, str))
        table.append([whose, *counted, round(total, 2), "; ".join(flags[whose])])
    return table


def summary(marks: Iterable[Mark]) -> list[str]:
    """Results of a class: a line for each exercise, with its most frequent mistakes."""
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


def _with_identity(returned: list[_Returned]) -> list[_Returned]:
    """Notebooks with the numbers to mark by, flagged if folder and notebook name different students.

    A folder with the name of a student of this class is that student's, even if a notebook in it names
    another: it is marked by the numbers of the folder's student.
    """
    named = {one.desk.student for one in returned if one.desk.student}
    owners: dict[str, set[str]] = {}
    for one in returned:
        owners.setdefault(one.desk.student, set()).add(one.whose)
    seeds = Counter(one.desk.seed for one in returned if one.desk.student)
    seed = seeds.most_common(1)[0][0] if seeds else 0
    times = Counter((one.whose, one.desk.lesson.number) for one in returned)
    found = []
    for one in returned:
        flags, student = [], one.desk.student
        numbered = one.whose.isdigit() and len(one.whose) in {len(name) for name in named}
        if numbered or one.whose in named:
            if (student, one.desk.seed) != (one.whose, seed):
                one = replace(one, desk=replace(one.desk, student=one.whose, seed=seed))
                theirs = student or "nobody in particular"
                flags.append(f"{IDENTITY}: the notebook is that of {theirs}")
        elif student and student != one.whose and len(owners[student]) > 1:
            others = ", ".join(sorted(owners[student] - {one.whose}))
            flags.append(f"{IDENTITY}: {student} was handed in by {others} as well")
        if times[one.whose, one.desk.lesson.number] > 1:
            flags.append(TWICE)
        found.append(replace(one, flags=tuple(flags)))
    return found


def judged(notebook: NotebookNode, desk: OpenLesson, hidden: Iterable[Path]) -> dict[str, Feedback]:
    """Feedback on each exercise of a hand-in, from the values of its cells.

    If a cell gives no answer, the text in the exercise's field is the answer.

    desk: its lesson, with the numbers to mark by. hidden: folders that the hand-in must not see.
    """
    exercises = desk.lesson.exercises
    names = _variables(notebook, desk.lesson)
    tasks = {exercise.id: desk.task(exercise.id) for exercise in exercises}
    cells = _cells(notebook, names)
    numbers = {name: dict(task.numbers) for name, task in tasks.items()}
    run = handed_over.run_cells(cells, filter(None, names.values()), numbers, hidden)
    found, typed = {}, typed_in(notebook)
    for exercise in exercises:
        name = names[exercise.id]
        value = _value(run.values.get(name))
        value = typed.get(exercise.id, ...) if is_unanswered(value) else value
        feedback = judge(tasks[exercise.id], value)
        failed = [
            cell.place for cell in cells if name == cell.answer != "" and cell.place in run.failed
        ]
        if feedback.outcome == UNANSWERED and failed:
            feedback = replace(feedback, outcome=NOT_RUN, given=run.failed[failed[-1]])
        found[exercise.id] = feedback
    return found


def _marks(one: _Returned, hidden: Iterable[Path]) -> list[Mark]:
    """The marks of one notebook."""
    desk, marks = one.desk, []
    said = judged(one.notebook, desk, hidden)
    doubled, shown = _doubled(one.notebook), _shown(one.notebook)
    for exercise in desk.lesson.exercises:
        told = said[exercise.id]
        flags = [*one.flags, *filter(None, [doubled.get(exercise.id, "")])]
        if shown.get(exercise.id, 0) > told.points:
            flags.append(SHOWN)
        marks.append(
            Mark(
                file=one.path.as_posix(),
                student=desk.student,
                exercise=desk.lesson.label(exercise),
                title=exercise.title,
                points=told.points,
                out_of=exercise.points,
                outcome=told.outcome,
                mistake=told.mistake,
                given=told.given,
                teacher=f"0 to {exercise.points}" if exercise.kind == TEXT else "",
                flags="; ".join(flags),
                whose=one.whose,
                lesson=desk.lesson.number,
                key=exercise.id,
            )
        )
    return marks


def _variables(notebook: NotebookNode, lesson: Lesson) -> dict[str, str]:
    """The variable that each exercise is answered in, by the exercise's id.

    That of the cell that checks it, whose number is the one that the exercise had when the notebook was
    given out: others may have come before it since. '' for an exercise that has come since.
    """
    now = {exercise.id: answer_name(lesson, exercise) for exercise in lesson.exercises}
    then: dict[str, str] = {}
    for cell in notebook.cells:
        for name, variable in _CHECKED.findall(str(cell.source)):
            if name in now and variable not in then.values():
                then.setdefault(name, variable)
    return {
        name: then.get(name, "" if variable in then.values() else variable)
        for name, variable in now.items()
    }


_CHECKED = re.compile(r'^lesson\.check\("([\w-]+)", (answer_\d+_\d+)\)', re.M)


def _cells(notebook: NotebookNode, names: Mapping[str, str]) -> list[Cell]:
    """The cells to run: all code cells except the given ones that open the lesson or check an answer."""
    found = []
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not isinstance(cell.source, str):
            continue
        name = _id(cell)
        if name == "setup" or name.endswith(("-field", "-check")) or _GIVEN_OUT.search(cell.source):
            continue
        variable = names.get(name.removesuffix("-answer"), "") if name.endswith("-answer") else ""
        if not variable:
            assigned = re.findall(r"^(answer_\d+_\d+)\s*=(?!=)", cell.source, re.M)
            variable = next((one for one in assigned if one in names.values()), "")
        found.append(Cell(place, cell.source, variable))
    return found


_GIVEN_OUT = re.compile(r"^(lesson\.(ask|check)\(|lesson\s*=\s*open_lesson\()", re.M)
_OPENS = re.compile(
    r"open_lesson\(\s*(\d+)\s*(?:,\s*student\s*=\s*[\"']([^\"']*)[\"']\s*,\s*seed\s*=\s*(\d+))?"
    r"\s*(?:,\s*solution_after\s*=\s*\d+)?\s*\)"
)


def _value(described: Mapping | None):
    """An answer from its description by the run; a malformed one becomes an unreadable answer."""
    described = described or {"kind": "nothing"}
    kind = described.get("kind")
    if kind == "nothing":
        return ...
    if kind == "text":
        return str(described.get("text", ""))[: handed_over.student_run.LONGEST]
    if kind == "pair":
        return (0, 0)
    if kind == "function":
        return len
    if kind == "number":
        try:
            return float(str(described.get("number")))
        except ValueError:
            return []
    return []


def _doubled(notebook: NotebookNode) -> dict[str, str]:
    """Exercises with more than one answer cell: COPIED if two are equal, SPLIT if not."""
    sources: dict[str, list[str]] = {}
    for cell in notebook.cells:
        name = _id(cell)
        if cell.cell_type == "code" and name.endswith("-answer"):
            sources.setdefault(name.removesuffix("-answer"), []).append(str(cell.source))
    return {
        name: COPIED if len(set(texts)) < len(texts) else SPLIT
        for name, texts in sources.items()
        if len(texts) > 1
    }


def _shown(notebook: NotebookNode) -> dict[str, float]:
    """The highest points that the returned notebook shows for each exercise."""
    found: dict[str, float] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs") or []:
            feedback = (output.get("data") or {}).get(FEEDBACK_MIME)
            if isinstance(feedback, Mapping) and isinstance(feedback.get("points"), int | float):
                name = str(feedback.get("exercise"))
                found[name] = max(found.get(name, 0), feedback["points"])
    return found


def _id(cell: NotebookNode) -> str:
    """The id of a cell in its edition: nbgrader's, or the cell's own if that is missing."""
    about = cell.metadata.get("nbgrader")
    name = about.get("grade_id") if isinstance(about, Mapping) else None
    return str(name or cell.get("id", ""))


def _desk_of(notebook: NotebookNode, desks: Mapping[int, OpenLesson]) -> OpenLesson | None:
    """The lesson of a notebook, with its student's numbers; None for a notebook of another kind.

    If the notebook's metadata are missing (some tools drop them), the cell that opens the lesson decides.
    Raises ValueError if the metadata have been changed.
    """
    if (about := notebook.metadata.get("evidence_review")) is None:
        opened = (_OPENS.search(str(cell.source)) for cell in notebook.cells)
        if (found := next(filter(None, opened), None)) is None:
            return None
        about = {"lesson": int(found[1]), "student": found[2] or "", "seed": int(found[3] or 0)}
    if not isinstance(about, Mapping):
        raise ValueError("the metadata that name its lesson have been changed")
    lesson, seed = about.get("lesson"), about.get("seed", 0)
    if not isinstance(lesson, int) or lesson not in desks or not isinstance(seed, int):
        raise ValueError("the metadata that name its lesson and numbers have been changed")
    return replace(desks[lesson], student=str(about.get("student", "")), seed=seed)


def _unread(path: Path, error: Exception) -> Mark:
    """The line of a file that only the teacher can mark."""
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
        why[:300],
        "ask for it again: it cannot be read",
        whose=path.parts[0] if len(path.parts) > 1 else path.stem,
    )
