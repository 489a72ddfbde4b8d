"""Several treated arms of one trial: against one control group, whose people count once."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evidence_review.estimates.arms import combined_effects
from evidence_review.estimates.contrast import changes_by_arm, contrast_results, people
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.reasons import ARMS_APART, CROSSOVER_ARMS
from evidence_review.estimates.routes import ROUTES
from evidence_review.estimates.trial import Trial
from evidence_review.records.table_rules import review_problems
from evidence_review.review.review import Review
from evidence_review.words.effects import how

from .honest_trials import ARMS as TWO_ARMS
from .honest_trials import OUTCOME, STUDY, Report, t_test

TREATED, PLACEBO = TWO_ARMS
HIGH = "high"
ARMS = (TREATED, HIGH, PLACEBO)


def three_arms(review: Review) -> Review:
    """The review with a second treated arm that answers its question."""
    tables = review.records.tables
    with_high = lambda name, column: pd.concat(
        [tables[name], tables[name].iloc[[0]].assign(**{column: HIGH})], ignore_index=True
    )
    arms = with_high("arms", "arm_id").assign(label=lambda table: table.arm_id)
    changed = {"arms": arms, "contrasts": with_high("contrasts", "treated_arm")}
    records = replace(review.records, tables=tables | changed)
    return Review(records, review.settings)


def scores(groups, arms=ARMS, design: str = "parallel") -> Report:
    report = Report(design).people(*map(len, groups), arms=arms)
    for arm, values in zip(arms, groups, strict=True):
        report.say(arm, "mean", values.mean(), 6).say(arm, "sd", values.std(ddof=1), 6)
    return report


def groups(*sizes: int, seed: int = 3):
    """Scores whose SD is 6 exactly, about 14, 13 and 19."""
    rng = np.random.default_rng(seed)
    drawn = [rng.normal(size=n) for n in sizes]
    return [
        mean + 6 * (x - x.mean()) / x.std(ddof=1)
        for mean, x in zip((14, 13, 19), drawn, strict=True)
    ]


def test_two_arms_are_one_comparison_with_the_variance_of_one(iron):
    """Of one SD: the mean of all treated people less that of the control, var 36 (1/45 + 1/30)."""
    of_arms = groups(20, 25, 30)
    (found,) = contrast_results(three_arms(scores(of_arms).read(iron)), OUTCOME)
    together = np.concatenate(of_arms[:2])
    md = found.on("MD")
    assert md.value == pytest.approx(together.mean() - of_arms[2].mean(), abs=1e-5)
    assert md.variance == pytest.approx(36 * (1 / 45 + 1 / 30), rel=1e-5)
    assert md.rounding.low <= md.value <= md.rounding.high
    assert how(found).startswith(f"{TREATED} and {HIGH} against one control group")


def test_an_arm_in_two_halves_is_the_arm_whole(iron):
    """People count once: halves of one treated arm say what the whole arm says."""
    rng = np.random.default_rng(4)
    treated, control = rng.normal(14, 6, 40), rng.normal(18, 6, 30)
    treated[20:] = treated[:20]  # halves alike, so that mean and SD are
    halves = contrast_results(
        three_arms(scores([treated[:20], treated[20:], control]).read(iron)), OUTCOME
    )[0].on("MD")
    whole = t_test(treated, control)
    assert halves.value == pytest.approx(whole.difference, abs=1e-5)
    independent = (treated[:20].var(ddof=1) / 20 + control.var(ddof=1) / 30) / 2
    assert halves.variance > 1.2 * independent
    assert halves.variance**0.5 == pytest.approx(whole.se, rel=0.03)


@pytest.mark.parametrize(
    ("measure", "value", "variance"),
    [
        ("RR", -0.5945622795951, 0.0842780803586),
        ("OR", -0.818790777886, 0.156552073770),
        ("RD", -0.1649951825468, 0.0057127713898),
    ],
)
def test_counts_of_two_arms_share_what_the_control_group_brings(measure, value, variance, iron):
    """11 of 50 and 7 of 52 against 17 of 51: metafor's escalc and rma.mv, with the covariance of log risks

    1/17 - 1/51, of log odds 1/17 + 1/34, and of risks 17 * 34 / 51^3.
    """
    report = Report().people(50, 52, 51, arms=ARMS)
    for arm, events in zip(ARMS, (11, 7, 17), strict=True):
        report.say(arm, "n_events", events, 0)
    review = three_arms(report.read(iron))
    of_arms = [
        ROUTES["events"](Trial(review, STUDY, (arm, PLACEBO), OUTCOME)).effects
        for arm in (TREATED, HIGH)
    ]
    together = combined_effects(of_arms, (50, 52), 51)
    found = next(effect for effect in together if effect.measure.name == measure)
    assert (found.value, found.variance) == pytest.approx((value, variance), rel=1e-7)


def test_people_of_the_control_arm_count_once(iron):
    assert people(three_arms(scores(groups(20, 25, 30)).read(iron)), [STUDY], OUTCOME) == (75, True)


def test_people_of_a_crossover_trial_count_once(iron):
    both = scores(groups(20, 20, 20)[:2], (TREATED, PLACEBO), design="crossover").read(iron)
    assert people(both, [STUDY], OUTCOME) == (20, True)


def test_an_arm_without_figures_leaves_the_other(iron):
    first, _, control = groups(20, 25, 30)
    alone = scores([first, control], (TREATED, PLACEBO)).read(iron)
    (found,) = contrast_results(three_arms(alone), OUTCOME)
    assert found == contrast_results(alone, OUTCOME)[0]


def test_arms_of_a_crossover_trial_are_not_taken_together(iron):
    review = scores(groups(20, 20, 20), design="crossover").read(iron, crossover_r=0.5)
    (found,) = contrast_results(three_arms(review), OUTCOME)
    assert isinstance(found, NotUsable) and found.reason == CROSSOVER_ARMS


def test_arms_at_different_weeks_are_not_taken_together(iron):
    first, second, control = groups(20, 25, 30)
    report = scores([first, control], (TREATED, PLACEBO)).people(25, arms=(HIGH,))
    for arm, values in ((HIGH, second), (PLACEBO, control)):
        report.say(arm, "mean", values.mean(), week=4.0)
        report.say(arm, "sd", values.std(ddof=1), week=4.0)
    (found,) = contrast_results(three_arms(report.read(iron)), OUTCOME)
    assert isinstance(found, NotUsable) and found.reason == ARMS_APART


def test_the_change_on_placebo_is_that_of_one_group(iron):
    report = Report().people(20, 30, 25, arms=ARMS)
    for arm, mean in zip(ARMS, (-8.0, -9.0, -5.0), strict=True):
        report.say(arm, "change_mean", mean).say(arm, "change_sd", 6.0)
    ((treated, control),) = changes_by_arm(three_arms(report.read(iron))).usable
    assert (treated.n, control.n) == (50, 25)
    assert treated.mean == pytest.approx((20 * -8.0 + 30 * -9.0) / 50)
    assert treated.se == pytest.approx(6 / 50**0.5, rel=1e-9)
    assert control.mean == -5.0


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ({"control_arm": "sham"}, "name the same one"),
        ({"treated_arm": "placebo"}, "cannot be compared with itself"),
    ],
)
def test_a_trial_has_one_control_arm(second, says):
    row = {"study_id": "roe2020", "treated_arm": "zinc", "control_arm": "placebo"}
    other = row | {"treated_arm": "high"} | second
    tables = dict.fromkeys(("studies", "arms", "sources", "statistics"), ())
    tables |= {"review": [(2, {"review_id": "zinc"})], "contrasts": [(2, row), (3, other)]}
    found = [problem.message for table, problem in review_problems(tables) if table == "contrasts"]
    assert len(found) == 1 and says in found[0]
