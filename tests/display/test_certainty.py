"""The summary of findings as a reader, a screen reader and a phone get it."""

import re
from dataclasses import replace

import pytest

from evidence_review.display.certainty import domains_table, summary_of_findings
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.findings.of_published import published_findings
from evidence_review.judgement.certainty import bodies, every_body
from evidence_review.review.finding import Interval, Range, by_id
from evidence_review.review.review import Review


@pytest.fixture(scope="module")
def found(magnesium):
    return bodies(magnesium)


def test_a_row_a_body_with_words_beside_the_symbols(found, magnesium):
    shown = summary_of_findings(magnesium, found, {})
    assert shown.count('<th scope="row"') == len(found)
    assert shown.count('scope="col"') == 6
    assert re.sub("</?a[^>]*>", "", shown).count(
        '<span aria-hidden="true">⊕○○○</span> very low'
    ) == len(found)
    assert "<caption>Summary of findings: magnesium against placebo</caption>" in shown
    # On a phone a cell carries the name of its column.
    assert shown.count('data-label="Certainty"') == len(found)


def test_every_footnote_that_is_pointed_to_is_there_once(found, magnesium):
    shown = summary_of_findings(magnesium, found, {})
    linked = re.findall(r'href="#(certainty-note-\d+)"', shown)
    assert linked == re.findall(r'<li id="(certainty-note-\d+)"', shown)
    moved = sum(domain.levels != 0 for body in found for domain in body.domains)
    assert len(linked) == moved + len(found)  # and one a difference


def test_where_a_person_and_arithmetic_differ_both_are_shown(found, magnesium):
    shown = summary_of_findings(magnesium, found, {})
    assert shown.count("not as judged") == 2  # risk of bias, in both bodies of the randomised trial
    assert "Computed: very serious, not as judged" in shown
    assert domains_table(found[0]).count("very serious, not as judged") == 1
    assert "not computable" in domains_table(found[0])


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ((-3.0, -3.0, -5.0, -1.0), "3.00 points better (1.00 to 5.00 better)"),
        ((-9.0, -7.0, -14.0, 1.0), "7.00 to 9.00 points better (14.00 better to 1.00 worse)"),
        ((2.0, 2.0, 1.0, 3.0), "2.00 points worse (1.00 to 3.00 worse)"),
    ],
)
@pytest.mark.parametrize("better", ["lower", "higher"])
def test_a_difference_says_which_way_is_better(magnesium, found, points, words, better):
    sign = 1 if better == "lower" else -1
    low, high, ci_low, ci_high = sorted_ends(sign, points)
    effect = Effect(
        Measure("MD", "points", better),
        None,
        0.0,
        Interval(ci_low, ci_high, 0.95),
        Range(low, high),
    )
    of_body = replace(found[0].effect, in_unit=effect, basis="derived")
    shown = summary_of_findings(magnesium, [replace(found[0], effect=of_body)], {})
    assert words in re.sub("<[^>]*>", "", shown)  # both ranges are links
    assert "computed, on assumptions" not in shown


def sorted_ends(sign, points):
    """Both ranges with their sign turned, the smaller end first."""
    return [*sorted(sign * x for x in points[:2]), *sorted(sign * x for x in points[2:])]


def test_text_from_the_data_is_shown_not_run(records, found):
    bad = "<script>alert(1)</script>"
    domains = tuple(replace(domain, reason=bad) for domain in found[0].domains)
    body = replace(found[0], outcome=bad, study=bad, domains=domains)
    about = records["review"].assign(treatment=bad)
    review = Review(replace(records, tables=records.tables | {"review": about}))
    shown = summary_of_findings(review, [body], {}) + domains_table(body)
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_without_judgements_it_says_so(magnesium):
    assert "has not been judged" in summary_of_findings(magnesium, [], {})


def test_the_heading_of_effects_says_difference_of_means_only(magnesium, infarction_review, found):
    published = lambda review: by_id(published_findings(review))
    heading = lambda review, bodies: re.findall(
        r'scope="col"[^>]*>([^<]*(?:placebo|control))<',
        summary_of_findings(review, bodies, published(review)),
    )
    assert heading(magnesium, found) == ["On placebo", "Difference from placebo"]
    of_events = every_body(infarction_review)
    assert heading(infarction_review, of_events) == ["On control", "Effect against control"]
