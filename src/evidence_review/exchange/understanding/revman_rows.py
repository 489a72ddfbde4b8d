"""RevMan's data rows: each is one study of one analysis."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import exp, isclose

from evidence_review.exchange import revman
from evidence_review.exchange.column_meanings import CONTROL, TREATED, Meaning
from evidence_review.exchange.understanding.comparisons import both_arms, estimates
from evidence_review.exchange.understanding.parts import Group, NotUnderstoodError, is_number
from evidence_review.exchange.understanding.reading import Reading, StudyRow

_LIMITS = {"CI start": Meaning("ci_low"), "CI end": Meaning("ci_high")}


def revman_groups(reading: Reading) -> tuple[Reading, list[Group]]:
    """The reading with the meanings of its columns, and the arms of one analysis.

    RevMan's columns are the same for every kind of analysis: the filled ones show which kind it is.
    """
    name = _one_analysis(reading)
    kind = _kind(reading)
    meanings = dict(reading.meanings)
    about, wishes, notes = reading.about, reading.wishes, reading.notes
    is_other = name == about.outcome or (kind == "n_events" and about.instrument_id)
    if "outcome" not in wishes.fill and not is_other and about.outcome:
        meanings.pop("Analysis name", None)
        notes.assumed.append(
            f"'{name}' is the review's outcome, {about.outcome} (--fill outcome=\"{name}\" "
            "enters it as another outcome)"
        )
    if kind == "estimate":
        reading = replace(reading, meanings=meanings | _of_estimates(reading))
        return reading, list(estimates(reading, reading.studies()))
    reading = replace(reading, meanings=meanings | _of_arms(reading, kind))
    if kind == "mean":
        if not wishes.values and not reading.are_changes:
            notes.assumed.append(
                "means are scores at the end, since RevMan does not say (--values changes)"
            )
        # In addition to means, for studies that give only a difference with its interval.
        beside = {"Mean": Meaning("estimate", measure=(_measure(reading) or "MD").upper())}
        spread = _spread(reading)
        reading = replace(reading, meanings={**reading.meanings, **beside, **spread})
    return reading, both_arms(reading, _estimable(reading, kind))


def _one_analysis(reading: Reading) -> str:
    """The name of the analysis; a problem if there are several and none is chosen."""
    analyses = Counter(
        (row["Analysis group"], row["Analysis number"], row["Analysis name"])
        for _, row in reading.table.rows
    )
    if len(analyses) > 1:
        listed = "; ".join(
            f"{group}.{number} {name} ({count} rows)"
            for (group, number, name), count in analyses.items()
        )
        group, number, _ = next(iter(analyses))
        text = (
            f'the file has {len(analyses)} analyses; choose one, as in --where "Analysis '
            f'group={group}" --where "Analysis number={number}": {listed}'
        )
        raise NotUnderstoodError([(0, text)])
    return next(iter(analyses))[2]


def _is_filled(reading: Reading, column: str) -> bool:
    """Whether a column has a number other than 0."""
    return any(re.search("[1-9]", row.get(column, "")) for _, row in reading.table.rows)


def _kind(reading: Reading) -> str:
    """The kind of the analysis: 'mean', 'n_events' or 'estimate'."""
    filled = lambda *columns: any(_is_filled(reading, column) for column in columns)
    if filled("Experimental SD"):
        return "mean"
    if not filled("Experimental cases", "Control cases") and filled("GIV SE", "CI start", "CI end"):
        return "estimate"
    return "n_events"


def _measure(reading: Reading) -> str:
    """The measure of the estimates; '' if RevMan does not say it."""
    rows = (row for _, row in reading.table.rows)
    return next((row[revman.MEASURE] for row in rows if row.get(revman.MEASURE)), "")


def _of_arms(reading: Reading, kind: str) -> dict[str, Meaning]:
    """Meanings of the columns of both arms, in an analysis of means or events."""
    columns = {"mean": ("mean", "sd", "n"), "n_events": ("n_events", "n")}[kind]
    theirs = {"mean": "mean", "sd": "SD", "n": "N", "n_events": "cases"}
    found = {
        f"{side} {theirs[ours]}": Meaning(ours, which)
        for which, side in ((TREATED, "Experimental"), (CONTROL, "Control"))
        for ours in columns
    }
    for which, column in zip((TREATED, CONTROL), revman.GROUPS, strict=True):
        if any(row.get(column) for _, row in reading.table.rows):
            found[column] = Meaning("arm", which)
    return found


def _of_estimates(reading: Reading) -> dict[str, Meaning]:
    """Meanings of the columns in an analysis by generic inverse variance.

    The displayed estimates are used, since `GIV Mean` may be a logarithm.
    """
    measure = _measure(reading)
    shown = [(row.get("GIV Mean", ""), row.get("Mean", "")) for _, row in reading.table.rows]
    pairs = [(float(a), float(b)) for a, b in shown if is_number(a) and is_number(b)]
    is_ratio = bool(pairs) and all(isclose(exp(a), b, rel_tol=0.02) for a, b in pairs)
    if not measure and pairs and not is_ratio:
        measure = "MD"
        reading.notes.assumed.append("estimates are mean differences (--fill measure=OR)")
    has_mean = any(is_number(b) for _, b in shown)
    found = {
        "Mean" if has_mean else "GIV Mean": Meaning(
            "estimate", measure=measure.upper(), log=not has_mean and is_ratio
        ),
        "Experimental N": Meaning("n", TREATED),
        "Control N": Meaning("n", CONTROL),
    }
    if not has_mean:
        return found | {"GIV SE": Meaning("se")}
    return found | (_LIMITS if is_ratio else _spread(reading))


def _spread(reading: Reading) -> dict[str, Meaning]:
    """Meanings of the columns with an estimate's precision: its SE, else its interval."""
    return {"GIV SE": Meaning("se")} if _is_filled(reading, "GIV SE") else _LIMITS


def _estimable(reading: Reading, kind: str) -> Iterator[StudyRow]:
    sides = ("Experimental", "Control")
    needed = [f"{side} N" for side in sides]
    if kind == "mean":
        needed += [f"{side} SD" for side in sides]
    has = lambda row, *names: all(re.search("[1-9]", row[name]) for name in names)
    for number, row, said in reading.studies():
        is_printed = kind == "mean" and (has(row, "CI start", "CI end") or has(row, "GIV SE"))
        if has(row, *needed) or (is_printed and not has(row, "Experimental SD")):
            yield number, row, said | {"Subgroup": row.get("Subgroup", "")}
        else:
            study = said.get("study", "")
            reading.notes.left_out.append(
                f"row {number}: {study} has no people or no SD: not estimable"
            )
