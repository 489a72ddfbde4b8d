"""Right answers, each written in several ways. The numbers are worked out by hand from the abstracts."""

import re
from decimal import Decimal
from fractions import Fraction
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_review.course.answer_cells import tolerant
from evidence_review.course.feedback import RIGHT
from evidence_review.course.reading import read_number, read_word
from evidence_review.stats import recover

RIGHT_ANSWERS = {
    "people-in-a-group": (25, "25 people", "75 / 3", Fraction(75, 3)),
    # Standard atomic weights: Mg 24.305, O 15.999.
    "element": (150.8, "150,8 mg", 250 * 24.305 / (24.305 + 15.999), np.float64(151)),
    "lower-limit": (-11, "−11,00 points", Decimal("-11.0"), "= -11"),
    "standard-error": (
        1.97,
        "1,97 points",
        (11 - 2.33) / 2 / 2.201,
        "(11,00 - 2,33) / 2 / 2,201",
        recover.se_from_ci(2.33, 11, df=11),
        pd.Series([1.9696]),
    ),
    "standard-deviation": (8.7, "8.7", "1.644 * sqrt(28)", np.array([8.7])),
    "spread-of-a-change": (
        20.42,
        "20,4",
        sqrt(16**2 + 23**2 - 16 * 23),
        "(16^2 + 23^2 - 2*0.5*16*23)^0.5",
    ),
    "standardised": (-1.67, "-1,67 SD", -12.7 / 7.6, "−12.7 / 7.6"),
    "expected-fall": (-2.24, "-2,24 points", -(1 - 0.6) * (30.8 - 25.2), np.float32(-2.24)),
    "share-of-placebo": (0.27, "0,27", "27%", 1.8 / 6.7, "26.9 %"),
    "as-good": (57, "57 %", "57,1 percent", 100 * 16 / 28),
    "beyond": (0.05, "0.05 points", -6.67 + 6.72, "-6.67 - (-6.72)"),
    "spread": (3.6, "3,60 points", sqrt(2.95**2 + 0.6**2 + 1.97**2), "sqrt(2.95^2+0.6^2+1.97^2)"),
    "boundary": (-12.9, "-12,9 points", -6.72 - 2.052 * sqrt(2.95**2 + 0.6**2), "about -12.9"),
    "middle": (0.455, "0,455 points", 8.5 - (2.09 + 14) / 2, "0.46"),
    "whole-sum": (80, "80 points", round(12 * 6.67), pd.DataFrame([[80]])),
    # One domain is serious, one very serious.
    "levels": (3, "3 levels", -3, 1 + 2),
    "along-with": ("contradicted", "Contradicted.", "It is CONTRADICTED by the abstract"),
    "design": ("single arm", "one arm", "uncontrolled", "Single-arm trial", "single_arm"),
    "guideline": ("unverified", "not verified", "UNVERIFIED", " 'unverified' "),
    "which-group": ("both", "treated and placebo", "Both groups", "BOTH"),
    "how-often": (
        "three in four",
        "75%",
        0.75,
        "three quarters",
        "Three in Four",
        "about three in four",
    ),
    "standing": ("common", "Common", "It is common."),
    "randomisation": ("some concerns", "some concern", "unclear", "Some concerns", "SOME CONCERNS"),
    "measurement": ("high", "High risk", "HIGH"),
    "uncontrolled": ("critical", "Critical", "critical risk of bias"),
    "what-next": ("misprint", "typo", "A misprint", "Misprint."),
    "start": ("high", "High", "high certainty"),
    "level": ("very low", "Very low", "very_low"),
    "wording": ("very uncertain", "Very uncertain", "the evidence is very uncertain"),
}


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [(exercise, answer) for exercise, answers in RIGHT_ANSWERS.items() for answer in answers],
    ids=str,
)
def test_a_right_answer_is_right_however_it_is_written(judge, exercise, answer):
    feedback = judge(exercise, answer)
    assert feedback.outcome == RIGHT, feedback.lines
    assert feedback.points == feedback.out_of


def test_every_exercise_has_three_styles(lessons):
    """All but the count that each class sees anew (below) and the paragraph."""
    every = {exercise.id for lesson in lessons for exercise in lesson.exercises}
    assert every - set(RIGHT_ANSWERS) == {"false-alarms", "paragraph"}
    assert min(map(len, RIGHT_ANSWERS.values())) >= 3


def test_the_trials_to_count_are_those_that_the_figure_shows(desks, judge):
    """Counted from the figure's words, in which a screen reader hears every interval."""
    from evidence_review.course import figures

    alt = figures.many_trials(desks[2].trials_of_nothing("false-alarms")).alt
    ends = [
        float(part.rpartition(" to ")[2].strip(".").replace("−", "-")) for part in alt.split(";")
    ]
    assert len(ends) == 20
    left = sum(end < 0 for end in ends)
    for answer in (left, f"{left} trials", f"{left},0"):
        assert judge("false-alarms", answer).outcome == RIGHT


AS_TYPED = [
    ("standard-deviation", "answer_2_3 = 1.644 * sqrt(28)"),
    ("standard-deviation", "answer_2_3 = 1.644 × √28"),
    ("spread-of-a-change", "answer_2_4 = √(16²+23²−2×0.5×16×23)"),
    ("levels", "answer_6_2 = three"),
    ("people-in-a-group", "answer_1_1 = 25 people each"),
    ("lower-limit", "answer_2_1 = −11"),
    ("standardised", "answer_2_5 = −12.7/7.6"),
    ("spread-of-a-change", "answer_2_4 = (16^2 + 23^2 - 2*0.5*16*23)^0.5"),
    ("standard-error", "answer_2_2 = (11 − 2.33) / 2 / 2.201  # t from the table"),
    ("along-with", "answer_1_2 = contradicted"),
    ("design", "answer_1_4 = single arm"),
    ("how-often", "answer_3_5 = 75%"),
    ("standard-error", "# Your answer\nanswer_2_2 = 1.97 points"),
]


@pytest.mark.parametrize(("exercise", "source"), AS_TYPED, ids=str)
def test_an_answer_cell_raises_nothing(judge, exercise, source):
    """And what stood there before is forgotten."""
    (name,) = re.findall(r"^(answer_\d_\d) =", source, re.M)
    namespace = {name: "before"}
    exec("".join(tolerant([f"{line}\n" for line in source.split("\n")])), namespace)
    feedback = judge(exercise, namespace[name])
    assert feedback.outcome == RIGHT, feedback.lines


@given(st.floats(-1e4, 1e4).map(lambda x: round(x, 3)))
def test_a_number_is_read_however_it_is_typed(value):
    written = f"{value:.3f}"
    for text in (
        written,
        written.replace(".", ","),
        written.replace("-", "−"),
        f"= {written} points",
    ):
        assert read_number(text, "points") == value
    assert read_number(f"{written}%", "share") == pytest.approx(value / 100)


@given(st.permutations(["very low", "low", "moderate", "high"]))
def test_a_word_inside_another_is_not_mistaken_for_it(options):
    for option in options:
        assert read_word(f"I think {option.upper()}!", options) == option
