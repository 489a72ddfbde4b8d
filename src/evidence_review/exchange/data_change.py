"""One change of data/: all of it or nothing, one after the other, and over nobody's head.

The change is made in a copy, which then changes places with data/ in one step (where the system has
none, in two renames). So a command that is killed leaves data/ as before or as after.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping

from evidence_review.records import Project
from evidence_review.runs.plan import digests
from evidence_review.runs.workshop import building_folder, exclusive, replace_folder, swap


class DataInUseError(RuntimeError):
    """Somebody else changed data/ meanwhile; the message says which files. Nothing is changed."""

    def __init__(self, files: list[str]):
        told = "\n".join(f"  data/{name}" for name in files)
        super().__init__(
            f"somebody changed data/ meanwhile, so nothing was written to it:\n{told}\n"
            "These files are as they were saved; give the command again."
        )


@contextlib.contextmanager
def changed_data(project: Project) -> Iterator[Project]:
    """A copy of the project's data to change, which takes the place of data/ at the end.

    Another process that changes data/ this way waits until it is done.

    Yields
    ------
    Project
        Whose `data` is the copy; it has no notebooks and no reports.

    Raises
    ------
    DataInUseError
        If a file of data/ was saved meanwhile, which is then kept.
    """
    data = project.data.resolve()
    with (
        exclusive(project.root / ".cache" / "data"),
        building_folder(data.parent, "data") as copy,
    ):
        shutil.copytree(data, copy, symlinks=True, dirs_exist_ok=True)
        before = digests(copy)
        yield Project(copy.parent)
        _require_equal(before, digests(data))
        if swap(copy, data):
            try:
                _require_equal(before, digests(copy))  # saved in the last moment
            except DataInUseError:
                swap(copy, data)
                raise
        else:
            replace_folder(copy, data)


def _require_equal(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    names = before.keys() | now.keys()
    changed = sorted(name for name in names if before.get(name) != now.get(name))
    if changed:
        raise DataInUseError(changed)
