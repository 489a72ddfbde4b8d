"""What a point of a sweep costs: in a batch and alone, on one core, on two, and on a Dask cluster.

    python benchmarks/sweeps.py 2000 20000                   # prints the tables
    python benchmarks/sweeps.py 20000 200000 1000000 --write # and keeps them in benchmarks/RESULTS-sweeps.md

Batch and single points are computed by turns in one process, and compared by the CPU time that they
take. Each whole sweep is a process of its own on a copy of the data, with nothing computed before.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
# Points of a round, one at a time and in a batch, as large as a sweep makes them.
ROUNDS, ALONE, TOGETHER, POOLED = 7, 100, 5000, 500

GRID = """
grid:
  designs: [all, parallel]
  missing_se: [assume, exclude]
  tau2: [REML, DL]
  interval: [knha-adhoc, z]
  change_sd: {{low: 5.5, high: 11, count: {count}}}
"""
POINTS_A_STEP = 16  # combinations of all but change_sd
POOLS = """
review: iron-rls
about: pooled effect
grid:
  missing_se: [assume, exclude]
  change_sd: {low: 5.5, high: 11, count: 5}
  pre_post_r: {low: 0, high: 0.9, count: 5}
  tau2: [REML, PM, DL]
  interval: [knha-adhoc, knha, t, z]
  level: {low: 0.6, high: 0.99, count: 30}
"""

# CPU milliseconds a point, in a batch and alone; by turns, so that a busy machine slows both.
TURNS = """
import random, sys, time
from pathlib import Path
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.records import Project
from evidence_review.review.review import Review
from evidence_review.sweep.batch import batch_quantities
from evidence_review.sweep.plan import read_sweep
from evidence_review.sweep.points import quantities
from evidence_review.sweep.pools import batch_pools
folder, rounds, alone, together = Path(sys.argv[1]), *map(int, sys.argv[2:])
plan = read_sweep(folder / "sweep.yml", Project(folder))
columns, review = plan.columns(), Review(plan.records)
batch_of, one_of = batch_quantities, quantities
if plan.about == "pooled effect":
    batch_of = batch_pools
    one_of = lambda review: pooled_contrast(review, review.about.outcome)
draw = random.Random(1)
def cost(compute, count):
    start = time.process_time()
    compute()
    return 1000 * (time.process_time() - start) / count
for turn in range(rounds + 1):  # the first does the imports
    first = draw.randrange(plan.count - together)
    some = {name: column[first : first + together] for name, column in columns.items()}
    places = draw.sample(range(plan.count), alone)
    points = [{name: column[place] for name, column in columns.items()} for place in places]
    batch = cost(lambda: batch_of(review, some), together)
    single = cost(lambda: [one_of(review.under(**point)) for point in points], alone)
    if turn:
        print(batch, single)
"""

# Seconds for the points, seconds for all the rest, MB of the parent and of a worker.
SWEEP = """
import resource, sys, time
from pathlib import Path
from evidence_review.records import Project
from evidence_review.sweep.run import run_sweep
folder, jobs = Path(sys.argv[1]), int(sys.argv[2])
def sweep(**how):
    told = []
    start = time.perf_counter()
    run_sweep(Project(folder), folder / "sweep.yml", lambda line: told.append(time.perf_counter()), **how)
    return told[-1] - told[0], time.perf_counter() - start
if jobs:
    computing, whole = sweep(jobs=jobs)
else:
    from distributed import LocalCluster
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as two:
        computing, whole = sweep(scheduler=two.scheduler_address)
own, workers = (
    resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
)
print(computing, whole - computing, own / 1024, workers / 1024)
"""
WAYS = (("1 process", 1), ("2 processes", 2), ("Dask, 2 workers", 0))


def run(code: str, *words: object) -> list[list[float]]:
    """The numbers in each line that a piece of code prints in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


def project(folder: Path, size: int) -> int:
    """A copy of the data with a sweep of about this many points; how many they are."""
    shutil.copytree(ROOT / "data", folder / "data")
    steps = size // POINTS_A_STEP
    (folder / "sweep.yml").write_text(GRID.format(count=steps), encoding="utf-8")
    return steps * POINTS_A_STEP


def turns(folder: str, what: str, together: int) -> str:
    """What a point costs in a batch and alone, in a sentence."""
    found = run(TURNS, folder, ROUNDS, ALONE, together)
    batch, single = (median(column) for column in zip(*found, strict=True))
    ratios = sorted(alone / at_once for at_once, alone in found)
    return (
        f"{what} alone takes {single:.2f} ms of CPU; in a batch of {together:,} it takes {1000 * batch:.0f} µs: "
        f"{median(ratios):.0f} times less ({ratios[0]:.0f} to {ratios[-1]:.0f} in {ROUNDS} rounds by turns)."
    )


def measure(sizes: list[int]) -> list[str]:
    lines = [
        f"Measured {date.today()} on {platform.machine()}, Python {platform.python_version()}, "
        f"numpy {version('numpy')}, scipy {version('scipy')}. Processes that wanted a core: "
        f"{os.getloadavg()[0]:.0f}.",
        "",
    ]
    with tempfile.TemporaryDirectory() as name:
        project(Path(name), 20_000)
        lines += [turns(name, "A point", TOGETHER)]
        (Path(name) / "sweep.yml").write_text(POOLS, encoding="utf-8")
        lines += ["", turns(name, "A point of the pooled effect", POOLED)]
    lines += [
        "",
        "| points | by | the points, s | points a second | tables and page, s | peak memory, MB: parent | a worker |",
        "|---|---|---|---|---|---|---|",
    ]
    for size in sizes:
        for words, jobs in WAYS:
            with tempfile.TemporaryDirectory() as name:
                count = project(Path(name), size)
                ((computing, rest, own, worker),) = run(SWEEP, name, jobs)
            lines.append(
                f"| {count:,} | {words} | {computing:.1f} | {count / computing:,.0f} | {rest:.1f} | "
                f"{own:.0f} | {worker:.0f} |"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="+", help="points, e.g. 2000 20000")
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
