"""The answer in three sentences, from the findings: its strength follows the evidence.

The words are fixed for each outcome of the comparison; the numbers come from the findings. What
could not be verified is said to be so.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evidence_review.appraisal.findings import Finding, slug
from evidence_review.records import Records

# Below this probability a placebo arm rarely does as well: the conventional 2.5% in one tail.
RARELY = 0.025


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
    sentences = [_verdict(review, as_good, contrast)]
    if as_good is not None:
        sentences.append(_single_arm(records, findings))
    if contrast is not None:
        sentences.append(
            _randomised(records, contrast, get(review.randomised_study, "smd_with_error"))
        )
    return sentences


def _verdict(review: pd.Series, as_good: Finding | None, contrast: Finding | None) -> str:
    treatment, condition = review.treatment, review.condition
    beats_placebo = (
        as_good is not None and as_good.value is not None and as_good.value / 100 < RARELY
    )
    verified = (
        contrast is not None
        and contrast.value is not None
        and contrast.high is not None
        and contrast.high < 0
    )
    if verified and beats_placebo:
        return f"Both kinds of study read here point the same way: {treatment} does more for {condition} than placebo."
    if verified:
        return f"The randomised trial read here favours {treatment} over placebo for {condition}; it is one trial."
    if beats_placebo:
        return (
            f"People given {treatment} for {condition} improved more than placebo arms usually do, but no verified "
            "randomised comparison stands behind that."
        )
    usual = (
        ": the improvement reported is the one that placebo shows" if as_good is not None else ""
    )
    return f"These trials do not show that {treatment} helps {condition}, and they do not show that it does not{usual}."


def _single_arm(records: Records, findings: Mapping[str, Finding]) -> str:
    review = records.review
    study, scale = review.single_arm_study, records.instrument(review.instrument_id)
    part = {
        name: findings[finding_id(study, review.outcome, name)]
        for name in (
            "change",
            "people",
            "placebo_as_good",
            "placebo_mean",
            "chance_of_significance",
        )
    }
    change, on_placebo = part["change"], part["placebo_mean"].value
    span = f", {scale.minimum:g} to {scale.maximum:g}" if scale.maximum == scale.maximum else ""
    return (
        f"Without a control group ({records.study(study).label}, {part['people'].value:.0f} people) the symptom score "
        f"({scale.instrument_id}{span}) {_moved(change.value)} by {abs(change.value):.2f} points "
        f"({_benefit(change)}); on placebo alone it {_moved(on_placebo)} by {abs(on_placebo):.2f} on average, "
        f"{part['placebo_as_good'].value:.0f}% of placebo groups that small would do as well or better, and such a "
        f"trial would report p < .05 in {part['chance_of_significance'].value:.0f}% of cases if "
        f"{review.treatment} did nothing."
    )


def _moved(change: float) -> str:
    return "improved" if change < 0 else "worsened"


def _benefit(finding: Finding) -> str:
    """An interval in the direction of benefit: improvement positive, smaller limit first."""
    return f"{-finding.high:.2f} to {-finding.low:.2f}".replace("-", "−")


def _randomised(records: Records, contrast: Finding, error: Finding | None) -> str:
    review = records.review
    study = records.study(review.randomised_study)
    if contrast.value is not None:
        better = review.treatment if contrast.value < 0 else "placebo"
        return (
            f"The randomised trial ({study.label}) reports a difference of {abs(contrast.value):.2f} standard deviations "
            f"in favour of {better} ({_benefit(contrast)} in favour of {review.treatment}; {contrast.note})."
        )
    return (
        f"The randomised trial ({study.label}) prints a P over all its arms; taken at its word that P means "
        f"{_benefit(contrast)} standard deviations better than placebo ({_benefit(error)} with sampling error), but the "
        "figures of its arms could not be read, so that we could not verify it."
    )
