"""Facts of the trials, counted from the tables; each changed table changes its count."""

from dataclasses import replace

import pytest

from evidence_review.findings import of_placebo
from evidence_review.findings.of_trials import trial_findings
from evidence_review.placebo import against
from evidence_review.placebo.bias import appraised_change
from evidence_review.review.finding import Range, by_id
from evidence_review.review.review import Review
from evidence_review.words import comparison


def facts(records):
    return {finding.id: finding for finding in trial_findings(Review(records))}


def with_cells(records, table, wanted, **cells):
    frame = records[table].copy()
    where = (frame[list(wanted)] == list(wanted.values())).all(axis=1)
    assert where.any()
    for column, value in cells.items():
        frame.loc[where, column] = value
    return replace(records, tables=records.tables | {table: frame})


def values(found, study, *names):
    return [found[f"{study}.{name}"].value for name in names]


def test_the_two_trials_as_tabulated(records):
    found = facts(records)
    names = ("people", "arms", "control_arms", "combined_arms", "blinded")
    assert values(found, "jadidi2022", *names) == [75, 3, 1, 0, 1]
    assert values(found, "gorantla2024", *names, "weeks") == [12, 1, 0, 0, 0, 8]
    assert found["jadidi2022.magnesium.dose_printed.magnesium_oxide"].value == 250
    assert found["gorantla2024.serum_magnesium.p_printed"].value == 0.3
    assert found["yildirim2020.control.people"].value == 134


PYRIDOXINE = {"study_id": "jadidi2022", "outcome": "pyridoxine"}


def test_an_arm_that_gets_two_treatments_is_counted(records):
    moved = with_cells(records, "statistics", PYRIDOXINE, arm_id="magnesium")
    # The other arm then has no dose: nothing can be said of the trial.
    assert facts(moved)["jadidi2022.combined_arms"].value is None
    arms = moved["arms"][moved["arms"].arm_id != "vitamin_b6"]
    moved = replace(moved, tables=moved.tables | {"arms": arms})
    assert facts(moved)["jadidi2022.combined_arms"].value == 1


def test_a_compound_and_the_element_it_carries_are_one_treatment(records):
    """The pilot has two dose rows: the citrate, and the registry's elemental magnesium."""
    rows = records.select(study_id="gorantla2024", statistic="daily_dose")
    assert {row.outcome for row in rows} == {"magnesium citrate", "magnesium"}
    assert facts(records)["gorantla2024.combined_arms"].value == 0


@pytest.mark.parametrize(
    ("blinding", "parties"), [("double-blind", 2), ("open label", 0), ("not extracted", None)]
)
def test_blinding(records, blinding, parties):
    changed = with_cells(records, "studies", {"study_id": "jadidi2022"}, blinding=blinding)
    assert facts(changed)["jadidi2022.blinded"].value == parties


@pytest.mark.parametrize(
    ("comparator", "limits"),
    [("=", (0.3, None)), ("<", (None, Range(0, 0.3))), (">=", (None, Range(0.3, 1)))],
)
def test_a_p_value_that_is_printed_as_a_bound_is_no_value(records, comparator, limits):
    wanted = {"study_id": "gorantla2024", "outcome": "serum magnesium"}
    changed = with_cells(records, "statistics", wanted, comparator=comparator)
    found = facts(changed)["gorantla2024.serum_magnesium.p_printed"]
    assert (found.value, found.bounds) == limits


@pytest.mark.parametrize("people", [1.0, float("nan")])
def test_no_test_is_promised_of_one_person_or_of_an_unknown_number(people, records, monkeypatch):
    """The comparison with placebo stays; how often such a trial is significant cannot be said."""
    magnesium = Review(
        records
    )  # of its own: what is kept of a pretended change must not serve others
    found = appraised_change(magnesium)
    other = replace(found, change=replace(found.change, n=people))
    for module in (of_placebo, against, comparison):
        monkeypatch.setattr(module, "appraised_change", lambda review: other)
    assert of_placebo.significance_findings(magnesium) == []
    assert against.placebo_only_trial(magnesium) is None
    findings = by_id(of_placebo.comparison_findings(magnesium))
    assert "p < .05" not in str(comparison.among_arms(magnesium, findings))
