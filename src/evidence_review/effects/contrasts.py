"""Treatment against placebo in randomised trials: a contrast from each, and the pool of several.

Of what a trial prints the best is taken: a difference with its interval, which may be adjusted for
baseline; the changes of both arms; else scores or an omnibus P (`trials.randomised_contrast`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan, sqrt

from scipy import special

from evidence_review.effects.trials import (
    NotUsable,
    RandomisedContrast,
    SingleArmChange,
    arm_change,
    oriented,
    randomised_contrast,
    weakest,
)
from evidence_review.records import Records
from evidence_review.review.finding import POOLED
from evidence_review.review.settings import Settings
from evidence_review.stats import effects, recover
from evidence_review.stats.bayes import HalfNormal, NormalNormal, normal_normal
from evidence_review.stats.synthesis import (
    Interval,
    RandomEffects,
    random_effects,
    tau2_interval,
)


@dataclass(frozen=True)
class PooledContrast:
    """Two or more randomised contrasts on one outcome, pooled by random effects.

    contrasts: those pooled. unit: what `fit`, `tau2` (interval of the variance between trials) and
    `bayes` (flat mean, tau half-normal with scale tau_prior_scale) are in: the points of their scale
    where all share one, else 'SD'. summary: the pool as one contrast, in SDs and, where shared, in
    points. `tau2` and `bayes` are computed when first asked for: leaving out one trial asks for neither.
    """

    contrasts: tuple[RandomisedContrast, ...]
    unit: str
    fit: RandomEffects
    tau_prior_scale: float
    summary: RandomisedContrast

    @cached_property
    def tau2(self) -> Interval:
        return tau2_interval(*in_unit(self.contrasts, self.unit != "SD"), level=self.summary.level)

    @cached_property
    def bayes(self) -> NormalNormal:
        effects, variances = in_unit(self.contrasts, self.unit != "SD")
        return normal_normal(
            effects, [sqrt(v) for v in variances], tau_prior=HalfNormal(self.tau_prior_scale)
        )


def contrast(
    records: Records, compared, outcome: str, settings: Settings
) -> RandomisedContrast | NotUsable:
    """The contrast of one trial on one outcome. compared: its row of contrasts.csv."""
    by_difference = _from_difference(records, compared, outcome, settings)
    if by_difference is not None:
        return by_difference
    by_changes = _from_changes(records, compared, outcome, settings)
    if isinstance(by_changes, RandomisedContrast):
        return by_changes
    otherwise = randomised_contrast(
        records,
        compared.study_id,
        compared.treated_arm,
        compared.control_arm,
        outcome,
        arm_size=settings.arm_size,
        level=settings.level,
    )
    return otherwise if isinstance(otherwise, RandomisedContrast) else by_changes


def people(records: Records, settings: Settings, studies: Iterable[str]) -> tuple[float, bool]:
    """People in both arms of compared trials, and whether none of the numbers is assumed (arm_size)."""
    arms = records["contrasts"].set_index("study_id")
    counts = [
        records.people(study, arm)
        for study in studies
        for arm in arms.loc[study, ["treated_arm", "control_arm"]]
    ]
    return (
        sum(entry.value if entry.found else settings.arm_size for entry in counts),
        all(entry.found for entry in counts),
    )


def is_known(item: RandomisedContrast) -> bool:
    """Whether the printed figures give one difference, not a range."""
    return item.d_low == item.d_high


def points_shared(contrasts: Sequence[RandomisedContrast]) -> bool:
    """Whether all are known in the points of one and the same scale."""
    return all(item.md is not None for item in contrasts) and (
        len({item.instrument_id for item in contrasts} - {""}) == 1
        and all(item.instrument_id for item in contrasts)
    )


def in_unit(contrasts: Sequence[RandomisedContrast], in_points: bool) -> tuple[list, list]:
    """Effects and their variances, in points or in SDs."""
    parts = [
        (item.md, item.md_low, item.md_high)
        if in_points
        else (item.d_low, item.ci_low, item.ci_high)
        for item in contrasts
    ]
    errors = [
        recover.se_from_ci(low, high, level=item.level).value
        for item, (_, low, high) in zip(contrasts, parts, strict=True)
    ]
    return [effect for effect, _, _ in parts], [float(error) ** 2 for error in errors]


def pool(
    records: Records, contrasts: Sequence[RandomisedContrast], settings: Settings
) -> PooledContrast | None:
    """The known ones of several contrasts on one outcome, pooled; None below two.

    tau2 and interval as in `settings`: with few trials the interval is that of Hartung and Knapp
    with its floor, never the normal one unless it is asked for.
    """
    known = tuple(item for item in contrasts if is_known(item))
    if len(known) < 2:
        return None
    how = {"tau2": settings.tau2, "ci": settings.interval, "level": settings.level}
    in_sds = random_effects(*in_unit(known, False), **how)
    shared = points_shared(known)
    fit = random_effects(*in_unit(known, True), **how) if shared else in_sds
    prior = settings.tau_prior_scale / (1 if shared else settings.change_sd)
    assumed = [item.label for item in known if item.basis == "assumed"]
    points = {"md": fit.estimate, "md_low": fit.ci_low, "md_high": fit.ci_high} if shared else {}
    summary = RandomisedContrast(
        study_id=POOLED,
        label=f"{fit.k} trials pooled",
        outcome=known[0].outcome,
        week=nan,
        d_low=in_sds.estimate,
        d_high=in_sds.estimate,
        ci_low=in_sds.ci_low,
        ci_high=in_sds.ci_high,
        level=settings.level,
        how=f"random effects ({settings.tau2}, interval {settings.interval}) over "
        + ", ".join(item.label for item in known)
        + (f"; with an assumption: {', '.join(assumed)}" if assumed else ""),
        basis=weakest(["derived", *(item.basis for item in known)]),
        rows=tuple(row for item in known for row in item.rows),
        instrument_id=known[0].instrument_id if shared else "",
        **points,
    )
    unit = records.instrument(summary.instrument_id).unit if shared else "SD"
    return PooledContrast(known, unit, fit, prior, summary)


def _from_difference(records: Records, compared, outcome: str, settings: Settings):
    """From a printed difference with its interval, at the last week that has both; None without."""
    get = lambda statistic, week: records.statistic(
        compared.study_id, compared.treated_arm, statistic, outcome=outcome, week=week
    )
    weeks = {
        row.week
        for row in records.arm_rows(
            compared.study_id, compared.treated_arm, outcome=outcome, statistic="difference"
        )
    }
    for week in sorted(weeks, reverse=True):
        parts = [
            get(name, week) for name in ("difference", "difference_ci_low", "difference_ci_high")
        ]
        if not all(part.found and part.instrument_id for part in parts):
            continue
        worse = records.instrument(parts[0].instrument_id).worse
        md, *ends = (oriented(part.value, part.sign_convention, worse) for part in parts)
        error = float(recover.se_from_ci(min(ends), max(ends)).value)
        counts = [
            records.people(compared.study_id, arm)
            for arm in (compared.treated_arm, compared.control_arm)
        ]
        counted = all(entry.found for entry in counts)
        sizes = [entry.value if entry.found else settings.arm_size for entry in counts]
        sd = float(recover.sd_from_se_of_difference(error, *sizes))
        g = float(effects.small_sample_factor(sum(sizes) - 2)) * md / sd
        return _made(
            records,
            compared,
            outcome,
            settings,
            week=week,
            instrument_id=parts[0].instrument_id,
            g=(g, float(effects.smd_variance(g, *sizes))),
            md=(md, error**2),
            how="printed difference with its interval"
            + ("" if counted else f"; SDs as if {settings.arm_size:g} people an arm"),
            basis="derived" if counted else "assumed",
            rows=tuple(part.row for part in (*parts, *counts) if part.found),
        )
    return None


def changes(
    records: Records, compared, outcome: str, settings: Settings
) -> list[SingleArmChange | NotUsable]:
    """The change in the treated and in the placebo arm of a trial. compared: its row of contrasts.csv."""
    assume = settings.missing_se == "assume"
    return [
        arm_change(
            records,
            compared.study_id,
            arm,
            outcome,
            pre_post_r=settings.pre_post_r if assume else None,
            change_sd=settings.change_sd if assume else None,
        )
        for arm in (compared.treated_arm, compared.control_arm)
    ]


def _from_changes(records: Records, compared, outcome: str, settings: Settings):
    """From the mean changes of both arms at one week on one scale; else why not."""
    arms = changes(records, compared, outcome, settings)
    for arm in arms:
        if not isinstance(arm, SingleArmChange):
            return arm
    treated, control = arms
    if (treated.week, treated.instrument_id) != (control.week, control.instrument_id):
        return NotUsable(
            compared.study_id,
            compared.treated_arm,
            treated.label,
            "the arms' changes are of different weeks or scales",
            (*treated.rows, *control.rows),
        )
    if not (treated.n == treated.n and control.n == control.n):  # an SE is printed, but not of whom
        return NotUsable(
            compared.study_id, compared.treated_arm, treated.label, "n not printed", treated.rows
        )
    numbers = [x for arm in arms for x in (arm.mean, arm.sd, arm.n)]
    routes = ", ".join(dict.fromkeys(arm.how for arm in arms))
    return _made(
        records,
        compared,
        outcome,
        settings,
        week=treated.week,
        instrument_id=treated.instrument_id,
        g=effects.standardized_mean_difference(*numbers),
        md=effects.mean_difference(*numbers),
        how=f"changes of both arms ({routes})",
        basis=weakest(["derived", *(arm.basis for arm in arms)]),
        rows=(*treated.rows, *control.rows),
    )


def _made(records, compared, outcome, settings, *, week, instrument_id, g, md, how, basis, rows):
    """g, md: estimate and variance."""
    quantile = special.ndtri((1 + settings.level) / 2)
    (g, g_half), (md, md_half) = (
        (float(estimate), float(quantile * sqrt(variance))) for estimate, variance in (g, md)
    )
    return RandomisedContrast(
        study_id=compared.study_id,
        label=records.study(compared.study_id).label,
        outcome=outcome,
        week=float(week),
        d_low=g,
        d_high=g,
        ci_low=g - g_half,
        ci_high=g + g_half,
        level=settings.level,
        how=how,
        basis=basis,
        rows=rows,
        md=md,
        md_low=md - md_half,
        md_high=md + md_half,
        instrument_id=instrument_id,
    )
