"""The pages in a real browser: they fit a phone, load nothing, answer at once, and are accessible."""

import functools
import re
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from evidence_review.placebo.against import placebo_only_trial

from .conftest import pages_of

pytestmark = pytest.mark.browser

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


REVIEWS = ("magnesium-rls", "iron-rls", "magnesium-infarction")
# Every page of three reports, the list of reports, and a report as one file.
PLACES = (
    *(f"{review}/{name}" for review in REVIEWS for name in pages_of(review)),
    "index",
    "exports/magnesium-rls/html/magnesium-rls",
)


@pytest.fixture(scope="module")
def address(reports):
    """Where the pages of all three reports are served from."""
    served = functools.partial(Quiet, directory=str(reports))
    server = ThreadingHTTPServer(("127.0.0.1", 0), served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "Chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


SIZES = {"desktop": (1280, 900), "phone": (360, 740)}


@pytest.fixture(params=SIZES)
def visit(request, browser, address):
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on(
        "console",
        lambda message: page.complaints.append(message.text) if message.type == "error" else None,
    )

    def go(name: str):
        page.goto(f"{address}/{name}.html")
        return page

    yield go
    context.close()


@pytest.mark.parametrize("name", PLACES)
def test_a_page_fits_loads_nothing_and_shows_its_figures(visit, address, name):
    page = visit(name)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert all(url.startswith((address, "data:")) for url in page.asked)
    assert page.complaints == []
    assert page.evaluate(
        "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
    )


def test_a_phone_gets_the_drawing_made_for_it(visit):
    page = visit("magnesium-rls/index")
    narrow = page.viewport_size["width"] < 640
    wide = page.evaluate("document.querySelector('#key-figure img').getAttribute('src')")
    shown = page.evaluate("document.querySelector('#key-figure img').currentSrc")
    assert (shown != wide) == narrow


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("review", REVIEWS)
def test_the_first_screen_answers_five_questions(browser, address, review, width, height):
    """Does it help, how sure, how many people, is it safe, how recent: each in sight without scrolling."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{address}/{review}/index.html")
    names = page.locator(".facts dt, .messages dt").all_inner_texts()
    assert {"Based on", "Searched up to", "Effect", "How sure"} <= set(names)
    safe = page.locator(".messages dt", has_text=re.compile("^(Harms|Safety)")).locator("+ dd")
    assert safe.count() > 0
    answers = page.locator(".answer .short, .facts > div")
    sure = page.locator(".messages dd").nth(1)
    for part in [*answers.all(), sure, *safe.all()]:
        box = part.bounding_box()
        assert box["x"] >= 0
        assert box["y"] + box["height"] <= height, part.inner_text()
    page.close()


def test_the_key_figure_begins_on_the_first_screen(visit):
    page = visit("magnesium-rls/index")
    if page.viewport_size["width"] < 640:
        page.set_viewport_size({"width": 390, "height": 844})
    figure = page.locator("#key-figure img").bounding_box()
    assert figure["y"] + 100 < page.viewport_size["height"]  # its finding is in sight


def test_the_group_of_the_page_one_is_on_is_marked_and_opens(visit):
    page = visit("magnesium-rls/12-reporting-standards")
    group = page.locator(".parts details.here")
    group.locator("summary").click()
    box = group.locator("a[aria-current]").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    assert box["y"] + box["height"] <= page.viewport_size["height"]


def test_trials_of_placebo_on_the_page_are_significant_as_often_as_the_page_says(visit, magnesium):
    """Ten thousand of them: the page's own random numbers against the exact chance."""
    page = visit("magnesium-rls/index")
    page.evaluate(
        "for (let i = 0; i < 100; i++) document.querySelector('.try [data-trials=\"100\"]').click()"
    )
    said = page.locator("#placebo-only-said").inner_text()
    found, run = map(int, re.search(r"So far (\d+) of (\d+)", said).groups())
    chance = placebo_only_trial(magnesium).chance
    assert run == 10_001
    assert abs(found / run - chance) < 4 * (chance * (1 - chance) / run) ** 0.5


def test_one_switch_shows_the_code_of_a_page_and_a_number_leads_to_its_row(visit):
    page = visit("magnesium-rls/02-effect-sizes")
    code = page.locator("div.code pre")
    assert code.count() > 3
    assert not any(one.is_visible() for one in code.all())
    page.get_by_label("Show the code").check()
    assert all(one.is_visible() for one in code.all())
    page.locator("a.row").first.click()
    page.wait_for_url("**/sources.html#*")
    assert page.locator(":target").is_visible()


# A page, and where on it numbers stand: the first page, a sentence, a table, a figure.
NUMBERS = (
    ("magnesium-rls/index", ".messages a.value, .facts a.value"),
    ("magnesium-rls/02-effect-sizes", ".prose a[href*='#finding-']"),
    ("magnesium-rls/02-effect-sizes", "td.num a.value"),
    ("magnesium-rls/03-placebo-response", ".prose a[href*='#finding-']"),
    ("magnesium-rls/index", "#key-figure .spots.wide a[aria-label]"),
    ("magnesium-rls/01-trials", "#doses .spots.wide a[aria-label]"),
    ("magnesium-rls/07-consistency", "#checks-by-kind .spots.wide a[aria-label]"),
    ("magnesium-rls/08-risk-of-bias", "#risk-of-bias-rob_2 .spots.wide a[aria-label]"),
    ("magnesium-rls/10-claims", "#verdicts .spots.wide a[aria-label]"),
    ("iron-rls/index", ".messages a.value, .facts a.value"),
    ("iron-rls/index", "#key-figure .spots.wide a[aria-label]"),
    ("magnesium-infarction/index", ".messages a.value, .facts a.value"),
    ("magnesium-infarction/02-effect-sizes", "#contrast-forest .spots.wide a[aria-label]"),
)


@pytest.mark.parametrize(("name", "where"), NUMBERS)
def test_numbers_lead_to_their_rows_by_click_and_by_keyboard(browser, address, name, where):
    """Of each kind up to four; the card beside the number has the link to the row."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/{name}.html")
    count = min(4, page.locator(where).count())
    assert count > 1
    for place in range(count):
        page.goto(f"{address}/{name}.html")
        page.evaluate("document.querySelectorAll('main details').forEach(part => part.open = true)")
        number = page.locator(where).nth(place)
        number.scroll_into_view_if_needed()
        if place % 2:
            number.hover()
            page.locator(".number-card").get_by_text("See the row").first.click()
        else:
            number.focus()
            page.keyboard.press("Tab")
            page.keyboard.press("Shift+Tab")  # as a person comes to it
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.textContent") == "See the row"
            page.keyboard.press("Enter")
        page.wait_for_url("**/sources.html#*")
        row = page.locator(":target")
        box = row.bounding_box()
        assert row.is_visible()
        assert 0 <= box["y"] < 900
        assert box["y"] > page.locator(".tall:has(:target) thead").bounding_box()["y"]
    page.close()


def test_a_number_without_a_script_is_a_link_to_its_finding(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/magnesium-rls/02-effect-sizes.html")
    page.locator(".prose a[href*='#finding-']").first.click()
    page.wait_for_url("**/index.html#finding-*")
    assert page.locator(":target a").count() > 1
    context.close()


def test_the_card_of_a_number_goes_by_escape_and_leaves_the_number_in_focus(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/magnesium-rls/index.html")
    number = page.locator(".messages a.value").first
    number.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.locator(".number-card").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.locator(".number-card").is_hidden()
    assert number.evaluate("one => one === document.activeElement")
    page.close()


# Rows of a table are alike, so that a few speak for all; what is folded is read too; and contrast
# cannot be measured on the shadows that say that a table scrolls.
PREPARE = """
    document.querySelectorAll('main details').forEach(part => part.open = true);
    document.querySelectorAll('.code-switch input').forEach(box => box.checked = true);
    document.querySelectorAll('tbody').forEach(
        body => [...body.rows].slice(3).forEach(row => row.remove()));
    document.querySelectorAll('.table-scroll').forEach(part => part.style.background = 'none');
"""


@pytest.mark.parametrize(
    "name",
    [
        # A whole report in one page takes as long as ten pages.
        pytest.param(place, marks=pytest.mark.long) if place.startswith("exports") else place
        for place in PLACES
    ],
)
def test_a_page_is_accessible_in_both_sizes_and_schemes(browser, address, name):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page()
    page.goto(f"{address}/{name}.html")
    page.evaluate(PREPARE)
    found = []
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            violations = Axe().run(page, options={"resultTypes": ["violations"]})
            found += [
                (scheme, width, problem["id"], node["html"][:200])
                for problem in violations.response["violations"]
                if problem["impact"] in ("serious", "critical")
                for node in problem["nodes"]
            ]
    page.close()
    assert found == []


@pytest.mark.parametrize("name", [place for place in PLACES if not place.startswith("exports")])
def test_what_a_reader_first_sees_of_a_page_is_less_than_3000_pixels_long(browser, address, name):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/{name}.html")
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollHeight") < 3000
    page.close()


A4 = (178, 259)  # millimetres between the margins of a sheet
PIXELS = 96 / 25.4  # of a millimetre


@pytest.mark.parametrize("name", [place for place in PLACES if not place.startswith("exports")])
def test_on_paper_nothing_is_wider_or_higher_than_a_sheet_and_all_is_there(browser, address, name):
    width, height = (round(side * PIXELS) for side in A4)
    page = browser.new_page(viewport={"width": width, "height": height})
    page.emulate_media(media="print")
    page.goto(f"{address}/{name}.html")
    page.wait_for_load_state()
    cut_off = page.evaluate(
        """([width, height]) => [...document.querySelectorAll('main :is(table, td, th, img, p, h1, h2)')]
            .map((part) => [part, part.getBoundingClientRect()])
            .filter(([part, box]) => box.right > width + 1 || (part.matches('img') && box.height > height))
            .map(([part]) => part.outerHTML.slice(0, 120))""",
        [width, height],
    )
    assert cut_off == []
    hidden = page.evaluate(
        "[...document.querySelectorAll('main tbody tr')].filter(row => !row.getClientRects().length"
        " && !row.closest('.on-screen, .choose')).length"
    )
    assert hidden == 0
    page.close()


def test_a_link_to_what_is_folded_opens_it(browser, address):
    """A row of a long table, many rows of several tables, a finding, a section of a page."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/magnesium-rls/sources.html")
    last = page.evaluate(
        "[...document.querySelectorAll('#rls-placebo-statistics tr[id]')].pop().id"
    )
    first = "magnesium-rls-studies-2"
    table, _, line = last.rpartition("-")
    for fragment, wanted in (
        (last, last),
        (f"rows=magnesium-rls-studies-2;{table}-{line}", last),
        (f"rows=magnesium-rls-studies-2;{table}-{line}", first),
    ):
        page.goto(f"{address}/magnesium-rls/index.html")
        page.goto(f"{address}/magnesium-rls/sources.html#{fragment}")
        assert page.locator(f"#{wanted}").is_visible()
    page.goto(f"{address}/magnesium-rls/index.html#finding-gorantla2024.rls_severity.change")
    assert page.locator(":target").is_visible()
    page.goto(f"{address}/magnesium-rls/07-consistency.html#part-the_numbers")
    assert page.locator(":target table").is_visible()
    page.close()


def test_a_long_table_is_short_until_asked_sorts_and_can_be_searched(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/magnesium-rls/03-placebo-response.html")
    page.goto(f"{address}/magnesium-rls/08-risk-of-bias.html")
    part = page.locator("details.expert").first
    part.locator("summary").click()
    scroll = part.locator(".table-scroll.tall").last
    rows = scroll.locator("tbody tr")
    every, seen = rows.count(), lambda: rows.filter(visible=True).count()
    assert seen() == 8 < every
    part.get_by_role("button", name=f"and {every - 8} more").click()
    assert seen() == every
    find = part.get_by_role("searchbox").last
    find.fill("4.1")
    found = [row.inner_text() for row in rows.filter(visible=True).all()]
    assert 0 < len(found) < every
    assert all("4.1" in row for row in found)
    find.fill("")
    assert seen() == 8
    heading = scroll.locator("th button.sort").first
    for order in ("ascending", "descending"):
        heading.click()
        assert scroll.locator("th").first.get_attribute("aria-sort") == order
        shown = rows.locator(":scope > :first-child").all_inner_texts()
        assert shown == sorted(shown, key=str.lower, reverse=order == "descending")
    page.close()


def test_one_switch_opens_every_detail(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/magnesium-rls/02-effect-sizes.html")
    folded = page.locator("main details.expert")
    assert folded.count() > 2
    assert folded.locator("table").filter(visible=True).count() == 0
    page.get_by_label("Show the code").check()
    assert all(part.is_visible() for part in folded.locator(".table-scroll").all())
    page.close()
