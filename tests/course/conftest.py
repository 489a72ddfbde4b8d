"""Every lesson on a desk, and the course built once."""

import shutil
import sys

import nbformat
import pytest
from nbformat.v4 import new_output

from evidence_review.course import build, handed_over, pages
from evidence_review.course.desk import OpenLesson
from evidence_review.course.facts import facts
from evidence_review.course.fields import ANSWER_MIME
from evidence_review.course.lessons import read_lessons
from evidence_review.records import Project

from ..built_once import built_once
from ..conftest import ROOT


@pytest.fixture(scope="session")
def lessons(project):
    return read_lessons(project)


@pytest.fixture(scope="session")
def desks(lessons, records) -> list[OpenLesson]:
    functions = facts(records)
    return [OpenLesson(lesson, records, functions) for lesson in lessons]


@pytest.fixture(scope="session")
def judge(desks):
    """Feedback on an answer to an exercise, by its id: its number may be another one tomorrow."""
    desk_of = {exercise.id: desk for desk in desks for exercise in desk.lesson.exercises}

    def check(exercise, answer):
        return desk_of[exercise].check(exercise, answer)

    return check


@pytest.fixture(autouse=True)
def marked_where_it_can_be(monkeypatch):
    if sys.platform == "win32":
        skip = lambda *_: pytest.skip(handed_over.NOT_ON_WINDOWS)
        monkeypatch.setattr(handed_over, "run_cells", skip)


def course_project(root) -> Project:
    """A project with the data and the lessons, and nothing that was built from them."""
    shutil.copytree(ROOT / "data", root / "data")
    (root / "notebooks" / "course").mkdir(parents=True)
    for path in (ROOT / "notebooks" / "course").glob("*.md"):
        shutil.copy(path, root / "notebooks" / "course")
    return Project(root)


@pytest.fixture(scope="session")
def course_folder(tmp_path_factory):
    """A project with the course built, and in `as-run` the student's editions as they ran for it."""

    def build_course(root):
        project = course_project(root)
        (root / "as-run").mkdir()
        write = pages.write_hand_out

        def keep(desk, executed, target):
            shutil.copy(executed, root / "as-run" / f"{desk.lesson.name}.ipynb")
            write(desk, executed, target)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pages, "write_hand_out", keep)
            build.build_course(project)

    return built_once(tmp_path_factory, "course", build_course)


@pytest.fixture(scope="session")
def built(course_folder):
    return course_folder / "notebooks" / "course" / build.EDITIONS


@pytest.fixture(scope="session")
def student_runs(course_folder):
    """Lesson to the student's edition, run as it was given out."""
    return {
        path.stem: nbformat.read(path, as_version=4)
        for path in sorted((course_folder / "as-run").glob("*.ipynb"))
    }


@pytest.fixture(scope="session")
def notebooks(built):
    """Edition to lesson to its notebook, as built."""
    return {
        edition: {
            path.stem: nbformat.read(path, as_version=4)
            for path in sorted((built / edition).glob("[1-9]*.ipynb"))
        }
        for edition in ("student", "instructor")
    }


def typed_into(notebook, exercise: str, text) -> None:
    """A hand-in in which a text was typed into the field of an exercise, as the field leaves it there."""
    (cell,) = [cell for cell in notebook.cells if cell.id == f"{exercise}-field"]
    kept = {ANSWER_MIME: {"exercise": exercise, "typed": text}, "text/plain": ""}
    cell.outputs = [new_output("display_data", kept)]
