"""A pool says of which trials it is, measure by measure: a printed odds ratio gives no risk ratio.

Counts and intervals are made up. Independent values: metafor 3.8-1, `rma(yi, vi, test = "adhoc", control =
list(threshold = 1e-14))` over `escalc` of the counts and the printed odds ratios; people to treat by
`1 / (r - p)` from its odds ratios at the median risk of the control groups, 11/396, rounded up.
"""

import pytest

from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.import_table import read_table, write_table
from evidence_review.exchange.new_review import Question
from evidence_review.exchange.understanding import Wishes
from evidence_review.findings.of_pool import pooled_findings
from evidence_review.judgement import grade
from evidence_review.judgement.certainty import every_body
from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.words.events import methods

from ..printed_estimates import NAME, project_of

QUESTION = Question(
    text="Does it prevent heart attacks?",
    treatment="the drug",
    condition="high blood pressure",
    outcome="heart attack",
    better="lower",
    measure="OR",
)
COUNTS = """study,events1,n1,events2,n2
Adams 1998,3,210,9,205
Baker 2001,0,120,4,118
Diaz 2008,5,400,11,396
Evans 2011,1,150,0,149
Fox 2015,12,1010,21,1004
"""
ESTIMATES = """study,OR,95% CI
Gomez 2016,0.72,0.45 to 1.15
Hill 2018,0.64,0.38 to 1.08
"""


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixed")
    project = project_of(folder, QUESTION, COUNTS)
    file = folder / "estimates.csv"
    file.write_text(ESTIMATES, encoding="utf-8")
    write_table(project, NAME, file, read_table(project, NAME, file, Wishes()))
    file = project.data / NAME / "certainty.csv"
    cells = "heart attack,randomised,{},not serious,Made up.,adams1998,here,secondary,\n"
    rows = [cells.format(name) for name in grade.LOWERING]
    file.write_text(file.read_text("utf-8") + "".join(rows), encoding="utf-8")
    return Review(load(NAME, project))


@pytest.fixture(scope="module")
def found(review):
    return {one.id: one for one in pooled_findings(review)}


@pytest.mark.parametrize(
    ("quantity", "trials", "expected"),
    [
        ("or", 7, (0.61330212, 0.42663508, 0.88164220)),
        ("rr", 5, (0.48682579, 0.23411032, 1.01234048)),
    ],
)
def test_each_measure_names_the_trials_that_give_it(found, quantity, trials, expected):
    pooled = found[f"pooled.heart_attack.{quantity}"]
    assert (pooled.value, pooled.interval.low, pooled.interval.high) == pytest.approx(
        expected, abs=1e-7
    )
    assert f"{trials} trials pooled" in pooled.label
    assert ("Hill 2018" in pooled.note) == (trials == 7)
    # Four figures of each trial with counts, three of each with an estimate.
    assert len(pooled.rows) == 4 * 5 + (3 * 2 if trials == 7 else 0)


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("number_needed", (95, 64, 312)), ("number_needed_common", (95, 68, 205))],
)
def test_people_to_treat_are_whole_as_their_sentence_says(found, quantity, expected):
    needed = found[f"pooled.heart_attack.{quantity}"]
    value, low, high = expected
    assert (needed.value, needed.interval.low, needed.interval.high) == expected
    assert needed.note == f"one fewer for every {value} treated; 95% interval {low} to {high}"


def test_imprecision_is_not_computed_where_nobody_says_how_many_took_part(review):
    """Two trials print an odds ratio and no number of people; the difference that matters is known."""
    suggested = lambda measure: next(
        one.computed
        for body in every_body(review.under(measure=measure))
        for one in body.domains
        if one.name == "imprecision"
    )
    assert (suggested("OR").judgement, suggested("OR").found) == ("", grade.NO_PEOPLE)
    # Of the 3762 people of the five trials with counts the trial of 10 in 1000 would need 6982.
    assert suggested("RR").judgement in ("serious", "very serious")


def test_methods_that_need_counts_say_which_trials_print_none(review):
    of = lambda measure: methods(
        review, pooled_contrast(review.under(measure=measure), "heart attack")
    )
    assert of("OR") == (
        "The pool by several methods. Mantel and Haenszel's and Peto's need counts of people from every trial, "
        "which Gomez 2016 and Hill 2018 do not print"
    )
    assert of("RR") == "The pool by several methods; those of counts add nothing to empty cells"
