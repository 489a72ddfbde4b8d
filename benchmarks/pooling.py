"""How fast pooling is, beside metafor and PyMARE, in one interleaved run.

    python benchmarks/pooling.py            # prints a table
    python benchmarks/pooling.py --write    # and keeps it in benchmarks/RESULTS.md

Needs nothing but the project. A peer that is absent is left out with a message: metafor is
Debian's r-cran-metafor; PyMARE is on PyPI (`pip install pymare`). One core. Each side pools sets
of 13 studies by REML with a Hartung-Knapp interval (PyMARE: REML alone; our side includes the
scan for further modes); rounds are interleaved and the median is taken. Rates are by the CPU time
of each side, which other processes on the machine move less than the clock. Below the table stands
what our side does for a set: that is how near it is to what fitting each set once would cost.
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
from collections.abc import Callable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from unittest.mock import patch

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402 (after the threads are set)

STUDIES, SETS, SETS_METAFOR, ROUNDS = 13, 20_000, 300, 5

METAFOR = """
suppressMessages(library(metafor))
y <- as.matrix(read.csv("{y}", header = FALSE)); v <- as.matrix(read.csv("{v}", header = FALSE))
for (i in 1:5) rma(y[i, ], v[i, ], method = "REML", test = "knha")
cpu <- function() sum(proc.time()[1:2])
start <- cpu()
for (i in 1:nrow(y)) try(rma(y[i, ], v[i, ], method = "REML", test = "knha"), silent = TRUE)
cat(nrow(y) / (cpu() - start), as.character(packageVersion("metafor")))
"""


def sets() -> tuple[np.ndarray, np.ndarray]:
    """The same random sets for every side: true spread between none and large."""
    rng = np.random.default_rng(20261122)
    v = np.exp(rng.normal(-2, 0.8, (SETS, STUDIES)))
    tau = rng.choice([0.0, 0.2, 0.5, 1.0], (SETS, 1))
    return rng.normal(0.0, np.sqrt(v + tau**2)), v


def own(y: np.ndarray, v: np.ndarray) -> float:
    from evidence_review.stats.synthesis import random_effects

    start = time.process_time()
    random_effects(y, v)
    return len(y) / (time.process_time() - start)


def work(y: np.ndarray, v: np.ndarray) -> str:
    """What our side does for a set: weighted fits, and the bytes of the arrays that these make."""
    from evidence_review.stats.pooling import Fit
    from evidence_review.stats.synthesis import random_effects

    columns, made, fit = [], [], Fit.__init__

    def counted(self, sets, w):
        fit(self, sets, w)
        columns.append(w.shape[1])
        made.append(sum(array.nbytes for array in (self.w, self.residual, self.u)))

    with patch.object(Fit, "__init__", counted):
        random_effects(y, v)
    return (
        f"Our side fits each set {sum(columns) / len(y):.1f} times on average: the scan for further modes, "
        f"Newton's steps to the highest, and the pool itself. The weights, residuals and products of these fits "
        f"alone are {sum(made) / len(y) / 1024:.1f} kB a set."
    )


def pymare(y: np.ndarray, v: np.ndarray) -> float:
    from pymare.estimators import VarianceBasedLikelihoodEstimator

    estimator = VarianceBasedLikelihoodEstimator(method="REML")
    start = time.process_time()
    estimator.fit(y=y.T, v=v.T, X=np.ones((STUDIES, 1)))
    return len(y) / (time.process_time() - start)


def metafor(y: np.ndarray, v: np.ndarray) -> tuple[float, str]:
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.csv" for name in ("y", "v")}
        np.savetxt(paths["y"], y[:SETS_METAFOR], delimiter=",")
        np.savetxt(paths["v"], v[:SETS_METAFOR], delimiter=",")
        script = METAFOR.format(**{name: path.as_posix() for name, path in paths.items()})
        done = subprocess.run(
            ["Rscript", "-e", script], capture_output=True, text=True, check=True, timeout=300
        )
    rate, release = done.stdout.split()
    return float(rate), release


def timed(function: Callable[[], object], rounds: int) -> float:
    """Seconds for one call, median of `rounds`."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def bayesian() -> tuple[float, float]:
    """Seconds for one fit with seven predictive quantiles, and for 1,000 priors with three."""
    from evidence_review.stats.bayes import HalfNormal, Normal, normal_normal
    from evidence_review.stats.prior_sensitivity import prior_sensitivity

    y, s = [-6.2, -9.8, -4.1, -12.3, -7.7, -5.4], [1.05, 1.5, 0.9, 1.75, 1.3, 0.8]
    quantiles = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975]
    priors = [
        (HalfNormal(scale), None if place % 2 else Normal(0.0, 20.0))
        for place, scale in enumerate(np.linspace(0.5, 20, 1000))
    ]
    return (
        timed(
            lambda: normal_normal(y, s, tau_prior=HalfNormal(5.0)).theta_new.quantile(quantiles),
            200,
        ),
        timed(lambda: prior_sensitivity(y, s, priors), 5),
    )


def import_time() -> float:
    """Milliseconds that importing the package adds to importing numpy, median of 11 pairs."""
    run = lambda code: subprocess.run([sys.executable, "-c", code], check=True)
    pairs = [
        timed(lambda: run("import numpy, evidence_review"), 1)
        - timed(lambda: run("import numpy"), 1)
        for _ in range(11)
    ]
    return 1000 * statistics.median(pairs)


def measure() -> list[str]:
    y, v = sets()
    own(y[:1000], v[:1000])
    sides = {"this project, batched": [], "PyMARE, batched": [], "metafor, loop of rma": []}
    notes = []
    try:
        releases = {"PyMARE, batched": version("pymare")}
    except PackageNotFoundError:
        notes.append("PyMARE is left out: it is not installed here (pip install pymare).")
        releases = {}
    if not shutil.which("Rscript"):
        notes.append("metafor is left out: there is no R here (Debian: r-cran-metafor).")
    for _ in range(ROUNDS):
        sides["this project, batched"].append(own(y, v))
        if "PyMARE, batched" in releases:
            sides["PyMARE, batched"].append(pymare(y, v))
        if shutil.which("Rscript"):
            rate, releases["metafor, loop of rma"] = metafor(y, v)
            sides["metafor, loop of rma"].append(rate)
    lines = [
        f"Measured {date.today()} on {platform.machine()}, {os.cpu_count()} cores (one used), Python "
        f"{platform.python_version()}, numpy {version('numpy')}; {SETS:,} sets of {STUDIES} studies, "
        f"median of {ROUNDS} interleaved rounds (smallest and largest ratio). Processes that wanted a core: "
        f"{os.getloadavg()[0]:.0f}.",
        "",
        "| side | fits a second of CPU time | this project is faster by |",
        "|---|---|---|",
    ]
    ours = sides["this project, batched"]
    for name, rates in sides.items():
        if rates:
            release = f" {releases[name]}" if name in releases else ""
            ratios = [a / b for a, b in zip(ours, rates, strict=True)]
            told = (
                f"{statistics.median(ratios):,.1f} times ({min(ratios):,.1f} to {max(ratios):,.1f})"
            )
            ratio = "" if rates is ours else told
            lines.append(f"| {name}{release} | {statistics.median(rates):,.0f} | {ratio} |")
    one, many = bayesian()
    lines += [
        "",
        work(y, v),
        "",
        f"Bayesian normal-normal model, six studies: {1000 * one:.1f} ms a fit with seven predictive "
        f"quantiles; {many:.2f} s for 1,000 priors in one call, with moments and three quantiles of "
        "the mean and of a new study.",
        "",
        f"Importing the package adds {import_time():.0f} ms to importing numpy (below 0 is noise).",
    ]
    return lines + (["", *notes] if notes else [])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--write", action="store_true", help="keep the table in benchmarks/RESULTS.md"
    )
    options = parser.parse_args()
    lines = measure()
    print("\n".join(lines))
    if options.write:
        head = ["# Speed of pooling", "", "Made by `python benchmarks/pooling.py --write`.", ""]
        path = Path(__file__).with_name("RESULTS.md")
        path.write_text("\n".join(head + lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
