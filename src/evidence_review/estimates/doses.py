"""Doses: what a label says, and what that is in the element that matters."""

from __future__ import annotations

import pandas as pd

from evidence_review.review.review import Review, once_for_records

_COLUMNS = ["study", "arm", "printed", "reading", "element", "mg", "mmol", "basis", "rule", "row"]


@once_for_records
def doses(review: Review) -> pd.DataFrame:
    """Daily doses, each with every reading that the source leaves open.

    Columns: study, arm, printed, reading, element, mg, mmol, basis, rule, row. A dose printed as a
    compound is shown twice, as mg of the compound and as mg of the element, because labels
    mean either.
    """
    records = review.records
    substances = records["substances"].set_index("substance_id")
    out = []
    for row in records.rows("statistics"):
        if row.statistic != "daily_dose":
            continue
        study = records.study(row.study_id).label
        base = {
            "study": study,
            "arm": row.arm_id,
            "printed": f"{row.value:g} {row.unit} {row.outcome}",
            "row": row.row,
        }
        if row.outcome not in substances.index:
            out.append(base | {"reading": "as printed", "basis": row.basis})
            continue
        substance = substances.loc[row.outcome]
        share = substance.element_atoms * substance.element_molar_mass / substance.molar_mass
        is_element = share == 1
        readings = (
            {"of the element": 1.0}
            if is_element
            else {"of the compound": share, "of the element": 1.0}
        )
        for reading, part in readings.items():
            mass = substance.element_molar_mass
            if row.unit == "mmol":
                of_compound = reading == "of the compound"
                mg = row.value * mass * (substance.element_atoms if of_compound else 1)
            else:
                mg = part * row.value
            out.append(
                base
                | {
                    "reading": reading,
                    "element": substance.element,
                    "mg": mg,
                    "mmol": mg / mass,
                    "basis": "derived"
                    if is_element or substance.basis != "assumed"
                    else substance.basis,
                    "rule": substance.rule if not is_element and part != 1 else "",
                }
            )
    frame = pd.DataFrame(out, columns=_COLUMNS).fillna({"element": "", "rule": ""})
    # As objects: a column of text would forget the parts of a row's place.
    return frame.assign(row=pd.Series([entry["row"] for entry in out], dtype="object"))
