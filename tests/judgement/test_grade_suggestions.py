"""What arithmetic says of a domain, at and beside every threshold."""

import numpy as np
import pytest

from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.judgement.grade import (
    suggest_imprecision,
    suggest_inconsistency,
    suggest_publication_bias,
    suggest_risk_of_bias,
)
from evidence_review.judgement.risk_of_bias import Assessment, Judgement
from evidence_review.review.finding import Interval
from evidence_review.words.grade import because


def assessed(tool: str, overall: str, *domains: str) -> Assessment:
    parts = tuple(Judgement(f"D{i}", "a domain", word) for i, word in enumerate(domains, 1))
    return Assessment(
        tool, "a", "A 2020", "pain", parts, Judgement("overall", "overall", overall, rows=("x",))
    )


@pytest.mark.parametrize(
    ("tool", "overall", "domains", "judgement"),
    [
        ("RoB 2", "low", ("low", "low"), "not serious"),
        ("RoB 2", "some concerns", ("some concerns", "some concerns"), "serious"),
        ("RoB 2", "high", ("high", "some concerns"), "serious"),
        ("RoB 2", "high", ("high", "high"), "very serious"),
        ("ROBINS-I V2", "low", ("low", "low"), "not serious"),
        ("ROBINS-I V2", "moderate", ("moderate", "low"), "serious"),
        ("ROBINS-I V2", "serious", ("serious", "serious"), "very serious"),
        ("ROBINS-I V2", "critical", ("critical", "low"), "extremely serious"),
    ],
)
def test_risk_of_bias_of_one_study(tool, overall, domains, judgement):
    found = suggest_risk_of_bias([assessed(tool, overall, *domains)])
    assert (found.judgement, found.rows) == (judgement, ("x",))
    assert because(found).startswith(f"A 2020: {overall} by {tool}")


@pytest.mark.parametrize(
    ("overall", "judgement"),
    [
        (["low", "high"], "serious"),  # half of them
        (["low", "low", "high"], "not serious"),
        (["high", "low", "some concerns"], "serious"),
        (["low", "some concerns", "high", "high"], "serious"),
    ],
)
def test_risk_of_bias_that_half_of_the_studies_reach(overall, judgement):
    results = [assessed("RoB 2", word, word, "low") for word in overall]
    assert suggest_risk_of_bias(results).judgement == judgement


@pytest.mark.parametrize(
    ("overall", "unassessed", "judgement"),
    [
        (["low"], 6, ""),  # a trial of seven says nothing of the others
        (["low", "low", "low"], 1, "not serious"),  # two of four at least are low
        (["low", "low"], 1, "not serious"),
        (["some concerns", "low"], 1, ""),
    ],
)
def test_studies_that_nobody_assessed_leave_it_open(overall, unassessed, judgement):
    """Whatever they are, from low to critical, at least half of all has to reach the judgement."""
    results = [assessed("RoB 2", word, word, "low") for word in overall]
    found = suggest_risk_of_bias(results, unassessed)
    assert found.judgement == judgement
    assert because(found).endswith("not assessed")


def two_studies(i2: float, *, opposed: bool) -> tuple[list[float], list[float]]:
    """Two studies of equal variance 1 with exactly this I2 (q = d^2 / 2, I2 = 1 - 1 / q)."""
    distance = np.sqrt(2 / (1 - i2 / 100))
    centre = 0.0 if opposed else 10.0
    return [centre - distance / 2, centre + distance / 2], [1.0, 1.0]


@pytest.mark.parametrize(
    ("i2", "same_direction", "different_direction"),
    [
        # The table of Cochrane review CD009172: I2 from 40% and from 75%.
        (39.9, "not serious", "not serious"),
        (40.1, "not serious", "serious"),
        (74.9, "not serious", "serious"),
        (75.1, "serious", "very serious"),
    ],
)
def test_inconsistency_by_i2_and_direction(i2, same_direction, different_direction):
    for opposed, judgement in ((False, same_direction), (True, different_direction)):
        found = suggest_inconsistency(*two_studies(i2, opposed=opposed))
        assert found.judgement == judgement
        assert because(found).startswith(f"2 studies, I2 {i2:.0f}%")


@pytest.mark.parametrize("effects", [[], [-1.0]])
def test_one_study_cannot_be_inconsistent(effects):
    found = suggest_inconsistency(effects, [0.1] * len(effects))
    assert (found.judgement, because(found)[0]) == ("", str(len(effects)))


def imprecision(low, high, people=1000):
    effect = Effect(Measure("MD", "points", "lower"), None, 0.0, Interval(low, high, 0.95))
    return suggest_imprecision(effect, important=3.0, people=people, needed=200).judgement


@pytest.mark.parametrize(
    ("low", "high", "judgement"),
    [
        (-9, -3, "not serious"),  # a limit at the threshold does not cross it
        (-9, -2.9, "serious"),
        (-3, 0, "not serious"),
        (-2.9, 2.9, "serious"),
        (-9, 0, "serious"),
        (-9, 0.1, "very serious"),
        (-9, 3, "very serious"),
        (-9, 3.1, "extremely serious"),
        (3, 9, "not serious"),
        (2.9, 9, "serious"),
    ],
)
def test_imprecision_by_thresholds_inside_the_interval(low, high, judgement):
    assert imprecision(low, high) == judgement


@pytest.mark.parametrize(("better", "crossed"), [("lower", "benefit"), ("higher", "harm")])
def test_which_end_is_a_benefit_is_data(better, crossed):
    """-9 to -1 holds -3: an important benefit where less is better, an important harm where more is."""
    effect = Effect(Measure("MD", "min", better), None, 0.0, Interval(-9.0, -1.0, 0.95))
    found = suggest_imprecision(effect, important=3.0, people=1000, needed=200)
    assert f"includes an important {crossed}" in because(found)


@pytest.mark.parametrize(
    ("people", "narrow", "wide"),
    [
        (200, "not serious", "very serious"),
        (199, "serious", "very serious"),
        (100, "serious", "very serious"),
        (99, "very serious", "very serious"),
    ],
)
def test_imprecision_by_people_beside_the_optimal_information_size(people, narrow, wide):
    assert imprecision(-9, -4, people) == narrow
    assert imprecision(-9, 1, people) == wide


def test_publication_bias_needs_ten_studies():
    few = suggest_publication_bias(np.zeros(9), np.geomspace(0.1, 3, 9))
    assert (few.judgement, because(few)[:24]) == ("", "fewer than 10 studies (9)"[:24])
    for nothing in ([], [np.nan]):  # a study of which only a range without an end is known
        assert suggest_publication_bias(nothing, nothing).judgement == ""


def test_publication_bias_by_asymmetry():
    errors = np.linspace(0.1, 1.0, 12)
    noise = 0.3 * errors * np.resize([1, -1, -1, 1], 12)
    symmetric = suggest_publication_bias(-1 + noise, errors**2)
    slanted = suggest_publication_bias(-1 - 2 * errors + noise, errors**2)
    assert (symmetric.judgement, slanted.judgement) == ("not serious", "serious")
