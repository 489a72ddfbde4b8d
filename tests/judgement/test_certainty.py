"""Certainty from the records: judgements beside arithmetic, and reviews with other or no judgements."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from evidence_review.findings.of_judgement import certainty_findings
from evidence_review.judgement.certainty import bodies, every_body, unfinished
from evidence_review.numbers import interval
from evidence_review.records import Records, load
from evidence_review.review.review import Review
from evidence_review.words.certainty import how, statement
from evidence_review.words.grade import because

from ..two_scales import FREEDOM, VAS, yoga

JUDGED = ["RLS severity randomised", "RLS severity uncontrolled", "sleep quality randomised"]


@pytest.fixture(scope="module")
def found(magnesium):
    return {f"{body.outcome} {body.evidence}": body for body in bodies(magnesium)}


def judging(records: Records, keep, **changes: str) -> Records:
    """The records with only some certainty judgements, and columns of those set."""
    rows = records["certainty"]
    rows = rows[keep(rows)].assign(**changes)
    return replace(records, tables=records.tables | {"certainty": rows})


def by_domain(body) -> dict:
    return {domain.name: domain for domain in body.domains}


def test_both_kinds_of_evidence_are_very_uncertain(magnesium, found):
    assert list(found) == JUDGED
    assert {body.level for body in found.values()} == {"very low"}
    assert {body.start for body in found.values()} == {"high"}
    assert all("very uncertain" in statement(magnesium, body) for body in found.values())


def test_what_is_computed_for_the_randomised_trial(found):
    """226 are 2 x 113: the fewest with 80% power for 3 points at an SD of 8, by the noncentral t."""
    power = lambda n: stats.nct.sf(stats.t.ppf(0.975, 2 * n - 2), 2 * n - 2, 3 / 8 * (n / 2) ** 0.5)
    assert power(112) < 0.8 <= power(113)
    body = found["RLS severity randomised"]
    computed = {name: domain.computed for name, domain in by_domain(body).items()}
    assert (body.people, body.counted) == (50, False)
    assert {name: c.judgement for name, c in computed.items()} == {
        "risk of bias": "very serious",
        "inconsistency": "",
        "indirectness": "",
        "imprecision": "very serious",
        "publication bias": "",
    }
    assert "50 of 226 people" in because(computed["imprecision"])
    assert "scale: not named" in because(computed["indirectness"])
    assert "151 to 250 mg" in because(computed["indirectness"])
    assert [name for name, d in by_domain(body).items() if d.differs] == ["risk of bias"]


def test_what_is_computed_for_the_uncontrolled_trial(found):
    body = found["RLS severity uncontrolled"]
    computed = {name: d.computed.judgement for name, d in by_domain(body).items()}
    assert (body.people, body.counted) == (12, True)
    assert computed["risk of bias"] == computed["imprecision"] == "extremely serious"
    assert computed["indirectness"] == "serious"
    assert not any(domain.differs for domain in body.domains)


def test_points_of_the_randomised_trial_are_sds_times_an_assumed_sd(magnesium, found, settings):
    effect = found["RLS severity randomised"].effect
    ends = lambda effect: [
        end for part in (effect.bounds, effect.interval) for end in (part.low, part.high)
    ]
    np.testing.assert_allclose(
        ends(effect.in_unit), np.multiply(ends(effect.standardised), settings.change_sd)
    )
    assert effect.basis == "assumed"
    # With sampling error, at the ends of the range of assumptions.csv, 5.5 and 11.
    wide = effect.standardised.interval
    said = how(magnesium, effect)
    assert interval(11 * wide.low, 5.5 * wide.high) in said
    assert "as if it had been measured on the IRLS" in said


def test_points_of_another_outcome_are_not_made_up(found):
    body = found["sleep quality randomised"]
    assert (body.effect.in_unit, body.on_placebo) == (None, None)
    computed = {name: d.computed.judgement for name, d in by_domain(body).items()}
    assert computed.pop("risk of bias") == "very serious"  # judged of this outcome too
    assert set(computed.values()) == {""}


def test_reported_means_take_the_place_of_the_assumed_sd(records):
    rows = records["statistics"].copy()
    mine = (rows.study_id == "jadidi2022") & (rows.outcome == "RLS severity") & (rows.week == 8.7)
    for arm, mean in (("magnesium", 12.0), ("placebo", 20.0)):
        here = mine & (rows.arm_id == arm)
        rows.loc[here & (rows.statistic == "mean"), "value"] = mean
        rows.loc[here & (rows.statistic == "sd"), "value"] = 6.0
    filled = replace(records, tables=records.tables | {"statistics": rows})
    effect = bodies(Review(filled))[0].effect
    assert effect.in_unit.value == -8.0
    assert "assumed SD" not in how(Review(filled), effect)


def test_without_robins_i_a_case_series_starts_at_very_low(records):
    unassessed = replace(
        records, tables=records.tables | {"judgements": records["judgements"].iloc[:0]}
    )
    starts = {body.evidence: body.start for body in bodies(Review(unassessed))}
    assert starts == {"randomised": "high", "uncontrolled": "very low"}


def test_a_sentence_as_strong_as_the_judgements(records):
    lenient = judging(
        records, lambda rows: rows.outcome == "sleep quality", judgement="not serious"
    )
    (body,) = bodies(Review(lenient))
    assert body.level == "high"
    assert (
        statement(Review(lenient), body)
        == "Magnesium improves sleep quality, compared with placebo."
    )


def test_a_review_without_judgements_has_no_certainty(records):
    empty = judging(records, lambda rows: rows.outcome == "")
    assert bodies(Review(empty)) == ()
    assert certainty_findings([]) == []


def test_the_file_may_hold_no_more_than_its_header(copy):
    path = copy.data / "magnesium-rls/certainty.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert load("magnesium-rls", copy)["certainty"].empty


def test_a_domain_that_nobody_judged_is_named(records):
    partial = judging(records, lambda rows: rows.domain != "imprecision")
    with pytest.raises(
        ValueError, match=r"certainty\.csv, RLS severity, randomised: no judgement on imprec"
    ):
        bodies(Review(partial))


def test_evidence_of_a_kind_that_the_review_does_not_have(records):
    about = records["review"].assign(single_arm_study="")
    without = replace(records, tables=records.tables | {"review": about})
    with pytest.raises(ValueError, match=r"uncontrolled: review\.csv names no such study"):
        bodies(Review(without))
    assert any(
        "uncontrolled: review.csv names no such study" in line for line in unfinished(without)
    )
    untried = replace(records, tables=records.tables | {"contrasts": records["contrasts"].iloc[:0]})
    assert any(
        "randomised: contrasts.csv names no randomised study" in line
        for line in unfinished(untried)
    )
    assert unfinished(records) == []


def test_levels_are_findings(found):
    findings = certainty_findings(list(found.values()))
    assert [(f.id, f.value) for f in findings if f.unit == "level"] == [
        ("certainty.rls_severity.randomised", 0),
        ("certainty.rls_severity.uncontrolled", 0),
        ("certainty.sleep_quality.randomised", 0),
    ]
    assert findings[0].rows[0] == "magnesium-rls/certainty.csv:2"


# Hedges' g by metafor 3.8.1: escalc("SMD"), the means of Tilbrook 2011 negative; pooled by rma(test = "adhoc").
@pytest.mark.parametrize(
    ("tables", "in_sds"),
    [((VAS, FREEDOM), -0.464394), ((FREEDOM, VAS), -0.464394), ((FREEDOM,), -0.391088)],
)
def test_points_of_the_review_s_scale_run_as_that_scale_does(tmp_path, tables, in_sds):
    """More freedom from pain is less pain, whichever trial comes first, and if it is the only one."""
    (body,) = every_body(yoga(tmp_path, *tables))
    effect = body.effect
    assert (effect.standardised.measure.better, effect.in_unit.measure.better) == ("lower", "lower")
    assert effect.standardised.value == pytest.approx(in_sds, abs=1e-6)
    assert effect.in_unit.value == pytest.approx(22 * in_sds, abs=3e-5)  # the SD is that of `new`
