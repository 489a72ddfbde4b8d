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
    noticed, now, is_first = time.monotonic(), inputs.now(), True
    while True:
        before, made = made, dict(now)
        code = told(_make, project, options, before, made, noticed)
        if code == CLOSED:
            return CLOSED
        try:
            if (code or is_first) and made == now:
                print(WAITING, flush=True)
                is_first = False
            warm_up_kernels()
            gc.collect()  # what the last report left: a watch goes on for hours
            inputs.wait_for_change(made)
            noticed, now = time.monotonic(), inputs.settled()
        except KeyboardInterrupt:
            end_at_once(0)
        if newer := inputs.newer_code():
            print(f"{newer}: starting anew", flush=True)
            start_anew()


def _make(
    project, options, before: dict[str, State], made: dict[str, State], noticed: float
) -> int:
    """Make the reports whose inputs are not as before; what goes wrong is printed. Returns the highest exit code.

    made: what they are made from. If inputs change meanwhile, that is as before again, so that they count as
    changed.
    """

    def one(settings) -> int:
        review = settings.review
        earlier = before.get(review)
        tell = commands.tell if earlier is None or options.why else lambda line: None
        if earlier is None:
            print(f"{review}:", flush=True)
        try:
            index = commands.make_report(project, settings, options, tell, of_one_state=True)
        except InputsChangedError as error:
            print(f"{review}: {error}", flush=True)
            made.pop(review, None)
            made.update({review: earlier} if earlier is not None else {})
            return 0
        if earlier is None:
            print(index, flush=True)
        else:
            changed = plan.changed_inputs(earlier, made.get(review, {}))
            took = time.monotonic() - noticed
            print(f"{changed}: {index} in {took:.1f} s", flush=True)
        return 0

    every = commands.settings_of(project, options)
    stale = [one for one in every if made.get(one.review) != before.get(one.review)]
    codes = [told(one, settings) for settings in stale]
    return max(codes, default=0)
