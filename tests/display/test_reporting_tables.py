"""The checklists on a page: every item with its answer, links to the pages, nothing hidden."""

from evidence_review.display.reporting import checklist_html
from evidence_review.judgement.standards import (
    Checklist,
    Item,
    checklists,
)
from evidence_review.records import RowId

ITEMS = (
    Item(
        "1",
        "Title",
        "a & b",
        False,
        "done",
        ("index", "07-claims"),
        "said <there>",
        RowId("f", "t", 2),
    ),
    Item("2", "Title", "c", True, "not done", (), "why"),
    Item("3", "Methods", "d", False),
)
LIST = Checklist("Tool", ITEMS, ("done", "partly", "not done", "not answered"))


def test_the_table_has_a_row_an_item_and_a_heading_a_section(records):
    for checklist in checklists(records):
        markup = checklist_html(checklist)
        sections = len({item.section for item in checklist.items} - {""})
        assert markup.count('<th scope="row">') == len(checklist.items)
        assert markup.count('scope="rowgroup"') == sections


def test_text_is_escaped_and_pages_are_links():
    markup = checklist_html(LIST)
    assert "a &amp; b" in markup
    assert "said &lt;there&gt;" in markup
    assert '<a href="index.html">index</a>, <a href="07-claims.html">07-claims</a>' in markup
    assert 'href="sources.html#f-t-2"' in markup


def test_what_is_open_stands_out():
    markup = checklist_html(LIST)
    assert "<strong>not done</strong>" in markup
    assert "<strong>not answered</strong>" in markup
    assert "<strong>done" not in markup
    assert "c (critical)" in markup
