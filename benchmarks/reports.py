"""How fast a report is made, beside other ways to run the same notebooks, in one interleaved run.

    python benchmarks/reports.py            # prints a table; takes some minutes
    python benchmarks/reports.py --write    # and keeps it in benchmarks/RESULTS-reports.md
    python benchmarks/reports.py --rounds 1 # fewer rounds than 3, where others use the machine

Three ways from the same notebooks to HTML: a loop of `papermill` and `jupyter nbconvert` commands,
one Python process that runs papermill with its own engine in two threads and converts at the end,
and `evidence-review report`. Each round runs all three; nothing is kept between rounds. Beside the
clock stands the CPU time of all processes, which a busy machine moves less. Then the report is made again:
nothing changed, one notebook changed, and one number changed, by the command and while it watches.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]

DRIVER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import papermill
from nbconvert import HTMLExporter
notebooks, out = sorted(Path(sys.argv[1]).glob("[0-9][0-9]-*.ipynb")), Path(sys.argv[2])
def run(path):
    papermill.execute_notebook(path, out / path.name, cwd=path.parent, progress_bar=False)
with ThreadPoolExecutor(2) as pool:
    list(pool.map(run, notebooks))
exporter = HTMLExporter()
for path in notebooks:
    (out / path.with_suffix(".html").name).write_text(exporter.from_filename(out / path.name)[0])
"""


def run(*command: object, folder: Path) -> np.ndarray:
    """Seconds that a command takes: by the clock, and of CPU time."""
    start = seconds()
    subprocess.run([str(word) for word in command], check=True, cwd=folder, capture_output=True)
    return seconds() - start


def seconds() -> np.ndarray:
    """The clock, and the CPU time of all processes that this one started and that have ended."""
    times = os.times()
    return np.array([time.perf_counter(), times.children_user + times.children_system])


def loop(project: Path, out: Path) -> np.ndarray:
    taken = np.zeros(2)
    for path in sorted((project / "notebooks").glob("[0-9][0-9]-*.ipynb")):
        done = out / path.name
        taken += run(
            sys.executable, "-m", "papermill", path, done, "--cwd", path.parent, folder=project
        )
        taken += run(sys.executable, "-m", "nbconvert", "--to", "html", done, folder=project)
    return taken


def driver(project: Path, out: Path) -> np.ndarray:
    return run(sys.executable, "-c", DRIVER, project / "notebooks", out, folder=project)


def report(project: Path, out: Path) -> np.ndarray:
    """With the checks of the data, the pages, and everything else that a report does."""
    return again(project)


def again(project: Path) -> np.ndarray:
    review = default_review(project)
    command = (sys.executable, "-m", "evidence_review", "report", "--review", review)
    return run(*command, folder=project)


def default_review(project: Path) -> str:
    from evidence_review.records import find_project

    return find_project(project).default_review()


def watching(project: Path, changes: int = 3) -> list[float]:
    """Seconds from a changed number to a new first page, by `report --watch`, which has made a report before."""
    review = default_review(project)
    page = project / "reports" / review / "index.html"
    for made in (".cache", "reports"):
        shutil.rmtree(project / made, ignore_errors=True)
    command = (sys.executable, "-m", "evidence_review", "report", "--review", review, "--watch")
    taken = []
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "Ctrl-C ends it" not in process.stdout.readline():
            assert process.poll() is None, "it ended"
        for _ in range(changes):
            time.sleep(2)  # a person reads the page
            before, start = page.stat().st_ino, time.perf_counter()
            change_a_number(project / "data" / review / "statistics.csv")
            while not page.exists() or page.stat().st_ino == before:
                time.sleep(0.005)
            taken.append(time.perf_counter() - start)
            process.stdout.readline()
        process.terminate()
    return taken


def change_a_number(table: Path) -> None:
    """Write one more digit to the first change that the table has: the one that is compared with placebo."""
    header, *lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if re.search(r",change_mean,=,[\d.]+,", line))
    lines[at] = re.sub(r"(,change_mean,=,[\d.]+),", r"\g<1>1,", lines[at])
    table.write_text("".join([header, *lines]), encoding="utf-8")


def measure(rounds: int) -> list[str]:
    ways = {
        "`papermill` and `jupyter nbconvert`, one notebook after the other": (loop, []),
        "one Python process, papermill's own engine in two threads": (driver, []),
        "`evidence-review report`": (report, []),
    }
    unchanged, changed, number, watched, loads = [], [], [], [], [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        kept = shutil.ignore_patterns(".git", ".venv", ".cache", "reports", "tests", "__pycache__")
        shutil.copytree(ROOT, project, ignore=kept)
        for _ in range(rounds):
            for way, times in ways.values():
                for made in (".cache", "reports"):
                    shutil.rmtree(project / made, ignore_errors=True)
                with tempfile.TemporaryDirectory() as out:
                    times.append(way(project, Path(out)))
            unchanged.append(again(project))
            notebook = project / "notebooks" / "12-reporting-standards.ipynb"
            notebook.write_text(notebook.read_text(encoding="utf-8") + "\n", encoding="utf-8")
            changed.append(again(project))
            change_a_number(project / "data" / default_review(project) / "statistics.csv")
            number.append(again(project))
            watched += watching(project)
            loads.append(os.getloadavg()[0])
    ours = np.array(ways["`evidence-review report`"][1])
    count = len(list((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb")))
    lines = [
        f"Measured {date.today()} on {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, papermill {version('papermill')}; {count} notebooks to HTML, "
        f"median of {rounds} interleaved rounds (smallest and largest ratio). Processes that wanted a "
        f"core: {loads[0]:.0f} at the start, {loads[-1]:.0f} at the end.",
        "",
        "| way | seconds | a report is faster by | CPU seconds | a report takes less by |",
        "|---|---|---|---|---|",
    ]
    for name, (_, times) in ways.items():
        told = []
        for taken, own in zip(np.array(times).T, ours.T, strict=True):
            ratios = taken / own
            spread = f"{np.median(ratios):.1f} times ({ratios.min():.1f} to {ratios.max():.1f})"
            told += [f"{np.median(taken):.1f}", "" if (ratios == 1).all() else spread]
        lines.append(f"| {name} | {' | '.join(told)} |")
    by_clock = [f"{np.median(times, axis=0)[0]:.2f} s" for times in (unchanged, changed, number)]
    return [
        *lines,
        "",
        f"The same report again, nothing changed: {by_clock[0]}. One notebook changed: {by_clock[1]}. "
        f"One number changed: {by_clock[2]}; with `--watch`, from the change to the new page: "
        f"{np.median(watched):.2f} s ({min(watched):.2f} to {max(watched):.2f}).",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--write", action="store_true", help="keep the table in benchmarks/RESULTS-reports.md"
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    lines = measure(options.rounds)
    print("\n".join(lines))
    if options.write:
        head = ["# Speed of reports", "", "Made by `python benchmarks/reports.py --write`.", ""]
        path = Path(__file__).with_name("RESULTS-reports.md")
        path.write_text("\n".join(head + lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
