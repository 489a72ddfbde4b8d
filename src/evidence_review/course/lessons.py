"""Read a lesson: a Markdown file with fenced blocks, the one source of all its editions.

The file starts with a YAML head between two lines of '---': title, goal, minutes, and 'review' if it
is not the default one. Prose follows, with fenced blocks. `python` runs in the notebook. `exercise`
is YAML (see `Exercise`), and so is `quiz`: questions without marks ({ask, answer}), before the first
exercise and after the last. Blocks of Markdown in both editions: `terms`, `example` (a worked one),
`reading`; `slide` and `discuss`, which are slides too; `try`, which is for the screen only, with the
code after it. `teacher` is Markdown for the instructor's edition only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path

import yaml

import evidence_review
from evidence_review.records import Project, ProjectNotFoundError, find_project
from evidence_review.runs.notebooks import NotebookError

NUMBER, CHOICE, TEXT = "number", "choice", "text"
KINDS = (NUMBER, CHOICE, TEXT)


class LessonError(NotebookError):
    """A lesson cannot be read or computed; the message says where, and how to mend it."""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """An exercise as its author wrote it; `tasks` describes the formulas.

    id: what it is called for good, one of its own in the course: answers typed, marks and the numbers
    drawn for a student are kept by it, wherever the exercise stands.
    numbers: {real, drawn, decimals} by name: the formula of the shared number, that for a class
    (default: the same), and the decimals shown. answer: the formula of the answer. tolerance: '1%' or a
    number in `unit`. either_sign: whether either sign is right. mistakes: by name of a misconception, the
    formula of its result, or {value, says}. options: feedback by word of a choice; also: other words
    for it. because: feedback on the right answer (of a choice, if that of the option does not fit every
    student). rules, words, models: for a text; see `feedback`. rubric: for a text, a description of each
    level, the best first. hints: shown one by one after wrong answers. worked: the teacher's way to the
    answer.
    """

    id: str
    title: str
    question: str
    kind: str = NUMBER
    points: int = 1
    minutes: int = 5
    unit: str = ""
    numbers: Mapping[str, Mapping] = field(default_factory=dict)
    answer: str = ""
    tolerance: str | float = "1%"
    either_sign: bool = False
    mistakes: Mapping[str, str | Mapping] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: tuple[Mapping, ...] = ()
    rubric: tuple[str, ...] = ()
    words: tuple[int, int] = (0, 10_000)
    models: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    because: str = ""
    worked: str = ""


@dataclass(frozen=True)
class Block:
    """A part of a lesson that is not an exercise. kind: 'prose', or the name of its fence."""

    kind: str
    text: str


@dataclass(frozen=True)
class Lesson:
    """A lesson. number: its place in the course; name: that of its file, '2-effect-sizes'."""

    number: int
    name: str
    title: str
    goal: str
    minutes: int
    review: str
    parts: tuple[Block | Exercise, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """The lines that explain terms, as in its file."""
        blocks = (part for part in self.parts if isinstance(part, Block) and part.kind == "terms")
        return tuple(line for block in blocks for line in block.text.splitlines() if line)

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(part for part in self.parts if isinstance(part, Exercise))

    def exercise(self, name: str) -> Exercise:
        """The exercise with this id. Raises LessonError if there is none."""
        for exercise in self.exercises:
            if exercise.id == name:
                return exercise
        known = ", ".join(exercise.id for exercise in self.exercises)
        raise LessonError(f"{self.name}: there is no exercise '{name}'; exercises are {known}")

    def label(self, exercise: Exercise) -> str:
        """'2.3': the third exercise of lesson 2."""
        return f"{self.number}.{self.exercises.index(exercise) + 1}"


def answer_name(lesson: Lesson, exercise: Exercise) -> str:
    """The variable for the answer to an exercise: 'answer_2_3'."""
    return f"answer_{lesson.label(exercise).replace('.', '_')}"


def packaged_project() -> Project:
    """The project whose lessons are installed with the package; in a checkout, the checkout itself."""
    package = Path(evidence_review.__file__).parent
    installed = package / "starter"
    return Project(installed if (installed / "notebooks").is_dir() else package.parents[1])


def project_with_lessons() -> Project:
    """The project around the working directory, or the packaged one if that has no lessons."""
    try:
        found = find_project()
    except ProjectNotFoundError:
        return packaged_project()
    return found if any(_lesson_files(found)) else packaged_project()


def _lesson_files(project: Project) -> list[Path]:
    return sorted((project.notebooks / "course").glob("[0-9]*-*.md"))


def read_lessons(project: Project) -> list[Lesson]:
    """Every lesson of the project's course, in order. Raises LessonError for a faulty lesson."""
    paths = _lesson_files(project)
    if not paths:
        raise LessonError(
            f"there are no lessons in {project.notebooks / 'course'}. A course is made of lessons that somebody wrote about "
            f"a review, each a file N-name.md. {packaged_project().notebooks / 'course'} has lessons as a pattern: copy "
            "one, name your review after 'review' in its head, and change its text and its formulas, "
            "which name studies"
        )
    lessons = [read_lesson(path) for path in paths]
    first: dict[str, str] = {}
    for lesson in lessons:
        for exercise in lesson.exercises:
            if (other := first.setdefault(exercise.id, lesson.name)) != lesson.name:
                raise LessonError(
                    f"{lesson.name}: the exercise id '{exercise.id}' stands in {other}, too; marks are kept "
                    "by it, so give each exercise of the course an id of its own"
                )
    return lessons


def find_lesson(project: Project, number: int) -> Lesson:
    """Lesson `number` of the course. Raises LessonError if there is none."""
    for path in (project.notebooks / "course").glob(f"{number}-*.md"):
        return read_lesson(path)
    raise LessonError(f"there is no lesson {number} in {project.notebooks / 'course'}")


_FENCE = re.compile(
    r"^(`{3,})(python|exercise|quiz|terms|example|reading|discuss|teacher|slide|try)\n(.*?)^\1[ \t]*$",
    re.M | re.S,
)


def read_lesson(path: Path) -> Lesson:
    """One lesson from its file. Raises LessonError that says what is wrong and where."""
    text = path.read_text(encoding="utf-8")
    head = re.match(r"---\n(.*?)^---\n", text, re.M | re.S)
    if not head:
        raise LessonError(f"{path.name} must begin with a head between two lines of '---'")
    about = _yaml(head[1], f"{path.name}, head")
    if missing := {"title", "goal", "minutes"} - set(about):
        raise LessonError(f"{path.name}, head: no {', '.join(sorted(missing))}")
    body, parts, place = text[head.end() :], [], 0
    for fence in _FENCE.finditer(body):
        parts += _prose(body[place : fence.start()])
        kind, content = fence[2], fence[3].strip()
        where = f"{path.name}, exercise {len([p for p in parts if isinstance(p, Exercise)]) + 1}"
        if kind == "quiz":
            content = _quiz(content, path.name)
        parts.append(_exercise(content, where) if kind == "exercise" else Block(kind, content))
        place = fence.end()
    parts += _prose(body[place:])
    names = [part.id for part in parts if isinstance(part, Exercise)]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise LessonError(
            f"{path.name}: exercise ids occur twice: {', '.join(repeated)}; rename one"
        )
    return Lesson(
        number=int(path.name.partition("-")[0]),
        name=path.stem,
        title=about["title"],
        goal=about["goal"],
        minutes=about["minutes"],
        review=about.get("review", ""),
        parts=tuple(parts),
    )


def _prose(text: str) -> list[Block]:
    return [Block("prose", text.strip())] if text.strip() else []


def _quiz(text: str, where: str) -> str:
    """Questions as Markdown; the answer to each opens by a click."""
    questions = _loaded(text, f"{where}, quiz")
    if not isinstance(questions, list) or not all(
        isinstance(one, dict) and set(one) == {"ask", "answer"} for one in questions
    ):
        raise LessonError(f"{where}, quiz: needs a list of 'ask' and 'answer'")
    return "\n\n".join(
        f"<details><summary>{one['ask']}</summary>\n\n{one['answer']}\n\n</details>"
        for one in questions
    )


def _loaded(text: str, where: str) -> object:
    """The contents of a YAML text. Raises LessonError if it is not YAML."""
    try:
        # The parser in C is some ten times as fast; PyYAML may have been built without it.
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise LessonError(f"{where}: not YAML: {error}") from error


def _yaml(text: str, where: str) -> dict:
    found = _loaded(text, where)
    if not isinstance(found, dict):
        raise LessonError(f"{where}: needs lines of 'name: value'")
    return found


def _exercise(text: str, where: str) -> Exercise:
    given = _yaml(text, where)
    known = {entry.name: entry for entry in fields(Exercise)}
    if unknown := set(given) - set(known):
        raise LessonError(f"{where}: unknown {', '.join(sorted(unknown))}; delete or rename it")
    required = {name for name, entry in known.items() if entry.default is MISSING} - {
        name for name, entry in known.items() if entry.default_factory is not MISSING
    }
    if missing := required - set(given):
        raise LessonError(f"{where}: no {', '.join(sorted(missing))}")
    exercise = Exercise(**given)
    needs = {NUMBER: "answer", CHOICE: "options", TEXT: "rules"}
    if exercise.kind not in needs:
        raise LessonError(f"{where}: kind is '{exercise.kind}'; write {', '.join(KINDS)}")
    if not getattr(exercise, needs[exercise.kind]):
        raise LessonError(f"{where}: a {exercise.kind} needs '{needs[exercise.kind]}'")
    return exercise
