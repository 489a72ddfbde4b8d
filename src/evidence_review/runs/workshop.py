"""Where a folder is built, out of sight, and how it takes the place of the previous one at once.

Locks are the operating system's, on Windows too: they end with the process that holds them, however
it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from evidence_review.records import Project
from evidence_review.records.files import remove_halves
from evidence_review.records.package import DATA_PACKAGE

LOCK = ".lock"  # the file in a folder that who works there holds
BUILDING = "-building-"  # in the names of hidden folders, after that of what is built there
PREVIOUS = "previous"  # in such a folder, what stood in the place of a new one
DATA = "data"  # what a copy of a project's data/ is called, whatever that is a link to


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which then replaces `target` in one step; if filling fails, nothing changes.

    Parameters
    ----------
    target
        Where it belongs; the folders above it are made.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with building_folder(target.parent, target.name) as building:
        yield building
        with exclusive(target.parent):
            replace_folder(building, target)


@contextlib.contextmanager
def building_folder(folder: Path, name: str) -> Iterator[Path]:
    """A new folder, hidden in `folder`, removed at the end if it is still there.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    with contextlib.ExitStack() as held:
        with exclusive(folder):
            _remove_leftovers(folder, glob.escape(name))
            hidden = Path(tempfile.mkdtemp(prefix=f".{name}{BUILDING}", dir=folder))
            held.callback(shutil.rmtree, hidden, ignore_errors=True)
            held.enter_context(locked(hidden, timeout=0))
        # Inside, so that its permissions are those of any new folder, and the lock stays behind.
        building = hidden / name
        building.mkdir()
        yield building


def tidy(project: Project) -> None:
    """Remove what killed commands left of a project; folders of commands that still go on are locked.

    What cannot be removed, as where nothing may be written, stays.
    """
    data = project.data.resolve()
    places = [(data.parent, name) for name in {DATA, data.name}]
    places += [
        (folder, "*")
        for folder in (
            project.reports,
            *project.reports.glob("exports/*"),
            project.notebooks / "course",
        )
    ]
    for folder, name in places:
        if any(folder.glob(f".{name}{BUILDING}*")):
            with contextlib.suppress(OSError), exclusive(folder):
                _remove_leftovers(folder, name)
    remove_halves(data)


def restore_data(start: Path) -> None:
    """Put back the data/ of the project around a folder, where a command was killed between two renames."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if any(folder.glob(f".{DATA}{BUILDING}*/{PREVIOUS}/{DATA_PACKAGE}")):
            tidy(Project(folder))


def _remove_leftovers(folder: Path, name: str) -> None:
    """Remove hidden folders for what is called `name` (`*`: anything) that nobody has locked."""
    for left in folder.glob(f".{name}{BUILDING}*"):
        with contextlib.suppress(OSError):
            with locked(left, timeout=0):
                pass
            target = folder / left.name[1:].rpartition(BUILDING)[0]
            if (left / PREVIOUS).exists() and not target.exists():  # killed between two renames
                (left / PREVIOUS).rename(target)
            shutil.rmtree(left, ignore_errors=True)


def exclusive(folder: Path) -> contextlib.AbstractContextManager:
    """One process (or thread) at a time: for the moments in which files change places."""
    return locked(folder, timeout=-1)


def locked(folder: Path, *, timeout: float) -> contextlib.AbstractContextManager:
    """The lock of a folder, for `timeout` seconds tried (OSError after that); -1: however long."""
    from filelock import FileLock  # takes a tenth of a run that has nothing to do

    return FileLock(folder / LOCK, timeout=timeout, mode=0o666)


def replace_folder(new: Path, target: Path) -> None:
    """Put `new` in the place of `target`, and remove what was there.

    Two runs may do so at once: each folder goes in whole, and the later one stays. Where the system
    cannot exchange folders, who calls this holds the folder above (`exclusive`): so that nobody takes
    what is set aside for a moment for something that a killed run left.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    if swap(new, target):
        shutil.rmtree(new, ignore_errors=True)
        return
    for _ in range(100):  # another run may put its report there between our two renames
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}{BUILDING}", dir=target.parent))
        try:
            with contextlib.suppress(FileNotFoundError):
                target.rename(aside / PREVIOUS)
            new.rename(target)
            return
        except BaseException as error:
            with contextlib.suppress(OSError):  # what was there goes back, unless another is there
                (aside / PREVIOUS).rename(target)
            if getattr(error, "errno", None) not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    raise OSError(f"other runs keep writing to {target}")


def swap(one: Path, other: Path) -> bool:
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
