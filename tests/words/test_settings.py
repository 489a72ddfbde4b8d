"""Settings as pages name them: each number with its unit, which is that of the outcome asked about."""

from dataclasses import replace

import pytest

from evidence_review.review.review import Review
from evidence_review.review.settings import SettingsError
from evidence_review.words.settings import label, listed


def on_measure(infarction, measure: str) -> Review:
    """The review of deaths after a heart attack, as if its answer were on another measure."""
    review = infarction["review"].assign(measure=measure)
    return Review(replace(infarction, tables=infarction.tables | {"review": review}))


@pytest.mark.parametrize("measure", ["OR", "HR"])
def test_of_events_what_matters_is_a_number_of_people(infarction, measure):
    review = on_measure(infarction, measure)
    shown = listed(review.records, review.settings)
    assert "important_difference = 10 in 1000 people, " in shown
    assert "tau_prior_scale = 0.5 on the scale of logarithms, " in shown
    assert label(review, "important_difference").endswith(", in 1000 people")


def test_a_ratio_that_no_risk_turns_into_people_has_no_such_number(infarction):
    review = on_measure(infarction, "IRR")
    assert review.settings.important_difference is None
    assert "important_difference" not in listed(review.records, review.settings)


def test_of_means_it_is_in_the_unit_of_the_scale(iron_review):
    shown = listed(iron_review.records, iron_review.settings)
    assert "important_difference = 3 points, " in shown and "tau2 = REML, " in shown
    # An outcome on another measure does not take it over.
    further = iron_review.under(outcome="adverse events")
    assert "important_difference" not in listed(further.records, further.settings)


def test_what_matters_in_points_is_not_taken_from_shared_tables_for_people(infarction):
    """A reference class may serve an outcome on a scale and one of events."""
    rows = infarction["assumptions"]
    matters = rows.assumption_id == "important_difference"
    shared = infarction.reference_class
    lent = rows[matters].assign(unit="points")
    moved = replace(
        infarction,
        tables=infarction.tables | {"assumptions": rows[~matters]},
        reference_class=replace(shared, tables=shared.tables | {"assumptions": lent}),
    )
    measure = moved["review"].assign(measure="HR")
    with pytest.raises(SettingsError, match="important_difference: no value given"):
        Review(replace(moved, tables=moved.tables | {"review": measure}))
