"""The page of a sweep: its sentence, figures, tables and commands, from points whose law is known."""

import re
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evidence_review.display import page
from evidence_review.display.style import PHONE, WIDE, style
from evidence_review.estimates.measure import Measure
from evidence_review.review.settings import Settings
from evidence_review.runs.notebooks import parse_settings
from evidence_review.sweep import figures as sweep_figures
from evidence_review.sweep import words as sweep
from evidence_review.sweep.choices import AGAINST_PLACEBO
from evidence_review.sweep.points import SweepResult


def quantities(share: float, mean: float = -6.0) -> dict:
    return {
        "placebo_arms": 28.0,
        "placebo_mean": mean,
        "placebo_mean_low": mean - 1,
        "placebo_mean_high": mean + 1,
        "tau": 3.0,
        "new_trial_low": mean - 6,
        "new_trial_high": mean + 6,
        "change": -7.0,
        "placebo_as_good": share,
        "beyond_placebo": -7.0 - mean,
        "beyond_placebo_low": -14.0 - mean,
        "beyond_placebo_high": 0.0 - mean,
    }


@pytest.fixture
def result(settings):
    """Makes a sweep whose share is a function of its parameters; a share of None is a failed point."""

    def made(axes: dict, share, *, is_grid=True, mean=lambda point: -6.0) -> SweepResult:
        names = tuple(axes)
        grid = pd.MultiIndex.from_product(axes.values(), names=names).to_frame(index=False)
        rows = []
        for number, point in enumerate(grid.to_dict("records"), 1):
            value = share(point)
            gives = quantities(np.nan if value is None else value, mean(point))
            rows.append(
                {"point": number}
                | vars(replace(settings, **point))
                | (dict.fromkeys(gives, np.nan) if value is None else gives)
                | {"ok": value is not None, "message": "" if value is not None else "too few arms"}
                | {"is_default": all(point[name] == getattr(settings, name) for name in names)}
            )
        default = share(vars(settings))
        return SweepResult(
            about=AGAINST_PLACEBO,
            points=pd.DataFrame(rows),
            swept=names,
            is_grid=is_grid,
            defaults=vars(settings),
            default=None if default is None else quantities(default),
            measure=Measure("MD", "points", "lower"),
        )

    return made


BY_HAND = {"designs": ["all", "parallel"], "change_sd": [6.0, 8.0, 10.0]}
# Variances 9 (of -3 and 3) and 24 (of 0, 6 and 12): shares 27% and 73%.
law = lambda point: 20 + 6 * (point["designs"] == "parallel") + 3 * (point["change_sd"] - 6)


def test_the_first_line_has_the_range_and_what_moves_it_most(result):
    assert sweep.first_line(result(BY_HAND, law), "tea") == (
        "Over 6 sets of choices, 20% to 38% of placebo arms do as well as people given tea without a "
        "control group, or better (26% with the review's own settings); the choice that moves it most is "
        "SD of one person's change (how it is computed), which alone accounts for 73% of the variance."
    )


def test_of_a_list_no_shares_are_told(result):
    found = result(BY_HAND, law, is_grid=False)
    assert "moves this most" not in sweep.first_line(found, "tea")
    assert "is not computed for a list of points" in sweep.shares_text(found)


def test_when_nothing_moves_the_answer_it_says_so(result):
    found = result(BY_HAND, lambda point: 31.0)
    assert sweep.first_line(found, "tea").startswith("31% of placebo arms")
    assert "under each of 6 sets of choices" in sweep.first_line(found, "tea")
    assert sweep.shares_text(found) == "Nothing moves the answer."


def test_when_no_point_has_an_answer_it_says_so(result):
    found = result(BY_HAND, lambda point: None)
    assert sweep.first_line(found, "tea").startswith(
        "None of the 6 sets of choices gives an answer"
    )
    assert sweep.points_frame(found).empty
    assert sweep.failed_frame(found).points.tolist() == ["6"]


def test_without_an_uncontrolled_trial_the_page_is_about_the_placebo_response(result):
    found = result(BY_HAND, lambda point: np.nan, mean=lambda point: point["change_sd"] - 14)
    found = replace(found, default=None)
    assert found.answer == "placebo_mean"
    line = sweep.first_line(found, "tea")
    assert "−8.00 points to −4.00 points is the mean change on placebo" in line
    assert "tea" not in line
    assert set(sweep.shares_frame(found)) >= {"mean change on placebo"}
    assert "mean change on placebo" in sweep.points_frame(found)


def test_the_shares_of_the_figure_are_those_of_the_algebra(result):
    found = result(BY_HAND, law)
    picture = sweep_figures.what_moves(found, found.shares("placebo_as_good"))
    assert "What is asked: which trial designs 27%" in picture.alt
    assert "how it is computed: SD of one person's change 73%" in picture.alt
    assert "two or more do together: 0%" in picture.alt


def test_with_a_hole_in_the_grid_the_rest_is_not_called_interaction(result):
    holed = lambda point: None if point["change_sd"] == 6 and law(point) > 20 else law(point)
    found = result(BY_HAND, holed)
    picture = sweep_figures.what_moves(found, found.shares("placebo_as_good"))
    assert "together" not in picture.alt
    assert "need not add up" in picture.caption
    (failed,) = sweep.failed_frame(found).to_dict("records")
    assert failed == {
        "why": "too few arms",
        "points": "1",
        "the first of them": "point 4: designs = parallel, change_sd = 6",
    }


def test_levels_are_the_values_in_the_order_of_the_file_and_many_numbers_go_in_groups(result):
    found = result({"tau2": ["PM", "DL"], "change_sd": list(np.linspace(6, 10, 9))}, lambda p: 30.0)
    by_name = lambda name: sweep_figures.levels(found, name, found.done, {"PM": "Paule & Mandel"})
    assert [label for label, _ in by_name("tau2")] == ["Paule & Mandel", "DL"]
    groups = by_name("change_sd")
    assert [label for label, _ in groups] == ["6 to 7", "7.5 to 8", "8.5 to 9", "9.5 to 10"]
    assert np.sum([has for _, has in groups], axis=0).tolist() == [1] * 18


@pytest.fixture(params=[3, 700], ids=["few points", "many points"])
def pictures(request, result):
    sds = list(np.linspace(6, 10, request.param))
    found = result({"designs": ["all", "parallel"], "change_sd": sds}, law)
    return [
        sweep_figures.specification_curve(found, {}),
        sweep_figures.what_moves(found, found.shares(found.answer)),
        sweep_figures.by_choice(found, {}),
    ]


@pytest.mark.parametrize("width", [WIDE, PHONE], ids=lambda width: width.name)
def test_pictures_fit_their_page_and_say_their_numbers(pictures, width):
    for picture in pictures:
        assert len(re.findall(r"\d+%", picture.alt)) >= 3
        with style(width):
            figure = picture.draw(width)
            figure.canvas.draw()
            box = figure.get_tightbbox()
            assert box.x0 >= -0.02
            assert box.x1 <= figure.get_figwidth() + 0.02
            assert box.y0 >= -0.02
            plt.close(figure)
    assert page.svg(pictures[0].draw, width, "x") == page.svg(pictures[0].draw, width, "x")


def test_the_curve_tells_its_ends_and_the_review_s_own_settings(pictures):
    told = pictures[0].alt
    assert "from 20% (which trial designs: all and SD of one person's change: 6)" in told
    assert "to 38% (which trial designs: parallel and SD of one person's change: 10)" in told
    assert "The review's own settings give 26%" in told


def test_the_page_lists_no_more_points_than_a_browser_likes_the_ends_among_them(result):
    found = result(
        {"change_sd": list(np.linspace(6, 10, 2500))}, law_of_sd := lambda p: p["change_sd"]
    )
    table = sweep.points_frame(found)
    assert len(table) == sweep.SHOWN
    assert table.point.iloc[[0, -1]].tolist() == ["1", "2500"]
    assert law_of_sd({"change_sd": 6.0}) == float(table["placebo arms as good or better, %"][0])


def test_a_command_makes_the_report_of_its_point(result, settings):
    import shlex

    axes = {
        "designs": ["all", "parallel"],
        "change_sd": [8.0, 0.1 + 8.2],
        "population": ["all", "a b"],
    }
    found = result(axes, lambda point: 30.0)
    commands = sweep.report_commands(found, found.points.point)
    assert commands["1"] == f"evidence-review report --review {settings.review}"
    for row in found.points.itertuples():
        words = shlex.split(commands[str(row.point)])[4:]
        given = dict(word.split("=", 1) for word in words if word != "--set")
        parsed = parse_settings(settings.review, given)
        for name in found.swept:
            value = getattr(parsed, name)
            expected = getattr(row, name)
            is_default = value in (None, getattr(Settings(), name)) and name not in given
            assert (getattr(settings, name) if is_default else value) == expected


def test_names_in_the_data_are_shown_and_not_run(result):
    evil = "<script>alert(1)</script>"
    found = result({"population": ["all", evil]}, lambda point: 30.0 + len(point["population"]))
    html = page.table_html(sweep.points_frame(found)) + page.figure_html(
        lambda width: plt.figure(layout="none"), "x", sweep_figures.by_choice(found, {}).alt
    )
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
