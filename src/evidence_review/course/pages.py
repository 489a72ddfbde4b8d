"""Pages for a teacher to print and show: hand-outs, the instructor's pages, slides, and their list.

All are HTML that needs no network, in the style of the reports. A slide fills the screen: an arrow key
or Page Down shows the next, and each prints on its own sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from evidence_review.course.desk import OpenLesson
from evidence_review.course.editions import OPEN_IT
from evidence_review.course.lessons import (
    CHOICE,
    TEXT,
    Exercise,
    Lesson,
)
from evidence_review.course.tasks import Task
from evidence_review.display import markup
from evidence_review.exchange.html_pdf import css_string
from evidence_review.runs import site as render
from evidence_review.runs.sections import notebook_html

TEMPLATES = Path(__file__).parent / "templates"


def write_hand_out(desk: OpenLesson, executed: Path, target: Path) -> None:
    """A lesson for paper: no code, but room to write under each question.

    executed: the student's edition after a run, which has the figures.
    """
    lesson = desk.lesson
    notebook = nbformat.read(executed, as_version=4)
    rooms = {f"{exercise.id}-answer": _room(exercise) for exercise in lesson.exercises}
    title, *rest = notebook.cells
    whose = f"Student {desk.student}. " if desk.student else ""
    title.source = "\n\n".join([*title.source.split("\n\n")[:2], f"{whose}Name: {'_' * 30}"])
    to_try = {place for place, cell in enumerate(rest) if "try" in cell.metadata.get("tags", [])}
    notebook.cells = [title] + [
        new_markdown_cell(rooms[cell.id]) if cell.id in rooms else _on_paper(cell)
        for place, cell in enumerate(rest)
        if not cell.id.endswith(("-field", "-check")) and not {place, place - 1} & to_try
    ]
    _write_page(target, f"{whose}{lesson.title}", notebook, executed, kind="paper")


def write_instructor_page(lesson: Lesson, executed: Path, target: Path) -> None:
    """The instructor's edition to read or print, with answers, notes and feedback."""
    title = f"{lesson.title}, for the instructor"
    notebook = nbformat.read(executed, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("<details>", "<details open>")
    _write_page(target, title, notebook, executed, kind="instructor")


def write_slides(desk: OpenLesson, executed: Path, target: Path) -> None:
    """Slides from the instructor's edition: title, slides, figures, points to discuss, and questions.

    A question shows its options; a click shows its answer.
    """
    lesson, notebook = desk.lesson, nbformat.read(executed, as_version=4)
    questions = {f"{exercise.id}-question": exercise for exercise in lesson.exercises}
    for cell in notebook.cells:
        if (asked := questions.get(cell.id)) is not None:
            cell.source += "\n\n" + _options_and_answer(desk.task(asked.id))
    title, *rest = notebook.cells
    title.source = "\n\n".join(title.source.split("\n\n")[:2])
    notebook.cells = [title] + [
        _without_code(cell)
        for cell in rest
        if cell.id in questions
        or {"slide", "discuss"} & set(cell.metadata.get("tags", []))
        or any(output.output_type == "display_data" for output in cell.get("outputs", []))
    ]
    _write_page(target, lesson.title, notebook, executed, kind="slides")


def write_key(desks: Iterable[OpenLesson], target: Path) -> None:
    """Answers to print: a table for each lesson, with a row for each student."""
    lessons: dict[int, dict] = {}
    for desk in desks:
        asked = [exercise for exercise in desk.lesson.exercises if exercise.kind != TEXT]
        table = lessons.setdefault(
            desk.lesson.number,
            {
                "number": desk.lesson.number,
                "title": desk.lesson.title,
                "exercises": [(desk.lesson.label(x), x.title, x.unit) for x in asked],
                "rows": [],
            },
        )
        table["rows"].append((desk.student, [desk.task(x.id).shown for x in asked]))
    _write(target, "key.html.j2", title="Key to the exercises", lessons=list(lessons.values()))


def write_index(lessons: Iterable[Lesson], target: Path, *, pdf: bool) -> None:
    """The teacher's list of everything that was built. pdf: whether hand-outs exist as PDF, too."""
    _write(target, "course.html.j2", title="The course", lessons=list(lessons), pdf=pdf)


def _options_and_answer(task: Task) -> str:
    """The options, and the answer behind a click; nothing for a text, which the class discusses."""
    exercise = task.exercise
    if exercise.kind == TEXT:
        return ""
    answer, why = f"{task.shown} {exercise.unit}".strip(), task.fill(exercise.worked)
    options = ""
    if exercise.kind == CHOICE:
        options = "\n".join(f"- {option}" for option in exercise.options) + "\n\n"
        why = task.because
    return f"{options}<details><summary>Answer</summary>\n\n**{answer}.** {why}\n\n</details>"


def _room(exercise: Exercise) -> str:
    """Empty space for an answer on paper."""
    if exercise.kind == CHOICE:
        options = "\n".join(f"<div>☐ {escape(option)}</div>" for option in exercise.options)
        return f'<div class="options">\n{options}\n</div>'
    lines = 12 if exercise.kind == TEXT else 3
    return "\n".join(['<div class="room">', *["<div></div>"] * lines, "</div>"])


_FOLDED = re.compile(r"<details><summary>(.*?)</summary>.*?</details>", re.S)


def _on_paper(cell: NotebookNode) -> NotebookNode:
    """A cell without code; a quiz without its answers, which the screen folds."""
    cell.source = _FOLDED.sub(r"- \1", cell.source).replace(OPEN_IT, "")
    return _without_code(cell)


def _without_code(cell: NotebookNode) -> NotebookNode:
    if cell.cell_type == "code":
        cell.source = ""
    return cell


def _write_page(
    target: Path, title: str, notebook: NotebookNode, beside: Path, *, kind: str
) -> None:
    """Write a notebook as a page, with the converter of reports."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "execute_result":
                output.output_type = "display_data"
                del output["execution_count"]
    shown = beside.with_suffix(".shown.ipynb")
    nbformat.write(notebook, shown)
    try:
        body = notebook_html(shown)
    finally:
        shown.unlink()
    _write(target, "page.html.j2", title=title, body=body, kind=kind)


def _write(target: Path, template: str, **context) -> None:
    css = render.stylesheet() + (TEMPLATES / "course.css").read_text(encoding="utf-8")
    head = css_string(context["title"])
    css += f"@page {{ @top-left {{ content: {head} }} @top-right {{ content: counter(page) }} }}"
    page = markup.render(f"course/templates/{template}", css=css, **context)
    target.write_text(page, encoding="utf-8")
