"""A run that is killed leaves the old report or the new one, whole; the next run is right.

Fifty moments. Half of them follow the clock, over the length of a run. The others are counted in
what the run does to its files, so that they fall also into the few milliseconds in which folders
change places and the cache is written.
"""

import contextlib
import hashlib
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

import pytest

from evidence_review.records import Project
from evidence_review.runs.manifest import MANIFEST

from ..conftest import ROOT
from ..small_project import REVIEW, content, differing, hidden, notebook, only_small_notebooks

pytestmark = pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(), reason="needs fork and signals"
)

MOMENTS = 50
# "all": run, nursery and kernels at once, as when the power fails; the others strike the run alone.
BLOWS = ("all", "all", "SIGKILL", "SIGTERM", "SIGINT")


def run(*arguments) -> None:
    from .run_to_kill import run  # imported only where runs are forked from

    run(*arguments)


class Runs:
    """Runs on one small project, each in a process of its own."""

    def __init__(self, root: Path, processes):
        for name in ("data", "notebooks"):
            shutil.copytree(ROOT / name, root / name)
        self.project, self.processes = only_small_notebooks(Project(root)), processes

    def edit(self, version: int) -> None:
        """Another version of a notebook, which has to run."""
        notebook(self.project, "01-plain", f"'version {version:04}'")

    def run(self, touches: int | None = None, seconds: float = 60, blow=None) -> int:
        """Exit code, once the run, its nursery and its kernels have ended.

        touches: killed when it touches a file for this time; or seconds: when it gets the blow.
        """
        ended, alive = self.processes.Pipe(duplex=False)
        process = self.processes.Process(target=run, args=(self.project.root, alive, touches))
        process.start()
        alive.close()
        if blow and not ended.poll(seconds):
            strike = os.killpg if blow == "all" else os.kill
            with contextlib.suppress(ProcessLookupError):
                strike(process.pid, getattr(signal, "SIGKILL" if blow == "all" else blow))
        assert ended.poll(60), "a process outlives the run"  # which is then the end of the file
        process.join()
        return process.exitcode

    def whole(self) -> dict[str, bytes]:
        """What is in `reports/` after a run that is left alone."""
        code = self.run()
        assert code == 0, (self.project.root / "told").read_text()
        assert hidden(self.project) == []
        return self.visible()

    def visible(self) -> dict[str, bytes]:
        files = {
            path: made for path, made in content(self.project.reports).items() if path[0] != "."
        }
        manifest = f"{REVIEW}/{MANIFEST}"
        return files | {manifest: with_digests_checked(files[manifest], files)}


def with_digests_checked(manifest: bytes, files: dict[str, bytes]) -> bytes:
    """A manifest without its digests, which are those of the files beside it."""

    def check(entity: dict) -> dict:
        if "sha256" in entity:
            made = files[f"{REVIEW}/{unquote(entity['@id'])}"]
            assert hashlib.sha256(made).hexdigest() == entity.pop("sha256"), entity["@id"]
        return entity

    return json.dumps(json.loads(manifest, object_hook=check)).encode()


def of_version(version: int, made: dict[str, bytes]) -> dict[str, bytes]:
    """The report as a run that nobody disturbs makes it of another version of the notebook."""
    text = f"version {version:04}".encode()
    return {path: re.sub(rb"version \d{4}", text, page) for path, page in made.items()}


@pytest.mark.slow
@pytest.mark.long
def test_killed_at_fifty_moments(tmp_path):
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([f"{__package__}.run_to_kill"])

    def kill_many(seed: int) -> None:
        runs, draw = Runs(tmp_path / str(seed), processes), random.Random(seed)
        runs.edit(0)
        old = runs.whole()
        runs.edit(1)
        started = time.monotonic()
        made = runs.whole()
        length = time.monotonic() - started
        touches = int((runs.project.root / "touched").read_text())
        assert made == of_version(1, old) != old
        for turn in range(2, 2 + MOMENTS // 2):
            old, new = made, of_version(turn, made)
            runs.edit(turn)
            if draw.random() < 0.5:
                moment = {"seconds": draw.uniform(0, length), "blow": draw.choice(BLOWS)}
            else:
                moment = {"touches": draw.randint(1, touches)}
            runs.run(**moment)
            told = f"project {seed}, turn {turn}, {moment}"
            assert runs.visible() in (old, new), told
            made = runs.whole()
            assert differing(made, new) == [], told

    with ThreadPoolExecutor() as pool:
        list(pool.map(kill_many, range(2)))
