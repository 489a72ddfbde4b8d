"""Which inputs of reports have changed, told once an editor has saved all that it saves.

Files are told apart by the time of their last change, size and inode: looking at all of a project takes a
millisecond. So folders may come and go, and lie on another machine, of which a system gives no notice.
"""

from __future__ import annotations

import contextlib
import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

from evidence_review.records import Project
from evidence_review.runs import nursery, plan
from evidence_review.runs.scratch import remove_scratch

LOOK = 0.1  # seconds between two looks at data and notebooks
SETTLED = 0.2  # seconds without a change after which an editor has saved all
LOOK_AT_CODE = 1.0  # seconds between two looks at code and installed packages, which are many files
# The name of each file, and what tells its content from another.
State = dict[str, str]


class Inputs:
    """The files that reports are made from, as they are from time to time.

    Parameters
    ----------
    project
        Where they are.
    reviews
        Names of the reviews that the reports are on; empty for all that there are at the time.
    """

    def __init__(self, project: Project, reviews: Iterable[str] = ()):
        self._project, self._reviews = project, tuple(reviews)
        self._code = _state_of_code()  # as this process has imported it

    def now(self) -> dict[str, State]:
        """What data, notebooks and CITATION.cff are now, by review."""
        there = (path.parent.name for path in sorted(self._project.data.glob("*/review.csv")))
        return {review: self._state(review) for review in self._reviews or there}

    def _state(self, review: str) -> State:
        try:
            return _state(plan.project_files(self._project, review))
        except (OSError, csv.Error):  # review.csv is being written
            return {}

    def wait_for_change(self, before: Mapping[str, State]) -> None:
        """Return as soon as `now()` is not as before, or the code is not as it was imported."""
        looked_at_code = time.monotonic()
        while self.now() == before:
            time.sleep(LOOK)
            if time.monotonic() - looked_at_code > LOOK_AT_CODE:
                if self.newer_code():
                    return
                looked_at_code = time.monotonic()

    def settled(self) -> dict[str, State]:
        """What `now()` tells when nothing has changed for `SETTLED` seconds.

        An editor saves in several steps (a new file, which takes the name of the old one) and several files
        one after the other: to a reader of the report that is one change.
        """
        last, since = (self.now(), _state_of_code()), time.monotonic()
        while time.monotonic() - since < SETTLED:
            time.sleep(LOOK)
            now = self.now(), _state_of_code()
            if now != last:
                last, since = now, time.monotonic()
        return last[0]

    def newer_code(self) -> str:
        """In words, what of the package and of the installed versions has changed; '' if nothing has."""
        return plan.changed_inputs(self._code, _state_of_code())


def _state_of_code() -> State:
    """The package's code and the installed versions."""
    folders = [Path(folder) for folder in plan.package_folders()]
    installed = {path.name: "" for folder in folders for path in folder.glob("*.dist-info")}
    return _state(plan.code_files()) | installed


def _state(files: Mapping[str, Path]) -> State:
    found = {}
    for name, path in files.items():
        with contextlib.suppress(OSError):  # gone since it was listed
            told = path.stat()
            found[name] = f"{told.st_mtime_ns} {told.st_size} {told.st_ino}"
    return found


def start_anew() -> NoReturn:
    """Put the same command in the place of this process: it imports what is there now."""
    nursery.end()
    remove_scratch()
    sys.stdout.flush()
    command = [sys.executable, *sys.orig_argv[1:]]
    # Windows would give the terminal back while the new process runs.
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the new one
        raise SystemExit(subprocess.call(command))
    os.execv(sys.executable, command)
