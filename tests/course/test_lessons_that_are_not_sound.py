"""What an author of a lesson gets wrong, and what the message says."""

import re
from pathlib import Path

import pytest

from evidence_review.course.build import open_desks
from evidence_review.course.desk import OpenLesson
from evidence_review.course.facts import facts
from evidence_review.course.lessons import (
    LessonError,
    find_lesson,
    read_lesson,
    read_lessons,
)
from evidence_review.records import Project

from ..minimal_review import NAME, fill

HEAD = "---\ntitle: A title\ngoal: A goal\nminutes: 30\n---\nProse.\n"
EXERCISE = "```exercise\nid: one\ntitle: One\nquestion: How many?\nanswer: 1 + 1\n```\n"


@pytest.fixture
def write(tmp_path):
    def lesson(text, name="1-a.md"):
        path = tmp_path / "notebooks" / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return lesson


BROKEN = [
    ("Prose.", "must begin with a head"),
    ("---\ntitle: A title\n---\n", "no goal, minutes"),
    ("---\ntitle: [\n---\n", "head: not YAML"),
    (HEAD + EXERCISE.replace("answer: 1 + 1\n", ""), "a number needs 'answer'"),
    (HEAD + EXERCISE.replace("title: One\n", ""), "exercise 1: no title"),
    (HEAD + EXERCISE.replace("title:", "tittle:"), "unknown tittle"),
    (HEAD + EXERCISE.replace("answer:", "kind: essay\nanswer:"), "kind is 'essay'"),
    (HEAD + EXERCISE.replace("answer:", "kind: choice\nanswer:"), "a choice needs 'options'"),
    (HEAD + EXERCISE.replace("How many?", "{high: low"), "exercise 1: not YAML"),
    (HEAD + EXERCISE + EXERCISE, "occur twice: one"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_lesson_that_cannot_be_read_says_where(write, text, message):
    with pytest.raises(LessonError, match=message):
        read_lesson(write(text))


UNCOMPUTABLE = [
    ("answer: 1 + nothing", "cannot compute '1 \\+ nothing'"),
    ("answer: printed('nobody', 'a', 'b', 'c')", "cannot compute"),
    ("answer: 2\nmistakes: {no such: 3}", "no misconception 'no such'"),
    ("kind: choice\noptions: {yes: Right.}\nanswer: \"'no'\"", "not one of its options"),
    ("answer: open('x')", "cannot compute"),
    ("numbers: {n: {real: '1', drawn: '2'}}\nanswer: n\nmistakes: {sign turned: n}", "always"),
]


@pytest.mark.parametrize(("lines", "message"), UNCOMPUTABLE, ids=[line for line, _ in UNCOMPUTABLE])
def test_a_formula_that_cannot_be_computed_says_which(write, records, lines, message):
    lesson = read_lesson(write(HEAD + EXERCISE.replace("answer: 1 + 1", lines)))
    with pytest.raises(LessonError, match=message):
        OpenLesson(lesson, records, facts(records), student="01").task("one")


def test_what_is_not_there_is_told_with_what_is(write, tmp_path):
    project = Project(tmp_path)
    with pytest.raises(LessonError, match=r"no lessons in .* a file N-name\.md") as refused:
        read_lessons(project)
    (pattern,) = re.findall(r"\S+ (?=has lessons as a pattern)", str(refused.value))
    assert read_lessons(Project(Path(pattern.strip()).parents[1]))
    lesson = read_lesson(write(HEAD + EXERCISE))
    with pytest.raises(LessonError, match="no exercise 'two'; exercises are one"):
        lesson.exercise("two")
    with pytest.raises(LessonError, match="no lesson 2"):
        find_lesson(project, 2)


def test_an_id_is_that_of_one_exercise_of_the_course(write, tmp_path):
    write(HEAD + EXERCISE)
    write(HEAD + EXERCISE, "2-b.md")
    with pytest.raises(LessonError, match="2-b: the exercise id 'one' stands in 1-a, too"):
        read_lessons(Project(tmp_path))


def test_a_project_of_ones_own_makes_a_course_of_its_own_lessons(review):
    """With the numbers of its own review: 14.2 with zinc, 17.9 with placebo."""
    fill(review, randomised=True)
    folder = review.notebooks / "course"
    for lesson in folder.glob("*.md"):
        lesson.unlink()
    means = [f"printed('roe2020', '{arm}', 'RLS severity', 'mean')" for arm in ("zinc", "placebo")]
    head = HEAD.replace("minutes", f"review: {NAME}\nminutes")
    text = head + EXERCISE.replace("1 + 1", " - ".join(means))
    (folder / "1-a.md").write_text(text, encoding="utf-8")
    (desk,) = open_desks(review)
    assert desk.task("one").answer == pytest.approx(14.2 - 17.9)
