"""Published ratios as people in 1000."""

import pytest

from evidence_review.findings.of_published import published_findings


def test_people_in_1000_are_the_control_count_times_the_ratio_and_never_more_than_all(iron_review):
    found = {one.id: one for one in published_findings(iron_review)}
    rows = iron_review.records.rows("pooled_results")
    counted = 0
    for row in rows:
        name = next(
            (key for key in found if key.endswith("per_1000") and row.row in found[key].rows), ""
        )
        if not name:
            continue
        counted += 1
        for printed, shown in (
            (row.estimate, found[name].value),
            (row.ci_low, found[name].interval.low),
            (row.ci_high, found[name].interval.high),
        ):
            people = row.control_per_1000 * printed
            assert row.control_per_1000 + shown == pytest.approx(min(people, 1000))
    assert counted > 1
