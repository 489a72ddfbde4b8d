"""Build the course: both editions (run), hand-outs and slides; and notebooks for each student of a class."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import nbformat

from evidence_review.course import pages, papers
from evidence_review.course.desk import OpenLesson
from evidence_review.course.editions import (
    instructor_edition,
    start_page,
    student_edition,
    teacher_page,
)
from evidence_review.course.facts import facts
from evidence_review.course.lessons import TEXT, read_lessons
from evidence_review.records import Project, load
from evidence_review.records.files import whole_file
from evidence_review.records.spreadsheets import harmless
from evidence_review.runs import run as runs
from evidence_review.runs.notebooks import Notebook
from evidence_review.runs.workshop import new_folder

EDITIONS = "editions"
START, TEACHER = "0-start-here.ipynb", "0-for-the-teacher.ipynb"
Progress = Callable[[str], None]


def build_course(
    project: Project,
    progress: Progress = lambda line: None,
    *,
    pdf: bool = False,
    solution_after: int = 0,
) -> Path:
    """Build and run both editions of every lesson, with pages; returns the teacher's list of them.

    They replace the contents of `notebooks/course/editions/`. pdf: the hand-outs as PDF, too (ExportError
    if no program makes PDF). solution_after: as in `open_desks`. Raises LessonError for a faulty lesson and
    ReportError for a notebook that fails; the previous files then stay.
    """
    desks = open_desks(project, solution_after=solution_after)
    course = project.notebooks / "course"
    with new_folder(course / EDITIONS) as building:
        scratch = building.parent  # removed at the end, or by the next run
        folders = [building / name for name in ("student", "instructor", "hand-outs", "slides")]
        student, instructor, hand_outs, slides = folders
        for folder in folders:
            folder.mkdir()
        nbformat.write(start_page(desks), student / START)
        nbformat.write(teacher_page(), instructor / TEACHER)
        jobs = []
        for desk in desks:
            name = f"{desk.lesson.name}.ipynb"
            nbformat.write(student_edition(desk), student / name)
            nbformat.write(instructor_edition(desk), instructor / name)
            jobs += [
                (student / name, scratch / name),
                (instructor / name, instructor / name),
            ]
        run_all(project, jobs, progress)
        for desk, (_, run), (taught, _) in zip(desks, jobs[::2], jobs[1::2], strict=True):
            page = f"{desk.lesson.name}.html"
            pages.write_hand_out(desk, run, hand_outs / page)
            pages.write_instructor_page(desk.lesson, taught, instructor / page)
            pages.write_slides(desk, taught, slides / page)
        if pdf:
            papers.write_hand_outs(desks, lambda desk: hand_outs, partial(run_all, project))
        pages.write_index([desk.lesson for desk in desks], building / "index.html", pdf=pdf)
    return course / EDITIONS / "index.html"


def build_class(
    project: Project,
    progress: Progress = lambda line: None,
    *,
    students: int,
    seed: int,
    pdf: bool = False,
    solution_after: int = 0,
) -> Path:
    """Make notebooks with own numbers for each student, and the teacher's key; returns the folder.

    They are in `notebooks/course/class-SEED/NN/`, with every answer in `class-SEED/key.csv`. The same
    seed gives the same numbers, for any number of students. pdf: also hand-outs with each student's
    numbers, and `key.pdf`. solution_after: as in `open_desks`. Raises LessonError and ExportError as
    `build_course` does.
    """
    course, name = project.notebooks / "course", f"class-{seed}"
    desks = open_desks(project, solution_after=solution_after)
    with new_folder(course / name) as building:
        theirs = write_class(desks, building, students=students, seed=seed)
        if pdf:
            for student in sorted({desk.student for desk in theirs}):
                own = [desk for desk in theirs if desk.student == student]
                papers.write_hand_outs(
                    own, lambda desk: building / desk.student, partial(run_all, project)
                )
                progress(f"hand-outs of {student}")
            papers.write_key(theirs, building)
    return course / name


def write_class(
    desks: Sequence[OpenLesson], folder: Path, *, students: int, seed: int, nested: bool = False
) -> list[OpenLesson]:
    """Write a folder with notebooks for each student, and `key.csv`; returns students with their lessons.

    nested: put each notebook into a folder of its own name, as nbgrader needs it.
    """
    width, written = max(2, len(str(students))), []
    for number in range(1, students + 1):
        student = f"{number:0{width}}"
        theirs = [replace(desk, student=student, seed=seed) for desk in desks]
        (folder / student).mkdir(parents=True)
        nbformat.write(start_page(theirs, nested=nested), folder / student / START)
        for desk in theirs:
            path = (
                folder
                / student
                / (desk.lesson.name if nested else "")
                / f"{desk.lesson.name}.ipynb"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(student_edition(desk), path)
        written += theirs
    key = [row for desk in written for row in _key(desk)]
    write_csv(folder / "key.csv", ("student", "exercise", "title", "answer", "unit"), key)
    return written


def open_desks(project: Project, *, solution_after: int = 0) -> list[OpenLesson]:
    """Every lesson with the shared numbers. Raises LessonError for a faulty lesson.

    solution_after: number of wrong answers after which a student sees the solution; 0 for never.
    """
    opened: dict[str, tuple] = {}
    desks = []
    for lesson in read_lessons(project):
        if lesson.review not in opened:
            records = load(lesson.review, project)
            # Shared, so that lessons reuse each other's computations.
            opened[lesson.review] = records, facts(records)
        desks.append(OpenLesson(lesson, *opened[lesson.review], solution_after=solution_after))
    return desks


def run_all(
    project: Project, jobs: Sequence[tuple[Path, Path]], progress: Progress = lambda line: None
) -> None:
    """Run notebooks (source, target), one on each core. Raises ReportError."""
    with runs.side_by_side() as pool:
        for (source, _), _ in zip(
            jobs, pool.map(lambda job: run_notebook(project, *job), jobs), strict=True
        ):
            progress(f"{source.parent.name}/{source.stem}")


def run_notebook(project: Project, source: Path, target: Path) -> None:
    """Run one notebook of the course in a warm kernel. Raises ReportError if a cell fails."""
    memory = runs.memory_share(runs.cores())
    runs.run_notebook(project, Notebook(source, "", "", ()), {}, target, memory=memory)


def _key(desk: OpenLesson) -> list[tuple[str, ...]]:
    lesson = desk.lesson
    return [
        (
            desk.student,
            lesson.label(exercise),
            exercise.title,
            desk.task(exercise.id).shown,
            exercise.unit,
        )
        for exercise in lesson.exercises
        if exercise.kind != TEXT
    ]


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Write a table as CSV that spreadsheets open correctly."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    with whole_file(path) as stream:
        stream.write(table.getvalue().encode("utf-8-sig"))
