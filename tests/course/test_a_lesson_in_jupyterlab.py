"""A student opens a lesson in JupyterLab, answers wrongly, reads why, and answers rightly."""

import contextlib
import re

import nbformat
import pytest

from evidence_review.course.editions import student_edition

from ..end_to_end.servers import LAB, served
from ..end_to_end.test_pages_in_a_browser import browser  # noqa: F401 - a fixture
from .conftest import course_project

pytestmark = pytest.mark.browser
LESSON = "2-effect-sizes.ipynb"


@pytest.fixture(scope="module")
def lab(tmp_path_factory, desks):
    """Address of a JupyterLab of its own, in a project with one lesson; ended afterwards."""
    root = tmp_path_factory.mktemp("lab")
    project = course_project(root)
    nbformat.write(student_edition(desks[1]), project.notebooks / LESSON)
    with served(root, project.notebooks, *LAB) as address:
        yield address


@pytest.fixture
def page(browser, lab):  # noqa: F811
    context = browser.new_context(viewport={"width": 1280, "height": 2600})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{lab}/lab/tree/{LESSON}")
    yield page
    context.close()


def test_a_wrong_and_a_right_answer_hear_their_feedback(page):
    from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

    def cell(words):
        return page.locator(".jp-CodeCell", has_text=words).first

    def run(words, source=None):
        cell(words).locator(".cm-content").click()
        if source:
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(source)
        page.keyboard.press("Shift+Enter")

    told = cell('lesson.check("lower-limit"').locator(".feedback")
    cell("open_lesson(2)").wait_for()
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", state="attached")
    # While it is still opening, JupyterLab may lose a key: pressed again, as a person would.
    has_run = cell("open_lesson(2)").locator(".jp-InputPrompt").get_by_text(re.compile(r"\[\d+\]:"))
    for _ in range(5):
        run("open_lesson(2)")
        with contextlib.suppress(PlaywrightTimeoutError):
            has_run.wait_for(timeout=10_000)
            break
    run("answer_2_1 = ...")
    run('lesson.check("lower-limit"')
    told.get_by_text("Not answered yet.").wait_for()

    run("answer_2_1 = ...", "answer_2_1 = 11")
    run('lesson.check("lower-limit"')
    told.get_by_text("The size is right, the sign is not.").wait_for()

    run("answer_2_1 = 11", "answer_2_1 = '−11,00 points'")
    run('lesson.check("lower-limit"')
    told.get_by_text("Right.").wait_for()
    assert "change places when the sign turns" in told.inner_text()
