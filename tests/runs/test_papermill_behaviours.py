"""`papermill --engine warm` does what people rely on papermill for, as its own engine does.

Every command runs with both engines, and what they write is compared.
"""

import logging
import os
import re
import subprocess
import sys
import tomllib

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.cli import papermill
from papermill.engines import papermill_engines

from evidence_review.runs import engine

from ..conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
TAGGED = new_code_cell("a = 1\nb = 'x'", id="defaults", metadata={"tags": ["parameters"]})
SHOWN = new_code_cell("print(a, repr(b))", id="shown")


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs a papermill command on cells, with an engine; returns its result and the notebook."""
    papermill_engines.register(engine.NAME, engine.WarmEngine)
    monkeypatch.chdir(tmp_path)

    def run(name: str, cells, *words: str):
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), "in.ipynb")
        result = CliRunner().invoke(papermill, ["in.ipynb", "out.ipynb", "--engine", name, *words])
        if not os.path.exists("out.ipynb"):
            raise FileNotFoundError(f"papermill wrote nothing: {result.exception!r}")
        return result, nbformat.read("out.ipynb", as_version=4)

    return run


@pytest.fixture
def both(command):
    """Runs it with both engines, which must write the same; returns what the warm one did."""

    def run(cells, *words: str):
        _, ordinary = command("nbclient", cells, *words)
        result, warm = command("warm", cells, *words)
        assert without_times(warm) == without_times(ordinary)
        return result, warm

    return run


def without_times(node) -> str:
    passing = r'"(start_time|end_time|duration|iopub|shell)[^"]*": [^\n]*|ipykernel_\d+|0x[0-9a-f]+'
    text = re.sub(passing, "", nbformat.writes(node))
    return re.sub(r'"id": "[0-9a-f-]+"', "", text)  # of the cells that papermill adds


def sources(node) -> list[str]:
    return [cell.source for cell in node.cells]


def test_parameters_of_every_kind_go_below_the_cell_with_the_defaults(both, tmp_path):
    (tmp_path / "more.yml").write_text("b: [1, 2]\nc: 0.5\n")
    given = ["-f", "more.yml", "-y", "{d: {e: null}, f: true}", "-p", "a", "7", "-r", "g", "8"]
    _, node = both([TAGGED, new_code_cell("[a, b, c, d, f, g]", id="all")], *given)
    assert node.cells[1].metadata.tags == ["injected-parameters"]
    assert node.cells[2].outputs[0].data["text/plain"] == "[7, [1, 2], 0.5, {'e': None}, True, '8']"
    assert node.metadata.papermill.parameters.a == 7


def test_without_a_cell_of_defaults_they_go_to_the_top(both):
    _, node = both([SHOWN], "-p", "a", "1", "-p", "b", "y")
    assert node.cells[0].metadata.tags == ["injected-parameters"]
    assert node.cells[1].outputs[0].text == "1 'y'\n"


def test_a_second_run_replaces_what_the_first_put_in(both):
    _, first = both([TAGGED, SHOWN], "-p", "a", "2")
    _, second = both(first.cells, "-p", "a", "3")
    assert len(second.cells) == 3
    assert second.cells[2].outputs[0].text == "3 'x'\n"


def test_an_error_is_marked_and_what_ran_is_kept(both):
    cells = [
        new_markdown_cell("# Title", id="title"),
        new_code_cell("'before'", id="before"),
        new_code_cell("1 / 0", id="fails"),
        new_code_cell("'after'", id="after"),
    ]
    result, node = both(cells)
    assert result.exit_code == 1
    assert "ZeroDivisionError" in str(result.exception)
    banner, _, before, mark, failed, after = node.cells
    assert "An Exception was encountered at" in banner.source
    assert 'id="papermill-error-cell"' in mark.source
    assert banner.metadata.tags == mark.metadata.tags == ["papermill-error-cell-tag"]
    assert before.outputs[0].data["text/plain"] == "'before'"
    assert failed.metadata.papermill.exception is True
    assert failed.metadata.papermill.status == "failed"
    assert node.metadata.papermill.exception is True
    assert after.metadata.papermill.status == "pending"
    assert after.outputs == []
    _, again = both([cell for cell in node.cells if cell.id != "fails"])
    assert "An Exception" not in "".join(sources(again))  # the marks of the last run are gone


def test_report_mode_hides_the_code(both):
    _, node = both([TAGGED, SHOWN], "--report-mode", "-p", "a", "1")
    assert all(cell.metadata.jupyter.source_hidden for cell in node.cells)


def test_prepare_only_runs_nothing(both):
    _, node = both([TAGGED, SHOWN], "--prepare-only", "-p", "a", "5")
    assert node.cells[1].source == "# Parameters\na = 5\n"
    assert node.cells[2].outputs == []


def test_the_working_directory_is_the_one_that_is_told(both, tmp_path):
    (tmp_path / "here").mkdir()
    cells = [new_code_cell("import os; os.path.basename(os.getcwd())", id="where")]
    _, node = both(cells, "--cwd", "here")
    assert node.cells[0].outputs[0].data["text/plain"] == "'here'"


def test_nobody_can_be_asked(both):
    _, node = both([new_code_cell("input('Name? ')", id="asks")])
    assert "StdinNotImplementedError" in nbformat.writes(node)


def test_output_is_logged_and_written_to_files(both, caplog, tmp_path):
    cells = [new_code_cell("import sys; print('out'); print('err', file=sys.stderr); 42", id="c")]
    with caplog.at_level(logging.INFO, "papermill"):
        both(cells, "--log-output", "--stdout-file", "told", "--stderr-file", "warned")
    told = [record.getMessage().strip() for record in caplog.records]
    assert told.count("out") == told.count("err") == told.count("42") == 2  # two engines
    assert sum("Executing Cell 1" in line for line in told) == 2
    assert (tmp_path / "told").read_text() == "out\n"
    assert (tmp_path / "warned").read_text() == "err\n"


def test_a_cell_has_its_time_and_no_more(command):
    cells = [new_code_cell("import time; time.sleep(600)", id="c"), SHOWN]
    result, node = command("warm", cells, "--execution-timeout", "1")
    assert type(result.exception).__name__ == "CellTimeoutError"
    assert node.cells[1].execution_count is None


def test_a_kernel_that_is_not_there_is_named(command):
    with pytest.raises(FileNotFoundError):  # nothing ran, nothing is written
        command("warm", [SHOWN], "--kernel", "nowhere", "--no-request-save-on-cell-execute")
    result = CliRunner().invoke(
        papermill, ["in.ipynb", "out.ipynb", "--engine", "warm", "--kernel", "nowhere"]
    )
    assert type(result.exception).__name__ == "NoSuchKernel"


def test_the_engine_is_found_by_its_entry_point_and_shows_progress(tmp_path):
    """As installed: papermill's own command, in a process of its own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]["papermill.engine"]
    installed = tmp_path / "lib" / "as_installed-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: as-installed\nVersion: 1\n")
    lines = ["[papermill.engine]", *(f"{name} = {value}" for name, value in points.items())]
    (installed / "entry_points.txt").write_text("\n".join(lines))
    nbformat.write(
        new_notebook(cells=[TAGGED, SHOWN], metadata={"kernelspec": KERNEL}), tmp_path / "in.ipynb"
    )
    path = os.pathsep.join([str(installed.parent), str(ROOT / "src")])
    words = "-m papermill in.ipynb out.ipynb --engine warm -p b z --progress-bar"
    run = subprocess.run(
        [sys.executable, *words.split()],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "Executing: 100%" in run.stderr
    assert "ordinary kernel" not in run.stderr
    node = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert node.cells[2].outputs[0].text == "1 'z'\n"
