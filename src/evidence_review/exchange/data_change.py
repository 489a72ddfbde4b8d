"""Change data/ completely or not at all, one process at a time, without losing another person's edits.

The change is made in a copy, which then swaps places with data/ in one step (or in two renames on
systems without such a step). So a killed command leaves data/ either old or new, never mixed.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping

from evidence_review.records import Project
from evidence_review.runs.plan import digests
from evidence_review.runs.workshop import DATA, building_folder, exclusive, replace_folder, swap


class DataInUseError(RuntimeError):
    """Somebody else changed data/ meanwhile; the message names the files. Our change is dropped."""

    def __init__(self, files: list[str]):
        listed = "\n".join(f"  data/{name}" for name in files)
        super().__init__(
            f"somebody changed data/ meanwhile, so nothing was written to it:\n{listed}\n"
            "These files are as they were saved; run the command again."
        )


@contextlib.contextmanager
def changed_data(project: Project, *, kept: bool = True) -> Iterator[Project]:
    """A copy of the project's data to change, which replaces data/ at the end.

    Another process that calls this function waits until the change is done. kept: False drops the copy
    at the end, for a change that is only tried.

    Yields
    ------
    Project
        A project whose `data` is the copy, without notebooks and reports.

    Raises
    ------
    DataInUseError
        If somebody saved a file of data/ meanwhile; data/ then stays as it is.
    """
    data = project.data.resolve()
    with (
        exclusive(project.root / ".cache" / "data"),
        building_folder(data.parent, DATA) as copy,
    ):
        try:
            shutil.copytree(data, copy, symlinks=True, dirs_exist_ok=True, copy_function=_copy_file)
        except _NotCopiedError as stopped:
            raise stopped.error from None
        before = digests(copy)
        yield Project(copy.parent)
        if not kept:
            return
        _require_equal(before, digests(data))
        if swap(copy, data):
            try:
                _require_equal(before, digests(copy))  # a file saved at the last moment
            except DataInUseError:
                swap(copy, data)
                raise
        else:
            with exclusive(data.parent):
                replace_folder(copy, data)


class _NotCopiedError(Exception):
    """What went wrong with a file; after an OSError copytree goes on, and tells all of them as text."""

    def __init__(self, error: OSError):
        super().__init__(error)
        self.error = error


def _copy_file(source: str, target: str) -> None:
    try:
        shutil.copy2(source, target)
    except OSError as error:
        raise _NotCopiedError(error) from error


def _require_equal(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    names = before.keys() | now.keys()
    changed = sorted(name for name in names if before.get(name) != now.get(name))
    if changed:
        raise DataInUseError(changed)
