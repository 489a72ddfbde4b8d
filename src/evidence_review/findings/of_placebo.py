"""The findings of a report on the placebo response and on a change held against it.

Like `headline`: records and resolved settings in, findings out. A sweep evaluates these.
"""

from __future__ import annotations

from evidence_review.effects.of_review import main_change
from evidence_review.effects.trials import SingleArmChange
from evidence_review.placebo import response as placebo
from evidence_review.placebo.bias import as_appraised
from evidence_review.records import Records
from evidence_review.review.finding import Finding, finding_id, slug
from evidence_review.review.settings import OWN_ARMS, Settings, bounds
from evidence_review.stats import mixtures
from evidence_review.stats.synthesis import tau2_interval


def placebo_findings(records: Records, settings: Settings) -> list[Finding]:
    """The pooled placebo response of this review's arms, its spread, and the published ones."""
    own = placebo.benchmark(records, settings, OWN_ARMS)
    arms, _ = placebo.arms_for(records, settings)
    fit, by_weeks = placebo.pool(arms, settings), placebo.change_by_weeks(records, arms, settings)
    spread = tau2_interval(
        [arm.mean for arm in arms], [arm.se**2 for arm in arms], level=settings.level
    )
    bayes = placebo.bayesian_pool(arms, settings)
    tails = [(1 - settings.level) / 2, (1 + settings.level) / 2]
    unit, note = own.unit, "; ".join(own.assumptions)
    shared = {"rows": own.rows, "note": note, "basis": "assumed" if note else "derived"}
    out = [
        Finding(
            id="placebo.own-arms.arms",
            label="Placebo arms pooled",
            value=fit.k,
            unit="arms",
            rows=own.rows,
        ),
        Finding(
            id="placebo.own-arms.change",
            label="Mean change on placebo",
            value=fit.estimate,
            low=fit.ci_low,
            high=fit.ci_high,
            level=fit.level,
            unit=unit,
            **shared,
        ),
        Finding(
            id="placebo.own-arms.change_bayes",
            label="Mean change on placebo, Bayesian",
            value=bayes.mu.mean,
            low=bayes.mu.quantile(tails[0]),
            high=bayes.mu.quantile(tails[1]),
            level=settings.level,
            unit=unit,
            **(
                shared
                | {
                    "basis": "assumed",
                    "note": f"prior: flat mean, tau half-normal with scale {settings.tau_prior_scale:g}",
                }
            ),
        ),
        Finding(
            id="placebo.own-arms.tau",
            label="Spread of true changes between trials (tau)",
            value=fit.tau,
            low=spread.low**0.5,
            high=spread.high**0.5,
            level=settings.level,
            unit=unit,
            **shared,
        ),
        Finding(
            id="placebo.own-arms.new_trial",
            label="True mean change of a new trial's placebo arm",
            value=fit.estimate,
            low=fit.pi_low,
            high=fit.pi_high,
            level=fit.level,
            unit=unit,
            **shared,
        ),
        Finding(
            id="placebo.own-arms.i2",
            label="I2, share of the scatter that is not sampling error",
            value=fit.i2,
            unit="%",
            **shared,
        ),
    ]
    if by_weeks is not None:
        out.append(
            Finding(
                id="placebo.own-arms.per_week",
                label="Further change per week of treatment",
                value=by_weeks.coefficients[1],
                low=by_weeks.ci_low[1],
                high=by_weeks.ci_high[1],
                level=by_weeks.level,
                unit=f"{unit} a week",
                **shared,
            )
        )
    for other in placebo.benchmarks(records, settings)[1:]:
        published, rows = placebo.published_pool(records, other.benchmark_id)
        out += [
            Finding(
                id=f"placebo.{slug(other.benchmark_id)}.smd",
                label=f"{other.label}: standardised change",
                value=published.mean,
                low=published.ci_low,
                high=published.ci_high,
                level=0.95,
                unit="SD",
                basis="reported",
                rows=rows,
            ),
            Finding(
                id=f"placebo.{slug(other.benchmark_id)}.tau_smd",
                label=f"{other.label}: spread between trials (tau)",
                value=published.tau,
                unit="SD",
                rows=rows,
                basis="assumed",
                note="from I2, k and the interval, as if all trials were equally precise"
                if published.tau == published.tau
                else "I2 or k not known",
            ),
            Finding(
                id=f"placebo.{slug(other.benchmark_id)}.change",
                label=f"{other.label}: change",
                value=other.mean,
                low=published.ci_low * other.mean / published.mean,
                high=published.ci_high * other.mean / published.mean,
                level=0.95,
                unit=unit,
                basis="assumed",
                rows=other.rows,
                note="; ".join(other.assumptions),
            ),
        ]
    return out


def prior_findings(records: Records, settings: Settings) -> list[Finding]:
    """What the placebo arms are worth as a prior, in people, and how many of them surprise it."""
    arms, _ = placebo.arms_for(records, settings)
    rows = tuple(row for arm in arms for row in arm.rows)
    worth = mixtures.effective_sample_size(placebo.map_prior(arms, settings), settings.change_sd)
    surprising = sum(p < 1 - settings.level for p in placebo.surprises(arms, settings))
    note = (
        f"one person's change has an SD of {settings.change_sd:g}; prior: tau half-normal with scale "
        f"{settings.tau_prior_scale:g}"
    )
    return [
        Finding(
            id=f"placebo.own-arms.worth_{name}",
            label=f"What the placebo arms are worth as a prior ({words})",
            value=getattr(worth, name),
            unit="people",
            basis="assumed",
            rows=rows,
            note=note,
        )
        for name, words in (
            ("elir", "expected local information ratio"),
            ("moment", "by moments"),
            ("morita", "Morita's definition"),
        )
    ] + [
        Finding(
            id="placebo.own-arms.surprising",
            label=f"Placebo arms outside the {settings.level:.0%} interval that the others predict",
            value=surprising,
            unit="arms",
            basis="assumed",
            rows=rows,
            note=note,
        )
    ]


def benefit_findings(records: Records, settings: Settings) -> list[Finding]:
    """Chance that the uncontrolled change holds a benefit beyond placebo, by two priors.

    Empty if the review has no uncontrolled study with a usable change.
    """
    printed = main_change(records, settings)
    if not isinstance(printed, SingleArmChange):
        return []
    change, taken_off = as_appraised(printed, records, settings)
    arms, _ = placebo.arms_for(records, settings)
    prior = placebo.map_prior(arms, settings)
    out = []
    for name, words, response in (
        ("", "", prior),
        (
            "_robust",
            f", allowing for a response like no other ({settings.vague_weight:.0%})",
            placebo.robust_map_prior(prior, settings),
        ),
    ):
        beyond = placebo.beyond_placebo(change, response)
        note = "; ".join(
            (
                *taken_off,
                f"prior of tau: half-normal with scale {settings.tau_prior_scale:g}{words}",
            )
        )
        size = f"{settings.important_difference:g} {change.unit} or more"
        for quantity, chance, meaning in (
            ("benefit", beyond.cdf(0.0), "any benefit beyond placebo"),
            (
                "important_benefit",
                beyond.cdf(-settings.important_difference),
                f"a benefit beyond placebo of {size}",
            ),
            (
                "important_harm",
                1 - beyond.cdf(settings.important_difference),
                f"doing worse than placebo by {size}",
            ),
        ):
            out.append(
                Finding(
                    id=finding_id(change.study_id, change.outcome, f"{quantity}{name}"),
                    label=f"Chance of {meaning}{words}: {change.label}",
                    value=100 * float(chance),
                    unit="%",
                    basis="assumed",
                    rows=(*change.rows, *(row for arm in arms for row in arm.rows)),
                    note=note,
                )
            )
    return out


def against_placebo_findings(records: Records, settings: Settings) -> list[Finding]:
    """The uncontrolled change under the chosen benchmark: how usual is it on placebo alone?

    Empty if the review has no uncontrolled study with a usable change.
    """
    return [*comparison_findings(records, settings), *significance_findings(records, settings)]


def comparison_findings(records: Records, settings: Settings) -> list[Finding]:
    """The change beside the chosen benchmark, without its `significance_findings`, which take longer."""
    printed = main_change(records, settings)
    if not isinstance(printed, SingleArmChange):
        return []
    change, taken_off = as_appraised(printed, records, settings)
    chosen = placebo.benchmark(records, settings)
    result = placebo.against_placebo(change, chosen, level=settings.level)
    shared = _rests_on(change, taken_off, chosen)
    about = f"{change.label}, {change.outcome}"
    name = lambda quantity: finding_id(change.study_id, change.outcome, quantity)
    less_bias = Finding(
        id=name("change_less_bias"),
        label=f"Change as it is held against placebo: {about}",
        value=change.mean,
        unit=change.unit,
        basis="assumed",
        rows=change.rows,
        note="; ".join(taken_off),
    )
    quantile = float(chosen.predictive(0).ppf((1 + settings.level) / 2) - chosen.mean)
    return [
        *([less_bias] if taken_off else []),
        Finding(
            id=name("placebo_as_good"),
            label=f"Placebo arms of {change.n:.0f} people that do as well or better: {about}",
            value=100 * result.as_good,
            unit="%",
            **shared,
        ),
        Finding(
            id=name("placebo_mean"),
            label="Mean change in placebo groups, and where that of a new trial lies",
            value=chosen.mean,
            low=chosen.mean - quantile,
            high=chosen.mean + quantile,
            level=settings.level,
            unit=chosen.unit,
            **(
                shared
                | {
                    "note": f"{shared['note']}; the range is where the true mean of a new trial lies"
                }
            ),
        ),
        Finding(
            id=name("beyond_placebo"),
            label=f"Change beyond placebo: {about}",
            value=result.beyond,
            low=result.low,
            high=result.high,
            level=result.level,
            unit=change.unit,
            **shared,
        ),
    ]


def significance_findings(records: Records, settings: Settings) -> list[Finding]:
    """How often a trial of this design reports p < .05 if the treatment does nothing beyond placebo."""
    printed = main_change(records, settings)
    if not isinstance(printed, SingleArmChange):
        return []
    change, taken_off = as_appraised(printed, records, settings)
    chosen = placebo.benchmark(records, settings)
    shared = _rests_on(change, taken_off, chosen)
    spreads = bounds("change_sd", records)
    by_sd = [
        placebo.chance_of_significance(chosen, n=change.n, sd=sd) for sd in (printed.sd, *spreads)
    ]
    return [
        Finding(
            id=finding_id(change.study_id, change.outcome, "chance_of_significance"),
            label=f"Trials of this design ({change.n:.0f} people, no control) with p < .05 "
            "if the treatment did nothing beyond placebo",
            value=100 * by_sd[0],
            low=100 * min(by_sd),
            high=100 * max(by_sd),
            unit="%",
            **(
                shared
                | {
                    "note": f"{shared['note']}; one person's change has the trial's own SD ({printed.sd:.2f}); "
                    f"range: SD {spreads[0]:g} to {spreads[1]:g}"
                }
            ),
        )
    ]


def _rests_on(
    change: SingleArmChange, taken_off: tuple[str, ...], chosen: placebo.Benchmark
) -> dict:
    """Rows, note and basis of what is found by holding a change against a benchmark."""
    assumptions = (*taken_off, *chosen.assumptions)
    return {
        "rows": (*change.rows, *chosen.rows),
        "note": "; ".join((f"benchmark: {chosen.label}", *assumptions)),
        "basis": "assumed" if assumptions else "derived",
    }
