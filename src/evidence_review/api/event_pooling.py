"""Counts of events pooled as they are, without a correction of empty cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evidence_review import numbers as text
from evidence_review.api.effects import columns_of, measure_named, numbers_of
from evidence_review.api.names import ListsItsNames, lists_its_arguments, no_such
from evidence_review.api.pooling import labels, refuse_repeated
from evidence_review.effect_measures import MEASURES
from evidence_review.stats.event_pools import EventPool, binomial_normal, mantel_haenszel, peto

# What can be pooled by each method, and the method in words.
_METHODS = {
    "MH": (("OR", "RR", "RD"), "Mantel-Haenszel, one common effect"),
    "PETO": (("OR",), "Peto, one common effect"),
    "GLMM": (("OR",), "binomial-normal model, effects that scatter"),
}


@dataclass(frozen=True, repr=False)
class PooledEvents(ListsItsNames):
    """Counts of several studies pooled; `er.pool_events` returns it.

    Attributes
    ----------
    measure, method : str
        As asked for.
    fit : EventPool
        On the pooled scale, where the logarithm of a ratio is.
    labels : tuple of str
        The studies pooled.
    uninformative : tuple of str
        Studies whose counts say nothing of the measure: for a ratio those in which nobody had an
        event, or everybody.
    left_out : tuple of str
        Studies without counts.
    """

    measure: str
    method: str
    fit: EventPool
    labels: tuple[str, ...]
    uninformative: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def estimate(self) -> float:
        """The pooled effect, as printed: a ratio is a ratio."""
        return self._printed(self.fit.estimate)

    @property
    def interval(self) -> tuple[float, float]:
        """Its confidence interval, as printed."""
        return self._printed(self.fit.ci_low), self._printed(self.fit.ci_high)

    def _printed(self, value: float) -> float:
        return float(np.exp(value)) if measure_named(self.measure).log else value

    def __repr__(self) -> str:
        low, high = self.interval
        fit, measure = self.fit, MEASURES[measure_named(self.measure).name]
        lines = [
            ("studies", f"{fit.k}"),
            (
                measure.words,
                f"{text.number(self.estimate, measure.digits)} "
                f"({fit.level:.0%} {text.interval(low, high, measure.digits)})",
            ),
            ("computed by", _METHODS[self.method][1]),
        ]
        if self.method == "GLMM":
            lines.insert(2, ("tau (log scale)", text.number(fit.tau2**0.5)))
        wide = max(len(name) for name, _ in lines)
        notes = []
        if self.uninformative:
            notes.append(f"These say nothing of a ratio: {text.listing(self.uninformative)}.")
        if self.left_out:
            notes.append(f"Left out, without counts: {text.listing(self.left_out)}.")
        return "\n".join([*(f"{name:<{wide}}  {said}" for name, said in lines), *notes])


@lists_its_arguments
def pool_events(
    frame: pd.DataFrame,
    measure: str = "OR",
    method: str = "MH",
    level: float = 0.95,
    *,
    label: str | None = None,
) -> PooledEvents:
    """Pool counts of events as they are: no empty cell is corrected.

    Parameters
    ----------
    frame : pandas.DataFrame
        One study a row, with `events1`, `n1`, `events2`, `n2` (or metafor's `ai`, `n1i`, `ci`, `n2i`, or
        `ai`, `bi`, `ci`, `di`). Group 1 against group 2.
    measure : {'OR', 'RR', 'RD'}
        Odds ratio, risk ratio or risk difference.
    method : {'MH', 'PETO', 'GLMM'}
        Mantel and Haenszel's or Peto's common effect, or a binomial-normal model in which log odds
        ratios scatter between studies. Peto's and the model are of odds ratios only.
    level : float
        Confidence level of the interval, which is normal.
    label : str or None
        Column with the studies' names; None: `study`, `trial` or the like, else the index.

    Returns
    -------
    PooledEvents
        Shows itself; `.estimate` and `.interval` as printed, `.fit` with everything.

    Raises
    ------
    ValueError
        For a name that is not there, a study that is named twice, columns that are missing, counts that cannot be, and a ratio
        that is 0 or infinite.

    See Also
    --------
    effects, pool : Each study's effect, with 1/2 added to tables that have an empty cell, and their pool.

    References
    ----------
    Cochrane Handbook 10.4; metafor `rma.mh`, `rma.peto`, `rma.glmm`.

    Examples
    --------
    >>> import pandas as pd
    >>> import evidence_review as er
    >>> trials = pd.DataFrame(
    ...     {"study": ["A", "B", "C"], "events1": [1, 0, 0], "n1": 10, "events2": [2, 3, 0], "n2": 10}
    ... )  # made up
    >>> er.pool_events(trials, method="PETO")
    studies      2
    odds ratio   0.23 (95% 0.04 to 1.22)
    computed by  Peto, one common effect
    These say nothing of a ratio: C.
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame must be a pandas DataFrame; got {type(frame).__name__}")
    method = method.upper()
    if method not in _METHODS:
        raise ValueError(no_such("method", method, _METHODS))
    measure = measure.upper()
    if measure not in _METHODS[method][0]:
        raise ValueError(no_such(f"measure by {method}", measure, _METHODS[method][0]))
    refuse_repeated(
        frame,
        label,
        "Its people would count twice: add up the counts of its arms, so that it has one row",
    )
    names = columns_of(frame, measure_named(measure))
    if "ai" not in names:
        raise ValueError(
            "pool_events needs counts: the columns events1, n1, events2, n2. Effects that are printed "
            "are pooled by pool(effects(frame, measure=...))"
        )
    table = numbers_of(frame, names.values())
    whole = table.notna().all(axis=1).to_numpy()
    if not whole.any():
        raise ValueError("no study has counts: nothing to pool")
    own = {name: table.loc[whole, column].to_numpy() for name, column in names.items()}
    counts = (
        own["ai"],
        own["n1i"] if "n1i" in own else own["ai"] + own["bi"],
        own["ci"],
        own["n2i"] if "n2i" in own else own["ci"] + own["di"],
    )
    if method == "MH":
        fit = mantel_haenszel(*counts, measure=measure, level=level)
    else:
        fit = (peto if method == "PETO" else binomial_normal)(*counts, level=level)
    said = labels(frame, label)
    used = [name for name, there in zip(said, whole, strict=True) if there]
    silent = tuple(used[place] for place in fit.uninformative)
    return PooledEvents(
        measure,
        method,
        fit,
        tuple(name for place, name in enumerate(used) if place not in fit.uninformative),
        silent,
        tuple(name for name, there in zip(said, whole, strict=True) if not there),
    )
