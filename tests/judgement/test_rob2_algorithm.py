"""RoB 2, 22 August 2019: the tables of its full guidance that map answers to judgements.

Individually randomised parallel-group trials, effect of assignment. Responses as in the table of
Sterne et al., BMJ 2019;366:l4898.
"""

from itertools import product

import pytest

from evidence_review.judgement.bias_tools import ROB2

from .decision_tables import STANDARD, WITHOUT_NI, check, expand

LEVELS = ("low", "some concerns", "high")


def form(*questions, without_ni=()):
    return {q: WITHOUT_NI if q in without_ni else STANDARD for q in questions}


def test_randomisation_process():
    questions = form("1.1", "1.2", "1.3")
    table = """
        Y/PY/NI | Y/PY | N/PN/NI => low
        Y/PY/NI | Y/PY | Y/PY    => some concerns
        N/PN    | Y/PY | any     => some concerns
        any     | NI   | N/PN/NI => some concerns
        any     | NI   | Y/PY    => high
        any     | N/PN | any     => high
    """
    check(ROB2.domains["D1"], questions, expand(questions, table))


def test_deviations_from_intended_interventions():
    """Two tables, conduct and analysis, and a third that joins them."""
    conduct = form("2.1", "2.2", "2.3", "2.4", "2.5")
    aware = """
        {} | N/PN | -       | -       => low
        {} | NI   | -       | -       => some concerns
        {} | Y/PY | N/PN    | -       => some concerns
        {} | Y/PY | Y/PY/NI | Y/PY    => some concerns
        {} | Y/PY | Y/PY/NI | N/PN/NI => high
    """
    rows = "N/PN | N/PN | - | - | - => low"
    for who in ("Y/PY/NI | any", "N/PN | Y/PY/NI"):
        rows += aware.replace("{}", who).rstrip()
    analysis = form("2.6", "2.7")
    table = """
        Y/PY    | -       => low
        N/PN/NI | N/PN    => some concerns
        N/PN/NI | Y/PY/NI => high
    """
    joined = {
        ("low", "low"): "low",
        ("low", "some concerns"): "some concerns",
        ("some concerns", "low"): "some concerns",
        ("some concerns", "some concerns"): "some concerns",
        ("low", "high"): "high",
        ("some concerns", "high"): "high",
        ("high", "low"): "high",
        ("high", "some concerns"): "high",
        ("high", "high"): "high",
    }
    expected = {
        (*one, *other): joined[first, second]
        for (one, first), (other, second) in product(
            expand(conduct, rows).items(), expand(analysis, table).items()
        )
    }
    check(ROB2.domains["D2"], conduct | analysis, expected)


def test_missing_outcome_data():
    questions = form("3.1", "3.2", "3.3", "3.4", without_ni=("3.2",))
    table = """
        Y/PY    | -    | -       | -       => low
        N/PN/NI | Y/PY | -       | -       => low
        N/PN/NI | N/PN | N/PN    | -       => low
        N/PN/NI | N/PN | Y/PY/NI | N/PN    => some concerns
        N/PN/NI | N/PN | Y/PY/NI | Y/PY/NI => high
    """
    check(ROB2.domains["D3"], questions, expand(questions, table))


def test_measurement_of_the_outcome():
    questions = form("4.1", "4.2", "4.3", "4.4", "4.5")
    table = """
        Y/PY    | any  | -       | -       | -       => high
        N/PN/NI | Y/PY | -       | -       | -       => high
        N/PN/NI | N/PN | N/PN    | -       | -       => low
        N/PN/NI | N/PN | Y/PY/NI | N/PN    | -       => low
        N/PN/NI | N/PN | Y/PY/NI | Y/PY/NI | N/PN    => some concerns
        N/PN/NI | N/PN | Y/PY/NI | Y/PY/NI | Y/PY/NI => high
        N/PN/NI | NI   | N/PN    | -       | -       => some concerns
        N/PN/NI | NI   | Y/PY/NI | N/PN    | -       => some concerns
        N/PN/NI | NI   | Y/PY/NI | Y/PY/NI | N/PN    => some concerns
        N/PN/NI | NI   | Y/PY/NI | Y/PY/NI | Y/PY/NI => high
    """
    check(ROB2.domains["D4"], questions, expand(questions, table))


def test_selection_of_the_reported_result():
    questions = form("5.1", "5.2", "5.3")
    table = """
        Y/PY    | N/PN    | N/PN    => low
        N/PN/NI | N/PN    | N/PN    => some concerns
        any     | N/PN    | NI      => some concerns
        any     | NI      | N/PN    => some concerns
        any     | NI      | NI      => some concerns
        any     | Y/PY    | any     => high
        any     | N/PN/NI | Y/PY    => high
    """
    check(ROB2.domains["D5"], questions, expand(questions, table))


def test_overall_judgement():
    """Low if every domain is low; high if any is high; else some concerns (several: a person's call)."""
    for domains in product(LEVELS, repeat=5):
        expected = (
            "high" if "high" in domains else "low" if set(domains) == {"low"} else "some concerns"
        )
        assert ROB2.worst(domains) == expected


@pytest.mark.parametrize("key", ROB2.domains)
def test_silence_never_reads_as_low(key):
    domain = ROB2.domains[key]
    silence = {q: "NI" for q in domain.questions} | {"3.2": "N"}  # 3.2 has no NI
    asked = {
        "D2": {"2.1", "2.2", "2.3", "2.6", "2.7"},  # 2.4 follows a yes to 2.3
    }.get(key, set(domain.questions))
    assert domain.judge({q: silence[q] for q in asked}) != "low"


def test_an_error_names_the_question_and_what_to_do():
    with pytest.raises(ValueError, match=r"question 3\.2 has no answer; answer Y, PY, PN, N"):
        ROB2.domains["D3"].judge({"3.1": "NI"})
    with pytest.raises(
        ValueError, match=r"question 3\.2 is answered N; earlier answers skip it: answer NA"
    ):
        ROB2.domains["D3"].judge({"3.1": "Y", "3.2": "N"})
