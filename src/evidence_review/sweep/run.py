"""Run a sweep: compute the effect against placebo, or the pooled effect, at every point.

Points are computed in batches through `concurrent.futures`, by local processes or by a Dask cluster. A
batch carries everything that it needs, so that a machine without the data can compute it. Each point
has a key from its parameters. Finished batches are kept in the project's `.cache/`, separately for each
version of data and code. So an interrupted or extended sweep computes only missing points. No point
uses random numbers.
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
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import cast
from zipfile import BadZipFile

import numpy as np
import pandas as pd

import evidence_review
from evidence_review.estimates.measure import scale
from evidence_review.records import Project
from evidence_review.records.files import remove_halves, whole_file
from evidence_review.review.review import Review
from evidence_review.runs.report import Report
from evidence_review.runs.run import ReportError, cores
from evidence_review.runs.site import render_contents
from evidence_review.runs.workshop import exclusive, new_folder
from evidence_review.sweep import page as sweep_page
from evidence_review.sweep.batch import Batch, Columns, batch_quantities
from evidence_review.sweep.choices import AGAINST_PLACEBO, POOLED_EFFECT
from evidence_review.sweep.plan import SweepError, SweepPlan, read_sweep
from evidence_review.sweep.points import QUANTITY_LABELS, SweepResult
from evidence_review.sweep.pools import POOL_LABELS, batch_pools
from evidence_review.sweep.tables import write_csv, write_parquet

BATCH = 5000  # most points in a batch, which is lost when its worker is killed
POOLS = 500  # most pools in a batch: each may have other effects of studies
AHEAD = 3  # waiting batches for each worker
KEPT = 5  # versions of data and code whose points are kept
TOLD = 2.0  # seconds between two lines of progress
PATIENCE = 10  # seconds to wait for a scheduler, and three times that for its first worker
QUANTITIES = tuple(QUANTITY_LABELS)
LABELS_OF = {AGAINST_PLACEBO: QUANTITY_LABELS, POOLED_EFFECT: POOL_LABELS}
# Rooms and packages that a point depends on; a test compares them with the imports.
COMPUTING = (
    "checks",
    "consistency",
    "effect_measures",
    "estimates",
    "placebo",
    "records",
    "review",
    "sensitivity",
    "stats",
    "sweep",
)
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels")


def run_sweep(
    project: Project,
    path: Path,
    progress: Callable[[str], None] = lambda line: None,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
) -> Report:
    """Compute the points of a sweep's file; write tables and page to `reports/<review>-sweep-<file>/`.

    progress: called with each line of progress. jobs: local processes (default: one for each core).
    scheduler: address of a Dask scheduler to use instead. Points without a result are in the tables with
    the reason.
    Raises SweepError before it computes anything, ReportError if workers fail; computed points are then
    kept, and the previous page stays.
    """
    plan = read_sweep(path, project)
    columns = plan.columns()
    keys = point_keys(columns, plan.defaults)
    store = PointStore(project.root / ".cache" / "sweeps" / _version(plan))
    found = store.read(keys, len(LABELS_OF[plan.about]))
    missing = np.flatnonzero(~found.known)
    kept = f", {plan.count - len(missing):,} of them computed before"
    progress(f"{plan.count:,} points{kept if len(missing) < plan.count else ''}")
    packed = pickle.dumps(plan.records)
    # Before the workers are forked, so that they have the unpacked records.
    default = _batch(plan.about)(_unpacked(packed), _defaults(plan))
    if len(missing):
        clock = _Progress(len(missing), progress)
        try:
            with _workers(scheduler, jobs) as (executor, count):
                # Batches of one size for all kinds of workers, so that even the last digits are equal.
                size = BATCH if plan.about == AGAINST_PLACEBO else POOLS
                batches = np.split(missing, range(size, len(missing), size))
                work = partial(evaluate, packed, code_version(), plan.about)
                for places, batch in _computed(executor, work, columns, batches, AHEAD * count):
                    store.keep(keys[places], batch)
                    found.put(places, batch)
                    clock.tell(len(places))
        except KeyboardInterrupt:
            progress(
                "interrupted: computed points are kept, and the same command continues from them"
            )
            raise
    result = _result(plan, columns, found, default)
    target = project.reports / f"{plan.records.folder}-sweep-{plan.name}"
    with new_folder(target) as building:
        write_csv(result, building / "points.csv")
        write_parquet(result, building / "points.parquet")
        shutil.copyfile(path, building / "sweep.yml")
        sweep_page.render_sweep(project, plan, result, building)
    with exclusive(project.reports):
        render_contents(project)
    return Report(target)


def _batch(about: str) -> Callable[[Review, Columns], Batch]:
    """The function that computes a batch of points on this subject."""
    return batch_quantities if about == AGAINST_PLACEBO else batch_pools


def _defaults(plan: SweepPlan) -> dict[str, np.ndarray]:
    """The review's own settings as a batch of one point."""
    values = plan.defaults
    return {
        name: np.array([values[name]], dtype=object if isinstance(values[name], str) else float)
        for name in plan.swept
    }


def point_keys(columns: Columns, defaults: Mapping[str, float | str | None]) -> np.ndarray:
    """A 64-bit key for the parameters of each point, (points,): the sum of the keys of its values.

    Fewer than one in ten million sweeps of a million points has two points with the same key.
    """
    count = len(next(iter(columns.values())))
    total = np.zeros(count, dtype=np.uint64)
    for name, default in defaults.items():
        codes, values = (0, [default])
        if name in columns:
            codes, values = pd.factorize(columns[name], use_na_sentinel=False)
        digests = (hashlib.sha256(json.dumps([name, value]).encode()) for value in values)
        total += np.array([int.from_bytes(d.digest()[:8]) for d in digests], np.uint64)[codes]
    return total


def _computed(
    executor: Executor,
    work: Callable[[Columns], Batch],
    columns: Columns,
    batches: Iterable[np.ndarray],
    ahead: int,
) -> Iterator[tuple[np.ndarray, Batch]]:
    """Places of points and their results, as batches end; at most `ahead` batches run or wait."""
    waiting: dict[Future, np.ndarray] = {}

    def ended() -> Iterator[tuple[np.ndarray, Batch]]:
        done: set[Future] = set()
        while not done:  # wait in short steps, since Windows notices Ctrl-C only between them
            done, _ = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            try:
                yield waiting.pop(future), future.result()
            except Exception as error:
                what = f"a worker failed: {type(error).__name__}: {error}"
                if isinstance(error, CancelledError):
                    what = "the scheduler was lost"
                raise ReportError(
                    f"{what}\nComputed points are kept; the same command continues from them."
                ) from error

    for places in batches:
        part = {name: column[places] for name, column in columns.items()}
        waiting[executor.submit(work, part)] = places
        if len(waiting) >= ahead:
            yield from ended()
    while waiting:
        yield from ended()


def evaluate(packed: bytes, code: str, about: str, columns: Columns) -> Batch:
    """The results of a batch of points, in its order.

    packed: the pickled records. code: the `code_version` of the calling process. about: one of
    `choices.ABOUT`. columns: see `batch_quantities`.
    Raises RuntimeError if this process runs other code.
    """
    if code != code_version():
        raise RuntimeError(
            "this worker has another version of evidence-review, Python, "
            f"{', '.join(PACKAGES)} than the sweep was started with: install the same on both"
        )
    return _batch(about)(_unpacked(packed), columns)


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> Review:
    """The review of a batch, unpacked once for all batches of a process."""
    return Review(pickle.loads(packed))


@contextlib.contextmanager
def _workers(scheduler: str | None, jobs: int | None) -> Iterator[tuple[Executor, int]]:
    """The executor for batches, and its number of workers."""
    if scheduler:
        with _cluster(scheduler) as client:
            threads = cast("dict[str, int]", client.nthreads())
            yield client.get_executor(pure=False, retries=2), sum(threads.values())
        return
    count = jobs or cores()
    # Forked processes need no imports. Only on Linux do system libraries allow it.
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
    """In a worker: leave Ctrl-C to the parent, and end when the parent ends or is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None  # only workers run this

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@cache
def code_version() -> str:
    """Digest of the code that computes a point, and of the packages that it uses."""
    package = Path(evidence_review.__file__).parent
    digest = hashlib.sha256(platform.python_version().encode())
    for name in PACKAGES:
        digest.update(f"{name} {version(name)}\0".encode())
    paths = [path for floor in COMPUTING for path in (package / floor).rglob("*.py")]
    alone = (package / f"{floor}.py" for floor in COMPUTING)  # a room of one module
    for path in sorted([*paths, *filter(Path.is_file, alone)]):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _version(plan: SweepPlan) -> str:
    """Digest of everything but parameters that a point depends on: data, code and the subject."""
    digest = hashlib.sha256(f"{code_version()}\0{plan.about}".encode())
    for part in (plan.records, plan.records.reference_class):
        for name, table in part.tables.items():
            digest.update(f"{part.folder}/{name}\0{table.to_csv()}".encode())
    return digest.hexdigest()[:32]


class Found:
    """The points of a sweep that are computed so far.

    Attributes
    ----------
    known : numpy.ndarray
        (points,), whether each is computed.
    numbers, messages : numpy.ndarray
        As in `Batch`.
    """

    def __init__(self, count: int, quantities: int):
        self.known = np.zeros(count, dtype=bool)
        self.numbers = np.full((count, quantities), np.nan)
        self.messages = np.full(count, "", dtype=object)

    def put(self, places: np.ndarray, batch: Batch) -> None:
        """Add the batch with the points at these places."""
        self.known[places] = True
        self.numbers[places], self.messages[places] = batch.numbers, batch.messages


@dataclass(frozen=True)
class PointStore:
    """Points computed with one version of data and code, kept in a file for each batch."""

    folder: Path

    def read(self, keys: np.ndarray, quantities: int) -> Found:
        """The kept points with these keys. quantities: how many a point has."""
        found, wanted = Found(len(keys), quantities), pd.Index(keys)
        remove_halves(self.folder)
        for path in sorted(self.folder.glob("*.npz")):
            # A power failure may have cut the file short.
            with contextlib.suppress(ValueError, KeyError, OSError, BadZipFile):
                with np.load(path) as kept:
                    batch = Batch(kept["numbers"], kept["reasons"].astype(object)[kept["why"]])
                    places = wanted.get_indexer(kept["keys"])
                here = places >= 0
                found.put(places[here], Batch(batch.numbers[here], batch.messages[here]))
        return found

    def keep(self, keys: np.ndarray, batch: Batch) -> None:
        """Write a batch completely or not at all; drop the versions unused for longest."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)  # another sweep may make it, too
            self._drop_old_versions()
        name = hashlib.sha256(keys.tobytes()).hexdigest()[:32]
        why, reasons = pd.factorize(batch.messages)
        with whole_file(self.folder / f"{name}.npz") as file:
            np.savez(file, keys=keys, numbers=batch.numbers, why=why, reasons=reasons.astype(str))

    def _drop_old_versions(self) -> None:
        ages = []
        for folder in self.folder.parent.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another sweep drops it
                ages.append((folder.stat().st_mtime, folder))
        for _, old in sorted(ages)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)


class _Progress:
    """Progress lines of a sweep, at most one in TOLD seconds."""

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


def _result(plan: SweepPlan, columns: Columns, found: Found, default: Batch) -> SweepResult:
    """The result of a sweep, with points in the order of the file."""
    defaults = plan.defaults
    is_default = [
        pd.isna(column) if defaults[name] is None else column == defaults[name]
        for name, column in columns.items()
    ]
    names = LABELS_OF[plan.about]
    points = pd.DataFrame(
        {"point": np.arange(1, plan.count + 1)}
        | dict(columns)
        | dict(zip(names, found.numbers.T, strict=True))
        | {
            "ok": found.messages == "",
            "message": found.messages,
            "is_default": np.logical_and.reduce(is_default),
        },
        copy=False,
    )
    own = None
    if not default.messages[0]:
        own = dict(zip(names, default.numbers[0].tolist(), strict=True))
    return SweepResult(
        about=plan.about,
        points=points,
        swept=plan.swept,
        is_grid=plan.is_grid,
        defaults=defaults,
        default=own,
        measure=scale(plan.records, plan.records.review.instrument_id, "MD"),
    )
