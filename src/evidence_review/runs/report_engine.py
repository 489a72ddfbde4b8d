"""How reports have papermill run notebooks: each saved once, several side by side, output bounded.

Apart from `engine`, which papermill imports while it is being imported.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import re
import socket
import threading
import time
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_core.utils import ensure_async, run_sync
from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.iorw import LocalHandler, papermill_io, write_ipynb
from papermill.log import logger
from traitlets import default

from evidence_review.runs import output
from evidence_review.runs.engine import WarmKernelManager
from evidence_review.runs.scratch import connection_file

NAME = "report"
RETRY = 10  # milliseconds until a client tries again to reach a kernel that is starting
SOCKET_PATH = (
    90  # bytes that the name of a socket may have before '-ipc-5'; systems allow 104 or more
)

# What papermill notes of a run that is not the same in the next.
PASSING = ("start_time", "end_time", "duration", "input_path", "output_path")


class ReportClient(AsyncKernelClient):
    """Holds a kernel to be ready as soon as it answers and is heard."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """As jupyter_client's, which then listens to the rest of what the kernel says as it starts, until
        there is nothing for 0.2 s. `BoundedClient` knows by its parent what belongs to a cell.

        Raises
        ------
        RuntimeError
            If the kernel dies, or does not answer within so many seconds.
        """
        deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        while True:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    await self.iopub_channel.get_msg(
                        timeout=0.2
                    )  # or asked again, until it is heard
                    return self._handle_kernel_info_reply(reply)
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")


class ReportKernelManager(WarmKernelManager):
    """Reaches a kernel by sockets that are files, where there are such, and by ports elsewhere.

    A port is chosen before the kernel binds it, and another program may have it by then; a file of
    our own nobody takes. And nobody else can read it: ports are open to every user of the machine.
    """

    @default("connection_file")
    def _own_connection_file(self) -> str:
        return str(connection_file())

    @default("transport")
    def _files_or_ports(self) -> str:
        fits = len(os.fsencode(self.connection_file)) <= SOCKET_PATH
        return "ipc" if hasattr(socket, "AF_UNIX") and zmq.has("ipc") and fits else "tcp"

    @default("transport_encryption")
    def _where_others_could_read(self) -> str:
        return "auto" if self.transport == "tcp" and zmq.has("curve") else "disabled"

    @default("client_factory")
    def _own_client(self) -> type:
        return ReportClient

    def client(self, **options):
        """A client that reads no message beyond a certain length."""
        client = super().client(**options)
        client.context.setsockopt(zmq.MAXMSGSIZE, output.MESSAGE)
        client.context.setsockopt(zmq.RECONNECT_IVL, RETRY)
        return client


class BoundedClient(PapermillNotebookClient):
    """Runs the cells of a notebook, and ends the kernel of one that puts out too much."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._bound = output.Bound()
        self._too_much: output.TooMuchOutputError | None = None
        self._disconnected: Any = None

    async def async_start_new_kernel_client(self):
        """The client, with a watch on its channel for output."""
        client = await super().async_start_new_kernel_client()
        # A message that is too long to be read ends the connection, and nothing else does.
        self._disconnected = client.iopub_channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        return client

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    async def async_execute_cell(self, cell, cell_index, **options):
        """Run a cell. Raises TooMuchOutputError, and then the kernel has ended."""
        watch = asyncio.ensure_future(self._watch(cell_index))
        try:
            executed = await super().async_execute_cell(cell, cell_index, **options)
        except DeadKernelError:
            if self._too_much is None:
                raise
        finally:
            watch.cancel()
        if self._too_much:
            cell.outputs = output.shortened(cell.outputs)
            raise self._too_much
        return executed

    execute_cell = run_sync(async_execute_cell)

    async def _async_poll_kernel_alive(self):
        # nbclient leaves this task behind when a cell is given up; the client may go before it ends.
        with contextlib.suppress(AssertionError):
            await super()._async_poll_kernel_alive()

    async def _watch(self, cell_index: int) -> None:
        await self._disconnected.recv_multipart()
        await asyncio.sleep(0.5)  # a kernel that has died is something else
        assert self.km is not None
        if await ensure_async(self.km.is_alive()):
            await self._end(f"more than {output.MESSAGE / 1e6:g} MB of output at once", cell_index)

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        """As nbclient's; counts also what threads of earlier cells put out, which nobody keeps."""
        assert self.kc is not None
        while True:
            message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=None))
            if why := self._bound.exceeded(message["msg_type"], message["content"]):
                return await self._end(why, cell_index)
            if message["parent_header"].get("msg_id") == parent_msg_id:
                try:
                    self.process_message(message, cell, cell_index)
                except CellExecutionComplete:
                    return None

    async def _end(self, why: str, cell_index: int) -> None:
        """Kill the kernel, and with it the wait for its reply."""
        self._too_much = output.TooMuchOutputError(why, cell_index)
        assert self.km is not None and self.task_poll_for_reply is not None
        await ensure_async(self.km.shutdown_kernel(now=True))
        self.task_poll_for_reply.cancel()


class ReportEngine(NBClientEngine):
    """For `papermill.execute_notebook(engine_name="report")`."""

    @classmethod
    def execute_notebook(cls, nb, kernel_name, output_path=None, **options):
        """Run a notebook as papermill does, which itself saves one that has ended, once settled."""
        try:
            executed = super().execute_notebook(nb, kernel_name, **options)
        except BaseException:  # too slow, too much output, or its kernel died: what there is
            _join_streams(nb)
            write_ipynb(nb, output_path)
            raise
        _join_streams(executed)
        settle(executed)
        return executed

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, *, start_timeout=60, execution_timeout=None, **options
    ):
        """Run the cells."""
        options.pop("input_path", None)
        return BoundedClient(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=ReportKernelManager,
            startup_timeout=start_timeout,
            timeout=execution_timeout,
            log=logger,
            **options,
        ).execute()


def _join_streams(nb) -> None:
    for cell in nb.cells:
        if "outputs" in cell:
            cell.outputs = output.joined_streams(cell.outputs)


def settle(node) -> None:
    """Take out of an executed notebook what differs between two runs of the same: times, paths, ids."""
    for part in (node, *node.cells):
        for name in PASSING:
            part.metadata.papermill.pop(name, None)
        part.metadata.pop("execution", None)
    for cell in node.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
        for put_out in cell.get("outputs", []):
            if put_out.output_type == "stream":  # a warning names the kernel's process
                put_out.text = re.sub(r"(?<!\S)\S*/ipykernel_\d+/", "", put_out.text)


class ThreadsFiles(threading.local, LocalHandler):
    """papermill's files of this machine, with the working directory it notes kept to each thread.

    papermill notes it for the process and puts back what it found there: notebooks that run side by
    side would leave it to whatever papermill does next in this process.
    """


# What goes wrong, the report says once, with notebook and cell; without a handler, Python would print
# what nbclient says of it, which names neither.
logger.addHandler(logging.NullHandler())
papermill_engines.register(NAME, ReportEngine)
papermill_io.register("local", ThreadsFiles())
