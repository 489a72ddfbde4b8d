"""`evidence-review import`: results of others become rows with sources, or nothing changes; and back."""

import csv
import sys

import pytest

from evidence_review.cli import main
from evidence_review.exchange import import_table
from evidence_review.exchange.printed_figures import Figure
from evidence_review.exchange.understanding import Group
from evidence_review.records import load, violations
from evidence_review.records.package import table_definitions

from ..minimal_review import NAME, fill
from ..small_project import content

ARMS = """Trial,Group,role,n,Mean score,SD,week
Doe 2018,Zinc 20 mg,treatment,30,13.50,6.2,12
Doe 2018,placebo,placebo,29,16.1,7.0,12
Poe 2019,Zinc 10 mg,treatment,18,15.2,5.5,6
Poe 2019,Zinc 30 mg,treatment,17,14.1,5.9,6
Poe 2019,placebo,placebo,19,17.3,6.0,6
"""
MAPPED = ["--map", "study=Trial", "--map", "arm=Group", "--map", "mean=Mean score"]

# As in the data package of a Cochrane review: one comparison a row, also of other analyses.
REVMAN = """Analysis group,Analysis number,Analysis name,Subgroup,Applicability,Study,Study year,GIV Mean,GIV SE,Experimental mean,Experimental SD,Experimental cases,Experimental N,Control mean,Control SD,Control cases,Control N,O-E,Variance,Weight,Mean,CI start,CI end,Footnotes
1,1,Severity,,,Doe 2018,2018,,,-8.4,6.2,,30,-5.1,7.0,,29,,,40,-3.3,-6.68,0.08,
1,2,Drop-outs,,,Doe 2018,2018,,,,,3,30,,,2,29,,,,,,,
1,1,Severity,,,Poe 2019,2019,,,-7.0,5.5,,18,-4.4,6.0,,19,,,60,-2.6,-6.3,1.1,
"""
OURS = ["--where", "Analysis number=1", "--fill", "week=8", "--fill", "outcome=RLS severity"]


def bring(review, text: str, *options: str) -> int:
    file = review.root / "arms.csv"
    file.write_text(text, encoding="utf-8")
    return main(["--project", str(review.root), "import", str(file), "--review", NAME, *options])


def rows(review, table: str) -> list[dict]:
    with (review.data / NAME / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_one_arm_a_row(review, capsys):
    fill(review, randomised=True)
    assert bring(review, ARMS, *MAPPED) == 0
    assert violations(review, [NAME]) == []
    assert "  poe2019: zinc_10_mg, zinc_30_mg, placebo\n" in capsys.readouterr().out
    assert [row["study_id"] for row in rows(review, "contrasts")] == ["roe2020", "doe2018"]
    assert rows(review, "contrasts")[1]["treated_arm"] == "zinc_20_mg"
    (mean,) = (
        row
        for row in rows(review, "statistics")
        if (row["study_id"], row["arm_id"], row["statistic"]) == ("doe2018", "zinc_20_mg", "mean")
    )
    # The decimals are the source's; where it stands is said.
    assert (mean["value"], mean["unit"], mean["week"]) == ("13.50", "points", "12")
    assert (mean["source_id"], mean["location"]) == ("doe2018", "arms.csv, row 2")


def test_a_column_of_revman_may_be_mapped_too(review):
    fill(review, randomised=True)
    mapped = ["--where", "Analysis number=1", "--fill", "outcome=RLS severity"]
    text = REVMAN.replace("Footnotes", "Weeks").replace("0.08,\n", "0.08,6\n")
    text = text.replace("1.1,\n", "1.1,12\n")
    assert bring(review, text, *mapped, "--map", "week=Weeks", "--values", "changes") == 0
    weeks = {r["study_id"]: r["week"] for r in rows(review, "statistics") if r["week"]}
    assert (weeks["doe2018"], weeks["poe2019"]) == ("6", "12")


def test_the_data_rows_of_revman(review):
    fill(review, randomised=True)
    assert bring(review, REVMAN, *OURS, "--values", "changes") == 0
    assert violations(review, [NAME]) == []
    found = {
        (row["study_id"], row["arm_id"], row["statistic"]): row["value"]
        for row in rows(review, "statistics")
    }
    assert found["doe2018", "zinc", "change_mean"] == "-8.4"
    assert found["poe2019", "placebo", "change_sd"] == "6.0"
    assert found["poe2019", "placebo", "n_analysed"] == "19"
    assert {row["study_id"] for row in rows(review, "contrasts")} == {
        "roe2020",
        "doe2018",
        "poe2019",
    }


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        (
            ARMS.replace("Trial", "Ref"),
            [],
            ["no column study", "--map study=COLUMN", "Ref, Group, role"],
        ),
        (ARMS, [*MAPPED, "--map", "sd=Spread"], ["no column Spread", "SD, week"]),
        (
            ARMS.replace("13.50", '"13,500"'),
            MAPPED,
            ["row 2: Mean score '13,500'", "write 13500 or 13.500"],
        ),
        (ARMS.replace(",16.1,", ",61,"), MAPPED, ["row 3: value '61'", "runs from 0 to 40"]),
        (ARMS.replace("18,15.2", "18.5,15.2"), MAPPED, ["row 4: value '18.5'", "whole number"]),
        (
            ARMS.replace("placebo,placebo,29", "placebo,dummy,29"),
            MAPPED,
            ["row 3: role 'dummy'", "treatment, placebo, sham"],
        ),
        (ARMS.replace("Poe 2019", "Poe"), MAPPED, ["row 4: year", "must be filled"]),
        (
            ARMS.replace("Doe 2018", "Roe 2020"),
            MAPPED,
            ["row 2: 1 study", "already in zinc: Roe 2020"],
        ),
        (ARMS + ARMS.splitlines()[1], MAPPED, ["row 7", "an earlier row has the same"]),
        (ARMS.replace("Zinc 20 mg", '"Zinc 20 mg'), MAPPED, ["row 2", "double quote"]),
        (ARMS.replace("week", "Week of end"), MAPPED, ["no column week", "--fill week=VALUE"]),
        (
            ARMS.replace("week", "Week of end").replace("Poe 2019", "Poe"),
            MAPPED,
            ["no column week", "row 4: Poe has no year of publication", "--map year=COLUMN"],
        ),
        (
            ARMS.replace(",mean", ",x").replace("Mean score,SD", "x,y"),
            MAPPED[:4],
            ["no row has a result; name its column with --map"],
        ),
        (ARMS.replace("18,15.2", "18,,15.2"), MAPPED, ["row 4: the row has more cells"]),
        (ARMS, [*MAPPED, "--where", "Trial=Moe 2020"], ["no row is left to take"]),
        (
            REVMAN,
            ["--fill", "week=8"],
            ["2 analyses; choose one", "1.1 Severity (2 rows)", "1.2 Drop-outs (1 rows)"],
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_row(review, capsys, text, options, says):
    fill(review, randomised=True)
    before = content(review.data)
    assert bring(review, text, *options) == 1
    message = capsys.readouterr().err
    assert "nothing was imported from arms.csv" in message
    for words in says:
        assert words in message
    assert content(review.data) == before


def test_a_table_that_is_imported_twice_is_refused_in_one_line(review, capsys):
    fill(review, randomised=True)
    assert bring(review, ARMS, *MAPPED) == 0
    capsys.readouterr()
    before = content(review.data)
    assert bring(review, ARMS.replace("15.2", "61"), *MAPPED) == 1
    head, *reasons = capsys.readouterr().err.splitlines()
    assert "nothing was imported" in head
    assert len(reasons) == 1
    for words in ("row 2: 2 studies", "Doe 2018 and Poe 2019", "the same in rows 4", "--undo"):
        assert words in reasons[0]
    assert content(review.data) == before


def test_what_an_arm_got_is_its_name_where_the_file_says_no_more(review):
    fill(review, randomised=True)
    assert bring(review, ARMS, *MAPPED) == 0
    got = {row["arm_id"]: row["treatment"] for row in rows(review, "arms")}
    assert (got["zinc_20_mg"], got["zinc_30_mg"]) == ("Zinc 20 mg", "Zinc 30 mg")


def test_nothing_is_written_before_it_is_shown(review, capsys):
    fill(review, randomised=True)
    before = content(review.data)
    assert bring(review, ARMS, *MAPPED, "--dry-run") == 0
    told = capsys.readouterr().out
    assert "Mean score: mean" in told
    assert "Zinc 20 mg (treatment): n 30, mean 13.50, sd 6.2" in told
    assert "Nothing was written." in told
    assert content(review.data) == before


def test_an_import_can_be_undone(review, capsys):
    fill(review, randomised=True)
    before = content(review.data)
    assert bring(review, ARMS, *MAPPED) == 0
    path = review.data / NAME / "studies.csv"
    path.write_text(
        path.read_text("utf-8").replace("Poe 2019,2019", "Poe & Moe 2019,2019"), "utf-8"
    )
    undo = ["--project", str(review.root), "import", "--undo", "--review", NAME]
    imported = content(review.data)
    capsys.readouterr()
    assert main([*undo, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Rows from ") and told.endswith("Nothing was written.\n")
    assert content(review.data) == imported
    assert main(undo) == 0
    told = capsys.readouterr().out
    assert "studies.csv, row 4 had been changed since" in told
    assert content(review.data) == before
    assert main(undo) == 1
    assert "there is no import into zinc to undo" in capsys.readouterr().err


def test_placebo_arms_alone_go_into_the_reference_class(review, capsys):
    fill(review, randomised=True)
    before = content(review.data)
    shared = review.reference_class(NAME)
    file = review.root / "arms.csv"
    file.write_text(ARMS.replace("Mean score", "Change"), encoding="utf-8")
    command = ["--project", str(review.root), "import", "--review", NAME, "--placebo"]
    mapped = ["--map", "study=Trial", "--map", "arm=Group", "--map", "change_mean=Change"]
    mapped += ["--fill", "sign_convention=improvement"]
    assert main([*command, str(file), *mapped]) == 0
    assert violations(review, [NAME, shared]) == []
    reference = load(NAME, review).reference_class
    arms = [row.arm_id for row in reference.rows("arms") if row.study_id in ("doe2018", "poe2019")]
    assert arms == ["placebo", "placebo"]
    study = reference.study("poe2019")
    assert (study.role, study.design, study.randomised) == ("reference class", "parallel", "yes")
    assert len(rows(review, "contrasts")) == 1
    assert main([*command, "--undo"]) == 0
    assert content(review.data) == before


def test_an_import_on_which_other_rows_rest_stays(review, capsys):
    fill(review, randomised=True)
    assert bring(review, ARMS, *MAPPED) == 0
    path = review.data / NAME / "contrasts.csv"
    path.write_text(path.read_text("utf-8") + "poe2019,zinc_10_mg,placebo,,\n", "utf-8")
    before = content(review.data)
    assert main(["--project", str(review.root), "import", "--undo", "--review", NAME]) == 1
    assert "contrasts.csv, row 4" in capsys.readouterr().err
    assert content(review.data) == before


def test_every_reason_at_once(review, capsys):
    fill(review, randomised=True)
    bring(review, ARMS.replace("13.50", "12-Mar").replace(",7.0,", ",low,"), *MAPPED)
    message = capsys.readouterr().err
    assert "row 2: Mean score '12-Mar': not a number but a date" in message
    assert "row 3: SD 'low'" in message


def test_twice_the_rows_take_twice_the_calls(review):
    """Growth is counted in calls, not in seconds: 200,000 rows once would have taken an hour."""
    fill(review, randomised=True)
    definitions = {table["name"]: table for table in table_definitions(review)["tables"]}

    about = import_table.about(review, NAME)

    def calls(count: int) -> int:
        groups = [
            Group(
                n,
                {"study": "Doe 2018", "arm": f"Zinc {n} mg", "role": "treatment", "week": "8"},
                {("mean", ""): Figure("1")},
            )
            for n in range(count)
        ]
        counted = 0

        def count_one(frame, event, argument):
            nonlocal counted
            counted += event == "call"

        sys.setprofile(count_one)
        try:
            rows = import_table._as_rows(about, "arms.csv", groups, definitions)
        finally:
            sys.setprofile(None)
        assert len(rows.by_table["arms"]) == count
        return counted

    assert calls(800) < 2.2 * calls(400)


LONG = """study,arm,role,week,n,baseline mean,mean,SD,rank,icc,clusters
Doe 2018,Zinc,treatment,4,30,20.1,15,6.2,1,0.05,9
Doe 2018,placebo,placebo,4,29,20.4,17,7.0,2,0.05,10
Doe 2018,Zinc,treatment,12,28,20.1,13,6.2,1,0.05,9
Doe 2018,placebo,placebo,12,27,20.4,16,7.0,2,0.05,10
"""


def test_what_is_on_no_scale_has_a_unit_of_its_own_and_a_baseline_may_be_repeated(review):
    fill(review, randomised=True)
    assert bring(review, LONG) == 0
    assert violations(review, [NAME]) == []
    added = [row for row in rows(review, "statistics") if row["study_id"] == "doe2018"]
    starts = [row["value"] for row in added if row["week"] == "0"]
    assert starts == ["20.1", "20.4"]
    units = {(row["statistic"], row["unit"], row["instrument_id"]) for row in added}
    assert {("rank", "rank, 1 is best", ""), ("icc", "correlation", "")} <= units
    assert ("n_clusters", "groups", "") in units


def test_a_dry_run_tells_what_the_data_forbid(review, capsys):
    fill(review, randomised=True)
    before = content(review.data)
    assert bring(review, LONG.replace("20.4,16", "20.5,16"), "--dry-run") == 1
    told = capsys.readouterr()
    assert "row 5:" in told.err
    assert "Nothing was written" not in told.out
    assert bring(review, LONG, "--dry-run") == 0
    assert content(review.data) == before


@pytest.mark.parametrize("named", [(), ("--outcome", "RLS severity")])
def test_a_scale_without_another_outcome_is_refused_and_not_dropped(review, capsys, named):
    """Dropped, figures of one scale would be entered as those of the review's own."""
    fill(review, randomised=True)
    before = content(review.data)
    options = ("--scale", "NRS", "--unit", "points", "--better", "lower", *named)
    assert bring(review, "study,n1,mean1,sd1,n2,mean2,sd2\nAdams,9,3,1,9,4,1\n", *options) == 2
    says = capsys.readouterr().err
    assert "that of the review, RLS severity" in says
    assert "instruments.csv, and import them with --fill instrument_id=SCALE" in says
    assert content(review.data) == before
