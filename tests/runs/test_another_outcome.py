"""A report about another outcome than the review's own, in a review that has placebo arms on its own scale."""

import json

import pytest

from evidence_review.review.settings import Settings
from evidence_review.runs.report import build_report

from ..small_project import REVIEW, notebook, only_small_notebooks

CELLS = (
    "import evidence_review as er",
    "from evidence_review.display import page",
    "from evidence_review.findings import of_effects",
    "review = er.open_review(**er.parameters(globals()))",
    "page.publish(of_effects.effect_findings(review))",
)


@pytest.mark.slow
def test_no_placebo_arms_are_asked_for_and_findings_say_of_which_outcome_they_are(copy):
    project = only_small_notebooks(copy)
    parameters = 'review: str = ""\noutcome: str = None'
    notebook(project, "03-effects", "\n".join(CELLS), parameters=parameters)
    report = build_report(project, Settings(review=REVIEW, outcome="sleep quality"))
    found = json.loads((report.folder / "results.json").read_text(encoding="utf-8"))
    assert found["jadidi2022.sleep_quality.smd"]["outcome"] == "sleep quality"
    assert found["jadidi2022.rls_severity.smd"]["outcome"] == "RLS severity"
    assert found["jadidi2022.people_compared"]["outcome"] == ""


@pytest.mark.slow
def test_a_setting_that_moves_no_finding_is_told_also_where_nothing_is_to_do(copy):
    """No trial of this review is a crossover trial; under the other outcome it has other findings."""
    project = only_small_notebooks(copy)
    settings = Settings(review=REVIEW, outcome="sleep quality", crossover_r=0.5)
    for is_made in (True, False):
        lines: list[str] = []
        build_report(project, settings, lines.append)
        assert ("nothing has changed since this report was made" in lines) != is_made
        told = [line for line in lines if "moves" in line]
        assert told == ["crossover_r = 0.5 moves no finding of this report"]
