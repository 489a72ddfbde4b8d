"""The answer's words follow the evidence."""

from dataclasses import replace

import pytest

from evidence_review.findings.of_effects import effect_findings
from evidence_review.findings.of_placebo import against_placebo_findings
from evidence_review.review.finding import Finding, certainty_id
from evidence_review.words.answer import answer


@pytest.fixture(scope="module")
def findings(records, settings):
    return {
        finding.id: finding
        for finding in [
            *effect_findings(records, settings),
            *against_placebo_findings(records, settings),
        ]
    }


def test_as_the_evidence_stands(records, findings):
    first, second, third = answer(records, findings)
    assert "do not settle whether magnesium helps" in first
    assert "what placebo groups show" in first
    assert "could not be verified" in first
    assert "6.67 points (95% interval 2.33 to 11.00)" in second
    assert "0.34 to 1.76 standard deviations, chance allowed for" in third
    assert "Taken at its word" in third
    assert "could not check" in third
    assert "at week 4.3 not significant" in third


def with_share(findings, share):
    name = "gorantla2024.rls_severity.placebo_as_good"
    return findings | {name: replace(findings[name], value=share)}


def with_contrast(findings, value, low, high):
    name = "jadidi2022.rls_severity.smd"
    return findings | {name: replace(findings[name], value=value, low=low, high=high)}


def test_rare_on_placebo_but_unverified(records, findings):
    first = answer(records, with_share(findings, 1.0))[0]
    assert "improved more than placebo groups usually do" in first
    assert "no verified randomised comparison" in first


def test_a_verified_contrast_is_still_one_trial(records, findings):
    assert "it is one trial" in answer(records, with_contrast(findings, -0.6, -1.0, -0.2))[0]


def test_a_contrast_that_includes_nothing_does_not_favour(records, findings):
    assert "could be chance" in answer(records, with_contrast(findings, -0.3, -0.8, 0.2))[0]


def test_both_together(records, findings):
    both = with_contrast(with_share(findings, 1.0), -0.6, -1.0, -0.2)
    assert "same way" in answer(records, both)[0]
    name = certainty_id("RLS severity", "randomised")
    judged = both | {name: Finding(id=name, label="certainty", value=1, unit="level")}
    assert answer(records, judged)[0].endswith(
        "did better than placebo for restless legs syndrome, and it may help restless legs syndrome "
        "more than placebo does."
    )


def test_harm_is_not_called_benefit(records, findings):
    sentence = answer(records, with_contrast(findings, 0.4, 0.1, 0.7))[2]
    assert "people on magnesium did worse" in sentence
    assert "from 0.10 worse to 0.70 worse" in sentence


@pytest.mark.parametrize("name", ["nodots", "Upper.case", "a b.c", "trailing."])
def test_finding_ids_explain_themselves(name):
    with pytest.raises(ValueError, match="finding id"):
        Finding(id=name, label="", value=1.0, unit="")


def test_a_number_that_could_not_be_computed_is_none():
    assert Finding(id="a.b", label="", value=float("nan"), unit="").value is None


def test_more_than_most_placebo_groups_is_not_what_placebo_shows(records, findings):
    first = answer(records, with_share(findings, 8.0))[0]
    assert "more than most placebo groups show, but not more than some" in first
