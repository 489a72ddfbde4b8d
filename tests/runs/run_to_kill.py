"""A report run in a process of its own that starts at once, and may end itself at a given moment.

It is forked from a process that has imported this module, and with it all that a run needs. What a
run computes for long without writing a file is left out.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from evidence_review import cli
from evidence_review.display import markup
from evidence_review.records import Project, load
from evidence_review.review.review import Review
from evidence_review.runs import (
    nursery,
    plan,
    report,
    sections,
)
from evidence_review.runs import (
    site as render,
)
from evidence_review.runs.scratch import scratch_folder
from evidence_review.words.briefing import Briefing

from ..conftest import ROOT
from ..small_project import REVIEW

RECORDS = load(REVIEW, Project(ROOT))
BRIEFING = Briefing(
    question="",
    level="",
    trials=0,
    people=0,
    read_on="",
    messages=(),
    answer=("",),
    evidence=(),
    other_outcomes=(),
    certainty=(),
    would_change=(),
    ask=(),
    comparator="",
    noun="trial",
    nouns="trials",
    further=(),
)
CHOICES = render.choices(Review(RECORDS))
# What a run imports when it first needs it.
for module in (
    *("PIL.ImageDraw", "PIL.ImageFont", "filelock", "papermill.execute"),
    *(f"evidence_review.cli.{name}" for name in ("arguments", "commands")),
    *(f"evidence_review.runs.{name}" for name in ("engine", "report_engine", "run_log")),
):
    import_module(module)
# Compiled and read once, by the first page made.
for template in render.TEMPLATES.glob("*.j2"):
    markup._environment().get_template(f"runs/templates/{template.name}")
render.stylesheet()
sections._exporter().from_notebook_node(
    new_notebook(
        cells=[new_markdown_cell("## One"), new_code_cell("1")],
        metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}},
    )
)
nursery.preload()
nursery.preload = lambda: None

CHANGES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.utime", "shutil.rmtree")


class ForkedNursery:
    """A nursery that has its imports from this process.

    Its kernels stay in the process group of the run, so that all can be killed at once.
    """

    is_alive = True

    def __init__(self, python, env):
        scratch = scratch_folder()
        self._requests, theirs = socket.socketpair()
        if os.fork() == 0:
            self._requests.close()
            os.setsid = lambda: None
            nursery.serve(theirs.detach(), str(scratch))
            os._exit(0)
        theirs.close()

    def request(self, line):
        socket.send_fds(self._requests, [nursery.KERNEL], [line.fileno()])

    def prepare(self, project, settings):
        """Nothing: it computes for long, and writes no file."""


def run(root: Path, alive, killed_at: int | None) -> None:
    """`evidence-review report`, killed at the n-th time that it touches a file of the project.

    alive: an end of a pipe, open as long as the run, its nursery or one of its kernels lives. The
    number of times goes into the file `touched`, what is told into `told`.
    """
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdout = sys.stderr = (root / "told").open("w")
    nursery.Nursery = ForkedNursery
    report.load = lambda review, project: RECORDS
    render.briefing = lambda *_: BRIEFING
    render.choices = lambda review: CHOICES
    render.data_tables = lambda records: []
    plan.installed = dict
    here, count = os.getpid(), 0

    def watch(event, arguments):
        nonlocal count
        if event in CHANGES and os.getpid() == here and str(root) in str(arguments[0]):
            count += 1
            if count == killed_at:
                os.killpg(0, signal.SIGKILL)

    sys.addaudithook(watch)
    code = cli.main(["--project", str(root), "report", "--review", REVIEW])
    touched = str(count)
    (root / "touched").write_text(touched)
    sys.stdout.flush()
    os._exit(code)
