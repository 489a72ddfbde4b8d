"""An uncontrolled study and a new class of placebo arms, by commands, from two tables to the answer.

The study: InfusON, apomorphine by infusion, time off in 65 people at week 12 (abstract 003841 of the
American Academy of Neurology, 2025: -3.1 hours, SD 3.16). The placebo arms: those of Stowe et al. 2010
(Cochrane Database Syst Rev CD007166) as metadat's dat.stowe2010 has them, which gives neither weeks nor
years. Their pool is that of metafor 3.8-1, `rma(y2, sd2^2/n2, method="REML", test="knha")`.
"""

import csv

import pytest
from numpy.testing import assert_allclose

import evidence_review as er
from evidence_review.findings.every import review_findings
from evidence_review.words.briefing import briefing

NAME = "apomorphine"
ALONE = "study,design,weeks,n,change mean,change SD\nInfusON 2025,single arm,12,65,-3.1,3.16\n"
PLACEBO = """study,t1,y1,sd1,n1,t2,y2,sd2,n2
DA(pr/B) Int,Dopamine Agonist,-1.9,4.3,152,Placebo,-0.3,4.4,76
DA(B) Germany,Dopamine Agonist,-3.4,2.78,20,Placebo,0.3,3.66,20
DA(C)Spain,Dopamine Agonist,-3.33,3.47,14,Placebo,-2.47,3.91,12
DA(C) UK,Dopamine Agonist,-2,2.33,18,Placebo,-0.7,2.25,16
DA(C) USA,Dopamine Agonist,-2.08,3.19,89,Placebo,-0.77,3.34,46
DA(pe) N America,Dopamine Agonist,-1.8,4.8,189,Placebo,-0.2,4.8,187
DA(Pr) Aus/ger,Dopamine Agonist,-2.3,2.7,23,Placebo,0.4,3.5,37
DA(Pr) CLEOPATRA,Dopamine Agonist,-2.8,2.83,200,Placebo,-0.9,5,100
DA(Pr) Denmark,Dopamine Agonist,-1.2,2.9,29,Placebo,-0.9,5,29
DA(Pr) Europe,Dopamine Agonist,-1.94,2.59,174,Placebo,-0.12,3.11,180
DA(Pr) US/CANADA,Dopamine Agonist,-2.4,3.4,174,Placebo,-0.7,3.7,172
DA(Pr) EASE-PD,Dopamine Agonist,-2.1,4.54,201,Placebo,-0.3,4.41,190
DA(Pr) France/Eng,Dopamine Agonist,-1.74,2.36,23,Placebo,-2.22,3,23
DA(Pr) UK/Israel,Dopamine Agonist,-1.33,2.35,42,Placebo,-0.75,2.81,22
DA(Pr) USA,Dopamine Agonist,-1.53,4.28,90,Placebo,-1.22,3.7,53
COMTI(E) Colemen,COMTI,-1.6,2.5,129,Placebo,-0.9,3.4,74
COMTI(E) ComQol,COMTI,-1,1.9,174,Placebo,-0.9,2,96
COMTI(E) INT-OZ,COMTI,-0.86,2.9,99,Placebo,-0.54,3.13,63
LARGO,COMTI,-1.2,2.21,218,Placebo,-0.4,2.21,218
COMTI(E) Nomecomt,COMTI,-1.3,2.2,85,Placebo,-0.1,2.45,86
COMTI(E) Sth Korea,COMTI,-1.5,2.55,98,Placebo,-1,2.29,99
COMTI(E) UK/Irish,COMTI,-1.1,2.55,115,Placebo,-0.3,2.85,57
COMTI(T) China,COMTI,-1.9,3.3,20,Placebo,0.15,3.3,20
COMTI(T) Europe,COMTI,-2.03,2.6,60,Placebo,-0.67,2.8,58
COMTI(T) TFSG1,COMTI,-1.61,1.77,40,Placebo,-0.04,1.75,42
COMTI(T) TFSG3,COMTI,-2,2.49,69,Placebo,-0.3,2.55,72
COMTI(T) TIPS I,COMTI,-1.78,2.76,31,Placebo,-0.11,2.63,37
MAOBI(R) PRESTO,MAOBI,-1.85,2.5,149,Placebo,-0.91,2.5,159
MAOBI(ZS) USA,MAOBI,-2.2,2.43,94,Placebo,-0.6,2.49,46
"""
METAFOR = (-0.53847113802, -0.70859569277, -0.36834658326)
UNDATED = ("--fill", "week=unknown", "--fill", "year=2010")


@pytest.fixture
def run(run, tmp_path):
    """Runs a command in a project with the question and both tables."""
    (tmp_path / "alone.csv").write_text(ALONE, encoding="utf-8")
    (tmp_path / "placebo.csv").write_text(PLACEBO, encoding="utf-8")
    question = "Does an apomorphine infusion help with Parkinson's disease?"
    scale = ("--scale", "diary", "--unit", "hours", "--lowest", "0", "--highest", "24")
    asked = ("--question", question, "--outcome", "time off", *scale, "--better", "lower")
    assert run("new", NAME, *asked, "--sd", "3.16")[0] == 0
    return run


def review_row(tmp_path) -> dict[str, str]:
    path = tmp_path / "own" / "data" / NAME / "review.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return next(csv.DictReader(stream))


def test_two_tables_are_enough(run, tmp_path):
    code, said = run("import", str(tmp_path / "alone.csv"))
    assert code == 0
    assert "an apomorphine infusion (observed group): n 65, change_mean -3.1" in said
    assert "review.csv names infuson2025 as the uncontrolled study" in said
    code, said = run("import", str(tmp_path / "placebo.csv"), "--placebo", *UNDATED)
    assert code == 0
    assert "29 arms that got neither placebo nor sham" in said
    assert "apomorphine" not in said.partition("reads:")[2].partition("Added")[0]
    assert run("check") == (0, f"No problems in {NAME}, {NAME}-placebo.\n")

    opened = er.open_review(NAME, project=tmp_path / "own")
    first_page = briefing(opened, review_findings(opened), [])
    assert first_page.based_on == "1 trial, 65 people"
    assert "and below 1% of such groups of that size" in " ".join(first_page.answer)
    found = opened.findings
    pool = found.loc["placebo.own-arms.change", ["value", "low", "high"]]
    assert_allclose(pool.astype(float), METAFOR, atol=2e-7)
    assert found.loc["flow.placebo.pooled", "value"] == 29
    change = found.loc["infuson2025.time_off.change", ["value", "low", "high"]].astype(float)
    # By t with 64 degrees of freedom, whose quantile in R is 1.997729654.
    half = 1.997729654 * 3.16 / 65**0.5
    assert_allclose(change, [-3.1, -3.1 - half, -3.1 + half], atol=1e-8)


def test_placebo_arms_whose_columns_are_of_the_placebo_group_only(run, tmp_path):
    """The same arms give the same pool; without --placebo they are not taken for studies of a treatment."""
    cells = [line.split(",") for line in PLACEBO.splitlines()[1:]]
    rows = [",".join((row[0], *row[6:])) for row in cells]
    table = ["study,change placebo,SD placebo,n placebo", *rows]
    (tmp_path / "placebo.csv").write_text("\n".join(table), encoding="utf-8")
    assert run("import", str(tmp_path / "alone.csv"))[0] == 0
    code, said = run("import", str(tmp_path / "placebo.csv"), *UNDATED)
    assert code == 1
    assert "every arm in it is placebo or sham" in said
    code, said = run("import", str(tmp_path / "placebo.csv"), "--placebo", *UNDATED)
    assert code == 0
    assert "roles by the arms' names: placebo (placebo)" in said
    found = er.open_review(NAME, project=tmp_path / "own").findings
    pool = found.loc["placebo.own-arms.change", ["value", "low", "high"]]
    assert_allclose(pool.astype(float), METAFOR, atol=2e-7)


def test_undo_leaves_no_name_of_a_study_that_is_gone(run, tmp_path):
    before = review_row(tmp_path)
    assert run("import", str(tmp_path / "alone.csv"))[0] == 0
    assert review_row(tmp_path)["single_arm_study"] == "infuson2025"
    assert run("import", "--undo")[0] == 0
    assert review_row(tmp_path) == before


def test_what_is_not_said_is_asked_for_with_the_way_out(run, tmp_path):
    code, said = run("import", str(tmp_path / "placebo.csv"), "--placebo")
    assert code == 1
    assert "--fill week=unknown" in said
    (tmp_path / "bare.csv").write_text(ALONE.replace("design,", "").replace("single arm,", ""))
    code, said = run("import", str(tmp_path / "bare.csv"))
    assert code == 1
    assert "--fill design='single arm'" in said
    assert run("import", str(tmp_path / "bare.csv"), "--fill", "design=single arm")[0] == 0


def test_check_says_why_placebo_arms_do_not_serve(run, tmp_path):
    assert run("import", str(tmp_path / "alone.csv"))[0] == 0
    lacking = PLACEBO.replace(",sd2", ",other")
    (tmp_path / "placebo.csv").write_text(lacking, encoding="utf-8")
    more = ("--placebo", *UNDATED, "--values", "changes")
    assert run("import", str(tmp_path / "placebo.csv"), *more)[0] == 0
    path = tmp_path / "own" / "data" / f"{NAME}-placebo" / "statistics.csv"
    text = path.read_text(encoding="utf-8").replace(",change_mean,", ",change_median,")
    path.write_text(text, encoding="utf-8")
    code, said = run("check")
    assert code == 0
    assert "has no placebo arms to compare with" in said
    assert "29 arms: " in said


def test_one_trial_is_told_as_one(run, tmp_path):
    assert run("import", str(tmp_path / "alone.csv"))[0] == 0
    messages = lambda review: str(briefing(review, review_findings(review), []).messages)
    said = messages(er.open_review(NAME, project=tmp_path / "own"))
    # An arm that only repeats the name of the treatment says nothing of its form.
    assert "about='Safety'" in said
    assert "gave" not in said
    arms = tmp_path / "own" / "data" / NAME / "arms.csv"
    text = arms.read_text(encoding="utf-8")
    arms.write_text(text.replace(",,an apomorphine infusion,", ",,apomorphine overnight,"), "utf-8")
    said = messages(er.open_review(NAME, project=tmp_path / "own"))
    assert "about='Safety and form'" in said
    assert "The trial gave apomorphine overnight." in said
