"""`evidence-review check`: the words of a review and its numbers must agree, or it fails loudly."""

import os
import shutil
import subprocess
import sys

import pytest
from benchmarks.large_review import enlarge

from evidence_review.cli import main
from evidence_review.exchange.raw_tables import rewrite, rows_of

from .conftest import ROOT


def check(project, capsys) -> tuple[int, str]:
    code = main(["--project", str(project.root), "check"])
    return code, capsys.readouterr().err


def change(project, file: str, old: str, new: str) -> None:
    path = project.data / "magnesium-rls" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_committed_data_pass(project, capsys):
    assert check(project, capsys) == (0, "")


def test_a_moved_verdict_and_a_reference_to_nothing_fail_together(copy, capsys):
    studies = copy.data / "magnesium-rls" / "studies.csv"
    rows = rows_of(studies)
    next(row for row in rows if row["study_id"] == "gorantla2024")["weeks"] = "6"
    rewrite(studies, rows)
    change(copy, "claims.csv", "{ozek2024.rls.people}", "{ozek2024.people}")
    code, said = check(copy, capsys)
    assert code == 1
    assert "2 problems in the data" in said
    assert "column 'reason': 'ozek2024.people': no finding has this id; write ozek" in said
    assert "row 15, column 'verdict': 'supported': the rule of C14 now gives 'contradicted'" in said
    assert "gorantla2024.weeks = 6 weeks" in said


def test_a_rule_that_does_not_parse_fails(copy, capsys):
    change(copy, "claims.csv", "} == 200 and", "} = 200 and")
    code, said = check(copy, capsys)
    assert code == 1
    assert "row 15, column 'verdict_rule'" in said
    assert "is not a condition; compare references" in said


@pytest.mark.parametrize("command", ["check", "report"])
def test_judgements_that_the_tools_cannot_add_up(copy, capsys, command):
    """Both at once, before any notebook runs: an answer and a domain are missing."""
    folder = copy.data / "magnesium-rls"
    for table, start in (
        ("judgements", "jadidi2022,RLS severity,RoB 2,1.2,"),
        ("certainty", "RLS severity,randomised,imprecision,"),
    ):
        path = folder / f"{table}.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(start)]
        assert len(kept) == len(lines) - 1
        path.write_text("".join(kept), encoding="utf-8")
    assert main(["--project", str(copy.root), command]) != 0
    message = capsys.readouterr().err
    assert "magnesium-rls/judgements.csv: jadidi2022, RLS severity, RoB 2: " in message
    assert "1.2" in message
    assert (
        "magnesium-rls/certainty.csv: RLS severity, randomised: no judgement on imprecision"
        in message
    )


def test_what_was_checked_is_not_checked_again_until_something_changes(copy, capsys, monkeypatch):
    from evidence_review.cli import commands

    run = lambda: main(["--project", str(copy.root), "check", "--review", "iron-rls"])
    assert run() == 0
    said = capsys.readouterr().out
    monkeypatch.setattr(commands, "_checked", lambda *_: ("checked anew", ""))
    assert run() == 0
    assert capsys.readouterr().out == said
    path = copy.data / "iron-rls" / "assumptions.csv"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert run() == 1
    assert "checked anew" in capsys.readouterr().err


def test_each_table_is_checked_once_and_no_dear_finding_is_computed_unasked(copy, monkeypatch):
    """Twice as many rows take twice as long only if nothing is done for each row anew."""
    from evidence_review.findings import of_placebo
    from evidence_review.records import validation

    tables, in_table = [], validation._in_table

    def counted(files, table):
        tables.append(table.file)
        return in_table(files, table)

    def not_asked(*_):
        raise AssertionError("no verdict refers to it")

    monkeypatch.setattr(validation, "_in_table", counted)
    monkeypatch.setattr(of_placebo.placebo, "prior_predictive_p", not_asked)
    assert main(["--project", str(copy.root), "check"]) == 0
    assert tables and len(tables) == len(set(tables))


def lines_run(root, copies: int) -> int:
    """Lines of the package that a check of the data runs, each turn of a loop counted."""
    enlarge(root, copies, copies, copies)
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    lines = 0

    def trace(frame, *_):
        nonlocal lines
        if "evidence_review" not in frame.f_code.co_filename:
            return None
        lines += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert main(["--project", str(root), "check", "--review", "iron-rls"]) == 0
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.slow
def test_twice_as_many_rows_take_twice_as_long(tmp_path):
    """So many placebo arms, trials and claims more, then as many again: the same work each time."""
    none, some, twice = (lines_run(tmp_path / str(copies), copies) for copies in (0, 25, 50))
    assert twice - some < 1.05 * (some - none)


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error there")
def test_who_has_read_enough_gets_no_message(project):
    """`check | head -1`: what is printed after that goes nowhere, and no file is said to be unusable."""
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "evidence_review", "check"]
    done = subprocess.run(
        command, cwd=project.root, stdout=writes, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writes)
    assert (done.returncode, done.stderr) == (141, "")
