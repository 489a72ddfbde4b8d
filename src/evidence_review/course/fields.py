"""An entry field for an exercise: an answer without Python, and its feedback right below.

What was typed stays in the notebook, in the field's output (ANSWER_MIME): a value, never a mark. It counts
where the answer cell was left as it was given out; who writes into the cell is marked by the cell.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from evidence_review.course.feedback import Feedback
from evidence_review.course.lessons import CHOICE, TEXT
from evidence_review.course.reading import is_unanswered
from evidence_review.course.tasks import Task

ANSWER_MIME = "application/vnd.evidence-review.answer+json"
LONGEST = 20_000
_CELL_COUNTS = (
    "The answer cell of this exercise has an answer, and that one counts. To answer here, put the three dots "
    "back into that cell and run it."
)


class Field:
    """A field or choices, a button, and what is said of the answer.

    judge: feedback on what was typed. in_cell: what the answer cell came to, `...` if nothing.
    """

    def __init__(
        self,
        task: Task,
        judge: Callable[[str], Feedback],
        in_cell: Callable[[], Any],
        typed: str = "",
    ):
        import ipywidgets as widgets
        from IPython.display import DisplayHandle

        self._told: DisplayHandle | None = None
        self._task, self._judge, self._in_cell = task, judge, in_cell
        exercise = task.exercise
        if exercise.kind == CHOICE:
            options = list(exercise.options)
            chosen = typed if typed in options else None
            self.control = widgets.RadioButtons(options=options, value=chosen)
        elif exercise.kind == TEXT:
            wide = widgets.Layout(width="min(100%, 46em)", height="14em")
            self.control = widgets.Textarea(value=typed, layout=wide)
        else:
            self.control = widgets.Text(
                value=typed,
                placeholder="a number, or a sum: (8 - 2) / 3",
                continuous_update=False,
                layout=widgets.Layout(width="18em"),
            )
            self.control.observe(lambda _: self.tell(), "value")  # the Enter key, too
        self.control.tooltip = f"Your answer: {exercise.title}"
        self.button = widgets.Button(description="Check", tooltip=f"Check: {exercise.title}")
        self.button.on_click(lambda _: self.tell())
        unit = "" if exercise.unit == "share" else html.escape(exercise.unit)
        row = widgets.HBox if not exercise.options and exercise.kind != TEXT else widgets.VBox
        self.box = row([self.control, *([widgets.HTML(unit)] if unit else []), self.button])

    def show(self) -> None:
        """Display the field, with the feedback on what is in it already."""
        from IPython.display import display

        display(self.box)
        self._told = display(self._said(), raw=True, display_id=True)

    def tell(self) -> None:
        """Say something of what is in the field now, and keep it in the notebook."""
        if self._told is not None:
            self._told.update(self._said(), raw=True)

    def _said(self) -> dict:
        typed = str(self.control.value or "")[:LONGEST]
        feedback = self._judge(typed)
        if is_unanswered(typed):
            return {"text/plain": "", "text/html": ""}
        kept = {ANSWER_MIME: {"exercise": self._task.exercise.id, "typed": typed}}
        if not is_unanswered(self._in_cell()):
            return kept | {"text/plain": _CELL_COUNTS, "text/html": f"<p>{_CELL_COUNTS}</p>"}
        return kept | feedback._repr_mimebundle_()


def typed_in(notebook: Mapping) -> dict[str, str]:
    """What was typed into the fields of a notebook, by exercise; odd content is passed over."""
    found = {}
    for cell in notebook.get("cells", ()):
        for output in cell.get("outputs") or ():
            kept = (output.get("data") or {}).get(ANSWER_MIME)
            if isinstance(kept, Mapping) and isinstance(kept.get("typed"), str):
                found[str(kept.get("exercise"))] = kept["typed"][:LONGEST]
    return found


def typed_before(names: Mapping[str, Any]) -> dict[str, str]:
    """What was typed in this notebook when it was saved last, so that running it again loses nothing.

    names: the notebook's variables; JupyterLab and VS Code leave the notebook's path among them.
    """
    path = names.get("__vsc_ipynb_file__") or names.get("__session__")
    with suppress(OSError, ValueError, TypeError, AttributeError):  # not saved, or no notebook
        return typed_in(json.loads(Path(str(path)).read_text(encoding="utf-8")))
    return {}
