"""How people change on placebo, in sentences: the pool, its spread, the pool as a prior."""

from __future__ import annotations

import numpy as np

from evidence_review.estimates.change import placebo_arms
from evidence_review.numbers import counted, interval, listing, number, p_value
from evidence_review.placebo.choices import (
    ASSUME_SD,
    ESTIMATOR,
    LEAVE_OUT,
    SMALL_SD,
    PoolChoice,
    PrintedSd,
    printed_sds,
)
from evidence_review.placebo.moderators import OTHER_GROUP, Moderator, SmallArms
from evidence_review.placebo.published import points_per_sd
from evidence_review.placebo.response import (
    PeerPool,
    conflicts,
    main_prior,
    own_pool,
    pooled_values,
)
from evidence_review.review.review import Review
from evidence_review.review.settings import OWN_ARMS
from evidence_review.stats.bayes import NormalNormal
from evidence_review.stats.mixtures import effective_sample_size
from evidence_review.stats.synthesis import tau2_interval
from evidence_review.stats.tau2 import ESTIMATORS
from evidence_review.words.effects import BY_RULE, direction
from evidence_review.words.linked import Sentence, linked

# p below which a test with so little power counts as a sign.
_A_SIGN = 0.1


def pooled(review: Review) -> str:
    """The pooled change, its spread, and the prediction for the next trial, in Markdown."""
    fit, level = own_pool(review), review.settings.level
    arm = placebo_arms(review).usable[0]
    return Sentence(
        f"**People in {_own(str(fit.k), 'arms')} placebo arms changed by {_own(number(fit.estimate), 'change')} {arm.unit} on average** ({level:.0%} interval "
        f"{_own(interval(fit.ci_low, fit.ci_high), 'change')} by {BY_RULE[review.settings.interval]}) on the {arm.instrument_id}. Their true changes scatter with a standard deviation (tau) of "
        f"{_own(f'{fit.tau:.2f}', 'tau')} {arm.unit}, and {_own(f'{fit.i2:.0f}%', 'i2')} of the scatter between results goes beyond chance (I2). The true mean of a new trial's placebo "
        f"arm is expected between {_own(number(fit.pi_low), 'new_trial')} and {_own(number(fit.pi_high), 'new_trial')} in {level:.0%} of cases, by t."
    )


def _own(written: str, quantity: str) -> str:
    """A finding on the review's own placebo arms, marked for `Sentence`."""
    return linked(written, f"placebo.{OWN_ARMS}.{quantity}")


def left_out(review: Review) -> str:
    """The caption of the table of arms that are not pooled."""
    count = len(placebo_arms(review).not_usable)
    if not count:
        return "Placebo arms left out: none"
    return f"{counted(count, 'placebo arm')} left out, with the reason"


def sds_of_change(review: Review) -> str:
    """The printed SDs of one person's change, and the assumed one; '' without any."""
    found = printed_sds(review)
    if not found:
        return ""
    unit = placebo_arms(review).usable[0].unit
    sizes = [item.sd for item in found]
    sd = lambda written: _own(written, "sd_printed")
    assumed = f"Assumed where none is printed: {review.settings.change_sd:g}."
    if len(sizes) == 1:
        return Sentence(
            f"One arm, that of {found[0].label}, prints the standard deviation of a person's change, or what gives it: "
            f"{sd(f'{sizes[0]:.1f}')} {unit}. {assumed}"
        )
    return Sentence(
        f"Standard deviations of one person's change, printed or worked out: median {sd(f'{np.median(sizes):.1f}')}, from "
        f"{sd(f'{sizes[0]:.1f} to {sizes[-1]:.1f}')} {unit} ({len(sizes)} arms; without the smallest, from {sizes[1]:.1f}). {assumed} "
        + _smallest(review, found[0])
    )


def _smallest(review: Review, smallest: PrintedSd) -> str:
    note = review.records.reference_class.study(smallest.study_id).note
    return f"The smallest is that of {smallest.label}. {note}".strip()


def pool_choice(choice: PoolChoice) -> str:
    """A choice of the pool in words."""
    return {
        ASSUME_SD: lambda sd: f"assume an SD of {sd:g}",
        LEAVE_OUT: lambda _: "leave them out",
        SMALL_SD: lambda sd: f"drop arms whose SD is below {sd:g}",
        ESTIMATOR: lambda name: f"all, {ESTIMATORS[name].name} estimator",
    }[choice.kind](choice.of)


def cross_check(peer: PeerPool) -> str:
    """The pool compared with that of another package."""
    return (
        f"Cross-check with another package: statsmodels' Paule-Mandel pool gives {number(peer.peer_mean, 4)} (tau {peer.peer_tau:.4f}), "
        f"this package's {number(peer.mean, 4)} (tau {peer.tau:.4f})."
    )


def spread(review: Review, bayes: NormalNormal) -> str:
    """How uncertain the spread between trials is. bayes: the Bayesian pool of the same arms."""
    arms, level = placebo_arms(review).usable, review.settings.level
    found = tau2_interval(*pooled_values(arms), level=level)
    low, high = bayes.tau.quantile([(1 - level) / 2, (1 + level) / 2])
    tau = lambda written: _own(written, "tau")
    bayesian = lambda written: _own(written, "tau_bayes")
    by_profile = (
        f"by the Q-profile method tau lies between {tau(f'{np.sqrt(found.low):.2f}')} and "
        f"{tau(f'{np.sqrt(found.high):.2f}')} {arms[0].unit}"
        if found.high
        else "the Q-profile method gives no interval, since the arms differ even less than chance alone makes arms "
        "differ"
    )
    return Sentence(
        f"The spread itself is uncertain too: {by_profile}, by the Bayesian model between {bayesian(f'{low:.2f}')} and {bayesian(f'{high:.2f}')}."
    )


def prior_worth(review: Review) -> str:
    """The effective sample size of the placebo arms as a prior for a new trial, in Markdown."""
    known = [arm.n for arm in placebo_arms(review).usable if arm.n == arm.n]
    size = effective_sample_size(main_prior(review), review.settings.change_sd)
    (low, least), (high, most) = sorted(
        ((size.moment, "worth_moment"), (size.morita, "worth_morita"))
    )
    return Sentence(
        f"**{_own(f'{sum(known):.0f}', 'people')} people in {_own(str(len(known)), 'people')} placebo arms are worth {_own(f'{low:.0f}', least)} to {_own(f'{high:.0f}', most)} people on placebo in the trial "
        "itself.** Trials differ, so other trials say less about the next one than their numbers suggest."
    )


def prior_predictions(review: Review) -> str:
    """The arms that lie outside the prediction from all others."""
    arms, level = placebo_arms(review).usable, review.settings.level
    outside = [arm.label for arm, p in zip(arms, conflicts(review), strict=True) if p < 1 - level]
    names = f" ({listing(outside)})" if outside else ""
    return Sentence(
        f"Does the prior predict well? Each arm was compared with the prior made of all the others: {_own(str(len(outside)), 'surprising')} of {_own(str(len(arms)), 'arms')} {'lies' if len(outside) == 1 else 'lie'} "
        f"outside the {level:.0%} interval predicted for it{names}; chance alone would give about {(1 - level) * len(arms):.1f}."
    )


def moderator(found: Moderator, group: str) -> str:
    """A property of trials in words. group: the group of people in most studies."""
    return f"population other than {group}" if found.name == OTHER_GROUP else found.name


def one_at_a_time(review: Review) -> str:
    """The caption of the table of moderators."""
    measure = placebo_arms(review).usable[0].measure
    return f"One moderator at a time: {direction(measure)}"


def small_arms(review: Review, found: SmallArms) -> str:
    """Whether small arms differ from large ones, if it can be tested."""
    if found.mixed is None:
        return f"Do small arms differ from large ones? No answer: {found.egger.refused}."
    unit, mixed = placebo_arms(review).usable[0].unit, found.mixed
    sign = min(found.egger.p, mixed.p[1]) <= _A_SIGN
    return Sentence(
        f"Do small arms differ from large ones? By Egger's regression the change moves by {_own(number(found.egger.estimate), 'egger')} {unit} for each "
        f"unit of standard error ({_own(p_value(found.egger.p), 'egger_p')}); with the spread between trials in the model, by "
        f"{_own(number(mixed.coefficients[1]), 'egger_mixed')} ({_own(p_value(mixed.p[1]), 'egger_mixed_p')}). "
        + (
            "So they may: smaller arms, or arms of which little is printed, may show another response."
            if sign
            else "Neither suggests that they do."
        )
    )


def which_sd(review: Review) -> str:
    """Why it matters which SD a published standardised effect uses; '' without a published effect."""
    per_sd = points_per_sd(review)
    if per_sd is None:
        return ""
    unit = placebo_arms(review).usable[0].unit
    of_people, of_change = per_sd[0], review.settings.change_sd
    return Sentence(
        "A published effect is in standard deviations, and one has to know which. The ratio of the two figures that one meta-analysis "
        f"prints makes it {linked(f'{of_people:.2f}', 'placebo.published.sd')} {unit}, about the standard deviation of people at baseline. The standard deviation of a person's "
        f"*change* is another one, here about {of_change:g}. Taking one for the other would make "
        f"the published placebo response {of_change / of_people:.1f} times as large."
    )
