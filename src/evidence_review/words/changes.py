"""Changes since baseline, contrasts and their comparison with other treatments, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evidence_review.checks.p_against_interval import PCheck, disagreement
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import ChangesByArm, Contrast, compared_with
from evidence_review.estimates.effect import Effect
from evidence_review.numbers import interval, number, p_value
from evidence_review.placebo.established import Established
from evidence_review.review.finding import POOLED, Finding, finding_id
from evidence_review.review.review import Review
from evidence_review.words.benefit import people_on
from evidence_review.words.effects import direction, how, spread
from evidence_review.words.linked import Sentence, linked

if TYPE_CHECKING:
    import pandas as pd


CHANGES_APART = (
    "One rule first: a **change since baseline** in a group where nobody got placebo is not a treatment effect. It contains the effect of "
    "the treatment, the placebo response, and the return to normal of people who entered at a bad moment. It is shown on "
    "its own axis and never mixed with differences between randomised groups."
)
NO_EFFECT = "Neither a change nor a contrast can be worked out from what this review has extracted."
OMNIBUS = (
    "If a paper prints only a P over all groups, the difference between two of them is not known, but it has limits. "
    "The P fixes how far the group means lie apart. An order of the groups says which is best and which is worst; if the source does not "
    "say for which outcome, the order is taken to hold for all. The text below says who gives that order, and what of it is assumed: "
    "without it, nobody knows which groups differ. The group in between can lie anywhere between the two, and "
    "each place gives another difference. The P itself was rounded, which widens the range."
)


def change(item: SingleArmChange, level: float) -> Sentence:
    """One change since baseline: its size and precision, and whether its printed figures agree."""
    link = lambda written, quantity: linked(
        written, finding_id(item.study_id, item.outcome, quantity)
    )
    error = f"The standard error is {link(f'{item.se:.3f}', 'change_se')} ({spread(item)})"
    printed = ", whichever way the paper prints it" if item.measure.better else ""
    which_way = f"{direction(item.measure)}{printed}."
    size = (
        f"**{item.label}, {item.outcome}.** Change {link(number(item.mean), 'change')} {item.unit}"
    )
    ends = item.interval(level)
    if ends is None:
        return Sentence(
            f"{size}; {which_way} {error}. Without the number of people, two or more, neither an interval nor a P "
            "follows from it."
        )
    odd = disagreement(item)
    return Sentence(
        f"{size} ({link(interval(ends.low, ends.high), 'change')}); {which_way} {error}. So the changes of single people have a standard deviation (SD) of {link(f'{item.sd:.2f}', 'change_sd')}, and "
        f"the mean change is {link(number(item.in_sds), 'smc')} of that SD. These figures give {link(p_value(item.p), 'p')}."
        + (_disagreement(odd) if odd else "")
    )


def _disagreement(check: PCheck) -> str:
    p = linked(
        p_value(check.printed, check.comparator),
        finding_id(check.study_id, check.outcome, "p_printed"),
    )
    return (
        f" **But the printed interval and the printed P do not agree** ({interval(check.ci_low, check.ci_high)}; {p}): "
        f"{check.comment}. A misprint is the first explanation."
    )


def contrast(item: Contrast) -> Sentence:
    """The difference from the control group in one trial, in SDs and, if known, in its own unit."""
    week = f", week {item.week:g}" if item.week == item.week else ""
    about = f"**{item.label}, {item.outcome}{week}.** Difference from {item.comparator}"
    smd = item.on("SMD")
    link = lambda written, quantity: linked(
        written, finding_id(item.study_id, item.outcome, quantity)
    )
    in_unit = link(_with_interval(item.best), item.best.measure.name.lower())
    if smd is None:  # no SD of people is known
        return Sentence(f"{about} {in_unit} {item.best.measure.unit}, from {how(item)}.")
    if smd.bounds is not None:
        return Sentence(
            f"{about} {link(_size(smd), 'smd')} standard deviations, {how(item)}; {link(_range(smd), 'smd_with_error')} with sampling error. It is a reconstruction: "
            "it holds if the test was a plain analysis of variance of everybody randomised."
        )
    other = "" if item.best is smd else f"; in {item.best.measure.unit} {in_unit}"
    return Sentence(
        f"{about} {link(number(smd.value), 'smd')} standard deviations ({link(_range(smd), 'smd')}), from {how(item)}{other}."
    )


def order(review: Review, item: Contrast, findings: Mapping[str, Finding]) -> str:
    """The source of the order of groups in a reconstruction, and the result without it; '' for others.

    findings: by id, with those of the contrast.
    """
    smd = item.on("SMD")
    if smd is None or smd.bounds is None:
        return ""
    records = review.records
    arms = {arm.arm_id: arm.label for arm in records.rows("arms") if arm.study_id == item.study_id}
    ranks = sorted(
        (row for row in records.study_rows(item.study_id, "rank", outcome=item.outcome)),
        key=lambda row: row.value,
    )
    places = "; ".join(
        f"{arms[row.arm_id]} {row.value:.0f} ({row.basis}, {records.source_name(row.source_id)}"
        f"{f': {row.rule}' if row.rule else ''})"
        for row in ranks
    )
    bare, error = (
        findings[finding_id(item.study_id, item.outcome, f"smd_any_order{end}")]
        for end in ("", "_with_error")
    )
    assert bare.bounds is not None
    return Sentence(
        f"*The order of the groups, 1 is best:* {places}. **Without it** the difference from placebo can be anything from "
        f"{linked(interval(bare.bounds.low, bare.bounds.high), bare)} standard deviations, with sampling error {linked(_range(error), error)}: a benefit, no difference, or a harm."
    )


def by_arm(
    review: Review,
    found: ChangesByArm,
    findings: Mapping[str, Finding],
) -> str:
    """How people changed on treatment and in the control groups of the same trials, and which trials are left out.

    findings: by id, with those of the pool.
    """
    about = review.about
    treated, control = (
        findings[finding_id(POOLED, about.outcome, name)] for name in ("on_treatment", "on_placebo")
    )
    left_out = "".join(f" Left out: {arm.label} ({arm.reason})." for arm in found.not_usable)
    comparator = compared_with(review)
    group = "placebo group" if comparator == "placebo" else "control group"
    return Sentence(
        f"**People on {about.treatment} changed by {linked(number(treated.value), treated)} {treated.unit} "
        f"({linked(_range(treated), treated)}) and {people_on(comparator)} by {linked(number(control.value), control)} ({linked(_range(control), control)})**, in the {len(found.usable)} trials that give both. Without a {group} the "
        f"whole of the first change would have looked like an effect of the treatment.{left_out}"
    )


def established_intro(contrast: Contrast) -> str:
    """How to read the axis of the figure of established treatments."""
    dashed = (
        "The dashed line is the difference that counts as important (assumptions.csv says why)."
    )
    if not contrast.best.measure.is_standardised:
        return f"Published effects against placebo, in {contrast.best.measure.unit} of the scale. {dashed}"
    return (
        "Published effects against placebo are in the unit of the scale; the randomised trial may not have used that scale, so it "
        "is shown in standard deviations. To show both on one axis, the published effects are divided by an assumed standard "
        "deviation. It is not known which one is right: that of people's scores, or that of their changes. "
        + dashed
    )


_NO_RANK = "These were different people in different trials: the places are rough, not ranks."


def beside_established(review: Review, contrast: Contrast, established: Established) -> str:
    """The place of the randomised evidence among established treatments, and how rough it is."""
    best, strongest = contrast.best, established.strongest
    link = lambda written, quantity: linked(
        written, finding_id(contrast.study_id, contrast.outcome, quantity)
    )
    name = link(contrast.label, "trials") if contrast.study_id == POOLED else contrast.label
    if not best.measure.is_standardised:
        effect = link(_with_interval(best), best.measure.name.lower())
        return Sentence(
            f"**{name}, {contrast.outcome}:** {effect} {best.measure.unit}. The largest published effect here is "
            f"that of {strongest.label}, {number(strongest.estimate)} ({interval(strongest.ci_low, strongest.ci_high)}). {_NO_RANK}"
        )
    sd, (least, most) = review.settings.change_sd, established.sd_range
    unit = established.measure.unit
    ends = "smd_with_error" if best.bounds is not None else "smd"
    return Sentence(
        f"**{name}, {contrast.outcome}:** {link(_size(best), 'smd')} standard deviations ({how(contrast)}); {link(_range(best), ends)} with sampling "
        f"error. The largest established effect here is that of {strongest.label}, {number(strongest.estimate / sd)} if one standard "
        f"deviation is {sd:g} {unit}, and anything from {number(strongest.estimate / least)} to {number(strongest.estimate / most)} as "
        f"that assumption moves from {least:.3g} to {most:g}. {_NO_RANK} "
        + _rank(review, contrast, strongest, most)
    )


def _rank(review: Review, contrast: Contrast, strongest: pd.Series, sd: float) -> str:
    """A warning if a reconstruction reaches the effect of the strongest treatment."""
    best = contrast.best
    if best.bounds is None or best.bounds.low >= strongest.estimate / sd:
        return ""
    known = review.records.study(contrast.study_id).blinding
    blinding = "" if known in ("not extracted", "not applicable") else f"{known} "
    return (
        f"The trial's interval is too wide to rank it among them. But one {blinding}trial that seems to do as well as the strongest treatments "
        "should not be believed before its figures can be checked."
    )


def _size(effect: Effect) -> str:
    """The value, or the range of a reconstruction."""
    if effect.bounds is None:
        return number(effect.value)
    return interval(effect.bounds.low, effect.bounds.high)


def _range(found: Effect | Finding) -> str:
    assert found.interval is not None
    return interval(found.interval.low, found.interval.high)


def _with_interval(effect: Effect) -> str:
    return f"{number(effect.value)} ({_range(effect)})"
