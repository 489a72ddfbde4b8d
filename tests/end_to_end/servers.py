"""JupyterLab and Voila for tests: on a free port of this machine, with nothing of the user's own."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..conftest import ROOT

LAB = (
    "jupyterlab",
    "--ServerApp.open_browser=False",
    "--ServerApp.allow_root=True",
    "--IdentityProvider.token=",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)


def _free_port() -> int:
    """A port below those that systems give out themselves, so that no kernel takes it meanwhile."""
    while True:
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return free.getsockname()[1]


@contextmanager
def served(home: Path, root: Path, module: str, *options: str) -> Iterator[str]:
    """The address of a server, run as `python -m module options` in root; ended afterwards.

    home: where it keeps what it writes. module jupyterlab or voila.
    """
    port = _free_port()
    own = {
        name: str(home / name)
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
        )
    }
    at = (
        ("--ServerApp.port", "--ServerApp.ip")
        if module == "jupyterlab"
        else ("--port", "--Voila.ip")
    )
    own["PYTHONPATH"] = str(ROOT / "src")
    own["JUPYTER_PATH"] = str(ROOT / "src/evidence_review/explorer/jupyter")  # as `make explore`
    command = [sys.executable, "-m", module, *options, f"{at[0]}={port}", f"{at[1]}=127.0.0.1"]
    log = home / "log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            command, cwd=root, env=os.environ | own, stdout=stream, stderr=stream
        )
        try:
            for _ in range(480):
                assert server.poll() is None, log.read_text()
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.25)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()  # it ends its kernels first
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
