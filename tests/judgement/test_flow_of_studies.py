"""The flow diagram counts the tables: nothing appears, nothing is lost on the way."""

import csv
from collections import Counter
from dataclasses import replace

import pytest

from evidence_review.estimates.change import placebo_arms
from evidence_review.findings.of_judgement import flow_findings
from evidence_review.judgement.flow import flow
from evidence_review.review.review import Review


def rows(project, file: str) -> list[dict]:
    with (project.data / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def counts(lane) -> list[int | None]:
    return [stage.count for stage in lane.stages]


def left_out(stage) -> int:
    return sum(count for _, count in stage.left_out)


def test_the_studies_of_the_review(magnesium, project):
    studies, _ = flow(magnesium)
    table = rows(project, "magnesium-rls/studies.csv")
    assert counts(studies) == [None, len(table), 2]
    assert dict(studies.stages[1].parts) == Counter(row["role"] for row in table)
    # Four compare people with and without the condition; the pilot of 1998 prints no change.
    assert dict(studies.stages[1].left_out) == {"nobody was treated": 4, "no change printed": 1}


def test_the_placebo_arms(magnesium, project):
    _, placebo = flow(magnesium)
    trials = [r for r in rows(project, "rls-placebo/studies.csv") if r["role"] == "reference class"]
    arms = [r for r in rows(project, "rls-placebo/arms.csv") if r["role"] in ("placebo", "sham")]
    without = {row["study_id"] for row in trials} - {row["study_id"] for row in arms}
    pooled, rest = placebo_arms(magnesium)
    assert counts(placebo) == [None, len(trials), len(arms), len(pooled)]
    assert placebo.stages[1].left_out == (("no placebo or sham arm", len(without)),)
    assert dict(placebo.stages[2].left_out) == Counter(arm.reason for arm in rest)


@pytest.mark.parametrize(
    "chosen",
    [{}, {"designs": "crossover"}, {"population": "haemodialysis"}, {"missing_se": "exclude"}],
    ids=str,
)
def test_every_study_and_arm_goes_on_or_has_a_reason(magnesium, chosen):
    studies, placebo = flow(magnesium.under(**chosen))
    for stage, following in ((studies.stages[1:]), (placebo.stages[2:])):
        assert stage.count == following.count + left_out(stage)
    reasons = dict(placebo.stages[2].left_out)
    outside = "not in the population or designs chosen"
    assert (outside in reasons) == ("designs" in chosen or "population" in chosen)


def test_a_review_without_studies(records):
    tables = {name: records[name].iloc[:0] for name in ("contrasts", "studies")}
    tables["review"] = records["review"].assign(single_arm_study="")
    studies, _ = flow(Review(replace(records, tables=records.tables | tables)))
    assert counts(studies) == [None, 0, 0]


def test_only_known_counts_are_findings(magnesium):
    found = {finding.id: finding.value for finding in flow_findings(magnesium)}
    assert found == {
        stage.id: stage.count
        for lane in flow(magnesium)
        for stage in lane.stages
        if stage.count is not None
    }
