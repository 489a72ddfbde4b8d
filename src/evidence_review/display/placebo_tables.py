"""The placebo response in tables: its pool, its priors, what goes with it, what others published."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import pool_rules
from evidence_review.display.pool_rules import fit_cells
from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.pool import fits_by_rule
from evidence_review.findings.of_placebo import own_bayes
from evidence_review.placebo import response as placebo
from evidence_review.placebo.choices import largest_group, pool_choices
from evidence_review.placebo.moderators import WEEKS, Moderator, moderators
from evidence_review.placebo.published import PublishedPool
from evidence_review.review.review import Review
from evidence_review.stats import mixtures
from evidence_review.stats.mixtures import NormalMixture
from evidence_review.words import placebo as words
from evidence_review.words import placebo_response

_RULES = ("knha-adhoc", "knha", "kr", "z")


def left_out(review: Review) -> pd.DataFrame:
    """Placebo arms that are not pooled, with the reason."""
    return pd.DataFrame(
        [
            {"trial": arm.label, "why it is not pooled": arm.reason, "data rows": arm.rows}
            for arm in placebo_arms(review).not_usable
        ]
    )


def under_other_choices(review: Review) -> pd.DataFrame:
    """The pooled change under other choices."""
    return pd.DataFrame(
        [
            {"choice": placebo_response.pool_choice(choice), "arms": choice.fit.k}
            | fit_cells(choice.fit, f"mean ({_unit(review)})")
            for choice in pool_choices(review)
        ]
    )


def rules(review: Review) -> pd.DataFrame:
    """The pooled change by one rule and another."""
    values = placebo.pooled_values(placebo_arms(review).usable)
    return pool_rules.by_rule(
        fits_by_rule(values, review.settings, _RULES),
        own_bayes(review),
        review.settings.level,
        f"mean ({_unit(review)})",
    )


def priors(review: Review) -> pd.DataFrame:
    """The placebo response of a new trial as a prior, with and without a vague part."""
    settings, prior = review.settings, placebo.main_prior(review)
    few = mixtures.fit_mixture(prior)
    robust = lambda belief: placebo.robust_map_prior(belief, settings)
    return pd.DataFrame(
        [
            _prior(review, f"{len(placebo_arms(review).usable)} placebo arms", prior, few),
            _prior(
                review,
                f"with a vague part of {settings.vague_weight:.0%}",
                robust(prior),
                robust(few),
            ),
        ]
    )


def _prior(
    review: Review, name: str, belief: NormalMixture, normals: NormalMixture
) -> dict[str, str]:
    level = review.settings.level
    size = mixtures.effective_sample_size(belief, review.settings.change_sd)
    parts = zip(normals.weights, normals.means, normals.sds, strict=True)
    is_close = len(normals.weights) < len(belief.weights)
    return {
        "prior": name,
        "mean": text.number(belief.mean),
        f"{level:.0%} of it": text.interval(*belief.quantile([(1 - level) / 2, (1 + level) / 2])),
        "worth in people (ELIR)": text.number(size.elir, 1),
        "by moments": text.number(size.moment, 1),
        "by Morita": text.number(size.morita, 1),
        "close to these normals (weight, mean, SD)": "; ".join(
            f"{weight:.2f}, {text.number(mean)}, {sd:.2f}" for weight, mean, sd in parts
        )
        if is_close
        else "not close to a few normals",
    }


def what_goes_with_it(review: Review) -> pd.DataFrame:
    """One moderator at a time; without rows where there are too few arms or nothing varies."""
    return pd.DataFrame([_moderator(review, found) for found in moderators(review)])


def _moderator(review: Review, found: Moderator) -> dict[str, str]:
    is_weeks, fit = found.name == WEEKS, found.fit
    return {
        "moderator": placebo_response.moderator(found, largest_group(review)),
        "arms with it": "–" if is_weeks else f"{found.with_it} of {found.known}",
        f"change ({_unit(review)})": text.number(fit.coefficients[1])
        + (" a week" if is_weeks else ""),
        "interval": text.interval(fit.ci_low[1], fit.ci_high[1]),
        "p": text.p_value(fit.p[1]),
        "tau left": text.number(np.sqrt(fit.tau2)),
    }


def published(review: Review) -> pd.DataFrame:
    """The placebo response in published meta-analyses; without columns of SDs where none is in SDs."""
    others = [(one, one.published) for one in placebo.benchmarks(review)]
    rows = [_published(other, pooled) for other, pooled in others if pooled]
    return pd.DataFrame(rows).dropna(axis=1, how="all")


def _published(other: placebo.Benchmark, pooled: PublishedPool) -> dict[str, object]:
    return {
        "source": words.name(other),
        "trials": None if np.isnan(pooled.k) else f"{pooled.k:.0f}",
        "change (SD)": text.number(pooled.mean) if pooled.in_sds else None,
        "tau (SD)": text.number(pooled.tau, 3) if pooled.in_sds else None,
        f"change ({other.unit})": text.number(other.mean),
        f"tau ({other.unit})": text.number(other.tau),
        "rests on": "; ".join(words.assumptions(other)),
        "data rows": pooled.rows,
    }


def _unit(review: Review) -> str:
    return placebo_arms(review).usable[0].unit
