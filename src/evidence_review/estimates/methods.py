"""The same trials pooled by several methods: one common effect or effects that scatter, with or without counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

from evidence_review.estimates.counts import of_single_people
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.review.finding import Interval
from evidence_review.review.review import Review, once
from evidence_review.stats.event_pools import EventPool, binomial_normal, mantel_haenszel, peto
from evidence_review.stats.synthesis import random_effects

# Methods; those of counts need no correction of empty cells.
INVERSE_VARIANCE = "inverse_variance"
MANTEL_HAENSZEL = "mantel_haenszel"
PETO = "peto"
DERSIMONIAN_LAIRD = "dersimonian_laird"
BINOMIAL_NORMAL = "binomial_normal"
COMMON = (MANTEL_HAENSZEL, INVERSE_VARIANCE, PETO)  # the first that there is stands for them


@dataclass(frozen=True)
class ByMethod:
    """A pool by one method.

    Parameters
    ----------
    method : str
        One of the methods above.
    value, interval : float, Interval
        On the scale that is pooled; the interval is normal.
    tau : float
        nan where one common effect is taken.
    k : int
        Trials that say something by this method.
    """

    method: str
    value: float
    interval: Interval
    tau: float
    k: int


@once
def by_method(review: Review, outcome: str) -> tuple[ByMethod, ...]:
    """The pool of events on one outcome by every method that its measure has; empty without a pool.

    Methods of counts are left out where a trial prints none or randomised groups of people, and where the
    counts allow no ratio.
    """
    pooled = pooled_contrast(review, outcome)
    if pooled is None:
        return ()
    found = of_single_people(review, pooled.contrasts)
    level, name = pooled.level, pooled.measure.name
    out = []
    for method, estimator in ((INVERSE_VARIANCE, "EE"), (DERSIMONIAN_LAIRD, "DL")):
        fit = random_effects(*pooled.values, tau2=estimator, ci="z", level=level)
        interval = Interval(float(fit.ci_low), float(fit.ci_high), level)
        tau = nan if estimator == "EE" else float(fit.tau)
        out.append(ByMethod(method, float(fit.estimate), interval, tau, int(fit.k)))
    if len(found) < len(pooled.contrasts):
        return tuple(out)
    table = tuple(
        tuple(getattr(one, cell) for one in found) for cell in ("events1", "n1", "events2", "n2")
    )
    out += _of_counts(review, table, name, level)
    order = (MANTEL_HAENSZEL, PETO, INVERSE_VARIANCE, DERSIMONIAN_LAIRD, BINOMIAL_NORMAL)
    return tuple(sorted(out, key=lambda one: order.index(one.method)))


@once
def _of_counts(
    review: Review, table: tuple[tuple[float, ...], ...], measure: str, level: float
) -> list[ByMethod]:
    """The pools that are computed from counts: events and people, treated and not, of each trial.

    Kept by itself, because the last one takes longer than all the others.
    """
    methods: dict[str, Callable[[], EventPool]] = {
        MANTEL_HAENSZEL: lambda: mantel_haenszel(*table, measure=measure, level=level)
    }
    if measure == "OR":
        methods |= {
            PETO: lambda: peto(*table, level=level),
            BINOMIAL_NORMAL: lambda: binomial_normal(*table, level=level),
        }
    out = []
    for method, compute in methods.items():
        try:
            fit = compute()
        except ValueError:  # no ratio can be had of these counts
            continue
        tau = fit.tau2**0.5 if method == BINOMIAL_NORMAL else nan
        interval = Interval(fit.ci_low, fit.ci_high, level)
        out.append(ByMethod(method, fit.estimate, interval, tau, fit.k))
    return out


def with_common_effect(found: Sequence[ByMethod]) -> ByMethod:
    """The one of several methods that stands for one common effect: Mantel and Haenszel's, if there is one."""
    return next(one for name in COMMON for one in found if one.method == name)
