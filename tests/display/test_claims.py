"""The claims as a reader sees them: numbers filled in, who says so, what moved, one click to rows."""

from types import SimpleNamespace

import pandas as pd
import pytest

from evidence_review.display import page
from evidence_review.display.claims import (
    claim_list,
    faithful_text,
    side_by_side,
)
from evidence_review.judgement.claims import (
    COMPUTED,
    JUDGED,
    AuditedClaim,
    FaithfulSentence,
)
from evidence_review.records import RowId
from evidence_review.review.finding import Finding, Interval, Range

CHANGE = Finding(
    id="a.change",
    label="Change <b>",
    value=-6.67,
    interval=Interval(-11.0, -2.33, 0.95),
    unit="points",
    rows=(RowId("x", "statistics", 7),),
)
FINDINGS = {
    "a.change": CHANGE,
    "a.people": Finding(id="a.people", label="People", value=12, unit="people"),
    "a.dose": Finding(id="a.dose", label="Dose", value=None, span=Range(151, 250), unit="mg"),
    "a.p": Finding(id="a.p", label="P", value=0.006, unit="p"),
    "a.lost": Finding(id="a.lost", label="Lost", value=None, unit="points"),
}
ROW = SimpleNamespace(
    claim_id="C1",
    topic="the research",
    kind="claim",
    claim="It <helps>",
    verdict="supported",
    verdict_rule="partly if {a.people} < 50; supported otherwise",
    qualifier="",
    reason="It fell by {-a.change}.",
    source_id="",
    source_kind="",
    grade="A",
    row=RowId("x", "claims", 2),
)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("{a.change}", "−6.67 points"),
        ("{-a.change} ({-a.change:interval})", "6.67 points (2.33 to 11.00 points)"),
        ("{a.change:low}", "−11.00 points"),
        ("{-a.change:low}", "2.33 points"),
        ("{a.people}", "12 people"),
        ("{a.dose}", "151 to 250 mg"),
        ("{a.p}", "p = .006"),
        ("{a.lost}", "a number that could not be computed"),
        ("none", "none"),
    ],
)
def test_references_become_numbers(words, shown):
    assert page.filled(words, FINDINGS) == shown


@pytest.fixture
def shown():
    def show(verdict, by, because=""):
        one = AuditedClaim(ROW, verdict, by, because, (CHANGE, FINDINGS["a.dose"]))
        return claim_list([one], FINDINGS, pd.DataFrame())

    return show


def test_a_moved_claim_says_what_it_was_and_why(shown):
    html = shown("partly", COMPUTED, "{a.people} < 50 holds")
    assert '<span class="verdict partly">partly</span> <small>computed by rule</small>' in html
    assert "agreed was supported" in html
    assert "{a.people} &lt; 50 holds" in html


def test_a_claim_that_did_not_move_is_not_marked(shown):
    html = shown("supported", JUDGED)
    assert "Moved" not in html
    assert "<small>judged</small>" in html
    assert "The rule" not in html


def test_the_numbers_unfold_with_their_rows(shown):
    html = shown("supported", COMPUTED, "no condition holds")
    assert "<details" in html
    assert "2 numbers behind it</summary>" in html
    assert ">−6.67 points (−11.00 to −2.33)</a></strong>" in html
    assert ">151 to 250 mg</a></strong>" in html
    assert 'href="sources.html#x-statistics-7"' in html


def test_text_of_the_data_is_escaped(shown):
    html = shown("partly", COMPUTED, "{a.people} < 50 holds")
    assert "It &lt;helps&gt;" in html
    assert "Change &lt;b&gt;" in html


@pytest.mark.parametrize(
    ("kind", "grade", "told"),
    [
        ("abstract & table", "A", "Doe 2018 Read as: abstract &amp; table (quality A)."),
        ("", "A", "Doe 2018 Quality A."),
        ("abstract", "none", "Doe 2018 Read as: abstract."),
        ("", "none", "Doe 2018 "),
    ],
)
def test_what_is_not_said_of_a_source_leaves_no_gap(kind, grade, told):
    row = SimpleNamespace(**vars(ROW) | {"source_id": "d", "source_kind": kind, "grade": grade})
    sources = pd.DataFrame({"citation": ["Doe 2018"], "doi": "", "pmid": "", "url": ""}, ["d"])
    html = claim_list([AuditedClaim(row, "supported", JUDGED, "", ())], FINDINGS, sources)
    assert f'<p class="claim-source">{told}' in html
    assert "Read as:  " not in html and "()" not in html


def test_the_faithful_version_stands_beside_the_article():
    sentences = [
        FaithfulSentence(
            "It fell by {-a.change} <i>.", "{a.people} is few", (ROW,), "x/rewrite.csv:2"
        ),
        FaithfulSentence("More.", "why", (), "x/rewrite.csv:3"),
    ]
    html = faithful_text(sentences, FINDINGS)
    assert "6.67 points</a> &lt;i&gt;. More." in html
    assert html.count('#finding-a.change"') == 1
    table = side_by_side(sentences, FINDINGS)
    assert list(table.iloc[0]) == [
        "It <helps>",
        "It fell by 6.67 points <i>.",
        "12 people is few",
        ("x/rewrite.csv:2", "x/claims.csv:2"),
    ]
    assert table.iloc[1, 0] == "says nothing of it"
