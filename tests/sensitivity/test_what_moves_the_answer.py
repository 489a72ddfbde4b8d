"""Sensitivity of the headline: each end can be had by setting the parameter, and nothing is left out."""

from dataclasses import fields

import pytest

from evidence_review.estimates.counts import important_benefit
from evidence_review.findings.of_placebo import against_placebo_findings
from evidence_review.findings.of_sensitivity import sensitivity_findings
from evidence_review.placebo.against import against_chosen
from evidence_review.review.finding import sensitivity_id
from evidence_review.review.settings import ESTIMANDS, Settings
from evidence_review.sensitivity import one_at_a_time as sensitivity
from evidence_review.sensitivity.pool_choices import WITHOUT, pool_choices
from evidence_review.words.pool import choices_sentence

from ..two_scales import FREEDOM, VAS, yoga


def share_as_good(review) -> float:
    return against_chosen(review).as_good


@pytest.fixture(scope="module")
def found(magnesium):
    return sensitivity.sensitivities(magnesium)


def test_the_share_is_the_headline(magnesium, found):
    headline = against_placebo_findings(magnesium)[0].value / 100
    assert all(one.now == pytest.approx(headline, rel=1e-12) for one in found)


def test_every_end_comes_from_its_setting(found, magnesium):
    for one in found:
        for share, value in (one.low, one.high):
            assert share_as_good(magnesium.under(**{one.name: value})) == share


def test_settings_that_the_share_depends_on_are_all_there(magnesium, found):
    """What is not in the list really leaves the share alone, at either end of what is allowed."""
    listed = {one.name for one in found}
    asked = {"review", "outcome"}  # another one has a share of its own
    now, tried = share_as_good(magnesium), set()
    for name, limits in magnesium.limits.items():
        if name in listed | asked:
            continue
        for value in limits.choices or (limits.low, limits.high):
            tried.add(name)
            assert share_as_good(magnesium.under(**{name: value})) == now, name
    assert listed | asked | tried == {entry.name for entry in fields(Settings)}


def test_questions_and_computations_are_kept_apart(found):
    kinds = [one.is_estimand for one in found]
    assert kinds == sorted(kinds, reverse=True)
    asked = {one.name for one in found if one.is_estimand}
    assert {"benchmark", "population", "designs"} <= asked <= set(ESTIMANDS)


def test_findings_span_the_bars(found):
    """The thresholds, the choices of each kind together, and each choice by itself."""
    by_id = {finding.id: finding for finding in sensitivity_findings(found)}
    assert by_id["sensitivity.rarely"].value == 2.5
    assert by_id["sensitivity.commonly"].value == 25.0
    asked, computed = by_id["sensitivity.asked"], by_id["sensitivity.computed"]
    assert asked.span.low == pytest.approx(100 * min(o.low[0] for o in found if o.is_estimand))
    assert computed.span.high == pytest.approx(
        100 * max(o.high[0] for o in found if not o.is_estimand)
    )
    for one in found:
        span = by_id[sensitivity_id(one.name)].span
        assert (span.low, span.high) == pytest.approx((100 * one.low[0], 100 * one.high[0]))
    assert len(by_id) == 4 + len(found)
    assert sensitivity_findings([]) == []


# metafor 3.8.1: escalc("SMD"), with the means of Tilbrook 2011 negative, and rma(test = "adhoc") without each.
WITHOUT_ONE = {
    "Sherman 2005": (-0.451017, -0.912024, 0.009990),
    "Tekur 2008": (-0.414049, -0.883443, 0.055345),
    "Cox 2010": (-0.472113, -0.906827, -0.037400),
    "Tilbrook 2011": (-0.581495, -1.265076, 0.102086),
}


@pytest.fixture(scope="module", params=[[VAS, FREEDOM], [FREEDOM, VAS]], ids=["last", "first"])
def two_scales(request, tmp_path_factory):
    """The trial on the scale that runs the other way comes last, or first."""
    return yoga(tmp_path_factory.mktemp("yoga"), *request.param)


def test_a_part_of_a_pool_has_its_measure_and_direction(two_scales):
    """The trials that are left share a scale: they are still pooled in SDs, as all are together."""
    as_it_is, *others = pool_choices(two_scales, "pain")
    assert as_it_is.pooled.measure.better == "lower"  # as on the review's own scale
    without = {choice.of: choice.pooled for choice in others if choice.kind == WITHOUT}
    assert without.keys() == WITHOUT_ONE.keys()
    for left_out, expected in WITHOUT_ONE.items():
        part = without[left_out]
        assert part.measure == as_it_is.pooled.measure, left_out
        found = part.fit.estimate, part.fit.ci_low, part.fit.ci_high
        assert found == pytest.approx(expected, abs=2e-6)


def test_what_matters_in_the_unit_of_the_scale_is_in_sds_beside_a_pool_in_sds(two_scales):
    """Half an SD of 22 mm, by the convention that `new` proposes."""
    now = pool_choices(two_scales, "pain")[0].pooled
    assert two_scales.settings.important_difference == 11
    assert important_benefit(two_scales, now.measure, now.contrasts) == 0.5
    said = choices_sentence(pool_choices(two_scales, "pain"), 0.5)
    assert "smaller than 0.5 SD, except under this choice: without Tilbrook 2011." in said
