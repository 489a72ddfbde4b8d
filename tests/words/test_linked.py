"""Sentences whose numbers know what they rest on."""

from evidence_review.display.page import sentence_html
from evidence_review.records import RowId
from evidence_review.review.finding import Finding
from evidence_review.words.linked import Part, Sentence, from_rows, linked, told

FINDING = Finding("trial.severity.change", "Change", -6.67, "points")


def test_a_sentence_is_its_plain_text():
    sentence = told(f"It fell by {linked('6.67', FINDING)} points.")
    assert sentence == "It fell by 6.67 points."
    assert f"{sentence}" == "It fell by 6.67 points."
    assert sentence.parts == (
        Part("It fell by "),
        Part("6.67", "trial.severity.change"),
        Part(" points."),
    )


def test_only_what_rests_on_something_is_a_link_and_all_is_escaped():
    html = sentence_html(told(f"<b> {linked('p < .05', FINDING)}"))
    assert html == (
        '&lt;b&gt; <a class="value" href="index.html#finding-trial.severity.change">p &lt; .05</a>'
    )
    assert sentence_html("1 < 2") == "1 &lt; 2"


def test_a_number_from_rows_leads_to_all_of_them():
    rows = [RowId("a", "arms", 3), RowId("a", "arms", 5)]
    assert 'href="sources.html#rows=a-arms-3,5"' in sentence_html(from_rows("8", rows))
    assert 'href="sources.html#a-arms-3"' in sentence_html(from_rows("4", rows[:1]))


def test_text_without_marks_is_one_part():
    assert told("Nothing.").parts == (Part("Nothing."),)
    assert told("") == Sentence([])
