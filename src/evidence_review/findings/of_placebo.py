"""The findings on the placebo response, and on a change compared with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.measure import Measure
from evidence_review.numbers import counted, units
from evidence_review.placebo import response as placebo
from evidence_review.placebo.against import against_chosen
from evidence_review.placebo.bias import Appraised, appraised_change
from evidence_review.placebo.choices import benchmark_choices, printed_sds
from evidence_review.placebo.moderators import SmallArms, small_arms
from evidence_review.placebo.published import points_per_sd
from evidence_review.review.finding import Finding, Interval, Range, finding_id, slug
from evidence_review.review.review import Review, once
from evidence_review.review.settings import OWN_ARMS
from evidence_review.stats import mixtures
from evidence_review.stats.bayes import NormalNormal
from evidence_review.stats.mixtures import NormalMixture
from evidence_review.stats.synthesis import tau2_interval
from evidence_review.words import placebo as words


@once
def own_bayes(review: Review) -> NormalNormal:
    """The Bayesian pool of the review's placebo arms."""
    return placebo.bayesian_pool(placebo_arms(review).usable, review.settings)


@once
def placebo_findings(review: Review) -> list[Finding]:
    """The pooled placebo response of this review's arms, its spread, and the published ones.

    Empty without placebo arms.
    """
    if not placebo.has_placebo_arms(review):
        return []
    own, level = placebo.benchmark(review, OWN_ARMS), review.settings.level
    arms, _ = placebo_arms(review)
    with_people = [arm.n for arm in arms if arm.n == arm.n]
    fit, by_weeks = placebo.own_pool(review), placebo.change_by_weeks(review)
    spread = tau2_interval([arm.mean for arm in arms], [arm.se**2 for arm in arms], level=level)
    bayes = own_bayes(review)
    tails = (1 - level) / 2, (1 + level) / 2
    tau_low, tau_high = bayes.tau.quantile(list(tails))
    unit, note = own.unit, "; ".join(words.assumptions(own))
    shared: dict[str, Any] = {
        "rows": own.rows,
        "note": note,
        "basis": "assumed" if own.is_assumed else "derived",
    }
    out = [
        Finding(
            id="placebo.own-arms.arms",
            label="Placebo arms pooled",
            value=fit.k,
            unit="arms",
            rows=own.rows,
        ),
        Finding(
            id="placebo.own-arms.people",
            label="People in placebo arms whose number is known",
            value=sum(with_people),
            unit="people",
            rows=own.rows,
            note=f"{len(with_people)} of {counted(fit.k, 'arm')}",
        ),
        Finding(
            id="placebo.own-arms.change",
            label="Mean change on placebo",
            value=fit.estimate,
            interval=Interval(fit.ci_low, fit.ci_high, level),
            **own.measure.in_finding,
            **shared,
        ),
        Finding(
            id="placebo.own-arms.change_bayes",
            label="Mean change on placebo, Bayesian",
            value=bayes.mu.mean,
            interval=Interval(
                float(bayes.mu.quantile(tails[0])), float(bayes.mu.quantile(tails[1])), level
            ),
            **own.measure.in_finding,
            rows=shared["rows"],
            basis="assumed",
            note=f"prior: flat mean, tau half-normal with scale {review.settings.tau_prior_scale:g}",
        ),
        Finding(
            id="placebo.own-arms.tau",
            label="Spread of true changes between trials (tau)",
            value=fit.tau,
            # Empty, not narrow, where no tau makes changes as alike as these.
            interval=Interval(spread.low**0.5, spread.high**0.5, level) if spread.high else None,
            unit=unit,
            **shared,
        ),
        Finding(
            id="placebo.own-arms.tau_bayes",
            label="Spread of true changes between trials (tau), Bayesian",
            value=bayes.tau.mean,
            interval=Interval(float(tau_low), float(tau_high), level),
            unit=unit,
            rows=own.rows,
            basis="assumed",
            note=f"prior: flat mean, tau half-normal with scale {review.settings.tau_prior_scale:g}",
        ),
        Finding(
            id="placebo.own-arms.new_trial",
            label="True mean change of a new trial's placebo arm, by t",
            value=fit.estimate,
            interval=Interval(fit.pi_low, fit.pi_high, level),
            **own.measure.in_finding,
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
                interval=Interval(by_weeks.ci_low[1], by_weeks.ci_high[1], level),
                unit=f"{unit} a week",
                **shared,
            )
        )
    out += _sds(review, unit) + _slopes(small_arms(review), unit, shared)
    for other in placebo.benchmarks(review):
        published = other.published
        if published is None:
            continue
        if published.in_sds:
            out.append(
                Finding(
                    id=f"placebo.{slug(other.benchmark_id)}.smd",
                    label=f"{words.name(other)}: standardised change",
                    value=published.mean,
                    interval=Interval(published.ci_low, published.ci_high, 0.95),
                    unit="SD",
                    measure="SMC",
                    better=own.measure.better or "",
                    basis="reported",
                    rows=published.rows,
                )
            )
        per_sd = other.per_sd or 1.0
        out += [
            Finding(
                id=f"placebo.{slug(other.benchmark_id)}.{'tau_smd' if published.in_sds else 'tau'}",
                label=f"{words.name(other)}: spread between trials (tau)",
                value=published.tau,
                unit="SD" if published.in_sds else unit,
                rows=published.rows,
                basis="assumed",
                note="from I2, k and the interval, as if all trials were equally precise"
                if published.tau == published.tau
                else "I2 or k not known",
            ),
            Finding(
                id=f"placebo.{slug(other.benchmark_id)}.change",
                label=f"{words.name(other)}: change",
                value=other.mean,
                interval=Interval(published.ci_low * per_sd, published.ci_high * per_sd, 0.95),
                **own.measure.in_finding,
                basis="assumed" if published.in_sds else "reported",
                rows=other.rows,
                note="; ".join(words.assumptions(other)),
            ),
        ]
    return out


def _sds(review: Review, unit: str) -> list[Finding]:
    """The SDs of one person's change in placebo arms, and the SD behind a published standardised change."""
    found, per_sd = printed_sds(review), points_per_sd(review)
    out = []
    if found:
        sizes = [item.sd for item in found]
        out.append(
            Finding(
                id="placebo.own-arms.sd_printed",
                label="SD of one person's change in placebo arms: median, smallest and largest",
                value=float(np.median(sizes)),
                span=Range(sizes[0], sizes[-1]),
                unit=unit,
                rows=placebo_arms(review).rows,
                note=f"{counted(len(sizes), 'arm')} with a printed SD, or with figures that give it",
            )
        )
    if per_sd is not None:
        out.append(
            Finding(
                id="placebo.published.sd",
                label="The SD in which a published change is counted: its change over its standardised change",
                value=per_sd[0],
                unit=unit,
                rows=per_sd[1],
            )
        )
    return out


def _slopes(found: SmallArms, unit: str, shared: dict[str, Any]) -> list[Finding]:
    """How the change depends on the standard error of an arm; empty if that cannot be computed."""
    if found.mixed is None:
        return []
    return [
        Finding(
            id=f"placebo.own-arms.{quantity}{end}",
            label=f"{label} for each unit of standard error, {how}",
            value=value,
            unit=of,
            **shared,
        )
        for quantity, how, slope, p in (
            ("egger", "by Egger's regression", found.egger.estimate, found.egger.p),
            (
                "egger_mixed",
                "with the spread between trials in the model",
                found.mixed.coefficients[1],
                found.mixed.p[1],
            ),
        )
        for end, label, value, of in (
            ("", "Further change on placebo", slope, unit),
            ("_p", "p of the further change on placebo", p, "p"),
        )
    ]


@once
def prior_findings(review: Review) -> list[Finding]:
    """Effective sample size of the placebo arms as a prior, and how many of them conflict with it.

    Empty without placebo arms.
    """
    if not placebo.has_placebo_arms(review):
        return []
    arms, settings = placebo_arms(review), review.settings
    rows = arms.rows
    size = mixtures.effective_sample_size(placebo.main_prior(review), settings.change_sd)
    surprising = sum(p < 1 - settings.level for p in placebo.conflicts(review))
    note = (
        f"one person's change has an SD of {review.settings.change_sd:g}; prior: tau half-normal with scale "
        f"{review.settings.tau_prior_scale:g}"
    )
    return [
        Finding(
            id=f"placebo.own-arms.worth_{name}",
            label=f"What the placebo arms are worth as a prior ({definition})",
            value=getattr(size, name),
            unit="people",
            basis="assumed",
            rows=rows,
            note=note,
        )
        for name, definition in (
            ("elir", "expected local information ratio"),
            ("moment", "by moments"),
            ("morita", "Morita's definition"),
        )
    ] + [
        Finding(
            id="placebo.own-arms.surprising",
            label=f"Placebo arms outside the {review.settings.level:.0%} interval that the others predict",
            value=surprising,
            unit="arms",
            basis="assumed",
            rows=rows,
            note=note,
        )
    ]


@once
def benefit_findings(review: Review) -> list[Finding]:
    """Chance that the uncontrolled change includes a benefit beyond placebo, by two priors.

    Empty if the review has no uncontrolled study with a usable change.
    """
    appraised, settings = appraised_change(review), review.settings
    if appraised is None:
        return []
    change, important = appraised.change, settings.important_difference
    prior = placebo.main_prior(review)
    out = []
    for name, allowing, response in (
        ("", "", prior),
        (
            "_robust",
            f", allowing for a response unlike any before ({settings.vague_weight:.0%})",
            placebo.robust_map_prior(prior, settings),
        ),
    ):
        beyond = placebo.beyond_placebo(change, response)
        note = "; ".join(
            (
                *words.taken_off(appraised),
                f"prior of tau: half-normal with scale {settings.tau_prior_scale:g}{allowing}",
            )
        )
        size = f"{important:g} {units(f'{important:g}', change.unit)} or more"
        at_least = lambda benefit, beyond=beyond: _chance_of(beyond, change.measure, benefit)
        for quantity, chance, meaning in (
            ("benefit", at_least(0.0), "any benefit beyond placebo"),
            ("important_benefit", at_least(important), f"a benefit beyond placebo of {size}"),
            (
                "important_harm",
                1 - at_least(-important),
                f"doing worse than placebo by {size}",
            ),
        ):
            out.append(
                Finding(
                    id=finding_id(change.study_id, change.outcome, f"{quantity}{name}"),
                    label=f"Chance of {meaning}{allowing}: {change.label}",
                    value=100 * chance,
                    unit="%",
                    basis="assumed",
                    rows=(*change.rows, *placebo_arms(review).rows),
                    note=note,
                )
            )
    return out


def _chance_of(belief: NormalMixture, measure: Measure, benefit: float) -> float:
    """Probability of a benefit of at least this size (above 0 is better)."""
    below = float(belief.cdf(measure.worth(benefit)))
    return below if measure.better == "lower" else 1 - below


@once
def against_placebo_findings(review: Review) -> list[Finding]:
    """The uncontrolled change compared with placebo: how usual is it on placebo alone?

    Empty if the review has no uncontrolled study with a usable change.
    """
    return [*comparison_findings(review), *significance_findings(review)]


@once
def comparison_findings(review: Review) -> list[Finding]:
    """The uncontrolled change compared with the chosen benchmark."""
    appraised, result = appraised_change(review), against_chosen(review)
    if appraised is None or result is None:
        return []
    change, chosen, level = appraised.change, placebo.benchmark(review), review.settings.level
    shared = _rests_on(appraised, chosen)
    about = f"{change.label}, {change.outcome}"
    name = lambda quantity: finding_id(change.study_id, change.outcome, quantity)
    effect = change.measure.in_finding
    half = chosen.quantile((1 + level) / 2) * chosen.predictive_scale()
    out = []
    if not appraised.is_as_printed:
        out.append(
            Finding(
                id=name("change_less_bias"),
                label=f"Change as it is compared with placebo: {about}",
                value=change.mean,
                basis="assumed",
                rows=change.rows,
                note="; ".join(words.taken_off(appraised)),
                **effect,
            )
        )
    return [
        *out,
        Finding(
            id=name("placebo_as_good"),
            label=f"Placebo arms {words.of_its_size(change)} that do as well or better: {about}",
            value=100 * result.as_good,
            unit="%",
            **shared,
        ),
        Finding(
            id=name("placebo_mean"),
            label=f"Mean change in placebo groups, with the range expected of a new trial by {words.predicted_by(chosen)}",
            value=chosen.mean,
            interval=Interval(chosen.mean - half, chosen.mean + half, level),
            **effect,
            rows=shared["rows"],
            basis=shared["basis"],
            note=f"{shared['note']}; the range is where the true mean of a new trial lies, by {words.predicted_by(chosen)}",
        ),
        Finding(
            id=name("beyond_placebo"),
            label=f"Change beyond placebo: {about}",
            value=result.beyond,
            interval=Interval(result.low, result.high, result.level),
            **effect,
            **shared,
        ),
    ]


@once
def benchmark_findings(review: Review) -> list[Finding]:
    """The smallest and largest share of placebo arms that do as well, over all benchmarks; empty without any."""
    appraised, choices = appraised_change(review), benchmark_choices(review)
    if appraised is None or not choices:
        return []
    change = appraised.change
    shares = [100 * choice.result.as_good for choice in choices]
    return [
        Finding(
            id=finding_id(change.study_id, change.outcome, "placebo_as_good_any_benchmark"),
            label=f"Placebo arms that do as well or better, by any benchmark: {change.label}, {change.outcome}",
            value=None,
            span=Range(min(shares), max(shares)),
            unit="%",
            rows=(*change.rows, *placebo_arms(review).rows),
            basis="assumed",
            note=counted(len(shares), "benchmark"),
        )
    ]


@once
def significance_findings(review: Review) -> list[Finding]:
    """How often a trial of this design reports p < .05 if the treatment does nothing beyond placebo.

    Empty without a change, or if the number of people is unknown or one.
    """
    appraised = appraised_change(review)
    if appraised is None or not appraised.change.n >= 2:
        return []
    change, printed, chosen = appraised.change, appraised.printed, placebo.benchmark(review)
    shared = _rests_on(appraised, chosen)
    spreads = review.bounds("change_sd")
    by_sd = [
        placebo.chance_of_significance(chosen, n=change.n, sd=sd) for sd in (printed.sd, *spreads)
    ]
    return [
        Finding(
            id=finding_id(change.study_id, change.outcome, "chance_of_significance"),
            label=f"Trials of this design ({change.n:.0f} people, no control) with p < .05 "
            "if the treatment did nothing beyond placebo",
            value=100 * by_sd[0],
            span=Range(100 * min(by_sd), 100 * max(by_sd)),
            unit="%",
            rows=shared["rows"],
            basis=shared["basis"],
            note=f"{shared['note']}; one person's change has the trial's own SD ({printed.sd:.2f}); "
            f"range: SD {spreads[0]:g} to {spreads[1]:g}",
        )
    ]


def _rests_on(appraised: Appraised, chosen: placebo.Benchmark) -> dict[str, Any]:
    """Rows, note and basis of a finding that compares a change with a benchmark."""
    clauses = (*words.taken_off(appraised), *words.assumptions(chosen))
    return {
        "rows": (*appraised.change.rows, *chosen.rows),
        "note": "; ".join((f"benchmark: {words.name(chosen)}", *clauses)),
        "basis": "assumed" if clauses else "derived",
    }
