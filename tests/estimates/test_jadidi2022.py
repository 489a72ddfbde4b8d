"""The randomised trial: bounds from its omnibus P, and reported means when a person fills them in."""

import csv
from dataclasses import replace
from math import nan

import pytest
from numpy.testing import assert_allclose

from evidence_review.estimates.contrast import contrast_results, every_contrast, omnibus_range
from evidence_review.findings.of_effects import effect_findings
from evidence_review.findings.of_placebo import against_placebo_findings
from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.words.answer import answer
from evidence_review.words.effects import how


def test_bounds_over_everything_that_prints_as_p_001(magnesium):
    """0.0005 <= p < 0.0015, 25 an arm: F(2, 72) from 7.13 to 8.46, |d| from 0.92 to 1.16."""
    contrast = every_contrast(magnesium)[0]
    (effect,) = contrast.effects
    assert effect.value is None
    assert (round(-effect.bounds.high, 2), round(-effect.bounds.low, 2)) == (0.92, 1.16)
    assert contrast.basis == "assumed"
    assert "assuming 25 people an arm" in how(contrast)


def test_without_an_order_either_group_can_be_the_better(magnesium):
    """Any two of the groups can be best and worst: the largest distance, to both sides."""
    found = {finding.id: finding for finding in effect_findings(magnesium)}
    known, any_order = (found[f"jadidi2022.rls_severity.smd{end}"] for end in ("", "_any_order"))
    assert (any_order.bounds.low, any_order.bounds.high) == (known.bounds.low, -known.bounds.low)


@pytest.mark.parametrize("arm", ["magnesium", "vitamin_b6", "placebo"])
def test_a_place_that_is_open_may_be_at_an_end(records, arm):
    """An arm without a rank was counted where its row happened to be sorted."""
    rows = records["statistics"].copy()
    rows.loc[
        (rows.study_id == "jadidi2022") & (rows.arm_id == arm) & (rows.statistic == "rank"), "value"
    ] = nan
    open_ = Review(replace(records, tables=records.tables | {"statistics": rows}))
    left_out = contrast_results(open_, "RLS severity")
    assert every_contrast(open_) == ()
    assert [one.study_id for one in left_out] == ["jadidi2022"]


def test_bounds_at_exactly_001():
    """F(2, 72) = 7.615: sqrt(3 F / 25) = 0.956 to sqrt(4 F / 25) = 1.104."""
    low, high = omnibus_range(0.001, [25, 25, 25])
    assert (round(low, 3), round(high, 3)) == (0.956, 1.104)


def fill_in(copy, figures):
    """Write reported means and SDs into the rows that wait for them, as a person would."""
    path = copy.data / "magnesium-rls/statistics.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        key = (row["arm_id"], row["outcome"], row["week"], row["statistic"])
        if row["study_id"] == "jadidi2022" and key in figures:
            row |= {
                "value": figures[key],
                "missing_reason": "",
                "location": "Table 2",
                "access_level": "full text",
            }
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


INVENTED = {
    ("magnesium", "RLS severity", "8.7", "mean"): "14.0",
    ("magnesium", "RLS severity", "8.7", "sd"): "6.0",
    ("placebo", "RLS severity", "8.7", "mean"): "18.0",
    ("placebo", "RLS severity", "8.7", "sd"): "7.0",
    ("magnesium", "participants", "8.7", "n_analysed"): "24",
    ("placebo", "participants", "8.7", "n_analysed"): "22",
}


def test_reported_means_take_precedence_without_a_change_of_code(copy):
    fill_in(copy, INVENTED)
    filled = Review(load("magnesium-rls", copy))
    contrast = every_contrast(filled)[0]
    smd, md = contrast.on("SMD"), contrast.on("MD")
    # by hand: pooled SD sqrt((23*36 + 21*49) / 44) = 6.4964, J(44) = 0.98286
    assert_allclose(smd.value, -4 / 6.4964 * 0.98286, rtol=1e-4)
    assert smd.bounds is None
    assert md.value == -4.0
    assert contrast.basis == "derived"
    assert how(contrast).startswith("reported means and SDs of both arms")
    assert "do not reproduce the printed P over all groups" in how(
        contrast
    )  # 0.61 is outside 0.92 to 1.16
    findings = {f.id: f for f in [*effect_findings(filled), *against_placebo_findings(filled)]}
    assert findings["jadidi2022.rls_severity.smd"].value == pytest.approx(smd.value)
    sentence = answer(filled, findings)[2]
    assert "people on magnesium did better" in sentence
    assert "reported means" in sentence
    assert "could not" not in sentence
    assert "single-blind" in sentence


def test_means_without_sizes_say_what_they_assume(copy):
    fill_in(copy, {key: value for key, value in INVENTED.items() if key[3] != "n_analysed"})
    contrast = every_contrast(Review(load("magnesium-rls", copy)))[0]
    assert contrast.basis == "assumed"
    assert "assuming 25 people an arm" in how(contrast)


def test_one_arm_alone_is_not_enough(copy):
    fill_in(copy, {key: value for key, value in INVENTED.items() if key[0] == "magnesium"})
    contrast = every_contrast(Review(load("magnesium-rls", copy)))[0]
    assert "P over all groups" in how(contrast)
    assert "they are not used" in how(contrast)


def test_reported_sizes_replace_the_assumed_ones(copy):
    sizes = {
        (arm, "participants", "8.7", "n_analysed"): "20"
        for arm in ("magnesium", "vitamin_b6", "placebo")
    }
    fill_in(copy, sizes)
    contrast = every_contrast(Review(load("magnesium-rls", copy)))[0]
    assert contrast.basis == "assumed"  # that placebo is the worst of the three still is
    assert "assuming" not in how(contrast)


def test_sizes_of_some_arms_only_are_still_an_assumption(copy):
    fill_in(copy, {("magnesium", "participants", "8.7", "n_analysed"): "20"})
    contrast = every_contrast(Review(load("magnesium-rls", copy)))[0]
    assert contrast.basis == "assumed"
    assert "assuming 25 people an arm where no number is given" in how(contrast)


def test_means_that_fit_the_printed_p_raise_no_doubt(copy):
    fill_in(copy, INVENTED | {("magnesium", "RLS severity", "8.7", "mean"): "11.2"})
    contrast = every_contrast(Review(load("magnesium-rls", copy)))[0]
    assert "do not reproduce" not in how(contrast)
