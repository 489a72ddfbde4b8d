"""The answer in three sentences, from the findings: its strength follows the evidence.

The words are fixed for each outcome of the comparison; the numbers come from the findings. What
could not be verified is said to be so.
"""

from __future__ import annotations

from collections.abc import Mapping

from evidence_review.appraisal.findings import Finding, slug
from evidence_review.records import Records

# Below this probability a placebo arm rarely does as well: the conventional 2.5% in one tail.
RARELY = 0.025
# From this probability on, doing as well is what placebo groups commonly show.
COMMONLY = 0.25


def standing(share: float) -> str:
    """What a share of placebo groups that do as well makes of a change: rare, uncommon or common."""
    return "rare" if share < RARELY else "uncommon" if share < COMMONLY else "common"


def finding_id(study: str, outcome: str, quantity: str) -> str:
    """Id of a finding about one study's outcome."""
    return f"{slug(study)}.{slug(outcome)}.{quantity}"


def answer(records: Records, findings: Mapping[str, Finding]) -> list[str]:
    """Three sentences: the verdict, the uncontrolled study against placebo, the randomised trial.

    findings: by id. A study that the review does not have leaves out its sentence.
    """
    review = records.review

    def get(study: str, quantity: str) -> Finding | None:
        return findings.get(finding_id(study, review.outcome, quantity)) if study else None

    as_good = get(review.single_arm_study, "placebo_as_good")
    contrast = get(review.randomised_study, "smd")
    sentences = [_verdict(records, as_good, contrast)]
    if as_good is not None:
        sentences.append(_single_arm(records, findings))
    if contrast is not None:
        sentences.append(_randomised(records, findings, contrast))
    return sentences


def _verdict(records: Records, as_good: Finding | None, contrast: Finding | None) -> str:
    treatment, condition = records.review.treatment, records.review.condition
    share = None if as_good is None or as_good.value is None else as_good.value / 100
    beats_placebo = share is not None and standing(share) == "rare"
    verified = contrast is not None and contrast.value is not None
    if verified and contrast.high < 0:
        if beats_placebo:
            return f"Both kinds of trial read here point the same way: {treatment} does more for {condition} than placebo."
        return f"The randomised trial read here favours {treatment} over placebo for {condition}; it is one trial."
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
            "the randomised trial's difference from placebo could be chance"
            if verified
            else "the randomised trial's difference from placebo could not be verified"
        )
    because = f": {', and '.join(reasons)}" if reasons else ""
    return f"These trials do not settle whether {treatment} helps {condition}{because}."


def _single_arm(records: Records, findings: Mapping[str, Finding]) -> str:
    review = records.review
    study, scale = records.study(review.single_arm_study), records.instrument(review.instrument_id)
    part = {
        name: findings[finding_id(study.study_id, review.outcome, name)]
        for name in ("change", "people", "placebo_as_good", "placebo_mean")
    }
    change, on_placebo = part["change"], part["placebo_mean"].value
    less = findings.get(finding_id(study.study_id, review.outcome, "change_less_bias"))
    taken_off = (
        f", or {_moved(less.value)} by {abs(less.value):.2f} with {less.note}" if less else ""
    )
    span = f", {scale.minimum:g} to {scale.maximum:g}" if scale.maximum == scale.maximum else ""
    return (
        f"In the trial without a control group ({study.label}, {part['people'].value:.0f} people) the symptom score "
        f"({scale.instrument_id}{span}) {_moved(change.value)} by {abs(change.value):.2f} points "
        f"({change.level:.0%} interval {_benefit(change)}){taken_off}; in the placebo groups of other trials it {_moved(on_placebo)} by "
        f"{abs(on_placebo):.2f} on average, and {part['placebo_as_good'].value:.0f}% of such groups of that size would do as well or better."
    )


def _moved(change: float) -> str:
    return "improved" if change < 0 else "worsened"


def _benefit(finding: Finding) -> str:
    """An interval in the direction of benefit: improvement positive, smaller limit first."""
    return f"{-finding.high:.2f} to {-finding.low:.2f}".replace("-", "−")


def _randomised(records: Records, findings: Mapping[str, Finding], contrast: Finding) -> str:
    review = records.review
    study = records.study(review.randomised_study)
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
