"""What a measure says of the risks of an event in two groups, against algebra and a numerical derivative."""

from math import exp, log

import pytest

from evidence_review.effect_measures import MEASURES

OF_RISK = {name: one.risks for name, one in MEASURES.items() if one.risks}
RISKS = (0.02, 0.3, 0.5, 0.9)


@pytest.mark.parametrize("name", OF_RISK)
@pytest.mark.parametrize("risk", RISKS)
def test_the_effect_of_two_risks_leads_from_the_one_to_the_other(name, risk):
    treated = 0.8 * risk
    effect = OF_RISK[name].effect(treated, risk)
    assert OF_RISK[name].treated(effect, risk) == pytest.approx(treated, rel=1e-12)


@pytest.mark.parametrize("name", [name for name, risks in OF_RISK.items() if risks.slope])
@pytest.mark.parametrize("risk", RISKS)
def test_how_fast_a_difference_moves_with_the_log_odds(name, risk):
    """The prior of a spread of log odds ratios is one of differences by this factor."""
    at = lambda log_odds: 1 / (1 + exp(-log_odds))
    here, step = log(risk / (1 - risk)), 1e-5
    effect = OF_RISK[name].effect
    by_hand = (effect(at(here + step), risk) - effect(at(here - step), risk)) / (2 * step)
    assert OF_RISK[name].slope(risk) == pytest.approx(by_hand, rel=1e-7)


def test_every_difference_between_risks_says_how_fast_it_moves():
    differences = {name for name in OF_RISK if not MEASURES[name].log}
    assert differences == {name for name, risks in OF_RISK.items() if risks.slope}
