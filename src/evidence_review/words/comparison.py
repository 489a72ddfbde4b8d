"""An uncontrolled change compared with placebo, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evidence_review.estimates.change import main_change
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.numbers import interval, number, percent
from evidence_review.placebo.against import against_chosen
from evidence_review.placebo.bias import appraised_change
from evidence_review.placebo.choices import (
    ONE_GROUP,
    ONE_GROUP_PARALLEL,
    PRINTED_SPREAD,
    PUBLISHED,
    BenchmarkChoice,
)
from evidence_review.review.finding import Finding, finding_id, standing
from evidence_review.review.review import Review
from evidence_review.words.effects import direction
from evidence_review.words.linked import Sentence, linked
from evidence_review.words.placebo import name, of_its_size, taken_off

IN_A_TRIAL = (
    "In a randomised trial the placebo group shows what placebo does in that trial. Apart from chance, the difference "
    "between the groups is what the treatment adds."
)
WITHOUT_CONTROL = (
    "A trial without a control group can still answer one fair question: would a placebo arm of that size often do "
    "as well? Its change is compared with the *predictive distribution* of a placebo arm: the spread between "
    "trials, the uncertainty of the mean, and the sampling error of so small a group. Such a trial is never pooled with randomised ones."
)
NO_PROOF = (
    "A study without a control group can show neither that something works nor that it does nothing, however large "
    "it is: people in other studies differ, and that difference is part of every comparison with them."
)
CHANCE_OF_BENEFIT = (
    "The same question, asked the Bayesian way: given the change, and what other trials say about placebo, how likely is it that "
    "the treatment adds something, or something that matters? Nobody in the trial was on placebo, so nothing in it can correct a "
    "wrong guess about its placebo response. The second row allows for a placebo response unlike any seen so far."
)
ANY_BENEFIT = (
    "*Any benefit* includes benefits too small to notice: half of all treatments that do nothing would be on that side by chance. "
    "The two columns beside it are the ones that matter to a person."
)
BLINDING = (
    "In a trial without blinding people know what they take, and may report more improvement for it. People in the placebo arms above "
    "did not know that they were on placebo, so the comparison leaves this bias in. Studies of trials have measured it, and do not "
    "agree: so the whole range is shown, in two ways. Either the bias is subtracted from the change, or the change is kept but given "
    "less weight than a trial."
)


def among_arms(review: Review, findings: Mapping[str, Finding]) -> str:
    """The place of the change among placebo arms, and the result of its own test, in Markdown.

    findings: by id, with those of the comparison. '' without a change that can be compared.
    """
    appraised, result = appraised_change(review), against_chosen(review)
    if appraised is None or result is None:
        return ""
    change, matters = appraised.change, review.settings.important_difference
    benefits = sorted(map(change.measure.benefit, (result.low, result.high)))
    both = benefits[0] <= -matters and benefits[1] >= matters
    as_good, beyond, test = (
        findings.get(finding_id(change.study_id, change.outcome, quantity))
        for quantity in ("placebo_as_good", "beyond_placebo", "chance_of_significance")
    )
    assert as_good is not None and beyond is not None
    by_chance = ""
    if test is not None and test.value is not None and test.span is not None:
        by_chance = (
            f" If {review.about.treatment} did nothing beyond placebo, a trial like this one would still report p < .05 in "
            f"{linked(percent(test.value / 100), test)} of cases ({linked(f'{test.span.low:.0f} to {test.span.high:.0f}%', test)}, "
            "depending on how much people vary): its test asks whether people improved, not whether they improved more than on placebo."
        )
    return Sentence(
        f"**{linked(percent(result.as_good), as_good)} of placebo arms {of_its_size(change)} would do as well or better.** The change beyond placebo is "
        f"{linked(number(result.beyond), beyond)} {change.unit} ({direction(change.measure)}), with an interval of {linked(interval(result.low, result.high), beyond)}"
        f"{': a benefit that matters and a harm that matters are both possible' if both else ''}.{by_chance}"
    )


def less_bias(review: Review) -> str:
    """The correction of the change before the comparison; '' if there was none."""
    appraised = appraised_change(review)
    if appraised is None or appraised.is_as_printed:
        return ""
    return f"Not the change as printed: {'; '.join(taken_off(appraised))}."


def why_not_compared(review: Review) -> str:
    """Why no uncontrolled change is compared with placebo; '' if one is, or if trials are pooled instead."""
    change = main_change(review)
    if isinstance(change, NotUsable):
        return f"{change.label}: {change.reason}."
    if change is None and pooled_contrast(review, review.about.outcome) is None:
        return "This review has fewer than two studies to pool, and no uncontrolled study to compare with placebo."
    return ""


def benchmark_choice(choice: BenchmarkChoice) -> str:
    """A benchmark in words."""
    return {
        PUBLISHED: name(choice.benchmark),
        ONE_GROUP: f"own arms, {choice.of} only",
        ONE_GROUP_PARALLEL: f"own arms, {choice.of}, parallel trials",
        PRINTED_SPREAD: "own arms that print an SE, SD or interval",
    }[choice.kind]


def under_every_benchmark(review: Review, choices: Sequence[BenchmarkChoice]) -> str:
    """Whether the answer depends on the benchmark."""
    shares = [choice.result.as_good for choice in choices]
    same = len({standing(share) for share in shares}) == 1
    change = main_change(review)
    assert change is not None and not isinstance(change, NotUsable)
    behind = finding_id(change.study_id, change.outcome, "placebo_as_good_any_benchmark")
    said = [
        linked(written, behind)
        for written in (str(len(shares)), percent(min(shares)), percent(max(shares)))
    ]
    reach = (
        said[1]
        if percent(min(shares)) == percent(max(shares))
        else f"between {said[1]} and {said[2]}"
    )
    return Sentence(
        f"Under these {said[0]} benchmarks {reach} of placebo arms do as well or better. "
        f"{'The answer is the same under each.' if same else 'The answer depends on the choice.'} The next page tries every other choice that "
        "the data allow."
    )
