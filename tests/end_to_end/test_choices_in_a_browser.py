"""The choices on a first page in a real browser: every answer, the address, the keyboard, and no script."""

import pytest

from evidence_review.explorer.on_page import on_page

from .test_pages_in_a_browser import address, browser  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

# Each combination is chosen as a person would, and what the page shows is read; with how long it took.
ALL = """() => {
  const place = document.querySelector("#choices"), form = place.querySelector(".controls");
  const selects = [...form.querySelectorAll("select")], shown = [], times = [];
  const read = (where) => [...place.querySelectorAll(where)].map((part) => part.textContent);
  const choose = (i) => {
    if (i === selects.length) {
      const before = performance.now();
      form.dispatchEvent(new Event("change"));
      place.offsetHeight;
      times.push(performance.now() - before);
      shown.push([read("[role=status], .rest p"), read(".rest li"), place.querySelector("code").textContent]);
      return;
    }
    for (let at = 0; at < selects[i].length; at++) {
      selects[i].selectedIndex = at;
      choose(i + 1);
    }
  };
  choose(0);
  return [shown, times];
}"""


@pytest.fixture
def page(browser, address):  # noqa: F811 - the fixtures
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.asked, page.complaints = [], []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    page.close()


def opened(page, address, fragment="", review="magnesium-rls"):  # noqa: F811
    page.goto(f"{address}/{review}/index.html{fragment}")
    page.locator("#choices .stage").wait_for()
    return page.locator("#choices")


def test_every_combination_shows_its_answer_within_50_ms(page, address, magnesium):  # noqa: F811
    packed = on_page(magnesium).packed
    opened(page, address)
    shown, times = page.evaluate(ALL)
    expected = [
        [[packed["pieces"][one] for one in part] for part in answer[:2]]
        for answer in packed["answers"]
    ]
    assert [each[:2] for each in shown] == expected
    assert len({each[2] for each in shown}) == len(shown)  # each has its command
    assert sorted(times)[len(times) // 2] < 50
    assert page.complaints == []
    assert all(url.startswith((address, "data:")) for url in page.asked)


def test_the_choices_are_in_the_address_and_come_from_it(page, address):  # noqa: F811
    place = opened(page, address)
    before = place.get_by_role("status").inner_text(), place.locator(".rest").inner_text()
    place.get_by_label("Whose placebo response").select_option(label="Silva 2017")
    place.get_by_label("Which people on placebo").select_option(index=2)
    now = place.locator(".rest").inner_text()
    assert now != before[1]
    asked = page.url.partition("#")[2]
    assert asked == "choices&benchmark=silva2017&population=idiopathic+or+primary"
    place = opened(page, address, f"#{asked}")
    assert place.locator(".rest").inner_text() == now
    assert place.locator("code").inner_text() == (
        "evidence-review report --review magnesium-rls --set benchmark=silva2017 "
        "--set 'population=idiopathic or primary'"
    )
    place.get_by_role("button", name="As in the report").click()
    page.wait_for_function("location.hash === '#choices'")
    assert (place.get_by_role("status").inner_text(), place.locator(".rest").inner_text()) == before


def test_an_address_that_asks_for_something_else_is_told_so(page, address):  # noqa: F811
    place = opened(page, address, "#choices&bias=none&benchmark=mine&level=0.9")
    notice = place.get_by_role("alert").inner_text()
    assert "benchmark = mine, level = 0.9" in notice
    assert place.locator("code").inner_text().endswith("--review magnesium-rls")


def test_a_choice_can_be_made_by_keyboard(page, address):  # noqa: F811
    place = opened(page, address)
    page.keyboard.press("Tab")
    place.locator("select").first.focus()
    page.keyboard.press("ArrowDown")
    assert "benchmark=silva2017" in place.locator("code").inner_text()


def test_what_is_not_as_in_the_report_is_marked(page, address):  # noqa: F811
    place = opened(page, address)
    assert place.locator("mark").count() == 0
    place.get_by_label("Smallest difference that matters").select_option(label="6")
    assert {"6"} < set(place.locator("mark").all_inner_texts())


def test_without_a_script_the_section_is_text(browser, address):  # noqa: F811
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/magnesium-rls/index.html")
    assert page.locator("#choices p").first.is_visible()
    assert not page.locator("#choices .stage").is_visible()
    context.close()
