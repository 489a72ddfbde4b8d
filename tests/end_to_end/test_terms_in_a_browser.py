"""Terms on a page say what they mean: to a pointer, to a finger, to the keyboard, and without a script."""

import pytest

from evidence_review.words.glossary import glossary

from .test_pages_in_a_browser import address, browser  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

PAGE = "magnesium-rls/03-placebo-response.html"


@pytest.fixture
def meanings(magnesium):
    return {form: term.meaning for term in glossary(magnesium) for form in term.forms}


def test_each_term_is_told_once_where_it_first_stands(browser, address, meanings):  # noqa: F811
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/{PAGE}")
    terms = page.locator("button.term").all_text_contents()
    assert {"IRLS", "tau"} <= set(terms)
    told = [meanings[term] for term in terms]
    assert len(told) == len(set(told))
    page.close()


@pytest.mark.parametrize("by", ["pointer", "finger", "keyboard"])
def test_a_term_says_what_it_means(browser, address, meanings, by):  # noqa: F811
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=by == "finger", color_scheme="dark"
    )
    page = context.new_page()
    page.goto(f"{address}/{PAGE}")
    term = page.locator("button.term", has_text="tau")
    term.scroll_into_view_if_needed()
    if by == "pointer":
        term.hover()
    elif by == "finger":
        term.tap()
    else:
        term.focus()
        page.keyboard.press("Enter")
    card = page.get_by_text(meanings["tau"], exact=True).locator("visible=true")
    box = card.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    if by == "keyboard":
        page.keyboard.press("Escape")
        assert card.count() == 0
        assert term.evaluate("one => one === document.activeElement")
    context.close()


def test_without_a_script_the_terms_stand_at_the_foot_of_the_page(browser, address, meanings):  # noqa: F811
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{PAGE}")
    page.get_by_text("What the terms mean").click()
    assert page.get_by_text(meanings["arm"]).is_visible()
    context.close()
