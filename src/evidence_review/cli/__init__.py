"""The terminal: each command's options, help, output, error messages and exit code.

Not here: the work that a command starts (runs, exchange, sweep or course).

Exit codes: 0 done; 1 the data are not valid or a notebook failed; 2 the command has a mistake; 130
interrupted; 141 the reader of the output has closed it. `diff` is like the Unix command: 0 the results
are the same (inputs may differ), 1 they differ, 2 they cannot be compared.
"""

from __future__ import annotations

import _thread
import atexit
import errno
import gc
import io
import os
import select
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evidence_review.records import Project


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
        if scratch := sys.modules.get("evidence_review.runs.scratch"):
            scratch.remove_scratch()
        print(f"evidence-review: interrupted; {_UNTOUCHED}", file=sys.stderr, flush=True)
        # End at once: a normal exit waits for kernels, which may be busy for minutes.
        os._exit(130)
    finally:
        if usual:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.unraisablehook = sys.__unraisablehook__


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
    from evidence_review.cli.commands import failed

    options = parser().parse_args(arguments)
    from evidence_review.exchange.data_change import DataInUseError
    from evidence_review.exchange.exports import ExportError
    from evidence_review.records import (
        DataError,
        PackageError,
        ProjectNotFoundError,
        UnknownReviewError,
    )
    from evidence_review.review.settings import SettingsError
    from evidence_review.runs.notebooks import NotebookError
    from evidence_review.runs.run import ReportError

    try:
        project = None if options.run in commands.WITHOUT_PROJECT else _project(options.project)
        done = options.run(project, options)
        sys.stdout.flush()
        return done
    except (ProjectNotFoundError, UnknownReviewError, SettingsError) as error:
        return failed(error, 2)
    except (
        DataError,
        DataInUseError,
        ExportError,
        NotebookError,
        PackageError,
        ReportError,
    ) as error:
        return failed(error, 1)
    except MemoryError:
        return failed(f"there is too little memory: {_FEWER}; {_UNTOUCHED}", 1)
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _output_is_closed():
            return 141  # the code of a program that SIGPIPE ends
        where = error.filename or "a file (the system does not say which)"
        mend = _MEND.get(error.errno or 0, "make sure that it can be read and written")
        return failed(f"cannot use {where}: {error.strerror or error}; {mend}; {_UNTOUCHED}", 1)
    except ImportError as error:  # an installed library that cannot be opened
        why = str(error)
        for number in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            if os.strerror(number).lower() in why.lower():
                return failed(f"{why}; {_MEND[number]}; {_UNTOUCHED}", 1)
        raise


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


def _output_is_closed() -> bool:
    """Whether the reader of the output has closed it, as `| head` does; if so, drop further output."""
    if not hasattr(select, "poll"):  # on Windows a closed pipe raises another error
        return False
    ready = select.poll()
    ready.register(sys.stdout, select.POLLOUT)
    if not any(event & (select.POLLERR | select.POLLHUP) for _, event in ready.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


_UNTOUCHED = "the previous report is untouched"
_FEWER = "close other programs, or run fewer notebooks at once (--jobs 1)"
_MEND = {
    errno.EACCES: "get the right to read and write it",
    errno.EAGAIN: f"the system allows no further process: {_FEWER}",
    errno.EEXIST: "replace this file by a folder",
    errno.EISDIR: "replace this folder by a file",
    errno.EMFILE: "too few files may be open at once here: allow more, as with `ulimit -n 1024`",
    errno.ENFILE: "all programs together have too many files open: close others",
    errno.ENOMEM: f"there is too little memory: {_FEWER}",
    errno.ENOSPC: "make room on the disk",
    errno.ENOTDIR: "replace this file by a folder",
    errno.EROFS: "it is on a read-only disk: work on a copy of the project",
}
