"""Rows of real trials, as printed and then turned the wrong way round: each is named, and only then."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from evidence_review.checks.doubts import doubts
from evidence_review.checks.reversals import reversals
from evidence_review.review.review import Review

# Trenkwalder 2004 prints both groups' changes, their difference with its interval, and P.
TRIALS = {
    "trenkwalder2004": "ropinirole",
    "oertel2007": "pramipexole",
    "montagna2011": "pramipexole",
}


@pytest.fixture(scope="module")
def trials(iron):
    """A review of three trials of the reference class; the published result is of dopamine agonists."""
    tables = {}
    for name in ("studies", "arms", "statistics"):
        every = iron.reference_class[name]
        tables[name] = every[every.study_id.isin(list(TRIALS))].reset_index(drop=True)
    contrasts = pd.concat([iron["contrasts"].iloc[:1]] * len(TRIALS), ignore_index=True)
    contrasts["study_id"], contrasts["treated_arm"] = list(TRIALS), list(TRIALS.values())
    tables["contrasts"] = contrasts.assign(control_arm="placebo", note="")
    tables["review"] = iron["review"].assign(published_result="scholz2011_da")
    return replace(iron, tables=iron.tables | tables)


def with_cells(records, table: str, where: dict, **cells):
    frame = records[table].copy()
    at = frame[list(where)].eq(pd.Series(where)).all(axis=1)
    assert at.sum() == 1
    for name, value in cells.items():
        frame.loc[at, name] = value
    return replace(records, tables=records.tables | {table: frame})


def told(records) -> list[str]:
    return [str(found) for found in reversals(Review(records))]


def statistic(study: str, arm: str, name: str, outcome: str = "RLS severity") -> dict:
    return {"study_id": study, "arm_id": arm, "statistic": name, "outcome": outcome}


def test_as_printed_nothing_is_turned_round(trials, iron, magnesium):
    for records in (trials, iron, magnesium.records):
        assert told(records) == []


def test_groups_that_changed_places(trials):
    where = {"study_id": "oertel2007"}
    turned = with_cells(
        trials, "contrasts", where, treated_arm="placebo", control_arm="pramipexole"
    )
    (found, *_) = told(turned)
    assert "contrasts.csv" in found
    assert "column 'treated_arm': 'placebo'" in found
    assert "changed places" in found


def test_a_treated_arm_that_is_only_called_placebo(trials):
    where = {"study_id": "oertel2007", "arm_id": "placebo"}
    named = with_cells(trials, "arms", where, role="treatment")
    assert told(named) == []
    where = {"study_id": "oertel2007"}
    turned = with_cells(named, "contrasts", where, treated_arm="placebo", control_arm="pramipexole")
    assert "have they changed places" in told(turned)[0]


def test_a_difference_with_its_sign_turned(trials):
    turned = trials
    for name, value in (
        ("difference", 3.01),
        ("difference_ci_low", 0.99),
        ("difference_ci_high", 5.03),
    ):
        where = statistic("trenkwalder2004", "ropinirole", name)
        turned = with_cells(turned, "statistics", where, value=value)
    (found,) = told(turned)
    assert "column 'value': '3.01'" in found
    assert "the figures of both groups give -3.01" in found


def test_a_change_with_its_sign_turned_against_the_printed_p(trials):
    where = statistic("trenkwalder2004", "placebo", "change_mean")
    found = [
        line for line in told(with_cells(trials, "statistics", where, value=8.03)) if "P " in line
    ]
    assert "column 'value': '8.03'" in found[0]
    # By hand: 3.01 / sqrt(0.719^2 + 0.738^2) = 2.92, two-sided P 0.0035.
    assert "0.0036 fits if one of the signs is turned (0.0035)" in found[0]


def test_a_published_pool_on_the_other_side(trials):
    reference = with_cells(
        trials.reference_class,
        "pooled_results",
        {"result_id": "scholz2011_da"},
        estimate=5.7,
        ci_low=4.7,
        ci_high=6.7,
    )
    (found,) = told(replace(trials, reference_class=reference))
    assert "pooled_results.csv" in found
    assert "on the other side of no difference" in found


def test_a_score_in_another_unit(trials):
    where = statistic("oertel2007", "placebo", "mean")
    hundredths = with_cells(trials, "statistics", where, value=2490.0)
    (found,) = told(hundredths)
    assert "column 'value': '2490'" in found
    assert "another unit" in found


def test_a_percentage_typed_as_a_count(iron):
    # Davis 2000: 6 of 14 people on iron left the trial, which is 43%.
    where = statistic("davis2000", "oral_iron", "n_events", "people who left the trial")
    (found,) = told(with_cells(iron, "statistics", where, value=43.0))
    assert "column 'value': '43'" in found
    assert "of 14 people: is it a percentage? As one it is 6 people" in found


def test_a_standard_error_typed_as_a_standard_deviation(iron):
    where = statistic("trenkwalder2004", "placebo", "change_se")
    turned = with_cells(iron.reference_class, "statistics", where, statistic="change_sd")
    found = list(map(str, doubts(turned)))
    # By hand: 0.738 sqrt(138) = 8.67.
    assert any("'0.738'" in one and "it would be an SD of 8.67" in one for one in found)
