"""A class: the same seed gives the same numbers, each student has others, and answers fit them."""

import csv
from dataclasses import replace

import pytest

from evidence_review.course.build import build_class
from evidence_review.course.feedback import MISTAKE, RIGHT, judge
from evidence_review.course.lessons import NUMBER

from .conftest import course_project

STUDENTS = [f"{number:02}" for number in range(1, 13)]


@pytest.fixture(scope="module")
def tasks(desks):
    """Every number exercise with the numbers of each student of class 7."""
    return {
        (exercise.id, student): replace(desk, student=student, seed=7).task(exercise.id)
        for desk in desks
        for exercise in desk.lesson.exercises
        if exercise.kind == NUMBER
        for student in STUDENTS
    }


def test_every_students_answer_is_right_and_every_mistake_is_named(tasks):
    for task in tasks.values():
        assert judge(task, task.answer).outcome == RIGHT
        for mistake in task.mistakes:
            told = judge(task, mistake.value)
            assert told.outcome == MISTAKE
            same = [one.name for one in task.mistakes if abs(one.value - mistake.value) < 0.01]
            assert told.mistake in (mistake.name, *same)


def test_students_have_different_numbers(tasks, lessons):
    for lesson in lessons:
        for exercise in lesson.exercises:
            if not any("drawn" in about for about in exercise.numbers.values()):
                continue
            drawn = {str(tasks[exercise.id, student].numbers) for student in STUDENTS}
            assert len(drawn) >= 4, exercise.id
    alike = [tuple(tasks["standard-error", student].numbers.values()) for student in STUDENTS]
    assert len(set(alike)) == len(STUDENTS)


def test_numbers_depend_on_seed_student_and_exercise_alone(desks):
    """Neither on the order of asking, nor on the size of the class; worked out once, and kept."""
    desk = replace(desks[1], student="03", seed=7)
    first = desk.task("standard-error").numbers
    for exercise in reversed(desk.lesson.exercises):
        desk.task(exercise.id)
    assert desk.task("standard-error").numbers == first
    assert replace(desk, seed=8).task("standard-error").numbers != first
    assert replace(desk, student="04").task("standard-error").numbers != first


def test_the_uniform_numbers_are_those_of_sha256():
    """By hand: echo -n "7/03/standard-error/0/n" | sha256sum, the first eight bytes over 2^64."""
    from evidence_review.course.tasks import _uniform

    assert _uniform(7, "03", "standard-error", 0, "n") == pytest.approx(
        0.8824644904823279, abs=1e-12
    )


def test_a_class_is_the_same_again_and_has_a_key(tmp_path, lessons):
    project = course_project(tmp_path)
    folder = build_class(project, students=2, seed=7)
    first = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
    assert len(first) == 2 * (len(lessons) + 1) + 1, "a first page, too"
    again = build_class(project, students=1, seed=7)
    for path in again.rglob("*.ipynb"):
        assert path.read_bytes() == first[path.relative_to(again)]
    with (again / "key.csv").open(encoding="utf-8-sig", newline="") as stream:
        key = list(csv.DictReader(stream))
    assert {row["student"] for row in key} == {"01"}
    assert all(row["answer"] for row in key)


def test_a_students_notebook_knows_whose_it_is_and_holds_no_answer(desks):
    from evidence_review.course.editions import student_edition

    from .test_editions import everything_in, gives_away, solutions

    for desk in desks:
        desk = replace(desk, student="05", seed=7)
        notebook = student_edition(desk)
        assert notebook.metadata.evidence_review == {
            "lesson": desk.lesson.number,
            "student": "05",
            "seed": 7,
        }
        text = everything_in(notebook)
        for exercise, secrets in solutions(desk).items():
            for secret in secrets:
                assert not gives_away(text, secret), (exercise, secret)
