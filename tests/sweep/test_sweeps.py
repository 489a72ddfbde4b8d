"""Sweeps: the same bytes however they are computed, in whatever order, and after a kill."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evidence_review.cli import main
from evidence_review.records import files
from evidence_review.runs.run import ReportError
from evidence_review.runs.workshop import LOCK
from evidence_review.sweep import page as sweep_page
from evidence_review.sweep import plan as sweep_plan
from evidence_review.sweep import run as sweep
from evidence_review.sweep.batch import Batch
from evidence_review.sweep.choices import AGAINST_PLACEBO
from evidence_review.sweep.plan import SweepError
from evidence_review.sweep.points import quantities

GRID = "grid:\n  tau2: [REML, DL]\n  missing_se: [assume, exclude]\n"
FAILS = "points:\n- {population: low iron stores}\n- {designs: parallel}\n- {level: 0.9}\n"


@pytest.fixture
def run(copy, records, monkeypatch):
    """Runs a sweep of the text given, without its page if told; returns its files, and the progress."""
    return runner(copy, records, monkeypatch)


@pytest.fixture
def run_pool(copy, infarction, monkeypatch):
    """The same of the review of deaths after a heart attack, whose trials are pooled."""
    return runner(copy, infarction, monkeypatch)


def runner(copy, records, monkeypatch):
    monkeypatch.setattr(sweep_plan, "load", lambda review, project: records)
    render = sweep_page.render_sweep

    def sweep_of(text=GRID, *, forget=True, page=False, **options):
        monkeypatch.setattr(sweep_page, "render_sweep", render if page else lambda *_: None)
        if forget:
            shutil.rmtree(copy.root / ".cache", ignore_errors=True)
        path = copy.root / "mine.yml"
        path.write_text(text, encoding="utf-8")
        told = []
        folder = sweep.run_sweep(copy, path, told.append, **options).folder
        assert folder == copy.reports / f"{records.folder}-sweep-mine"
        return {path.name: path.read_bytes() for path in folder.iterdir()}, told

    return sweep_of


@pytest.fixture
def algebra(monkeypatch):
    """In place of the model, a line: a forked worker has it too."""

    def line(review, columns):
        value = lambda name: columns.get(name, getattr(review.settings, name))
        size = np.broadcast_to(value("change_sd") + 10 * value("level"), count(columns))
        return Batch(np.outer(size, 1 + np.arange(len(sweep.QUANTITIES))), np.full(len(size), ""))

    monkeypatch.setattr(sweep, "batch_quantities", line)


def count(columns: dict) -> int:
    return len(next(iter(columns.values())))


def points(files: dict) -> pd.DataFrame:
    return pd.read_parquet(BytesIO(files["points.parquet"]))


@pytest.fixture
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as made:
        yield made


def test_one_process_two_and_a_cluster_make_the_same_bytes(run, cluster):
    alone, _ = run(jobs=1)
    assert set(alone) == {"points.csv", "points.parquet", "sweep.yml"}
    assert run(jobs=2)[0] == alone
    assert run(scheduler=cluster.scheduler_address)[0] == alone
    with_page, told = run(forget=False, page=True)
    assert told == ["4 points, 4 of them computed before"]
    assert with_page.items() > alone.items()
    assert run(forget=False, page=True)[0] == with_page


POOLS = """
grid:
  measure: [OR, RD]
  studies: [all, without the largest trials]
  tau2: [REML, DL]
  level: [0.8, 0.95]
  method: [random_effects, mantel_haenszel, peto]
"""


@pytest.mark.slow
def test_a_sweep_of_pools_makes_the_same_bytes_however_it_is_computed(run_pool, cluster):
    alone, told = run_pool(POOLS, jobs=1)
    # Without Peto's method of risk differences, which is none, and with the estimator once where it is not used.
    assert told[0] == "32 points"
    found = points(alone)
    assert (~found.ok).sum() == 4
    assert set(found.loc[~found.ok, "method"]) == {"peto"}
    assert run_pool(POOLS, jobs=2)[0] == alone
    assert run_pool(POOLS, scheduler=cluster.scheduler_address)[0] == alone
    with_page, told = run_pool(POOLS, forget=False, page=True)
    assert told == ["32 points, 32 of them computed before"]
    assert with_page.items() > alone.items()
    page = with_page["index.html"].decode()
    assert "Early death: odds ratio" in page
    assert "Early death: risk difference" in page
    assert "4 of 32 points have none" in page


def test_points_about_another_thing_are_not_taken_for_these(copy, iron, monkeypatch):
    """The same parameters of a review that has both a pool and placebo arms."""
    run = runner(copy, iron, monkeypatch)
    files, _ = run(f"about: effect against placebo\n{GRID}")
    others, told = run(f"about: pooled effect\n{GRID}", forget=False)
    assert told[0] == "4 points"
    assert "placebo_mean" in points(files)
    assert "placebo_mean" not in points(others)


def test_a_pool_that_was_interrupted_goes_on(run_pool, monkeypatch):
    monkeypatch.setattr(sweep, "POOLS", 4)
    whole, _ = run_pool(POOLS, jobs=1)
    kept, stops = sweep.PointStore.keep, iter([False, False, True])

    def keep(self, keys, batch):
        kept(self, keys, batch)
        if next(stops):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sweep.PointStore, "keep", keep)
        with pytest.raises(KeyboardInterrupt):
            run_pool(POOLS, jobs=1)
    again, told = run_pool(POOLS, forget=False, jobs=1)
    assert told[0] == "32 points, 12 of them computed before"
    assert again == whole


def test_a_row_has_every_parameter_and_what_the_model_gives(run, magnesium):
    files, _ = run("points: [{tau2: DL, level: 0.9}, {tau2: REML}]")
    found = points(files)
    moved = magnesium.under(tau2="DL", level=0.9)
    first = found.iloc[0].to_dict()
    assert {name: first[name] for name in vars(moved.settings)} == vars(moved.settings)
    expected = asdict(quantities(moved))
    assert {name: first[name] for name in expected} == pytest.approx(expected, rel=1e-12)
    assert list(found.point) == [1, 2]
    assert list(found.is_default) == [False, True]
    csv = pd.read_csv(BytesIO(files["points.csv"]), keep_default_na=False)
    assert list(csv.columns) == list(found.columns)
    np.testing.assert_array_equal(csv.placebo_as_good.astype(float), found.placebo_as_good)


def test_the_order_of_a_list_does_not_change_a_point(run, algebra):
    lines = [f"- {{change_sd: {sd}, level: {level}}}" for sd in (6, 7, 8) for level in (0.8, 0.9)]
    one = points(run("\n".join(["points:", *lines]))[0])
    other = points(run("\n".join(["points:", *reversed(lines)]))[0])[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(one.drop(columns="point"), other.drop(columns="point"))


def test_a_point_that_fails_is_told_and_the_others_are_there(run):
    files, _ = run(FAILS, page=True)
    found = points(files)
    assert list(found.ok) == [False, True, True]
    assert "pooling needs two or more" in found.message[0]
    assert found.placebo_as_good.isna().tolist() == [True, False, False]
    page = files["index.html"].decode()
    assert "1 of 3 points have none" in page
    assert "point 1: population = low iron stores" in page


def test_without_pyarrow_the_points_are_in_the_csv_alone(run, algebra, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    files, _ = run(page=True)
    assert set(files) == {"points.csv", "index.html", "sweep.yml"}
    assert b"points.parquet" not in files["index.html"]


def test_only_what_is_new_is_computed(run, algebra):
    run("grid: {change_sd: [6, 7], level: [0.8, 0.9]}")
    _, told = run("grid: {level: [0.9, 0.8], change_sd: [6, 7, 8]}", forget=False)
    assert told[0] == "6 points, 4 of them computed before"


def test_a_change_of_data_or_code_computes_everything_anew(run, algebra, records, monkeypatch):
    run()
    monkeypatch.setattr(sweep, "code_version", lambda: "another")
    assert run(forget=False)[1][0] == "4 points"
    changed = {"studies": records["studies"].assign(label="another")}
    other = replace(records, tables=records.tables | changed)
    monkeypatch.setattr(sweep_plan, "load", lambda review, project: other)
    assert run(forget=False)[1][0] == "4 points"


def test_a_batch_cut_short_is_computed_again(run, copy, algebra):
    whole, _ = run()
    for path in (copy.root / ".cache" / "sweeps").rglob("*.npz"):
        path.write_bytes(path.read_bytes()[:-9])
    again, told = run(forget=False)
    assert told[0] == "4 points"
    assert again == whole


def test_old_versions_are_dropped(run, copy, algebra, monkeypatch):
    for number in range(sweep.KEPT + 2):
        monkeypatch.setattr(sweep, "code_version", lambda number=number: f"version {number}")
        run(forget=False)
    assert len(list((copy.root / ".cache" / "sweeps").iterdir())) == sweep.KEPT


def test_what_a_killed_sweep_left_half_written_goes(run, copy, algebra):
    whole, _ = run()
    (version,) = (copy.root / ".cache" / "sweeps").iterdir()
    left, written = version / f"{files.HALF}left", version / f"{files.HALF}being-written"
    for half in (left, written):
        half.write_bytes(b"half")
    os.utime(left, (time.time() - files.YOUNG - 1,) * 2)
    assert run(forget=False)[0] == whole
    assert not left.exists()
    assert written.exists()


def test_two_sweeps_may_begin_to_keep_points_at_once(tmp_path, monkeypatch):
    """Each finds no folder, and makes it; one drops an old version that the other is looking at."""
    sweeps = tmp_path / "sweeps"
    for number in range(sweep.KEPT):
        (sweeps / str(number)).mkdir(parents=True)
    (sweeps / "gone").symlink_to(tmp_path / "nowhere")
    one, two = (sweep.PointStore(sweeps / "new") for _ in range(2))
    points = [np.array([number], np.uint64) for number in (1, 2)]
    batch = Batch(np.array([[0.5]]), np.array([""], object))
    answers = iter([False, False])
    monkeypatch.setattr(Path, "is_dir", lambda self: next(answers, True))
    one.keep(points[0], batch)
    two.keep(points[1], batch)
    assert one.read(np.concatenate(points), 1).known.all()


def test_a_worker_that_dies_is_told_and_what_was_computed_is_kept(run, copy, monkeypatch, algebra):
    line = sweep.batch_quantities
    dies = lambda review, columns: (
        os._exit(3) if columns["tau2"][0] == "DL" else line(review, columns)
    )
    monkeypatch.setattr(sweep, "batch_quantities", dies)
    monkeypatch.setattr(sweep, "BATCH", 1)
    with pytest.raises(ReportError, match="a worker failed: BrokenProcessPool") as caught:
        run(jobs=1)
    assert "the same command continues from them" in str(caught.value)
    assert not (copy.reports / "magnesium-rls-sweep-mine").exists()
    monkeypatch.setattr(sweep, "batch_quantities", line)
    assert "of them computed before" in run(forget=False)[1][0]


def test_a_worker_with_other_code_refuses():
    with pytest.raises(RuntimeError, match="another version of evidence-review"):
        sweep.evaluate(pickle.dumps(None), "another", AGAINST_PLACEBO, {})


def test_without_dask_or_a_scheduler_it_says_so(run, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "distributed", None)
        with pytest.raises(SweepError, match=r"pip install 'evidence-review\[cluster\]'"):
            run(scheduler="tcp://127.0.0.1:9")
    monkeypatch.setattr(sweep, "PATIENCE", 1)
    with pytest.raises(SweepError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        run(scheduler="tcp://127.0.0.1:9")


# The command with a model that takes its time, and without what takes time besides.
SLOW = """
import signal, sys, time
import numpy as np
from evidence_review.sweep.batch import Batch
from evidence_review.sweep.choices import AGAINST_PLACEBO
from evidence_review.cli import main
from evidence_review.sweep import page as sweep_page
from evidence_review.sweep import run as sweep
from evidence_review.records import tables
def slow(review, columns):
    time.sleep(0.1)
    return Batch(np.outer(columns["change_sd"], np.ones(len(sweep.QUANTITIES))), np.array([""]))
sweep.batch_quantities, sweep.BATCH = slow, 1
sweep_page.render_sweep = lambda *_: None
tables.violations_unless_known_valid = lambda *_: []
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def command(copy):
    (copy.root / "mine.yml").write_text(
        "grid: {change_sd: {low: 6, high: 11, count: 20}, tau2: [REML, DL]}", encoding="utf-8"
    )

    def start() -> subprocess.Popen:
        words = ["--project", str(copy.root), "sweep", str(copy.root / "mine.yml"), "--jobs", "2"]
        return subprocess.Popen(
            [sys.executable, "-c", SLOW, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals")
def test_a_sweep_that_is_stopped_leaves_the_old_page_and_goes_on(copy, command):
    """By Ctrl-C, then by a kill. Its output ends when its workers have ended too."""
    folder = copy.reports / "magnesium-rls-sweep-mine"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("the previous page")
    store = copy.root / ".cache" / "sweeps"
    kept = 0
    for stop in (signal.SIGINT, signal.SIGKILL):
        sweeping = command()
        deadline = time.monotonic() + 60
        while len(list(store.rglob("*.npz"))) <= kept and time.monotonic() < deadline:
            time.sleep(0.02)
        sweeping.send_signal(stop)
        said, _ = sweeping.communicate(timeout=120)
        assert sweeping.returncode == (130 if stop == signal.SIGINT else -signal.SIGKILL), said
        assert ("computed points are kept" in said) == (stop == signal.SIGINT)
        assert (folder / "index.html").read_text() == "the previous page"
        kept = len(list(store.rglob("*.npz")))
        assert kept
    sweeping = command()
    said, _ = sweeping.communicate(timeout=120)
    assert sweeping.returncode == 0, said
    assert "40 points, " in said
    done = sum(len(np.load(path)["keys"]) for path in store.rglob("*.npz"))
    assert done == 40
    there = {path.name for path in copy.reports.iterdir()} - {LOCK}
    assert there == {"index.html", folder.name}


def test_the_command_says_what_is_wrong_with_a_file(copy, records, monkeypatch, capsys):
    monkeypatch.setattr(sweep_plan, "load", lambda review, project: records)
    path = copy.root / "bad.yml"
    path.write_text("grid: {tau3: [REML]}")
    assert main(["--project", str(copy.root), "sweep", str(path)]) == 2
    assert (
        "bad.yml, line 1: grid: there is no 'tau3'; did you mean 'tau2'?" in capsys.readouterr().err
    )


def test_the_code_version_covers_all_code_that_computes_a_point():
    """Else points of other code would be taken from the cache."""
    import grimp

    graph = grimp.build_graph("evidence_review", include_external_packages=True, cache_dir=None)
    computing = ("evidence_review.sweep.batch", "evidence_review.sweep.pools")
    reached = set().union(*map(graph.find_upstream_modules, computing))
    rooms = {name.split(".")[1] for name in reached if name.startswith("evidence_review.")}
    packages = reached & {"numpy", "pandas", "scipy", "statsmodels"}
    assert rooms == set(sweep.COMPUTING)
    assert packages <= set(sweep.PACKAGES)
