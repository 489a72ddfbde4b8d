"""A review of trials that measured pain on two scales, one of which runs the other way."""

from __future__ import annotations

from pathlib import Path

from evidence_review.exchange.import_table import read_table, write_table
from evidence_review.exchange.new_project import new_project
from evidence_review.exchange.new_review import Question, add_scale, new_review
from evidence_review.exchange.understanding import Wishes
from evidence_review.records import load
from evidence_review.review.review import Review

PAIN = Question(
    text="Does yoga help with back pain?",
    treatment="yoga",
    condition="back pain",
    outcome="pain",
    scale="VAS",
    unit="mm",
    lowest=0,
    highest=100,
    better="lower",
    sd=22,
)
VAS = """study,weeks,n1,mean1,sd1,n2,mean2,sd2
Sherman 2005,12,36,28.1,19.5,30,39.2,21.4
Tekur 2008,1,40,31.0,18.8,40,44.6,20.3
Cox 2010,12,10,33.5,24.0,10,41.0,22.1
"""
# Of freedom from pain, so that more is better.
FREEDOM = """study,weeks,n1,mean1,sd1,n2,mean2,sd2
Tilbrook 2011,12,130,21.4,5.1,128,19.3,5.6
"""


def yoga(folder: Path, *tables: str) -> Review:
    """The review whose trials are these tables, in this order."""
    project = new_project(folder / "own")
    new_review(project, "yoga", PAIN)
    freedom = Question(scale="PFS", unit="points", better="higher")
    add_scale(project, project.data / str(project.reference_class("yoga")), freedom)
    for text in tables:
        file = folder / "table.csv"
        file.write_text(text, encoding="utf-8")
        fill = {"instrument_id": "PFS", "unit": "points"} if text == FREEDOM else {}
        understood = read_table(project, "yoga", file, Wishes(fill=fill, control="usual care"))
        write_table(project, "yoga", file, understood)
    return Review(load("yoga", project))
