"""Notebooks as committed: no outputs, one question, parameters as Settings has them, readable."""

import ast
import re
from dataclasses import fields

import nbformat
import papermill
import pytest
from nbclient import NotebookClient

from evidence_review.review.settings import Settings

from ..conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
OWN = ROOT / "notebooks" / "00-your-own-analysis.ipynb"


def test_the_questions_are_numbered_without_a_gap():
    """The pages of a report, in order; 00 needs no review, and the explorer is no page."""
    numbers = [int(name[:2]) for name in NAMES if name != "explore"]
    assert numbers == list(range(len(numbers)))


def test_your_own_analysis_is_no_page_of_a_report_and_runs(project):
    assert OWN.is_file() and OWN not in project.report_notebooks()
    node = nbformat.read(OWN, as_version=4)
    NotebookClient(node, timeout=120, resources={"metadata": {"path": OWN.parent}}).execute()
    shown = [str(out.get("data", "")) for cell in node.cells for out in cell.get("outputs", [])]
    assert sum("<figure" in out for out in shown) == 2
    assert "inconsistent" in shown[-1]


@pytest.fixture(params=NOTEBOOKS, ids=NAMES)
def path(request):
    return request.param


def test_no_outputs_are_committed(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_parameters_are_those_of_settings(path):
    """Name, type, default and explanation agree, so that --help-notebook says what `list` says."""
    known = {entry.name: entry for entry in fields(Settings)}
    for name, told in papermill.inspect_notebook(str(path)).items():
        entry = known[name]
        assert told["inferred_type_name"] == entry.type.removesuffix(" | None")
        assert ast.literal_eval(told["default"]) == entry.default
        assert told["help"] == entry.metadata["help"]


@pytest.mark.parametrize("path", NOTEBOOKS[1:-1], ids=NAMES[1:-1])
def test_a_notebook_has_the_parameters_whose_setting_names_it(path):
    named = {e.name for e in fields(Settings) if path.stem in e.metadata["notebooks"]}
    assert set(papermill.inspect_notebook(str(path))) == named | {"review"}


def test_every_parameter_is_used_by_some_notebook():
    used = {name for path in NOTEBOOKS for name in papermill.inspect_notebook(str(path))}
    assert used == set(Settings.names())


def test_a_student_can_read_it(path):
    cells = nbformat.read(path, as_version=4).cells
    first, last = cells[0].source, cells[-1].source
    told = "the first cell: a title, one question, and below it what the page is about"
    assert re.match(r"# .+\n\n.+\?\n", first), told
    assert last.startswith("## What this shows, and what it does not")
    assert len(cells) <= 30
    for cell in cells:
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
            assert len(cell.source.splitlines()) <= 15, cell.source


def test_a_code_cell_says_what_is_looked_at(path):
    """No sentence, no table and no number is made in a notebook: that is done in the package.

    But in the one whose table is the reader's own.
    """
    if path == OWN:
        return
    codes = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    for cell in codes:
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.For):
                assert not any(isinstance(part, ast.JoinedStr) for part in ast.walk(node))
            assert not isinstance(node, ast.FunctionDef | ast.Lambda | ast.BinOp)
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "pandas" not in ast.unparse(node) and "numpy" not in ast.unparse(node)
    looking = [cell.source for cell in codes if "import " not in cell.source]
    looking = [source for source in looking if not source.startswith("review: str")]
    assert all(source.count("\n") < 14 for source in looking)
