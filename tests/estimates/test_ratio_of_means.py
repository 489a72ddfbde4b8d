"""Ratios of means from means, SDs and people of both arms.

Independent values: metafor 3.8-1 on dat.normand1999 (days in hospital, specialist stroke care against
routine care; Normand 1999, Stat Med 18:321), `escalc(measure="ROM")` and `rma`.
"""

import pytest

from evidence_review.display.contrasts import routes_table
from evidence_review.estimates.contrast import contrast_results, contrasts_on
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.methods import INVERSE_VARIANCE, by_method
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.estimates.reasons import CROSSOVER_RATIO, NO_RATIO
from evidence_review.exchange.new_review import Question

from ..printed_estimates import imported

STAYS = """study,year,n1,mean1,sd1,n2,mean2,sd2
Edinburgh,1999,155,55,47,156,75,64
Orpington-Mild,1999,31,27,7,32,29,4
Orpington-Moderate,1999,75,64,17,71,119,29
Orpington-Severe,1999,18,66,20,18,137,48
Montreal-Home,1999,8,14,8,13,18,11
Montreal-Transfer,1999,57,19,7,52,18,4
Newcastle,1999,34,52,45,33,41,34
Umea,1999,110,21,16,183,31,27
Uppsala,1999,60,30,27,52,23,20
"""
YI = (
    *(-0.3101549283038, -0.0714589639821, -0.6202404097519, -0.7303261838017, -0.2513144282809),
    *(0.0540672212703, 0.2376716518771, -0.3894647667617, 0.2657031657330),
)
VI = (
    *(0.00937908326061, 0.00276276785368, 0.00177721240928, 0.01192127623364, 0.06954377192472),
    *(0.00333096712549, 0.04286515883818, 0.00942253459221, 0.02804122437109),
)
ABOUT = Question(
    text="Does specialist care shorten the stay in hospital?",
    treatment="specialist care",
    condition="stroke",
    outcome="stay in hospital",
    unit="days",
    better="lower",
    measure="ROM",
)
WISHES = {"fill": {"week": "8"}, "control": "usual care"}


def test_effects_and_pools_are_those_of_metafor(tmp_path):
    review = imported(tmp_path, ABOUT, STAYS, **WISHES)
    found = contrasts_on(review, ABOUT.outcome)
    assert [item.best.value for item in found] == pytest.approx(YI, abs=1e-12)
    assert [item.best.variance for item in found] == pytest.approx(VI, abs=1e-13)
    assert pooled_contrast(review, ABOUT.outcome).fit.estimate == pytest.approx(
        -0.2183658864243, abs=1e-6
    )
    one = next(x for x in by_method(review, ABOUT.outcome) if x.method == INVERSE_VARIANCE)
    half = 1.959963984540054 * 0.0250403277351
    ours = (one.value, one.interval.low, one.interval.high)
    assert ours == pytest.approx(
        (-0.3027793081476, -0.3027793081476 - half, -0.3027793081476 + half), abs=1e-8
    )


def test_a_route_to_another_measure_is_not_said_to_fail_above_the_route_that_is_taken(tmp_path):
    """The scores give a difference of means and, by another route, their ratio: 55 / 75 = 0.73."""
    table = routes_table(imported(tmp_path, ABOUT, STAYS, **WISHES)).iloc[:2]
    told = table["route, or why it fails"]
    assert list(table.taken) == ["no", "yes"]
    assert told[0] == "scores of both arms: its result is on another measure (mean difference)"
    assert table["ratio of means"][1] == "0.73"


@pytest.mark.parametrize(
    ("row", "design", "reason"),
    [
        ("20,-3,4,20,5,4", "parallel", NO_RATIO),
        ("20,0,4,20,5,4", "parallel", NO_RATIO),
        ("20,3,4,20,5,4", "crossover", CROSSOVER_RATIO),
    ],
)
def test_no_ratio_where_there_is_none(tmp_path, row, design, reason):
    table = f"study,year,design,n1,mean1,sd1,n2,mean2,sd2\nRoe,2001,{design},{row}\n"
    (found,) = contrast_results(imported(tmp_path, ABOUT, table, **WISHES), ABOUT.outcome)
    assert isinstance(found, NotUsable)
    assert found.reason == reason
