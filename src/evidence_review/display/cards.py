"""What a number rests on, as a page tells it beside the number: its finding, or the rows of data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.records import Records, RowId
from evidence_review.review.finding import Finding

# Rows that a card tells in full; a link leads to all of them.
_AT_MOST = 3

_FINDING = re.compile(r'href="index\.html#finding-([^"]+)"')
_ROWS = re.compile(r'href="sources\.html#([^"]+)"')

# What a card has a line of its own for, or leaves to the row.
_APART = {
    *("row", "decimals", "source_id", "location", "access_level", "basis", "rule", "note"),
    *("missing_reason", "sign_convention"),
}
_FIELDS, _LENGTH = 4, 160  # of a row that is no printed number; characters of a rule or note


class Cards:
    """The cards of a report's findings and rows.

    Parameters
    ----------
    findings : mapping of str to Finding
        By id.
    records : Records
        Of the review, with its reference class.
    """

    def __init__(self, findings: Mapping[str, Finding], records: Records):
        self._findings = findings
        parts = (records.reference_class, records)
        self._rows: dict[str, tuple[RowId, dict]] = {
            page.row_anchor(values["row"]): (values["row"], values)
            for part in parts
            for frame in part.own_rows.tables.values()
            for values in frame.to_dict("records")
        }
        self._sources = {row.source_id: row for part in parts for row in part.rows("sources")}

    def of(self, html: str) -> dict[str, dict]:
        """The cards of what a page links to, as JSON types: of findings by id, of rows by anchor."""
        names = dict.fromkeys(_FINDING.findall(html))
        wanted = {name: self._findings[name] for name in names if name in self._findings}
        anchors = [
            page.row_anchor(row) for found in wanted.values() for row in found.rows[:_AT_MOST]
        ]
        for fragment in dict.fromkeys(_ROWS.findall(html)):
            anchors += page.anchors_of(fragment)[:_AT_MOST]
        return {
            "findings": {name: _finding(found) for name, found in wanted.items()},
            "rows": {
                anchor: self._row(*self._rows[anchor])
                for anchor in dict.fromkeys(anchors)
                if anchor in self._rows
            },
        }

    def _row(self, row: RowId, values: Mapping) -> dict[str, str]:
        source = self._sources.get(values.get("source_id", ""))
        cited = (source.label or text.shorten(source.citation, 80)) if source else ""
        told = {
            "name": page.row_name(row),
            "prints": _statistic(values) if row.table == "statistics" else _fields(values),
            "missing": values.get("missing_reason"),
            "basis": values.get("basis"),
            "rule": text.shorten(values.get("rule") or "", _LENGTH),
            "where": ", ".join(filter(None, (cited, values.get("location")))),
            "doi": source.doi if source else "",
            "pmid": source.pmid if source else "",
        }
        return {name: value for name, value in told.items() if value}


def _finding(finding: Finding) -> dict:
    shown = (page.value_text(finding), page.interval_text(finding))
    return {
        "value": " · ".join(part for part in shown if part != "–") or "could not be computed",
        "label": finding.label,
        "basis": finding.basis,
        "note": text.shorten(finding.note, _LENGTH),
        "rows": [page.row_anchor(row) for row in finding.rows[:_AT_MOST]],
        "more": max(0, len(finding.rows) - _AT_MOST),
        "address": page.rows_address(finding.rows) if finding.rows else "",
    }


def _statistic(values: Mapping) -> str:
    """What is printed, and of whom."""
    printed = values["text"] or "not found"
    if values["value"] == values["value"]:
        number = text.number(values["value"], int(values["decimals"]))
        comparator = "" if values["comparator"] in ("=", "") else f"{values['comparator']} "
        printed = f"{comparator}{number} {values['unit']}".strip()
    return f"{', '.join(_about(values))}: {printed}"


def _about(values: Mapping) -> Iterator[str]:
    yield values["study_id"]
    if values["arm_id"] not in ("all", ""):
        yield values["arm_id"]
    yield values["outcome"]
    yield text.statistic(values["statistic"])
    if values["week"] == values["week"]:
        yield f"week {values['week']:g}"


def _fields(values: Mapping) -> str:
    """The first fields of a row."""
    return text.shorten("; ".join(islice(_known(values), _FIELDS)), _LENGTH)


def _known(values: Mapping) -> Iterator[str]:
    for name, value in values.items():
        if name in _APART or name.endswith("_id") or value != value or value == "":
            continue
        yield f"{name.replace('_', ' ')} {f'{value:g}' if isinstance(value, float) else value}"
