"""A printed bound stays a bound, and a design that no route can use is refused with the reason."""

from dataclasses import replace
from math import inf, sqrt

import pytest
from scipy import stats

from evidence_review.estimates.change import ALONE, SingleArmChange, arm_change
from evidence_review.estimates.contrast import contrast, contrast_results
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.reasons import CROSSOVER, NO_WIDTH, ONLY_BOUNDS, TOO_FEW
from evidence_review.placebo.trial_design import beliefs
from evidence_review.records import Records
from evidence_review.review.review import Review

OUTCOME = "RLS severity"


def edited(records: Records, where: dict, **columns) -> Records:
    """The records with columns set in the rows of statistics.csv that equal `where`."""
    rows = records["statistics"].copy()
    here = (rows[list(where)] == list(where.values())).all(axis=1)
    assert here.any()
    for name, value in columns.items():
        rows.loc[here, name] = value
    return replace(records, tables=records.tables | {"statistics": rows})


def two_groups(records: Records, people: float, p: float, decimals: int, comparator: str) -> Review:
    """The randomised trial as one of two groups of so many people, with this omnibus P."""
    trial = {"study_id": "jadidi2022"}
    rows = records["statistics"]
    third = (rows.study_id == "jadidi2022") & (rows.arm_id == "vitamin_b6")
    records = replace(records, tables=records.tables | {"statistics": rows[~third]})
    records = edited(records, trial | {"statistic": "n_analysed"}, value=people, missing_reason="")
    last = trial | {"statistic": "p_omnibus", "outcome": OUTCOME, "week": 8.7}
    return Review(
        edited(records, last, value=p, decimals=decimals, comparator=comparator, missing_reason="")
    )


def bounds(review: Review) -> tuple[float, float]:
    (found,) = contrast_results(review, OUTCOME)
    return found.effects[0].bounds.low, found.effects[0].bounds.high


def d_at(p: float, people: int) -> float:
    """|d| of two groups of so many at a two-sided P: t sqrt(2 / n)."""
    return stats.t.isf(p / 2, 2 * people - 2) * sqrt(2 / people)


def test_a_p_above_a_limit_allows_no_difference_up_to_that_limit(records):
    low, high = bounds(two_groups(records, 20, 0.05, 2, ">"))
    assert (-low, -high) == pytest.approx((d_at(0.05, 20), 0), abs=1e-9)
    assert round(-low, 2) == 0.64


def test_a_p_below_a_limit_has_no_largest_difference(records):
    low, high = bounds(two_groups(records, 20, 0.001, 3, "<"))
    assert low == -inf
    assert -high == pytest.approx(d_at(0.001, 20), rel=1e-9)
    assert round(-high, 2) == 1.13


def test_a_difference_without_an_end_leaves_no_belief_with_a_middle(records):
    known, endless = (two_groups(records, 20, 0.001, 3, sign) for sign in ("=", "<"))
    assert [len(beliefs(review)) for review in (known, endless)] == [2, 1]


def test_a_p_printed_as_zero_is_a_bound(records):
    """0.000 is everything below 0.0005."""
    low, high = bounds(two_groups(records, 20, 0.0, 3, "="))
    assert (low, -high) == (-inf, pytest.approx(d_at(0.0005, 20), rel=1e-9))


def pilot(records: Records, *drop: str) -> dict:
    """What the pilot's arm prints of its main outcome, without some statistics."""
    rows = records["statistics"]
    mine = rows.study_id == "gorantla2024"
    kept = rows[~(mine & rows.statistic.isin(drop) & (rows.outcome == OUTCOME))]
    return replace(records, tables=records.tables | {"statistics": kept})


def change(records: Records) -> SingleArmChange | NotUsable:
    review = Review(records)
    return arm_change(review, "gorantla2024", "magnesium_citrate", OUTCOME, asked=ALONE)


def test_a_printed_p_gives_the_standard_error(records):
    """-6.67 of 12 people with P = .006: SE 6.67 / t(11) at .006."""
    found = change(pilot(records, "change_ci_low", "change_ci_high"))
    assert found.route == "P"
    assert found.se == pytest.approx(6.67 / stats.t.isf(0.003, 11), rel=1e-9)


@pytest.mark.parametrize(
    ("statistic", "columns", "reason"),
    [
        ("change_mean", {"comparator": ">"}, ONLY_BOUNDS),
        ("change_ci_low", {"comparator": "<"}, ONLY_BOUNDS),
        ("n_analysed", {"comparator": ">"}, ONLY_BOUNDS),
        ("n_analysed", {"value": 1.0}, TOO_FEW),
    ],
)
def test_what_is_no_value_is_not_used_as_one(records, statistic, columns, reason):
    without_p = pilot(records, "p_change")
    where = {"study_id": "gorantla2024", "statistic": statistic}
    rows = without_p["statistics"]
    if not ((rows.study_id == "gorantla2024") & (rows.statistic == statistic)).any():
        where["statistic"] = "n"
    found = change(edited(without_p, where, **columns))
    assert isinstance(found, NotUsable)
    assert found.reason == reason


def test_one_person_has_no_interval_whatever_is_printed(records):
    """Not even with a printed standard error: t with 0 degrees of freedom has no quantile."""
    without_p = pilot(records, "p_change")
    where = {"study_id": "gorantla2024", "statistic": "change_ci_low"}
    printed = edited(without_p, where, statistic="change_se", value=2.0)
    rows = printed["statistics"]
    size = next(
        name
        for name in ("n_analysed", "n")
        if ((rows.study_id == "gorantla2024") & (rows.statistic == name)).any()
    )
    people = {"study_id": "gorantla2024", "statistic": size}
    assert change(printed).route == "SE"
    assert change(edited(printed, people, value=1.0)).reason == TOO_FEW


def test_limits_that_print_alike_have_no_width(records):
    without_p = pilot(records, "p_change")
    for end in ("low", "high"):
        where = {"study_id": "gorantla2024", "statistic": f"change_ci_{end}"}
        without_p = edited(without_p, where, value=-6.67)
    assert change(without_p).reason == NO_WIDTH


def test_a_crossover_trial_is_not_two_groups(iron):
    """The same people in both arms: without what ties their values the variance is not known."""
    trial = next(row for row in iron.rows("contrasts") if row.study_id == "cho2016")
    studies = iron["studies"].copy()
    studies.loc[studies.study_id == "cho2016", "design"] = "crossover"
    rows = iron["statistics"]
    no_test = rows[~((rows.study_id == "cho2016") & (rows.statistic == "p_difference"))]
    crossed = Review(
        replace(iron, tables=iron.tables | {"studies": studies, "statistics": no_test})
    )
    found = contrast(crossed, "cho2016", trial.treated_arm, trial.control_arm, OUTCOME)
    assert found.reason == CROSSOVER
