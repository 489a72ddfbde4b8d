"""Somebody else's review with one study, from `new` over `check` to its pages."""

import json
import shutil

import pytest

from evidence_review.cli import main
from evidence_review.records import Project

from ..conftest import ROOT
from ..minimal_review import NAME, fill
from .conftest import pages_of
from .test_report import Page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("randomised", "answer", "finding"),
    [
        (True, "In the randomised trial (Roe 2020, double-blind)", "roe2020.rls_severity.md"),
        (False, "In the trial without a control group (Roe 2020", "roe2020.rls_severity.change"),
    ],
)
def test_it_has_every_page_and_says_calmly_what_it_lacks(tmp_path, randomised, answer, finding):
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    run = lambda *words: main(["--project", str(tmp_path), *words])
    question = "Does zinc help with restless legs syndrome?"
    assert run("new", NAME, "--question", question, "--reference", "rls-placebo") == 0
    assert run("check", "--review", NAME) == 1
    fill(Project(tmp_path), randomised=randomised)
    assert run("check", "--review", NAME) == 0
    assert run("report", "--review", NAME) == 0
    folder = tmp_path / "reports" / NAME
    texts = {
        name: (folder / f"{name}.html").read_text(encoding="utf-8")
        for name in pages_of(NAME, tmp_path / "data")
    }
    assert answer in texts["index"]
    assert "Does zinc help with restless legs syndrome?" in texts["index"]
    assert {path.stem for path in folder.glob("*.html")} == set(texts)
    assert not (folder / "10-claims.html").exists()
    assert not any("10-claims" in text for text in texts.values())
    assert "Nobody has judged the certainty" in texts["09-certainty"]
    pages = {name: Page(text) for name, text in texts.items()}
    assert all(page.ids for page in pages.values())
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    # By hand: 14.2 - 17.9 in the one, the change that was entered in the other.
    assert results[finding]["value"] == pytest.approx(-3.7 if randomised else -7.3)
