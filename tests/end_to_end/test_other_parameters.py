"""Every notebook once more, with every parameter moved from its default."""

import json

import pytest

from evidence_review.review.settings import Settings

from .conftest import OTHER

pytestmark = pytest.mark.xdist_group("other")


def test_every_parameter_is_moved():
    default = Settings()
    assert [
        name for name in Settings.names() if getattr(OTHER, name) == getattr(default, name)
    ] == ["population"]


def test_the_numbers_move_with_them(other_report):
    results = json.loads((other_report / "results.json").read_text(encoding="utf-8"))
    assert results["gorantla2024.rls_severity.change"]["level"] == 0.9
    # Parallel arms that print how surely they changed: 8 an SE, 6 an SD, 1 an interval.
    assert results["placebo.own-arms.arms"]["value"] == 15
    assert "Silva 2017" in results["gorantla2024.rls_severity.placebo_as_good"]["note"]
    assert "24 people an arm" in results["jadidi2022.rls_severity.smd"]["note"]


def test_the_pages_say_that_they_are_not_the_default(other_report):
    page = (other_report / "index.html").read_text(encoding="utf-8")
    assert "parameters other than the defaults" in page
    assert "benchmark = silva2017" in page
    assert "Silva 2017" in page


def test_the_summary_speaks_of_the_defaults_only(other_report):
    """A report with other parameters keeps the summary that is there; here none was."""
    assert not (other_report / "summary.md").exists()
