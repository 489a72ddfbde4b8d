"""The real nbgrader, on a class with numbers of its own: its marks are those of `course mark`."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from evidence_review.course.build import open_desks
from evidence_review.course.editions import instructor_edition
from evidence_review.course.lessons import CHOICE, NUMBER, TEXT, LessonError, answer_name
from evidence_review.course.marking import mark_folder
from evidence_review.course.nbgrader import CONFIG, RefuseInstructorEdition, prepare_nbgrader

from .conftest import course_project, typed_into

STUDENTS, SEED, LESSON = 5, 11, "2-effect-sizes"

# nbgrader's commands, one after another: each in a process of its own, forked when the imports are done,
# which take longer than most of the commands.
COMMANDS = """
import os, sys
from nbgrader.apps.nbgraderapp import main
import evidence_review.course.nbgrader  # as nbgrader's settings do

for command in sys.argv[1:]:
    child = os.fork()
    if not child:
        sys.argv = ["nbgrader", *command.split()]
        sys.exit(main())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        sys.exit(f"nbgrader {command} ended with {code}")
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A project and a course folder for a class of five."""
    root = tmp_path_factory.mktemp("nbgrader")
    project = course_project(root / "project")
    return project, prepare_nbgrader(
        project, root / "course 101", students=STUDENTS, seed=SEED
    ).parent


def test_the_folder_has_what_nbgrader_wants_and_numbers_of_their_own(course):
    project, folder = course
    compile((folder / CONFIG).read_text(encoding="utf-8"), CONFIG, "exec")
    source = nbformat.read(folder / "source" / LESSON / f"{LESSON}.ipynb", 4)
    assert "student=" not in source.cells[1].source
    locked = {cell.id for cell in source.cells if cell.metadata.get("nbgrader", {}).get("locked")}
    seen = set()
    for path in sorted((folder / "students").glob(f"*/{LESSON}/{LESSON}.ipynb")):
        own = nbformat.read(path, 4)
        put_back = {cell.id for cell in own.cells if "nbgrader" in cell.metadata} & locked
        assert all(name.endswith("-check") for name in put_back), "its own numbers would go"
        seen.add("".join(cell.source for cell in own.cells))
    assert len(seen) == STUDENTS
    with pytest.raises(LessonError, match="not empty"):
        prepare_nbgrader(project, folder)


def test_the_instructors_edition_is_refused(desks):
    notebook = instructor_edition(desks[0])
    with pytest.raises(LessonError, match="instructor's edition"):
        RefuseInstructorEdition().preprocess(notebook, {})
    refused = [
        cell.metadata.nbgrader
        for cell in notebook.cells
        if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("grade")
    ]
    # nbgraderformat/v3.py: a Markdown cell for marks has to be one for answers too.
    assert refused
    assert not any(about["solution"] for about in refused)


def answered(notebook, desk, number: int):
    """As student `number` would: all right (by fields), none, half of them, wrong ones, or with the last cells gone."""
    cells = {cell.id: cell for cell in notebook.cells}
    for place, exercise in enumerate(desk.lesson.exercises):
        task, name = desk.task(exercise.id), answer_name(desk.lesson, exercise)
        right = repr(task.answer)
        wrong = {NUMBER: "12345", CHOICE: "'nothing of this'"}.get(exercise.kind, "''")
        if exercise.kind not in (NUMBER, CHOICE):
            right = "'A paragraph.'"
        given = [right, "...", right if place % 2 else wrong, wrong, right][number - 1]
        if number == 1:
            typed_into(notebook, exercise.id, str(task.answer))
            continue
        cells[f"{exercise.id}-answer"].source = f"{name} = {given}"
    if number == 5:
        notebook.cells = notebook.cells[:-4]
    return notebook


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_nbgrader_gives_the_marks_of_course_mark(course, monkeypatch):
    api = pytest.importorskip("nbgrader.api")
    project, folder = course
    desks = {desk.lesson.name: desk for desk in open_desks(project)}
    lessons = list(desks)
    for lesson in lessons:
        # All five in one lesson; in the others one who is all right and one who is half right, for time's sake.
        for number in range(1, STUDENTS + 1) if lesson == LESSON else (1, 3):
            student = f"{number:02}"
            given = folder / "students" / student / lesson / f"{lesson}.ipynb"
            desk = replace(desks[lesson], student=student, seed=SEED)
            handed_in = folder / "submitted" / student / lesson / f"{lesson}.ipynb"
            handed_in.parent.mkdir(parents=True)
            nbformat.write(answered(nbformat.read(given, 4), desk, number), handed_in)
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", programs)  # nbgrader starts alembic
    parts = ("generate_assignment", "autograde", "generate_feedback")
    commands = [
        f"{part} {lesson}"
        for lesson in lessons
        for part in (parts if lesson == LESSON else parts[:2])
    ]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, *commands],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    ours = {}
    for mark in mark_folder(project, folder / "submitted"):
        ours.setdefault((mark.whose, mark.lesson), []).append(mark.points)
    with api.Gradebook(f"sqlite:///{folder}/gradebook.db", folder.name) as gradebook:
        for (student, number), points in ours.items():
            lesson = next(name for name in lessons if name.startswith(str(number)))
            theirs = gradebook.find_submission(lesson, student)
            assert theirs.score == pytest.approx(sum(points)), (student, lesson)
    assert len({sum(points) for points in ours.values()}) > 2
    for number, desk in enumerate(desks.values(), 1):
        full = [0 if x.kind == TEXT else x.points for x in desk.lesson.exercises]  # a text is read
        assert ours["01", number] == full
    page = folder / "feedback" / "03" / LESSON / f"{LESSON}.html"
    assert "Right." in page.read_text(encoding="utf-8")
