"""Fixtures: the project as committed, its records, and copies that a test may break."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.new_review import Question, new_review
from evidence_review.records import Project, load
from evidence_review.review.review import Review
from evidence_review.review.settings import Settings

from .minimal_review import NAME

# The same examples in every run, and no clock: a busy machine is not a failure.
hypothesis_settings.register_profile("evidence-review", deadline=None, derandomize=True)
hypothesis_settings.load_profile("evidence-review")

ROOT = Path(__file__).resolve().parents[1]


# pytest names the running test in the environment. A process that forks kernels serves one
# environment, so that with this name every test would start one of its own, which takes seconds;
# and ipykernel, seeing the name, drops what a program prints.
@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call() -> None:
    os.environ.pop("PYTEST_CURRENT_TEST", None)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup() -> None:
    os.environ.pop("PYTEST_CURRENT_TEST", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests begin first: at the end no worker waits for another that has just begun one."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def project() -> Project:
    return Project(ROOT)


@pytest.fixture(scope="session")
def records(project):
    """The review of magnesium, as committed."""
    return load("magnesium-rls", project)


@pytest.fixture(scope="session")
def settings(records) -> Settings:
    return Review(records).settings


@pytest.fixture(scope="session")
def iron(project):
    """The review of iron, as committed: several trials, all but two of the reference class."""
    return load("iron-rls", project)


@pytest.fixture(scope="session")
def iron_settings(iron) -> Settings:
    return Review(iron).settings


@pytest.fixture(scope="session")
def magnesium(records) -> Review:
    """The review of magnesium, opened with its defaults."""
    return Review(records)


@pytest.fixture(scope="session")
def iron_review(iron) -> Review:
    """The review of iron, opened with its defaults."""
    return Review(iron)


@pytest.fixture(scope="session")
def iron_pool(iron_review):
    """Its trials pooled on the outcome that it asks about."""
    return pooled_contrast(iron_review, iron_review.about.outcome)


@pytest.fixture(scope="session")
def infarction(project):
    """The review of magnesium after a heart attack, as committed: counts of deaths, no placebo arms."""
    return load("magnesium-infarction", project)


@pytest.fixture(scope="session")
def infarction_review(infarction) -> Review:
    """The same, opened with its defaults."""
    return Review(infarction)


@pytest.fixture
def copy(tmp_path) -> Project:
    """A copy of data and notebooks (no reports) that a test may change."""
    for name in ("data", "notebooks"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints")
        )
    return Project(tmp_path)


@pytest.fixture(scope="session")
def new_project(tmp_path_factory) -> Project:
    """A project with a new review, of which nothing is filled in yet."""
    root = tmp_path_factory.mktemp("new")
    shutil.copytree(ROOT / "data", root / "data")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    project = Project(root)
    question = Question("Does zinc help with restless legs syndrome?")
    new_review(project, NAME, question, reference="rls-placebo")
    return project


@pytest.fixture
def review(new_project, tmp_path) -> Project:
    """Its own copy for a test that changes it."""
    shutil.copytree(new_project.root, tmp_path / "project")
    return Project(tmp_path / "project")


@pytest.fixture(scope="session")
def reference():
    """Reads a reference result by its name."""

    def read(name: str) -> dict:
        return json.loads(
            (ROOT / "tests" / "reference" / f"{name}.json").read_text(encoding="utf-8")
        )

    return read
