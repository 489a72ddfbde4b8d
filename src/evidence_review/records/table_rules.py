"""Rules for several rows together: rows that contradict each other, and rows that are missing.

Rows go in (each a `dict` of text, with its line in the file), problems come out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from evidence_review.records.row_rules import CHANGE, CHANGES, DIFFERENCE, ESTIMATE
from evidence_review.records.spreadsheets import NUMBER, Problem

Rows = Sequence[tuple[int, Mapping[str, str]]]

# Tables that `review_problems` looks at, each with the columns that it needs.
REVIEW_KEYS = (
    {"review": ("outcome",), "sources": ("source_id",)}
    | dict.fromkeys(("studies", "arms", "contrasts", "statistics"), ("study_id",))
    | {"searches": ("search_id",)}
)

# Values that run from low to high.
_ORDERED = (
    CHANGE,
    DIFFERENCE,
    ESTIMATE,
    ("minimum", "q1", "median", "q3", "maximum"),
    CHANGES,
)

# Units that people write in several ways, without the s of a plural.
_AS_WRITTEN = {
    **dict.fromkeys(("sec", "second"), "s"),
    "minute": "min",
    **dict.fromkeys(("hr", "hour"), "h"),
    "day": "d",
    "week": "wk",
    "month": "mo",
    **dict.fromkeys(("y", "year"), "yr"),
}

# The tables that a person fills first, and what one row of each is.
_FIRST = {
    "sources": "a row for each paper, page or registry entry that a number is taken from",
    "studies": "a row for each study",
    "arms": "a row for each group of people in a study",
    "statistics": "a row for each number that a source prints",
}


def statistics_problems(rows: Rows) -> Iterator[Problem]:
    """Counts, limits and signs that cannot be right together."""
    numbers = [(line, row) for line, row in rows if NUMBER.fullmatch(row.get("value") or "")]
    yield from _too_many_people(numbers)
    yield from _units_alike(numbers)
    results: dict[tuple, dict[str, tuple[int, Mapping[str, str]]]] = {}
    for line, row in numbers:
        key = tuple(row.get(name) for name in ("study_id", "arm_id", "outcome", "instrument_id"))
        results.setdefault((*key, row.get("week")), {}).setdefault(
            row.get("statistic", ""), (line, row)
        )
    for key, found in results.items():
        for names in _ORDERED:
            yield from _out_of_order([found[name] for name in names if name in found])
        if "change_mean" in found:
            yield from _wrong_way(found, results, key)


def _too_many_people(rows: Rows) -> Iterator[Problem]:
    """An arm that counts more people than its study randomised."""
    people = [(line, row) for line, row in rows if row.get("outcome") == "participants"]
    randomised = {
        row.get("study_id"): float(row["value"])
        for _, row in people
        if row.get("arm_id") == "all" and row.get("statistic") == "n_randomised"
    }
    for line, row in people:
        most = randomised.get(row.get("study_id"), float("inf"))
        if float(row["value"]) > most:
            message = f"more people than the {most:g} that the study randomised"
            yield Problem(line, "value", row["value"], message)


def _units_alike(rows: Rows) -> Iterator[Problem]:
    """One unit in two spellings, which would be two units: of results whose scale does not say its unit."""
    first: dict[tuple, str] = {}
    for line, row in sorted(rows, key=lambda one: not one[1].get("instrument_id")):
        unit = row.get("unit") or ""
        plain = unit.casefold().strip(". ")
        plain = plain.removesuffix("s") if len(plain) > 2 else plain
        other = first.setdefault((row.get("outcome"), _AS_WRITTEN.get(plain, plain)), unit)
        if unit != other and not row.get("instrument_id"):
            message = f"other rows of '{row.get('outcome')}' write this unit '{other}': write it the same way"
            yield Problem(line, "unit", unit, message)


def _out_of_order(parts: Rows) -> Iterator[Problem]:
    """A result and its limits, from low to high: out of order, or with two sign conventions."""
    signs = {row.get("sign_convention") for _, row in parts}
    if len(signs) > 1:
        line, row = parts[-1]
        message = (
            "the same result has another sign convention in row "
            f"{next(n for n, other in parts if other.get('sign_convention') != row.get('sign_convention'))}; "
            "a result and its limits need the same: correct it, and turn the sign of the value if need be"
        )
        yield Problem(line, "sign_convention", row.get("sign_convention") or "", message)
        return
    for (before, low), (line, high) in pairwise(parts):
        if float(low["value"]) > float(high["value"]):
            message = (
                f"'{high['statistic']}' is below the '{low['statistic']}' of {low['value']} in row "
                f"{before}; they run from low to high: check both, and their signs"
            )
            yield Problem(line, "value", high["value"], message)


def _wrong_way(found: Mapping, results: Mapping, key: tuple) -> Iterator[Problem]:
    """A mean change whose sign convention contradicts the means at baseline and at that week."""
    line, row = found["change_mean"]
    start = results.get((*key[:-1], "0"), {}).get("mean")
    sign = {"end minus baseline": 1, "reduction": -1}.get(row.get("sign_convention"))
    if start is None or "mean" not in found or sign is None:
        return
    before, after = start[1]["value"], found["mean"][1]["value"]
    implied = sign * (float(after) - float(before))
    if implied * float(row["value"]) < 0:
        message = (
            f"the means went from {before} to {after} (rows {start[0]} and {found['mean'][0]}), which as "
            f"'{row['sign_convention']}' is {implied:+.3g}; turn the sign or correct 'sign_convention'"
        )
        yield Problem(line, "value", row["value"], message)


def _shared_controls(rows: Rows) -> Iterator[Problem]:
    """Comparisons of one trial that do not share one control arm."""
    controls: dict[str, tuple[int, str]] = {}
    for line, row in rows:
        control = row.get("control_arm") or ""
        first, name = controls.setdefault(row.get("study_id") or "", (line, control))
        if control != name:
            message = (
                f"row {first} compares this trial with '{name}'; all treated arms of a trial are compared "
                "with one control arm, whose people then count once: name the same one, or leave out a row"
            )
            yield Problem(line, "control_arm", control, message)
        elif control and control == row.get("treated_arm"):
            yield Problem(line, "control_arm", control, "an arm cannot be compared with itself")


def review_problems(tables: Mapping[str, Rows]) -> Iterator[tuple[str, Problem]]:
    """Tables and problems that a review must mend before a report is possible.

    tables: rows by table; statistics include those of compared trials of the reference class; outcomes
    only where the review has that table.
    """
    rows = tables["review"]
    if not rows:
        yield "review", Problem(2, "", "", "the row that says what the review is about is missing")
    for line, row in rows[1:]:
        message = "a review has one row; delete this one, or make a folder for it"
        yield "review", Problem(line, "", row.get("review_id") or "", message)
    review = rows[0][1] if rows else {}
    for line, row in tables.get("outcomes", ()):
        if row.get("outcome") and row["outcome"] == review.get("outcome"):
            message = "this is the outcome of review.csv, which needs no row here: delete this row"
            yield "outcomes", Problem(line, "outcome", row["outcome"], message)
    yield from (("contrasts", problem) for problem in _shared_controls(tables["contrasts"]))
    answers = {row["study_id"] for _, row in tables["contrasts"]}
    answers |= {review.get("single_arm_study", "")} - {""}
    if not answers and not any(tables[table] for table in _FIRST):
        if tables["searches"]:
            return  # no study found is an answer too, if searches.csv says how the search was done
        message = (
            f"no studies yet: `evidence-review import TABLE --review {review.get('review_id')}` takes them "
            "from any table, or fill in sources, studies, arms, contrasts and statistics by hand; if you "
            "found none, say in searches.csv where and how you searched"
        )
        yield "studies", Problem(0, "", "", message)
    elif not answers:
        for table, what in _FIRST.items():
            if not tables[table]:
                yield table, Problem(0, "", "", f"nothing here yet; add {what}")
        message = (
            "no study answers the question yet; add a row here for each randomised trial, or name the "
            "uncontrolled study in review.csv ('single_arm_study' and 'single_arm')"
        )
        yield "contrasts", Problem(0, "", "", message)
    elif review.get("outcome") and not any(
        row.get("study_id") in answers and row.get("outcome") == review["outcome"]
        for _, row in tables["statistics"]
    ):
        message = (
            f"no row has the review's outcome, '{review['outcome']}', for {', '.join(sorted(answers))}; "
            "add their results, or correct 'outcome' here or in review.csv"
        )
        yield "statistics", Problem(0, "", "", message)
