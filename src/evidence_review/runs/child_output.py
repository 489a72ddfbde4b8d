"""What programs say that a notebook starts: it belongs to the cell that started them.

They write into a pipe, which ipykernel reads in a thread of its own. Nothing waits for that thread when a
cell ends, so that on a busy machine their words came out under the next cell, or were lost.
"""

from __future__ import annotations

import os
import select
import sys
import threading

from ipykernel.iostream import OutStream

PIPE = 2**20  # bytes; what a pipe may hold at most, as Linux has it


class Stream(OutStream):
    """ipykernel's stream, which takes what the pipe holds before it is flushed, as it is when a cell ends."""

    def __init__(self, *arguments, **options):
        self._taking = threading.RLock()
        super().__init__(*arguments, **options)

    def flush(self) -> None:
        """Send what has been written, by children, too."""
        # In a process that the notebook has forked, another thread may have held the lock.
        if self._fid is not None and self._is_master_process():
            self._take(self._fid)
        super().flush()

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
        with self._taking:
            if select.select([pipe], [], [], 0)[0]:
                said = os.read(pipe, PIPE)
                self.write(said.decode(errors="replace"))
                os.write(self._original_stdstream_copy, said)
