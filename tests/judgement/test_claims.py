"""Claims against findings: a moved number moves the verdict, and nothing dangles unnoticed."""

import operator
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_review.findings.every import review_findings
from evidence_review.judgement.claims import (
    COMPUTED,
    JUDGED,
    audit,
    claim_findings,
    disagreements,
    faithful_version,
    turned,
)
from evidence_review.records import DataError
from evidence_review.records.references import Reference
from evidence_review.review.finding import Finding, Range

AS_GOOD = "gorantla2024.rls_severity.placebo_as_good"
COMBINED = "jadidi2022.combined_arms"


@pytest.fixture(scope="module")
def findings(magnesium):
    return review_findings(magnesium)


def moved(findings, **values):
    """The findings with other values, by the last part of a name above."""
    names = {"as_good": AS_GOOD, "combined": COMBINED}
    return findings | {
        names[key]: replace(findings[names[key]], value=value) for key, value in values.items()
    }


def edited(records, table, row, **cells):
    """The records with some cells of one row (counted from 0) replaced."""
    frame = records[table].copy()
    for column, value in cells.items():
        frame.loc[row, column] = value
    return replace(records, tables=records.tables | {table: frame})


def by_id(audited):
    return {one.claim.claim_id: one for one in audited}


def test_every_agreed_verdict_is_what_its_rule_gives(records, findings):
    audited = audit(records, findings)
    assert [one.claim.claim_id for one in audited] == list(records["claims"].claim_id)
    assert [one.claim.claim_id for one in audited if one.moved] == []
    assert disagreements(records, findings) == []


def test_who_says_so(records, findings):
    audited = by_id(audit(records, findings))
    computed = {name for name, one in audited.items() if one.by == COMPUTED}
    assert computed == {"C10", "C13", "C14", "C15", "C18"}
    assert (audited["C16"].by, audited["C16"].because) == (JUDGED, "")
    design = audited["C13"]
    assert design.because == "{jadidi2022.combined_arms} == 0 holds"
    assert design.findings[0] is findings[COMBINED]
    assert design.claim.row == "magnesium-rls/claims.csv:14"
    # Linked by the column, though neither rule nor reason names them.
    assert findings["jadidi2022.control_arms"] in audited["C17"].findings


def test_a_moved_number_moves_the_verdict(records, findings):
    design = by_id(audit(records, moved(findings, combined=1)))["C13"]
    assert (design.verdict, design.claim.verdict, design.moved) == (
        "supported",
        "contradicted",
        True,
    )
    pilot = by_id(audit(records, moved(findings, as_good=1.0)))
    assert (pilot["C15"].verdict, pilot["C10"].verdict) == ("supported", "supported")


def test_a_number_that_could_not_be_computed_leaves_the_claim_unverified(records, findings):
    design = by_id(audit(records, moved(findings, combined=None)))["C13"]
    assert design.verdict == "unverified"
    assert design.because == "jadidi2022.combined_arms could not be computed"


def test_a_null_that_is_not_needed_does_not_matter(records, findings):
    """The first condition of C13 holds; that the P values are missing changes nothing."""
    name = "jadidi2022.rls_severity.p_printed"
    without = findings | {name: replace(findings[name], value=None)}
    assert by_id(audit(records, without))["C13"].verdict == "contradicted"


def test_disagreements_say_which_verdict_moved_and_by_which_numbers(records, findings):
    (one,) = disagreements(records, moved(findings, combined=2))
    assert str(one).startswith(
        "data/magnesium-rls/claims.csv, row 14, column 'verdict': 'contradicted': "
        "the rule of C13 now gives 'supported', because "
    )
    assert "jadidi2022.combined_arms = 2 arms" in str(one)


def test_every_reference_to_nothing_is_named_at_once(records, findings):
    broken = edited(
        records,
        "claims",
        12,
        verdict_rule="partly if {jadidi2022.combined_arm} == 0; supported otherwise",
        reason="{trial.people_81} are needed",
        findings="no.such",
    )
    broken = edited(broken, "rewrite", 0, claim_ids="C10 C99", holds_if="{a.b} > 1")
    for check in (audit, faithful_version):
        with pytest.raises(DataError) as caught:
            check(broken, findings)
        found = [str(violation) for violation in caught.value.violations]
        assert len(found) == 5
        assert (
            "data/magnesium-rls/claims.csv, row 14, column 'verdict_rule': "
            "'jadidi2022.combined_arm': no finding has this id; write jadidi2022.combined_arms"
        ) in found[0]
        assert any("column 'claim_ids': 'C99': no claim has this id" in line for line in found)
    # The others are still checked.
    both = disagreements(broken, moved(findings, as_good=1.0))
    assert {problem.column for problem in both} == {
        "verdict_rule",
        "reason",
        "findings",
        "holds_if",
        "claim_ids",
        "verdict",
    }


def test_the_faithful_version_follows_the_numbers(records, findings):
    texts = [sentence.text for sentence in faithful_version(records, findings)]
    assert 5 <= len(texts) <= 8
    assert any("nobody got magnesium and vitamin B6 together" in text for text in texts)
    assert "do not settle" in texts[-1]
    other = [s.text for s in faithful_version(records, moved(findings, as_good=1.0, combined=1))]
    assert not any("nobody got magnesium and vitamin B6 together" in text for text in other)
    assert "do not settle" not in other[-1]
    assert len(other) == len(texts)


def test_a_sentence_that_needs_a_null_is_not_used(records, findings):
    texts = [s.text for s in faithful_version(records, moved(findings, combined=None))]
    assert not any("nobody got magnesium" in text for text in texts)


def test_a_faithful_version_types_no_number_that_is_a_finding(records, findings):
    """A printed or computed number would stand in braces; what is left are scale and names."""
    for sentence in faithful_version(records, findings):
        typed = re.findall(r"\d+", re.sub(r"\{[^}]*\}", "", sentence.text))
        assert set(typed) <= {"0", "40", "6"}  # 0 to 40, vitamin B6


def test_counts_are_of_the_verdicts_that_hold_now(records, findings):
    counts = {f.id: f for f in claim_findings(audit(records, moved(findings, combined=1)))}
    assert "claims.contradicted" not in counts
    assert counts["claims.checked"].value == 26
    assert counts["claims.moved"].rows == ("magnesium-rls/claims.csv:14",)
    assert counts["claims.by_rule"].value == 5


def test_a_review_without_claims(records, findings):
    empty = {name: records[name].iloc[:0] for name in ("claims", "rewrite")}
    without = replace(records, tables=records.tables | empty)
    assert audit(without, findings) == []
    assert faithful_version(without, findings) == []
    assert disagreements(without, findings) == []
    assert claim_findings([]) == []


OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
}
NUMBER = st.integers(-3, 3).map(float)


@given(sign=st.sampled_from(list(OPERATORS)), value=NUMBER, low=NUMBER, other=NUMBER)
def test_conditions_mean_what_they_say(records, sign, value, low, other):
    rule = (
        f"partly if {{-a.b}} {sign} {other} + 2 * {{a.b:low}} and not {{a.b}} == 1; "
        "supported otherwise"
    )
    one = edited(records, "claims", 0, verdict_rule=rule, reason="because")
    alone = {"claims": one["claims"].iloc[:1], "rewrite": one["rewrite"].iloc[:0]}
    one = replace(one, tables=one.tables | alone)
    findings = {
        "a.b": Finding(id="a.b", label="x", value=value, span=Range(low, low), unit="points")
    }
    expected = OPERATORS[sign](-value, other + 2 * low) and value != 1
    assert audit(one, findings)[0].verdict == ("partly" if expected else "supported")


@given(low=NUMBER, high=NUMBER)
def test_turning_the_sign_turns_the_interval(low, high):
    low, high = sorted((low, high))
    finding = Finding(id="a.b", label="x", value=None, bounds=Range(low, high), unit="points")
    both = turned(finding, Reference("a.b", negated=True))
    assert (both.value, both.bounds) == (None, Range(-high, -low))
    assert turned(finding, Reference("a.b", negated=True, part="low")).value == -high
    assert turned(both, Reference("a.b", negated=True)) == finding
