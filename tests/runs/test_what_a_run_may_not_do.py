"""Bounds and broken surroundings: a plain message, exit code 1, and the previous report untouched."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.provisioning import LocalProvisioner

from evidence_review.cli import main
from evidence_review.runs import plan, report
from evidence_review.runs import run as runs
from evidence_review.runs.engine import WarmProvisioner

from ..small_project import REVIEW, content, differing, hidden, notebook, only_small_notebooks

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux knows them"),
]


@pytest.fixture
def small(copy, records, monkeypatch):
    """A small project with a report; its data are read, but not checked again."""
    monkeypatch.setattr(report, "load", lambda review, project: records)
    only_small_notebooks(copy)
    (copy.notebooks / "02-level.ipynb").unlink()
    folder = copy.reports / REVIEW
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("the previous report")
    return copy


@pytest.fixture
def refused(small, capfd):
    """Makes the report, which must fail in an orderly way; returns what is told."""

    def run() -> str:
        before = content(small.reports / REVIEW)
        assert main(["--project", str(small.root), "report"]) == 1
        assert differing(content(small.reports / REVIEW), before) == []
        assert hidden(small) == []
        _, mark, message = capfd.readouterr().err.partition("evidence-review: ")
        assert mark  # before it stands what a dying kernel says
        return message

    return run


@pytest.mark.parametrize(
    "greedy",
    [
        "bytearray(2**40)",
        "grown = []\nwhile True:\n    grown.append(bytearray(2**24))",
        "grown = []\nwhile True:\n    grown.append(object())",
        "import numpy as np; np.ones(2**37)",
        # A kernel without the memory to say what failed.
        "get_ipython()._showtraceback = lambda *_: None\nbytearray(2**40)",
    ],
)
def test_a_notebook_that_takes_memory_without_end(small, refused, monkeypatch, greedy):
    monkeypatch.setattr(runs, "memory_share", lambda kernels: 2**30)
    notebook(small, "01-plain", greedy)
    message = refused()
    assert "01-plain.ipynb" in message
    assert "a notebook may use 1.0 GiB of memory here" in message


def test_kernels_together_may_take_less_than_there_is():
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for kernels in (1, 2, 8):
        assert runs.memory_share(kernels) * kernels < total or total < 9 * runs.LEAST_MEMORY


@pytest.mark.parametrize(
    ("number", "mend"),
    [
        (errno.ENOSPC, "No space left on device; make room on the disk"),
        (errno.EMFILE, "Too many open files; too few files may be open at once here: allow more"),
        (errno.ENOMEM, "Cannot allocate memory; there is too little memory: close other programs"),
    ],
)
def test_what_the_system_refuses_is_told_with_what_to_do(small, refused, monkeypatch, number, mend):
    def refuse(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(plan.os, "fsync", refuse)
    assert mend in refused()


def test_few_open_files_are_told_as_such(small, refused):
    """The limit of a process of its own, which no test can lower and raise again as it likes."""
    limited = (
        f"ulimit -n 40; exec {sys.executable} -m evidence_review --project {small.root} report"
    )
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Too many open files" in done.stderr
    assert "ulimit -n" in done.stderr


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(small, refused):
    small.reports.chmod(0o555)
    try:
        message = refused()
    finally:
        small.reports.chmod(0o755)
    assert f"cannot use {small.reports}" in message
    assert "Permission denied; get the right to read and write it" in message


def test_a_file_in_the_place_of_the_reports(small, capfd):
    shutil.rmtree(small.reports)
    small.reports.touch()
    assert main(["--project", str(small.root), "report"]) == 1
    assert (
        f"cannot use {small.reports}: File exists; replace this file by a folder"
        in capfd.readouterr().err
    )


def test_a_folder_in_the_place_of_a_table(small, refused):
    table = small.data / REVIEW / "claims.csv"
    table.unlink()
    table.mkdir()
    assert f"cannot use {table}: Is a directory; replace this folder by a file" in refused()


def test_a_kernel_that_is_not_there(refused, monkeypatch):
    def missing(self, name):
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", missing)
    assert "there is no Jupyter kernel 'python3'; install ipykernel" in refused()


def test_a_kernel_that_does_not_start(refused, monkeypatch):
    monkeypatch.setattr(WarmProvisioner, "launch_kernel", LocalProvisioner.launch_kernel)
    monkeypatch.setattr(
        KernelSpecManager,
        "get_kernel_spec",
        lambda self, name: KernelSpec(argv=[sys.executable, "-c", "raise SystemExit(3)"]),
    )
    assert "01-plain.ipynb: Kernel died before replying to kernel_info" in refused()


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (
            "tables.yml",
            "a: !!python/object/apply:os.mkdir [made]",
            "data/tables.yml cannot be read",
        ),
        ("tables.yml", "a: [", "data/tables.yml cannot be read"),
        ("datapackage.json", "{", "data/datapackage.json cannot be read"),
    ],
)
def test_a_schema_that_cannot_be_read(copy, capfd, monkeypatch, file, text, says):
    """No object is made of what YAML says, and the place of the mistake is named."""
    monkeypatch.chdir(copy.root)
    (copy.data / file).write_text(text)
    assert main(["report"]) == 1
    message = capfd.readouterr().err
    assert says in message
    assert ", line " in message or "line 1 " in message
    assert "Traceback" not in message
    assert not Path("made").exists()


@pytest.mark.parametrize("name", ["../../x", "/etc", "..", ""])
def test_a_review_is_one_of_those_there_are(copy, capfd, name):
    assert main(["--project", str(copy.root), "report", "--review", name]) == 2
    assert f"There is no review '{name}'" in capfd.readouterr().err
    assert not copy.reports.exists()


@pytest.mark.parametrize("name", ["<script>", "a b", ".hidden", "index.html", "é", "a#b"])
def test_a_folder_whose_name_cannot_be_part_of_an_address(copy, capfd, name):
    (copy.data / REVIEW).rename(copy.data / name)
    assert main(["--project", str(copy.root), "report"]) == 2
    assert f"The folder '{name}' in {copy.data} cannot be a review" in capfd.readouterr().err
    assert not copy.reports.exists()
