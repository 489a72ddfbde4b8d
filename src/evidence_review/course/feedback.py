"""Judge an answer and give useful feedback, without giving the answer away.

A number within its margin is right, by whatever method; a wrong one is compared with the results of
known misconceptions. A word is right or has its own explanation. A text gets no points, only hints from
rules that look for words and can be wrong: a teacher reads it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, replace
from typing import Any

from evidence_review.course import misconceptions
from evidence_review.course.lessons import CHOICE, NUMBER, TEXT
from evidence_review.course.reading import (
    UnansweredError,
    UnreadableError,
    is_unanswered,
    read_number,
    read_word,
)
from evidence_review.course.tasks import Task
from evidence_review.display.style import ESTABLISHED, MUTED, TREATMENT

FEEDBACK_MIME = "application/vnd.evidence-review.feedback+json"
RIGHT, UNANSWERED, UNREADABLE, MISTAKE, CLOSE, WRONG, TO_READ = (
    "right",
    "not answered yet",
    "not readable",
    "a known mistake",
    "close",
    "not right yet",
    "for a teacher to read",
)
NOT_RIGHT = (MISTAKE, CLOSE, WRONG)
# Characters of an answer to keep: a page of text.
_LONGEST = 4000
# An answer with the right digits is called nearly right up to this many margins away: intermediate
# rounding may explain it.
_NEARLY = 5
# A number within this relative distance of a mistake's result is that mistake, with rounded inputs.
_SAME = 0.002
# A rounded number is recognised as a mistake's if rounding moved it by no more than this share.
_KNOWN_AGAIN = 0.03


@dataclass(frozen=True)
class Feedback:
    """Feedback on one answer.

    outcome: RIGHT .. TO_READ. mistake: the misconception's name, or the wrong word; '' if none.
    lines: paragraphs. given: the answer as typed.
    """

    exercise: str
    outcome: str
    points: float
    out_of: float
    mistake: str
    lines: tuple[str, ...]
    given: str

    def _repr_mimebundle_(self, **_) -> dict:
        colour = _COLOURS.get(self.outcome, TREATMENT)
        lines = "".join(f"<p style='margin:0.3em 0'>{html.escape(line)}</p>" for line in self.lines)
        return {
            # nbgrader reads a plain number above 0 as the points of a cell.
            "text/plain": f"{self.points:g}",
            "text/html": ""
            if not self.lines
            else f"<div class='feedback' role='status' style='border-left:4px solid {colour};"
            f"padding:0.1em 0 0.1em 0.9em;max-width:46em'><strong>{_TITLES[self.outcome]}</strong>"
            f"{lines}</div>",
            FEEDBACK_MIME: asdict(self),
        }


_COLOURS = {RIGHT: ESTABLISHED, TO_READ: ESTABLISHED, UNANSWERED: MUTED, UNREADABLE: MUTED}
_TITLES = {
    RIGHT: "Right.",
    UNANSWERED: "Not answered yet.",
    UNREADABLE: "This could not be read.",
    MISTAKE: "Not yet.",
    CLOSE: "Close.",
    WRONG: "Not yet.",
    TO_READ: "Your teacher reads this. Hints:",
}


def judge(
    task: Task, given: Any, *, wrong: Set[str] = frozenset(), solution_after: int = 0
) -> Feedback:
    """Feedback on an answer to a task; no answer makes it raise.

    wrong: the wrong answers before this one; each adds a hint. solution_after: number of different
    wrong answers, with this one, after which the solution is shown; 0: never.
    """
    try:
        feedback = _BY_KIND[task.exercise.kind](task, given)
    except UnansweredError:
        return _feedback(task, given, UNANSWERED, _HOW)
    except UnreadableError as error:
        return _feedback(task, given, UNREADABLE, str(error))
    if feedback.outcome not in NOT_RIGHT:
        return feedback
    tries = len(wrong | {feedback.given})
    hints = [task.fill(hint) for hint in task.exercise.hints]
    due = tries if hints and hints[0] in feedback.lines else tries - 1
    lines = [*feedback.lines, *(hint for hint in hints[:due] if hint not in feedback.lines)]
    if 0 < solution_after <= tries:
        answer = f"{task.shown} {task.exercise.unit}".strip()
        worked = f"{task.fill(task.exercise.worked)}." if task.exercise.kind == NUMBER else ""
        lines.append(" ".join(filter(None, (f"The answer: {answer}.", worked, task.because))))
    return replace(feedback, lines=tuple(lines))


_HOW = (
    "Write your answer into the field and press Check. Or replace the three dots in the cell above with it, "
    "run that cell, then this one."
)


def _feedback(
    task: Task, given: Any, outcome: str, *lines: str, mistake: str = "", share: float = 0.0
) -> Feedback:
    points = task.exercise.points
    return Feedback(
        task.exercise.id,
        outcome,
        round(points * share, 2),
        points,
        mistake,
        tuple(filter(None, lines)),
        "" if is_unanswered(given) else str(given).strip()[:_LONGEST],
    )


def _number(task: Task, given: Any) -> Feedback:
    exercise, answer = task.exercise, float(task.answer)
    value = read_number(given, exercise.unit)
    if exercise.either_sign:
        value, answer = abs(value), abs(answer)
    # Slightly more than the margin, because of floating point.
    margin = task.margin * (1 + 1e-9) + 1e-12
    if abs(value - answer) <= margin:
        return _feedback(task, given, RIGHT, task.because, share=1)
    nearly = _rounded(value, answer) and abs(value - answer) <= _NEARLY * margin
    named = _named(task, value, answer, margin, rounded=not nearly)
    if named is not None:
        return _feedback(task, given, MISTAKE, named[1], mistake=named[0])
    if value < 0 < answer and not exercise.either_sign:
        says = (
            "This is below 0. Can the answer be negative? Which number did you subtract from which?"
        )
        return _feedback(task, given, WRONG, says)
    if nearly:
        says = (
            "Nearly: did you round an intermediate result? Keep more digits, and round at the end."
        )
        return _feedback(task, given, CLOSE, says)
    return _feedback(task, given, WRONG, *map(task.fill, exercise.hints[:1]))


def _named(
    task: Task, value: float, answer: float, margin: float, *, rounded: bool
) -> tuple[str, str] | None:
    """The misconception with the nearest result to this number: the exercise's own, then general ones.

    rounded: whether the number may be that result after rounding.
    """
    near = lambda wrong: (
        abs(value - wrong) <= _SAME * abs(wrong)
        or (rounded and _rounded(value, wrong) and abs(value - wrong) <= _KNOWN_AGAIN * abs(wrong))
    )
    for mistake in sorted(task.mistakes, key=lambda mistake: abs(mistake.value - value)):
        wrong = abs(mistake.value) if task.exercise.either_sign else mistake.value
        if near(wrong):
            return mistake.name, mistake.says
    times = lambda factor: (
        abs(value - factor * answer) <= min(margin, 0.01 * abs(answer)) * abs(factor)
    )
    # Only a number that may be below 0 can have the wrong sign.
    if answer < 0 and times(-1):
        return "sign turned", misconceptions.SAYS["sign turned"]
    for name, factor, unit in (
        ("percent for share", 100, "share"),
        ("share for percent", 0.01, "%"),
    ):
        if task.exercise.unit == unit and times(factor):
            return name, misconceptions.SAYS[name]
    if any(times(10.0**shift) for shift in (-3, -2, -1, 1, 2, 3)):
        return "decimal point", "The digits are right. Is the decimal point where it belongs?"
    return None


def _rounded(value: float, exact: float) -> bool:
    """Whether `value` is `exact` rounded to the decimals that `value` has."""
    _, _, decimals = f"{value:.12g}".partition(".")
    return abs(value - exact) <= 0.5 * 10.0 ** -len(decimals) * (1 + 1e-9)


def _choice(task: Task, given: Any) -> Feedback:
    word = read_word(given, task.exercise.options, task.exercise.also)
    if word == task.answer:
        return _feedback(task, given, RIGHT, task.because, share=1)
    return _feedback(task, given, WRONG, task.fill(task.exercise.options[word]), mistake=word)


def _text(task: Task, given: Any) -> Feedback:
    if is_unanswered(given):
        raise UnansweredError
    if not isinstance(given, str):
        raise UnreadableError("The answer must be a text: write it between the quotation marks.")
    least, most = task.exercise.words
    count = len(given.split())
    met = [(least <= count <= most, f"It has {count} words; write {least} to {most}.")]
    met += [_rule(rule, task, given) for rule in task.exercise.rules]
    return _feedback(
        task,
        given,
        TO_READ,
        *(f"{'✓' if holds else '✗'} {says}" for holds, says in met),
        "These hints only look for words, can misunderstand you, and give no points.",
    )


_BY_KIND = {NUMBER: _number, CHOICE: _choice, TEXT: _text}

_NEGATIONS = re.compile(
    r"\b(not|no|nor|never|neither|cannot|without|nobody|none|hardly|whether|if|unproven|unclear|\w+n['’]t)\b"
)


def _rule(rule: Mapping, task: Task, given: str) -> tuple[bool, str]:
    """Whether a text keeps a rule, and the rule in words.

    A rule has 'must' or 'must_not' (in words, what the text must or must not say) and 'any' (phrases; a
    star is the rest of a word). A text may deny what it must not say: a negation up to eight words before
    the phrase, in the same sentence, is enough.
    """
    phrases = [task.fill(str(phrase)) for phrase in rule["any"]]
    plain = " ".join(given.lower().translate({0x2019: "'", 0x2212: "-", 0x2013: "-"}).split())
    found = [hit for phrase in phrases for hit in re.finditer(_pattern(phrase), plain)]
    if "must" in rule:
        return bool(found), f"It {'says' if found else 'does not say'} {task.fill(rule['must'])}."
    claimed = [hit[0] for hit in found if not _denied(plain, hit.start())]
    about = task.fill(rule["must_not"])
    return not claimed, (
        f"It says {about}: “{claimed[0]}”." if claimed else f"It does not say {about}."
    )


def _pattern(phrase: str) -> str:
    words = (
        re.escape(phrase.lower().replace("−", "-")).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")
    )
    return rf"(?<![\w.]){words}(?!\w|\.\d)"


def _denied(plain: str, place: int) -> bool:
    sentence = re.split(r"[.!?;:]\s", plain[:place])[-1]
    return bool(_NEGATIONS.search(" ".join(sentence.split()[-8:])))
