"""The log of runs: start, end and duration of each, in a file apart from the reports.

Reports contain no times, so that equal inputs give equal pages; the log shows why a run was slow.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

KEPT = 500_000  # bytes of some hundred runs; the file before this one is kept too


@contextlib.contextmanager
def run_log(path: Path) -> Iterator[None]:
    """Add a command to the log at `path`: its start, its steps, and how it ended.

    Every line has time and process: runs may overlap, and a killed run has no end. A log that cannot be
    written does not stop a run.
    """
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
    log = logging.getLogger("evidence_review.runs")
    handler = _Quiet(path, maxBytes=KEPT, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    began = time.perf_counter()
    log.info("start, %s", _machine())
    try:
        yield
        log.info("done after %.1f s", time.perf_counter() - began)
    except BaseException as error:
        told = str(error).partition("\n")[0]
        log.info("%s after %.1f s: %s", type(error).__name__, time.perf_counter() - began, told)
        raise
    finally:
        log.removeHandler(handler)
        handler.close()


class _Quiet(RotatingFileHandler):
    def handleError(self, record):  # noqa: N802 - the library's name
        """Ignore errors: if the disk is full, writing the report reports it."""


def _machine() -> str:
    """Number of cores and their load, the usual reason for a slow run."""
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores{busy}"
