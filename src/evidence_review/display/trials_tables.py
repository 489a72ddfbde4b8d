"""The studies in tables: what was done, how much people took, what is printed and what is missing."""

from __future__ import annotations

import pandas as pd

from evidence_review import numbers as text
from evidence_review.estimates.doses import doses
from evidence_review.records import Records, RowId
from evidence_review.review.review import Review


def studies(review: Review) -> pd.DataFrame:
    """Every study as its sources describe it."""
    return pd.DataFrame([_study(review.records, row) for row in review.records.rows("studies")])


# Roles whose own words say little to a reader.
_ROLES = {"reference class": "one of the trials with placebo arms"}


def _study(records: Records, study) -> dict[str, object]:
    arms = records["arms"]
    arms = arms[(arms.study_id == study.study_id) & (arms.role != "whole study")]
    names = {"all": "in all"} | dict(zip(arms.arm_id, arms.label, strict=True))
    people = [(name, records.people(study.study_id, arm)) for arm, name in names.items()]
    return {
        "study": study.label,
        "role": _ROLES.get(study.role, study.role),
        "design": f"{'randomised, ' if study.randomised == 'yes' else ''}{study.design}",
        "blinding": _blinding(records, study),
        "arms": "; ".join(arms.treatment.where(arms.treatment != "", arms.label)),
        "people": "; ".join(f"{name} {n.value:.0f}" for name, n in people if n.found) or None,
        "weeks": _week(study.weeks),
        "population": study.population,
        "data rows": (study.row,),
    }


def _blinding(records: Records, study) -> str:
    """As the source names it; where nobody took that down, whether risk of bias answers it."""
    judged = any(row.study_id == study.study_id for row in records.rows("judgements"))
    if study.blinding == "not extracted" and judged:
        return "not named; see risk of bias"
    return study.blinding


def claims_on_trials(review: Review) -> pd.DataFrame:
    """What the article says of the trials that it cites; without rows where it says nothing."""
    table, claims = review.records["studies"], review.records["claims"]
    cited = table.loc[table.role == "cited by the article", "source_id"]
    claims = claims[claims.source_id.isin(cited)]
    return pd.DataFrame(
        {
            "the article says": claims.claim,
            "verdict": claims.verdict + claims.qualifier.map(_in_brackets),
            "data rows": [(row,) for row in claims.row],
        }
    )


def daily_doses(review: Review) -> pd.DataFrame:
    """Daily doses under every reading of the label; without rows where none was extracted."""
    return pd.DataFrame(
        [
            {
                "study": dose.study,
                "as printed": dose.printed,
                "if the mg are": dose.reading,
                "element": dose.element,
                "mg": text.number(dose.mg, 0),
                "mmol": text.number(dose.mmol, 1),
                "basis": dose.basis,
                "rule": dose.rule,
                "data rows": (dose.row,),
            }
            for dose in doses(review)
        ]
    )


def as_printed(review: Review) -> pd.DataFrame:
    """Every result as its source prints it, before any arithmetic."""
    results = _results(review)
    shown = results[(results.missing_reason == "") & (results.basis == "reported")]
    labels = review.records["arms"].set_index(["study_id", "arm_id"]).label
    return pd.DataFrame(
        {
            "study": shown.label,
            "arm": [labels[pair] for pair in zip(shown.study_id, shown.arm_id, strict=True)],
            "outcome": shown.outcome,
            "scale": shown.instrument_id.replace("", None),
            "week": shown.week.map(_week),
            "statistic": shown.statistic.map(text.statistic),
            "as printed": [_figure(row) for row in shown.itertuples()],
            "unit": shown.unit + shown.sign_convention.map(_in_brackets),
            "data rows": [(row,) for row in shown.row],
        }
    )


def missing(review: Review) -> pd.DataFrame:
    """Results that were looked for and not found, with the reason."""
    results = _results(review)
    results = results[results.missing_reason != ""]
    columns = ["label", "outcome", "statistic", "missing_reason"]
    groups: dict[tuple[str, ...], list[RowId]] = {}
    for *names, row in zip(*(results[name] for name in [*columns, "row"]), strict=True):
        groups.setdefault(tuple(names), []).append(row)
    return pd.DataFrame(
        [
            {
                "study": label,
                "outcome": outcome,
                "statistic": text.statistic(statistic),
                "numbers": len(rows),
                "why": reason,
                "data rows": tuple(rows),
            }
            for (label, outcome, statistic, reason), rows in groups.items()
        ]
    )


def _results(review: Review) -> pd.DataFrame:
    """Rows of results, of the studies that the article cites; of all where it cites none.

    Results are of the review's outcomes, or of another at some week.
    """
    table, own = review.records["studies"], review.records.review.outcome
    cited = table.role != "further evidence"
    used = table.loc[cited if cited.any() else ~cited, ["study_id", "label"]]
    rows = review.records["statistics"].merge(used, on="study_id")
    asked = [own, *(row.outcome for row in review.records.further_outcomes)]
    is_result = rows.week.notna() | rows.outcome.isin(asked)
    return rows.loc[is_result & ~rows.outcome.isin(["participants", "age"])]


def _figure(row) -> str:
    """A figure with the decimals and the comparator that the source prints."""
    if row.text:
        return row.text
    comparator = "" if row.comparator == "=" else f"{row.comparator} "
    return f"{comparator}{row.value:.{int(row.decimals)}f}"


def _week(week: float) -> str | None:
    return None if pd.isna(week) else f"{week:g}"


def _in_brackets(words: str) -> str:
    return f" ({words})" if words else ""
