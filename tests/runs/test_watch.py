"""`report --watch`: one change is one remake, of what was saved whole, and nothing old is in it."""

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from evidence_review.cli import main
from evidence_review.records import Project
from evidence_review.records.package import write_data_package
from evidence_review.review.settings import Settings
from evidence_review.runs import plan
from evidence_review.runs.report import InputsChangedError, build_report
from evidence_review.runs.watch import Inputs

from ..conftest import ROOT
from ..small_project import REVIEW, content, differing, hidden, notebook, only_small_notebooks


@pytest.fixture
def few(tmp_path) -> Project:
    """A project with two tables of data and a notebook, for which no kernel is needed."""
    for name in ("data/one/review.csv", "data/one/statistics.csv", "notebooks/01-a.ipynb"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("reference_class\n\n")
    return Project(tmp_path)


def test_steps_of_one_save_and_files_saved_one_by_one_are_one_change(few):
    inputs = Inputs(few)
    before = inputs.now()
    statistics, review = few.data / "one" / "statistics.csv", few.data / "one" / "review.csv"

    def save() -> None:
        time.sleep(0.3)
        for path in (statistics, review):  # as editors do: a new file beside it, then a rename
            half = path.with_name(f"{path.name}~")
            half.write_text("half")
            time.sleep(0.05)
            path.unlink()
            time.sleep(0.05)
            half.write_text("whole\n")
            half.replace(path)

    editor = threading.Thread(target=save)
    editor.start()
    inputs.wait_for_change(before)
    settled = inputs.settled()
    assert not editor.is_alive()
    assert settled == inputs.now()
    told = plan.changed_inputs(before["one"], settled["one"])
    assert told == "data/one/review.csv changed, data/one/statistics.csv changed"


def test_folders_may_come_and_go(few):
    inputs, of_one = Inputs(few), Inputs(few, ["one"])
    before = inputs.now()
    shutil.copytree(few.data / "one", few.data / "two")
    assert list(inputs.now()) == ["one", "two"]
    assert inputs.now()["one"] == before["one"] == of_one.now()["one"]
    shutil.rmtree(few.data)
    assert inputs.now() == {}
    assert list(of_one.now()["one"]) == ["notebooks/01-a.ipynb"]
    shutil.rmtree(few.notebooks)
    assert of_one.now() == {"one": {}}


def test_what_an_editor_hides_is_no_input(few):
    before = Inputs(few).now()
    (few.data / "one" / ".#statistics.csv").symlink_to("nobody@nowhere.1")
    (few.data / "one" / "._statistics.csv").write_text("of a Mac")
    assert Inputs(few).now() == before
    assert not any("/." in name for name in plan.input_files(few, "one"))


def test_what_python_compiles_is_no_input(tmp_path, monkeypatch):
    """Nor the name under which it writes that: one run had copied such a file, another had missed it."""
    package = tmp_path / "evidence_review"
    monkeypatch.setattr("evidence_review.__file__", str(package / "__init__.py"))
    for name in ("__init__.py", "page.css", "cli/__init__.py"):
        for folder in (package, (package / name).parent / "__pycache__"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
    (package / "cli" / "__pycache__" / "__init__.cpython-311.pyc.139909477633584").touch()
    names = ("__init__.py", "cli/__init__.py", "page.css")
    assert sorted(plan.code_files()) == [f"evidence_review/{name}" for name in names]


def test_newer_code_is_noticed_while_nothing_else_changes(few, monkeypatch):
    module = few.root / "module.py"
    module.write_text("")
    monkeypatch.setattr(plan, "code_files", lambda: {"evidence_review/module.py": module})
    inputs = Inputs(few)
    assert inputs.newer_code() == ""
    module.write_text("changed")
    inputs.wait_for_change(inputs.now())
    assert inputs.newer_code() == "evidence_review/module.py changed"
    (few.root / "other-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(few.root)  # as setuptools does for what it carries in itself
    assert "other-1.0" not in inputs.newer_code()
    monkeypatch.setenv("PYTHONPATH", str(few.root))
    assert "other-1.0.dist-info is new" in inputs.newer_code()


def test_a_mistake_in_the_command_ends_it(few, capsys):
    (few.data / "datapackage.json").write_text("{}")
    (few.data / "one" / "sources.csv").write_text("")
    few_ = ["--project", str(few.root), "report", "--watch"]
    assert main([*few_, "--set", "levle=1"]) == 2
    assert "there is no parameter 'levle'" in capsys.readouterr().err
    assert main([*few_, "--review", "two"]) == 2
    assert "There is no review 'two'" in capsys.readouterr().err


@pytest.mark.slow
def test_what_changes_while_a_report_is_made_is_in_none(copy, records, monkeypatch):
    small = only_small_notebooks(copy)
    monkeypatch.setattr("evidence_review.runs.report.load", lambda review, project: records)
    settings = Settings(review=REVIEW)
    build_report(small, settings)
    made = content(small.reports)
    path = f"../data/{REVIEW}/claims.csv"
    notebook(small, "01-plain", f"with open({path!r}, 'a') as file: file.write('\\n')", "1 / 0")
    with pytest.raises(InputsChangedError):  # not what failed: the data may be to blame
        build_report(small, settings, of_one_state=True)
    assert differing(content(small.reports), made) == []


class Watched:
    """`evidence-review report --watch` in a process of its own."""

    def __init__(self, project: Project, **env: str):
        self.scratch = Path(tempfile.mkdtemp(dir=project.root))
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "evidence_review", "report", "--watch"],
            cwd=project.root,
            env=os.environ | {"TMPDIR": str(self.scratch)} | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell that starts the tests in the background has them ignore SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._lines: queue.SimpleQueue = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, word: str) -> list[str]:
        """What is told, up to a line with a word."""
        told = []
        while not told or word not in told[-1]:
            told.append(self._lines.get(timeout=180))
        return told

    def rest(self) -> list[str]:
        """What else is told, until nothing is for some seconds: it waits."""
        told = []
        with contextlib.suppress(queue.Empty):
            while True:
                told.append(self._lines.get(timeout=5))
        return told

    def interrupted(self) -> int:
        """The exit code after Ctrl-C, which ends it soon, with all that it started."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        assert time.monotonic() - began < 20  # 2 where a machine has nothing else to do
        while any(self.scratch.iterdir()):  # the process that kernels are forked from ends last
            assert time.monotonic() - began < 60, list(self.scratch.iterdir())
            time.sleep(0.1)
        return code


@pytest.fixture
def watched(copy):
    """Starts the command; it ends with the test."""
    started = []

    def start(project: Project, **env: str) -> Watched:
        started.append(Watched(project, **env))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


@pytest.fixture
def small(copy) -> Project:
    """A project with two small notebooks and one review."""
    for name in list(copy.data.iterdir()):
        if name.is_dir() and name.name not in (REVIEW, "rls-placebo"):
            shutil.rmtree(name)
    write_data_package(copy)
    return only_small_notebooks(copy)


of_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@of_posix
@pytest.mark.slow
def test_a_change_is_one_remake_and_an_error_is_told_and_waited_out(small, watched):
    page = small.reports / REVIEW / "01-plain.html"
    run = watched(small)
    told = run.until("Waiting")
    assert any(line.startswith(f"{REVIEW}:") for line in told)
    assert "Ctrl-C ends it" in told[-1]

    notebook(small, "01-plain", "'second edition'")
    (line,) = run.until("changed")
    assert line.startswith(f"notebooks/01-plain.ipynb changed: reports/{REVIEW}/index.html in ")
    assert "second edition" in page.read_text(encoding="utf-8")
    assert run.rest() == []

    made = content(small.reports / REVIEW)
    notebook(small, "01-plain", "1 / 0")
    told = "".join(run.until("Waiting"))
    assert "01-plain.ipynb, cell 4: ZeroDivisionError" in told
    assert differing(content(small.reports / REVIEW), made) == []

    table = small.data / REVIEW / "statistics.csv"
    whole = table.read_bytes()
    table.write_bytes(whole + b"half a row")
    told = "".join(run.until("Waiting"))
    assert f"data/{REVIEW}/statistics.csv, row 130" in told
    shutil.move(small.data / REVIEW, small.root / "aside")
    told = "".join(run.until("Waiting"))
    assert f"There is no review '{REVIEW}'" in told
    shutil.move(small.root / "aside", small.data / REVIEW)
    run.until("row 130")
    table.write_bytes(whole)
    notebook(small, "01-plain", "'third edition'")
    run.until("index.html")
    run.rest()
    assert "third edition" in page.read_text(encoding="utf-8")
    assert run.interrupted() == 0
    assert hidden(small) == []


@of_posix
@pytest.mark.slow
def test_interrupted_while_it_makes_a_report_it_ends_as_the_command_does(small, watched):
    run = watched(small)
    run.until("Waiting")
    made = content(small.reports / REVIEW)
    notebook(small, "01-plain", "open('../begun', 'w').close(); import time; time.sleep(120)")
    while not (small.root / "begun").exists():
        time.sleep(0.1)
    assert run.interrupted() == 130
    told = "".join(run.until("interrupted"))
    assert "Traceback" not in told
    assert differing(content(small.reports / REVIEW), made) == []
    assert hidden(small) == []


@of_posix
@pytest.mark.slow
def test_newer_code_starts_the_process_anew(small, watched):
    package = small.root / "src" / "evidence_review"
    shutil.copytree(
        ROOT / "src" / "evidence_review", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    run = watched(small, PYTHONPATH=str(package.parent))
    run.until("Waiting")
    module = package / "words" / "glossary.py"
    module.write_text(module.read_text(encoding="utf-8") + "# newer\n", encoding="utf-8")
    told = run.until("Waiting")
    assert told[0] == "evidence_review/words/glossary.py changed: starting anew\n"
    assert any("[2/2]" in line for line in told)
    assert run.interrupted() == 0


@of_posix
@pytest.mark.slow
def test_two_that_watch_and_one_that_does_not_make_whole_reports(small, watched):
    runs = [watched(small), watched(small)]
    for run in runs:
        run.until("Waiting")
    notebook(small, "01-plain", "'second edition'")
    command = [sys.executable, "-m", "evidence_review", "--project", str(small.root), "report"]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    for run in runs:
        run.until("index.html")
    made = content(small.reports)
    subprocess.run([*command, "--force"], check=True, capture_output=True, timeout=180)
    assert differing(content(small.reports), made) == []
    for run in runs:
        run.rest()
        assert run.interrupted() == 0
    assert hidden(small) == []


@pytest.mark.slow
def test_a_later_report_of_one_process_is_that_of_a_fresh_one(copy, tmp_path_factory):
    """After a change of a number, of a word in tables.yml, of a cell and of a row of the reference class."""
    for path in copy.notebooks.glob("[0-9][0-9]-*.ipynb"):
        if path.name[:2] not in ("02", "03", "05", "08"):
            path.unlink()

    def edit(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    edits = {
        "number": (
            copy.data / REVIEW / "statistics.csv",
            ",change_mean,=,6.67,",
            ",change_mean,=,6.61,",
        ),
        "word": (
            copy.data / "tables.yml",
            "Where the number comes from",
            "Whence the number comes",
        ),
        "cell": (copy.notebooks / "08-risk-of-bias.ipynb", "# Risk of bias", "# The risk of bias"),
        "reference": (copy.data / "rls-placebo" / "statistics.csv", ",0,sd,=,3.4,", ",0,sd,=,3.9,"),
    }

    def afresh() -> dict[str, bytes]:
        other = Project(tmp_path_factory.mktemp("afresh"))
        for name in ("data", "notebooks"):
            shutil.copytree(copy.root / name, other.root / name)
        command = [sys.executable, "-m", "evidence_review", "report", "--review", REVIEW]
        subprocess.run(command, check=True, cwd=other.root, capture_output=True, timeout=300)
        return content(other.reports / REVIEW)

    build_report(copy, Settings(review=REVIEW), of_one_state=True)
    made = [content(copy.reports / REVIEW)]
    for what, (path, old, new) in edits.items():
        edit(path, old, new)
        write_data_package(copy)
        build_report(copy, Settings(review=REVIEW), of_one_state=True)
        made.append(content(copy.reports / REVIEW))
        assert differing(made[-1], afresh()) == [], what
        assert made[-1]["ro-crate-metadata.json"] != made[-2]["ro-crate-metadata.json"], what
