"""The pages in a real browser: they fit a phone, load nothing, and answer on the first screen."""

import functools
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from .conftest import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("report")]

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


@pytest.fixture(scope="module")
def address(report):
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(report)))
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


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_loads_nothing_and_shows_its_figures(visit, address, name):
    page = visit(name)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert all(url.startswith((address, "data:")) for url in page.asked)
    assert page.complaints == []
    assert page.evaluate(
        "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
    )


def test_a_phone_gets_the_drawing_made_for_it(visit):
    page = visit("index")
    narrow = page.viewport_size["width"] < 640
    wide = page.evaluate("document.querySelector('#key-figure img').getAttribute('src')")
    shown = page.evaluate("document.querySelector('#key-figure img').currentSrc")
    assert (shown != wide) == narrow


def test_the_answer_is_on_the_first_screen(visit):
    page = visit("index")
    box = page.locator(".answer p").first.bounding_box()
    assert box["y"] + box["height"] < page.viewport_size["height"]


def test_code_unfolds_and_a_number_leads_to_its_row(visit):
    page = visit("02-effect-sizes")
    assert not page.locator("details.code pre").first.is_visible()
    page.locator("details.code summary").first.click()
    assert page.locator("details.code pre").first.is_visible()
    page.locator("a.row").first.click()
    page.wait_for_url("**/sources.html#*")
    assert page.locator(":target").is_visible()
