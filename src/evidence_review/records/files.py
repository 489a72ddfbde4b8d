"""Files that are written whole or not at all, also if the process is killed or the power fails."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

HALF = ".half-"  # begins the name of what is being written
YOUNG = 600  # seconds after which nobody writes to it any more: writing takes a moment


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream to write to, which takes the place of the file at the end; if that fails, nothing changes.

    Several processes may write the same file at once: one of them is the last.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    import uuid

    half = path.with_name(f"{HALF}{path.stem}-{uuid.uuid4().hex}")
    try:
        with half.open("xb") as stream:
            yield stream
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def remove_halves(folder: Path) -> None:
    """Remove what killed processes left half written in a folder."""
    for half in folder.glob(f"{HALF}*"):
        with contextlib.suppress(OSError):  # another process does so too
            if time.time() - half.stat().st_mtime > YOUNG:
                half.unlink()
