"""Every shipped review, asked about each of its outcomes: its pages have their words, and none breaks."""

import pytest

from evidence_review.display.certainty import summary_of_findings
from evidence_review.display.summary import markdown
from evidence_review.findings.every import review_findings
from evidence_review.findings.of_published import published_findings
from evidence_review.judgement.certainty import every_body
from evidence_review.records import Project, load
from evidence_review.review.finding import by_id
from evidence_review.review.review import Review
from evidence_review.runs.notebooks import report_notebooks, with_something_to_say
from evidence_review.words.briefing import briefing

from ..conftest import ROOT

PROJECT = Project(ROOT)
ASKED = [
    (name, row.outcome)
    for name in PROJECT.reviews()
    for row in load(name, PROJECT).further_outcomes
]


@pytest.mark.parametrize(("name", "outcome"), ASKED)
def test_it_has_its_first_page_and_its_summary_of_findings(name, outcome):
    review = Review(load(name, PROJECT)).under(outcome=outcome)
    bodies = every_body(review)
    page = markdown(briefing(review, review_findings(review), bodies))
    assert page.splitlines()[0].endswith(f"({outcome})")
    assert "nan" not in page and "None" not in page.replace("None of", "")
    own = review.records.review.outcome
    shown = summary_of_findings(review, bodies, by_id(published_findings(review)))
    for other in (own, *(row.outcome for row in review.records.further_outcomes)):
        assert other[1:] in shown  # its first letter is a capital there
    pages = [one.name for one in with_something_to_say(report_notebooks(PROJECT), review)]
    assert "03-placebo-response" not in pages  # there are none on its scale


def test_the_summary_of_findings_is_the_same_whichever_outcome_is_asked_about():
    """Each row is of its own outcome: its numbers, its certainty and its notes do not hang on the question."""
    review = Review(load("iron-rls", PROJECT))
    published = by_id(published_findings(review))
    shown = {
        summary_of_findings(moved, every_body(moved), published)
        for moved in (review, *(review.under(outcome=o) for n, o in ASKED if n == "iron-rls"))
    }
    assert len(shown) == 1
