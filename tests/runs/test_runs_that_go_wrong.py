"""Runs that go wrong: one clear message, the exit code, and the previous report untouched."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from evidence_review.cli import main
from evidence_review.runs import workshop
from evidence_review.runs.run import cores, side_by_side
from evidence_review.runs.workshop import replace_folder

PARAMETERS = new_code_cell('review: str = ""  # which review', metadata={"tags": ["parameters"]})


def only_notebook(project, *sources: str, parameters=PARAMETERS) -> None:
    """Leave the project with a single notebook of these code cells."""
    for path in project.notebooks.glob("*.ipynb"):
        path.unlink()
    cells = [new_markdown_cell("# One\n\nDoes it run?"), parameters, *map(new_code_cell, sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, project.notebooks / "01-one.ipynb")


def previous_report(project) -> Path:
    folder = project.reports / "magnesium-rls"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("the previous report", encoding="utf-8")
    return folder


def run(project, *words: str) -> int:
    return main(["--project", str(project.root), *words])


def leftovers(project) -> list[str]:
    names = {path.name for path in project.reports.iterdir() if path.name.startswith(".")}
    return sorted(names - {workshop.LOCK})


@pytest.mark.slow
@pytest.mark.parametrize("has_fork", [True, False])
def test_a_failing_notebook_names_itself_its_cell_and_the_message(
    copy, capfd, monkeypatch, has_fork
):
    """Without a word of kernels, where the system has no fork: Windows and macOS."""
    if not has_fork:
        monkeypatch.delattr(os, "fork", raising=False)
    only_notebook(copy, "x = 1", "raise ValueError('the cat sat on it')")
    folder = previous_report(copy)
    assert run(copy, "report") == 1
    message = capfd.readouterr().err
    assert "01-one.ipynb, cell 4: ValueError: the cat sat on it" in message
    assert "ordinary kernel" not in message
    assert (folder / "index.html").read_text(encoding="utf-8") == "the previous report"
    assert leftovers(copy) == []
    kept = copy.reports / "magnesium-rls.failed" / "notebooks" / "01-one.ipynb"
    assert str(kept.parent) in message
    assert "the cat sat on it" in kept.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_notebook_that_takes_too_long_is_named_and_kept_as_far_as_it_came(
    copy, capfd, monkeypatch
):
    """Counted over all of its cells: none of these takes too long by itself."""
    monkeypatch.setattr("evidence_review.runs.run.TIMEOUT", 4)
    only_notebook(copy, "print('so far' + '!')", *["import time; time.sleep(1)"] * 60)
    assert run(copy, "report") == 1
    assert "01-one.ipynb took more than 4 seconds" in capfd.readouterr().err
    kept = copy.reports / "magnesium-rls.failed" / "notebooks" / "01-one.ipynb"
    assert "so far!" in kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_a_number_of_jobs_that_makes_no_sense(copy, capsys, jobs):
    with pytest.raises(SystemExit) as caught:
        run(copy, "report", "--jobs", jobs)
    assert caught.value.code == 2
    assert "--jobs" in capsys.readouterr().err


@pytest.mark.slow
def test_a_notebook_that_publishes_nothing_still_makes_a_report(copy, capfd):
    only_notebook(copy, "print('hello')")
    assert run(copy, "report") == 0
    assert "\nreports/magnesium-rls/index.html\n" in capfd.readouterr().out
    page = (copy.reports / "magnesium-rls" / "index.html").read_text(encoding="utf-8")
    assert "no trial that we could check shows that magnesium helps" in page
    assert "magnesium-rls/index.html" in (copy.reports / "index.html").read_text(encoding="utf-8")
    assert leftovers(copy) == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["report", "--review", "zinc"], 2, "There is no review 'zinc'"),
        (["report", "--set", "chnage_sd=3"], 2, "no parameter 'chnage_sd'"),
        (["report", "--set", "change_sd=wide"], 2, "'wide' is not a number"),
        (["report", "--set", "change_sd"], 2, "write it as NAME=VALUE"),
        (["report", "--set", "benchmark=nobody"], 2, "choose from own-arms"),
        (["report", "--set", "population=low iron stores"], 2, "placebo arms left: pooling needs"),
        (["check", "--review", "zinc"], 2, "There is no review 'zinc'"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_runs(copy, capsys, words, code, says):
    only_notebook(copy, "raise SystemError('must not run')")
    assert run(copy, *words) == code
    message = capsys.readouterr().err
    assert says in message
    assert "must not run" not in message
    assert "Traceback" not in message


def test_broken_data_stop_a_report_and_are_listed_by_check(copy, capsys):
    only_notebook(copy, "1")
    path = copy.data / "magnesium-rls" / "statistics.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",25.16,", ",55,"), encoding="utf-8")
    for command in ("report", "check"):
        assert run(copy, command) == 1
        assert "IRLS runs from 0 to 40" in capsys.readouterr().err


def test_check_says_that_all_is_well(copy, capsys):
    assert run(copy, "check") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"No problems in {', '.join(copy.folders())}.")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{not json", "01-one.ipynb is not a readable notebook"),
        (None, "no notebooks named"),
    ],
)
def test_notebooks_that_cannot_be_read(copy, capsys, content, says):
    only_notebook(copy, "1")
    path = copy.notebooks / "01-one.ipynb"
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    assert run(copy, "report") == 1
    assert says in capsys.readouterr().err


def test_a_notebook_with_an_unknown_parameter(copy, capsys):
    cell = new_code_cell("reveiw = ''", metadata={"tags": ["parameters"]})
    only_notebook(copy, "1", parameters=cell)
    assert run(copy, "report") == 1
    assert "declares parameters that Settings does not know: reveiw" in capsys.readouterr().err


def test_list_names_reviews_notebooks_and_parameters(project, capsys):
    assert run(project, "list") == 0
    out = capsys.readouterr().out
    assert "magnesium-rls" in out
    assert "05-effect-against-placebo" in out
    assert "placebo benchmark: own-arms" in out


def test_outside_a_project(tmp_path, capsys):
    assert main(["--project", str(tmp_path), "check"]) == 2
    assert "--project" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupted_run_leaves_the_previous_report(copy):
    only_notebook(
        copy,
        "import os, time\nfrom pathlib import Path\nPath('pid').write_text(str(os.getpid()))\nPath('started').touch()\ntime.sleep(120)",
    )
    folder = previous_report(copy)
    process = subprocess.Popen(
        [sys.executable, "-m", "evidence_review", "--project", str(copy.root), "report"],
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts the tests in the background has them ignore SIGINT, and children inherit it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 90
    while not (copy.notebooks / "started").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; the previous report is untouched" in message
    assert (folder / "index.html").read_text(encoding="utf-8") == "the previous report"
    assert leftovers(copy) == []
    kernel = int((copy.notebooks / "pid").read_text())
    deadline = time.monotonic() + 120
    while is_running(kernel):
        assert time.monotonic() < deadline, "the kernel outlives the run"
        time.sleep(0.2)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    "error", [OSError(errno.EXDEV, "another file system"), KeyboardInterrupt()]
)
def test_a_folder_that_cannot_be_replaced_stays(tmp_path, monkeypatch, error):
    new, target = tmp_path / "new", tmp_path / "report"
    previous = tmp_path / "report" / "page"
    for folder in (new, target):
        folder.mkdir()
    previous.write_text("the previous report")
    rename = Path.rename

    def refuse(self, to):
        if self == new:
            raise error
        return rename(self, to)

    monkeypatch.setattr(workshop, "swap", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(type(error)):
        replace_folder(new, target)
    assert previous.read_text() == "the previous report"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "report"]


def test_two_runs_at_once_put_in_whole_reports(tmp_path):
    target = tmp_path / "report"

    def put(number: int) -> None:
        for turn in range(15):
            new = tmp_path / f"new-{number}-{turn}"
            new.mkdir()
            for name in ("a", "b"):
                (new / name).write_text(f"{number}-{turn}")
            replace_folder(new, target)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert (target / "a").read_text() == (target / "b").read_text()


TURNED = """
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt as error:
        raise ValueError("Invalid affine transformation matrix") from error
"""
SWALLOWED = """
    class Drawn:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
    Drawn()
    time.sleep(20)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("drawing", [TURNED, SWALLOWED], ids=["turned", "swallowed"])
def test_an_interrupt_ends_a_run_wherever_it_arrives(drawing):
    """Compiled code makes another error of it, a destructor swallows it: no traceback, the usual exit code."""
    program = f"""
import os, signal, time
from evidence_review import cli

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored

def drawing(arguments):
{drawing}
cli._run = drawing
cli.main([])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 130
    assert done.stderr == "evidence-review: interrupted; the previous report is untouched\n"


def test_an_interrupt_does_not_wait_for_notebooks_that_run_on():
    """Nor begins those that wait."""
    go_on, began, ended = threading.Event(), [], []

    def work(number: int) -> None:
        began.append(number)
        go_on.wait(120)
        ended.append(number)

    with pytest.raises(KeyboardInterrupt), side_by_side() as pool:
        for number in range(cores() + 3):
            pool.submit(work, number)
        raise KeyboardInterrupt
    assert ended == []
    go_on.set()
    assert len(began) <= cores()
