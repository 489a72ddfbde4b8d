"""Turn a lesson into notebooks: the student's edition, and the instructor's with answers and notes.

An exercise has four cells: the question, a field for the answer, a cell to answer in Python instead,
and the check; the instructor's edition has no field. Cells carry nbgrader's metadata (schema version
3). The answers are in the package, not in the student's notebook. nbgrader refuses to release the
instructor's edition.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from evidence_review.course.desk import OpenLesson
from evidence_review.course.lessons import (
    CHOICE,
    NUMBER,
    TEXT,
    Exercise,
    answer_name,
)
from evidence_review.course.tasks import Task, evaluator, fill
from evidence_review.numbers import counted

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}
_HOW = {
    NUMBER: "a number, a calculation such as (8 - 2) / 3, or text in quotes such as '1.5 points'",
    TEXT: "between the quotation marks",
}
OPEN_IT = ", then open the question"

_BEFORE = {
    "teacher": "**For the teacher.** ",
    "discuss": "## To discuss\n\n",
    "terms": "## Words you need\n\n",
    "example": "**A worked example.** ",
    "reading": "## To read on\n\n",
    "quiz": f"## Before you begin\n\nThink of an answer{OPEN_IT}.\n\n",
    "quiz after": f"## Have you got it?\n\nThink of an answer{OPEN_IT}.\n\n",
    "try": "## Try it\n\n",
}


def student_edition(desk: OpenLesson) -> NotebookNode:
    """The notebook that a student works in: without solutions and output; every cell runs unchanged."""
    return _notebook(desk, teaching=False)


def instructor_edition(desk: OpenLesson) -> NotebookNode:
    """The student's edition with answers filled in, notes on each exercise, and slides."""
    return _notebook(desk, teaching=True)


def start_page(desks: Sequence[OpenLesson], *, nested: bool = False) -> NotebookNode:
    """A student's first page: the goal of each lesson, a plan of one lesson a week, and the glossary.

    Its links open the lessons in JupyterLab. nested: each lesson is in a folder of its own name.
    """
    student = desks[0].student
    weeks = "\n".join(
        f"| {desk.lesson.number} | [{desk.lesson.title}]({f'{desk.lesson.name}/' if nested else ''}"
        f"{desk.lesson.name}.ipynb) | {desk.lesson.minutes} | {desk.lesson.goal} |"
        for desk in desks
    )
    words = sorted({line for desk in desks for line in desk.lesson.terms}, key=str.casefold)
    whose = f" Only student **{student}** has the numbers in these notebooks." if student else ""
    return new_notebook(
        cells=[
            _markdown(
                "course",
                f"# Critical appraisal, in {counted(len(desks), 'week')}\n\nClick on a lesson to open it. You do not need to know "
                f"Python: choose *Run*, *Run All Cells*, then write answers into the fields.{whose}\n\n"
                f"| week | lesson | minutes | goal |\n|---|---|---|---|\n{weeks}\n\n"
                "In each lesson: two questions before you begin, the words you need, worked examples, exercises "
                "with feedback as often as you like, points to discuss, two questions at the end.",
            ),
            _markdown("glossary", "## Glossary\n\n" + "\n".join(words)),
        ],
        metadata={"kernelspec": KERNEL, "language_info": LANGUAGE},
    )


def teacher_page() -> NotebookNode:
    """The teacher's first page, with buttons to make and mark a class."""
    return new_notebook(
        cells=[
            _markdown(
                "teacher",
                "# For the teacher\n\nIn the menu choose *Run*, then *Run All Cells*: fields and buttons appear below.\n\n"
                "1. **Make a class.** Each student gets a folder, 01, 02 and so on, with numbers that nobody else has. The "
                "same class number gives the same numbers again.\n"
                "2. **Give it out.** In the list of files on the left, the class is the folder `course/class-` with its "
                "number. Each student opens `0-start-here.ipynb`.\n"
                "3. **Collect.** Make a folder in `course/`, with a folder for each student in it, called 01, 02 and so on, "
                "and put each student's notebooks there.\n"
                "4. **Mark.** The table shows the points, and what to look at. You mark the paragraph of the last lesson, "
                "by the four levels in the instructor's notes.\n\n"
                "The pages, slides and hand-outs are listed in `course/editions/index.html`: open it by a right click, "
                "*Open in New Browser Tab*.",
            ),
            _folded(
                _code(
                    "office",
                    "# The fields and buttons.\nfrom evidence_review.course.office import open_office\n\nopen_office()",
                )
            ),
        ],
        metadata={"kernelspec": KERNEL, "language_info": LANGUAGE},
    )


def _notebook(desk: OpenLesson, *, teaching: bool) -> NotebookNode:
    lesson, cells = desk.lesson, _opening(desk)
    evaluate = evaluator(desk.functions, {}, lesson.name)
    for place, part in enumerate(lesson.parts):
        name = f"part-{place}"
        if isinstance(part, Exercise):
            cells += _exercise(desk, desk.task(part.id), teaching)
        elif part.kind == "python":
            to_try = place and getattr(lesson.parts[place - 1], "kind", "") == "try"
            cell = _code(name, part.text)
            cells.append(cell if to_try else _folded(cell))
        elif teaching or part.kind != "teacher":
            kind = part.kind
            if kind == "quiz" and any(isinstance(one, Exercise) for one in lesson.parts[:place]):
                kind = "quiz after"
            cells.append(_words(name, kind, fill(part.text, evaluate, {})))
    about = {"lesson": lesson.number, "student": desk.student, "seed": desk.seed}
    return new_notebook(
        cells=cells,
        metadata={
            "kernelspec": KERNEL,
            "language_info": LANGUAGE,
            "evidence_review": about,
        },
    )


def _opening(desk: OpenLesson) -> list[NotebookNode]:
    lesson = desk.lesson
    whose = f", student={json.dumps(desk.student)}, seed={desk.seed}" if desk.student else ""
    person = f"**{desk.student}**: only you have these numbers. " if desk.student else ""
    title = (
        f"# {lesson.number}. {lesson.title}\n\n**Goal.** {lesson.goal}\n\n"
        f"{person}{lesson.minutes} minutes. In the menu choose *Run*, then *Run All Cells*. Each exercise then has a field: "
        "write your answer there and press *Check*, as often as you like. Save before you leave.\n\n"
        "The code is folded, and you do not need it; the three dots open it. If you like Python, answer in the cell below "
        "a field instead, and run it and the next one: that answer then counts, not the one in the field.\n\n"
        "This notebook runs wherever the package evidence-review is installed. If the next cell finds no "
        "module of that name, ask your teacher for the package's file (`make wheel` makes it), run "
        "`%pip install` with its name in a new cell, and restart the kernel."
    )
    after = f", solution_after={desk.solution_after}" if desk.solution_after else ""
    setup = (
        "# Opens the lesson.\nfrom evidence_review.course import open_lesson\n\n"
        f"lesson = open_lesson({lesson.number}{whose}{after})"
    )
    return [_markdown("title", title), _folded(_code("setup", setup, **_put_back(desk)))]


def _put_back(desk: OpenLesson) -> dict[str, bool]:
    """Metadata of cells that nbgrader must not restore: it would restore them with the shared numbers."""
    return {} if desk.student else {"locked": True}


def _words(name: str, kind: str, text: str) -> NotebookNode:
    cell = _markdown(name, _BEFORE.get(kind, "") + text)
    if kind != "prose":
        cell.metadata["tags"] = [kind]
    if kind == "teacher":  # nbgrader refuses a grade cell of this kind, and names it
        refused = _nbgrader(f"never-release-this-edition-{name}", "markdown", grade=True, points=0)
        cell.metadata |= refused
    return cell


def _exercise(desk: OpenLesson, task: Task, teaching: bool) -> list[NotebookNode]:
    exercise, label = task.exercise, desk.lesson.label(task.exercise)
    name = answer_name(desk.lesson, exercise)
    heading = (
        f"### Exercise {label}. {exercise.title}\n\n"
        f"{task.fill(exercise.question).strip()}\n\n*{counted(exercise.points, 'mark')}, about "
        f"{exercise.minutes} minutes.{_asked(exercise)}*"
    )
    question = _markdown(f"{exercise.id}-question", heading, **_put_back(desk))
    answer = _code(
        f"{exercise.id}-answer",
        _answer_source(task, name, teaching),
        solution=True,
        **({"grade": True, "points": exercise.points} if exercise.kind == TEXT else {}),
    )
    check = _code(
        f"{exercise.id}-check",
        f'# Feedback on the answer in that cell.\nlesson.check("{exercise.id}", {name})',
        locked=True,
        **({} if exercise.kind == TEXT else {"grade": True, "points": exercise.points}),
    )
    if teaching:
        notes = _words(f"{exercise.id}-notes", "teacher", _notes(task, label))
        return [question, answer, check, notes]
    field = _code(
        f"{exercise.id}-field", f'# The field for your answer.\nlesson.ask("{exercise.id}")'
    )
    return [question, *map(_folded, (field, answer, check))]


def _folded(cell: NotebookNode) -> NotebookNode:
    """A cell with its code folded."""
    cell.metadata["jupyter"] = {"source_hidden": True}
    return cell


def _asked(exercise: Exercise) -> str:
    if exercise.kind == TEXT:
        return " Your teacher reads it and gives the marks."
    return f" Answer in {exercise.unit}." if exercise.unit not in ("", "share", "%") else ""


def _answer_source(task: Task, name: str, teaching: bool) -> str:
    exercise = task.exercise
    how = _HOW.get(exercise.kind) or "one of " + ", ".join(json.dumps(x) for x in exercise.options)
    if exercise.kind == TEXT:
        text = task.fill(exercise.models[0]).strip() if teaching else ""
        return f'# Or in Python, {how}.\n{name} = """\n{text}\n"""'
    answer = "..."
    if teaching:
        answer = json.dumps(task.answer) if exercise.kind == CHOICE else f"{task.answer:.6g}"
    return f"# Or in Python: {how}.\n{name} = {answer}"


def _notes(task: Task, label: str) -> str:
    """The teacher's notes on an exercise: answer, method, time, common errors, good answers."""
    exercise = task.exercise
    lines = [f"Exercise {label}, {exercise.minutes} minutes.\n"]
    if exercise.kind == NUMBER:
        sign = ", with either sign" if exercise.either_sign else ""
        lines.append(
            f"- **Answer:** {task.shown} {exercise.unit} (right within {task.margin:.2g}{sign})."
        )
    if exercise.kind == CHOICE:
        lines.append(f"- **Answer:** {task.answer}. {task.because}")
    if exercise.worked:
        lines.append(f"- **How:** {task.fill(exercise.worked)}")
    if task.mistakes:
        lines.append("- **Common errors**, and what the feedback says:")
        lines += [
            f"  - {mistake.value:.4g} ({mistake.name}): {mistake.says}" for mistake in task.mistakes
        ]
    if exercise.rubric:
        lines.append("- **Levels:**")
        lines += [f"  - {level}" for level in exercise.rubric]
    for model in exercise.models:
        lines.append(f"- **A good answer:** {task.fill(model).strip()}")
    return "\n".join(lines)


def _nbgrader(name: str, cell_type: str, *, grade=False, locked=False, solution=False, points=None):
    """nbgrader's metadata of a cell, schema version 3."""
    about = {
        "schema_version": 3,
        "grade_id": name,
        "cell_type": cell_type,
        "grade": grade,
        "locked": locked,
        "solution": solution,
        "task": False,
    }
    return {"nbgrader": about | ({} if points is None else {"points": points})}


def _code(name: str, source: str, **roles) -> NotebookNode:
    metadata = _nbgrader(name, "code", **roles) if roles else {}
    return new_code_cell(source, id=name, metadata=metadata)


def _markdown(name: str, source: str, **roles) -> NotebookNode:
    metadata = _nbgrader(name, "markdown", **roles) if roles else {}
    return new_markdown_cell(source, id=name, metadata=metadata)
