"""How fast a report is made, beside other ways to run the same notebooks, in one interleaved run.

    python benchmarks/reports.py            # prints a table; takes some minutes
    python benchmarks/reports.py --write    # and keeps it in benchmarks/RESULTS-reports.md

Three ways from the same notebooks to HTML: a loop of `papermill` and `jupyter nbconvert` commands,
one Python process that runs papermill with its own engine in two threads and converts at the end,
and `evidence-review report`. Each round runs all three; nothing is kept between rounds.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 3

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


def run(*command: object, folder: Path) -> float:
    """Seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run([str(word) for word in command], check=True, cwd=folder, capture_output=True)
    return time.perf_counter() - start


def loop(project: Path, out: Path) -> float:
    seconds = 0.0
    for path in sorted((project / "notebooks").glob("[0-9][0-9]-*.ipynb")):
        done = out / path.name
        seconds += run(
            sys.executable, "-m", "papermill", path, done, "--cwd", path.parent, folder=project
        )
        seconds += run(sys.executable, "-m", "nbconvert", "--to", "html", done, folder=project)
    return seconds


def driver(project: Path, out: Path) -> float:
    return run(sys.executable, "-c", DRIVER, project / "notebooks", out, folder=project)


def report(project: Path, out: Path) -> float:
    """With the checks of the data, the pages, and everything else that a report does."""
    return again(project)


def again(project: Path) -> float:
    from evidence_review.records import find_project

    review = find_project(project).default_review()
    command = (sys.executable, "-m", "evidence_review", "report", "--review", review)
    return run(*command, folder=project)


def measure() -> list[str]:
    ways = {
        "`papermill` and `jupyter nbconvert`, one notebook after the other": (loop, []),
        "one Python process, papermill's own engine in two threads": (driver, []),
        "`evidence-review report`": (report, []),
    }
    unchanged, changed = [], []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        kept = shutil.ignore_patterns(".git", ".venv", ".cache", "reports", "tests", "__pycache__")
        shutil.copytree(ROOT, project, ignore=kept)
        for _ in range(ROUNDS):
            for way, times in ways.values():
                for made in (".cache", "reports"):
                    shutil.rmtree(project / made, ignore_errors=True)
                with tempfile.TemporaryDirectory() as out:
                    times.append(way(project, Path(out)))
            unchanged.append(again(project))
            notebook = project / "notebooks" / "12-reporting-standards.ipynb"
            notebook.write_text(notebook.read_text(encoding="utf-8") + "\n", encoding="utf-8")
            changed.append(again(project))
    ours = ways["`evidence-review report`"][1]
    count = len(list((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb")))
    lines = [
        f"Measured {date.today()} on {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, papermill {version('papermill')}; {count} notebooks to HTML, "
        f"median of {ROUNDS} interleaved rounds (smallest and largest ratio).",
        "",
        "| way | seconds | a report is faster by |",
        "|---|---|---|",
    ]
    for name, (_, times) in ways.items():
        ratios = [theirs / own for theirs, own in zip(times, ours, strict=True)]
        told = f"{statistics.median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f})"
        lines.append(
            f"| {name} | {statistics.median(times):.1f} | {'' if times is ours else told} |"
        )
    return [
        *lines,
        "",
        f"The same report again, nothing changed: {statistics.median(unchanged):.2f} s. "
        f"One notebook changed: {statistics.median(changed):.1f} s.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--write", action="store_true", help="keep the table in benchmarks/RESULTS-reports.md"
    )
    options = parser.parse_args()
    lines = measure()
    print("\n".join(lines))
    if options.write:
        head = ["# Speed of reports", "", "Made by `python benchmarks/reports.py --write`.", ""]
        path = Path(__file__).with_name("RESULTS-reports.md")
        path.write_text("\n".join(head + lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
