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
    ("people-in-a-group", 75, "everybody"),
    ("people-in-a-group", "37,5 people", "treated and untreated"),
    ("element", "250 mg", "of the element"),
    ("element", 414.6, "upside down"),
    ("element", 0.603, "ratio only"),
    ("element", "15,08", "decimal point"),
    ("lower-limit", 11, "sign turned"),
    ("lower-limit", "-2,33", "wrong limit"),
    ("lower-limit", -6.67, "the change itself"),
    ("standard-error", 4.335, "half-width for SE"),
    ("standard-error", 2.21, "z for t"),
    ("standard-error", 8.67, "the whole width"),
    ("standard-error", (11 - 2.33) / 2.201, "width for half-width"),
    ("standard-error", 1.99, "n for n - 1"),
    ("standard-error", "6,82 points", "SD for SE"),
    ("standard-deviation", 1.644, "SE for SD"),
    ("standard-deviation", 46.0, "n for root n"),
    ("standard-deviation", "75,7", "variance for SD"),
    ("standard-deviation", 1.644 / sqrt(28), "upside down"),
    ("spread-of-a-change", 28, "correlation forgotten"),
    ("spread-of-a-change", 417, "variance for SD"),
    ("spread-of-a-change", "33,96", "correlation added"),
    ("spread-of-a-change", 7, "SDs subtracted"),
    ("spread-of-a-change", 39, "SDs added"),
    ("standardised", 1.67, "sign turned"),
    ("standardised", -0.598, "upside down"),
    ("spread-of-a-change", 24.5, "factor 2 forgotten"),
    ("standard-error", "2,17", "a rule of thumb"),
    ("standard-error", 1.97 / sqrt(12), "divided by root n again"),
    ("expected-fall", -3.58, "the correlation squared"),
    ("expected-fall", 2.24, "sign turned"),
    ("expected-fall", "-5,6", "all the way"),
    ("expected-fall", -3.36, "the part that stays"),
    ("expected-fall", 28.56, "the later score"),
    ("false-alarms", 1, "one in twenty"),
    ("share-of-placebo", 26.9, "percent for share"),
    ("share-of-placebo", 3.72, "upside down"),
    ("as-good", 16, "count for percent"),
    ("as-good", 0.571, "share for percent"),
    ("as-good", "43 %", "other side"),
    ("beyond", -0.05, "sign turned"),
    ("beyond", "-13,39", "added for subtracted"),
    ("beyond", -6.67, "comparison forgotten"),
    ("spread", 5.52, "SDs added"),
    ("spread", 2.06, "scatter between trials forgotten"),
    ("spread", 3.01, "own error forgotten"),
    ("spread", "12,94", "variance for SD"),
    ("boundary", -7.95, "interval of the mean"),
    ("boundary", -0.54, "other side"),
    ("boundary", "-12,62", "z for t"),
    ("boundary", 12.9, "sign turned"),
    ("middle", -0.455, "sign turned"),
    ("middle", 8.045, "the middle itself"),
    ("whole-sum", 80.04, "not a whole number"),
    ("whole-sum", 73, "one person left out"),
    ("levels", 2, "each domain once"),
    ("levels", 4, "each domain twice"),
]

WORDS = [
    ("along-with", "supported", "one person in the trial"),
    ("along-with", "Partly", "Did anybody take it"),
    ("design", "parallel group", "other group"),
    ("guideline", "contradicted", "need a source"),
    ("which-group", "the treated group", "chosen in the same way"),
    ("how-often", "one in twenty", "true change were 0"),
    ("standing", "RARE", "How many spreads"),
    ("randomisation", "low", "would have to say"),
    ("measurement", "low risk", "Who rates"),
    ("uncontrolled", "serious", "What is compared"),
    ("what-next", "invalid", "needs the least"),
    ("start", "low", "randomised?"),
    ("level", "Moderate", "one level below"),
    ("wording", "may improve", "promise"),
]

UNREADABLE_ANSWERS = [
    ("standard-error", (1, 97), "decimal point"),
    ("standard-error", len, "brackets"),
    ("standard-error", "1.97 mg", "Give the answer in points"),
    ("standard-error", "quite small", "one number"),
    ("standard-error", [1.9, 2.0], "Give one number"),
    ("standard-error", [1, [2, 3]], "Give one number"),
    ("standard-error", 10**400, "Give one number"),
    ("standard-error", float("nan"), "finite"),
    ("standard-error", True, "Give one number"),
    ("standard-error", "__import__('os').getcwd()", "one number"),
    ("randomisation", "low or high", "Give one of"),
    ("randomisation", "not high", "Give one of"),
    ("randomisation", 3, "Give one of"),
    ("paragraph", 12, "must be a text"),
]


@pytest.mark.parametrize(("exercise", "answer", "mistake"), MISTAKES, ids=str)
def test_a_wrong_number_hears_what_was_probably_done(judge, exercise, answer, mistake):
    feedback = judge(exercise, answer)
    assert (feedback.outcome, feedback.mistake) == (MISTAKE, mistake)
    assert feedback.points == 0
    assert feedback.lines[0].rstrip().endswith("?"), "ends in a question that leads on"


@pytest.mark.parametrize(("exercise", "answer", "phrase"), WORDS, ids=str)
def test_a_wrong_word_hears_why(judge, exercise, answer, phrase):
    feedback = judge(exercise, answer)
    assert feedback.outcome == WRONG
    assert phrase in " ".join(feedback.lines)


@pytest.mark.parametrize(("exercise", "answer", "phrase"), UNREADABLE_ANSWERS, ids=str)
def test_what_cannot_be_read_hears_how_to_write_it(judge, exercise, answer, phrase):
    feedback = judge(exercise, answer)
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
    assert judge("standard-error", 2.0).outcome == CLOSE
    assert judge("standard-error", 3.1).outcome == WRONG
    assert judge("beyond", 0).outcome == CLOSE
    assert judge("beyond", 1).outcome == WRONG


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
    ("element", 0),
    ("element", 1),
    ("element", 2),
    ("people-in-a-group", 24),
    ("people-in-a-group", 26),
    ("spread-of-a-change", 19.8),
    ("false-alarms", 12),
    ("false-alarms", 13),
    ("false-alarms", 0),
    ("as-good", 0),
    ("as-good", 50),
    ("as-good", 70),
    ("standard-error", -1.97),
    ("standard-deviation", -8.7),
    ("share-of-placebo", -0.27),
    ("people-in-a-group", -25),
    ("whole-sum", -80),
    ("spread-of-a-change", -20.42),
]


@pytest.mark.parametrize(("exercise", "answer"), MISLED, ids=str)
def test_a_wrong_number_is_not_given_another_mistakes_name(judge, exercise, answer):
    """None of them is rounded, has its sign turned (no direction), or lies at a misconception."""
    feedback = judge(exercise, answer)
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
    feedback = judge("paragraph", GOOD)
    assert "✗" not in "".join(feedback.lines)


@pytest.mark.parametrize(("text", "rule"), RULES, ids=[rule for _, rule in RULES])
def test_a_paragraph_hears_which_rule_it_breaks(judge, text, rule):
    feedback = judge("paragraph", text)
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
    feedback = judge("paragraph", f"{GOOD} {denial}")
    assert not any(line.startswith("✗") for line in feedback.lines), feedback.lines
