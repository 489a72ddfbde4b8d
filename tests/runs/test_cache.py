"""The cache of executed notebooks: what tells two runs apart, what is dropped, and two clones with one."""

import importlib.metadata
import os
import platform
import subprocess
import sys
import threading
import time

import pytest

from evidence_review.records import files
from evidence_review.runs import plan
from evidence_review.runs.notebooks import Notebook

REVIEW = "magnesium-rls"


@pytest.fixture
def cache(tmp_path):
    """A cache with one report to remember."""
    (tmp_path / "report").mkdir()
    return plan.Cache(tmp_path / "cache")


def remember(cache) -> set[str]:
    """Note a report, after which what is left of the notebooks is returned."""
    cache.remember(cache.folder.parent / "report", {})
    return {path.name for path in cache.folder.glob("notebooks/*")}


def kept(cache, name: str, *, age: float = 0, size: int = 1) -> None:
    path = cache.folder / "notebooks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.truncate(size)
    os.utime(path, (time.time() - age,) * 2)


def test_the_notebooks_used_last_stay(cache):
    for number in range(plan.KEPT + 5):
        kept(cache, f"{number}.ipynb", age=number)
    assert remember(cache) == {f"{number}.ipynb" for number in range(plan.KEPT)}


def test_it_does_not_outgrow_its_size(cache):
    for number in range(3):
        kept(cache, f"{number}.ipynb", age=number, size=plan.KEPT_BYTES // 2)
    assert remember(cache) == {"0.ipynb", "1.ipynb"}


def test_what_was_not_used_for_months_goes(cache):
    kept(cache, "old.ipynb", age=(plan.KEPT_DAYS + 1) * plan.DAY)
    kept(cache, "new.ipynb", age=(plan.KEPT_DAYS - 1) * plan.DAY)
    assert remember(cache) == {"new.ipynb"}


def test_what_a_killed_run_left_half_written_goes(cache):
    kept(cache, f"{files.HALF}left", age=files.YOUNG + 1)
    kept(cache, f"{files.HALF}of-a-run-that-goes-on")
    assert remember(cache) == {f"{files.HALF}of-a-run-that-goes-on"}


def test_two_clones_with_one_cache_never_read_what_the_other_writes(cache, tmp_path):
    """Every file holds what belongs to its name, whoever wrote it and whenever."""
    wrong = []

    def write(who: int) -> None:
        source = tmp_path / f"{who}.ipynb"
        for turn in range(100):
            target = cache.folder / "notebooks" / f"{who}-{turn}.ipynb"
            source.write_text(f"{who}-{turn}" * 500)
            cache.keep(source, target)
            if target.read_text() != f"{who}-{turn}" * 500:
                wrong.append(target.name)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(remember(cache)) == plan.KEPT


def place(project, cache) -> str:
    """Where the run of a notebook with the present inputs is kept."""
    notebook = Notebook(project.notebooks / "01-trials.ipynb", "", "", ("review",))
    inputs = plan.report_inputs(project, {"review": REVIEW})
    return plan.page(notebook, inputs, REVIEW, cache, force=False).cached.name


@pytest.mark.parametrize("name", ["tables.yml", "datapackage.json", f"{REVIEW}/claims.csv"])
def test_a_changed_table_or_definition_is_another_run(copy, cache, name):
    before = place(copy, cache)
    path = copy.data / name
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert place(copy, cache) != before


def test_another_python_is_another_run(project, cache, monkeypatch):
    before = place(project, cache)
    assert place(project, cache) == before
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")
    assert place(project, cache) != before


def test_another_version_of_a_package_is_another_run(project, cache, monkeypatch):
    before = place(project, cache)
    find = plan.distributions
    monkeypatch.setattr(plan, "distributions", lambda **given: list(find(**given))[1:])
    assert place(project, cache) != before


def test_what_a_library_carries_in_itself_is_not_installed(monkeypatch, tmp_path):
    """As setuptools does: importing it lets its process find them, but no kernel that starts later."""
    carried = tmp_path / "library" / "_vendor"
    installs(carried, "carried", "1.0")
    before = plan.installed()
    monkeypatch.setattr(sys, "path", [*sys.path, str(carried)])
    assert "carried" in {one.name for one in importlib.metadata.distributions()}
    assert plan.installed() == before


def test_of_a_package_installed_twice_the_version_is_that_of_the_first(monkeypatch, tmp_path):
    installs(tmp_path / "first", "twice", "2.0")
    installs(tmp_path / "second", "twice", "1.0")
    folders = (str(tmp_path / name) for name in ("first", "second"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(folders))
    assert plan.installed()["twice"] == "2.0"
    asked = "import importlib.metadata as m; print(m.version('twice'), end='')"
    run = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert run.stdout == "2.0"


def installs(folder, name: str, version: str) -> None:
    """The note that an installer leaves of a package."""
    note = folder / f"{name}-{version}.dist-info" / "METADATA"
    note.parent.mkdir(parents=True)
    note.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
