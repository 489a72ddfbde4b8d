"""What runs again after a change and what does not, side by side, and twice at once."""

import shutil
import subprocess
import sys

import pytest
from papermill.iorw import papermill_io

from evidence_review.records import Project
from evidence_review.review.settings import Settings
from evidence_review.runs import nursery, site, workshop
from evidence_review.runs import report as factory
from evidence_review.runs.report import build_report
from evidence_review.runs.run import ReportError
from evidence_review.runs.workshop import building_folder

from ..small_project import REVIEW, content, differing, hidden, notebook, only_small_notebooks


@pytest.fixture
def small(copy):
    return only_small_notebooks(copy)


@pytest.fixture
def build(small, records, monkeypatch):
    """Builds the report of the small project; returns which notebooks ran, and the progress told."""
    monkeypatch.setattr(factory, "load", lambda review, project: records)

    def run(settings=Settings(review=REVIEW), **options):  # noqa: B008 - frozen
        (small.root / "ran").write_text("")
        told = []
        build_report(small, settings, told.append, **options)
        return sorted((small.root / "ran").read_text().split()), "\n".join(told)

    return run


BOTH = ["01-plain", "02-level"]


@pytest.mark.slow
def test_only_what_sees_a_change_runs_again(small, build):
    ran, told = build(why=True)
    assert ran == BOTH
    assert "01-plain: stale: there is no earlier report" in told
    ran, told = build(why=True)
    assert ran == []
    assert told == "nothing has changed since this report was made"

    ran, told = build(Settings(review=REVIEW, level=0.9), why=True)
    assert ran == ["02-level"]
    assert "02-level: stale: parameter level is new" in told
    assert "01-plain: fresh: nothing has changed" in told
    ran, told = build(why=True)
    assert ran == []
    assert "02-level: fresh: ran with these inputs before" in told

    notebook(small, "01-plain", "2")
    ran, told = build(why=True)
    assert ran == ["01-plain"]
    assert "01-plain: stale: notebooks/01-plain.ipynb changed" in told

    path = small.data / REVIEW / "claims.csv"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    ran, told = build(why=True)
    assert ran == BOTH
    assert f"stale: data/{REVIEW}/claims.csv changed" in told

    assert build(force=True)[0] == BOTH


@pytest.mark.slow
def test_what_failed_is_not_kept_beside_a_report_that_is_mended(small, build):
    """Neither where the report is made, nor where the last one is right again."""
    failed = small.reports / f"{REVIEW}.failed"
    build()
    whole = (small.notebooks / "01-plain.ipynb").read_bytes()
    for options in ({}, {"force": True}):
        notebook(small, "01-plain", "1 / 0")
        with pytest.raises(ReportError, match="ZeroDivisionError"):
            build()
        assert (failed / "notebooks").is_dir()
        (small.notebooks / "01-plain.ipynb").write_bytes(whole)
        _, told = build(**options)
        assert ("nothing has changed" in told) == (not options)
        assert not failed.exists()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["__init__", "add"])
def test_where_pages_fail_too_a_notebook_that_fails_is_named(small, build, monkeypatch, where):
    def fail(*_):
        raise LookupError("no such glossary")

    notebook(small, "01-plain", "1 / 0")
    monkeypatch.setattr(site.Site, where, fail)
    with pytest.raises(ReportError) as caught:
        build()
    assert "01-plain.ipynb, cell 4: ZeroDivisionError: division by zero" in str(caught.value)
    assert "LookupError: no such glossary" in str(caught.value)
    assert (small.reports / f"{REVIEW}.failed" / "notebooks" / "01-plain.ipynb").is_file()
    notebook(small, "01-plain")
    with pytest.raises(LookupError, match="no such glossary"):
        build()
    assert hidden(small) == []


@pytest.mark.slow
def test_a_change_of_a_package_makes_everything_stale(build, monkeypatch):
    from evidence_review.runs import plan

    build()
    find = plan.distributions
    monkeypatch.setattr(
        plan, "distributions", lambda **given: [one for one in find(**given) if one.name != "numpy"]
    )
    ran, told = build(why=True)
    assert ran == BOTH
    assert "stale: package numpy is gone" in told


@pytest.mark.slow
def test_a_page_that_was_edited_or_removed_is_made_again(small, build):
    build()
    page = small.reports / REVIEW / "01-plain.html"
    made = page.read_bytes()
    page.write_text("scribble")
    assert build()[0] == []
    assert page.read_bytes() == made
    page.unlink()
    assert build()[0] == []
    assert page.read_bytes() == made


@pytest.mark.slow
def test_where_no_notebook_runs_no_process_waits_to_run_one(small, build, monkeypatch):
    asked = []
    build()
    monkeypatch.setattr(nursery, "warm_up", lambda *given: asked.append(given))
    (small.reports / REVIEW / "01-plain.html").unlink()
    assert build()[0] == []
    assert asked == []


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes_however_they_are_run(small, build, monkeypatch):
    """Side by side, one by one, from the cache, and in ordinary kernels."""
    target = small.reports / REVIEW
    build(jobs=2)
    made = content(target)
    build(jobs=1, force=True)
    assert differing(content(target), made) == []
    (target / "index.html").unlink()
    build()
    assert differing(content(target), made) == []
    monkeypatch.delattr("os.fork")
    build(force=True)
    assert differing(content(target), made) == []


@pytest.mark.slow
def test_all_that_fail_are_told_at_once_and_the_others_are_kept(small, build):
    build()
    before = content(small.reports / REVIEW)
    notebook(small, "01-plain", "1 / 0")
    notebook(small, "03-other")
    notebook(small, "04-dead", "import os; os._exit(3)")
    with pytest.raises(ReportError) as caught:
        build()
    assert "01-plain.ipynb, cell 4: ZeroDivisionError" in str(caught.value)
    assert "04-dead.ipynb, cell 4: the kernel died" in str(caught.value)
    assert differing(content(small.reports / REVIEW), before) == []
    notebook(small, "01-plain")
    (small.notebooks / "04-dead.ipynb").unlink()
    assert build()[0] == []  # what had not failed was kept, also from before


def command(project) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "evidence_review", "--project", str(project.root), "report"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.long
def test_two_runs_at_once_make_one_whole_report(small):
    runs = [command(small), command(small)]
    for run in runs:
        out, _ = run.communicate(timeout=120)
        assert run.returncode == 0, out
    made = content(small.reports / REVIEW)
    assert hidden(small) == []
    assert command(small).wait(60) == 0
    assert differing(content(small.reports / REVIEW), made) == []


def test_leftovers_of_a_run_that_lives_are_not_touched(tmp_path):
    (tmp_path / ".one-building-dead").mkdir()
    with building_folder(tmp_path, "one") as live:
        with building_folder(tmp_path, "one"):
            assert live.is_dir()
            assert not (tmp_path / ".one-building-dead").exists()
        assert live.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == [workshop.LOCK]


FIGURE = """
import matplotlib.pyplot as plt
from evidence_review.display import page
page.show(lambda width: plt.figure(), figure_id="key-figure", alt="nothing")
"""


@pytest.mark.slow
def test_source_date_epoch_moves_dates_and_nothing_else(small, build, monkeypatch):
    """The moments as `date -u -d @1000000000` and `date -u -d @1100000000` give them."""
    notebook(small, "01-plain", FIGURE)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    build()
    before = content(small.reports / REVIEW)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1100000000")
    assert build()[0] == []  # a report has the date, notebooks do not see it
    after = content(small.reports / REVIEW)
    build(force=True)
    assert differing(content(small.reports / REVIEW), after) == []
    manifest = "ro-crate-metadata.json"
    assert {name for name in after if after[name] != before.get(name)} == {manifest}
    old, new = b"2001-09-09T01:46:40+00:00", b"2004-11-09T11:33:20+00:00"
    assert before[manifest].count(old) == 3  # published, ended, and as the setting
    assert before[manifest].replace(old, new) == after[manifest]


@pytest.mark.slow
def test_inputs_that_change_meanwhile_leave_no_manifest(small, build):
    """Nobody could say what was made from which."""
    path = f"../data/{REVIEW}/claims.csv"
    notebook(small, "01-plain", f"with open({path!r}, 'a') as file: file.write('\\n')")
    _, told = build()
    folder = small.reports / REVIEW
    assert "inputs changed while it was made" in told
    assert (folder / "index.html").is_file()
    assert not (folder / "ro-crate-metadata.json").exists()
    assert not (folder / "inputs").exists()
    notebook(small, "01-plain")
    assert "inputs changed" not in build()[1]
    assert (folder / "ro-crate-metadata.json").is_file()


@pytest.mark.slow
@pytest.mark.long
def test_however_one_gets_there_the_report_is_that_of_a_forced_serial_run(small, tmp_path_factory):
    """Changed, changed back, several at once, forced in parallel: the whole folder, byte for byte."""
    other = Project(tmp_path_factory.mktemp("serial") / "project")
    shutil.copytree(small.root, other.root)
    claims = f"{REVIEW}/claims.csv"
    words = (small.data / claims).read_text(encoding="utf-8")
    states = {"level": (0.95, 0.9), "notebook": ("1", "'two'"), "data": ("About", "Around")}
    now = dict.fromkeys(states, 0)
    made = {}

    def make(project, **options) -> dict[str, bytes]:
        value = {name: states[name][state] for name, state in now.items()}
        notebook(project, "01-plain", value["notebook"])
        changed = words.replace("About one person", f"{value['data']} one person")
        (project.data / claims).write_text(changed, encoding="utf-8")
        build_report(project, Settings(review=REVIEW, level=value["level"]), **options)
        return content(project.reports)

    def serial() -> dict[str, bytes]:
        state = tuple(now.values())
        if state not in made:
            made[state] = make(other, jobs=1, force=True)
        return made[state]

    assert differing(make(small, jobs=2), serial()) == []
    for step in ("level notebook", "level", "data", "notebook", "data"):
        for name in step.split():
            now[name] = 1 - now[name]
        assert differing(make(small, jobs=2), serial()) == [], step
    assert differing(make(small, jobs=2, force=True), serial()) == []
    assert len(set(map(str, made.values()))) == len(made) == 5
    # Threads that ran side by side left papermill, which is one for the process, as it was.
    assert papermill_io.get_handler("local").cwd(None) is None
