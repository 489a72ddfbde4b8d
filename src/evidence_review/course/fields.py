"""An entry field for an exercise: an answer without Python, with the feedback below it.

The notebook keeps the typed text in the field's output (ANSWER_MIME), but never a mark. The text counts
if the answer cell is unchanged; otherwise the answer in the cell counts.
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
    "The answer cell of this exercise has an answer, and that answer counts. To answer here, put the three dots "
    "back into that cell and run it."
)


class Field:
    """An entry field or choices, a button, and feedback on the answer.

    judge: gives feedback on the typed text. in_cell: gives the answer of the cell, `...` if none.
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

        self._output: DisplayHandle | None = None
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
        """Display the field, with feedback on its present text."""
        from IPython.display import display

        display(self.box)
        self._output = display(self._said(), raw=True, display_id=True)

    def tell(self) -> None:
        """Show feedback on the field's present text, and keep the text in the notebook."""
        if self._output is not None:
            self._output.update(self._said(), raw=True)

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
    """The texts typed into the fields of a notebook, by exercise; malformed content is ignored."""
    found = {}
    for cell in notebook.get("cells", ()):
        for output in cell.get("outputs") or ():
            kept = (output.get("data") or {}).get(ANSWER_MIME)
            if isinstance(kept, Mapping) and isinstance(kept.get("typed"), str):
                found[str(kept.get("exercise"))] = kept["typed"][:LONGEST]
    return found


def typed_before(names: Mapping[str, Any]) -> dict[str, str]:
    """The typed texts at the notebook's last save, so that a new run loses none.

    names: the notebook's variables, where JupyterLab and VS Code put its path.
    """
    path = names.get("__vsc_ipynb_file__") or names.get("__session__")
    with suppress(OSError, ValueError, TypeError, AttributeError):  # not saved, or not a notebook
        return typed_in(json.loads(Path(str(path)).read_text(encoding="utf-8")))
    return {}
