"""A class: the same seed gives the same numbers, each student has others, and answers fit them."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from evidence_review.course.build import build_class
from evidence_review.course.feedback import MISTAKE, RIGHT, judge
from evidence_review.course.lessons import CHOICE, TEXT

from .conftest import course_project

STUDENTS = [f"{number:02}" for number in range(1, 13)]


@pytest.fixture(scope="module")
def tasks(desks):
    """Every exercise that has an answer, with the numbers of each student of class 7."""
    return {
        (exercise.id, student): replace(desk, student=student, seed=7).task(exercise.id)
        for desk in desks
        for exercise in desk.lesson.exercises
        if exercise.kind != TEXT
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


def test_students_have_different_numbers_and_answers_in_every_exercise_that_has_numbers(
    tasks, lessons
):
    asked = [x for lesson in lessons for x in lesson.exercises if x.numbers]
    assert {x.kind for x in asked} > {CHOICE}, "also where a word is asked for"
    for exercise in asked:
        drawn = {str(tasks[exercise.id, student].numbers) for student in STUDENTS}
        answers = {tasks[exercise.id, student].answer for student in STUDENTS}
        assert len(drawn) >= 4 and len(answers) >= 2, exercise.id
    alike = [tuple(tasks["standard-error", student].numbers.values()) for student in STUDENTS]
    assert len(set(alike)) == len(STUDENTS)


def test_everybodys_evidence_ends_where_the_review_has_it(desks):
    """The levels are taken off by the exercise's own formula; the review's come from its GRADE table."""
    review = desks[5].functions["body"]("RLS severity", "randomised")
    assert desks[5].task("level").answer == review.level


def test_no_students_answer_lies_at_the_border_of_two_words(tasks):
    """Counted by chance, 200,000 times: a rounding does not turn rare into uncommon."""
    rng = np.random.default_rng(0)
    for student in STUDENTS:
        task = tasks["standing", student]
        spread = np.sqrt(2.95**2 + 0.6**2 + task.numbers["own"] ** 2)
        arms = rng.normal(-6.72, spread, 200_000)
        share = (arms <= task.numbers["change"]).mean()
        word = "rare" if share < 0.02 else "uncommon" if 0.04 < share < 0.2 else "common"
        assert word == task.answer and not 0.2 < share < 0.3, student


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
