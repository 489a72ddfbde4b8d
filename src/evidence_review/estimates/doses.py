"""Doses: what a label says, and what that is in the element that matters."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from evidence_review.records.row_id import RowId
from evidence_review.review.review import Review, once


@dataclass(frozen=True)
class Dose:
    """A daily dose under one reading of its source.

    Parameters
    ----------
    study, arm : str
        Label of the study, id of the arm.
    printed : str
        As the source prints it.
    reading : str
        What the amount is taken to be of.
    row : RowId
    basis, rule : str
        Of the amount of the element, and how it was worked out.
    element : str
        '' where the substance is not in substances.csv.
    mg, mmol : float
        Of the element; nan without one.
    """

    study: str
    arm: str
    printed: str
    reading: str
    row: RowId
    basis: str
    rule: str = ""
    element: str = ""
    mg: float = nan
    mmol: float = nan


@once
def doses(review: Review) -> tuple[Dose, ...]:
    """Daily doses, each with every reading that the source leaves open.

    A dose printed as a compound is there twice, as mg of the compound and as mg of the element,
    because labels mean either.
    """
    records = review.records
    substances = {row.substance_id: row for row in records.rows("substances")}
    out: list[Dose] = []
    for row in records.rows("statistics"):
        if row.statistic != "daily_dose":
            continue
        study = records.study(row.study_id).label
        printed = f"{row.value:g} {row.unit} {row.outcome}"
        place = study, row.arm_id, printed
        substance = substances.get(row.outcome)
        if substance is None:
            out.append(Dose(*place, "as printed", row.row, row.basis))
            continue
        mass = substance.element_molar_mass
        share = substance.element_atoms * mass / substance.molar_mass
        is_element = share == 1
        readings = (
            {"of the element": 1.0}
            if is_element
            else {"of the compound": share, "of the element": 1.0}
        )
        for reading, part in readings.items():
            if row.unit == "mmol":
                of_compound = reading == "of the compound"
                mg = row.value * mass * (substance.element_atoms if of_compound else 1)
            else:
                mg = part * row.value
            is_derived = is_element or substance.basis != "assumed"
            out.append(
                Dose(
                    *place,
                    reading,
                    row.row,
                    "derived" if is_derived else substance.basis,
                    substance.rule if not is_element and part != 1 else "",
                    substance.element,
                    mg,
                    mg / mass,
                )
            )
    return tuple(out)
