"""The same quantity is the same figure wherever it is said: by the id of its finding."""

import html
import re

import pytest

from evidence_review.display import page
from evidence_review.display.certainty import summary_of_findings
from evidence_review.display.summary import markdown
from evidence_review.findings.every import review_findings
from evidence_review.findings.of_published import published_findings
from evidence_review.judgement.certainty import bodies
from evidence_review.numbers import number
from evidence_review.review.finding import by_id
from evidence_review.words.briefing import briefing


def said(review) -> dict[str, str]:
    """First page and summary of findings, as text."""
    found, judged = review_findings(review), bodies(review)
    table = summary_of_findings(review, judged, by_id(published_findings(review)))
    return {
        "first page": markdown(briefing(review, found, judged)),
        "summary of findings": html.unescape(re.sub(r"<[^>]+>", " ", table)),
    }


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("pooled.rls_severity.people", page.digits_of),
        ("pooled.rls_severity.md", lambda f: number(abs(f.known))),
        ("pooled.rls_severity.on_placebo", lambda f: number(abs(f.known))),
        ("published.adverse_events.rr", lambda f: f"{f.known:.2f} times as many"),
        ("published.adverse_events.per_1000", lambda f: f"{f.known:.0f} more in 1000"),
        ("published.quality_of_life.smd", lambda f: f"{f.known:.2f} SD better"),
    ],
)
def test_iron(iron_review, name, shown):
    figure = shown(review_findings(iron_review)[name])
    for place, words in said(iron_review).items():
        assert figure in words, (place, name, figure)


@pytest.mark.parametrize("name", ["jadidi2022.people", "jadidi2022.people_compared"])
def test_magnesium(magnesium, name):
    figure = page.digits_of(review_findings(magnesium)[name])
    for place, words in said(magnesium).items():
        assert re.search(rf"\b{figure}\b", words), (place, name, figure)


def test_a_subgroup_and_the_doubtful_trial_are_on_the_first_page(iron_review):
    """The one trial by mouth is that trial's own difference; without the doubtful trial is 'without' it."""
    found, words = review_findings(iron_review), said(iron_review)["first page"]
    by_mouth = next(f for f in found.values() if f.id.endswith("iron_by_mouth.md"))
    assert by_mouth.value == found["wang2009.rls_severity.md"].value
    for finding in (by_mouth, found["pooled.rls_severity.passing_checks"]):
        assert number(abs(finding.known)) in words
