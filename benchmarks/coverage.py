"""How often the intervals of a pool hold the truth, by simulation.

    python benchmarks/coverage.py            # prints the tables
    python benchmarks/coverage.py --write    # and puts them into docs/methods.md

One core, a few minutes. Studies differ in size: the log of a sampling variance is normal with SD
0.8, its median is 1. True effects are normal with standard deviation tau about 0.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy import special

from evidence_review.stats.bayes import HalfNormal, normal_normal
from evidence_review.stats.synthesis import random_effects, tau2_interval

STUDIES, TAUS = (3, 5, 10, 20), (0.0, 0.25, 0.5, 1.0, 2.0)
SETS, SETS_TAU, SETS_BAYES = 4000, 1000, 400
LEVEL = 0.95
RULES = ("z", "t", "knha", "knha-adhoc", "kr")
# Scales of half-normal priors of tau, in standard errors of a typical study: from one that expects
# tau to be small to one that leaves it to the data.
PRIORS = (1.0, 2.0, 4.0)
START, END = "<!-- by benchmarks/coverage.py -->", "<!-- end of coverage -->"


def simulated(k: int, tau: float, sets: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([k, round(100 * tau), 20261128])
    v = np.exp(rng.normal(0.0, 0.8, (sets, k)))
    return rng.normal(0.0, np.sqrt(v + tau**2)), v


def held(low: np.ndarray, high: np.ndarray) -> float:
    """Share of intervals that hold the true mean, 0."""
    return float(np.mean((low <= 0) & (high >= 0)))


def held_new(low: np.ndarray, high: np.ndarray, tau: float) -> float:
    """Chance that the true effect of a new study lies in the interval, averaged over intervals."""
    if tau == 0:
        return held(low, high)
    return float(np.mean(special.ndtr(high / tau) - special.ndtr(low / tau)))


def one_cell(k: int, tau: float) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Coverage of the mean, of a new study, and of tau, by rule."""
    y, v = simulated(k, tau, SETS)
    of_mean, of_new = {}, {}
    spans = [
        tau2_interval(*pair, level=LEVEL) for pair in zip(y[:SETS_TAU], v[:SETS_TAU], strict=True)
    ]
    of_tau = {"Q-profile": float(np.mean([span.low <= tau**2 <= span.high for span in spans]))}
    for rule in RULES:
        fit = random_effects(y, v, ci=rule, level=LEVEL)
        of_mean[rule] = held(fit.ci_low, fit.ci_high)
        of_new[rule] = held_new(fit.pi_low, fit.pi_high, tau)
        if rule == "knha-adhoc":
            half = special.stdtrit(k - 2, (1 + LEVEL) / 2) * np.sqrt(fit.tau2 + fit.se**2)
            of_new["knha-adhoc, k - 2"] = held_new(fit.estimate - half, fit.estimate + half, tau)
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    for scale in PRIORS:
        ends = []
        for effects, variances in zip(y[:SETS_BAYES], v[:SETS_BAYES], strict=True):
            posterior = normal_normal(effects, np.sqrt(variances), tau_prior=HalfNormal(scale))
            ends.append([*posterior.mu.quantile(tails), *posterior.theta_new.quantile(tails)])
        low, high, low_new, high_new = np.array(ends).T
        of_mean[f"Bayesian, {scale:g}"] = held(low, high)
        of_new[f"Bayesian, {scale:g}"] = held_new(low_new, high_new, tau)
    return of_mean, of_new, of_tau


def table(title: str, cells: dict[tuple[int, float], dict[str, float]]) -> list[str]:
    names = list(next(iter(cells.values())))
    lines = [
        f"| {title} | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for (k, tau), shares in cells.items():
        numbers = " | ".join(f"{100 * shares[name]:.1f}" for name in names)
        lines.append(f"| {k} studies, tau {tau:g} | {numbers} |")
    return lines


def measured() -> list[str]:
    cells = {(k, tau): one_cell(k, tau) for k in STUDIES for tau in TAUS}
    error, error_tau, error_bayes = (
        100 * np.sqrt(LEVEL * (1 - LEVEL) / n) for n in (SETS, SETS_TAU, SETS_BAYES)
    )
    return [
        f"Per cent of {SETS:,} simulated pools whose {LEVEL:.0%} interval holds the truth (Monte Carlo "
        f"standard error {error:.1f} at {LEVEL:.0%}; tau: {SETS_TAU:,} pools, {error_tau:.1f}; Bayesian: {SETS_BAYES}, {error_bayes:.1f}). tau "
        "is in units of the standard error of a typical study, and so is the scale of the half-normal "
        "prior of tau behind the word Bayesian; the log of sampling variances has SD 0.8; tau2 by REML.",
        "",
        *table("the mean", {cell: found[0] for cell, found in cells.items()}),
        "",
        *table("a new study", {cell: found[1] for cell, found in cells.items()}),
        "",
        *table("tau", {cell: found[2] for cell, found in cells.items()}),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/methods.md")
    options = parser.parse_args()
    lines = measured()
    print("\n".join(lines))
    if options.write:
        path = Path(__file__).parents[1] / "docs" / "methods.md"
        before, _, rest = path.read_text(encoding="utf-8").partition(START)
        _, _, after = rest.partition(END)
        text = "\n".join([START, "", *lines, "", END])
        path.write_text(before + text + after, encoding="utf-8")


if __name__ == "__main__":
    main()
