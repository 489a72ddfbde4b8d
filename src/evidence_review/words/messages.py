"""The key messages of a review's first page: effect, certainty, safety and form of treatment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evidence_review.effect_measures import STATED
from evidence_review.estimates.contrast import compared_with, evidence_pooled
from evidence_review.judgement.certainty import Body
from evidence_review.judgement.grade import UNCONTROLLED
from evidence_review.numbers import capital, listing, rough, units
from evidence_review.review.finding import POOLED, Finding, certainty_id, finding_id, standing
from evidence_review.review.review import Review
from evidence_review.review.settings import RANDOMISED
from evidence_review.words import association, events, studies
from evidence_review.words.answer import compared, randomised_difference
from evidence_review.words.benefit import benefit_of, better_or_worse, moved, people_on
from evidence_review.words.key_points import OWN_HARMS, Message, key_points
from evidence_review.words.linked import Sentence, linked

# GRADE's domains in words, as reasons for less certainty.
_REASONS = {
    "risk of bias": "how the trials were run",
    "inconsistency": "trials that disagree",
    "indirectness": "a comparison that is not direct",
    "imprecision": "a result that is not precise",
    "publication bias": "trials that may be missing",
}
# Most forms of treatment that are listed; more are counted.
_MANY_FORMS = 3
_LIKE_PLACEBO = {
    "common": "as people do on placebo",
    "uncommon": "more than most placebo groups do, but some do as well",
    "rare": "more than placebo groups do",
}


def key_messages(
    review: Review, findings: Mapping[str, Finding], judged: Mapping[str, Body]
) -> Iterator[Message]:
    """The key messages: the effect, its certainty, the treatments given, and their harms.

    judged: the bodies of evidence on the review's outcome, by kind.
    """
    if effect := " ".join(_effect(review, findings)):
        yield Message("Effect", Sentence(effect), _main_finding(review, findings))
    body = judged.get(evidence_pooled(review)) or judged.get(UNCONTROLLED)
    if body is not None:
        level = certainty_id(body.outcome, body.evidence)
        yield Message("How sure", _how_sure(body), level if level in findings else "")
    elif effect:
        yield Message("How sure", "Nobody has judged how certain this evidence is.")
    points = key_points(review, findings)
    yield from points
    if not points and not studies.is_association(review) and (form := _safety_and_form(review)):
        yield Message("Safety and form" if _form(review) else "Safety", form)
    if points and all(point.about == OWN_HARMS for point in points) and (form := _form(review)):
        yield Message("Form", form)


def _effect(review: Review, findings: Mapping[str, Finding]) -> Iterator[str]:
    about = review.about
    get = lambda study, quantity: findings.get(finding_id(study, about.outcome, quantity))
    study = about.single_arm_study
    change, as_good = (
        get(study, name) if study else None for name in ("change", "placebo_as_good")
    )
    if change is not None and as_good is not None and as_good.value is not None:
        count = get(study, "people")
        people = f"{linked(f'{count.known:.0f}', count)} people" if count else "people"
        like = _LIKE_PLACEBO[standing(as_good.value / 100)]
        yield (
            f"Without a comparison group, {people} {moved(change)} by about "
            f"{_size(change)}{_of_what(review, change)}, {like}."
        )
    trial = compared(review, findings)
    contrast = randomised_difference(review, findings)
    if contrast is None:
        return
    if studies.is_association(review):
        yield association.message(review, contrast)
        return
    if about.measure in STATED:
        yield events.message(review, findings, contrast)
        return
    comparator = compared_with(review)
    if contrast.value is None:
        read = ""
        if review.records.study(trial).access_level == "abstract":
            read = "read only its summary and "
        ranked = review.records.study_rows(trial, "p_omnibus", outcome=about.outcome)
        yield (
            f"A randomised trial reports a difference between its groups, but we {read}could not check it."
            if any(row.value == row.value for row in ranked)
            else f"A randomised trial does not print enough to show how far it differs from {comparator}."
        )
        return
    if better_or_worse(contrast):
        more = "more" if benefit_of(contrast) > 0 else "less"
        where = "In one randomised trial, people"
        if trial == POOLED:
            trials = findings[finding_id(POOLED, about.outcome, "trials")]
            where = f"In {linked(f'{trials.known:.0f}', trials)} randomised trials, people"
        yield (
            f"{where} on {about.treatment} improved by about {_size(contrast)} {more} than "
            f"{people_on(comparator)}{_on_scale(review, contrast) or ',' + _of_what(review, contrast)}."
        )
    else:
        yield f"The difference from {comparator} could be chance."


def _main_finding(review: Review, findings: Mapping[str, Finding]) -> str:
    """The id of the finding behind the effect: the uncontrolled change, if there is one."""
    change = finding_id(review.about.single_arm_study, review.about.outcome, "change")
    if change in findings:
        return change
    contrast = randomised_difference(review, findings)
    return contrast.id if contrast else ""


def _size(finding: Finding) -> str:
    """A change or difference with its unit, and with no more digits than its interval allows."""
    unit = "standard deviations" if finding.measure == "SMD" else finding.unit
    shown = f"{abs(finding.known):.3g}"
    if finding.interval is not None:
        shown = rough(abs(finding.known), (finding.interval.high - finding.interval.low) / 2)
    return f"{linked(shown, finding)} {units(shown, unit)}"


def _of_what(review: Review, finding: Finding) -> str:
    """The outcome that improved, to name it if it has no scale."""
    return "" if _on_scale(review, finding) else f" in {review.about.outcome}"


def _on_scale(review: Review, finding: Finding) -> str:
    """The ends of the scale; '' if it has none, or another unit."""
    if finding.measure == "SMD" or not review.about.instrument_id:
        return ""
    scale = review.records.instrument(review.about.instrument_id)
    if scale.maximum != scale.maximum:
        return ""
    return f", on a scale from {scale.minimum:g} to {scale.maximum:g}"


def _how_sure(body: Body) -> str:
    reasons = _REASONS
    if body.evidence != RANDOMISED:
        reasons = {name: why.replace("trials", "studies") for name, why in _REASONS.items()}
    lowered = [reasons[domain.name] for domain in body.domains if domain.levels < 0]
    because = f", because of {listing(lowered)}" if lowered else ""
    return f"{capital(body.level)} certainty{because}."


def _safety_and_form(review: Review) -> str:
    """The harms that trials report, and the treatments that they gave."""
    records, about = review.records, review.about
    arms = _treated(review)
    if not arms:
        return ""
    studies = {study for study, _ in arms}
    counting = sum(
        any(
            row.value == row.value and row.outcome != about.outcome
            for row in records.study_rows(study, "n_events")
        )
        for study in studies
    )
    harms = "No trial that we read gives numbers of harms."
    if counting == len(studies) == 1:
        harms = "The one trial that we read gives numbers of harms."
    elif counting:
        harms = f"{counting} of {len(studies)} trials that we read give numbers of harms."
    return f"{harms} {_form(review)}".rstrip()


def _form(review: Review) -> str:
    """The treatments that the trials gave; '' if the arms say no more than the name of the treatment."""
    arms = _treated(review)
    given = {
        row.treatment
        for row in review.records.rows("arms")
        if (row.study_id, row.arm_id) in arms and row.treatment
    }
    if given <= {review.about.treatment}:
        return ""
    read = len({study for study, _ in arms})
    if len(given) <= _MANY_FORMS:
        return f"The {'trial' if read == 1 else 'trials'} gave {listing(sorted(given))}."
    # Not all of them need be behind the answer, which names another number of trials.
    which = "The one trial" if read == 1 else f"The {read} trials"
    return f"{which} that we read gave {len(given)} different forms or doses."


def _treated(review: Review) -> list[tuple[str, str]]:
    """Study and arm of every treated group in the studies of the answer."""
    about = review.about
    arms = [(row.study_id, row.treated_arm) for row in review.records.rows("contrasts")]
    if about.single_arm_study:
        arms.append((about.single_arm_study, about.single_arm))
    return arms
