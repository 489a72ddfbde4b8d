"""The engine `warm`: what a notebook gives, and what it can do to others, are as without it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from papermill.engines import papermill_engines

from evidence_review.runs import engine, nursery, scratch
from evidence_review.runs import run as runs
from evidence_review.runs.report_engine import settle
from evidence_review.runs.workshop import LOCK

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]


@pytest.fixture(autouse=True)
def registered():
    papermill_engines.register(engine.NAME, engine.WarmEngine)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs code cells in a new notebook; returns the notebook as executed."""
    # A backend from outside (as CI sets one) would keep figures from appearing, in any engine. Away at
    # once: a nursery that was started with it serves nobody who is without.
    monkeypatch.delenv("MPLBACKEND", raising=False)

    def execute(*sources: str, name: str = engine.NAME, **options):
        cells = [
            new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)
        ]
        source = tmp_path / "notebook.ipynb"
        nbformat.write(new_notebook(cells=cells), source)
        return papermill.execute_notebook(
            str(source),
            str(tmp_path / "out.ipynb"),
            engine_name=name,
            kernel_name="python3",
            progress_bar=False,
            resources={"metadata": {"path": str(tmp_path)}},
            **options,
        )

    return execute


def text(cell) -> str:
    (output,) = cell.outputs
    return output["text"] if output.output_type == "stream" else output.data["text/plain"]


def test_it_gives_what_the_ordinary_engine_gives(run):
    """Text, results, rich output, figures, warnings, magics, sub-processes, exits: byte for byte."""
    sources = (
        "print('one'); 6 * 7",
        "import sys; print('to stderr', file=sys.stderr)",
        "import pandas as pd; pd.DataFrame({'a': [1, 2.5], 'b': ['x', None]})",
        "import matplotlib.pyplot as plt; plt.rcParams['figure.dpi'] = 60; plt.plot([1, 3, 2]);",
        "import os; os.getcwd(), sys.path[0], sys.argv[1], __name__, os.environ.get('MPLBACKEND')",
        "%%bash\necho $((6 * 7))",
        "import warnings; warnings.warn('mind the gap')",
        "import random, numpy as np; random.seed(4); np.random.seed(4); random.random(), np.random.rand()",
        "sys.stdin.read()",
        "await __import__('asyncio').sleep(0, 'awaited')",
    )
    warm, ordinary = run(*sources), run(*sources, name="nbclient")
    settle(warm)
    settle(ordinary)
    figure = warm.cells[3].outputs[-1]
    assert "image/png" in figure.data
    assert nbformat.writes(warm) == nbformat.writes(ordinary)


def test_nothing_leaks_into_the_next_notebook(run):
    before = (
        "import os, random, sys, numpy as np, matplotlib as mpl, pandas as pd",
        "os.chdir('/'); os.environ['LEFT'] = 'behind'; left = 1; np.left = 1; sys.path.insert(0, '/left')",
        "mpl.rcParams['lines.linewidth'] = 99; pd.set_option('display.precision', 1); np.random.seed(1)",
    )
    look = (
        "import os, sys, numpy as np, matplotlib as mpl, pandas as pd",
        "[os.getcwd(), 'LEFT' in os.environ, 'left' in globals(), hasattr(np, 'left'), '/left' in sys.path,"
        " mpl.rcParams['lines.linewidth'], pd.get_option('display.precision')]",
    )
    untouched = text(run(*look).cells[1])
    run(*before)
    assert text(run(*look).cells[1]) == untouched
    assert eval(untouched)[1:] == [False, False, False, False, 1.5, 6]


def test_every_kernel_draws_its_own_random_numbers(run):
    draw = "import random, uuid, numpy as np; [np.random.rand(), random.random(), uuid.uuid4().hex, np.random.default_rng().random()]"
    one, other = (eval(text(run(draw).cells[0])) for _ in range(2))
    assert not set(one) & set(other)


def test_a_kernel_that_crashes_leaves_the_nursery_and_the_next(run):
    from nbclient.exceptions import DeadKernelError

    parent = "import os; os.getppid()"
    before = text(run(parent).cells[0])
    with pytest.raises(DeadKernelError):
        run("import os; os.abort()")
    assert text(run(parent).cells[0]) == before


def test_a_nursery_that_was_killed_is_replaced(run):
    parent = "import os; os.getppid()"
    before = int(text(run(parent).cells[0]))
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: not nursery._nursery[1].is_alive, "it does not die", 20)
    with warnings.catch_warnings(action="error"):
        assert int(text(run(parent).cells[0])) != before


def test_a_fork_that_fails_is_an_error_and_no_kernel(tmp_path):
    with pytest.raises(nursery.ForkError, match="the fork failed"):
        nursery.fork([sys.executable], [], str(tmp_path / "nowhere"), dict(os.environ))


def test_a_kernel_has_the_findings_that_the_nursery_computed(run, project):
    opened = f"import evidence_review as er; review = er.open_review(project={str(project.root)!r})"
    computed = "sum(map(len, review._kept._found.values())) > 10"
    nursery.warm_up([sys.executable], dict(os.environ)).prepare(project.root, {"review": ""})
    assert text(run(opened, computed).cells[1]) == "True"
    assert text(run(opened, f"review.under(level=0.9) and {computed}").cells[1]) == "True"


def test_a_review_that_cannot_be_opened_leaves_the_nursery_and_its_kernels(run, tmp_path):
    nursery.warm_up([sys.executable], dict(os.environ)).prepare(tmp_path, {"review": "none"})
    with warnings.catch_warnings(action="error"):
        assert text(run("6 * 7").cells[0]) == "42"


def test_a_nursery_that_opens_a_review_ends_with_who_asked(copy, monkeypatch, tmp_path):
    """However long that takes: this table never ends."""
    left = tmp_path / "files of kernels"
    left.mkdir()
    monkeypatch.setattr(nursery, "scratch_folder", lambda: left)
    table = copy.data / copy.default_review() / "statistics.csv"
    table.unlink()
    os.mkfifo(table)
    one = nursery.Nursery([sys.executable], dict(os.environ))
    one.prepare(copy.root, {"review": ""})
    line, theirs = socket.socketpair()
    with open(table, "wb"), line, theirs:  # opening waits until it is read
        one.request(theirs)  # and a kernel waits, too
        one._requests.close()
        assert one._process.wait(20) == 0
    assert not left.exists()


def test_a_nursery_that_still_imports_ends_with_who_asked(monkeypatch, tmp_path):
    """However long that takes: this module is never there."""
    left = tmp_path / "files of kernels"
    left.mkdir()
    monkeypatch.setattr(nursery, "scratch_folder", lambda: left)
    started = tmp_path / "started"
    module = f"import time; open({str(started)!r}, 'w').close(); time.sleep(600)"
    (tmp_path / "never_there.py").write_text(module)
    before = f"import sys; sys.path.append({str(tmp_path)!r}); "
    before += "from evidence_review.runs import nursery; nursery.PRELOADED = ('never_there',); "
    command = before.replace("{", "{{").replace("}", "}}") + nursery.COMMAND
    monkeypatch.setattr(nursery, "COMMAND", command)
    one = nursery.Nursery([sys.executable], dict(os.environ))
    wait_for(started.exists, "it does not import", 60)
    one._requests.close()
    assert one._process.wait(20) == 0
    assert not left.exists()


def test_another_environment_gets_another_nursery(run, monkeypatch):
    monkeypatch.setenv("SEEN_BY_KERNELS", "yes")
    assert text(run("import os; os.environ['SEEN_BY_KERNELS']").cells[0]) == "'yes'"


def test_a_cell_that_takes_too_long_ends(run):
    from nbclient.exceptions import CellTimeoutError

    started = time.monotonic()
    with pytest.raises(CellTimeoutError):
        run("import time; time.sleep(600)", execution_timeout=1)
    assert time.monotonic() - started < 600  # seconds: the cell was not waited for


def test_a_failing_cell_is_marked_as_papermill_does(run, tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="the cat"):
        run("1", "raise ValueError('the cat')", "must_not_run = 1")
    node = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "papermill-error-cell" in node.cells[0].source
    assert node.cells[-1].execution_count is None


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda patch, folder: patch.setattr(nursery, "COMMAND", "raise SystemExit"), "ended"),
        (lambda patch, folder: (folder / "matplotlibrc").touch(), "matplotlibrc"),
    ],
)
def test_where_it_cannot_fork_an_ordinary_kernel_runs_and_it_is_said(
    run, monkeypatch, tmp_path, break_it, says
):
    monkeypatch.setattr(nursery, "_nursery", None)
    break_it(monkeypatch, tmp_path)
    with pytest.warns(UserWarning, match=f"ordinary kernel instead of a warm one: .*{says}"):
        assert text(run("6 * 7").cells[0]) == "42"


def test_a_system_without_fork_has_ordinary_kernels_without_a_warning(run, monkeypatch):
    monkeypatch.delattr(os, "fork")
    with warnings.catch_warnings(action="error"):
        assert text(run("6 * 7").cells[0]) == "42"


def test_kernels_end_with_a_run_that_is_killed(tmp_path):
    """SIGKILL leaves no time to tidy up: the kernel and a program that it started are ended for it."""
    nbformat.write(
        new_notebook(
            cells=[
                new_code_cell(
                    "import os, subprocess, time\nfrom pathlib import Path\n"
                    "program = subprocess.Popen(['sleep', '600'])\n"
                    "Path('now').write_text(f'{os.getpid()} {os.getppid()} {program.pid}')\n"
                    "os.rename('now', 'pids'); time.sleep(600)"
                )
            ]
        ),
        tmp_path / "sleep.ipynb",
    )
    code = (
        "import papermill; from papermill.engines import papermill_engines as e;"
        "from evidence_review.runs.engine import WarmEngine; e.register('warm', WarmEngine);"
        "papermill.execute_notebook('sleep.ipynb', None, engine_name='warm', kernel_name='python3')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: (tmp_path / "pids").exists(), "the notebook does not start", 90)
    process.kill()
    process.wait()
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        wait_for(lambda pid=pid: not is_running(pid), "it outlives the run", 120)


def wait_for(holds, otherwise: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_temporary_folders_of_killed_processes_are_removed(tmp_path, monkeypatch):
    """That of a process which lives stays, however old it is."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, early, new = (tmp_path / f"{scratch.PREFIX}{name}" for name in ("killed", "early", "new"))
    for folder in (left, early, new):
        folder.mkdir()
    (left / LOCK).touch()
    with scratch.temporary_folder() as held:
        for path in (left / LOCK, held / LOCK, early, held):
            os.utime(path, (0, 0))
        with scratch.temporary_folder() as other:
            assert sorted(tmp_path.iterdir()) == sorted([held, new, other])  # new: no lock yet
    assert list(tmp_path.iterdir()) == [new]


def test_a_process_that_ends_before_it_prepares_a_review_is_left_to_the_engine(
    project, monkeypatch
):
    class Ended:
        def prepare(self, *_):
            raise BrokenPipeError

    monkeypatch.setattr(runs, "warm_up_kernels", Ended)
    runs.warm_up(project, {"review": "iron-rls"}, kernels=True)
