"""The papermill engine `warm`: every notebook in a kernel of its own, forked with imports done.

It is papermill's own engine with another way to start a kernel; what papermill, nbclient and
jupyter_client do with a kernel stays theirs.
"""

from __future__ import annotations

import contextlib
import os
import threading
import warnings
from uuid import uuid4

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from papermill.iorw import LocalHandler, papermill_io, write_ipynb
from traitlets import Integer

from evidence_review.factory import nursery

try:
    import resource
except ImportError:  # Windows
    resource = None

NAME = "warm"  # in the entry point group `papermill.engine`


class WarmEngine:
    """For `papermill --engine warm` and `papermill.execute_notebook(engine_name="warm")`.

    No subclass of papermill's engine: papermill imports this module while it is being imported.
    """

    @staticmethod
    def execute_notebook(nb, kernel_name, **options):
        """Run a notebook as papermill's own engine does, with the same options."""
        from papermill.engines import NBClientEngine

        return NBClientEngine.execute_notebook(
            nb, kernel_name, kernel_manager_class=WarmKernelManager, **options
        )

    @staticmethod
    def nb_kernel_name(nb, name=None):
        """The kernel that a notebook names, unless another is given."""
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @staticmethod
    def nb_language(nb, language=None):
        """The language that a notebook names, unless another is given."""
        from papermill.utils import nb_language

        return nb_language(nb, language)


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


papermill_io.register("local", ThreadsFiles())


class WarmKernelManager(AsyncKernelManager):
    """Starts kernels warm, unless the kernel asks for a provisioner of its own."""

    async def _async_pre_start_kernel(self, **options):
        if self.provisioner is None and "kernel_provisioner" not in self.kernel_spec.metadata:
            self.kernel_id = self.kernel_id or str(uuid4())
            self.provisioner = WarmProvisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
        return await super()._async_pre_start_kernel(**options)

    pre_start_kernel = _async_pre_start_kernel


class WarmProvisioner(LocalProvisioner):
    """A local kernel that is forked; where that cannot be, an ordinary one, with a warning."""

    memory_limit = Integer(
        0,
        config=True,
        help="Bytes that a kernel, and each process it starts, may allocate; 0: as many as there "
        "are. Beyond, Python raises MemoryError. Linux only: elsewhere there is no limit.",
    )

    async def launch_kernel(self, cmd, **options):
        """Start the kernel that `cmd` names; returns how to connect to it."""
        cwd = options.get("cwd") or os.getcwd()
        try:
            self.process = _fork(cmd, cwd, options["env"])
        except OSError as error:
            warnings.warn(f"ordinary kernel instead of a warm one: {error}", stacklevel=2)
            await super().launch_kernel(cmd, **options)
        else:
            self.pid = self.pgid = self.process.pid
            self.cwd = cwd
        if self.memory_limit and hasattr(resource, "prlimit"):
            with contextlib.suppress(ProcessLookupError):  # it has ended, which is noticed later
                resource.prlimit(self.pid, resource.RLIMIT_DATA, (self.memory_limit,) * 2)
        return self.connection_info


def _fork(cmd: list[str], cwd: str, env: dict[str, str]) -> nursery.ForkedKernel:
    if "ipykernel_launcher" not in cmd:
        raise nursery.ForkError(f"{cmd[0]} does not run ipykernel")
    at = cmd.index("ipykernel_launcher")
    return nursery.fork(cmd[: at - 1], cmd[at + 1 :], cwd, env)
