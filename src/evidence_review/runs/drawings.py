"""Drawings that a process has made before: what is drawn of the same values is not drawn again.

A drawing takes a tenth of a second, and after a change of one number most figures of a report show what
they showed. A drawing follows from the function that draws and the values that it holds, the width, and the
cells that ran before in the notebook, which may have set something of matplotlib's or of this package: if
all that is as before, so is the drawing. The code of the package is not looked at: kept drawings end with
the process that has imported it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import marshal
import os
import pickle
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from evidence_review.display import page
from evidence_review.records.files import whole_file

KEPT = 600  # drawings; those used last stay


def keep_in(folder: Path) -> None:
    """Keep drawings in a folder from now on, also in processes forked from this one; drop the oldest ones."""
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
        page.drawn_before = partial(kept, folder)
        by_age = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            old.unlink()


def kept(folder: Path, draw: Callable[[], Any], *of: object) -> Any:
    """What `draw` returns, or returned when it was called for the same values.

    Parameters
    ----------
    folder
        Where it is kept.
    draw
        Returns what JSON can hold.
    *of
        All that the drawing follows from, functions with the values that they hold among it.
    """
    try:
        path = folder / f"{_digest((*of, _cells_run()))}.json"
    except (pickle.PicklingError, AttributeError, RecursionError, TypeError, ValueError):
        # It holds what cannot be compared: an iterator, a function that holds itself.
        return draw()
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_bytes())
        os.utime(path)
        return found
    made = draw()
    with contextlib.suppress(OSError), whole_file(path) as stream:
        stream.write(json.dumps(made).encode())
    return made


def _cells_run() -> tuple[str, ...]:
    """The code of the cells that have run in this kernel, the present one among them."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return tuple(shell.user_ns.get("In", ())) if shell else ()


def _digest(what: object) -> str:
    told = io.BytesIO()
    _Teller(told).dump(what)
    return hashlib.sha256(told.getvalue()).hexdigest()


class _Teller(pickle.Pickler):
    """Writes functions of this package with their code and the values that they hold, to be compared."""

    def reducer_override(self, obj: Any) -> Any:
        """As pickle asks. Raises PicklingError for what a notebook defines: its names may mean anything."""
        if isinstance(obj, types.FunctionType | type) and obj.__module__ == "__main__":
            raise pickle.PicklingError(f"{obj.__qualname__} is the notebook's own")
        if isinstance(obj, types.FunctionType) and "<" in obj.__qualname__:  # no name leads to it
            held = [cell.cell_contents for cell in obj.__closure__ or ()]
            own = marshal.dumps(obj.__code__), obj.__defaults__, obj.__kwdefaults__, held
            return _never_called, (obj.__module__, obj.__qualname__, *own)
        return NotImplemented


def _never_called(*_: object) -> NoReturn:
    """Stands for a function in what is compared, which nobody reads back."""
    raise NotImplementedError
