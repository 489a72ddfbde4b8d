"""Where nobody was allocated at random, pages say what goes together: never what a treatment does."""

import re
from dataclasses import replace

import pytest

from evidence_review.display.summary import further_heading
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import Measure
from evidence_review.findings.every import review_findings
from evidence_review.judgement.certainty import bodies, unfinished
from evidence_review.judgement.grade import LOWERING
from evidence_review.judgement.risk_of_bias import UnfinishedError, assessments
from evidence_review.records import Project, load
from evidence_review.review.review import Review
from evidence_review.runs.notebooks import report_notebooks, with_something_to_say
from evidence_review.words.answer import answer
from evidence_review.words.association import associated
from evidence_review.words.briefing import briefing
from evidence_review.words.effects import does_to

from ..conftest import ROOT
from ..printed_estimates import HEART, NAME, SMOKE, as_table, imported

# Words of trials that treat people.
_OF_TRIALS = re.compile(
    r"randomis|placebo|treated|treatment|improv|helps|benefit|\btrials?\b", re.IGNORECASE
)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    return imported(tmp_path_factory.mktemp("smoke"), SMOKE, as_table("hackshaw"))


def judged(review, folder, *more):
    """The same review, its certainty judged: nothing lowers it, and `more` rows as they are."""
    rows = [
        f"{SMOKE.outcome},observational,{domain},not serious,Why.,garfinkel1981,table,secondary,"
        for domain in LOWERING
    ]
    project = Project(folder / "project")
    path = project.data / NAME / "certainty.csv"
    path.write_text(
        path.read_text(encoding="utf-8") + "\n".join([*rows, *more]) + "\n", encoding="utf-8"
    )
    return Review(load(NAME, project))


def test_the_answer_says_what_goes_together(smoke):
    verdict, *others = map(str, answer(smoke, review_findings(smoke)))
    assert verdict == (
        "In 37 observational studies, living with a smoker is associated with a higher risk of lung cancer."
    )
    assert any("Nobody was allocated at random" in sentence for sentence in others)


def test_no_word_of_a_trial_is_on_the_first_page(smoke):
    page = briefing(smoke, review_findings(smoke), bodies(smoke))
    said = [
        *map(str, page.answer),
        *(str(message.words) for message in page.messages),
        *page.would_change,
        *(line.result_name + line.compared_by + line.study for line in page.evidence),
        str(page.based_on),
    ]
    assert [text for text in said if _OF_TRIALS.search(text)] == []
    assert str(page.based_on) == "37 studies"
    assert further_heading(page) == "Other outcomes in these studies"


def test_no_finding_speaks_of_a_trial(smoke):
    labels = {found.label for found in review_findings(smoke).values()}
    assert [label for label in labels if _OF_TRIALS.search(label)] == []


def test_no_trial_is_planned_that_would_randomise_people_to_smoke(smoke):
    notebooks = with_something_to_say(report_notebooks(Project(ROOT)), smoke)
    assert "11-trial-that-would-settle-it" not in {one.name for one in notebooks}
    assert not any(name.startswith("trial.") for name in review_findings(smoke))


@pytest.mark.parametrize(
    ("row", "level", "verdict"),
    [
        ((), "low", "Living with a smoker may be associated with a higher risk of lung cancer."),
        (
            ("lung cancer,observational,dose response,one level,Why.,garfinkel1981,t,secondary,",),
            "moderate",
            "Living with a smoker is probably associated with a higher risk of lung cancer.",
        ),
    ],
)
def test_observational_evidence_starts_at_low(tmp_path, row, level, verdict):
    """GRADE guidelines 18 (Schünemann et al. 2019), Table 1: low, and one level up for a dose response."""
    review = judged(imported(tmp_path, SMOKE, as_table("hackshaw")), tmp_path, *row)
    (body,) = bodies(review)
    assert (body.start, body.level) == ("low", level)
    assert body.people != body.people  # no study says how many
    assert str(answer(review, review_findings(review))[0]) == verdict


def test_certainty_of_a_kind_of_study_that_is_not_there(tmp_path):
    """Judgements of observational evidence, where every study compared is said to be randomised."""
    review = judged(imported(tmp_path, SMOKE, as_table("hackshaw")), tmp_path)
    studies = review.records["studies"].assign(randomised="yes", design="parallel")
    records = replace(review.records, tables=review.records.tables | {"studies": studies})
    assert any("names no observational study" in line for line in unfinished(records))


def test_no_tool_is_taken_for_a_design_that_it_is_not_for(tmp_path):
    """ROBINS-I V2 is for follow-up (cohort) studies; case-control studies have no tool here."""
    review = imported(tmp_path, SMOKE, as_table("hackshaw"))
    project = Project(tmp_path / "project")
    path = project.data / NAME / "judgements.csv"
    row = "chan1982,lung cancer,ROBINS-I V2,B1,N,Why.,chan1982,table,secondary,"
    path.write_text(path.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    with pytest.raises(UnfinishedError, match="not for case-control studies"):
        assessments(Review(load(NAME, project)))
    assert assessments(review) == ()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OR", 0.4, "Coffee may be associated with a higher risk of death."),
        ("HR", -0.4, "Coffee may be associated with a lower hazard of death."),
        ("IRR", -0.4, "Coffee may be associated with a lower rate of death."),
        ("MD", 0.4, "Coffee may be associated with a higher mean death."),
        ("RR", 0.1, "Not known: it could be chance that coffee and death go together."),
    ],
)
def test_what_is_higher_or_lower_goes_by_the_measure(name, value, said):
    effect = Effect.known(Measure(name, "", "lower"), value, 0.01, 0.95)
    assert associated("coffee", "death", effect, "low") == said


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("OR", "makes death less common"),
        ("RD", "makes death less common"),
        ("HR", "lowers the hazard of death"),
        ("IRR", "lowers the rate of death"),
        ("ROM", "lowers death"),
    ],
)
def test_what_a_treatment_does_goes_by_the_measure(name, does):
    assert does_to(Measure(name, "", "lower"), "death", -0.4)[0] == does


def test_a_hazard_ratio_says_what_people_in_1000_depend_on(tmp_path):
    review = imported(tmp_path, HEART, as_table("sglt2"))
    said = " ".join(map(str, answer(review, review_findings(review))))
    assert "Hazard ratio of major cardiovascular events" in said
    assert "depends on the risk without treatment, which we did not read" in said
    given = review.under(baseline_risk=100.0)
    said = " ".join(map(str, answer(given, review_findings(given))))
    assert "happens to 100 in 1000 people without treatment (as it was set)" in said
