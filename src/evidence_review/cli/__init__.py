"""The terminal: each command's options, help, output, error messages and exit code.

Not here: the work that a command starts (runs, exchange, sweep or course), and the line of help of each
export format (exchange).

Exit codes: 0 done; 1 the data are not valid or a notebook failed; 2 the command has a mistake; 130
interrupted; 141 the reader of the output has closed it. `diff` is like the Unix command: 0 the results
are the same (inputs may differ), 1 they differ, 2 they cannot be compared. `report --watch` ends with 0
by Ctrl-C while it waits.
"""

from __future__ import annotations

import _thread
import atexit
import gc
import io
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from evidence_review.records import Project

UNTOUCHED = "the previous report is untouched"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    pressed = False

    def notice(number, frame):
        nonlocal pressed
        pressed = True
        signal.default_int_handler(number, frame)

    in_main = threading.current_thread() is threading.main_thread()
    usual = in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if usual:
        signal.signal(signal.SIGINT, notice)
        sys.unraisablehook = _again
    try:
        return _run(arguments)
    except BaseException as error:
        # Interrupted compiled code may raise another error instead.
        if not pressed and not isinstance(error, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # ignore further interrupts
        print(f"evidence-review: interrupted; {UNTOUCHED}", file=sys.stderr, flush=True)
        end_at_once(130)
    finally:
        if usual:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.unraisablehook = sys.__unraisablehook__


def end_at_once(code: int) -> NoReturn:
    """End without waiting for kernels, as a normal exit does: they may be busy for minutes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ignore further interrupts
    if scratch := sys.modules.get("evidence_review.runs.scratch"):
        scratch.remove_scratch()
    os._exit(code)


def _again(unraisable) -> None:
    """Interrupt once more if the first interrupt was lost, for example in a destructor."""
    if unraisable.exc_type is KeyboardInterrupt:
        threading.Timer(0.05, _interrupt_main).start()  # after this function has ended
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt_main() -> None:
    main_thread = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main_thread is not None:
        signal.pthread_kill(main_thread, signal.SIGINT)  # this wakes a waiting thread
    else:
        _thread.interrupt_main()


def _print_in_utf8() -> None:
    """Print in UTF-8: Windows' own encoding for files and pipes has no minus sign, and raises an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


# Number of new objects after which Python's garbage collector runs. With Python's default, it takes a
# tenth of the time of a report, in vain: a command keeps what it imports and reads until its end.
_OBJECTS = 50_000


def _run(arguments: list[str] | None) -> int:
    atexit.register(gc.freeze)  # prevents one more garbage collection at the end
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
    _print_in_utf8()
    from evidence_review.cli import commands
    from evidence_review.cli.arguments import parser

    options = parser().parse_args(arguments)
    from evidence_review.cli.errors import told

    def run() -> int:
        project = None if options.run in commands.WITHOUT_PROJECT else _project(options.project)
        return options.run(project, options)

    return told(run)


def _project(folder: Path | None) -> Project:
    """The project that is meant, without what killed commands left in it and among temporary files."""
    from evidence_review.records import ProjectNotFoundError, find_project
    from evidence_review.runs import scratch, workshop

    try:
        project = find_project(folder)
    except ProjectNotFoundError:
        workshop.restore_data(folder or Path.cwd())
        project = find_project(folder)
    workshop.tidy(project)
    scratch.remove_leftovers()
    return project
