"""Figures and tables of many rows: a page shows what can be read, a file has the rest."""

import base64
import io
import re
from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from evidence_review.display import page, placebo_figures
from evidence_review.display.style import WIDE
from evidence_review.estimates.change import placebo_arms
from evidence_review.placebo.response import own_pool
from evidence_review.records import RowId


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    """The HTML that a notebook puts on its page."""
    found: list[str] = []
    monkeypatch.setattr(page, "write", found.append)
    return found


def saved(html: str) -> pd.DataFrame:
    (data,) = re.findall(r"base64,([^\"]+)", html)
    return pd.read_csv(io.BytesIO(base64.b64decode(unquote(data))))


def test_a_table_of_many_rows_shows_the_first_and_saves_all(shown):
    frame = pd.DataFrame({"study": [f"study {n}" for n in range(1040)], "people": range(1040)})
    frame["rows"] = [(RowId("a", "arms", n + 2), RowId("a", "arms", 3)) for n in frame.people]
    page.table(frame, caption="Studies")
    table, rest = shown
    assert table.count("<tr") == page.MOST_ROWS + 1
    assert "of 1040 rows" in rest
    every = saved(rest)
    assert list(every.people) == list(range(1040))
    assert every["rows"].iloc[-1] == "a/arms.csv:1041; a/arms.csv:3"


def test_a_table_that_can_be_read_is_shown_whole(shown):
    page.table(pd.DataFrame({"people": range(page.MOST_ROWS)}), caption="Studies")
    (table,) = shown
    assert table.count("<tr") == page.MOST_ROWS + 1


def test_a_link_to_many_rows_stays_short():
    rows = [RowId("a", "arms", line) for line in range(2, 5000)]
    first = ",".join(str(line) for line in range(2, 2 + page.MOST_LINKED))
    assert page.rows_address(rows) == f"sources.html#rows=a-arms-{first}"


def test_a_forest_of_many_arms_draws_those_that_weigh_most_and_saves_all(magnesium):
    (arm, *_), fit = placebo_arms(magnesium).usable, own_pool(magnesium)
    errors = np.random.default_rng(4).permutation(np.linspace(0.5, 5, 400))
    arms = [
        replace(arm, label=f"trial {number}", mean=-number / 100, se=error)
        for number, error in enumerate(errors)
    ]
    picture = placebo_figures.forest(arms, fit)
    (panel,) = picture.chart(WIDE).panels
    drawn = [row.name.split("  ")[0] for row in panel.rows][:-2]
    limit = sorted(errors)[placebo_figures.MOST_ROWS - 1]
    heavy = [f"trial {n}" for n, error in enumerate(errors) if error <= limit]
    assert drawn == heavy[::-1]
    assert "of the 400 that are pooled" in picture.caption
    assert len(picture.data()) == 400 + 2
    few = placebo_figures.forest(arms[:50], fit)
    assert len(few.data()) == 50 + 2
    assert "pooled;" not in few.caption
