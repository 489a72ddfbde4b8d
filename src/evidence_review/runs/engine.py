"""The papermill engine `warm`: every notebook in a kernel of its own, forked with imports done.

It is papermill's own engine with another way to start a kernel; what papermill, nbclient and
jupyter_client do with a kernel stays theirs.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from uuid import uuid4

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Integer

from evidence_review.runs import nursery

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


class WarmKernelManager(AsyncKernelManager):
    """Starts kernels warm, unless the kernel asks for a provisioner of its own."""

    async def _async_pre_start_kernel(self, **options):
        spec = self.kernel_spec
        if self.provisioner is None and spec and "kernel_provisioner" not in spec.metadata:
            self.kernel_id = self.kernel_id or str(uuid4())
            self.provisioner = WarmProvisioner(
                kernel_id=self.kernel_id, kernel_spec=spec, parent=self
            )
        return await super()._async_pre_start_kernel(**options)

    pre_start_kernel = _async_pre_start_kernel


class WarmProvisioner(LocalProvisioner):
    """A local kernel that is forked; an ordinary one where the system has no fork, or, with a warning, it fails."""

    memory_limit = Integer(
        0,
        config=True,
        help="Bytes that a kernel, and each process it starts, may allocate; 0: as many as there "
        "are. Beyond, Python raises MemoryError. Linux only: elsewhere there is no limit.",
    )

    async def launch_kernel(self, cmd, **options):
        """Start the kernel that `cmd` names; returns how to connect to it."""
        cwd = options.get("cwd") or os.getcwd()
        forked = None
        if nursery.has_fork():
            try:
                forked = _fork(cmd, cwd, options["env"])
            except OSError as error:
                warnings.warn(f"ordinary kernel instead of a warm one: {error}", stacklevel=2)
        if forked is None:
            await super().launch_kernel(cmd, **options)
        else:
            self.process, self.cwd = forked, cwd
            self.pid = self.pgid = forked.pid
        if self.memory_limit and resource and hasattr(resource, "prlimit"):
            with contextlib.suppress(ProcessLookupError):  # it has ended, which is noticed later
                hard = resource.prlimit(self.pid, resource.RLIMIT_DATA)[1]  # may not be raised
                if hard == resource.RLIM_INFINITY or hard > self.memory_limit:
                    hard = self.memory_limit
                resource.prlimit(self.pid, resource.RLIMIT_DATA, (hard, hard))
        return self.connection_info


def _fork(cmd: list[str], cwd: str, env: dict[str, str]) -> nursery.ForkedKernel:
    if "ipykernel_launcher" not in cmd:
        raise nursery.ForkError(f"{cmd[0]} does not run ipykernel")
    at = cmd.index("ipykernel_launcher")
    return nursery.fork(cmd[: at - 1], cmd[at + 1 :], cwd, env)
