"""A broken file gives one error that lists everything wrong: file, row, column, value, rule."""

import csv

import pytest

from evidence_review.records import (
    DataError,
    Project,
    UnknownReviewError,
    find_project,
    load,
    missing_pages,
    validation,
)
from evidence_review.records.package import ProjectNotFoundError, write_data_package

STATISTICS = "magnesium-rls/statistics.csv"


def change(project: Project, file: str, old: str, new: str, count: int = 1) -> None:
    path = project.data / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def problems(project: Project) -> list[str]:
    with pytest.raises(DataError) as caught:
        load("magnesium-rls", project)
    assert str(caught.value).startswith(f"{len(caught.value.violations)} problem")
    return [str(violation) for violation in caught.value.violations]


def rows_in(project: Project, file: str) -> int:
    """How many rows a table has, as the standard library reads it."""
    with (project.data / file).open(encoding="utf-8-sig", newline="") as stream:
        return sum(1 for _ in csv.DictReader(stream))


def row_of(project: Project, file: str, text: str) -> int:
    lines = (project.data / file).read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if text in line)


def test_the_committed_data_have_no_problem(project, records):
    assert len(records["claims"]) == rows_in(project, "magnesium-rls/claims.csv") > 0


def test_missing_column(copy):
    change(copy, STATISTICS, ",statistic,", ",stat,")
    found = problems(copy)
    assert any(
        "data/magnesium-rls/statistics.csv, row 1, column 'statistic'" in line for line in found
    )
    assert any("'stat': unknown column" in line and "statistic" in line for line in found)


def test_wrong_unit_names_the_instrument_and_its_unit(copy):
    change(copy, STATISTICS, ",6.67,,points,", ",6.67,,cm,")
    row = row_of(copy, STATISTICS, ",6.67,,cm,")
    assert problems(copy) == [
        f"data/{STATISTICS}, row {row}, column 'unit': 'cm': IRLS is measured in 'points'"
    ]


def test_dangling_source(copy):
    change(copy, STATISTICS, ",gorantla2024,abstract,", ",smith2001,abstract,")
    (line,) = problems(copy)
    assert "column 'source_id': 'smith2001'" in line
    assert "does not exist in data/magnesium-rls/sources.csv" in line


def test_duplicate_key(copy):
    path = copy.data / STATISTICS
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    (line,) = problems(copy)
    assert f"row {len(lines) + 1}" in line
    assert "jadidi2022, all, participants" in line
    assert "an earlier row has the same" in line


def test_a_score_of_55_on_a_scale_to_40(copy):
    change(copy, STATISTICS, ",25.16,", ",55,")
    (line,) = problems(copy)
    assert "column 'value': '55': IRLS runs from 0 to 40" in line


def test_a_change_larger_than_the_scale(copy):
    change(copy, "rls-placebo/statistics.csv", ",-9.3,", ",-93,")
    (line,) = problems(copy)
    assert "'-93': IRLS cannot change by more than 40" in line


def test_p_of_1_2(copy):
    change(copy, STATISTICS, ",0.006,", ",1.2,")
    (line,) = problems(copy)
    assert "column 'value': '1.2': a p-value lies between 0 and 1" in line


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (",sd,=,9,", ",sd,=,0,", "greater than 0"),
        (",n_randomised,=,75,", ",n_randomised,=,75.5,", "whole number above 0"),
        (",n_randomised,=,75,", ",n_randomised,=,-3,", "whole number above 0"),
        (",6.67,,points,reduction,", ",6.67,,points,,", "how the source signs a change"),
        (
            ",6.67,,points,reduction,,reported,,",
            ",6.67,,points,reduction,,derived,,",
            "needs a rule",
        ),
        (
            ",6.67,,points,reduction,,reported,",
            ",6.67,,points,reduction,,guessed,",
            "reported, derived, assumed",
        ),
        (",6.67,,points,reduction,,reported,", ",6.67,,points,reduction,,,", "must be filled"),
        (",6.67,,points,", ",,,points,", "exactly one of 'value', 'text' and 'missing_reason'"),
        (",6.67,,points,", ',"6,67",,points,', "not a number"),
        (",6.67,,points,", ",6.67 points,,points,", "not a number"),
    ],
)
def test_rules_of_a_statistic(copy, old, new, says):
    change(copy, STATISTICS, old, new)
    assert any(says in line for line in problems(copy))


CLAIMS = "magnesium-rls/claims.csv"
REWRITE = "magnesium-rls/rewrite.csv"
JUDGEMENTS = "magnesium-rls/judgements.csv"


def test_an_answer_that_the_question_does_not_allow(copy):
    change(copy, JUDGEMENTS, "RoB 2,3.2,N,", "RoB 2,3.2,NI,")
    row = row_of(copy, JUDGEMENTS, "RoB 2,3.2,NI,")
    assert problems(copy) == [
        f"data/{JUDGEMENTS}, row {row}, column 'answer': 'NI': RoB 2 3.2 "
        "(evidence that the gaps did no harm) allows Y / PY / PN / N / NA"
    ]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("RoB 2,1.1,", "RoB 2,1.4,", "column 'tool, question': 'RoB 2, 1.4'"),
        ("RoB 2,1.1,", "RoB 1,1.1,", "column 'tool, question': 'RoB 1, 1.1'"),
        ("RLS severity,RoB 2,1.1,", "RLS,RoB 2,1.1,", "column 'study_id, outcome'"),
    ],
)
def test_an_answer_to_something_that_is_not_asked(copy, old, new, where):
    change(copy, JUDGEMENTS, old, new)
    (line,) = problems(copy)
    assert where in line
    assert "does not exist in data/" in line


def test_an_override_must_be_a_judgement_of_the_tool(copy):
    path = copy.data / JUDGEMENTS
    text = path.read_text(encoding="utf-8")
    row = "jadidi2022,RLS severity,RoB 2,overall,serious,a reason,jadidi2022,abstract,abstract,"
    path.write_text(f"{text}{row}\n", encoding="utf-8")
    (line,) = problems(copy)
    assert "'serious': RoB 2 overall (overall) allows low / some concerns / high" in line


CERTAINTY = "magnesium-rls/certainty.csv"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "randomised,risk of bias,serious",
            "randomised,risk of bias,bad",
            "'bad': not one of the allowed values: not serious, serious",
        ),
        (
            "randomised,risk of bias,serious",
            "randomised,bias,serious",
            "column 'domain': 'bias': not one of the allowed values: risk of bias",
        ),
        (
            "randomised,risk of bias,",
            "cohort,risk of bias,",
            "randomised, observational, uncontrolled",
        ),
        ("risk of bias,serious", "risk of bias,one level", "'one level': risk of bias, incon"),
        ("large effect,none", "large effect,serious", "'serious': risk of bias, incon"),
        (
            "randomised,risk of bias,serious",
            "randomised,risk of bias,extremely serious",
            "here write very serious at most",
        ),
        (
            "indirectness,serious",
            "indirectness,extremely serious",
            "three levels are for imprecision, and for risk of bias of evidence that is not randomised",
        ),
        ("dose response,none", "dose response,two levels", "only a large effect"),
        (
            "RLS severity,randomised,inconsistency,not serious",
            "RLS severity,randomised,large effect,one level",
            "randomised evidence starts at high and is not rated up",
        ),
        ("RLS severity,randomised,risk", "pain,randomised,risk", "does not exist in data/"),
    ],
)
def test_a_judgement_of_certainty_that_grade_does_not_have(copy, old, new, says):
    change(copy, CERTAINTY, old, new)
    row = row_of(copy, CERTAINTY, new)
    assert any(
        line.startswith(f"data/{CERTAINTY}, row {row}") and says in line for line in problems(copy)
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("imprecision,very serious", "imprecision,extremely serious"),
        ("large effect,none", "large effect,two levels"),
    ],
)
def test_a_judgement_of_certainty_that_grade_has(copy, old, new):
    change(copy, CERTAINTY, old, new)
    assert len(load("magnesium-rls", copy)["certainty"]) == rows_in(copy, CERTAINTY) > 0


REPORTING = "magnesium-rls/reporting.csv"


def test_answers_to_the_standards_that_are_not_allowed(copy):
    """A partial yes where AMSTAR 2 has none, a yes where PRISMA has none, no such item: at once."""
    change(copy, REPORTING, "AMSTAR 2,16,no,,", "AMSTAR 2,16,partial yes,index,")
    change(copy, REPORTING, "PRISMA 2020,4,done,", "PRISMA 2020,4,yes,")
    change(copy, REPORTING, "PRISMA 2020,24c,", "PRISMA 2020,24d,")
    row, other = (row_of(copy, REPORTING, text) for text in ("partial yes,index,", "2020,4,yes"))
    found = problems(copy)
    assert len(found) == 3
    assert (
        f"data/{REPORTING}, row {row}, column 'answer': 'partial yes': AMSTAR 2 16 "
        "(conflicts of interest and funding of the review) allows yes / no"
    ) in found
    assert f"row {other}, column 'answer': 'yes': PRISMA 2020 4 (the question" in str(found)
    assert "'PRISMA 2020, 24d': does not exist in data/rls-placebo/standards.csv" in str(found)


def test_a_page_that_the_report_does_not_have(copy, project):
    change(copy, REPORTING, "PRISMA 2020,4,done,index,", "PRISMA 2020,4,done,index; 99-none,")
    (found,) = missing_pages(copy, copy.folders())
    assert str(found).startswith(f"data/{REPORTING}, row 5, column 'pages': '99-none'")
    assert not missing_pages(project, project.folders())


@pytest.mark.parametrize(
    ("old", "new"),
    [("AMSTAR 2,2,no,,", "AMSTAR 2,2,no,index,"), (",4,done,index,", ",4,done,,")],
)
def test_what_is_done_has_a_page_and_what_is_not_has_none(copy, old, new):
    change(copy, REPORTING, old, new)
    (line,) = problems(copy)
    assert "name the 'pages' that hold it where it is done at least in part" in line


def test_not_utf8_names_the_row(copy):
    path = copy.data / "magnesium-rls/claims.csv"
    raw = path.read_bytes().splitlines(keepends=True)
    raw[2] = raw[2].replace(b"disorder", b"disord\xe9r")
    path.write_bytes(b"".join(raw))
    (line,) = problems(copy)
    assert line.startswith("data/magnesium-rls/claims.csv, row 3")
    assert "not UTF-8" in line


def test_utf8_with_a_byte_order_mark_is_read(copy):
    path = copy.data / "magnesium-rls/claims.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(load("magnesium-rls", copy)["claims"]) == rows_in(copy, "magnesium-rls/claims.csv")


def test_empty_file_says_what_the_header_must_be(copy):
    (copy.data / "rls-placebo/assumptions.csv").write_bytes(b"")
    (line,) = problems(copy)
    assert line.startswith("data/rls-placebo/assumptions.csv")
    assert "assumption_id,value,low,high" in line


def test_missing_file(copy):
    (copy.data / "magnesium-rls/arms.csv").unlink()
    assert any(
        line.startswith("data/magnesium-rls/arms.csv: the file is missing")
        for line in problems(copy)
    )


def test_semicolons_instead_of_commas(copy):
    path = copy.data / "magnesium-rls/arms.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    assert any("separated by commas, not by semicolons" in line for line in problems(copy))


def test_a_row_that_is_too_short_is_one_problem(copy):
    path = copy.data / "magnesium-rls/arms.csv"
    path.write_text(path.read_text(encoding="utf-8") + "gorantla2024,extra\n", encoding="utf-8")
    (line,) = problems(copy)
    assert "2 cells, the header 8" in line


def test_a_reference_class_that_does_not_exist(copy):
    change(copy, "magnesium-rls/review.csv", "rls-placebo", "rls-placbo")
    found = problems(copy)
    assert any(
        "column 'reference_class': 'rls-placbo'" in line and "rls-placebo" in line for line in found
    )


def test_columns_may_stand_in_any_order(copy):
    path = copy.data / "magnesium-rls/arms.csv"
    rows = [line.split(",", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    assert not any('"' in line for pair in rows for line in pair)
    path.write_text("\n".join(f"{rest},{first}" for first, rest in rows) + "\n", encoding="utf-8")
    assert len(load("magnesium-rls", copy)["arms"]) == rows_in(copy, "magnesium-rls/arms.csv")


def test_more_people_in_an_arm_than_in_the_study(copy):
    waiting = next(
        line
        for line in (copy.data / STATISTICS).read_text(encoding="utf-8").splitlines()
        if line.startswith("jadidi2022,placebo,participants")
    )
    change(
        copy,
        STATISTICS,
        waiting,
        "jadidi2022,placebo,participants,,8.7,n_analysed,=,250,,people,,,reported,,jadidi2022,Table 1,full text,",
    )
    (line,) = problems(copy)
    assert "'250': more people than the 75 that the study randomised" in line


def test_a_decimal_comma_is_one_problem_not_two(copy):
    change(copy, STATISTICS, ",6.67,,points,", ',"6,67",,points,')
    (line,) = problems(copy)
    assert "'6,67': not a number" in line


def test_every_violation_is_listed_at_once(copy):
    change(copy, STATISTICS, ",25.16,", ",55,")
    change(copy, STATISTICS, ",0.006,", ",1.2,")
    change(copy, "magnesium-rls/claims.csv", ",partly,", ",mostly,")
    change(copy, "rls-placebo/studies.csv", ",parallel,", ",paralel,")
    found = problems(copy)
    assert len(found) == 4
    assert any("not one of the allowed values: supported, partly" in line for line in found)
    assert any("not one of the allowed values: parallel, crossover" in line for line in found)


def test_a_broken_table_does_not_hide_problems_of_another(copy):
    (copy.data / "rls-placebo/arms.csv").write_bytes(b"")
    change(copy, "rls-placebo/statistics.csv", ",32.5,,%", ",132.5,,%")
    found = problems(copy)
    assert any("the file is empty" in line for line in found)
    assert any("a percentage lies between 0 and 100" in line for line in found)


def test_unknown_review_lists_the_known_ones(project):
    with pytest.raises(UnknownReviewError, match=r"Reviews: .*magnesium-rls"):
        load("zinc-rls", project)


def test_no_project(tmp_path):
    with pytest.raises(ProjectNotFoundError, match="--project"):
        find_project(tmp_path)


def test_a_new_folder_must_be_in_the_data_package(copy):
    (copy.data / "magnesium-rls").rename(copy.data / "zinc-rls")
    with pytest.raises(DataError, match="evidence_review schema"):
        load("zinc-rls", copy)
    write_data_package(copy)
    assert load("zinc-rls", copy).folder == "zinc-rls"


def test_words_that_break_their_form_are_listed_with_everything_else(copy):
    change(copy, CLAIMS, "contradicted if {jadidi2022.combined_arms} == 0", "wrong if 1 > 2")
    change(copy, CLAIMS, "{-placebo.silva2017.smd}", "{-placebo.silva2017.smd")
    change(copy, REWRITE, "{jadidi2022.combined_arms} == 0", "no arm has both")
    rule, brace, holds = problems(copy)
    assert rule.startswith(f"data/{CLAIMS}, row 14, column 'verdict_rule': 'wrong if 1 > 2")
    assert "'wrong' is not a verdict; allowed are supported, partly, contradicted" in rule
    assert brace.startswith(f"data/{CLAIMS}, row 19, column 'reason'")
    assert "'{-placebo.silva2017.smd' is not a reference to a finding; write {id}" in brace
    assert holds.startswith(f"data/{REWRITE}, row 4, column 'holds_if': 'no arm has both'")
    assert "compare references" in holds


def test_valid_data_are_checked_once_and_anew_when_a_byte_has_changed(copy, monkeypatch):
    load("magnesium-rls", copy)
    with monkeypatch.context() as context:
        context.setattr(validation, "violations", lambda *_: pytest.fail("checked again"))
        load("magnesium-rls", copy)
    change(copy, STATISTICS, ",reported,", ",Reported,")
    with pytest.raises(DataError):
        load("magnesium-rls", copy)
    with pytest.raises(DataError):  # what is not valid is never remembered
        load("magnesium-rls", copy)
