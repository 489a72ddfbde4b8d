"""Counts from a table, in a project of one's own: from `new` to a pool, with the values that metafor has.

St John's wort for depression, 17 trials of dat.linde2005 in the R package metadat; the values are those of
metafor's test of its analysis example viechtbauer2007b.
"""

import csv

import pytest
from numpy.testing import assert_allclose

import evidence_review as er
from evidence_review.cli import main

TRIALS = """study,year,events1,n1,events2,n2
Reh,1992,20,25,11,25
Huebner,1993,14,20,9,20
Lehrl & Woelk,1993,4,25,2,25
Schmidt & Sommer,1993,20,32,6,33
Sommer & Harrer,1994,28,50,13,55
Witte,1995,34,48,25,49
Haensgen & Vesper,1996,35,53,12,54
Laakmann,1998,24,49,16,49
Schrader,1998,45,80,12,79
Philipp,1999,67,106,22,47
Winkel,2000,34,60,17,59
Volz,2000,46,70,34,70
Montgomery,2000,55,123,57,124
Kalb,2001,23,37,15,35
Shelton,2001,26,98,19,102
HDTSG,2002,46,113,56,116
Lecrubier,2002,98,186,80,189
"""
NAME = "wort-depression"
OUTCOME = "response to treatment"


@pytest.fixture
def run(tmp_path, capsys):
    """Runs a command in a new project; returns its exit code and what it said."""

    def command(*arguments):
        code = main(["--project", str(tmp_path / "own"), *arguments])
        told = capsys.readouterr()
        return code, told.out + told.err

    assert main(["init", str(tmp_path / "own")]) == 0
    (tmp_path / "wort.csv").write_text(TRIALS, encoding="utf-8")
    capsys.readouterr()
    return command


def cells(path, row: int, **values: str) -> None:
    """Type values into a row (of the data) of a table."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[row] |= values
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_without_a_measure_check_says_all_that_is_missing_and_then_the_pool_is_metafors(
    run, tmp_path
):
    question = ("--question", "Does St John's wort help with depression?", "--outcome", OUTCOME)
    assert run("new", NAME, *question)[0] == 0
    assert run("import", str(tmp_path / "wort.csv"), "--review", NAME)[0] == 0
    code, said = run("check", "--review", NAME)
    assert code == 1
    assert "3 problems" in said
    for words in ("OR or RR or RD", "write higher or lower", "in 1000 people"):
        assert words in said

    data = tmp_path / "own" / "data"
    cells(data / NAME / "review.csv", 0, measure="RR")
    cells(data / f"{NAME}-placebo" / "instruments.csv", 0, worse="lower")
    places = [
        row["assumption_id"] for row in csv.DictReader((data / NAME / "assumptions.csv").open())
    ]
    cells(
        data / NAME / "assumptions.csv",
        places.index("important_difference"),
        **{"value": "10", "low": "1", "high": "50", "unit": "in 1000 people"},
    )
    assert run("check", "--review", NAME)[0] == 0

    findings = er.open_review(NAME, project=tmp_path / "own").findings
    shown = lambda method: findings.loc[
        f"pooled.response_to_treatment.{method}", ["value", "low", "high"]
    ]
    assert_allclose(shown("inverse_variance"), [1.3840, 1.2599, 1.5204], atol=5.1e-5)
    assert_allclose(shown("dersimonian_laird"), [1.5722, 1.3103, 1.8864], atol=5.1e-5)
