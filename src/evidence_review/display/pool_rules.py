"""A pooled mean by one rule and another, in a table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evidence_review import numbers as text
from evidence_review.stats.bayes import HalfNormal, NormalNormal
from evidence_review.stats.synthesis import RandomEffects

_RULES = {
    "knha-adhoc": "Hartung-Knapp with its floor",
    "knha": "Hartung-Knapp",
    "kr": "Kenward-Roger",
    "z": "normal, for comparison only",
}


def by_rule(
    fits: Mapping[str, RandomEffects], bayes: NormalNormal, level: float, mean: str
) -> pd.DataFrame:
    """A row a rule, and one for the Bayesian pool; mean: the heading of the column of means."""
    rows = [{"rule": _RULES[rule]} | fit_cells(fit, mean) for rule, fit in fits.items()]
    prior = bayes.tau_prior
    assert isinstance(prior, HalfNormal)  # the prior of every pool here
    tails = [(1 - level) / 2, (1 + level) / 2]
    bayesian = {
        "rule": f"Bayesian, tau half-normal with scale {prior.scale:g}",
        mean: text.number(bayes.mu.mean),
        "interval": text.interval(*bayes.mu.quantile(tails)),
        "tau": text.number(bayes.tau.mean),
        "a new trial": text.interval(*bayes.theta_new.quantile(tails)),
    }
    return pd.DataFrame([*rows, bayesian])


def fit_cells(fit: RandomEffects, mean: str) -> dict[str, str]:
    """The cells of a pool: its mean under the heading `mean`, interval, tau and a new trial."""
    return {
        mean: text.number(fit.estimate),
        "interval": text.interval(fit.ci_low, fit.ci_high),
        "tau": text.number(fit.tau),
        "a new trial": text.interval(fit.pi_low, fit.pi_high),
    }
