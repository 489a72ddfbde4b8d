"""Run a sweep: the findings behind the effect page at every point, without the page.

Points are computed in batches behind the interface of `concurrent.futures`: by local processes or
by a Dask cluster. A batch carries all that it needs, also to a machine without a copy of the data.
Each point has a key, made of its parameters, the data and the code; batches are kept by it in the
project's `.cache/` as they come in. So a sweep that was interrupted, or that has been added to,
computes only what is missing. Nothing in a point is random: there is nothing to seed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import pickle
import platform
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import islice
from math import ceil, nan
from pathlib import Path
from typing import cast

import pandas as pd

import evidence_review
from evidence_review.estimates.measure import scale
from evidence_review.records import Project, Records
from evidence_review.records.spreadsheets import harmless
from evidence_review.review.review import Review
from evidence_review.runs.report import Report
from evidence_review.runs.run import ReportError, cores
from evidence_review.runs.site import render_contents
from evidence_review.runs.workshop import exclusive, new_folder
from evidence_review.sweep import page as sweep_page
from evidence_review.sweep.plan import SweepError, SweepPlan, read_sweep
from evidence_review.sweep.points import (
    QUANTITY_LABELS,
    Quantities,
    SweepResult,
    quantities,
)

BATCH = 100  # points at most: what a worker loses when it is killed
AHEAD = 3  # batches that wait for each worker
KEPT = 5  # versions of data and code whose points are kept
TOLD = 2.0  # seconds between two lines of progress
PATIENCE = 10  # seconds to wait for a scheduler, and three times that for its first worker
QUANTITIES = list(QUANTITY_LABELS)
# Rooms and packages that a point depends on: a test compares them with what is imported.
COMPUTING = ("estimates", "placebo", "records", "review", "stats")
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels")


def run_sweep(
    project: Project,
    path: Path,
    progress: Callable[[str], None] = lambda line: None,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
) -> Report:
    """Compute what a sweep's file asks for, and put tables and page in `reports/<review>-sweep-<file>/`.

    progress: called with one line of text at a time. jobs: local processes (default: one a core).
    scheduler: address of a Dask scheduler to use instead. Points that have no result are in the
    tables with the reason.
    Raises SweepError before anything is computed, ReportError when workers fail; what was computed
    is kept, and the previous page stays.
    """
    plan = read_sweep(path, project)
    store = PointStore(project.root / ".cache" / "sweeps" / _version(plan.records))
    found = store.read()
    missing = sum(key not in found for key, _ in _points(plan))
    kept = f", {plan.count - missing:,} of them computed before" if missing < plan.count else ""
    progress(f"{plan.count:,} points{kept}")
    packed = pickle.dumps(plan.records)
    default = _point(
        _unpacked(packed), vars(plan.defaults)
    )  # before a fork, which then has it unpacked
    if missing:
        todo = ((key, values) for key, values in _points(plan) if key not in found)
        clock = _Progress(missing, progress)
        try:
            with _workers(scheduler, jobs) as (executor, count):
                size = min(BATCH, ceil(missing / (4 * count)))
                for results in _computed(executor, _batches(todo, size), packed, AHEAD * count):
                    store.keep(results)
                    found |= results
                    clock.tell(len(results))
        except KeyboardInterrupt:
            progress("interrupted: what was computed is kept, and the same command goes on from it")
            raise
    result = _result(plan, found, default)
    target = project.reports / f"{plan.records.folder}-sweep-{plan.name}"
    with new_folder(target) as building:
        shown = result.points.assign(message=result.points.message.map(harmless))
        shown.to_csv(building / "points.csv", index=False, lineterminator="\n")
        result.points.to_parquet(building / "points.parquet", index=False)
        shutil.copyfile(path, building / "sweep.yml")
        sweep_page.render_sweep(project, plan, result, building)
    with exclusive(project.reports):
        render_contents(project)
    return Report(target)


def _points(plan: SweepPlan) -> Iterator[tuple[str, dict]]:
    """Key and parameters of every point, in the order of the file."""
    for point in plan.points():
        values = vars(plan.defaults) | dict(zip(plan.swept, point, strict=True))
        yield hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32], values


def _batches(items: Iterator, size: int) -> Iterator[list]:
    while batch := list(islice(items, size)):
        yield batch


def _computed(
    executor: Executor, batches: Iterable[list], packed: bytes, ahead: int
) -> Iterator[dict[str, list]]:
    """Results by key, batch by batch as they end; at most `ahead` batches are under way."""
    waiting: dict[Future, list[str]] = {}

    def ended() -> Iterator[dict[str, list]]:
        done: set[Future] = set()
        while not done:  # in steps: Ctrl-C is noticed between them on Windows too
            done, _ = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            try:
                yield dict(zip(waiting.pop(future), future.result(), strict=True))
            except Exception as error:
                what = f"a worker failed: {type(error).__name__}: {error}"
                if isinstance(error, CancelledError):
                    what = "the scheduler was lost"
                raise ReportError(
                    f"{what}\nWhat was computed is kept; the same command goes on from it."
                ) from error

    for batch in batches:
        keys, values = map(list, zip(*batch, strict=True))
        waiting[executor.submit(evaluate, packed, code_version(), values)] = keys
        if len(waiting) >= ahead:
            yield from ended()
    while waiting:
        yield from ended()


def evaluate(packed: bytes, code: str, batch: list[dict]) -> list[list]:
    """The quantities and the message ('' if all is well) at each point of a batch, in its order.

    packed: the records, pickled. code: the `code_version` of who asks.
    Raises RuntimeError if this process runs other code.
    """
    if code != code_version():
        raise RuntimeError(
            "this worker has another version of evidence-review, Python, "
            f"{', '.join(PACKAGES)} than the sweep was started with: install the same on both"
        )
    review = _unpacked(packed)
    return [_point(review, values) for values in batch]


def _point(review: Review, values: dict) -> list:
    """One point; whatever goes wrong in it is its message, and no other point is lost."""
    try:
        return [*astuple(quantities(review.under(**values))), ""]
    except ValueError as error:
        message = str(error)
    except MemoryError:
        raise
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
    return [nan] * len(QUANTITIES) + [message]


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> Review:
    """The review of a batch, once for all batches that a process computes."""
    return Review(pickle.loads(packed))


@contextlib.contextmanager
def _workers(scheduler: str | None, jobs: int | None) -> Iterator[tuple[Executor, int]]:
    """What computes batches, and how many of them at once."""
    if scheduler:
        with _cluster(scheduler) as client:
            threads = cast("dict[str, int]", client.nthreads())
            yield client.get_executor(pure=False, retries=2), sum(threads.values())
        return
    count = jobs or cores()
    # Forked processes have the imports done. Elsewhere than on Linux system libraries forbid it.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    executor = ProcessPoolExecutor(count, mp_context=context, initializer=_end_with_parent)
    try:
        yield executor, count
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _cluster(address: str):
    """A connection to a Dask scheduler that has workers."""
    try:
        from distributed import Client
    except ImportError as error:
        raise SweepError(
            "--scheduler needs Dask, which is not installed: pip install 'evidence-review[cluster]'"
        ) from error
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SweepError(f"no Dask scheduler answers at {address}: {error}") from error
    try:
        client.wait_for_workers(1, timeout=3 * PATIENCE)
    except TimeoutError as error:
        client.close()
        raise SweepError(f"the Dask scheduler at {address} has no workers") from error
    return client


def _end_with_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and end with it, even when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None  # it runs in workers alone

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@cache
def code_version() -> str:
    """Digest of the code that computes a point, and of the packages it computes with."""
    package = Path(evidence_review.__file__).parent
    digest = hashlib.sha256(platform.python_version().encode())
    for name in PACKAGES:
        digest.update(f"{name} {version(name)}\0".encode())
    for path in sorted(path for floor in COMPUTING for path in (package / floor).rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _version(records: Records) -> str:
    """Digest of all that a point depends on besides its parameters: data and code."""
    digest = hashlib.sha256(code_version().encode())
    for part in (records, records.reference_class):
        for name, table in part.tables.items():
            digest.update(f"{part.folder}/{name}\0{table.to_csv()}".encode())
    return digest.hexdigest()[:32]


@dataclass(frozen=True)
class PointStore:
    """Points computed with one version of data and code, a file for each batch that came in."""

    folder: Path

    def read(self) -> dict[str, list]:
        """Results by key."""
        found: dict[str, list] = {}
        for path in sorted(self.folder.glob("*.json")):
            with contextlib.suppress(ValueError):  # cut short by a power failure
                found |= json.loads(path.read_text(encoding="utf-8"))
        return found

    def keep(self, results: dict[str, list]) -> None:
        """Write a batch whole or, if the process is killed, not at all; drop versions long not used."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True)
            versions = sorted(self.folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)
            for old in versions[:-KEPT]:
                shutil.rmtree(old, ignore_errors=True)
        name = hashlib.sha256("".join(results).encode()).hexdigest()[:32]
        half = self.folder / f"{name}.{os.getpid()}"
        half.write_text(json.dumps(results), encoding="utf-8")
        half.replace(self.folder / f"{name}.json")


class _Progress:
    """Lines about how far a sweep is, no more often than every TOLD seconds."""

    def __init__(self, count: int, progress: Callable[[str], None]):
        self.count, self.progress = count, progress
        self.done, self.started = 0, time.monotonic()
        self.told = self.started

    def tell(self, more: int) -> None:
        self.done += more
        now = time.monotonic()
        if self.done == self.count or now - self.told >= TOLD:
            self.told, seconds = now, now - self.started
            left = seconds * (self.count - self.done) / self.done
            rest = f", about {left:.0f} s left" if self.done < self.count else ""
            self.progress(f"[{self.done:,}/{self.count:,}] {seconds:.1f} s{rest}")


def _result(plan: SweepPlan, found: dict[str, list], default: list) -> SweepResult:
    """The points in the order of the file, whichever way they were computed."""
    swept = pd.DataFrame(plan.points(), columns=list(plan.swept))
    defaults = vars(plan.defaults)
    parameters = {name: swept.get(name, value) for name, value in defaults.items()}
    rows = [found[key] for key, _ in _points(plan)]
    results = pd.DataFrame(rows, columns=[*QUANTITIES, "message"])
    numbers = results[QUANTITIES].astype(float)
    points = pd.DataFrame(
        {"point": range(1, plan.count + 1)}
        | parameters
        | dict(numbers)
        | {
            "ok": results.message == "",
            "message": results.message,
            "is_default": (swept == [defaults[name] for name in plan.swept]).all(axis="columns"),
        }
    )
    measured = scale(plan.records, plan.records.review.instrument_id, "MD")
    return SweepResult(
        points=points,
        swept=plan.swept,
        is_grid=plan.is_grid,
        defaults=plan.defaults,
        default=Quantities(*default[:-1]) if default[-1] == "" else None,
        unit=measured.unit,
        better=measured.better,
    )
