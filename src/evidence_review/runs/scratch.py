"""Temporary folders, which are removed whatever ends the process that made them.

Who ends in an orderly way removes them; who is killed leaves that to the process that forks kernels, and
if that is killed too, to the next run. The one with what kernels are reached by, connection files and
sockets, lies where temporary files do, since the path of a socket may have a hundred characters only.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

PREFIX = "evidence-review-"
# Seconds in which a folder may have no lock yet, and in which one that is there may not be held yet.
YOUNG, JUST_LOCKED = 10, 1
_numbers = count(1)


@cache
def scratch_folder() -> Path:
    """The folder of this process, which nobody else may read; made when it is first asked for."""
    from evidence_review.runs.workshop import locked

    remove_leftovers()
    importlib.import_module(
        "filelock"
    )  # now: a folder that has no lock yet is nobody's if its maker dies
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    held = contextlib.ExitStack()
    held.enter_context(locked(folder, timeout=0))
    held.callback(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(held.close)
    return folder


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that nobody else may read, for as long as the context lasts."""
    from evidence_review.runs.workshop import locked

    remove_leftovers()
    importlib.import_module("filelock")
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder,
        locked(Path(folder), timeout=0),
    ):
        yield Path(folder)


def remove_scratch() -> None:
    """Remove the folder now, for a process that ends at once."""
    if scratch_folder.cache_info().currsize:
        shutil.rmtree(scratch_folder(), ignore_errors=True)


def connection_file() -> Path:
    """A name that no other kernel of this process has, for its connection file."""
    return scratch_folder() / f"{next(_numbers)}.json"


def remove_leftovers() -> None:
    """Remove the folders of this user whose processes were killed."""
    from evidence_review.runs.workshop import LOCK, locked

    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            state = left.stat()
            is_ours = not hasattr(os, "getuid") or state.st_uid == os.getuid()
            since, allowed = state.st_mtime, YOUNG
            with contextlib.suppress(FileNotFoundError):
                since, allowed = (left / LOCK).stat().st_mtime, JUST_LOCKED
            if is_ours and time.time() - since > allowed:
                with locked(left, timeout=0):
                    pass
                shutil.rmtree(left, ignore_errors=True)
