"""The terminal: each command's options, its help, its exit code and what it prints on failure.

Not here: the work that a command starts (runs, exchange, sweep or course).

Exit codes: 0 done; 1 the data are not valid or a notebook failed; 2 the command cannot be
carried out as given; 130 interrupted; 141 who read the output has closed it. `diff` is as its namesake: 0 the results are the same
(whatever they are made from), 1 they differ, 2 they cannot be compared.
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
        # Compiled code that is interrupted may raise an error of its own instead.
        if not pressed and not isinstance(error, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one is enough
        if scratch := sys.modules.get("evidence_review.runs.scratch"):
            scratch.remove_scratch()
        print(f"evidence-review: interrupted; {_UNTOUCHED}", file=sys.stderr, flush=True)
        # At once: the usual way out waits for a kernel that may be busy for minutes.
        os._exit(130)
    finally:
        if usual:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.unraisablehook = sys.__unraisablehook__


def _again(unraisable) -> None:
    """Interrupt once more where the first came in a place that lets no error out, such as a destructor."""
    if unraisable.exc_type is KeyboardInterrupt:
        threading.Timer(0.05, _interrupt_main).start()  # not from within this function
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt_main() -> None:
    main_thread = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main_thread is not None:
        signal.pthread_kill(main_thread, signal.SIGINT)  # wakes it if it waits
    else:
        _thread.interrupt_main()


def _print_in_utf8() -> None:
    """Windows gives what is not printed on a terminal in a code that has no minus sign, and stops at one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


# New objects after which Python looks for rings of them that nothing holds. What a command imports and
# reads stays to its end: at Python's own number it is looked through over and over, a tenth of a report.
_OBJECTS = 50_000


def _run(arguments: list[str] | None) -> int:
    atexit.register(gc.freeze)  # or Python looks through all that was imported once more
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
        find_project,
    )
    from evidence_review.review.settings import SettingsError
    from evidence_review.runs.notebooks import NotebookError
    from evidence_review.runs.run import ReportError

    try:
        project = None if options.run in commands.WITHOUT_PROJECT else find_project(options.project)
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
            return 141  # as of a program that the signal of a closed pipe ends
        where = error.filename or "a file (the system does not say which)"
        mend = _MEND.get(error.errno or 0, "see that it can be read and written")
        return failed(f"cannot use {where}: {error.strerror or error}; {mend}; {_UNTOUCHED}", 1)
    except ImportError as error:  # a library that is there, but cannot be opened
        why = str(error)
        for number in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            if os.strerror(number).lower() in why.lower():
                return failed(f"{why}; {_MEND[number]}; {_UNTOUCHED}", 1)
        raise


def _output_is_closed() -> bool:
    """Whether nobody reads what is printed any more, as after `| head`; the rest of it then goes nowhere."""
    if not hasattr(select, "poll"):  # Windows, where a closed pipe is another error
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
    errno.EACCES: "you need the right to read and write it",
    errno.EAGAIN: f"no further process may be started here: {_FEWER}",
    errno.EEXIST: "a folder belongs in the place of this file",
    errno.EISDIR: "a file belongs in the place of this folder",
    errno.EMFILE: "so few files may be open at once here: allow more, as with `ulimit -n 1024`",
    errno.ENFILE: "all programs together have too many files open: close others",
    errno.ENOMEM: f"there is too little memory: {_FEWER}",
    errno.ENOSPC: "make room on the disk",
    errno.ENOTDIR: "a folder belongs in the place of this file",
    errno.EROFS: "it lies where nothing can be written: work on a copy of the project",
}
