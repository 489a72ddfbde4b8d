"""The page of a sweep in a real browser: it fits, loads nothing, sorts, and gives commands."""

import shutil

import pytest

from evidence_review.records import Project
from evidence_review.sweep.run import run_sweep

from ..conftest import ROOT
from .test_pages_in_a_browser import SIZES, browser  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "data", root / "data")
    (root / "mine.yml").write_text("grid: {missing_se: [assume, exclude], change_sd: [6, 9, 11]}")
    return run_sweep(Project(root), root / "mine.yml").index.as_uri()


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    """Of pooled effects, on two measures."""
    root = tmp_path_factory.mktemp("pools")
    shutil.copytree(ROOT / "data", root / "data")
    (root / "mine.yml").write_text(
        "review: magnesium-infarction\n"
        "grid: {measure: [OR, RD], studies: [all, without the largest trials], method: [random_effects, peto]}"
    )
    return run_sweep(Project(root), root / "mine.yml").index.as_uri()


@pytest.fixture(params=SIZES)
def page(request, browser, address):  # noqa: F811 - the fixture
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(address)
    yield page
    context.close()


def test_it_fits_and_loads_nothing(page, address):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert all(url.startswith((address, "data:")) for url in page.asked)
    assert page.complaints == []


def test_a_heading_sorts_by_number_both_ways(page):
    heads = page.locator("#points thead th").all_inner_texts()
    column = heads.index("mean change on placebo")
    cells = page.locator(f"#points tbody td:nth-child({column + 1})")
    read = lambda: [float(text.replace("−", "-")) for text in cells.all_inner_texts()]
    button = page.locator("#points thead button").nth(column)
    button.click()
    assert read() == sorted(read())
    button.click()
    assert read() == sorted(read(), reverse=True)
    assert page.locator("#points th[aria-sort]").count() == 1


def test_a_point_gives_its_command(page):
    assert not page.locator("#command").is_visible()
    page.get_by_role("button", name="6", exact=True).click()
    assert page.locator("#command").inner_text() == (
        "evidence-review report --review magnesium-rls --set missing_se=exclude --set change_sd=11"
    )


def test_a_page_of_pools_fits_and_says_what_has_no_report(page, pools):
    page.asked.clear()
    page.goto(pools)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert all(url.startswith((pools, "data:")) for url in page.asked)
    assert page.complaints == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))
    said = page.locator("#command")
    page.get_by_role("button", name="1", exact=True).click()
    assert said.inner_text() == "evidence-review report --review magnesium-infarction"
    page.get_by_role("button", name="2", exact=True).click()
    assert said.inner_text().startswith("There is no report with another choice of method")
