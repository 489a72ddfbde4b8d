"""A lesson opened in a notebook: checks answers, and draws what the lesson shows."""

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
    """What a notebook remembers, by exercise: answers typed into fields, and different wrong answers."""

    typed: dict[str, str]
    fields: dict[str, Field] = field(default_factory=dict)
    wrong: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenLesson:
    """A lesson on somebody's desk.

    student: '' for everybody's numbers, else whose they are. solution_after: the wrong answers after which the
    solution is shown, 0 for never. memory: of the notebook that it is open in, if it is.
    """

    lesson: Lesson
    records: Records
    functions: Mapping[str, Callable]
    student: str = ""
    seed: int = 0
    solution_after: int = 0
    memory: Memory | None = None

    def task(self, exercise: str) -> Task:
        """An exercise with this student's numbers. Raises LessonError for an id that is not there."""
        return make_task(
            self.lesson.exercise(exercise), self.functions, student=self.student, seed=self.seed
        )

    def check(self, exercise: str, answer: Any) -> Feedback:
        """What to say of an answer. Raises LessonError for an id that is not there.

        Where nothing was given and a field asks for it, what was typed there counts, and is told there. Where nbgrader runs the notebook, an answer without a point raises AssertionError: nbgrader
        gives all points to a cell that raises nothing and shows no number above 0.
        """
        memory = self.memory
        told_above = False
        if memory is not None and exercise in memory.fields and is_unanswered(answer):
            told_above, answer = True, memory.typed.get(exercise, "")
        feedback = self._judged(exercise, answer)
        if (
            feedback.outcome != TO_READ
            and not feedback.points
            and os.environ.get("NBGRADER_EXECUTION")
        ):
            raise AssertionError(" ".join(feedback.lines))
        return replace(feedback, lines=()) if told_above else feedback

    def ask(self, exercise: str) -> None:
        """Show a field to answer an exercise in. Raises LessonError for an id that is not there."""
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
        """Feedback that has more hints with each other wrong answer, and at last the solution."""
        task = self.task(exercise)
        feedback = judge(task, answer)
        if self.memory is None or feedback.outcome not in NOT_RIGHT:
            return feedback
        wrong = self.memory.wrong.setdefault(exercise, set())
        wrong.add(feedback.given)
        solved = 0 < self.solution_after <= len(wrong)
        return judge(task, answer, tries=len(wrong), solution=solved)

    def trials_of_nothing(self, exercise: str) -> TrialsOfNothing:
        """The simulated trials that an exercise is about."""
        return trials_of_nothing(**self.task(exercise).numbers)

    def show_one_trial(self, exercise: str) -> None:
        """Draw the first of an exercise's simulated trials, person by person."""
        figures.one_trial(self.trials_of_nothing(exercise)).show()

    def show_many_trials(self, exercise: str) -> None:
        """Draw the mean changes of an exercise's simulated trials."""
        figures.many_trials(self.trials_of_nothing(exercise)).show()

    def show_placebo_arms(self, exercise: str) -> None:
        """Draw the change in every placebo arm, and the one that an exercise compares with them."""
        arms = placebo_arms(Review(self.records)).usable
        label = "your trial" if self.student else self.functions["uncontrolled"]().label
        figures.placebo_arms(arms, self.task(exercise).numbers["change"], label).show()


def open_lesson(
    number: int, *, student: str = "", seed: int = 0, solution_after: int = 0
) -> OpenLesson:
    """Lesson `number` of the course in this project, as notebooks open it.

    Outside a project with lessons it is that of the installed package, so that a notebook can be sent
    alone. student, seed: whose numbers, and of which class. solution_after: wrong answers after which the
    solution is shown; 0: never. Raises LessonError if there is no such lesson.
    """
    project = project_with_lessons()
    lesson = find_lesson(project, number)
    records = _records(lesson.review, project)
    _read_answers_as_typed()
    shell = get_ipython()
    memory = Memory(typed_before(shell.user_ns if shell else {}))
    return OpenLesson(lesson, records, facts(records), student, seed, solution_after, memory)


def _read_answers_as_typed() -> None:
    """Let this notebook's answer cells raise nothing; see `answer_cells`."""
    shell = get_ipython()
    if shell is not None and tolerant not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(tolerant)


_records = cache(load)
