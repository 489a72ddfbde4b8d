"""One description of a figure, two back ends; better is on the left, whichever end of a scale is better."""

import re
from dataclasses import replace
from math import inf, log
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.ticker import MaxNLocator
from numpy.testing import assert_allclose

from evidence_review.display.chart import (
    Area,
    Chart,
    Line,
    Panel,
    Point,
    Row,
    Upright,
    Words,
    figure,
    light_svg,
)
from evidence_review.display.contrast_figures import contrast_forest
from evidence_review.display.placebo_figures import change_against_placebo
from evidence_review.display.style import PHONE, PLACEBO, WIDE, style
from evidence_review.display.ticks import round_ticks
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.measure import Measure
from evidence_review.placebo.response import Benchmark, against_placebo
from evidence_review.review.finding import Range
from evidence_review.words.effects import limits

SVG = "{http://www.w3.org/2000/svg}"
MINUTES = {better: Measure("MD", "min", better) for better in ("lower", "higher", None)}


def svg(chart):
    return ElementTree.fromstring(light_svg(chart, "what it says"))


def text_at(drawing) -> dict[str, float]:
    return {part.text: float(part.get("x")) for part in drawing.iter(f"{SVG}text")}


def chart(better, **limits):
    marks = [Point(-10.0, 0, "#000000", 5), Point(30.0, 0, "#ffffff", 5)]
    return Chart([Panel(marks, 1.0, -1, 1, [Row(0, "sleep")])], MINUTES[better], "Sleep", **limits)


def drawn(made, width=WIDE):
    with style(width):
        found = figure(made, width)
        found.canvas.draw()
    return found


@pytest.mark.parametrize("better", ["lower", "higher", None])
def test_better_is_on_the_left_of_both_drawings(better):
    made = chart(better)
    circles = list(svg(made).iter(f"{SVG}circle"))
    at = {circle.get("fill"): float(circle.get("cx")) for circle in circles}
    found = drawn(made)
    pixels = found.axes[0].transData.transform([(-10.0, 0), (30.0, 0)])[:, 0]
    is_left = better != "higher"
    assert (at["#000000"] < at["#ffffff"]) == is_left
    assert (pixels[0] < pixels[1]) == is_left
    for words in (text_at(svg(made)), {t.get_text(): 0 for t in found.findobj(plt.Text)}):
        assert ("← better" in words) == ("worse →" in words) == (better is not None)
    plt.close(found)


def test_marks_lie_where_the_axis_says():
    """Ends 0 and 10: a tick and a mark at the same value share their place in pixels."""
    marks = [Line((0.0, 10.0), (0, 0), "#123456"), Words(5.0, 0, "here", "#000000")]
    made = Chart([Panel(marks, 1.0, -1, 1)], MINUTES["lower"], "Sleep", limits=(0.0, 10.0))
    places = text_at(svg(made))
    assert places["here"] == places["6"] - (places["6"] - places["4"]) / 2
    assert places["2"] - places["0"] == pytest.approx(places["10"] - places["8"], abs=0.2)


def test_what_lies_beyond_the_ends_is_cut_off():
    marks = [Line((-100.0, 100.0), (0, 0), "#123456")]
    made = Chart([Panel(marks, 1.0, -1, 1)], MINUTES["lower"], "Sleep", limits=(0.0, 10.0))
    line = next(p for p in svg(made).iter(f"{SVG}polyline") if p.get("stroke") == "#123456")
    places = text_at(svg(made))
    ends = [float(point.split(",")[0]) for point in line.get("points").split()]
    assert ends == pytest.approx([places["0"], places["10"]], abs=0.1)


def test_an_axis_of_logarithms_shows_ratios():
    """Ticks are symmetric in the logarithm: from 0.5 to 1 is as far as from 1 to 2."""
    marks = [Point(np.log(0.4), 0, "#000000", 5), Point(np.log(2.5), 0, "#000000", 5), Upright(0.0)]
    made = Chart([Panel(marks, 1.0, -1, 1)], Measure("OR", "", "lower"), "Odds ratio")
    places = text_at(svg(made))
    assert places["1"] - places["0.5"] == pytest.approx(places["2"] - places["1"], abs=0.2)
    found = drawn(made)
    labels = {t.get_text() for t in found.axes[0].get_xticklabels()}
    assert labels == {"0.5", "1", "2"}
    plt.close(found)


def test_names_and_values_are_escaped():
    rows = [Row(0, "<b>&", value="1 < 2")]
    marks = [Point(0.0, 0, "#000000", 5), Point(1.0, 0, "#000000", 5)]
    made = Chart([Panel(marks, 1.0, -1, 1, rows)], MINUTES["lower"], "Sleep")
    assert {"<b>&", "1 < 2"} <= set(text_at(svg(made)))


CHANGE = SingleArmChange(
    study_id="x",
    arm_id="a",
    label="A trial",
    outcome="sleep",
    instrument_id="Diary",
    week=8.0,
    n=16.0,
    mean=40.0,
    se=6.0,
    measure=MINUTES["higher"],
    route="SE",
    assumed=None,
    basis="reported",
    rows=(),
    mean_rounding=Range(40.0, 40.0),
    se_rounding=Range(6.0, 6.0),
)


def key_figure(change):
    """Placebo arms gain 30 minutes on average; sqrt(36 + 36 + 28) = 10 is the predictive SD."""
    placebo = Benchmark(
        "own-arms",
        30.0 if change.mean > 0 else -30.0,
        6.0,
        28**0.5,
        None,
        5.0,
        change.measure,
        (),
    )
    return change_against_placebo(
        change, placebo, against_placebo(change, placebo), [change, change], "tea"
    )


def shaded(made) -> Area:
    (area,) = (
        mark for mark in made.panels[0].marks if isinstance(mark, Area) and mark.colour == PLACEBO
    )
    return area


def test_where_more_is_better_the_key_figure_shades_the_longer_sleepers():
    """A gain of 40 is one SD above 30: 15.87% of a normal distribution lie above."""
    picture = key_figure(CHANGE)
    made = picture.chart(WIDE)
    assert min(shaded(made).x) >= 40.0
    assert made.panels[0].title == "16% of placebo arms this small do as well or better"
    assert "change of 40.00 min" in picture.alt
    assert "better to the left" in picture.alt
    assert "between 10.4 and 49.6" in picture.alt  # 30 ± 1.96 · 10


def test_the_key_figure_of_the_turned_scale_is_its_mirror_image():
    turned = replace(CHANGE, mean=-40.0, measure=MINUTES["lower"])
    one, other = key_figure(CHANGE).chart(PHONE), key_figure(turned).chart(PHONE)
    assert sorted(shaded(one).x) == pytest.approx(sorted(-x for x in shaded(other).x))
    assert one.ends == pytest.approx([-end for end in reversed(other.ends)])
    lines = lambda made: [
        part.get("points")
        for part in svg(made).iter(f"{SVG}polygon")
        if part.get("fill") == PLACEBO
    ]
    points = lambda made: sorted(
        tuple(map(float, point.split(","))) for point in lines(made)[0].split()
    )
    assert np.array(points(one)) == pytest.approx(np.array(points(other)), abs=0.2)


@pytest.mark.parametrize("width", [WIDE, PHONE], ids=lambda width: width.name)
def test_the_forest_of_a_scale_on_which_more_is_better(iron_pool, width):
    """Every sign of the trials turned: the largest gain is drawn on the left, and said to be better."""
    measure = replace(iron_pool.measure, better="higher")
    effects = tuple(effect.turned(measure) for effect in iron_pool.effects)
    fit = iron_pool.fit
    turned = replace(
        fit,
        estimate=-fit.estimate,
        ci_low=-fit.ci_high,
        ci_high=-fit.ci_low,
        pi_low=-fit.pi_high,
        pi_high=-fit.pi_low,
    )
    picture = contrast_forest(replace(iron_pool, effects=effects, fit=turned), 3.0)
    made = picture.chart(width)
    (line,) = (m for m in made.panels[0].marks if isinstance(m, Upright) and m.dashed)
    assert line.x == 3.0  # a gain, not a loss, of 3 matters
    found = drawn(made, width)
    left, right = found.axes[0].get_xlim()
    assert left > right
    plt.close(found)
    places = text_at(ElementTree.fromstring(picture.light()))
    assert places["5"] < places["0"]
    assert "better to the left" in picture.alt
    assert re.search(r"Pooled 4\.96 \(3\.11 to 6\.82\)", picture.alt)


@pytest.mark.parametrize("most", [5, 7])
def test_ticks_are_where_matplotlib_places_them(most):
    """Two thousand axes, a thousandth to ten thousand wide."""
    rng, locator = np.random.default_rng(20261129), MaxNLocator(most, steps=[1, 2, 5, 10])
    for wide in 10 ** rng.uniform(-3, 4, 2000):
        low = rng.normal() * wide
        every = locator.tick_values(low, low + wide)
        expected = [tick for tick in every if low <= tick <= low + wide]
        assert_allclose(round_ticks(low, low + wide, most), expected, atol=1e-9 * wide)


def test_a_tick_stands_at_either_end_of_an_axis():
    assert_allclose(round_ticks(-0.6, 0.3, 5), [-0.6, -0.4, -0.2, 0, 0.2], atol=1e-12)
    assert_allclose(round_ticks(0.1, 0.3, 5), [0.1, 0.15, 0.2, 0.25, 0.3], atol=1e-12)


def test_a_limit_beyond_what_can_be_printed_ends_at_the_edge():
    """Two hazard ratios far apart: by t with one degree of freedom the limits are astronomical."""
    ratio = Measure("HR", "", "lower")
    assert (ratio.printed(900.0), ratio.printed(-900.0)) == (inf, 0.0)
    assert limits(ratio, log(0.5), 900.0) == "0.50 or more"
    marks = [Line((-900.0, 900.0), (0, 0), "#000000"), Point(0.0, 0, "#000000", 5)]
    made = Chart([Panel(marks, 1.0, -0.5, 0.5, [Row(0, "pooled")])], ratio, "Hazard ratio")
    (axis,) = drawn(made).axes
    low, high = sorted(axis.get_xlim())
    assert 0 < low < 1e-5
    assert 1e5 < high < inf
