"""What a teacher prints and shows: hand-outs, the instructor's pages, slides, and a page that lists them.

All are HTML that asks nothing of the network, in the style of the reports. A slide is a screen high:
Page Down turns it, and printing puts each on a sheet of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from evidence_review.course.lessons import CHOICE, TEXT, Exercise, Lesson
from evidence_review.factory import render

TEMPLATES = Path(__file__).parent / "templates"
# Cells that become slides: by tag, or as the question of an exercise.
_SLIDES = ("slide", "discuss")


def write_hand_out(lesson: Lesson, executed: Path, target: Path) -> None:
    """A lesson for paper: no code, room to write under each question.

    executed: the student's edition after it was run, for its figures.
    """
    notebook = nbformat.read(executed, as_version=4)
    rooms = {f"{exercise.id}-answer": _room(exercise) for exercise in lesson.exercises}
    kept = []
    for cell in notebook.cells:
        if cell.id in rooms:
            kept.append(new_markdown_cell(rooms[cell.id]))
        elif cell.cell_type == "markdown" or not cell.metadata.get("nbgrader", {}).get("grade"):
            kept.append(cell)
        if cell.cell_type == "code":
            cell.source = ""
    notebook.cells = kept
    title = kept[0].source.split("\n\n")[0:2]
    kept[0].source = "\n\n".join([*title, "Name: ______________________________"])
    _write(target, "page.html.j2", title=lesson.title, body=_html(notebook, executed), kind="paper")


def write_instructor_page(lesson: Lesson, executed: Path, target: Path) -> None:
    """The instructor's edition to read or print, with answers, notes and feedback."""
    _write(
        target,
        "page.html.j2",
        title=f"{lesson.title}, for the instructor",
        body=_html(nbformat.read(executed, as_version=4), executed),
        kind="instructor",
    )


def write_slides(lesson: Lesson, instructor: NotebookNode, target: Path) -> None:
    """Slides from the instructor's edition: title, slides, questions, points to discuss."""
    from nbconvert.filters import markdown2html

    questions = {f"{exercise.id}-question" for exercise in lesson.exercises}
    slides = [f"<h1>{escape(lesson.title)}</h1><p>{escape(lesson.goal)}</p>"] + [
        markdown2html(cell.source)
        for cell in instructor.cells
        if cell.id in questions or set(_SLIDES) & set(cell.metadata.get("tags", []))
    ]
    _write(target, "slides.html.j2", title=lesson.title, slides=slides)


def write_index(lessons: Iterable[Lesson], target: Path) -> None:
    """The teacher's list of everything that was built."""
    _write(target, "course.html.j2", title="The course", lessons=list(lessons))


def _room(exercise: Exercise) -> str:
    """Room for an answer on paper."""
    if exercise.kind == CHOICE:
        return "\n".join(f"- ☐ {option}" for option in exercise.options)
    lines = 12 if exercise.kind == TEXT else 3
    return "\n".join(["<div class='room'>", *["<div></div>"] * lines, "</div>"])


def _html(notebook: NotebookNode, beside: Path) -> str:
    """A notebook's cells as HTML, by the reports' own converter: it reads files, and what is displayed."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "execute_result":
                output.output_type = "display_data"
                del output["execution_count"]
    shown = beside.with_suffix(".shown.ipynb")
    nbformat.write(notebook, shown)
    try:
        return render.notebook_html(shown)
    finally:
        shown.unlink()


def _write(target: Path, template: str, **context) -> None:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = render.stylesheet() + (TEMPLATES / "course.css").read_text(encoding="utf-8")
    target.write_text(
        environment.get_template(template).render(css=css, **context), encoding="utf-8"
    )
