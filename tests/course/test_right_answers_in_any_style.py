"""Right answers, each written in several ways. The numbers are worked out by hand from the abstracts."""

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
    "1.1": (25, "25 people", "75 / 3", Fraction(75, 3)),
    # Standard atomic weights: Mg 24.305, O 15.999.
    "1.3": (150.8, "150,8 mg", 250 * 24.305 / (24.305 + 15.999), np.float64(151)),
    "2.1": (-11, "−11,00 points", Decimal("-11.0"), "= -11"),
    "2.2": (
        1.97,
        "1,97 points",
        (11 - 2.33) / 2 / 2.201,
        "(11,00 - 2,33) / 2 / 2,201",
        recover.se_from_ci(2.33, 11, df=11),
        pd.Series([1.9696]),
    ),
    "2.3": (8.7, "8.7", "1.644 * sqrt(28)", np.array([8.7])),
    "2.4": (20.42, "20,4", sqrt(16**2 + 23**2 - 16 * 23), "(16^2 + 23^2 - 2*0.5*16*23)^0.5"),
    "2.5": (-1.67, "-1,67 SD", -12.7 / 7.6, "−12.7 / 7.6"),
    "3.1": (-2.24, "-2,24 points", -(1 - 0.6) * (30.8 - 25.2), np.float32(-2.24)),
    "3.3": (0.27, "0,27", "27%", 1.8 / 6.7, "26.9 %"),
    "4.1": (57, "57 %", "57,1 percent", 100 * 16 / 28),
    "4.2": (0.05, "0.05 points", -6.67 + 6.72, "-6.67 - (-6.72)"),
    "4.3": (3.6, "3,60 points", sqrt(2.95**2 + 0.6**2 + 1.97**2), "sqrt(2.95^2+0.6^2+1.97^2)"),
    "4.4": (-12.9, "-12,9 points", -6.72 - 2.052 * sqrt(2.95**2 + 0.6**2), "about -12.9"),
    "5.4": (0.455, "0,455 points", 8.5 - (2.09 + 14) / 2, "0.46"),
    "5.5": (80, "80 points", round(12 * 6.67), pd.DataFrame([[80]])),
    # One domain is serious, one very serious.
    "6.2": (3, "3 levels", -3, 1 + 2),
    "1.2": ("contradicted", "Contradicted.", "It is CONTRADICTED by the abstract"),
    "1.4": ("single arm", "one arm", "uncontrolled", "Single-arm trial", "single_arm"),
    "1.5": ("unverified", "not verified", "UNVERIFIED", " 'unverified' "),
    "3.4": ("both", "treated and placebo", "Both groups", "BOTH"),
    "3.5": ("three in four", "75%", 0.75, "three quarters", "Three in Four", "about three in four"),
    "4.5": ("common", "Common", "It is common."),
    "5.1": ("some concerns", "some concern", "unclear", "Some concerns", "SOME CONCERNS"),
    "5.2": ("high", "High risk", "HIGH"),
    "5.3": ("critical", "Critical", "critical risk of bias"),
    "5.6": ("misprint", "typo", "A misprint", "Misprint."),
    "6.1": ("high", "High", "high certainty"),
    "6.3": ("very low", "Very low", "very_low"),
    "6.4": ("very uncertain", "Very uncertain", "the evidence is very uncertain"),
}


@pytest.mark.parametrize(
    ("label", "answer"),
    [(label, answer) for label, answers in RIGHT_ANSWERS.items() for answer in answers],
    ids=str,
)
def test_a_right_answer_is_right_however_it_is_written(judge, label, answer):
    feedback = judge(label, answer)
    assert feedback.outcome == RIGHT, feedback.lines
    assert feedback.points == feedback.out_of


def test_every_exercise_has_three_styles(lessons):
    """All but the count that each class sees anew (below) and the paragraph."""
    labels = {lesson.label(x) for lesson in lessons for x in lesson.exercises}
    assert labels - set(RIGHT_ANSWERS) == {"3.2", "6.5"}
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
        assert judge("3.2", answer).outcome == RIGHT


AS_TYPED = [
    ("2.3", "answer_2_3 = 1.644 * sqrt(28)"),
    ("2.3", "answer_2_3 = 1.644 × √28"),
    ("2.4", "answer_2_4 = √(16²+23²−2×0.5×16×23)"),
    ("6.2", "answer_6_2 = three"),
    ("1.1", "answer_1_1 = 25 people each"),
    ("2.1", "answer_2_1 = −11"),
    ("2.5", "answer_2_5 = −12.7/7.6"),
    ("2.4", "answer_2_4 = (16^2 + 23^2 - 2*0.5*16*23)^0.5"),
    ("2.2", "answer_2_2 = (11 − 2.33) / 2 / 2.201  # t from the table"),
    ("1.2", "answer_1_2 = contradicted"),
    ("1.4", "answer_1_4 = single arm"),
    ("3.5", "answer_3_5 = 75%"),
    ("2.2", "# Your answer\nanswer_2_2 = 1.97 points"),
]


@pytest.mark.parametrize(("label", "source"), AS_TYPED, ids=str)
def test_an_answer_cell_raises_nothing(judge, label, source):
    """And what stood there before is forgotten."""
    name = f"answer_{label.replace('.', '_')}"
    namespace = {name: "before"}
    exec("".join(tolerant([f"{line}\n" for line in source.split("\n")])), namespace)
    feedback = judge(label, namespace[name])
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
