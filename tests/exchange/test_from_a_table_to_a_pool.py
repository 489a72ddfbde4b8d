"""A table in a project of one's own: from `new` to a pool, with the values that metafor has.

St John's wort for depression: 17 trials of dat.linde2005 in the R package metadat; the values are those of
metafor's test of its analysis example viechtbauer2007b. Stays in hospital: dat.normand1999, with what
metafor's rma gives of mean differences, as recorded in a public test file of another program.
"""

import csv

import pytest
from numpy.testing import assert_allclose

import evidence_review as er

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
STAYS = """study,year,week,n1,mean1,sd1,n2,mean2,sd2
Edinburgh,1999,26,155,55,47,156,75,64
Orpington-Mild,1999,26,31,27,7,32,29,4
Orpington-Moderate,1999,26,75,64,17,71,119,29
Orpington-Severe,1999,26,18,66,20,18,137,48
Montreal-Home,1999,26,8,14,8,13,18,11
Montreal-Transfer,1999,26,57,19,7,52,18,4
Newcastle,1999,26,34,52,45,33,41,34
Umea,1999,26,110,21,16,183,31,27
Uppsala,1999,26,60,30,27,52,23,20
"""
NAME = "wort-depression"
OUTCOME = "response to treatment"


@pytest.fixture
def run(run, tmp_path):
    """Runs a command in a new project, beside which both tables lie."""
    for name, table in (("wort", TRIALS), ("stays", STAYS)):
        (tmp_path / f"{name}.csv").write_text(table, encoding="utf-8")
    return run


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


def test_an_sd_that_trials_print_takes_the_place_of_a_placeholder(run, tmp_path):
    """Days in hospital: the prior of the spread between trials is half their pooled SD."""
    asked = ("--question", "Does care in a stroke unit shorten the stay in hospital?")
    about = ("--treatment", "care in a stroke unit", "--condition", "stroke", "--outcome", "stay")
    scale = ("--scale", "records", "--unit", "days", "--better", "lower")
    assert run("new", "stroke-stay", *asked, *about, *scale)[0] == 0
    table = ("import", str(tmp_path / "stays.csv"), "--review", "stroke-stay")
    code, said = run(*table, "--control", "usual care")
    rows = list(csv.DictReader(STAYS.splitlines()))
    arms = [(float(row[f"n{i}"]), float(row[f"sd{i}"])) for row in rows for i in "12"]
    sd = (sum((n - 1) * s**2 for n, s in arms) / sum(n - 1 for n, _ in arms)) ** 0.5
    assert code == 0
    assert f"The SD in this table, {sd:.3g}" in said
    assert "placeholder" not in run("check", "--review", "stroke-stay")[1]

    review = er.open_review("stroke-stay", project=tmp_path / "own")
    assert_allclose(review.settings.tau_prior_scale, sd / 2, rtol=0.005)
    assert_allclose(review.settings.important_difference, sd / 2, rtol=0.005)
    pooled = review.findings.loc["pooled.stay.md", "value"]
    assert_allclose(pooled, -15.106, atol=5e-4)
    assert_allclose(er.pool(review.effects(), tau2="EE").estimate, -3.464, atol=5e-4)
    assert "than people on usual care" in str(review.answer())
    assert "placebo" not in str(review.answer())


def test_check_names_a_trial_of_several_arms_that_nobody_compares(run, tmp_path):
    table = (
        "study,arm,role,n,events\nRao 2001,ginger,treatment,60,3\nRao 2001,placebo,placebo,60,9\n"
    )
    for arm, role, events in (
        ("low", "treatment", 11),
        ("high", "treatment", 7),
        ("p", "placebo", 9),
    ):
        table += f"Lin 2009,{arm},{role},50,{events}\n"
    (tmp_path / "arms.csv").write_text(table, encoding="utf-8")
    asked = ("--question", "Does ginger help?", "--treatment", "ginger", "--condition", "surgery")
    asked += ("--outcome", "vomiting", "--measure", "RR")
    assert run("new", "ginger", *asked, "--better", "lower")[0] == 0
    assert run("import", str(tmp_path / "arms.csv"), "--review", "ginger")[0] == 0
    code, said = run("check", "--review", "ginger")
    assert code == 0
    assert "Lin 2009: its groups are not compared. Add a row to contrasts.csv" in said
    assert "Rao 2001: its" not in said


def test_printed_sds_take_the_place_of_the_range_rule_on_their_own_scale_only(run, tmp_path):
    """Sleep of 0 to 21 points: the range rule says 21 / 4, a trial prints 2.9; another scale's 40 says nothing.

    A value that somebody changed stays.
    """
    asked = ("--question", "Does valerian improve sleep?", "--treatment", "valerian")
    about = ("--condition", "insomnia", "--outcome", "sleep quality", "--better", "lower")
    scale = ("--scale", "PSQI", "--unit", "points", "--lowest", "0", "--highest", "21")
    assert run("new", "sleep", *asked, *about, *scale)[0] == 0
    own, shared = (tmp_path / "own" / "data" / name for name in ("sleep", "sleep-placebo"))
    with (shared / "instruments.csv").open(encoding="utf-8", newline="") as stream:
        scales = list(csv.DictReader(stream))
    scales.append(scales[0] | {"instrument_id": "minutes", "maximum": "999", "unit": "min"})
    with (shared / "instruments.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, scales[0])
        writer.writeheader()
        writer.writerows(scales)
    read = lambda folder: {
        row["assumption_id"]: row
        for row in csv.DictReader((folder / "assumptions.csv").open(encoding="utf-8"))
    }
    assert (read(shared)["change_sd"]["value"], read(own)["important_difference"]["value"]) == (
        "5.25",
        "2.625",
    )
    cells(own / "assumptions.csv", list(read(own)).index("important_difference"), value="3")
    table = tmp_path / "sleep.csv"
    table.write_text(
        "study,instrument_id,arm,weeks,n,change mean,change sd\n"
        "Miller 2021,PSQI,valerian,6,38,-3.4,2.9\nMiller 2021,PSQI,placebo,6,38,-2.4,2.9\n"
        "Noor 2022,minutes,valerian,6,38,30,40\nNoor 2022,minutes,placebo,6,38,20,40\n",
        encoding="utf-8",
    )
    code, said = run("import", str(table), "--review", "sleep")
    assert code == 0
    assert "The SD in this table, 2.9" in said
    sd = read(shared)["change_sd"]
    assert (sd["value"], sd["low"], sd["high"]) == ("2.9", "1.45", "4.35")
    assert read(shared)["tau_prior_scale"]["value"] == "1.45"
    assert read(own)["important_difference"]["value"] == "3"

    assert run("import", "--undo", "--review", "sleep")[0] == 0
    assert read(shared)["change_sd"]["value"] == "5.25"
    assert "range rule" in read(shared)["tau_prior_scale"]["reason"]
    assert read(own)["important_difference"]["value"] == "3"
