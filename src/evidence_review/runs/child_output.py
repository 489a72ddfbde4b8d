"""What programs say that a notebook starts: it belongs to the cell that started them.

They write into a pipe, which ipykernel reads in a thread of its own. Nothing waits for that thread when a
cell ends, so that on a busy machine their words came out under the next cell, or were lost. Processes that a
notebook forks (multiprocessing does) print with Python; ipykernel has them send messages, for which
nothing waits either: here they write into the same pipe.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import sys
import threading
from collections import deque

from ipykernel.iostream import OutStream

PIPE = 2**20  # bytes; what a pipe may hold at most, as Linux has it


class Stream(OutStream):
    """ipykernel's stream, which takes what the pipe holds before it goes on: when it is written to, or flushed.

    A cell ends with a flush. So what children have said has its place between what the notebook prints before and after.
    """

    def __init__(self, *arguments, **options):
        self._taking = threading.RLock()
        # A read may meet the end of a character before the rest of it is there.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._unsaid: tuple[int, deque[str]] = os.getpid(), deque()  # of a forked process
        super().__init__(*arguments, **options)

    def write(self, string: str) -> int | None:
        """Take what is written; of a forked process, pass on whole lines."""
        if self._fid is None:
            return super().write(string)
        if self._is_master_process():
            self._take(self._fid)
            return super().write(string)
        if self._unsaid[0] != os.getpid():
            self._unsaid = os.getpid(), deque()
        self._unsaid[1].append(string)
        if "\n" in string:
            self._say()
        return len(string)

    def flush(self) -> None:
        """Send what has been written, by children, too."""
        # In a process that the notebook has forked, another thread may have held the lock.
        if self._fid is not None and self._is_master_process():
            self._take(self._fid)
        elif self._fid is not None:
            self._say()
            return
        super().flush()

    def _say(self) -> None:
        """Write what this forked process has to say into the pipe."""
        pid, unsaid = self._unsaid
        if pid != os.getpid():
            return
        pieces = []
        with contextlib.suppress(IndexError):  # other threads may say it, too
            while True:
                pieces.append(unsaid.popleft())
        rest = "".join(pieces).encode(errors="replace")
        while rest:
            rest = rest[os.write(self._original_stdstream_fd, rest) :]

    def _setup_stream_redirects(self, name: str) -> None:
        super()._setup_stream_redirects(name)
        assert self._fid is not None
        # What there is to read, the handler of a signal may take while another is about to.
        os.set_blocking(self._fid, False)

    def _watch_pipe_fd(self) -> None:
        assert self._fid is not None
        try:
            while self._should_watch:
                select.select([self._fid], [], [])
                if self._should_watch:
                    self._take(self._fid)
        except Exception:
            self._exc = sys.exc_info()  # ipykernel shows it at the end

    def _take(self, pipe: int) -> None:
        with self._taking, contextlib.suppress(BlockingIOError):
            if select.select([pipe], [], [], 0)[0]:
                said = os.read(pipe, PIPE)
                super().write(self._decoder.decode(said))
                os.write(self._original_stdstream_copy, said)
