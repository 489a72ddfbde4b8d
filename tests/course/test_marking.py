"""Returned notebooks are marked as they were given out, whatever happened to them on the way."""

import csv
import json
from dataclasses import replace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from evidence_review.cli import main
from evidence_review.course import handed_over
from evidence_review.course.editions import student_edition
from evidence_review.course.feedback import UNREADABLE
from evidence_review.course.lessons import LessonError
from evidence_review.course.marking import (
    NOT_RUN,
    mark_folder,
    summary,
)

from ..conftest import ROOT
from .conftest import course_project


def hand_in(desk, path, answers, *, spoil=lambda notebook: None):
    """A student's edition with answers (source by cell id) in a file."""
    notebook = student_edition(desk)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    spoil(notebook)
    path.parent.mkdir(exist_ok=True)
    # As it is: nbformat would give cells with one id ids of their own.
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture(scope="module")
def marked(tmp_path_factory, desks):
    folder = tmp_path_factory.mktemp("returned")
    anna, ben = (replace(desks[1], student=name, seed=7) for name in ("01", "02"))
    low, high, t = (anna.task("standard-error").numbers[name] for name in ("low", "high", "t"))
    wrong = ben.task("standard-error").numbers

    def tampered(notebook):
        """A check that praises, one that is gone, a cell of the student's own, no metadata on an answer."""
        by_id = {cell.id: cell for cell in notebook.cells}
        by_id["lower-limit-check"].source = "print('Right.')"
        notebook.cells.remove(by_id["standardised-check"])
        notebook.cells.insert(4, new_code_cell(f"half = ({high} - {low}) / 2"))
        by_id["standard-error-answer"].metadata = {}

    hand_in(
        anna,
        folder / "anna" / "lesson.ipynb",
        {
            "standard-error-answer": f"answer_2_2 = half / {t}",
            "lower-limit-answer": "answer_2_1 = 1 +",
            "standardised-answer": f"answer_2_5 = {anna.task('standardised').answer}",
        },
        spoil=tampered,
    )
    half = (wrong["high"] - wrong["low"]) / 2
    hand_in(
        ben,
        folder / "ben" / "lesson.ipynb",
        {"standard-error-answer": f"answer_2_2 = '{half} points'"},
    )
    nbformat.write(new_notebook(), folder / "something-else.ipynb")
    for number, about in enumerate(({"lesson": []}, {"lesson": 2, "seed": "abc"}, "lesson 2")):
        tampered = new_notebook(metadata={"evidence_review": about})
        nbformat.write(tampered, folder / f"tampered-{number}.ipynb")
    (folder / "broken.ipynb").write_text("not a notebook")
    project = course_project(tmp_path_factory.mktemp("course"))
    return folder, mark_folder(project, folder)


def mark_of(marked, student, exercise):
    return next(m for m in marked[1] if (m.student, m.key) == (student, exercise))


def test_a_right_answer_by_way_of_an_own_cell_counts(marked):
    mark = mark_of(marked, "01", "standard-error")
    assert (mark.points, mark.outcome) == (2, "right")


def test_a_check_that_was_changed_or_deleted_is_put_back(marked):
    assert mark_of(marked, "01", "standardised").points == 1
    assert mark_of(marked, "01", "lower-limit").points == 0


def test_an_answer_that_does_not_run_is_told_and_stops_nothing(marked):
    mark = mark_of(marked, "01", "lower-limit")
    assert (mark.outcome, mark.given) == (UNREADABLE, "1 +")
    assert mark_of(marked, "01", "standard-deviation").outcome == "not answered yet"


def test_a_mistake_keeps_its_name(marked):
    mark = mark_of(marked, "02", "standard-error")
    assert (mark.points, mark.mistake) == (0, "half-width for SE")
    assert mark.given.endswith("points")
    assert "2.2 The standard error: 1 of 2 right; 1 half-width for SE" in summary(marked[1])


def test_exercises_that_came_since_a_notebook_was_given_out_change_no_other_mark(tmp_path, desks):
    """What is the third exercise today was the second one then, and its answer is in answer_2_2."""
    desk = replace(desks[1], student="01", seed=7)
    parts = tuple(x for x in desk.lesson.parts if getattr(x, "id", "") != "standard-error")
    then = replace(desk, lesson=replace(desk.lesson, parts=parts))
    answers = {
        f"{exercise.id}-answer": f"answer_{then.lesson.label(exercise).replace('.', '_')} = "
        f"{desk.task(exercise.id).answer}"
        for exercise in then.lesson.exercises
    }
    assert answers["standard-deviation-answer"].startswith("answer_2_2 = ")

    def ids_lost(notebook):
        notebook.nbformat_minor = 4  # as an older program saves it
        for cell in notebook.cells:
            del cell["id"]

    hand_in(then, tmp_path / "in" / "01.ipynb", answers)
    hand_in(then, tmp_path / "in" / "02.ipynb", answers, spoil=ids_lost)
    marks = mark_folder(course_project(tmp_path / "course"), tmp_path / "in")
    assert len(marks) == 2 * len(desk.lesson.exercises)
    for mark in marks:
        expected = "not answered yet" if mark.key == "standard-error" else "right"
        assert (mark.key, mark.outcome) == (mark.key, expected)


def test_the_table_holds_every_exercise_of_every_lesson_returned(marked, desks):
    with (marked[0] / "marks.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    read = [row for row in rows if row["key"]]
    unread = {row["file"]: row for row in rows if not row["key"]}
    asked = [(f"2.{n}", "2", x.id) for n, x in enumerate(desks[1].lesson.exercises, start=1)]
    assert [(row["exercise"], row["lesson"], row["key"]) for row in read] == 2 * asked
    assert {row["file"] for row in read} == {"anna/lesson.ipynb", "ben/lesson.ipynb"}
    assert sorted(unread) == ["broken.ipynb", *(f"tampered-{n}.ipynb" for n in range(3))]
    for row in unread.values():
        assert row["outcome"] == NOT_RUN
        assert "ask for it again" in row["teacher"]
    assert "have been changed" in unread["tampered-1.ipynb"]["given"]


def test_where_nothing_bounds_a_hand_in_it_is_not_run(monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(LessonError, match="mark in WSL"):
        handed_over.run_cells([], [], {}, [])


def test_a_folder_without_lessons_is_told(tmp_path, capsys):
    assert main(["--project", str(ROOT), "course", "mark", str(tmp_path)]) == 1
    assert "no notebooks of this course" in capsys.readouterr().err
