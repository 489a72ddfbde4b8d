"""A published result on an outcome that the review does not pool, on every measure that groups are compared on."""

import csv
from dataclasses import replace

import pytest

import evidence_review as er
from evidence_review.display.certainty import summary_of_findings
from evidence_review.effect_measures import OF_UNIT
from evidence_review.findings.every import review_findings
from evidence_review.findings.of_published import published_findings
from evidence_review.judgement.certainty import every_body
from evidence_review.review.review import Review
from evidence_review.words.briefing import briefing
from evidence_review.words.key_points import key_points
from evidence_review.words.published import how_many, published_statement

from ..printed_estimates import NAME, SMOKE, as_table, project_of

# Estimate, interval and unit as entered; the same as a reader sees it, and whether less is better there.
PRINTED = {
    "risk ratio": (("1.48", "0.97", "2.25", "ratio"), "1.48 times as many (0.97 to 2.25)"),
    "odds ratio": (("1.48", "0.97", "2.25", "ratio"), "1.48 times the odds (0.97 to 2.25)"),
    "hazard ratio": (("1.48", "0.97", "2.25", "ratio"), "1.48 times the hazard (0.97 to 2.25)"),
    "rate ratio": (("1.48", "0.97", "2.25", "ratio"), "1.48 times the rate (0.97 to 2.25)"),
    "ratio of means": (("1.48", "0.97", "2.25", "ratio"), "1.48 times the mean (0.97 to 2.25)"),
    "risk difference": (
        ("0.02", "-0.005", "0.045", "share"),
        "20 more in 1000 (5 fewer to 45 more)",
    ),
    "standardised mean difference": (("0.3", "-0.1", "0.7", "SD"), "0.30 SD worse (−0.10 to 0.70)"),
}
OF_PEOPLE = {
    "risk ratio": "as on placebo",
    "odds ratio": "of those on placebo",
    "hazard ratio": "of those on placebo",
    "rate ratio": "of those on placebo",
    "risk difference": "than on placebo",
}


def test_every_measure_is_here():
    assert set(PRINTED) == set(OF_UNIT)


@pytest.mark.parametrize("measure", PRINTED)
def test_it_is_said_in_the_terms_of_its_measure(copy, measure):
    (estimate, low, high, unit), said = PRINTED[measure]
    path = copy.data / "iron-rls" / "pooled_results.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if row["result_id"] == "trotti2019_adverse")
    row |= {"measure": measure, "estimate": estimate, "ci_low": low, "ci_high": high, "unit": unit}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    review = er.open_review("iron-rls", project=copy.root)
    findings, judged = review_findings(review), every_body(review)
    shown = briefing(review, findings, judged)
    (line,) = (one.result for one in shown.other_outcomes if one.outcome == "adverse events")
    assert line.startswith(said)
    assert said in summary_of_findings(review, judged, findings)
    harms = [one.words for one in key_points(review, findings) if one.about == "Harms"]
    if measure in OF_PEOPLE:
        assert f"{said} {OF_PEOPLE[measure]}" in str(harms[0])
    else:
        assert said not in str(harms)


@pytest.mark.parametrize(
    ("k", "people", "said"), [("8", "", "8 studies"), ("1", "1", "1 study, 1 person")]
)
def test_what_a_pool_of_observational_studies_rests_on_are_no_trials(tmp_path, k, people, said):
    project = project_of(tmp_path, SMOKE, as_table("hackshaw"))
    row = {"result_id": "pool", "label": "Roe 2020", "use": "other outcome", "outcome": "cough"}
    row |= {"better": "lower", "treatment": "smoke", "measure": "odds ratio", "unit": "ratio"}
    row |= {"estimate": "1.4", "ci_low": "1.1", "ci_high": "1.8", "k": k, "n_participants": people}
    row |= {"missing_reason": "not printed", "basis": "reported", "source_id": "garfinkel1981"}
    row |= {"location": "table", "access_level": "secondary"}
    path = project.data / NAME / "pooled_results.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, header, lineterminator="\n").writerow(row)
    review = er.open_review(NAME, project=project.root)
    findings = review_findings(review)
    (line,) = briefing(review, findings, every_body(review)).other_outcomes
    assert line.based_on == said
    told = [f"{one.label} {one.unit} {one.note}" for one in published_findings(review)]
    assert f"{said}; certainty by its authors" in told[0]
    assert not any("trial" in text for text in told)


def test_of_a_review_that_compares_no_trial_nothing_says_that_a_pool_is_one_of_trials(
    magnesium, iron_review
):
    row = iron_review.records.rows("pooled_results")[0]
    assert how_many(iron_review, row) == "6 trials, 298 people"
    without = magnesium.records.tables.where(
        lambda name, columns: [False] * len(columns["study_id"]) if name == "contrasts" else None
    )
    alone = Review(replace(magnesium.records, tables=without))
    assert how_many(alone, row) == "6 studies, 298 people"


@pytest.mark.parametrize(
    ("comparator", "where"),
    [
        ("usual care", "on usual care"),
        ("control", "in control groups"),
        ("no exposure", "with no exposure"),
    ],
)
def test_a_direction_names_the_people_compared(iron_review, comparator, where):
    effect = dict(review_findings(iron_review))["published.quality_of_life.smd"]
    assert published_statement(effect, comparator) == f"Better than {where}."
