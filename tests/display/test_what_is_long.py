"""Figures and tables of many rows: a page shows what can be read, a file has the rest."""

import base64
import io
import re
from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from evidence_review.display import contrast_figures, page, placebo_figures, risk_figures
from evidence_review.display.forest import MOST_STUDIES
from evidence_review.display.style import PHONE, WIDE
from evidence_review.estimates.change import main_change, placebo_arms
from evidence_review.judgement.risk_of_bias import domain_names, from_robvis
from evidence_review.placebo.response import against_placebo, benchmark, own_pool
from evidence_review.records import RowId
from evidence_review.sensitivity.pool_choices import pool_choices


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
    first = ",".join(str(line) for line in range(2, 2 + page.MOST_ROWS))
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


def test_of_many_placebo_arms_none_is_a_link_in_the_crowd(magnesium):
    """Nobody can point at one of a thousand dots on a line; every link of it had a card of three rows."""
    (arm, *_), change = placebo_arms(magnesium).usable, main_change(magnesium)
    chosen = benchmark(magnesium)
    result = against_placebo(change, chosen)
    links = {}
    for count in (placebo_figures.MOST_ROWS, placebo_figures.MOST_ROWS + 1):
        arms = [replace(arm, mean=-number / 100) for number in range(count)]
        picture = placebo_figures.change_against_placebo(change, chosen, result, arms, "magnesium")
        panel = picture.chart(WIDE).panels[-1]
        links[count] = [mark.link for mark in panel.marks if getattr(mark, "link", "")]
    assert list(map(len, links.values())) == [placebo_figures.MOST_ROWS, 0]


def test_of_many_choices_those_are_drawn_that_move_the_pool_most(iron_review):
    now, *others = pool_choices(iron_review, "RLS severity")
    many = [now, *(others * 12)]
    picture = contrast_figures.pooled_choices(many, 3.0)
    (panel,) = picture.chart(WIDE).panels
    assert len(panel.rows) == MOST_STUDIES
    by = lambda choice: abs(choice.pooled.fit.estimate - now.pooled.fit.estimate)
    least = sorted(map(by, many[1:]), reverse=True)[MOST_STUDIES - 2]
    drawn = [mark.x for mark in panel.marks if getattr(mark, "shape", "") == "diamond"]
    assert drawn[0] == now.pooled.fit.estimate
    assert min(abs(x - drawn[0]) for x in drawn[1:]) == pytest.approx(least)
    assert f"The {MOST_STUDIES} choices that move the pool most, of the {len(many)}" in (
        picture.caption
    )
    assert len(picture.data()) == len(many)


def test_lights_of_many_results_are_those_of_the_first_and_all_are_saved(records):
    judged = ("Low", "Low", "Low", "Low", "High", "High")
    columns = ["Study", "D1", "D2", "D3", "D4", "D5", "Overall"]
    table = pd.DataFrame([(f"Study {n}", *judged) for n in range(70)], columns=columns)
    results = from_robvis(table, "RoB 2", domain_names(records)["RoB 2"])
    picture = risk_figures.traffic_lights(results)
    assert picture.alt.count("overall high") == risk_figures.MOST_RESULTS
    assert f"The first {risk_figures.MOST_RESULTS} of 70 results" in picture.caption
    assert len(picture.data()) == 70
    few = risk_figures.traffic_lights(results[: risk_figures.MOST_RESULTS])
    assert "The first" not in few.caption


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("width", [WIDE, PHONE], ids=lambda width: width.name)
def test_a_name_of_many_letters_leaves_room_for_what_is_drawn(width, iron_pool):
    """Without a cut matplotlib gives up the layout, and warns."""
    first, *others = iron_pool.contrasts
    long = replace(first, label="The Collaborative Group on " + "very " * 20 + "long names 2018")
    pooled = replace(iron_pool, contrasts=(long, *others))
    picture = contrast_figures.contrast_forest(pooled, 3.0)
    drawn = page.svg(picture.draw, width, "t").decode()
    assert "The Collaborative" in drawn and "long names 2018" not in drawn
    assert long.label in picture.alt
