"""Outcomes on a stated measure in sentences: ratios, risks and numbers of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evidence_review.effect_measures import MEASURES, OF_EVENTS
from evidence_review.estimates.contrast import compared_with
from evidence_review.estimates.counts import Absolute, counts, of_single_people
from evidence_review.estimates.cumulative import years_told
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.methods import (
    BINOMIAL_NORMAL,
    DERSIMONIAN_LAIRD,
    INVERSE_VARIANCE,
    MANTEL_HAENSZEL,
    PETO,
)
from evidence_review.estimates.pool import PooledContrast
from evidence_review.judgement.grade import LEVELS
from evidence_review.numbers import capital, interval, listing, number
from evidence_review.review.finding import POOLED, Finding, Range, certainty_id, finding_id
from evidence_review.review.review import Review
from evidence_review.review.settings import RANDOMISED
from evidence_review.stats.absolute import number_needed as needed
from evidence_review.words.benefit import better_or_worse
from evidence_review.words.effects import (
    BY_RULE,
    does_to,
    fewer_or_more,
    happens_to,
    in_1000,
    is_plural,
    state,
)
from evidence_review.words.linked import Sentence, linked
from evidence_review.words.pool import of_other_studies
from evidence_review.words.studies import noun

METHODS = {
    INVERSE_VARIANCE: "inverse variance, one common effect",
    MANTEL_HAENSZEL: "Mantel and Haenszel's method, one common effect",
    PETO: "Peto's method, one common effect",
    DERSIMONIAN_LAIRD: "DerSimonian and Laird's method, effects that scatter, normal interval",
    BINOMIAL_NORMAL: "a binomial-normal model, effects that scatter",
}
# Most trials that a caption names.
_FEW = 4
# What reads of the answer by each model.
SCATTER, COMMON_EFFECT = "if true effects scatter between trials", "if all trials share one effect"


def methods(review: Review, pooled: PooledContrast) -> str:
    """The caption of the pool by several methods: what those of counts do, or why they are not there."""
    caption = "The pool by several methods"
    if pooled.measure.name not in OF_EVENTS:
        return caption
    of_people = lambda found: {one.study_id for one in found(review, pooled.contrasts)}
    printed, single = of_people(counts), of_people(of_single_people)
    without = [item.label for item in pooled.contrasts if item.study_id not in printed]
    in_groups = [item.label for item in pooled.contrasts if item.study_id in printed - single]
    if not without and not in_groups:
        return f"{caption}; those of counts add nothing to empty cells"
    whose = (
        "Mantel and Haenszel's and Peto's"
        if pooled.measure.name == "OR"
        else "Mantel and Haenszel's"
    )
    named = lambda found: listing(found) if len(found) <= _FEW else f"{len(found)} of them"
    needs, every = [], noun(pooled.summary.evidence)
    if without:
        print_ = "does" if len(without) == 1 else "do"
        needs.append(
            f"counts of people from every {every}, which {named(without)} {print_} not print"
        )
    if in_groups:
        needs.append(
            f"people who were randomised one by one, not in groups as in {named(in_groups)}"
        )
    return f"{caption}. {whose} need {' and '.join(needs)}"


def verdict(
    review: Review, findings: Mapping[str, Finding], effect: Finding | None, among: str
) -> str:
    """The answer in fewer than twenty words, as certain as the evidence.

    If random effects and one common effect lead to different answers, none is given: small and large
    trials then disagree. among: 'in 22 randomised trials'.
    """
    treatment, outcome = review.about.treatment, review.about.outcome
    comparator = compared_with(review)
    if effect is None or effect.value is None:
        return f"Not known: no trial that we could check shows what {treatment} does to {outcome}."
    side = better_or_worse(effect)
    if not side:
        return f"Not known: {among} the difference from {comparator} could be chance."
    measure, sign = Measure(effect.measure, "", None), _sign(effect)
    (what, how), (does, do) = state(measure, outcome, sign), does_to(measure, outcome, sign)
    people = fewer_or_more(outcome, sign) if measure.is_of_events else ""
    if _disagree(review, findings, effect):
        if _get(findings, outcome, "largest"):
            found = people or f"{what} {how}"
            return (
                f"Not known: small trials found {found} with {treatment}, "
                "the largest trials did not."
            )
        return f"Not known: whether {treatment} {does} depends on how trials are weighted."
    level = findings.get(certainty_id(outcome, RANDOMISED))
    if level is None or level.value is None:
        was = "were" if what == outcome and is_plural(outcome) else "was"
        said = f"there were {people}" if people else f"{what} {was} {how}"
        return f"{capital(among)}, {said} with {treatment} than with {comparator}."
    judged = LEVELS[int(level.value)]
    if judged == "very low":
        return f"Whether {treatment} {does} is very uncertain."
    saying = {"low": f"may {do}", "moderate": f"probably {does}", "high": does}[judged]
    return f"{capital(treatment)} {saying}, compared with {comparator}."


def _sign(effect: Finding) -> float:
    """Below 0 if the outcome is less common, or lower, with the treatment."""
    return effect.known - Measure(effect.measure, "", None).null


def _get(findings: Mapping[str, Finding], outcome: str, quantity: str) -> Finding | None:
    return findings.get(finding_id(POOLED, outcome, quantity))


def common_effect(review: Review, findings: Mapping[str, Finding]) -> Finding | None:
    """The pool with one common effect: Mantel and Haenszel's, else by inverse variance."""
    found = (
        _get(findings, review.about.outcome, name) for name in (MANTEL_HAENSZEL, INVERSE_VARIANCE)
    )
    return next((finding for finding in found if finding is not None), None)


def _disagree(review: Review, findings: Mapping[str, Finding], effect: Finding) -> bool:
    """Whether common and random effects differ in the side that they are on."""
    common = common_effect(review, findings)
    return common is not None and better_or_worse(common) != better_or_worse(effect)


def with_interval(finding: Finding) -> str:
    """'0.58 (0.42 to 0.79)', marked for `Sentence`."""
    digits = MEASURES[finding.measure].digits
    ends = interval(finding.sampling.low, finding.sampling.high, digits)
    return f"{linked(number(finding.known, digits), finding)} ({linked(ends, finding)})"


def _of_1000(finding: Finding) -> str:
    """A finding that counts people in 1000, with its interval, marked for `Sentence`."""
    ends = finding.sampling
    words = in_1000(finding.known / 1000, Range(ends.low / 1000, ends.high / 1000))
    return linked(words, finding)


def number_needed(found: Absolute, better: str | None) -> str:
    """The number of people to treat for one more or one fewer, from a risk difference and its limits.

    If the interval includes no difference, it runs through infinity, and both limits name their direction
    (Altman 1998). Numbers are rounded up, as in the Cochrane Handbook (5.1, 12.5.4).
    """
    value, low, high = found.difference, found.interval.low, found.interval.high
    level = found.interval.level
    if value == 0:
        return "no difference"

    def one(d: float) -> str:
        return f"one {'fewer' if d < 0 else 'more'} for every {needed(d):.0f}"

    def side(d: float) -> str:
        good = (d < 0) == (better == "lower")
        return "" if better is None else f" ({'benefit' if good else 'harm'})"

    if low <= 0 <= high:
        ends = [f"{one(end)}{side(end)}" if end else "no difference" for end in (low, high)]
        return f"{one(value)} treated; {level:.0%} interval from {ends[0]}, through no difference, to {ends[1]}"
    least, most = sorted((needed(low), needed(high)))
    return f"{one(value)} treated; {level:.0%} interval {least:.0f} to {most:.0f}"


def answer(review: Review, findings: Mapping[str, Finding], effect: Finding) -> Iterator[str]:
    """The size of the pooled effect by both models and in 1000 people, and its robustness."""
    outcome, treatment = review.about.outcome, review.about.treatment
    get = lambda quantity: _get(findings, outcome, quantity)
    measure = Measure(effect.measure, "", None)
    common = common_effect(review, findings)
    people = get("people")
    said = (
        f"{capital(measure.words)} of {outcome}, {treatment} against {compared_with(review)}: "
        f"{with_interval(effect)} {SCATTER} (by {BY_RULE[review.settings.interval]})"
    )
    if common is not None:
        how = ", by Mantel and Haenszel's method" if common is get(MANTEL_HAENSZEL) else ""
        said += f", {with_interval(common)} {COMMON_EFFECT}{how}"
    counted = f"; {linked(number(people.known, 0), people)} people" if people is not None else ""
    yield f"{said} ({effect.sampling.level:.0%} intervals{counted})."
    large, rest = get("largest"), get("without_largest")
    if large is not None and rest is not None:
        yield f"The largest trials ({linked(large.note, large)}) give {with_interval(large)}, all others {with_interval(rest)}."
    base, scatter, one = get("baseline_risk"), get("per_1000"), get("per_1000_common")
    if base is not None and scatter is not None and one is not None:
        first, second = get("number_needed"), get("number_needed_common")
        assert first is not None
        assert second is not None
        yield (
            f"{_at_baseline(review, base)} ({linked(base.note, base)}). With treatment it is {_of_1000(scatter)} {SCATTER}: {linked(first.note, first)}. "
            f"It is {_of_1000(one)} {COMMON_EFFECT}: {linked(second.note, second)}."
        )
    elif base is None and measure.is_of_risk:
        yield (
            "How many people in 1000 that is depends on the risk without treatment, which these figures do not give. "
            "The setting baseline_risk can supply it."
        )
    if robust := of_other_studies(measure.words, "trial", measure.digits, get):
        yield robust
    yield from _in_years(review, findings)
    published = get("published")
    if published is not None:
        yield f"A published pool ({published.note}) finds {with_interval(published)}."


def in_years(review: Review, findings: Mapping[str, Finding]) -> Iterator[Sentence]:
    """The answer that a reader would have got in each year of `told_in` in review.csv."""
    return map(Sentence, _in_years(review, findings))


def _in_years(review: Review, findings: Mapping[str, Finding]) -> Iterator[str]:
    for year in years_told(review):
        scatter, common = (
            _get(findings, review.about.outcome, f"up_to_{year}{end}") for end in ("", "_common")
        )
        if scatter is not None and common is not None:
            words = MEASURES[scatter.measure].words
            yield (
                f"In {year} the trials so far gave {'an' if words[0] in 'aeiou' else 'a'} {words} of {with_interval(scatter)} {SCATTER}, and "
                f"{with_interval(common)} {COMMON_EFFECT} ({linked(scatter.note, scatter)})."
            )


def of_one_trial(review: Review, effect: Finding, who: str) -> str:
    """The result of the one randomised trial. who: the trial, its blinding and its people."""
    words = Measure(effect.measure, "", None).words
    return (
        f"In the randomised trial ({who}) the {words} of {review.about.outcome}, {review.about.treatment} against "
        f"{compared_with(review)}, is {with_interval(effect)}, from {effect.note}."
    )


def _at_baseline(review: Review, base: Finding) -> str:
    of_1000 = linked(number(base.known, 0), base)
    return happens_to(review.about.outcome, of_1000, "people without treatment")


def message(review: Review, findings: Mapping[str, Finding], effect: Finding) -> str:
    """The effect in a sentence or two, in 1000 people if the risk without treatment is known."""
    outcome = review.about.outcome
    get = lambda quantity: _get(findings, outcome, quantity)
    base, scatter, one = get("baseline_risk"), get("per_1000"), get("per_1000_common")
    if base is None or scatter is None or one is None:
        words = capital(Measure(effect.measure, "", None).words)
        return f"{words} of {outcome}, {review.about.treatment} against {compared_with(review)}: {with_interval(effect)}."
    of = f"{_at_baseline(review, base)}."
    if _disagree(review, findings, effect):
        return f"{of} With treatment it is {_of_1000(scatter)} by one way to pool, and {_of_1000(one)} by another."
    return f"{of} With treatment it is {_of_1000(scatter)}."
