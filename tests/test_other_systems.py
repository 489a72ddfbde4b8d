"""What Windows lacks is asked for only where it is there: the code and the tests can be imported without."""

import subprocess
import sys

import pytest

from .conftest import ROOT

# Taken away from Linux in a process of its own, then everything is imported.
WITHOUT = """
import importlib, os, pathlib, pkgutil, signal, socket, sys
import filelock, pytest, zmq, papermill, ipykernel.kernelapp, matplotlib.pyplot, scipy.stats, statsmodels.api
sys.path.insert(0, ".")
import tests.conftest
for module, names in {
    os: "fork forkpty killpg setsid getuid geteuid getgid getegid sched_getaffinity sysconf register_at_fork "
        "mkfifo O_NONBLOCK WNOHANG",
    signal: "SIGKILL SIGHUP SIGALRM SIGCHLD SIGSTOP SIGCONT SIGPIPE SIGUSR1 pthread_kill alarm setitimer",
    socket: "AF_UNIX MSG_DONTWAIT send_fds recv_fds",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
for name in ("resource", "fcntl", "pwd", "grp", "termios", "pty", "tty"):
    sys.modules[name] = None
import evidence_review
told = []
def take(name):
    try:
        importlib.import_module(name)
    except pytest.skip.Exception:
        pass
    except Exception as error:
        told.append(f"{name}: {type(error).__name__}: {error}")
for found in pkgutil.walk_packages(evidence_review.__path__, "evidence_review."):
    if not found.name.endswith("__main__"):
        take(found.name)
for path in sorted(pathlib.Path("tests").rglob("test_*.py")):
    take(".".join(path.with_suffix("").parts))
sys.exit("\\n".join(told) or 0)
"""


@pytest.mark.slow
def test_code_and_tests_can_be_imported_where_unix_is_not():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
