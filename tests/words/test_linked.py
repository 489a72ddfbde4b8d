"""Sentences whose numbers know what they rest on."""

from evidence_review.display.page import sentence_html
from evidence_review.records import RowId
from evidence_review.review.finding import Finding
from evidence_review.words.linked import Part, Sentence, linked

FINDING = Finding("trial.severity.change", "Change", -6.67, "points")


def test_a_sentence_is_its_plain_text():
    sentence = Sentence(f"It fell by {linked('6.67', FINDING)} points.")
    assert sentence == "It fell by 6.67 points."
    assert f"{sentence}" == "It fell by 6.67 points."
    assert sentence.parts == (
        Part("It fell by "),
        Part("6.67", "trial.severity.change"),
        Part(" points."),
    )


def test_only_what_rests_on_something_is_a_link_and_all_is_escaped():
    html = sentence_html(Sentence(f"<b> {linked('p < .05', FINDING)}"))
    assert html == (
        '&lt;b&gt; <a class="value" href="index.html#finding-trial.severity.change">p &lt; .05</a>'
    )
    assert sentence_html("1 < 2") == "1 &lt; 2"


def test_a_number_from_rows_leads_to_all_of_them():
    rows = RowId("a", "arms", 3), RowId("a", "arms", 5)
    both, one = Sentence([Part("8", rows=rows)]), Sentence([Part("4", rows=rows[:1])])
    assert 'href="sources.html#rows=a-arms-3,5"' in sentence_html(both)
    assert 'href="sources.html#a-arms-3"' in sentence_html(one)


def test_text_without_marks_is_one_part():
    assert Sentence("Nothing.").parts == (Part("Nothing."),)
    assert Sentence("") == Sentence([])


def test_a_sentence_of_a_sentence_keeps_its_parts():
    sentence = Sentence(f"It fell by {linked('6.67', FINDING)} points.")
    assert Sentence(sentence).parts == sentence.parts
