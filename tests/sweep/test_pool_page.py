"""The page of a sweep of pooled effects: its sentences, figures and tables, from points whose law is known."""

import re
from math import exp, log

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evidence_review.display.style import PHONE, WIDE, style
from evidence_review.effect_measures import MEASURES
from evidence_review.estimates.measure import Measure
from evidence_review.review.settings import OBSERVATIONAL, RANDOMISED
from evidence_review.sweep import figures as sweep_figures
from evidence_review.sweep import pool_words
from evidence_review.sweep import words as sweep
from evidence_review.sweep.choices import NOT_USED, POOLED_EFFECT
from evidence_review.sweep.points import SweepResult
from evidence_review.sweep.pool_words import Part, first_line, overall
from evidence_review.sweep.tables import write_csv

DEFAULTS = {
    "review": "a",
    "outcome": "death",
    "tau2": "REML",
    "interval": "z",
    "method": "random_effects",
    "change_sd": 8.0,
    "level": 0.95,
}
RATIO, POINTS = Measure("OR", "", "lower"), Measure("MD", "points", "lower")


def part(
    axes: dict, effect, measure=RATIO, *, half=0.2, evidence=RANDOMISED, outcome="death"
) -> Part:
    """A sweep whose effect is a function of its choices, with intervals of one width."""
    grid = pd.MultiIndex.from_product(axes.values(), names=tuple(axes)).to_frame(index=False)
    rows = []
    for number, point in enumerate(grid.to_dict("records"), 1):
        value = effect(point)
        gives = {
            "studies_pooled": 5.0,
            "effect": value,
            "effect_low": value - half,
            "effect_high": value + half,
            "tau": 0.1,
            "i2": 40.0,
            "pooled_as": float(list(MEASURES).index(measure.name)),
        }
        is_default = all(point[name] == DEFAULTS[name] for name in axes)
        rows.append(
            {"point": number, **point, **gives, "ok": True, "message": "", "is_default": is_default}
        )
    own = effect(DEFAULTS)
    result = SweepResult(
        about=POOLED_EFFECT,
        points=pd.DataFrame(rows),
        swept=tuple(axes),
        is_grid=True,
        defaults=DEFAULTS,
        default={"effect": own, "effect_low": own - half, "effect_high": own + half},
        measure=measure,
    )
    return Part(outcome, result, "placebo", evidence)


SDS = {"tau2": ["REML", "DL"], "change_sd": [6.0, 8.0, 10.0]}
# Logarithms of 1/4 to 2: -1.39, -0.69, 0 with REML, 0.69 more with DL.
doubling = lambda point: log(2) * ((point["change_sd"] - 10) / 2 + (point["tau2"] == "DL"))


def test_the_first_line_has_the_range_the_direction_and_what_intervals_exclude():
    assert first_line(part(SDS, doubling)) == (
        "Over 6 sets of choices, the pooled odds ratio of death against placebo is 0.25 to 2.00 (0.50 with the "
        "review's own settings); below 1 is better. They do not agree on the direction: 3 lie on the better side, "
        "1 lies on the worse side and 2 find that nothing differs. The 95% interval excludes no effect (1) in 4 of 6: "
        "3 on the better side, 1 on the worse side."
    )


def test_where_more_is_better_the_largest_comes_first_and_counts_as_better():
    found = part(SDS, doubling, Measure("MD", "points", "higher"), half=0.1)
    line = first_line(found)
    assert "pooled difference from placebo in death is 0.69 to −1.39 points" in line
    assert "improvement is positive" in line
    assert "1 lies on the better side, 3 lie on the worse side" in line
    assert "in 4 of 6: 1 on the better side, 3 on the worse side." in line
    table = pool_words.points_frame([found], found.result)
    assert table["pooled mean difference (points)"].tolist()[::5] == ["0.69", "−1.39"]


@pytest.mark.parametrize(
    ("effect", "half", "said"),
    [
        (-1.0, 0.5, "All 6 agree on the direction: they lie on the better side. "
         "The 95% interval excludes no effect (1) in all 6, always on the better side."),
        (1.0, 2.0, "All 6 agree on the direction: they lie on the worse side. "
         "No 95% interval excludes no effect (1)."),
    ],
)  # fmt: skip
def test_points_that_agree_are_said_to_agree(effect, half, said):
    assert first_line(part(SDS, lambda point: effect, half=half)).endswith(said)


def test_an_effect_that_prints_as_none_is_on_no_side():
    """An odds ratio of 1.004 is printed as 1.00."""
    line = first_line(part(SDS, lambda point: log(1.004) if point["tau2"] == "DL" else -1.0))
    assert "3 lie on the better side and 3 find that nothing differs" in line
    same = first_line(part(SDS, lambda point: log(1.004)))
    assert "is 1.00; below 1 is better. All 6 find that nothing differs." in same


def test_without_a_better_side_sides_are_told_by_their_numbers():
    line = first_line(part(SDS, doubling, Measure("MD", "points", None)))
    assert "no source says which way is better" in line
    assert "3 lie below 0, 1 lies above 0" in line
    assert "better side" not in line


def test_a_swept_level_is_not_told_as_one_level():
    line = first_line(part({"level": [0.9, 0.95]}, lambda point: -1.0))
    assert "The interval excludes no effect" in line


def test_an_association_is_not_told_as_what_a_treatment_does():
    line = first_line(part(SDS, doubling, evidence=OBSERVATIONAL))
    assert "below 1 is better" in line
    assert not re.search(r"\b(helps?|prevents?|improvement)\b", line)
    meaning = pool_words.what_a_point_is(
        [part(SDS, doubling, evidence=OBSERVATIONAL)], part(SDS, doubling).result
    )
    assert "the effects that studies print: 5 studies" in meaning


def test_several_measures_are_counted_together_and_not_compared_in_size():
    found = [part(SDS, doubling), part(SDS, lambda point: -1.0, POINTS)]
    assert overall(found) == (
        "12 sets of choices are of 2 measures, the sizes of whose effects cannot be compared. They do not agree on the "
        "direction: 9 lie on the better side, 1 lies on the worse side and 2 find that nothing differs. The interval excludes "
        "no effect in 10 of 12: 9 on the better side, 1 on the worse side."
    )


def test_shares_are_those_of_the_logarithms():
    """Variances of ln 2 times (-1, 0, 1) and of (-1/2, 1/2): 2/3 and 1/4, so 8/11 and 3/11."""
    shares = part(SDS, doubling).result.shares("effect")
    assert shares.alone == pytest.approx([3 / 11, 8 / 11])
    assert pool_words.moved(part(SDS, doubling)) == (
        "The choice that moves it most is SD of one person's change (how it is computed), which alone accounts for 73% of the variance."
    )


def test_an_estimator_has_no_share_of_what_the_method_moves():
    """Effects of -1 and +1 by random effects, of 3 by a method without them, twice (two levels)."""
    axes = {
        "method": ["random_effects", "peto"],
        "tau2": ["REML", "DL", NOT_USED],
        "level": [0.9, 0.95],
    }
    effect = lambda point: 3.0 if point["method"] == "peto" else 1.0 - 2 * (point["tau2"] == "REML")
    whole = part(axes, effect).result
    used = (whole.points["method"] == "peto") == (whole.points.tau2 == NOT_USED)
    found = SweepResult(
        about=POOLED_EFFECT, points=whole.points.loc[used], swept=whole.swept, is_grid=True,
        defaults=DEFAULTS, default=None, measure=RATIO,
    )  # fmt: skip
    # Six points: mean 1, sum of squares 2 * (4 + 0 + 4) = 16; between methods 4 * 1 + 2 * 4 = 12; the rest is tau2's.
    assert found.shares("effect").alone == pytest.approx([12 / 16, 4 / 16, 0])


@pytest.mark.parametrize("width", [WIDE, PHONE], ids=lambda width: width.name)
@pytest.mark.parametrize(
    ("name", "better"), [("OR", "lower"), ("OR", "higher"), ("MD", "higher"), ("MD", None)]
)
def test_axes_have_better_on_the_left_and_show_what_is_printed(name, better, width):
    measure = Measure(name, "" if name == "OR" else "points", better)
    found = part(SDS, doubling, measure).result
    curve = sweep_figures.specification_curve(found, {})
    each = sweep_figures.by_choice(found, {})
    values = np.sort(found.done.effect.to_numpy())
    printed = [measure.printed(value) for value in (values[::-1] if better == "higher" else values)]
    with style(width):
        figure = curve.draw(width)
        figure.canvas.draw()
        top = figure.axes[0]
        assert top.get_yscale() == ("log" if name == "OR" else "linear")
        (line,) = (line for line in top.lines if len(line.get_xdata()) == 6)
        assert line.get_ydata() == pytest.approx(printed)  # the best comes first
        box = figure.get_tightbbox()
        assert box.x0 >= -0.02
        assert box.x1 <= figure.get_figwidth() + 0.02
        plt.close(figure)
        figure = each.draw(width)
        figure.canvas.draw()
        axis = figure.axes[-1]
        assert axis.xaxis_inverted() == (better == "higher")
        low, high = sorted(axis.get_xlim())
        assert low <= min(printed) <= max(printed) <= high
        assert low <= measure.null <= high
        said = " ".join(text.get_text() for text in axis.texts)
        assert ("← better" in said) == (better is not None)
        plt.close(figure)


def test_an_interval_of_few_studies_does_not_squash_the_others_and_is_said_to_go_on():
    wide = part({"change_sd": [6.0, 8.0]}, lambda point: -0.5 - (point["change_sd"] == 6))
    wide.result.points.loc[0, "effect_high"] = 40.0
    picture = sweep_figures.specification_curve(wide.result, {})
    assert "an interval that reaches the edge goes on beyond it" in picture.caption
    with style(WIDE):
        figure = picture.draw(WIDE)
        assert figure.axes[0].get_ylim()[1] < exp(5)
        plt.close(figure)
    narrow = part({"change_sd": [6.0, 8.0]}, lambda point: -0.5 - (point["change_sd"] == 6))
    assert "beyond" not in sweep_figures.specification_curve(narrow.result, {}).caption


def test_the_file_has_ratios_and_the_name_of_the_measure(tmp_path):
    found = part({"tau2": ["REML", "DL"]}, lambda point: log(2) if point["tau2"] == "DL" else 0.0)
    write_csv(found.result, tmp_path / "points.csv")
    table = pd.read_csv(tmp_path / "points.csv")
    assert table.effect.tolist() == pytest.approx([1.0, 2.0])
    assert table.effect_high.tolist() == pytest.approx([exp(0.2), 2 * exp(0.2)])
    assert table.pooled_as.tolist() == ["OR", "OR"]


def test_a_report_is_offered_for_settings_alone():
    axes = {"tau2": ["REML", "DL"], "method": ["random_effects", "peto"]}
    found = part(axes, lambda point: -1.0).result
    commands = sweep.report_commands(found, found.points.point)
    assert commands["1"] == "evidence-review report --review a"
    assert commands["3"] == "evidence-review report --review a --set tau2=DL"
    assert commands["2"].startswith("There is no report with another choice of method")
