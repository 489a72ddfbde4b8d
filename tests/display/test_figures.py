"""Figures: drawn at both widths, the same bytes twice, nothing cut off, alt text with the numbers."""

import re
from dataclasses import replace

import matplotlib.pyplot as plt
import pytest

from evidence_review.checks import p_against_interval as consistency
from evidence_review.checks.per_study import every_check
from evidence_review.display import (
    check_figures,
    page,
    placebo_figures,
    review_figures,
    risk_figures,
    sensitivity_figures,
    trial_figures,
)
from evidence_review.display.claims import verdicts
from evidence_review.display.flow_figure import flow_diagram
from evidence_review.display.style import PHONE, WIDE, style
from evidence_review.estimates.change import main_change, placebo_arms, single_arm_changes
from evidence_review.estimates.contrast import every_contrast
from evidence_review.estimates.doses import doses
from evidence_review.estimates.measure import Measure, scale
from evidence_review.judgement.claims import JUDGED, AuditedClaim
from evidence_review.judgement.flow import flow
from evidence_review.judgement.risk_of_bias import assessments
from evidence_review.placebo import bias, trial_design
from evidence_review.placebo import response as placebo
from evidence_review.review.review import Review
from evidence_review.sensitivity import one_at_a_time as sensitivity


@pytest.fixture(scope="module")
def pictures(magnesium, records, settings):
    arms, _ = placebo_arms(magnesium)
    fit = placebo.pool(arms, settings)
    studies, by_weeks = records.reference_class["studies"], placebo.change_by_weeks(magnesium)
    change = main_change(magnesium)
    chosen = placebo.benchmark(magnesium)
    contrasts = every_contrast(magnesium)
    pooled = records.reference_class["pooled_results"]
    checks = consistency.p_against_interval(magnesium)
    found = [
        trial_figures.doses(doses(magnesium)),
        trial_figures.trial_effects(
            single_arm_changes(magnesium),
            contrasts,
            0.95,
            assessments(Review(records)),
        ),
        check_figures.p_checks(checks),
        check_figures.checks_by_kind(every_check(Review(records))),
        verdicts(
            AuditedClaim(row, row.verdict, JUDGED, "", ()) for row in records["claims"].itertuples()
        ),
        placebo_figures.forest(arms, fit),
        placebo_figures.response_by_weeks(arms, studies, by_weeks),
        placebo_figures.change_against_placebo(
            change, chosen, placebo.against_placebo(change, chosen), arms, "magnesium"
        ),
        sensitivity_figures.bias_range(change, chosen, bias.blinding_biases(magnesium), 8.0),
        sensitivity_figures.what_moves(
            magnesium, sensitivity.sensitivities(magnesium), change.label
        ),
        sensitivity_figures.with_and_without_control(
            trial_design.TrialPlan(8.0),
            placebo.map_prior(arms, settings),
            scale(records, "IRLS", "MC"),
            (3.0, 6.0),
        ),
        trial_figures.beside_established(
            contrasts[0],
            pooled[pooled.use == "treatment against placebo"],
            scale(records, "IRLS", "MD"),
            8.0,
            (5.5, 11.0),
            3.0,
            "magnesium",
        ),
        *(risk_figures.traffic_lights([result]) for result in assessments(Review(records))),
        risk_figures.summary(assessments(Review(records))[:1]),
        flow_diagram(flow(magnesium)),
    ]
    return {picture.id: picture for picture in found}


NAMES = (
    "doses",
    "trial-effects",
    "p-checks",
    "checks-by-kind",
    "verdicts",
    "placebo-forest",
    "placebo-weeks",
    "key-figure",
    "bias-range",
    "what-moves-the-answer",
    "with-and-without-control",
    "beside-established",
    "risk-of-bias-rob_2",
    "risk-of-bias-robins-i_v2",
    "risk-of-bias-summary-rob_2",
    "flow-diagram",
)


def test_all_figures_are_tested(pictures):
    assert tuple(pictures) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [WIDE, PHONE], ids=lambda width: width.name)
def test_no_text_is_cut_off(pictures, name, width):
    with style(width):
        figure = pictures[name].draw(width)
        figure.canvas.draw()
        drawn = figure.get_tightbbox()  # everything that is drawn, in inches
        assert drawn.x0 >= -0.01
        assert drawn.y0 >= -0.01
        assert drawn.x1 <= figure.get_figwidth() + 0.01
        assert drawn.y1 <= figure.get_figheight() + 0.01
        plt.close(figure)


@pytest.mark.parametrize("name", ["key-figure", "placebo-forest"])
def test_the_same_input_gives_the_same_bytes(pictures, name):
    once, again = (page.svg(pictures[name].draw, PHONE, "title") for _ in range(2))
    assert once == again


def test_a_last_digit_that_nobody_sees_changes_no_byte():
    """numpy 2.4 and 2.5 place the axes of the flow diagram so far apart; pages must not differ by it."""

    def draw(bottom):
        def figure(width):
            drawn = plt.figure(figsize=(width.inches, 2), layout="none")
            axes = drawn.add_axes((0.1, bottom, 0.8, 0.8))
            axes.plot([0, 1], [0, 1])
            return drawn

        return figure

    one, other = (page.svg(draw(bottom), PHONE, "t") for bottom in (0.1, 0.1 + 2**-55))
    assert b'<clipPath id="' in one and b"url(#" in one
    assert one == other


# What a reader who does not see the figure has to be told. Worked out by hand where it can be:
# magnesium in 250 mg of the oxide is 250 × 24.305 / 40.304 mg, 12.4 mmol of it are 12.4 × 24.305 mg;
# Dopamine agonists −5.7 / 8 SD; 113 and 29 people an arm for 80% power at d = 0.375 and 0.75.
TOLD = {
    "doses": ("151 mg or 250 mg", "301 mg"),
    "trial-effects": ("change −6.67 points (−11.00 to −2.33)", "−1.16 to −0.92 SD against placebo"),
    "p-checks": ("quality of life (printed p = .014, implied p = .0094)",),
    "checks-by-kind": ("8 inconsistent", "Gorantla 2024 (p against its interval)"),
    "verdicts": ("11 supported, 10 partly, 1 contradicted, 2 unverified and 3 not checkable",),
    "placebo-forest": ("28 placebo arms", "Pooled mean −6.72"),
    "placebo-weeks": ("−0.29 points per further week", "4 crossover arms"),
    "key-figure": ("6.67 points", "12 people", "51% of them would do as well or better"),
    "bias-range": ("51% if no bias is subtracted", "−0.63 to −0.05 SD"),
    "what-moves-the-answer": ("51% with no choice changed", "below 2.5%"),
    "with-and-without-control": ("3 points", "from 226 people on", "from 58 people on"),
    "beside-established": ("Dopamine agonists −0.71",),
    "risk-of-bias-rob_2": ("overall high", "No information for 15 questions"),
    "risk-of-bias-robins-i_v2": ("overall critical", "No information for 9 questions"),
    "risk-of-bias-summary-rob_2": ("in 1 study", "Overall: 100% high"),
    "flow-diagram": ("41 arms on placebo or sham, of which 13 left out",),
}


@pytest.mark.parametrize("name", NAMES)
def test_alt_text_tells_the_numbers(pictures, name):
    alt = pictures[name].alt
    for words in TOLD[name]:
        assert words in alt
    assert 80 < len(alt) < 700, "longer than a glance at the figure, shorter than the page"
    assert alt.endswith(".")
    assert not re.search(r"(^|[\s(])-\d", alt), "a minus is a minus"


def test_no_two_alt_texts_are_alike(pictures):
    assert len({picture.alt for picture in pictures.values()}) == len(NAMES)


def test_words_of_the_flow_diagram_stay_in_their_column(pictures):
    with style(WIDE):
        figure = pictures["flow-diagram"].draw(WIDE)
        figure.canvas.draw()
    middle = figure.bbox.width / 2
    sides = set()
    for words in figure.findobj(plt.Text):
        if words.get_text():
            box = words.get_window_extent()
            assert box.x1 < middle or box.x0 > middle, words.get_text()
            sides.add(box.x0 > middle)
    assert sides == {True, False}
    plt.close(figure)


def test_effect_axes_put_better_on_the_left(pictures):
    for name in (
        "trial-effects",
        "placebo-forest",
        "key-figure",
        "beside-established",
    ):
        with style(WIDE):
            figure = pictures[name].draw(WIDE)
        words = {text.get_text(): text for text in figure.findobj(plt.Text)}
        assert words["← better"].get_ha() == "left"
        axes = words["← better"].axes
        assert axes.get_xlim()[0] < axes.get_xlim()[1]
        plt.close(figure)


def test_over_weeks_better_is_below(pictures):
    with style(WIDE):
        figure = pictures["placebo-weeks"].draw(WIDE)
    words = {text.get_text(): text for text in figure.findobj(plt.Text)}
    assert words["↓ better"].get_position()[1] < words["↑ worse"].get_position()[1]
    axes = words["↓ better"].axes
    assert axes.get_ylim()[0] < axes.get_ylim()[1]
    plt.close(figure)


def test_the_numbers_of_every_figure_can_be_saved(pictures):
    for name, picture in pictures.items():
        assert picture.data() is not None, name
        assert len(picture.data()) > 0, name


def test_a_difference_without_an_sd_is_left_out_of_an_axis_in_sds(iron_review):
    """Trenkwalder 2017 prints a difference in points; without assumptions nothing makes SDs of it."""
    moved = iron_review.under(missing_se="exclude")
    contrasts = every_contrast(moved)
    of_means = [item for item in contrasts if not item.best.measure.is_of_events]
    assert [item.label for item in of_means if item.on("SMD") is None] == ["Trenkwalder 2017"]
    drawn = review_figures.trial_effects(moved, [], contrasts)
    assert "Trenkwalder" not in drawn.alt
    assert "Cho 2018" in drawn.alt


def test_changes_share_an_axis_only_with_those_of_their_unit_and_better_end(magnesium):
    """No source says which way quality of life is better: its axis does not say so, either."""
    severity, life = single_arm_changes(magnesium)
    hours = replace(life, measure=Measure("MC", "hours", "higher"))
    drawn = trial_figures.trial_effects([severity, hours, life, severity], [], 0.95)
    figure = drawn.draw(WIDE)
    says = [
        (
            axis.get_xlabel(),
            axis.xaxis_inverted(),
            any("better" in words.get_text() for words in axis.texts),
            len(axis.get_yticks()),
        )
        for axis in figure.axes
    ]
    plt.close(figure)
    assert says == [
        ("Change (points)", False, True, 2),
        ("Change (hours)", True, True, 1),
        ("Change (points)", False, False, 1),
    ]
