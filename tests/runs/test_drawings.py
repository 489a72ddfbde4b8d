"""What is drawn of the same values is drawn once; of others, it is drawn again."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from evidence_review.display import page
from evidence_review.display.style import WIDE
from evidence_review.runs import drawings


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "drawn_before", page.drawn_before)
    drawings.keep_in(tmp_path / "drawings")
    return tmp_path / "drawings"


def test_of_the_same_values_it_is_drawn_once(folder, monkeypatch):
    calls = []
    original = page._drawn_anew
    monkeypatch.setattr(
        page, "_drawn_anew", lambda *given: calls.append(given[1].name) or original(*given)
    )

    def shown(*values) -> str:
        def draw(width):
            figure, axes = plt.subplots(figsize=(width.inches, 2))
            axes.plot(list(values))
            axes.text(0, values[0], "here", url="sources.html#row")
            return figure

        return page.figure_html(draw, "one", "A line")

    first = shown(1.0, 2.0)
    assert calls == ["wide", "phone"]
    assert shown(1.0, 2.0) == first
    assert len(calls) == 2
    assert "sources.html#row" in first
    other = shown(1.0, 2.000001)
    assert len(calls) == 4
    monkeypatch.setattr(page, "drawn_before", lambda draw, *of: draw())
    assert shown(1.0, 2.0) == first
    assert shown(1.0, 2.000001) == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": [2.0]})),
        ({"a": (1, 2)}, {"a": (1, 3)}),
        (lambda: 1, lambda: 2),
        (lambda x=1: x, lambda x=2: x),
    ],
)
def test_what_it_holds_tells_one_drawing_from_another(folder, one, other):
    held = lambda value: lambda width: value
    assert page.drawn_before(lambda: "one", held(one), WIDE) == "one"
    assert page.drawn_before(lambda: "again", held(one), WIDE) == "one"
    assert page.drawn_before(lambda: "other", held(other), WIDE) == "other"


def test_what_a_notebook_defines_and_what_cannot_be_told_apart_is_drawn_each_time(folder):
    own = lambda width: None
    own.__module__ = "__main__"
    for what in (own, (each for each in "ab")):
        assert page.drawn_before(lambda: 1, what) == 1
        assert page.drawn_before(lambda: 2, what) == 2
    assert list(folder.iterdir()) == []


def test_cells_that_ran_before_tell_one_drawing_from_another(folder, monkeypatch):
    assert page.drawn_before(lambda: 1, "figure") == 1
    monkeypatch.setattr(drawings, "_cells_run", lambda: ("plt.rcParams['font.size'] = 30",))
    assert page.drawn_before(lambda: 2, "figure") == 2


def test_a_file_that_is_broken_is_drawn_again_and_the_oldest_go(folder, monkeypatch):
    page.drawn_before(lambda: 1, "figure")
    (path,) = folder.iterdir()
    path.write_text("{")
    assert page.drawn_before(lambda: 2, "figure") == 2
    assert page.drawn_before(lambda: 3, "figure") == 2
    monkeypatch.setattr(drawings, "KEPT", 0)
    drawings.keep_in(folder)
    assert list(folder.iterdir()) == []
