"""A pooled mean by one rule and another, in a table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evidence_review import numbers as text
from evidence_review.estimates.measure import Measure
from evidence_review.stats.bayes import HalfNormal, NormalNormal
from evidence_review.stats.synthesis import RandomEffects
from evidence_review.words.effects import limits

_AS_IT_IS = Measure("MD", "", None)
NO_LIMITS = "none: less than one degree of freedom"

_RULES = {
    "knha-adhoc": "Hartung-Knapp with its floor",
    "knha": "Hartung-Knapp",
    "kr": "Kenward-Roger",
    "z": "normal, for comparison only",
}


def by_rule(
    fits: Mapping[str, RandomEffects],
    bayes: NormalNormal,
    level: float,
    mean: str,
    measure: Measure = _AS_IT_IS,
) -> pd.DataFrame:
    """A row a rule, and one for the Bayesian pool; mean: the heading of the column of means.

    measure: what is pooled; ratios are printed as ratios, and tau on their logarithms.
    """
    rows = [{"rule": _RULES[rule]} | fit_cells(fit, mean, measure) for rule, fit in fits.items()]
    prior = bayes.tau_prior
    assert isinstance(prior, HalfNormal)  # the prior of every pool here
    tails = [(1 - level) / 2, (1 + level) / 2]
    bayesian = {
        "rule": f"Bayesian, tau half-normal with scale {prior.scale:.3g}",
        mean: text.number(measure.printed(bayes.mu.mean), measure.digits),
        "interval": limits(measure, *map(float, bayes.mu.quantile(tails))),
        "tau": text.number(bayes.tau.mean, measure.digits),
        "a new study": limits(measure, *map(float, bayes.theta_new.quantile(tails))),
    }
    return pd.DataFrame([*rows, bayesian])


def fit_cells(fit: RandomEffects, mean: str, measure: Measure = _AS_IT_IS) -> dict[str, str]:
    """The cells of a pool: its mean under the heading `mean`, interval, tau and a new trial.

    Kenward and Roger's degrees of freedom can be less than 1. Then t has such wide tails that limits would
    be numbers in the millions, and there is no interval.
    """
    has_limits = fit.df >= 1
    return {
        mean: text.number(measure.printed(fit.estimate), measure.digits),
        "interval": limits(measure, fit.ci_low, fit.ci_high) if has_limits else NO_LIMITS,
        "tau": text.number(fit.tau, measure.digits),
        "a new study": limits(measure, fit.pi_low, fit.pi_high) if has_limits else "–",
    }
