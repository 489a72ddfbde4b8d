"""Risk of bias from the records: what follows from the answers, who says so, and robvis' layout."""

from dataclasses import replace
from io import StringIO

import pandas as pd
import pytest

from evidence_review.judgement.bias_tools import TOOLS
from evidence_review.judgement.risk_of_bias import (
    assessments,
    domain_names,
    from_robvis,
    to_robvis,
)
from evidence_review.records import Records
from evidence_review.review.review import Review

# Rows of robvis' own examples: data_rob2_ni (weighted, with NI) and data_robins_i_v2 (no weights).
DATA_ROB2 = """Study,D1,D2,D3,D4,D5,Overall,Weight
Study 3,Some concerns,Low,Some concerns,Low,Low,Some concerns,0.142857143
Study 4,NI,Low,High,Low,Some concerns,High,9.090909091
"""
DATA_ROBINS_I_V2 = """Study,D1,D2,D3,D4,D5,D6,Overall
Study 3,Moderate,Serious,Low,Serious,Low,Low,Serious
"""


@pytest.fixture
def by_study(records):
    return {
        result.study_id: result
        for result in assessments(Review(records))
        if result.outcome == records.review.outcome
    }


def with_answers(records: Records, study_id: str, *, drop=(), **answers: str) -> Records:
    """The records, of the main outcome, with some answers of one study dropped, changed or added ('q3_2' is 3.2)."""
    rows = records["judgements"]
    rows = rows[rows.outcome == records.review.outcome]
    rows = rows[~((rows.study_id == study_id) & rows.question.isin(drop))].copy()
    for name, answer in answers.items():
        question = name.removeprefix("q").replace("_", ".")
        where = (rows.study_id == study_id) & (rows.question == question)
        if where.any():
            rows.loc[where, "answer"] = answer
        else:
            like = rows[rows.study_id == study_id].iloc[-1]
            added = like.to_dict() | {"question": question, "answer": answer, "reason": "a reason"}
            rows = pd.concat([rows, pd.DataFrame([added])], ignore_index=True)
    return replace(records, tables=records.tables | {"judgements": rows})


def finals(result) -> list[str]:
    return [part.final for part in (*result.domains, result.overall)]


def test_the_question_table_is_the_tools(records):
    """Same questions, in the same domains, with the same answers; NA where one can be skipped."""
    table = records.reference_class["bias_questions"]
    for name, tool in TOOLS.items():
        expected = {
            (number, key, " / ".join((*question.codes, *(("NA",) if question.asked else ()))))
            for key, domain in [*tool.domains.items(), ("triage", tool.triage)]
            if domain
            for number, question in domain.questions.items()
        }
        expected |= {(key, key, " / ".join(tool.levels)) for key in [*tool.domains, "overall"]}
        rows = table[table.tool == name]
        assert set(zip(rows.question, rows.domain, rows.allowed, strict=True)) == expected


def test_the_randomised_trial(by_study):
    """RoB 2 by hand: nobody knows who was blind, who was lost, or what was planned."""
    result = by_study["jadidi2022"]
    assert result.tool == "RoB 2"
    assert finals(result) == ["some concerns", "high", "high", "high", "some concerns", "high"]
    assert all(part.no_information for part in result.domains)
    assert len(result.overall.rows) == 20  # 2.4 and 2.5 are not asked
    assert result.overall.rows[0] == "magnesium-rls/judgements.csv:2"


def test_the_uncontrolled_trial(by_study):
    """ROBINS-I V2 by hand: critical by triage and by confounding."""
    result = by_study["gorantla2024"]
    assert result.triage.final == "critical"
    assert finals(result) == [
        "critical",
        "low",
        "moderate",
        "serious",
        "serious",
        "moderate",
        "critical",
    ]


def test_triage_may_end_the_assessment(records):
    questions = [q for domain in TOOLS["ROBINS-I V2"].domains.values() for q in domain.questions]
    stopped = assessments(Review(with_answers(records, "gorantla2024", drop=questions)))[1]
    assert finals(stopped) == [""] * 6 + ["critical"]


def test_without_that_triage_every_domain_must_be_answered(records):
    questions = [q for domain in TOOLS["ROBINS-I V2"].domains.values() for q in domain.questions]
    with pytest.raises(ValueError, match=r"gorantla2024, .*ROBINS-I V2: question 1\.1 has no"):
        assessments(Review(with_answers(records, "gorantla2024", drop=questions, B2="N")))


def test_a_missing_answer_and_one_too_many(records):
    with pytest.raises(ValueError, match=r"jadidi2022, RLS severity, RoB 2: question 1\.2 has no"):
        assessments(Review(with_answers(records, "jadidi2022", drop=["1.2"])))
    with pytest.raises(ValueError, match=r"question 2\.4 is answered Y; earlier answers skip it"):
        assessments(Review(with_answers(records, "jadidi2022", q2_4="Y")))
    assert assessments(Review(with_answers(records, "jadidi2022", q2_4="NA")))


def test_a_person_may_override_a_domain_with_a_reason(records):
    overridden = with_answers(
        records, "jadidi2022", D2="some concerns", D3="some concerns", D4="some concerns"
    )
    result = assessments(Review(overridden))[0]
    second = result.domains[1]
    assert (second.derived, second.judged, second.final) == (
        "high",
        "some concerns",
        "some concerns",
    )
    assert second.reason == "a reason"
    # Several concerns are not high by themselves: that is for a person to say, as here.
    assert result.overall.final == "some concerns"
    assert result.may_add_up
    high = assessments(Review(with_answers(overridden, "jadidi2022", overall="high")))[0].overall
    assert (high.derived, high.final, high.reason) == ("some concerns", "high", "a reason")


def test_robvis_layout(by_study):
    table = to_robvis([by_study["jadidi2022"]], weights={"jadidi2022": 2.5})
    assert table.to_csv(index=False) == (
        "Study,D1,D2,D3,D4,D5,Overall,Weight\n"
        "Jadidi 2022,Some concerns,High,High,High,Some concerns,High,2.5\n"
    )


@pytest.mark.parametrize(
    ("tool", "text"), [("RoB 2", DATA_ROB2), ("ROBINS-I V2", DATA_ROBINS_I_V2)]
)
def test_robvis_examples_survive_the_way_in_and_out(records, tool, text):
    table = pd.read_csv(StringIO(text), keep_default_na=False)
    results = from_robvis(table, tool, domain_names(records)[tool])
    weights = dict(zip(table.Study, table.Weight, strict=True)) if "Weight" in table else None
    back = to_robvis(results, weights=weights)
    expected = table.replace("NI", "No information")
    pd.testing.assert_frame_equal(back[list(expected)], expected)
    assert ("Weight" in table) or (back.Weight == 1).all()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Low,High", "Low,Awful", r"row 2, column D3: 'Awful' is not a judgement of RoB 2"),
        ("Low,High", "Low,Critical", r"allowed are No information, Low, Some concerns, High"),
        ("Overall", "Total", r"no column Overall"),
    ],
)
def test_a_robvis_table_that_does_not_fit(records, old, new, says):
    table = pd.read_csv(StringIO(DATA_ROB2.replace(old, new)), keep_default_na=False)
    with pytest.raises(ValueError, match=says):
        from_robvis(table, "RoB 2", domain_names(records)["RoB 2"])


def test_robvis_takes_one_tool_and_one_row_a_study(records):
    both = assessments(Review(records))
    with pytest.raises(ValueError, match="one tool"):
        to_robvis(both)
    with pytest.raises(ValueError, match="one row per study"):
        to_robvis([both[0], both[0]])
