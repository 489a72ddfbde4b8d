"""What a reader can take away from a page: figures as SVG, PNG and CSV, tables as CSV, the citation."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest

from .test_pages_in_a_browser import address, browser  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, address):  # noqa: F811 - the fixtures
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    yield page
    context.close()


def saved(page, button):
    with page.expect_download() as coming:
        button.click()
    return coming.value.suggested_filename, coming.value.path().read_bytes()


def test_a_figure_as_svg_png_and_csv(page, address, report):  # noqa: F811
    page.goto(f"{address}/magnesium-rls/03-placebo-response.html")
    figure = page.locator("figure.figure").first
    tools = figure.locator(".save")
    name, svg = saved(page, tools.get_by_text("SVG"))
    assert name.endswith(".svg")
    ElementTree.fromstring(svg)
    name, png = saved(page, tools.get_by_text("PNG"))
    assert name.endswith(".png")
    assert png.startswith(b"\x89PNG")
    assert len(png) > 20_000
    name, text = saved(page, tools.get_by_text("CSV"))
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8"))))
    results = json.loads((report / "results.json").read_text(encoding="utf-8"))
    pooled = next(row for row in rows if row["row"].startswith("pooled"))
    change = results["placebo.own-arms.change"]
    for column, number in (
        ("value", change["value"]),
        ("low", change["interval"]["low"]),
        ("high", change["interval"]["high"]),
    ):
        assert float(pooled[column]) == pytest.approx(number, rel=1e-5)


def test_the_figure_of_what_one_chose_as_svg(page, address):  # noqa: F811
    page.goto(f"{address}/magnesium-rls/index.html")
    place = page.locator("#choices")
    place.locator(".stage").wait_for()
    drawn = lambda: place.locator("svg text").all_text_contents()
    before = drawn()
    place.get_by_label("Bias of the open label").select_option(index=1)
    _, svg = saved(page, place.locator(".save").get_by_text("SVG"))
    words = [part.text for part in ElementTree.fromstring(svg).iter() if part.tag.endswith("}text")]
    assert words == drawn() != before


def test_a_table_as_csv(page, address):  # noqa: F811
    page.goto(f"{address}/magnesium-rls/07-consistency.html")
    table = page.locator("table.data").first
    _, text = saved(page, table.get_by_label("Save this table as CSV"))
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert rows[0][0] == "study"
    assert len(rows) == 1 + table.locator("tbody tr").count()


def test_each_table_of_the_sources_as_its_file(page, address, report):  # noqa: F811
    page.goto(f"{address}/magnesium-rls/sources.html")
    files = page.locator("p.file a")
    assert files.count() > 20
    for link in files.all():
        assert (report / link.get_attribute("href")).is_file()


def test_the_citation_names_the_review_and_its_date(page, address):  # noqa: F811
    page.goto(f"{address}/magnesium-rls/02-effect-sizes.html")
    page.get_by_text("How to cite this").click()
    cite = page.locator(".cite").inner_text()
    assert "Does magnesium help with restless legs syndrome?" in cite
    assert "29 Nov 2026" in cite  # the last day on which a source was read again
