"""Three whole reports, each built once: with the defaults, with other parameters, of another review."""

import csv
import json
import shutil

import pytest

from evidence_review.records import Project
from evidence_review.review.settings import Settings
from evidence_review.runs.report import build_report

from ..conftest import ROOT

PAGES = (
    "index",
    "01-trials",
    "02-effect-sizes",
    "03-placebo-response",
    "04-placebo-as-a-prior",
    "05-effect-against-placebo",
    "06-what-moves-the-answer",
    "07-consistency",
    "08-risk-of-bias",
    "09-certainty",
    "10-claims",
    "11-trial-that-would-settle-it",
    "12-reporting-standards",
    "sources",
)
# Those of a review that starts from a question: it has no claims to look at.
PAGES_WITHOUT_CLAIMS = tuple(name for name in PAGES if name != "10-claims")

OTHER = Settings(
    review="magnesium-rls",
    benchmark="silva2017",
    missing_se="exclude",
    designs="parallel",
    change_sd=7.0,
    arm_size=24.0,
    important_difference=2.0,
    pre_post_r=0.7,
    tau2="DL",
    interval="z",
    tau_prior_scale=3.0,
    bias="hrobjartsson2014_other",
    discount=0.5,
    vague_weight=0.3,
    drop_out=0.25,
    run_in=0.2,
    level=0.9,
)


# In words of the data: each would run something, load something or end what it stands in.
HOSTILE = """ <script>alert("x")</script>'&![p](//example.org/p)[l](javascript:x)$1|"""
WORDS = (
    *("label", "title", "because", "article_title", "article_publisher"),
    *("article_summary", "treatment", "condition", "population", "location", "note"),
    *("citation", "claim", "qualifier", "reason", "arm", "source_kind"),
)


def build(tmp_path_factory, settings, edit=lambda data: None):
    root = tmp_path_factory.mktemp("project")
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, root / name)
    edit(root / "data")
    return build_report(Project(root), settings).folder


def make_hostile(data):
    """Put code and marks into every cell of the data that is free text."""
    for path in data.glob("*/*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        for row in rows:
            row[:] = [
                cell + HOSTILE if cell and name in WORDS else cell
                for name, cell in zip(header, row, strict=True)
            ]
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    return build(tmp_path_factory, Settings(review="magnesium-rls"))


@pytest.fixture(scope="session")
def other_report(tmp_path_factory):
    """With parameters other than the defaults, on data that are hostile."""
    return build(tmp_path_factory, OTHER, make_hostile)


@pytest.fixture(scope="session")
def iron_report(tmp_path_factory):
    return build(tmp_path_factory, Settings(review="iron-rls"))


@pytest.fixture(scope="session")
def results(report):
    return json.loads((report / "results.json").read_text(encoding="utf-8"))
