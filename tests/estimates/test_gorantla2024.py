"""The open-label pilot: every figure against hand arithmetic (t quantile 2.201 for 11 df)."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from numpy.testing import assert_allclose

from evidence_review.checks.p_against_interval import disagreement, p_against_interval
from evidence_review.estimates.change import main_change, single_arm_changes
from evidence_review.judgement.certainty import bodies
from evidence_review.review.review import Review


@pytest.fixture(scope="module")
def change(magnesium):
    return main_change(magnesium)


def test_the_sign_is_turned_once(change):
    """Printed as a reduction of 6.67; the project's sign is end minus baseline."""
    assert change.mean == -6.67
    assert change.unit == "points"


def test_se_sd_and_p_to_the_printed_digits(magnesium, change):
    assert round(change.se, 3) == 1.970  # (11 - 2.33) / 2 / 2.201
    assert round(change.sd, 2) == 6.82  # 1.970 * sqrt(12)
    assert change.n == 12
    check = next(c for c in p_against_interval(magnesium) if c.outcome == "RLS severity")
    assert round(check.implied, 4) == 0.0061
    assert check.answer == "consistent"


def test_number_of_pairs_that_fits_the_printed_p():
    """The extract's arithmetic: p for n = 10, 11, 12, 13 is .0069, .0065, .0061, .0058."""
    from evidence_review.stats.recover import p_from_ci

    found = [p_from_ci(-6.67, -11, -2.33, df=n - 1).value for n in (10, 11, 12, 13)]
    assert [round(p, 4) for p in found] == [0.0069, 0.0065, 0.0061, 0.0058]


def test_an_outcome_with_people_of_its_own_has_them_everywhere(records):
    """10 people gave their severity: p .0069 by the extract's arithmetic, and 10 in the judgements."""
    rows = records["statistics"]
    count = rows[(rows.study_id == "gorantla2024") & (rows.statistic == "n")]
    own = count.assign(outcome="RLS severity", statistic="n_analysed", value=10.0)
    tables = records.tables | {"statistics": pd.concat([rows, own])}
    review = Review(replace(records, tables=tables))
    check = next(c for c in p_against_interval(review) if c.outcome == "RLS severity")
    assert round(check.implied, 4) == 0.0069
    assert main_change(review).n == 10
    (body,) = [b for b in bodies(review) if b.evidence == "uncontrolled"]
    assert body.people == 10


def test_quality_of_life_interval_is_found_to_be_misprinted(magnesium):
    """[2.09, 14] is not symmetric about 8.5 and does not give .014; with 14.91 it does both."""
    check = next(c for c in p_against_interval(magnesium) if c.outcome == "quality of life")
    assert check.answer == "inconsistent"
    assert round(check.implied, 3) == 0.009
    assert "14.91 as upper limit" in check.comment
    assert "0.0140" in check.comment


def test_a_change_knows_whether_its_own_interval_and_p_agree(magnesium):
    """Of quality of life they do not; with 14.91 as upper limit they would, and without a P nobody knows."""
    severity, life = single_arm_changes(magnesium)
    assert disagreement(severity) is None
    found = disagreement(life)
    assert (found.ci_low, found.ci_high, found.printed) == (2.09, 14, 0.014)
    assert "14.91 as upper limit" in found.comment
    printed = life.printed
    for figures in (
        replace(printed, high=replace(printed.high, value=14.91, decimals=2)),
        replace(printed, p=replace(printed.p, value=math.nan)),
    ):
        assert disagreement(replace(life, printed=figures)) is None


def test_an_interval_beside_a_p_that_is_not_there_is_not_checkable(records):
    """A missing number has a row, too: its value is empty."""
    rows = records["statistics"].copy()
    rows.loc[(rows.study_id == "gorantla2024") & (rows.statistic == "p_change"), "value"] = math.nan
    without = replace(records, tables=records.tables | {"statistics": rows})
    checks = [c for c in p_against_interval(Review(without)) if c.study_id == "gorantla2024"]
    assert {c.answer for c in checks} == {"not checkable"}
    assert any(c.comment == "not printed: P" for c in checks)


def test_a_p_without_interval_is_not_checkable(magnesium):
    checks = [c for c in p_against_interval(magnesium) if "leg" in c.outcome]
    assert {c.answer for c in checks} == {"not checkable"}
    assert all(math.isnan(c.implied) for c in checks)


def test_every_outcome_with_a_printed_change_is_there(magnesium):
    assert [c.outcome for c in single_arm_changes(magnesium)] == [
        "RLS severity",
        "quality of life",
    ]


@pytest.mark.parametrize(
    ("convention", "better", "printed", "change"),
    [
        ("end minus baseline", "", 1.5, 1.5),
        ("reduction", "higher", 1.5, -1.5),
        ("improvement", "higher", 1.5, 1.5),
        ("improvement", "lower", 1.5, -1.5),
    ],
)
def test_a_change_on_no_named_scale_has_the_unit_and_the_better_end_that_are_stated(
    records, convention, better, printed, change
):
    """It ended a report in a KeyError. Hours of sleep: unit as printed, better end from outcomes.csv."""
    rows = records["statistics"]
    is_life = (rows.study_id == "gorantla2024") & (rows.outcome == "quality of life")
    slept = rows[is_life & rows.statistic.isin(["change_mean", "change_ci_low", "change_ci_high"])]
    slept = slept.assign(outcome="sleep", instrument_id="", unit="h", sign_convention=convention)
    slept["value"] = [
        {"change_mean": printed, "change_ci_low": printed - 1, "change_ci_high": printed + 1}[name]
        for name in slept.statistic
    ]
    outcome = {"outcome": "sleep", "kind": "benefit", "importance": "important", "better": better}
    empty = dict.fromkeys(records["outcomes"].columns, "") | {"important_difference": math.nan}
    tables = {
        "statistics": pd.concat([rows, slept]),
        "outcomes": pd.DataFrame([empty | outcome]),
    }
    added = replace(records, tables=records.tables | tables)
    (found,) = [c for c in single_arm_changes(Review(added)) if c.outcome == "sleep"]
    assert found.mean == change
    assert (found.unit, found.measure.better) == ("h", better or None)


def test_printed_p_values_of_the_reference_class_agree(magnesium, records):
    """Differences against placebo: the normal p by hand for one of them, and no false alarm."""
    theirs = set(records.reference_class["studies"].study_id)
    checks = [c for c in p_against_interval(magnesium) if c.study_id in theirs]
    assert {c.answer for c in checks} == {"consistent", "not checkable"}
    ropinirole = next(c for c in checks if c.study_id == "walters2004")
    # -2.5 (-4.6 to -0.4): se 1.0715, z 2.333, p .0196
    assert_allclose(ropinirole.implied, 0.0196, atol=5e-5)
