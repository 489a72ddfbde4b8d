"""How the checks came out: those that cannot be done are not counted, nor whose trial they concern."""

from types import SimpleNamespace

from evidence_review.checks.study_check import StudyCheck
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from evidence_review.words.checks import result

STUDIES = {"studies": [SimpleNamespace(study_id="own")]}
REVIEW = SimpleNamespace(records=SimpleNamespace(rows=STUDIES.__getitem__))


def check(study: str, answer: str) -> StudyCheck:
    return StudyCheck(study, study.title(), "a", "pain", 4.0, "P", answer, "1 + 1", ())


def test_nothing_that_could_be_checked():
    no_check = "No check could be done: the studies do not print the figures that the checks need."
    assert result(REVIEW, []) == no_check
    assert result(REVIEW, [check("own", NOT_CHECKABLE)]) == result(REVIEW, [])


def test_all_is_well():
    said = result(REVIEW, [check("own", CONSISTENT), check("own", NOT_CHECKABLE)])
    assert said == "**1 check could be done, and none found figures that do not agree.**"


def test_studies_are_named_once_and_own_trials_are_counted():
    checks = [check("own", INCONSISTENT), check("far", INCONSISTENT), check("far", INCONSISTENT)]
    said = result(REVIEW, [*checks, check("far", CONSISTENT)])
    assert said.startswith(
        "**4 checks could be done; 3 found figures that do not agree: Own and Far.**"
    )
    assert said.endswith("Of these, 1 is in this review's own studies.")
    assert result(REVIEW, checks[1:]).endswith("Of these, none are in this review's own studies.")
