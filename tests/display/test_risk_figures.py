"""Risk-of-bias figures: every judgement has a sign of its own, the words tell what the lights show."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from evidence_review.display.risk_figures import (
    _LOOK,
    NOT_ASSESSED,
    summary,
    traffic_lights,
)
from evidence_review.display.style import WIDE, style
from evidence_review.judgement.bias_tools import TOOLS
from evidence_review.judgement.risk_of_bias import assessments, domain_names, from_robvis
from evidence_review.review.review import Review


@pytest.fixture(scope="module")
def three(records):
    table = pd.DataFrame(
        [
            ("One", "Low", "Low", "Low", "Low", "Low", "Low"),
            ("Two", "High", "Low", "Low", "Low", "Some concerns", "High"),
            ("Three", "No information", "Low", "Low", "Low", "High", "High"),
        ],
        columns=["Study", "D1", "D2", "D3", "D4", "D5", "Overall"],
    )
    return from_robvis(table, "RoB 2", domain_names(records)["RoB 2"])


def signs(picture) -> str:
    with style(WIDE):
        figure = picture.draw(WIDE)
    drawn = "".join(text.get_text() for text in figure.axes[0].texts)
    plt.close(figure)
    return drawn


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_levels_of_a_tool_differ_in_sign_and_get_darker(tool):
    looks = [_LOOK[level] for level in tool.levels]
    assert len({sign for *_, sign in looks} | {_LOOK[NOT_ASSESSED][2]}) == len(looks) + 1
    lightness = [sum(int(fill[i : i + 2], 16) for i in (1, 3, 5)) for fill, *_ in looks]
    assert lightness == sorted(lightness, reverse=True)


def test_a_light_for_every_study_and_domain(three):
    assert signs(traffic_lights(three)) == "++++++" + "×+++–×" + "?+++××"


def test_the_words_tell_every_judgement(three):
    alt = traffic_lights(three).alt
    assert "Two: overall high. Randomisation process high; deviations from the intended" in alt
    assert "Three: overall high. Randomisation process not assessed;" in alt


def test_results_of_one_study_are_told_apart(records):
    results = [one for one in assessments(Review(records)) if one.tool == "RoB 2"]
    alt = traffic_lights(results).alt
    assert "Jadidi 2022, RLS severity: overall high." in alt
    assert "Jadidi 2022, sleep quality: overall high." in alt


def test_the_shares_are_of_the_weights(three):
    alt = summary(three, weights={"One": 50.0, "Two": 30.0, "Three": 20.0}).alt
    assert "in 3 studies, by weight" in alt
    assert "Randomisation process: 50% low, 30% high and 20% not assessed;" in alt
    assert "Overall: 50% low and 50% high." in alt
    assert "Overall: 33% low and 67% high." in summary(three).alt


def test_a_study_without_a_weight_is_an_error(three):
    with pytest.raises(ValueError, match="no weight for 'Two'"):
        summary(three, weights={"One": 1.0})


def test_tools_do_not_share_a_figure(records):
    with pytest.raises(ValueError, match="one tool"):
        traffic_lights(assessments(Review(records)))
