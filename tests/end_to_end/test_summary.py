"""The committed summary says what data and code say now; if not, the difference is shown."""

import difflib

from evidence_review.display.summary import NOT_ADVICE, markdown
from evidence_review.findings.every import review_findings
from evidence_review.judgement.certainty import every_body
from evidence_review.words.briefing import briefing

from ..conftest import ROOT


def test_the_committed_summary_is_current(magnesium):
    now = markdown(briefing(magnesium, review_findings(magnesium), every_body(magnesium)))
    path = ROOT / "reports" / "magnesium-rls" / "summary.md"
    committed = path.read_text(encoding="utf-8")
    changes = difflib.unified_diff(
        committed.splitlines(), now.splitlines(), "as committed", "as it is now", lineterm="", n=0
    )
    assert now == committed, "run `make reports` and commit summary.md:\n" + "\n".join(changes)


def test_it_is_short_and_says_once_that_it_is_no_advice():
    text = (ROOT / "reports" / "magnesium-rls" / "summary.md").read_text(encoding="utf-8")
    assert len(text.encode()) < 6000
    assert text.count(NOT_ADVICE) == 1
