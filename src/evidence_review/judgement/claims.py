"""Compare the texts of a review with its findings: verdicts by rule, and sentences that must be true.

A person gives a claim's verdict, or a rule derives it from findings. claims.csv has the verdict last
agreed; if the rule now gives another, the claim has moved and is reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from evidence_review.records import DataError, Records, RowId, Violation
from evidence_review.records.references import (
    Condition,
    Reference,
    references,
    verdict_rule,
)
from evidence_review.records.references import condition as read_condition
from evidence_review.review.finding import Finding, slug

JUDGED = "judged"
COMPUTED = "computed by rule"
UNVERIFIED = "unverified"


@dataclass(frozen=True)
class AuditedClaim:
    """A claim with the verdict that holds now.

    claim: its row of claims.csv, with the `verdict` last agreed. by: JUDGED or COMPUTED. because: the
    reason in words; '' if judged. findings: those named by the rule, the reason and the row, in that
    order.
    """

    claim: Any
    verdict: str
    by: str
    because: str
    findings: tuple[Finding, ...]

    @property
    def moved(self) -> bool:
        return self.verdict != self.claim.verdict


@dataclass(frozen=True)
class FaithfulSentence:
    """A sentence of the faithful version.

    text, reason: with references to findings. claims: the rows of claims.csv that it replaces.
    """

    text: str
    reason: str
    claims: tuple[Any, ...]
    row: str


class _NotComputedError(Exception):
    """A condition needs a number that could not be computed. The argument is the finding's id."""


def audit(records: Records, findings: Mapping[str, Finding]) -> list[AuditedClaim]:
    """Every claim, in the article's order, with the verdict that the findings give.

    findings: by id. Raises DataError, which lists every reference to a finding that does not exist.
    """
    _require_known(records, findings)
    return [_audited(row, findings) for row in records.rows("claims")]


def made(audited: Sequence[AuditedClaim]) -> list[AuditedClaim]:
    """The claims that the article makes; its omissions are left out."""
    return [one for one in audited if one.claim.kind == "claim"]


def by_topic(audited: Sequence[AuditedClaim]) -> dict[str, list[AuditedClaim]]:
    """Claims by topic, in the order of the article."""
    found: dict[str, list[AuditedClaim]] = {}
    for one in audited:
        found.setdefault(one.claim.topic, []).append(one)
    return found


def faithful_version(records: Records, findings: Mapping[str, Finding]) -> list[FaithfulSentence]:
    """The sentences of rewrite.csv that hold, in order of place; for each place the first.

    Raises DataError as `audit` does.
    """
    _require_known(records, findings)
    claims = {row.claim_id: row for row in records.rows("claims")}
    chosen: dict[float, FaithfulSentence] = {}
    for row in sorted(records.rows("rewrite"), key=lambda row: row.place):
        if row.place not in chosen and (not row.holds_if or _holds_now(row.holds_if, findings)):
            replaced = tuple(claims[name] for name in row.claim_ids.split())
            chosen[row.place] = FaithfulSentence(row.sentence, row.reason, replaced, row.row)
    return list(chosen.values())


def disagreements(records: Records, findings: Mapping[str, Finding]) -> list[Violation]:
    """Where texts and findings disagree: references to no finding, and verdicts that moved."""
    problems = _unknown_references(records, findings)
    broken = {(problem.file, problem.row) for problem in problems}
    for row in records.rows("claims"):
        place = _place(row.row)
        if place in broken or not (one := _audited(row, findings)).moved:
            continue
        numbers = ", ".join(f"{f.id} = {_in_full(f)}" for f in one.findings)
        problems.append(
            Violation(
                *place,
                "verdict",
                row.verdict,
                f"the rule of {row.claim_id} now gives '{one.verdict}', because {one.because} "
                f"({numbers}); correct the number, write the new verdict here, or mend 'verdict_rule'",
            )
        )
    return sorted(problems)


def _require_known(records: Records, findings: Mapping[str, Finding]) -> None:
    problems = _unknown_references(records, findings)
    if problems:
        raise DataError(problems)


# Columns whose cells name findings.
_REFERRING = (
    ("claims", ("verdict_rule", "findings", "reason")),
    ("rewrite", ("holds_if", "sentence", "reason")),
)


def _names(row: Any, column: str) -> list[str]:
    """Ids of findings in a cell."""
    text = getattr(row, column)
    return text.split() if column == "findings" else [r.id for r in references(text)]


def referenced(records: Records) -> set[str]:
    """Ids of all findings that claims.csv and rewrite.csv name."""
    return {
        name
        for table, columns in _REFERRING
        for row in records.rows(table)
        for column in columns
        for name in _names(row, column)
    }


def _unknown_references(records: Records, findings: Mapping[str, Finding]) -> list[Violation]:
    """Every id in claims.csv and rewrite.csv that no finding, or no claim, has."""
    claims = {row.claim_id for row in records.rows("claims")}
    out = []
    for table, columns in _REFERRING:
        for row in records.rows(table):
            place = _place(row.row)
            for column in columns:
                for name in _names(row, column):
                    if name not in findings:
                        close = get_close_matches(name, findings, n=2) or ["one in results.json"]
                        message = f"no finding has this id; write {' or '.join(close)}"
                        out.append(Violation(*place, column, name, message))
            if table == "rewrite":
                out += [
                    Violation(*place, "claim_ids", name, "no claim has this id; see claims.csv")
                    for name in row.claim_ids.split()
                    if name not in claims
                ]
    return out


def turned(finding: Finding, reference: Reference) -> Finding:
    """The finding, or the limit of it, that a reference names, with the sign turned if it says so."""
    if reference.negated:
        finding = finding.negated()
    if reference.part == "interval":
        return replace(finding, value=None)
    if reference.part:
        end = None if finding.range is None else getattr(finding.range, reference.part)
        return replace(finding, value=end, interval=None, bounds=None, span=None)
    return finding


def claim_findings(audited: Sequence[AuditedClaim]) -> list[Finding]:
    """Counts of the article's claims by verdict and by who gave it; omissions are counted apart.

    Empty without claims.
    """
    if not audited:
        return []
    claims = made(audited)
    counted = [("checked", "Claims of the article", claims)]
    for verdict in sorted({one.verdict for one in claims}):
        those = [one for one in claims if one.verdict == verdict]
        counted.append((slug(verdict), f"Claims rated {verdict}", those))
    counted += [
        ("by_rule", "Verdicts that follow from numbers", [x for x in audited if x.by == COMPUTED]),
        ("moved", "Verdicts that are not the agreed one", [x for x in audited if x.moved]),
    ]
    omitted = [one for one in audited if one.claim.kind == "omission"]
    if omitted:
        counted.append(("omissions", "Important omissions", omitted))
    return [
        Finding(
            id=f"claims.{name}",
            label=label,
            value=len(those),
            unit="claims",
            rows=tuple(one.claim.row for one in those),
        )
        for name, label, those in counted
    ]


def _audited(row: Any, findings: Mapping[str, Finding]) -> AuditedClaim:
    named = [r.id for r in (*references(row.verdict_rule), *references(row.reason))]
    linked = tuple(findings[name] for name in dict.fromkeys([*named, *row.findings.split()]))
    if not row.verdict_rule:
        return AuditedClaim(row, row.verdict, JUDGED, "", linked)
    return AuditedClaim(row, *_decided(row.verdict_rule, findings), linked)


def _decided(rule: str, findings: Mapping[str, Finding]) -> tuple[str, str, str]:
    """The verdict of a rule, COMPUTED, and the reason in words."""
    *conditional, (otherwise, _) = verdict_rule(rule)
    try:
        for verdict, condition in conditional:
            if condition is not None and _holds(condition, findings):
                return verdict, COMPUTED, f"{condition.text} holds"
    except _NotComputedError as missing:
        return UNVERIFIED, COMPUTED, f"{missing} could not be computed"
    return otherwise, COMPUTED, "no condition holds"


def _holds_now(text: str, findings: Mapping[str, Finding]) -> bool:
    try:
        return _holds(read_condition(text), findings)
    except _NotComputedError:
        return False


def _holds(condition: Condition, findings: Mapping[str, Finding]) -> bool:
    """Whether a condition holds. Raises _NotComputedError for a number that was not computed."""
    import simpleeval

    def look_up(name) -> float:
        reference = condition.references[int(name.id.removeprefix("r"))]
        value = turned(findings[reference.id], reference).value
        if value is None:
            raise _NotComputedError(reference.id)
        return value

    return simpleeval.SimpleEval(functions={}, names=look_up).eval(condition.expression)


def _place(row: RowId) -> tuple[str, int]:
    """File and row number of a data row, as in a Violation."""
    return f"data/{row.file}", row.line


def _in_full(finding: Finding) -> str:
    """A finding for a message, with more digits than on a page."""
    found = finding.range
    interval = "" if found is None else f"{found.low:.6g} to {found.high:.6g}"
    if finding.value is None:
        return f"{interval} {finding.unit}" if interval else "not computed"
    return f"{finding.value:.6g} {finding.unit}" + (f" ({interval})" if interval else "")
