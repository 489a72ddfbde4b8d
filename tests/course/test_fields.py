"""Answers typed into fields: the mark is that of the same answer in the cell, and the cell goes first."""

import json
from dataclasses import replace

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_output

from evidence_review.course import desk as desks_module
from evidence_review.course.desk import Memory
from evidence_review.course.editions import student_edition
from evidence_review.course.feedback import RIGHT, UNANSWERED, WRONG
from evidence_review.course.fields import ANSWER_MIME, typed_before, typed_in
from evidence_review.course.lessons import CHOICE, NUMBER, TEXT
from evidence_review.course.marking import mark_folder

from .conftest import course_project, typed_into

NAME = "lesson.ipynb"


@pytest.fixture
def open_here(desks, monkeypatch):
    """Opens a lesson as a notebook does, with a shell; returns it, its shell, and what is displayed."""
    shell, shown = InteractiveShell(), []
    monkeypatch.setattr(desks_module, "get_ipython", lambda: shell)

    class Handle:
        def update(self, bundle, **_):
            shown.append(bundle)

    def display(what, raw=False, display_id=None):
        if raw:
            shown.append(what)
            return Handle()
        return None

    monkeypatch.setattr("IPython.display.display", display)

    def opened(number, typed=(), **how):
        return replace(desks[number - 1], memory=Memory(dict(typed)), **how)

    return opened, shell, shown


@pytest.mark.slow
def test_in_every_exercise_field_and_cell_get_the_same_mark(desks, tmp_path, tmp_path_factory):
    """Everything right, by numbers of one's own: once by fields, once by cells."""
    project = course_project(tmp_path_factory.mktemp("course"))
    for lesson in desks:
        desk = replace(lesson, student="01", seed=3)
        by_field, by_cell = student_edition(desk), student_edition(desk)
        cells = {cell.id: cell for cell in by_cell.cells}
        for exercise in desk.lesson.exercises:
            answer = desk.task(exercise.id).answer if exercise.kind != TEXT else "A paragraph."
            typed_into(by_field, exercise.id, str(answer))
            source = cells[f"{exercise.id}-answer"].source
            name = source.splitlines()[1].partition(" ")[0]
            cells[f"{exercise.id}-answer"].source = f"{name} = {answer!r}"
        for how, notebook in (("fields", by_field), ("cells", by_cell)):
            (tmp_path / how / "01").mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, tmp_path / how / "01" / f"{desk.lesson.name}.ipynb")
    fields, cells = (mark_folder(project, tmp_path / how) for how in ("fields", "cells"))
    assert [(mark.key, mark.points) for mark in fields] == [
        (mark.key, mark.points) for mark in cells
    ]
    for mark in fields:
        assert mark.points == (0 if mark.teacher else mark.out_of), mark
        assert not mark.flags


def test_the_cell_goes_first_and_odd_content_of_a_field_is_no_answer(desks, tmp_path):
    desk = replace(desks[1], student="01", seed=3)
    notebook = student_edition(desk)
    cells = {cell.id: cell for cell in notebook.cells}
    typed_into(notebook, "lower-limit", str(desk.task("lower-limit").answer))
    cells["lower-limit-answer"].source = "answer_2_1 = 99"
    typed_into(notebook, "standard-error", "<script>alert(1)</script>" * 10_000)
    for exercise, odd in (("standard-deviation", 8.7), ("spread-of-a-change", ["20"])):
        typed_into(notebook, exercise, odd)
    cells["standardised-field"].outputs = [new_output("display_data", {ANSWER_MIME: "-1.67"})]
    (tmp_path / "in" / "01").mkdir(parents=True)
    nbformat.write(notebook, tmp_path / "in" / "01" / NAME)
    marks = mark_folder(course_project(tmp_path), tmp_path / "in")
    assert [mark.points for mark in marks] == [0] * 5
    assert marks[0].given == "99.0"
    assert [mark.outcome for mark in marks[2:]] == [UNANSWERED] * 3
    assert len(marks[1].given) < 5000


def test_each_kind_has_its_field_and_says_at_once_what_it_thinks(open_here):
    opened, _, shown = open_here
    desk = opened(6)
    for exercise in desk.lesson.exercises:
        desk.ask(exercise.id)
        field = desk.memory.fields[exercise.id]
        kind = type(field.control).__name__
        assert kind == {NUMBER: "Text", CHOICE: "RadioButtons", TEXT: "Textarea"}[exercise.kind]
        assert exercise.title in field.control.tooltip
        assert shown[-1] == {"text/plain": "", "text/html": ""}, "nothing was typed"
    choice = desk.memory.fields["level"].control
    choice.value = "high"
    desk.memory.fields["level"].tell()
    assert "randomised trials start" in shown[-1]["text/html"]
    choice.value = "very low"
    desk.memory.fields["level"].button.click()
    assert "Right." in shown[-1]["text/html"]
    assert shown[-1][ANSWER_MIME] == {"exercise": "level", "typed": "very low"}


def test_the_check_below_is_quiet_where_the_field_has_spoken(open_here):
    opened, shell, shown = open_here
    desk = opened(2)
    desk.ask("standard-error")
    told = desk.check("standard-error", ...)
    assert (told.outcome, told.lines) == (UNANSWERED, ())
    desk.memory.fields["standard-error"].control.value = "1,97 points"
    told = desk.check("standard-error", ...)
    assert (told.outcome, told.points, told._repr_mimebundle_()["text/html"]) == (RIGHT, 2, "")
    assert desk.check("standard-error", 8.0).outcome == WRONG, "the cell goes first"
    shell.user_ns["answer_2_2"] = 8.0
    desk.memory.fields["standard-error"].control.value = "1.97"
    assert "that answer counts" in shown[-1]["text/html"]
    assert "Right." not in shown[-1]["text/html"]


def test_what_was_typed_before_is_there_again(open_here, tmp_path):
    opened, _, shown = open_here
    notebook = student_edition(opened(2))
    typed_into(notebook, "standard-error", "1.97")
    nbformat.write(notebook, tmp_path / NAME)
    for variable in ("__session__", "__vsc_ipynb_file__"):
        typed = typed_before({variable: str(tmp_path / NAME)})
        assert typed == {"standard-error": "1.97"}
    desk = opened(2, typed)
    desk.ask("standard-error")
    assert desk.memory.fields["standard-error"].control.value == "1.97"
    assert "Right." in shown[-1]["text/html"]
    (tmp_path / "odd.ipynb").write_text(json.dumps([1]))
    for odd in ({}, {"__session__": "gone.ipynb"}, {"__session__": str(tmp_path / "odd.ipynb")}):
        assert typed_before(odd) == {}


def test_hints_come_in_steps_and_the_solution_only_where_it_is_allowed(open_here, desks):
    opened, _, _ = open_here
    exercise = desks[1].lesson.exercise("standard-error")
    first, second = exercise.hints
    allowed, never = opened(2, solution_after=3), opened(2)
    for desk in (allowed, never):
        assert desk.check("standard-error", 3).lines == (first,)
        assert desk.check("standard-error", 3).lines == (first,), "the same again is no try"
        assert desk.check("standard-error", 5).lines == (first, second)
    told = allowed.check("standard-error", 8.67)
    assert told.mistake == "the whole width" and told.lines[1:3] == (first, second)
    assert "The answer: 1.97 points. (11.00 − 2.33) / 2 / 2.201 = 1.97." in told.lines[-1]
    assert "1.97" not in " ".join(never.check("standard-error", 8.67).lines)
    assert (
        allowed.check("standard-error", 1.97).lines == desks[1].check("standard-error", 1.97).lines
    )
    choice = opened(6, solution_after=1).check("level", "high")
    assert "The answer: very low." in choice.lines[-1]
    assert desks[1].check("standard-error", 3).lines == (first,), "a marker hears the first alone"


def test_without_a_shell_or_outside_a_notebook_a_field_is_nothing(desks):
    assert desks[1].ask("standard-error") is None
    assert typed_in({"cells": [{"outputs": None}, {"outputs": [{"data": None}]}]}) == {}
