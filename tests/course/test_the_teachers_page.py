"""A teacher makes a class and marks it by buttons: what they do is what the commands do."""

import csv

import nbformat
import pytest

from evidence_review.course.build import TEACHER, build_class
from evidence_review.course.editions import teacher_page
from evidence_review.course.office import Office

from ..end_to_end.servers import LAB, served
from ..end_to_end.test_pages_in_a_browser import browser  # noqa: F401 - a fixture
from .conftest import course_project, typed_into


def hand_in(desks, folder, to):
    """Student 01 of class 7 hands lesson 2 in, with the right standard error typed into its field."""
    from dataclasses import replace

    path = folder / "01" / "2-effect-sizes.ipynb"
    notebook = nbformat.read(path, 4)
    task = replace(desks[1], student="01", seed=7).task("standard-error")
    typed_into(notebook, "standard-error", f"{task.answer:.4f} points")
    (to / "01").mkdir(parents=True)
    nbformat.write(notebook, to / "01" / path.name)


def test_the_buttons_make_and_mark_what_the_commands_do(tmp_path, desks):
    project = course_project(tmp_path / "by-buttons")
    office = Office(project)
    office.students.value, office.seed.value, office.solution_after.value = 2, 7, 3
    office.make.click()
    assert "class-7" in office.made.value and "01, 02" in office.made.value
    made = project.notebooks / "course" / "class-7"
    other = course_project(tmp_path / "by-command")
    commanded = build_class(other, students=2, seed=7, solution_after=3)
    for path in commanded.rglob("*.*"):
        assert (made / path.relative_to(commanded)).read_bytes() == path.read_bytes()

    office.mark.click()
    assert "there is no folder" in office.marked.value and "hand-ins" in office.marked.value
    hand_in(desks, made, project.notebooks / "course" / "hand-ins")
    office.mark.click()
    assert "lesson 2" in office.marked.value
    assert "2.2 The standard error: 1 of 1 right" in office.marked.value
    with (project.notebooks / "course" / "hand-ins" / "class.csv").open(
        encoding="utf-8-sig", newline=""
    ) as stream:
        (row,) = csv.DictReader(stream)
    assert (row["student"], float(row["2"]), row["1"]) == ("01", 2, "missing")
    assert not office.make.disabled


@pytest.mark.browser
def test_a_teacher_makes_and_marks_a_class_in_jupyterlab(browser, tmp_path, desks):  # noqa: F811
    from .test_a_lesson_in_jupyterlab import run_all

    project = course_project(tmp_path / "project")
    course = project.notebooks / "course"
    nbformat.write(teacher_page(), course / TEACHER)
    (tmp_path / "home").mkdir()
    with served(tmp_path / "home", project.notebooks, *LAB) as address:
        page = browser.new_context(viewport={"width": 1280, "height": 1800}).new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{address}/lab/tree/course/{TEACHER}")
        run_all(page, "Mark the hand-ins")
        for label, value in (("Students", "2"), ("Class number", "7")):
            page.get_by_label(label).fill(value)
            page.get_by_label(label).press("Enter")
        page.get_by_role("button", name="Make the class").click()
        page.get_by_text("has a folder for each student").wait_for()
        hand_in(desks, course / "class-7", course / "hand-ins")
        page.get_by_role("button", name="Mark the hand-ins").click()
        page.get_by_text("2.2 The standard error: 1 of 1 right").wait_for()
        assert page.get_by_role("cell", name="missing").count() == 5
        page.context.close()
