"""A point of a sweep is what the report finds under the same parameters."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from evidence_review.findings.of_placebo import against_placebo_findings, placebo_findings
from evidence_review.review.finding import finding_id
from evidence_review.review.review import Review
from evidence_review.sweep.points import quantities

POINTS = [
    {},
    {"interval": "z", "tau2": "DL", "level": 0.9, "missing_se": "exclude"},
    {"benchmark": "silva2017", "bias": "hrobjartsson2014", "discount": 0.5},
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.get("benchmark", str(len(point))))
def test_the_quantities_are_the_findings_of_the_report(point, records, magnesium):
    moved = magnesium.under(**point)
    found = {
        finding.id: finding
        for finding in (
            *placebo_findings(moved),
            *against_placebo_findings(moved),
        )
    }
    own = lambda name: found[
        finding_id(records.review.single_arm_study, records.review.outcome, name)
    ]
    here = quantities(moved)
    close = lambda value: pytest.approx(value, rel=1e-12)
    assert here.placebo_as_good == close(own("placebo_as_good").value)
    beyond = own("beyond_placebo")
    assert (here.beyond_placebo, here.beyond_placebo_low, here.beyond_placebo_high) == close(
        (beyond.value, beyond.interval.low, beyond.interval.high)
    )
    mean = own("placebo_mean")
    assert (here.placebo_mean, here.new_trial_low, here.new_trial_high) == close(
        (mean.value, mean.interval.low, mean.interval.high)
    )
    assert here.beyond_placebo == close(here.change - here.placebo_mean)
    pooled = found[f"placebo.{moved.settings.benchmark}.change"]
    # A published interval is printed rounded, and need not lie evenly about its estimate.
    rounding = 1e-12 if moved.settings.benchmark == "own-arms" else 0.01
    assert (here.placebo_mean_low, here.placebo_mean_high) == pytest.approx(
        (pooled.interval.low, pooled.interval.high), rel=rounding
    )
    if moved.settings.benchmark == "own-arms":
        assert here.tau == close(found["placebo.own-arms.tau"].value)
        assert here.placebo_arms == found["placebo.own-arms.arms"].value


def test_a_review_without_an_uncontrolled_trial_still_has_its_placebo_response(magnesium, records):
    review = records["review"].assign(single_arm_study="", single_arm="")
    without = replace(records, tables=records.tables | {"review": review})
    found, before = asdict(quantities(Review(without))), asdict(quantities(magnesium))
    held = {name for name, value in found.items() if np.isnan(value)}
    assert held == {
        name for name in found if name == "change" or "beyond" in name or "as_good" in name
    }
    assert all(found[name] == before[name] for name in found.keys() - held)


def test_too_few_arms_are_said_to_be_too_few(magnesium):
    with pytest.raises(ValueError, match="pooling needs two or more"):
        quantities(magnesium.under(population="low iron stores"))
