"""Every way from what a trial prints to an effect, in the order in which they are tried.

A route takes a `Trial` and gives what it found, or why it does not serve. Which one counts is
chosen in `contrast`; a page shows what each of them makes of a trial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import inf, isfinite, nan

import numpy as np

from evidence_review.estimates.change import OfQuantiles, SingleArmChange, of_quantiles
from evidence_review.estimates.effect import Effect, NotUsable, weakest
from evidence_review.estimates.measure import OF_CHANGES, OF_SCORES, SD, Measure
from evidence_review.estimates.route import (
    CLUSTERS,
    CROSSOVER,
    CROSSOVER_P,
    NO_DIRECTION,
    NO_N,
    NO_WIDTH,
    NOT_A_P,
    NOT_AT_ENDS,
    ONLY_BOUNDS,
    OTHER_WEEKS,
    RANK_TEST,
    TOO_FEW,
    Refused,
    exact,
    level_of,
    rounded,
    turned,
)
from evidence_review.estimates.trial import (
    PAIRED,
    PARALLEL,
    Compared,
    Design,
    People,
    Trial,
    one_instrument,
)
from evidence_review.records import Reported
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Interval, Range
from evidence_review.stats import effects, event_effects, figures, recover
from evidence_review.stats.figures import Recovered, over_all


@dataclass(frozen=True)
class Route:
    """How a contrast was obtained.

    Parameters
    ----------
    name : str
        A key of `ROUTES`, or 'pool'.
    assumed_size : float or None
        People an arm where the source gives no number.
    assumed_sd : float or None
        The SD of a person's change that a standardised difference had to assume.
    assumed_tie : float or None
        The correlation of a crossover trial, or the ICC of a cluster trial, that was assumed.
    arms : tuple of SingleArmChange
        The changes compared.
    p : Range or None
        All that prints as the P.
    omnibus : Range or None
        What an omnibus P implies that the means do not reproduce.
    means_left_out : bool
        Whether means are entered, but not mean and SD of both arms at one week.
    trials, assumed_trials : tuple of str
        Those pooled, and those of them that rest on an assumption.
    pooling : (str, str)
        Estimator of tau2, and rule of the interval.
    """

    name: str
    assumed_size: float | None = None
    assumed_sd: float | None = None
    assumed_tie: float | None = None
    arms: tuple[SingleArmChange, ...] = ()
    p: Range | None = None
    omnibus: Range | None = None
    means_left_out: bool = False
    trials: tuple[str, ...] = ()
    assumed_trials: tuple[str, ...] = ()
    pooling: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Found:
    """What a route makes of a trial: at most one effect of each measure and kind of SD."""

    effects: tuple[Effect, ...]
    week: float
    instrument_id: str
    route: Route
    rows: tuple[RowId, ...]


@dataclass(frozen=True)
class _Error:
    """A standard error of a difference, with its degrees of freedom."""

    se: Recovered
    used: tuple[Reported, ...]


# Standard errors of a difference. Each takes the difference as printed, its week, and degrees of
# freedom (None: normal).


def _by_se(trial: Trial, _: Recovered, week: float, df: float | None) -> _Error | Refused:
    se = trial.of_comparison("difference_se", week)
    return exact([se]) or _wide(lambda se: se, [se], rounded(se))


def _by_interval(trial: Trial, _: Recovered, week: float, df: float | None) -> _Error | Refused:
    get = trial.of_comparison
    ends = [get("difference_ci_low", week), get("difference_ci_high", week)]
    refused = exact(ends)
    if refused is not None:
        return refused
    level = get("difference_ci_level", week)
    quantile = recover.two_sided_quantile(level_of(level), df=df)
    used = [*ends, *([level] if level.found else [])]
    return _wide(lambda low, high: (high - low) / 2 / quantile, used, *map(rounded, ends))


def _by_p(trial: Trial, size: Recovered, week: float, df: float | None) -> _Error | Refused:
    return _by_statistic(trial, size, week, df, "p_difference")


def _by_t(trial: Trial, size: Recovered, week: float, df: float | None) -> _Error | Refused:
    return _by_statistic(trial, size, week, df, "t_difference")


def _by_f(trial: Trial, size: Recovered, week: float, df: float | None) -> _Error | Refused:
    return _by_statistic(trial, size, week, df, "f_difference")


def _size_of_t(statistic: str, df: float | None) -> Callable[[np.ndarray], np.ndarray]:
    """From a printed P, t or F (of two groups) to the size of t."""
    return {
        "t_difference": np.abs,
        "f_difference": lambda f: np.sqrt(np.maximum(f, 0.0)),
        "p_difference": lambda p: recover.statistic_from_p(np.clip(p, 0.0, 1.0), df=df),
    }[statistic]


def _by_statistic(
    trial: Trial, size: Recovered, week: float, df: float | None, statistic: str
) -> _Error | Refused:
    entry = trial.of_comparison(statistic, week)
    refused = exact([entry])
    if refused is not None:
        return refused
    figure = rounded(entry)
    is_p = statistic == "p_difference"
    if size.value == 0 or (figure.low <= 0 or figure.value >= 1 if is_p else figure.value == 0):
        return Refused(ONLY_BOUNDS, (entry.row,))  # prints like a bound: P = 0.000
    of_t = _size_of_t(statistic, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _wide(lambda size, x: np.abs(size) / of_t(x), [entry], size, figure)


def _wide(
    formula: Callable[..., np.ndarray], used: list[Reported], *figures_of: Recovered
) -> _Error | Refused:
    (se,) = over_all(lambda *x: (np.maximum(formula(*x), 0.0),), *figures_of)
    if not se.value > 0:
        return Refused(NO_WIDTH, tuple(entry.row for entry in used))
    return _Error(se, tuple(used))


def _from_difference(name: str, error_of: Callable[..., _Error | Refused]):
    """A route from a printed difference, which may be adjusted, at the last week with its error."""

    def route(trial: Trial) -> Found | Refused:
        refused = Refused()
        for week in trial.weeks(trial.arms[0], "difference"):
            entry = trial.of_comparison("difference", week)
            found = exact([entry]) or _with_error(trial, name, entry, week, error_of)
            if isinstance(found, Found):
                return found
            refused = refused if refused.reason else found
        return refused

    return route


def _with_error(
    trial: Trial, name: str, entry: Reported, week: float, error_of: Callable[..., _Error | Refused]
) -> Found | Refused:
    people = trial.people()
    if isinstance(people, Refused):
        return people
    df = trial.df_of(people) if people.assumed is None else None
    printed = rounded(entry)
    error = error_of(trial, printed, week, df)
    if isinstance(error, Refused):
        return error
    instrument = entry.instrument_id
    sign = trial.sign(entry)
    difference = printed if sign > 0 else turned(printed)
    basis = weakest(["derived", *(part.basis for part in (entry, *error.used))])
    in_sds = basis if people.assumed is None else "assumed"
    spreads = trial.spreads(week)
    return Found(
        (
            trial.md(difference, error.se, df or inf, instrument, basis),
            *(
                trial.standardised(spread, difference, error.se, people, instrument, in_sds)
                for spread in spreads
            ),
        ),
        week,
        instrument,
        Route(
            name,
            people.assumed if spreads else None,
            assumed_sd=next((s.assumed for s in spreads), None),
        ),
        _rows((entry, *error.used), people.rows, *(spread.rows for spread in spreads)),
    )


def _from_changes(trial: Trial) -> Found | Refused:
    """From the mean changes of both arms at one week on one scale."""
    treated, control = trial.changes()
    for arm in (treated, control):
        if isinstance(arm, NotUsable):
            return Refused(arm.reason, arm.rows)
    assert isinstance(treated, SingleArmChange)
    assert isinstance(control, SingleArmChange)
    rows = (*treated.rows, *control.rows)
    if (treated.week, treated.instrument_id) != (control.week, control.instrument_id):
        return Refused(OTHER_WEEKS, rows)
    if not (treated.n == treated.n and control.n == control.n):  # an SE is printed, but not of whom
        return Refused(NO_N, treated.rows)
    people = trial.people()
    if isinstance(people, Refused):
        return people
    if min(treated.n, control.n) < 2:
        return Refused(TOO_FEW, rows)
    of_arms = [_mean_and_sd(arm) for arm in (treated, control)]
    bases = [treated.basis, control.basis]
    return _two_arms(
        trial,
        Route("changes", arms=(treated, control)),
        of_arms,
        people,
        treated.week,
        treated.instrument_id,
        OF_CHANGES,
        bases,
        rows,
    )


def _mean_and_sd(arm: SingleArmChange) -> tuple[Recovered, Recovered]:
    root = arm.n**0.5
    return (
        Recovered(arm.mean, arm.mean_rounding.low, arm.mean_rounding.high),
        Recovered(arm.sd, arm.se_rounding.low * root, arm.se_rounding.high * root),
    )


def _from_scores(trial: Trial) -> Found | Refused:
    """From means and SDs of both arms at the last week that has all four."""
    weeks = [week for arm in trial.arms for week in trial.weeks(arm, "mean")]
    for week in sorted(set(weeks), reverse=True):
        arms = list(zip(trial.of_both("mean", week), trial.of_both("sd", week), strict=True))
        parts = [part for arm in arms for part in arm]
        if not all(part.found for part in parts):
            continue
        rows = tuple(part.row for part in parts)
        refused = exact(parts)
        if refused is not None:
            return refused
        instrument = one_instrument(parts)
        if instrument is None:
            return Refused(OTHER_WEEKS, rows)
        if any(sd.value <= 0 for _, sd in arms):
            return Refused(NO_WIDTH, rows)
        people = trial.people()
        if isinstance(people, Refused):
            return people
        return _two_arms(
            trial,
            Route("scores"),
            [(rounded(mean), rounded(sd)) for mean, sd in arms],
            people,
            week,
            instrument,
            OF_SCORES,
            ["derived", *(part.basis for part in parts)],
            (*rows, *people.rows),
        )
    means = [
        row
        for arm in trial.arms
        for row in trial.records.arm_rows(
            trial.study_id, arm, outcome=trial.outcome, statistic="mean"
        )
        if row.value == row.value and row.week > 0
    ]
    return Refused(rows=tuple(row.row for row in means))


def _two_arms(
    trial: Trial,
    route: Route,
    of_arms: list[tuple[Recovered, Recovered]],
    people: People,
    week: float,
    instrument: str,
    sd_of: str,
    bases: Iterable[str],
    rows: tuple[RowId, ...],
) -> Found | Refused:
    """Means and SDs of both arms compared as the design of the trial asks."""
    design = trial.design(people)
    if isinstance(design, Refused):
        return replace(design, rows=rows)
    (m1, s1), (m2, s2) = of_arms
    assumed = people.assumed is not None or design.assumed is not None
    basis = weakest(["derived", *bases, *(["assumed"] if assumed else [])])
    found = over_all(
        _and_root(design), m1, s1, people.sizes[0], m2, s2, people.sizes[1], design.tie
    )
    difference, se, g, g_variance, df = found
    effects_of = [
        trial.smd(g, g_variance.value, instrument, basis, sd_of),
        trial.md(difference, se, df.value, instrument, basis),
    ]
    others = [s for s in trial.spreads(week) if s.sd_of != sd_of and s.assumed is None]
    effects_of += [
        trial.standardised(spread, difference, se, people, instrument, basis) for spread in others
    ]
    return Found(
        tuple(effects_of),
        week,
        instrument,
        replace(route, assumed_size=people.assumed, assumed_tie=design.assumed),
        _rows((), rows, design.rows, *(spread.rows for spread in others)),
    )


def _and_root(design: Design) -> Callable[..., Compared]:
    """The comparison with the standard error of the difference in the place of its variance."""

    def compare(*arrays: np.ndarray) -> Compared:
        found = design.compare(*arrays)
        return found._replace(variance=np.sqrt(found.variance))

    return compare


def _from_means_and_test(trial: Trial) -> Found | Refused:
    """From the means of both arms, or their mean changes, and the P, t or F of their difference."""
    refused = Refused()
    for statistic, sd_of in (("change_mean", OF_CHANGES), ("mean", OF_SCORES)):
        for week in trial.weeks(trial.arms[0], statistic):
            found = _means_and_test(trial, statistic, sd_of, week)
            if isinstance(found, Found):
                return found
            refused = refused if refused.reason else found
    return refused


def _means_and_test(trial: Trial, statistic: str, sd_of: str, week: float) -> Found | Refused:
    means = trial.of_both(statistic, week)
    refused = exact(means)
    people = trial.people()
    if refused is not None or isinstance(people, Refused):
        return refused or people  # pyright: ignore[reportReturnType]
    instrument = one_instrument(means)
    if instrument is None:
        return Refused(OTHER_WEEKS, tuple(entry.row for entry in means))
    first, second = (
        rounded(entry) if trial.sign(entry) > 0 else turned(rounded(entry)) for entry in means
    )
    (difference,) = over_all(lambda a, b: (a - b,), first, second)
    df = trial.df_of(people)
    reason = Refused()
    for error_of in (_by_t, _by_f, _by_p):
        error = error_of(trial, difference, week, df)
        if isinstance(error, _Error):
            break
        reason = reason if reason.reason else error
    else:
        return reason
    parts = (*means, *error.used)
    bases = ["derived", *(part.basis for part in parts)]
    basis = weakest([*bases, *(["assumed"] if people.assumed is not None else [])])
    found = [trial.md(difference, error.se, df, instrument, basis)]
    spreads = trial.spreads(week)
    if trial.design_name == PARALLEL:
        n1, n2 = people.values
        g, variance = over_all(
            lambda difference, se: _g_of_plain(difference, se, n1, n2), difference, error.se
        )
        found.insert(0, trial.smd(g, variance.value, instrument, basis, sd_of))
        spreads = [s for s in spreads if s.sd_of != sd_of and s.assumed is None]
    found += [
        trial.standardised(s, difference, error.se, people, instrument, basis) for s in spreads
    ]
    return Found(
        tuple(found),
        week,
        instrument,
        Route("means and test", people.assumed),
        _rows(parts, people.rows, *(s.rows for s in spreads)),
    )


def _g_of_plain(difference, se, n1: float, n2: float) -> tuple[np.ndarray, np.ndarray]:
    """Hedges' g from a difference of plain means and its standard error."""
    with np.errstate(divide="ignore"):
        sd = se / np.sqrt(1 / n1 + 1 / n2)
        g = effects.small_sample_factor(n1 + n2 - 2) * difference / sd
    return g, effects.smd_variance(g, n1, n2)


def _from_medians(trial: Trial) -> Found | Refused:
    """From medians with quartiles or range of both arms, taken as those of normal values."""
    refused = Refused()
    for week in trial.weeks(trial.arms[0], "median"):
        found = _medians_at(trial, week)
        if isinstance(found, Found):
            return found
        refused = refused if refused.reason else found
    return refused


def _medians_at(trial: Trial, week: float) -> Found | Refused:
    people = trial.people()
    if isinstance(people, Refused):
        return people
    if people.assumed is not None:
        return Refused(NO_N)
    arms = []
    for arm in trial.arms:
        count = trial.records.people(trial.study_id, arm)
        get = lambda name, when, arm=arm: trial.figure(arm, name, when)
        found = of_quantiles(get, week, count)
        if isinstance(found, Refused):
            return found
        arms.append(found)
    if trial.design_name == PAIRED:
        return Refused(CROSSOVER)
    parts = [entry for arm in arms for entry in arm.used]
    instrument = one_instrument(entry for entry in parts if entry.unit != "people")
    if instrument is None:
        return Refused(OTHER_WEEKS)
    design = trial.design(people)
    if isinstance(design, Refused):
        return design
    basis = weakest(["derived", *(entry.basis for entry in parts)])
    if design.assumed is not None:
        basis = "assumed"
    difference, se, g, variance, df = over_all(
        lambda m1, s1, m2, s2, tie: _of_medians(arms, m1, s1, m2, s2, tie),
        *(figure for arm in arms for figure in (arm.mean, arm.sd)),
        design.tie,
    )
    return Found(
        (
            trial.smd(g, variance.value, instrument, basis, OF_SCORES),
            trial.md(difference, se, df.value, instrument, basis),
        ),
        week,
        instrument,
        Route("medians", assumed_tie=design.assumed),
        _rows(parts, design.rows),
    )


def _of_medians(arms: list[OfQuantiles], m1, s1, m2, s2, tie):
    """Difference, its SE, Hedges' g, its variance and degrees of freedom, of quantiles.

    Means and SDs by quantiles are less precise than those of all people: by that much the variances
    are larger and the degrees of freedom fewer.
    """
    first, second = arms
    v1, v2 = s1**2 * first.variance, s2**2 * second.variance
    variance = (v1 + v2) * tie
    df = (v1 + v2) ** 2 / (v1**2 / first.df + v2**2 / second.df)
    total = first.df + second.df
    sd = np.sqrt((first.df * s1**2 + second.df * s2**2) / total)
    g, g_variance = effects.standardized_adjusted_difference(m1 - m2, np.sqrt(variance), sd, total)
    return m1 - m2, np.sqrt(variance), g, g_variance, df


def _from_test(trial: Trial) -> Found | Refused:
    """The standardised difference from a t, F or P of two groups alone, or what a bound leaves open."""
    refused = Refused()
    treated = trial.arms[0]
    for statistic in ("t_difference", "f_difference", "p_difference"):
        for week in trial.weeks(treated, statistic):
            found = _test_at(trial, trial.of_comparison(statistic, week), statistic, week)
            if isinstance(found, Found):
                return found
            refused = refused if refused.reason else found
    return refused


def _test_at(trial: Trial, entry: Reported, statistic: str, week: float) -> Found | Refused:
    if trial.design_name != PARALLEL:
        return Refused(CROSSOVER_P if trial.design_name == PAIRED else "", (entry.row,))
    people = trial.people()
    if isinstance(people, Refused):
        return people
    medians = [x for x in trial.of_both("median", week) if x.found]
    means = [x for name in ("change_mean", "mean") for x in trial.of_both(name, week) if x.found]
    if medians and not means and statistic == "p_difference":
        return Refused(RANK_TEST, tuple(x.row for x in (entry, *medians)))
    if statistic == "p_difference":
        printed = figures.printed(entry.value, entry.decimals, entry.comparator, least=0, most=1)
    else:
        printed = figures.printed(entry.value, entry.decimals, entry.comparator)
    n1, n2 = people.values
    of_t = _size_of_t(statistic, people.df)
    factor = float(effects.small_sample_factor(people.df))
    ends = [float(of_t(np.array(x))) if isfinite(x) else inf for x in (printed.low, printed.high)]
    in_sds = lambda t: factor * float(recover.d_from_t(t, n1, n2)) if isfinite(t) else inf
    low, high = sorted(map(in_sds, ends))
    if printed.low < 0 < printed.high:
        low = 0.0
    sign, sd_of, told = _direction(trial, entry, statistic, week)
    if not sign and low > 0:
        return Refused(NO_DIRECTION, (entry.row,))
    basis = weakest(["derived", entry.basis, *(["assumed"] if people.assumed is not None else [])])
    route = Route("test alone", people.assumed, p=Range(printed.low, printed.high))
    rows = _rows((entry,), people.rows, tuple(x.row for x in told))
    measure = Measure("SMD", SD, trial.better(entry.instrument_id), sd_of)
    if sign and not printed.is_bound:
        size = in_sds(float(of_t(np.array(printed.value))))
        span = (low, high) if sign > 0 else (-high, -low)
        variance = float(effects.smd_variance(size, n1, n2))
        g = Recovered(sign * size, *span)
        found = trial.smd(g, variance, entry.instrument_id, basis, sd_of)
    else:
        span = Range(low, high) if sign > 0 else Range(-high, -low if sign else high)
        found = bounded(measure, span, n1, n2, trial.review.settings.level, basis)
    return Found((found,), week, entry.instrument_id, route, rows)


def _direction(
    trial: Trial, entry: Reported, statistic: str, week: float
) -> tuple[int, str, list[Reported]]:
    """Sign of treated less control, whose SD the test is in, and what says so; 0 if nothing does."""
    if statistic == "t_difference" and entry.sign_convention:
        return int(np.sign(entry.value)) * trial.sign(entry), "", []
    for name, sd_of in (
        ("change_mean", OF_CHANGES),
        ("mean", OF_SCORES),
        ("change_median", OF_CHANGES),
        ("median", OF_SCORES),
    ):
        told = trial.of_both(name, week)
        if all(x.found for x in told):
            first, second = (trial.sign(x) * x.value for x in told)
            if first != second:
                return int(np.sign(first - second)), sd_of, told
    difference = trial.of_comparison("difference", week)
    if difference.found and difference.value != 0:
        return int(np.sign(difference.value)) * trial.sign(difference), OF_CHANGES, [difference]
    return 0, "", []


def bounded(
    measure: Measure, span: Range, n1: float, n2: float, level: float, basis: str
) -> Effect:
    """A standardised difference of which only a range is known, and the interval that covers chance too."""
    ends = []
    for d in (span.low, span.high):
        if not isfinite(d):
            ends.append(Interval(d, d, level))
            continue
        ends.append(
            Effect.known(measure, d, float(effects.smd_variance(d, n1, n2)), level).interval
        )
    covered = Interval(min(end.low for end in ends), max(end.high for end in ends), level)
    return Effect(measure, None, nan, covered, span, basis)


def _from_omnibus(trial: Trial) -> Found | Refused:
    """Bounds of the standardised difference from an omnibus P and the authors' ranking.

    A ranking says which arm did better: the benefit counts downwards, whatever the scale was.
    """
    review, records = trial.review, trial.records
    of_outcome = lambda statistic: records.study_rows(
        trial.study_id, statistic, outcome=trial.outcome
    )
    omnibus = [row for row in of_outcome("p_omnibus") if row.value == row.value]
    ranks = sorted(of_outcome("rank"), key=lambda row: row.value)
    if not omnibus or not ranks:
        return Refused()
    order = [row.arm_id for row in ranks]
    if (order[0], order[-1]) != trial.arms:
        return Refused(NOT_AT_ENDS)
    row = max(omnibus, key=lambda row: row.week)
    counts = [records.people(trial.study_id, arm) for arm in order]
    known = [entry.found and entry.comparator == "=" for entry in counts]
    sizes = [
        entry.value if given else review.settings.arm_size
        for entry, given in zip(counts, known, strict=True)
    ]
    if min(sizes) < 2:
        return Refused(TOO_FEW, tuple(entry.row for entry in counts))
    printed = figures.printed(row.value, int(row.decimals), row.comparator, least=0.0, most=1.0)
    if not printed.usable:
        return Refused(NOT_A_P, (row.row,))
    smallest = omnibus_range(printed.high, sizes)[0]
    largest = omnibus_range(printed.low, sizes)[1]
    basis = weakest(["derived" if all(known) else "assumed", *(rank.basis for rank in ranks)])
    span = Range(-largest, -smallest)
    measure = Measure("SMD", SD, "lower")
    found = bounded(measure, span, sizes[0], sizes[-1], review.settings.level, basis)
    assumed = None if all(known) else review.settings.arm_size
    return Found(
        (found,),
        float(row.week),
        "",
        Route("omnibus", assumed, p=Range(printed.low, printed.high)),
        (
            row.row,
            *(rank.row for rank in ranks),
            *(entry.row for entry, given in zip(counts, known, strict=True) if given),
        ),
    )


def omnibus_range(p: float, sizes: list[float]) -> tuple[float, float]:
    """|d| between best and worst group at exactly this omnibus P, smallest and largest."""
    f = float(recover.f_from_p(p, len(sizes) - 1, sum(sizes) - len(sizes)))
    return recover.standardised_range_from_omnibus(f, sizes) if isfinite(f) else (inf, inf)


def _rows(entries: Iterable[Reported], *more: tuple[RowId, ...]) -> tuple[RowId, ...]:
    return tuple(
        dict.fromkeys([*(e.row for e in entries), *(row for part in more for row in part)])
    )


def _from_events(trial: Trial) -> Found | Refused:
    """Odds ratio, risk ratio and risk difference from the people of both arms who had an event.

    Counts as printed, else those that printed percentages stand for.
    """
    refused = Refused()
    weeks = [
        week for arm in trial.arms for week in trial.weeks(arm, "n_events", "responders_percent")
    ]
    for week in sorted(set(weeks), reverse=True):
        found = _events_at(trial, week)
        if isinstance(found, Found):
            return found
        refused = refused if refused.reason else found
    return refused


def _events_at(trial: Trial, week: float) -> Found | Refused:
    if trial.design_name != PARALLEL:
        return Refused(CROSSOVER if trial.design_name == PAIRED else CLUSTERS)
    people = trial.people()
    if isinstance(people, Refused):
        return people
    if people.assumed is not None:
        return Refused(NO_N)
    counts, used = [], []
    for arm, n in zip(trial.arms, people.values, strict=True):
        events, percent = (
            trial.figure(arm, name, week) for name in ("n_events", "responders_percent")
        )
        entry = events if events.found else percent
        refused = exact([entry])
        if refused is not None:
            return refused
        counted = (
            rounded(entry, whole=True)
            if events.found
            else recover.events_from_percentage(entry.value, entry.decimals, int(n))
        )
        if not counted.usable:
            return Refused(counted.reason, (entry.row,))
        if counted.is_bound:  # several counts print so: the one in the middle
            counted = replace(counted, value=round((counted.low + counted.high) / 2))
        counts.append(counted)
        used.append(entry)
    n1, n2 = people.values
    instrument = used[0].instrument_id
    basis = weakest(["derived", *(entry.basis for entry in used)])
    found = []
    for name, compute in _OF_EVENTS.items():
        value, variance = over_all(lambda a, c, of=compute: of(a, n1, c, n2), *counts)
        measure = Measure(name, "", trial.better(instrument))
        level = trial.review.settings.level
        effect = Effect.known(measure, value.value, variance.value, level, basis=basis)
        found.append(replace(effect, rounding=Range(value.low, value.high)))
    return Found(tuple(found), week, instrument, Route("events"), _rows(used, people.rows))


_OF_EVENTS = {
    "OR": event_effects.log_odds_ratio,
    "RR": event_effects.log_risk_ratio,
    "RD": event_effects.risk_difference,
}

# In the order in which they are tried.
ROUTES: dict[str, Callable[[Trial], Found | Refused]] = {
    **{
        name: _from_difference(name, error_of)
        for name, error_of in (
            ("difference and SE", _by_se),
            ("difference and interval", _by_interval),
            ("difference and t", _by_t),
            ("difference and F", _by_f),
            ("difference and P", _by_p),
        )
    },
    "changes": _from_changes,
    "scores": _from_scores,
    "means and test": _from_means_and_test,
    "medians": _from_medians,
    "test alone": _from_test,
    "omnibus": _from_omnibus,
    "events": _from_events,
}
