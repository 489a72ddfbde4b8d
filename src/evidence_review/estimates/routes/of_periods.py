"""The route from a crossover trial that prints each period by itself.

People of one sequence take the treatment first and the control second, those of the other the other way
round. What an arm prints of its first period is of the one sequence, of its second period of the other.
"""

from __future__ import annotations

import numpy as np

from evidence_review.estimates.effect import weakest
from evidence_review.estimates.measure import OF_SCORES
from evidence_review.estimates.reasons import NO_N, NO_WIDTH, TOO_FEW
from evidence_review.estimates.route import (
    Refused,
    exact,
    first_found,
    of_one_scale,
    reach,
    rounded,
)
from evidence_review.estimates.routes.found import Found, Route, rows_of
from evidence_review.estimates.trial import PAIRED, Design, Trial
from evidence_review.records import Reported
from evidence_review.stats import designs, effects
from evidence_review.stats.figures import Recovered, over_all

_FIRST = ("mean_first_period", "sd_first_period")
_SECOND = ("mean_second_period", "sd_second_period")


def from_periods(trial: Trial) -> Found | Refused:
    """From means and SDs of both arms in each period of a crossover trial.

    With the correlation that the settings assume (crossover_r), both periods, free of what the period
    itself does. Without it the first period, in which the arms are two groups of other people.
    """
    if trial.design_name != PAIRED:
        return Refused()
    return first_found(_periods_at(trial, week) for week in trial.weeks(trial.arms[0], _FIRST[0]))


def _periods_at(trial: Trial, week: float) -> Found | Refused:
    people = [_people(trial, arm) for arm in trial.arms]
    first = [trial.figure(arm, name, week) for arm in trial.arms for name in _FIRST]
    second = [trial.figure(arm, name, week) for arm in trial.arms for name in _SECOND]
    r = trial.review.settings.crossover_r
    both = r is not None and exact(second) is None
    used = [*first, *(second if both else ())]
    refused = exact(used)
    if refused is not None:
        return refused
    scale = of_one_scale(used)
    if isinstance(scale, Refused):
        return scale
    instrument = scale.instrument_id
    if any(sd.value <= 0 for sd in used[1::2]):
        return Refused(NO_WIDTH, tuple(entry.row for entry in used))
    if any(exact([entry]) is not None for entry in people):
        return Refused(NO_N)
    n1, n2 = (entry.value for entry in people)
    if min(n1, n2) < 2:
        return Refused(TOO_FEW, tuple(entry.row for entry in people))
    figures = [rounded(entry) for entry in used]
    if both:
        assert r is not None
        tie = Recovered(r, *reach("crossover_r", r, trial.review))
        found = over_all(lambda *x: _of_both_periods(n1, n2, *x), *figures, tie)
    else:
        found = over_all(lambda *x: _of_first_period(n1, n2, *x), *figures)
    difference, se, g, g_variance, df = found
    basis = weakest(["derived", *(entry.basis for entry in (*used, *people))])
    basis = "assumed" if both else basis
    return Found(
        (
            trial.smd(g, g_variance.value, instrument, basis, OF_SCORES),
            trial.md(trial.measure(scale), difference, se, df.value, basis),
        ),
        week,
        instrument,
        Route("periods", assumed_tie=r if both else None),
        rows_of((*used, *people)),
    )


def _people(trial: Trial, arm: str) -> Reported:
    """Those who had this arm's treatment first; a number on this outcome comes before that of the arm."""
    found = [
        trial.records.statistic(trial.study_id, arm, "n_first_period", outcome=about)
        for about in (trial.outcome, "participants")
    ]
    return next((one for one in found if one.found), found[-1])


def _of_first_period(n1: float, n2: float, m1, s1, m2, s2):
    found = Design("parallel").compare(m1, s1, n1, m2, s2, n2, 1.0)
    return found._replace(variance=np.sqrt(found.variance))


def _of_both_periods(n1: float, n2: float, m11, s11, m21, s21, m12, s12, m22, s22, r):
    """mij, sij: of arm i in period j."""
    difference, variance, df = designs.period_adjusted_difference(
        (m11, m12), (s11, s12), (m21, m22), (s21, s22), n1, n2, r
    )
    sd = np.sqrt((s11**2 + s12**2 + s21**2 + s22**2) / 4)
    g, g_variance = effects.standardized_adjusted_difference(
        difference, np.sqrt(variance), sd, n1 + n2 - 2
    )
    return difference, np.sqrt(variance), g, g_variance, df
