"""`report --watch`: reports that are made again whenever an input of theirs changes."""

from __future__ import annotations

import gc
import time

from evidence_review.cli import commands, end_at_once
from evidence_review.cli.errors import CLOSED, told
from evidence_review.runs import plan
from evidence_review.runs.report import InputsChangedError
from evidence_review.runs.run import warm_up_kernels
from evidence_review.runs.watch import Inputs, State, start_anew

WAITING = "Waiting for a change of data, notebooks or CITATION.cff; Ctrl-C ends it"


def watch(project, options) -> int:
    """Make the reports, then each again when an input of it has changed, until Ctrl-C.

    Ctrl-C while it waits is the end that the line it prints names: exit code 0. While a report is made,
    it cuts that short: 130, as without `--watch`.
    """
    commands.settings_of(project, options)  # a mistake in the command ends it
    inputs, made = Inputs(project, options.review or ()), {}
    noticed, now, is_first, torn = time.monotonic(), inputs.now(), True, set()
    while True:
        code, torn = _make(project, options, made, now, noticed, torn)
        if code == CLOSED:
            return CLOSED
        kept = {review: state for review, state in made.items() if review in torn}
        made = {review: state for review, state in now.items() if review not in torn} | kept
        try:
            if (code or is_first) and not torn:
                print(WAITING, flush=True)
                is_first = False
            warm_up_kernels()
            gc.collect()  # what the last report left: a watch goes on for hours
            if not torn:
                inputs.wait_for_change(made)
            noticed, now = time.monotonic(), inputs.settled()
        except KeyboardInterrupt:
            end_at_once(0)
        if newer := inputs.newer_code():
            print(f"{newer}: starting anew", flush=True)
            start_anew()


def _make(
    project,
    options,
    made: dict[str, State],
    now: dict[str, State],
    noticed: float,
    again: set[str],
) -> tuple[int, set[str]]:
    """Make the reports whose inputs are not as `made`, and those of `again`; what goes wrong is printed.

    Returns the highest exit code, and the reviews whose inputs changed meanwhile.
    """
    torn = set()

    def one(settings) -> int:
        before = made.get(settings.review)
        is_quiet = before is not None and not options.why
        if before is None:
            print(f"{settings.review}:", flush=True)
        try:
            index = commands.make_report(
                project,
                settings,
                options,
                (lambda line: None) if is_quiet else commands.tell,
                of_one_state=True,
            )
        except InputsChangedError as error:
            torn.add(settings.review)
            print(f"{settings.review}: {error}", flush=True)
            return 0
        if before is None:
            print(index, flush=True)
        else:
            changed = plan.changed_inputs(before, now.get(settings.review, {}))
            print(
                f"{changed or 'made again'}: {index} in {time.monotonic() - noticed:.1f} s",
                flush=True,
            )
        return 0

    def every() -> int:
        codes = [
            told(lambda settings=settings: one(settings))
            for settings in commands.settings_of(project, options)
            if settings.review in again or now.get(settings.review) != made.get(settings.review)
        ]
        return max(codes, default=0)

    return told(every), torn
