"""Run the notebooks of a report, side by side, in warm kernels that are bounded in time and memory."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_review.records import Project
from evidence_review.runs import nursery, plan, quiet
from evidence_review.runs.notebooks import Notebook

if TYPE_CHECKING:
    from concurrent.futures import Executor

try:
    import resource
except ImportError:  # Windows
    resource = None

TIMEOUT = 300  # seconds a notebook may take; the slowest takes a few
PATIENCE = 60  # seconds in which the output of a cell has to follow its end
TOLD = 1000  # characters of an error that a terminal shows; its page has all
FILES = 256  # that a process may have open; a kernel with a figure needs some hundred
LEAST_MEMORY = 2**30  # bytes that a kernel may allocate, also on a small machine


class ReportError(RuntimeError):
    """Notebooks failed. The previous report is untouched."""


def warm_up(project: Project, given: Mapping[str, object], *, kernels: bool) -> None:
    """Let the process that kernels are forked from import and open the review, while this one does its own.

    kernels: whether notebooks will run, as far as can be told; where not, it is started when one does.

    Raises
    ------
    OSError
        If a process may open too few files here for a kernel.
    """
    _allow_open_files()
    if kernels and (warm := warm_up_kernels()):
        # It may have ended since, which the engine meets again, and tells.
        with contextlib.suppress(OSError):
            warm.prepare(project.root, given)
    nursery.import_without_grammar()


def warm_up_kernels() -> nursery.Nursery | None:
    """The process that kernels are forked from, started if it is not there; None where it cannot be."""
    with contextlib.suppress(OSError):  # which the engine meets again, and tells
        return nursery.warm_up([sys.executable], dict(os.environ))
    return None


def _allow_open_files() -> None:
    """Have this process, and kernels after it, allowed as many open files as they need."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < FILES:
        more = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
        if more < FILES:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def execute(
    project: Project,
    pages: list[plan.Page],
    given: Mapping[str, object],
    folder: Path,
    jobs: int,
    progress: Callable[[str], None],
) -> Iterator[Iterator[tuple[str, ReportError | None]]]:
    """Put every executed notebook into `folder`; inside, each comes by name, done or gone wrong.

    Stale ones run from now on, `jobs` at a time, in daemon threads: so Ctrl-C is noticed at once,
    whatever event loop they wait in, and they end with the process (as do their kernels, which
    watch it). Those that wait when it is left are not run.
    """
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    ended: queue.SimpleQueue = queue.SimpleQueue()
    for page in pages:
        if page.is_fresh:
            shutil.copyfile(page.cached, folder / page.notebook.path.name)
        else:
            waiting.put(page.notebook)
    count = waiting.qsize()
    memory = memory_share(max(1, min(jobs, count)))
    if count < len(pages):
        progress(f"{len(pages) - count} of {len(pages)} notebooks are as in an earlier run")

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                notebook = waiting.get_nowait()
                started, error = time.perf_counter(), None
                try:
                    output = folder / notebook.path.name
                    run_notebook(project, notebook, given, output, memory=memory)
                except BaseException as raised:
                    error = raised
                ended.put((notebook, time.perf_counter() - started, error))

    for _ in range(min(jobs, count)):
        threading.Thread(target=work, daemon=True).start()

    def done() -> Iterator[tuple[str, ReportError | None]]:
        for page in pages:
            if page.is_fresh:
                yield page.notebook.name, None
        for position in range(1, count + 1):
            notebook, seconds, error = _interruptibly(ended)
            if error is not None and not isinstance(error, ReportError):
                raise error
            told = "FAILED" if error else f"{seconds:.1f} s"
            progress(f"[{position}/{count}] {notebook.name}  {told}")
            yield notebook.name, error

    try:
        yield done()
    finally:
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()


def _interruptibly(items: queue.SimpleQueue):
    """The next item of a queue; Ctrl-C is noticed while waiting, on Windows too."""
    while True:
        with contextlib.suppress(queue.Empty):
            return items.get(timeout=0.2)


@contextlib.contextmanager
def side_by_side() -> Iterator[Executor]:
    """Threads for as many notebooks as there are cores; Ctrl-C does not wait for what still runs."""
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(cores())
    waits = True
    try:
        yield pool
    except KeyboardInterrupt:
        waits = False
        raise
    finally:
        pool.shutdown(wait=waits, cancel_futures=not waits)


def memory_share(kernels: int) -> int:
    """Bytes that each of so many kernels may allocate, so that together they leave some to others.

    Never less than LEAST_MEMORY: a notebook has to have some room. 0, which is no limit, where the
    system does not tell how many it has.
    """
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0
    return max(LEAST_MEMORY, total // (kernels + 1))


def run_notebook(
    project: Project,
    notebook: Notebook,
    given: Mapping[str, object],
    output: Path,
    *,
    memory: int,
) -> None:
    """Execute one notebook with those parameters that it declares; the result goes to `output`.

    What is written is the same for the same inputs: no clock, no path of this run.
    memory: bytes that its kernel may allocate (see `engine.WarmProvisioner`); 0, no limit.
    Raises ReportError with notebook, cell and message if a cell fails, the notebook takes too long,
    or its kernel ends.
    """
    import papermill
    import zmq
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    from evidence_review.runs import report_engine
    from evidence_review.runs.output import TooMuchOutputError

    parameters = {name: value for name, value in given.items() if name in notebook.parameters}
    limit = f"; a notebook may use {memory / 2**30:.1f} GiB of memory here" if memory else ""
    deadline = time.monotonic() + TIMEOUT
    try:
        papermill.execute_notebook(
            str(notebook.path),
            str(output),
            parameters=parameters,
            engine_name=report_engine.NAME,
            kernel_name="python3",
            progress_bar=False,
            timeout_func=lambda cell: max(0.1, deadline - time.monotonic()),
            shutdown_kernel="immediate",  # nothing of it is needed any more
            iopub_timeout=PATIENCE,
            extra_arguments=list(quiet.ARGUMENTS),
            resources={"metadata": {"path": str(project.notebooks)}},
            config=Config({"WarmProvisioner": {"memory_limit": memory}}),
        )
    except PapermillExecutionError as error:
        # papermill put a cell with the parameters in front of this one: count as the author does.
        cell = error.cell_index + (0 if parameters else 1)
        where = f"{notebook.path.name}, cell {cell}"
        if not error.evalue and error.ename == "CellExecutionError":
            # The kernel had no memory left to say what failed.
            raise ReportError(
                f"{where}: failed, and could not say why (out of memory?){limit}"
            ) from error
        told = error.evalue if len(error.evalue) <= TOLD else f"{error.evalue[:TOLD]} …"
        raise ReportError(
            f"{where}: {error.ename}: {told}" + (limit if "MemoryError" in error.ename else "")
        ) from error
    except TooMuchOutputError as error:
        cell = error.cell + (0 if parameters else 1)
        raise ReportError(f"{notebook.path.name}, cell {cell}: {error}") from error
    except CellTimeoutError as error:
        why = f" took more than {TIMEOUT} seconds"
        if time.monotonic() < deadline:  # of nbclient's two limits, the other one
            why = (
                f": a cell was done, but the end of its output had not come {PATIENCE} seconds later; "
                "if it does so again, have it print less"
            )
        raise ReportError(f"{notebook.path.name}{why}") from error
    except DeadKernelError as error:
        cell = _last_begun(output) + (0 if parameters else 1)
        raise ReportError(
            f"{notebook.path.name}, cell {cell}: the kernel died (out of memory?){limit}"
        ) from error
    except NoSuchKernel as error:
        raise ReportError(
            f"{notebook.path.name}: there is no Jupyter kernel '{error.name}'; install ipykernel"
        ) from error
    except zmq.ZMQError as error:
        raise OSError(error.errno, error.strerror) from error
    except RuntimeError as error:  # a kernel that does not start
        raise ReportError(f"{notebook.path.name}: {error}") from error


def _last_begun(executed: Path) -> int:
    """The place of the last cell, from 0, that began in a notebook that papermill saved."""
    import nbformat

    cells = nbformat.read(executed, as_version=4).cells
    return max(n for n, cell in enumerate(cells) if cell.metadata.papermill.start_time)
