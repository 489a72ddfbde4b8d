"""The forest plot of a pool, or of effects that are not pooled."""

from __future__ import annotations

from math import log

import numpy as np
import pandas as pd

from evidence_review import numbers as text
from evidence_review.api.names import lists_its_arguments
from evidence_review.api.pooled_effects import PooledEffects
from evidence_review.api.pooling import Pool, independent
from evidence_review.display.chart import Chart
from evidence_review.display.forest import Study, Summary
from evidence_review.display.forest import forest as draw_forest
from evidence_review.display.picture import ChartPicture, Picture
from evidence_review.display.style import TREATMENT, Width
from evidence_review.effect_measures import MEASURES
from evidence_review.estimates.measure import Measure


@lists_its_arguments
def forest(
    pool_or_effects: PooledEffects | pd.DataFrame, important: float | None = None
) -> Picture:
    """Draw a forest plot: the studies, their pooled effect, and the range expected of a new trial.

    Parameters
    ----------
    pool_or_effects : Pool, PoolOfTrials or pandas.DataFrame
        The result of `er.pool`, or of `er.effects`: effects that are not pooled are drawn without a diamond.
    important : float, optional
        The smallest effect that matters, as it is printed: a dashed line. A ratio on the better side of
        1; or a benefit above 0, whichever way is better. Needs effects that say which way is better.

    Returns
    -------
    Picture
        Shows itself in JupyterLab; `.save("forest.png")` writes a file; `.alt` says the same in words.

    Raises
    ------
    ValueError
        As `er.pool` does; also if `important` is no benefit, or if no effect says which way is better.

    Examples
    --------
    >>> import pandas as pd
    >>> import evidence_review as er
    >>> table = pd.DataFrame({"study": ["A", "B"], "yi": [-0.2, -0.6], "vi": [0.04, 0.05]})  # made up
    >>> er.forest(er.effects(table, measure="OR")).alt
    'Forest plot of 2 studies, odds ratio: A 0.82 (0.55 to 1.21); B 0.55 (0.35 to 0.85).'
    """
    pooled = isinstance(pool_or_effects, PooledEffects)
    found = (
        pool_or_effects
        if isinstance(pool_or_effects, PooledEffects)
        else independent(pool_or_effects, "REML", "knha-adhoc", 0.95, label=None)
    )
    shown = pooled and found.k > 1
    measure, fit = found.measure, found.fit
    yi, se = found.effects.yi.to_numpy(float), np.sqrt(found.effects.vi.to_numpy(float))
    half = found.z * se
    summary = [Summary("pooled", fit.estimate, fit.ci_low, fit.ci_high, TREATMENT)] if shown else []
    new = None
    if shown and isinstance(found, Pool) and found.prediction_interval is not None:
        new = found.fit.pi_low, found.fit.pi_high
    line = None if important is None else _line(measure, important)
    null = None if np.isnan(MEASURES[measure.name].null) else MEASURES[measure.name].null
    hollow = (
        found.effects.basis == "assumed"
        if "basis" in found.effects
        else pd.Series(False, index=found.effects.index)
    )

    studies = [
        Study(*row)
        for row in zip(found.labels, yi, yi - half, yi + half, found.weights, hollow, strict=True)
    ]

    def chart(width: Width) -> Chart:
        panel = draw_forest(studies, summary, new, measure, width, null=null, line=line)
        return Chart([panel], measure, text.capital(measure.words))

    table = found.table.to_dict("records")
    digits = measure.digits
    said = lambda row: (
        f"{text.number(row['estimate'], digits)} ({text.interval(row['low'], row['high'], digits)})"
    )
    alt = (
        f"Forest plot of {text.counted(found.k, 'study', 'studies')}, {measure.words}: "
        + "; ".join(f"{row['study']} {said(row)}" for row in table[: found.k])
    )
    alt += f". Pooled {said(table[found.k])}" if shown else ""
    if new is not None and found.prediction_interval is not None:
        alt += f"; a new trial's true effect {text.interval(*found.prediction_interval, digits)}"
    caption = f"Squares: each study with its {found.level:.0%} interval, larger with more weight."
    if shown:
        caption += f" Diamond: the pooled {measure.words}."
    if new is not None:
        caption += " Bar and band: where the true effect in a new trial is expected."
    if hollow.any():
        caption += " Hollow, dashed: a figure was assumed."
    if important is not None:
        what = measure.words if measure.is_log else "benefit"
        caption += f" Dashed line: the {what} of {important:g}, from which on it matters."
    notes = " ".join(found.notes) if pooled else ""
    return ChartPicture("forest", alt=f"{alt}.", caption=f"{caption} {notes}".strip(), chart=chart)


def _line(measure: Measure, important: float) -> float:
    """The smallest effect that matters on the scale on which effects are pooled."""
    if measure.is_log:
        if important <= 0 or measure.benefit(log(important)) <= 0:
            side = "above" if measure.better == "higher" else "below"
            raise ValueError(
                f"important must be the {measure.words} that matters, {side} 1, where it is better; "
                f"got {important:g}"
            )
        return log(important)
    if not important > 0:
        raise ValueError(f"important must be a benefit, above 0; got {important:g}")
    return measure.worth(important)
