"""How reports have papermill run notebooks: each saved once, several side by side.

Apart from `engine`, which papermill imports while it is being imported.
"""

from __future__ import annotations

import threading

from papermill.engines import papermill_engines
from papermill.iorw import LocalHandler, papermill_io, write_ipynb

from evidence_review.runs.engine import WarmEngine

NAME = "report"


class ReportEngine(WarmEngine):
    """Saves a notebook once, as it ends or breaks off, and not before and after each cell."""

    @staticmethod
    def execute_notebook(nb, kernel_name, output_path=None, **options):
        """Run a notebook as `WarmEngine` does; papermill itself saves one that has ended."""
        try:
            return WarmEngine.execute_notebook(nb, kernel_name, **options)
        except BaseException:  # too slow, or its kernel died: what there is
            write_ipynb(nb, output_path)
            raise


class ThreadsFiles(threading.local, LocalHandler):
    """papermill's files of this machine, with the working directory it notes kept to each thread.

    papermill notes it for the process and puts back what it found there: notebooks that run side by
    side would leave it to whatever papermill does next in this process.
    """


papermill_engines.register(NAME, ReportEngine)
papermill_io.register("local", ThreadsFiles())
