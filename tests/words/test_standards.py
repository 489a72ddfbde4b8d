"""What the answers to reporting standards come to: how many, which are open, and the rating."""

from evidence_review.judgement.standards import Checklist, Confidence, Item
from evidence_review.words.standards import tally, verdict

ITEMS = (
    Item("1", "Title", "a", False, "done", ("index",), "said"),
    Item("2", "Title", "c", True, "not done", (), "why"),
    Item("3", "Methods", "d", False),
)
LIST = Checklist("Tool", ITEMS, ("done", "partly", "not done", "not answered"))


def test_the_tally_names_what_is_open():
    expected = "**Tool:** of 3 items, 1 done, 1 not done (2) and 1 not answered (3)."
    assert tally(LIST) == expected


def test_the_verdict_says_why():
    critical, weak = (ITEMS[1],), (ITEMS[2],)
    low = verdict("Tool", Confidence("low", critical, weak))
    assert (
        low
        == "**Tool: low confidence,** because of 1 critical flaw (item 2: c) and 1 other weakness."
    )
    assert "0 critical flaws and 1 other weakness" in verdict("Tool", Confidence("high", (), weak))
    assert "not rated" in verdict("Tool", Confidence("", critical, weak))
