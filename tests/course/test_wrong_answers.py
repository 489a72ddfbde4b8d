"""Wrong answers that people give, and what each hears. Numbers worked out by hand from the abstracts.

Each row: exercise, what was typed, and the name of the mistake; or, for words and for what cannot be
read, a phrase of the feedback.
"""

from math import sqrt

import pytest

from evidence_review.course import misconceptions
from evidence_review.course.feedback import (
    CLOSE,
    MISTAKE,
    UNANSWERED,
    UNREADABLE,
    WRONG,
)

MISTAKES = [
    ("1.1", 75, "everybody"),
    ("1.1", "37,5 people", "treated and untreated"),
    ("1.3", "250 mg", "of the element"),
    ("1.3", 414.6, "upside down"),
    ("1.3", 0.603, "ratio only"),
    ("1.3", "15,08", "decimal point"),
    ("2.1", 11, "sign turned"),
    ("2.1", "-2,33", "wrong limit"),
    ("2.1", -6.67, "the change itself"),
    ("2.2", 4.335, "half-width for SE"),
    ("2.2", 2.21, "z for t"),
    ("2.2", 8.67, "the whole width"),
    ("2.2", (11 - 2.33) / 2.201, "width for half-width"),
    ("2.2", 1.99, "n for n - 1"),
    ("2.2", "6,82 points", "SD for SE"),
    ("2.3", 1.644, "SE for SD"),
    ("2.3", 46.0, "n for root n"),
    ("2.3", "75,7", "variance for SD"),
    ("2.3", 1.644 / sqrt(28), "upside down"),
    ("2.4", 28, "correlation forgotten"),
    ("2.4", 417, "variance for SD"),
    ("2.4", "33,96", "correlation added"),
    ("2.4", 7, "SDs subtracted"),
    ("2.4", 39, "SDs added"),
    ("2.5", 1.67, "sign turned"),
    ("2.5", -0.598, "upside down"),
    ("2.4", 24.5, "factor 2 forgotten"),
    ("2.2", "2,17", "a rule of thumb"),
    ("2.2", 1.97 / sqrt(12), "divided by root n again"),
    ("3.1", -3.58, "the correlation squared"),
    ("3.1", 2.24, "sign turned"),
    ("3.1", "-5,6", "all the way"),
    ("3.1", -3.36, "the part that stays"),
    ("3.1", 28.56, "the later score"),
    ("3.2", 1, "one in twenty"),
    ("3.3", 26.9, "percent for share"),
    ("3.3", 3.72, "upside down"),
    ("4.1", 16, "count for percent"),
    ("4.1", 0.571, "share for percent"),
    ("4.1", "43 %", "other side"),
    ("4.2", -0.05, "sign turned"),
    ("4.2", "-13,39", "added for subtracted"),
    ("4.2", -6.67, "comparison forgotten"),
    ("4.3", 5.52, "SDs added"),
    ("4.3", 2.06, "scatter between trials forgotten"),
    ("4.3", 3.01, "own error forgotten"),
    ("4.3", "12,94", "variance for SD"),
    ("4.4", -7.95, "interval of the mean"),
    ("4.4", -0.54, "other side"),
    ("4.4", "-12,62", "z for t"),
    ("4.4", 12.9, "sign turned"),
    ("5.4", -0.455, "sign turned"),
    ("5.4", 8.045, "the middle itself"),
    ("5.5", 80.04, "not a whole number"),
    ("5.5", 73, "one person left out"),
    ("6.2", 2, "each domain once"),
    ("6.2", 4, "each domain twice"),
]

WORDS = [
    ("1.2", "supported", "one person in the trial"),
    ("1.2", "Partly", "Did anybody take it"),
    ("1.4", "parallel group", "other group"),
    ("1.5", "contradicted", "need a source"),
    ("3.4", "the treated group", "chosen in the same way"),
    ("3.5", "one in twenty", "true change were 0"),
    ("4.5", "RARE", "How many spreads"),
    ("5.1", "low", "would have to say"),
    ("5.2", "low risk", "Who rates"),
    ("5.3", "serious", "What is compared"),
    ("5.6", "invalid", "needs the least"),
    ("6.1", "low", "randomised?"),
    ("6.3", "Moderate", "one level below"),
    ("6.4", "may improve", "promise"),
]

UNREADABLE_ANSWERS = [
    ("2.2", (1, 97), "decimal point"),
    ("2.2", len, "brackets"),
    ("2.2", "1.97 mg", "Give the answer in points"),
    ("2.2", "quite small", "one number"),
    ("2.2", [1.9, 2.0], "Give one number"),
    ("2.2", [1, [2, 3]], "Give one number"),
    ("2.2", 10**400, "Give one number"),
    ("2.2", float("nan"), "finite"),
    ("2.2", True, "Give one number"),
    ("2.2", "__import__('os').getcwd()", "one number"),
    ("5.1", "low or high", "Give one of"),
    ("5.1", "not high", "Give one of"),
    ("5.1", 3, "Give one of"),
    ("6.5", 12, "must be a text"),
]


@pytest.mark.parametrize(("label", "answer", "mistake"), MISTAKES, ids=str)
def test_a_wrong_number_hears_what_was_probably_done(judge, label, answer, mistake):
    feedback = judge(label, answer)
    assert (feedback.outcome, feedback.mistake) == (MISTAKE, mistake)
    assert feedback.points == 0
    assert feedback.lines[0].rstrip().endswith("?"), "ends in a question that leads on"


@pytest.mark.parametrize(("label", "answer", "phrase"), WORDS, ids=str)
def test_a_wrong_word_hears_why(judge, label, answer, phrase):
    feedback = judge(label, answer)
    assert feedback.outcome == WRONG
    assert phrase in " ".join(feedback.lines)


@pytest.mark.parametrize(("label", "answer", "phrase"), UNREADABLE_ANSWERS, ids=str)
def test_what_cannot_be_read_hears_how_to_write_it(judge, label, answer, phrase):
    feedback = judge(label, answer)
    assert feedback.outcome == UNREADABLE
    assert phrase in feedback.lines[0]


@pytest.mark.parametrize("answer", [..., None, "", "   ", "...", "\n\n"], ids=repr)
def test_no_answer_hears_kindly_what_to_do(judge, desks, answer):
    for desk in desks:
        for exercise in desk.lesson.exercises:
            feedback = desk.check(exercise.id, answer)
            assert feedback.outcome == UNANSWERED
            assert "cell above" in feedback.lines[0]


def test_rounding_on_the_way_is_told_from_a_mistake(judge):
    assert judge("2.2", 2.0).outcome == CLOSE
    assert judge("2.2", 3.1).outcome == WRONG
    assert judge("4.2", 0).outcome == CLOSE
    assert judge("4.2", 1).outcome == WRONG


def test_no_feedback_on_a_wrong_number_says_the_answer(desks):
    """Neither a named mistake, nor a hint: the answer, to three digits, stands in none of them."""
    for desk in desks:
        for exercise in desk.lesson.exercises:
            task = desk.task(exercise.id)
            if isinstance(task.answer, str):
                continue
            said = [mistake.says for mistake in task.mistakes]
            said += [task.fill(hint) for hint in exercise.hints]
            for written in (task.shown, f"{task.answer:.3g}", f"{task.answer:.2f}"):
                number = written.lstrip("-")
                if len(number.replace(".", "").lstrip("0")) > 2:
                    assert number not in " ".join(said), (exercise.id, number)


MISLED = [
    ("1.3", 0),
    ("1.3", 1),
    ("1.3", 2),
    ("1.1", 24),
    ("1.1", 26),
    ("2.4", 19.8),
    ("3.2", 12),
    ("3.2", 13),
    ("3.2", 0),
    ("4.1", 0),
    ("4.1", 50),
    ("4.1", 70),
    ("2.2", -1.97),
    ("2.3", -8.7),
    ("3.3", -0.27),
    ("1.1", -25),
    ("5.5", -80),
    ("2.4", -20.42),
]


@pytest.mark.parametrize(("label", "answer"), MISLED, ids=str)
def test_a_wrong_number_is_not_given_another_mistakes_name(judge, label, answer):
    """None of them is rounded, has its sign turned (no direction), or lies at a misconception."""
    feedback = judge(label, answer)
    assert feedback.outcome == WRONG, feedback.lines
    assert "lower score is better" not in feedback.lines[0]


def test_every_misconception_ends_in_a_question():
    for name, says in misconceptions.SAYS.items():
        assert says.endswith("?"), name


def test_every_misconception_is_used(lessons):
    used = {name for lesson in lessons for x in lesson.exercises for name in x.mistakes}
    assert set(misconceptions.SAYS) <= used | {"percent for share", "share for percent"}


GOOD = (
    "Two small trials looked at magnesium. One put 75 people by chance into three groups, magnesium, vitamin B6 or "
    "placebo; they differed at the end, by how much is not known. The other gave magnesium to twelve people without a "
    "control group. They felt better, but so do people on placebo. Whether magnesium helps is not known."
)
RULES = [
    (GOOD.replace("75", "some"), "how many people the randomised trial had"),
    (GOOD.replace("twelve", "a few"), "how many people the pilot had"),
    (GOOD.replace("without a control group", "for two months"), "the pilot had no control group"),
    (GOOD + " So magnesium helps.", "shown to work"),
    (GOOD + " It has been shown to ease symptoms!", "shown to work"),
    (GOOD + " The first gave magnesium along with vitamin B6.", "given together"),
    (GOOD + " Magnesium is useless.", "shown to do nothing"),
    (GOOD.replace("not known", "a matter of taste"), "how certain it is"),
    (GOOD.replace("so do people on placebo", "not for long"), "that people get better on placebo"),
    ("Magnesium was tested in 75 and in 12 people.", "9 words; write 50 to 180"),
]


def test_a_faithful_paragraph_keeps_every_rule(judge):
    feedback = judge("6.5", GOOD)
    assert "✗" not in "".join(feedback.lines)


@pytest.mark.parametrize(("text", "rule"), RULES, ids=[rule for _, rule in RULES])
def test_a_paragraph_hears_which_rule_it_breaks(judge, text, rule):
    feedback = judge("6.5", text)
    assert any(line.startswith("✗") and rule in line for line in feedback.lines), feedback.lines
    assert feedback.points == 0


@pytest.mark.parametrize(
    "denial",
    [
        "This does not prove that magnesium helps.",
        "Nobody knows whether magnesium works.",
        "It cannot be said that magnesium is effective.",
    ],
)
def test_a_claim_may_be_denied(judge, denial):
    feedback = judge("6.5", f"{GOOD} {denial}")
    assert not any(line.startswith("✗") for line in feedback.lines), feedback.lines
