"""The command that the choices on a page show makes a report that says what the page says."""

import shlex
import shutil
from html import unescape

import pytest

from evidence_review import cli
from evidence_review.explorer.on_page import on_page
from evidence_review.records import Project, load
from evidence_review.review.review import Review

from ..conftest import ROOT

pytestmark = pytest.mark.slow

# A review, and the place of what is chosen in each of its choices.
CHOSEN = (
    ("magnesium-rls", (1, 2, 4, 5)),
    ("magnesium-rls", (0, 1, 0, 2)),
    ("magnesium-rls", (2, 0, 2, 0)),
    ("iron-rls", (1, 4, 2)),
    ("magnesium-infarction", (1, 2)),
    ("magnesium-infarction", (2, 4)),
)


@pytest.mark.parametrize(("name", "places"), CHOSEN)
def test_the_report_of_the_command_says_what_the_page_says(name, places, tmp_path, monkeypatch):
    for folder in ("data", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    packed = on_page(Review(load(name, Project(tmp_path)))).packed
    at, arguments = 0, []
    for choice, place in zip(packed["choices"], places, strict=True):
        at = at * len(choice["written"]) + place
        arguments.append(choice["arguments"][place])
    monkeypatch.chdir(tmp_path)
    line = " ".join(filter(None, (packed["command"], *arguments)))
    assert cli.main(shlex.split(line)[1:]) == 0
    page = (tmp_path / "reports" / name / "index.html").read_text(encoding="utf-8")
    words = _words(page.partition('id="choices"')[0] + page.rpartition("In more detail")[2])
    for sentence in packed["answers"][at][0]:
        assert packed["pieces"][sentence] in words


def _words(page: str) -> str:
    """The text of a page, tags left out."""
    import re

    return unescape(re.sub(r"<[^>]*>", "", page))
