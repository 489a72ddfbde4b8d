"""The same quantity is the same figure wherever it is said: by the id of its finding."""

import html
import json
import re

import pytest
from bs4 import BeautifulSoup

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


NUMBER = re.compile(r"(?<![\w.])(?:\d[\d,]*(?:\.\d+)?|\.\d+)")


def figures_of(entry) -> list[float]:
    """Every number that a finding states, without its sign: value, ends of its ranges, counts in its note."""
    ranges = (entry[name] for name in ("interval", "bounds", "span") if entry.get(name))
    known = [entry["value"], *(end for found in ranges for end in (found["low"], found["high"]))]
    told = [float(found.replace(",", "")) for found in NUMBER.findall(entry["note"])]
    return [abs(x) for x in known if x is not None] + told


@pytest.mark.parametrize("built", ["report", "iron_report"])
def test_a_number_that_leads_to_a_finding_is_one_that_the_finding_states(built, request):
    """By the id behind each link, in sentences, tables and the summary of findings, at the decimals shown."""
    folder = request.getfixturevalue(built)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    looked_at, other = 0, []
    for path in sorted(folder.glob("*.html")):
        page_of = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for link in page_of.select("a[href*='#finding-']"):
            name = link["href"].split("#finding-")[1]
            figures = figures_of(results[name])
            for written in NUMBER.findall(link.get_text()):
                looked_at += 1
                half = 0.5 * 10.0 ** -len(written.partition(".")[2]) * (1 + 1e-9)
                shown = float(written.replace(",", ""))
                if not any(abs(figure - shown) <= half for figure in figures):
                    other.append((path.stem, name, link.get_text()))
    assert looked_at > 200
    assert not other


# Lead sentences: what a page says in bold. What stands there without a link is the question asked, not a result.
NOT_FOUND_OUT = re.compile(
    r"(?:19|20)\d\d|\d+% (?:interval|chance)|p < \.05|RoB 2|ROBINS-I V2|AMSTAR 2|PRISMA 2020|arms of \d+ people|week [\d.]+"
)


@pytest.mark.parametrize("built", ["report", "iron_report"])
def test_each_result_in_bold_leads_somewhere(built, request):
    folder = request.getfixturevalue(built)
    bare = []
    for path in sorted(folder.glob("[0-9]*.html")):
        if path.stem.endswith("claims"):  # whose words are the article's
            continue
        page_of = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for bold in page_of.select("p strong, li strong"):
            for link in bold.select("a"):
                link.decompose()
            words = NOT_FOUND_OUT.sub("", bold.get_text())
            bare += [(path.stem, bold.get_text())] if NUMBER.search(words) else []
    assert not bare
