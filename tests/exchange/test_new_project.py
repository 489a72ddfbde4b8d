"""`evidence-review init`: a project outside the repository, from a checkout and from the wheel."""

import signal
import subprocess
import sys
import zipfile

import pytest
import yaml

from evidence_review.cli import main
from evidence_review.exchange import new_project as module
from evidence_review.exchange.new_project import NewProjectError, new_project
from evidence_review.records import Project
from evidence_review.records.package import table_definitions

from ..conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The built wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    zipfile.ZipFile(built).extractall(folder / "unpacked")
    return folder / "unpacked"


def names(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_the_wheel_makes_the_same_project_as_a_checkout(wheel, tmp_path, monkeypatch):
    new_project(tmp_path / "checkout")
    monkeypatch.setattr(module, "_STARTER", wheel / "evidence_review" / "starter")
    new_project(tmp_path / "wheel")
    assert names(tmp_path / "wheel") == names(tmp_path / "checkout")
    for name in names(tmp_path / "wheel"):
        assert (tmp_path / "wheel" / name).read_bytes() == (
            tmp_path / "checkout" / name
        ).read_bytes()
    own = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (tmp_path / "wheel" / "notebooks").iterdir()} == own
    assert module.general_tables().is_relative_to(wheel)


def test_the_wheel_holds_every_file_of_the_package(wheel):
    """Templates and styles as well as code: pages are made from them."""
    package = ROOT / "src" / "evidence_review"
    held = set(names(wheel / "evidence_review"))
    assert "runs/templates/notebook.html.j2" in held
    compiled = {path for path in package.rglob("*") if "__pycache__" in path.parts}
    wanted = {path for path in package.rglob("*") if path.is_file()} - compiled
    assert {path.relative_to(package).as_posix() for path in wanted} <= held


def test_a_project_has_no_review_and_says_what_comes_next(tmp_path, capsys):
    assert main(["init", str(tmp_path / "mine")]) == 0
    assert "evidence-review new NAME" in capsys.readouterr().out
    assert main(["init", str(tmp_path / "Ours & theirs")]) == 0
    assert f"  cd '{tmp_path / 'Ours & theirs'}'\n" in capsys.readouterr().out
    project = Project(tmp_path / "mine")
    assert project.reviews() == []
    assert "default_review" not in table_definitions(project)
    place = ["--project", str(project.root)]
    for command in ("check", "report"):
        assert main([*place, command]) == 2
        assert "`evidence-review new NAME` makes one" in capsys.readouterr().err
    assert main([*place, "list"]) == 0
    workflow = project.root / ".github" / "workflows" / "reviews.yml"
    assert "evidence-review report" in workflow.read_text(encoding="utf-8")
    assert set(yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]) == {"build", "publish"}


def test_the_first_review_is_the_default_one(tmp_path):
    project = new_project(tmp_path / "mine")
    assert main(["--project", str(project.root), "new", "zinc-sleep", "--question", "Why?"]) == 0
    assert project.default_review() == "zinc-sleep"
    assert project.reference_class("zinc-sleep") == "zinc-sleep-placebo"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("touches", [3, 9, 15, 30])
def test_an_init_that_was_killed_is_given_again(tmp_path, touches):
    """Killed at the n-th file or folder that it makes, in a process of its own."""
    program = f"""
import os, signal, sys
from evidence_review.exchange.new_project import new_project
from pathlib import Path
count = 0
def watch(event, arguments):
    global count
    if event in ("open", "os.mkdir", "os.rename") and sys.argv[1] in str(arguments[0]):
        count += 1
        if count == {touches}:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
new_project(Path(sys.argv[1]))
"""
    folder = tmp_path / "mine"
    done = subprocess.run([sys.executable, "-c", program, str(folder)])
    assert done.returncode == -signal.SIGKILL
    assert main(["init", str(folder)]) == 0
    new_project(tmp_path / "whole")
    assert names(folder) == names(tmp_path / "whole")


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(NewProjectError, match="not empty"):
        new_project(tmp_path)
    assert names(tmp_path) == ["notes.txt"]
