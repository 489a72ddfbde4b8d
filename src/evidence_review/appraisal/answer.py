"""The answer in three sentences, from the findings: its strength follows the evidence.

The words are fixed for each outcome of the comparison; the numbers come from the findings. What
could not be verified is said to be so.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evidence_review.appraisal.findings import Finding, slug

# Below this probability a placebo arm rarely does as well: the conventional 2.5% in one tail.
RARELY = 0.025


def finding_id(study: str, outcome: str, quantity: str) -> str:
    """Id of a finding about one study's outcome."""
    return f"{slug(study)}.{slug(outcome)}.{quantity}"


def answer(review: pd.Series, findings: Mapping[str, Finding], labels: Mapping[str, str]) -> list[str]:
    """Three sentences: the verdict, the uncontrolled study against placebo, the randomised trial.

    review: the row of review.csv. findings: by id. labels: study label by study_id.
    A study that the review does not have leaves out its sentence.
    """

    def get(study: str, quantity: str) -> Finding | None:
        return findings.get(finding_id(study, review.outcome, quantity)) if study else None

    as_good = get(review.single_arm_study, "placebo_as_good")
    contrast = get(review.randomised_study, "smd")
    sentences = [_verdict(review, as_good, contrast)]
    if as_good is not None:
        sentences.append(_single_arm(review, labels, findings))
    if contrast is not None:
        sentences.append(_randomised(review, labels, contrast, get(review.randomised_study, "smd_with_error")))
    return sentences


def _verdict(review: pd.Series, as_good: Finding | None, contrast: Finding | None) -> str:
    treatment, condition = review.treatment, review.condition
    beats_placebo = as_good is not None and as_good.value is not None and as_good.value / 100 < RARELY
    verified = contrast is not None and contrast.value is not None and contrast.high is not None and contrast.high < 0
    if verified and beats_placebo:
        return f"Both kinds of study read here point the same way: {treatment} does more for {condition} than placebo."
    if verified:
        return f"The randomised trial read here favours {treatment} over placebo for {condition}; it is one trial."
    if beats_placebo:
        return (
            f"People given {treatment} for {condition} improved more than placebo arms usually do, but no verified "
            "randomised comparison stands behind that."
        )
    return (
        f"These trials do not show that {treatment} helps {condition}, and they do not show that it does not: "
        "the improvement reported is the one that placebo shows."
    )


def _single_arm(review: pd.Series, labels: Mapping[str, str], findings: Mapping[str, Finding]) -> str:
    study = review.single_arm_study
    part = {
        name: findings[finding_id(study, review.outcome, name)]
        for name in ("change", "people", "placebo_as_good", "placebo_mean", "chance_of_significance")
    }
    change = part["change"]
    return (
        f"In {labels[study]}, {part['people'].value:.0f} people without a control group fell "
        f"{abs(change.value):.2f} points ({-change.high:.2f} to {-change.low:.2f}) on the {review.instrument_id}; "
        f"placebo arms of other trials fall {abs(part['placebo_mean'].value):.2f} on average, "
        f"{part['placebo_as_good'].value:.0f}% of placebo arms that small would do as well or better, and a trial of "
        f"this design would report p < .05 in {part['chance_of_significance'].value:.0f}% of cases if "
        f"{review.treatment} did nothing."
    )


def _randomised(review: pd.Series, labels: Mapping[str, str], contrast: Finding, error: Finding | None) -> str:
    study = labels[review.randomised_study]
    if contrast.value is not None:
        return (
            f"The randomised trial, {study}, reports a difference from placebo of {abs(contrast.value):.2f} standard "
            f"deviations ({-contrast.high:.2f} to {-contrast.low:.2f}) in favour of "
            f"{review.treatment if contrast.value < 0 else 'placebo'}."
        )
    return (
        f"The randomised trial, {study}, prints a P over all its arms but not, in what could be read, the figures of "
        f"each arm: taken at its word that P means {-contrast.high:.2f} to {-contrast.low:.2f} standard deviations "
        f"better than placebo ({-error.high:.2f} to {-error.low:.2f} with sampling error), and we could not verify it."
    )
