"""Pages of a review with many placebo arms and trials: what they embed is bounded, no link leads nowhere."""

import re
import sys
from html import unescape
from pathlib import Path

import pytest

from evidence_review.display import page, risk_figures
from evidence_review.display.forest import MOST_STUDIES
from evidence_review.records import Project, load
from evidence_review.runs import site

from ..built_once import built_once
from ..generated.in_one_process import make_pages

pytestmark = pytest.mark.slow  # a report as a whole

ROOT = Path(__file__).parents[2]
ARMS, TRIALS = 150, 60
LARGEST = 2_000_000  # bytes of a page


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The review of iron with drawn placebo arms and trials, in `project`, and its pages, in `pages`."""
    return built_once(tmp_path_factory, "large", make_large)


def make_large(root: Path) -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        from large_review import enlarge
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))
    enlarge(root / "project", ARMS, TRIALS, 0)
    (root / "project" / "notebooks").symlink_to(ROOT / "notebooks")
    make_pages(Project(root / "project"), "iron-rls", root / "pages")


@pytest.fixture(scope="module")
def project(folder) -> Project:
    return Project(folder / "project")


@pytest.fixture(scope="module")
def pages(folder) -> dict[str, str]:
    """The HTML of each page of its report, by name."""
    found = (folder / "pages").glob("*.html")
    return {path.name: path.read_text(encoding="utf-8") for path in found}


def rows_led_to(html: str) -> set[str]:
    """The anchors on the page of sources to which a page leads, in its text or from its cards."""
    ends = re.findall(r'"sources\.html#([^"]+)"', html)
    return {anchor for end in ends for anchor in page.anchors_of(unescape(end))}


def ids(html: str) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', html))


@pytest.mark.long  # for the pages, which are made for it
def test_no_page_is_larger_than_a_reader_waits_for(pages):
    assert {name: len(html) for name, html in pages.items() if len(html.encode()) > LARGEST} == {}


def test_every_link_to_a_row_finds_it(pages):
    there = ids(pages["sources.html"])
    assert sum(len(rows_led_to(html)) for html in pages.values()) > 1000
    for name, html in pages.items():
        assert rows_led_to(html) - there == set(), name


def test_every_link_within_a_page_and_to_a_finding_finds_its_end(pages):
    there = {name: ids(html) for name, html in pages.items()}
    for name, html in pages.items():
        ends = re.findall(r'<a [^>]*href="([\w-]+\.html)?#([^"]+)"', html)
        nowhere = [
            (file, end)
            for file, end in ends
            if not end.startswith("rows=") and unescape(end) not in there[file or name]
        ]
        assert nowhere == [], name


def test_a_long_data_table_shows_some_of_its_rows_and_says_how_many(pages, project):
    records = load("iron-rls", project).reference_class
    there = len(records["statistics"])
    (part,) = re.findall(
        r'<details[^>]* id="rls-placebo-statistics">.*?</details>', pages["sources.html"], re.S
    )
    shown = len(re.findall(r'<tr id="rls-placebo-statistics-', part))
    assert f"<p>{shown} of {there} rows: " in part
    assert 'href="inputs/data/rls-placebo/statistics.csv"' in part
    led_to = set().union(*map(rows_led_to, pages.values()))
    led_to = {one for one in led_to if one.startswith("rls-placebo-statistics-")}
    assert len(led_to) <= shown <= len(led_to) + site.FIRST_ROWS < there


@pytest.mark.parametrize(
    ("figure", "row", "at_most"),
    [
        ("contrast-forest", "md", MOST_STUDIES),
        ("trial-effects", "smd", risk_figures.MOST_RESULTS),
    ],
)
def test_a_figure_has_links_of_the_rows_that_it_draws_and_of_no_more(pages, figure, row, at_most):
    html = pages["02-effect-sizes.html"]
    (drawn,) = re.findall(rf'<figure class="figure" id="{figure}">.*?</figure>', html, re.S)
    (wide,) = re.findall(r'<span class="spots wide">.*?</span>', drawn, re.S)
    found = set(re.findall(rf'#finding-(?!pooled)(\w+)\.rls_severity\.{row}"', wide))
    assert len(found) == at_most < TRIALS
    assert f"The {at_most} " in drawn


def test_the_numbers_of_a_page_are_cut_and_lead_to_all_of_them(pages):
    html = pages["02-effect-sizes.html"]
    (table,) = re.findall(r"<table[^>]*><caption>The numbers of this page.*?</table>", html)
    assert table.count("<tr") == page.MOST_ROWS + 1
    (count,) = re.findall(rf"The first {page.MOST_ROWS} of (\d+) numbers\.", html)
    assert 'href="index.html#numbers"' in html
    of_page = [
        part for part in pages["index.html"].split("<details") if "<summary>Effect sizes<" in part
    ]
    assert of_page[0].count('<tr id="finding-') == int(count)
