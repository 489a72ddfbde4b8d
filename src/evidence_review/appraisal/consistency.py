"""Do the printed figures agree with one another? Arithmetic first; a misprint is the first guess.

Each check answers consistent, inconsistent or not checkable, and shows its arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from evidence_review.records import Records
from evidence_review.stats import recover


@dataclass(frozen=True)
class PCheck:
    """A printed p beside the p that the printed estimate and interval imply.

    implied, implied_low, implied_high: the p by arithmetic and its range over everything that
    prints as these figures; nan if not checkable. mended: what the interval's upper (or lower)
    limit would have to be for a symmetric interval that gives the printed p, '' if none.
    """

    study_id: str
    label: str
    arm_id: str
    outcome: str
    estimate: float
    ci_low: float
    ci_high: float
    comparator: str
    printed: float
    printed_low: float
    printed_high: float
    implied: float
    implied_low: float
    implied_high: float
    answer: str
    comment: str
    rows: tuple[str, ...]


def p_against_interval(records: Records, *, level: float = 0.95) -> list[PCheck]:
    """Every printed p of a change or a difference, against its estimate and interval.

    Changes within an arm of n people use t with n - 1 degrees of freedom. For differences the
    degrees of freedom depend on a model that is not printed: everything from normal to t with
    n1 + n2 - 2 (against the placebo arm, where both sizes are known) is allowed. A p is
    consistent when some figures that round to the printed ones give it.
    """
    out = []
    for kind, p_name in (("change", "p_change"), ("difference", "p_difference")):
        point = "change_mean" if kind == "change" else "difference"
        for row in records.select(statistic=p_name).itertuples():
            where = {"outcome": row.outcome, "instrument_id": row.instrument_id, "week": row.week}
            parts = [
                records.statistic(row.study_id, row.arm_id, name, **where)
                for name in (point, f"{kind}_ci_low", f"{kind}_ci_high")
            ]
            df = _degrees_of_freedom(records, row, kind)
            out.append(_check(records, row, parts, df, kind, level))
    return out


def _degrees_of_freedom(records, row, kind) -> float | None:
    people = records.people(row.study_id, row.arm_id)
    if kind == "change":
        return people.value - 1 if people.found else None
    arms = records["arms"]
    control = arms[(arms.study_id == row.study_id) & arms.role.isin(["placebo", "sham"])]
    if len(control) != 1:
        return None
    other = records.people(row.study_id, control.arm_id.iloc[0])
    return people.value + other.value - 2 if people.found and other.found else None


def _check(records, row, parts, df, kind, level) -> PCheck:
    estimate, low, high = (part.value for part in parts)
    decimals = tuple(part.decimals for part in parts)
    printed_low, printed_high = recover.rounding_interval(row.value, int(row.decimals))
    if row.comparator in ("<", "<="):
        printed_low, printed_high = 0.0, row.value
    checkable = all(part.found for part in parts) and (kind == "difference" or df is not None)
    implied, answer, comment = recover.Recovered(*(float("nan"),) * 3), "not checkable", ""
    if checkable:
        implied = recover.p_from_ci(
            estimate, low, high, level=level, df=df if kind == "change" else None, decimals=decimals
        )
        if kind == "difference" and df is not None:
            by_t = recover.p_from_ci(estimate, low, high, level=level, df=df, decimals=decimals)
            implied = recover.Recovered(
                implied.value, min(implied.low, by_t.low), max(implied.high, by_t.high)
            )
        fits = implied.low <= printed_high and printed_low <= implied.high
        answer = "consistent" if fits else "inconsistent"
        comment = (
            f"t = {abs(estimate) / recover.se_from_ci(low, high, level=level, df=df).value:.2f}"
        )
        # Half a unit of the estimate, and of each limit at half weight, is what rounding explains.
        slack = 0.5 * 10.0 ** -decimals[0] + 0.25 * (10.0 ** -decimals[1] + 10.0 ** -decimals[2])
        if abs((low + high) / 2 - estimate) > slack:
            comment += f"; the interval is not symmetric about {estimate:g}"
            comment += _misprint(estimate, low, high, df, level, printed_low, printed_high)
    else:
        missing = [
            name
            for name, part in zip(("estimate", "lower limit", "upper limit"), parts, strict=True)
            if not part.found
        ]
        comment = (
            "not printed: " + ", ".join(missing) if missing else "number of people not printed"
        )
    return PCheck(
        study_id=row.study_id,
        label=records.study(row.study_id).label,
        arm_id=row.arm_id,
        outcome=row.outcome,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        comparator=row.comparator,
        printed=row.value,
        printed_low=max(printed_low, 0.0),
        printed_high=printed_high,
        implied=implied.value,
        implied_low=implied.low,
        implied_high=implied.high,
        answer=answer,
        comment=comment,
        rows=(row.row, *(part.row for part in parts if isfinite(part.value))),
    )


def _misprint(estimate, low, high, df, level, printed_low, printed_high) -> str:
    """Which limit, mirrored about the estimate, would give the printed p; '' if neither does."""
    for name, new_low, new_high in (
        ("upper", low, 2 * estimate - low),
        ("lower", 2 * estimate - high, high),
    ):
        if new_low < new_high:
            p = recover.p_from_ci(estimate, new_low, new_high, level=level, df=df).value
            if printed_low <= p <= printed_high:
                value = new_high if name == "upper" else new_low
                return f"; with {value:.2f} as {name} limit it would be, and p would be {p:.4f}, as printed"
    return ""
