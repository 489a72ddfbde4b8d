"""Numbers, tables and links as a reader sees them."""

import re

import pandas as pd
import pytest

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Finding


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (-6.67, 2, "−6.67"),
        (6.0, 0, "6"),
        (-0.001, 2, "0.00"),
        (float("nan"), 2, "–"),
        (None, 1, "–"),
    ],
)
def test_number(value, digits, shown):
    assert text.number(value, digits) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.507, "51%"),
        (0.0, "0%"),
        (0.001, "below 1%"),
        (0.999, "above 99%"),
        (1.0, "100%"),
        (0.006, "1%"),
    ],
)
def test_percent_never_rounds_to_certainty(share, shown):
    assert text.percent(share) == shown


@pytest.mark.parametrize(
    ("p", "comparator", "shown"),
    [
        (0.006072, "=", "p = .0061"),
        (0.014, "=", "p = .014"),
        (0.00001, "=", "p < .0001"),
        (0.001, "<", "p < .001"),
        (0.8451, "=", "p = 0.85".replace("0.", ".")),
    ],
)
def test_p_value(p, comparator, shown):
    assert text.p_value(p, comparator) == shown


def test_text_from_the_data_is_shown_not_run():
    shown = page.table_html(pd.DataFrame({"study": ["<script>alert(1)</script>"]}), caption="<b>")
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "<b>" not in shown


def test_rows_link_to_their_place_on_the_data_page():
    shown = page.table_html(
        pd.DataFrame({"data rows": [(RowId("magnesium-rls", "statistics", 66),)]})
    )
    assert 'href="sources.html#magnesium-rls-statistics-66"' in shown


def test_an_empty_table_says_so():
    assert "Nothing to show" in page.table_html(pd.DataFrame(columns=["a"]), caption="Left out")


def test_only_columns_of_numbers_are_aligned_right():
    shown = page.table_html(
        pd.DataFrame({"dose": ["250 mg oxide"], "mean": ["−6.7"], "interval": ["−7.9 to −5.5"]})
    )
    assert shown.count('class="num"') == 4  # two headings, two cells


def test_rows_with_prose_are_cards_in_which_cells_say_what_they_are():
    """A cell that says nothing has no name, by which a card leaves it out."""
    prose = "a reason that takes more than sixty characters, so that it is a sentence"
    shown = page.table_html(pd.DataFrame({"item": ["one"], "mean": [None], "why": [prose]}))
    assert 'class="data cards"' in shown
    assert '<td data-label="item">one</td><td>–</td>' in shown
    assert "cards" not in page.table_html(pd.DataFrame({"item": ["one"], "mean": ["−6.7"]}))


def test_findings_cannot_share_an_id():
    one = Finding(id="a.b", label="x", value=1.0, unit="points")
    with pytest.raises(ValueError, match=r"a\.b"):
        page.publish([one, one])


@pytest.mark.parametrize("unit", ["people", "records", "studies", "trials", "arms"])
def test_what_is_counted_is_whole(unit):
    assert (
        page.value_text(Finding("tea.counted", "Counted", 0.0, unit=unit, basis="derived"))
        == f"0 {unit}"
    )


@pytest.mark.parametrize(
    ("value", "basis", "shown"),
    [
        (50.57, "derived", "51%"),
        (20.44, "assumed", "20%"),
        (2.5, "derived", "2.5%"),
        (99.6, "derived", "99.6%"),
        (14.3, "reported", "14.3%"),
    ],
)
def test_a_share_that_was_worked_out_has_no_digit_more_than_sentences_give_it(value, basis, shown):
    finding = Finding("tea.share", "Share", value, unit="%", basis=basis)
    assert page.value_text(finding) == shown


def test_rows_of_one_table_are_named_once_and_each_link_says_its_whole_name():
    rows = [RowId("tea", "statistics", 3), RowId("tea", "statistics", 4), RowId("tea", "arms", 2)]
    shown = page.row_links(rows)
    assert re.sub("<[^>]*>", "", shown) == "tea: statistics 3, 4, tea: arms 2"
    assert 'aria-label="tea: statistics 4">4<' in shown


def test_a_number_in_a_figure_says_what_it_counts_to_those_who_do_not_see_it():
    def draw(width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 2))
        axes.text(0.5, 0.5, "4", url="sources.html#tea-arms-2", gid="Tea, consistent: 4")
        return figure

    shown = page.figure_html(draw, "counts", "Counts.")
    assert 'href="sources.html#tea-arms-2"' in shown
    assert 'aria-label="Tea, consistent: 4"' in shown


def test_numbers_of_a_table_are_links_also_where_pyarrow_keeps_text():
    pytest.importorskip("pyarrow")
    found = Finding("a.trials", "Trials", 7.0, unit="trials", basis="derived")
    shown = page.findings_html([found])
    assert f'href="{page.finding_address(found.id)}"' in shown
