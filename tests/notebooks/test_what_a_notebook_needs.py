"""A notebook whose table is empty for a review is left out of its report, and links to it are text."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from evidence_review.review.review import Review
from evidence_review.runs.notebooks import (
    Notebook,
    NotebookError,
    report_notebooks,
    with_something_to_say,
)
from evidence_review.runs.site import Link, Site

ALWAYS = Notebook(Path("01-always.ipynb"), "Always", "", ())
ON_CLAIMS = Notebook(Path("02-on-claims.ipynb"), "Claims", "", (), needs="claims")


def test_only_what_has_something_to_say_is_kept(magnesium, iron_review):
    assert with_something_to_say([ALWAYS, ON_CLAIMS], magnesium) == [ALWAYS, ON_CLAIMS]
    assert with_something_to_say([ALWAYS, ON_CLAIMS], iron_review) == [ALWAYS]


def test_a_need_that_is_no_table_is_an_error_that_lists_the_tables(magnesium):
    wrong = Notebook(Path("03-x.ipynb"), "X", "", (), needs="claim")
    with pytest.raises(NotebookError, match=r"03-x\.ipynb needs the table 'claim'.*claims"):
        with_something_to_say([wrong], magnesium)


def test_the_page_of_claims_needs_claims(project):
    assert [one.title for one in report_notebooks(project) if one.needs == "claims"] == [
        "The article's claims"
    ]


def test_without_studies_no_page_speaks_of_trials(records, project):
    """What is left says how the review keeps to the standards, with the search and what it found."""
    tables = {name: records[name].iloc[:0] for name in ("studies", "arms", "contrasts", "claims")}
    empty = Review(replace(records, tables=records.tables | tables))
    left = with_something_to_say(report_notebooks(project), empty)
    titles = {one.title for one in left}
    assert "Reporting standards" in titles
    assert not titles & {"The trials", "Effect sizes", "Risk of bias", "Certainty of the evidence"}


def test_a_link_to_a_page_or_finding_that_is_left_out_is_plain_text():
    site = SimpleNamespace(_links={"01-always": Link("01-always.html", "Always")})
    link = '<a href="{}">{}</a>'.format
    index, there = link("index.html", "i"), link("index.html#finding-a.md", "-6.67")
    body = f"{link('01-always.html', 'kept')}, {link('02-gone.html', 'gone')}, {index}, {there}, "
    body += link("index.html#finding-b.md", "-1.00")
    assert Site._linked(site, body, {"a.md": None}) == (
        f"{link('01-always.html', 'kept')}, gone, {index}, {there}, -1.00"
    )
