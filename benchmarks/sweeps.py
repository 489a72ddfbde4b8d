"""What a point of a sweep costs, beside its numeric work alone, and whether cost and memory stay flat.

    python benchmarks/sweeps.py 200 2000                 # prints a table
    python benchmarks/sweeps.py 200 2000 20000 --write   # and keeps it in benchmarks/RESULTS-sweeps.md

Each size is a process of its own on a copy of the data, with nothing computed before. The same
command a second time has only tables and page to make; the difference is what its points took. It is
compared with a plain loop over 300 of the same points in one process, divided by the cores.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOOPED = 300  # points of the plain loop

GRID = """
grid:
  designs: [all, parallel]
  missing_se: [assume, exclude]
  tau2: [REML, DL]
  interval: [knha-adhoc, z]
  change_sd: {{low: 5.5, high: 11, count: {count}}}
"""
POINTS_A_STEP = 16  # combinations of all but change_sd

SWEEP = """
import resource, sys, time
from pathlib import Path
from evidence_review.sweep.run import run_sweep
from evidence_review.records import Project
folder = Path(sys.argv[1])
times = []
for name in ("first.yml", "sweep.yml", "sweep.yml"):  # the first does the imports
    start = time.perf_counter()
    run_sweep(Project(folder), folder / name)
    times.append(time.perf_counter() - start)
own, workers = (
    resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
)
print(*times[1:], own, workers)
"""

LOOP = """
import sys, time
from dataclasses import replace
from pathlib import Path
from evidence_review.sweep.points import quantities
from evidence_review.sweep.plan import read_sweep
from evidence_review.records import Project
folder, looped = Path(sys.argv[1]), int(sys.argv[2])
plan = read_sweep(folder / "sweep.yml", Project(folder))
points = list(plan.points())[:: max(1, plan.count // looped)]
settings = [replace(plan.defaults, **dict(zip(plan.swept, point))) for point in points]
quantities(plan.records, settings[0])
start = time.perf_counter()
for each in settings:
    quantities(plan.records, each)
print((time.perf_counter() - start) / len(settings))
"""


def run(code: str, *words: object) -> list[float]:
    """The numbers that a piece of code prints in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def measure(sizes: list[int]) -> list[str]:
    from evidence_review.runs.run import cores as available

    cores = available()
    lines = [
        f"Measured {date.today()} on {platform.machine()}, {cores} cores, Python "
        f"{platform.python_version()}, numpy {version('numpy')}. Milliseconds of one core.",
        "",
        "| points | whole command, s | of that tables and page, s | ms a point, by the sweep | ms a point, "
        "numeric work alone | sweep / (numeric work / cores) | peak memory, MB: parent | a worker |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copytree(ROOT / "data", folder / "data")
            grid = GRID.format(count=size // POINTS_A_STEP)
            (folder / "sweep.yml").write_text(grid, encoding="utf-8")
            (folder / "first.yml").write_text(
                "points: [{level: 0.9}, {level: 0.8}]", encoding="utf-8"
            )
            (alone,) = run(LOOP, folder, LOOPED)
            whole, page, own, worker = run(SWEEP, folder)
        count = size // POINTS_A_STEP * POINTS_A_STEP
        each = (whole - page) * cores / count
        lines.append(
            f"| {count:,} | {whole:.1f} | {page:.1f} | {1000 * each:.2f} | {1000 * alone:.2f} | "
            f"{each / alone:.2f} | {own / 1024:.0f} | {worker / 1024:.0f} |"
        )
    return [*lines, "", *plan(each)]


def plan(each: float) -> list[str]:
    """How long larger sweeps would take at `each` seconds a point of one core."""
    cores, counts = (2, 16, 64, 256), (10_000, 100_000, 1_000_000)
    hours = lambda count, on: f"{count * each / on / 3600:,.2f}"
    return [
        f"On paper, at {1000 * each:.2f} ms a point, in hours:",
        "",
        f"| points | {' | '.join(f'{on} cores' for on in cores)} |",
        "|---|" + "---|" * len(cores),
        *(f"| {count:,} | {' | '.join(hours(count, on) for on in cores)} |" for count in counts),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="+", help="points, e.g. 200 2000 20000")
    parser.add_argument(
        "--write", action="store_true", help="keep the table in benchmarks/RESULTS-sweeps.md"
    )
    options = parser.parse_args()
    lines = measure(options.sizes)
    print("\n".join(lines))
    if options.write:
        made = f"python benchmarks/sweeps.py {' '.join(map(str, options.sizes))} --write"
        head = ["# Cost of a sweep", "", f"Made by `{made}`.", ""]
        path = Path(__file__).with_name("RESULTS-sweeps.md")
        path.write_text("\n".join(head + lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
