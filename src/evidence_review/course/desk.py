"""A lesson opened in a notebook: it checks answers and draws the lesson's figures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from IPython.core.getipython import get_ipython

from evidence_review.course import figures
from evidence_review.course.answer_cells import tolerant
from evidence_review.course.facts import facts
from evidence_review.course.feedback import NOT_RIGHT, TO_READ, Feedback, judge
from evidence_review.course.fields import Field, typed_before
from evidence_review.course.lessons import (
    Lesson,
    answer_name,
    find_lesson,
    project_with_lessons,
)
from evidence_review.course.reading import is_unanswered
from evidence_review.course.simulation import TrialsOfNothing, trials_of_nothing
from evidence_review.course.tasks import Task, make_task
from evidence_review.estimates.change import placebo_arms
from evidence_review.records import Records, load
from evidence_review.review.review import Review


@dataclass
class Memory:
    """Memory of a notebook, by exercise: answers typed into fields, and different wrong answers."""

    typed: dict[str, str]
    fields: dict[str, Field] = field(default_factory=dict)
    wrong: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenLesson:
    """A lesson opened by a student or teacher.

    student: whose numbers it has; '' for the shared numbers. solution_after: number of wrong answers after
    which the solution is shown; 0 for never. memory: that of its notebook; None outside a notebook.
    """

    lesson: Lesson
    records: Records
    functions: Mapping[str, Callable]
    student: str = ""
    seed: int = 0
    solution_after: int = 0
    memory: Memory | None = None

    def task(self, exercise: str) -> Task:
        """An exercise with this student's numbers. Raises LessonError for an unknown id."""
        return make_task(
            self.lesson.exercise(exercise), self.functions, student=self.student, seed=self.seed
        )

    def check(self, exercise: str, answer: Any) -> Feedback:
        """Feedback on an answer. Raises LessonError for an unknown id.

        Without an answer, the text typed into the exercise's field counts, and the feedback is shown there.
        When nbgrader runs the notebook, an answer without a point raises AssertionError: nbgrader gives all
        points to a cell that raises nothing and shows no number above 0.
        """
        memory = self.memory
        is_in_field = False
        if memory is not None and exercise in memory.fields and is_unanswered(answer):
            is_in_field, answer = True, memory.typed.get(exercise, "")
        feedback = self._judged(exercise, answer)
        if (
            feedback.outcome != TO_READ
            and not feedback.points
            and os.environ.get("NBGRADER_EXECUTION")
        ):
            raise AssertionError(" ".join(feedback.lines))
        return replace(feedback, lines=()) if is_in_field else feedback

    def ask(self, exercise: str) -> None:
        """Show a field for the answer to an exercise. Raises LessonError for an unknown id."""
        memory, shell = self.memory, get_ipython()
        if memory is None or shell is None:
            return
        name = answer_name(self.lesson, self.lesson.exercise(exercise))

        def judge_typed(typed: str) -> Feedback:
            memory.typed[exercise] = typed
            return self._judged(exercise, typed)

        memory.fields[exercise] = Field(
            self.task(exercise),
            judge_typed,
            lambda: shell.user_ns.get(name, ...),
            memory.typed.get(exercise, ""),
        )
        memory.fields[exercise].show()

    def _judged(self, exercise: str, answer: Any) -> Feedback:
        """Feedback with one more hint for each new wrong answer, and finally the solution."""
        if self.memory is None:
            return judge(self.task(exercise), answer)
        wrong = self.memory.wrong.setdefault(exercise, set())
        feedback = judge(
            self.task(exercise), answer, wrong=wrong, solution_after=self.solution_after
        )
        if feedback.outcome in NOT_RIGHT:
            wrong.add(feedback.given)
        return feedback

    def trials_of_nothing(self, exercise: str) -> TrialsOfNothing:
        """The simulated trials of an exercise."""
        return trials_of_nothing(**self.task(exercise).numbers)

    def show_one_trial(self, exercise: str) -> None:
        """Draw the first of an exercise's simulated trials, person by person."""
        figures.one_trial(self.trials_of_nothing(exercise)).show()

    def show_many_trials(self, exercise: str) -> None:
        """Draw the mean changes of an exercise's simulated trials."""
        figures.many_trials(self.trials_of_nothing(exercise)).show()

    def show_placebo_arms(self, exercise: str) -> None:
        """Draw the change in every placebo arm, and the change that an exercise compares with them."""
        arms = placebo_arms(Review(self.records)).usable
        label = "your trial" if self.student else self.functions["uncontrolled"]().label
        figures.placebo_arms(arms, self.task(exercise).numbers["change"], label).show()


def open_lesson(
    number: int, *, student: str = "", seed: int = 0, solution_after: int = 0
) -> OpenLesson:
    """Open lesson `number` of the project's course in a notebook.

    Outside a project with lessons, the installed package's lesson is opened, so that a notebook can be sent
    alone. student, seed: whose numbers, and of which class. solution_after: number of wrong answers after
    which the solution is shown; 0 for never. Raises LessonError if there is no such lesson.
    """
    project = project_with_lessons()
    lesson = find_lesson(project, number)
    records = _records(lesson.review, project)
    _read_answers_as_typed()
    shell = get_ipython()
    memory = Memory(typed_before(shell.user_ns if shell else {}))
    return OpenLesson(lesson, records, facts(records), student, seed, solution_after, memory)


def _read_answers_as_typed() -> None:
    """Make this notebook's answer cells tolerant; see `answer_cells`."""
    shell = get_ipython()
    if shell is not None and tolerant not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(tolerant)


_records = cache(load)
