"""Several randomised trials pooled, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from evidence_review.estimates.contrast import Contrast, contrast_results, contrasts_on
from evidence_review.estimates.cumulative import UpTo
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.methods import INVERSE_VARIANCE
from evidence_review.estimates.pool import PooledContrast, pooled_contrast, published_result
from evidence_review.numbers import capital, interval, listing, number, p_value
from evidence_review.review.finding import POOLED, Finding, finding_id
from evidence_review.review.review import Review
from evidence_review.review.settings import OBSERVATIONAL
from evidence_review.sensitivity import pool_choices as kinds
from evidence_review.sensitivity.pool_choices import Choice
from evidence_review.stats.small_study import egger_test
from evidence_review.stats.tau2 import ESTIMATORS
from evidence_review.words.effects import (
    BY_RULE,
    INTERVAL_BY,
    benefit,
    compared,
    direction,
    in_sds,
    limits,
)
from evidence_review.words.linked import Sentence, linked, linked_ends
from evidence_review.words.studies import noun, nouns

_CHOICES: dict[str, Callable[[str | float, str], str]] = {
    kinds.AS_IT_IS: lambda of, several: "as it is",
    kinds.WITHOUT: lambda of, several: f"without {of}",
    kinds.WITHOUT_LARGEST: lambda of, several: f"without the largest {several}",
    kinds.COMMON_EFFECT: lambda of, several: "one common effect",
    kinds.NOT_ASSUMED: lambda of, several: f"only {several} without an assumed figure",
    kinds.PASS_CHECKS: lambda of, several: f"only {several} whose figures pass every check",
    kinds.GROUP: lambda of, several: f"only {of}",
    kinds.CHARACTERISTIC: lambda of, several: f"only {several} that {of}",
    kinds.IN_PUBLISHED: lambda of, several: f"only {several} in the published pool",
    kinds.NOT_IN_PUBLISHED: lambda of, several: f"only {several} not in the published pool",
    kinds.PUBLISHED_WEEKS: lambda of, several: (
        "the weeks of the published pool, where they are printed"
    ),
    kinds.ASSUMED_SD: lambda of, several: f"SD of {of:g} where none is printed",
    kinds.ESTIMATOR: lambda of, several: f"{ESTIMATORS[str(of)].name} estimator",
    kinds.ANY_SDS: lambda of, several: f"{several} in SDs of scores and in SDs of changes together",
    kinds.READ_AS_SE: lambda of, several: f"SDs of {of} read as standard errors",
}


NOTHING_POOLED = "Nothing is pooled, because fewer than two studies give a known result."


def choice_name(choice: Choice) -> str:
    """A choice in words: 'without Baker 2012'."""
    return _CHOICES[choice.kind](choice.of, nouns(choice.pooled.summary.evidence))


def not_alike(review: Review, outcome: str) -> str:
    """Which studies give an effect and are not pooled with the others, since their SDs are of another kind; or ''."""
    pooled = pooled_contrast(review, outcome)
    if pooled is None or not pooled.measure.is_standardised:
        return ""
    left = [
        (item.label, effect.measure)
        for item in contrasts_on(review, outcome)
        if item.is_known and item not in pooled.contrasts and (effect := item.on("SMD"))
    ]
    if not left:
        return ""
    apart = listing(dict.fromkeys(in_sds(measure) for _, measure in left))
    are, they = ("is", "it is") if len(left) == 1 else ("are", "they are")
    return (
        f"{listing(label for label, _ in left)} {are} not pooled with the others: {they} {apart}, the others "
        f"{in_sds(pooled.measure)} (the setting smd_sds pools both)."
    )


def heading(pooled: PooledContrast) -> str:
    """The heading of the pool of another outcome, in Markdown."""
    return f"## Another outcome: {pooled.summary.outcome}"


def pooled_sentence(pooled: PooledContrast) -> str:
    """The pooled difference, its spread and a new trial's, in Markdown."""
    fit, measure, one = pooled.fit, pooled.measure, pooled.common
    digits = measure.digits
    said = lambda value: number(measure.printed(float(value)), digits)
    unit = f" {measure.unit}" if measure.unit else ""
    of_tau = " on the scale of logarithms" if measure.is_log else unit
    link = lambda written, quantity: linked(
        written, finding_id(POOLED, pooled.summary.outcome, quantity)
    )
    by, kind = measure.name.lower(), pooled.summary.evidence
    spread = interval(np.sqrt(pooled.tau2.low), np.sqrt(pooled.tau2.high), digits)
    # No tau makes results as alike as these: its interval is empty, not narrow.
    uncertain = (
        f", which is itself uncertain ({link(spread, 'tau')})"
        if pooled.tau2.high
        else ", with no interval: the results differ even less than chance alone makes results differ"
    )
    _, rule = pooled.summary.route.pooling
    ends = lambda found, quantity: (
        link(said(found.low), quantity),
        link(said(found.high), quantity),
    )
    in_new = in_new_study(
        measure.kind,
        noun(kind),
        ends(pooled.mean_bayes, "bayes"),
        ends(pooled.new_trial, "new_trial"),
        f"tau half-normal with scale {pooled.tau_prior_scale:.3g}",
    )
    of_one = link(limits(measure, one.ci_low, one.ci_high), INVERSE_VARIANCE)
    return Sentence(
        f"**Pooled over {link(str(fit.k), 'trials')} {nouns(kind)}, the {compared(measure, pooled.summary.comparator)} is {link(said(fit.estimate), by)}{unit}** "
        f"({fit.level:.0%} interval {link(limits(measure, fit.ci_low, fit.ci_high), by)} by {BY_RULE[rule]}; {direction(measure, kind)}). Their true {measure.kind}s "
        f"scatter with a standard deviation (tau) of {link(number(fit.tau, digits), 'tau')}{of_tau}{uncertain}; "
        f"{link(f'{fit.i2:.0f}%', 'i2')} of the scatter between results goes beyond chance (I2). {in_new}. "
        f"If one effect were common to all {nouns(kind)} it would be {link(said(one.estimate), INVERSE_VARIANCE)} "
        f"({of_one}): each {noun(kind)} then counts by its precision alone, and the largest count most."
    )


def of_other_studies(
    what: str, kind: str, digits: int, get: Callable[[str], Finding | None]
) -> str:
    """What leaving out any one study gives, and where the true effect in a new one lies; '' if neither is known.

    what, kind: as of `in_new_study`. get: a finding on the pool by its quantity.
    """
    left_out, mean, new = map(get, ("leave_one_out", "bayes", "new_trial"))
    said = []
    if left_out is not None and left_out.span is not None:
        span = interval(left_out.span.low, left_out.span.high, digits)
        said.append(f"Leaving out any one {kind} gives {linked(span, left_out)}.")
    if mean is not None and new is not None:
        ends = linked_ends(mean, digits), linked_ends(new, digits)
        said.append(f"{in_new_study(what, kind, *ends)}.")
    return " ".join(said)


def in_new_study(
    what: str, kind: str, mean: tuple[str, str], new: tuple[str, str], prior: str = ""
) -> str:
    """The Bayesian pool's mean, and where the true effect in a new study lies: both by one method.

    Parameters
    ----------
    what, kind : str
        'difference', or a ratio in words; 'trial' or 'study'.
    mean, new : (str, str)
        The ends of each interval.
    prior : str
        Of the spread, where it is told.

    Examples
    --------
    >>> in_new_study("difference", "trial", ("1.0", "2.0"), ("0.5", "2.5"))
    'By a Bayesian pool the mean difference lies between 1.0 and 2.0, and the true difference in a new trial between 0.5 and 2.5'
    """
    told = f" ({prior})" if prior else ""
    return (
        f"By a Bayesian pool{told} the mean {what} lies between {mean[0]} and {mean[1]}, and the true {what} in a new {kind} "
        f"between {new[0]} and {new[1]}"
    )


def choices_sentence(choices: Sequence[Choice], important: float | None) -> str:
    """The range over which one choice moves the pooled difference, and if its direction holds, in Markdown.

    important: the smallest benefit that matters, above 0; None if not known.
    """
    now, *others = choices
    measure = now.pooled.measure
    unit = f" {measure.unit}" if measure.unit else ""
    estimate = lambda choice: choice.pooled.fit.estimate
    printed = lambda choice: number(measure.printed(estimate(choice)), measure.digits)
    said = lambda choice, quantity: linked(
        printed(choice), finding_id(POOLED, now.pooled.summary.outcome, quantity)
    )
    lowest, highest = min(others, key=estimate), max(others, key=estimate)
    return Sentence(
        f"**With no choice changed, the pooled {measure.kind} is {said(now, measure.name.lower())}{unit}.** "
        + (
            "No choice below changes its printed digits. "
            if len({printed(one) for one in choices}) == 1
            else f"Changing one choice at a time moves it from {said(lowest, 'any_choice')} ({choice_name(lowest)}) to "
            f"{said(highest, 'any_choice')} ({choice_name(highest)}). "
        )
        + _important_under(now, others, important)
        + _open_under(now, others)
    )


def _open_under(now: Choice, others: Sequence[Choice]) -> str:
    """The choices under which the interval includes no difference, or excludes it if these are fewer to name."""
    is_open = lambda choice: choice.pooled.fit.ci_low <= 0 <= choice.pooled.fit.ci_high
    open_ = [choice_name(choice) for choice in others if is_open(choice)]
    clear = [choice_name(choice) for choice in others if not is_open(choice)]
    if is_open(now) and not clear:
        return 'The interval includes "no difference" under every choice.'
    if is_open(now):
        return f'The interval includes "no difference", except under {_these(clear)}: {listing(clear)}.'
    if not open_:
        return 'The interval excludes "no difference" under every choice.'
    return f'The interval includes "no difference" under {_these(open_)}{_few(now, others, open_)}: {listing(open_)}.'


def _these(choices: Sequence[str]) -> str:
    return "this choice" if len(choices) == 1 else "these choices"


def _important_under(now: Choice, others: Sequence[Choice], important: float | None) -> str:
    """Whether the benefit matters under every choice; '' without a benefit, or if that size is not known."""
    measure = now.pooled.measure
    value = lambda choice: measure.benefit(choice.pooled.fit.estimate)
    worst = lambda choice: min(
        measure.benefit(end) for end in (choice.pooled.fit.ci_low, choice.pooled.fit.ci_high)
    )
    is_association = now.pooled.summary.evidence == OBSERVATIONAL
    if important is None or measure.better is None or is_association or value(now) <= 0:
        return ""
    matters = benefit(measure, important)
    small = [choice_name(c) for c in others if value(c) < important]
    if value(now) < important and len(small) == len(others):
        return f"The benefit is smaller than {matters} under every choice. "
    if value(now) < important:
        large = [choice_name(c) for c in others if value(c) >= important]
        return f"The benefit is smaller than {matters}, except under {_these(large)}: {listing(large)}. "
    if small:
        return f"The benefit is smaller than {matters} under {_these(small)}: {listing(small)}. "
    includes_smaller = lambda choice: worst(choice) < important
    reaching = sum(map(includes_smaller, others))
    whole = (
        "but its interval always includes smaller ones"
        if reaching == len(others) and includes_smaller(now)
        else f"but under {reaching} of {len(others)} the interval includes smaller ones"
        if reaching
        else "but with no choice changed the interval includes smaller ones"
        if includes_smaller(now)
        else "and so is the whole interval"
    )
    return f"The benefit is at least {matters} under every choice, {whole}. "


def _few(now: Choice, others: Sequence[Choice], open_: Sequence[str]) -> str:
    """', which leave few trials' if all of these choices do."""
    leave_few = "leaves" if len(open_) == 1 else "leave"
    few = f", which {leave_few} few {nouns(now.pooled.summary.evidence)}"
    leave = [c.pooled.fit.k for c in others if choice_name(c) in open_]
    return few if max(leave) <= now.pooled.fit.k / 2 else ""


def _beside_published_events(published: Finding, pooled: PooledContrast) -> str:
    """A published pool of events compared with this one, and the rules that differ, in Markdown."""
    measure, fit = pooled.measure, pooled.fit
    theirs = interval(published.sampling.low, published.sampling.high, measure.digits)
    estimator, rule = pooled.summary.route.pooling
    here = lambda written: linked(
        written, finding_id(POOLED, pooled.summary.outcome, measure.name.lower())
    )
    return Sentence(
        f"**{published.note}: {measure.words} {linked(number(published.known, measure.digits), published)} "
        f"({linked(theirs, published)}); here {here(number(measure.printed(fit.estimate), measure.digits))} "
        f"({here(limits(measure, fit.ci_low, fit.ci_high))}).** Here the spread between {nouns(pooled.summary.evidence)} is estimated by {ESTIMATORS[estimator].name}, with "
        f"{INTERVAL_BY[rule]} interval. The page of effect sizes has a table of other methods, DerSimonian and Laird's among them."
    )


def against_published(
    review: Review,
    published: Finding | None,
    less_published: Finding | None,
    choices: Sequence[Choice],
) -> str:
    """Why the pool differs from the published one, as far as is known, in Markdown; '' without one."""
    row = published_result(review)
    if published is not None and choices and choices[0].pooled.measure.is_stated:
        return _beside_published_events(published, choices[0].pooled)
    if published is None or published.interval is None or less_published is None or row is None:
        return ""
    results = contrast_results(review, review.about.outcome)
    source = review.records.source_name(row.source_id)
    answers = {line.study_id: line.in_published for line in review.records.rows("contrasts")}
    said = lambda fit, quantity: linked(
        f"{number(fit.estimate)} ({interval(fit.ci_low, fit.ci_high)})",
        finding_id(POOLED, review.about.outcome, quantity),
    )
    named = lambda kept: listing(item.label for item in kept) or "none"
    used = [item for item in results if isinstance(item, Contrast)]
    seen = lambda word: named(item for item in used if answers[item.study_id] == word)
    not_known = "" if seen("not known") == "none" else f" Not known: {seen('not known')}."
    unread = [item for item in results if isinstance(item, NotUsable)]
    assumed = [item for item in used if item.basis == "assumed"]
    now = choices[0].pooled
    by_kind = {choice.kind: choice for choice in choices}
    parts = [
        f"{choice_name(by_kind[kind])}, {said(by_kind[kind].pooled.fit, quantity)}"
        for kind, quantity in (
            (kinds.IN_PUBLISHED, "in_published"),
            (kinds.NOT_IN_PUBLISHED, "not_in_published"),
        )
        if kind in by_kind
    ]
    passing = by_kind.get(kinds.PASS_CHECKS)
    doubted = [i for i in now.contrasts if passing and i not in passing.pooled.contrasts]
    theirs = published.interval
    overlap = max(theirs.low, now.fit.ci_low) <= min(theirs.high, now.fit.ci_high)
    less = now.measure.benefit(less_published.known)
    lines = [
        f"*Trials.* In both pools, as far as we could see: {seen('yes')}. Only in this one: {seen('no')}.{not_known}"
    ]
    if unread:
        reasons = "; ".join(dict.fromkeys(item.reason for item in unread))
        lines.append(
            f"*Trials without a figure.* {named(unread)} could not be pooled here ({reasons}). "
            "A review that read more of the papers may have used them. Papers often print least about trials that found no clear difference."
        )
    if parts:
        lines.append(f"*Parts of the pool.* {capital('; '.join(parts))}.")
    if passing and doubted:
        lines.append(
            f"*Figures that do not pass a check.* {named(doubted)} (see the page on printed numbers). Without: {said(passing.pooled.fit, 'passing_checks')}."
        )
    if assumed:
        lines.append(
            f"*Figures that had to be assumed.* {named(assumed)}: a spread or a number of people."
        )
    lines.append(
        f"*Rules.* All differences here are in {now.measure.unit} of the {row.instrument_id}, at the last week that is printed, with an interval that allows "
        "for few trials. The published pool may have taken another week and another interval."
    )
    return Sentence(
        f"**{source} pooled {linked(published.note, published)}, and found {linked(number(published.value), published)} ({linked(interval(theirs.low, theirs.high), published)}). The trials of this review give "
        f"{said(now.fit, now.measure.name.lower())}: the benefit is {linked(f'{abs(less):.2f}', less_published)} {now.measure.unit} {'larger' if less > 0 else 'smaller'}.** The two intervals "
        f"{'overlap' if overlap else 'do not overlap'}. What differs:\n\n"
        + "\n".join(f"- {line}" for line in lines)
    )


FUNNEL = (
    "If nothing is missing and studies differ by chance alone, small ones scatter about the same effect as large ones, only more "
    "widely."
)


def asymmetry(pooled: PooledContrast) -> str:
    """Whether effects depend on precision, by Egger's test, or why there is no test."""
    test = egger_test(*pooled.values)
    several = nouns(pooled.summary.evidence)
    if test.refused:
        return f"Egger's test of asymmetry was not done: {test.refused}."
    return (
        f"Egger's test of whether small {several} give other effects than large ones, over {test.k} {several}: {p_value(test.p)}. "
        f"A small P can have several reasons: {several} may be missing, and small ones may have had other people in them or been run less well."
    )


def by_year_sentence(steps: Sequence[UpTo]) -> str:
    """When the pool first excluded no effect, by each model, and whether it does so now, in Markdown."""
    said = []
    for model, fit_of in (
        ("If true effects scatter", lambda step: step.random),
        ("If one effect is common to all", lambda step: step.common),
    ):
        clear = [step.year for step in steps if _clear(fit_of(step))]
        last = steps[-1]
        if not clear:
            said.append(f'{model}, the interval includes "no difference" in every year.')
            continue
        if all(_clear(fit_of(step)) for step in steps if step.year >= clear[0]):
            when = f"from {clear[0]} on"
        elif _clear(fit_of(last)):
            when = f"for the first time in {clear[0]}, and again in {last.year}, but not in every year between"
        else:
            when = f"for the first time in {clear[0]}, but not in {last.year}"
        said.append(f'{model}, the interval excludes "no difference" {when}.')
    return f"**{' '.join(said)}**"


def _clear(fit) -> bool:
    return float(fit.ci_low) > 0 or float(fit.ci_high) < 0
