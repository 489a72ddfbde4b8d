"""The answer in a few sentences from the findings, worded as strongly as the evidence allows.

Each result of the comparison has fixed words; the numbers come from the findings. A sentence says so if
something could not be verified.
"""

from __future__ import annotations

from collections.abc import Mapping

from evidence_review.effect_measures import STATED
from evidence_review.estimates.contrast import compared_trials, compared_with
from evidence_review.estimates.pool import published_result
from evidence_review.judgement.grade import LEVELS
from evidence_review.numbers import capital, day, duration, number, percent
from evidence_review.review.finding import POOLED, Finding, certainty_id, finding_id, standing
from evidence_review.review.review import Review
from evidence_review.review.settings import OBSERVATIONAL, RANDOMISED
from evidence_review.words import association, events, studies
from evidence_review.words.benefit import (
    benefit_interval,
    benefit_of,
    better_or_worse,
    moved,
    people_on,
)
from evidence_review.words.effects import BY_RULE
from evidence_review.words.linked import Sentence, linked
from evidence_review.words.pool import in_new_study, not_alike

_BY_CHANCE = "the randomised difference could be chance"


def compared(review: Review, findings: Mapping[str, Finding]) -> str:
    """The source of the randomised difference: 'pooled', or the one study that gives a difference.

    A reconstruction counts if no trial gives a better figure. '' without any difference, or with several
    that could not be pooled.
    """
    get = lambda study: _difference(review, findings, study)
    if _pooled_effect(review, findings) is not None:
        return POOLED
    found = [(trial.study_id, get(trial.study_id)) for trial in compared_trials(review)]
    found = [(study, finding) for study, finding in found if finding is not None]
    best = [study for study, finding in found if finding.value is not None]
    best = best or [study for study, _ in found]
    return best[0] if len(best) == 1 else ""


def answer(review: Review, findings: Mapping[str, Finding]) -> list[Sentence]:
    """The verdict, then its basis: the uncontrolled study against placebo, the randomised trials.

    findings: by id. A sentence is left out if the review has no such study.
    """
    about, trial = review.about, compared(review, findings)
    as_good = _get(findings, about.single_arm_study, about.outcome, "placebo_as_good")
    contrast = randomised_difference(review, findings)
    if not review.records.rows("contrasts") and not about.single_arm_study:
        return list(map(Sentence, _nothing_found(review)))
    if studies.is_association(review):
        return list(map(Sentence, _associated(review, findings, contrast, trial)))
    if about.measure in STATED:
        return list(map(Sentence, _of_events(review, findings, contrast, trial)))
    sentences = [_verdict(review, findings, as_good, contrast)]
    if as_good is not None:
        sentences.append(_single_arm(review, findings))
    elif _get(findings, about.single_arm_study, about.outcome, "change") is not None:
        sentences.append(_not_compared(review, findings))
    if trial == POOLED:
        sentences += _pooled(review, findings)
    elif contrast is not None:
        sentences.append(_randomised(review, findings, contrast, trial))
    return [Sentence(sentence) for sentence in sentences]


def randomised_difference(review: Review, findings: Mapping[str, Finding]) -> Finding | None:
    """The difference from placebo behind the answer: the pooled one, else that of one trial."""
    pooled = _pooled_effect(review, findings)
    if pooled is not None:
        return pooled
    return _difference(review, findings, compared(review, findings))


def _get(
    findings: Mapping[str, Finding], study: str, outcome: str, quantity: str
) -> Finding | None:
    return findings.get(finding_id(study, outcome, quantity)) if study else None


def _difference(review: Review, findings: Mapping[str, Finding], study: str) -> Finding | None:
    """The effect of a trial or pool: on the measure of events, else standardised or in the scale's unit."""
    found = (
        _get(findings, study, review.about.outcome, name) for name in reversed(_measures(review))
    )
    return next((finding for finding in found if finding is not None), None)


def _measures(review: Review) -> tuple[str, ...]:
    """Measures of the answer as parts of ids, the preferred one first."""
    measure = review.settings.measure
    return (measure.lower(),) if measure in STATED else ("md", "smd")


def _of_events(
    review: Review, findings: Mapping[str, Finding], effect: Finding | None, trial: str
) -> list[str]:
    """The answer if people either have the outcome or do not."""
    trials = _get(findings, POOLED, review.about.outcome, "trials")
    among = "in one randomised trial" if trials is None else _among(trials)
    sentences = [events.verdict(review, findings, effect, among)]
    if effect is not None and trial == POOLED:
        sentences += events.answer(review, findings, effect)
    elif effect is not None:
        sentences.append(events.of_one_trial(review, effect, _who(review, trial)))
    return sentences


def _associated(
    review: Review, findings: Mapping[str, Finding], effect: Finding | None, study: str
) -> list[str]:
    """The answer if nobody was allocated at random: an association."""
    trials = _get(findings, POOLED, review.about.outcome, "trials")
    kind = studies.in_full(OBSERVATIONAL, 1 if trials is None else 2)
    among = f"in one {kind}" if trials is None else _among(trials, kind)
    sentences = [association.verdict(review, findings, effect, among)]
    if effect is not None and study == POOLED:
        sentences += association.answer(review, findings, effect)
    elif effect is not None:
        sentences += association.of_one_study(review, effect, _who(review, study))
    return sentences


def _among(trials: Finding, kind: str = "randomised trials") -> str:
    return f"in {linked(f'{trials.known:.0f}', trials)} {kind}"


def _verdict(
    review: Review,
    findings: Mapping[str, Finding],
    as_good: Finding | None,
    contrast: Finding | None,
) -> str:
    """The answer in fewer than twenty words, as certain as the evidence."""
    treatment, comparator = review.about.treatment, compared_with(review)
    in_what = "" if review.is_own_outcome else f" in {review.about.outcome}"
    trials = _get(findings, POOLED, review.about.outcome, "trials")
    among = "in one randomised trial"
    if trials is not None:
        among = _among(trials)
    known = contrast is not None and contrast.value is not None
    side = better_or_worse(contrast) if contrast is not None and known else ""
    if side == "better":
        return _as_sure(review, findings) or (
            f"{capital(among)}, people on {treatment} did better than {people_on(comparator)}{in_what}."
        )
    if side == "worse":
        return f"{capital(among)}, people on {treatment} did worse than {people_on(comparator)}{in_what}."
    more = "" if as_good is None or as_good.value is None else standing(as_good.value / 100)
    if more == "rare":
        but = _BY_CHANCE if known else "no randomised trial that we could check confirms it"
        return f"People on {treatment} improved more than placebo groups do, but {but}."
    if more == "common" or not more:
        if known:
            return f"Not known: {among} the difference from {comparator} could be chance."
        return (
            f"Not known: no trial that we could check shows that {treatment} {_helps(review)} "
            f"more than {comparator}."
        )
    but = _BY_CHANCE if known else "no trial we could check compares them"
    return f"Not known: people on {treatment} improved more than most placebo groups, but {but}."


def _as_sure(review: Review, findings: Mapping[str, Finding]) -> str:
    """The sentence that the treatment helps, by the judged certainty; '' if nobody judged it."""
    treatment, comparator = review.about.treatment, compared_with(review)
    level = findings.get(certainty_id(review.about.outcome, RANDOMISED))
    if level is None or level.value is None:
        return ""
    judged = LEVELS[int(level.value)]
    if judged == "very low":
        return f"Whether {treatment} {_helps(review)} more than {comparator} is very uncertain."
    return f"{capital(treatment)} {_helps(review, judged)} more than {comparator}."


def _helps(review: Review, level: str = "high") -> str:
    """'probably helps insomnia'; of another outcome than the review's own, 'probably improves sleep'."""
    verb, what = "help", review.about.condition
    if not review.is_own_outcome:
        verb, what = "improve", review.about.outcome
    said = {"low": f"may {verb}", "moderate": f"probably {verb}s", "high": f"{verb}s"}
    return f"{said[level]} {what}"


def _single_arm(review: Review, findings: Mapping[str, Finding]) -> str:
    about = review.about
    study = review.records.study(about.single_arm_study)
    get = lambda quantity: findings[finding_id(study.study_id, about.outcome, quantity)]
    change, on_placebo = get("change"), get("placebo_mean")
    as_good = get("placebo_as_good")
    people = findings.get(finding_id(study.study_id, about.outcome, "people"))
    counted = f", {linked(f'{people.known:.0f}', people)} people" if people else ""
    less = findings.get(finding_id(study.study_id, about.outcome, "change_less_bias"))
    taken_off = (
        f", or {moved(less)} by {linked(number(abs(less.known)), less)} once corrected for the comparison with placebo ({less.note})"
        if less
        else ""
    )
    return (
        f"In the trial without a control group ({study.label}{counted}) {_scale(review)} "
        f"{moved(change)} by {linked(number(abs(change.known)), change)} {change.unit}"
        f"{_with_interval(change)}{taken_off}; in the placebo groups of other trials it {moved(on_placebo)} by "
        f"{linked(number(abs(on_placebo.known)), on_placebo)} on average, and {linked(percent(as_good.known / 100), as_good)} of such groups of that size would do as well or better."
    )


def _not_compared(review: Review, findings: Mapping[str, Finding]) -> str:
    """The sentence on an uncontrolled change without placebo arms to compare it with."""
    about = review.about
    study = review.records.study(about.single_arm_study)
    change, people = (
        findings.get(finding_id(study.study_id, about.outcome, name))
        for name in ("change", "people")
    )
    assert change is not None
    who = study.label + (f", {people.known:.0f} people" if people else "")
    return (
        f"In the trial without a control group ({who}) {_scale(review)} {moved(change)} by "
        f"{number(abs(change.known))} {change.unit}{_with_interval(change)}. How much "
        "people on placebo change was not looked up, so this says nothing about the treatment."
    )


def _with_interval(change: Finding) -> str:
    """' (95% interval 2 to 11)', as a benefit; '' if not known, as for a standard error without an n."""
    if change.interval is None:
        return ""
    return f" ({change.interval.level:.0%} interval {benefit_interval(change)})"


def _nothing_found(review: Review) -> list[str]:
    """The answer of a review that found no study: how it searched, and which study would answer."""
    about, searches = review.about, review.records.rows("searches")
    looked = "; ".join(
        f"{row.place}, {row.sought}"
        + (f", {day(row.searched_on)}" if row.searched_on else "")
        + (f": {row.found:.0f} found, {row.kept:.0f} kept" if row.kept == row.kept else "")
        for row in searches
    )
    return [
        f"Not known: no study of {about.treatment} for {about.condition} was found.",
        f"Where we looked: {looked}. That nothing was found does not show that nothing is there, nor that it does not help.",
        f"What would answer it: a trial that randomises people to {about.treatment} or {compared_with(review)} and measures {_scale(review)}.",
    ]


def _pooled(review: Review, findings: Mapping[str, Finding]) -> list[str]:
    """The size of the pooled difference, its robustness, and published results on the same question."""
    about, others = review.about, people_on(compared_with(review))
    get = lambda quantity: findings.get(finding_id(POOLED, about.outcome, quantity))
    effect = _pooled_effect(review, findings)
    if effect is None:
        return []
    on_placebo, left_out, published = map(get, ("on_placebo", "leave_one_out", "published"))
    people = findings[finding_id(POOLED, about.outcome, "people")]
    unit, scale = "standard deviations", ""
    if effect.measure != "SMD":
        unit, scale = effect.unit, f" on {_scale(review)}"
    more = "more" if benefit_of(effect) > 0 else "less"
    mean, new = (
        benefit_interval(findings[finding_id(POOLED, about.outcome, name)], joined=False)
        for name in ("bayes", "new_trial")
    )
    sentences = [
        f"People on {about.treatment} improved by {linked(number(abs(effect.known)), effect)} {unit} {more}{scale} than {others} "
        f"({effect.sampling.level:.0%} interval of the difference {benefit_interval(effect)} by {BY_RULE[review.settings.interval]}; {linked(f'{people.known:.0f}', people)} people)"
        + (
            f"; where trials give the change of each group, {others} {moved(on_placebo)} by "
            f"{linked(number(abs(on_placebo.known)), on_placebo)} on average"
            if on_placebo
            else ""
        )
        + (f". Leaving out any one trial gives {benefit_interval(left_out)}" if left_out else "")
        + f". {in_new_study('difference', 'trial', mean, new)}."
    ]
    if apart := not_alike(review, about.outcome):
        sentences.append(apart)
    result = published_result(review)
    if published is not None and result is not None:
        source = review.records.source_name(result.source_id)
        sentences.append(
            f"A published pool ({source}; {linked(published.note, published)}) finds a benefit of {linked(number(benefit_of(published)), published)} "
            f"{published.unit} ({benefit_interval(published)}). The page of the comparison says why the two differ."
        )
    return sentences


def _pooled_effect(review: Review, findings: Mapping[str, Finding]) -> Finding | None:
    """The pooled difference, in the unit of the scale if all trials share one."""
    ids = (finding_id(POOLED, review.about.outcome, name) for name in _measures(review))
    return next((findings[name] for name in ids if name in findings), None)


def _scale(review: Review) -> str:
    """The review's outcome with its scale and ends, as far as they are known."""
    if not review.about.instrument_id:
        return review.about.outcome
    scale = review.records.instrument(review.about.instrument_id)
    span = f", {scale.minimum:g} to {scale.maximum:g}" if scale.maximum == scale.maximum else ""
    return f"{review.about.outcome} ({scale.instrument_id}{span})"


def _randomised(
    review: Review, findings: Mapping[str, Finding], contrast: Finding, study_id: str
) -> str:
    about, records = review.about, review.records
    study = records.study(study_id)
    who, comparator = _who(review, study_id), records.comparators[study_id]
    if contrast.value is not None:
        side = "better" if benefit_of(contrast) > 0 else "worse"
        low, high = (_against(contrast, end) for end in _ends(contrast))
        unit = "standard deviations" if contrast.measure == "SMD" else contrast.unit
        return (
            f"In the randomised trial ({who}) people on {about.treatment} did {side} than {people_on(comparator)} by "
            f"{linked(number(abs(contrast.value)), contrast)} {unit} ({contrast.sampling.level:.0%} interval {low} to {high}), from "
            f"{contrast.note}."
        )
    reconstructed = findings[f"{contrast.id}_with_error"]
    rows = [
        row
        for row in records.arm_rows(study.study_id, "all", outcome=about.outcome)
        if row.statistic == "p_omnibus"
    ]
    printed = [row for row in rows if row.value == row.value]
    if not printed:  # a bound, such as P > 0.05
        unit = "standard deviations" if contrast.measure == "SMD" else contrast.unit
        low, high = benefit_interval(reconstructed, joined=False)
        return (
            f"The randomised trial ({who}) does not print its difference from {comparator}. What it prints ({contrast.note}) leaves a "
            f"benefit from {low} to {high} {unit} possible (below 0 is harm)."
        )
    last = max(printed, key=lambda row: row.week)
    before = "".join(
        f"; after {duration(row.week)} {row.text}"
        for row in rows
        if row.text and 0 < row.week < last.week
    )
    any_order = findings[finding_id(study.study_id, about.outcome, "smd_any_order_with_error")]
    most = linked(number(any_order.sampling.high), any_order)
    p = linked(
        f"P {last.comparator} {last.value:g}",
        finding_id(study.study_id, about.outcome, "p_printed"),
    )
    read = "We read only its summary" if study.access_level == "abstract" else "We read no figures"
    return (
        f"The randomised trial ({who}) reports that its groups differed after {duration(last.week)} "
        f"({p}{before}), but not which of them. If {about.treatment} did best and {comparator} worst, in groups of equal size, the "
        f"benefit over {comparator} could be anything from {benefit_interval(reconstructed)} standard deviations; without that assumption, "
        f"anything from {most} better to {most} worse. {read}, and could not check this."
    )


def _who(review: Review, study_id: str) -> str:
    """A trial, its blinding and its people, as far as they are known."""
    study, people = review.records.study(study_id), review.records.people(study_id, "all")
    parts = (
        study.label,
        study.blinding if study.blinding != "not extracted" else "",
        f"{linked(f'{people.value:.0f}', f'{study_id}.people')} people" if people.found else "",
    )
    return ", ".join(part for part in parts if part)


def _ends(finding: Finding) -> tuple[float, float]:
    """Both ends of an interval, the better one first."""
    low, high = finding.sampling.low, finding.sampling.high
    return (low, high) if finding.better != "higher" else (high, low)


def _against(finding: Finding, difference: float) -> str:
    side = "better" if benefit_of(finding, difference) > 0 else "worse"
    return linked(f"{number(abs(difference))} {side}", finding)
