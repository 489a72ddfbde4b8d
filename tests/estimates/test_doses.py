"""Elemental doses against the extract's arithmetic (molar masses 24.305 and 40.304)."""

from dataclasses import replace

import pandas as pd
from numpy.testing import assert_allclose

from evidence_review.estimates.doses import doses
from evidence_review.review.review import Review


def frame(review):
    return pd.DataFrame([vars(dose) for dose in doses(review)])


def test_doses_under_every_reading(records):
    table = frame(Review(records)).set_index(["study", "printed", "reading"])
    assert_allclose(
        table.mg["Jadidi 2022", "250 mg magnesium oxide", "of the compound"], 150.8, atol=0.05
    )
    assert_allclose(table.mg["Jadidi 2022", "250 mg magnesium oxide", "of the element"], 250)
    assert_allclose(
        table.mg["Hornyak 1998", "12.4 mmol magnesium", "of the element"], 301.4, atol=0.05
    )
    assert_allclose(table.mg["Gorantla 2024", "200 mg magnesium", "of the element"], 200)
    # trimagnesium dicitrate: 72.915 / 451.113 of its weight
    assert_allclose(
        table.mg["Gorantla 2024", "200 mg magnesium citrate", "of the compound"], 32.3, atol=0.05
    )
    assert table.basis["Gorantla 2024", "200 mg magnesium citrate", "of the compound"] == "assumed"


def test_mmol_and_mg_agree(records):
    table = frame(Review(records)).dropna(subset=["mg"])
    assert_allclose(table.mg / table.mmol, 24.305)


def test_a_mmol_of_a_compound_has_as_many_mmol_of_the_element_as_it_has_atoms(records):
    rows = records["statistics"].copy()
    rows.loc[rows.statistic == "daily_dose", ["value", "unit"]] = [10.0, "mmol"]
    table = frame(Review(replace(records, tables=records.tables | {"statistics": rows})))
    table = table.set_index(["study", "printed", "reading"]).mg
    assert_allclose(table["Jadidi 2022", "10 mmol magnesium oxide", "of the compound"], 243.05)
    assert_allclose(table["Gorantla 2024", "10 mmol magnesium citrate", "of the compound"], 729.15)


def test_molar_masses_are_sums_of_atomic_weights(records):
    weights = {"Mg": 24.305, "O": 15.999, "C": 12.011, "H": 1.008}
    masses = records["substances"].set_index("substance_id").molar_mass
    assert_allclose(masses["magnesium oxide"], weights["Mg"] + weights["O"], atol=5e-4)
    citrate = 3 * weights["Mg"] + 12 * weights["C"] + 10 * weights["H"] + 14 * weights["O"]
    assert_allclose(masses["magnesium citrate"], citrate, atol=5e-4)
