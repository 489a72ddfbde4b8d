"""Several randomised trials as the normal case: what is pooled, what stands alone, what is left out."""

from dataclasses import replace

import pytest

from evidence_review.estimates.contrast import (
    changes_by_arm,
    contrast_results,
    every_contrast,
)
from evidence_review.estimates.effect import NotUsable
from evidence_review.estimates.measure import OF_BOTH, OF_CHANGES, OF_SCORES
from evidence_review.estimates.pool import pool, pooled_contrast, summary_contrast
from evidence_review.findings.of_placebo import placebo_findings
from evidence_review.findings.of_pool import pooled_findings
from evidence_review.judgement.certainty import bodies
from evidence_review.records import Records
from evidence_review.review.finding import POOLED, Finding, Interval
from evidence_review.review.review import Review
from evidence_review.sensitivity.pool_choices import pool_choices
from evidence_review.words.answer import answer, compared
from evidence_review.words.certainty import statement
from evidence_review.words.grade import because

OUTCOME = "RLS severity"


def changed(records: Records, statistic: str, study: str, week: float, **columns) -> Records:
    """The records with columns of one row of statistics set."""
    rows = records["statistics"].copy()
    here = (rows.study_id == study) & (rows.statistic == statistic) & (rows.week == week)
    assert here.sum() >= 1
    for name, value in columns.items():
        rows.loc[here, name] = value
    return replace(records, tables=records.tables | {"statistics": rows})


def test_one_trial_is_a_special_case(magnesium):
    """A reconstruction counts where it is all there is; nothing is pooled and no pool is published."""
    only = summary_contrast(magnesium, OUTCOME)
    assert only.study_id == "jadidi2022"
    assert pooled_contrast(magnesium, OUTCOME) is None
    assert pooled_findings(magnesium) == []
    assert pool_choices(magnesium, OUTCOME) == ()


def test_only_what_is_known_is_pooled(iron_review, magnesium):
    known = every_contrast(iron_review)[:3]
    bounds = every_contrast(magnesium)[0]
    assert pool(iron_review, [bounds, bounds]) is None
    assert pool(iron_review, [known[0], bounds]) is None
    assert pool(iron_review, [*known, bounds]).contrasts == tuple(known)


def test_trials_on_different_scales_are_pooled_in_standard_deviations(iron_review, iron_settings):
    first, second, _ = every_contrast(iron_review)[:3]
    other = replace(second, instrument_id="another scale")
    pooled = pool(iron_review, [first, other])
    assert pooled.measure.name == "SMD"
    assert pooled.summary.on("MD") is None
    assert pooled.fit.estimate == pooled.summary.on("SMD").value
    # The prior of tau is as wide as in points, at the assumed SD.
    assert pooled.bayes.tau_prior.scale == iron_settings.tau_prior_scale / iron_settings.change_sd


def in_sds_of(contrast, sd_of: str, value: float):
    """A trial on a scale of its own that gives one standardised difference, in SDs of one kind."""
    effect = replace(
        contrast.on("SMD"), value=value, measure=replace(contrast.on("SMD").measure, sd_of=sd_of)
    )
    return replace(contrast, instrument_id=contrast.study_id, effects=(effect,))


def test_sds_of_scores_and_of_changes_are_pooled_together_only_when_asked(iron_review):
    first, second, third = every_contrast(iron_review)[:3]
    trials = [
        in_sds_of(first, OF_SCORES, -0.5),
        in_sds_of(second, OF_CHANGES, -0.8),
        in_sds_of(third, OF_CHANGES, -0.9),
    ]
    alike = pool(iron_review, trials)
    assert alike.contrasts == tuple(trials[1:])
    assert alike.measure.sd_of == OF_CHANGES
    mixed = pool(iron_review.under(smd_sds="any"), trials)
    assert mixed.contrasts == tuple(trials)
    assert mixed.summary.on("SMD").measure.sd_of == OF_BOTH
    assert pool(iron_review, trials[:2]) is None


def test_a_difference_printed_as_a_reduction_is_turned_with_its_interval(iron):
    turned = iron
    for statistic, value in (
        ("difference", 4.66),
        ("difference_ci_low", 0.73),
        ("difference_ci_high", 8.59),
    ):
        turned = changed(
            turned, statistic, "trenkwalder2017", 12, value=value, sign_convention="reduction"
        )
    as_printed, as_reduction = (
        next(c for c in every_contrast(Review(part)) if "2017" in c.label and c.week == 12)
        for part in (iron, turned)
    )
    assert as_reduction == as_printed


def test_a_trial_without_a_spread_enters_by_assumption_or_not_at_all(iron_review):
    labels = lambda review: {c.label for c in every_contrast(review)}
    strict = iron_review.under(missing_se="exclude")
    assert labels(iron_review) - labels(strict) == {"Allen 2011"}
    pairs = lambda review: {treated.label for treated, _ in changes_by_arm(review).usable}
    assert pairs(iron_review) - pairs(strict) == {"Allen 2011"}


def test_changes_of_different_weeks_are_not_compared(iron):
    rows = iron["statistics"].copy()
    mine = (rows.study_id == "cho2016") & (rows.arm_id == "placebo") & (rows.week == 6)
    rows.loc[mine, "week"] = 4.0
    moved = replace(iron, tables=iron.tables | {"statistics": rows})
    found = {c.study_id: c for c in contrast_results(Review(moved), OUTCOME)}
    assert isinstance(found["cho2016"], NotUsable)
    assert "different weeks" in found["cho2016"].reason


def test_a_trial_of_the_reference_class_is_not_counted_twice(iron_review, magnesium):
    """Both reviews compare with the same placebo arms, though one has eight of the trials among its own."""
    one, other = (
        {f.id: f.as_dict() for f in placebo_findings(review)} for review in (iron_review, magnesium)
    )
    assert one == other


def finding(quantity: str, value, low=None, high=None, study=POOLED) -> dict[str, Finding]:
    name = f"{study}.rls_severity.{quantity}"
    return {
        name: Finding(
            id=name,
            label=f"as pooled by X: {quantity}",
            value=value,
            interval=None if low is None else Interval(low, high, 0.95),
            measure="MD",
            better="lower",
            unit="points",
        )
    }


@pytest.mark.parametrize(
    ("effect", "says"),
    [
        (
            (-4.0, -6.0, -2.0),
            "In 7 randomised trials, people on iron did better than people on placebo.",
        ),
        (
            (-1.0, -3.0, 1.0),
            "Not known: in 7 randomised trials the difference from placebo could be chance.",
        ),
        (
            (3.0, 1.0, 5.0),
            "In 7 randomised trials, people on iron did worse than people on placebo.",
        ),
    ],
)
def test_the_first_sentence_follows_the_pool(effect, says, iron_review):
    found = (
        finding("smd", *effect)
        | finding("md", *effect)
        | finding("trials", 7)
        | finding("people", 500)
        | finding("bayes", *effect)
        | finding("new_trial", effect[0], effect[1] - 1, effect[2] + 1)
    )
    first, second = answer(iron_review, found)
    assert says in first
    assert ("points more" if effect[0] < 0 else "points less") in second


@pytest.mark.parametrize(
    ("level", "says"),
    [
        (3, "Iron helps restless legs syndrome more than placebo."),
        (2, "Iron probably helps restless"),
        (1, "Iron may help restless"),
        (0, "Whether iron helps restless legs syndrome more than placebo is very uncertain."),
        (None, "did better than people on placebo."),
    ],
)
def test_the_first_sentence_is_as_sure_as_the_judged_certainty(level, says, iron_review):
    found = finding("smd", -1.0, -1.5, -0.5) | finding("trials", 7) | finding("people", 500)
    found |= finding("bayes", -1.0, -1.5, -0.5) | finding("new_trial", -1.0, -2.0, 0.1)
    if level is not None:
        name = "certainty.rls_severity.randomised"
        found[name] = Finding(id=name, label="certainty", value=level, unit="level")
    assert says in answer(iron_review, found)[0]


def test_what_the_answer_rests_on(iron_review):
    one = finding("smd", -0.5, -1.0, 0.0, study="cho2016")
    two = one | finding("smd", -0.4, -0.9, 0.1, study="cho2018")
    bound = finding("smd", None, -1.0, -0.5, study="wang2009")
    assert compared(iron_review, {}) == ""
    assert compared(iron_review, one) == "cho2016"
    assert compared(iron_review, one | bound) == "cho2016"
    assert compared(iron_review, bound) == "wang2009"
    assert compared(iron_review, two) == ""
    assert compared(iron_review, two | finding("smd", -0.4)) == POOLED


def test_certainty_counts_every_trial_that_is_pooled(iron_review):
    (body,) = bodies(iron_review)
    computed = {domain.name: domain.computed for domain in body.domains}
    assert (body.study, body.studies, body.people, body.counted) == ("7 trials", 7, 538, True)
    assert body.level == "low"
    assert statement(iron_review, body) == "Iron may improve RLS severity, compared with placebo."
    assert because(computed["inconsistency"]).startswith("7 studies, I2 34%, all on one side")
    assert "538 people, where 226 are needed" in because(computed["imprecision"])
    assert computed["risk of bias"].judgement == "serious"
    assert "low iron stores" in because(computed["indirectness"])


def test_evidence_that_no_trial_gives(iron):
    without = replace(iron, tables=iron.tables | {"contrasts": iron["contrasts"].iloc[:0]})
    with pytest.raises(ValueError, match=r"randomised: contrasts\.csv names no randomised study"):
        bodies(Review(without))
