"""Every notebook once more, with every parameter moved from its default."""

import csv
import json
from collections import defaultdict

from evidence_review.review.settings import Settings

from ..conftest import ROOT
from .conftest import OTHER


def test_every_parameter_is_moved():
    default = Settings()
    assert [
        name for name in Settings.names() if getattr(OTHER, name) == getattr(default, name)
    ] == [
        "population",
        "outcome",  # under another one most pages have nothing to say
        *("measure", "evidence"),  # have no other value in a review of trials of means
    ]


def parallel_arms_with_a_spread() -> int:
    """Placebo arms of parallel trials that print how surely they changed: an SE, an interval or an SD."""
    folder = ROOT / "data" / "rls-placebo"
    tables = {
        name: list(csv.DictReader((folder / f"{name}.csv").open(encoding="utf-8", newline="")))
        for name in ("studies", "arms", "statistics")
    }
    parallel = {row["study_id"] for row in tables["studies"] if row["design"] == "parallel"}
    placebo = {
        (row["study_id"], row["arm_id"])
        for row in tables["arms"]
        if row["role"] == "placebo" and row["study_id"] in parallel
    }
    printed = defaultdict(set)
    for row in tables["statistics"]:
        if row["value"] and row["outcome"] in ("RLS severity", "participants"):
            printed[row["study_id"], row["arm_id"]].add(row["statistic"])
    people = {"n_analysed", "n_randomised"}
    return sum(
        "change_mean" in found
        and bool(
            found & {"change_se", "change_ci_low"} or ("change_sd" in found and found & people)
        )
        for found in (printed[arm] for arm in placebo)
    )


def test_the_numbers_move_with_them(other_report):
    results = json.loads((other_report / "results.json").read_text(encoding="utf-8"))
    assert results["gorantla2024.rls_severity.change"]["interval"]["level"] == 0.9
    assert results["placebo.own-arms.arms"]["value"] == parallel_arms_with_a_spread()
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
