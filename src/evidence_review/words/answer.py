"""The answer in three sentences, from the findings: its strength follows the evidence.

The words are fixed for each outcome of the comparison; the numbers come from the findings. What
could not be verified is said to be so.
"""

from __future__ import annotations

from collections.abc import Mapping

from evidence_review.judgement.grade import LEVELS, RANDOMISED
from evidence_review.records import Records
from evidence_review.review.finding import POOLED, Finding, certainty_id, finding_id, standing


def compared(records: Records, findings: Mapping[str, Finding]) -> str:
    """What the randomised evidence rests on: 'pooled', or the one trial that gives a difference.

    A reconstruction counts where it is all there is. '' where there is none, or several that could
    not be pooled.
    """
    get = lambda study: findings.get(finding_id(study, records.review.outcome, "smd"))
    if get(POOLED) is not None:
        return POOLED
    found = [study for study in records["contrasts"].study_id if get(study) is not None]
    best = [study for study in found if get(study).value is not None] or found
    return best[0] if len(best) == 1 else ""


def answer(records: Records, findings: Mapping[str, Finding]) -> list[str]:
    """Three sentences or so: the verdict, the uncontrolled study against placebo, the randomised trials.

    findings: by id. A study that the review does not have leaves out its sentence.
    """
    review = records.review

    def get(study: str, quantity: str) -> Finding | None:
        return findings.get(finding_id(study, review.outcome, quantity)) if study else None

    trial, as_good = compared(records, findings), get(review.single_arm_study, "placebo_as_good")
    contrast = _pooled_effect(records, findings) or get(trial, "smd")
    sentences = [_verdict(records, findings, as_good, contrast)]
    if as_good is not None:
        sentences.append(_single_arm(records, findings))
    if trial == POOLED:
        sentences += _pooled(records, findings)
    elif contrast is not None:
        sentences.append(_randomised(records, findings, contrast, trial))
    return sentences


def _verdict(
    records: Records,
    findings: Mapping[str, Finding],
    as_good: Finding | None,
    contrast: Finding | None,
) -> str:
    treatment, condition = records.review.treatment, records.review.condition
    trials = findings.get(finding_id(POOLED, records.review.outcome, "trials"))
    share = None if as_good is None or as_good.value is None else as_good.value / 100
    beats_placebo = share is not None and standing(share) == "rare"
    verified = contrast is not None and contrast.value is not None
    if verified and contrast.high < 0:
        if beats_placebo:
            return (
                f"Both kinds of trial read here point the same way: {treatment} did better than placebo for "
                f"{condition}{_as_sure(records, findings, ', and')}."
            )
        if trials is not None:
            return (
                f"In {trials.value:.0f} randomised trials taken together, people on {treatment} did better than people on "
                f"placebo{_as_sure(records, findings)}."
            )
        return f"The randomised trial read here favours {treatment} over placebo for {condition}; it is one trial."
    if verified and contrast.low > 0:
        return f"People on {treatment} did worse than people on placebo: {'the randomised trials read here speak' if trials else 'the randomised trial read here speaks'} against it for {condition}."
    if beats_placebo:
        return (
            f"People given {treatment} for {condition} improved more than placebo groups usually do, but no verified "
            "randomised comparison stands behind that."
        )
    reasons = []
    if share is not None:
        reasons.append(
            "the improvement without a control group is what placebo groups show"
            if standing(share) == "common"
            else "the improvement without a control group is more than most placebo groups show, but not more than some"
        )
    if contrast is not None:
        reasons.append(
            f"the difference from placebo in {f'{trials.value:.0f} randomised trials' if trials else 'the randomised trial'} could be chance"
            if verified
            else "the randomised trial's difference from placebo could not be verified"
        )
    because = f": {', and '.join(reasons)}" if reasons else ""
    return f"These trials do not settle whether {treatment} helps {condition}{because}."


def _as_sure(records: Records, findings: Mapping[str, Finding], link: str = ":") -> str:
    """What that means, as surely as the certainty that was judged; '' where nobody judged it."""
    review = records.review
    level = findings.get(certainty_id(review.outcome, RANDOMISED))
    if level is None:
        return ""
    if level.value == LEVELS.index("very low"):
        return f"; whether it helps {review.condition} more than placebo does is very uncertain"
    helps = {"low": "may help", "moderate": "probably helps", "high": "helps"}
    return f"{link} it {helps[LEVELS[int(level.value)]]} {review.condition} more than placebo does"


def _single_arm(records: Records, findings: Mapping[str, Finding]) -> str:
    review = records.review
    study = records.study(review.single_arm_study)
    part = {
        name: findings[finding_id(study.study_id, review.outcome, name)]
        for name in ("change", "people", "placebo_as_good", "placebo_mean")
    }
    change, on_placebo = part["change"], part["placebo_mean"].value
    less = findings.get(finding_id(study.study_id, review.outcome, "change_less_bias"))
    taken_off = (
        f", or {_moved(less.value)} by {abs(less.value):.2f} as held against placebo ({less.note})"
        if less
        else ""
    )
    return (
        f"In the trial without a control group ({study.label}, {part['people'].value:.0f} people) the symptom score "
        f"({_scale(records)}) {_moved(change.value)} by {abs(change.value):.2f} points "
        f"({change.level:.0%} interval {_benefit(change)}){taken_off}; in the placebo groups of other trials it {_moved(on_placebo)} by "
        f"{abs(on_placebo):.2f} on average, and {part['placebo_as_good'].value:.0f}% of such groups of that size would do as well or better."
    )


def _moved(change: float) -> str:
    return "improved" if change < 0 else "worsened"


def _benefit(finding: Finding) -> str:
    """An interval in the direction of benefit: improvement positive, smaller limit first."""
    return f"{-finding.high:.2f} to {-finding.low:.2f}".replace("-", "−")


def _pooled(records: Records, findings: Mapping[str, Finding]) -> list[str]:
    """How large the pooled difference is and how far it holds; what was published beside it."""
    review = records.review
    get = lambda quantity: findings.get(finding_id(POOLED, review.outcome, quantity))
    effect = _pooled_effect(records, findings)
    on_placebo, left_out, published = map(get, ("on_placebo", "leave_one_out", "published"))
    unit, scale = "standard deviations", ""
    if get("md") is not None:
        unit, scale = "points", f" on the symptom score ({_scale(records)})"
    more = "more" if effect.value < 0 else "less"
    sentences = [
        f"People on {review.treatment} improved by {abs(effect.value):.2f} {unit} {more}{scale} than people on placebo "
        f"({effect.level:.0%} interval of the difference {_benefit(effect)}; {get('people').value:.0f} people)"
        + (
            f"; where trials print the change of each group, people on placebo {_moved(on_placebo.value)} by "
            f"{abs(on_placebo.value):.2f} on average"
            if on_placebo
            else ""
        )
        + f". In a new trial the true difference is expected between "
        f"{_benefit(get('new_trial')).replace(' to ', ' and ')}"
        + (f"; leaving out any one trial gives {_benefit(left_out)}." if left_out else ".")
    ]
    if published is not None:
        sentences.append(
            f"A published pool ({published.label.rpartition(' by ')[2]}; {published.note}) finds a benefit of {-published.value:.2f} "
            f"{published.unit} ({_benefit(published)}). Why the two differ is on the page of the effect against placebo."
        )
    return sentences


def _pooled_effect(records: Records, findings: Mapping[str, Finding]) -> Finding | None:
    """The pooled difference, in points where all trials share a scale."""
    ids = (finding_id(POOLED, records.review.outcome, unit) for unit in ("md", "smd"))
    return next((findings[name] for name in ids if name in findings), None)


def _scale(records: Records) -> str:
    """The review's scale with its ends, where they are known."""
    scale = records.instrument(records.review.instrument_id)
    span = f", {scale.minimum:g} to {scale.maximum:g}" if scale.maximum == scale.maximum else ""
    return f"{scale.instrument_id}{span}"


def _randomised(
    records: Records, findings: Mapping[str, Finding], contrast: Finding, study_id: str
) -> str:
    review = records.review
    study = records.study(study_id)
    people = records.people(study.study_id, "all")
    who = ", ".join(
        part
        for part in (
            study.label,
            study.blinding if study.blinding != "not extracted" else "",
            f"{people.value:.0f} people" if people.found else "",
        )
        if part
    )
    if contrast.value is not None:
        size, side = abs(contrast.value), "better" if contrast.value < 0 else "worse"
        return (
            f"In the randomised trial ({who}) people on {review.treatment} did {side} than people on placebo by "
            f"{size:.2f} standard deviations (from {_against(contrast.low)} to {_against(contrast.high)}), from "
            f"{contrast.note}."
        )
    reconstructed = findings[finding_id(study.study_id, review.outcome, "smd_with_error")]
    omnibus = records.select(study_id=study.study_id, statistic="p_omnibus", outcome=review.outcome)
    last = omnibus[omnibus.value.notna()].sort_values("week").iloc[-1]
    earlier = omnibus[(omnibus.text != "") & (omnibus.week > 0) & (omnibus.week < last.week)]
    before = "".join(
        f"; at week {row.week:g} {row.text.partition(' (')[0]}" for row in earlier.itertuples()
    )
    return (
        f"The randomised trial ({who}) says that its groups differed at week {last.week:g} (P {last.comparator} "
        f"{last.value:g}{before}). Taken at its word, and with groups of equal size, that would be a benefit over placebo of "
        f"{_benefit(reconstructed)} standard deviations, chance allowed for; but the figures of its groups could not be read "
        "and we could not check this."
    )


def _against(difference: float) -> str:
    return f"{abs(difference):.2f} {'better' if difference < 0 else 'worse'}"
