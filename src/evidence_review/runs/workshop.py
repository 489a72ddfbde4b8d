"""Where a report is built, out of sight, and how it takes the place of the previous one at once.

Locks are the operating system's: they end with the process that holds them, however it ends. Where
there are none (Windows), what killed runs left is not removed, and two runs at once are not safe.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None


@contextlib.contextmanager
def building_folder(folder: Path, name: str) -> Iterator[Path]:
    """A new hidden folder in `folder`, removed at the end if it is still there.

    Raises OSError if the folder cannot be written.
    """
    with contextlib.ExitStack() as held:
        with exclusive(folder):
            _remove_leftovers(folder)
            building = Path(tempfile.mkdtemp(prefix=f".{name}-building-", dir=folder))
            building.chmod(0o755)
            held.callback(shutil.rmtree, building, ignore_errors=True)
            held.enter_context(_locked(building, wait=False))
        yield building


def tidy(folder: Path) -> None:
    """Remove from `folder` what runs left that were killed; folders of runs that go on are locked."""
    with exclusive(folder):
        _remove_leftovers(folder)


def _remove_leftovers(folder: Path) -> None:
    if fcntl:
        for left in folder.glob(".*-building-*"):
            with contextlib.suppress(OSError), _locked(left, wait=False):
                shutil.rmtree(left, ignore_errors=True)


def exclusive(folder: Path) -> contextlib.AbstractContextManager:
    """One process (or thread) at a time: for the moments in which files change places."""
    return _locked(folder, wait=True)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool) -> Iterator[None]:
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def replace_folder(new: Path, target: Path) -> None:
    """Put `new` in the place of `target`, and remove what was there.

    Two runs may do so at once: each report goes in whole, and the later one stays.
    Raises OSError if the folder cannot be written.
    """
    if _swap(new, target):
        shutil.rmtree(new, ignore_errors=True)
        return
    for _ in range(100):  # another run may put its report there between our two renames
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-building-", dir=target.parent))
        try:
            with contextlib.suppress(FileNotFoundError):
                target.rename(aside / "previous")
            new.rename(target)
            return
        except BaseException as error:
            with contextlib.suppress(OSError):  # what was there goes back, unless another is there
                (aside / "previous").rename(target)
            if getattr(error, "errno", None) not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    raise OSError(f"other runs keep writing to {target}")


def _swap(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, so that each name has a whole folder at any moment.

    False where the system (Linux renameat2, macOS renamex_np) or the file system has no such step,
    or one of the two is not there.
    """
    names = os.fsencode(one), os.fsencode(other)
    try:
        library = ctypes.CDLL(None)
        if sys.platform == "darwin":
            return library.renamex_np(*names, 2) == 0  # RENAME_SWAP
        return library.renameat2(-100, names[0], -100, names[1], 2) == 0  # AT_FDCWD, EXCHANGE
    except (AttributeError, OSError, TypeError):
        return False
