"""The second review, by the same notebooks: its own words, its own numbers, nothing of the first."""

import json
import re

import pytest

from evidence_review.display.summary import markdown
from evidence_review.findings.every import review_findings
from evidence_review.judgement.certainty import every_body
from evidence_review.words.briefing import briefing

from ..conftest import ROOT
from .conftest import anchors, pages_of
from .test_report import Page

PAGES = pages_of("iron-rls")


@pytest.fixture(scope="module")
def texts(iron_report):
    return {name: (iron_report / f"{name}.html").read_text(encoding="utf-8") for name in PAGES}


@pytest.fixture(scope="module")
def pages(texts):
    return {name: Page(text) for name, text in texts.items()}


def test_its_results_are_the_findings_of_the_review(iron_report, texts, iron_review):
    results = json.loads((iron_report / "results.json").read_text(encoding="utf-8"))
    found = review_findings(iron_review)
    assert set(results) == set(found), "each finding belongs to a group in findings/every.py"
    for name, finding in found.items():
        assert results[name] == finding.as_dict() | {
            key: results[name][key] for key in ("notebook", "outcome")
        }
        if finding.range is not None and finding.value is not None:
            assert finding.range.low <= finding.value <= finding.range.high, name
    now = markdown(briefing(iron_review, found, every_body(iron_review)))
    assert now == (ROOT / "reports" / "iron-rls" / "summary.md").read_text(encoding="utf-8")


def test_it_has_its_own_pages_and_no_others(iron_report):
    assert {path.stem for path in iron_report.glob("*.html")} == set(PAGES)


def test_the_answer_and_the_forest_come_first(texts, iron_pool):
    index = re.sub(r"</?a\b[^>]*>", "", texts["index"])
    assert (
        index.index("Iron may help restless legs syndrome more than placebo.")
        < index.index(f"In {iron_pool.fit.k} randomised trials, people on iron improved by about 5")
        < index.index('id="key-figure"')
        < index.index("Iron may improve RLS severity")
        < index.index("How the answer was reached")
    )


def test_the_published_pool_is_compared_on_the_page(texts):
    page = texts["05-effect-against-placebo"]
    for words in ("Beside the published pool", "−3.78 (−6.25 to −1.31)", "−4.96 (−6.82 to −3.11)"):
        assert words in page


def test_what_it_lacks_is_said_calmly_or_left_out(texts, iron_report):
    assert "starts from a question, not from an article" in texts["01-trials"]
    assert not (iron_report / "10-claims.html").exists()
    assert not any("10-claims" in text for text in texts.values())
    assert "The article</h2>" not in texts["index"]
    for name, text in texts.items():
        told = re.sub(r"<pre.*?</pre>", "", text, flags=re.S)
        assert "Where the change lies among placebo arms" not in told, name
        assert "magnesium" not in told.lower() or name in ("sources", "07-consistency"), name


def test_links_lead_somewhere_and_rows_are_shown_once(pages, iron_report):
    """`Page` refuses an id that stands twice: a shared trial's row is on the data page once."""
    for name, page in pages.items():
        for link in page.links:
            file, _, anchor = link.partition("#")
            if file.endswith(".html") and not link.startswith("http"):
                if link == "../index.html":
                    continue
                assert anchors(anchor) <= set(pages[file.removesuffix(".html")].ids), (name, link)
    assert "rls-placebo-statistics-201" in pages["sources"].ids
    assert "iron-rls-contrasts-2" in pages["sources"].ids


def test_every_figure_has_alt_text_with_numbers(pages):
    for image in [image for page in pages.values() for image in page.images]:
        assert re.search(r"\d", image["alt"])
        assert len(image["alt"]) > 40


def test_the_contents_page_lists_it(iron_report):
    contents = (iron_report.parent / "index.html").read_text(encoding="utf-8")
    assert 'href="iron-rls/index.html"' in contents
    assert "Does iron help with restless legs syndrome?" in contents
