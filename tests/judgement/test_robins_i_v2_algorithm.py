"""ROBINS-I V2, draft of 20 November 2025: its flow charts, row by row.

Follow-up studies, intention-to-treat effect (variant A of domain 1). Known through transcriptions
of the charts; where two of them differ, the row says which was followed.
"""

from itertools import product

import pytest

from evidence_review.judgement.bias_tools import ROBINS_I

from .decision_tables import GRADED_NO, GRADED_YES, STANDARD, WITHOUT_NI, check, expand


def test_triage():
    """Critical without going on: confounding too strong (B2), or the measurement unsuitable (B3)."""
    questions = {"B1": WITHOUT_NI, "B2": WITHOUT_NI, "B3": WITHOUT_NI}
    table = """
        Y/PY | -    | N/PN => low
        Y/PY | -    | Y/PY => critical
        N/PN | N/PN | N/PN => low
        N/PN | N/PN | Y/PY => critical
        N/PN | Y/PY | any  => critical
    """
    check(ROBINS_I.triage, questions, expand(questions, table))


def test_confounding():
    questions = {"1.1": GRADED_NO, "1.2": GRADED_NO, "1.3": STANDARD, "1.4": WITHOUT_NI}
    table = """
        Y/PY    | Y/PY     | N/PN/NI | N/PN => low
        Y/PY    | Y/PY     | N/PN/NI | Y/PY => serious
        Y/PY    | WN       | N/PN/NI | N/PN => moderate
        Y/PY    | WN       | N/PN/NI | Y/PY => serious
        WN      | Y/PY/WN  | N/PN/NI | N/PN => moderate
        WN      | Y/PY/WN  | N/PN/NI | Y/PY => serious
        Y/PY/WN | SN/NI    | N/PN/NI | any  => serious
        Y/PY/WN | any      | Y/PY    | Y/PY => critical
        Y/PY/WN | Y/PY     | Y/PY    | N/PN => serious
        Y/PY/WN | WN/SN/NI | Y/PY    | N/PN => critical
        SN/NI   | -        | -       | N/PN => serious
        SN/NI   | -        | -       | Y/PY => critical
    """
    check(ROBINS_I.domains["D1"], questions, expand(questions, table))


def test_classification_of_interventions():
    questions = {
        "2.1": STANDARD,
        "2.2": STANDARD,
        "2.3": GRADED_YES,
        "2.4": GRADED_YES,
        "2.5": STANDARD,
    }
    best = """
        {} | N/PN  | N/PN    => low
        {} | N/PN  | Y/PY/NI => moderate
        {} | WY/NI | N/PN    => moderate
        {} | WY/NI | Y/PY/NI => serious
        {} | SY    | N/PN    => serious
        {} | SY    | Y/PY/NI => critical
    """
    middle = """
        {} | N/PN  | N/PN    => moderate
        {} | N/PN  | Y/PY/NI => serious
        {} | WY/NI | N/PN    => serious
        {} | WY/NI | Y/PY/NI => critical
        {} | SY    | any     => critical
    """
    worst = """
        {} | N/PN     | N/PN    => serious
        {} | N/PN     | Y/PY/NI => critical
        {} | WY/NI/SY | any     => critical
    """
    rows = "".join(
        track.replace("{}", start).rstrip()
        for start, track in (
            ("Y/PY | - | -", best),
            ("N/PN/NI | Y/PY | -", best),
            ("N/PN/NI | N/PN/NI | SY", best),
            ("N/PN/NI | N/PN/NI | WY/NI", middle),
            ("N/PN/NI | N/PN/NI | N/PN", worst),
        )
    )
    check(ROBINS_I.domains["D2"], questions, expand(questions, rows))


def test_selection_of_participants():
    """Part A (3.1, 3.2) and part B (3.3 to 3.5); the ladder (3.6 to 3.8) only if either is serious.

    No information in 3.3 is moderate at once, as in two of three transcriptions.
    """
    part_a = {"3.1": GRADED_NO, "3.2": STANDARD}
    a = """
        Y/PY  | N/PN/NI => low
        Y/PY  | Y/PY    => moderate
        WN/NI | -       => moderate
        SN    | -       => serious
    """
    part_b = {"3.3": STANDARD, "3.4": STANDARD, "3.5": STANDARD}
    b = """
        N/PN | -    | -       => low
        NI   | -    | -       => moderate
        Y/PY | N/PN | -       => low
        Y/PY | NI   | -       => moderate
        Y/PY | Y/PY | N/PN/NI => moderate
        Y/PY | Y/PY | Y/PY    => serious
    """
    ladder = {"3.6": STANDARD, "3.7": STANDARD, "3.8": STANDARD}
    c = """
        Y/PY    | -       | -       => moderate
        N/PN/NI | Y/PY    | -       => moderate
        N/PN/NI | N/PN/NI | N/PN/NI => serious
        N/PN/NI | N/PN/NI | Y/PY    => critical
    """
    expected = {}
    for (one, first), (other, second) in product(
        expand(part_a, a).items(), expand(part_b, b).items()
    ):
        if "serious" in (first, second):
            for rest, judgement in expand(ladder, c).items():
                expected[(*one, *other, *rest)] = judgement
        else:
            found = "moderate" if "moderate" in (first, second) else "low"
            expected[(*one, *other, "NA", "NA", "NA")] = found
    check(ROBINS_I.domains["D3"], part_a | part_b | ladder, expected)


def test_missing_data():
    questions = {f"4.{n}": STANDARD for n in range(1, 12)}
    questions |= {"4.6": GRADED_NO, "4.9": GRADED_NO, "4.10": GRADED_NO, "4.11": WITHOUT_NI}
    # 4.4 | 4.5 | 4.6 | 4.7 | 4.8 | 4.9 | 4.10 | 4.11
    incomplete = """
        {} | Y/PY/NI | N/PN    | -     | -       | -       | -     | -     | -    => low
        {} | Y/PY/NI | Y/PY/NI | Y/PY  | -       | -       | -     | -     | Y/PY => low
        {} | Y/PY/NI | Y/PY/NI | Y/PY  | -       | -       | -     | -     | N/PN => moderate
        {} | Y/PY/NI | Y/PY/NI | WN/NI | -       | -       | -     | -     | Y/PY => moderate
        {} | Y/PY/NI | Y/PY/NI | WN/NI | -       | -       | -     | -     | N/PN => serious
        {} | Y/PY/NI | Y/PY/NI | SN    | -       | -       | -     | -     | Y/PY => serious
        {} | Y/PY/NI | Y/PY/NI | SN    | -       | -       | -     | -     | N/PN => critical
        {} | N/PN    | -       | -     | Y/PY    | N/PN/NI | -     | -     | -    => serious
        {} | N/PN    | -       | -     | Y/PY    | Y/PY    | Y/PY  | -     | -    => low
        {} | N/PN    | -       | -     | Y/PY    | Y/PY    | WN/NI | -     | Y/PY => moderate
        {} | N/PN    | -       | -     | Y/PY    | Y/PY    | WN/NI | -     | N/PN => serious
        {} | N/PN    | -       | -     | Y/PY    | Y/PY    | SN    | -     | Y/PY => serious
        {} | N/PN    | -       | -     | Y/PY    | Y/PY    | SN    | -     | N/PN => critical
        {} | N/PN    | -       | -     | N/PN/NI | -       | -     | Y/PY  | -    => low
        {} | N/PN    | -       | -     | N/PN/NI | -       | -     | WN/NI | Y/PY => moderate
        {} | N/PN    | -       | -     | N/PN/NI | -       | -     | WN/NI | N/PN => serious
        {} | N/PN    | -       | -     | N/PN/NI | -       | -     | SN    | Y/PY => serious
        {} | N/PN    | -       | -     | N/PN/NI | -       | -     | SN    | N/PN => critical
    """
    rows = "Y/PY | Y/PY | Y/PY | - | - | - | - | - | - | - | - => low"
    for known in (
        "N/PN/NI | any | any",
        "Y/PY | N/PN/NI | any",
        "Y/PY | Y/PY | N/PN/NI",
    ):
        rows += incomplete.replace("{}", known).rstrip()
    check(ROBINS_I.domains["D4"], questions, expand(questions, rows))


def test_measurement_of_the_outcome():
    questions = {"5.1": STANDARD, "5.2": STANDARD, "5.3": GRADED_YES}
    table = """
        Y/PY | N/PN    | -             => serious
        Y/PY | Y/PY/NI | any           => serious
        N/PN | N/PN    | -             => low
        N/PN | Y/PY/NI | N/PN          => low
        N/PN | Y/PY/NI | WY/NI         => moderate
        N/PN | Y/PY/NI | SY            => serious
        NI   | N/PN    | -             => moderate
        NI   | Y/PY/NI | N/PN/WY/NI    => moderate
        NI   | Y/PY/NI | SY            => serious
    """
    check(ROBINS_I.domains["D5"], questions, expand(questions, table))


def test_selection_of_the_reported_result():
    """Bands of the chart by how many of 6.2 to 6.4 are yes and how many are unknown.

    All three unknown lies in two bands, moderate and serious: taken as serious.
    """
    questions = {f"6.{n}": STANDARD for n in range(1, 5)}
    bands = {
        (0, 0): "low",
        (0, 1): "moderate",
        (0, 2): "moderate",
        (0, 3): "serious",
        (1, 0): "serious",
        (1, 1): "serious",
        (1, 2): "serious",
        (2, 0): "critical",
        (2, 1): "critical",
        (3, 0): "critical",
    }
    expected = expand(questions, "Y/PY | - | - | - => low")
    for plan in ("N", "PN", "NI"):
        for picked in product(STANDARD, repeat=3):
            yes = sum(code in ("Y", "PY") for code in picked)
            expected[(plan, *picked)] = bands[yes, picked.count("NI")]
    check(ROBINS_I.domains["D6"], questions, expected)


def test_overall_judgement_is_the_worst():
    order = ("low", "moderate", "serious", "critical")
    for domains in product(order, repeat=3):
        assert order.index(ROBINS_I.worst(domains)) == max(map(order.index, domains))


@pytest.mark.parametrize(
    ("key", "silence"),
    [
        ("D1", {"1.1": "NI", "1.4": "N"}),
        ("D2", dict.fromkeys(("2.1", "2.2", "2.3", "2.4", "2.5"), "NI")),
        ("D3", {"3.1": "NI", "3.3": "NI"}),
        ("D4", dict.fromkeys(("4.1", "4.2", "4.3", "4.4", "4.5", "4.6"), "NI") | {"4.11": "N"}),
        ("D5", dict.fromkeys(("5.1", "5.2", "5.3"), "NI")),
        ("D6", dict.fromkeys(("6.1", "6.2", "6.3", "6.4"), "NI")),
    ],
)
def test_silence_never_reads_as_low(key, silence):
    assert ROBINS_I.domains[key].judge(silence) != "low"
