"""What goes wrong in a command, as a message and an exit code."""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Callable
from typing import Any

from evidence_review.cli import UNTOUCHED
from evidence_review.cli.commands import failed
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

CLOSED = 141  # the exit code of a program that SIGPIPE ends: the reader of the output has closed it


def told(work: Callable[..., int], *given: Any) -> int:
    """Do the work of a command with what it is given; what goes wrong is printed. Returns the exit code."""
    try:
        done = work(*given)
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
        return failed(f"there is too little memory: {_FEWER}; {UNTOUCHED}", 1)
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _output_is_closed():
            return CLOSED
        full = (
            error.errno == errno.ENOSPC and error.filename2
        )  # of two files, the one that is written
        where = full or error.filename or "a file (the system does not say which)"
        mend = _MEND.get(error.errno or 0, "make sure that it can be read and written")
        return failed(f"cannot use {where}: {error.strerror or error}; {mend}; {UNTOUCHED}", 1)
    except ImportError as error:  # an installed library that cannot be opened
        why = str(error)
        for number in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            if os.strerror(number).lower() in why.lower():
                return failed(f"{why}; {_MEND[number]}; {UNTOUCHED}", 1)
        raise


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
