"""`evidence-review new`: the tables of somebody else's question, and what `check` says of them."""

import csv
import json
import shutil
from dataclasses import fields

import pytest

from evidence_review.cli import main
from evidence_review.exchange.new_review import HOW_TO_FILL, NewReviewError, Question, new_review
from evidence_review.records import Project, violations
from evidence_review.records.package import build_data_package, table_definitions
from evidence_review.review.settings import Settings

from ..minimal_review import NAME, append, fill, rewrite


def check(project, capsys) -> tuple[int, str]:
    code = main(["--project", str(project.root), "check", "--review", NAME])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_every_table_has_its_header_and_every_column_is_explained(new_project):
    folder = new_project.data / NAME
    told = (folder / HOW_TO_FILL).read_text(encoding="utf-8")
    for table in table_definitions(new_project)["tables"]:
        path = folder / f"{table['name']}.csv"
        assert path.is_file() == ("review" in table["in"])
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as stream:
                header = next(csv.reader(stream))
            assert header == [field["name"] for field in table["fields"]]
            section = told.partition(f". {path.name}\n")[2].partition("\n## ")[0]
            assert all(f"| `{name}` | " in section for name in header)


def test_the_data_package_knows_it_and_the_others_are_as_they_were(new_project, project):
    found = json.loads((new_project.data / "datapackage.json").read_text(encoding="utf-8"))
    assert found == build_data_package(new_project)
    assert new_project.reviews() == [*project.reviews(), NAME]
    assert new_project.reference_class(NAME) == new_project.reference_class(project.reviews()[0])
    for name in project.folders():
        for path in (project.data / name).glob("*.csv"):
            assert (new_project.data / name / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("name", "reference", "says"),
    [
        ("Zinc Sleep", "", "small letters, digits and single hyphens"),
        ("../zinc", "", "small letters"),
        ("-zinc", "", "small letters"),
        ("", "", "small letters"),
        ("exports", "", "that folder holds the exports"),
        (NAME, "", "exists already"),
        ("zinc-sleep", "sleep", "there is no reference class 'sleep'; write one of"),
    ],
)
def test_a_name_that_cannot_be_makes_nothing(new_project, name, reference, says):
    before = sorted(new_project.data.iterdir())
    with pytest.raises(NewReviewError, match=says):
        new_review(new_project, name, reference=reference or "new")
    assert sorted(new_project.data.iterdir()) == before


def test_a_name_may_be_taken_for_a_reference_class_that_is_not_made(new_project):
    assert (new_project.data / "rls-placebo").is_dir()
    assert new_review(new_project, "rls", reference="rls-placebo") == [new_project.data / "rls"]


def test_an_empty_review_is_told_what_to_fill_in_and_in_which_order(review, capsys):
    code, told = check(review, capsys)
    assert code == 1
    places = [
        told.index(words)
        for words in (
            "zinc/review.csv, row 2, column 'title': the cell is empty but must be filled: Title",
            "zinc/review.csv, row 2, column 'outcome'",
            "zinc/studies.csv: no studies yet: `evidence-review import TABLE --review zinc`",
        )
    ]
    assert places == sorted(places)
    assert f"How to fill them in: data/{NAME}/{HOW_TO_FILL}" in told


def test_what_is_named_but_not_entered_is_asked_for(review):
    fill(review, randomised=True)
    path = review.data / NAME / "statistics.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("RLS severity", "severity"), "utf-8")
    (found,) = violations(review, [NAME])
    assert str(found).startswith("data/zinc/statistics.csv: no row has the review's outcome")
    assert "'RLS severity', for roe2020" in str(found)


@pytest.mark.parametrize("randomised", [True, False])
def test_filled_in_it_is_valid(review, capsys, randomised):
    fill(review, randomised=randomised)
    code, said = check(review, capsys)
    assert (code, said.splitlines()[0]) == (0, f"No problems in {NAME}, rls-placebo.")
    # What nobody has judged is told before the report, of randomised evidence.
    assert ("certainty.csv has no row on it" in said) == randomised
    assert "Worth a second look" not in said


def test_a_reference_class_of_its_own_has_the_tools_and_asks_for_placebo_arms(
    tmp_path, project, capsys
):
    shutil.copytree(project.root / "data", tmp_path / "data")
    shutil.copytree(project.root / "notebooks", tmp_path / "notebooks")
    own = type(project)(tmp_path)
    folders = new_review(own, NAME, Question("Does zinc help?"))
    assert [folder.name for folder in folders] == [NAME, f"{NAME}-placebo"]
    shared = folders[1]
    for name in ("bias_questions", "standards", "bias_evidence"):
        model = project.data / "rls-placebo" / f"{name}.csv"
        assert (shared / f"{name}.csv").read_text() == model.read_text()
    code, told = check(own, capsys)
    assert code == 1
    assert "zinc-placebo" not in told  # its assumptions are proposed
    assert "'IRLS'" not in told

    fill(own, randomised=True)
    scale = {"instrument_id": "IRLS", "name": "A scale", "minimum": "0", "maximum": "40"}
    scale |= {"worse": "higher", "unit": "points", "basis": "reported", "source_id": "rob2_2019"}
    scale |= {"location": "table", "access_level": "full text"}
    append(own, "instruments", scale, folder=shared.name)
    code, told = check(own, capsys)
    assert code == 0  # a trial with a control group needs no other
    assert "no placebo arms to compare with" in told
    rewrite(own, "review", {"single_arm_study": "roe2020", "single_arm": "zinc"})
    code, told = check(own, capsys)
    assert (
        code == 0
    )  # nor does an uncontrolled study: its page says what it cannot be compared with
    assert "no placebo arms to compare with" in told


ABOUT = Question(
    "Does zinc help with insomnia?",
    treatment="zinc",
    condition="insomnia",
    outcome="time to fall asleep",
    scale="diary",
    unit="min",
    better="lower",
    sd=30.0,
)


def test_what_was_answered_leaves_one_next_step(new_project, tmp_path, capsys):
    """Assumptions are proposed in the outcome's unit, from the SD that was given."""
    shutil.copytree(new_project.root, tmp_path / "own")
    own = type(new_project)(tmp_path / "own")
    folder, shared = new_review(own, "zinc-sleep", ABOUT)
    code = main(["--project", str(own.root), "check", "--review", "zinc-sleep"])
    told = capsys.readouterr().err
    assert code == 1
    assert "1 problem in the data" in told
    assert "`evidence-review import TABLE --review zinc-sleep`" in told
    with (folder / "assumptions.csv").open(encoding="utf-8", newline="") as stream:
        proposed = {row["assumption_id"]: row for row in csv.DictReader(stream)}
    important = proposed["important_difference"]
    assert [important[name] for name in ("value", "low", "high", "unit")] == [
        "15",
        "6",
        "30",
        "min",
    ]
    with (shared / "assumptions.csv").open(encoding="utf-8", newline="") as stream:
        proposed |= {row["assumption_id"]: row for row in csv.DictReader(stream)}
    asked = (one for one in fields(Settings) if one.default is None)
    assert set(proposed) == {
        one.name for one in asked if not one.metadata["limits"].get("optional")
    }
    with (shared / "instruments.csv").open(encoding="utf-8", newline="") as stream:
        (scale,) = csv.DictReader(stream)
    assert (scale["worse"], scale["unit"]) == ("higher", "min")


def test_a_question_in_its_usual_form_is_enough(new_project, tmp_path, capsys):
    shutil.copytree(new_project.root, tmp_path / "own")
    question = "Does zinc help with sleep?"
    argv = ["--project", str(tmp_path / "own"), "new", "zinc-sleep", "--question", question]
    assert main(argv) == 0
    path = tmp_path / "own" / "data" / "zinc-sleep" / "review.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        (about,) = csv.DictReader(stream)
    assert (about["treatment"], about["condition"], about["title"]) == (
        "zinc",
        "sleep",
        "Zinc for sleep",
    )
    capsys.readouterr()
    assert main(["--project", str(tmp_path / "own"), "check", "--review", "zinc-sleep"]) == 1
    assert "1 problem in the data" in capsys.readouterr().err
    table = tmp_path / "t.csv"
    table.write_text("study,n1,mean1,sd1,n2,mean2,sd2\nRoe 2020,30,18,6,31,21,6\n", "utf-8")
    bring = ["import", str(table), "--review", "zinc-sleep", "--fill", "week=8"]
    assert main(["--project", str(tmp_path / "own"), *bring]) == 0
    assert main(["--project", str(tmp_path / "own"), "check", "--review", "zinc-sleep"]) == 1
    told = capsys.readouterr().err
    assert "1 problem in the data" in told
    assert "column 'worse': 'not stated': the answer is on sleep" in told
    scales = tmp_path / "own" / "data" / "zinc-sleep-placebo" / "instruments.csv"
    scales.write_text(scales.read_text("utf-8").replace("not stated", "higher"), "utf-8")
    assert main(["--project", str(tmp_path / "own"), "check", "--review", "zinc-sleep"]) == 0
    assert "placeholder" not in capsys.readouterr().out
    with scales.with_name("assumptions.csv").open(encoding="utf-8", newline="") as stream:
        assumed = {row["assumption_id"]: float(row["value"]) for row in csv.DictReader(stream)}
    assert (assumed["change_sd"], assumed["tau_prior_scale"]) == (6.0, 3.0)  # both arms print 6


def test_a_question_is_asked_in_a_terminal(new_project, tmp_path, monkeypatch):
    """Enter takes what is proposed; a wrong answer is asked again."""
    shutil.copytree(new_project.root, tmp_path / "own")
    answers = iter(
        [
            "Does zinc help with sleep?",
            "",
            "insomnia",
            "",
            "md",
            "diary",
            "min",
            "",
            "",
            "up",
            "lower",
            "30",
        ]
    )
    monkeypatch.setattr("builtins.input", lambda text: next(answers))
    monkeypatch.setattr("evidence_review.cli.commands._is_terminal", lambda: True)
    assert main(["--project", str(tmp_path / "own"), "new", "zinc-sleep"]) == 0
    assert list(answers) == []
    path = tmp_path / "own" / "data" / "zinc-sleep" / "review.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        (about,) = csv.DictReader(stream)
    told = [about[name] for name in ("treatment", "condition", "outcome", "instrument_id")]
    assert told == ["zinc", "insomnia", "sleep", "diary"]


def test_of_a_ratio_nothing_is_asked_about_a_scale(new_project, tmp_path, monkeypatch):
    """A question of what goes together is told as such, and its shared tables hold nothing of placebo."""
    shutil.copytree(new_project.root, tmp_path / "own")
    answers = iter(
        [
            "Is living with a smoker associated with lung cancer?",
            *("", "", ""),  # exposure, condition and outcome as proposed
            *("odds", "or", "lower"),
        ]
    )
    monkeypatch.setattr("builtins.input", lambda text: next(answers))
    monkeypatch.setattr("evidence_review.cli.commands._is_terminal", lambda: True)
    assert main(["--project", str(tmp_path / "own"), "new", "passive-smoking"]) == 0
    assert list(answers) == []
    data = tmp_path / "own" / "data"
    with (data / "passive-smoking" / "review.csv").open(encoding="utf-8", newline="") as stream:
        (about,) = csv.DictReader(stream)
    told = [about[name] for name in ("title", "treatment", "outcome", "instrument_id", "measure")]
    assert told == [
        "Living with a smoker and lung cancer",
        "living with a smoker",
        "lung cancer",
        "lung cancer",
        "OR",
    ]
    assert about["reference_class"] == "passive-smoking-shared"
    assumed = (data / "passive-smoking" / "assumptions.csv").read_text(encoding="utf-8")
    shared = (data / "passive-smoking-shared" / "assumptions.csv").read_text(encoding="utf-8")
    names = [line.split(",")[0] for line in (assumed + shared).splitlines()]
    assert sorted({*names} - {"assumption_id"}) == [
        "drop_out",
        "important_difference",
        "tau_prior_scale",
    ]
    assert (data / "passive-smoking-shared" / "bias_evidence.csv").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("about", "title"),
    [
        ({"measure": "HR"}, "Warfarin and stroke"),
        ({"measure": "IRR", "condition": "atrial fibrillation"}, "Warfarin and stroke"),
        ({"is_association": True}, "Warfarin and stroke"),
        ({"condition": "pain"}, "Warfarin for pain"),
    ],
)
def test_a_title_is_what_people_would_say(new_project, tmp_path, about, title):
    """Nobody takes warfarin *for* stroke."""
    shutil.copytree(new_project.root, tmp_path / "own")
    project = Project(tmp_path / "own")
    known = {"treatment": "warfarin", "condition": "stroke", "outcome": "stroke"}
    new_review(project, "warfarin", Question(**(known | about)))
    with (project.data / "warfarin" / "review.csv").open(encoding="utf-8", newline="") as stream:
        assert next(csv.DictReader(stream))["title"] == title
