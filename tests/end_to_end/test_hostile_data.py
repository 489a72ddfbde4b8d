"""What data say is shown, on every page, in every figure: it runs nothing and loads nothing."""

import base64
import json
import re
import zlib
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from nbconvert.filters import markdown2html

from evidence_review.display import page, summary
from evidence_review.runs.site import TEMPLATES
from evidence_review.words.briefing import Briefing, Question
from evidence_review.words.messages import Message

from .conftest import HOSTILE, PAGES

pytestmark = pytest.mark.slow  # a report as a whole
# Where a link lies over a figure: numbers alone.
PLACE = re.compile(r"((left|top|width|height):-?\d+\.\d+%;?)+")


class Shown(HTMLParser):
    """What a page says, and what of it a browser would act on."""

    def __init__(self, markup: str):
        super().__init__()
        self.text, self.figures, self.acts = "", [], []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in ("script", "iframe", "object", "embed", "base", "meta", "form"):
            self.acts.append(tag)
        for name, value in given.items():
            if name.startswith("on") or (name == "style" and not PLACE.fullmatch(value)):
                self.acts.append(f"{name}={value}")
            if name in ("src", "srcset") and not value.startswith("data:"):
                self.acts.append(value)
            if name == "href" and re.match(r"\s*(javascript|data:text/html|vbscript)", value, re.I):
                self.acts.append(value)
            if name in ("src", "srcset") and value.startswith("data:image/svg+xml;base64,"):
                self.figures.append(base64.b64decode(value.partition(",")[2]))

    def handle_data(self, data):
        self.text += data


def without_own_scripts(markup: str) -> str:
    """A page without the scripts that stand in its templates, and the numbers that they read."""
    for template in TEMPLATES.glob("*.j2"):
        text = re.sub(r"{% include '(.*?\.js)' %}\n", included, template.read_text("utf-8"))
        for script in re.findall(r"<script>.*?</script>", text, re.S):
            markup = markup.replace(script, "")
    read = r'<script type="(application/json"( id="cards")?|text/plain")>[^<]*</script>'
    return re.sub(read, "", markup)


def included(found: re.Match) -> str:
    return (TEMPLATES.parents[1] / found[1]).read_text("utf-8").removesuffix("\n")


def test_the_answers_that_a_page_looks_up_do_nothing(other_report):
    """Its figures are put into the page as they are, all other texts as text."""
    markup = (other_report / "index.html").read_text(encoding="utf-8")
    (packed,) = re.findall(r'<script type="text/plain">([^<]*)</script>', markup)
    told = json.loads(zlib.decompress(base64.b64decode(packed)))
    assert any("<script>" in piece for piece in told["pieces"])
    for _, *parts in told["figures"]:
        shown = Shown("".join(told["pieces"][part] for part in parts))
        assert shown.acts == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_it_and_does_nothing(other_report, name):
    markup = (other_report / f"{name}.html").read_text(encoding="utf-8")
    shown = Shown(without_own_scripts(markup[markup.index("<body") :]))
    assert shown.acts == []
    assert HOSTILE.strip() in shown.text
    for figure in shown.figures:
        assert_is_a_drawing(figure)


def test_the_figure_beside_the_pages_is_only_a_drawing(other_report):
    assert_is_a_drawing((other_report / "key-figure.svg").read_bytes())


def assert_is_a_drawing(svg: bytes) -> None:
    for element in ElementTree.fromstring(svg).iter():
        assert not str(element.tag).endswith(("script", "foreignObject", "image"))
        assert not any(name.startswith("on") for name in element.attrib)


def test_the_list_of_reports_shows_it(other_report):
    shown = Shown((other_report.parent / "index.html").read_text(encoding="utf-8"))
    assert HOSTILE.strip() in shown.text
    assert "script" not in shown.acts


def test_the_summary_shows_it_where_markdown_is_rendered():
    ask = (Question(HOSTILE, HOSTILE, ()),)
    told = Briefing(
        question=HOSTILE,
        noun="trial",
        nouns="trials",
        further=(),
        level="low",
        trials=1,
        people=1,
        read_on="",
        messages=(Message("Effect", HOSTILE),),
        answer=(HOSTILE, HOSTILE),
        evidence=(),
        other_outcomes=(),
        certainty=(HOSTILE,),
        would_change=(HOSTILE,),
        ask=ask,
        comparator=HOSTILE,
    )
    shown = Shown(markdown2html(summary.markdown(told)))
    assert shown.acts == []
    assert shown.text.count(HOSTILE.strip()) == 8


def test_a_sentence_keeps_its_emphasis_and_its_links_to_the_web(monkeypatch):
    said = []
    monkeypatch.setattr("IPython.display.display", said.append)
    page.say(f"**Bold** of *{HOSTILE}* [here](https://example.org/a?b=1&c=2), p < .05")
    markup = markdown2html(said[0].data)
    assert "<strong>Bold</strong>" in markup
    assert '<a href="https://example.org/a?b=1&amp;c=2">here</a>' in markup
    shown = Shown(markup)
    assert shown.acts == []
    assert HOSTILE.strip() in shown.text
    assert "p < .05" in shown.text


def test_a_sentence_loads_no_picture(monkeypatch):
    said = []
    monkeypatch.setattr("IPython.display.display", said.append)
    page.say(
        "![p](http://example.org/p) \\![p](http://example.org/p) ![p]\n\n[p]: http://example.org/p"
    )
    assert Shown(markdown2html(said[0].data)).acts == []
