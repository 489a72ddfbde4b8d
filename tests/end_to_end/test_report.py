"""The report as a whole: its numbers, its links, and that it asks nothing of the network."""

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from evidence_review.findings.every import review_findings

from ..conftest import ROOT
from ..small_project import exported
from .conftest import PAGES, anchors


class Page(HTMLParser):
    """Ids, links, images and loaded resources of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.links, self.images, self.loaded, self.tags = set(), [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append(tag)
        if "id" in given:
            assert given["id"] not in self.ids, f"id {given['id']} stands twice"
            self.ids.add(given["id"])
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "img":
            self.images.append(given)
        if tag in ("link", "script", "img", "source", "iframe"):
            self.loaded += [given[name] for name in ("src", "srcset", "href") if name in given]


@pytest.fixture(scope="module")
def pages(report):
    return {name: Page((report / f"{name}.html").read_text(encoding="utf-8")) for name in PAGES}


def test_every_page_is_there(report):
    found = {path.stem for path in report.glob("*.html")}
    assert found == set(PAGES)


def test_results_have_the_promised_shape(results):
    for name, entry in results.items():
        assert re.fullmatch(r"[a-z0-9_.-]+", name)
        assert {"value", "interval", "bounds", "span", "unit", "measure", "notebook"} <= set(entry)
        assert entry["basis"] in ("reported", "derived", "assumed")
        ranges = [entry[kind] for kind in ("interval", "bounds", "span") if entry[kind]]
        assert len(ranges) <= 1
        assert entry["value"] is not None or ranges or entry["note"]
        for found in ranges:
            assert found["low"] <= found["high"]
            assert entry["value"] is None or found["low"] <= entry["value"] <= found["high"]
        assert (entry["interval"] is None) or 0 < entry["interval"]["level"] < 1


def test_headline_numbers_worked_out_by_hand(results):
    """To the printed digits of the extract's arithmetic; see tests/estimates and tests/placebo for the derivations."""
    pilot = "gorantla2024.rls_severity."
    assert round(results[pilot + "change"]["value"], 2) == -6.67
    assert round(results[pilot + "change_se"]["value"], 3) == 1.970
    assert round(results[pilot + "change_sd"]["value"], 2) == 6.82
    assert round(results[pilot + "p"]["value"], 4) == 0.0061
    trial = results["jadidi2022.rls_severity.smd"]
    assert trial["value"] is None
    assert [round(trial["bounds"][end], 2) for end in ("low", "high")] == [-1.16, -0.92]
    assert round(results["placebo.silva2017.tau_smd"]["value"], 3) == 0.594
    assert round(results["placebo.silva2017.change"]["value"], 2) == -6.58


def test_every_row_of_claims_is_counted_once(results, records):
    kinds = list(records["claims"].kind)
    assert results["claims.checked"]["value"] == kinds.count("claim")
    assert results["claims.omissions"]["value"] == kinds.count("omission")


def test_the_answer_comes_first(report):
    text = (report / "index.html").read_text(encoding="utf-8")
    assert (
        text.index("no trial that we could check shows that magnesium helps")
        < text.index('id="key-figure"')
        < text.index("How the answer was reached")
    )


def test_every_link_leads_somewhere(report, pages):
    for name, page in pages.items():
        for link in page.links:
            if link.startswith(("https://", "http://", "data:text/csv")):
                continue
            if link == "../index.html":
                assert (report.parent / "index.html").is_file()
                continue
            file, _, anchor = link.partition("#")
            target = pages[file.removesuffix(".html")] if file.endswith(".html") else None
            if target is None:
                assert file == "" or (report / file).is_file(), f"{name}: {link}"
            assert anchors(anchor) <= set((target or page).ids), f"{name}: {link}"


def test_every_row_behind_a_number_is_on_the_data_page(results, pages):
    for entry in results.values():
        for row in entry["rows"]:
            file, line = row.split(":")
            assert f"{file.removesuffix('.csv').replace('/', '-')}-{line}" in pages["sources"].ids


def test_nothing_is_loaded_from_the_network(report, pages):
    for name, page in pages.items():
        assert all(address.startswith("data:") for address in page.loaded), name
        text = (report / f"{name}.html").read_text(encoding="utf-8")
        assert not re.search(
            r"<script[^>]* src=|\bfetch\(|\bimport\(|XMLHttpRequest|WebSocket", text
        )
        assert "@import" not in text
        assert not re.search(r"url\((?!data:)", text)


def test_the_report_as_one_file_holds_every_page_and_needs_nothing_else(report, pages):
    (path,) = exported(report)
    whole = Page(path.read_text(encoding="utf-8"))
    assert set(PAGES) <= whole.ids
    assert len(whole.images) == sum(len(page.images) for page in pages.values())
    assert all(address.startswith("data:") for address in whole.loaded)
    for link in filter(None, whole.links):
        assert link.startswith(("http", "data:")) or link[1:] in whole.ids, link


def figures(notebook: Path) -> list[str]:
    """The figures that an executed notebook shows, in words."""
    return [
        output.data["text/plain"]
        for cell in nbformat.read(notebook, as_version=4).cells
        for output in cell.get("outputs", [])
        if "figure" in output.get("metadata", {}).get("evidence_review", {})
    ]


def test_every_figure_of_a_notebook_is_on_its_page(report, pages):
    shown = {name: [image["alt"] for image in page.images] for name, page in pages.items()}
    drawn = {path.stem: figures(path) for path in (report / "notebooks").glob("*.ipynb")}
    assert {name: alts for name, alts in shown.items() if name in drawn} == drawn
    alts = [alt for found in drawn.values() for alt in found]
    assert len(set(alts)) == len(alts)
    assert set(shown["index"]) < set(alts)
    for alt in alts:
        assert len(alt) > 80
        assert re.search(r"\d", alt)


def test_the_code_is_there_and_hidden_until_it_is_asked_for(report):
    """The style hides it; a test in a browser turns the switch."""
    text = (report / "03-placebo-response.html").read_text(encoding="utf-8")
    assert text.count('<div class="code">') > 5
    assert text.count('<label class="code-switch">') == 1


def test_executed_notebooks_lie_beside_the_pages(report):
    found = {path.stem for path in (report / "notebooks").glob("*.ipynb")}
    assert found == set(PAGES) - {"index", "sources"}


def test_the_footer_says_what_it_was_made_from(report):
    text = (report / "02-effect-sizes.html").read_text(encoding="utf-8")
    assert "arm_size = 25," in text
    assert "sha256" in text
    assert "scipy" in text
    assert text.count("not medical advice") == 1


def test_the_readme_shows_the_current_key_figure(report):
    """If this fails, copy reports/magnesium-rls/key-figure.svg over docs/key-figure.svg."""
    title = re.compile(rb"<dc:title>(.*?)</dc:title>", re.S)
    committed = title.search((ROOT / "docs" / "key-figure.svg").read_bytes())[1]
    assert committed == title.search((report / "key-figure.svg").read_bytes())[1]


def test_results_are_the_findings_of_the_review(results, magnesium):
    """What claims and judgements refer to without running a notebook is what notebooks publish."""
    found = review_findings(magnesium)
    assert set(results) == set(found), "each finding belongs to a group in findings/every.py"
    for name, finding in found.items():
        assert results[name] == finding.as_dict() | {
            key: results[name][key] for key in ("notebook", "outcome")
        }


def test_the_report_writes_the_summary_that_is_committed(report):
    committed = (ROOT / "reports" / "magnesium-rls" / "summary.md").read_text(encoding="utf-8")
    assert (report / "summary.md").read_text(encoding="utf-8") == committed


def test_the_manifest_is_of_this_report(report, records):
    """Its rules are checked in tests/runs; here that every file is in it as it lies there."""
    crate = json.loads((report / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    told = {
        entity["@id"]: entity["sha256"] for entity in crate["@graph"] if entity["@type"] == "File"
    }
    there = {
        path.relative_to(report).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in report.rglob("*")
        if path.is_file() and path.name != "ro-crate-metadata.json"
    }
    assert told == there
    assert {f"{name}.html" for name in PAGES} <= set(told)
    assert "inputs/data/magnesium-rls/claims.csv" in told
    (root,) = (entity for entity in crate["@graph"] if entity["@id"] == "./")
    summary = (report / "summary.md").read_text(encoding="utf-8")
    assert all(sentence in summary for sentence in root["description"].split("\n"))
    reviewed = [x["claimReviewed"] for x in crate["@graph"] if x["@type"] == "ClaimReview"]
    assert sorted(reviewed) == sorted(records["claims"].claim)
