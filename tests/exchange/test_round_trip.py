"""What goes out for other programs comes in again, and pools to the same result."""

import shutil
from types import SimpleNamespace

import pytest

from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.csv_tables import write_csv
from evidence_review.exchange.import_table import read_table, write_table
from evidence_review.exchange.new_review import Question, new_review
from evidence_review.exchange.understanding import Wishes
from evidence_review.records import Project, load
from evidence_review.review.review import Review

from ..conftest import ROOT


@pytest.mark.parametrize("form", ["metafor", "revman"])
def test_the_exported_table_gives_the_same_pool(iron_review, tmp_path, form):
    """Other programs' tables do not say how long a trial was, so `week` is given."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    project = Project(tmp_path)
    about = iron_review.about
    question = Question("Does it?", "iron", about.condition, about.outcome, about.instrument_id)
    new_review(project, "again", question, reference=about.reference_class)
    write_csv(SimpleNamespace(review=iron_review), tmp_path)
    file = tmp_path / f"{form}.csv"
    only = {"outcome": about.outcome} if form == "metafor" else {"Analysis name": about.outcome}
    wishes = Wishes(fill={"week": "6"}, only=only)
    understood = read_table(project, "again", file, wishes)
    write_table(project, "again", file, understood)

    right = pooled_contrast(iron_review, about.outcome)
    pooled = pooled_contrast(Review(load("again", project)), about.outcome)
    for one, other in zip(pooled.effects, right.effects, strict=True):
        assert one.measure == other.measure
        assert one.value == pytest.approx(other.value, rel=1e-9)
        assert one.variance == pytest.approx(other.variance, rel=1e-4)
