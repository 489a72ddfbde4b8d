"""A review that was prepared for others is the one that they would have opened themselves."""

import pandas as pd
import pytest

import evidence_review as er
from evidence_review.api import opening

REVIEW = "magnesium-rls"


@pytest.fixture(autouse=True)
def apart(monkeypatch):
    """What a test prepares is for nobody else."""
    monkeypatch.setattr(opening, "_prepared", {})


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"level": 0.8},
        {"level": 0.9, "measure": None, "outcome": None},
        {"missing_se": "exclude"},
        {"outcome": "quality of life"},
        {"outcome": "quality of life", "important_difference": None, "evidence": None},
    ],
)
def test_findings_are_those_of_a_review_opened_afresh(project, settings):
    afresh = er.open_review(REVIEW, project=project.root, **settings)
    opening.prepare(project.root, REVIEW, level=0.8)
    prepared, again = (er.open_review(REVIEW, project=project.root, **settings) for _ in "12")
    assert prepared.records is again.records
    assert prepared.records is not afresh.records
    assert prepared.settings == afresh.settings
    pd.testing.assert_frame_equal(prepared.findings, afresh.findings)


def test_a_name_that_is_no_setting_is_refused_as_always(project):
    opening.prepare(project.root, REVIEW)
    with pytest.raises(TypeError, match="no setting levle"):
        er.open_review(REVIEW, project=project.root, levle=0.9)


def test_a_number_that_changed_since_is_read(copy):
    opening.prepare(copy.root, REVIEW)
    path = copy.data / REVIEW / "statistics.csv"
    before = er.open_review(REVIEW, project=copy.root).records["statistics"]
    header, first, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert ",=,75," in first
    path.write_text("".join([header, first.replace(",75,", ",76,"), *rest]), encoding="utf-8")
    after = er.open_review(REVIEW, project=copy.root).records["statistics"]
    assert (before.value[0], after.value[0]) == (75, 76)
