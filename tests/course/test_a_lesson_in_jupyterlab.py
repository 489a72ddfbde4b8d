"""A student opens a lesson in JupyterLab, answers wrongly, reads why, and answers rightly: by field or by cell."""

import re
import time
from contextlib import suppress
from dataclasses import replace

import nbformat
import pytest

from evidence_review.course.editions import student_edition
from evidence_review.course.fields import typed_in
from evidence_review.course.marking import mark_folder

from ..end_to_end.servers import LAB, served
from ..end_to_end.test_pages_in_a_browser import browser  # noqa: F401 - a fixture
from .conftest import course_project

pytestmark = pytest.mark.browser
LESSON, WORDS = "2-effect-sizes.ipynb", "6-certainty-and-rewriting.ipynb"


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory, desks):
    """A project with two lessons given out: one of numbers, with a solution after three tries, one of words."""
    project = course_project(tmp_path_factory.mktemp("lab"))
    given_out = {LESSON: replace(desks[1], solution_after=3), WORDS: desks[5]}
    (project.notebooks / "in").mkdir()
    for name, desk in given_out.items():
        nbformat.write(student_edition(desk), project.notebooks / "in" / name)
    return project


@pytest.fixture(scope="module")
def lab(tmp_path_factory, handed_out):
    """Address of a JupyterLab of its own in that project; ended afterwards."""
    with served(tmp_path_factory.mktemp("home"), handed_out.notebooks / "in", *LAB) as address:
        yield address


@pytest.fixture
def open_in(browser, lab):  # noqa: F811
    """Opens a lesson on a page of its own, and runs all of it, as its first cell asks for."""
    contexts = []

    def open_and_run(name):
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 20_000}))
        page = contexts[-1].new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{lab}/lab/tree/{name}?reset")  # without what another test left open
        run_all(page)
        return page

    yield open_and_run
    for context in contexts:
        context.close()


def run_all(page, button="Check"):
    """Menu Run, Run All Cells, once the kernel is there: before that, a notebook runs nothing and does not say so."""
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    sync_api = pytest.importorskip("playwright.sync_api")
    for patience in (20_000, 40_000, 120_000):  # ms; a person would try again, too
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        with suppress(sync_api.TimeoutError):
            page.get_by_role("button", name=button).last.wait_for(timeout=patience)
            break
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def saved(page, path):
    """Saves the notebook, waits until it is on the disk, and gives what is typed in it.

    JupyterLab empties a file before it writes it: what is read in between is no notebook yet.
    """
    before = path.stat().st_mtime_ns
    page.locator(".jp-Toolbar [data-command='docmanager:save']").first.click()
    for _ in range(100):
        if path.stat().st_mtime_ns != before:
            with suppress(nbformat.reader.NotJSONError):
                return typed_in(nbformat.read(path, 4))
        time.sleep(0.2)
    raise AssertionError(f"{path.name} was not saved")


def field(page, title):
    return page.locator(f".jp-CodeCell:has([title='Your answer: {title}'])").first


def test_a_field_hears_hints_in_steps_then_the_solution_and_the_mark_is_that_of_a_cell(
    open_in, handed_out
):
    page = open_in(LESSON)
    assert page.get_by_text("open_lesson(2").count() == 0, "code is folded"
    here = field(page, "The lower limit of a change")
    assert here.locator(".feedback").count() == 0
    box = here.get_by_role("textbox")
    for typed, heard in (
        ("11", "The size is right, the sign is not."),
        ("3", "Turn the sign of both limits"),
        ("5", "The answer: -11 points."),
    ):
        box.fill(typed)
        box.press("Enter")
        here.get_by_text(heard).wait_for()
    box.fill("−11,00 points")
    here.get_by_role("button", name="Check").click()
    here.get_by_text("Right.").wait_for()
    assert "change places when the sign turns" in here.locator(".feedback").inner_text()

    path = handed_out.notebooks / "in" / LESSON
    assert saved(page, path)["lower-limit"] == "−11,00 points"
    run_all(page)  # as on another day: what was typed is there again
    page.wait_for_timeout(3000)
    assert field(page, "The lower limit of a change").get_by_role("textbox").input_value() == (
        "−11,00 points"
    )
    assert saved(page, path)["lower-limit"] == "−11,00 points"
    marks = {mark.key: mark for mark in mark_folder(handed_out, handed_out.notebooks / "in")}
    assert (marks["lower-limit"].points, marks["lower-limit"].given) == (1, "−11,00 points")
    assert not marks["lower-limit"].flags
    assert marks["standard-error"].outcome == "not answered yet"


def test_choices_and_a_paragraph_have_fields_too(open_in, handed_out):
    page = open_in(WORDS)
    choice = field(page, "Where does it end?")
    choice.get_by_role("radio", name="moderate").check()
    choice.get_by_role("button", name="Check").click()
    choice.get_by_text("That is one level below high.").wait_for()
    choice.get_by_role("radio", name="very low").check()
    choice.get_by_role("button", name="Check").click()
    choice.get_by_text("Right.").wait_for()
    paragraph = field(page, "Write it again")
    paragraph.get_by_role("textbox").fill("Magnesium was tried in 75 people.")
    paragraph.get_by_role("button", name="Check").click()
    paragraph.get_by_text("6 words; write 50 to 180.").wait_for()
    assert saved(page, handed_out.notebooks / "in" / WORDS)["level"] == "very low"


def test_who_likes_python_answers_in_the_cell_and_that_counts(open_in):
    page = open_in(LESSON)
    cells = page.locator(".jp-CodeCell")
    title = "The standardised change"
    here = field(page, title)
    place = cells.evaluate_all(
        "(all, title) => all.findIndex(one => one.querySelector(`[title='Your answer: ${title}']`))",
        title,
    )
    answer, check = cells.nth(place + 1), cells.nth(place + 2)
    answer.locator(".jp-Placeholder").first.click()
    answer.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("answer_2_5 = -12.7 / 7.6")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    check.locator(".feedback").get_by_text("Right.").wait_for()
    here.get_by_role("textbox").fill("5")
    here.get_by_role("textbox").press("Enter")
    here.get_by_text(re.compile("that answer counts")).wait_for()
