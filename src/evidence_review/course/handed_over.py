"""Run a hand-in in a limited process, isolated on Linux, and return the values of its answers.

The isolated process has no network, sees no answers (the project's data and lessons, and other
hand-ins, look like empty folders), can write only into one small folder, and sees no other processes.
Each cell has a time limit. A cell that exceeds it or ends the process is left out, and the others are
run again.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from evidence_review.course import student_run
from evidence_review.course.lessons import LessonError
from evidence_review.runs.scratch import temporary_folder

NOT_SHUT_IN = (
    "This system cannot isolate a hand-in: a student's code runs with your rights. Mark only hand-ins of your "
    "own students."
)
NOT_ON_WINDOWS = "Hand-ins cannot be marked on Windows, which cannot limit their code: mark in WSL, on Linux or on macOS"
CELL_SECONDS = 20
_START_SECONDS = 60
# After this many cells of a hand-in that end or stop the process, the rest is not run.
_PATIENCE = 4
# Bytes that one run may return.
_MOST = 2 * 2**20

# Everything but the room becomes read-only; hidden folders become empty. From Linux 6.14 on, the number of
# processes is limited for the administrator too. Capabilities are dropped last, so that the process cannot
# undo any of this.
_SHUT_IN = """
set -e
room="$1"; shift
{ echo 400 > /proc/sys/kernel/pid_max; } 2>/dev/null || true
mount -t tmpfs -o size=64m,mode=777 none "$room"
while [ "$1" != -- ]; do mount -t tmpfs -o size=4k,ro none "$1"; shift; done; shift
while read -r _ place _; do
  case "$place" in "$room"|/dev/*) ;; *) mount -o remount,bind,ro "$place" 2>/dev/null || true ;; esac
done < /proc/self/mounts
cd "$room"
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""


@dataclass(frozen=True)
class Cell:
    """A cell to run. place: its number in the notebook; answer: the variable of its answer, or ''."""

    place: int
    source: str
    answer: str = ""


@dataclass
class HandedOver:
    """The result of a run. values: by variable, as from `student_run.described`; failed: reasons by place."""

    values: dict[str, dict] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)


@cache
def isolated() -> bool:
    """Whether this machine can isolate a hand-in (Linux with user namespaces)."""
    if not all(map(shutil.which, ("unshare", "setpriv", "mount"))):
        return False
    with temporary_folder() as room, temporary_folder() as hidden:
        try:
            tried = subprocess.run(
                _inside(room, [hidden], ["true"]),
                capture_output=True,
                timeout=_START_SECONDS,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return tried.returncode == 0


def run_cells(
    cells: Sequence[Cell],
    names: Iterable[str],
    numbers: Mapping[str, Mapping],
    hidden: Iterable[Path],
) -> HandedOver:
    """Run the cells of a hand-in, and return the values of its answers.

    names: variables of answers. numbers: numbers of each exercise, for the lesson's simulations.
    hidden: folders that must look empty. No cell can make it raise; raises LessonError on Windows.
    """
    if sys.platform == "win32":
        raise LessonError(NOT_ON_WINDOWS)
    names = sorted(names)
    left_out: dict[int, str] = {}
    found = HandedOver()
    while True:
        run = [cell for cell in cells if cell.place not in left_out]
        found, stopped_at, why = _once(run, names, numbers, hidden)
        if stopped_at is None or len(left_out) == _PATIENCE:
            found.failed |= left_out
            if stopped_at is not None:
                found.failed[stopped_at] = why
            return found
        left_out[stopped_at] = why


def _once(cells, names, numbers, hidden) -> tuple[HandedOver, int | None, str]:
    """Run the cells once: the result, the place of the cell that ended the run, if any, and why."""
    found, at, done = HandedOver(), -1, False
    why = "it ended the run"
    asked = {
        "cells": [(cell.place, cell.source, cell.answer) for cell in cells],
        "names": names,
        "numbers": numbers,
    }
    reading, writing = os.pipe()
    with temporary_folder() as room:
        program = [sys.executable, "-I", student_run.__file__, str(writing)]
        shut = isolated()
        hidden = _to_hide(hidden, (room, Path(sys.executable), Path(student_run.__file__)))
        environment = {
            name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ
        }
        environment |= {
            "HOME": str(room),
            "IPYTHONDIR": str(room),
            "MPLBACKEND": "agg",
            "OMP_NUM_THREADS": "1",
        }
        environment |= {"OPENBLAS_NUM_THREADS": "1", "TMPDIR": str(room)}
        process = subprocess.Popen(
            _inside(room, hidden, program) if shut else program,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=room,
            env=environment,
            pass_fds=(writing,),
            start_new_session=True,
        )
        os.close(writing)
        try:
            assert process.stdin is not None, "it was opened as a pipe"
            with suppress(OSError):
                process.stdin.write(json.dumps(asked).encode())
                process.stdin.close()
            for line in _lines(reading, [cell.place for cell in cells]):
                if line is None:
                    why = f"it took more than {CELL_SECONDS} seconds"
                    break
                if isinstance(begins := line.get("begins"), int):
                    at = begins
                elif isinstance(line.get("failed"), str) and isinstance(line.get("place"), int):
                    found.failed[line["place"]] = line["failed"]
                elif isinstance(values := line.get("values"), dict):
                    found.values |= {
                        name: value
                        for name, value in values.items()
                        if name in names and isinstance(value, dict)
                    }
                elif line.get("done") is True:
                    done = True
                    break
        finally:
            os.close(reading)
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if done:
        return found, None, ""
    if at not in {cell.place for cell in cells}:
        return found, (cells[0].place if cells else None), "the run did not start"
    return found, at, why


def _lines(reading: int, places: Iterable[int]):
    """Lines of JSON objects as they come; None at the end, if the next one takes too long.

    Each cell has its time only once, even if a hand-in claims that it begins again.
    """
    to_begin = set(places)
    with selectors.DefaultSelector() as selector:
        selector.register(reading, selectors.EVENT_READ)
        rest, size = b"", 0
        until = time.monotonic() + _START_SECONDS
        while size < _MOST:
            if not selector.select(max(0.0, until - time.monotonic())):
                yield None
                return
            got = os.read(reading, 65536)
            if not got:
                return
            size += len(got)
            *whole, rest = (rest + got).split(b"\n")
            for text in whole:
                with suppress(ValueError, RecursionError):
                    line = json.loads(text)
                    if isinstance(line, dict):
                        if isinstance(begins := line.get("begins"), int) and begins in to_begin:
                            to_begin.remove(begins)
                            until = time.monotonic() + CELL_SECONDS
                        yield line


def _to_hide(folders: Iterable[Path], needed: Iterable[Path]) -> list[Path]:
    """Existing folders, outermost only, that have nothing the run needs."""
    there = sorted({folder.resolve() for folder in folders if folder.is_dir()})
    needed = [path.resolve() for path in needed]
    kept: list[Path] = []
    for folder in there:
        if any(folder.is_relative_to(other) for other in kept):
            continue
        if not any(path.is_relative_to(folder) for path in needed):
            kept.append(folder)
    return kept


def _inside(room: Path, hidden: Iterable[Path], program: Sequence[str]) -> list[str]:
    spaces = ["--user", "--map-root-user", "--net", "--pid", "--mount", "--ipc", "--fork"]
    return [
        *("unshare", *spaces, "--kill-child", "--mount-proc", "sh", "-c", _SHUT_IN, "sh"),
        *(str(room), *map(str, hidden), "--", *program),
    ]
