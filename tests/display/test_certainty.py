"""The summary of findings as a reader, a screen reader and a phone get it."""

import re
from dataclasses import replace

import pytest

from evidence_review.display.certainty import domains_table, summary_of_findings
from evidence_review.judgement.certainty import Effect, Range, bodies


@pytest.fixture(scope="module")
def found(records, settings):
    return bodies(records, settings)


def test_a_row_a_body_with_words_beside_the_symbols(found):
    shown = summary_of_findings(found, "magnesium")
    assert shown.count('<th scope="row"') == len(found)
    assert shown.count('scope="col"') == 6
    assert shown.count('<span aria-hidden="true">⊕◯◯◯</span> very low') == len(found)
    assert "<caption>Summary of findings: magnesium against placebo</caption>" in shown
    # On a phone a cell carries the name of its column.
    assert shown.count('data-label="Certainty"') == len(found)


def test_every_footnote_that_is_pointed_to_is_there_once(found):
    shown = summary_of_findings(found, "magnesium")
    linked = re.findall(r'href="#(certainty-note-\d+)"', shown)
    assert linked == re.findall(r'<li id="(certainty-note-\d+)"', shown)
    moved = sum(domain.levels != 0 for body in found for domain in body.domains)
    assert len(linked) == moved + len(found)  # and one a difference


def test_where_a_person_and_arithmetic_differ_both_are_shown(found):
    shown = summary_of_findings(found, "magnesium")
    assert shown.count("not as judged") == 2  # risk of bias, in both bodies of the randomised trial
    assert "Computed: very serious, not as judged" in shown
    assert domains_table(found[0]).count("very serious, not as judged") == 1
    assert "not computable" in domains_table(found[0])


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (Range(-3.0, -3.0, -5.0, -1.0), "3.0 points better (1.0 to 5.0 better)"),
        (Range(-9.0, -7.0, -14.0, 1.0), "7.0 to 9.0 points better (14.0 better to 1.0 worse)"),
        (Range(2.0, 2.0, 1.0, 3.0), "2.0 points worse (1.0 to 3.0 worse)"),
    ],
)
def test_a_difference_says_which_way_is_better(found, points, words):
    effect = Effect(points.times(0.1), points, 0.95, "by hand", "derived", ())
    shown = summary_of_findings([replace(found[0], effect=effect)], "zinc")
    assert words in shown
    assert "computed, on assumptions" not in shown


def test_text_from_the_data_is_shown_not_run(found):
    bad = "<script>alert(1)</script>"
    domains = tuple(replace(domain, reason=bad) for domain in found[0].domains)
    body = replace(found[0], outcome=bad, study=bad, statement=bad, unit=bad, domains=domains)
    shown = summary_of_findings([body], bad) + domains_table(body)
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_without_judgements_it_says_so():
    assert "has not been judged" in summary_of_findings([], "zinc")
