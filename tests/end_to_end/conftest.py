"""Three whole reports, each built once: with the defaults, with other parameters, of another review."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from evidence_review.records import Project
from evidence_review.review.settings import Settings
from evidence_review.runs.report import build_report

from ..built_once import built_once
from ..conftest import ROOT
from ..small_project import exported


def pages_of(review: str, data: Path = ROOT / "data") -> tuple[str, ...]:
    """The pages that a report should have: contents, a page a notebook that has data, and sources."""
    names = []
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb")):
        if path.name.startswith("00-"):  # the reader's own table, no page
            continue
        about = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("evidence_review", {})
        table = about.get("needs")
        if table in ("placebo arms", "a plan"):
            (row,) = _rows(data / review / "review.csv")
            beside = row["reference_class"]
            if not beside:
                continue
            if table == "placebo arms" and not _rows(data / beside / "arms.csv"):
                continue
        elif table and not _rows(data / review / f"{table}.csv"):
            continue
        names.append(path.stem)
    return "index", *names, "sources"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def anchors(fragment: str) -> set[str]:
    """The ids that a link names: one, or those of many rows ('rows=a-b-3,4;c-d-7')."""
    if not fragment.startswith("rows="):
        return {fragment} if fragment else set()
    named = [part.rsplit("-", 1) for part in fragment.removeprefix("rows=").split(";")]
    return {f"{table}-{line}" for table, lines in named for line in lines.split(",")}


PAGES = pages_of("magnesium-rls")

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
    crossover_r=0.3,
    icc=0.05,
    smd_sds="any",
    baseline_risk=100.0,
)


# In words of the data: each would run something, load something or end what it stands in.
HOSTILE = """ <script>alert("x")</script>'&![p](//example.org/p)[l](javascript:x)$1|"""
WORDS = (
    *("label", "title", "because", "article_title", "article_publisher"),
    *("article_summary", "treatment", "condition", "population", "location", "note"),
    *("citation", "claim", "qualifier", "reason", "arm", "source_kind"),
)


def report_of(factory, name: str, settings: Settings, edit=lambda data: None) -> Path:
    """The folder of a report on the committed data, or on data that `edit` changes."""

    def build(root: Path) -> None:
        for folder in ("data", "notebooks"):
            shutil.copytree(ROOT / folder, root / folder)
        edit(root / "data")
        build_report(Project(root), settings)

    return built_once(factory, name, build) / "reports" / settings.review


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
    return report_of(tmp_path_factory, "magnesium", Settings(review="magnesium-rls"))


@pytest.fixture(scope="session")
def other_report(tmp_path_factory):
    """With parameters other than the defaults, on data that are hostile."""
    return report_of(tmp_path_factory, "other", OTHER, make_hostile)


@pytest.fixture(scope="session")
def iron_report(tmp_path_factory):
    return report_of(tmp_path_factory, "iron", Settings(review="iron-rls"))


@pytest.fixture(scope="session")
def infarction_report(tmp_path_factory):
    return report_of(tmp_path_factory, "infarction", Settings(review="magnesium-infarction"))


@pytest.fixture(scope="session")
def reports(report, iron_report, infarction_report, tmp_path_factory):
    """The pages of three reports, their list and one of them as one file, as if made in one place."""

    def gather(root: Path) -> None:
        exported(report)
        for part in (report, iron_report, infarction_report):
            (root / part.name).symlink_to(part)
        for name in ("index.html", "exports"):
            (root / name).symlink_to(report.parent / name)

    return built_once(tmp_path_factory, "served", gather)


@pytest.fixture(scope="session")
def results(report):
    return json.loads((report / "results.json").read_text(encoding="utf-8"))
