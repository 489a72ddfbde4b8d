"""The teacher's page: fields and buttons in a notebook to make and mark a class, without a terminal."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
import pandas as pd

from evidence_review.course.build import build_class
from evidence_review.course.handed_over import NOT_SHUT_IN, isolated
from evidence_review.course.lessons import LessonError, read_lessons
from evidence_review.course.marking import CLASS, MARKS, class_table, mark_folder, summary
from evidence_review.display.page import table_html
from evidence_review.exchange.exports import ExportError
from evidence_review.records import Project, find_project


class Office:
    """Fields and buttons for a project's course. made, marked: the latest message on each, as HTML."""

    def __init__(self, project: Project):
        self.project = project
        self.students = widgets.BoundedIntText(30, min=1, max=999, description="Students")
        self.seed = widgets.BoundedIntText(1, min=1, max=999_999, description="Class number")
        self.solution_after = widgets.BoundedIntText(
            0, min=0, max=99, description="Wrong answers before the solution is shown (0: never)"
        )
        self.pdf = widgets.Checkbox(
            False, description="Hand-outs and key as PDF, too", indent=False
        )
        self.make = widgets.Button(description="Make the class")
        self.folder = widgets.Text("hand-ins", description="Folder in course/")
        self.mark = widgets.Button(description="Mark the hand-ins")
        self.made, self.marked = widgets.HTML(), widgets.HTML()
        for field in (self.students, self.seed, self.solution_after, self.folder, self.pdf):
            field.style.description_width = "initial"
            field.layout.width = "min(100%, 28em)"
        self.make.on_click(lambda _: self._done(self.made, self.make_class))
        self.mark.on_click(lambda _: self._done(self.marked, self.mark_hand_ins))

    def show(self) -> None:
        """Display fields and buttons."""
        from IPython.display import display

        fields = [self.students, self.seed, self.solution_after, self.pdf, self.make, self.made]
        display(
            widgets.VBox([widgets.HTML("<h3>A class with numbers of its own</h3>"), *fields]),
            widgets.VBox(
                [widgets.HTML("<h3>Marks</h3>"), self.folder, self.mark, self.marked],
            ),
        )

    def make_class(self, progress: Callable[[str], None]) -> str:
        """Make the class that the fields describe. Returns a message as HTML; raises as `build_class`."""
        folder = build_class(
            self.project,
            progress,
            students=self.students.value,
            seed=self.seed.value,
            pdf=self.pdf.value,
            solution_after=self.solution_after.value,
        )
        keys = "key.csv and key.pdf" if self.pdf.value else "key.csv"
        return (
            f"<p>Done: <code>{folder.relative_to(self.project.root)}</code> has a folder for each student, "
            f"{', '.join(sorted(path.name for path in folder.iterdir() if path.is_dir())[:2])} and so on. Give each "
            f"student their own. The answers are in {keys}: keep them to yourself.</p>"
        )

    def mark_hand_ins(self, progress: Callable[[str], None]) -> str:
        """Mark the folder named in the field. Returns the table and notes for the teacher, as HTML."""
        folder = self.project.notebooks / "course" / Path(self.folder.value)
        if not folder.is_dir():
            raise LessonError(
                f"there is no folder {folder}. Make it in the list of files on the left, with a folder for each "
                "student, and put what they handed in there"
            )
        marks = mark_folder(self.project, folder, progress)
        lessons = [lesson.number for lesson in read_lessons(self.project)]
        head = ["student", *(f"lesson {number}" for number in lessons), "sum", "look at"]
        table = table_html(pd.DataFrame(class_table(marks, lessons), columns=head))
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in summary(marks))
        warned = "" if isolated() else f"<p>{NOT_SHUT_IN}</p>"
        return f"{warned}{table}<p>{CLASS} and {MARKS} in that folder have all of it.</p><ul>{lines}</ul>"

    def _done(self, said: widgets.HTML, work: Callable[[Callable[[str], None]], str]) -> None:
        """Do the work of a button; a user's mistake is shown as a message, not raised."""

        def progress(line: str) -> None:
            said.value = f"<p>{html.escape(line)} …</p>"

        progress("Please wait")
        self.make.disabled = self.mark.disabled = True
        try:
            said.value = work(progress)
        except (LessonError, ExportError) as error:
            said.value = f"<p role='alert'>{html.escape(str(error))}</p>"
        finally:
            self.make.disabled = self.mark.disabled = False


def open_office() -> None:
    """Show the teacher's fields and buttons, for the project around the notebook."""
    Office(find_project()).show()
