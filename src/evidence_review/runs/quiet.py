"""An extension of IPython for the kernels of a run: one that has no memory left ends, and says nothing.

A kernel without memory writes tracebacks of its own, dozens of them, where it was started, and may not
answer any more. The run says what failed, with notebook and cell. What a notebook prints goes to its page
all the same.
"""

from __future__ import annotations

import os
import sys
import threading

# Of a kernel that loads it, and whose streams are those of `child_output`.
ARGUMENTS = (
    f"--IPKernelApp.extra_extensions={__name__}",
    "--IPKernelApp.outstream_class=evidence_review.runs.child_output.Stream",
)


def load_ipython_extension(shell) -> None:
    """Let errors that the kernel would write to the terminal go nowhere, and end it where it cannot answer.

    IPython calls this.
    """
    # ipykernel reads descriptor 2 itself, where it can, and keeps the terminal under another number.
    terminal = getattr(sys.stderr, "_original_stdstream_copy", None) or 2
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, terminal)
    os.close(nowhere)

    handlers = shell.kernel.shell_handlers
    execute = handlers["execute_request"]

    async def execute_or_end(*message) -> None:
        try:
            await execute(*message)
        except Exception:  # of the kernel: ipykernel would go on, and the run wait for an answer
            os._exit(1)

    handlers["execute_request"] = execute_or_end
    send_at_once(shell.kernel.iopub_thread)


def send_at_once(sender) -> None:
    """Let the thread that sends messages do at once what it would ask of itself.

    It asks by a queue that it reads itself. Where a notebook prints in many threads, it once waited for
    ever for room in that queue.
    """
    schedule = sender.schedule

    def schedule_for_others(task) -> None:
        if threading.current_thread() is sender.thread:
            task()
        else:
            schedule(task)

    sender.schedule = schedule_for_others
