"""Kernels that start warm: forked from a process, the nursery, that has done the imports.

Both ends of the socket between them: `fork` asks for a kernel, `serve` is the nursery. It has one
thread, no event loop and no open connection but this, so there is nothing that a fork could tear. A
kernel leaves `serve` and goes on as if it had been started afresh. What papermill and jupyter_client
make of it is in `engine`.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import math
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from evidence_review.runs.scratch import scratch_folder

# What kernels import as they start, and notebooks, and the package only when it needs it; every module
# of PRELOADED_ROOMS besides.
PRELOADED_ROOMS = ("evidence_review.findings", "evidence_review.display")
PRELOADED = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "ipykernel.kernelapp",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "pandas",
    "psutil",
    "scipy.optimize",
    "seaborn",
    "simpleeval",
    "sqlite3",
    "tornado.platform.asyncio",
    "yaml",
)
# As an ordinary kernel, the nursery does not import from the folder it works in.
COMMAND = (
    "import sys; sys.path.remove('');"
    "from evidence_review.runs.nursery import serve; serve({descriptor}, {scratch!r})"
)


# What is asked of the nursery.
KERNEL, REVIEW = b"k", b"r"
OBJECTS = (
    50_000  # new ones before a kernel looks for rings of them: a figure makes tens of thousands
)
IDLE = 1  # seconds without a kernel or a request until memory of earlier reviews is freed
PATIENCE = 20  # seconds for the findings of a review; then each kernel computes what it needs


class ForkError(OSError):
    """A kernel cannot be forked; the message says why."""


class ForkedKernel:
    """What jupyter_client uses of subprocess.Popen, for a process that is the nursery's child."""

    stdin = stdout = stderr = None

    def __init__(self, nursery: Nursery, arguments: list[str], cwd: str):
        """Raises ForkError if the nursery does not answer."""
        self._nursery = nursery  # which lives as long as one of its kernels
        self._line, theirs = socket.socketpair()
        try:
            with theirs:
                nursery.request(theirs)
            self._line.sendall(json.dumps([arguments, str(cwd)]).encode() + b"\n")
            # "kernel", its process id, and its exit code if it ended at once.
            _, pid, *code = self._line.recv(64).split()
            self.pid = int(pid)
        except (OSError, ValueError) as error:
            self._line.close()
            raise ForkError("the process to fork it from has ended, or the fork failed") from error
        self.returncode: int | None = int(code[0]) if code else None

    def poll(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        try:
            return self._exit_code(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def wait(self) -> int:
        """Exit code, once it has ended."""
        return self._exit_code()

    def _exit_code(self, flags: int = 0) -> int:
        if self.returncode is None:
            answer = self._line.recv(32, flags)
            self._line.close()
            # Where the nursery was killed, its kernels follow.
            self.returncode = int(answer) if answer else -signal.SIGKILL
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end, if it runs."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, if it runs; nearly always it has ended when this returns."""
        self.send_signal(signal.SIGKILL)
        if self.returncode is None:
            select.select([self._line], [], [], 0.1)


class Nursery:
    """The warm process of one Python and one environment."""

    def __init__(self, python: list[str], env: dict[str, str]):
        self._requests, theirs = socket.socketpair()
        self._process: subprocess.Popen | None = None
        scratch = os.fspath(scratch_folder())
        with theirs:
            self._process = subprocess.Popen(
                [*python, "-c", COMMAND.format(descriptor=theirs.fileno(), scratch=scratch)],
                cwd=os.sep,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # what a notebook prints goes to its page
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C in a terminal is for the parent alone
            )

    def __del__(self) -> None:
        self.end()

    def end(self) -> None:
        """End it, and with it its kernels."""
        if self._process:  # first: one whose requests end removes the files of kernels
            self._process.kill()
            self._process.wait()
        self._requests.close()

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def request(self, line: socket.socket) -> None:
        """Have a kernel forked that talks through `line`."""
        socket.send_fds(self._requests, [KERNEL], [line.fileno()])

    def prepare(self, project: os.PathLike[str], settings: Mapping[str, object]) -> None:
        """Have a review opened and its findings computed, for kernels asked for from now on; does not wait.

        settings: as `open_review` takes them, the review among them.
        """
        line, theirs = socket.socketpair()
        with line, theirs:
            socket.send_fds(self._requests, [REVIEW], [theirs.fileno()])
            line.sendall(json.dumps([os.fspath(project), dict(settings)]).encode() + b"\n")


_nursery: tuple[tuple, Nursery] | None = None  # the last one, and what it was started with
_starting = threading.Lock()


def fork(python: list[str], arguments: list[str], cwd: str, env: dict[str, str]) -> ForkedKernel:
    """Fork an IPython kernel; where nobody has (`warm_up`), starts the nursery, which takes seconds.

    python, arguments: what stands before and after `-m ipykernel_launcher` in a kernel's command.
    A kernel has the packages as they were when the nursery imported them. Raises ForkError.
    """
    if os.path.exists(os.path.join(cwd, "matplotlibrc")):
        raise ForkError(f"the matplotlibrc in {cwd} counts on import, which was before")
    return ForkedKernel(warm_up(python, env), arguments, cwd)


def has_fork() -> bool:
    """Whether the system can fork kernels: Windows has no fork, on macOS libraries that numpy uses do not bear it."""
    return hasattr(os, "fork") and sys.platform != "darwin"


def warm_up(python: list[str], env: dict[str, str]) -> Nursery:
    """The nursery, started if it is not there yet; does not wait for it.

    Raises ForkError if the system has no fork or a doubtful one, OSError if Python cannot be started.
    """
    global _nursery
    if not has_fork():
        raise ForkError("this system has no fork that could be relied on")
    key = (*python, *sorted(env.items()))
    with _starting:
        if _nursery is None or _nursery[0] != key or not _nursery[1].is_alive:
            _nursery = key, Nursery(python, env)
        return _nursery[1]


def end() -> None:
    """End the nursery, if there is one: for a process whose place another takes."""
    if _nursery:
        _nursery[1].end()


def serve(descriptor: int, scratch: str) -> None:
    """Import the stack, then fork a kernel for every request that comes in on a socket.

    Parameters
    ----------
    descriptor
        Of the socket.
    scratch
        The folder with the files of kernels, which goes with the process that asked for them.

    A request is one byte with one end of a socket pair. Of KERNEL, the kernel reads its arguments and
    working directory (JSON) there and writes "kernel" and its process id; when it has ended, the nursery
    writes its exit code: a line each. Of REVIEW, the nursery reads there which one to open, which
    kernels then inherit. The nursery ends when its socket is closed, and with it the kernels and
    what their notebooks started.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks for kernels ends, and with it this
    # Read on import of matplotlib; the backend itself is loaded with the first figure, in the
    # kernel. Loaded here, without a shell, it would drop every figure.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    requests = socket.socket(fileno=descriptor)
    gc.disable()  # all that is imported stays
    with _ending_with(requests, scratch):
        preload()
    gc.freeze()  # the garbage collector of a kernel need not look through all that
    gc.enable()
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])
    parent = os.getpid()
    arguments = _next_kernel(requests, scratch)
    if arguments is not None:
        _run_kernel(arguments, parent)
    else:
        shutil.rmtree(scratch, ignore_errors=True)


def preload() -> None:
    """Import what notebooks need, and have ready what the first figure and table would make."""
    import pkgutil

    sys.modules["debugpy"] = None  # type: ignore[assignment] - Python's own mark for "not there"
    importlib.import_module("ipykernel.debugger")  # which runs without: nobody debugs a report
    del sys.modules["debugpy"]
    for name in PRELOADED:
        importlib.import_module(name)
    for name in PRELOADED_ROOMS:
        room = importlib.import_module(name)
        for module in pkgutil.iter_modules(room.__path__, f"{name}."):
            importlib.import_module(module.name)
    _draw_a_figure()
    _write_a_table()


def _draw_a_figure() -> None:
    """Have fonts and the parser of formulas ready; pyplot stays untouched."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot(xscale="log", title="A figure")
    FigureCanvasSVG(figure).print_svg(io.BytesIO())


def _write_a_table() -> None:
    """Have its template compiled."""
    from evidence_review.display.markup import Table

    Table("A table", []).html()


def import_without_grammar() -> None:
    """Import jsonschema, but not the grammar of international web addresses that it takes along.

    Compiling that takes seconds, for a check of formats that nothing here asks for; whoever needs
    the grammar itself can still import it.
    """
    if "jsonschema" not in sys.modules:
        sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment] - Python's own mark for "not there"
        importlib.import_module("jsonschema")
        del sys.modules["rfc3987_syntax"]


def _next_kernel(requests: socket.socket, scratch: str) -> list[str] | None:
    """The arguments of a kernel, in the kernel's process; None in the nursery's, at its end."""
    kernels: dict[int, socket.socket] = {}
    bell, ringer = socket.socketpair()  # rings when a kernel ends
    for end in (bell, ringer):
        end.setblocking(False)
    signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    has_old = False  # whether an earlier review may lie in memory
    while True:
        idle = IDLE if has_old and not kernels else None
        ready, _, _ = select.select([requests, bell], [], [], idle)
        if not ready:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            has_old = False
        if bell in ready:
            bell.recv(4096)
        if requests in ready:
            request, descriptors, _, _ = socket.recv_fds(requests, 1, 1)
            if not request:
                for pid in kernels:  # each leads a group: what its notebook started ends with it
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
                return None
            line = socket.socket(fileno=descriptors[0])
            if request == REVIEW:
                with line, line.makefile("rb") as stream:
                    project, settings = json.loads(stream.readline())
                _prepare(project, settings, requests, scratch)
                has_old = True
                continue
            try:
                pid = os.fork()
            except OSError:  # no room for another process: who asks has an ordinary kernel
                line.close()
                continue
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for other in (requests, bell, ringer, *kernels.values()):
                    other.close()
                return _take_arguments(line)
            kernels[pid] = line
        for pid in list(kernels):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                with kernels.pop(pid) as line, contextlib.suppress(OSError):
                    line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _prepare(project: str, settings: dict[str, Any], requests: socket.socket, scratch: str) -> None:
    """Open a review and compute its findings; what goes wrong, the kernels meet themselves, and tell."""
    from evidence_review.api.opening import prepare

    with contextlib.suppress(Exception), _ending_with(requests, scratch, PATIENCE):
        prepare(project, **settings)
    gc.freeze()  # as what is imported: kernels share it


@contextlib.contextmanager
def _ending_with(
    requests: socket.socket, scratch: str, seconds: float = math.inf
) -> Iterator[None]:
    """While this process does something else, end it within half a second of the one that asks for kernels.

    Raises TimeoutError after so many seconds.
    """
    deadline = time.monotonic() + seconds
    asker = select.poll()
    asker.register(requests, 0)  # of its end it tells also where requests still wait to be read

    def look_up(*_) -> None:
        if asker.poll(0):
            shutil.rmtree(scratch, ignore_errors=True)
            os._exit(0)
        if time.monotonic() > deadline:
            raise TimeoutError

    signal.signal(signal.SIGALRM, look_up)
    signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _take_arguments(line: socket.socket) -> list[str]:
    os.setsid()  # a group of its own, so that an interrupt reaches what the kernel starts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with line, line.makefile("rb") as stream:
            arguments, cwd = json.loads(stream.readline())
            os.chdir(cwd)
            line.sendall(b"kernel %d\n" % os.getpid())
    except (OSError, ValueError):  # who asked has ended, or named a folder that is not there
        os._exit(1)
    return arguments


def _run_kernel(arguments: list[str], parent: int) -> None:
    """Be a kernel, until the process that it was forked from ends, which it may have done by now."""
    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    np.random.seed()  # a fork inherits numpy's global generator; Python reseeds its own
    if os.getppid() != parent:
        os._exit(1)
    os.environ["JPY_PARENT_PID"] = str(parent)
    sys.argv = ["ipykernel_launcher", *arguments]
    IPKernelApp.launch_instance(parent_handle=parent)
