"""Run the cells of one hand-in, and return the values of its answers, never a verdict.

`handed_over` starts this file as a program in its own process. The program reads cells from standard
input and writes lines of JSON to the given file descriptor. Whatever the cells do to this process, they
can only change the returned values.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress

MEMORY = 1536 * 2**20
PROCESSES = 64
FILE_SIZE = 16 * 2**20
LONGEST = 20_000


def main() -> None:
    """Run the cells, and write the changed answers after each."""
    output = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
    asked = json.load(sys.stdin)
    _limit()
    from IPython.core.interactiveshell import InteractiveShell

    from evidence_review.course.answer_cells import tolerant

    shell = InteractiveShell.instance()
    shell.input_transformers_cleanup.append(tolerant)
    shell.user_ns["lesson"] = _Lesson(asked["numbers"])

    def tell(**line) -> None:
        output.write(json.dumps(line) + "\n")
        output.flush()

    streams = sys.stdout, sys.stderr
    for place, source, name in asked["cells"]:
        tell(begins=place)
        sys.stdout, sys.stderr = streams  # a cell may have closed or replaced them
        before = {variable: shell.user_ns.get(variable) for variable in asked["names"]}
        result = shell.run_cell(source, store_history=False)
        if error := result.error_before_exec or result.error_in_exec:
            why = f"{type(error).__name__}: {error}"[:300]
            if name:  # an earlier value is not the answer
                shell.user_ns.pop(name, None)
            tell(place=place, failed=why)
        values = {}
        for variable in asked["names"]:
            now = shell.user_ns.get(variable)
            if now is not before[variable] or variable == name:
                values[variable] = described(now)
        tell(values=values)
    tell(done=True)


def described(value: object) -> dict:
    """A value as JSON: a number, a text, nothing, or the kind of another object."""
    if value is None or value is ...:
        return {"kind": "nothing"}
    if isinstance(value, str):
        return {"kind": "text", "text": value[:LONGEST]}
    if isinstance(value, tuple) and len(value) == 2:
        return {"kind": "pair"}
    if callable(value):
        return {"kind": "function"}
    with suppress(Exception):  # a student's object may raise anything when it is read
        import numpy as np

        found = np.asarray(getattr(value, "value", value))
        if found.dtype != bool and found.size == 1:
            return {"kind": "number", "number": repr(float(found.reshape(()).item()))}
    return {"kind": "other"}


class _Lesson:
    """A lesson for the cells to call. It judges nothing: `marking` does."""

    def __init__(self, numbers):
        self._numbers = numbers

    def trials_of_nothing(self, exercise):
        from evidence_review.course.simulation import trials_of_nothing

        return trials_of_nothing(**self._numbers[exercise])

    def check(self, *_):
        return None

    show_one_trial = show_many_trials = show_placebo_arms = ask = check


def _limit() -> None:
    """Limit memory, processes and files, if the system can."""
    with suppress(ImportError):
        import resource

        for name, most in (
            ("RLIMIT_AS", MEMORY),
            ("RLIMIT_NPROC", PROCESSES),
            ("RLIMIT_FSIZE", FILE_SIZE),
            ("RLIMIT_CORE", 0),
        ):
            with suppress(AttributeError, ValueError, OSError):
                resource.setrlimit(getattr(resource, name), (most, most))


if __name__ == "__main__":
    main()
