"""The explorer in a real browser: in JupyterLab and as a page of its own; nothing leaves this machine."""

import os
import re
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ..conftest import ROOT
from .servers import LAB, served
from .test_pages_in_a_browser import browser  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
SLOW = 60_000
# The explorer as a page of its own.
VOILA = ("voila", "--template=explorer", "notebooks/explore.ipynb", "--no-browser")


@pytest.fixture(scope="module")
def project_folder(tmp_path_factory):
    """The data and the explorer, in a folder that a browser may change."""
    root = tmp_path_factory.mktemp("explorer")
    shutil.copytree(ROOT / "data", root / "data")
    (root / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "explore.ipynb", root / "notebooks")
    shutil.copy(ROOT / "voila.json", root)
    return root


@pytest.fixture
def page(browser):  # noqa: F811
    context = browser.new_context(viewport={"width": 1280, "height": 2400})
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.got = []
    page.on("response", lambda response: page.got.append(response.url))
    # What the browser was not let to ask for (csp) has not left.
    page.on(
        "requestfailed",
        lambda request: page.got.append(request.url) if request.failure != "csp" else None,
    )
    yield page
    context.close()


def stayed(page, address):
    return [url for url in page.got if not url.startswith((address, "data:", "blob:"))] == []


def move_three(page):
    """Three controls, by keyboard; the sentence follows each."""
    words, verdict = page.locator(".explorer p", has_text="In the trial without"), []
    for move in (
        lambda: page.get_by_label("Whose placebo response").select_option(index=1),
        lambda: page.get_by_label("Bias of the open label").select_option(index=1),
        lambda: page.get_by_role("slider", name="Confidence level of intervals").press("PageDown"),
    ):
        before = words.first.inner_text()
        verdict.append(before)
        move()
        page.wait_for_function(
            "before => ![...document.querySelectorAll('.explorer p')].some(p => p.innerText === before)",
            arg=before,
        )
    return [*verdict, words.first.inner_text()]


def test_in_jupyterlab_three_moves_change_the_sentence(page, project_folder, tmp_path):
    with served(tmp_path, project_folder, *LAB) as address:
        page.goto(f"{address}/lab/tree/notebooks/explore.ipynb")
        # Before its kernel is there, a notebook runs nothing and does not say so.
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.locator(".verdict").wait_for()
        said = move_three(page)
        assert len(set(said)) == 4
        assert "95% interval" in said[0]
        assert "95% interval" not in said[3]
        assert stayed(page, address)


def test_as_a_page_of_its_own_it_answers_shares_and_resets(page, project_folder, tmp_path):
    with served(tmp_path, project_folder, *VOILA) as address:
        page.on(
            "console",
            lambda told: page.got.append(f"error: {told.text}") if told.type == "error" else None,
        )
        page.goto(address)
        page.locator(".verdict").wait_for()
        first = page.locator(".verdict").bounding_box()
        assert first["y"] + first["height"] < 900, "on the first screen"
        said = move_three(page)
        assert len(set(said)) == 4
        shared = page.locator(".explorer code").inner_text()
        assert shared.count("--set") == 3
        assert page.url.count("=") == 4, "the review and three settings"

        page.get_by_role("button", name="Reset").click()
        page.get_by_text(said[0], exact=True).wait_for()
        # Tab goes on from the buttons to the controls, in the order in which they stand.
        page.get_by_role("button", name="Show the tables").focus()
        page.keyboard.press("Enter")
        page.locator("table.dataTable").first.wait_for()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.labels[0].innerText") == (
            "Whose placebo response"
        )
        rows = page.locator("table.dataTable").first.locator("tbody tr")
        before = rows.first.inner_text()
        page.get_by_role("searchbox").first.fill("crossover")
        page.wait_for_function(
            "before => document.querySelector('table.dataTable tbody tr').innerText !== before",
            arg=before,
        )
        assert all("crossover" in text for text in rows.all_inner_texts())

        page.set_viewport_size({"width": 500, "height": 900})
        figure = page.locator(".light-figure").bounding_box()
        control = page.get_by_label("Whose placebo response").bounding_box()
        assert control["y"] > figure["y"] + figure["height"], "below the figure on a phone"
        page.get_by_role("slider", name="Confidence level of intervals").press("PageDown")
        # The figure stays in sight; it is drawn anew meanwhile.
        page.wait_for_function(
            "() => { const at = document.querySelector('.light-figure')?.getBoundingClientRect();"
            " return at && at.height && at.top >= 0 && at.bottom < 900 }"
        )
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert stayed(page, address)


def test_a_link_opens_its_settings_and_a_kernel_that_is_gone_is_told(
    page, project_folder, tmp_path
):
    with served(tmp_path, project_folder, *VOILA) as address:
        page.goto(f"{address}/?review=magnesium-rls&designs=parallel&level=0.8")
        page.locator(".explorer code", has_text="--set designs=parallel --set level=0.8").wait_for()
        assert not page.locator(".explorer-gone").is_visible()
        page.get_by_role("slider", name="Confidence level of intervals").press("PageUp")
        page.wait_for_url("**level=0.85*")
        page.reload()
        page.locator(
            ".explorer code", has_text="--set designs=parallel --set level=0.85"
        ).wait_for()
        os.kill(kernels(tmp_path)[kernel_of(page)], signal.SIGKILL)
        page.get_by_role("slider", name="Confidence level of intervals").press("PageDown")
        page.get_by_text("The program behind this page has stopped").wait_for()


def test_a_kernel_has_run_the_notebook_before_the_page_is_asked_for(page, project_folder, tmp_path):
    """That, and a page without what only its tables need, is what makes it ready soon."""
    with served(tmp_path, project_folder, *VOILA) as address:
        while not (waiting := kernels(tmp_path)):
            time.sleep(0.2)
        came = page.goto(address)
        assert kernel_of(page) in waiting
        assert len(came.body()) < 100_000
        page.locator(".verdict").wait_for()


def kernel_of(page) -> str:
    return page.evaluate(
        "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    )


def kernels(home: Path) -> dict[str, int]:
    """The kernels of the server whose home this is: the number of each one's process, by its id."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            named = re.search(r"kernel-([\w-]+)\.json", (process / "cmdline").read_text())
            if named and str(home) in (process / "environ").read_text():
                found[named[1]] = int(process.name)
    return found
